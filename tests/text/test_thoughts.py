"""What a reasoning model thought is kept apart from what it said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.text.thoughts import Parted, part

UNTAGGED = st.text().filter(lambda text: "think" not in text.casefold())


@pytest.mark.parametrize("text", ["", "답입니다.", "  앞뒤에 빈칸  \n", "생각해 보면 답은 3입니다.", "<b>think</b>"])
def test_a_reply_without_tags_is_said_as_it_is(text: str) -> None:
    assert part(text) == Parted(text, None, False)


@pytest.mark.parametrize(
    "tags",
    [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<THINK>", "</Think>"), ("\ufeff \n<think>", "</think>")],
)
def test_a_leading_thought_is_taken_off(tags: tuple[str, str]) -> None:
    opening, closing = tags
    assert part(f"{opening}\n둘을 더하면 셋.\n{closing}\n\n답은 3입니다.") == Parted(
        "답은 3입니다.", "둘을 더하면 셋.", False
    )


def test_the_opening_tag_may_have_been_part_of_the_prompt() -> None:
    assert part("둘을 더하면 셋.\n</think>\n답은 3입니다.") == Parted("답은 3입니다.", "둘을 더하면 셋.", False)


def test_several_thoughts_before_the_first_word_are_joined() -> None:
    assert part("<think>하나</think>\n<think>둘</think>\n셋") == Parted("셋", "하나\n\n둘", False)
    assert part("하나</think><think>둘</think>셋") == Parted("셋", "하나\n\n둘", False)


def test_an_empty_thought_is_no_thought() -> None:
    assert part("<think>\n\n</think>\n\n답은 3입니다.") == Parted("답은 3입니다.", None, False)


@pytest.mark.parametrize("text", ["<think>둘을 더하면", "\n<think>\n둘을 더하면\n", "<thinking>둘을 더하면"])
def test_a_thought_that_never_ends_leaves_nothing_said(text: str) -> None:
    assert part(text) == Parted("", "둘을 더하면", True)


def test_a_second_thought_that_never_ends_leaves_nothing_said() -> None:
    assert part("<think>하나</think>\n<think>둘") == Parted("", "하나\n\n둘", True)


def test_a_thought_without_an_answer_says_nothing_and_is_not_cut_off() -> None:
    assert part("<think>하나</think>\n") == Parted("", "하나", False)


@pytest.mark.parametrize(
    "text",
    [
        "답은 3입니다. <think>정말일까?</think> 네.",
        "`<think>`는 생각을 여는 태그입니다.",
        "`</think>`는 생각을 닫는 태그입니다.",
        "여는 태그는 <think>이고 닫는 태그는 </think>입니다.",
    ],
)
def test_tags_after_the_first_said_word_belong_to_the_answer(text: str) -> None:
    assert part(text) == Parted(text, None, False)


@given(thought=UNTAGGED, said=UNTAGGED)
def test_the_two_parts_come_back_whole(thought: str, said: str) -> None:
    parted = part(f"<think>{thought}</think>\n\n{said}")
    assert parted == Parted(said.lstrip("\r\n"), thought.strip() or None, False)


@given(st.lists(st.sampled_from(["<think>", "</think>", "<thinking>", "`", "\n", " ", "답"])).map("".join))
def test_what_is_said_is_the_end_of_the_text(text: str) -> None:
    parted = part(text)
    assert text.endswith(parted.said)
    assert not (parted.cut_off and parted.said)

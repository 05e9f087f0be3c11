"""What a reasoning model thought is kept apart from what it said."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.config import JudgeSettings
from judge.errors import VerdictError
from judge.text.reply_forms import read_reply
from judge.text.thoughts import Parted, late_thoughts, part

UNTAGGED = st.text().filter(lambda text: "think" not in text.casefold())
WORDS = st.text(st.sampled_from("가나다라 .\n12"), min_size=1).filter(str.strip)


FORMS: tuple[Literal["kojudge", "logickor", "rating"], ...] = ("kojudge", "logickor", "rating")


class Shape(NamedTuple):
    """What a family writes before its thought, behind it, and behind what it says."""

    opening: str
    closing: str
    end: str = ""


FINAL = "<|start|>assistant<|channel|>final<|message|>"
SHAPES = {
    "deepseek_r1 qwen3 glm45 glm47 step3 step3p5 nemotron_v3 olmo3 kimi_k2 mimo minicpmv ling3 holo2": Shape(
        "<think>\n", "\n</think>\n\n"
    ),
    "ernie45": Shape("<think>\n", "\n</think>\n\n<response>\n", "\n</response>\n"),
    "hunyuan_a13b": Shape("<think>\n", "\n</think>\n<answer>\n", "\n</answer>"),
    "hy_v3 hy_v4": Shape("<think:6124c78e>", "</think:6124c78e>"),
    "minimax_m3": Shape("<mm:think>", "</mm:think>"),
    "seed_oss": Shape("<seed:think>", "</seed:think>"),
    "k2_horizon": Shape("<ifm|think>", "</ifm|think>"),
    "k2_horizon, low effort": Shape("<ifm|think_faster>", "</ifm|think_faster>"),
    "mistral": Shape("[THINK]", "[/THINK]"),
    "cohere_command3": Shape("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>", "<|END_RESPONSE|>"),
    "cohere_command4": Shape("<|START_THINKING|>", "<|END_THINKING|><|START_TEXT|>", "<|END_TEXT|>"),
    "gemma4": Shape("<|channel>thought\n", "<channel|>"),
    "kimi_k3": Shape(
        "<|open|>think<|sep|>",
        "<|close|>think<|sep|><|open|>response<|sep|>",
        "<|close|>response<|sep|><|close|>message<|sep|>",
    ),
    "plamo3": Shape("<|plamo:begin_think:plamo|>", "<|plamo:end_think:plamo|>"),
    "openai_gptoss": Shape("<|channel|>analysis<|message|>", f"<|end|>{FINAL}", "<|return|>"),
    "openai_gptoss, two thoughts": Shape(
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>" + FINAL,
        "<|return|>",
    ),
    "openai_gptoss, without its tokens": Shape("analysis", "assistantfinal"),
    "inkling": Shape(
        "<|content_thinking|>", "<|end_message|><|message_model|><|content_text|>", "<|content_model_end_sampling|>"
    ),
    "muse_glimmer": Shape("to=self<|message|>", "<|eom|><|start|>assistant to=user<|message|>", "<|eot|>"),
    "granite": Shape("Here is my thought process:", "Here is my response:"),
    "granite, short": Shape("Here's my thought process:", "Here's my response:"),
    "EXAONE Deep": Shape("<thought>\n", "\n</thought>\n"),
    "HyperCLOVA X SEED Think": Shape("/think\n", "<|im_end|>\n<|im_start|>assistant\n"),
    "Solar Open": Shape("<|think|>", "<|end|><|begin|>assistant<|content|>", "<|end|>"),
    "Kimi-VL": Shape("◁think▷", "◁/think▷"),
    "Sky-T1": Shape("<|begin_of_thought|>", "<|end_of_thought|>\n\n<|begin_of_solution|>", "<|end_of_solution|>"),
    "reasoning": Shape("<reasoning>", "</reasoning>"),
    "attributes": Shape('<think id="1">', "</think >"),
    "nested": Shape("<think><think>a</think>", "</think>"),
}
"""By the name of vLLM's reasoning parser where there is one."""


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=20)
@given(thought=WORDS, said=WORDS)
def test_thought_and_answer_of_every_family_come_back_without_the_marks(shape: Shape, thought: str, said: str) -> None:
    parted = part(f"{shape.opening}{thought}{shape.closing}{said}{shape.end}")
    found = (parted.thought or "").replace("{}", "").replace("<think>a</think>", "")
    assert "".join(found.split()) == "".join(thought.split())
    assert "".join(parted.said.split()) == "".join(said.split())
    assert not parted.cut_off


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_verdict_in_a_thought_never_counts(shape: Shape, form: Literal["kojudge", "logickor", "rating"]) -> None:
    def verdict(score: int) -> str:
        return f"평가: 고르게 좋다.\n점수: {score}\n[[{score}]]"

    of_form = JudgeSettings(reply=form)
    text = f"{shape.opening}{verdict(3)}{shape.closing}{verdict(8)}{shape.end}"
    assert read_reply(text, of_form).score == 8
    with pytest.raises(VerdictError):
        read_reply(f"{shape.opening}{verdict(3)}{shape.closing}평가를 마칩니다.{shape.end}", of_form)


UNFINISHED = {
    name: shape for name, shape in SHAPES.items() if name not in ("openai_gptoss, without its tokens", "nested")
}


@pytest.mark.parametrize("shape", UNFINISHED.values(), ids=UNFINISHED)
def test_an_opening_without_a_closing_is_a_thought_that_was_cut_off(shape: Shape) -> None:
    assert part(f"{shape.opening}점수: 3\n")[::2] == ("", True)
    for form in FORMS:
        with pytest.raises(VerdictError) as caught:
            read_reply(f"{shape.opening}평가: 좋다.\n점수: 3\n[[3]]\n", JudgeSettings(reply=form))
        assert caught.value.kind == "truncated_reasoning"


@pytest.mark.parametrize(
    "closing",
    [
        *("</think>", "</thought>", "</seed:think>", "</mm:think>", "</think:6124c78e>", "[/THINK]", "◁/think▷"),
        *("<|END_THINKING|>", "<channel|>", "<|close|>think<|sep|>", "<|plamo:end_think:plamo|>"),
    ],
)
def test_a_closing_alone_ends_a_thought_that_the_prompt_began(closing: str) -> None:
    assert part(f"둘을 더하면 셋.{closing}답은 3입니다.") == Parted("답은 3입니다.", "둘을 더하면 셋.", False)


def test_a_frame_without_a_thought_is_taken_off() -> None:
    assert part("<|channel|>final<|message|>답은 3입니다.<|return|>") == Parted("답은 3입니다.", None, False)
    assert part("<|START_RESPONSE|>답은 3입니다.<|END_RESPONSE|>") == Parted("답은 3입니다.", None, False)


def test_a_thought_that_speaks_of_its_own_opening_ends_at_the_first_closing() -> None:
    assert part("<think>태그 <think>를 쓴다</think>답은 3입니다.").said == "답은 3입니다."


def test_later_thoughts_are_found_and_a_mention_is_not_one() -> None:
    text = "네. <think>셋</think> 답 <think> 태그\n[THINK]넷"
    assert [(text[one.start : one.end], one.closed) for one in late_thoughts(text)] == [
        ("<think>셋</think>", True),
        ("[THINK]", False),
    ]


@pytest.mark.proofs
def test_time_grows_with_the_length_alone() -> None:
    for text in (
        "<think>" * 20_000,
        "<think></think>" * 10_000,
        "<think><think></think>" * 10_000,
        "analysis" * 20_000,
    ):
        assert part(text + "답").cut_off == (text.count("</think>") == 0 and text.startswith("<"))
        assert len(list(late_thoughts(text))) <= 10_000


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

"""Where an answer really ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.records import Answer
from judge.text.endings import cut_notes, end_of


@pytest.mark.parametrize(
    ("text", "kept", "leaked", "fake"),
    [
        ("답은 3입니다.", "답은 3입니다.", 0, False),
        ("답은 3입니다.<|im_end|>", "답은 3입니다.", 1, False),
        ("답은 3입니다.</s></s>\n<|eot_id|>", "답은 3입니다.", 3, False),
        ("답은 3입니다.\n<|im_end", "답은 3입니다.", 0, False),
        ("답은 3입니다.\nUSER: 그럼 4는요?\nASSISTANT: 4입니다.", "답은 3입니다.", 0, True),
        ("답은 3입니다.\n\n### User:\n다음 질문", "답은 3입니다.", 0, True),
        ("답은 3입니다.\n<|user|>\n다음", "답은 3입니다.", 1, True),
        ("답입니다.<|im_end|>\n<|im_start|>user\n또?<|im_end|>", "답입니다.", 3, True),
        ("답입니다.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n또?", "답입니다.", 3, True),
        ("답은 3입니다.[|endofturn|]", "답은 3입니다.", 1, False),
        ("답입니다.[|endofturn|]\n[|user|]또?", "답입니다.", 2, True),
        ("답입니다.<turn|>\n<|turn>user\n또?", "답입니다.", 2, True),
        ("답입니다.<｜end▁of▁sentence｜>", "답입니다.", 1, False),
        ("답 [INST]는 글 가운데의 표시입니다.", "답 [INST]는 글 가운데의 표시입니다.", 0, False),
        ("토큰 <|im_end|>은 끝을 뜻합니다.", "토큰 <|im_end|>은 끝을 뜻합니다.", 0, False),
        ("보기:\n```\nUSER: 안녕\n```\n끝.", "보기:\n```\nUSER: 안녕\n```\n끝.", 0, False),
        ("~~~\n```\nUSER: 안녕\n~~~\nUSER: 또?", "~~~\n```\nUSER: 안녕\n~~~", 0, True),
        ("대화: User: 안녕", "대화: User: 안녕", 0, False),
        ("", "", 0, False),
        ("<|im_end|>", "", 1, False),
    ],
)
def test_leaks_and_fake_turns_are_cut_and_everything_else_stays(text: str, kept: str, leaked: int, fake: bool) -> None:
    ending = end_of(text)
    assert (ending.text, ending.leaked_tokens, ending.fake_turn) == (kept, leaked, fake)


@given(st.text(), st.sampled_from(["", "<|im_end|>", "\nUSER: 네?", "</s> ", "\n### User\n음"]))
def test_nothing_is_lost_and_a_second_look_finds_nothing(text: str, tail: str) -> None:
    ending = end_of(text + tail)
    assert ending.text + ending.cut == text + tail
    assert end_of(ending.text).text == ending.text


def test_the_notes_count_each_kind() -> None:
    cuts = ("", "<|im_end|>", "\nUSER: 네?", "<|im_end|>\n<|im_start|>user\n또?")
    answer = Answer(id=1, category="추론", questions=("가",) * 4, outputs=("나",) * 4, cut=cuts)
    assert cut_notes([answer]) == [
        "1 outputs ended in leaked chat tokens, which were cut off",
        "2 outputs ran on into a made-up user turn, which was cut off",
    ]
    assert cut_notes([]) == []

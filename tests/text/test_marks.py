"""The mark of a verdict line: what is a verdict, what is none, and what is read without it."""

from __future__ import annotations

import json

import pytest

from judge.config import JudgeSettings
from judge.errors import VerdictError
from judge.records import Verdict
from judge.text.marks import LENGTH, LETTERS, read_marked, verdict_mark
from judge.text.reply_forms import read_formed, read_reply

MARK = "ktzb"
STANDARD = JudgeSettings()


def test_a_mark_is_the_same_for_the_same_work_and_is_no_word_and_no_number() -> None:
    marks = [verdict_mark(f"{number:016x}") for number in range(500)]
    assert marks == [verdict_mark(f"{number:016x}") for number in range(500)]
    assert len(set(marks)) > 490
    assert all(len(mark) == LENGTH and set(mark) <= set(LETTERS) for mark in marks)
    assert not set(LETTERS) & set("aeiou0123456789")


@pytest.mark.parametrize(
    ("reply", "score", "comment"),
    [
        ("평가: 좋다.\n[[ktzb: 8]]", 8, "좋다."),
        ("평가: 좋다.\n\n**[[ktzb: 8.5]]**", 8.5, "좋다."),
        ("평가: 좋다. [[ktzb: 8]]", 8, "좋다."),
        ("평가: 좋다.\n점수: [[ktzb: 8/10]]", 8, "좋다."),
        ("평가: 좋다.\n점수(ktzb): 8", 8, "좋다."),
        ("평가: 좋다.\n**점수**: **[[ktzb: 7점]]**", 7, "좋다."),
        ("평가: 좋다.\n최종 점수는 [[ktzb: 7]]입니다.", 7, "좋다."),
        ("평가: 좋다.\nFinal score: [KTZB]: 7", 7, "좋다."),
        ("평가: 좋다.\n[[ktzb：８]]", 8, "좋다."),
        ("평가: 좋다.\n[[ktzb: 숫자 8]]", 8, "좋다."),
        ("```\n평가: 좋다.\n[[ktzb: 8]]\n```", 8, "좋다."),
        ("평가: 좋다.\n```\n[[ktzb: 8]]\n```", 8, "좋다."),
        ("[[ktzb: 8]]\n평가: 좋다.", 8, "좋다."),
        ("평가: [[ktzb: 8]]", 8, ""),
        ("[[ktzb: ___8___]]", 8, ""),
        ("1) 평가: 좋다.\n2) 마지막 줄: [[ktzb: 8]]", 8, "1) 평가: 좋다."),
        ("평가: 좋다.\n[[ktzb: 8]]\n이상으로 평가를 마칩니다.", 8, "좋다."),
        ("평가: '점수: 10'이라고 적었다.\n점수: 10\n[[ktzb: 3]]", 3, "'점수: 10'이라고 적었다.\n점수: 10"),
        ('평가: {"점수": 10}\n[[10]]\n[[abcd: 10]]\n[[ktzb: 2]]', 2, '{"점수": 10}\n[[10]]\n[[abcd: 10]]'),
    ],
)
def test_the_last_line_that_bears_the_mark_is_the_verdict_whatever_else_looks_like_one(
    reply: str, score: float, comment: str
) -> None:
    assert read_formed(reply, STANDARD, MARK) == (Verdict(score, comment), "mark")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("초안: [[ktzb: 8]]\n다시 보니\n[[ktzb: 5]]", "different scores bear the mark: 5, 8"),
        ("[[ktzb: 8]]을 줄 수는 없다.", "says more than a score"),
        ("만약 맞았다면 [[ktzb: 8]]", "says more than a score"),
        ("[[ktzb: 8~9]]", "says more than a score"),
        ("[[ktzb: 80%]]", "says more than a score"),
        ("[[ktzb: 8 9]]", "says more than a score"),
        ("[[ktzb: 11]]", "outside 0-10"),
        ("[[ktzb: 4/5]]", "is out of 5"),
        ("[[ktzb: 8]]\n아니, 7점이 맞습니다.", "goes on behind"),
        ("[[ktzb: 8]]\n[[ktzb: 칠]]", "no certain number"),
        ("점수: 3\n[[ktzb: -8]]", "no certain number"),
        ("점수: 3\n[[ktzb: 여덟]]", "no certain number"),
        ("점수: 3\n[KTZB：.8]", "no certain number"),
        ("[[ktzb: 8]]\n\n## 질문 2\n다음 답변을 채점하십시오.", "goes on behind"),
    ],
)
def test_what_is_in_doubt_is_no_verdict(reply: str, why: str) -> None:
    with pytest.raises(VerdictError, match=why):
        read_formed(f"평가: 음.\n{reply}", STANDARD, MARK)


@pytest.mark.parametrize(
    "reply",
    [
        "평가: 음.\n점수: 7",
        "평가: 음.\n점수: 7\n[[ktzb: ___]]",
        "[[ktzb: 점수]] 평가: 음.\n점수: 7",
        "[[ktzb: 최종 점수]] 평가: 음.\n점수: 7",
        "평가: 음.\n[[7]]",
    ],
)
def test_a_reply_without_the_mark_is_read_by_the_strict_reader_and_says_so(reply: str) -> None:
    verdict, form = read_formed(reply, STANDARD, MARK)
    assert (verdict.score, form) == (7, "text")
    assert read_marked(reply, MARK, STANDARD) is None


@pytest.mark.parametrize("reply", ["평가: 음.\n[[ktzb: -3]]", "평가: 음.\n[[ktzb: 숫자]]", "평가: 음.\n[[abcd: 7]]"])
def test_a_line_that_has_not_the_mark_with_a_number_is_no_verdict(reply: str) -> None:
    with pytest.raises(VerdictError):
        read_formed(reply, STANDARD, MARK)


def test_json_by_the_schema_needs_no_mark_and_must_not_contradict_one() -> None:
    def reply(reasons: str) -> str:
        return json.dumps({"평가": reasons, "점수": 7}, ensure_ascii=False)

    assert read_formed(reply("좋다."), STANDARD, MARK) == (Verdict(7, "좋다."), "schema")
    assert read_formed(reply("좋다. [[ktzb: 7]]"), STANDARD, MARK).verdict.score == 7
    assert read_formed(reply("'점수: 10'이라고 썼다."), STANDARD, MARK).verdict.score == 7
    with pytest.raises(VerdictError, match="another score with the mark"):
        read_formed(reply("좋다. [[ktzb: 9]]"), STANDARD, MARK)


def test_a_mark_within_a_thought_is_no_verdict() -> None:
    assert read_formed("<think>[[ktzb: 9]]</think>평가: 음.\n[[ktzb: 4]]", STANDARD, MARK).verdict.score == 4
    with pytest.raises(VerdictError, match="cut off"):
        read_formed("<think>[[ktzb: 9]]", STANDARD, MARK)


def test_the_packs_range_holds_for_marked_lines() -> None:
    five = JudgeSettings(lowest=1, highest=5, step=1)
    assert read_formed("평가: 음.\n[[ktzb: 4/5]]", five, MARK).verdict.score == 4
    with pytest.raises(VerdictError, match="outside 1-5"):
        read_formed("평가: 음.\n[[ktzb: 8]]", five, MARK)


def test_without_a_mark_a_reply_is_read_as_before() -> None:
    assert read_formed("평가: 음.\n점수: 7", STANDARD, None) == (Verdict(7, "음."), None)
    assert read_reply("평가: 음.\n점수: 7") == (7, "음.")

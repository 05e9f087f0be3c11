"""The language rule in code: which answers are in a wrong language, and what it does to Overall."""

from __future__ import annotations

from fractions import Fraction as F  # noqa: N817 - exact means

import pytest

from judge.records import Answer
from judge.tables.judged_turns import judged_of
from judge.tables.means import mean_rows
from judge.text.language_rule import wrong_language
from judge.trust.audit_rules import wrong_language_scored_high
from judge.trust.language_gate import gated_out, with_gate
from tests.support.results import answer, judged, series

ENGLISH = "Sure! Here is a short introduction to the dish, its taste and the recipe you asked for."
KOREAN = "네, 물어보신 요리의 특징과 맛, 그리고 만드는 법을 차례로 소개해 드리겠습니다."
PAGE = "```html\n<html><body><h1>Understanding attacks</h1><p>An attacker injects scripts.</p></body></html>\n```"
CODE = "def first_unique(values):\n    counts = Counter(values)\n    return next(v for v in values)\n"


@pytest.mark.parametrize(
    ("output", "wrong"),
    [
        (ENGLISH, True),
        (KOREAN, False),
        (f"정답은 B입니다.\n{ENGLISH} {ENGLISH}", True),
        ("42", False),
        ("Redis", False),  # a name is no language
        ("", False),
        (f"요청하신 페이지를 한국어 설명과 함께 만들었습니다.\n{PAGE}\n위 코드를 저장해 열어 보세요.", False),
        (PAGE, True),  # nothing but a page in English
        (f"{CODE}# 이 함수는 겹치지 않는 첫 값을 돌려주며, 값을 한 번씩만 셉니다.", False),
        (f"Here is the function that you asked for, with a short remark:\n{CODE}", True),
        ("これは日本語で書かれた長い説明文です。質問には韓国語で答える必要があります。", True),
    ],
)
def test_an_answer_that_had_to_be_korean(output: str, wrong: bool) -> None:
    assert (wrong_language("ko", output) is not None) is wrong


def test_an_answer_that_had_to_be_english_or_could_be_anything() -> None:
    assert wrong_language("en", KOREAN) == 1
    assert wrong_language("en", ENGLISH) is None
    assert wrong_language("en", f"{ENGLISH} (요청하신 소개입니다)") is None
    assert wrong_language("any", ENGLISH) is None
    assert wrong_language("any", KOREAN) is None


def test_only_scores_above_0_are_gated() -> None:
    english = answer(("요리를 소개해 줘.", ENGLISH))
    assert gated_out([judged(english, 0)]) == set()
    assert gated_out([judged(english, 1)]) == {("m", "0-shot", "j", 1, 1, 1)}


def test_a_verdict_for_which_the_language_was_decided_before_is_left_alone() -> None:
    mixed = answer(("요리를 소개해 줘.", f"{KOREAN} {ENGLISH} {ENGLISH}"))
    assert gated_out([judged(mixed, 8)]) != set()
    assert gated_out([judged(mixed, 8, language="doubt")]) == set()
    assert wrong_language_scored_high(judged(mixed, 8)) is not None
    assert wrong_language_scored_high(judged(mixed, 8, language="doubt")) is None


def both(first: str, second: str, scores: tuple[float, float]) -> tuple[list[Answer], object]:
    answers = [answer(("하나 소개해 줘.", first), id=1), answer(("하나 소개해 줘.", second), id=2)]
    return answers, series({(1, 1): scores[0], (2, 1): scores[1]})


def test_overall_with_the_rule_enforced() -> None:
    """8 for Korean and 6 for English: Overall 7; enforced (8 + 0) / 2 = 4, one verdict changed of two."""
    answers, one = both(KOREAN, ENGLISH, (8, 6))
    found = list(judged_of(one, {a.id: a for a in answers}))  # type: ignore[arg-type]
    [row] = with_gate(mean_rows([one]), [one], found)  # type: ignore[list-item]
    assert row.overall == F(7)
    assert row.gated is not None
    assert (row.gated.overall, row.gated.changed, row.gated.examined) == (F(4), 1, 2)


def test_a_verdict_without_its_answer_is_left_as_it_is() -> None:
    answers, one = both(KOREAN, ENGLISH, (8, 6))
    found = list(judged_of(one, {1: answers[0]}))  # type: ignore[arg-type]
    [row] = with_gate(mean_rows([one]), [one], found)  # type: ignore[list-item]
    assert row.gated is not None
    assert (row.gated.overall, row.gated.changed, row.gated.examined) == (F(7), 0, 1)


def test_every_repeat_is_gated() -> None:
    one = series({(1, 1): (9, 7)})
    found = list(judged_of(one, {1: answer(("소개해 줘.", ENGLISH))}))
    [row] = with_gate(mean_rows([one]), [one], found)
    assert row.gated is not None
    assert (row.gated.overall, row.gated.changed) == (F(0), 2)

"""Replies of other forms and ranges: read as their own programs read them, and never a number out of range."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from judge.config import JudgeConfig, JudgeSettings
from judge.errors import VerdictError
from judge.records import Judgment, Verdict
from judge.text.reply_forms import NO_COMMENT, empty_verdict, on_range, ratings_notes, read_reply
from judge.text.structured import legal_scores, offered_scores, schema

LOGICKOR = JudgeSettings(reply="logickor", verbatim=True)
RATING = JudgeSettings(reply="rating", lowest=1, highest=10)
FIVE = JudgeSettings(lowest=1, highest=5, step=1)

REPLIES = [
    "평가: 좋다\n점수: 7",
    "**평가:** 두 줄\n평가다\n**점수:** 8.5점",
    "점수: 3\n평가: 점수가 앞에 있다",
    "평가: 앞 점수: 2 라고 썼다가\n점수: 9",
    "## 평가: 가\n- 점수 :5\n점수:\n\n6/10",
    "평가: 소수 점수: 7.",
    "평가 없음. 점수: 4.5.1",
]


def upstream(content: str) -> Verdict:
    """LogicKor's evaluator.py, its two searches."""
    said = content.replace("*", "")
    comment = re.search(r"평가:(.*?)점수:", said, re.DOTALL)
    score = re.search(r"점수:\s*(\d+(\.\d+)?)", said)
    assert score
    return Verdict(float(score.group(1)), comment.group(1).strip() if comment else NO_COMMENT)


@pytest.mark.parametrize("reply", REPLIES)
def test_logickors_form_is_read_as_its_evaluator_reads_it(reply: str) -> None:
    assert read_reply(reply, LOGICKOR) == upstream(reply)


@pytest.mark.parametrize("reply", ["", "  ", "점수 8", "점수： 8", "점수: 팔", "Score: 8", "점수: 11"])
def test_what_has_no_legal_score_in_logickors_form_is_no_verdict(reply: str) -> None:
    with pytest.raises(VerdictError):
        read_reply(reply, LOGICKOR)


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("평가 [[7]]", 7.0),
        ("Rating: [[8.5]]\n[[2]]", 8.5),
        ("[3] 뒤에 [[9]]", 9.0),
        ("점수: [6]", 6.0),
        ("[[10.]]", 10.0),
    ],
)
def test_a_rating_is_the_first_in_two_brackets_else_in_one(reply: str, score: float) -> None:
    assert read_reply(reply, RATING) == Verdict(score, reply)


@pytest.mark.parametrize("reply", ["", "7", "[[A]]", "[[0]]", "[[11]]", "[[ 7 ]]", "[[-1]]", "점수: 7"])
def test_what_has_no_legal_rating_is_no_verdict(reply: str) -> None:
    with pytest.raises(VerdictError):
        read_reply(reply, RATING)


@pytest.mark.parametrize("reply", ["평가: 좋다\n점수: 5", "평가: 좋다\n점수: 5/5", "평가: 좋다\n점수: 5점 (5점 만점)"])
def test_our_own_form_knows_the_packs_range(reply: str) -> None:
    assert read_reply(reply, FIVE) == Verdict(5.0, "좋다")


@pytest.mark.parametrize(
    "reply", ["점수: 6", "점수: 0", "점수: 4/10", "점수: 10점 만점에 4점", '{"점수": 6, "평가": ""}']
)
def test_a_score_on_another_scale_is_none(reply: str) -> None:
    with pytest.raises(VerdictError):
        read_reply(reply, FIVE)


def test_the_schema_lists_the_scores_of_the_range_and_its_reply_is_read() -> None:
    assert legal_scores(FIVE) == (1, 2, 3, 4, 5)
    assert legal_scores(JudgeSettings(lowest=-1, highest=1, step=0.5)) == (-1, -0.5, 0, 0.5, 1)
    assert schema(FIVE)["schema"]["properties"]["점수"]["enum"] == [1, 2, 3, 4, 5]
    assert read_reply('{"평가": "좋다", "점수": 4}', FIVE) == Verdict(4.0, "좋다")


def test_a_score_that_only_rules_give_is_offered_to_no_judge_and_read_where_one_gives_it() -> None:
    ruled = JudgeSettings(lowest_offered=1)
    assert offered_scores(ruled) == legal_scores(JudgeSettings(lowest=1))
    assert 0 in legal_scores(ruled)
    assert schema(ruled)["schema"]["properties"]["점수"]["enum"] == list(offered_scores(ruled))
    assert read_reply('{"평가": "음", "점수": 0}', ruled) == Verdict(0.0, "음")


def test_what_is_offered_makes_another_judge_only_where_a_schema_asks() -> None:
    def digest(**fields: Any) -> str:
        return JudgeConfig(judge="j", template="t", **fields).digest()

    ruled = JudgeSettings(lowest_offered=1)
    assert digest(settings=ruled) == digest()
    assert digest(settings=ruled, structured=True) != digest(structured=True)


def test_an_empty_answer_gets_the_lowest_score_of_the_range() -> None:
    assert empty_verdict(FIVE).score == 1
    assert "1점" in empty_verdict(FIVE).comment
    assert empty_verdict(JudgeSettings()).score == 0


@pytest.mark.parametrize(("rule", "mapped"), [(0, 1), (10, 5), (5, 3), (7.5, 4)])
def test_the_rule_judges_scores_are_mapped_in_a_straight_line(rule: float, mapped: float) -> None:
    assert on_range(Verdict(rule, ""), FIVE).score == mapped
    assert on_range(Verdict(rule, ""), JudgeSettings()).score == rule


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lowest": 5, "highest": 5}, "not above lowest"),
        ({"lowest": 1, "highest": 5, "step": 0.3}, "whole steps"),
        ({"highest": 1000, "step": 0.5}, "at most 200"),
        ({"step": 0}, "greater than 0"),
        ({"lowest_offered": 0.3}, "lowest_offered: 0.3"),
        ({"lowest": 1, "lowest_offered": 0}, "lowest_offered: 0 "),
        ({"reply": "letters"}, "kojudge"),
        ({"higest": 5}, "higest"),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        JudgeSettings.model_validate(given)


def test_verdicts_of_two_settings_are_of_two_judges_and_the_standard_leaves_no_trace() -> None:
    plain, five = JudgeConfig(judge="j", template="t"), JudgeConfig(judge="j", template="t", settings=FIVE)
    assert plain.digest() != five.digest()
    assert JudgeConfig(judge="j", template="t", settings=JudgeSettings()).digest() == plain.digest()


def test_a_stored_score_has_to_be_in_its_own_range() -> None:
    def judgment(score: float, **more: Any) -> Judgment:
        names = {"id": 1, "turn": 1, "judge": "j", "category": "c", "model": "m", "strategy": "s", "comment": ""}
        return Judgment.model_validate(names | {"score": score} | more)

    assert judgment(90.0, score_range=(0.0, 100.0)).score == 90
    with pytest.raises(ValidationError, match="outside 1-5"):
        judgment(6.0, score_range=(1.0, 5.0))
    with pytest.raises(ValidationError, match="outside 0-10"):
        judgment(10.5)


def test_replies_with_different_ratings_are_counted_where_the_first_one_is_read() -> None:
    replies = ["정확성 [[7]], 표현 [[5]]", "Rating: [[8]]", "[[6]]. 즉 [[6]]입니다.", None]
    assert ratings_notes(replies, RATING) == (
        "different ratings in one reply (1 times): the first one counts, as in FastChat",
    )
    assert read_reply(str(replies[0]), RATING).score == 7
    assert ratings_notes(replies[1:], RATING) == ratings_notes(replies, JudgeSettings()) == ()

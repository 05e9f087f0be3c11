"""Records: what is a success, what a failure, and what is mistyped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from judge.records import Answer, AnswerFailure, Failure, Graded, Judgment, Outcome, Question, Usage
from judge.runs.appender import dump
from judge.runs.manifest import ExpectedQuestion

OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)
GRADED = {"id": 1, "turn": 1, "judge": "j", "category": "수학", "model": "m", "strategy": "0-shot"}
JUDGED = GRADED | {"status": "judged", "score": 7.5, "comment": "좋음"}
FAILED = GRADED | {"status": "failed", "kind": "timeout", "detail": "120 s"}
ANSWER = {"id": 1, "category": "수학", "questions": ["가", "나"], "outputs": ["다", "라"]}
BROKEN = {
    "id": 1,
    "category": "수학",
    "turn": 1,
    "kind": "server",
    "detail": "",
    "attempts": 1,
    "model": "m",
    "strategy": "0-shot",
    "created": "",
    "digest": "",
}


def without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


# -- two types, never one with optional everything


def test_the_status_tells_a_verdict_from_a_failure() -> None:
    assert isinstance(OUTCOME.validate_python(JUDGED), Judgment)
    assert isinstance(OUTCOME.validate_python(FAILED), Failure)


def test_a_failure_has_no_score_even_where_a_file_gives_it_one() -> None:
    failure = OUTCOME.validate_python(FAILED | {"score": 0.0})
    assert "score" not in failure.model_dump()
    assert not hasattr(failure, "score")


@pytest.mark.parametrize(
    "data",
    [
        without(JUDGED, "score"),
        without(JUDGED, "comment"),
        without(FAILED, "kind"),
        without(FAILED, "detail"),
        without(JUDGED, "status"),
        JUDGED | {"status": "done"},
        JUDGED | {"status": None},
        FAILED | {"kind": "because"},
    ],
)
def test_half_an_outcome_is_none(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OUTCOME.validate_python(data)


@pytest.mark.parametrize("record", [OUTCOME.validate_python(JUDGED), OUTCOME.validate_python(FAILED)])
def test_an_outcome_comes_back_from_its_line_as_it_went(record: Judgment | Failure) -> None:
    assert OUTCOME.validate_python(json.loads(dump(record))) == record


def test_a_record_cannot_be_changed() -> None:
    judgment = Judgment.model_validate(JUDGED)
    with pytest.raises(ValidationError, match="frozen"):
        judgment.score = 10.0


def test_a_key_is_id_turn_and_repeat() -> None:
    keys = {
        Judgment.model_validate(JUDGED | change).key
        for change in ({}, {"id": "1"}, {"turn": 2}, {"repeat": 2}, {"judge": "k"}, {"score": 1.0})
    }
    assert keys == {(1, 1, 1), ("1", 1, 1), (1, 2, 1), (1, 1, 2)}


# -- values


@pytest.mark.parametrize("score", [0, 0.0, 10, 7.25])
def test_a_score_from_0_to_10_is_legal(score: float) -> None:
    assert Judgment.model_validate(JUDGED | {"score": score}).score == score


@pytest.mark.parametrize("score", [-0.1, 10.5, 100, float("nan"), float("inf"), True, False, "8", None, [8], "높음"])
def test_any_other_score_is_not(score: object) -> None:
    with pytest.raises(ValidationError):
        Judgment.model_validate(JUDGED | {"score": score})


@pytest.mark.parametrize("value", [True, False, "1", 1.0, 0, -1, None])
@pytest.mark.parametrize("field", ["turn", "repeat"])
def test_turns_and_repeats_are_whole_numbers_from_1(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Judgment.model_validate(JUDGED | {field: value})


@pytest.mark.parametrize("value", [True, "1", 0])
def test_turns_elsewhere_are_no_different(value: object) -> None:
    with pytest.raises(ValidationError, match="turns"):
        ExpectedQuestion.model_validate({"id": 1, "category": "", "turns": value})
    with pytest.raises(ValidationError, match="turn"):
        AnswerFailure.model_validate(BROKEN | {"turn": value})


def test_an_id_keeps_its_type_on_the_way_through_a_line() -> None:
    for number in (1, "1", -3, "가/나", ""):
        answer = Answer.model_validate(ANSWER | {"id": number})
        again = Answer.model_validate(json.loads(dump(answer)))
        assert again.id == number
        assert type(again.id) is type(number)


@pytest.mark.parametrize("number", [True, 1.0, 1.5, None, ["1"], {}])
@pytest.mark.parametrize(
    ("shape", "data"),
    [
        (Question, {"category": "수학", "questions": ["가"]}),
        (Answer, ANSWER),
        (AnswerFailure, BROKEN),
        (Judgment, JUDGED),
    ],
)
def test_anything_else_is_no_id(shape: type[Any], data: dict[str, Any], number: object) -> None:
    with pytest.raises(ValidationError, match="id"):
        shape.model_validate(data | {"id": number})


@pytest.mark.parametrize(
    ("shape", "data"), [(Answer, ANSWER), (Judgment, JUDGED), (Failure, FAILED), (AnswerFailure, BROKEN)]
)
def test_unknown_keys_of_a_result_are_left_out_so_that_newer_files_can_be_read(
    shape: type[Any], data: dict[str, Any]
) -> None:
    record = shape.model_validate(data | {"since_next_year": 1})
    assert "since_next_year" not in record.model_dump()


def test_an_unknown_key_of_a_question_is_an_error_since_a_person_has_misspelt_it() -> None:
    with pytest.raises(ValidationError, match="referneces"):
        Question.model_validate({"id": 1, "category": "수학", "questions": ["가"], "referneces": []})


# -- answers


def test_an_answer_line_begins_with_logickors_own_keys() -> None:
    keys = list(json.loads(dump(Answer.model_validate(ANSWER))))
    assert keys[:5] == ["id", "category", "questions", "outputs", "references"]


def test_only_turns_with_an_output_count() -> None:
    answer = Answer.model_validate(ANSWER | {"questions": ["가", "나", "다"], "references": [None, None, None]})
    assert list(answer.turns) == [1, 2]
    assert list(Answer.model_validate(ANSWER | {"outputs": ["", ""]}).turns) == [1, 2], "an empty text is one"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outputs": ["가", "나", "다"]}, "outputs: 3 for 2 questions"),
        ({"outputs": []}, "outputs"),
        ({"outputs": ["가", None]}, "outputs.1"),
        ({"questions": []}, "questions"),
        ({"references": ["가"]}, "references: 1 for 2 outputs"),
        ({"references": ["가", "나", "다"]}, "references: 3 for 2 outputs"),
        ({"answer_language": ["ko"]}, "answer_language: 1 for 2 outputs"),
        ({"answer_language": ["ko", "fr"]}, "answer_language.1"),
    ],
)
def test_an_answer_whose_lists_do_not_fit_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Answer.model_validate(ANSWER | change)


def test_tokens_add_up_field_by_field() -> None:
    one = Usage(prompt_tokens=1, completion_tokens=20, cached_tokens=300)
    assert one + Usage(prompt_tokens=4, completion_tokens=50, cached_tokens=600) == Usage(
        prompt_tokens=5, completion_tokens=70, cached_tokens=900
    )
    assert one + Usage() == one


def test_a_graded_line_alone_is_neither_verdict_nor_failure() -> None:
    assert not {"status", "score", "kind"} & Graded.model_fields.keys()

"""The null models."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from judge.config import BASELINES
from judge.errors import InputError
from judge.packs.questions import load_questions
from judge.records import Question
from judge.rules.null_models import BOILERPLATE, NO_REFERENCE, baseline_outputs
from tests.support.patience import PATIENCE_SECONDS

CORE = load_questions().questions


def question(number: int, *references: str | None) -> Question:
    asked = tuple(f"질문 {number}-{turn}" for turn in range(len(references)))
    return Question(id=number, category="수학", questions=asked, references=references)


@pytest.mark.parametrize("name", BASELINES)
def test_every_null_model_says_something_to_every_turn_of_every_built_in_question(name: str) -> None:
    for one in CORE:
        outputs = baseline_outputs(name, one, CORE)
        assert len(outputs) == len(one.questions)
        assert all(text.strip() for text in outputs)


def test_each_says_what_its_name_promises() -> None:
    one, other = question(1, "답", None), question(2, "남의 답", None)
    said = {name: baseline_outputs(name, one, [one, other]) for name in BASELINES}
    assert said == {
        "baseline:echo": one.questions,
        "baseline:boilerplate": (BOILERPLATE, BOILERPLATE),
        "baseline:reference": ("답", NO_REFERENCE),
        "baseline:shuffled": ("남의 답", "남의 답"),
    }


def test_a_shuffled_answer_is_a_reference_of_another_question_and_never_the_right_one() -> None:
    known = {reference: one.id for one in CORE for reference in one.references if reference}
    for one in CORE:
        for turn, text in enumerate(baseline_outputs("baseline:shuffled", one, CORE)):
            assert known[text] != one.id
            assert text != one.references[turn]
    same = [question(number, "12개") for number in range(5)]
    assert baseline_outputs("baseline:shuffled", same[0], same) == (BOILERPLATE,), "all others are right by chance"


def test_shuffled_answers_are_spread_over_the_set() -> None:
    said = [text for one in CORE for text in baseline_outputs("baseline:shuffled", one, CORE)]
    assert len(set(said)) > len(said) // 3


@pytest.mark.proofs
def test_a_shuffled_answer_is_the_same_in_another_process() -> None:
    program = (
        "from judge.packs.questions import load_questions; from judge.rules.null_models import baseline_outputs as b;"
        "q = load_questions().questions; print(ascii([b('baseline:shuffled', one, q) for one in q]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.stdout.strip() == ascii([baseline_outputs("baseline:shuffled", one, CORE) for one in CORE])


def test_an_unknown_null_model_is_told_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"'baseline:ecko': did you mean 'baseline:echo'\?"):
        baseline_outputs("baseline:ecko", CORE[0], CORE)

"""What is known of answers stands beside their scores, one short note a kind."""

from __future__ import annotations

import pytest

from judge.errors import FailureKind
from judge.tables.answer_notes import answer_notes
from judge.tables.failures import by_kind, what_next
from judge.text.stand_ins import is_stand_in
from tests.support.results import answer


def test_each_kind_is_counted_over_all_turns_and_said_once() -> None:
    cut = answer(("물음", "답이 길어"), ("더", "또 길"), finish_reasons=("length", "length"))
    mixed = answer(("물음", " \n"), ("더", "$ERROR$"), finish_reasons=("stop", "repetition"))
    whole = answer(("물음", "좋은 답"), finish_reasons=("stop",), cut=("<|im_end|>",))
    assert answer_notes([cut, mixed, whole]) == [
        "2 of 5 answers were cut off at the token limit",
        "1 of 5 answers were ended in a loop",
        "1 of 5 answers are empty",
        "1 of 5 answers hold an error message in place of an answer",
        "1 outputs ended in leaked chat tokens, which were cut off",
    ]
    assert not answer_notes([answer(("물음", "답"), finish_reasons=("stop",)), answer(("물음", "답"))])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("$ERROR$", True),
        (" $ERROR$\n", True),
        ("[ERROR]", True),
        ("<API_ERROR>", True),
        ("**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**", True),
        ("$ERROR$ 는 오류를 뜻합니다.", False),
        ("[Error: timeout]", False),  # what a program prints
        ("ERROR", False),
        ("# ERROR", False),
        ("", False),
    ],
)
def test_an_error_message_in_an_answers_place_is_told_from_an_answer(text: str, error: bool) -> None:
    assert is_stand_in(text) is error


@pytest.mark.parametrize(
    ("kinds", "listed", "next_step"),
    [
        ({"length": 1, "content_filter": 2}, "2 content_filter, 1 length", "the same command asks for them again"),
        (
            {"context_overflow": 3},
            "3 context_overflow",
            "what does not fit the context fails again until the server has a larger one",
        ),
        (
            {"timeout": 1, "context_overflow": 1},
            "1 timeout, 1 context_overflow",
            "the same command asks for them again; what does not fit the context fails again until the server has a "
            "larger one",
        ),
    ],
)
def test_failures_are_counted_by_kind_and_an_overflow_is_promised_nothing(
    kinds: dict[FailureKind, int], listed: str, next_step: str
) -> None:
    assert by_kind(kinds) == listed
    assert what_next(kinds) == next_step

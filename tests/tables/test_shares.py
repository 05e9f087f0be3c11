"""Judges that share the questions: their scores on one scale, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from judge.records import Item
from judge.sources.place import Reading
from judge.sources.results import chosen
from judge.tables.means import item_scores, mean_rows
from judge.tables.results import Results, Sharer
from judge.tables.shares import on_one_scale
from tests.support.results import judgment

SHARERS = (Sharer("a", "1"), Sharer("b", "2"))


def shared(
    scores: Mapping[str, Mapping[Item, float]], model: str = "m", *, by_rule: frozenset[Item] = frozenset()
) -> Results:
    """Return a series of judges -> what each has scored."""
    outcomes = tuple(
        judgment(item, score, judge=name, model=model, by="rule" if item in by_rule else "llm")
        for name, own in scores.items()
        for item, score in own.items()
    )
    expected = {(outcome.id, outcome.turn): "c" for outcome in outcomes}
    return Results(model, "0-shot", "a + b (shared)", outcomes, expected, shared=SHARERS)


def test_means_and_spreads_are_moved_to_their_averages() -> None:
    # a: 2 and 4, mean 3, spread 1; b: 5 and 9, mean 7, spread 2; together mean 5, spread 1.5
    [one] = on_one_scale([shared({"a": {(1, 1): 2, (2, 1): 4}, "b": {(3, 1): 5, (4, 1): 9}})])
    assert item_scores(one) == {(1, 1): 3.5, (2, 1): 6.5, (3, 1): 3.5, (4, 1): 6.5}
    [row] = mean_rows([one])
    assert row.overall == 5
    assert row.raw is not None
    assert row.raw.overall == Fraction(20, 4)
    assert [(s.questions, s.mean, s.spread) for s in row.shared] == [(2, 3, 1), (2, 7, 2)]


def test_the_scale_is_that_of_all_rows_and_found_anew_when_rows_come() -> None:
    first = shared({"a": {(1, 1): 8}, "b": {(2, 1): 8}}, "m")
    second = shared({"a": {(1, 1): 6}, "b": {(2, 1): 2}}, "n")
    alone = on_one_scale([first])
    assert item_scores(alone[0]) == {(1, 1): 8, (2, 1): 8}
    # a: 8 and 6, b: 8 and 2: means 7 and 5, spreads 1 and 3, so 6 and 2: a's is doubled, b's taken by 2/3
    both = on_one_scale([*alone, second])
    assert [list(item_scores(one).values()) for one in both] == [[8, 8], [4, pytest.approx(4, abs=1e-5)]]


def test_rows_may_be_put_on_the_scale_of_others_and_do_not_move_it() -> None:
    board = [shared({"a": {(1, 1): 8, (2, 1): 6}, "b": {(3, 1): 4, (4, 1): 2}})]
    [null] = on_one_scale([shared({"a": {(1, 1): 1, (2, 1): 1}, "b": {(3, 1): 1, (4, 1): 1}}, "null")], board)
    assert list(item_scores(null).values()) == [-1, -1, 3, 3]  # a's mean 7 and b's 3 move to 5


def test_a_rule_is_on_no_scale_and_a_spread_changes_by_two_at_most() -> None:
    rule = frozenset({(5, 1)})
    given = {"a": {(1, 1): 5.0, (2, 1): 5.5}, "b": {(3, 1): 0.0, (4, 1): 10.0}, "c": {}}
    given["a"] = {**given["a"], (5, 1): 0.0}
    [one] = on_one_scale([shared(given, by_rule=rule)])
    found = item_scores(one)
    assert found[5, 1] == 0
    assert found[2, 1] - found[1, 1] == 1  # 0.5 doubled, although b's spread is twenty times as wide
    assert (found[4, 1] - found[3, 1]) / 10 == pytest.approx(2.625 / 5, abs=1e-5)


def test_one_judge_alone_and_unshared_rows_stay_as_they_are() -> None:
    half = shared({"a": {(1, 1): 2, (2, 1): 4}})
    plain = replace(half, shared=(), judge="a")
    one, other = on_one_scale([half, plain])
    assert item_scores(one) == item_scores(other) == {(1, 1): 2, (2, 1): 4}
    assert mean_rows([other])[0].raw is None


def test_the_first_questions_of_a_judge_do_not_move_the_scores_of_the_others() -> None:
    own: dict[Item, float] = {(number, 1): 7.0 + number % 2 for number in range(20)}
    given = {"a": own, "b": {(20, 1): 2.0}}
    [one] = on_one_scale([shared(given)])
    assert item_scores(one) == own | {(20, 1): 2.0}
    [row] = mean_rows([one])
    assert any("b has scored too few questions (1, another of the judges 20)" in note for note in row.notes)
    enough: dict[Item, float] = {(number, 1): 2.0 for number in range(20, 30)}
    [one] = on_one_scale([shared({"a": own, "b": enough})])
    assert item_scores(one)[20, 1] == (7.5 + 2) / 2


def test_another_judge_is_told_of_rows_that_are_shown() -> None:
    one = shared({"a": {(1, 1): 8}, "b": {(2, 1): 8}})
    other = replace(shared({"a": {(2, 1): 8}, "b": {(1, 1): 8}}), strategy="1-shot")
    readings = [Reading([one, other], Path("run"))]
    told = [sum("have another of these judges" in note for note in row.notes) for row in chosen(readings)]
    assert told == [1, 1]
    [alone] = chosen(readings, strategies=["0-shot"])
    assert not any("have another of these judges" in note for note in alone.notes)

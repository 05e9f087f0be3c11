"""Paired comparison: what pairs, what is left out, and what is said of it."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from judge.tables.results import Results
from judge.trust.compare import compare, over_of
from judge.trust.render_compare import compare_text
from tests.support.results import board, series

CATEGORIES = dict(enumerate([c for c in ("추론", "수학", "글쓰기") for _ in range(10)], start=1))


def pair(shift: float, spread: float = 1.0, questions: int = 30) -> tuple[Results, Results]:
    """Two strategies; the second is better by `shift` on average."""
    generator = np.random.default_rng(4)
    first = generator.integers(2, 6, (questions, 2)).astype(float)
    second = np.clip(first + shift + np.round(generator.normal(0, spread, (questions, 2))), 0, 10)
    return (
        board(*map(tuple, first.tolist()), categories=CATEGORIES),
        board(*map(tuple, second.tolist()), categories=CATEGORIES, strategy="1-shot"),
    )


def test_difference_win_tie_loss_by_hand() -> None:
    """Turn 1: +2, 0, -1 (mean 1/3); turn 2: +2, 0, 0 (mean 2/3); Overall +0.5; one win, one tie, one loss."""
    a = board((4, 4), (5, 5), (6, 6))
    b = board((6, 6), (5, 5), (5, 6), strategy="1-shot")
    [one] = compare([a, b], "strategy").found
    assert (one.a, one.b) == ("0-shot", "1-shot")
    assert one.difference == pytest.approx(0.5)
    assert (one.score_a, one.score_b) == (5, pytest.approx(5.5))
    assert (one.wins, one.ties, one.losses, one.questions, one.items) == (1, 1, 1, 3, 6)
    assert one.categories[0].difference == pytest.approx(3 / 6)


def test_a_clear_difference_is_named_with_its_interval() -> None:
    [one] = compare(pair(2), "strategy").found
    assert one.interval is not None
    assert one.interval.low > 1
    assert one.p_holm < 0.001
    assert one.verdict == f"1-shot better by {one.interval.low:.1f} to {one.interval.high:.1f}"
    backward = compare([*pair(2)][::-1], "strategy").found
    assert backward[0].verdict == one.verdict  # strategies are put in table order


def test_a_loss_is_named_for_the_other_side() -> None:
    first, second = pair(2)
    [one] = compare([first, second], "strategy", against="1-shot").found
    assert (one.a, one.b) == ("1-shot", "0-shot")
    assert one.difference < 0
    assert one.verdict.startswith("1-shot better by ")


def test_no_difference_is_indistinguishable_and_says_what_could_have_been_seen() -> None:
    [one] = compare(pair(0, spread=3), "strategy").found
    assert one.verdict == "indistinguishable"
    assert one.interval is not None
    assert one.interval.low < 0 < one.interval.high
    assert one.smallest == pytest.approx(2.9 * one.interval.error, rel=0.1)  # t(.975, 27) + t(.8, 27) = 2.907


def test_pairing_is_finer_than_two_separate_intervals() -> None:
    """Questions differ much, strategies by 1 on each: only the pairs can tell."""
    hard = [(float(s), float(s)) for s in (0, 1, 2, 8, 9, 9, 0, 3, 7, 9)]
    a, b = board(*hard), board(*[(x + 1, y + 1) for x, y in hard], strategy="1-shot")
    [one] = compare([a, b], "strategy").found
    assert one.interval is not None
    assert (one.interval.low, one.interval.high) == (pytest.approx(1), pytest.approx(1))
    assert one.verdict == "1-shot better by 1.0 to 1.0"


def test_holm_makes_many_comparisons_harder() -> None:
    models = [board(*[(5.0 + m / 50 + q % 3, 5.0) for q in range(8)], model=f"m{m}") for m in range(5)]
    found = compare(models, "model").found
    assert len(found) == 10
    assert all(one.p_holm >= one.p for one in found)
    assert min(one.p_holm for one in found) == pytest.approx(10 * min(one.p for one in found))
    assert len(compare(models, "model", against="m0").found) == 4


def test_what_does_not_pair_is_left_out_and_said() -> None:
    a = series({(1, 1): 5, (1, 2): 5, (2, 1): 5, (3, 1): 4, (9, 1): 0}, categories={9: "다른 것"})
    b = series({(1, 1): 6, (2, 1): 6, (3, 1): 6, (9, 1): 9}, strategy="1-shot", categories={9: "또 다른 것"})
    [one] = compare([a, b], "strategy").found
    assert one.items == 3
    assert one.difference == pytest.approx(4 / 3)
    assert one.left_out == (
        "1 items that ask another question on the other side",
        "1 items that only m 0-shot j has (1.2)",
    )


def test_judges_are_compared_on_the_same_texts_only() -> None:
    items = {(i, 1): 5.0 for i in range(1, 5)}
    a = series(items, digests={(1, 1): "old"} | {(i, 1): "same" for i in (2, 3, 4)})
    b = series(items, judge="k", digests={(i, 1): "same" for i in (2, 3, 4)} | {(1, 1): "new"})
    [one] = compare([a, b], "judge").found
    assert one.items == 3
    assert one.left_out == ("1 items whose answer has another text on the other side",)
    other = series(items, model="n", digests={(i, 1): "theirs" for i in range(1, 5)})
    assert compare([a, other], "model").found[0].items == 4  # two models never give one text


def test_the_rule_judge_is_not_compared_with_a_model_as_judge() -> None:
    result = compare([board((1, 1), (2, 2)), board((1, 1), (2, 2), judge="rules", offline=True)], "judge")
    assert not result.found
    assert "j and rules (offline heuristic): a model as judge beside a heuristic" in result.skipped[0]


def test_too_little_in_common_is_said() -> None:
    result = compare([series({(1, 1): 5}), series({(2, 1): 5}, strategy="1-shot")], "strategy")
    assert not result.found
    assert "fewer than two questions in common" in result.skipped[0]


def test_only_what_is_asked_for_differs() -> None:
    rows = [board((1, 2), (3, 4), model=m, strategy=s) for m in "ab" for s in ("0-shot", "1-shot")]
    assert over_of(rows) == "model"
    assert over_of(rows[:2]) == "strategy"
    assert [one.same for one in compare(rows, "model").found] == [("0-shot", "j"), ("1-shot", "j")]
    assert [one.same for one in compare(rows, "strategy").found] == [("a", "j"), ("b", "j")]


def test_as_text_csv_and_json() -> None:
    result = compare(pair(2), "strategy")
    shown = compare_text(result)
    assert "1-shot better by" in shown
    assert "80 % power" in shown
    [line] = csv.DictReader(io.StringIO(compare_text(result, "csv")))
    assert (line["a"], line["b"], line["questions"]) == ("0-shot", "1-shot", "30")
    [row] = json.loads(compare_text(result, "json"))["comparisons"]
    assert row["difference"] == result.found[0].difference
    assert row["verdict"] == result.found[0].verdict

"""Looks: the order of the questions, the levels, and how often a look is wrong."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from judge.tables.asking import asking_order
from judge.trust.decide import Estimate
from judge.trust.looks import look_at, look_sizes, nominal_levels

SIZES = [100, 200, 300, 400, 500]


def test_every_beginning_holds_each_category_in_its_share() -> None:
    questions = {
        f"{category}{n}": category for category, size in (("a", 20), ("b", 10), ("c", 10)) for n in range(size)
    }
    order = asking_order(questions)
    assert sorted(order) == sorted(questions)
    for size in (8, 20, 32):
        shares = Counter(questions[identifier] for identifier in order[:size])
        assert shares == {"a": size // 2, "b": size // 4, "c": size // 4}
    assert asking_order(dict(reversed(questions.items()))) == order
    assert asking_order(questions, seed=1) != order


@pytest.mark.parametrize(
    ("questions", "sizes"), [(42, [26, 34, 42]), (500, SIZES), (10, [10]), (5, [5]), (30, [24, 30])]
)
def test_looks_are_at_fifths_and_not_too_early(questions: int, sizes: list[int]) -> None:
    assert look_sizes(questions) == sizes


def test_the_levels_are_those_of_the_literature() -> None:
    """Pocock-type spending, five equal looks, one-sided 0.025: bounds 2.438, 2.427, 2.410, 2.397, 2.386, as the R
    package ldbounds prints them."""
    from statistics import NormalDist

    bounds = [NormalDist().inv_cdf(1 - level) for level in nominal_levels(SIZES, 0.025)]
    assert bounds == pytest.approx([2.438, 2.427, 2.410, 2.397, 2.386], abs=0.002)
    assert nominal_levels([42], 0.05) == [pytest.approx(0.05, abs=1e-6)]


def contests(truth: float, number: int, spread: float = 0.35) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Differences of shares on 500 questions, in quarters, a contest a row."""
    draws = np.random.default_rng(11).normal(truth, spread, (number, 500))
    return np.clip(np.round(draws * 4) / 4, -0.5, 0.5)


def estimates(row: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[Estimate]:
    return [Estimate(row[:n].mean(), row[:n].std(ddof=1) / n**0.5, n - 1, n) for n in SIZES]


@pytest.mark.proofs
def test_a_difference_that_is_not_there_is_found_in_one_of_twenty_contests() -> None:
    """2,000 contests: at most 5 %, where five looks at a p of 0.05 each are wrong in about 14 %."""
    looked = [look_at(estimates(row), SIZES) for row in contests(0.0, 2000)]
    assert 0.035 < np.mean([looks[-1].settled is not None for looks in looked]) < 0.06
    naive = [any(look.p < 0.025 for look in look_at_all(row)) for row in contests(0.0, 2000)]
    assert np.mean(naive) > 0.11


def look_at_all(row: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[Estimate | object]:
    """Every look, also those behind the first that settles it."""
    return [look_at([one], [size])[0] for one, size in zip(estimates(row), SIZES, strict=True)]


@pytest.mark.proofs
def test_at_the_margin_each_answer_is_wrong_in_one_of_twenty_contests() -> None:
    looked = [look_at(estimates(row), SIZES, 0.05)[-1].settled for row in contests(0.0, 1000) - 0.05]
    assert looked.count("not worse") / 1000 < 0.066
    assert looked.count("worse") / 1000 < 0.066


def test_a_clear_difference_is_settled_at_the_first_look_and_nothing_more_is_looked_at() -> None:
    [look] = look_at(estimates(contests(0.2, 1)[0]), SIZES)
    assert (look.settled, look.number, look.questions, look.last) == ("better", 1, 100, False)
    [look] = look_at(estimates(contests(-0.2, 1)[0]), SIZES, 0.05)
    assert look.settled == "worse"
    [look] = look_at(estimates(contests(0.0, 1)[0]), SIZES, 0.2, equivalent=True)
    assert look.settled == "equivalent"


def test_contests_beside_each_other_share_the_level() -> None:
    alone, crowd = (look_at([Estimate(0.1, 0.04, 99, 100)], SIZES, decisions=n) for n in (1, 10))
    assert alone[0].settled == "better"
    assert crowd[0].settled is None
    assert crowd[0].level < alone[0].level / 8

"""What an interval has of the choice of judges that share the questions."""

from __future__ import annotations

import numpy as np
import pytest

from judge.tables.row import Interval
from judge.trust.judge_choice import Choice, choice_draws, choice_of_judges
from judge.trust.stats import Array, Labels, analytic_interval, freedom_of, influence, overall_score

QUESTIONS = 42


def dealt(judges: int, questions: int = QUESTIONS) -> Labels:
    return np.arange(questions) % judges


def drawn(generator: np.random.Generator, judge_q: Labels, spread: float) -> Array:
    """Scores of questions whose judges differ by `spread`, questions by 2."""
    judges = generator.normal(0, spread, judge_q.max() + 1)
    return 6 + judges[judge_q] + generator.normal(0, 2, len(judge_q))


def halves(judges: int, spread: float, generator: np.random.Generator, times: int) -> tuple[float, float, float]:
    """Return how often the interval without and with the choice of judges holds the truth, and how much it is wider."""
    plain, whole, wider = [], [], []
    strata_q, counts = np.zeros(QUESTIONS, dtype=np.int64), np.ones((QUESTIONS, 1))
    for _ in range(times):
        judge_q = dealt(judges)
        sums = drawn(generator, judge_q, spread)[:, None]
        before = analytic_interval(sums, counts, strata_q)
        choice = choice_of_judges(influence(sums, counts), strata_q, judge_q)
        after = choice.widened(before, overall_score(sums, counts), freedom_of(strata_q))
        assert before is not None
        assert after is not None
        plain.append(before.low <= 6 <= before.high)
        whole.append(after.low <= 6 <= after.high)
        wider.append(after.half / before.half)
    return float(np.mean(plain)), float(np.mean(whole)), float(np.median(wider))


def test_an_analysis_of_variance_by_hand() -> None:
    # three judges with two questions each: 1 3 | 5 7 | 3 5; means 2 6 4 of 4; between 2 * (4 + 4 + 0) / 2 = 8,
    # within 6 * 1 / 3 = 2, n_0 = 2: T = 3, and the mean of six questions has 3 * 3 * (1 / 3)^2 = 1 of it
    sums = np.array([1.0, 3, 5, 7, 3, 5])[:, None]
    z_q = influence(sums, np.ones((6, 1)))
    found = choice_of_judges(z_q, np.zeros(6, dtype=np.int64), np.array([0, 0, 1, 1, 2, 2]))
    # and the mean varies by 8 / 2 / 3 = 4/3 as the judges' means alone show it
    assert found == pytest.approx((1.0, 4 / 3, 2))
    assert found.added(1.0, 5)[0] == pytest.approx(2**0.5)
    assert found.added(1.0, 5)[1] == pytest.approx(4 / (1 / 5 + 16 / 9 / 2))


def test_an_interval_without_a_length_becomes_that_of_the_judges() -> None:
    found = Choice(4 / 3, 4 / 3, 2).widened(Interval(6, 6, 0, "bootstrap"), 6, 5)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((6 - 4.968, 6 + 4.968), abs=1e-3)  # t of two degrees: 4.303


def test_judges_that_differ_no_more_than_their_questions_add_nothing() -> None:
    z_q = influence(np.array([1.0, 7, 1, 7, 1, 7])[:, None], np.ones((6, 1)))
    assert choice_of_judges(z_q, np.zeros(6, dtype=np.int64), np.array([0, 0, 1, 1, 2, 2])) == pytest.approx((0, 0, 2))


def test_two_judges_show_too_little() -> None:
    z_q = influence(np.array([1.0, 1, 9, 9])[:, None], np.ones((4, 1)))
    assert choice_of_judges(z_q, np.zeros(4, dtype=np.int64), np.array([0, 0, 1, 1])) == Choice()


@pytest.mark.proofs
def test_the_interval_holds_the_truth_whichever_judges_were_drawn() -> None:
    generator = np.random.default_rng(7)
    for judges in (3, 6):
        plain, whole, _ = halves(judges, 1.0, generator, 600)
        assert plain < 0.85, "judges were left out: too narrow"
        assert 0.91 <= whole <= 0.97


@pytest.mark.proofs
def test_where_judges_are_alike_it_is_hardly_wider() -> None:
    plain, whole, wider = halves(3, 0.0, np.random.default_rng(8), 600)
    assert 0.93 <= plain <= 0.97
    assert 0.95 <= whole <= 0.99
    assert wider < 1.05


def test_a_difference_that_hangs_on_one_judge_is_no_longer_sure() -> None:
    strata_q, judge_q, counts = np.zeros(QUESTIONS, dtype=np.int64), dealt(3), np.ones((QUESTIONS, 1))
    generator = np.random.default_rng(9)
    base = generator.normal(6, 1, QUESTIONS)
    liked = base + np.where(judge_q == 0, 2.0, -0.2)
    added = choice_draws([influence(x[:, None], counts) for x in (base, liked)], strata_q, judge_q, 4000, 1)
    assert added is not None
    between = added[:, 1] - added[:, 0]
    # the judges' differences to 0.53 are 1.47, -0.73, -0.73: their mean varies by sqrt(1.62 / 3), and by Student's t
    # of two degrees of freedom half of the draws are within 0.82 of that
    assert np.quantile(np.abs(between), 0.5) == pytest.approx(0.816 * (1.6133 / 3) ** 0.5, rel=0.15)
    same = base + 0.5
    nothing = choice_draws([influence(x[:, None], counts) for x in (same, same)], strata_q, judge_q, 100, 1)
    assert nothing is None or not np.abs(nothing[:, 0] - nothing[:, 1]).max()


def test_no_interval_stays_none() -> None:
    assert Choice(1.0, 1.0, 2).widened(None, 5, 3) is None

"""Intervals, paired tests, ranks: each by hand on small numbers, coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr, stdtrit

from judge.trust import ranks, stats
from judge.trust.stats import Array


def table(*rows: tuple[float, float]) -> tuple[Array, Array]:
    """One score for turn 1 and one for turn 2 of each question; nan: none."""
    scores = np.array(rows, dtype=float)
    return np.nan_to_num(scores), (~np.isnan(scores)).astype(float)


def test_categories_with_one_question_share_a_stratum() -> None:
    assert stats.strata_of(["a", "a", "b", "b", "c", "d"]).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_single_lonely_question_joins_the_smallest_category() -> None:
    assert stats.strata_of(["a", "a", "a", "b", "b", "c"]).tolist() == [0, 0, 0, 1, 1, 1]
    assert stats.strata_of(["a"]).tolist() == [0]


def test_every_draw_keeps_the_size_of_each_category() -> None:
    strata = stats.strata_of(["a"] * 7 + ["b"] * 3)
    weights = stats.resample(strata, 500)
    np.testing.assert_allclose(weights[:, :7].sum(axis=1), 7)
    np.testing.assert_allclose(weights[:, 7:].sum(axis=1), 3)


def test_the_bootstrap_variance_of_a_mean_is_unbiased() -> None:
    """Seven scores 0, 0, 5, 5, 5, 10, 10: mean 5, sum of squares 100, s^2 = 100 / 6, s^2 / n = 2.381.

    The plain bootstrap would have 100 / 7 / 7 = 2.041.
    """
    scores = np.array([0, 0, 5, 5, 5, 10, 10.0])
    means = stats.resample(stats.strata_of(["a"] * 7), 40_000) @ scores / 7
    assert means.var() == pytest.approx(100 / 6 / 7, rel=0.03)
    assert means.mean() == pytest.approx(5, abs=0.03)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    strata = stats.strata_of(["a"] * 5)
    assert (stats.resample(strata, 50, 1) == stats.resample(strata, 50, 1)).all()
    assert (stats.resample(strata, 50, 1) != stats.resample(strata, 50, 2)).any()


def test_overall_is_the_mean_of_the_turns_means() -> None:
    """Turn 1: (8 + 4) / 2 = 6; turn 2: only 3; Overall (6 + 3) / 2 = 4.5, not the mean of the three scores."""
    assert stats.overall_score(*table((8, math.nan), (4, 3))) == 4.5


def test_without_later_turns_overall_is_the_first_turn() -> None:
    assert stats.overall_score(*table((8, math.nan), (4, math.nan))) == 6


def test_nothing_judged_has_no_overall_and_no_interval() -> None:
    nothing = table((math.nan, math.nan), (math.nan, math.nan))
    assert math.isnan(stats.overall_score(*nothing))
    assert stats.analytic_interval(*nothing, stats.strata_of(["a", "a"])) is None


def test_a_drawn_board_without_any_first_turn_is_no_number() -> None:
    draws = stats.overall_draws(np.array([[0.0, 2.0], [1.0, 1.0]]), *table((8, 4), (math.nan, 2)))
    assert math.isnan(draws[0])
    assert draws[1] == (8 + 3) / 2


def test_clustered_error_by_hand() -> None:
    """Question sums of 2, 4 (stratum a) and 1, 1, 7 (stratum b).

    a: 2 / 1 * (1 + 1) = 4; b: mean 3, 3 / 2 * (4 + 4 + 16) = 36; variance 40, freedom 1 + 2.
    """
    error, freedom = stats.clustered_error(np.array([2, 4, 1, 1, 7.0]), stats.strata_of(["a"] * 2 + ["b"] * 3))
    assert (error, freedom) == (pytest.approx(40**0.5), 3)


def test_analytic_interval_by_hand() -> None:
    """Turns (2, 4), (6, 8): means 4 and 6, Overall 5. Influences ((2-4)/2 + (4-6)/2) / 2 = -1 and +1.

    Variance 2 / 1 * (1 + 1) = 4, error 2, t(0.975, 1) = 12.706.
    """
    interval = stats.analytic_interval(*table((2, 4), (6, 8)), stats.strata_of(["a", "a"]))
    assert interval is not None
    assert interval.error == pytest.approx(2)
    assert (interval.low, interval.high) == (pytest.approx(5 - 25.412, abs=1e-3), pytest.approx(5 + 25.412, abs=1e-3))
    assert interval.half == pytest.approx(25.412, abs=1e-3)


def test_turns_that_go_together_widen_the_interval() -> None:
    """Same marginals: once a question is good or bad in both turns, once in one only."""
    strata = stats.strata_of(["a"] * 4)
    together = stats.analytic_interval(*table((0, 0), (0, 0), (10, 10), (10, 10)), strata)
    apart = stats.analytic_interval(*table((0, 10), (0, 10), (10, 0), (10, 0)), strata)
    assert together is not None
    assert apart is not None
    assert together.error > 1
    assert apart.error == pytest.approx(0, abs=1e-12)


def test_bootstrap_and_analytic_error_agree() -> None:
    generator = np.random.default_rng(5)
    sums = generator.integers(0, 11, size=(42, 2)).astype(float)
    strata = stats.strata_of([c for c in "abcdef" for _ in range(7)])
    counts = np.ones((42, 2))
    analytic = stats.analytic_interval(sums, counts, strata)
    drawn = stats.percentile_interval(stats.overall_draws(stats.resample(strata), sums, counts), 36)
    assert analytic is not None
    assert drawn is not None
    assert drawn.error == pytest.approx(analytic.error, rel=0.03)


def test_few_questions_widen_the_percentile_interval() -> None:
    """t(0.975, 36) = 2.028, Phi(-2.028) = 0.0213: of 10,001 even draws from 0 to 1 the ends are 0.0213, 0.9787."""
    even = np.linspace(0, 1, 10_001)
    interval = stats.percentile_interval(even, 36)
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(0.0213, abs=1e-4), pytest.approx(0.9787, abs=1e-4))
    narrow = stats.percentile_interval(even, 10**7)
    assert narrow is not None
    assert (narrow.low, narrow.high) == (pytest.approx(0.025, abs=1e-4), pytest.approx(0.975, abs=1e-4))
    assert stats.percentile_interval(even, 0) is None


def test_degrees_of_freedom_are_questions_less_strata() -> None:
    assert stats.freedom_of(stats.strata_of([c for c in "abcdef" for _ in range(7)])) == 36
    assert stats.freedom_of(stats.strata_of(["a"])) == 0


# Percentages of the scores 0 to 10 of middling models by GPT-4, turn 1 and turn 2, and how the turns go together.
SHAPES = [
    ((4, 5, 18, 3, 7, 2, 3, 11, 19, 6, 23), (18, 5, 15, 11, 7, 0, 8, 4, 6, 5, 22), 0.3),
    ((9, 22, 27, 7, 3, 2, 1, 1, 1, 2, 26), (28, 17, 24, 9, 5, 0, 1, 0, 0, 0, 16), 0.8),
    ((4, 1, 1, 1, 7, 2, 9, 11, 22, 24, 19), (6, 0, 6, 4, 9, 0, 7, 12, 11, 8, 38), 0.4),
    ((7, 2, 11, 4, 2, 1, 6, 17, 15, 13, 22), (0, 5, 3, 5, 12, 0, 9, 9, 10, 14, 33), 0.5),
    ((9, 1, 5, 7, 6, 1, 2, 2, 7, 5, 57), (4, 1, 4, 3, 6, 1, 7, 9, 4, 7, 56), 0.8),
    ((7, 8, 24, 6, 1, 1, 2, 3, 3, 4, 43), (18, 10, 29, 8, 5, 2, 3, 2, 5, 5, 14), 0.3),
]


def draw_boards(number: int, seed: int) -> tuple[Array, float]:
    """Scores (board, question, turn) of 42 questions, seven a category, and the true Overall behind them."""
    generator = np.random.default_rng(seed)
    parts, truths = [], []
    for first, second, rho in SHAPES:
        common = generator.standard_normal((number, 7, 1)) * rho**0.5
        uniform = ndtr(common + generator.standard_normal((number, 7, 2)) * (1 - rho) ** 0.5)
        scores = np.empty((number, 7, 2))
        for turn, shape in enumerate((first, second)):
            share = np.array(shape) / sum(shape)
            scores[:, :, turn] = np.searchsorted(np.cumsum(share)[:-1], uniform[:, :, turn], side="right")
            truths.append(float(share @ np.arange(11)))
        parts.append(scores)
    return np.concatenate(parts, axis=1), sum(truths) / len(truths)


@pytest.mark.proofs
@pytest.mark.parametrize("method", ["bootstrap", "analytic"])
def test_95_of_100_intervals_hold_the_true_score(method: str) -> None:
    """42 questions of two turns, score shapes of the public board: coverage is between 93 and 97 %."""
    boards, truth = draw_boards(3000, seed=7)
    strata = stats.strata_of([c for c in "abcdef" for _ in range(7)])
    weights, counts = stats.resample(strata, 800), np.ones((42, 2))
    held = 0
    for sums in boards:
        if method == "bootstrap":
            interval = stats.percentile_interval(stats.overall_draws(weights, sums, counts), 36)
        else:
            interval = stats.analytic_interval(sums, counts, strata)
        assert interval is not None
        held += interval.low <= truth <= interval.high
    assert 0.93 <= held / len(boards) <= 0.97


def test_a_paired_difference_found_with_80_percent_power_is_as_large_as_promised() -> None:
    """Two boards whose questions differ by the smallest difference are told apart in about four of five."""
    generator = np.random.default_rng(3)
    strata = stats.strata_of([c for c in "abcdef" for _ in range(7)])
    promised = stats.smallest_difference(*stats.clustered_error(generator.normal(0, 2 / 42, 42), strata))
    error = 2 / 42**0.5
    shift = stats.smallest_difference(error, 36)
    assert promised == pytest.approx(shift, rel=0.35)
    found = 0
    for _ in range(2000):
        z = generator.normal(shift, 2, 42) / 42
        own, freedom = stats.clustered_error(z, strata)
        found += abs(z.sum()) > stdtrit(freedom, 0.975) * own
    assert 0.76 <= found / 2000 <= 0.84


def test_sign_flip_p_by_hand() -> None:
    """1, 1, 1: of eight sign patterns only all plus and all minus reach 3: p = 2 / 8. With 1, 1, -1: |1| is
    reached by all eight."""
    assert stats.sign_flip_p(np.array([1.0, 1, 1])) == 0.25
    assert stats.sign_flip_p(np.array([1.0, 1, -1])) == 1
    assert stats.sign_flip_p(np.array([0.0, 0])) == 1
    assert stats.sign_flip_p(np.array([0.0, 1, 1, 1, 0])) == 0.25


def test_sign_flip_by_chance_comes_near_the_exact_p_and_is_never_0() -> None:
    z = np.array([0.3, 0.7, -0.2, 0.9, 0.4, 0.1, -0.5, 0.6, 0.2, 0.8, 0.35, -0.1])
    exact = stats.sign_flip_p(z, draws=2**12)
    assert stats.sign_flip_p(z, draws=4000, seed=9) == pytest.approx(exact, abs=0.01)
    assert stats.sign_flip_p(np.ones(42), draws=999) == 1 / 1000


def test_the_permutation_test_keeps_its_level() -> None:
    """Without a difference p < 0.05 comes in 5 of 100 cases."""
    generator = np.random.default_rng(1)
    ps = [stats.sign_flip_p(generator.choice([-2, -1, 0, 1, 2], 42) / 42, draws=400) for _ in range(1000)]
    assert 0.03 <= np.mean(np.array(ps) < 0.05) <= 0.07


def test_holm_by_hand() -> None:
    """0.01 * 3 = 0.03; 0.03 * 2 = 0.06; 0.04 * 1 = 0.04, but not below the one before: 0.06."""
    assert stats.holm([0.01, 0.04, 0.03]) == [pytest.approx(0.03), pytest.approx(0.06), pytest.approx(0.06)]
    assert stats.holm([0.6, 0.7]) == [1, 1]
    assert stats.holm([]) == []


def test_a_test_that_could_not_be_made_is_no_member_of_the_family() -> None:
    first, second = stats.holm([math.nan, 0.02])
    assert math.isnan(first)
    assert second == 0.02


def test_smallest_difference_by_hand() -> None:
    """Many questions: 1.960 + 0.842 = 2.802 errors; no spread seen: nan."""
    assert stats.smallest_difference(0.5, 10**6) == pytest.approx(2.802 * 0.5, abs=1e-3)
    assert math.isnan(stats.smallest_difference(0.5, 0))


def test_ranks_of_three_rows() -> None:
    """The first two are the same row but for noise, the third is far below."""
    generator = np.random.default_rng(0)
    base = generator.normal(6, 0.3, 2000)
    draws = np.stack([base, base + generator.normal(0.01, 0.1, 2000), base - 3])
    first, second, third = ranks.rank_rows(np.array([6.0, 6.01, 3.0]), draws)
    assert (first.rank, second.rank, third.rank) == (2, 1, 3)
    assert (first.low, first.high, first.tied) == (1, 2, (1,))
    assert (third.low, third.high, third.tied) == (3, 3, ())


def test_equal_rows_share_the_better_place_and_are_tied() -> None:
    draws = np.tile(np.arange(100.0), (2, 1))
    first, second = ranks.rank_rows(np.array([5.0, 5.0]), draws)
    assert (first.rank, second.rank) == (1, 1)
    assert (first.tied, second.tied) == ((1,), (0,))


def test_ranks_of_many_rows_do_not_depend_on_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = np.random.default_rng(2).normal(np.arange(9) / 3, 1, (300, 9)).T
    scores = draws.mean(axis=1)
    whole = ranks.rank_rows(scores, draws)
    monkeypatch.setattr(ranks, "_BATCH_CELLS", 1)
    assert ranks.rank_rows(scores, draws) == whole


def test_the_cautious_error_by_hand() -> None:
    """Two categories, influences 0, 2 and 10, 12: within 2 * 2 + 2 * 2 = 8, without strata 4 / 3 * 104."""
    strata = np.array([0, 0, 1, 1])
    assert stats.cautious_error(np.array([0.0, 2.0, 10.0, 12.0]), strata) == pytest.approx(((4 / 3 * 104) ** 0.5, 3))
    # 0, 2 and 1, 1: within 2 * 2 + 0 = 4 with (4 ** 2) / (4 ** 2 / 1) = 1 degree, without strata 4 / 3 * 2
    assert stats.cautious_error(np.array([0.0, 2.0, 1.0, 1.0]), strata) == pytest.approx((2, 1))
    error, freedom = stats.cautious_error(np.array([1.0]), np.array([0]))
    assert error != error
    assert freedom == 0

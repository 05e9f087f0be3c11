"""The statistics behind a table: intervals, paired differences, ranks, Holm, power. Pure arrays in, numbers out.

A question is the unit that was drawn: its turns stay together (a cluster), its category is its stratum, because
a question set has a fixed number of questions a category. An array ends in `_q` where its first axis is the
question, in `_dq` where it is (draw, question), in `_qt` where it is (question, kind of turn): turn 1, later turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from judge.tables.row import Interval

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

DRAWS = 10_000
"""Bootstrap draws: the ends of an interval move by about 0.01 points from seed to seed."""

SEED = 20240101
"""Of every resampling unless another is given, so that the same files print the same table."""

LEVEL = 0.95
POWER = 0.80


def strata_of(names: Sequence[str]) -> Labels:
    """Return a stratum number a question from its category.

    A category with one question cannot show its spread, so all such categories are one stratum, and that joins
    the smallest other one if it still holds a single question.
    """
    categories = list(dict.fromkeys(names))
    sizes = {name: names.count(name) for name in categories}
    large = [name for name in categories if sizes[name] > 1]
    number = {name: index for index, name in enumerate(large)}
    small = [name for name in categories if sizes[name] == 1]
    home = len(large)
    if len(small) == 1 and large:
        home = number[min(large, key=lambda name: sizes[name])]
    return np.array([number.get(name, home) for name in names], dtype=np.int64)


def resample(strata_q: Labels, draws: int = DRAWS, seed: int = SEED) -> Array:
    """Return bootstrap weights, shape (draws, questions).

    From each stratum of n questions n - 1 are drawn with replacement and weighted n / (n - 1): the plain
    bootstrap of n out of n would make the variance of a stratum's mean too small by (n - 1) / n, a tenth and more
    with seven questions a category (Rao and Wu 1988, JASA 83:231; McCarthy and Snowden 1985).
    A stratum of one question is always drawn as it is. The same question set gives the same array: don't write to it.
    """
    return _resample(tuple(strata_q.tolist()), draws, seed)


@lru_cache(maxsize=2)
def _resample(strata: tuple[int, ...], draws: int, seed: int) -> Array:
    strata_q = np.array(strata)
    generator = np.random.default_rng(seed)
    weights = np.ones((draws, len(strata_q)))
    for stratum in np.unique(strata_q):
        members = np.flatnonzero(strata_q == stratum)
        n = len(members)
        if n > 1:
            counts = generator.multinomial(n - 1, np.full(n, 1 / n), size=draws)
            weights[:, members] = counts * (n / (n - 1))
    weights.flags.writeable = False
    return weights


def overall_score(sums_qt: Array, counts_qt: Array) -> float:
    """Return the mean of the kinds' means; nan where a kind with items has no score. One kind alone: its mean.

    `sums_qt`: sums of item scores; `counts_qt`: numbers of scored items.
    """
    return float(overall_draws(np.ones((1, len(sums_qt))), sums_qt, counts_qt)[0])


def overall_draws(weights_dq: Array, sums_qt: Array, counts_qt: Array) -> Array:
    """Return Overall of every draw, shape (draws,): the combined ratio mean of each kind of turn, then their mean.

    A kind of turn without any item is left out. A draw without any scored item of a kind is nan.
    """
    found: Array = board_draws(weights_dq, sums_qt[None], counts_qt[None])[0]
    return found


def board_draws(weights_dq: Array, sums_mqt: Array, counts_mqt: Array) -> Array:
    """Return `overall_draws` of every row of a board, shape (rows, draws)."""
    kinds_mt = counts_mqt.sum(axis=1) > 0
    total_md, number_m = np.zeros((len(sums_mqt), len(weights_dq))), kinds_mt.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        for kind in range(sums_mqt.shape[2]):
            rows = np.flatnonzero(kinds_mt[:, kind])
            means_md = sums_mqt[rows, :, kind] @ weights_dq.T
            counts_mq = counts_mqt[rows, :, kind]
            alike = bool((counts_mq == counts_mq[:1]).all())  # as they are where no verdict is missing
            means_md /= (counts_mq[:1] if alike else counts_mq) @ weights_dq.T
            total_md[rows] += means_md
        total_md /= number_m[:, None]
    return total_md


def freedom_of(strata_q: Labels) -> int:
    """Return the degrees of freedom of a stratified mean: questions less strata, counting strata of two and more."""
    sizes = np.bincount(strata_q)
    return int((sizes[sizes > 1] - 1).sum())


@lru_cache(maxsize=64)
def t_quantile(p: float, freedom: float) -> float:
    """Return the quantile of Student's t."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]  # a table without intervals need not wait for it

    return float(stdtrit(freedom, p))


def t_probability(t: float, freedom: float) -> float:
    """Return the probability that Student's t is at most `t`."""
    from scipy.special import stdtr

    return float(stdtr(freedom, t))


def percentile_interval(draws: Array, freedom: int, level: float = LEVEL) -> Interval | None:
    """Return the expanded percentile interval and standard error of bootstrap draws.

    The tails are cut at Phi(-t), t of `freedom` degrees, instead of at (1 - level) / 2: percentiles alone are as
    narrow as a normal interval with a known variance, which 42 questions don't give (Hesterberg 2015, The American
    Statistician 69:371, "expanded percentile"). None without freedom or where fewer than two draws are numbers.
    """
    good = draws[~np.isnan(draws)]
    if len(good) < 2 or not freedom:
        return None
    tail = NormalDist().cdf(-t_quantile((1 + level) / 2, freedom))
    low, high = np.quantile(good, [tail, 1 - tail])
    return Interval(float(low), float(high), float(good.std(ddof=1)), "bootstrap")


def influence(sums_qt: Array, counts_qt: Array) -> Array:
    """Return what each question adds to Overall around its value, shape (questions,); they add up to 0.

    The linearisation of the combined ratio mean, z_q = mean over kinds of (sum_q - mean * count_q) / count
    (Cochran 1977, Sampling Techniques, 6.3; Woodruff 1971).
    """
    kinds = counts_qt.sum(axis=0) > 0
    sums, counts = sums_qt[:, kinds], counts_qt[:, kinds]
    total = counts.sum(axis=0)
    means = sums.sum(axis=0) / total
    z: Array = ((sums - means * counts) / total).mean(axis=1)
    return z


def item_weights(counts_qt: Array) -> Array:
    """Return what one scored item of each kind of turn counts in Overall, shape (2,); 0 for a kind without items."""
    totals = counts_qt.sum(axis=0)
    kinds = totals > 0
    weights = np.zeros(counts_qt.shape[1])
    weights[kinds] = 1 / totals[kinds] / kinds.sum()
    return weights


def clustered_error(z_q: Array, strata_q: Labels) -> tuple[float, int]:
    """Return the standard error of a sum of question influences, and its degrees of freedom.

    Var = sum over strata of n / (n - 1) * sum (z - stratum mean)^2, degrees of freedom = questions - strata: the
    cluster-robust error of Miller 2024 (arXiv 2411.00640, "Adding Error Bars to Evals", section 2.2) with
    categories as strata (Cochran 1977, 5.4). (nan, 0) where no stratum has two questions.
    """
    variance, freedom = 0.0, 0
    for stratum in np.unique(strata_q):
        z = z_q[strata_q == stratum]
        if len(z) > 1:
            variance += len(z) / (len(z) - 1) * float(((z - z.mean()) ** 2).sum())
            freedom += len(z) - 1
    return (variance**0.5, freedom) if freedom else (float("nan"), 0)


def cautious_error(z_q: Array, strata_q: Labels) -> tuple[float, float]:
    """Return the standard error of a sum of question influences and its degrees of freedom, for a one-sided test.

    The larger of the error with strata and the one without: with few questions a category the former is too small for
    a test that must not be wrong more often than it says. With strata the degrees of freedom are Satterthwaite's,
    since categories spread unlike. (nan, 0) where no stratum has two questions.
    """
    n, parts = len(z_q), []
    for stratum in np.unique(strata_q):
        z = z_q[strata_q == stratum]
        if len(z) > 1:
            parts.append((len(z) / (len(z) - 1) * float(((z - z.mean()) ** 2).sum()), len(z) - 1))
    if not parts:
        return float("nan"), 0.0
    within = sum(variance for variance, _ in parts)
    plain = n / (n - 1) * float(((z_q - z_q.mean()) ** 2).sum())
    if plain >= within:
        return plain**0.5, n - 1.0
    return within**0.5, within**2 / sum(variance**2 / freedom for variance, freedom in parts)


def analytic_interval(sums_qt: Array, counts_qt: Array, strata_q: Labels, level: float = LEVEL) -> Interval | None:
    """Return Overall ± t * clustered error; None where there is no spread to see (fewer than two questions)."""
    if not counts_qt.any():
        return None
    error, freedom = clustered_error(influence(sums_qt, counts_qt), strata_q)
    if not freedom:
        return None
    middle, half = overall_score(sums_qt, counts_qt), t_quantile((1 + level) / 2, freedom) * error
    return Interval(middle - half, middle + half, error, "analytic")


def sign_flip_p(z_q: Array, draws: int = DRAWS, seed: int = SEED) -> float:
    """Return the two-sided p of a paired permutation test on the sum of `z_q`, the differences a question.

    Without a difference between the two, a question's difference is as likely to have the other sign; a
    question's turns change sign together. Exact where 2^n does not exceed `draws`, else (1 + hits) / (1 + draws)
    (Phipson and Smyth 2010). All zero: 1.
    """
    nonzero = z_q[z_q != 0]
    n = len(nonzero)
    if not n:
        return 1.0
    slack = 1e-9 * float(np.abs(nonzero).sum())
    seen = abs(float(nonzero.sum())) - slack
    if 2**n <= draws:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((np.abs((1 - 2 * bits) @ nonzero) >= seen).mean())
    signs = np.random.default_rng(seed).integers(0, 2, size=(draws, n), dtype=np.int8) * 2 - 1
    hits = int((np.abs(signs @ nonzero) >= seen).sum())
    return (1 + hits) / (1 + draws)


def holm(ps: Sequence[float]) -> list[float]:
    """Return Holm-adjusted p values in the given order (Holm 1979): (m - i + 1) * p_(i), made monotone, at most 1.

    nan (no test was possible) stays nan and is no member of the family.
    """
    adjusted = list(ps)
    order = sorted((i for i, p in enumerate(ps) if p == p), key=lambda i: ps[i])
    largest = 0.0
    for step, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - step) * ps[index]))
        adjusted[index] = largest
    return adjusted


def smallest_difference(error: float, freedom: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """Return the true difference found with probability `power` by a two-sided test, in points.

    (t_(1 - alpha/2) + t_power) * standard error (Bloom 1995; Miller 2024, section 5). nan without freedom.
    """
    if not freedom:
        return float("nan")
    return (t_quantile((1 + level) / 2, freedom) + t_quantile(power, freedom)) * error

"""Contests of several sides -> strengths, ranks, and what is left when length and style are held equal. Pure.

    logit(share of A) = strength of A - strength of B (+ weights * style of A - style of B)

A Bradley-Terry model fitted to the shares of duels as a fractional logistic regression (Bradley and Terry 1952,
Biometrika 39:324; Papke and Wooldridge 1996, J. Applied Econometrics 11:619). Strengths add up to 0; a difference of 1
is a win rate of 73 %. The intervals of the plain strengths are by cluster bootstrap over questions, all contests by the
same draws; those with style by the cluster-robust (sandwich) error, questions being the clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from judge.records import QuestionId
from judge.runs.games import Scope
from judge.tables.contest import Contest, Side
from judge.tables.row import Interval, Ranks
from judge.trust.contests import duels_of
from judge.trust.ranks import rank_rows
from judge.trust.stats import (
    DRAWS,
    SEED,
    Array,
    Labels,
    freedom_of,
    percentile_interval,
    resample,
    strata_of,
    t_quantile,
)
from judge.trust.style import FEATURES, style_gap

MOST_DRAWS = 2000
"""Of the strengths: each draw is a fit."""
STEPS, CLOSE = 50, 1e-10
RIDGE = 1e-6
LITTLE = 0.5
"""Of the duels that must have their texts at hand for a controlled figure."""


@dataclass(frozen=True)
class Standing:
    """One side on the board."""

    side: Side
    strength: float
    interval: Interval | None
    ranks: Ranks | None
    """None: fewer than three sides, or no interval."""
    duels: int
    against_field: float
    """Expected win rate against the other sides, each as often, 0 to 1."""


@dataclass(frozen=True)
class Controlled:
    """Strengths with style held equal."""

    features: tuple[str, ...]
    strengths: Mapping[Side, float]
    errors: Mapping[Side, float]
    """Standard errors of the strengths."""
    weights: Mapping[str, tuple[float, float]]
    """Feature -> its weight and standard error, a unit being the standard deviation of the difference."""
    duels: int
    win_rate: float | None
    """Two sides: that of the first one at equal style, else None."""
    interval: Interval | None
    """Of that win rate."""
    plain_rmse: float
    rmse: float
    """Root mean square error of a duel's share without and with style."""


@dataclass(frozen=True)
class Board:
    """All sides that one judge has seen, connected by contests."""

    judge: str
    scope: Scope
    standings: tuple[Standing, ...]
    """The strongest first."""
    controlled: tuple[Controlled, ...]
    """By length alone, then by length and style; none where the texts are not at hand."""
    draws: int
    clamped: int
    """Pairs that one side has won altogether: a duel and a half short of that is taken instead, for a finite fit."""


def boards_of(contests: Sequence[Contest], *, draws: int = DRAWS, seed: int = SEED) -> list[Board]:
    """Return a board a judge configuration and scope; sides that no chain of contests connects are apart."""
    groups: dict[tuple[str, str, str], list[Contest]] = {}
    for one in contests:
        groups.setdefault((one.judge, one.config, one.scope), []).append(one)
    return [
        board
        for mine in groups.values()
        for part in _connected(mine)
        if (board := _board(part, min(draws, MOST_DRAWS), seed)) is not None
    ]


def _connected(contests: Sequence[Contest]) -> list[list[Contest]]:
    parts: list[tuple[set[Side], list[Contest]]] = []
    for one in contests:
        touching = [part for part in parts if part[0] & {one.a, one.b}]
        rest = [part for part in parts if not part[0] & {one.a, one.b}]
        sides = {one.a, one.b}.union(*(part[0] for part in touching))
        parts = [*rest, (sides, [*(each for part in touching for each in part[1]), one])]
    return [found for _, found in parts]


def _board(contests: Sequence[Contest], draws: int, seed: int) -> Board | None:
    duels = [duels_of(one) for one in contests]
    category: dict[QuestionId, str] = {}
    for one, mine in zip(contests, duels, strict=True):
        for item in mine:
            category.setdefault(item[0], one.expected[item])
    if not category:
        return None
    sides = list(dict.fromkeys(side for one in contests for side in (one.a, one.b)))
    place, row = {side: i for i, side in enumerate(sides)}, {identifier: i for i, identifier in enumerate(category)}
    sums, counts = np.zeros((len(row), len(contests))), np.zeros((len(row), len(contests)))
    for column, mine in enumerate(duels):
        for item, duel in mine.items():
            sums[row[item[0]], column] += float(duel.share)
            counts[row[item[0]], column] += 1
    design = np.zeros((len(contests), len(sides)))
    for column, one in enumerate(contests):
        design[column, place[one.a]], design[column, place[one.b]] = 1.0, -1.0
    strata_q = strata_of(list(category.values()))
    weights_dq = np.vstack([np.ones(len(row)), resample(strata_q, draws, seed)])
    totals, numbers = weights_dq @ sums, weights_dq @ counts
    clamped = int((totals[0] < 0.5).sum() + (totals[0] > numbers[0] - 0.5).sum())
    edge = np.minimum(0.5, numbers / 2)
    fits = fit(design, np.clip(totals, edge, numbers - edge), numbers)
    fits -= fits.mean(axis=1, keepdims=True)
    strengths, drawn = fits[0], fits[1:]
    several, freedom = len(sides) > 2, freedom_of(strata_q)
    ranks = rank_rows(strengths, drawn.T) if several and freedom else [None] * len(sides)
    numbered = counts.sum(axis=0)
    order = sorted(range(len(sides)), key=lambda i: -strengths[i])
    standings = tuple(
        Standing(
            sides[i],
            float(strengths[i]),
            percentile_interval(drawn[:, i], freedom),
            _named(ranks[i], ranks),
            int(numbered[np.flatnonzero(design[:, i])].sum()),
            float(np.mean([_logistic(strengths[i] - strengths[j]) for j in range(len(sides)) if j != i])),
        )
        for i in order
    )
    first = contests[0]
    return Board(first.judge_label, first.scope, standings, tuple(_controlled(contests, sides)), draws, clamped)


def _named(ranks: Ranks | None, all_ranks: Sequence[Ranks | None]) -> Ranks | None:
    """Return ranks whose `tied` holds the other rows' ranks instead of their positions."""
    if ranks is None:
        return None
    tied = {other.rank for position in ranks.tied if (other := all_ranks[position]) is not None} - {ranks.rank}
    return Ranks(ranks.rank, ranks.low, ranks.high, tuple(sorted(tied)))


def _logistic(x: Array | float) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.asarray(x))))


def fit(design: Array, totals_dr: Array, numbers_dr: Array) -> Array:
    """Return the coefficients of fractional logistic regressions, shape (draws, columns), by Newton's method.

    `design`: (rows, columns); `totals_dr`: sums of shares a draw and row; `numbers_dr`: how many there are. A tiny
    ridge settles what the data leave open (the sum of all strengths).
    """
    draws, columns = len(totals_dr), design.shape[1]
    found = np.zeros((draws, columns))
    ridge = RIDGE * np.eye(columns)
    for _ in range(STEPS):
        expected = _logistic(found @ design.T)
        slope = (totals_dr - numbers_dr * expected) @ design - RIDGE * found
        curve = np.einsum("dr,rc,re->dce", numbers_dr * expected * (1 - expected), design, design, optimize=True)
        step = np.linalg.solve(curve + ridge, slope[:, :, None])[:, :, 0]
        found += np.clip(step, -2, 2)
        if np.abs(step).max() < CLOSE:
            break
    return found


def _controlled(contests: Sequence[Contest], sides: Sequence[Side]) -> list[Controlled]:
    """Return the fits with length, and with length and style; none without the texts of most duels."""
    place = {side: i for i, side in enumerate(sides)}
    rows, gaps, shares, questions = [], [], [], []
    categories: dict[QuestionId, str] = {}
    total = 0
    for one in contests:
        for item, duel in duels_of(one).items():
            total += 1
            if item in one.answers:
                rows.append((place[one.a], place[one.b]))
                gaps.append(style_gap(*one.answers[item]))
                shares.append(float(duel.share))
                questions.append(item[0])
                categories.setdefault(item[0], one.expected[item])
    if not total or len(rows) < LITTLE * total:
        return []
    design = np.zeros((len(rows), len(sides)))
    for at, (a, b) in enumerate(rows):
        design[at, a], design[at, b] = 1.0, -1.0
    style = np.array(gaps)
    number = {identifier: at for at, identifier in enumerate(dict.fromkeys(questions))}
    cluster = np.array([number[identifier] for identifier in questions])
    strata_q = strata_of([categories[identifier] for identifier in number])
    found: list[Controlled] = []
    for used in (1, len(FEATURES)):
        spread = style[:, :used].std(axis=0)
        kept = np.flatnonzero(spread > 1e-9)
        if len(kept) and len(number) > len(kept) + len(sides):
            names = tuple(FEATURES[i] for i in kept)
            fitted = _style_fit(
                design, style[:, kept] / spread[kept], names, np.array(shares), cluster, sides, strata_q
            )
            if not found or fitted.features != found[-1].features:
                found.append(fitted)
    return found


def _meat(scores: Array, strata_q: Labels) -> tuple[Array, int]:
    """Return the covariance of the sum of the clusters' scores, and its degrees of freedom; as `clustered_error`."""
    meat = np.zeros((scores.shape[1], scores.shape[1]))
    for stratum in np.unique(strata_q):
        own = scores[strata_q == stratum]
        if len(own) > 1:
            own = own - own.mean(axis=0)
            meat += len(own) / (len(own) - 1) * own.T @ own
    return meat, freedom_of(strata_q)


def _style_fit(
    design: Array,
    style: Array,
    names: tuple[str, ...],
    shares: Array,
    cluster: Labels,
    sides: Sequence[Side],
    strata_q: Labels,
) -> Controlled:
    whole, one = np.hstack([design, style]), np.ones((1, len(shares)))
    plain = fit(design, shares[None, :], one)[0]
    found = fit(whole, shares[None, :], one)[0]
    expected = _logistic(whole @ found)
    # The sandwich: bread * covariance of the scores of the clusters * bread (Liang and Zeger 1986).
    curve = (whole * (expected * (1 - expected))[:, None]).T @ whole + RIDGE * np.eye(whole.shape[1])
    number = int(cluster.max()) + 1
    scores = np.zeros((number, whole.shape[1]))
    np.add.at(scores, cluster, whole * (shares - expected)[:, None])
    meat, freedom = _meat(scores, strata_q)
    bread = np.linalg.pinv(curve, rcond=1e-9)
    spread = bread @ meat @ bread
    centre = np.eye(len(sides)) - 1 / len(sides)
    strengths = found[: len(sides)] - found[: len(sides)].mean()
    errors = np.sqrt(np.maximum(0, np.diag(centre @ spread[: len(sides), : len(sides)] @ centre)))
    win_rate, interval = None, None
    if len(sides) == 2:
        gap, contrast = float(strengths[0] - strengths[1]), np.array([1.0, -1.0])
        error = float(np.sqrt(max(0.0, contrast @ spread[:2, :2] @ contrast)))
        half = t_quantile(0.975, freedom) * error
        low, middle, high = (float(_logistic(gap + shift)) for shift in (-half, 0.0, half))
        win_rate, interval = middle, Interval(low, high, error * middle * (1 - middle), "analytic")
    weights = {
        name: (float(found[len(sides) + i]), float(np.sqrt(max(0.0, spread[len(sides) + i, len(sides) + i]))))
        for i, name in enumerate(names)
    }
    return Controlled(
        names,
        dict(zip(sides, map(float, strengths), strict=True)),
        dict(zip(sides, map(float, errors), strict=True)),
        weights,
        len(shares),
        win_rate,
        interval,
        float(np.sqrt(np.mean((shares - _logistic(design @ plain)) ** 2))),
        float(np.sqrt(np.mean((shares - expected) ** 2))),
    )

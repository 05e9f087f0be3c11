"""How many questions, answers, judges and verdicts show a difference: what `kojudge plan` says. Pure.

What is planned for is the difference of two sides (models or strategies) on a question, the mean over its turns. Its
variance V over questions has parts that more work makes smaller, each a share of V:

    answers    another answer of the models to the same question             falls with answers a question S
    judges     another judge of the same answers (its own noise included)    falls with judges J
    verdicts   the same judge asked again, a part of `judges`                falls with verdicts an answer R

    V(S, J, R) = V * (1 - answers - judges + answers / S + (judges - verdicts) / J + verdicts / (S J R))

What is left is the questions themselves: only more questions help (Miller 2024, arXiv 2411.00640, section 3). Shares
are measured where the saved verdicts show them and assumed otherwise, and it is said which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist, fmean, variance
from typing import Literal, NamedTuple

import numpy as np

from judge.records import Item, Judgment, QuestionId
from judge.tables.means import item_scores
from judge.tables.results import Results
from judge.trust.compare import shares
from judge.trust.intervals import arrays
from judge.trust.noise import noise
from judge.trust.paired import paired_items
from judge.trust.stats import freedom_of

Part = Literal["answers", "judges", "verdicts"]

ASSUMED: Mapping[Part, float] = {"answers": 0.3, "judges": 0.55, "verdicts": 0.09}
"""Shares where the saved verdicts do not show them. judges: 15 pairs of models under six judges of Korean MT-Bench
(0.56 Korean, 0.57 English). answers, verdicts: three answers a question cut the error of a difference by up to 23 %
(a share of 0.6), three verdicts by 3 % (0.09); half of the first is assumed."""

SPREAD = 1.9
"""Standard deviation of a question's difference where nothing is saved: Korean MT-Bench, 80 questions (1.5 to 2.3)."""

PAIRWISE_GAIN = (1.3, 3.8)
"""How many times the calls both orders of a pairwise judge are worth, on close pairs of Korean and English MT-Bench."""

MOST_PAIRS = 200


@dataclass(frozen=True)
class Spread:
    """How a question's difference between two sides varies."""

    deviation: float
    """Its standard deviation in points, within categories: one answer, one judge, one verdict."""
    parts: Mapping[Part, float]
    """Shares of its variance."""
    measured: frozenset[Part] = frozenset()
    """The parts that are measured, not assumed."""
    pairs: int = 0
    """Pairs of sides it is measured on; 0: assumed."""
    questions: int = 0
    """Questions that the sides have in common, at most."""
    turns: float = 2.0
    """Judged turns a question, on average."""

    def variance(self, design: Design) -> float:
        """Return V(S, J, R) of a design."""
        answers, judges, verdicts = (self.parts[part] for part in ("answers", "judges", "verdicts"))
        share = 1 - answers - judges + answers / design.answers + (judges - verdicts) / design.judges
        return self.deviation**2 * (share + verdicts / (design.answers * design.judges * design.verdicts))


class Design(NamedTuple):
    """How often is asked on each question."""

    answers: int = 1
    """Answers of each side."""
    judges: int = 1
    verdicts: int = 1
    """Of each judge on each answer."""

    @property
    def calls(self) -> int:
        """Judge calls a turn and side (pairwise: a turn and order)."""
        return self.answers * self.judges * self.verdicts


class Goal(NamedTuple):
    """What is to be shown."""

    difference: float
    """The true difference to be found, or the margin within which a side without any is to be found not worse."""
    sides: Literal[1, 2] = 2
    """2: a difference either way; 1: not worse than a margin."""
    power: float = 0.8

    @property
    def z(self) -> float:
        """Quantile of the test plus that of the power."""
        return self._critical + NormalDist().inv_cdf(self.power)

    @property
    def _critical(self) -> float:
        return NormalDist().inv_cdf(1 - 0.05 / self.sides)

    def questions(self, variance: float) -> int:
        """Return how many questions show it: z^2 V / d^2, and half the squared quantile for the t test (Guenther
        1981, The American Statistician 35:243); at least 5."""
        return max(5, math.ceil((self.z / self.difference) ** 2 * variance + self._critical**2 / 2))

    def shown_by(self, questions: int, variance: float) -> float:
        """Return the difference that so many questions show; inf where they are too few for any."""
        left = questions - self._critical**2 / 2
        return self.z * math.sqrt(variance / left) if left > 0 else math.inf


DESIGNS = (Design(), Design(3), Design(1, 3), Design(1, 1, 3), Design(3, 3))
"""What is shown side by side."""


@dataclass(frozen=True)
class PlanRow:
    """What one design needs."""

    kind: Literal["pointwise", "pairwise"]
    design: Design
    questions: tuple[int, int]
    """Least and most; the same twice where there is one estimate."""
    shown_by_now: tuple[float, float] | None
    """The difference that the questions at hand show; None where none are."""
    turns: float

    @property
    def answers(self) -> tuple[int, int]:
        """Answers to be generated, of both sides together."""
        low, high = self.questions
        return 2 * low * self.design.answers, 2 * high * self.design.answers

    @property
    def calls(self) -> tuple[int, int]:
        """Judge calls: of both sides, or in both orders."""
        low, high = (math.ceil(2 * n * self.turns * self.design.calls) for n in self.questions)
        return low, high


def plan_rows(spread: Spread, goal: Goal) -> list[PlanRow]:
    """Return every design with pointwise scores, then with pairs in both orders (the range of PAIRWISE_GAIN)."""
    rows = []
    kinds: list[tuple[Literal["pointwise", "pairwise"], tuple[float, float]]]
    kinds = [("pointwise", (1.0, 1.0)), ("pairwise", PAIRWISE_GAIN)]
    for kind, (least, most) in kinds:
        for design in DESIGNS:
            low, high = spread.variance(design) / most, spread.variance(design) / least
            now = (goal.shown_by(spread.questions, low), goal.shown_by(spread.questions, high))
            shown = now if spread.questions else None
            rows.append(PlanRow(kind, design, (goal.questions(low), goal.questions(high)), shown, turns=spread.turns))
    return rows


# -- what saved verdicts show


def spread_of(series: Sequence[Results]) -> Spread | None:
    """Return how the differences of these rows vary, over the pairs of rows of one judge; None where none pair.

    `judges` is measured where two judges have scored one pair, `verdicts` where there are repeats, `answers` where
    there are several answers a question (the noise of one verdict included, if that is not measured).
    """
    gains = [gain for pair in _pairs(series) if (gain := _gain(*pair)) is not None]
    if not gains or not fmean(gain.variance for gain in gains):
        return None
    total = fmean(gain.variance for gain in gains)
    turns = fmean(gain.turns for gain in gains)
    found: dict[Part, float] = {}
    sides: dict[tuple[tuple[str, str], ...], list[_Gain]] = {}
    for gain in gains:
        sides.setdefault(gain.sides, []).append(gain)
    common = [both for mine in sides.values() for pair in combinations(mine, 2) if (both := _between_judges(*pair))]
    if common:
        found["judges"] = 1 - fmean(shared for shared, _ in common) / fmean(own for _, own in common)
    repeated = noise(group for one in series for group in _verdicts_on_one_text(one))
    if repeated:
        found["verdicts"] = 2 * repeated.deviation**2 / turns / total
    answered = [spread for one in series for spread in _between_answers(one)]
    if answered:
        found["answers"] = 2 * fmean(answered) / total - found.get("verdicts", 0.0)
    parts = {**ASSUMED, **found}
    parts["judges"] = min(1.0, max(0.0, parts["judges"]))
    parts["verdicts"] = min(parts["judges"], max(0.0, parts["verdicts"]))
    parts["answers"] = min(1 - parts["judges"], max(0.0, parts["answers"]))
    return Spread(
        deviation=math.sqrt(total),
        parts=parts,
        measured=frozenset(found),
        pairs=len(sides),
        questions=max(len(gain.values) for gain in gains),
        turns=turns,
    )


class _Gain(NamedTuple):
    """The differences of one pair under one judge."""

    sides: tuple[tuple[str, str], ...]
    values: dict[QuestionId, float]
    """Question -> its difference, on the scale of Overall, less the mean of its category's stratum."""
    freedom: int
    turns: float

    @property
    def variance(self) -> float:
        return sum(value**2 for value in self.values.values()) / self.freedom


def _pairs(series: Sequence[Results]) -> list[tuple[Results, Results]]:
    """Return the pairs of one judge that differ in the model or in the strategy, at most MOST_PAIRS, evenly chosen."""
    pairs = [
        (a, b)
        for a, b in combinations(series, 2)
        if (a.judge_label, a.config) == (b.judge_label, b.config) and (a.model == b.model) != (a.strategy == b.strategy)
    ]
    step = math.ceil(len(pairs) / MOST_PAIRS) or 1
    return pairs[::step]


def _gain(a: Results, b: Results) -> _Gain | None:
    """Return the differences b - a; None where there are too few questions in common for a variance."""
    items = paired_items(a, b, "exclude", same_answer=False).items
    first, second = item_scores(a), item_scores(b)
    gain = arrays({i: float(second[i] - first[i]) for i in items}, {i: a.expected[i] for i in items})
    freedom = freedom_of(gain.strata_q)
    if not freedom:
        return None
    z = shares(gain) * len(gain.questions)
    for stratum in np.unique(gain.strata_q):
        z[gain.strata_q == stratum] -= z[gain.strata_q == stratum].mean()
    sides = ((a.model, a.strategy), (b.model, b.strategy))
    values = dict(zip(gain.questions, z.tolist(), strict=True))
    return _Gain(sides, values, freedom, len(items) / len(gain.questions))


def _between_judges(one: _Gain, other: _Gain) -> tuple[float, float] | None:
    """Return the covariance of one pair's differences under two judges, and their mean variance."""
    both = [identifier for identifier in one.values if identifier in other.values]
    if len(both) < len(one.values) / 2:
        return None
    a, b = ([gain.values[identifier] for identifier in both] for gain in (one, other))
    return fmean(x * y for x, y in zip(a, b, strict=True)), fmean(
        (x * x + y * y) / 2 for x, y in zip(a, b, strict=True)
    )


def _verdicts_on_one_text(one: Results) -> Iterator[list[float]]:
    """Yield the verdicts of one judge on one answer, where there are several."""
    each = one.repeats // one.samples
    groups: dict[tuple[Item, int], list[float]] = {}
    for outcome in one.outcomes:
        if isinstance(outcome, Judgment) and each > 1:
            place = ((outcome.id, outcome.turn), (outcome.repeat - 1) // each)
            groups.setdefault(place, []).append(outcome.score)
    return iter(groups.values())


def _between_answers(one: Results) -> Iterator[float]:
    """Yield, question by question, the variance between the means of its answers."""
    if one.samples == 1:
        return
    each = one.repeats // one.samples
    groups: dict[QuestionId, dict[int, list[float]]] = {}
    for outcome in one.outcomes:
        if isinstance(outcome, Judgment):
            sample = (outcome.repeat - 1) // each
            groups.setdefault(outcome.id, {}).setdefault(sample, []).append(outcome.score)
    yield from (variance(map(fmean, found.values())) for found in groups.values() if len(found) > 1)

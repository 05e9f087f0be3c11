"""Decisions: is B not worse than A by more than a margin, is it worse, or can these questions not tell? Pure.

A margin m is the loss that would still be accepted, in the unit of the difference (points of Overall, or win rate).
With d the true difference B minus A, one threshold parts the two answers:

    not worse    d > -m is shown          (non-inferiority)
    worse        d < -m is shown
    cannot say   neither

With `equivalent` both sides count: `equivalent` where -m < d < m is shown by two one-sided tests (Schuirmann 1987),
`different` where d < -m or d > m is. A test is one-sided at 5 %: Student's t of the difference over its clustered
error (`stats.cautious_error`), so each wrong answer is given in at most one of twenty cases where the true difference
lies on the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, NamedTuple

from judge.trust.stats import POWER, holm, t_probability, t_quantile

Ruling = Literal["not worse", "worse", "equivalent", "different", "cannot say"]

LEVEL = 0.05
"""Of one one-sided test."""

FARTHEST = 1_000_000
"""More questions than this are no number that settles anything."""


class Estimate(NamedTuple):
    """A difference B minus A that is decided on."""

    difference: float
    error: float
    """Its clustered standard error."""
    freedom: float
    """Degrees of freedom of the error; 0 where there is none."""
    questions: int


@dataclass(frozen=True)
class Decision:
    """What is shown of one difference, in its own unit."""

    ruling: Ruling
    margin: float
    equivalent: bool
    """Whether a gain beyond the margin counts, too."""
    p: float
    """One-sided p of the ruling, Holm-adjusted over the decisions of one call; where nothing can be said, the smaller
    of those of the two answers. nan where no test was possible."""
    low: float
    high: float
    """The one-sided 95 % bounds of the difference; both together are its 90 % interval."""
    questions: int
    """How many there are now."""
    settled_by: int | None
    """Questions of this kind that would decide in four of five cases if the true difference is the one seen; None: it
    lies so close to the margin that no number would."""
    settled_if_equal: int | None
    """The same if in truth there is no difference."""


def decide(
    found: Sequence[Estimate], margin: float, *, equivalent: bool = False, factors: Sequence[float] | None = None
) -> list[Decision]:
    """Return a decision an estimate. p values are Holm-adjusted over all of them, each answer by itself.

    `factors`: what to multiply them with instead, for contests that were looked at before (`looks.factor`).

    With n questions no p is below 2^-n, the least that a sign test can show: identical verdicts on four questions
    have no spread and still settle nothing.
    """
    yes, no = zip(*(evidence(one, margin, equivalent=equivalent) for one in found), strict=True) if found else ((), ())
    names: tuple[Ruling, Ruling] = ("equivalent", "different") if equivalent else ("not worse", "worse")
    return [_decision(one, margin, names, ps, len(found)) for one, *ps in zip(found, holm(yes), holm(no), strict=True)]


def evidence(one: Estimate, margin: float, *, equivalent: bool = False) -> tuple[float, float]:
    """Return the p of "not worse" and of "worse" (with `equivalent`: of "equivalent" and of "different")."""
    above, below = _p_above(one, -margin), _p_above(_mirrored(one), margin)
    if not equivalent:
        return above, below
    gained, lost = _p_above(one, margin), _p_above(_mirrored(one), -margin)
    return max(above, lost), min(1.0, 2 * min(below, gained))


def _p_above(one: Estimate, threshold: float) -> float:
    """Return the one-sided p against "the true difference is at most `threshold`"."""
    if not one.freedom:
        return float("nan")
    gap = one.difference - threshold
    spread = one.error > 1e-12
    t = gap / one.error if spread else math.copysign(math.inf, gap) if abs(gap) > 1e-12 else 0.0
    return max(1 - t_probability(t, one.freedom), 2.0**-one.questions)


def _mirrored(one: Estimate) -> Estimate:
    return one._replace(difference=-one.difference)


def _decision(
    one: Estimate, margin: float, names: tuple[Ruling, Ruling], ps: Sequence[float], decisions: int
) -> Decision:
    ruling: Ruling = "cannot say"
    p = min(ps)
    for name, own in zip(names, ps, strict=True):
        if own < LEVEL:
            ruling, p = name, own
    half = t_quantile(1 - LEVEL, one.freedom) * one.error if one.freedom else float("nan")
    equivalent = names[0] == "equivalent"
    gap = abs(one.difference) - margin if equivalent else one.difference + margin
    return Decision(
        ruling=ruling,
        margin=margin,
        equivalent=equivalent,
        p=p,
        low=one.difference - half,
        high=one.difference + half,
        questions=one.questions,
        settled_by=questions_for(one, gap, decisions),
        settled_if_equal=questions_for(one, margin, decisions, both=equivalent),
    )


def questions_for(one: Estimate, gap: float, decisions: int = 1, *, both: bool = False) -> int | None:
    """Return how many questions show in four of five cases that a difference is `gap` away from the threshold.

    n such that (z_(1 - 0.05 / decisions) + z_power) * error * sqrt(questions / n) = gap: the normal approximation,
    Bonferroni's level for Holm's first step. `both`: the difference must be told from a threshold on either side,
    each in nine of ten cases. None where that is more than a million, or there is no error to go by.
    """
    if not one.freedom or not gap:
        return None
    power = (1 + POWER) / 2 if both else POWER
    z = NormalDist().inv_cdf(1 - LEVEL / decisions) + NormalDist().inv_cdf(power)
    number = one.questions * (z * one.error / gap) ** 2
    return None if number > FARTHEST else max(5, math.ceil(number))

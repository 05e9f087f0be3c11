"""Paired comparison: is B better than A, by how much, and could this number of questions have told? Pure.

Two series are compared on the items (question, turn) that both have a score on; questions are resampled with all
their turns. What does not pair is left out and said so (`paired`). Where three or more judges share the questions,
the interval, p and the decision hold the choice of judges (`judge_choice`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np

from judge.config import STANDARD_RANGE
from judge.tables.means import category_names, item_scores, strategy_key
from judge.tables.ranges import range_notes, range_of
from judge.tables.results import FailureRule, Results
from judge.tables.row import Interval
from judge.tables.shared_notes import choice_legend, shared_notes
from judge.trust.decide import Decision, Estimate, decide
from judge.trust.intervals import Arrays, arrays, judge_numbers
from judge.trust.judge_choice import Choice, choice_of_judges
from judge.trust.paired import paired_items
from judge.trust.stats import (
    DRAWS,
    SEED,
    Array,
    cautious_error,
    clustered_error,
    holm,
    influence,
    overall_draws,
    overall_score,
    percentile_interval,
    resample,
    sign_flip_p,
    smallest_difference,
)
from judge.wording import Note, joined, led

Over = Literal["strategy", "model", "judge"]
"""What differs between the two sides; the other two are the same."""

ALPHA = 0.05

INDISTINGUISHABLE = Note("indistinguishable", "가릴 수 없음")
"""The verdict on a pair without a winner."""

UNLIKE_JUDGES = Note(
    "a model as judge beside a heuristic; see `agreement` and `calibrate`",
    "모델 심판과 규칙 채점기는 견주지 않음. `agreement`와 `calibrate`를 볼 것",
)


@dataclass(frozen=True)
class CategoryDifference:
    """B minus A in one category."""

    category: str
    questions: int
    difference: float
    p: float
    p_holm: float = float("nan")
    """Within the family of all categories of all comparisons."""


@dataclass(frozen=True)
class Comparison:
    """B minus A, in points of Overall."""

    over: Over
    same: tuple[str, str]
    """The two names that both sides share."""
    a: str
    b: str
    score_a: float
    """Overall on the paired items only."""
    score_b: float
    difference: float
    interval: Interval | None
    p: float
    wins: int
    """Questions on which B scored higher (mean of its turns), equal, lower."""
    ties: int
    losses: int
    questions: int
    items: int
    smallest: float
    """The true difference that this many questions show in four of five cases (80 % power)."""
    categories: tuple[CategoryDifference, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What else a reader must know of how the two were paired."""
    known: tuple[tuple[str, str], ...] = ()
    """(side, note): what a table says of the row of a or b in its footnotes."""
    p_holm: float = float("nan")
    """Within the family of all comparisons of one call."""
    error: float = float("nan")
    freedom: float = 0.0
    """Standard error of the difference for a decision, clustered by question, and its degrees of freedom."""
    score_range: tuple[float, float] = STANDARD_RANGE
    """Lowest and highest score of both sides."""
    decision: Decision | None = None
    """Whether b is good enough; None: not asked (see `decided`)."""

    @property
    def verdict(self) -> str:
        """Who is better, in words: needs the adjusted p below 0.05 and an interval without 0."""
        low, high = (self.interval.low, self.interval.high) if self.interval else (float("nan"), float("nan"))
        if self.p_holm < ALPHA and low > 0:
            return Note(f"{self.b} better by {low:.1f} to {high:.1f}", f"{self.b} 쪽이 {low:.1f}~{high:.1f}점 높음")
        if self.p_holm < ALPHA and high < 0:
            return Note(f"{self.a} better by {-high:.1f} to {-low:.1f}", f"{self.a} 쪽이 {-high:.1f}~{-low:.1f}점 높음")
        return INDISTINGUISHABLE


@dataclass(frozen=True)
class Comparisons:
    """All comparisons of one call, and what could not be compared at all."""

    found: tuple[Comparison, ...]
    skipped: tuple[str, ...] = field(default=())


def over_of(series: Sequence[Results]) -> Over:
    """Return what to compare where nobody says: models where there are several, else strategies, else judges."""
    if len({one.model for one in series}) > 1:
        return "model"
    return "strategy" if len({one.strategy for one in series}) > 1 else "judge"


def compare(
    series: Sequence[Results],
    over: Over,
    *,
    against: str | None = None,
    failures: FailureRule = "exclude",
    draws: int = DRAWS,
    seed: int = SEED,
) -> Comparisons:
    """Return every pair that differs in `over` only, A before B; `against`: only pairs with that name as A.

    Strategies are in table order, models and judges in the given order. The rule judge is not compared with a
    model's verdicts. p values are Holm-adjusted over all pairs, those of the categories over all categories.
    """
    groups: dict[tuple[str, str], list[Results]] = {}
    for one in sorted(series, key=lambda s: strategy_key(s.strategy)) if over == "strategy" else series:
        same = [name for kind, name in _names(one) if kind != over]
        groups.setdefault((same[0], same[1]), []).append(one)
    found: list[Comparison] = []
    skipped: list[str] = []
    for same_names, members in groups.items():
        for a, b in combinations(members, 2):
            pair = _oriented(a, b, over, against)
            if pair is None:
                continue
            left, right = (_name(side, over) for side in pair)
            what = led(" · ".join(same_names), Note(f"{left} and {right}", f"{left} 및 {right}"))
            if a.offline != b.offline:
                skipped.append(led(what, UNLIKE_JUDGES))
                continue
            result = _pair(*pair, over, same_names, failures, draws, seed)
            if isinstance(result, str):
                skipped.append(led(what, result))
            else:
                found.append(result)
    return Comparisons(tuple(_adjusted(found)), tuple(skipped))


def _names(one: Results) -> tuple[tuple[str, str], ...]:
    return (("model", one.model), ("strategy", one.strategy), ("judge", one.judge_label))


def _name(one: Results, over: Over) -> str:
    return dict(_names(one))[over]


def names_of(one: Results, over: Over) -> tuple[str, ...]:
    """Return what one side may be called by: its name as shown, and a judge's label without what it is."""
    return (_name(one, over), one.judge) if over == "judge" else (_name(one, over),)


def _oriented(a: Results, b: Results, over: Over, against: str | None) -> tuple[Results, Results] | None:
    if against is None or against in names_of(a, over):
        return a, b
    return (b, a) if against in names_of(b, over) else None


def _pair(
    a: Results,
    b: Results,
    over: Over,
    same: tuple[str, str],
    failures: FailureRule,
    draws: int,
    seed: int,
) -> Comparison | str:
    paired = paired_items(a, b, failures, same_answer=over == "judge")
    items = paired.items
    if len({item[0] for item in items}) < 2:
        few = Note("fewer than two questions in common", "양쪽에 다 있는 문항이 2개 미만임")
        return paired.different_sets or joined([few, *paired.left_out])
    expected = {item: a.expected[item] for item in items}
    first, second = item_scores(a, failures), item_scores(b, failures)
    left = arrays({item: float(first[item]) for item in items}, expected)
    right = arrays({item: float(second[item]) for item in items}, expected)
    gain = Arrays(left.questions, left.categories, left.strata_q, right.sums_qt - left.sums_qt, left.counts_qt)
    draws_d = overall_draws(resample(gain.strata_q, draws, seed), gain.sums_qt, gain.counts_qt)
    per_question = gain.sums_qt.sum(axis=1)
    spread = influence(gain.sums_qt, gain.counts_qt)
    error, freedom = clustered_error(spread, gain.strata_q)
    choice, notes = Choice(), paired.notes
    if over != "judge" and a.shared and b.shared:
        choice = choice_of_judges(spread, gain.strata_q, judge_numbers(a, gain.questions))
        notes = (*notes, choice_legend(len(a.shared), covered=choice.known))
    found_range = range_of([a])
    scale = range_notes(found_range)  # of both sides, and said as such
    cautious = choice.added(*cautious_error(spread, gain.strata_q))
    difference = overall_score(gain.sums_qt, gain.counts_qt)
    p = sign_flip_p(shares(gain), draws, seed)
    return Comparison(
        over=over,
        same=same,
        a=_name(a, over),
        b=_name(b, over),
        score_a=overall_score(left.sums_qt, left.counts_qt),
        score_b=overall_score(right.sums_qt, right.counts_qt),
        difference=difference,
        interval=choice.widened(percentile_interval(draws_d, freedom), difference, freedom),
        p=choice.p(difference, error, freedom, p),
        wins=int((per_question > 1e-9).sum()),
        ties=int((np.abs(per_question) <= 1e-9).sum()),
        losses=int((per_question < -1e-9).sum()),
        questions=len(gain.questions),
        items=len(items),
        smallest=smallest_difference(*choice.added(error, freedom)),
        categories=tuple(_categories(gain, draws, seed)),
        left_out=paired.left_out,
        notes=notes,
        known=tuple((_name(side, over), note) for side in (a, b) for note in _footnotes(side) if note not in scale),
        error=cautious[0],
        freedom=cautious[1],
        score_range=found_range,
    )


def _footnotes(side: Results) -> tuple[str, ...]:
    return (*side.notes, *shared_notes(side))


def decided(result: Comparisons, margin: float, *, equivalent: bool = False) -> Comparisons:
    """Return the comparisons, each with a decision: is b worse than a by more than `margin` points of Overall?"""
    estimates = [Estimate(one.difference, one.error, one.freedom, one.questions) for one in result.found]
    rulings = decide(estimates, margin, equivalent=equivalent)
    pairs = zip(result.found, rulings, strict=True)
    return replace(result, found=tuple(replace(one, decision=ruling) for one, ruling in pairs))


def shares(gain: Arrays) -> Array:
    """Return what each question adds to the difference of Overall, shape (questions,); they add up to it."""
    kinds = gain.counts_qt.sum(axis=0) > 0
    z: Array = (gain.sums_qt[:, kinds] / gain.counts_qt[:, kinds].sum(axis=0)).mean(axis=1)
    return z


def _categories(gain: Arrays, draws: int, seed: int) -> Iterable[CategoryDifference]:
    """Yield the difference of the category means: over all items of the category, as in a table."""
    for name in category_names(gain.categories):
        own = [category == name for category in gain.categories]
        sums, counts = gain.sums_qt[own].sum(axis=1), gain.counts_qt[own].sum(axis=1)
        z = sums / counts.sum()
        yield CategoryDifference(name, len(z), float(z.sum()), sign_flip_p(z, draws, seed))


def _adjusted(found: Sequence[Comparison]) -> list[Comparison]:
    overall = holm([one.p for one in found])
    family = iter(holm([category.p for one in found for category in one.categories]))
    return [
        replace(one, p_holm=p, categories=tuple(replace(category, p_holm=next(family)) for category in one.categories))
        for one, p in zip(found, overall, strict=True)
    ]

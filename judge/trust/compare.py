"""Paired comparison: is B better than A, by how much, and could this number of questions have told? Pure.

Two series are compared on the items (question, turn) that both have a score on; questions are resampled with all
their turns. What does not pair is left out and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np

from judge.config import STANDARD_RANGE
from judge.records import Item
from judge.tables.means import category_names, item_scores, strategy_key
from judge.tables.pairing import by_id_note, changed_answers, shared
from judge.tables.ranges import range_of
from judge.tables.results import FailureRule, Results
from judge.tables.row import Interval
from judge.trust.decide import Decision, Estimate, decide
from judge.trust.intervals import Arrays, arrays
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

Over = Literal["strategy", "model", "judge"]
"""What differs between the two sides; the other two are the same."""

ALPHA = 0.05


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
            return f"{self.b} better by {low:.1f} to {high:.1f}"
        if self.p_holm < ALPHA and high < 0:
            return f"{self.a} better by {-high:.1f} to {-low:.1f}"
        return "indistinguishable"


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
            what = f"{' · '.join(same_names)}: {_name(pair[0], over)} and {_name(pair[1], over)}"
            if a.offline != b.offline:
                skipped.append(f"{what}: a model as judge beside a heuristic; see `agreement` and `calibrate`")
                continue
            result = _pair(*pair, over, same_names, failures, draws, seed)
            if isinstance(result, str):
                skipped.append(f"{what}: {result}")
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


@dataclass(frozen=True)
class Paired:
    """The items that two series are compared on."""

    items: tuple[Item, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    different_sets: str | None
    """What is said where nearly nothing of one id asks the same words."""


def paired_items(a: Results, b: Results, failures: FailureRule, *, same_answer: bool) -> Paired:
    """Return the items that both have a score on, and in words what is left out.

    Questions of one id that ask other words do not pair. `same_answer`: the two judged one answer (two judges), so
    verdicts on different texts do not pair either.
    """
    scores_a, scores_b = item_scores(a, failures), item_scores(b, failures)
    common = shared(a, b, [item for item in scores_a if item in scores_b])
    left_out = []
    if common.other:
        left_out.append(f"{len(common.other)} items that ask another question on the other side")
    changed: set[Item] = set()
    if same_answer:
        changed = changed_answers(a, b).intersection(common.same)
        if changed:
            left_out.append(f"{len(changed)} items whose answer has another text on the other side")
    for name, mine, theirs in ((_label(a), scores_a, scores_b), (_label(b), scores_b, scores_a)):
        only = [item for item in mine if item not in theirs]
        if only:
            named = ", ".join(f"{identifier}.{turn}" for identifier, turn in only[:8])
            left_out.append(f"{len(only)} items that only {name} has ({named}{', ...' if len(only) > 8 else ''})")
    items = tuple(item for item in common.same if item not in changed)
    notes = [by_id_note(common.by_id, len(common.same))] if common.by_id else []
    notes += [common.different_sets] if common.different_sets else []
    return Paired(items, tuple(left_out), tuple(notes), common.different_sets)


def _label(one: Results) -> str:
    return f"{one.model} {one.strategy} {one.judge_label}"


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
        return paired.different_sets or "; ".join(["fewer than two questions in common", *paired.left_out])
    expected = {item: a.expected[item] for item in items}
    first, second = item_scores(a, failures), item_scores(b, failures)
    left = arrays({item: float(first[item]) for item in items}, expected)
    right = arrays({item: float(second[item]) for item in items}, expected)
    gain = Arrays(left.questions, left.categories, left.strata_q, right.sums_qt - left.sums_qt, left.counts_qt)
    draws_d = overall_draws(resample(gain.strata_q, draws, seed), gain.sums_qt, gain.counts_qt)
    per_question = gain.sums_qt.sum(axis=1)
    spread = influence(gain.sums_qt, gain.counts_qt)
    error, freedom = clustered_error(spread, gain.strata_q)
    cautious = cautious_error(spread, gain.strata_q)
    return Comparison(
        over=over,
        same=same,
        a=_name(a, over),
        b=_name(b, over),
        score_a=overall_score(left.sums_qt, left.counts_qt),
        score_b=overall_score(right.sums_qt, right.counts_qt),
        difference=overall_score(gain.sums_qt, gain.counts_qt),
        interval=percentile_interval(draws_d, freedom),
        p=sign_flip_p(shares(gain), draws, seed),
        wins=int((per_question > 1e-9).sum()),
        ties=int((np.abs(per_question) <= 1e-9).sum()),
        losses=int((per_question < -1e-9).sum()),
        questions=len(gain.questions),
        items=len(items),
        smallest=smallest_difference(error, freedom),
        categories=tuple(_categories(gain, draws, seed)),
        left_out=paired.left_out,
        notes=paired.notes,
        error=cautious[0],
        freedom=cautious[1],
        score_range=range_of([a]),
    )


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

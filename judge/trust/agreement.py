"""How far two judges, repeats of one, or a judge and people agree on the same answers. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

import numpy as np

from judge.records import Item, Judgment, QuestionId
from judge.tables.means import item_scores
from judge.tables.pairing import Shared, alike
from judge.tables.results import Results
from judge.trust.intervals import arrays
from judge.trust.noise import Noise, noise, verdicts_by_repeat
from judge.trust.stats import Array, overall_score

RatedTurn = tuple[str, str, QuestionId, int]
"""(model, strategy, id, turn): one answer to one turn."""

LISTED = 10
"""Items of largest disagreement that are named."""

ROWS_FOR_ORDER = 3
"""Fewer rows than this have no rank order to compare."""


@dataclass(frozen=True)
class Rater:
    """All scores of one judge, of one repeat of it, or of one person."""

    name: str
    scores: Mapping[RatedTurn, float]
    expected: Mapping[tuple[str, str], Mapping[Item, str]]
    """(model, strategy) -> its items, so that Overall can be made."""
    digests: Mapping[RatedTurn, str]
    """Digest of the text that was judged; empty or absent in foreign files."""
    noise: Noise | None = None
    """From repeats."""
    texts: Mapping[RatedTurn, str] = field(default_factory=dict)
    """Digest of the words that were asked; absent where they are not known."""
    offline: bool = False
    """The rule judge: a heuristic, not another judge."""

    def category(self, place: RatedTurn) -> str | None:
        """Return the category of an item."""
        return self.expected.get(place[:2], {}).get(place[2:])


@dataclass(frozen=True)
class Gap:
    """One item on which two raters are far apart."""

    place: RatedTurn
    a: float
    b: float


@dataclass(frozen=True)
class Agreement:
    """Two raters on the items that both scored. nan: cannot be said of these scores (no spread, too few rows)."""

    a: str
    b: str
    items: int
    only_a: int
    only_b: int
    other_text: int
    """Items left out because the two judged different texts."""
    spearman: float
    kendall: float
    """tau-b."""
    kappa: float
    """Quadratic-weighted."""
    alpha: float
    """Krippendorff, interval scale."""
    error: float
    """Mean absolute difference, points."""
    bias: float
    """Mean of B minus A, points."""
    rows: int
    """(model, strategy) rows with an Overall by both."""
    rows_spearman: float
    rows_kendall: float
    rows_error: float
    """Mean absolute difference of Overall."""
    gaps: tuple[Gap, ...]
    """The items of largest disagreement, largest first."""
    floor: float | None
    """What the mean absolute difference would be from the judges' own noise alone; None without repeats."""
    other_question: int = 0
    """Items left out because the two were asked other words under one id."""
    by_id: int = 0
    """Items paired without knowing the words on both sides."""
    different_sets: str | None = None
    """What is said where (nearly) nothing of what has one id is one question."""
    offline: bool = False
    """One of the two is the rule judge."""


def raters(series: Sequence[Results]) -> list[Rater]:
    """Return one rater a judge; the repeats of the only judge where there is just one with several."""
    groups: dict[str, list[Results]] = defaultdict(list)
    for one in series:
        groups[one.judge].append(one)
    if len(groups) == 1:
        [members] = groups.values()
        repeats = max(one.repeats for one in members)
        if repeats > 1:
            return [_rater(f"{members[0].judge_label} #{r}", members, only=r) for r in range(1, repeats + 1)]
    return [_rater(members[0].judge_label, members) for members in groups.values()]


def _rater(name: str, series: Sequence[Results], only: int | None = None) -> Rater:
    scores: dict[RatedTurn, float] = {}
    digests: dict[RatedTurn, str] = {}
    verdicts: list[list[float]] = []
    for one in series:
        verdicts += verdicts_by_repeat(one).values()
        for outcome in one.outcomes:
            if isinstance(outcome, Judgment):
                place = (one.model, one.strategy, outcome.id, outcome.turn)
                digests[place] = outcome.answer_digest
                if outcome.repeat == only:
                    scores[place] = outcome.score
        if only is None:
            for (identifier, turn), mean in item_scores(one).items():
                scores[one.model, one.strategy, identifier, turn] = float(mean)
    return Rater(
        name=name,
        scores=scores,
        expected={(one.model, one.strategy): one.expected for one in series},
        digests=digests,
        noise=noise(verdicts),
        texts={(one.model, one.strategy, *item): text for one in series for item, text in one.texts.items()},
        offline=any(one.offline for one in series),
    )


def agreements(found: Sequence[Rater]) -> list[Agreement]:
    """Return the agreement of every pair of raters."""
    return [agree(a, b) for a, b in combinations(found, 2)]


def agree(a: Rater, b: Rater) -> Agreement:
    """Return the agreement of two raters over the items that both scored: one question, one text."""
    found = [place for place in a.scores if place in b.scores]
    asked = [p for p in found if alike(a.texts.get(p), b.texts.get(p), a.category(p), b.category(p))]
    both = [p for p in asked if not a.digests.get(p) or not b.digests.get(p) or a.digests[p] == b.digests[p]]
    by_id = sum(not (a.texts.get(place) and b.texts.get(place)) for place in both)
    kept = set(asked)
    common = Shared(tuple(p[2:] for p in asked), tuple(p[2:] for p in found if p not in kept), by_id)
    x = np.array([a.scores[place] for place in both], dtype=np.float64)
    y = np.array([b.scores[place] for place in both], dtype=np.float64)
    rows_x, rows_y = _overalls(a, both), _overalls(b, both)
    rho, tau = rank_correlations(x, y)
    rows_rho, rows_tau = rank_correlations(rows_x, rows_y, needed=ROWS_FOR_ORDER)
    far = sorted(both, key=lambda place: -abs(a.scores[place] - b.scores[place]))[:LISTED]
    return Agreement(
        a=a.name,
        b=b.name,
        items=len(both),
        only_a=len(a.scores) - len(found),
        only_b=len(b.scores) - len(found),
        other_text=len(asked) - len(both),
        spearman=rho,
        kendall=tau,
        kappa=weighted_kappa(x, y),
        alpha=krippendorff_alpha(list(zip(x.tolist(), y.tolist(), strict=True))),
        error=float(np.abs(y - x).mean()) if len(both) else float("nan"),
        bias=float((y - x).mean()) if len(both) else float("nan"),
        rows=len(rows_x),
        rows_spearman=rows_rho,
        rows_kendall=rows_tau,
        rows_error=float(np.abs(rows_x - rows_y).mean()) if len(rows_x) else float("nan"),
        gaps=tuple(Gap(p, a.scores[p], b.scores[p]) for p in far if a.scores[p] != b.scores[p]),
        floor=noise_floor(a, b),
        other_question=len(common.other),
        by_id=by_id,
        different_sets=common.different_sets,
        offline=a.offline or b.offline,
    )


def _overalls(rater: Rater, places: Iterable[RatedTurn]) -> Array:
    """Return Overall of each (model, strategy), made of the shared items only, in the order of `places`."""
    groups: dict[tuple[str, str], dict[Item, float]] = defaultdict(dict)
    for place in places:
        groups[place[0], place[1]][place[2], place[3]] = rater.scores[place]
    values = []
    for group, scores in groups.items():
        one = arrays(scores, {item: rater.expected[group].get(item, "") for item in scores})
        values.append(overall_score(one.sums_qt, one.counts_qt))
    return np.array(values, dtype=np.float64)


def rank_correlations(x: Array, y: Array, *, needed: int = 2) -> tuple[float, float]:
    """Return (Spearman rho, Kendall tau-b); nan where a side has no spread or there are fewer than `needed`."""
    if len(x) < needed or len(set(x.tolist())) < 2 or len(set(y.tolist())) < 2:
        return float("nan"), float("nan")
    from scipy.stats import kendalltau, spearmanr  # type: ignore[import-untyped]  # a second

    return float(spearmanr(x, y).statistic), float(kendalltau(x, y).statistic)


def weighted_kappa(x: Array, y: Array) -> float:
    """Return Cohen's kappa with quadratic weights (Cohen 1968), nan where all scores of both are one number.

    1 - mean (x_i - y_i)^2 / mean over all pairs (x_i - y_j)^2. With quadratic weights the categories need no grid,
    so half points are as good as whole ones; the denominator is var x + var y + (mean x - mean y)^2.
    """
    if not len(x):
        return float("nan")
    chance = float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    return 1 - float(((x - y) ** 2).mean()) / chance if chance > 0 else float("nan")


def krippendorff_alpha(units: Iterable[Sequence[float]]) -> float:
    """Return Krippendorff's alpha on the interval scale (Krippendorff 2011, "Computing alpha-reliability").

    `units`: the scores of one item each, by any number of raters; an item with one score pairs with nothing.
    alpha = 1 - D_o / D_e with D_o = sum over units of sum over pairs (c - k)^2 / (m_u - 1), over n, and
    D_e the same over all pairs of scores. nan without two scores that differ.
    """
    paired = [np.asarray(unit, dtype=np.float64) for unit in units if len(unit) > 1]
    values = np.concatenate(paired) if paired else np.empty(0)
    n = len(values)
    if n < 2:
        return float("nan")
    # sum over ordered pairs (c - k)^2 of m values = 2 m * sum (c - mean)^2
    observed = sum(2 * len(u) * float(((u - u.mean()) ** 2).sum()) / (len(u) - 1) for u in paired) / n
    expected = 2 * n * float(((values - values.mean()) ** 2).sum()) / (n * (n - 1))
    return 1 - observed / expected if expected > 0 else float("nan")


def alpha_of(found: Sequence[Rater]) -> float:
    """Return Krippendorff's alpha of all raters together; the rule judge is one only where it is alone with another."""
    judges = [rater for rater in found if not rater.offline]
    units: dict[RatedTurn, list[_Unit]] = defaultdict(list)
    for rater in judges if len(judges) > 1 else found:
        for place, score in rater.scores.items():
            text, digest, category = rater.texts.get(place), rater.digests.get(place), rater.category(place)
            for unit in units[place]:
                same_answer = not (digest and unit.digest) or digest == unit.digest
                if same_answer and alike(text, unit.text, category, unit.category):
                    unit.scores.append(score)
                    break
            else:
                units[place].append(_Unit(text, digest, category, [score]))
    return krippendorff_alpha(unit.scores for several in units.values() for unit in several)


class _Unit(NamedTuple):
    """The scores of one answer to one question."""

    text: str | None
    digest: str | None
    category: str | None
    scores: list[float]


def noise_floor(a: Rater, b: Rater) -> float | None:
    """Return the mean absolute difference that two noisy raters of one mind would have, None without repeats.

    The difference of two normal verdicts has sd sqrt(s_a^2 + s_b^2); the mean of its size is that * sqrt(2 / pi).
    A rater without repeats is taken to be as noisy as the other.
    """
    known = [rater.noise.deviation**2 for rater in (a, b) if rater.noise]
    if not known:
        return None
    return float((2 * sum(known) / len(known) * 2 / np.pi) ** 0.5)

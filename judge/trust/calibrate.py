"""A new judge's scores on an old judge's scale, learned from answers that both have judged. Pure.

Three ways to map, each apart for turn 1 and the later turns; the one whose predicted Overall is least wrong for
models it was not fitted on is used:

    isotonic   verdict -> verdict, any rising curve (least squares, pool adjacent violators)
    linear     verdict -> verdict, a straight line
    means      mean of a row's turns -> the same mean by the old judge, a straight line through rows

The first two predict what the old judge would have said of each answer. Where the new judge is a noisy one, that
draws every row towards the middle (regression dilution); `means` does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from judge.errors import InputError
from judge.records import Item, Record
from judge.tables.means import item_scores
from judge.tables.pairing import changed_answers, shared
from judge.tables.results import Results, label_of
from judge.trust.intervals import overall_of
from judge.trust.stats import Array

MapKind = Literal["isotonic", "linear", "means"]
WAYS: tuple[MapKind, ...] = ("isotonic", "linear", "means")

MODELS_NEEDED = 4
"""Fewer models cannot be left out one by one and leave anything to fit a line through."""

VERDICTS_NEEDED = 100
"""Pairs of verdicts on each kind of turn; a curve through fewer follows their noise."""


class Curve(Record):
    """A map of scores: straight between its knots, level outside; a line has two knots, at 0 and 10."""

    new: tuple[float, ...]
    """Rising scores of the new judge."""
    old: tuple[float, ...]

    def __call__(self, scores: Array) -> Array:
        """Return the scores on the old scale, within 0 to 10."""
        mapped: Array = np.clip(np.interp(scores, self.new, self.old), 0, 10)
        return mapped


class WayError(Record):
    """How wrong a predicted Overall is for a model the map was not fitted on, in points."""

    rms: float
    mean_absolute: float
    worst: float
    bias: float
    """Mean of predicted minus true."""


class Calibration(Record):
    """map.json: how the scores of `new` read on the scale of `old`."""

    kind: Literal["kojudge calibration"] = "kojudge calibration"
    old: str
    new: str
    old_offline: bool = False
    new_offline: bool = False
    """Whether it is the rule judge, an offline heuristic."""
    new_name: str = ""
    """The new judge's own name without its configuration; empty: `new`."""
    new_digests: tuple[str, ...] = ()
    """Configurations of the new judge it was fitted on; empty for foreign files."""
    models: tuple[str, ...]
    rows: int
    """(model, strategy) rows."""
    verdicts: int
    """Pairs of verdicts."""
    other_questions: int = 0
    """Verdicts left out because the two judged other questions under one id."""
    by_id: int = 0
    """Pairs whose question texts are not known on both sides: paired by id and category."""
    way: MapKind
    """The one that is used."""
    turns: dict[Literal["single", "multi"], Curve] = Field(min_length=1)
    """The maps of the way used, one a kind of turn."""
    errors: dict[str, WayError]
    """Leave one model out: of each way, of the new score as it is (`none`), of the others' mean (`constant`)."""

    @property
    def old_label(self) -> str:
        """The old judge as every format shows it."""
        return label_of(self.old, self.old_offline)

    @property
    def new_label(self) -> str:
        """The new judge as every format shows it."""
        return label_of(self.new, self.new_offline)


@dataclass(frozen=True)
class Overlap:
    """One row that both judges have scored, on the shared items only; arrays as in `intervals.Arrays`."""

    model: str
    strategy: str
    scores: dict[Item, tuple[float, float]]
    """Item -> (new, old)."""
    expected: dict[Item, str]
    other: int = 0
    """Items left out because the two ask other words under one id."""
    by_id: int = 0
    """Items paired without knowing the words on both sides."""
    different_sets: str | None = None

    def of_turn(self, later: bool) -> Array:
        """Return the (new, old) pairs of one kind of turn, shape (items, 2)."""
        found = [pair for item, pair in self.scores.items() if (item[1] > 1) == later]
        return np.array(found, dtype=np.float64).reshape(-1, 2)


def overlaps(old: Sequence[Results], new: Sequence[Results]) -> list[Overlap]:
    """Return the rows both have judged, those without a shared item too.

    Items that ask other words are left out, and those whose answers differ in their digest.
    """
    known: dict[tuple[str, str], list[Results]] = {}
    for one in old:
        known.setdefault((one.model, one.strategy), []).append(one)
    found = []
    for one in new:
        if others := known.get((one.model, one.strategy)):
            found.append(max((_overlap(one, other) for other in others), key=lambda row: len(row.scores)))
    return found


def _overlap(new: Results, old: Results) -> Overlap:
    mine, theirs = item_scores(new), item_scores(old)
    common = shared(new, old, [item for item in mine if item in theirs])
    changed = changed_answers(new, old)
    scores = {item: (float(mine[item]), float(theirs[item])) for item in common.same if item not in changed}
    return Overlap(
        model=new.model,
        strategy=new.strategy,
        scores=scores,
        expected={item: new.expected[item] for item in scores},
        other=len(common.other),
        by_id=common.by_id,
        different_sets=common.different_sets,
    )


def calibrate(old: Sequence[Results], new: Sequence[Results]) -> Calibration:
    """Return the map from one new judge to one old judge.

    Raises InputError where a side holds several judges or none, or the overlap is too small.
    """
    old_judge, new_judge = _one_judge(old, "--old"), _one_judge(new, "--new")
    both = overlaps(old, new)
    found = [one for one in both if one.scores]
    models = list(dict.fromkeys(one.model for one in found))
    kinds = sorted({item[1] > 1 for one in found for item in one.scores})
    least = min((sum(len(one.of_turn(kind)) for one in found) for kind in kinds), default=0)
    if len(models) < MODELS_NEEDED or least < VERDICTS_NEEDED:
        raise InputError(
            f"the overlap of {old[0].judge_label} and {new[0].judge_label} is too small: {len(models)} models and "
            f"{least} verdicts on a kind of turn, needed are {MODELS_NEEDED} and {VERDICTS_NEEDED}{_why(both)}",
            mend="let both judge the same answers of more models",
        )
    errors = {name: _error(predicted, found) for name, predicted in _left_out(found, models, kinds).items()}
    way = min(WAYS, key=lambda name: errors[name].rms)
    maps = _fit(found, way, kinds)
    return Calibration(
        old=old_judge,
        new=new_judge,
        old_offline=any(one.offline for one in old),
        new_offline=any(one.offline for one in new),
        new_name=new[0].own_judge,
        new_digests=tuple(sorted({o.judge_digest for one in new for o in one.outcomes if o.judge_digest})),
        models=tuple(models),
        rows=len(found),
        verdicts=sum(len(one.scores) for one in found),
        other_questions=sum(one.other for one in both),
        by_id=sum(one.by_id for one in found),
        way=way,
        turns={"multi" if kind else "single": maps[kind] for kind in kinds},
        errors=errors,
    )


def _why(both: Sequence[Overlap]) -> str:
    """Say that the two have judged different questions, where that is why nothing pairs."""
    different = [one for one in both if one.different_sets]
    if not different:
        return ""
    return f"; {different[0].model} {different[0].strategy}: {different[0].different_sets}"


def _one_judge(series: Sequence[Results], option: str) -> str:
    judges = list(dict.fromkeys(one.judge for one in series))
    if len(judges) != 1:
        what = f"holds verdicts of {len(judges)} judges ({', '.join(judges) or 'none'}), needs one"
        raise InputError(f"{option} {what}", mend=f"choose with {option}-judge NAME")
    return judges[0]


def _fit(found: Sequence[Overlap], way: MapKind, kinds: Sequence[bool]) -> dict[bool, Curve]:
    maps = {}
    for kind in kinds:
        if way == "means":
            pairs = np.array([one.of_turn(kind).mean(axis=0) for one in found if len(one.of_turn(kind))])
        else:
            pairs = np.concatenate([one.of_turn(kind) for one in found])
        maps[kind] = isotonic(pairs) if way == "isotonic" else line(pairs)
    return maps


def isotonic(pairs: Array) -> Curve:
    """Return the least-squares rising curve through (new, old) pairs, by scipy's pool adjacent violators."""
    from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]  # half a second

    new, place = np.unique(pairs[:, 0], return_inverse=True)
    weights = np.bincount(place).astype(np.float64)
    means = np.bincount(place, weights=pairs[:, 1]) / weights
    fitted = isotonic_regression(means, weights=weights).x
    return Curve(new=tuple(map(float, new)), old=tuple(map(float, fitted)))


def line(pairs: Array) -> Curve:
    """Return the least-squares straight line through (new, old) pairs, never falling; level without spread."""
    x, y = pairs[:, 0], pairs[:, 1]
    spread = float(x.var())
    slope = max(0.0, float(((x - x.mean()) * (y - y.mean())).mean()) / spread) if spread > 0 else 0.0
    start = float(y.mean()) - slope * float(x.mean())
    return Curve(new=(0.0, 10.0), old=(start, start + 10 * slope))


def _left_out(found: Sequence[Overlap], models: Sequence[str], kinds: Sequence[bool]) -> dict[str, list[float]]:
    """Return the predicted Overall of every row by maps fitted on the other models, a way at a time."""
    predicted: dict[str, dict[int, float]] = defaultdict(dict)
    for model in models:
        others = [one for one in found if one.model != model]
        fitted = {way: _fit(others, way, kinds) for way in WAYS}
        constant = float(np.mean([_old_overall(one) for one in others]))
        for place, one in enumerate(found):
            if one.model == model:
                scores = {item: new for item, (new, _) in one.scores.items()}
                for way in WAYS:
                    predicted[way][place] = equated_overall(scores, fitted[way], way)
                predicted["none"][place] = overall_of(scores, one.expected)
                predicted["constant"][place] = constant
    return {way: [by_place[i] for i in range(len(found))] for way, by_place in predicted.items()}


def equated_overall(scores: Mapping[Item, float], maps: Mapping[bool, Curve], way: MapKind) -> float:
    """Return Overall of a new judge's scores on the old scale; `maps`: by whether it is a later turn."""
    kinds = []
    for kind, curve in maps.items():
        own = np.array([score for item, score in scores.items() if (item[1] > 1) == kind])
        if len(own):
            kinds.append(float(curve(own.mean()[None])[0] if way == "means" else curve(own).mean()))
    return float(np.mean(kinds)) if kinds else float("nan")


def _old_overall(one: Overlap) -> float:
    return overall_of({item: pair[1] for item, pair in one.scores.items()}, one.expected)


def _error(predicted: Sequence[float], found: Sequence[Overlap]) -> WayError:
    gaps = np.array(predicted) - np.array([_old_overall(one) for one in found])
    return WayError(
        rms=float((gaps**2).mean() ** 0.5),
        mean_absolute=float(np.abs(gaps).mean()),
        worst=float(np.abs(gaps).max()),
        bias=float(gaps.mean()),
    )

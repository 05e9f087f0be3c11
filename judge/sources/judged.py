"""PATH -> series and the answers they were given for; the null models that lie beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from judge.config import BASELINES
from judge.records import Answer, QuestionId
from judge.runs.folder import RunFolder
from judge.runs.names import model_folder
from judge.sources.place import Group
from judge.sources.results import chosen, read_verdicts
from judge.tables.judged_turns import JudgedTurn, judged_of
from judge.tables.pairing import question_sets
from judge.tables.results import Results
from judge.tables.samples import merged, together


@dataclass(frozen=True)
class Evidence:
    """What lies at some paths."""

    series: tuple[Results, ...]
    judged: tuple[JudgedTurn, ...]
    """The verdicts whose answer is there too, in the order of the series."""
    answers: Mapping[Group, Sequence[Answer]] = field(default_factory=dict)
    """All answers at the paths, in path order; several to one question where the paths hold several."""


def load_evidence(
    paths: Sequence[Path],
    *,
    judges: Sequence[str] = (),
    model_name: str | None = None,
    strategies: Sequence[str] = (),
    strategy: str | None = None,
    apart: bool = False,
) -> Evidence:
    """Return series as `load_results` does, and every verdict with its answer. Raises InputError.

    `apart`: every sample of a strategy is a series of its own, named as it is kept.
    """
    strategies = [*strategies, *([strategy] if strategy else [])]
    readings = list(read_verdicts(paths, model_name, strategies))
    series = chosen(readings, judges, strategies)
    texts: dict[Group, list[tuple[dict[QuestionId, Answer], str]]] = {}
    everything: dict[Group, list[Answer]] = {}
    for reading in readings:
        for group, answers in reading.answers:
            texts.setdefault(group, []).append(({a.id: a for a in answers}, str(reading.where)))
            everything.setdefault(group, []).extend(answers)
    judged = [one for each in series for one in _judged(each, texts.get((each.model, each.strategy), ()))]
    if apart:
        return Evidence(tuple(series), tuple(judged), everything)
    return Evidence(tuple(merged(series)), tuple(together(series, judged)), everything)


def _judged(series: Results, candidates: Sequence[tuple[dict[QuestionId, Answer], str]]) -> list[JudgedTurn]:
    """Return the verdicts with their answers; of one model's answers to two question sets, those that were asked."""
    return max((list(judged_of(series, answers, place)) for answers, place in candidates), key=len, default=[])


def load_nulls(paths: Sequence[Path], known: Evidence, strategies: Sequence[str] = ()) -> Evidence:
    """Return the null models' verdicts by the judges of `known`, from runs that lie beside those at `paths`.

    Those that `known` holds already are left out, and those of other questions; `strategies` keeps only these.
    """
    places = {place for path in paths for place in (path.resolve(), *path.resolve().parents[:3])}
    folders = {folder for place in places for name in BASELINES if (folder := model_folder(place, name)).is_dir()}
    runs = (RunFolder(folder) for folder in sorted(folders))
    beside = [run.path for run in runs if run.exists() and run.judges()]
    judges = {one.judge for one in known.series}
    there = {(one.model, one.strategy, one.judge) for one in known.series}
    found = load_evidence(beside) if beside else Evidence((), ())
    new = [s for s in found.series if s.judge in judges and (s.model, s.strategy, s.judge) not in there]
    new = [s for s in new if not strategies or s.strategy in strategies]
    sets = question_sets([*known.series, *new])
    asked = set(sets[: len(known.series)])
    new = [one for one, number in zip(new, sets[len(known.series) :], strict=True) if number in asked]
    keys = {(one.model, one.strategy, one.judge) for one in new}
    judged = [one for one in found.judged if one.key[:3] in keys]
    return Evidence(tuple(new), tuple(judged))

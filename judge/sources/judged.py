"""PATH -> series and the answers they were given for; human labels -> a series of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from judge.config import BASELINES
from judge.records import Answer, QuestionId
from judge.runs.folder import RunFolder
from judge.runs.names import model_folder
from judge.sources.fastchat import find_files as mtbench_find_files
from judge.sources.fastchat import judged_answers, looks_judged
from judge.sources.logickor import find_files as logickor_find_files
from judge.sources.logickor import looks_evaluated, read_generated
from judge.sources.run_series import find_runs, strategies_of
from judge.sources.series import first_row, load_series, untold_strategy
from judge.tables.judged_turns import Judged, judged_of
from judge.tables.pairing import question_sets
from judge.tables.series import Series

Group = tuple[str, str]
"""(model, strategy)."""


@dataclass(frozen=True)
class Evidence:
    """What lies at some paths."""

    series: tuple[Series, ...]
    judged: tuple[Judged, ...]
    """The verdicts whose answer is there too, in the order of the series."""


def load_evidence(
    paths: Sequence[Path],
    *,
    judges: Sequence[str] = (),
    model_name: str | None = None,
    strategies: Sequence[str] = (),
    strategy: str | None = None,
) -> Evidence:
    """Return series as `load_series` does, and every verdict with its answer. Raises InputError."""
    strategies = [*strategies, *([strategy] if strategy else [])]
    series = load_series(paths, judges=judges, model_name=model_name, strategies=strategies)
    texts: dict[Group, list[tuple[dict[QuestionId, Answer], str]]] = {}
    for path in paths:
        for group, answers, place in _texts(path, model_name, strategies):
            texts.setdefault(group, []).append((answers, place))
    judged = [one for each in series for one in _judged(each, texts.get((each.model, each.strategy), ()))]
    return Evidence(tuple(series), tuple(judged))


def _judged(series: Series, candidates: Sequence[tuple[dict[QuestionId, Answer], str]]) -> list[Judged]:
    """Return the verdicts with their answers; of one model's answers to two question sets, those that were asked."""
    return max((list(judged_of(series, answers, place)) for answers, place in candidates), key=len, default=[])


def _texts(
    path: Path, model_name: str | None, strategies: Sequence[str]
) -> Iterator[tuple[Group, dict[QuestionId, Answer], str]]:
    """Yield the answers at a path, one (model, strategy) at a time, with the place of their verdicts."""
    rated: list[Path] = []
    if path.is_dir():
        runs = find_runs(path)
        rated = [] if runs else mtbench_find_files(path, looks_judged)
        found = [] if runs or rated else logickor_find_files(path)
        files = [file for file in found if looks_evaluated(first_row(file))]
    else:
        evaluated = looks_evaluated(first_row(path))
        rated = [path] if looks_judged(first_row(path)) else []
        runs = [] if evaluated or rated else [r for r in [RunFolder(path.parent.parent.parent)] if r.exists()]
        files = [path] if evaluated else []
    for run in runs:
        model = run.manifest().config.model
        for name in strategies_of(run):
            yield (model, name), run.answers(name), str(run.path)
    for file in rated:
        for answers in judged_answers(file):
            yield (answers[0].model, answers[0].strategy), {a.id: a for a in answers}, str(file)
    for file in files:
        named = untold_strategy(file, strategies)
        answers = read_generated(file, model_name=model_name, strategy=named)
        yield (answers[0].model, answers[0].strategy), {a.id: a for a in answers}, str(file)


def load_nulls(paths: Sequence[Path], known: Evidence, strategies: Sequence[str] = ()) -> Evidence:
    """Return the null models' verdicts by the judges of `known`, from runs that lie beside those at `paths`.

    Those that `known` holds already are left out, and those of other questions; `strategies` keeps only these.
    """
    places = {place for path in paths for place in (path.resolve(), *path.resolve().parents[:3])}
    folders = {folder for place in places for name in BASELINES if (folder := model_folder(place, name)).is_dir()}
    beside = [folder for folder in sorted(folders) if RunFolder(folder).exists()]
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

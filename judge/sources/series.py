"""PATH -> the series that tables count: runs of ours, judgments files, LogicKor's evaluated/. Told by content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from judge.config import RULES
from judge.errors import ConfigError, InputError, did_you_mean
from judge.files import read_lines, read_records, validate
from judge.records import Failure, Judgment, Outcome
from judge.runs.current import in_force
from judge.runs.folder import RunFolder
from judge.sources.fastchat import find_files as mtbench_find_files
from judge.sources.fastchat import looks_judged, read_judgments
from judge.sources.logickor import STRATEGY_NAMES, complete, looks_evaluated, read_evaluated, tells_strategy
from judge.sources.logickor import find_files as logickor_find_files
from judge.sources.run_series import by_returned, find_runs, series_of_run
from judge.tables.ranges import one_range
from judge.tables.series import Series

_OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)


def load_series(
    paths: Sequence[Path],
    *,
    judges: Sequence[str] = (),
    model_name: str | None = None,
    strategies: Sequence[str] = (),
    strategy: str | None = None,
) -> list[Series]:
    """Return every (model, strategy, judge) found at `paths`; `judges` and `strategies` keep only these.

    A judge is named as tables call it, or by its own name, which means all its configurations. A LogicKor file whose
    name does not tell its strategy is of the only one in `strategies`; `strategy` is the same for one name. Raises
    InputError for a path without judgments, for a broken file, for an unknown judge or strategy.
    """
    strategies = [*strategies, *([strategy] if strategy else [])]
    ours: list[Series] = []
    theirs: list[Series] = []
    for path in paths:
        if not path.exists():
            raise InputError("no such file or folder", path=path, mend="check the path")
        if path.is_dir():
            runs = find_runs(path)
            found = [series for run in runs for series in series_of_run(run)]
            rated = [] if runs else mtbench_find_files(path, looks_judged)
            found += [series for file in rated for series in read_judgments(file, model_name=model_name)]
            files = [] if runs or rated else logickor_find_files(path)
            saved = [f for f in files if looks_evaluated(first_row(f))]
            theirs += [_evaluated(f, model_name, strategies) for f in saved]
            if not found and not saved:
                raise InputError(
                    _nothing(runs, files),
                    path=path,
                    mend="judge the answers first: kojudge judge PATH --judge J",
                )
            ours += found
        else:
            _file_series(path, ours, theirs, model_name, strategies)
    everything = [*_told_apart(ours), *complete(theirs)]
    return one_range(_of_strategies(_of_judges(_unique(everything), judges), strategies))


def _evaluated(path: Path, model_name: str | None, strategies: Sequence[str]) -> Series:
    return read_evaluated(path, model_name=model_name, strategy=untold_strategy(path, strategies))


def untold_strategy(path: Path, strategies: Sequence[str]) -> str | None:
    """Return the only strategy asked for, for a LogicKor file whose name does not tell its own; else None."""
    return strategies[0] if len(strategies) == 1 and not tells_strategy(path) else None


def _told_apart(found: Sequence[Series]) -> list[Series]:
    """One judge's name under several configurations, or answered as several models, are several judges: say which."""
    kinds: dict[str, set[tuple[str, str | None]]] = {}
    for one in found:
        kinds.setdefault(one.judge, set()).add((one.config, one.returned))
    told: list[Series] = []
    for one in found:
        configs = {config for config, _ in kinds[one.judge]}
        returned = {name for _, name in kinds[one.judge] if name}
        parts = [f"configuration {one.config[:6]}"] * (len(configs) > 1)
        parts += [f"answered as {one.returned}"] * (len(returned) > 1 and one.returned is not None)
        label = f"{one.judge} [{', '.join(parts)}]" if parts else one.judge
        told.append(replace(one, judge=label, judge_name=one.own_judge))
    return told


def _nothing(runs: Sequence[RunFolder], files: Sequence[Path]) -> str:
    if runs or files:
        return "holds answers, but no judgment yet"
    return "holds no run and no LogicKor evaluated/ file"


def _file_series(
    path: Path, ours: list[Series], theirs: list[Series], model_name: str | None, strategies: Sequence[str]
) -> None:
    first = first_row(path)
    if looks_evaluated(first):
        theirs.append(_evaluated(path, model_name, strategies))
        return
    if looks_judged(first):
        ours += read_judgments(path, model_name=model_name)
        return
    if "turn" in first and "status" in first:
        run = RunFolder(path.parent.parent.parent)
        if run.exists() and path.parent.parent.name == "judgments":
            outcome = validate(first, _OUTCOME, path=path, line=1)
            mine = [s for s in series_of_run(run) if s.strategy == outcome.strategy]
            ours += [s for s in mine if s.own_judge == outcome.judge]
        else:
            ours += _loose(read_records(path, _OUTCOME, torn_tail=True), path)
        return
    raise InputError(
        "holds no judgments", path=path, mend="give a run folder, a judgments file or LogicKor's evaluated/"
    )


def first_row(path: Path) -> dict[str, object]:
    """Return the first row of a .jsonl file, by which it is recognised. Raises InputError where there is none."""
    line = next(read_lines(path, torn_tail=True), None) or next(read_lines(path), None)  # the torn line is named
    if line is None:
        raise InputError("is empty", path=path)
    return line.data


def _unique(found: Sequence[Series]) -> list[Series]:
    seen: dict[tuple[str, str, str], Series] = {}
    for series in found:
        key = (series.model, series.strategy, series.judge)
        if key in seen and seen[key].outcomes != series.outcomes:
            mend = "give the paths apart, or --model-name"
            if series.config and seen[key].config:  # runs of ours, whose name is not to be changed here
                mend = "give the paths apart, or choose with --judge or --strategy"
                mend += "; a name is changed with --model-name when the run is made"
            raise ConfigError(f"two different sets of verdicts for {' / '.join(key)}; {mend}")
        seen.setdefault(key, series)
    return list(seen.values())


def _of_judges(found: list[Series], judges: Sequence[str]) -> list[Series]:
    wanted = {label for word in judges for label in _labels_of(word, found)}
    return [series for series in found if not judges or series.judge in wanted]


def _labels_of(word: str, found: Sequence[Series]) -> set[str]:
    """Return the judges that a word of the command line means: a label, a name (all its labels), several by commas."""

    def meant(name: str) -> set[str]:
        exact = {one.judge for one in found if name in (one.judge, one.judge_label)}
        return exact or {one.judge for one in found if one.own_judge == name}

    if labels := meant(word):
        return labels
    parts = [part.strip() for part in word.split(",") if part.strip()]
    for part in parts if len(parts) > 1 else [word]:
        if not meant(part):
            known = dict.fromkeys([*(one.judge for one in found), *(one.own_judge for one in found)])
            raise InputError(f"no verdicts of judge '{part}': {did_you_mean(part, list(known))}")
    return {label for part in parts for label in meant(part)}


def _of_strategies(found: list[Series], strategies: Sequence[str]) -> list[Series]:
    wanted = {STRATEGY_NAMES.get(name, name) for name in strategies}
    known = list(dict.fromkeys(one.strategy for one in found))
    for name in sorted(wanted.difference(known)):
        raise InputError(f"no verdicts under strategy '{name}': {did_you_mean(name, known)}")
    return [one for one in found if not wanted or one.strategy in wanted]


def _loose(outcomes: Sequence[Judgment | Failure], path: Path) -> list[Series]:
    """Judgments without their run: what they name is all that can be expected. Raises InputError for a later round."""
    if any(o.round > 1 for o in outcomes):
        raise InputError(
            "holds verdicts of a re-judging, and only the run.json that is missing here tells whether it was finished",
            path=path,
            mend="give the run folder",
        )
    groups: dict[tuple[str, str, str, str], list[Judgment | Failure]] = {}
    for o in outcomes:
        groups.setdefault((o.model, o.strategy, o.judge, o.judge_digest), []).append(o)
    return [
        Series(
            model=model,
            strategy=strategy,
            judge=judge,
            outcomes=tuple(mine),
            expected={(o.id, o.turn): o.category for o in group},
            offline=judge == RULES,
            config=config,
            returned=returned,
            repeats=max(o.repeat for o in group),
            judge_name=judge,
            notes=(
                "a judgments file without its run: what is missing cannot be known, nor the words of the questions; "
                "it is paired by id and category",
            ),
        )
        for (model, strategy, judge, config), group in groups.items()
        for returned, mine in by_returned(in_force(group))
    ]

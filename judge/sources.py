"""PATH -> the series that tables count: runs of ours, judgments files, LogicKor's evaluated/. Told by content."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from judge import logickor
from judge.config import RULES, JudgeConfig
from judge.endings import cut_notes
from judge.errors import ConfigError, InputError, did_you_mean
from judge.grade import answer_digest
from judge.in_force import in_force
from judge.records import AnswerFailure, Failure, Judgment, Manifest, Outcome, QuestionId
from judge.run_folder import MANIFEST, RunFolder
from judge.store import read_lines, read_records, validate
from judge.tables import Item, Series, strategy_key

ASIDE = ".before-"
"""In the names of folders that `--fresh` moved aside; never looked into."""

_OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)


def find_runs(path: Path) -> list[RunFolder]:
    """Return the run at `path`, else the runs below it in path order, without those moved aside."""
    if (path / MANIFEST).is_file():
        return [RunFolder(path)]
    found = sorted(p.parent for p in path.rglob(MANIFEST) if not any(ASIDE in part for part in p.parts))
    return [RunFolder(p) for p in found]


def strategies_of(run: RunFolder) -> list[str]:
    """Return the strategies a run was asked for, in table order."""
    return sorted(run.manifest().config.strategies, key=strategy_key)


def load_series(
    paths: Sequence[Path],
    *,
    judges: Sequence[str] = (),
    model_name: str | None = None,
    strategy: str | None = None,
) -> list[Series]:
    """Return every (model, strategy, judge) found at `paths`; `judges` keeps only these.

    Raises InputError for a path without judgments, for a broken file, for an unknown judge.
    """
    ours: list[Series] = []
    theirs: list[Series] = []
    for path in paths:
        if not path.exists():
            raise InputError("no such file or folder", path=path, mend="check the path")
        if path.is_dir():
            runs = find_runs(path)
            found = [series for run in runs for series in series_of_run(run)]
            files = [] if runs else logickor.find_files(path)
            saved = [f for f in files if logickor.looks_evaluated(first_row(f))]
            theirs += [logickor.read_evaluated(f, model_name=model_name, strategy=strategy) for f in saved]
            if not found and not saved:
                raise InputError(
                    _nothing(runs, files),
                    path=path,
                    mend="judge the answers first: kojudge judge PATH --judge J",
                )
            ours += found
        else:
            _file_series(path, ours, theirs, model_name, strategy)
    everything = [*_told_apart(ours), *logickor.complete(theirs)]
    return _of_judges(_unique(everything), judges)


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
        told.append(replace(one, judge=f"{one.judge} [{', '.join(parts)}]") if parts else one)
    return told


def _nothing(runs: Sequence[RunFolder], files: Sequence[Path]) -> str:
    if runs or files:
        return "holds answers, but no judgment yet"
    return "holds no run and no LogicKor evaluated/ file"


def _file_series(
    path: Path, ours: list[Series], theirs: list[Series], model_name: str | None, strategy: str | None
) -> None:
    first = first_row(path)
    if logickor.looks_evaluated(first):
        theirs.append(logickor.read_evaluated(path, model_name=model_name, strategy=strategy))
        return
    if "turn" in first and "status" in first:
        run = RunFolder(path.parent.parent.parent)
        if run.exists() and path.parent.parent.name == "judgments":
            outcome = validate(first, _OUTCOME, path=path, line=1)
            ours += [
                s
                for s in series_of_run(run)
                if s.strategy == outcome.strategy and s.judge.split(" [")[0] == outcome.judge
            ]
        else:
            ours += _loose(read_records(path, _OUTCOME, torn_tail=True))
        return
    raise InputError(
        "holds no judgments", path=path, mend="give a run folder, a judgments file or LogicKor's evaluated/"
    )


def first_row(path: Path) -> dict[str, object]:
    """Return the first row of a .jsonl file, by which it is recognised. Raises InputError where there is none."""
    line = next(read_lines(path, torn_tail=True), None)
    if line is None:
        raise InputError("is empty", path=path)
    return line.data


def _unique(found: Sequence[Series]) -> list[Series]:
    seen: dict[tuple[str, str, str], Series] = {}
    for series in found:
        key = (series.model, series.strategy, series.judge)
        if key in seen and seen[key].outcomes != series.outcomes:
            raise ConfigError(
                f"two different sets of verdicts for {' / '.join(key)}; give the paths apart, or --model-name"
            )
        seen.setdefault(key, series)
    return list(seen.values())


def _of_judges(found: list[Series], judges: Sequence[str]) -> list[Series]:
    known = list(dict.fromkeys(series.judge for series in found))
    for judge in judges:
        if judge not in known:
            raise InputError(f"no verdicts of judge '{judge}': {did_you_mean(judge, known)}")
    return [series for series in found if not judges or series.judge in judges]


def series_of_run(run: RunFolder, judge_digests: Collection[str] | None = None) -> list[Series]:
    """Return one series a (strategy, judge configuration) of a run; only verdicts on the answers in force count.

    `judge_digests` keeps only these configurations.
    """
    manifest = run.manifest()
    expected: dict[Item, str] = {
        (question.id, turn): question.category
        for question in manifest.expected
        for turn in range(1, question.turns + 1)
    }
    found: list[Series] = []
    seen = {
        judge: {
            outcome.judge_digest
            for strategy in strategies_of(run)
            for outcome in run.outcomes(judge, strategy)
            if judge_digests is None or outcome.judge_digest in judge_digests
        }
        for judge in run.judges()
    }
    for strategy in strategies_of(run):
        answers, failures = run.answers(strategy), run.answer_failures(strategy)
        texts = {(answer.id, turn): answer_digest(answer, turn) for answer in answers.values() for turn in answer.turns}
        for judge in run.judges():
            groups: dict[str, list[Judgment | Failure]] = {}
            for outcome in run.outcomes(judge, strategy):
                if judge_digests is None or outcome.judge_digest in judge_digests:
                    groups.setdefault(outcome.judge_digest, []).append(outcome)
            if failures:  # a strategy that no question was answered under must not vanish from the table
                for name in seen.get(judge, ()):
                    groups.setdefault(name, [])
            labels = _labels(judge, groups, manifest.judges)
            notes = [*manifest.notes, *cut_notes(answers.values())]
            for name, outcomes in groups.items():
                number = manifest.rounds.get(name, 1)
                for series in _series(strategy, judge, name, outcomes, labels[name], texts, expected, number):
                    unanswered = _unanswered(series, failures)
                    found.append(
                        replace(
                            series,
                            model=manifest.config.model,
                            outcomes=(*series.outcomes, *unanswered),
                            notes=(*notes, *_shortness(manifest), *series.notes),
                        )
                    )
    return found


def _shortness(manifest: Manifest) -> list[str]:
    if len(manifest.expected) == manifest.of_questions:
        return []
    return [f"only {len(manifest.expected)} of {manifest.of_questions} questions were asked"]


def _series(
    strategy: str,
    judge: str,
    judge_digest: str,
    outcomes: Sequence[Judgment | Failure],
    label: str,
    texts: Mapping[Item, str],
    expected: Mapping[Item, str],
    finished_round: int,
) -> Iterator[Series]:
    """Yield one series, or one a model id that the judge's endpoint answered as: these are never averaged."""
    force = in_force(outcomes, finished_round)
    current = [o for o in force if not texts or texts.get((o.id, o.turn)) == o.answer_digest]
    notes = []
    if len(current) < len(force):
        notes.append(f"{len(force) - len(current)} verdicts on answers that changed since do not count")
    later = sum(o.round > finished_round for o in outcomes)
    if later:
        notes.append(f"a re-judging that is not finished ({later} verdicts so far) does not count yet")
    returned = sorted({o.judge_returned for o in current if o.judge_returned})
    for name in returned if len(returned) > 1 else [None]:
        mine = [o for o in current if name is None or o.judge_returned in (name, None)]
        yield Series(
            model="",
            strategy=strategy,
            judge=label if name is None else f"{label} [answered as {name}]",
            outcomes=tuple(mine),
            expected=expected,
            offline=judge == RULES,
            config=judge_digest,
            returned=name or next(iter(returned), None),
            repeats=max((o.repeat for o in mine), default=1),
            notes=tuple(notes),
        )


def _labels(judge: str, groups: Mapping[str, object], known: Mapping[str, JudgeConfig]) -> dict[str, str]:
    """Return what each configuration is called: the judge's name, with what differs where there are several."""
    if len(groups) == 1:
        return dict.fromkeys(groups, judge)
    configs = {name: known.get(name) for name in groups}
    fields = {
        name: {"template": config.template[:6], "structured": config.structured, **config.sampling.parameters()}
        if config
        else {"config": name[:6]}
        for name, config in configs.items()
    }
    keys = list(dict.fromkeys(key for values in fields.values() for key in values))
    differ = [key for key in keys if len({str(values.get(key)) for values in fields.values()}) > 1]
    return {
        name: f"{judge} [{', '.join(f'{key} {values[key]}' for key in differ if key in values)}]"
        for name, values in fields.items()
    }


def _unanswered(series: Series, failures: Mapping[QuestionId, AnswerFailure]) -> list[Failure]:
    """A question that the model failed to answer is a failed verdict on each of its turns."""
    done = {(outcome.id, outcome.turn) for outcome in series.outcomes}
    return [
        Failure(
            id=item[0],
            turn=item[1],
            repeat=repeat,
            judge=series.judge,
            category=category,
            model=series.model,
            strategy=series.strategy,
            kind="not_answered",
            detail=failures[item[0]].detail,
        )
        for item, category in series.expected.items()
        if item[0] in failures and item not in done
        for repeat in range(1, series.repeats + 1)
    ]


def _loose(outcomes: Sequence[Judgment | Failure]) -> list[Series]:
    """Judgments without their run: what they name is all that can be expected."""
    groups: dict[tuple[str, str, str, str], list[Judgment | Failure]] = {}
    for o in outcomes:
        groups.setdefault((o.model, o.strategy, o.judge, o.judge_digest), []).append(o)
    return [
        Series(
            model=model,
            strategy=strategy,
            judge=judge,
            outcomes=tuple(in_force(group)),
            expected={(o.id, o.turn): o.category for o in group},
            offline=judge == RULES,
            repeats=max(o.repeat for o in group),
            notes=("a judgments file without its run: what is missing cannot be known",),
        )
        for (model, strategy, judge, _), group in groups.items()
    ]

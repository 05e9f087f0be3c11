"""`kojudge check`: is what lies at a path a good pack, question set, answers or judgments file? Told by content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from judge.errors import InputError
from judge.files import Line, read_anyhow, read_records, validate
from judge.packs.check import Found, check_pack, check_questions
from judge.packs.folder import is_pack
from judge.records import Answer, AnswerFailure, Failure, Judgment, Outcome
from judge.runs.folder import MANIFEST, RunFolder
from judge.sources.fastchat import find_files as mtbench_find_files
from judge.sources.fastchat import looks_answered, looks_asked, looks_judged, read_answered, read_judgments, read_rows
from judge.sources.logickor import find_files as logickor_find_files
from judge.sources.logickor import looks_evaluated, looks_generated, read_evaluated, read_generated
from judge.sources.run_series import find_runs, series_of_run, strategies_of
from judge.sources.series import first_row

_OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)
_ANSWER, _ANSWER_FAILURE = TypeAdapter(Answer), TypeAdapter(AnswerFailure)

MOST_FAULTS = 20
"""Of one file that are listed."""


def check_path(path: Path) -> Iterator[Found]:
    """Yield one line a thing that is good, and an InputError (file, line, field) for each fault of a pack, a question
    set, a run, a file of answers or judgments.

    Raises InputError at the first fault of anything else.
    """
    if not path.exists():
        raise InputError("no such file or folder", path=path, mend="check the path")
    if path.is_file():
        yield from _found(path)
        return
    if is_pack(path):
        yield from check_pack(path)
        return
    runs = find_runs(path)
    for run in runs:
        faults = [found for file in _files_of(run) for found in _faults(file)]
        yield from faults
        if faults:
            continue
        answers = sum(len(run.answers(strategy)) for strategy in strategies_of(run))
        verdicts = sum(len(series.outcomes) for series in series_of_run(run))
        yield f"{run.path}: a run with {answers} answers, {verdicts} outcomes in force"
    files = [] if runs else logickor_find_files(path)
    files += [] if runs or files else _of_fastchat(path)
    for file in files:
        yield from _found(file)
    if not runs and not files:
        raise InputError("holds no pack, no run and no file of LogicKor or FastChat", path=path)


def _of_fastchat(folder: Path) -> list[Path]:
    return mtbench_find_files(folder, lambda row: looks_answered(row) or looks_judged(row))


def _found(path: Path) -> Iterator[Found]:
    """Yield what a single file is; a question set, and a file of ours, is checked to its end."""
    faults = list(_faults(path))
    if faults:
        yield from faults
        return
    line = _file(path)
    if line is None:
        yield from check_questions(path)
    else:
        yield f"{path}: {line}"


def _files_of(run: RunFolder) -> list[Path]:
    answers = (path for path in (run.path / "answers").glob("*.jsonl") if not path.name.endswith(".turns.jsonl"))
    return sorted([*answers, *(run.path / "judgments").glob("*/*.jsonl")])


def _faults(path: Path) -> Iterator[InputError]:
    """Yield the first faults of a file of answers, failures or judgments; none of any other."""
    first = next((row.data for row in _rows(path) if not isinstance(row, InputError)), {})
    shape = _shape(first)
    number = 0
    for row in _rows(path) if shape is not None else ():
        fault = row if isinstance(row, InputError) else _fault(row, shape, path)
        if fault is None:
            continue
        number += 1
        if number > MOST_FAULTS:
            yield InputError(f"has more than {MOST_FAULTS} faults; the rest is not listed", path=path)
            return
        yield fault


def _rows(path: Path) -> Iterator[Line | InputError]:
    return read_anyhow(path, torn_tail=True) if path.suffix == ".jsonl" else iter(())


def _shape(first: dict[str, Any]) -> TypeAdapter[Any] | None:
    """Return what the rows of a file of ours are, told by its first good one."""
    if "status" in first and "turn" in first and "judge" in first:
        return _OUTCOME
    if first.get("status") == "failed":
        return _ANSWER_FAILURE
    if "outputs" in first and not looks_generated(first) and not looks_evaluated(first):
        return _ANSWER
    return None


def _fault(row: Line, shape: TypeAdapter[Any] | None, path: Path) -> InputError | None:
    try:
        validate(row.data, shape or _ANSWER, path=path, line=row.number)
    except InputError as error:
        return error
    return None


def _file(path: Path) -> str | None:
    """Return what a file holds, None where it is or should be a question set."""
    if path.name == MANIFEST:
        return str(next(check_path(path.parent))).split(": ", 1)[1]
    first = first_row(path)
    if looks_evaluated(first):
        series = read_evaluated(path, model_name="-", strategy="0-shot")
        failed = sum(isinstance(outcome, Failure) for outcome in series.outcomes)
        return f"LogicKor verdicts: {len(series.outcomes) - failed} judged, {failed} failed"
    if looks_generated(first):
        answers = read_generated(path, model_name="-", strategy="0-shot")
        return f"LogicKor answers to {len(answers)} questions"
    if looks_judged(first):
        rated = [outcome for series in read_judgments(path) for outcome in series.outcomes]
        failed = sum(isinstance(outcome, Failure) for outcome in rated)
        return f"FastChat ratings: {len(rated) - failed} rated, {failed} failed"
    if looks_answered(first):
        return f"FastChat answers to {len(read_answered(path))} questions"
    if looks_asked(first):
        return f"{len(read_rows(path))} FastChat questions: make a pack of them with kojudge import mtbench"
    if "status" in first and "turn" in first and "judge" in first:
        outcomes = read_records(path, _OUTCOME, torn_tail=True)
        failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
        return f"judgments: {len(outcomes) - failed} verdicts, {failed} failures"
    if first.get("status") == "failed":
        return f"{len(read_records(path, AnswerFailure, torn_tail=True))} conversations that failed"
    if "outputs" in first:
        return f"answers to {len({a.id for a in read_records(path, Answer, torn_tail=True)})} questions"
    return None

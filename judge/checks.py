"""`kojudge check`: is what lies at a path a good pack, question set, answers or judgments file? Told by content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from judge import logickor
from judge.errors import InputError
from judge.grids import plain
from judge.packs import load_judge_prompts, load_questions, load_strategies, strategy_names
from judge.records import Answer, AnswerFailure, Failure, Judgment, Outcome, Question
from judge.run_folder import MANIFEST
from judge.sources import find_runs, first_row, series_of_run, strategies_of
from judge.store import read_records

_OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)


def check_path(path: Path) -> Iterator[str]:
    """Yield one line a thing that is good. Raises InputError (file, line, field) at the first that is not."""
    if not path.exists():
        raise InputError("no such file or folder", path=path, mend="check the path")
    if path.is_file():
        yield f"{path}: {_file(path)}"
        return
    if (path / "questions").is_dir() or (path / "templates").is_dir():
        yield from _pack(path)
        return
    runs = find_runs(path)
    for run in runs:
        answers = sum(len(run.answers(strategy)) for strategy in strategies_of(run))
        verdicts = sum(len(series.outcomes) for series in series_of_run(run))
        yield f"{run.path}: a run with {answers} answers, {verdicts} outcomes in force"
    files = [] if runs else logickor.find_files(path)
    for file in files:
        yield f"{file}: {_file(file)}"
    if not runs and not files:
        raise InputError("holds no pack, no run and no LogicKor file", path=path)


def _pack(path: Path) -> Iterator[str]:
    if (path / "questions").is_dir():
        files = sorted((path / "questions").glob("*.jsonl"))
        if not files:
            raise InputError("holds no .jsonl file", path=path / "questions")
        for file in files:
            yield f"{file}: {_questions(load_questions(questions=str(file)).questions)}"
    if (path / "templates" / "strategies").is_dir():
        loaded = load_strategies(strategy_names(path), path)
        yield f"{path / 'templates' / 'strategies'}: strategies {', '.join(s.name for s in loaded) or 'none'}"
    if (path / "templates" / "judge").is_dir():
        yield f"{path / 'templates' / 'judge'}: judge templates {load_judge_prompts(path).digest}"


def _questions(questions: Sequence[Question]) -> str:
    categories = Counter(question.category for question in questions)
    turns = sum(len(question.questions) for question in questions)
    listed = ", ".join(f"{plain(name)} {number}" for name, number in categories.items())
    return f"{len(questions)} questions, {turns} turns ({listed})"


def _file(path: Path) -> str:
    if path.name == MANIFEST:
        return next(check_path(path.parent)).split(": ", 1)[1]
    first = first_row(path)
    if logickor.looks_evaluated(first):
        series = logickor.read_evaluated(path, model_name="-", strategy="0-shot")
        failed = sum(isinstance(outcome, Failure) for outcome in series.outcomes)
        return f"LogicKor verdicts: {len(series.outcomes) - failed} judged, {failed} failed"
    if logickor.looks_generated(first):
        answers = logickor.read_generated(path, model_name="-", strategy="0-shot")
        return f"LogicKor answers to {len(answers)} questions"
    if "status" in first and "turn" in first and "judge" in first:
        outcomes = read_records(path, _OUTCOME, torn_tail=True)
        failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
        return f"judgments: {len(outcomes) - failed} verdicts, {failed} failures"
    if first.get("status") == "failed":
        return f"{len(read_records(path, AnswerFailure, torn_tail=True))} conversations that failed"
    if "outputs" in first:
        return f"answers to {len({a.id for a in read_records(path, Answer, torn_tail=True)})} questions"
    return _questions(load_questions(questions=str(path)).questions)

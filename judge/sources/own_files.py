"""Our own files at a path: a whole run, one file of a run, or an answers or judgments file that has lost its run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from judge.config import RULES
from judge.errors import InputError
from judge.files import Line, each_record, read_anyhow, read_records, validate
from judge.records import Answer, AnswerFailure, Failure, Judgment, Outcome, Question
from judge.runs.current import in_force
from judge.runs.folder import RunFolder
from judge.sources.place import FirstRow, Place, Reading, Saved
from judge.sources.run_results import by_returned, read_run, strategies_of
from judge.tables.results import Results
from judge.wording import Note

_OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)

MOST_FAULTS = 20
"""Of one file that are listed."""


def in_run(path: Path, first: FirstRow) -> Place | None:
    """Return the place of a file that lies where a run has its answers or judgments; None for any other file."""
    if path.parent.name == "answers" and RunFolder(path.parent.parent).exists():
        return _Failures(path) if first.get("status") == "failed" else _RunAnswers(path) if "outputs" in first else None
    folder = path.parent.parent
    inside = folder.name == "judgments" and RunFolder(folder.parent).exists()
    return _RunJudgments(path) if inside and _is_outcome(first) else None


def loose(path: Path, first: FirstRow) -> Place | None:
    """Return the place of a file of answers, failed conversations or judgments without its run; else None."""
    if _is_outcome(first):
        return _Judgments(path)
    if first.get("status") == "failed":
        return _Failures(path)
    return _Answers(path) if "outputs" in first else None


def first_good_row(path: Path) -> FirstRow | None:
    """Return the first row of a .jsonl file that can be read, None where there is none. Raises InputError."""
    rows = read_anyhow(path, torn_tail=True) if path.suffix.lower() == ".jsonl" else iter(())
    return next((row.data for row in rows if isinstance(row, Line)), None)


def _is_outcome(first: FirstRow) -> bool:
    return {"status", "turn", "judge"} <= first.keys()


class Run(Place):
    """A run folder."""

    what = "answers"
    holds_answers = True

    def __init__(self, run: RunFolder) -> None:
        super().__init__(run.path)
        self._run = run

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        """Return `read_run`; a run's own names stand."""
        return read_run(self._run)

    def stored(self) -> tuple[RunFolder, Sequence[str]]:
        """Return the run and all its strategies."""
        return self._run, strategies_of(self._run)

    def faults(self) -> Iterator[InputError]:
        """Yield the faults of each of its files."""
        answers = (path for path in (self.path / "answers").glob("*.jsonl") if not path.name.endswith(".turns.jsonl"))
        for file in sorted([*answers, *(self.path / "judgments").glob("*/*.jsonl")]):
            place = in_run(file, first_good_row(file) or {})
            yield from place.faults() if place else ()

    def summary(self) -> str:
        """Return how much of it is in force."""
        read = read_run(self._run)
        answers, verdicts = sum(len(each) for _, each in read.answers), sum(len(one.outcomes) for one in read.series)
        return Note(
            f"a run with {answers} answers, {verdicts} outcomes in force",
            f"실행: 답변 {answers}개, 유효한 판정과 실패 {verdicts}건",
        )


class _Records(Place):
    """A file whose every line is a record of ours."""

    shape: TypeAdapter[Any]

    def faults(self) -> Iterator[InputError]:
        number = 0
        for row in read_anyhow(self.path, torn_tail=True):
            fault = row if isinstance(row, InputError) else self._fault(row)
            if fault is None:
                continue
            number += 1
            if number > MOST_FAULTS:
                yield InputError(f"has more than {MOST_FAULTS} faults; the rest is not listed", path=self.path)
                return
            yield fault

    def _fault(self, row: Line) -> InputError | None:
        try:
            validate(row.data, self.shape, path=self.path, line=row.number)
        except InputError as error:
            return error
        return None


class _Answers(_Records):
    what = "answers"
    holds_answers = True
    shape = TypeAdapter(Answer)

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        return Saved(
            [
                answer.model_copy(update={"model": model_name or answer.model, "strategy": strategy or answer.strategy})
                for answer in read_records(self.path, Answer)
            ]
        )

    def summary(self) -> str:
        number = len({answer.id for answer in read_records(self.path, Answer, torn_tail=True)})
        return Note(f"answers to {number} questions", f"문항 {number}개에 대한 답변")


class _RunAnswers(_Answers):
    def stored(self) -> tuple[RunFolder, Sequence[str]]:
        first = next(each_record(self.path, Answer, torn_tail=True))
        return RunFolder(self.path.parent.parent), (first.strategy or self.path.stem,)


class _Failures(_Records):
    what = "conversations that failed"
    shape = TypeAdapter(AnswerFailure)

    def summary(self) -> str:
        number = len(read_records(self.path, AnswerFailure, torn_tail=True))
        return Note(f"{number} conversations that failed", f"실패한 대화 {number}개")


class _Judgments(_Records):
    what = "judgments"
    shape = _OUTCOME

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        return Reading(_without_run(read_records(self.path, _OUTCOME, torn_tail=True), self.path), self.path)

    def summary(self) -> str:
        outcomes = read_records(self.path, _OUTCOME, torn_tail=True)
        failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
        given = len(outcomes) - failed
        return Note(f"judgments: {given} verdicts, {failed} failures", f"채점 기록: 판정 {given}건, 실패 {failed}건")


class _RunJudgments(_Judgments):
    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        """Return what the run says of this file's judge and strategy; of judges that share, what all of them say."""
        first = next(each_record(self.path, _OUTCOME, torn_tail=True))
        whole = read_run(RunFolder(self.path.parent.parent.parent))
        mine = [
            one
            for one in whole.series
            if one.strategy == first.strategy and first.judge in (one.own_judge, *(each.judge for each in one.shared))
        ]
        return whole._replace(series=mine)


def _without_run(outcomes: Sequence[Judgment | Failure], path: Path) -> list[Results]:
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
        Results(
            model=model,
            strategy=strategy,
            judge=f"{judge} (one of {group[0].shared_by} that share)" if group[0].shared_by else judge,
            outcomes=tuple(mine),
            expected={(o.id, o.turn): o.category for o in group},
            offline=judge == RULES,
            config=config,
            returned=returned,
            repeats=max(o.repeat for o in group),
            judge_name=judge,
            notes=(
                Note(
                    "a judgments file without its run: what is missing cannot be known, nor the words of the "
                    "questions; it is paired by id and category",
                    "실행 폴더 없이 판정 파일만 있음: 빠진 판정과 질문 글을 알 수 없어 id와 범주로 짝지음",
                ),
            ),
        )
        for (model, strategy, judge, config), group in groups.items()
        for returned, mine in by_returned(in_force(group))
    ]

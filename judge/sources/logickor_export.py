"""A run -> LogicKor's own files, which upstream's evaluator.py and score.py read.

    DIR/generated/<org>/<model>/<default|1-shot|cot-1-shot>.jsonl    answers
    DIR/evaluated/<org>/<model>/<default|1-shot|cot-1-shot>.jsonl    the same with query_single and query_multi

Upstream has one number for a turn and none for a failure: repeats are written as their mean, and a failed verdict as
upstream writes one ("Impossible to judge", 0) only where that is asked for. Scores of judges that share the questions
are written as they were given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from judge.errors import InputError, did_you_mean
from judge.files import replace_text, without_half_characters
from judge.records import Answer, Judgment
from judge.runs.folder import RunFolder
from judge.runs.names import model_folder, safe_part
from judge.sources.logickor import FAILED_MESSAGE, STRATEGY_NAMES, TOP_FOLDERS
from judge.sources.run_results import results_of_run, strategies_of
from judge.tables.means import item_scores
from judge.tables.results import OFFLINE, Results
from judge.wording import Note, joined, led

TURNS = 2
"""Upstream knows a single and a multi turn."""

IMPOSSIBLE = f"{FAILED_MESSAGE} due to repetition."
"""Upstream's words for any failed verdict."""

Failures = Literal["refuse", "zero"]
"""What becomes of a failed verdict."""


@dataclass(frozen=True)
class Exported:
    """What was written of one strategy of a run."""

    model: str
    strategy: str
    path: Path
    """Below generated/ and, with verdicts, evaluated/."""
    answers: int
    judged: int
    """Turns with a verdict; with no zeros either, only generated/ was written."""
    zeros: int
    """Turns without any verdict, written as 0."""
    mixed: int = 0
    """Turns with verdicts and failed repeats, written as a mean in which a failed one counts 0."""
    edition: str = ""
    """Of the built-in question set; upstream's files have no place for it."""
    shared: tuple[str, ...] = ()
    """The judges whose scores these are, where several share the questions; upstream's files have no place for them."""
    offline: bool = False
    """Whether the scores are the rule judge's, which upstream's files have no place for either."""

    def line(self) -> str:
        """Return a line for the user, a note."""
        return led(str(self.path), joined(self._parts(), ""))

    def _parts(self) -> Iterator[Note]:
        yield Note(f"{self.answers} answers", f"답변 {self.answers}개")
        if self.judged or self.zeros:
            yield Note(f", {self.judged} turns with a verdict", f", 판정이 있는 턴 {self.judged}개")
        else:
            yield Note(", no verdicts yet: evaluated/ is not written", ", 판정이 아직 없어 evaluated/는 쓰지 않음")
        if n := self.zeros:
            yield Note(
                f", {n} turns without one written as 0, as upstream does",
                f", 판정이 없는 턴 {n}개는 원본처럼 0으로 적음",
            )
        if n := self.mixed:
            yield Note(
                f", {n} turns as a mean in which failed repeats count 0",
                f", 턴 {n}개는 실패한 반복을 0으로 센 평균",
            )
        if self.edition:
            yield Note(f"; questions: {self.edition}", f"; 문항: {self.edition}")
        if not self.judged and not self.zeros:
            return
        if whose := ", ".join(self.shared):
            yield Note(
                f"; scores as {whose} gave them, who share the questions: not on one scale as in tables",
                f"; 문항을 나누어 채점한 {whose}의 점수 그대로: 표와 달리 한 눈금에 맞추지 않음",
            )
        if self.offline:
            yield Note(
                f"; scores of the rule judge ({OFFLINE}), which the files do not say",
                f"; 규칙 채점기({OFFLINE})의 점수. 파일에는 그렇다고 적혀 있지 않음",
            )


_Plan = tuple[str, Sequence[Answer], Results | None, Sequence[dict[str, Any]] | None]


def export_runs(
    runs: Sequence[RunFolder], folder: Path, *, judge: str | None = None, failures: Failures = "refuse"
) -> list[Exported]:
    """Write every strategy of every run below `folder`.

    Raises InputError, before anything is written, for an answer that has not two turns, several judges without
    `judge`, a failed verdict with `refuse`, a missing one.
    """
    plans = [(run, plan) for run in runs for plan in _planned(run, judge, failures)]
    return [_write(run, folder, *plan) for run, plan in plans]


def _planned(run: RunFolder, judge: str | None, failures: Failures) -> list[_Plan]:
    """Return what is to be written of a run: strategy, answers, whose verdicts, rows."""
    series = results_of_run(run)
    plans: list[_Plan] = []
    for strategy in strategies_of(run):
        answers = list(run.answers(strategy).values())
        _two_turns(run, answers)
        chosen = _of_judge(run, [one for one in series if one.strategy == strategy], judge)
        rows = None if chosen is None else _evaluated(run, answers, chosen, failures)
        plans.append((strategy, answers, chosen, rows))
    if judge is not None and all(chosen is None for _, _, chosen, _ in plans):
        known = list(dict.fromkeys(one.judge for one in series))
        raise InputError(f"has no verdicts of judge '{judge}': {did_you_mean(judge, known)}", path=run.path)
    return [plan for plan in plans if plan[1]]


def _write(
    run: RunFolder,
    folder: Path,
    strategy: str,
    answers: Sequence[Answer],
    chosen: Results | None,
    rows: Sequence[dict[str, Any]] | None,
) -> Exported:
    generated, evaluated = TOP_FOLDERS
    head = run.head()
    model = head.config.model
    theirs = {ours: name for name, ours in STRATEGY_NAMES.items()}.get(strategy, strategy)
    name = f"{safe_part(theirs)}.jsonl"
    path = model_folder(folder / generated, model) / name
    replace_text(path, _lines([_row(answer) for answer in answers]))
    judged = zeros = mixed = 0
    shared: tuple[str, ...] = ()
    offline = False
    if chosen is not None and rows is not None:
        replace_text(model_folder(folder / evaluated, model) / name, "\ufeff" + _lines(rows))
        done = {(o.id, o.turn) for o in chosen.outcomes if isinstance(o, Judgment)}
        lost = {(o.id, o.turn) for o in chosen.outcomes if not isinstance(o, Judgment)}
        judged, zeros, mixed = len(done), len(lost - done), len(lost & done)
        shared, offline = tuple(one.judge for one in chosen.shared), chosen.offline
    return Exported(model, strategy, path, len(answers), judged, zeros, mixed, head.edition, shared, offline)


def _two_turns(run: RunFolder, answers: Sequence[Answer]) -> None:
    for answer in answers:
        if len(answer.outputs) != TURNS:
            raise InputError(
                f"question {answer.id!r} under {answer.strategy} has {len(answer.outputs)} turns, not {TURNS}",
                path=run.path,
                mend="export a run over questions of two turns",
            )


def _of_judge(run: RunFolder, series: Sequence[Results], judge: str | None) -> Results | None:
    """Return the series of the wanted judge, of the only one; None where there is none."""
    found = [one for one in series if judge in (None, one.judge, one.own_judge)]
    if len(found) > 1:
        names = ", ".join(f"'{one.judge}'" for one in found)
        raise InputError(f"holds verdicts of several judges ({names})", path=run.path, mend="choose one with --judge")
    return found[0] if found else None


def _evaluated(run: RunFolder, answers: Sequence[Answer], series: Results, failures: Failures) -> list[dict[str, Any]]:
    where = f"of {series.judge} under {series.strategy}"
    scores = item_scores(series, "zero" if failures == "zero" else "exclude")
    done = {(outcome.id, outcome.turn) for outcome in series.outcomes}
    missing = [item for item in series.expected if item not in done]
    if missing:
        raise InputError(f"{len(missing)} verdicts {where} are missing", path=run.path, mend="judge them first")
    unanswered = {identifier for identifier, _ in series.expected} - {answer.id for answer in answers}
    if unanswered:
        what = f"{len(unanswered)} questions have no answer under {series.strategy}"
        raise InputError(what, path=run.path, mend="generate them first")
    failed = sum(not isinstance(outcome, Judgment) for outcome in series.outcomes)
    if failed and failures == "refuse":
        raise InputError(
            f"{failed} verdicts {where} failed, and upstream would count them as 0",
            path=run.path,
            mend="judge them again (kojudge judge), or write the zeros with --failures zero",
        )
    comments = {(o.id, o.turn): o.comment for o in reversed(series.outcomes) if isinstance(o, Judgment)}
    rows = []
    for answer in answers:
        row = _row(answer)
        for turn, key in enumerate(("query_single", "query_multi"), start=1):
            item = (answer.id, turn)
            comment = comments.get(item)
            score = float(scores[item]) if comment is not None else 0.0
            row[key] = {"judge_message": IMPOSSIBLE if comment is None else comment, "judge_score": score}
        rows.append(row)
    return rows


def _row(answer: Answer) -> dict[str, Any]:
    references = [*answer.references, *[None] * TURNS][: max(TURNS, len(answer.references))]
    return {
        "id": answer.id,
        "category": answer.category,
        "questions": list(answer.questions),
        "outputs": list(answer.outputs),
        "references": references,
    }


def _lines(rows: Sequence[dict[str, Any]]) -> str:
    return without_half_characters("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

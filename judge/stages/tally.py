"""What a stage comes to: every outcome is saved first and counted then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from judge.errors import FailureKind
from judge.records import AnswerFailure, Failure, Judgment, Usage
from judge.runs.folder import RunFolder
from judge.stages.gradings import Judge
from judge.stages.progress import Reporter
from judge.wording import Note, led


@dataclass
class Tally:
    """What a stage came to. `total` = `before` + `succeeded` + `failed` when it has ended."""

    total: int = 0
    before: int = 0
    """Done in an earlier call."""
    succeeded: int = 0
    kinds: Counter[FailureKind] = field(default_factory=Counter)
    """Kind of failure -> how many."""
    requests: int = 0
    """Sent to a judge, those that were asked again included."""
    usage: Usage = field(default_factory=Usage)
    """Of ordinary requests."""
    in_batch: int = 0
    batch_usage: Usage = field(default_factory=Usage)

    @property
    def failed(self) -> int:
        """How many failed."""
        return self.kinds.total()

    @property
    def complete(self) -> bool:
        """Whether nothing has failed and nothing is missing."""
        return self.before + self.succeeded == self.total


def stage_of(judge: Judge) -> Note:
    """Return what a judge's work is called in progress and in the manifest."""
    return Note(f"judge {judge.config.judge}", f"심판 {judge.config.judge}")


def failure_text(failure: Failure | AnswerFailure) -> str:
    """Return where and why something failed."""
    where = Note(
        f"question {failure.id}, {failure.strategy}, turn {failure.turn}",
        f"문항 {failure.id}, {failure.strategy}, 턴 {failure.turn}",
    )
    return led(where, f"{failure.kind}: {failure.detail}")


def save_outcome(
    run: RunFolder,
    outcome: Judgment | Failure,
    stage: str,
    report: Reporter,
    tally: Tally,
    final: bool,
    in_batch: bool,
) -> None:
    """Save an outcome, then count it."""
    run.add_outcome(outcome)
    tally.requests += outcome.attempts if outcome.by == "llm" else 0
    if in_batch:
        tally.in_batch += 1
        tally.batch_usage += outcome.usage
    else:
        tally.usage += outcome.usage
    if not final:
        return
    if isinstance(outcome, Failure):
        tally.kinds[outcome.kind] += 1
        report.advance(stage, failure=failure_text(outcome))
    else:
        tally.succeeded += 1
        report.advance(stage)

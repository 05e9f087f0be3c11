"""What a stage comes to: every outcome is saved first and counted then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from judge.errors import FailureKind
from judge.records import Failure, Judgment, Usage
from judge.runs.folder import RunFolder
from judge.stages.gradings import Judge
from judge.stages.progress import Reporter


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


def stage_of(judge: Judge) -> str:
    """Return what a judge's work is called in progress and in the manifest."""
    return f"judge {judge.config.judge}"


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
        where = f"question {outcome.id}, {outcome.strategy}, turn {outcome.turn}"
        report.advance(stage, failure=f"{where}: {outcome.kind}: {outcome.detail}")
    else:
        tally.succeeded += 1
        report.advance(stage)

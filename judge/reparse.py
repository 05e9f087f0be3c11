"""Reads stored judge replies again after a change of the parser: nothing is asked, nothing is paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from judge.config import JudgeSettings
from judge.grade import reread
from judge.in_force import in_force
from judge.records import Failure, Judgment
from judge.run_folder import RunFolder


@dataclass
class Reparsed:
    """What came of it, in outcomes."""

    read: int = 0
    """Had a reply to read."""
    changed: int = 0
    """Another score or comment."""
    gained: int = 0
    """Failures that are verdicts now."""
    lost: int = 0
    """Verdicts that are failures now."""


def reparse(run: RunFolder, strategies: Sequence[str], judge: str) -> Reparsed:
    """Read every reply of `judge` in force again and append what differs. Inside `run.writing()`."""
    result = Reparsed()
    manifest = run.manifest()
    for strategy in strategies:
        groups: dict[str, list[Judgment | Failure]] = {}
        for outcome in run.outcomes(judge, strategy):
            groups.setdefault(outcome.judge_digest, []).append(outcome)
        for digest, outcomes in groups.items():
            config = manifest.judges.get(digest)
            settings = config.settings if config else JudgeSettings()
            for old in in_force(outcomes, manifest.rounds.get(digest, 1)):
                result.read += bool(old.reply)
                new = reread(old, settings)
                if new is None:
                    continue
                run.add_outcome(new)
                result.gained += isinstance(old, Failure)
                result.lost += isinstance(new, Failure)
                result.changed += isinstance(old, Judgment) and isinstance(new, Judgment)
    return result

"""Reads stored judge replies again after a change of the parser: nothing is asked, nothing is paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from judge.config import JudgeSettings
from judge.errors import VerdictError
from judge.records import Failure, Judgment
from judge.runs.current import in_force
from judge.runs.folder import RunFolder
from judge.runs.manifest import now
from judge.text.marks import ECHOED, verdict_mark
from judge.text.reply_forms import read_formed


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
                new = reread(old, settings, marked=bool(config and config.marked))
                if new is None:
                    continue
                run.add_outcome(new)
                result.gained += isinstance(old, Failure)
                result.lost += isinstance(new, Failure)
                result.changed += isinstance(old, Judgment) and isinstance(new, Judgment)
    return result


_READ_AGAIN = ("unparsable", "empty_reply", "truncated_reasoning")


def reread(outcome: Judgment | Failure, settings: JudgeSettings, *, marked: bool = False) -> Judgment | Failure | None:
    """Return what an outcome becomes when its stored reply is read again; None where nothing changes.

    A reply that was cut off stays a failure, and so does work that never had a reply.
    """
    if not outcome.reply or (isinstance(outcome, Failure) and outcome.kind not in _READ_AGAIN):
        return None
    if isinstance(outcome, Failure) and outcome.detail == ECHOED:
        return None
    gone = {"status", "score", "comment", "reasoning", "kind", "detail", "score_range", "form"}
    common = outcome.model_dump(exclude=gone)
    common |= {"reparsed": True, "created": now()}
    try:
        verdict, form = read_formed(outcome.reply, settings, verdict_mark(outcome.digest) if marked else None)
    except VerdictError as error:
        if isinstance(outcome, Failure):
            return None
        return Failure(**common, kind=error.kind, detail=str(error))
    if isinstance(outcome, Judgment) and (*verdict, form) == (outcome.score, outcome.comment, outcome.form):
        return None
    return Judgment(**common, score=verdict.score, comment=verdict.comment, form=form, score_range=settings.range)

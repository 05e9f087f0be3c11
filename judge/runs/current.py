"""Which of many stored outcomes count. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from judge.records import Failure, Judgment, QuestionId

Rerun = Literal["failed", "all", "flagged"]
"""What is judged again: failed verdicts only, everything, or what the audit has flagged."""


class Work(Protocol):
    """One turn of one answer to be judged once, or its outcome."""

    @property
    def id(self) -> QuestionId:
        """The question's id."""
        ...

    @property
    def turn(self) -> int:
        """From 1."""
        ...

    @property
    def repeat(self) -> int:
        """From 1."""
        ...

    @property
    def answer_digest(self) -> str:
        """Of what the judge is shown."""
        ...

    @property
    def digest(self) -> str:
        """Of the judge and all that it is shown."""
        ...


def replaces(new: Judgment | Failure, old_round: int, old_is_verdict: bool) -> bool:
    """Whether a later line takes the place of an earlier one with the same key.

    A verdict does; a failure leaves a verdict standing, unless the reply was read again. No line counts over one of a
    later round.
    """
    return new.round >= old_round and (isinstance(new, Judgment) or new.reparsed or not old_is_verdict)


def in_force(outcomes: Sequence[Judgment | Failure], finished_round: int = 1) -> list[Judgment | Failure]:
    """Return one outcome a key and answer text: the last verdict, or the last failure where there is no verdict.

    Only rounds up to the last finished one count, so that a re-judging that was interrupted changes nothing.
    """
    last: dict[tuple[object, str], Judgment | Failure] = {}
    for outcome in outcomes:
        if outcome.round > finished_round:
            continue
        key = (outcome.key, outcome.answer_digest)
        old = last.get(key)
        if old is None or replaces(outcome, old.round, isinstance(old, Judgment)):
            last[key] = outcome
    return list(last.values())


def mark_of(work: Work) -> str:
    """Return what tells a unit of work from every other: its digest, and the fields by which a table finds a verdict.

    A line whose fields were changed by hand is no verdict on the work whose digest it still bears.
    """
    return f"{work.digest} {work.id!r} {work.turn} {work.repeat} {work.answer_digest}"


def verdict_marks(outcomes: Iterable[Judgment | Failure], rounds: range) -> set[str]:
    """Return the marks of work that has a verdict in force in `rounds`. Outcomes are taken one by one, not kept."""
    last: dict[str, int] = {}
    """Mark -> its round, below 0 for a failure."""
    for outcome in outcomes:
        if outcome.round not in rounds:
            continue
        mark = mark_of(outcome)
        old = last.get(mark)
        if old is None or replaces(outcome, abs(old), old > 0):
            last[mark] = outcome.round if isinstance(outcome, Judgment) else -outcome.round
    return {mark for mark, number in last.items() if number > 0}

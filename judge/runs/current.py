"""Which of many stored outcomes count. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from judge.records import Failure, Judgment


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


def verdict_digests(outcomes: Iterable[Judgment | Failure], rounds: range) -> set[str]:
    """Return the digests of work that has a verdict in force in `rounds`. Outcomes are taken one by one, not kept."""
    last: dict[str, int] = {}
    """Digest -> its round, below 0 for a failure."""
    for outcome in outcomes:
        if outcome.round not in rounds:
            continue
        old = last.get(outcome.digest)
        if old is None or replaces(outcome, abs(old), old > 0):
            last[outcome.digest] = outcome.round if isinstance(outcome, Judgment) else -outcome.round
    return {digest for digest, number in last.items() if number > 0}

"""Which of many stored outcomes count. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from judge.records import Failure, Judgment


def in_force(outcomes: Sequence[Judgment | Failure], finished_round: int = 1) -> list[Judgment | Failure]:
    """Return one outcome a key and answer text: the last verdict, or the last failure where there is no verdict.

    Only rounds up to the last finished one count, so that a re-judging that was interrupted changes nothing.
    """
    last: dict[tuple[object, str], Judgment | Failure] = {}
    for outcome in outcomes:
        if outcome.round > finished_round:
            continue
        key = (outcome.key, outcome.answer_digest)
        if key in last and outcome.round < last[key].round:
            continue
        if isinstance(outcome, Judgment) or outcome.reparsed or not isinstance(last.get(key), Judgment):
            last[key] = outcome
    return list(last.values())

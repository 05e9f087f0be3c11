"""The finished turns of conversations that are not at their end, so that a killed run need not ask them again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from judge.records import AnswerFailure, Ordinal, QuestionId, Record, Usage

PASSING = frozenset({"timeout", "connection", "rate_limit", "server"})
"""Kinds of failure that the same messages may not meet again."""


class KeptTurn(Record):
    """One line of answers/<strategy>.turns.jsonl: a turn that another one follows."""

    id: QuestionId
    strategy: str
    turn: Ordinal
    said: str
    cut: str
    reasoning: str | None
    finish_reason: str
    usage: Usage
    model: str
    created: str
    digest: str
    """Of the conversation: question, strategy, model, sampling."""


@dataclass(frozen=True)
class Turns:
    """What is kept of conversations under way, and where to put what is finished now."""

    kept: Mapping[str, Sequence[KeptTurn]] = field(default_factory=dict)
    """Conversation digest -> its first turns, without a gap."""
    keep: Callable[[KeptTurn], None] = lambda _: None


NO_TURNS = Turns()


def first_turns(lines: Iterable[KeptTurn], failures: Iterable[AnswerFailure]) -> dict[str, list[KeptTurn]]:
    """Return digest -> the longest gap-free beginning of each conversation; the last line of a turn is in force.

    A turn that was said anew takes back those that followed the old one. Turns that led to a failure that would come
    again (the context is full, the reasoning was cut off, a refusal) are left out.
    """
    found: dict[str, list[KeptTurn]] = {}
    for line in lines:
        before = found.setdefault(line.digest, [])
        if line.turn <= len(before) + 1:
            before[line.turn - 1 :] = [line]
    for failure in failures:
        if failure.kind not in PASSING and failure.turn > 1:
            said = tuple(turn.said for turn in found.get(failure.digest, ()))
            if said == failure.outputs[: len(said)]:
                found.pop(failure.digest, None)
    return found

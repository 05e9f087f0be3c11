"""What is said of failures: how many of which kind, and whether asking again is any use. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from judge.errors import FailureKind
from judge.tables.row import Row
from judge.wording import Note, joined

NO_USE: tuple[FailureKind, ...] = ("context_overflow",)
"""Kinds that the same request meets again for certain."""

SAME = "the same command"
SAME_WITHOUT_FRESH = "the same command without --fresh"
"""What goes on after --fresh, which would move the new run aside, too."""


def kinds_of(rows: Iterable[Row]) -> Counter[FailureKind]:
    """Return how many verdicts of these rows failed, by kind."""
    found: Counter[FailureKind] = Counter()
    for row in rows:
        found.update(row.kinds)
    return found


def by_kind(kinds: Mapping[FailureKind, int]) -> str:
    """Return `2 content_filter, 1 length`, the most frequent first."""
    ordered = sorted(kinds.items(), key=lambda entry: -entry[1])
    return ", ".join(f"{number} {kind}" for kind, number in ordered if number)


def what_next(kinds: Mapping[FailureKind, int], *, fresh: bool = False) -> str:
    """Return what the user can do about failures of these kinds; `fresh`: the command held --fresh."""
    full = sum(kinds.get(kind, 0) for kind in NO_USE)
    again = Note(
        f"{SAME_WITHOUT_FRESH if fresh else SAME} asks for them again",
        f"같은 명령을 {'--fresh 없이 ' * fresh}다시 실행하면 다시 물음",
    )
    if not full:
        return again
    room = Note(
        "what does not fit the context fails again until the server has a larger one",
        "컨텍스트에 들어가지 않는 것은 서버의 컨텍스트를 늘리기 전에는 다시 실패함",
    )
    return joined([again, room]) if full < sum(kinds.values()) else room

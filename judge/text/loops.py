"""Whether a text that is still being written goes round in a loop. Pure.

Stricter than `language.loop_share`, which tells of a finished text how much of it is said again: an answer is ended for
this, so only exact repetition without anything in between counts, so often that nobody meant it.
"""

from __future__ import annotations

TIMES = 32
"""So often in a row. A user who asks for a sentence twenty times gets it."""

LEAST = 256
"""Characters of repetition at least: a ruler, a row of dots and a laugh are shorter."""

LONGEST = 1500
"""Characters of what is repeated at most."""

_PROBE = 24
"""Characters that are looked for before the whole is compared."""


def loops(text: str) -> bool:
    """Say whether `text` ends in the same 1 to 1500 characters 32 times in a row, 256 characters at least."""
    end = len(text)
    probe, at = text[-_PROBE:], end - _PROBE
    while at > 0 and (at := text.rfind(probe, max(0, end - _PROBE - LONGEST), at + _PROBE - 1)) >= 0:
        unit = end - _PROBE - at
        tail = text[-max(unit * TIMES, LEAST) :]
        if unit * TIMES > end:
            return False
        if len(tail) >= LEAST and tail[unit:] == tail[:-unit]:
            return True
    return False

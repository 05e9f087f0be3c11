"""What a reasoning model thought, apart from what it said. Pure.

`<think> ... </think>` (also `<thinking>`) is a thought; where the opening tag was part of the prompt, everything
before a lone closing tag is. A tag that is never closed is a thought that was cut off: nothing was said.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CLOSED = re.compile(r"<think(?:ing)?>(.*?)</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_CLOSING = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_OPENING = re.compile(r"^\s*<think(?:ing)?>", re.IGNORECASE)


class Parted(NamedTuple):
    """A reply in two parts."""

    said: str
    thought: str | None
    cut_off: bool
    """The thought never ended, so `said` is empty."""


def part(text: str) -> Parted:
    """Return what was said and what was thought. Only thoughts before the first said word are thoughts."""
    thoughts: list[str] = []
    rest = text
    if not _OPENING.match(rest):
        closing = _CLOSING.search(rest)
        opening = re.search(r"<think(?:ing)?>", rest, re.IGNORECASE)
        if closing and (opening is None or closing.start() < opening.start()):
            thoughts.append(rest[: closing.start()])
            rest = rest[closing.end() :]
    while _OPENING.match(rest):
        closed = _CLOSED.search(rest)
        if closed is None:
            thoughts.append(_OPENING.sub("", rest, count=1))
            return Parted("", _joined(thoughts), True)
        thoughts.append(closed.group(1))
        rest = rest[closed.end() :]
    if not thoughts:
        return Parted(text, None, False)
    return Parted(rest.lstrip("\n"), _joined(thoughts), False)


def _joined(thoughts: list[str]) -> str | None:
    return "\n\n".join(t.strip() for t in thoughts if t.strip()) or None

"""What a reasoning model thought, apart from what it said. Pure.

`<think> ... </think>` (also `<thinking>`) is a thought; where the opening tag was part of the prompt, everything
before a lone closing tag is. A tag that is never closed is a thought that was cut off: nothing was said.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OPENING = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_OPENING_FIRST = re.compile(r"[\s\ufeff]*<think(?:ing)?>", re.IGNORECASE)
# Between back quotes the tag is spoken of, not used.
_CLOSING = re.compile(r"</think(?:ing)?>(?!`)|(?<!`)</think(?:ing)?>", re.IGNORECASE)


class Parted(NamedTuple):
    """A reply in two parts."""

    said: str
    thought: str | None
    cut_off: bool
    """The thought never ended, so `said` is empty."""


def part(text: str) -> Parted:
    """Return what was said and what was thought. Only thoughts before the first said word are thoughts."""
    thoughts: list[str] = []
    position = 0
    lone = _lone_closing(text)
    if lone is not None:
        thoughts.append(text[: lone.start()])
        position = lone.end()
    while opening := _OPENING_FIRST.match(text, position):
        closing = _CLOSING.search(text, opening.end())
        if closing is None:
            thoughts.append(text[opening.end() :])
            return Parted("", _joined(thoughts), True)
        thoughts.append(text[opening.end() : closing.start()])
        position = closing.end()
    if not thoughts:
        return Parted(text, None, False)
    return Parted(text[position:].lstrip("\r\n"), _joined(thoughts), False)


def _lone_closing(text: str) -> re.Match[str] | None:
    """Return the first closing tag if no opening tag stands before it."""
    closing = _CLOSING.search(text)
    if closing is None:
        return None
    return None if _OPENING.search(text, 0, closing.start()) else closing


def _joined(thoughts: list[str]) -> str | None:
    return "\n\n".join(t.strip() for t in thoughts if t.strip()) or None

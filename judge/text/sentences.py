"""Sentences of a Korean text, how they end and in which speech level (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from judge.text.language import visible_text

_POLITE = re.compile(r"(?:[요죠]|니다|니까|시오)$")
_LEVELS: dict[str, Callable[[str], bool]] = {
    "존댓말": lambda end: _POLITE.search(end) is not None,
    "반말": lambda end: re.search(r"(?:[야어아지해]|(?<!니)다)$", end) is not None,
    "해요체": lambda end: re.search(r"[요죠]$", end) is not None,
    "합쇼체": lambda end: re.search(r"(?:니다|니까|시오|시다)$", end) is not None,
    "해체": lambda end: _POLITE.search(end) is None and not end.endswith("다"),
    "해라체": lambda end: _POLITE.search(end) is None and re.search(r"[다까냐라자가니나마렴]$", end) is not None,
}

_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t>*#]*\d{1,3}\.\Z")
"""The number of a list item, and nothing after it."""


def sentences(text: str) -> list[str]:
    """Return the sentences of the visible text: cut at line ends and after . ? ! followed by a space."""
    cuts = [0]
    plain = visible_text(text)
    ends = re.finditer(r"\n+|(?<=[.?!。])[\"'”’)]?\s+", plain)
    cuts += [
        m.end() for m in ends if "\n" in m[0] or not _LIST_NUMBER.search(plain[max(0, m.start() - 16) : m.start()])
    ]
    pieces = (plain[a:b].strip(" \t\n-*#>•") for a, b in pairwise([*cuts, len(plain)]))
    return [piece for piece in pieces if any(map(str.isalnum, piece))]


def bare_ends(pieces: Iterable[str]) -> list[str]:
    """Return the sentences without the signs behind their last letters."""
    return [re.sub(r"[\W_]+$", "", piece) for piece in pieces]


def in_level(ends: Iterable[str], level: str) -> int:
    """Return how many bare ends are in a speech level: a `demands.Style`, 존댓말 (any polite one) or 반말."""
    return sum(map(_LEVELS[level], ends))

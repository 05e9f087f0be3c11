"""What of a text is style and not content: how long it is, how much of it is Markdown. Pure."""

from __future__ import annotations

import re

import numpy as np

from judge.text.code import FENCE
from judge.trust.stats import Array

FEATURES = ("length", "headings", "bold", "list items")
"""Length in characters without white space; the others as counts outside of code blocks."""

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)


def features(text: str) -> tuple[int, int, int, int]:
    """Return the features of a text."""
    prose = FENCE.sub("\n", text)
    length = sum(map(len, text.split()))
    return (length, *(len(pattern.findall(prose)) for pattern in (_HEADING, _BOLD, _ITEM)))  # type: ignore[return-value]


def style_gap(a: str, b: str) -> Array:
    """Return how much more style A has, each feature -1 to 1: (a - b) / (a + b) for the length, and for the others of
    their numbers a 1,000 characters, (a - b) / (a + b + 1).

    As in Arena-Hard's style control (lmarena/arena-hard-auto, `show_result.py`), which counts tokens.
    """
    one, two = np.array(features(a), dtype=float), np.array(features(b), dtype=float)
    total = one[0] + two[0]
    length = (one[0] - two[0]) / total if total else 0.0
    one, two = (1000 * each[1:] / max(1.0, each[0]) for each in (one, two))
    return np.concatenate([[length], (one - two) / (one + two + 1)])

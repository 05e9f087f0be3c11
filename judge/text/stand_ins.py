"""Texts that stand where an answer should: a program met an error and wrote this instead (`$ERROR$`). Pure."""

from __future__ import annotations

import re

_STAND_IN = re.compile(r"[$\[<{*#]{1,3} ?(?:[A-Z]+[ _]){0,2}ERROR(?:[ :_][A-Z0-9 .,:_]{0,160})?[$\]>}*#]{1,3}")
"""Capitals in marks and nothing else: `$ERROR$`, `[ERROR]`, `**NETWORK ERROR DUE TO HIGH TRAFFIC. ...**`."""


def is_stand_in(text: str) -> bool:
    """Whether a whole text is an error message in an answer's place, as FastChat's `$ERROR$`."""
    return _STAND_IN.fullmatch(text.strip()) is not None

"""A text without what a terminal would obey (pure)."""

from __future__ import annotations

import re

ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, links
    r"|\x1b[ -/]*[0-~]"
)


def plain(text: str, keep: str = "") -> str:
    """Return text without terminal sequences; control and invisible characters but `keep` become spaces."""
    return "".join(c if c.isprintable() or c in keep else " " for c in ANSI.sub("", text))

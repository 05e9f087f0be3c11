"""Text of strangers -> Markdown that shows it as it is, in a file that a hub renders. Pure, total functions."""

from __future__ import annotations

import re

from judge.tables.cells import markdown_cell

_OUTER_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_BLOCK_START = re.compile(r"^(?:#{1,6}|[-+]|\d{1,9}(?=[.)]))(?=[.)]?(?:\s|$))")
_LINK_STARTS = re.compile(r"://|(?<=\bwww)\.|(?<=\w)@(?=\w)|(?<=\bmailto):|(?<=\bxmpp):", re.IGNORECASE)


def escaped(text: str) -> str:
    """Return text that stays in its cell or line and becomes no markup, HTML, comment, link or image.

    On top of a table's cell: `_`, `~` and `$` that would be emphasis, strike-through or mathematics, what a hub
    would make a link of by itself (addresses), and what would begin a heading or a list.
    """
    safe = _OUTER_UNDERSCORE.sub(r"\\_", markdown_cell(text)).replace("~", r"\~").replace("$", r"\$")
    safe = _BLOCK_START.sub(lambda found: found[0] + "\\" if found[0].isdigit() else "\\" + found[0], safe)
    return _LINK_STARTS.sub(lambda found: "".join(f"&#{ord(c)};" for c in found[0][:1]) + found[0][1:], safe)


def bold(text: str) -> str:
    """Return escaped text in bold."""
    return f"**{text}**"


def link(text: str, url: str) -> str:
    """Return a Markdown link to a checked URL; `text` is escaped already."""
    return f"[{text}]({url})"

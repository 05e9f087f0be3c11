"""A section into a README between its markers, without touching one byte of the rest. Pure.

<!-- kojudge:begin -->
...                      only what stands here is replaced
<!-- kojudge:end -->
"""

from __future__ import annotations

import re
from pathlib import Path

from judge.errors import InputError

BEGIN = "<!-- kojudge:begin -->"
END = "<!-- kojudge:end -->"

_MARK = re.compile(r"<!--[ \t]*kojudge:(begin|end)[ \t]*-->")
_ALONE = re.compile(r"^\ufeff?[ \t]*<!--[ \t]*kojudge:(?:begin|end)[ \t]*-->[ \t]*\r?$", re.MULTILINE)
_LICENCE = re.compile(
    r"^#{1,6}[ \t](?:[^\w\n]|\d)*(?:licen[cs](?:es?|ing)|라이[선센]스)[ \t]*"
    r"(?:$|[&/,:(·*]|\r|(?:and|및|정보|information|notice)\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""A heading of that section, numbered or decorated, too, not of a model that reads licence plates."""

_FRONT = re.compile(r"\ufeff?\s*---[ \t]*\r?\n.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


def line_end(text: str) -> str:
    """Return the line end that most lines of a text have."""
    crlf = text.count("\r\n")
    return "\r\n" if crlf * 2 > text.count("\n") else "\n"


def marked(section: str) -> str:
    """Return a section between its markers."""
    return f"{BEGIN}\n{section.rstrip()}\n{END}\n"


def merged(readme: str, section: str, *, path: Path) -> str:
    """Return the README with the section between its markers; without markers before the licence, else at the end.

    The section takes the README's line ends; everything outside the markers, and the markers themselves, stay as
    they are. Raises InputError (line) for a marker that is missing, doubled, in the wrong order or not alone.
    """
    end = line_end(readme)
    body = section.rstrip().replace("\n", end) + end
    place = _between(readme, path)
    if place is not None:
        return readme[: place[0]] + body + readme[place[1] :]
    at = _licence(readme)
    before, behind = readme[:at], readme[at:]
    blank = not before.strip("\ufeff") or before.endswith(end + end)
    gap = "" if blank else end if before.endswith("\n") else end + end
    return f"{before}{gap}{BEGIN}{end}{body}{END}{end}{end * bool(behind)}{behind}"


def _licence(readme: str) -> int:
    """Return where the section on the licence begins, which comes last in a card; the end where there is none."""
    front = _FRONT.match(readme)  # its comments look like headings
    headings = (heading.start() for heading in _LICENCE.finditer(readme, front.end() if front else 0))
    return next((place for place in headings if not readme.count("```", 0, place) % 2), len(readme))


def _between(readme: str, path: Path) -> tuple[int, int] | None:
    """Return where the section stands (after the line of the first marker, before that of the second)."""
    alone = {match.start() + match[0].index("<") for match in _ALONE.finditer(readme)}
    found = list(_MARK.finditer(readme))
    lines = {kind: [_line(readme, m.start()) for m in found if m[1] == kind] for kind in ("begin", "end")}
    if not found:
        return None
    for mark in found:
        if mark.start() not in alone:
            what = f"the marker {mark[0]} does not stand alone"
            raise InputError(what, path=path, line=_line(readme, mark.start()), mend="give it a line of its own")
    for kind, other in (("begin", END), ("end", BEGIN)):
        if len(lines[kind]) > 1:
            what = f"is a second <!-- kojudge:{kind} --> (the first is in line {lines[kind][0]})"
            raise InputError(what, path=path, line=lines[kind][1], mend="keep one pair of markers")
        if not lines["end" if kind == "begin" else "begin"]:
            what = f"<!-- kojudge:{kind} --> without {other}"
            raise InputError(what, path=path, line=lines[kind][0], mend="add the other marker, or delete this one")
    first, second = found
    if first[1] == "end":
        raise InputError(f"{END} stands before {BEGIN}", path=path, line=lines["end"][0], mend="swap them")
    return readme.index("\n", first.end()) + 1, readme.rfind("\n", 0, second.start()) + 1


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1

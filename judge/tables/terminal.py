"""A table of plain text cells -> text for a terminal of so many columns. Pure, total functions.

What strangers wrote is shown as it is, control characters spelled out (`\\x1b`), so that nothing a model is called can
move the cursor. A number is never broken: a table that is too wide is cut into blocks under each other, each with the
names in front; names and sentences are wrapped. Widths are those of a terminal, where a Korean letter takes two cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells

from judge.tables.cells import Grid

GAP = "  "
NARROWEST = 12
"""Cells below which a column of names is not squeezed."""

BOLD, DIM, YELLOW = "1", "2", "33"

_BREAKS = re.compile(r"[^\s/_,-]*(?:[/_,-]+\s*|\s+|$)")


@dataclass(frozen=True)
class Screen:
    """What the text is shown on."""

    width: int = 80
    colour: bool = False

    def paint(self, text: str, style: str) -> str:
        """Return text in a style, as it is where colours are off."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and text else text


def visible(text: str) -> str:
    """Return text in one line, control and invisible characters spelled out."""
    return "".join(c if c.isprintable() else _spelled(c) for c in " ".join(_WHITE.split(text)).strip())


_WHITE = re.compile(r"[ \t\r\n]+")


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def wrap(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` cells: broken at blanks, `/`, `-`, `_`, `,`, else anywhere."""
    lines = [""]
    for piece in filter(None, _BREAKS.findall(text)):
        if cell_len(lines[-1] + piece.rstrip()) <= width:
            lines[-1] += piece
            continue
        parts = chop_cells(piece, width) if cell_len(piece.rstrip()) > width else [piece]
        lines = lines if lines[-1] else lines[:-1]
        lines += parts
    return [line.rstrip() for line in lines]


def screen_lines(lines: Iterable[str], screen: Screen) -> str:
    """Return a list of sentences, wrapped and indented."""
    shown = []
    for line in lines:
        first, *rest = wrap(visible(line), max(NARROWEST, screen.width - 2))
        shown += [f"- {first}", *(f"  {more}" for more in rest)]
    return "\n".join(screen.paint(line, DIM) for line in shown)


def screen_text(text: str, screen: Screen, style: str = "") -> str:
    """Return a sentence, wrapped; one that begins with ! is a warning."""
    style = style or (YELLOW if text.startswith("!") else "")
    lines = wrap(visible(text), screen.width)
    return "\n".join(screen.paint(line, style) if style else line for line in lines)


def screen_grid(grid: Grid, screen: Screen) -> str:
    """Return a table for a terminal, with its title, the lines above it and its footnotes."""
    header, lines = [visible(cell) for cell in grid.header], [[visible(cell) for cell in line] for line in grid.lines]
    same = _same(header, lines, grid.names)
    names = [i for i in range(grid.names) if i not in same]
    numbers = list(range(grid.names, len(header)))
    common = " · ".join(f"{header[i]} {lines[0][i]}" for i in same if lines[0][i] not in ("", "-", visible(grid.title)))
    parts = [screen_text(grid.title, screen, BOLD)] if grid.title else []
    parts += [screen_text(common, screen)] if common else []
    parts += [screen_text(line, screen) for line in grid.above]
    parts += _blocks(header, lines, names, numbers, screen)
    parts += [screen_lines(grid.below, screen)] if grid.below else []
    return "\n\n".join(parts)


def _same(header: Sequence[str], lines: Sequence[Sequence[str]], names: int) -> list[int]:
    """Return the columns of names that say the same in every line: said once above the table."""
    alike = [i for i in range(names) if len({line[i] for line in lines}) == 1]
    if len(header) == names and (len(lines) < 2 or len(alike) == names):
        return []
    return alike if lines else []


def _blocks(
    header: list[str], lines: list[list[str]], names: list[int], numbers: list[int], screen: Screen
) -> list[str]:
    """Return the table in as few blocks as fit, with names as wide as that allows."""
    natural = {i: max(map(cell_len, [header[i], *(line[i] for line in lines)])) for i in [*names, *numbers]}
    full = sum(natural[i] + len(GAP) for i in names)
    least = sum(min(natural[i], NARROWEST) + len(GAP) for i in names)
    if not numbers:
        return [_block(header, lines, _squeezed(natural, names, screen.width), names)]
    most = max(least, min(full, screen.width - max(natural[i] for i in numbers)))  # no number falls off the edge
    found = {room: _packed(natural, numbers, screen.width - room) for room in range(least, most + 1)}
    fewest = min(len(columns) for columns in found.values())
    room = max(room for room, columns in found.items() if len(columns) == fewest)
    widths = _squeezed(natural, names, room - len(GAP)) | {i: natural[i] for i in numbers}
    shown = []
    for columns in found[room]:
        free = screen.width - room
        fitted = widths | {i: min(natural[i], max(free, NARROWEST)) for i in columns}
        shown.append(_painted(_block(header, lines, fitted, [*names, *columns], len(names)), screen))
    return shown


def _squeezed(natural: dict[int, int], names: list[int], room: int) -> dict[int, int]:
    """Return widths of the columns of names that add up to `room` with their gaps: the widest give first."""
    widths = {i: natural[i] for i in names}
    while widths and sum(widths.values()) + len(GAP) * (len(widths) - 1) > room:
        widest = max(widths, key=lambda i: widths[i])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _packed(natural: dict[int, int], numbers: list[int], room: int) -> list[list[int]]:
    """Return the columns of numbers in blocks of at most `room` cells."""
    blocks: list[list[int]] = [[]]
    for i in numbers:
        used = sum(natural[j] + len(GAP) for j in blocks[-1])
        if blocks[-1] and used + natural[i] > room:
            blocks.append([])
        blocks[-1].append(i)
    return blocks


def _block(
    header: list[str], lines: list[list[str]], widths: dict[int, int], columns: list[int], left: int | None = None
) -> str:
    shown = []
    for line in [header, *lines]:
        cells = [wrap(line[i], widths[i]) for i in columns]
        for at in range(max(map(len, cells), default=0)):
            parts = []
            for place, (i, cell) in enumerate(zip(columns, cells, strict=True)):
                text = cell[at] if at < len(cell) else ""
                gap = " " * (widths[i] - cell_len(text))
                parts.append(text + gap if left is None or place < left else gap + text)
            shown.append(GAP.join(parts).rstrip())
        if line is header:
            shown.append(GAP.join("-" * widths[i] for i in columns))
    return "\n".join(shown)


def _painted(block: str, screen: Screen) -> str:
    first, rest = block.split("\n", 1)
    return f"{screen.paint(first, BOLD)}\n{rest}"

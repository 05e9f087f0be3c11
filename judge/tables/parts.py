"""Parts of a report as text, shared by the verbs that print more than one table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from judge.tables.cells import Grid, markdown_cell, markdown_grid
from judge.tables.columns import points
from judge.tables.terminal import Screen, screen_grid, screen_lines, screen_text
from judge.wording import Lang, worded

ReportFormat = Literal["text", "md", "csv", "json"]
"""text: for a terminal."""


@dataclass(frozen=True)
class Listed:
    """Sentences under each other."""

    lines: tuple[str, ...]


Block = Grid | Listed | str


def grid_of(title: str, header: Sequence[str], lines: Iterable[Sequence[str]], names: int = 1) -> Grid:
    """Return a table, the first `names` columns left-aligned."""
    return Grid(title, (), list(header), names, [list(line) for line in lines])


def bullet_list(lines: Iterable[str]) -> Listed:
    """Return a list."""
    return Listed(tuple(lines))


def blocks(parts: Iterable[Block], format: ReportFormat = "md", screen: Screen | None = None, lang: Lang = "en") -> str:
    """Return the parts that say something, with a blank line between: Markdown, or `text` for a screen."""
    said = in_language(parts, lang)
    if format == "text":
        shown = [_on_screen(part, screen or Screen()) for part in said]
    else:
        shown = [_markdown(part) for part in said]
    return "\n\n".join(part for part in shown if part) + "\n"


def in_language(parts: Iterable[Block], lang: Lang) -> list[Block]:
    """Return the parts with their notes in a language."""
    return [
        part.worded(lang)
        if isinstance(part, Grid)
        else bullet_list(worded(line, lang) for line in part.lines)
        if isinstance(part, Listed)
        else worded(part, lang)
        for part in parts
    ]


def _markdown(part: Block) -> str:
    if isinstance(part, Grid):
        return markdown_grid(part)
    if isinstance(part, Listed):
        return "\n".join(f"- {markdown_cell(line)}" for line in part.lines)
    return markdown_cell(part)


def _on_screen(part: Block, screen: Screen) -> str:
    if isinstance(part, Grid):
        return screen_grid(part, screen)
    return screen_lines(part.lines, screen) if isinstance(part, Listed) else screen_text(part, screen)


def signed(number: float, digits: int = 2) -> str:
    """Return a difference with its sign; `-` for nan."""
    text = points(number, digits)
    return text if text.startswith("-") else f"+{text}"


def p_text(p: float) -> str:
    """Return a p value with three decimals; below that `<0.001`."""
    return "-" if p != p else "<0.001" if p < 0.001 else f"{p:.3f}"

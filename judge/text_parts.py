"""Parts of a report as text, shared by the verbs that print more than one table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from judge.extra_columns import points as points
from judge.grids import Grid, markdown_grid

Format = Literal["md", "csv", "json"]


def table(title: str, header: Sequence[str], lines: Iterable[Sequence[str]], names: int = 1) -> str:
    """Return a Markdown table, the first `names` columns left-aligned."""
    return markdown_grid(Grid(title, (), list(header), names, [list(line) for line in lines]))


def blocks(parts: Iterable[str]) -> str:
    """Return the parts that say something, with a blank line between."""
    return "\n\n".join(part for part in parts if part) + "\n"


def listed(lines: Iterable[str]) -> str:
    """Return a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def signed(number: float, digits: int = 2) -> str:
    """Return a difference with its sign; `-` for nan."""
    text = points(number, digits)
    return text if text.startswith("-") else f"+{text}"


def p_text(p: float) -> str:
    """Return a p value with three decimals; below that `<0.001`."""
    return "-" if p != p else "<0.001" if p < 0.001 else f"{p:.3f}"

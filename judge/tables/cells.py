"""A table of plain text cells -> Markdown, LaTeX, CSV; any value -> JSON. Pure, total functions.

Names and texts come from strangers, so every cell is made harmless for its format.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from judge.text.plain import plain
from judge.wording import Lang, worded

MARKDOWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {c: "\\" + c for c in "\\|`*[]"})
LATEX = str.maketrans(
    {c: "\\" + c for c in "&%$#_{}"}
    | {c: f"{{{c}}}" for c in "[]*"}  # at the begin of a row [ and * are arguments of the \\ before it
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}"}
)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True)
class Grid:
    """One table before its format: plain text cells, the first `names` columns left-aligned."""

    title: str
    above: tuple[str, ...]
    header: list[str]
    names: int
    lines: list[list[str]]
    below: tuple[str, ...] = ()
    """Footnotes; footnote n is marked (n) in its cell."""

    def worded(self, lang: Lang) -> Grid:
        """Return the table with its notes in a language."""
        above, below = (tuple(worded(line, lang) for line in lines) for lines in (self.above, self.below))
        header, *lines = [[worded(cell, lang) for cell in line] for line in (self.header, *self.lines)]
        return Grid(worded(self.title, lang), above, header, self.names, lines, below)


def csv_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; a number with a sign is none."""
    if _NUMBER.fullmatch(text):
        return text
    seen = plain(text, keep="\t\r\n")
    guard = "'" if seen.startswith(FORMULA_STARTS) or seen.lstrip().startswith(FORMULA_STARTS) else ""
    return guard + plain(text)


def markdown_cell(text: str) -> str:
    """Return text that stays one cell of a Markdown table and is neither HTML nor markup."""
    return " ".join(plain(text).split()).translate(MARKDOWN)


def latex_cell(text: str) -> str:
    """Return text without any LaTeX command."""
    return " ".join(plain(text).split()).translate(LATEX)


def markdown_table(header: Sequence[str], lines: Iterable[Sequence[str]], names: int = 1) -> str:
    """Return a Markdown table of escaped cells, columns lined up, the first `names` left-aligned."""
    cells = [header, *lines]
    widths = [max(3, *(cell_len(line[i]) for line in cells)) for i in range(len(header))]

    def row(line: Sequence[str]) -> str:
        gaps = [" " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)]
        padded = [c + gap if i < names else gap + c for i, (c, gap) in enumerate(zip(line, gaps, strict=True))]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * w if i < names else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join([row(header), row(rule), *map(row, cells[1:])])


def markdown_grid(grid: Grid) -> str:
    """Return a Markdown table with its title, lines above and footnotes."""
    header, *lines = [[markdown_cell(cell) for cell in line] for line in [grid.header, *grid.lines]]
    blocks = [f"### {markdown_cell(grid.title)}"] if grid.title else []
    blocks += [markdown_cell(line) for line in grid.above]
    blocks.append(markdown_table(header, lines, grid.names))
    if grid.below:
        blocks.append("\n".join(f"- {markdown_cell(line)}" for line in grid.below))
    return "\n\n".join(blocks)


def latex_grid(grid: Grid) -> str:
    """Return the same for booktabs."""

    def row(line: list[str]) -> str:
        return " & ".join(map(latex_cell, line)) + r" \\"

    blocks = [rf"\noindent\textbf{{{latex_cell(grid.title)}}}\par"] if grid.title else []
    blocks += [rf"\noindent {latex_cell(line)}\par" for line in grid.above]
    shape = "l" * grid.names + "r" * (len(grid.header) - grid.names)
    body = [r"\toprule", row(grid.header), r"\midrule", *map(row, grid.lines), r"\bottomrule"]
    blocks += [rf"\noindent\begin{{tabular}}{{{shape}}}", *body, r"\end{tabular}"]
    blocks += [rf"\par\noindent {{\footnotesize {latex_cell(line)}}}" for line in grid.below]
    return "\n".join(blocks)


def csv_text(lines: Iterable[list[str]]) -> str:
    """Return lines of cells as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([csv_cell(cell) for cell in line] for line in lines)
    return out.getvalue()


def json_dump(value: Any) -> str:
    """Return a value as JSON with a line end; nan and infinity are null.

    What json leaves bare but a terminal obeys (C1, bidi marks) or UTF-8 cannot hold is spelled \\uXXXX.
    """
    text = json.dumps(_finite(value), ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if -float("inf") < value < float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list | tuple) else value

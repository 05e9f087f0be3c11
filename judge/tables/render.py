"""Rows -> text: Markdown, CSV, JSON, LaTeX, a terminal's. Pure, total; `numbers` rounds, for text alone.

`render_rows(rows, format=..., by=..., ...)` is what `api/table` calls. Markdown, LaTeX and `text` (for a terminal) go
through the same `Grid`s. Names come from paths and files of strangers, so every cell is made harmless for its format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Literal

from judge.records import BASELINE_CATEGORIES
from judge.tables.cells import Grid, csv_text, json_dump, latex_grid, markdown_grid
from judge.tables.columns import csv_cells, csv_columns, json_extras, plus_minus, shown_cells, shown_columns
from judge.tables.failures import by_kind, kinds_of
from judge.tables.means import (
    COUNT_COLUMNS,
    KEY_COLUMNS,
    MEAN_COLUMNS,
    NOTES,
    RANGE_COLUMNS,
    asked_unlike,
    category_order,
    columns,
    scores,
    sort_rows,
)
from judge.tables.numbers import Rounding, as_float, format_score
from judge.tables.results import OFFLINE
from judge.tables.row import Row
from judge.tables.terminal import Screen, screen_grid
from judge.wording import Lang, Note, joined

TableFormat = Literal["text", "md", "csv", "json", "latex"]
"""text: for a terminal."""
View = Literal["strategy", "model", "judge", "turn"]

TOTAL = "전체"
"""The line under the categories of the by-turn view."""

SEVERAL_SETS = Note(
    "rows of different question sets answer different questions: they are not ranked or compared together",
    "문항 세트가 다른 행은 서로 다른 질문에 답한 것이므로 함께 순위를 매기거나 견주지 않음",
)

SEVERAL_GROUPS = Note(
    "! these rows were not all asked the same questions: only rows of one group (column group) were, and only they can "
    "be set side by side; kojudge compare pairs the questions in common",
    "! 모두 같은 질문을 받은 행이 아님: 같은 질문을 받은 것은 group 열이 같은 행뿐이며 그 행끼리만 견줄 수 있음. "
    "kojudge compare는 공통된 문항만 짝지어 견줌",
)

TURN_HEADER = ["category", *MEAN_COLUMNS]
ROWS_NAMED = 8
"""A warning names this many rows and counts the others."""


def render_rows(
    rows: Iterable[Row],
    *,
    format: TableFormat = "md",
    by: View = "strategy",
    rounding: Rounding = "half-up",
    caveat: str = "",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return the table in a format and view, ending in a line end. `caveat` stands above offline tables.

    `screen` is what `text` is for: 80 columns without colours where not given. `lang`: of the notes, where people read
    them; CSV and JSON are for programs.
    """
    given = sort_rows(rows, "strategy" if by == "turn" else by)
    if format == "csv":
        return csv_by_turn(given, rounding) if by == "turn" else csv(given, rounding)
    if format == "json":
        return json_by_turn(given) if by == "turn" else json_text(given)
    if format == "text":
        on = screen or Screen()
        grids = _grids(given, by, rounding, caveat, compact=True)
        return "\n\n".join(screen_grid(grid.worded(lang), on) for grid in grids) + "\n"
    draw = markdown if format == "md" else latex
    return draw(given, by=by, rounding=rounding, caveat=caveat, lang=lang)


def warning(rows: Sequence[Row]) -> Note | None:
    """Return one line that says which verdicts of a table failed or are missing; None where all are there."""
    short = [row for row in rows if row.failed or row.missing]
    if not short:
        return None
    failed, missing = sum(row.failed for row in short), sum(row.missing for row in short)
    total = sum(row.expected for row in rows)
    kinds = by_kind(kinds_of(short))
    parts = [f"{failed} of {total} verdicts failed" + (f" ({kinds})" if kinds else "")] if failed else []
    parts += [f"{missing} missing" if failed else f"{missing} of {total} verdicts missing"] if missing else []
    lacks = [f"실패 {failed}건" + (f"({kinds})" if kinds else "")] * bool(failed) + [f"없는 것 {missing}건"] * bool(
        missing
    )
    several = len({row.judge for row in rows}) > 1
    named = [f"{row.model} {row.strategy}" + f" {row.judge}" * several for row in short[:ROWS_NAMED]]
    more = len(short) - ROWS_NAMED
    zero = short[0].failures == "zero"
    rule = f" (failed verdicts {'count as 0' if zero else 'are left out of the means'})" * bool(failed)
    counted = f" (실패한 판정은 {'0점으로 셈' if zero else '평균에서 뺌'})" * bool(failed)
    rows_en, rows_ko = (
        ", ".join([*named, *[text.format(more)] * (more > 0)]) for text in ("and {} more rows", "그 밖의 {}행")
    )
    return Note(
        f"! {', '.join(parts)}: {rows_en}{rule}", f"! 판정 {total}건 가운데 {', '.join(lacks)}: {rows_ko}{counted}"
    )


def csv(rows: Sequence[Row], rounding: Rounding = "half-up") -> str:
    """Return the rows as CSV; scores with two decimals, empty where nothing was judged.

    What was asked for beside the means (intervals, gate, calibration) stands behind the counts.
    """
    categories = category_order(rows)
    more = csv_columns(rows)
    lines = [
        [*_line(row, categories, rounding, ""), *_range_cells(row), *csv_cells(row, more, rounding)] for row in rows
    ]
    return csv_text([[*columns(rows), *more], *lines])


def csv_by_turn(rows: Sequence[Row], rounding: Rounding = "half-up") -> str:
    """Return one line a category and one named 전체 with the counts for each row."""
    more = (NOTES,) if any(row.notes for row in rows) else ()
    lines = [[*KEY_COLUMNS, *TURN_HEADER, *COUNT_COLUMNS, *RANGE_COLUMNS, *more]]
    for row in rows:
        names = [row.model, row.strategy, row.judge_label]
        *categories, total = _turn_lines(row, rounding, "")
        known = [*_range_cells(row), *[row.noted] * len(more)]
        lines += [[*names, *line, "", "", "", *known] for line in categories]
        lines.append([*names, *total, *_counts(row), *known])
    return csv_text(lines)


def json_text(rows: Sequence[Row]) -> str:
    """Return `{"rows": [...]}` with unrounded floats, null where nothing was judged."""
    categories = category_order(rows)
    return _json(rows, lambda row: {c: as_float(row.categories.get(c)) for c in categories})


def json_by_turn(rows: Sequence[Row]) -> str:
    """Return `{"rows": [...]}` with `categories: {name: {single, multi, mean}}`, unrounded."""

    def turns(row: Row) -> dict[str, Any]:
        return {
            name: {"single": as_float(single), "multi": as_float(multi), "mean": as_float(row.categories[name])}
            for name, (single, multi) in row.category_turns.items()
        }

    return _json(rows, turns)


def markdown(
    rows: Iterable[Row], *, by: View, rounding: Rounding = "half-up", caveat: str = "", lang: Lang = "en"
) -> str:
    """Return Markdown tables.

    strategy: one table; model, judge: one a strategy; turn: one a row, category x (싱글턴, 멀티턴, both), as
    LogicKor's score.py shows it. Offline rows stand apart at the end.
    """
    return "\n\n".join(markdown_grid(grid.worded(lang)) for grid in _grids(rows, by, rounding, caveat)) + "\n"


def latex(rows: Iterable[Row], *, by: View, rounding: Rounding = "half-up", caveat: str = "", lang: Lang = "en") -> str:
    """Return the tables of `markdown` for booktabs."""
    drawn = [latex_grid(grid.worded(lang)) for grid in _grids(rows, by, rounding, caveat)]
    return "\n\n".join(["% \\usepackage{booktabs,kotex}", *drawn]) + "\n"


def _grids(rows: Iterable[Row], by: View, rounding: Rounding, caveat: str, *, compact: bool = False) -> list[Grid]:
    """Return the tables; `compact`: the counts in one column. Each footnote is said once, below the last table."""

    def title(row: Row) -> str:
        which = (Note(f"question set {row.question_set}", f"문항 세트 {row.question_set}"),) * bool(row.question_set)
        if by == "turn":
            return joined((row.model, row.strategy, row.judge_label, *which), " · ")
        parts = (OFFLINE,) * row.offline + (row.strategy,) * (by != "strategy")
        return joined((part for part in (": ".join(parts), *which) if part), ", ")

    given = sort_rows(rows, "strategy" if by == "turn" else by)
    noted = dict.fromkeys(note for row in given for note in row.notes)
    notes = {note: f" ({number})" for number, note in enumerate(noted, start=1)}
    grids: list[Grid] = []
    for name, found in groupby(given, key=title):
        table = list(found)
        said = not table[0].offline or any(caveat in grid.above for grid in grids)
        unlike = SEVERAL_GROUPS if by != "turn" and asked_unlike(table) else ""
        above = tuple(line for line in ("" if said else caveat, unlike, warning(table)) if line)
        if by == "turn":
            grids.append(_turn_grid(table, name, above, rounding, notes))
        else:
            grids.append(_grid(table, name, above, rounding, notes, compact))
    if grids:
        legend = dict.fromkeys(line for row in given for line in row.legend)
        several = (SEVERAL_SETS,) * (by != "turn" and any(row.question_set for row in given))
        marked = (joined([mark.strip(), note], " ") for note, mark in notes.items())
        footnotes = (*marked, *legend, *several)
        grids[-1] = replace(grids[-1], below=(*grids[-1].below, *footnotes))
    return grids


def _marks(row: Row, notes: Mapping[str, str]) -> str:
    return "".join(notes[note] for note in dict.fromkeys(row.notes))


def _grid(
    rows: list[Row], title: str, above: tuple[str, ...], rounding: Rounding, notes: Mapping[str, str], compact: bool
) -> Grid:
    expected = {name for row in rows for name in row.categories}
    six = set(BASELINE_CATEGORIES) if expected.intersection(BASELINE_CATEGORIES) else set()
    categories = [c for c in category_order(rows) if c in expected | six]  # all of the six or none
    more = shown_columns(rows)
    counted = _compact_counts if compact else _counts
    lines = [
        [*_means(row, categories, rounding, "-"), *counted(row), *shown_cells(row, more, rounding)] for row in rows
    ]
    overall = len(KEY_COLUMNS) + len(categories) + len(MEAN_COLUMNS) - 1
    for row, line in zip(rows, lines, strict=True):
        line[0] += _marks(row, notes)
        line[overall] += plus_minus(row)
    header = [*KEY_COLUMNS, *categories, *MEAN_COLUMNS, *(COUNT_COLUMNS[:1] if compact else COUNT_COLUMNS), *more]
    return Grid(title, above, header, len(KEY_COLUMNS), lines)


def _turn_grid(
    rows: list[Row], title: str, above: tuple[str, ...], rounding: Rounding, notes: Mapping[str, str]
) -> Grid:
    lines = [line for row in rows for line in _turn_lines(row, rounding, "-")]
    lines[-1][-1] += plus_minus(rows[-1])
    counts = tuple(
        Note(
            f"judged {row.judged}, failed {row.failed}, expected {row.expected}",
            f"판정 {row.judged}건, 실패 {row.failed}건, 전체 {row.expected}건",
        )
        for row in rows
    )
    marks = "".join(dict.fromkeys(notes[note] for row in rows for note in row.notes))
    return Grid(joined([title, marks], ""), above, TURN_HEADER, 1, lines, counts)


def _line(row: Row, categories: list[str], rounding: Rounding, none: str) -> list[str]:
    return [*_means(row, categories, rounding, none), *_counts(row)]


def _means(row: Row, categories: list[str], rounding: Rounding, none: str) -> list[str]:
    means = [format_score(score, rounding, none=none) for score in scores(row, categories)]
    return [row.model, row.strategy, row.judge_label, *means]


def _counts(row: Row) -> list[str]:
    return [str(row.judged), str(row.failed), str(row.expected)]


def _range_cells(row: Row) -> list[str]:
    return [f"{end:g}" for end in row.score_range]


def _compact_counts(row: Row) -> list[str]:
    whole = f"{row.judged}/{row.expected}"
    return [Note(f"{whole}, {row.failed} failed", f"{whole}, 실패 {row.failed}") if row.failed else whole]


def _turn_lines(row: Row, rounding: Rounding, none: str) -> list[list[str]]:
    order = [name for name in category_order([row]) if name in row.categories]
    table = [(name, *row.category_turns[name], row.categories[name]) for name in order]
    table.append((TOTAL, row.single, row.multi, row.overall))
    return [[name, *(format_score(score, rounding, none=none) for score in means)] for name, *means in table]


def _json(rows: Sequence[Row], categories: Callable[[Row], dict[str, Any]]) -> str:
    listed = [
        {"model": row.model, "strategy": row.strategy, "judge": row.judge_label}
        | {"categories": categories(row)}
        | {"single": as_float(row.single), "multi": as_float(row.multi), "overall": as_float(row.overall)}
        | {"judged": row.judged, "failed": row.failed, "expected": row.expected}
        | {"mean_of_judged": as_float(row.mean_of_judged), "offline": row.offline, "range": list(row.score_range)}
        | json_extras(row)
        for row in rows
    ]
    return json_dump({"rows": listed})

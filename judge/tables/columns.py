"""What a table shows behind its means and counts, only where it was asked for: interval, rank, gate, calibration.

Pure. Markdown and LaTeX show few columns for people, CSV one number a cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from judge.tables.means import NOTES, asked_unlike
from judge.tables.numbers import Rounding, as_float, format_score
from judge.tables.row import Row
from judge.tables.shared_notes import is_scaled

CI = ("Overall_low", "Overall_high")
RANK = ("rank", "rank_low", "rank_high", "tied_with")
GATE = ("Overall_gated", "gate_changed")
FLOOR = ("floor_model", "floor")
QUESTIONS = ("question_set",)
GROUP = ("question_group",)
RAW = ("싱글턴_raw", "멀티턴_raw", "Overall_raw")
EQUATED = ("equated_to", "equated", "equated_low", "equated_high")

SHOWN_RAW = ("raw",)
SHOWN_GROUP = ("group",)
SHOWN_RANK = ("rank", "tied with")
SHOWN_GATE = ("gated", "changed")
SHOWN_EQUATED = "equated to "


def csv_columns(rows: Sequence[Row]) -> list[str]:
    """Return the names of the columns that any row has something for."""
    found: tuple[str, ...] = CI if any(row.interval for row in rows) else ()
    found += RANK if any(row.ranks for row in rows) else ()
    found += GATE if any(row.gated for row in rows) else ()
    found += EQUATED if any(row.equated for row in rows) else ()
    found += FLOOR if any(row.floor for row in rows) else ()
    found += QUESTIONS if any(row.question_set for row in rows) else ()
    found += GROUP if any(row.question_group for row in rows) else ()
    found += RAW if any(row.raw for row in rows) else ()
    found += (NOTES,) if any(row.notes for row in rows) else ()
    return list(found)


def csv_cells(row: Row, names: Sequence[str], rounding: Rounding) -> list[str]:
    """Return the cells of a row under `csv_columns`; empty where it has nothing."""
    cells: dict[str, str] = {}
    if row.interval:
        cells |= zip(CI, (points(row.interval.low), points(row.interval.high)), strict=True)
    if row.ranks:
        places = [str(place) for place in (row.ranks.rank, row.ranks.low, row.ranks.high)]
        cells |= zip(RANK, [*places, spans(row.ranks.tied)], strict=True)
    if row.gated:
        cells |= zip(GATE, (format_score(row.gated.overall, rounding), str(row.gated.changed)), strict=True)
    if row.equated:
        numbers = map(points, (row.equated.score, row.equated.low, row.equated.high))
        cells |= zip(EQUATED, (row.equated.old, *numbers), strict=True)
    if row.floor:
        cells |= zip(FLOOR, (row.floor.model, format_score(row.floor.overall, rounding)), strict=True)
    if row.question_set:
        cells[QUESTIONS[0]] = str(row.question_set)
    if row.question_group:
        cells[GROUP[0]] = str(row.question_group)
    if row.raw:
        means = (row.raw.single, row.raw.multi, row.raw.overall)
        cells |= zip(RAW, (format_score(mean, rounding) for mean in means), strict=True)
    cells[NOTES] = row.noted
    return [cells.get(name, "") for name in names]


def shown_columns(rows: Sequence[Row]) -> list[str]:
    """Return the same for Markdown and LaTeX; the interval stands beside Overall itself."""
    found: tuple[str, ...] = SHOWN_RAW if any(row.raw and is_scaled(row.shared) for row in rows) else ()
    found += SHOWN_GROUP if asked_unlike(rows) else ()
    found += SHOWN_RANK if any(row.ranks for row in rows) else ()
    found += SHOWN_GATE if any(row.gated for row in rows) else ()
    scales = dict.fromkeys(SHOWN_EQUATED + row.equated.old for row in rows if row.equated)
    return [*found, *scales]


def shown_cells(row: Row, names: Sequence[str], rounding: Rounding) -> list[str]:
    """Return the cells of a row under `shown_columns`; `-` where it has nothing."""
    cells: dict[str, str] = {SHOWN_GROUP[0]: str(row.question_group)}
    if row.raw:
        cells[SHOWN_RAW[0]] = format_score(row.raw.overall, rounding, none="-")
    if row.ranks:
        rank = f"{row.ranks.rank} ({spans(range(row.ranks.low, row.ranks.high + 1))})"
        cells |= zip(SHOWN_RANK, (rank, spans(row.ranks.tied) or "-"), strict=True)
    if row.gated:
        gated = format_score(row.gated.overall, rounding, none="-")
        cells |= zip(SHOWN_GATE, (gated, f"{row.gated.changed} of {row.gated.examined}"), strict=True)
    if row.equated:
        half = (row.equated.high - row.equated.low) / 2
        cells[SHOWN_EQUATED + row.equated.old] = f"{points(row.equated.score)} ±{points(half)}"
    return [cells.get(name, "-") for name in names]


def plus_minus(row: Row) -> str:
    """Return ` ±0.79`, nothing where no interval was asked for."""
    return f" ±{points(row.interval.half)}" if row.interval else ""


def json_extras(row: Row) -> dict[str, Any]:
    """Return what a machine must know beside the means, and what was asked for, unrounded; no key for what was not."""
    found: dict[str, Any] = {"questions": row.questions, "of_questions": row.of_questions, "missing": row.missing}
    found |= {"failure_kinds": dict(row.kinds), "failure_rule": row.failures, "notes": list(row.notes)}
    found |= {"legend": list(row.legend)}
    if row.question_set:
        found["question_set"] = row.question_set
    if row.question_group:
        found["question_group"] = row.question_group
    if row.interval:
        interval = row.interval
        found["interval"] = {"low": interval.low, "high": interval.high, "error": interval.error}
        found["interval"] |= {"method": interval.method}
    if row.ranks:
        ranks = row.ranks
        found["rank"] = {"rank": ranks.rank, "low": ranks.low, "high": ranks.high, "tied_with": list(ranks.tied)}
    if row.gated:
        found["gated"] = {"overall": as_float(row.gated.overall)}
        found["gated"] |= {"changed": row.gated.changed, "examined": row.gated.examined}
    if row.equated:
        equated = row.equated
        found["equated"] = {"to": equated.old, "score": equated.score, "low": equated.low, "high": equated.high}
    if row.raw:
        raw = row.raw
        found["raw"] = {"categories": {name: as_float(mean) for name, mean in raw.categories.items()}}
        found["raw"] |= {"single": as_float(raw.single), "multi": as_float(raw.multi), "overall": as_float(raw.overall)}
        found["shared"] = [
            {"judge": one.judge, "questions": one.questions, "mean": one.mean, "spread": one.spread}
            | {"factor": float(one.factor), "shift": float(one.shift)}
            for one in row.shared
        ]
    if row.floor:
        found["floor"] = {"model": row.floor.model or None, "overall": as_float(row.floor.overall)}
    return found


def points(number: float, digits: int = 2) -> str:
    """Return an estimated number with two decimals; `-` for nan."""
    return "-" if number != number else format_score(Fraction(number), "half-up", digits)


def spans(places: Iterable[int]) -> str:
    """Return whole numbers with runs drawn together: `1-3, 7`."""
    runs: list[list[int]] = []
    for place in sorted(set(places)):
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)

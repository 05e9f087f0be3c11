"""Paired comparisons -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from judge.tables.cells import csv_text, json_dump
from judge.tables.columns import points
from judge.tables.means import category_names
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of, p_text, signed
from judge.tables.ranges import range_notes
from judge.tables.terminal import Screen
from judge.trust.compare import Comparison, Comparisons
from judge.trust.render_decisions import DECISION_CSV, DECISION_LEGEND, decision_cells, decision_line

_COMPARE = ("a", "b", "n", "difference", "95 % interval", "p", "p (Holm)", "win/tie/loss", "80 % power", "verdict")


SKIPPED_SHOWN = 10
"""Pairs that could not be compared which are named; JSON names all."""


def compare_text(result: Comparisons, format: ReportFormat = "md", screen: Screen | None = None) -> str:
    """Return the comparisons; B minus A throughout."""
    if format == "json":
        rows = [asdict(one) | {"verdict": one.verdict} for one in result.found]
        return json_dump({"comparisons": rows, "skipped": result.skipped})
    if format == "csv":
        head = [*_COMPARE_CSV, *(DECISION_CSV if any(one.decision for one in result.found) else ())]
        return csv_text([head, *map(_compare_csv, result.found)])
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for one in result.found:
        groups.setdefault(one.same, []).append(one)
    rulings = [
        decision_line(one.a, one.b, one.decision) + f" ({' · '.join(one.same)})" * (len(groups) > 1)
        for one in result.found
        if one.decision
    ]
    parts: list[Block] = [bullet_list(rulings)] if rulings else []
    parts += [part for same, members in groups.items() for part in _compare_group(" · ".join(same), members)]
    if result.skipped:
        more = len(result.skipped) - SKIPPED_SHOWN
        rest = [f"not compared: {more} more pairs (--format json names all)"] * (more > 0)
        parts.append(bullet_list([*(f"not compared: {line}" for line in result.skipped[:SKIPPED_SHOWN]), *rest]))
    if result.found:
        scale = range_notes(result.found[0].score_range)
        parts.append(bullet_list([*scale, *_compare_legend(len(result.found)), *DECISION_LEGEND[: len(rulings)]]))
    return blocks(parts, format, screen)


def _compare_group(title: str, members: Sequence[Comparison]) -> list[Block]:
    lines = [
        [
            f"{one.a} ({points(one.score_a)})",
            f"{one.b} ({points(one.score_b)})",
            str(one.questions),
            signed(one.difference),
            f"{signed(one.interval.low)} to {signed(one.interval.high)}" if one.interval else "-",
            p_text(one.p),
            p_text(one.p_holm),
            f"{one.wins}/{one.ties}/{one.losses}",
            points(one.smallest),
            one.verdict,
        ]
        for one in members
    ]
    categories = category_names(c.category for one in members for c in one.categories)
    cells = []
    for one in members:
        own = {c.category: c for c in one.categories}
        shown = [f"{signed(own[c].difference)} ({p_text(own[c].p_holm)})" if c in own else "-" for c in categories]
        cells.append([f"{one.b} - {one.a}", *shown])
    said = [f"{one.b} - {one.a}: {line}" for one in members for line in one.notes]
    left_out = [*said, *(f"left out of {one.b} - {one.a}: {line}" for one in members for line in one.left_out)]
    by_category = grid_of("", ["difference (p, Holm)", *categories], cells)
    return [grid_of(title, _COMPARE, lines, 2), by_category, bullet_list(left_out)]


def _compare_legend(number: int) -> list[str]:
    return [
        "difference: b - a on the questions and turns that both have; interval by cluster bootstrap over questions",
        f"p: paired permutation test, questions change sign with all their turns; Holm over {number} comparisons, "
        "for the categories over all categories of all comparisons",
        "win/tie/loss: questions on which b scored higher, the same, lower",
        "80 % power: the true difference that this many questions show four times in five",
    ]


_COMPARE_CSV = [
    *("over", "same_1", "same_2", "a", "b", "questions", "items", "score_a", "score_b", "difference", "low", "high"),
    *("p", "p_holm", "wins", "ties", "losses", "smallest", "verdict", "left_out", "notes", "lowest", "highest"),
]


def _compare_csv(one: Comparison) -> list[str]:
    ends = (points(one.interval.low), points(one.interval.high)) if one.interval else ("", "")
    return [
        *(one.over, *one.same, one.a, one.b, str(one.questions), str(one.items)),
        *(points(one.score_a), points(one.score_b), points(one.difference), *ends),
        *(f"{one.p:.4f}", f"{one.p_holm:.4f}", str(one.wins), str(one.ties), str(one.losses)),
        *(points(one.smallest), one.verdict, "; ".join(one.left_out), "; ".join(one.notes)),
        *(f"{end:g}" for end in one.score_range),
        *(decision_cells(one.decision) if one.decision else ()),
    ]

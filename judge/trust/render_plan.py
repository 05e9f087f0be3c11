"""A plan -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from judge.endpoints.cost import Prices, dollars, money
from judge.records import Usage
from judge.tables.cells import csv_text, json_dump
from judge.tables.columns import points
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of
from judge.tables.terminal import Screen
from judge.trust.power import ASSUMED, PAIRWISE_GAIN, Goal, PlanRow, Spread

HEADER = (
    *("judged", "answers a question", "judges", "verdicts"),
    *("questions", "answers in all", "judge calls", "dollars", "shown now"),
)


@dataclass(frozen=True)
class Tokens:
    """What one judge call needs, on average."""

    pointwise: Usage
    pairwise: Usage
    measured: bool
    """Read off saved verdicts, not assumed."""

    def cost(self, row: PlanRow, calls: int, prices: Prices) -> Decimal:
        """Return the dollars of so many calls."""
        each = self.pointwise if row.kind == "pointwise" else self.pairwise
        return dollars(each, prices) * calls


def plan_text(
    rows: Sequence[PlanRow],
    spread: Spread,
    goal: Goal,
    tokens: Tokens,
    prices: Prices | None,
    format: ReportFormat = "md",
    screen: Screen | None = None,
) -> str:
    """Return what each design needs to reach the goal."""
    if format == "json":
        return json_dump(_data(rows, spread, goal, tokens, prices))
    lines = [_line(row, tokens, prices) for row in rows]
    if format == "csv":
        return csv_text([list(HEADER), *lines])
    kept = [place for place, cells in enumerate(zip(*lines, strict=True)) if any(cells)]
    header, lines = [HEADER[place] for place in kept], [[line[place] for place in kept] for line in lines]
    parts: list[Block] = [bullet_list([_goal(goal), *_found(spread)]), grid_of("", header, lines)]
    return blocks([*parts, bullet_list(_legend(spread, tokens, prices))], format, screen)


def _line(row: PlanRow, tokens: Tokens, prices: Prices | None) -> list[str]:
    costs = [money(tokens.cost(row, calls, prices)) for calls in row.calls] if prices else [""]
    now = [points(each) if math.isfinite(each) else "-" for each in row.shown_by_now or ()]
    return [
        row.kind,
        *map(str, row.design),
        *(_span([f"{number:,}" for number in pair]) for pair in (row.questions, row.answers, row.calls)),
        _span(costs),
        _span(now),
    ]


def _span(ends: Sequence[str]) -> str:
    return " to ".join(dict.fromkeys(ends))


def _goal(goal: Goal) -> str:
    power = f"in {goal.power:.0%} of cases"
    if goal.sides == 2:
        return f"wanted: a true difference of {points(goal.difference)} is found {power} (two-sided at 5 %)"
    return f"wanted: a side without any true difference is found not worse by {points(goal.difference)} {power} (5 %)"


def _found(spread: Spread) -> list[str]:
    where = f"measured on {spread.pairs} pairs, {spread.questions} questions" if spread.pairs else "assumed"
    parts = [
        f"{name} {share:.0%} ({'measured' if name in spread.measured else 'assumed'})"
        for name, share in spread.parts.items()
    ]
    return [
        f"a question's difference between two sides has a standard deviation of {points(spread.deviation)} ({where})",
        f"of its variance: {', '.join(parts)}; the rest are the questions themselves",
    ]


def _legend(spread: Spread, tokens: Tokens, prices: Prices | None) -> list[str]:
    low, high = PAIRWISE_GAIN
    found = [
        "answers in all: of both sides; judge calls: of both sides, or in both orders",
        f"pairwise: assumed to be worth {low:g} to {high:g} times the calls of pointwise scores, as on close pairs of "
        "Korean and English MT-Bench",
    ]
    if spread.questions:
        found.append(f"shown now: the difference that {spread.questions} questions show")
    if assumed := sorted(set(ASSUMED) - spread.measured):
        how = {
            "answers": "generate with --samples",
            "judges": "judge with a second --judge",
            "verdicts": "judge with --repeats",
        }
        found.append(f"to measure what is assumed: {', '.join(how[name] for name in assumed)}")
    if prices is None:
        found.append("no dollars: give --price-in and --price-out, or --prices FILE")
    else:
        each = tokens.pointwise
        how_known = "measured" if tokens.measured else "assumed"
        said = f"{each.prompt_tokens:,} tokens in and {each.completion_tokens:,} out ({how_known})"
        found.append(f"dollars: of the judge alone; a pointwise call has {said}")
    return found


def _data(rows: Sequence[PlanRow], spread: Spread, goal: Goal, tokens: Tokens, prices: Prices | None) -> dict[str, Any]:
    found = []
    for row in rows:
        named = {"judged": row.kind, "answers": row.design.answers, "judges": row.design.judges}
        named |= {"verdicts": row.design.verdicts}
        costs = [str(tokens.cost(row, calls, prices)) for calls in row.calls] if prices else None
        found.append(
            named
            | {"questions": row.questions, "answers_in_all": row.answers, "judge_calls": row.calls}
            | {"dollars": costs, "shown_now": row.shown_by_now}
        )
    known = asdict(spread) | {"measured": sorted(spread.measured), "parts": dict(spread.parts)}
    return {"goal": goal._asdict(), "spread": known, "designs": found}

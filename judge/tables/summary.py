"""The end of a run on one screen: Overall with its interval a strategy, what failed, what it cost, what to do next.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from judge.config import STANDARD_RANGE
from judge.errors import FailureKind
from judge.tables.columns import plus_minus
from judge.tables.failures import by_kind, kinds_of, what_next
from judge.tables.means import sort_rows
from judge.tables.numbers import Rounding, format_score
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of
from judge.tables.ranges import range_notes
from judge.tables.row import Row
from judge.tables.terminal import Screen

STRATEGIES_NEEDED = 2
"""Fewer have nothing to compare."""


def run_summary(
    rows: Sequence[Row],
    path: str,
    *,
    costs: Sequence[str] = (),
    page: str = "",
    unanswered: Mapping[FailureKind, int] | None = None,
    fresh: bool = False,
    format: ReportFormat = "md",
    rounding: Rounding = "half-up",
    screen: Screen | None = None,
) -> str:
    """Return what a run has come to; `path`: where its results lie, as the next commands take it.

    `page`: the report that was written, if one was; `unanswered`: the conversations that failed, by kind;
    `fresh`: the command held --fresh.
    """
    given = sort_rows(rows, "strategy")
    lines = [
        [
            *(row.model, row.judge_label, row.strategy),
            format_score(row.overall, rounding, none="-") + plus_minus(row),
            *(format_score(score, rounding, none="-") for score in (row.single, row.multi)),
            f"{row.judged}/{row.expected}",
        ]
        for row in given
    ]
    header = ["model", "judge", "strategy", "Overall", "싱글턴", "멀티턴", "judged"]
    scales = dict.fromkeys(note for row in given for note in range_notes(row.score_range))
    grid = replace(grid_of("summary", header, lines, 3), below=tuple(scales))
    parts: list[Block] = [grid, *_failures(given, unanswered or {}, fresh)]
    parts.append(bullet_list([*costs, *next_steps(given, path, page)]))
    return blocks(parts, format, screen)


def _failures(rows: Sequence[Row], unanswered: Mapping[FailureKind, int], fresh: bool) -> list[str]:
    failed, missing = sum(row.failed for row in rows), sum(row.missing for row in rows)
    if not failed and not missing and not unanswered:
        return []
    kinds = kinds_of(rows)
    said = [f"{failed} verdicts failed ({by_kind(kinds)})"] if failed else []
    said += [f"{missing} missing"] if missing else []
    said += [f"{sum(unanswered.values())} conversations failed ({by_kind(unanswered)})"] if unanswered else []
    kinds.update(unanswered)
    if unanswered:
        del kinds["not_answered"]  # what they ended in says more
    return [f"! {', '.join(said)}: {what_next(kinds, fresh=fresh)}"]


def next_steps(rows: Sequence[Row], path: str, page: str = "") -> list[str]:
    """Return the commands that go on from here, each with what it answers."""
    several = len({row.strategy for row in rows}) >= STRATEGIES_NEEDED
    steps = [f"kojudge compare {path}: which strategy is really better"] if several else []
    report = f"open {page} in a browser" if page else f"kojudge report {path} -o report.html: the page"
    standard = all(row.score_range == STANDARD_RANGE for row in rows)
    audit = [f"kojudge audit {path}: verdicts to look at"] if standard else []  # made for that range
    return [*steps, *audit, report]

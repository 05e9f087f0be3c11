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
from judge.wording import Lang, Note, joined, led

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
    lang: Lang = "en",
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
    grid = replace(grid_of(Note("summary", "요약"), header, lines, 3), below=tuple(scales))
    parts: list[Block] = [grid, *_failures(given, unanswered or {}, fresh)]
    parts.append(bullet_list([*costs, *next_steps(given, path, page)]))
    return blocks(parts, format, screen, lang)


def _failures(rows: Sequence[Row], unanswered: Mapping[FailureKind, int], fresh: bool) -> list[str]:
    failed, missing = sum(row.failed for row in rows), sum(row.missing for row in rows)
    if not failed and not missing and not unanswered:
        return []
    kinds = kinds_of(rows)
    of, gone = by_kind(kinds), sum(unanswered.values())
    said = [Note(f"{failed} verdicts failed ({of})", f"실패한 판정 {failed}건({of})")] if failed else []
    said += [Note(f"{missing} missing", f"없는 판정 {missing}건")] if missing else []
    of = by_kind(unanswered)
    said += [Note(f"{gone} conversations failed ({of})", f"실패한 대화 {gone}건({of})")] if unanswered else []
    kinds.update(unanswered)
    if unanswered:
        del kinds["not_answered"]  # what they ended in says more
    return [led(joined(["! ", joined(said, ", ")], ""), what_next(kinds, fresh=fresh))]


def next_steps(rows: Sequence[Row], path: str, page: str = "") -> list[str]:
    """Return the commands that go on from here, each with what it answers."""
    several = len({row.strategy for row in rows}) >= STRATEGIES_NEEDED
    better = Note("which strategy is really better", "어느 전략이 정말 나은지")
    steps = [led(f"kojudge compare {path}", better)] if several else []
    shown = Note(f"open {page} in a browser", f"브라우저로 {page} 열기")
    report = shown if page else led(f"kojudge report {path} -o report.html", Note("the page", "보고서 페이지"))
    standard = all(row.score_range == STANDARD_RANGE for row in rows)  # what the audit is made for
    audit = [led(f"kojudge audit {path}", Note("verdicts to look at", "살펴볼 판정"))] if standard else []
    return [*steps, *audit, report]

"""Results -> arrays, and what a table shows beside its means: intervals, ranks, what cannot be told apart. Pure.

Rows are compared only where the same judge scored questions of the same words; they are resampled by the same draws of
questions, so that what two rows have in common cancels in their difference.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from judge.records import Item, QuestionId
from judge.tables.means import asked_unlike, item_scores
from judge.tables.pairing import question_groups
from judge.tables.results import By, FailureRule, Results
from judge.tables.row import Interval, Row
from judge.trust.ranks import rank_rows
from judge.trust.stats import (
    DRAWS,
    SEED,
    Array,
    Labels,
    analytic_interval,
    board_draws,
    freedom_of,
    overall_draws,
    overall_score,
    percentile_interval,
    resample,
    strata_of,
)

Ci = Literal["none", "bootstrap", "analytic"]

RANKED = 0.95
"""Share of the verdicts that a row must have to get a rank where failed ones are left out."""

NO_RANKS = "no ranks: they are drawn, see --ci bootstrap"
NO_RANKS_BY = {
    "judge": "no ranks: judges are compared with kojudge compare --by judge and kojudge agreement",
    "turn": "no ranks by turn: see --by model or --by strategy",
}

RANKS_READ = (
    "behind a rank, in brackets: where 95 % of the bootstrap boards put the row; tied with: the other ranks whose "
    "paired difference to this row has an interval that holds 0 (rows that share a rank are tied)"
)


@dataclass(frozen=True)
class Arrays:
    """One series as arrays, one row a question in the order of the question set."""

    questions: tuple[QuestionId, ...]
    categories: tuple[str, ...]
    strata_q: Labels
    sums_qt: Array
    """Shape (questions, 2): sums of the item scores of turn 1 and of the later turns."""
    counts_qt: Array
    """The same shape: numbers of scored items."""


def arrays(scores: Mapping[Item, float], expected: Mapping[Item, str]) -> Arrays:
    """Return the item scores of one series; `expected` names the questions, also those without a score."""
    category: dict[QuestionId, str] = {}
    for (identifier, _), name in expected.items():
        category.setdefault(identifier, name)
    place = {identifier: index for index, identifier in enumerate(category)}
    sums, counts = np.zeros((len(place), 2)), np.zeros((len(place), 2))
    for (identifier, turn), score in scores.items():
        sums[place[identifier], int(turn > 1)] += score
        counts[place[identifier], int(turn > 1)] += 1
    names = tuple(category.values())
    return Arrays(tuple(category), names, strata_of(names), sums, counts)


def overall_of(scores: Mapping[Item, float], expected: Mapping[Item, str]) -> float:
    """Return Overall of the item scores of one series; nan without a score."""
    whole = arrays(scores, expected)
    return overall_score(whole.sums_qt, whole.counts_qt)


def arrays_of(series: Results, failures: FailureRule = "exclude", order: Mapping[Item, str] | None = None) -> Arrays:
    """Return the arrays of a series; `order`: the same expected items in the order to take (default: its own)."""
    scores = {item: float(score) for item, score in item_scores(series, failures).items()}
    return arrays(scores, order or series.expected)


def judged_only(table: Arrays) -> Arrays:
    """Return the questions that have a score, their strata made of them alone: an interval is that of the judged ones.

    What was expected and not judged says nothing of how the judged questions spread.
    """
    kept = [bool(number) for number in table.counts_qt.sum(axis=1)]
    if all(kept):
        return table
    categories = tuple(name for name, keep in zip(table.categories, kept, strict=True) if keep)
    questions = tuple(name for name, keep in zip(table.questions, kept, strict=True) if keep)
    return Arrays(questions, categories, strata_of(categories), table.sums_qt[kept], table.counts_qt[kept])


def bootstrap_interval(table: Arrays, draws: int = DRAWS, seed: int = SEED) -> Interval | None:
    """Return the interval of Overall over the judged questions; None where they show no spread."""
    own = judged_only(table)
    drawn = overall_draws(resample(own.strata_q, draws, seed), own.sums_qt, own.counts_qt)
    return percentile_interval(drawn, freedom_of(own.strata_q))


def with_intervals(
    rows: Sequence[Row],
    series: Sequence[Results],
    *,
    ci: Ci,
    by: By | Literal["turn"] = "strategy",
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[Row]:
    """Return the rows (row i made of series i) with the interval of Overall and, for `bootstrap`, their ranks.

    Ranks are among the rows of one judge that were asked the same words, by model also of one strategy. A row that
    lacks verdicts has no rank, one without Overall no interval. `analytic` draws nothing and so ranks nothing.
    """
    if ci == "none" or not rows:
        return list(rows)
    found = list(rows)
    numbers = question_groups(series)
    alike = _groups(range(len(rows)), lambda i: numbers[i]).values()
    unlike = asked_unlike(rows)
    several = by == "model" or len(alike) > 1 or len({row.judge for row in rows}) > 1
    for members in alike:
        order = series[members[0]].expected  # the draws are of questions in one order
        tables = [arrays_of(series[i], rows[i].failures, order) for i in members]
        if ci == "analytic":
            for i, one in zip(members, map(judged_only, tables), strict=True):
                interval = analytic_interval(one.sums_qt, one.counts_qt, one.strata_q)
                interval = None if rows[i].overall is None else interval
                more = (_analytic_legend(), *((NO_RANKS,) if len(rows) > 1 else ()))
                found[i] = replace(rows[i], interval=interval, legend=(*rows[i].legend, *more))
            continue
        weights_dq = resample(tables[0].strata_q, draws, seed)
        sums_mqt, counts_mqt = (
            np.stack(each) for each in zip(*((t.sums_qt, t.counts_qt) for t in tables), strict=True)
        )
        draws_md = board_draws(weights_dq, sums_mqt, counts_mqt)
        for i, one, drawn in zip(members, tables, draws_md, strict=True):
            interval = None
            if rows[i].overall is not None and judged_only(one) is one:
                interval = percentile_interval(drawn, freedom_of(one.strata_q))
            elif rows[i].overall is not None:
                interval = bootstrap_interval(one, draws, seed)
            found[i] = replace(rows[i], interval=interval, legend=(*rows[i].legend, _bootstrap_legend(draws, seed)))
        _rank(found, members, draws_md, by, several, unlike)
    return found


def _groups(places: Iterable[int], key: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for place in places:
        groups.setdefault(key(place), []).append(place)
    return groups


def _rank(found: list[Row], members: Sequence[int], draws_md: Array, by: str, several: bool, unlike: bool) -> None:
    """Put the ranks into the rows of one question set that are compared with each other."""
    if by in ("judge", "turn"):
        for i in members if len(found) > 1 else ():
            found[i] = _with_legend(found[i], NO_RANKS_BY[by])
        return
    place = {i: c for c, i in enumerate(members)}
    boards = _groups(
        (i for i in members if found[i].interval is not None and found[i].overall is not None),
        lambda i: (found[i].judge, by == "model" and found[i].strategy),
    )
    for board in boards.values():
        if len(board) < 2:
            continue
        partial = [i for i in board if not is_whole(found[i])]
        for i in partial:
            found[i] = _with_legend(found[i], _partial_legend(found[i]))
        whole = [i for i in board if i not in partial]
        if len(whole) < 2:
            continue
        scores = np.array([float(found[i].overall or 0) for i in whole])
        placed = rank_rows(scores, draws_md[[place[i] for i in whole]])
        legend = _rank_legend([found[i] for i in whole], by, several, unlike)
        for i, ranks in zip(whole, placed, strict=True):
            tied = tuple(sorted({placed[other].rank for other in ranks.tied} - {ranks.rank}))
            found[i] = _with_legend(replace(found[i], ranks=replace(ranks, tied=tied)), RANKS_READ, legend)


def is_whole(row: Row) -> bool:
    """Say whether a row has what a rank needs: no verdict missing, and hardly any left out as failed."""
    left_out = row.failed if row.failures == "exclude" else 0
    return not row.missing and row.expected - left_out >= RANKED * row.expected


def _with_legend(row: Row, *lines: str) -> Row:
    return replace(row, legend=(*row.legend, *lines))


def _bootstrap_legend(draws: int, seed: int) -> str:
    return (
        "±: half of the 95 % interval, by cluster bootstrap over questions within their categories "
        f"({draws:,} draws, seed {seed})"
    )


def _analytic_legend() -> str:
    return "±: half of the 95 % interval, t times the error clustered by question within categories"


def _partial_legend(row: Row) -> str:
    what = [f"{row.missing} verdicts missing"] * bool(row.missing) + [f"{row.failed} failed"] * bool(row.failed)
    return f"no rank for {row.model} {row.strategy} ({row.judge_label}): {', '.join(what)} of {row.expected}"


def _rank_legend(board: Sequence[Row], by: str, several: bool, unlike: bool) -> str:
    first = board[0]
    among = f"{len(board)} rows"
    if several:
        among += f" of {first.judge_label}" + (f" under {first.strategy}" if by == "model" else "")
        among += f" on the same {first.questions} questions"
        among += f" (group {first.question_group})" if unlike and first.question_group else ""
    return f"rank: place among {among}"

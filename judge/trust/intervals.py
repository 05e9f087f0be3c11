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
from judge.tables.shared_notes import COVERED, choice_legend
from judge.tables.shares import judges_of
from judge.trust.judge_choice import Choice, choice_draws, choice_of_judges
from judge.trust.ranks import rank_rows
from judge.trust.stats import (
    DRAWS,
    SEED,
    Array,
    Labels,
    analytic_interval,
    board_draws,
    freedom_of,
    influence,
    overall_draws,
    overall_score,
    percentile_interval,
    resample,
    strata_of,
)
from judge.wording import Note

Ci = Literal["none", "bootstrap", "analytic"]

RANKED = 0.95
"""Share of the verdicts that a row must have to get a rank where failed ones are left out."""

NO_RANKS = Note("no ranks: they are drawn, see --ci bootstrap", "순위 없음: 순위는 --ci bootstrap으로 구함")
NO_RANKS_BY = {
    "judge": Note(
        "no ranks: judges are compared with kojudge compare --by judge and kojudge agreement",
        "순위 없음: 심판끼리는 kojudge compare --by judge와 kojudge agreement로 견줌",
    ),
    "turn": Note(
        "no ranks by turn: see --by model or --by strategy",
        "턴별 표에는 순위가 없음: --by model이나 --by strategy로 볼 것",
    ),
}

RANKS_READ = Note(
    "behind a rank, in brackets: where 95 % of the bootstrap boards put the row; tied with: the other ranks whose "
    "paired difference to this row has an interval that holds 0 (rows that share a rank are tied)",
    "순위 뒤의 괄호: 부트스트랩에서 이 행이 놓인 순위의 95 % 범위. tied with: 이 행과 짝지은 차이의 구간이 0을 "
    "포함해 우열을 가릴 수 없는 다른 순위(같은 순위의 행끼리도 우열을 가릴 수 없음)",
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
        choices = [_choice(series[i], rows[i].failures, order) for i in members]
        if ci == "analytic":
            for i, one, choice in zip(members, map(judged_only, tables), choices, strict=True):
                interval = analytic_interval(one.sums_qt, one.counts_qt, one.strata_q)
                interval = None if rows[i].overall is None else interval
                interval = choice.widened(interval, float(rows[i].overall or 0), freedom_of(one.strata_q))
                more = (*_choice_legend(rows[i], choice), _analytic_legend(), *((NO_RANKS,) if len(rows) > 1 else ()))
                found[i] = replace(rows[i], interval=interval, legend=(*rows[i].legend, *more))
            continue
        weights_dq = resample(tables[0].strata_q, draws, seed)
        sums_mqt, counts_mqt = (
            np.stack(each) for each in zip(*((t.sums_qt, t.counts_qt) for t in tables), strict=True)
        )
        draws_md = board_draws(weights_dq, sums_mqt, counts_mqt)
        for i, one, drawn, choice in zip(members, tables, draws_md, choices, strict=True):
            interval = None
            if rows[i].overall is not None and judged_only(one) is one:
                interval = percentile_interval(drawn, freedom_of(one.strata_q))
            elif rows[i].overall is not None:
                interval = bootstrap_interval(one, draws, seed)
            interval = choice.widened(interval, float(rows[i].overall or 0), freedom_of(judged_only(one).strata_q))
            more = (_bootstrap_legend(draws, seed), *_choice_legend(rows[i], choice))
            found[i] = replace(rows[i], interval=interval, legend=(*rows[i].legend, *more))
        draws_md = _with_choice(draws_md, [series[i] for i in members], tables, draws, seed)
        _rank(found, members, draws_md, by, several, unlike)
    return found


def judge_numbers(series: Results, questions: Iterable[QuestionId]) -> Labels:
    """Return the number of the judge of each question, -1 where it has none; all -1 where one judge has them all."""
    judges, place = judges_of(series), {one.judge: number for number, one in enumerate(series.shared)}
    return np.array([place[judges[q]] if q in judges else -1 for q in questions], dtype=np.int64)


def _choice(series: Results, failures: FailureRule, order: Mapping[Item, str]) -> Choice:
    """Return what the choice of judges adds to Overall: how far apart their scores are as they were given."""
    if len(series.shared) < COVERED:
        return Choice()
    given = judged_only(arrays_of(replace(series, shared=()), failures, order))
    z_q = influence(given.sums_qt, given.counts_qt)
    return choice_of_judges(z_q, given.strata_q, judge_numbers(series, given.questions))


def _choice_legend(row: Row, choice: Choice) -> tuple[str, ...]:
    return (choice_legend(len(row.shared), covered=choice.known),) if row.shared else ()


def _with_choice(draws_md: Array, members: Sequence[Results], tables: Sequence[Arrays], draws: int, seed: int) -> Array:
    """Return the draws of rows, those of judges that share with what their choice adds between them."""
    found = draws_md
    boards = _groups(range(len(members)), lambda c: members[c].judge if len(members[c].shared) >= COVERED else None)
    for board, columns in boards.items():
        if board is None or len(columns) < 2:
            continue
        judges = np.max([judge_numbers(members[c], tables[c].questions) for c in columns], axis=0)
        z_mq = [influence(tables[c].sums_qt, tables[c].counts_qt) for c in columns]
        if (added := choice_draws(z_mq, tables[columns[0]].strata_q, judges, draws, seed)) is not None:
            found = found.copy()
            found[columns] += added.T
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


def _bootstrap_legend(draws: int, seed: int) -> Note:
    return Note(
        "±: half of the 95 % interval, by cluster bootstrap over questions within their categories "
        f"({draws:,} draws, seed {seed})",
        f"±: 95 % 신뢰구간 너비의 절반. 범주 안에서 문항을 단위로 한 부트스트랩({draws:,}회, 시드 {seed})",
    )


def _analytic_legend() -> Note:
    return Note(
        "±: half of the 95 % interval, t times the error clustered by question within categories",
        "±: 95 % 신뢰구간 너비의 절반. 범주 안에서 문항을 군집으로 본 표준 오차와 t 분포로 구함",
    )


def _partial_legend(row: Row) -> Note:
    name = f"{row.model} {row.strategy} ({row.judge_label})"
    what = [f"{row.missing} verdicts missing"] * bool(row.missing) + [f"{row.failed} failed"] * bool(row.failed)
    lacks = [f"없는 판정 {row.missing}건"] * bool(row.missing) + [f"실패 {row.failed}건"] * bool(row.failed)
    return Note(
        f"no rank for {name}: {', '.join(what)} of {row.expected}",
        f"{name}에는 순위가 없음: {row.expected}건 가운데 {', '.join(lacks)}",
    )


def _rank_legend(board: Sequence[Row], by: str, several: bool, unlike: bool) -> Note:
    first = board[0]
    among, whole = f"{len(board)} rows", ""
    if several:
        among += f" of {first.judge_label}" + (f" under {first.strategy}" if by == "model" else "")
        among += f" on the same {first.questions} questions"
        whole = f"심판 {first.judge_label}, " + (f"전략 {first.strategy}, " if by == "model" else "")
        whole += f"같은 {first.questions}문항, "
        if unlike and first.question_group:
            among += f" (group {first.question_group})"
            whole += f"group {first.question_group}, "
    return Note(f"rank: place among {among}", f"rank: 순위({whole}{len(board)}행 가운데)")

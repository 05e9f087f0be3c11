"""Outcomes -> exact means, one row a (model, strategy, judge). Pure; numbers become text in `render` only.

With s(q, t) the score of turn t of question q (the mean over its repeats):

    category  mean of s over the category's (question, turn) items
    single    mean of s over turn 1                     싱글턴
    multi     mean of s over the later turns            멀티턴
    overall   mean of single and multi; single alone where no later turn is expected

Means are fractions of the scores as they are written (8.1 is 81/10), so nothing is rounded on the way. A
failed verdict is no number: `exclude` leaves it out, `zero` counts it as 0 as the public board did. A missing
verdict never gets a number. Where judges share the questions, s is on their one scale (`shares`), and `Row.raw` holds
the means without that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from math import lcm
from typing import TYPE_CHECKING

from judge.config import STRATEGIES
from judge.errors import InputError
from judge.records import BASELINE_CATEGORIES, Failure, Item, Judgment
from judge.tables.pairing import question_groups, question_sets
from judge.tables.ranges import range_of
from judge.tables.results import By, FailureRule, Results
from judge.tables.row import Raw, Row
from judge.tables.shared_notes import shared_notes

if TYPE_CHECKING:
    import pandas as pd

KEY_COLUMNS = ("model", "strategy", "judge")
MEAN_COLUMNS = ("싱글턴", "멀티턴", "Overall")
COUNT_COLUMNS = ("judged", "failed", "expected")
RAW = "Overall_raw"
"""Overall of the scores as judges that share the questions gave them."""
NOTES = "notes"
"""The footnotes of rows as one cell, where any row has some."""
RANGE_COLUMNS = ("lowest", "highest")
"""Of the scale, not of the scores; two columns, for a spreadsheet takes `1-5` for a date."""


def mean_rows(series: Iterable[Results], *, failures: FailureRule = "exclude") -> list[Row]:
    """Return one row a series, in the same order.

    Rows of several question sets are numbered by their set, rows of one set that were asked different questions by
    their group. Raises InputError for an outcome that is not among the
    expected ones, or two outcomes of one key.
    """
    given = list(series)
    sets = question_sets(given)
    found = [_row(one, failures) for one in given]
    groups = question_groups(given)
    if len(set(groups)) > len(set(sets)):
        found = [replace(row, question_group=number) for row, number in zip(found, groups, strict=True)]
    if len(set(sets)) < 2:
        return found
    return [replace(row, question_set=number) for row, number in zip(found, sets, strict=True)]


def category_order(rows: Iterable[Row]) -> list[str]:
    """Return the six categories of LogicKor where `rows` have any of them, then all others in first-seen order."""
    found = dict.fromkeys(name for row in rows for name in row.categories)
    six = BASELINE_CATEGORIES if found.keys() & set(BASELINE_CATEGORIES) or not found else ()
    return list(dict.fromkeys([*six, *found]))


def category_names(names: Iterable[str]) -> list[str]:
    """Return the distinct categories in table order: LogicKor's six first, then in first-seen order."""
    found = dict.fromkeys(names)
    return [
        *(name for name in BASELINE_CATEGORIES if name in found),
        *(n for n in found if n not in BASELINE_CATEGORIES),
    ]


def strategy_key(name: str) -> tuple[int, str]:
    """Sort key: 0-shot, 1-shot, cot-1-shot, then all others by name."""
    return (STRATEGIES.index(name) if name in STRATEGIES else len(STRATEGIES), name)


def sort_rows(rows: Iterable[Row], by: By) -> list[Row]:
    """Return the rows so that what is compared stands together; offline rows last, question sets one by one.

    strategy: the strategies of each (judge, model); model: the models of each (strategy, judge), best Overall
    first, rows that were asked the same questions together; judge: the judges of each (strategy, model).
    """

    given = list(rows)
    unlike = asked_unlike(given)

    def key(row: Row) -> tuple[object, ...]:
        strategy, model = strategy_key(row.strategy), (row.model.casefold(), row.model)
        first = (row.offline, row.question_set or 0)
        if by == "strategy":
            return (*first, row.judge, model, strategy)
        if by == "model":
            rank = (row.overall is None, -(row.overall or 0))
            group = (row.question_group or 0) if unlike else 0
            return (*first, strategy, row.judge, group, rank, model)
        return (*first, strategy, model, row.judge)

    return sorted(given, key=key)


def asked_unlike(rows: Sequence[Row]) -> bool:
    """Say whether rows were asked different questions in a way that no note on them tells ("only 12 of 42 ...")."""
    whole = {row.question_group for row in rows if row.of_questions is None or row.questions >= row.of_questions}
    of_one_size = len({row.questions for row in rows}) < len({(row.questions, row.question_group) for row in rows})
    return len(whole) > 1 or of_one_size


def columns(rows: Iterable[Row]) -> list[str]:
    """Return the header of the CSV and of the frame."""
    return [*KEY_COLUMNS, *category_order(rows), *MEAN_COLUMNS, *COUNT_COLUMNS, *RANGE_COLUMNS]


def scores(row: Row, categories: Iterable[str]) -> list[Fraction | None]:
    """Return the score cells of a row: the named categories, 싱글턴, 멀티턴, Overall."""
    return [*(row.categories.get(name) for name in categories), row.single, row.multi, row.overall]


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return one line a row with the CSV's columns; scores are unrounded floats (Float64), NA where None."""
    import pandas as pd  # half a second that the commands without a frame need not wait for

    given = list(rows)
    categories = category_order(given)
    lines = [
        [row.model, row.strategy, row.judge_label]
        + [None if score is None else float(score) for score in scores(row, categories)]
        + [row.judged, row.failed, row.expected, *row.score_range]
        for row in given
    ]
    header = columns(given)
    kinds = ["object"] * 3 + ["Float64"] * (len(header) - 8) + ["int64"] * 3 + ["float64"] * 2
    if any(row.raw for row in given):
        header, kinds = [*header, RAW], [*kinds, "Float64"]
        for row, line in zip(given, lines, strict=True):
            raw = row.raw.overall if row.raw else None
            line.append(None if raw is None else float(raw))
    if any(row.notes for row in given):
        header, kinds = [*header, NOTES], [*kinds, "object"]
        for row, line in zip(given, lines, strict=True):
            line.append(row.noted)
    cells = zip(*lines, strict=True) if lines else [()] * len(header)
    # Joined by position: a category may bear the name of another column.
    parts = [
        pd.Series(list(cell), name=name, dtype=kind) for name, kind, cell in zip(header, kinds, cells, strict=True)
    ]
    return pd.concat(parts, axis=1)


def _row(series: Results, failures: FailureRule) -> Row:
    judged, failed = _sorted_out(series)
    scored = _item_scores(series, judged, failed, failures)
    names = list(dict.fromkeys(series.expected.values()))
    single: dict[str, list[Fraction]] = {name: [] for name in names}
    multi: dict[str, list[Fraction]] = {name: [] for name in names}
    for item, score in scored.items():
        (single if item[1] == 1 else multi)[series.expected[item]].append(score)
    first, later = (_mean(chain.from_iterable(kind.values())) for kind in (single, multi))
    return Row(
        model=series.model,
        strategy=series.strategy,
        judge=series.judge,
        offline=series.offline,
        categories={name: _mean(single[name] + multi[name]) for name in names},
        category_turns={name: (_mean(single[name]), _mean(multi[name])) for name in names},
        single=first,
        multi=later,
        overall=_overall(first, later, any(turn > 1 for _, turn in series.expected)),
        mean_of_judged=_mean(_mean_of(found) for found in judged.values()),
        judged=sum(len(found) for found in judged.values()),
        failed=failed.total(),
        expected=len(series.expected) * series.repeats,
        notes=(*series.notes, *shared_notes(series)),
        shared=series.shared,
        raw=_raw(series, failures),
        failures=failures,
        questions=len({identifier for identifier, _ in series.expected}),
        of_questions=series.of_questions,
        kinds=dict(Counter(o.kind for o in series.outcomes if isinstance(o, Failure)).most_common()),
        score_range=range_of([series]),
    )


def _raw(series: Results, failures: FailureRule) -> Raw | None:
    """Return the means of the scores as the judges gave them; None where they are no others."""
    if not series.shared:
        return None
    row = _row(replace(series, shared=()), failures)
    return Raw(row.categories, row.single, row.multi, row.overall)


def _overall(single: Fraction | None, multi: Fraction | None, has_multi: bool) -> Fraction | None:
    if not has_multi:
        return single
    return None if single is None or multi is None else (single + multi) / 2


def item_scores(series: Results, failures: FailureRule = "exclude") -> dict[Item, Fraction]:
    """Return s(q, t), the mean over the repeats, of every item that has one, in question order.

    Of judges that share the questions, on their one scale.

    Raises InputError as `mean_rows` does.
    """
    return _item_scores(series, *_sorted_out(series), failures)


def _item_scores(
    series: Results, judged: Mapping[Item, list[Fraction]], failed: Counter[Item], failures: FailureRule
) -> dict[Item, Fraction]:
    found: dict[Item, Fraction] = {}
    for item in series.expected:
        values = judged.get(item, [])
        if failures == "zero" and failed[item]:
            values = [*values, *[Fraction(0)] * failed[item]]
        if values:
            found[item] = _mean_of(values)
    return found


def _sorted_out(series: Results) -> tuple[dict[Item, list[Fraction]], Counter[Item]]:
    """Return the judged scores of each item and the number of its failed verdicts."""
    judged: dict[Item, list[Fraction]] = defaultdict(list)
    failed: Counter[Item] = Counter()
    scale = {one.judge: one for one in series.shared}
    seen = set()
    for outcome in series.outcomes:
        item, key = (outcome.id, outcome.turn), outcome.key
        if item not in series.expected or outcome.repeat > series.repeats:
            raise InputError(
                f"the verdict on {_named(series, outcome)} is not among the expected ones",
                mend="use the questions and the number of repeats these verdicts were made with",
            )
        if key in seen:
            raise InputError(f"two verdicts on {_named(series, outcome)}", mend="keep one of them")
        seen.add(key)
        if isinstance(outcome, Judgment):
            score, own = _as_written(outcome.score), scale.get(outcome.judge)
            judged[item].append(own.factor * score + own.shift if own and outcome.by == "llm" else score)
        else:
            failed[item] += 1
    return judged, failed


def _named(series: Results, outcome: Judgment | Failure) -> str:
    what = f"id {outcome.id!r}, turn {outcome.turn}, repeat {outcome.repeat}"
    return f"{what} of {series.model}, {series.strategy}, {series.judge}"


@lru_cache(maxsize=4096)  # few scores are different, and a fraction is slow to make
def _as_written(score: float) -> Fraction:
    return Fraction(str(score))


def _mean(values: Iterable[Fraction]) -> Fraction | None:
    found = list(values)
    return _mean_of(found) if found else None


def _mean_of(values: Sequence[Fraction]) -> Fraction:
    """Return the mean of one value or more; whole numbers are added, which takes a fifth of adding fractions."""
    if len(values) == 1:
        return values[0]
    parts = [value.as_integer_ratio() for value in values]
    common = lcm(*{below for _, below in parts})
    return Fraction(sum(above * (common // below) for above, below in parts), common * len(parts))

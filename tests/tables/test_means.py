"""Exact means, counts and the order of rows."""

from __future__ import annotations

from fractions import Fraction as F  # noqa: N817 - most lines below hold exact numbers
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.errors import InputError
from judge.records import Failure, Judgment, QuestionId
from judge.tables.means import category_order, columns, frame, mean_rows, sort_rows
from judge.tables.results import Results
from judge.tables.row import Row

TWO = {(1, 1): "추론", (1, 2): "추론", (2, 1): "수학", (2, 2): "수학"}


def judgment(key: tuple[QuestionId, int], score: float, repeat: int = 1) -> Judgment:
    common: dict[str, Any] = {"judge": "j", "category": "", "model": "m", "strategy": "0-shot"}
    return Judgment(id=key[0], turn=key[1], repeat=repeat, score=score, comment="", **common)


def failure(key: tuple[QuestionId, int], repeat: int = 1) -> Failure:
    common: dict[str, Any] = {"judge": "j", "category": "", "model": "m", "strategy": "0-shot"}
    return Failure(id=key[0], turn=key[1], repeat=repeat, kind="timeout", detail="", **common)


def series(*outcomes: Judgment | Failure, expected: Any = TWO, **more: Any) -> Results:
    names = {"model": "m", "strategy": "0-shot", "judge": "j"} | more
    return Results(outcomes=outcomes, expected=expected, **names)


def one(
    *outcomes: Judgment | Failure,
    zero: bool = False,
    expected: Any = TWO,
    **more: Any,
) -> Row:
    [row] = mean_rows([series(*outcomes, expected=expected, **more)], failures="zero" if zero else "exclude")
    return row


def row(model: str = "m", strategy: str = "0-shot", judge: str = "j", score: float | None = 5, **more: Any) -> Row:
    outcomes = [] if score is None else [judgment(("q", 1), score)]
    return one(*outcomes, expected={("q", 1): "추론"}, model=model, strategy=strategy, judge=judge, **more)


FULL = (judgment((1, 1), 8), judgment((1, 2), 7), judgment((2, 1), 5), judgment((2, 2), 1))


def test_means_of_a_full_series() -> None:
    """추론 (8+7)/2, 수학 (5+1)/2, single (8+5)/2, multi (7+1)/2, overall (6.5+4)/2."""
    full = one(*FULL)
    assert full.categories == {"추론": F(15, 2), "수학": F(3)}
    assert full.category_turns == {"추론": (F(8), F(7)), "수학": (F(5), F(1))}
    assert (full.single, full.multi, full.overall) == (F(13, 2), F(4), F(21, 4))
    assert full.mean_of_judged == F(21, 4)
    assert (full.judged, full.failed, full.expected, full.missing) == (4, 0, 4, 0)


def test_scores_count_as_they_are_written() -> None:
    """0.1, 0.2 and 0.3 have the mean 1/5, which binary floats have not."""
    expected = {(i, 1): "추론" for i in (1, 2, 3)}
    outcomes = [judgment((i, 1), score) for i, score in ((1, 0.1), (2, 0.2), (3, 0.3))]
    assert one(*outcomes, expected=expected).overall == F(1, 5)


def test_a_failed_verdict_is_left_out_or_zero_but_counted_either_way() -> None:
    outcomes = (FULL[0], failure((1, 2)), FULL[2], FULL[3])
    out, zero = one(*outcomes), one(*outcomes, zero=True)
    assert (out.categories["추론"], out.multi, out.overall) == (F(8), F(1), F(15, 4))
    assert (zero.categories["추론"], zero.multi, zero.overall) == (F(4), F(1, 2), F(7, 2))
    for row in (out, zero):
        assert (row.judged, row.failed, row.missing) == (3, 1, 0)
        assert row.mean_of_judged == F(14, 3)


def test_a_missing_verdict_never_gets_a_number() -> None:
    outcomes = (FULL[0], FULL[2], FULL[3])
    for zero in (False, True):
        row = one(*outcomes, zero=zero)
        assert (row.categories["추론"], row.multi) == (F(8), F(1))
        assert (row.judged, row.failed, row.expected, row.missing) == (3, 0, 4, 1)


def test_an_item_is_the_mean_of_its_repeats_and_items_weigh_the_same() -> None:
    """Item (1, 1) has 8 and 5 (6.5), item (2, 1) only 2: the mean is 4.25, not 5."""
    expected = {(1, 1): "추론", (2, 1): "추론"}
    outcomes = (judgment((1, 1), 8), judgment((1, 1), 5, 2), judgment((2, 1), 2), failure((2, 1), 2))
    out = one(*outcomes, expected=expected, repeats=2)
    assert (out.overall, out.mean_of_judged) == (F(17, 4), F(17, 4))
    assert (out.judged, out.failed, out.expected, out.missing) == (3, 1, 4, 0)
    assert one(*outcomes, expected=expected, repeats=2, zero=True).overall == F(15, 4)


def test_a_third_turn_counts_to_the_later_turns() -> None:
    expected = {(1, turn): "추론" for turn in (1, 2, 3)}
    row = one(judgment((1, 1), 9), judgment((1, 2), 6), judgment((1, 3), 3), expected=expected)
    assert (row.multi, row.overall, row.categories["추론"]) == (F(9, 2), F(27, 4), F(6))


def test_overall_of_a_single_turn_pack_is_its_single_mean() -> None:
    row = one(judgment((1, 1), 9), expected={(1, 1): "추론", (2, 1): "추론"})
    assert (row.single, row.multi, row.overall) == (F(9), None, F(9))


def test_no_overall_while_the_later_turns_are_owed() -> None:
    row = one(FULL[0], FULL[2])
    assert (row.single, row.multi, row.overall, row.mean_of_judged) == (F(13, 2), None, None, F(13, 2))


def test_nothing_judged_is_none_everywhere() -> None:
    row = one()
    assert (row.single, row.multi, row.overall, row.mean_of_judged) == (None,) * 4
    assert row.categories == {"추론": None, "수학": None}
    assert (row.judged, row.failed, row.missing) == (0, 0, 4)
    assert one(expected={}).expected == 0


@pytest.mark.parametrize("stray", [judgment((3, 1), 5), failure((1, 3)), judgment(("1", 1), 5), judgment((1, 1), 5, 2)])
def test_an_outcome_that_nobody_expects_is_an_error(stray: Judgment | Failure) -> None:
    with pytest.raises(InputError, match="not among the expected"):
        one(*FULL, stray)


def test_two_verdicts_of_one_key_are_an_error() -> None:
    with pytest.raises(InputError, match="two verdicts on id 1, turn 1, repeat 1 of m, 0-shot, j"):
        one(FULL[0], failure((1, 1)))


def test_other_categories_come_after_the_six_as_first_seen() -> None:
    given = [one(expected={(1, 1): "번역"}), one(expected={(1, 1): "문법", (2, 1): "요약", (3, 1): "번역"})]
    assert category_order(given) == ["추론", "수학", "글쓰기", "코딩", "이해", "문법", "번역", "요약"]


def test_strategies_stand_in_their_order_and_strange_ones_after_by_name() -> None:
    given = [row(strategy=s) for s in ("tot", "cot-1-shot", "abc", "1-shot", "0-shot")]
    order = [r.strategy for r in sort_rows(given, "strategy")]
    assert order == ["0-shot", "1-shot", "cot-1-shot", "abc", "tot"]


def test_what_is_compared_stands_together() -> None:
    given = [
        row("B", "1-shot", "x", 9),
        row("a", "1-shot", "x", 3),
        row("B", "0-shot", "x", 2),
        row("a", "0-shot", "y", 4),
        row("c", "0-shot", "x", None),
        row("A", "0-shot", "rules", 10, offline=True),
        row("a", "0-shot", "x", 1),
    ]

    def named(by: Any) -> list[str]:
        return [" ".join((r.model, r.strategy, r.judge)) for r in sort_rows(given, by)]

    assert named("strategy") == [
        "a 0-shot x",
        "a 1-shot x",
        "B 0-shot x",
        "B 1-shot x",
        "c 0-shot x",
        "a 0-shot y",
        "A 0-shot rules",
    ]
    assert named("model") == [
        "B 0-shot x",
        "a 0-shot x",
        "c 0-shot x",
        "a 0-shot y",
        "B 1-shot x",
        "a 1-shot x",
        "A 0-shot rules",
    ]
    assert named("judge")[:4] == ["a 0-shot x", "a 0-shot y", "B 0-shot x", "c 0-shot x"]


def test_the_frame_has_the_csv_columns_unrounded() -> None:
    table = frame([one(FULL[0], FULL[1], FULL[2], failure((2, 2)), model="a"), one(judge="rules", offline=True)])
    assert list(table.columns) == columns([])
    assert table["Overall"].iloc[0] == 6.75
    assert table["멀티턴"].iloc[0] == 7.0
    assert pd.isna(table["Overall"].iloc[1])
    assert pd.isna(table["문법"].iloc[0])
    assert list(table["judge"]) == ["j", "rules (offline heuristic)"]
    assert table[["judged", "failed", "expected"]].iloc[0].tolist() == [3, 1, 4]


def test_an_empty_frame_still_has_its_columns() -> None:
    table = frame([])
    assert list(table.columns) == columns([])
    assert len(table) == 0


def test_a_category_named_like_a_column_loses_neither() -> None:
    table = frame([one(judgment((1, 1), 3), expected={(1, 1): "Overall", (2, 1): "추론"})])
    assert list(table.columns).count("Overall") == 2


tenths = st.integers(0, 100).map(lambda n: n / 10)
outcome_lists = st.dictionaries(
    st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 2)),
    st.one_of(st.none(), tenths),
    max_size=30,
)


@pytest.mark.proofs
@given(outcome_lists, st.randoms(use_true_random=False))
def test_means_for_any_outcomes(found: dict[tuple[int, int, int], float | None], random: Any) -> None:
    """Order is of no account; counts add up; with failures as 0 no mean is higher; means stay in range."""
    expected = {(i, t): ("추론", "수학", "기타")[i % 3] for i in range(1, 7) for t in (1, 2, 3)}
    outcomes: list[Judgment | Failure] = [
        failure((i, t), r) if score is None else judgment((i, t), score, r) for (i, t, r), score in found.items()
    ]
    out = one(*outcomes, expected=expected, repeats=2)
    zero = one(*outcomes, expected=expected, repeats=2, zero=True)
    random.shuffle(outcomes)
    assert one(*outcomes, expected=expected, repeats=2) == out
    judged = [score for score in found.values() if score is not None]
    assert (out.judged, out.failed) == (len(judged), len(found) - len(judged))
    assert out.judged + out.failed + out.missing == out.expected == 36
    pairs = [(out.single, zero.single), (out.multi, zero.multi), (out.overall, zero.overall)]
    pairs += [(out.categories[name], zero.categories[name]) for name in out.categories]
    for mean, lower in pairs:
        if mean is not None:
            assert lower is not None
            assert min(judged) - 1e-9 <= float(mean) <= max(judged) + 1e-9
            assert lower <= mean
    if out.failed == 0:
        assert all(mean == lower for mean, lower in pairs)
    assert out.mean_of_judged == zero.mean_of_judged


@pytest.mark.proofs
@given(st.lists(st.tuples(tenths, tenths), min_size=1, max_size=20))
def test_full_one_repeat_series_against_integer_sums(scores: list[tuple[float, float]]) -> None:
    """Overall of a full two-turn series is the sum of all tenths over 20 n."""
    expected = {(i, t): "추론" for i in range(len(scores)) for t in (1, 2)}
    row = one(*(judgment((i, t + 1), pair[t]) for i, pair in enumerate(scores) for t in (0, 1)), expected=expected)
    tenths_sum = sum(round(score * 10) for pair in scores for score in pair)
    assert row.overall == row.categories["추론"] == row.mean_of_judged == F(tenths_sum, 20 * len(scores))

"""Contests: figures worked out by hand, what is left out, and the other side's view."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest

from judge.records import Item
from judge.runs.games import Game, GameFailure, Order
from judge.tables.contest import Contest, Side
from judge.tables.render import TableFormat
from judge.tables.terminal import Screen
from judge.trust.bradley_terry import boards_of
from judge.trust.contest_decisions import decided
from judge.trust.contests import duels_of, score, score_contests
from judge.trust.render_contests import contests_text
from judge.trust.style import features, style_gap
from judge.wording import Note

A, B, C = Side("가", "0-shot"), Side("나", "0-shot"), Side("다", "0-shot")


def game(item: Item, order: Order, level: int, **more: Any) -> Game:
    names = {"model": A.model, "strategy": A.strategy, "b_model": B.model, "b_strategy": B.strategy}
    return Game(id=item[0], turn=item[1], judge="j", category="c", comment="", order=order, score=level, **names | more)


def failure(item: Item, order: Order) -> GameFailure:
    names = {"model": A.model, "strategy": A.strategy, "b_model": B.model, "b_strategy": B.strategy}
    return GameFailure(
        id=item[0], turn=item[1], judge="j", category="c", order=order, kind="unparsable", detail="d", **names
    )


def contest(levels: dict[Item, tuple[int, int]], a: Side = A, b: Side = B, **more: Any) -> Contest:
    """Return a contest of both orders; `levels`: item -> the levels for a, shown first and shown second."""
    games = [
        game(item, order, level)
        for item, both in levels.items()
        for order, level in zip(("ab", "ba"), both, strict=True)
    ]
    categories = {item: "수학" if int(str(item[0])) % 2 else "추론" for item in levels}
    return Contest(a, b, "j", tuple(games), categories, **more)


FOUR: dict[Item, tuple[int, int]] = {
    (1, 1): (2, 2),  # clearly won: 1
    (1, 2): (1, -1),  # a contradiction: 1/2
    (2, 1): (1, 0),  # 5/8
    (3, 1): (-2, 1),  # a contradiction that is lost: (0 + 3/4) / 2 = 3/8
    (4, 1): (0, 0),  # 1/2
}


def test_the_figures_are_those_of_a_hand_calculation() -> None:
    found = score(contest(FOUR))
    assert found.total.win_rate == (1 + 1 / 2 + 5 / 8 + 3 / 8 + 1 / 2) / 5
    assert (found.total.wins, found.total.ties, found.total.losses) == (2, 2, 1)
    assert (found.total.contradictions, found.total.both_orders, found.questions) == (2, 5, 4)
    # decided: 2 2 | 1 -1 | 1 | -2 1: seven; won by the first: 2 | 1 and -1 | 1 | none
    assert (found.first_wins, found.decided, found.first_share) == (4, 7, 4 / 7)
    assert (found.played, found.failed, found.missing, found.incomplete) == (10, 0, 0, 0)
    assert {name: one.win_rate for name, one in found.categories.items()} == {"추론": 9 / 16, "수학": 15 / 8 / 3}
    assert found.interval is not None
    assert found.interval.low <= found.total.win_rate <= found.interval.high


def test_what_hangs_on_one_of_three_judges_that_share_is_no_longer_sure() -> None:
    one_likes_a = {(q, 1): (2, 2) if q % 3 == 0 else (0, 1) if q % 2 else (0, 0) for q in range(1, 25)}
    given = contest(one_likes_a)
    games = tuple(game.model_copy(update={"judge": "jkl"[int(str(game.id)) % 3]}) for game in given.games)
    alone, shared = score(given), score(replace(given, games=games, shared=("j", "k", "l")))
    two = score(replace(given, games=games, shared=("j", "k")))
    assert alone.total == shared.total
    assert alone.interval is not None
    assert shared.interval is not None
    assert alone.interval.low > 0.5 > shared.interval.low
    assert alone.p < 0.01 < 0.05 < shared.p
    assert two.interval == alone.interval


@pytest.mark.parametrize(
    ("questions", "judges", "said"),
    [
        (24, "jkl", "the interval of a win rate covers the choice of the 3 judges that share"),
        (4, "jkl", "intervals do not cover the choice of the 3 judges that share"),  # 4 = 3 judges + 2 categories - 1
        (24, "jk", "intervals do not cover the choice of the two judges that share"),
        (0, "jkl", "intervals do not cover the choice of the 3 judges that share"),
    ],
)
def test_the_choice_of_judges_is_covered_only_where_the_games_tell_it(questions: int, judges: str, said: str) -> None:
    given = contest({(q, 1): (q % 3, 0) for q in range(1, questions + 1)}, shared=tuple(judges))
    games = tuple(
        game.model_copy(update={"judge": judges[(int(str(game.id)) // 2) % len(judges)]}) for game in given.games
    )
    [note] = score(replace(given, games=games)).contest.notes
    assert note.startswith(said)


def test_the_other_side_sees_the_complement() -> None:
    mine, theirs = score(contest(FOUR)), score(contest(FOUR).turned())
    assert theirs.contest.a == B
    assert theirs.total.win_rate == pytest.approx(1 - mine.total.win_rate)
    assert (theirs.total.wins, theirs.total.losses) == (mine.total.losses, mine.total.wins)
    assert (theirs.total.contradictions, theirs.first_share, theirs.p) == (2, mine.first_share, mine.p)
    assert contest(FOUR).turned().turned() == contest(FOUR)


def test_a_duel_that_lacks_a_game_is_left_out_and_counted() -> None:
    whole = contest(FOUR)
    games = tuple(failure((1, 1), "ba") if one == whole.games[1] else one for one in whole.games[:-1])
    found = score(Contest(A, B, "j", games, whole.expected))
    assert (found.played, found.failed, found.missing, found.incomplete, found.expected) == (8, 1, 1, 2, 10)
    assert found.total.duels == 3
    assert found.kinds == {"unparsable": 1}
    text = contests_text([found], [])
    assert "! 1 of 10 games failed (1 unparsable), 1 missing: 2 duels that lack a game are left out" in text


def test_one_order_is_enough_only_where_one_was_asked_for() -> None:
    levels = {(n, 1): (1, 1) for n in range(1, 5)}
    half = [one for one in contest(levels).games if one.order == "ab"]
    assert not duels_of(Contest(A, B, "j", tuple(half), contest(levels).expected))
    asked: dict[Item, Sequence[Order]] = dict.fromkeys(contest(levels).expected, ("ab",))
    one_order = score(Contest(A, B, "j", tuple(half), contest(levels).expected, orders=asked))
    assert (one_order.total.duels, one_order.total.both_orders, one_order.missing) == (4, 0, 0)
    assert "one order only" in contests_text([one_order], [])


def test_repeats_are_averaged_before_the_orders_are() -> None:
    games = (
        game((1, 1), "ab", 2),
        game((1, 1), "ab", 0, repeat=2),
        game((1, 1), "ba", -2),
        game((1, 1), "ba", -2, repeat=2),
    )
    [duel] = duels_of(Contest(A, B, "j", games, {(1, 1): "c"}, repeats=2)).values()
    assert duel.share == (3 / 4 + 0) / 2


def test_a_side_is_better_only_beyond_chance() -> None:
    clear = contest({(n, 1): (1, 1) for n in range(1, 21)})
    mixed = contest({(n, 1): (1, 1) if n % 4 < 2 else (-1, -1) for n in range(1, 21)})
    better, equal = score_contests([clear, mixed])
    assert better.verdict == "가 0-shot better"
    assert score_contests([clear.turned()])[0].verdict == "가 0-shot better"
    assert equal.verdict == "cannot be told apart"
    assert better.p_holm == 2 * better.p


def shares(strength: dict[Side, float]) -> Callable[[Side, Side], float]:
    return lambda a, b: 1 / (1 + math.exp(strength[b] - strength[a]))


@pytest.mark.proofs
def test_strengths_that_made_the_games_are_found_again() -> None:
    """1,000 duels a pair, of which A wins its share: the fit returns the strengths."""
    true = {A: 1.0, B: 0.25, C: -1.25}
    win = shares(true)
    contests = []
    for a, b in ((A, B), (B, C), (A, C)):
        won = round(1000 * win(a, b))
        levels = {(n, 1): (1, 1) if n <= won else (-1, -1) for n in range(1, 1001)}
        games = tuple(g.model_copy(update={"score_range": (-1.0, 1.0)}) for g in contest(levels).games)
        contests.append(Contest(a, b, "j", games, dict.fromkeys(levels, "c")))
    [board] = boards_of(contests, draws=200)
    assert [one.side for one in board.standings] == [A, B, C]
    for one in board.standings:
        assert one.strength == pytest.approx(true[one.side], abs=0.005)
        assert one.interval is not None
        assert one.interval.low < one.strength < one.interval.high
    assert [one.ranks.rank for one in board.standings if one.ranks] == [1, 2, 3]
    assert sum(one.strength for one in board.standings) == pytest.approx(0)
    assert board.standings[0].against_field == pytest.approx((win(A, B) + win(A, C)) / 2, abs=0.001)


def test_sides_that_are_alike_are_tied_and_those_without_a_common_game_stand_apart() -> None:
    even = {(n, 1): (1, -1) for n in range(1, 21)}
    won = {(n, 1): (1, 1) for n in range(1, 21)}
    far, away = Side("라", "s"), Side("마", "s")
    boards = boards_of([contest(even), contest(won, A, C), contest(won, B, C), contest(even, far, away)], draws=100)
    assert [{one.side for one in board.standings} for board in boards] == [{A, B, C}, {far, away}]
    by_side = {one.side: one for one in boards[0].standings}
    assert by_side[A].strength == pytest.approx(by_side[B].strength)
    first, last = by_side[A].ranks, by_side[C].ranks
    assert first is not None
    assert last is not None
    assert (first.rank, last.rank, last.tied) == (1, 3, ())
    assert boards[1].standings[0].ranks is None


def test_a_judge_that_likes_length_alone_is_undone_at_equal_length() -> None:
    """The longer answer always wins; A is longer in three of four duels."""
    levels = {(n, 1): (1, 1) if n % 4 else (-1, -1) for n in range(1, 41)}
    texts = {
        item: ("가" * 200, "나" * 100) if both[0] > 0 else ("가" * 100, "나" * 200) for item, both in levels.items()
    }
    one = contest(levels, answers=texts)
    assert score(one).total.win_rate == 0.25 * 0.25 + 0.75 * 0.75
    [board] = boards_of([one], draws=50)
    [by_length] = board.controlled
    assert by_length.features == ("length",)
    assert by_length.win_rate == pytest.approx(0.5, abs=0.01)
    assert by_length.weights["length"][0] > 0.4
    assert by_length.rmse < by_length.plain_rmse
    both = [one, replace(one, scope="conversation")]
    text = contests_text(score_contests(both), boards_of(both, draws=50))
    assert re.findall("### at equal style: .*", text) == [
        "### at equal style: j · 0-shot",
        "### at equal style: j · 0-shot · whole conversations",
    ]
    assert json.loads(contests_text(score_contests(both), boards_of(both, draws=50), "json"))["contests"][1][
        "equal_length"
    ] == pytest.approx(0.5, abs=0.01)


def test_length_that_changes_nothing_leaves_the_win_rate_as_it_is() -> None:
    levels = {(n, 1): (2, 2) if n % 5 else (-2, -2) for n in range(1, 41)}
    texts = {(n, 1): ("가" * (100 + n % 7), "나" * (100 + n % 3)) for n in range(1, 41)}
    [board] = boards_of([contest(levels, answers=texts)], draws=50)
    assert board.controlled[0].win_rate == pytest.approx(0.8, abs=0.05)


def test_style_is_counted_outside_of_code() -> None:
    text = "# 제목\n**굵게** 그리고 __굵게__\n- 하나\n2. 둘\n```\n# 주석\n- 아님\n```\n"
    assert features(text)[1:] == (1, 2, 2)
    assert features("가 나\n다")[0] == 3
    assert style_gap("가" * 30, "나" * 10).tolist() == [0.5, 0, 0, 0]
    assert style_gap("", "").tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("format", get_args(TableFormat))
def test_every_format_shows_win_rate_contradictions_and_first_place(format: TableFormat) -> None:
    evil = Side("나|<b>\x1b[2J=1+1", "0-shot")
    one = contest(FOUR, A, evil, answers=dict.fromkeys(FOUR, ("가 나", "다")))
    text = contests_text(score_contests([one]), boards_of([one], draws=50), format, Screen(90))
    assert "\x1b" not in text
    if format == "json":
        [row] = json.loads(text)["contests"]
        assert (row["win_rate"], row["contradictions"], row["first_share"]) == (0.6, 2, 4 / 7)
        assert row["categories"]["수학"]["win_rate"] == 15 / 8 / 3
    elif format == "csv":
        assert "0.6000" in text
        assert ",2,5,0.5714," in text
    else:
        for shown in ("60.0", "2 of 5", "57.1", "2/2/1"):
            assert shown in text
        assert "<b>" not in text or format == "text"


def test_without_a_game_nothing_is_a_number() -> None:
    empty = Contest(A, B, "j", (), {(1, 1): "c"})
    found = score(empty)
    assert math.isnan(found.total.win_rate)
    assert (found.missing, found.interval, boards_of([empty])) == (2, None, [])
    assert "nan" not in contests_text([found], [])
    assert found.verdict == Note("no whole duel", "온전한 승부 없음"), "nothing was weighed, so nothing was found alike"


def test_the_legend_says_that_decisions_are_adjusted_within_each_judge() -> None:
    """p of one judge's only contest is its own, whatever another judge has decided."""
    one, other = contest(FOUR), replace(contest(FOUR), judge="other")
    alone, beside = (decided(score_contests(given, draws=50), 0.1) for given in ([one], [one, other]))
    assert alone[0].decision is not None
    assert alone[0].decision == beside[0].decision
    assert "Holm over those of each judge" in contests_text(beside, [])

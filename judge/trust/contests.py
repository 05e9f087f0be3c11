"""Games -> which side is better: win rate with an interval, what the orders contradict, who is shown first. Pure.

The duel of an item (question, turn) is all its games: its share is the mean over the orders of the mean over repeats,
so that what the place does cancels. An item that lacks an order it should have is left out of every figure but the
counts. The questions are what was drawn: both orders and all turns of a question stay together (a cluster), categories
are strata.

    win rate         mean share of side A over the duels; with five levels a clear win counts 1, a narrow one 3/4
    win, tie, loss   duels with a share above, at, below 1/2
    contradiction    one order says A, the other B
    first position   share of the games won by somebody that the answer shown first has won; 1/2 without a bias
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from judge.errors import FailureKind
from judge.records import Item, QuestionId
from judge.runs.games import ORDERS, Game, Order
from judge.tables.contest import Contest, Side
from judge.tables.means import category_names
from judge.tables.row import Interval
from judge.tables.shared_notes import choice_legend
from judge.trust.decide import Decision, Estimate
from judge.trust.judge_choice import Choice, choice_of_judges
from judge.trust.stats import (
    DRAWS,
    SEED,
    Array,
    Labels,
    cautious_error,
    clustered_error,
    freedom_of,
    holm,
    influence,
    overall_draws,
    percentile_interval,
    resample,
    sign_flip_p,
    smallest_difference,
    strata_of,
)
from judge.wording import Note

HALF = Fraction(1, 2)
ALPHA = 0.05


@dataclass(frozen=True)
class Duel:
    """All games of one item."""

    share: Fraction
    """Of side A, 0 to 1."""
    shares: Mapping[Order, Fraction]
    """The same by order."""

    @property
    def contradicts(self) -> bool:
        """Whether each order has another winner."""
        signs = {(share > HALF) - (share < HALF) for share in self.shares.values()}
        return signs >= {1, -1}


@dataclass(frozen=True)
class Tally:
    """Duels counted."""

    win_rate: float
    """Mean share of side A; nan without a duel."""
    wins: int
    ties: int
    losses: int
    contradictions: int
    both_orders: int
    """Duels that have both orders, so that they could contradict."""

    @property
    def duels(self) -> int:
        """How many there are."""
        return self.wins + self.ties + self.losses


@dataclass(frozen=True)
class Score:
    """What the games of one contest come to, for side A."""

    contest: Contest
    total: Tally
    categories: Mapping[str, Tally]
    interval: Interval | None
    """Of the win rate; None: fewer than two questions."""
    p: float
    """Two-sided, paired permutation test of a win rate of 1/2; questions change sign with all their turns."""
    smallest: float
    """The win rate's distance from 1/2 that this many questions show in four of five cases."""
    questions: int
    first_wins: int
    """Games won by the answer shown first."""
    decided: int
    """Games won by somebody."""
    first_interval: Interval | None
    """Of first_wins / decided."""
    played: int
    """Games with a verdict."""
    failed: int
    incomplete: int
    """Items left out because an order (or a repeat) is missing or failed."""
    kinds: Mapping[FailureKind, int] = field(default_factory=dict)
    p_holm: float = float("nan")
    """Within the family of all contests of one call and judge."""
    error: float = float("nan")
    freedom: float = 0.0
    """Standard error of the win rate for a decision, clustered by question, and its degrees of freedom."""
    decision: Decision | None = None
    """Whether side A is good enough; None: not asked (see `decided`)."""

    @property
    def expected(self) -> int:
        """How many games there should be."""
        return self.contest.games_expected

    @property
    def missing(self) -> int:
        """Games that are neither played nor failed."""
        return self.expected - self.played - self.failed

    @property
    def first_share(self) -> float:
        """Share of the decided games that the answer shown first has won; nan without one."""
        return self.first_wins / self.decided if self.decided else float("nan")

    @property
    def one_order(self) -> bool:
        """Whether some items were shown in one order only, as asked for."""
        return any(len(orders) == 1 for orders in self.contest.orders.values())

    @property
    def verdict(self) -> Note:
        """Who is better, in words: needs duels, the adjusted p below 0.05 and an interval without 1/2."""
        return self.verdict_as(lambda side: side.label)

    def verdict_as(self, name: Callable[[Side], str]) -> Note:
        """Return the verdict with the sides called by `name`."""
        if not self.questions:
            return Note("no whole duel", "온전한 승부 없음")
        low, high = (self.interval.low, self.interval.high) if self.interval else (float("nan"), float("nan"))
        for side, ahead in ((self.contest.a, low > 0.5), (self.contest.b, high < 0.5)):
            if ahead and self.p_holm < ALPHA:
                return Note(f"{name(side)} better", f"{name(side)} 우세")
        return Note("cannot be told apart", "가릴 수 없음")


def duels_of(contest: Contest) -> dict[Item, Duel]:
    """Return the duels that are whole, in the order of the expected items."""
    games: dict[Item, dict[Order, list[Game]]] = {}
    for game in contest.games:
        if isinstance(game, Game):
            games.setdefault((game.id, game.turn), {}).setdefault(game.order, []).append(game)
    found = {}
    for item in contest.expected:
        mine = games.get(item, {})
        wanted = contest.orders.get(item, ORDERS)
        if all(len(mine.get(order, ())) >= contest.repeats for order in wanted):
            shares = {order: _mean([game.share for game in own]) for order, own in mine.items()}
            found[item] = Duel(_mean(shares.values()), shares)
    return found


def _mean(values: Iterable[Fraction]) -> Fraction:
    given = list(values)
    return sum(given, Fraction(0)) / len(given)


def score_contests(contests: Sequence[Contest], *, draws: int = DRAWS, seed: int = SEED) -> list[Score]:
    """Return the scores in the given order, p values Holm-adjusted within each judge."""
    found = [score(one, draws, seed) for one in contests]
    for judge in {one.judge for one in contests}:
        mine = [i for i, one in enumerate(contests) if one.judge == judge]
        for i, p in zip(mine, holm([found[i].p for i in mine]), strict=True):
            found[i] = replace(found[i], p_holm=p)
    return found


def score(contest: Contest, draws: int = DRAWS, seed: int = SEED) -> Score:
    """Return what one contest comes to; a note says whether its interval covers the choice of judges that share."""
    duels = duels_of(contest)
    places, strata_q, gains, counts = _gains(contest, duels)
    interval, p, smallest, cautious, choice = None, float("nan"), float("nan"), (float("nan"), 0.0), Choice()
    if len(places) > 1:
        weights_dq = resample(strata_q, draws, seed)
        interval = _shifted(percentile_interval(overall_draws(weights_dq, gains, counts), freedom_of(strata_q)), 0.5)
        p = sign_flip_p(gains[:, 0] / counts.sum(), draws, seed)
        spread = influence(gains, counts)
        error, freedom = clustered_error(spread, strata_q)
        choice, rate = _choice(contest, places, spread, strata_q), float(gains.sum() / counts.sum())
        interval = _clipped(choice.widened(interval, rate + 0.5, freedom_of(strata_q)))
        p = choice.p(rate, error, freedom, p)
        smallest = smallest_difference(*choice.added(error, freedom))
        cautious = choice.added(*cautious_error(spread, strata_q))
    games = [game for game in contest.games if isinstance(game, Game)]
    first_q, decided_q = _first_position(games, places)
    failed = [game for game in contest.games if not isinstance(game, Game)]
    kinds = Counter(failure.kind for failure in failed)
    first_interval = None
    if len(places) > 1 and decided_q.any():
        drawn = overall_draws(resample(strata_q, draws, seed), first_q, decided_q)
        first_interval = percentile_interval(drawn, freedom_of(strata_q))
    note = (choice_legend(len(contest.shared), covered=choice.known, games=True),) if contest.shared else ()
    return Score(
        replace(contest, notes=(*contest.notes, *note)),
        tally(duels.values()),
        {
            name: tally(duel for item, duel in duels.items() if contest.expected[item] == name)
            for name in category_names(contest.expected[item] for item in duels)
        },
        interval,
        p,
        smallest,
        len(places),
        int(first_q.sum()),
        int(decided_q.sum()),
        first_interval,
        len(games),
        len(failed),
        len(contest.expected) - len(duels),
        dict(kinds),
        error=cautious[0],
        freedom=cautious[1],
    )


def _gains(contest: Contest, duels: Mapping[Item, Duel]) -> tuple[dict[QuestionId, int], Labels, Array, Array]:
    """Return the rows of the questions, their strata, and a question's sum of shares less 1/2 and number of duels."""
    places = {identifier: at for at, identifier in enumerate(dict.fromkeys(item[0] for item in duels))}
    category = {item[0]: contest.expected[item] for item in duels}
    strata_q = strata_of([category[identifier] for identifier in places])
    gains, counts = np.zeros((len(places), 1)), np.zeros((len(places), 1))
    for item, duel in duels.items():
        gains[places[item[0]], 0] += float(duel.share - HALF)
        counts[places[item[0]], 0] += 1
    return places, strata_q, gains, counts


def estimate(contest: Contest) -> Estimate:
    """Return the win rate of side A less 1/2 with its clustered error; without a duel it has no freedom."""
    places, strata_q, gains, counts = _gains(contest, duels_of(contest))
    if len(gains) < 2:
        return Estimate(float("nan"), float("nan"), 0, len(gains))
    spread = influence(gains, counts)
    choice = _choice(contest, places, spread, strata_q)
    error, freedom = choice.added(*cautious_error(spread, strata_q))
    return Estimate(float(gains.sum() / counts.sum()), error, freedom, len(gains))


def _choice(contest: Contest, places: Mapping[QuestionId, int], spread: Array, strata_q: Labels) -> Choice:
    """Return what the choice of judges that share the questions adds to the variance of the win rate."""
    number = {judge: at for at, judge in enumerate(contest.shared)}
    judges = {game.id: number.get(game.judge, -1) for game in contest.games if isinstance(game, Game)}
    return choice_of_judges(spread, strata_q, np.array([judges.get(q, -1) for q in places], dtype=np.int64))


def _shifted(interval: Interval | None, by: float) -> Interval | None:
    return _clipped(interval and replace(interval, low=interval.low + by, high=interval.high + by))


def _clipped(interval: Interval | None) -> Interval | None:
    return interval and replace(interval, low=max(0.0, interval.low), high=min(1.0, interval.high))


def _first_position(games: Sequence[Game], places: Mapping[QuestionId, int]) -> tuple[Array, Array]:
    """Return, a question, how many games the answer shown first has won, and how many somebody has."""
    first_q, decided_q = np.zeros((len(places), 1)), np.zeros((len(places), 1))
    for game in games:
        if game.id in places and game.score:
            decided_q[places[game.id], 0] += 1
            first_q[places[game.id], 0] += (game.score > 0) == (game.order == "ab")
    return first_q, decided_q


def tally(duels: Iterable[Duel]) -> Tally:
    """Return the duels counted."""
    given = list(duels)
    return Tally(
        float(_mean(duel.share for duel in given)) if given else float("nan"),
        sum(duel.share > HALF for duel in given),
        sum(duel.share == HALF for duel in given),
        sum(duel.share < HALF for duel in given),
        sum(duel.contradicts for duel in given),
        sum(len(duel.shares) > 1 for duel in given),
    )

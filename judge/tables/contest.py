"""What tables of games are made of: Contest, all games of two sides by one judge. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from judge.records import Item
from judge.runs.games import ORDERS, Game, GameFailure, Order, Scope
from judge.tables.results import label_of


@dataclass(frozen=True, order=True)
class Side:
    """Who answered: one model under one strategy."""

    model: str
    strategy: str

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.model} {self.strategy}".strip()


@dataclass(frozen=True)
class Contest:
    """All games of two sides by one judge configuration."""

    a: Side
    b: Side
    judge: str
    """As tables call it."""
    games: tuple[Game | GameFailure, ...]
    """At most one per (id, turn, repeat, order). Scores are positive where `a` is better."""
    expected: Mapping[Item, str]
    """Every (id, turn) that should have games -> its category, in question order."""
    orders: Mapping[Item, Sequence[Order]] = field(default_factory=dict)
    """The orders in which an item should be shown; an item that is not in it: both."""
    repeats: int = 1
    """Games that each (id, turn, order) should have."""
    scope: Scope = "turn"
    offline: bool = False
    """The rule judge."""
    config: str = ""
    """Digest of the judge's configuration, where it is known."""
    answers: Mapping[Item, tuple[str, str]] = field(default_factory=dict)
    """(id, turn) -> the two texts that were judged, a's first; empty where they are not at hand. They are what a
    length- and style-controlled figure is made of."""
    notes: tuple[str, ...] = ()
    """What a reader must know; footnotes."""

    @property
    def judge_label(self) -> str:
        """The judge's name as every format shows it."""
        return label_of(self.judge, self.offline)

    @property
    def games_expected(self) -> int:
        """How many games there should be."""
        return self.repeats * sum(len(self.orders.get(item, ORDERS)) for item in self.expected)

    def turned(self) -> Contest:
        """Return the same contest with side B first: every score has the other sign, every order the other name."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            games=tuple(map(turned, self.games)),
            orders={item: [_OTHER[order] for order in given] for item, given in self.orders.items()},
            answers={item: (b, a) for item, (a, b) in self.answers.items()},
        )


_OTHER: Mapping[Order, Order] = {"ab": "ba", "ba": "ab"}


def turned(game: Game | GameFailure) -> Game | GameFailure:
    """Return a game as seen from the other side."""
    names = {"model": game.b_model, "strategy": game.b_strategy, "b_model": game.model, "b_strategy": game.strategy}
    other = {**names, "order": _OTHER[game.order]}
    return game.model_copy(update=other | ({"score": -game.score} if isinstance(game, Game) else {}))

"""What tables of games are made of: Contest, all games of two sides by one judge. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from judge.records import Answer, Item, QuestionId
from judge.runs.games import ORDERS, Game, GameFailure, Order, Scope
from judge.tables.results import label_of
from judge.text.digests import question_digests
from judge.wording import Note


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
    questions: Mapping[Item, str] = field(default_factory=dict)
    """(id, turn) -> what was asked; empty where it is not at hand."""
    notes: tuple[str, ...] = ()
    """What a reader must know; footnotes."""
    shared: tuple[str, ...] = ()
    """The names of the judges that share the questions, sorted; empty: one judge has all of them."""
    looks: tuple[int, ...] = ()
    """After how many questions it was looked at whether it is settled; empty: only at the end."""

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


@dataclass(frozen=True)
class Common:
    """The answers of two sides to the same questions."""

    pairs: tuple[tuple[Answer, Answer], ...]
    left_out: tuple[str, ...]
    """What is not paired, in words."""


def common_answers(a: Side, answers_a: Iterable[Answer], b: Side, answers_b: Iterable[Answer]) -> Common:
    """Return what both sides have answered, in the order of side A; questions with other words do not pair."""
    of_a, of_b = ({answer.id: answer for answer in answers} for answers in (answers_a, answers_b))
    pairs, other = [], []
    for identifier in of_a:
        if identifier in of_b:
            one, two = of_a[identifier], of_b[identifier]
            turns = min(len(one.outputs), len(two.outputs))
            alike = [question_digests(each.questions)[:turns] for each in (one, two)]
            if alike[0] == alike[1]:
                pairs.append((one, two))
            else:
                other.append(identifier)
    differ = Note(
        f"{len(other)} questions that ask other words on the other side ({_named(other)})",
        f"두 쪽의 질문 글이 다른 문항 {len(other)}개({_named(other)})",
    )
    left_out: list[str] = [differ] * bool(other)
    for side, mine, theirs in ((a, of_a, of_b), (b, of_b, of_a)):
        if only := [identifier for identifier in mine if identifier not in theirs]:
            left_out.append(
                Note(
                    f"{len(only)} questions that only {side.label} has answered ({_named(only)})",
                    f"{side.label} 쪽만 답한 문항 {len(only)}개({_named(only)})",
                )
            )
    return Common(tuple(pairs), tuple(left_out))


def _named(ids: Sequence[QuestionId]) -> str:
    return ", ".join(map(str, ids[:8])) + ", ..." * (len(ids) > 8)

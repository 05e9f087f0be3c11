"""Games in another tool's files -> contests of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from judge.errors import FailureKind
from judge.records import Item
from judge.runs.games import FIVE_LEVELS, ORDERS, THREE_LEVELS, Game, GameFailure, Order
from judge.sources.place import STRATEGY
from judge.tables.contest import Contest, Side
from judge.wording import Note

ABOVE = 6
"""How many folders above a file are searched for what belongs to it."""


@dataclass(frozen=True)
class FoundGame:
    """One game as its file has it."""

    a: str
    b: str
    """The two models, in whichever order the file names them."""
    judge: str
    item: Item
    category: str
    order: Order
    """`ab`: the answer of `a` was shown first."""
    score: int | None
    """Positive where `a` is better; None: no verdict."""
    reply: str | None = None
    template: str = ""
    kind: FailureKind = "unparsable"
    detail: str = ""
    """Of a game without a verdict."""


@dataclass
class _Pair:
    a: str
    b: str
    games: dict[tuple[Item, Order], FoundGame] = field(default_factory=dict)
    again: int = 0


def contests_of(found: Iterable[FoundGame], *, five: bool, notes: Iterable[str] = ()) -> list[Contest]:
    """Return one contest a pair of models and judge, in file order, the sides as the pair is first named.

    `five`: of five levels, else three. Of several games on one item in one order the last counts, with a note. An item
    of which the file has one order is expected in that order only.
    """
    pairs: dict[tuple[frozenset[str], str], _Pair] = {}
    for game in found:
        pair = pairs.setdefault((frozenset((game.a, game.b)), game.judge), _Pair(game.a, game.b))
        mine = game if game.a == pair.a else _turned(game)
        pair.again += (mine.item, mine.order) in pair.games
        pair.games[mine.item, mine.order] = mine
    return [_contest(pair, judge, five, tuple(notes)) for (_, judge), pair in pairs.items()]


def _turned(game: FoundGame) -> FoundGame:
    other: Order = "ba" if game.order == "ab" else "ab"
    return replace(game, a=game.b, b=game.a, order=other, score=None if game.score is None else -game.score)


def _contest(pair: _Pair, judge: str, five: bool, notes: tuple[str, ...]) -> Contest:
    expected = {item: game.category for (item, _), game in pair.games.items()}
    orders = {item: tuple(order for order in ORDERS if (item, order) in pair.games) for item in expected}
    twice = Note(
        f"{pair.again} games stand more than once in the file: the last one counts",
        f"판정 {pair.again}건이 파일에 두 번 이상 있음: 마지막 것을 씀",
    )
    again = [twice] * bool(pair.again)
    return Contest(
        Side(pair.a, STRATEGY),
        Side(pair.b, STRATEGY),
        judge,
        tuple(_game(game, FIVE_LEVELS if five else THREE_LEVELS) for game in pair.games.values()),
        expected,
        orders={item: given for item, given in orders.items() if given != ORDERS},
        notes=(*notes, *again),
    )


def _game(found: FoundGame, levels: tuple[float, float]) -> Game | GameFailure:
    common: dict[str, Any] = {
        "id": found.item[0],
        "turn": found.item[1],
        "judge": found.judge,
        "category": found.category,
        "model": found.a,
        "strategy": STRATEGY,
        "b_model": found.b,
        "b_strategy": STRATEGY,
        "order": found.order,
        "template": found.template,
        "reply": found.reply,
    }
    if found.score is None:
        return GameFailure(**common, kind=found.kind, detail=found.detail)
    return Game(**common, score=float(found.score), score_range=levels, comment=(found.reply or "").strip())


def with_answers(contest: Contest, texts: Mapping[str, Mapping[Item, str]]) -> Contest:
    """Return the contest with the texts that were judged; `texts`: model -> (id, turn) -> what it said."""
    a, b = (texts.get(side.model, {}) for side in (contest.a, contest.b))
    found = {item: (a[item], b[item]) for item in contest.expected if item in a and item in b}
    return replace(contest, answers=found)


def beside(path: Path, names: Iterable[str]) -> Path | None:
    """Return the nearest file of one of these names (`model_answer/m.jsonl`) above a file; no name leads elsewhere."""
    given = [name for name in names if ".." not in Path(name).parts and not Path(name).is_absolute()]
    for above in path.resolve().parents[:ABOVE]:
        for name in given:
            if (above / name).is_file():
                return above / name
    return None

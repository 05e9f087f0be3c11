"""A contest on disk: two sides, their answers as they were judged, and the games.

    outputs/contests/<side A>~<digest>~vs~<side B>~<digest>/
        contest.json                   manifest: the sides, what each judge was asked, digests, times, tokens
        answers/a.jsonl, b.jsonl       the answers of each side
        games/<judge>/ab.jsonl         one line a turn and repeat, side A's answer shown first; failures too
        games/<judge>/ba.jsonl         the other way round

The same two sides make the same folder, in whatever order they are named. It is written like a run (`RunFolder`), and
nothing takes it for one: a score of a game is no score of an answer.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from judge.config import GenerateConfig, digest
from judge.records import Answer, QuestionId, Record
from judge.runs.folder import RunFolder
from judge.runs.games import ORDERS, Game, GameFailure, GameOutcome, Order, Scope
from judge.runs.manifest import Manifest, now, read_manifest, read_manifest_head, versions
from judge.runs.names import safe_part

CONTEST = "contest.json"
CONTESTS = "contests"
"""The folder of contests below that of the runs."""

_GAME: TypeAdapter[Any] = TypeAdapter(GameOutcome)
_LONGEST_LABEL = 80
"""Characters of a side's label in the name of a folder; its digest tells it from others."""


class ContestSide(Record):
    """One side as the manifest names it."""

    model: str
    strategy: str
    digest: str
    """Of what made the answers: the run's configuration, or the texts where that is not known."""


class Asked(Record):
    """What one judge was asked for, so that what is missing is known."""

    scope: Scope
    orders: tuple[Order, ...]
    """Both, or `alternating`, which gives each question one."""
    repeats: int = 1
    questions: tuple[QuestionId, ...] | None = None
    """Only these, the first of the asking order, where looks may settle it before the rest is asked; None: all."""
    looks: tuple[int, ...] = ()
    """After how many questions each look is; empty: none but the last."""


class ContestManifest(Manifest):
    """contest.json."""

    sides: tuple[ContestSide, ContestSide]
    asked: dict[str, Asked] = Field(default_factory=dict)
    """Judge digest -> what it was asked for."""


def orders_of(question: QuestionId, orders: Sequence[Order]) -> tuple[Order, ...]:
    """Return the orders in which a question is shown; where only one is asked for (`orders` is empty), either, evenly.

    All turns of a question have the same. The choice follows from the id, so that it is the same in every call.
    """
    if orders:
        return tuple(orders)
    return (ORDERS[int(digest(["order", question]), 16) % 2],)


def contest_folder(out: Path, sides: tuple[ContestSide, ContestSide]) -> ContestFolder:
    """Return the folder of the contest of these sides, given in their order on disk, below `out`."""
    name = "~vs~".join(f"{safe_part(_label(side))}~{side.digest[:8]}" for side in sides)
    return ContestFolder(out / CONTESTS / name)


def _label(side: ContestSide) -> str:
    return f"{side.model}@{side.strategy}".replace("/", "+")[-_LONGEST_LABEL // 2 :]


class ContestFolder(RunFolder):
    """Reads a contest, and inside `writing()` appends to it. A "strategy" of the base class is an order here."""

    manifest_name, verdicts, outcome = CONTEST, "games", _GAME

    def manifest(self) -> ContestManifest:
        """Return contest.json. Raises InputError (file, line, field)."""
        return read_manifest(self.path / CONTEST, ContestManifest)

    def head(self) -> ContestManifest:
        """Return contest.json without `expected`. Raises InputError (file, line, field)."""
        return read_manifest_head(self.path / CONTEST, ContestManifest)

    def begin_contest(self, sides: tuple[ContestSide, ContestSide], *, fresh: bool = False) -> None:
        """Write the manifest of a new contest; one that is there stays. Only inside `writing()`. Raises StoreError."""
        if self.exists():
            return
        config = GenerateConfig(
            model=" vs ".join(f"{side.model} {side.strategy}" for side in sides),
            questions="as answered",
            strategies=dict.fromkeys(ORDERS, "both sides"),
            source="contest",
        )
        made = {"kojudge": versions().get("kojudge", ""), "host": platform.node(), "created": now(), "fresh": fresh}
        self.write_manifest(ContestManifest(config=config, expected=(), of_questions=0, sides=sides, **made))

    def note_asked(self, judge_digest: str, asked: Asked) -> None:
        """Record what a judge is asked for; both orders and more repeats stay where they were asked for before."""
        manifest = self.head()
        old = manifest.asked.get(judge_digest)
        if old is not None:
            orders = tuple(asked.orders or old.orders)
            update = {"orders": orders, "repeats": max(asked.repeats, old.repeats), "looks": old.looks}
            mine, before = asked.questions, old.questions
            both = None if mine is None or before is None else mine if len(mine) > len(before) else before
            asked = asked.model_copy(update={**update, "questions": both})
        if asked != old:
            self._change(manifest, asked={**manifest.asked, judge_digest: asked})

    def put_answers(self, place: Order | str, answers: Iterable[Answer]) -> None:
        """Append the answers of side `a` or `b` that are not there in this form. Only inside `writing()`."""
        there = self.answers(place)
        for answer in answers:
            if there.get(answer.id) != answer:
                self._appender(self.answers_file(place)).append(answer)

    def each_game(self, judge: str, order: Order) -> Iterator[Game | GameFailure]:
        """Yield every line of a judge in one order, oldest first. Raises InputError."""
        yield from self._each(self.judgments_file(judge, order), _GAME)

    def add_outcome(self, outcome: Any) -> None:
        """Append a game or its failure. Only inside `writing()`."""
        self._appender(self.judgments_file(outcome.judge, outcome.order)).append(outcome)

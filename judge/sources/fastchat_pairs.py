"""FastChat's judgments of pairs, and those of Korean MT-Bench, -> contests.

    model_judgment/gpt-4_pair.jsonl   question_id model_1 model_2 g1_winner g2_winner judge turn (FastChat)
    pairwise/A__vs__B.jsonl           question_id model_a model_b winner_ab winner_ba judge_id turn category

FastChat's second game shows model_2 first and names the winner by model; Korean MT-Bench names it by place. Of several
lines on one question and turn the latest `tstamp` counts, as with their own tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Item, Ordinal, QuestionId, Record
from judge.runs.games import Order
from judge.sources.fastchat_rows import FastChatId, question_files, read_answered, read_rows
from judge.sources.foreign_games import FoundGame, beside, contests_of, with_answers
from judge.sources.place import UNKNOWN, FirstRow, GamesPlace, Place
from judge.tables.contest import Contest
from judge.wording import Note


class _Row(Record):
    question_id: FastChatId
    turn: Ordinal = 1
    tstamp: float = 0.0


class _FastChat(_Row):
    model_1: str
    model_2: str
    g1_winner: str
    g2_winner: str
    judge: tuple[str, str]
    g1_judgment: str = ""
    g2_judgment: str = ""

    def games(self, category: str) -> Iterator[FoundGame]:
        levels = {"model_1": 1, "tie": 0, "model_2": -1}
        shown: tuple[tuple[Order, str, str], ...]
        shown = (("ab", self.g1_winner, self.g1_judgment), ("ba", self.g2_winner, self.g2_judgment))
        for order, winner, reply in shown:
            yield FoundGame(
                self.model_1,
                self.model_2,
                self.judge[0],
                (self.question_id, self.turn),
                category,
                order,
                levels.get(winner),
                reply,
                self.judge[1],
                detail=f"the winner is {winner[:40]!r}",
            )


class _Korean(_Row):
    model_a: str
    model_b: str
    judge_id: str
    winner_ab: str
    winner_ba: str
    judgment_ab: str = ""
    judgment_ba: str = ""
    category: str = UNKNOWN

    def games(self, _: str) -> Iterator[FoundGame]:
        levels = {"A": 1, "tie": 0, "B": -1}
        shown: tuple[tuple[Order, str, str], ...]
        shown = (("ab", self.winner_ab, self.judgment_ab), ("ba", self.winner_ba, self.judgment_ba))
        for order, winner, reply in shown:
            level = levels.get(winner)  # of the answer shown first
            yield FoundGame(
                self.model_a,
                self.model_b,
                self.judge_id,
                (self.question_id, self.turn),
                self.category,
                order,
                level if level is None or order == "ab" else -level,
                reply,
                detail=f"the winner is {winner[:40]!r}",
            )


class _Pairs(GamesPlace):
    """A file of pairs."""

    def __init__(self, path: Path, row: type[_FastChat] | type[_Korean], what: str) -> None:
        super().__init__(path)
        self._row: type[Any] = row
        self.what = what

    def contests(self) -> Sequence[Contest]:
        """Return the games, pair by pair, with the texts that were judged where they lie beside. Raises InputError."""
        rows: dict[tuple[str, ...], _FastChat | _Korean] = {}
        several = 0
        for line in read_lines(self.path):
            row: _FastChat | _Korean = validate(line.data, self._row, path=self.path, line=line.number)
            names = (row.model_1, row.model_2) if isinstance(row, _FastChat) else (row.model_a, row.model_b)
            judge = row.judge[0] if isinstance(row, _FastChat) else row.judge_id
            key = (judge, *sorted(names), str(row.question_id), str(row.turn))
            several += key in rows
            if key not in rows or row.tstamp >= rows[key].tstamp:
                rows[key] = row
        if not rows:
            raise InputError("holds no row", path=self.path)
        categories = _categories(self.path, {row.question_id for row in rows.values()})
        replaced = Note(
            f"{several} lines are replaced by later ones of the same question and turn",
            f"{several}줄은 쓰지 않음: 같은 문항과 턴의 줄이 뒤에 또 있음",
        )
        notes = [replaced] * bool(several)
        games = (game for row in rows.values() for game in row.games(categories.get(row.question_id, UNKNOWN)))
        found = contests_of(games, five=False, notes=notes)
        models = {side.model for one in found for side in (one.a, one.b)}
        texts = {model: _texts(self.path, model) for model in sorted(models)}
        return [with_answers(one, texts) for one in found]

    def summary(self) -> str:
        """Return one line on what the file holds. Raises InputError for a broken one."""
        found = self.contests()
        return f"{self.what}: {len(found)} pairs, {sum(len(one.games) for one in found)} games"


def _categories(path: Path, ids: set[QuestionId]) -> dict[QuestionId, str]:
    """Return the categories of the question file above that has most of the ids."""
    best: dict[QuestionId, str] = {}
    for file in question_files(path):
        known = {row.question_id: row.category for row in read_rows(file)}
        if len(ids & known.keys()) > len(ids & best.keys()):
            best = known
    return best


def _texts(path: Path, model: str) -> Mapping[Item, str]:
    file = beside(path, (f"{folder}/{model}.jsonl" for folder in ("model_answer", "answers")))
    if file is None:
        return {}
    return {(i, turn): text for i, row in read_answered(file).items() for turn, text in enumerate(row.turns, start=1)}


def recognise_pairs(path: Path, first: FirstRow) -> Place | None:
    """Return the place of a file of pairs, None for another file."""
    if {"model_1", "model_2", "g1_winner", "g2_winner"} <= first.keys() and "m1_score" not in first:
        return _Pairs(path, _FastChat, "FastChat judgments of pairs")
    if {"model_a", "model_b", "winner_ab", "winner_ba", "judge_id"} <= first.keys():
        return _Pairs(path, _Korean, "Korean MT-Bench judgments of pairs")
    return None

"""AlpacaEval's annotations.json -> contests.

    [{instruction, output_1, generator_1, output_2, generator_2, annotator, preference, [dataset]}, ...]

`generator_1` is the reference, `preference` a number from 1 (it is better) to 2 (the other is), null where the judge
gave none. A game is won, lost or, at 1.5 (and 0, in older files), drawn: as in AlpacaEval's discrete win rate. The
order in which a judge was shown the two is not in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated

from pydantic import BeforeValidator, Field

from judge.errors import InputError
from judge.files import parse_json, read_whole, validate
from judge.records import Item, Record
from judge.sources.foreign_games import FoundGame, contests_of, with_answers
from judge.sources.place import UNKNOWN, FileFormat, FirstRow, GamesPlace, Number, Place, Unread
from judge.tables.contest import Contest
from judge.text.digests import question_digests
from judge.wording import Note

DRAW = 1.5


def _draw(value: object) -> object:
    """Return 1.5 for 0, as older files write a draw."""
    return DRAW if value == 0 and not isinstance(value, bool) else value


class _Row(Record):
    instruction: str
    output_1: str
    generator_1: str
    output_2: str
    generator_2: str
    annotator: str = UNKNOWN
    preference: Annotated[Annotated[Number, Field(ge=1, le=2)] | None, BeforeValidator(_draw)]
    dataset: str | None = None


class _Annotations(GamesPlace):
    what = "AlpacaEval annotations"

    def contests(self) -> Sequence[Contest]:
        """Return the games of each pair of models and judge, with the texts that were judged. Raises InputError."""
        rows = _rows(self.path)
        pairs = [(item, row) for item, row in rows if row.generator_1 != row.generator_2]
        games = (_game(item, row) for item, row in pairs)
        note = Note(
            "one game an instruction; which answer was shown first is not in the file",
            "질문마다 판정 하나. 어느 답변을 먼저 보였는지는 파일에 없음",
        )
        found = contests_of(games, five=False, notes=[note])
        texts: dict[str, dict[Item, str]] = {}
        for item, row in pairs:
            texts.setdefault(row.generator_1, {})[item] = row.output_1
            texts.setdefault(row.generator_2, {})[item] = row.output_2
        return [with_answers(one, texts) for one in found]

    def summary(self) -> str:
        """Return one line on what the file holds, with AlpacaEval's own win rate. Raises InputError."""
        rows = [row for _, row in _rows(self.path)]
        told = [row.preference - 1 for row in rows if row.preference is not None]
        rate = f", win rate {100 * fmean(told):.2f} as AlpacaEval weighs it" if told else ""
        return f"{len(rows)} AlpacaEval annotations{rate}"


def _rows(path: Path) -> list[tuple[Item, _Row]]:
    """Return the rows by instruction: one that stands n times has the ids x, x#2, ..., as its text is its only name."""
    data = parse_json(read_whole(path), list[object], path)
    if not data:
        raise InputError("holds no row", path=path)
    seen: dict[tuple[str, ...], int] = {}
    found: list[tuple[Item, _Row]] = []
    for number, each in enumerate(data, start=1):
        row = validate(each, _Row, path=path, line=number)
        [name] = question_digests((row.instruction,))
        key = (row.annotator, row.generator_1, row.generator_2, name)
        seen[key] = seen.get(key, 0) + 1
        found.append(((name[:12] if seen[key] == 1 else f"{name[:12]}#{seen[key]}", 1), row))
    return found


def _game(item: Item, row: _Row) -> FoundGame:
    score = None if row.preference is None else (row.preference > DRAW) - (row.preference < DRAW)
    return FoundGame(
        row.generator_2,
        row.generator_1,
        row.annotator,
        item,
        row.dataset or UNKNOWN,
        "ab",
        score,
        detail="the annotator gave no preference",
    )


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if {"instruction", "output_1", "output_2", "generator_1", "generator_2", "preference"} <= first.keys():
        in_list = path.suffix.lower() == ".json"
        return _Annotations(path) if in_list else Unread(path, "AlpacaEval annotations in no list")
    if {"instruction", "output", "generator"} <= first.keys():
        return Unread(path, "AlpacaEval model outputs", "give its annotations.json")
    return None


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

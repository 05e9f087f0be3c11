"""arena-hard's .jsonl files, v0.1 and v2, and Ko-Arena-Hard-Auto's, <-> our records; rows are in `arena_hard_rows`.

    question.jsonl               question_id category turns: [{content}]  or  uid category prompt
    model_answer/M.jsonl         question_id model_id choices: [{turns: [{content}]}]  or  uid model messages
    model_judgment/J/M.jsonl     question_id|uid model judge [baseline] games: [{score}, {score}]

The first game shows the baseline's answer as A, the second the model's. v0.1 does not name the baseline: it is read off
`config/judge_config.yaml` where that lies above.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from judge.errors import InputError
from judge.files import read_lines, replace_text, validate, without_half_characters
from judge.packs.yaml_files import read_yaml
from judge.records import Answer, Item, Question, QuestionId
from judge.runs.games import Game, Order
from judge.runs.names import safe_part
from judge.sources.arena_hard_rows import LABELS, AnswerRow, GamesRow, QuestionRow, answer_texts, question_rows
from judge.sources.fastchat_rows import refuse_several
from judge.sources.foreign_games import FoundGame, beside, contests_of, with_answers
from judge.sources.place import STRATEGY, UNKNOWN, FileFormat, FirstRow, GamesPlace, Place, Saved
from judge.tables.contest import Contest, Side
from judge.wording import Note, led

BASELINE = "(baseline)"
"""What the baseline is called where no file names it."""

CONFIG = "config/judge_config.yaml"

_SHOWN: tuple[Order, Order] = ("ba", "ab")
"""Side A is the model: the first game shows the baseline first."""


class _Games(GamesPlace):
    what = "arena-hard games"

    def contests(self) -> Sequence[Contest]:
        """Return the games, one contest a baseline, with the texts that were judged where they lie beside.

        Those of the baseline with itself, of which some boards have a file, are no contest. Raises InputError.
        """
        rows = [validate(line.data, GamesRow, path=self.path, line=line.number) for line in read_lines(self.path)]
        if not rows:
            raise InputError("holds no row", path=self.path)
        unnamed = any(not row.baseline for row in rows)
        baseline = (_baseline(self.path) or BASELINE) if unnamed else ""
        unknown = Note("the files do not name the baseline", "파일에 기준 모델의 이름이 없음")
        notes = [unknown] * (baseline == BASELINE)
        known = _questions(self.path)
        games = (game for row in rows for game in _games(row, row.baseline or baseline, known))
        found = [one for one in contests_of(games, five=True, notes=notes) if one.a != one.b]
        models = dict.fromkeys(side.model for one in found for side in (one.b, one.a))  # the baseline first: it is kept
        texts = {model: _texts(self.path, model) for model in models}
        return [with_answers(one, texts) for one in found]

    def summary(self) -> str:
        """Return one line on what the file holds. Raises InputError for a broken one."""
        found = self.contests()
        if not found:
            return "arena-hard games of the baseline with itself, which are no contest"
        against = ", ".join(one.b.model for one in found)
        return f"{sum(len(one.games) for one in found)} arena-hard games of {found[0].a.model} against {against}"


def _games(row: GamesRow, baseline: str, known: Mapping[QuestionId, QuestionRow]) -> Iterator[FoundGame]:
    category = row.category or (known[row.id].category if row.id in known else UNKNOWN)
    for order, game in zip(_SHOWN, row.games, strict=False):
        label = game.score if game else None
        first = LABELS.get(label) if label else None  # how much better the answer shown first is
        yield FoundGame(
            row.model,
            baseline,
            row.judge,
            (row.id, 1),
            category,
            order,
            first if first is None or order == "ab" else -first,
            game.reply if game else None,
            kind="unparsable" if game else "upstream",
            detail=f"the verdict is {label!r}" if game else "the judge was not reached",
        )


def _baseline(path: Path) -> str | None:
    """Return the baseline that the configuration above a file names."""
    file = beside(path, [CONFIG])
    data = read_yaml(file) if file else None
    named = data.get("baseline_model") if isinstance(data, dict) else None
    return named if isinstance(named, str) else None


def _questions(path: Path) -> Mapping[QuestionId, QuestionRow]:
    file = beside(path, ["question.jsonl"])
    return _read_questions(file, _stamp(file)) if file else {}


def _texts(path: Path, model: str) -> Mapping[Item, str]:
    file = beside(path, [f"model_answer/{model}.jsonl"])
    return _read_answers(file, _stamp(file)) if file else {}


def _stamp(file: Path) -> tuple[int, int]:
    """Return what changes when a file does."""
    known = file.stat()
    return known.st_mtime_ns, known.st_size


@lru_cache(maxsize=2)  # a board has a hundred files of games on one set of questions and against one baseline
def _read_questions(file: Path, _: tuple[int, int]) -> dict[QuestionId, QuestionRow]:
    return {row.id: row for row in question_rows(file)}


@lru_cache(maxsize=4)
def _read_answers(file: Path, _: tuple[int, int]) -> dict[Item, str]:
    return answer_texts(file)


class _Answers(Place):
    what = "arena-hard answers"
    holds_answers = True

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        """Return the answers, to the questions of `questions`, of the row itself, or of question.jsonl above."""
        given = {question.id: question for question in questions}
        known = given or {row.id: row.question() for row in _questions(self.path).values()}
        rows: dict[QuestionId, AnswerRow] = {}
        models: list[tuple[QuestionId, str]] = []
        for line in read_lines(self.path):
            row = validate(line.data, AnswerRow, path=self.path, line=line.number)
            rows[row.id] = row
            models.append((row.id, row.model))
        refuse_several(self.path, models)
        found = [_answer(row, known, self.path, model_name, strategy) for row in rows.values()]
        more = len(models) - len(rows)
        replaced = Note(
            f"{more} lines are replaced by later ones of the same question",
            f"{more}줄은 쓰지 않음: 같은 문항의 줄이 뒤에 또 있음",
        )
        return Saved(found, (replaced,) * bool(more))

    def summary(self) -> str:
        """Return one line on what the file holds. Raises InputError for a broken one."""
        return f"arena-hard answers to {len(answer_texts(self.path))} questions"


def _answer(
    row: AnswerRow, known: Mapping[QuestionId, Question], path: Path, model_name: str | None, strategy: str | None
) -> Answer:
    question = known.get(row.id)
    asked = row.asked or (question.questions[0] if question else "")
    if not asked:
        raise InputError(
            f"does not say what question {row.id!r} asks, and no question.jsonl above does",
            path=path,
            mend="make a pack of the questions with kojudge import arena-hard and give it with --pack",
        )
    language = question or QuestionRow(id=row.id, category=UNKNOWN, prompt=asked).question()
    return Answer(
        id=row.id,
        category=question.category if question else UNKNOWN,
        questions=(asked,),
        outputs=(row.text,),
        answer_language=language.answer_language[:1],
        model=model_name or row.model or path.stem,
        strategy=strategy or STRATEGY,
    )


class _Asked(Place):
    what = "arena-hard questions"

    def summary(self) -> str:
        """Return one line on what the file holds. Raises InputError for a broken one."""
        return f"{len(question_rows(self.path))} arena-hard questions: make a pack with kojudge import arena-hard"


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if not {"uid", "question_id"} & first.keys():
        return None
    if {"model", "judge", "games"} <= first.keys():
        return _Games(path)
    if {"model", "messages"} <= first.keys() or _holds_content(first.get("choices")):
        return _Answers(path)
    if {"uid", "prompt"} <= first.keys() or _is_content(first.get("turns")):
        return _Asked(path)
    return None


def _is_content(turns: object) -> bool:
    return isinstance(turns, list) and bool(turns) and isinstance(turns[0], dict) and "content" in turns[0]


def _holds_content(choices: object) -> bool:
    return (
        isinstance(choices, list)
        and bool(choices)
        and isinstance(choices[0], dict)
        and _is_content(choices[0].get("turns"))
    )


FORMAT = FileFormat(verdicts="", answers="arena-hard's model_answer/", recognise=_recognise)


# -- and back


def export_games(contests: Sequence[Contest], folder: Path) -> list[str]:
    """Write model_judgment/<judge>/<model>.jsonl as arena-hard v2 does, and return a line a file.

    Side A is the model, side B the baseline; one row a question with the game that shows the baseline first, then the
    other. A failed or missing game is null, as a judge that was not reached is there. Raises InputError, before
    anything is written, for contests that arena-hard has no place for: of several turns, strategies that make two
    files of one name, three levels being written as A>B, A=B, B>A.
    """
    files: dict[Path, list[str]] = {}
    owner: dict[Path, tuple[Side, str]] = {}
    for contest in contests:
        if several := next((item for item in contest.expected if item[1] != 1), None):
            raise InputError(
                f"arena-hard knows one turn a question; of question {several[0]!r} turn {several[1]} is judged",
                mend="give contests on questions of one turn, such as those of kojudge import arena-hard",
            )
        path = folder / "model_judgment" / safe_part(contest.judge) / f"{safe_part(_name(contest.a))}.jsonl"
        if owner.setdefault(path, (contest.a, contest.judge)) != (contest.a, contest.judge):
            raise InputError(f"two sides would be written to {path}", mend="give their contests apart")
        files.setdefault(path, []).extend(_rows(contest))
    for path, rows in files.items():
        replace_text(path, "".join(f"{row}\n" for row in rows))
    return [led(str(path), Note(f"{len(rows)} questions", f"문항 {len(rows)}개")) for path, rows in files.items()]


def _name(side: Side) -> str:
    return side.model if side.strategy in ("", STRATEGY) else f"{side.model} {side.strategy}"


def _rows(contest: Contest) -> Iterator[str]:
    spelled = {2: "A>>B", 1: "A>B", 0: "A=B", -1: "B>A", -2: "B>>A"}
    games: dict[tuple[Item, str], Game] = {}
    for game in contest.games:
        if isinstance(game, Game) and game.repeat == 1:
            games[(game.id, game.turn), game.order] = game
    for item, category in contest.expected.items():
        written: list[dict[str, Any] | None] = []
        for order in _SHOWN:
            found = games.get((item, order))
            if found is None:
                written.append(None)
                continue
            shown = int(found.score) * (1 if order == "ab" else -1)
            written.append({"score": spelled[shown], "judgment": {"answer": found.reply or found.comment}})
        row: dict[str, Any] = {"uid": item[0], "category": category, "judge": contest.judge, "model": _name(contest.a)}
        row |= {"baseline": _name(contest.b), "games": written}
        yield without_half_characters(json.dumps(row, ensure_ascii=False))

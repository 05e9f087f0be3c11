"""The rows of FastChat's .jsonl files (MT-Bench, KoMT-Bench, translations) -> our questions and answers.

    question.jsonl           question_id category turns [reference]
    model_answer/M.jsonl     question_id model_id choices: [{turns}]

Answers hold no questions: these are looked for beside them (`question.jsonl`, `question_ko.jsonl`, ...).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Answer, AnswerLanguage, Question, QuestionId, Record
from judge.sources.place import STRATEGY
from judge.text.language import hangul_share
from judge.text.language_rule import demanded_language
from judge.wording import Note

OPEN_LANGUAGE = (138, 140)
"""KoMT-Bench's questions whose answers are JSON or CSV and may be in any language; its penalty leaves them out."""


def _number(identifier: QuestionId) -> QuestionId:
    """`"81"` in a translation is question 81: its answers and ratings may spell it otherwise."""
    text = str(identifier)
    return int(text) if text.isascii() and text.isdecimal() and str(int(text)) == text else identifier


FastChatId = Annotated[QuestionId, AfterValidator(_number)]


class QuestionRow(Record):
    """One row of question.jsonl."""

    question_id: FastChatId
    category: Annotated[str, Field(min_length=1)]
    turns: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    reference: tuple[str | None, ...] | None = None

    def question(self, references: Iterable[str | None] = ()) -> Question:
        """Return it as a question of ours; `references` take the place of its own."""
        given = (*(references or self.reference or ()), *[None] * len(self.turns))[: len(self.turns)]
        korean = tuple(_language(self, turn) for turn in self.turns)
        return Question(
            id=self.question_id,
            category=self.category,
            questions=self.turns,
            references=tuple(text or None for text in given),
            answer_language=korean,
        )


class _Choice(Record):
    turns: Annotated[tuple[str, ...], Field(min_length=1)]


class Answered(Record):
    """One row of model_answer/ or reference_answer/."""

    question_id: FastChatId
    model_id: str = ""
    choices: Annotated[tuple[_Choice, ...], Field(min_length=1)]

    @property
    def turns(self) -> tuple[str, ...]:
        """The texts; of several choices the first counts, as with FastChat."""
        return self.choices[0].turns


def read_rows(path: Path) -> list[QuestionRow]:
    """Return the rows of a question file. Raises InputError (file, line, field), also for an id that stands twice."""
    rows: dict[QuestionId, QuestionRow] = {}
    for line in read_lines(path):
        row = validate(line.data, QuestionRow, path=path, line=line.number)
        if row.question_id in rows:
            raise InputError(
                f"id {row.question_id!r} stands on an earlier line too",
                path=path,
                line=line.number,
                field="question_id",
            )
        rows[row.question_id] = row
    if not rows:
        raise InputError("holds no question", path=path)
    return list(rows.values())


def answered_rows(path: Path) -> list[Answered]:
    """Return the rows of an answers file in its order. Raises InputError as `refuse_several` does, too."""
    rows = [validate(line.data, Answered, path=path, line=line.number) for line in read_lines(path)]
    refuse_several(path, ((row.question_id, row.model_id) for row in rows))
    return rows


def refuse_several(path: Path, rows: Iterable[tuple[QuestionId, str]]) -> None:
    """Raise InputError where two models answer one question: in a file of one model the last answer counts.

    `rows`: question and model of each.
    """
    models: dict[QuestionId, str] = {}
    for question, model in rows:
        if (other := models.setdefault(question, model)) != model:
            what = f"holds answers of two models to question {question!r}, {other} and {model}"
            raise InputError(what, path=path, mend="write one file a model")


def read_answered(path: Path) -> dict[QuestionId, Answered]:
    """Return the rows of an answers file by id; the last line of an id counts. Raises InputError."""
    return {row.question_id: row for row in answered_rows(path)}


def left_out(rows: Sequence[Answered]) -> tuple[str, ...]:
    """Return notes on what of an answers file does not count: earlier lines of a question, further choices."""
    repeated = len(rows) - len({row.question_id for row in rows})
    several = sum(len(row.choices) > 1 for row in rows)
    replaced = Note(
        f"{repeated} lines of the answers file are replaced by later ones of the same question",
        f"답변 파일의 {repeated}줄은 쓰지 않음: 같은 문항의 줄이 뒤에 또 있음",
    )
    choices = Note(
        f"{several} of {len(rows)} lines hold several choices: the first of each counts",
        f"{len(rows)}줄 가운데 {several}줄에 답변이 여럿 있음: 줄마다 첫 답변을 씀",
    )
    notes = [replaced] * bool(repeated) + [choices] * bool(several)
    return tuple(notes)


def read_answers(
    path: Path, *, questions: Iterable[Question] = (), model_name: str | None = None, strategy: str | None = None
) -> list[Answer]:
    """Return the answers of a model_answer/ file in its order.

    `questions`: what was asked; without them the only question file beside the folder says it. Raises InputError.
    """
    known = {question.id: question for question in questions} or _beside(path)
    found = []
    for identifier, row in read_answered(path).items():
        question = known.get(identifier)
        if question is None:
            raise InputError(
                f"question {identifier!r} is not in the question set",
                path=path,
                mend="make a pack of its questions with kojudge import mtbench and give it with --pack",
            )
        turns = min(len(row.turns), len(question.questions))
        found.append(
            Answer(
                id=identifier,
                category=question.category,
                questions=question.questions,
                outputs=row.turns[:turns],
                references=question.references,
                answer_language=question.answer_language,
                model=model_name or row.model_id or path.stem,
                strategy=strategy or STRATEGY,
            )
        )
    if not found:
        raise InputError("holds no row", path=path)
    return found


def question_files(path: Path) -> list[Path]:
    """Return the question files in the folders above an answers or judgments file, nearest first."""
    return [found for above in path.resolve().parents[:3] for found in sorted(above.glob("question*.jsonl"))]


def _beside(path: Path) -> dict[QuestionId, Question]:
    files = question_files(path)
    if len(files) != 1:
        listed = ", ".join(file.name for file in files) or "no question.jsonl"
        raise InputError(
            f"does not say what was asked ({listed} beside it)",
            path=path,
            mend="make a pack of the questions with kojudge import mtbench and give it with --pack",
        )
    return {row.question_id: row.question() for row in read_rows(files[0])}


def _language(row: QuestionRow, text: str) -> AnswerLanguage:
    """A question without a Korean word leaves the language open."""
    if not hangul_share(" ".join(row.turns)) or row.question_id in OPEN_LANGUAGE:
        return "any"
    return demanded_language(text, row.category)

"""The only file that knows FastChat's shapes (MT-Bench, KoMT-Bench, translations): its .jsonl files -> our records.

    question.jsonl           question_id category turns [reference]
    model_answer/M.jsonl     question_id model_id choices: [{turns}]
    model_judgment/*.jsonl   question_id model judge: [name, template] turn judgment score

A rating of -1 is a reply without a rating and a failure here. Answers and judgments hold no questions: these are
looked for beside them (`question.jsonl`, `question_ko.jsonl`, ...) and matched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Answer, AnswerLanguage, Count, Failure, Item, Judgment, Question, QuestionId, Record
from judge.sources.place import FirstRow, Format, Group, Place, Reading, Unread
from judge.tables.series import Series
from judge.text.digests import question_digests
from judge.text.language import hangul_share
from judge.text.language_rule import demanded_language

RANGE = (1.0, 10.0)
"""Of a rating."""

NO_RATING = -1
STRATEGY = "0-shot"

OPEN_LANGUAGE = (138, 140)
"""KoMT-Bench's questions whose answers are JSON or CSV and may be in any language; its penalty leaves them out."""

UNKNOWN = "(unknown)"
"""The category where no question file is at hand."""


class QuestionRow(Record):
    """One row of question.jsonl."""

    question_id: QuestionId
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

    question_id: QuestionId
    model_id: str = ""
    choices: Annotated[tuple[_Choice, ...], Field(min_length=1)]

    @property
    def turns(self) -> tuple[str, ...]:
        """The texts; of several choices the first counts, as with FastChat."""
        return self.choices[0].turns


class _Judged(Record):
    question_id: QuestionId
    model: str
    judge: tuple[str, str]
    user_prompt: str = ""
    judgment: str
    score: float
    turn: Count


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


def read_answered(path: Path) -> dict[QuestionId, Answered]:
    """Return the rows of an answers file by id; the last line of an id counts. Raises InputError."""
    return {
        row.question_id: row
        for row in (validate(line.data, Answered, path=path, line=line.number) for line in read_lines(path))
    }


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
                mend="give it with --questions or --pack",
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


def _question_files(path: Path) -> list[Path]:
    """Return the question files in the folders above an answers or judgments file, nearest first."""
    return [found for above in path.resolve().parents[:3] for found in sorted(above.glob("question*.jsonl"))]


def _series(
    rows: Mapping[Item, _Judged], known: Mapping[QuestionId, Question], model: str, strategy: str, judge: str
) -> Series:
    expected = {item: known[item[0]].category if item[0] in known else UNKNOWN for item in rows}
    texts = {
        (row.question_id, row.turn): question_digests(known[row.question_id].questions)[row.turn - 1]
        for row in rows.values()
        if row.question_id in known and row.turn <= len(known[row.question_id].questions)
        if _shows(row, known[row.question_id])
    }
    outcomes = [_outcome(row, expected[item], model, strategy) for item, row in rows.items()]
    notes = [] if known else ["no question.jsonl beside the judgments: the categories are not known"]
    if known and len(texts) < len(rows):
        notes.append(f"{len(rows) - len(texts)} ratings are of another text than question.jsonl has now")
    return Series(model, strategy, judge, outcomes=tuple(outcomes), expected=expected, texts=texts, notes=tuple(notes))


def _outcome(row: _Judged, category: str, model: str, strategy: str) -> Judgment | Failure:
    common: dict[str, Any] = {
        "id": row.question_id,
        "turn": row.turn,
        "judge": row.judge[0],
        "category": category,
        "model": model,
        "strategy": strategy,
        "template": row.judge[1],
        "reply": row.judgment,
    }
    if row.score == NO_RATING:
        return Failure(**common, kind="unparsable", detail="the reply has no rating ([[N]])")
    if not RANGE[0] <= row.score <= RANGE[1]:
        return Failure(**common, kind="unparsable", detail=f"the score {row.score:g} is outside 1-10")
    return Judgment(**common, score=row.score, comment=row.judgment.strip(), score_range=RANGE)


def _beside(path: Path) -> dict[QuestionId, Question]:
    files = _question_files(path)
    if len(files) != 1:
        listed = ", ".join(file.name for file in files) or "no question.jsonl"
        raise InputError(
            f"does not say what was asked ({listed} beside it)",
            path=path,
            mend="give --questions or --pack",
        )
    return {row.question_id: row.question() for row in read_rows(files[0])}


def _matching(path: Path, judged: Sequence[_Judged]) -> dict[QuestionId, Question]:
    """Return the questions of the file beside it that has most of the judged ids, then most of the prompts' words."""
    best: tuple[int, int] = (0, -1)
    found: dict[QuestionId, Question] = {}
    for file in _question_files(path):
        questions = {row.question_id: row.question() for row in read_rows(file)}
        mine = [row for row in judged if row.question_id in questions]
        fit = (len(mine), sum(_shows(row, questions[row.question_id]) for row in mine))
        if fit > best:
            best, found = fit, questions
    return found


def _shows(row: _Judged, question: Question) -> bool:
    """Whether the words of a question stand in the judge's prompt, as far as it was kept."""
    return all(text in row.user_prompt for text in question.questions[: row.turn]) or not row.user_prompt


def _language(row: QuestionRow, text: str) -> AnswerLanguage:
    """A question without a Korean word leaves the language open."""
    if not hangul_share(" ".join(row.turns)) or row.question_id in OPEN_LANGUAGE:
        return "any"
    return demanded_language(text, row.category)


class _Asked(Place):
    what = "FastChat questions"

    def summary(self) -> str:
        return f"{len(read_rows(self.path))} FastChat questions: make a pack of them with kojudge import mtbench"


class _Answers(Place):
    what = "FastChat answers"
    holds_answers = True

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> list[Answer]:
        return read_answers(self.path, questions=questions, model_name=model_name, strategy=strategy)

    def summary(self) -> str:
        return f"FastChat answers to {len(read_answered(self.path))} questions"


class _Ratings(Place):
    what = "FastChat ratings"

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        groups: dict[tuple[str, str], dict[Item, _Judged]] = {}
        for line in read_lines(self.path):
            row = validate(line.data, _Judged, path=self.path, line=line.number)
            groups.setdefault((row.model, row.judge[0]), {})[(row.question_id, row.turn)] = row
        if not groups:
            raise InputError("holds no row", path=self.path)
        known = _matching(self.path, [row for rows in groups.values() for row in rows.values()])
        series = [_series(rows, known, model_name or model, STRATEGY, judge) for (model, judge), rows in groups.items()]
        names = {model: model_name or model for model, _ in groups}
        return Reading(series, self.path, _rated(self.path, names, known.values()))

    def summary(self) -> str:
        rated = [outcome for series in self.read().series for outcome in series.outcomes]
        failed = sum(isinstance(outcome, Failure) for outcome in rated)
        return f"FastChat ratings: {len(rated) - failed} rated, {failed} failed"


def _rated(
    path: Path, names: Mapping[str, str], questions: Collection[Question]
) -> Iterator[tuple[Group, list[Answer]]]:
    """Yield the answers of each model (its file's name -> its name), as far as model_answer/ lies beside."""
    for above in path.resolve().parents[:2] if questions else ():
        for model, name in names.items():
            file = above / "model_answer" / f"{model}.jsonl"
            if file.is_file():
                yield (name, STRATEGY), read_answers(file, questions=questions, model_name=name)


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if "prompt_template" in first and "output_format" in first:
        return Unread(path, "FastChat judge prompts")
    if "question_id" not in first:
        return None
    if "choices" in first:
        return _Answers(path)
    if {"model", "judgment", "score", "turn"} <= first.keys():
        return _Ratings(path)
    if {"model_1", "model_2"} <= first.keys():
        return Unread(path, "FastChat judgments of pairs")
    return _Asked(path) if {"turns", "category"} <= first.keys() else None


FORMAT = Format(verdicts="FastChat's model_judgment/", answers="FastChat's model_answer/", recognise=_recognise)

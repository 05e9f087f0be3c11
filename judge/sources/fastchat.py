"""FastChat's .jsonl files (MT-Bench, KoMT-Bench, translations) -> our records; rows are read by `fastchat_rows`.

    question.jsonl           question_id category turns [reference]
    model_answer/M.jsonl     question_id model_id choices: [{turns}]
    model_judgment/*.jsonl   question_id model judge: [name, template] turn judgment score

Swallow's fork rates several answers to one question: `judgment`, `score` and `user_prompt` are lists there. A rating of
-1 is a reply without a rating and a failure here, as is one on the answer `$ERROR$`. Answers and judgments hold no
questions: these are looked for beside them (`question.jsonl`, `question_ko.jsonl`, ...) and matched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Answer, Failure, Item, Judgment, Ordinal, Question, QuestionId, Record
from judge.sources.fastchat_pairs import recognise_pairs
from judge.sources.fastchat_rows import (
    FastChatId,
    answered_rows,
    left_out,
    question_files,
    read_answered,
    read_answers,
    read_rows,
)
from judge.sources.place import STRATEGY, UNKNOWN, FileFormat, FirstRow, Group, Number, Place, Reading, Saved, Unread
from judge.tables.results import Results
from judge.text.digests import question_digests
from judge.wording import Note

RANGE = (1.0, 10.0)
"""Of a rating."""

NO_RATING = -1
API_ERROR = "$ERROR$"
"""What FastChat writes as the answer where the model's endpoint failed."""


def _several(value: object) -> object:
    """Swallow's FastChat rates several answers to one question and writes lists."""
    return value if isinstance(value, list | tuple) else (value,)


class _Judged(Record):
    question_id: FastChatId
    model: str
    judge: tuple[str, str]
    user_prompts: Annotated[tuple[str, ...], BeforeValidator(_several)] = Field(("",), alias="user_prompt")
    judgments: Annotated[tuple[str, ...], BeforeValidator(_several), Field(alias="judgment", min_length=1)]
    scores: Annotated[tuple[Number, ...], BeforeValidator(_several), Field(alias="score", min_length=1)]
    turn: Ordinal

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.scores) != len(self.judgments):
            raise ValueError(f"score: {len(self.scores)} for {len(self.judgments)} judgments, needs one each")
        return self

    @property
    def user_prompt(self) -> str:
        """What the judge was shown, of several the first; empty where it was not kept."""
        return next(iter(self.user_prompts), "")


def _series(
    rows: Mapping[Item, _Judged],
    known: Mapping[QuestionId, Question],
    model: str,
    strategy: str,
    judge: str,
    again: int,
) -> Results:
    """`again`: how many items have several lines in the file, of which `rows` holds the last."""
    expected = {item: known[item[0]].category if item[0] in known else UNKNOWN for item in rows}
    texts = {
        (row.question_id, row.turn): question_digests(known[row.question_id].questions)[row.turn - 1]
        for row in rows.values()
        if row.question_id in known and row.turn <= len(known[row.question_id].questions)
        if _shows(row, known[row.question_id])
    }
    outcomes = [one for item, row in rows.items() for one in _outcomes(row, expected[item], model, strategy)]
    repeats = max(len(row.scores) for row in rows.values())
    unknown = Note(
        "no question.jsonl beside the judgments: the categories are not known",
        "판정 옆에 question.jsonl이 없어 범주를 알 수 없음",
    )
    notes = [] if known else [unknown]
    if again:
        notes.append(
            Note(
                f"{again} of {len(rows)} items are rated more than once in the file: the last one counts",
                f"항목 {len(rows)}개 가운데 {again}개에 점수가 두 번 이상 매겨져 있음: 마지막 것을 씀",
            )
        )
    turns = {(each.id, turn) for each in known.values() for turn in range(1, len(each.questions) + 1)}
    if missing := len(turns - rows.keys()):
        notes.append(
            Note(
                f"{missing} of {len(turns)} turns of question.jsonl have no rating in the file: the means are without "
                "them",
                f"question.jsonl의 {len(turns)}턴 가운데 {missing}턴은 파일에 점수가 없음: 평균은 이를 빼고 낸 것임",
            )
        )
    if known and len(texts) < len(rows):
        other = len(rows) - len(texts)
        notes.append(
            Note(
                f"{other} ratings are of another text than question.jsonl has now",
                f"점수 {other}건은 지금의 question.jsonl과 다른 글에 매겨진 것임",
            )
        )
    if repeats > 1:
        notes.append(
            Note(
                f"{repeats} ratings an item, each of another answer to the same question: their mean counts",
                f"항목마다 점수가 {repeats}개이며 저마다 같은 질문의 다른 답변에 매겨진 것임: 평균을 씀",
            )
        )
    return Results(model, strategy, judge, tuple(outcomes), expected, texts=texts, repeats=repeats, notes=tuple(notes))


def _outcomes(row: _Judged, category: str, model: str, strategy: str) -> Iterator[Judgment | Failure]:
    prompts = (*row.user_prompts, *[""] * len(row.scores))
    for repeat, (score, reply, prompt) in enumerate(zip(row.scores, row.judgments, prompts, strict=False), start=1):
        yield _outcome(row, repeat, score, reply, prompt, category, model, strategy)


def _outcome(
    row: _Judged, repeat: int, score: float, reply: str, prompt: str, category: str, model: str, strategy: str
) -> Judgment | Failure:
    common: dict[str, Any] = {
        "id": row.question_id,
        "turn": row.turn,
        "repeat": repeat,
        "judge": row.judge[0],
        "category": category,
        "model": model,
        "strategy": strategy,
        "template": row.judge[1],
        "reply": reply,
    }
    if any(line.strip() == API_ERROR for line in prompt.splitlines()):
        return Failure(**common, kind="upstream", detail=f"the answer is {API_ERROR}: the model was not reached")
    if score == NO_RATING:
        return Failure(**common, kind="unparsable", detail="the reply has no rating ([[N]])")
    if not RANGE[0] <= score <= RANGE[1]:
        return Failure(**common, kind="unparsable", detail=f"the score {score:g} is outside 1-10")
    return Judgment(**common, score=score, comment=reply.strip(), score_range=RANGE)


def _matching(path: Path, judged: Sequence[_Judged]) -> dict[QuestionId, Question]:
    """Return the questions of the file beside it that has most of the judged ids, then most of the prompts' words."""
    best: tuple[int, int] = (0, -1)
    found: dict[QuestionId, Question] = {}
    for file in question_files(path):
        questions = {row.question_id: row.question() for row in read_rows(file)}
        mine = [row for row in judged if row.question_id in questions]
        fit = (len(mine), sum(_shows(row, questions[row.question_id]) for row in mine))
        if fit > best:
            best, found = fit, questions
    return found


def _shows(row: _Judged, question: Question) -> bool:
    """Whether the words of a question stand in the judge's prompt, as far as it was kept."""
    return all(text in row.user_prompt for text in question.questions[: row.turn]) or not row.user_prompt


class _Asked(Place):
    what = "FastChat questions"

    def summary(self) -> str:
        return f"{len(read_rows(self.path))} FastChat questions: make a pack of them with kojudge import mtbench"


class _Answers(Place):
    what = "FastChat answers"
    holds_answers = True

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        found = read_answers(self.path, questions=questions, model_name=model_name, strategy=strategy)
        return Saved(found, left_out(answered_rows(self.path)))

    def summary(self) -> str:
        return f"FastChat answers to {len(read_answered(self.path))} questions"


class _Ratings(Place):
    what = "FastChat ratings"

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        groups: dict[tuple[str, str], dict[Item, _Judged]] = {}
        again: dict[tuple[str, str], set[Item]] = {}
        for line in read_lines(self.path):
            row = validate(line.data, _Judged, path=self.path, line=line.number)
            group, item = (row.model, row.judge[0]), (row.question_id, row.turn)
            if item in groups.setdefault(group, {}):
                again.setdefault(group, set()).add(item)
            groups[group][item] = row
        if not groups:
            raise InputError("holds no row", path=self.path)
        known = _matching(self.path, [row for rows in groups.values() for row in rows.values()])
        series = [
            _series(rows, known, model_name or group[0], STRATEGY, group[1], len(again.get(group, ())))
            for group, rows in groups.items()
        ]
        names = {model: model_name or model for model, _ in groups}
        several = any(len(row.scores) > 1 for rows in groups.values() for row in rows.values())
        answers = () if several else _rated(self.path, names, known.values())  # each rating is of another answer
        return Reading(series, self.path, answers)

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
    if place := recognise_pairs(path, first):
        return place
    if {"model_1", "model_2"} <= first.keys():
        mend = "give the single ratings, model_judgment/*_single.jsonl"
        return Unread(path, "FastChat judgments of pairs", mend)
    return _Asked(path) if {"turns", "category"} <= first.keys() else None


FORMAT = FileFormat(verdicts="FastChat's model_judgment/", answers="FastChat's model_answer/", recognise=_recognise)

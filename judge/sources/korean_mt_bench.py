"""Korean MT-Bench's scores (pnu-clink/korean-mt-bench) -> our records; its pairs are read by `fastchat_pairs`.

    single_grade/M.jsonl        question_id model_id judge_id score_turn1 score_turn2 judgment_turn1 judgment_turn2 ...
    single_grade_ref/M.jsonl    the same with a reference: turn 2 only, turn 1 is -1 without a reply

A score of -1 is a reply without a rating. Of several lines on one question the latest `tstamp` counts, as in their own
tables. What was asked and answered is looked for above the file: questions.jsonl, answers/M.jsonl.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Answer, Item, Question, QuestionId, Record
from judge.sources.fastchat_rows import FastChatId, read_answers, read_rows
from judge.sources.foreign_games import beside
from judge.sources.foreign_scores import FoundScore, counted, series_of
from judge.sources.place import STRATEGY, UNKNOWN, FileFormat, FirstRow, Group, Number, Place, Reading
from judge.text.digests import question_digests
from judge.wording import Note

RANGE = (1.0, 10.0)
NO_RATING = -1

REFERENCE = "reference"
"""What stands behind the name of a judge that was shown references."""


class _Row(Record):
    question_id: FastChatId
    model_id: str
    judge_id: str
    score_turn1: Number
    score_turn2: Number
    judgment_turn1: str = ""
    judgment_turn2: str = ""
    category: str = UNKNOWN
    tstamp: float | None = None

    @property
    def verdicts(self) -> tuple[tuple[float, str], tuple[float, str]]:
        return (self.score_turn1, self.judgment_turn1), (self.score_turn2, self.judgment_turn2)


class _Scores(Place):
    what = "Korean MT-Bench scores"

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        """Return one series a model and judge; a judge that was shown references is named so."""
        rows, again = self._rows()
        with_reference = all(row.verdicts[0] == (NO_RATING, "") for row in rows)
        file = beside(self.path, ["questions.jsonl", "question.jsonl"])
        known = {row.question_id: row.question() for row in read_rows(file)} if file else {}
        by_id = Note(
            "no questions.jsonl above the scores: they are paired by id and category",
            "점수 위쪽 폴더에 questions.jsonl이 없음: id와 범주로 짝지음",
        )
        replaced = Note(
            f"{again} lines are replaced by later ones of the same question",
            f"{again}줄은 쓰지 않음: 같은 문항의 줄이 뒤에 또 있음",
        )
        second = Note("only turn 2 was judged with a reference", "참고 답을 주고 채점한 것은 2턴뿐임")
        notes = [by_id] * (not file) + [replaced] * bool(again) + [second] * with_reference
        found = (one for row in rows for one in _found(row, model_name, with_reference))
        series = series_of(found, RANGE, texts=_texts(known), notes=notes)
        names = {row.model_id: model_name or row.model_id for row in rows}
        return Reading(series, self.path, _answers(self.path, names, list(known.values())))

    def _rows(self) -> tuple[list[_Row], int]:
        """Return the rows that count and how many they replace. Raises InputError."""
        latest: dict[tuple[str, str, QuestionId], _Row] = {}
        lines = 0
        for line in read_lines(self.path):
            row, lines = validate(line.data, _Row, path=self.path, line=line.number), lines + 1
            key = (row.judge_id, row.model_id, row.question_id)
            if key not in latest or (row.tstamp or 0) >= (latest[key].tstamp or 0):
                latest[key] = row
        if not latest:
            raise InputError("holds no row", path=self.path)
        return list(latest.values()), lines - len(latest)

    def summary(self) -> str:
        """Return one line on what the file holds. Raises InputError for a broken one."""
        return f"{self.what}: {counted(self.read().series)}"


def _found(row: _Row, model_name: str | None, with_reference: bool) -> Iterator[FoundScore]:
    for turn, (score, reply) in enumerate(row.verdicts, start=1):
        if with_reference and turn == 1:
            continue
        yield FoundScore(
            model=model_name or row.model_id,
            judge=f"{row.judge_id} [{REFERENCE}]" if with_reference else row.judge_id,
            item=(row.question_id, turn),
            score=None if score == NO_RATING else score,
            category=row.category,
            strategy=STRATEGY,
            comment=reply.strip(),
            reply=reply,
            kind="unparsable" if reply.strip() else "empty_reply",
            detail="the reply has no rating ([[N]])" if reply.strip() else "the judge gave no reply",
        )


def _texts(known: Mapping[QuestionId, Question]) -> dict[Item, str]:
    return {
        (identifier, turn): text
        for identifier, question in known.items()
        for turn, text in enumerate(question_digests(question.questions), start=1)
    }


def _answers(
    path: Path, names: Mapping[str, str], questions: Sequence[Question]
) -> Iterator[tuple[Group, list[Answer]]]:
    """Yield the answers of each model (its file's name -> its name), as far as answers/ lies above."""
    for model, name in names.items() if questions else ():
        if file := beside(path, [f"answers/{model}.jsonl", f"model_answer/{model}.jsonl"]):
            yield (name, STRATEGY), read_answers(file, questions=questions, model_name=name)


def _recognise(path: Path, first: FirstRow) -> Place | None:
    shape = {"question_id", "model_id", "judge_id", "score_turn1", "score_turn2"}
    return _Scores(path) if shape <= first.keys() else None


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

"""EvalScope's reviews -> our records.

    reviews/<model>/<dataset>_<subset>.jsonl   index messages sample_score: {score, sample_id, group_id}
    score                                      value: {name: number} main_score_name explanation status judge_summary

The main score of a sample is its verdict, the dataset its category. A review without a value, or whose status is not
"success", is a failure: EvalScope leaves it out, too. Several generations of one sample (`group_id`) are repeats.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Answer, Item, QuestionId, Record
from judge.sources.foreign_scores import NO_JUDGE, FoundScore, JudgedPlace, conversation, scale_of, series_of
from judge.sources.place import STRATEGY, FileFormat, FirstRow, Place, Reading, Unread
from judge.text.digests import question_digests


class _Message(Record):
    role: str
    content: Any = ""

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        parts = self.content if isinstance(self.content, list) else []
        return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


class _Summary(Record):
    judge_models: tuple[str, ...] = ()


class _Score(Record):
    model_config = ConfigDict(allow_inf_nan=True)

    value: dict[str, float | None] = Field(default_factory=dict)
    main_score_name: str | None = None
    explanation: str | None = None
    status: str = "success"
    judge_summary: _Summary | None = None
    metadata: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Of the main score: the one that is named, else the first."""
        return self.main_score_name if self.main_score_name in self.value else next(iter(self.value), "score")

    @property
    def main(self) -> float | None:
        value = self.value.get(self.name)
        usable = value is not None and math.isfinite(value) and self.status == "success"
        return value if usable else None

    def judge(self, dataset: str) -> str:
        """Return the judge's name where one is named, else the score's; a name is of one dataset."""
        models = self.judge_summary.judge_models if self.judge_summary else ()
        return f"{', '.join(models)} [{self.name}, {dataset}]" if models else f"{self.name} ({dataset})"


class _SampleScore(Record):
    score: _Score
    sample_id: QuestionId | None = None
    group_id: QuestionId | None = None


class _Review(Record):
    index: int
    messages: tuple[_Message, ...] = ()
    sample_score: _SampleScore

    @property
    def id(self) -> QuestionId:
        for given in (self.sample_score.group_id, self.sample_score.sample_id):
            if given is not None:
                return given
        return self.index


class _Reviews(JudgedPlace):
    what = "EvalScope reviews"

    def whole(self, model_name: str | None = None) -> Reading:
        """Return one series a judge or score; the folder is the model, the file's name the category."""
        model, category = model_name or self.path.resolve().parent.name, self.path.stem
        rows = [validate(line.data, _Review, path=self.path, line=line.number) for line in read_lines(self.path)]
        if not rows:
            raise InputError("holds no row", path=self.path)
        scored = [row.sample_score.score.judge(category) for row in rows if row.sample_score.score.value]
        scale, told = scale_of(value for row in rows if (value := row.sample_score.score.main) is not None)
        summaries = [row.sample_score.score.judge_summary for row in rows]
        named = any(summary and summary.judge_models for summary in summaries)
        notes = [told] if named else [told, NO_JUDGE]
        repeats: dict[QuestionId, int] = {}
        found, answers, texts = [], [], dict[Item, str]()
        for row in rows:
            repeats[row.id] = repeats.get(row.id, 0) + 1
            asked, said = conversation((message.role, message.text) for message in row.messages)
            item = (row.id, max(1, len(asked)))
            score = row.sample_score.score
            if asked:
                texts[item] = question_digests(asked)[-1]
                known = {"id": row.id, "category": category, "model": model, "strategy": STRATEGY}
                answers.append(Answer(**known, questions=asked, outputs=said))
            found.append(
                FoundScore(
                    model,
                    score.judge(category) if score.value or not scored else scored[0],
                    item,
                    score.main,
                    category,
                    repeats[row.id],
                    comment=score.explanation or "",
                    kind="upstream",
                    detail=f"EvalScope has no score (status {score.status})",
                )
            )
        series = series_of(found, scale, texts=texts, notes=notes)
        return Reading(series, self.path, [((model, STRATEGY), answers)])


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if "index" in first and isinstance(first.get("sample_score"), dict):
        return _Reviews(path)
    if {"index", "model_output", "messages"} <= first.keys():
        return Unread(path, "EvalScope predictions", "give its reviews/")
    return None


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

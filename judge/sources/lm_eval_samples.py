"""What lm-evaluation-harness logs beside its results (`samples_*.jsonl`): read where a judge gave the scores.

    <model>/samples_<task>_<time>.jsonl   doc_id doc target arguments resps <metric>: number, ...

A metric is a judge's where its name says so ("judge", "gpt", "rating"); samples of other tasks are named and not read.
The folder is the model, `__` in it a slash; the file's name is the task.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Answer, Item, QuestionId, Record
from judge.sources.foreign_scores import FoundScore, JudgedPlace, scale_of, series_of
from judge.sources.place import STRATEGY, FileFormat, FirstRow, Place, Reading, Unread
from judge.text.digests import question_digests

JUDGED = re.compile(r"judge|gpt|(?<![a-z])rating", re.IGNORECASE)
"""In the name of a metric that a judge gave."""

_NAME = re.compile(r"samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?$")


class _Row(Record):
    doc_id: QuestionId
    arguments: Any = None
    resps: Any = None


class _Samples(JudgedPlace):
    what = "judged samples of lm-evaluation-harness"

    def whole(self, model_name: str | None = None) -> Reading:
        """Return one series a judged metric, with the answers where a sample has one text asked and one said."""
        model = model_name or self.path.resolve().parent.name.replace("__", "/")
        name = _NAME.match(self.path.stem)
        task = name["task"] if name else self.path.stem
        given: list[tuple[QuestionId, dict[str, Any]]] = []
        answers, texts = dict[QuestionId, Answer](), dict[Item, str]()
        for line in read_lines(self.path):
            row = validate(line.data, _Row, path=self.path, line=line.number)
            asked, said = _first_text(row.arguments), _first_text(row.resps)
            if asked and said is not None:
                texts[row.doc_id, 1] = question_digests((asked,))[0]
                known = {"id": row.doc_id, "category": task, "model": model, "strategy": STRATEGY}
                answers[row.doc_id] = Answer(**known, questions=(asked,), outputs=(said,))  # one line a filter
            given.append((row.doc_id, {name: value for name, value in line.data.items() if JUDGED.search(name)}))
        metrics = dict.fromkeys(name for _, values in given for name in _judged(values))
        if not metrics:
            raise InputError("holds no score of a judge", path=self.path)
        found = {
            metric: [_found(model, task, metric, identifier, values.get(metric)) for identifier, values in given]
            for metric in metrics
        }
        series = []
        for scores in found.values():
            scale, told = scale_of(one.score for one in scores if one.score is not None)
            series += series_of(scores, scale, texts=texts, notes=[told])
        return Reading(series, self.path, [((model, STRATEGY), list(answers.values()))])


def _found(model: str, task: str, metric: str, identifier: QuestionId, value: object) -> FoundScore:
    """Return one score; a sample that has none of a metric that others have is a failure."""
    score = float(value) if isinstance(value, bool | int | float) and math.isfinite(value) else None
    detail = f"the value {str(value)[:40]} is no score"
    return FoundScore(model, f"{metric} ({task})", (identifier, 1), score, task, detail=detail)


def _judged(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the metrics that a judge gave; a list or a text is none."""
    for name, value in row.items():
        if JUDGED.search(name) and (value is None or isinstance(value, bool | int | float)):
            yield name


def _first_text(nested: object) -> str | None:
    """Return the first text of lists in lists, or of `gen_args_0: {arg_0: ...}`."""
    while not isinstance(nested, str):
        inside = list(nested.values()) if isinstance(nested, dict) else nested
        if not isinstance(inside, list) or not inside:
            return None
        nested = inside[0]
    return nested


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if not {"doc_id", "doc", "resps"} <= first.keys():
        return None
    if any(_judged(first)):
        return _Samples(path)
    mend = "its results_*.json go on a card: kojudge card PATH --lm-eval results.json"
    return Unread(path, "samples of lm-evaluation-harness that no judge scored", mend)


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

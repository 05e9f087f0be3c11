"""People's label sets in KUDGE's shape (guijinSON/kudge), and its judges' results -> our records.

    data/k2-eval-pointwise*.csv              instruction response judge_query final_score | original_human_score
    results/JUDGE/_pointwise_iteration_*.csv    query output decision

Scores are 1 to 5. A row is known by its query, which both files hold, so that labels and verdicts meet whatever their
order. No file names the model that answered: it is called "kudge". A label of several people is their mean.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from judge.errors import InputError
from judge.records import Answer
from judge.sources.csv_rows import read_cells
from judge.sources.foreign_scores import FoundScore, JudgedPlace, series_of
from judge.sources.place import STRATEGY, FileFormat, FirstRow, Place, Reading, Unread
from judge.text.digests import question_digests

RANGE = (1.0, 5.0)
MODEL = "kudge"
HUMAN = "human"
CATEGORY = "KUDGE"
LABELS = ("final_score", "original_human_score")
"""Columns of people's scores; the first that is there counts."""


class _Rows(JudgedPlace):
    def rows(self) -> Iterator[tuple[int, str, Mapping[str, str]]]:
        """Yield the line, id and cells of every row. Raises InputError."""
        seen: Counter[str] = Counter()
        for line, cells in read_cells(self.path):
            [name] = question_digests((cells.get("judge_query") or cells.get("query") or cells.get("instruction", ""),))
            seen[name] += 1
            yield line, name[:12] if seen[name] == 1 else f"{name[:12]}#{seen[name]}", cells
        if not seen:
            raise InputError("holds no row", path=self.path)

    def score(self, line: int, column: str, cells: Mapping[str, str]) -> float | None:
        """Return the number of a cell, None for an empty one. Raises InputError."""
        text = cells.get(column, "").strip()
        try:
            value = float(text) if text else math.nan
        except ValueError:
            raise InputError(f"'{text}' is no number", path=self.path, line=line, field=column) from None
        return None if math.isnan(value) else value


class _Labels(_Rows):
    what = "labels of people in KUDGE's shape"

    def whole(self, model_name: str | None = None) -> Reading:
        """Return the labels as verdicts of the judge `human`, with the answers they are on."""
        model = model_name or MODEL
        found, answers = [], []
        for line, name, cells in self.rows():
            column = next(column for column in LABELS if column in cells)
            score = self.score(line, column, cells)
            found.append(FoundScore(model, HUMAN, (name, 1), score, CATEGORY, kind="upstream", detail="no label"))
            asked, said = cells["instruction"] or " ", cells["response"]
            answers.append(
                Answer(id=name, category=CATEGORY, questions=(asked,), outputs=(said,), model=model, strategy=STRATEGY)
            )
        return Reading(series_of(found, RANGE), self.path, [((model, STRATEGY), answers)])


class _Decisions(_Rows):
    what = "verdicts in KUDGE's shape"
    holds_answers = False

    def whole(self, model_name: str | None = None) -> Reading:
        """Return the verdicts of the judge that the folder names."""
        found = [
            FoundScore(
                model_name or MODEL,
                self.path.resolve().parent.name.replace("--", "/"),
                (name, 1),
                self.score(line, "decision", cells),
                CATEGORY,
                comment=cells["output"].strip(),
                reply=cells["output"],
                detail="the reply has no [RESULT] with a number",
            )
            for line, name, cells in self.rows()
        ]
        return Reading(series_of(found, RANGE), self.path)


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if path.suffix.lower() != ".csv":
        return None
    if {"query", "output", "decision"} <= first.keys():
        pairs = str(first["decision"]).strip().isalpha()
        return Unread(path, "KUDGE's decisions on pairs") if pairs else _Decisions(path)
    if {"instruction", "response"} <= first.keys() and set(LABELS) & first.keys():
        return _Labels(path)
    if {"instruction", "judge_query", "winner"} <= first.keys():
        return Unread(path, "KUDGE's labels of pairs", "give its pointwise labels")
    return None


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

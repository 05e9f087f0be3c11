"""Verdicts -> ratings files for Inspect's `precomputed_scores`.

    DIR/<model>/<strategy>/<judge>.jsonl    id value explanation metadata: {turns, judge, category}

One record a question, as an Inspect sample has one score: `value` is the mean of its turns, each the mean of its
repeats; the turns stand in `metadata`. A question with a turn that was not judged has no record: Inspect leaves its
sample unscored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from judge.errors import InputError
from judge.files import replace_text, without_half_characters
from judge.records import Judgment, QuestionId
from judge.runs.names import model_folder, safe_part
from judge.tables.means import item_scores
from judge.tables.results import Results
from judge.wording import Note, led


def export_ratings(series: Sequence[Results], folder: Path) -> list[str]:
    """Write a file a series and return a line a file. Raises InputError where two would have one name."""
    files: dict[Path, list[dict[str, Any]]] = {}
    lines = []
    for one in series:
        path = model_folder(folder, one.model) / safe_part(one.strategy) / f"{safe_part(one.judge)}.jsonl"
        if path in files:
            raise InputError(f"two series would be written to {path}", mend="give their paths apart")
        files[path] = list(_records(one))
        asked = len({identifier for identifier, _ in one.expected})
        known = len(files[path])
        lines.append(led(str(path), Note(f"{known} of {asked} questions", f"문항 {asked}개 가운데 {known}개")))
    for path, rows in files.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        replace_text(path, without_half_characters(text))
    return lines


def _records(one: Results) -> Iterator[dict[str, Any]]:
    scores = item_scores(one)
    comments = {(o.id, o.turn): o.comment for o in reversed(one.outcomes) if isinstance(o, Judgment)}
    turns: dict[QuestionId, list[int]] = {}
    for identifier, turn in one.expected:
        turns.setdefault(identifier, []).append(turn)
    for identifier, mine in turns.items():
        if any((identifier, turn) not in scores for turn in mine):
            continue
        each = [scores[identifier, turn] for turn in mine]
        yield {
            "id": identifier,
            "value": float(sum(each, Fraction(0)) / len(each)),
            "explanation": "\n\n".join(comments[identifier, turn] for turn in mine),
            "metadata": {
                "turns": [float(score) for score in each],
                "judge": one.judge_label,
                "category": one.expected[identifier, mine[0]],
            },
        }

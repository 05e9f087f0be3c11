"""Inspect AI's logs -> our records.

    logs/*.json    version status eval: {task, model, model_roles} samples: [{id, epoch, messages, scores}]
    logs/*.eval    the same as a zip archive: header.json, samples/<id>_epoch_<n>.json

A scorer of a task, or a key of a score that is a dict, is a judge; epochs are repeats. Values are read as Inspect's
`value_to_float` does: C 1, P 0.5, I and N 0, yes 1, no 0. A value that is NaN or a list, and a sample without the score
or with an error, are failures. Horangi's `mtbench_scorer` writes 0 where it found no rating, and a tenth of the rating:
its `turn2_score` counts, on turn 2, from 1 to 10.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from judge.errors import InputError
from judge.files import parse_json, read_whole, validate
from judge.records import Answer, Item, QuestionId, Record
from judge.sources.foreign_scores import NO_JUDGE, FoundScore, JudgedPlace, conversation, scale_of, series_of
from judge.sources.place import STRATEGY, UNKNOWN, FileFormat, FirstRow, Place, Reading
from judge.tables.results import Results
from judge.text.digests import question_digests
from judge.wording import Note

HORANGI = "mtbench_scorer"
HORANGI_RANGE = (1.0, 10.0)
LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}

_ATTACHED = "attachment://"


class _Eval(Record):
    task: str
    model: str
    model_roles: dict[str, Any] | None = None


class _Score(Record):
    value: Any = None
    explanation: str | None = None
    metadata: dict[str, Any] | None = None


class _Sample(Record):
    id: QuestionId
    epoch: int = 1
    messages: tuple[dict[str, Any], ...] = ()
    scores: dict[str, _Score] | None = None
    metadata: dict[str, Any] | None = None
    attachments: dict[str, str] | None = None
    error: Any = None


class _Log(Record):
    eval: _Eval
    status: str = "started"
    """As in Inspect itself; the journal of a run that was killed has none."""
    samples: tuple[_Sample, ...] | None = None


class _Value(NamedTuple):
    """One score of one sample."""

    scorer: str
    item: Item
    score: float | None
    detail: str
    explanation: str


class _Place(JudgedPlace):
    what = "an Inspect log"

    def whole(self, model_name: str | None = None) -> Reading:
        """Return one series a scorer and key, nothing for a run that ended before its first sample.

        Raises InputError, also for a whole run whose samples were not logged.
        """
        log = _load(self.path)
        if not log.samples and log.status != "success":  # beside it stands the log of another try
            self.what, self.holds_answers = f"an Inspect log without samples (status {log.status})", False
            return Reading((), self.path)
        if not log.samples:
            raise InputError("is an Inspect log without samples", path=self.path, mend="log the samples, too")
        model, task = model_name or log.eval.model, log.eval.task
        grader = _grader(log.eval)
        found: dict[str, list[FoundScore]] = {}
        answers, texts = [], dict[Item, str]()
        keys = _keys(log.samples)
        for sample in log.samples:
            category = _category(sample, task)
            asked, said = _turns(sample)
            if asked:
                texts |= {(sample.id, turn): text for turn, text in enumerate(question_digests(asked), start=1)}
                known = {"id": sample.id, "category": category, "model": model, "strategy": STRATEGY}
                answers.append(Answer(**known, questions=asked, outputs=said))
            for value in _values(sample, keys, max(1, len(asked))):
                found.setdefault(value.scorer, []).append(
                    FoundScore(
                        model,
                        f"{grader} [{value.scorer}, {task}]" if grader else f"{value.scorer} ({task})",
                        value.item,
                        value.score,
                        category,
                        sample.epoch,
                        comment=value.explanation,
                        detail=value.detail,
                    )
                )
        unfinished = Note(f"the log's status is {log.status}", f"로그의 상태가 {log.status}임")
        notes = [unfinished] * (log.status != "success") + [NO_JUDGE] * (not grader)
        series = [one for name, scores in found.items() for one in _series(name, scores, texts, notes)]
        return Reading(series, self.path, [((model, STRATEGY), answers)])


def _series(scorer: str, scores: Sequence[FoundScore], texts: Mapping[Item, str], notes: list[Note]) -> list[Results]:
    if scorer == HORANGI:
        return series_of(
            scores, HORANGI_RANGE, texts=texts, notes=[*notes, Note("only turn 2 was judged", "2턴만 채점함")]
        )
    scale, told = scale_of(one.score for one in scores if one.score is not None)
    return series_of(scores, scale, texts=texts, notes=[*notes, told])


def _keys(samples: Sequence[_Sample]) -> dict[str, list[str]]:
    """Return scorer -> the keys of its scores; of a score that is no dict the key is empty."""
    found: dict[str, dict[str, None]] = {}
    for sample in samples:
        for name, score in (sample.scores or {}).items():
            found.setdefault(name, {}).update(dict.fromkeys(score.value if isinstance(score.value, dict) else [""]))
    return {name: list(keys) for name, keys in found.items()}


def _values(sample: _Sample, keys: Mapping[str, Sequence[str]], turn: int) -> Iterator[_Value]:
    """Yield every score that a sample should have."""
    for name in keys:
        score = (sample.scores or {}).get(name) or _Score()
        absent = "the sample ended in an error" if sample.error else "the sample has no such score"
        if name == HORANGI:
            rating = _number((score.metadata or {}).get("turn2_score"))
            yield _Value(name, (sample.id, 2), rating, "no rating was found in the reply", score.explanation or "")
            continue
        for key in keys[name]:
            value = score.value.get(key) if isinstance(score.value, dict) else None if key else score.value
            why = absent if value is None else f"the value {str(value)[:40]!r} is no score"
            label = f"{name}.{key}" if key else name
            yield _Value(label, (sample.id, turn), _number(value), why, score.explanation or "")


def _number(value: object) -> float | None:
    if isinstance(value, str):
        known = LETTERS.get(value, LETTERS.get(value.strip().lower()))
        if known is not None:
            return known
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    return None


def _grader(of: _Eval) -> str:
    """Return the model that graded, where the log names one role for it."""
    role = (of.model_roles or {}).get("grader")
    named = role.get("model") if isinstance(role, dict) else role
    return named if isinstance(named, str) else ""


def _category(sample: _Sample, task: str) -> str:
    given = (sample.metadata or {}).get("category")
    return given if isinstance(given, str) and given else task or UNKNOWN


def _turns(sample: _Sample) -> tuple[tuple[str, ...], tuple[str, ...]]:
    attached = sample.attachments or {}
    return conversation((str(one.get("role")), _text(one.get("content"), attached)) for one in sample.messages)


def _text(content: object, attached: Mapping[str, str]) -> str:
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
        return "".join(_text(text, attached) for text in texts)
    text = content if isinstance(content, str) else ""
    return attached.get(text.removeprefix(_ATTACHED), text) if text.startswith(_ATTACHED) else text


def _load(path: Path) -> _Log:
    if path.suffix.lower() != ".eval":
        return validate(parse_json(read_whole(path), dict[str, Any], path), _Log, path=path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            head = "header.json" if "header.json" in names else "_journal/start.json"
            data = json.loads(archive.read(head))
            inside = [name for name in names if name.startswith("samples/") and name.endswith(".json")]
            data["samples"] = [json.loads(archive.read(name)) for name in inside]
    except NotImplementedError:  # a compression that this Python's zipfile lacks
        data = _by_library(path)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(f"is no whole Inspect log ({error})", path=path) from None
    return validate(data, _Log, path=path)


def _by_library(path: Path) -> dict[str, Any]:
    try:
        library = import_module("inspect_ai.log")
    except ImportError:
        raise InputError(
            "is compressed as only Inspect reads it", path=path, mend="pip install 'kojudge[inspect]'"
        ) from None
    data: dict[str, Any] = library.read_eval_log(str(path)).model_dump(mode="json")
    return data


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if path.suffix.lower() == ".eval":
        return _Place(path)
    of = first.get("eval")
    return _Place(path) if isinstance(of, dict) and {"task", "model"} <= of.keys() else None


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

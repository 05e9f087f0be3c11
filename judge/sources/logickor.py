"""The only file that knows LogicKor's shapes: its `generated/` and `evaluated/` files -> our records.

    generated/<org>/<model>/<default|1-shot|cot-1-shot>.jsonl   id category questions outputs references
    evaluated/<org>/<model>/<default|1-shot|cot-1-shot>.jsonl   the same, query_single and query_multi

`query_single` is the verdict on turn 1, `query_multi` the one on turn 2, each `{judge_message, judge_score}`.
A message that begins with "Impossible to judge" beside a score of 0 is a failed call and no zero. Files may
begin with a BOM; rows stand in any order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated, Any

from pydantic import Field

from judge.config import STRATEGIES
from judge.errors import InputError, did_you_mean
from judge.files import Line, read_lines, validate
from judge.packs.logickor_rows import category_name
from judge.records import Answer, Failure, Item, Judgment, QuestionId, Record
from judge.tables.pairing import question_sets
from judge.tables.series import Series
from judge.text.digests import texts_of

STRATEGY_NAMES = {"default": "0-shot"}
"""LogicKor's strategy names that differ from ours."""

TOP_FOLDERS = ("generated", "evaluated")
"""LogicKor's folders above the organisations; never an organisation themselves."""

FAILED_MESSAGE = "Impossible to judge"
_ANSWER_KEYS = ("id", "category", "questions", "outputs", "references")


class _Query(Record):
    judge_message: str
    judge_score: Annotated[float, Field(strict=True)]


class _Queries(Record):
    query_single: _Query | None = None
    query_multi: _Query | None = None


def looks_evaluated(data: dict[str, Any]) -> bool:
    """Say whether a row is one of `evaluated/`: an answer with LogicKor's verdicts in it."""
    return "outputs" in data and ("query_single" in data or "query_multi" in data)


def looks_generated(data: dict[str, Any]) -> bool:
    """Say whether a row is one of `generated/`: an answer without verdicts that does not name its model.

    Our own answers begin with the same keys but carry `model` and `strategy`, so they are not taken for one.
    """
    ours = "model" in data and "strategy" in data
    answer = all(key in data for key in ("id", "category", "questions", "outputs"))
    return answer and not ours and not looks_evaluated(data)


def tells_strategy(path: Path) -> bool:
    """Say whether a file's name is that of a strategy, LogicKor's or ours."""
    return path.stem in STRATEGY_NAMES or path.stem in STRATEGIES


def identity(path: Path, *, model_name: str | None = None, strategy: str | None = None) -> tuple[str, str]:
    """Return (model, strategy), read off `<org>/<model>/<strategy>.jsonl` where not given; case is kept.

    `generated/<model>/default.jsonl` is a model without an organisation. Raises InputError where the path
    does not tell them.
    """
    if strategy is None:
        strategy = path.stem
        known = [*STRATEGY_NAMES, *STRATEGIES]
        if strategy not in known:
            raise InputError(
                f"the file name does not tell the strategy, {did_you_mean(strategy, known)}",
                path=path,
                mend="give it with --strategy",
            )
    return model_name or _model_of(path), STRATEGY_NAMES.get(strategy, strategy)


def read_generated(path: Path, *, model_name: str | None = None, strategy: str | None = None) -> list[Answer]:
    """Return the answers of a `generated/` file in file order.

    Categories lose their gloss, model and strategy are filled in. A question beyond the last output stays in
    `questions` and is no turn. Raises InputError (file, line, field).
    """
    names = identity(path, model_name=model_name, strategy=strategy)
    return [answer for _, answer in _answers(path, names)]


def read_evaluated(
    path: Path, *, model_name: str | None = None, strategy: str | None = None, judge: str = "logickor-file"
) -> Series:
    """Return the verdicts of an `evaluated/` file.

    Expected is a verdict on each turn that has an output, in the order of ids; a row without `query_multi`
    although it has two outputs is a missing verdict. Rows that the file lacks cannot be known here: see
    `complete`. Raises InputError (file, line, field), also for a score out of 0-10.
    """
    names = identity(path, model_name=model_name, strategy=strategy)
    outcomes: list[Judgment | Failure] = []
    expected: dict[Item, str] = {}
    texts: dict[Item, str] = {}
    for line, answer in _answers(path, names):
        texts |= texts_of([answer])
        expected |= {(answer.id, turn): answer.category for turn in answer.turns}
        queries = validate(line.data, _Queries, path=path, line=line.number)
        for turn, field in enumerate(("query_single", "query_multi"), start=1):
            query: _Query | None = getattr(queries, field)
            if query is None:
                continue
            if turn not in answer.turns:
                raise InputError(
                    f"is a verdict on turn {turn}, but there is no output {turn}",
                    path=path,
                    line=line.number,
                    field=field,
                    mend="delete the verdict or restore the output",
                )
            if not 0 <= query.judge_score <= 10:
                raise InputError(
                    f"is {query.judge_score:g}, a score is 0 to 10",
                    path=path,
                    line=line.number,
                    field=f"{field}.judge_score",
                    mend="correct it or delete the verdict",
                )
            outcomes.append(_outcome(answer, turn, query, judge))
    ordered = dict(sorted(expected.items(), key=lambda entry: _item_key(entry[0])))
    outcomes.sort(key=lambda outcome: _item_key((outcome.id, outcome.turn)))
    return Series(names[0], names[1], judge, outcomes=tuple(outcomes), expected=ordered, texts=texts)


def complete(series: Sequence[Series]) -> list[Series]:
    """Return the series, each expecting what any series of its question set expects, with a note where short.

    Verdicts that all files lack cannot be found out.
    """
    whole: dict[int, tuple[dict[Item, str], dict[Item, str]]] = {}
    member = question_sets(series)
    for one, number in zip(series, member, strict=True):
        expected, texts = whole.setdefault(number, ({}, {}))
        expected.update({item: category for item, category in one.expected.items() if item not in expected})
        texts.update(one.texts)
    return [_extended(one, *whole[number]) for one, number in zip(series, member, strict=True)]


def find_files(folder: Path) -> list[Path]:
    """Return all `.jsonl` files below `folder` that look generated or evaluated by their first row, sorted.

    Links are followed, hidden folders are not entered. Raises InputError for a folder that is not there, a
    link that leads back into its own parents, and a .jsonl file that is broken or has no row.
    """
    if not folder.is_dir():
        raise InputError("is not a folder", path=folder, mend="check the path")
    found = []
    for path in sorted(_jsonl_below(folder, ())):
        first = next(read_lines(path), None)
        if first is None:
            raise InputError("holds no row", path=path, mend="delete it or make it again")
        if looks_generated(first.data) or looks_evaluated(first.data):
            found.append(path)
    return found


def _model_of(path: Path) -> str:
    """Return `<org>/<model>` or `<model>` of a file, by the folders above it."""
    whole = PurePath(os.path.abspath(path)).parent.parts
    tops = [place for place, name in enumerate(whole) if name in TOP_FOLDERS]
    given = PurePath(os.path.normpath(path)).parent
    names = whole[tops[-1] + 1 :] if tops else given.parts[1 if given.anchor else 0 :]
    if not names or ".." in names:
        raise InputError("the path does not tell the model", path=path, mend="give it with --model-name")
    return "/".join(names[-2:])


def _answers(path: Path, names: tuple[str, str]) -> Iterator[tuple[Line, Answer]]:
    """Yield every row with its answer. Raises InputError for a file without rows and for a repeated id."""
    first_lines: dict[QuestionId, int] = {}
    for line in read_lines(path):
        answer = _answer(path, line, names)
        if answer.id in first_lines:
            raise InputError(
                f"{answer.id!r} is already the id of line {first_lines[answer.id]}",
                path=path,
                line=line.number,
                field="id",
                mend="keep one of the two rows",
            )
        first_lines[answer.id] = line.number
        yield line, answer
    if not first_lines:
        raise InputError("holds no row", path=path, mend="delete it or make it again")


def _answer(path: Path, line: Line, names: tuple[str, str]) -> Answer:
    if line.data.get("outputs") in (None, []):
        raise InputError(
            "has no answers to the questions",
            path=path,
            line=line.number,
            field="outputs",
            mend="generate them again or delete the row",
        )
    data = {key: line.data[key] for key in _ANSWER_KEYS if key in line.data}
    if data.get("references") is None:
        data.pop("references", None)
    answer = validate(data, Answer, path=path, line=line.number)
    update = {"category": category_name(answer.category), "model": names[0], "strategy": names[1]}
    return answer.model_copy(update=update)


def _outcome(answer: Answer, turn: int, query: _Query, judge: str) -> Judgment | Failure:
    common: dict[str, Any] = {
        "id": answer.id,
        "turn": turn,
        "judge": judge,
        "category": answer.category,
        "model": answer.model,
        "strategy": answer.strategy,
    }
    if query.judge_score == 0 and query.judge_message.strip().startswith(FAILED_MESSAGE):
        return Failure(**common, kind="upstream", detail=query.judge_message)
    return Judgment(**common, score=query.judge_score, comment=query.judge_message)


def _item_key(item: Item) -> tuple[bool, int, str, int]:
    """Sort key: whole numbers by size, then texts, then turns."""
    identifier, turn = item
    text = isinstance(identifier, str)
    return (text, 0 if text else int(identifier), str(identifier), turn)


def _extended(one: Series, union: dict[Item, str], texts: dict[Item, str]) -> Series:
    expected = dict(sorted({**union, **one.expected}.items(), key=lambda entry: _item_key(entry[0])))
    absent = len(expected) * one.repeats - len(one.outcomes)
    note = f"{absent} of {len(expected) * one.repeats} expected verdicts are not in the file"
    notes = (*one.notes, note) if absent and note not in one.notes else one.notes
    return replace(one, expected=expected, texts={**texts, **one.texts}, notes=notes)


def _jsonl_below(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    here = folder.resolve()
    if here in above:
        raise InputError("is a link to a folder it lies in", path=folder, mend="remove the link")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=folder) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _jsonl_below(entry, (*above, here))
        elif entry.suffix == ".jsonl":
            yield entry

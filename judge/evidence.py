"""PATH -> series and the answers they were given for; human labels -> a series of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judge import logickor, mtbench
from judge.config import BASELINES, STANDARD_RANGE
from judge.errors import InputError
from judge.judged import Judged, judged_of
from judge.nulls import computed
from judge.question_sets import question_sets
from judge.records import Answer, Count, Judgment, QuestionId, Record
from judge.run_folder import RunFolder, model_folder
from judge.scales import ranges, shown
from judge.series import Series
from judge.sources import find_runs, first_row, load_series, strategies_of, untold_strategy
from judge.store import read_lines, validate

Group = tuple[str, str]
"""(model, strategy)."""


@dataclass(frozen=True)
class Evidence:
    """What lies at some paths."""

    series: tuple[Series, ...]
    judged: tuple[Judged, ...]
    """The verdicts whose answer is there too, in the order of the series."""


def load_evidence(
    paths: Sequence[Path],
    *,
    judges: Sequence[str] = (),
    model_name: str | None = None,
    strategies: Sequence[str] = (),
    strategy: str | None = None,
) -> Evidence:
    """Return series as `load_series` does, and every verdict with its answer. Raises InputError."""
    strategies = [*strategies, *([strategy] if strategy else [])]
    series = load_series(paths, judges=judges, model_name=model_name, strategies=strategies)
    texts: dict[Group, list[tuple[dict[QuestionId, Answer], str]]] = {}
    for path in paths:
        for group, answers, place in _texts(path, model_name, strategies):
            texts.setdefault(group, []).append((answers, place))
    judged = [one for each in series for one in _judged(each, texts.get((each.model, each.strategy), ()))]
    return Evidence(tuple(series), tuple(judged))


def _judged(series: Series, candidates: Sequence[tuple[dict[QuestionId, Answer], str]]) -> list[Judged]:
    """Return the verdicts with their answers; of one model's answers to two question sets, those that were asked."""
    return max((list(judged_of(series, answers, place)) for answers, place in candidates), key=len, default=[])


def _texts(
    path: Path, model_name: str | None, strategies: Sequence[str]
) -> Iterator[tuple[Group, dict[QuestionId, Answer], str]]:
    """Yield the answers at a path, one (model, strategy) at a time, with the place of their verdicts."""
    rated: list[Path] = []
    if path.is_dir():
        runs = find_runs(path)
        rated = [] if runs else mtbench.find_files(path, mtbench.looks_judged)
        found = [] if runs or rated else logickor.find_files(path)
        files = [file for file in found if logickor.looks_evaluated(first_row(file))]
    else:
        evaluated = logickor.looks_evaluated(first_row(path))
        rated = [path] if mtbench.looks_judged(first_row(path)) else []
        runs = [] if evaluated or rated else [r for r in [RunFolder(path.parent.parent.parent)] if r.exists()]
        files = [path] if evaluated else []
    for run in runs:
        model = run.manifest().config.model
        for name in strategies_of(run):
            yield (model, name), run.answers(name), str(run.path)
    for file in rated:
        for answers in mtbench.judged_answers(file):
            yield (answers[0].model, answers[0].strategy), {a.id: a for a in answers}, str(file)
    for file in files:
        named = untold_strategy(file, strategies)
        answers = logickor.read_generated(file, model_name=model_name, strategy=named)
        yield (answers[0].model, answers[0].strategy), {a.id: a for a in answers}, str(file)


def load_nulls(paths: Sequence[Path], known: Evidence, strategies: Sequence[str] = ()) -> Evidence:
    """Return the null models' verdicts by the judges of `known`: from runs beside those at `paths`, and the rule
    judge's, which is asked at once. Those that `known` holds already are left out, and those of other questions.
    `strategies` keeps only these.
    """
    places = {place for path in paths for place in (path.resolve(), *path.resolve().parents[:3])}
    folders = {folder for place in places for name in BASELINES if (folder := model_folder(place, name)).is_dir()}
    beside = [folder for folder in sorted(folders) if RunFolder(folder).exists()]
    judges = {one.judge for one in known.series}
    there = {(one.model, one.strategy, one.judge) for one in known.series}
    found = load_evidence(beside) if beside else Evidence((), ())
    new = [s for s in found.series if s.judge in judges and (s.model, s.strategy, s.judge) not in there]
    new = [s for s in new if not strategies or s.strategy in strategies]
    sets = question_sets([*known.series, *new])
    asked = set(sets[: len(known.series)])
    new = [one for one, number in zip(new, sets[len(known.series) :], strict=True) if number in asked]
    keys = {(one.model, one.strategy, one.judge) for one in new}
    judged = [one for one in found.judged if one.key[:3] in keys]
    return Evidence((*new, *computed([*known.series, *new], known.judged)), tuple(judged))


# -- human labels


class _Label(Record):
    """One line of a labels file."""

    id: QuestionId
    turn: Count
    score: float
    repeat: Count = 1
    model: str = ""
    strategy: str = ""
    rater: str = ""


def load_labels(path: Path, series: Iterable[Series]) -> list[Series]:
    """Return human scores as series of the judges `human` or `human:<rater>`, over the items of `series`.

    CSV with a header or JSONL; needed are id, turn and score (in the verdicts' range), allowed model, strategy, rater,
    repeat. A label without model or strategy is of the only one that `series` has. Raises InputError (file, line,
    field).
    """
    given = list(series)
    names = {field: list(dict.fromkeys(getattr(s, field) for s in given)) for field in ("model", "strategy")}
    known: dict[Group, Series] = {}
    for one in given:
        known.setdefault((one.model, one.strategy), one)
    ids = {str(item[0]): item[0] for one in given for item in one.expected}
    groups: dict[tuple[str, str, str], list[Judgment]] = {}
    for number, data in _label_rows(path, ids):
        label = validate(data, _Label, path=path, line=number)
        model, strategy = (_only(label, field, names[field], path, number) for field in ("model", "strategy"))
        judge = f"human:{label.rater}" if label.rater else "human"
        of = known.get((model, strategy))
        if of is None or (label.id, label.turn) not in of.expected:
            what = f"{model} / {strategy}, id {label.id!r}, turn {label.turn}"
            raise InputError(f"is a label on {what}, which none of the judges' files expects", path=path, line=number)
        category, legal = of.expected[label.id, label.turn], next(iter(ranges([of])), STANDARD_RANGE)
        if not legal[0] <= label.score <= legal[1]:
            raise InputError(f"{label.score:g} is outside {shown(legal)}", path=path, line=number, field="score")
        common: dict[str, Any] = {"judge": judge, "category": category, "model": model, "strategy": strategy}
        common |= {"score_range": legal}
        judgment = Judgment(id=label.id, turn=label.turn, repeat=label.repeat, score=label.score, comment="", **common)
        rows = groups.setdefault((model, strategy, judge), [])
        if any(other.key == judgment.key for other in rows):
            raise InputError("is a second label of this rater on the item", path=path, line=number, mend="use repeat")
        rows.append(judgment)
    note = f"{path.name} names no question texts: its labels are paired by id and category"
    return [
        Series(
            *key,
            outcomes=tuple(rows),
            expected=known[key[:2]].expected,
            repeats=max(r.repeat for r in rows),
            notes=(note,),
        )
        for key, rows in groups.items()
    ]


def _only(label: _Label, field: str, names: Sequence[str], path: Path, line: int) -> str:
    value: str = getattr(label, field)
    if value or len(names) == 1:
        return value or names[0]
    raise InputError(
        f"is missing, and there are {len(names)}", path=path, line=line, field=field, mend="add the column"
    )


def _label_rows(path: Path, ids: dict[str, QuestionId]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and rows. CSV cells are texts, so an id is matched with the one spelled like it."""
    if path.suffix.lower() != ".csv":
        yield from read_lines(path)
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", path=path, mend="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", path=path) from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for row in reader:
        data: dict[str, Any] = {key: cell.strip() for key, cell in row.items() if key and isinstance(cell, str)}
        data = {key: cell for key, cell in data.items() if cell}
        if "id" in data:
            data["id"] = ids.get(data["id"], data["id"])
        for field, kind in (("turn", int), ("repeat", int), ("score", float)):
            try:
                data |= {field: kind(data[field])} if field in data else {}
            except ValueError:
                raise InputError(
                    f"'{data[field]}' is no number", path=path, line=reader.line_num, field=field
                ) from None
        yield reader.line_num, data

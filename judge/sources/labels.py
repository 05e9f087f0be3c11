"""People's labels for answers, as results of a judge of that name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from judge.config import STANDARD_RANGE
from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Judgment, Ordinal, QuestionId, Record
from judge.sources.csv_rows import read_cells
from judge.sources.place import Group, Number
from judge.tables.ranges import range_text, ranges
from judge.tables.results import Results
from judge.wording import Note

# -- human labels


class _Label(Record):
    """One line of a labels file."""

    id: QuestionId
    turn: Ordinal
    score: Number
    repeat: Ordinal = 1
    model: str = ""
    strategy: str = ""
    rater: str = ""


def load_labels(path: Path, series: Iterable[Results]) -> list[Results]:
    """Return human scores as series of the judges `human` or `human:<rater>`, over the items of `series`.

    CSV with a header or JSONL; needed are id, turn and score (in the verdicts' range), allowed model, strategy, rater,
    repeat. A label without model or strategy is of the only one that `series` has. Raises InputError (file, line,
    field).
    """
    given = list(series)
    names = {field: list(dict.fromkeys(getattr(s, field) for s in given)) for field in ("model", "strategy")}
    known: dict[Group, Results] = {}
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
            raise InputError(f"{label.score:g} is outside {range_text(legal)}", path=path, line=number, field="score")
        common: dict[str, Any] = {"judge": judge, "category": category, "model": model, "strategy": strategy}
        common |= {"score_range": legal}
        judgment = Judgment(id=label.id, turn=label.turn, repeat=label.repeat, score=label.score, comment="", **common)
        rows = groups.setdefault((model, strategy, judge), [])
        if any(other.key == judgment.key for other in rows):
            raise InputError("is a second label of this rater on the item", path=path, line=number, mend="use repeat")
        rows.append(judgment)
    note = Note(
        f"{path.name} names no question texts: its labels are paired by id and category",
        f"{path.name} 파일에 질문 글이 없음: 사람의 점수를 id와 범주로 짝지음",
    )
    return [
        Results(
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
    for number, cells in read_cells(path):
        data: dict[str, Any] = {name: cell.strip() for name, cell in cells.items() if name and cell.strip()}
        if "id" in data:
            data["id"] = ids.get(data["id"], data["id"])
        for field, kind in (("turn", int), ("repeat", int), ("score", float)):
            try:
                data |= {field: kind(data[field])} if field in data else {}
            except ValueError:
                raise InputError(f"'{data[field]}' is no number", path=path, line=number, field=field) from None
        yield number, data

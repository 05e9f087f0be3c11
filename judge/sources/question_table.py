"""A table of questions (CSV, or what a spreadsheet exports) -> a question set.

    id,category,turn1,turn2,reference1,reference2
    1,수학,12와 18의 최대공약수를 구하세요.,두 수의 최소공배수도 구하세요.,6,36

Columns: `category` and `turn1` are needed; allowed are `id` (else the rows are numbered), `turn2`, `turn3`, ..., and a
turn's `reference`, `answer_language` (ko, en, any) and `rubric` (a note for the judge); a column without a name and
without a text is left out. Encoding (UTF-8, UTF-16 with
BOM, CP949) and separator (comma, semicolon, tab) are found out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from judge.errors import InputError, did_you_mean
from judge.files import read_whole, validate
from judge.packs.write import PackFiles
from judge.records import Question, QuestionId
from judge.runs.names import safe_part
from judge.text.language_rule import demanded_language

KOREAN_NAMES = {
    "번호": "id",
    "분류": "category",
    "영역": "category",
    "카테고리": "category",
    "범주": "category",
    "유형": "category",
    "질문": "turn",
    "문제": "turn",
    "턴": "turn",
    "참고답": "reference",
    "참고답안": "reference",
    "정답": "reference",
    "모범답안": "reference",
    "언어": "answer_language",
    "답변언어": "answer_language",
    "채점기준": "rubric",
    "question": "turn",
    "answerlanguage": "answer_language",
    "language": "answer_language",
}
"""Column names that are understood, too, with or without spaces; the turn's number stands behind them (`정답2`) or
before a 턴 (`2턴`, `2턴 정답`)."""

BY_TURN = ("turn", "reference", "answer_language", "rubric")
LANGUAGES = {"한국어": "ko", "영어": "en", "무관": "any", "korean": "ko", "english": "en"}
_KNOWN = {
    "id": "번호",
    "category": "분류",
    "turn": "질문",
    "reference": "정답",
    "answer_language": "언어",
    "rubric": "채점기준",
}
_COLUMN = re.compile(r"(?P<name>\D+?)(?P<turn>\d{1,2})?|(?P<before>\d{1,2})턴(?P<of>\D*)")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of Excel begin."""


def read_table(path: Path) -> PackFiles:
    """Return the question set of a table. Raises InputError (file, line, column's name)."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    rows: list[dict[str, Any]] = []
    seen: dict[QuestionId, int] = {}
    header: list[tuple[str, int]] = []
    for line, cells in _each(reader, path):
        if not header:
            header = _header(cells, path, line)
            continue
        row = _row(_cells(cells, header, path, line), path, line, len(rows) + 1)
        if row["id"] in seen:
            raise InputError(f"id {row['id']!r} stands on line {seen[row['id']]} too", path=path, line=line, field="id")
        seen[row["id"]] = line
        validate(row, Question, path=path, line=line)
        rows.append(row)
    if not rows:
        raise InputError("holds no question", path=path, mend="a header and one question a row")
    return PackFiles(name=safe_part(path.stem), questions=tuple(rows))


def _text(path: Path) -> str:
    raw = read_whole(path)
    if raw.startswith(_WORKBOOKS):
        raise InputError("is an Excel workbook, not CSV", path=path, mend="save it as CSV UTF-8 in Excel")
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "cp949")
    as_utf8 = raw.decode("utf-8", "replace")
    is_broken = as_utf8.encode("utf-8") != raw
    if is_broken and as_utf8.count("\ufffd") < len(re.findall("[가-힣]", as_utf8)):  # CP949 would read others in it
        line = as_utf8.partition("\ufffd")[0].count("\n") + 1
        raise InputError("is UTF-8 with a broken character", path=path, line=line, mend="save it as CSV UTF-8 again")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("is neither UTF-8 nor CP949", path=path, mend="save it as CSV UTF-8")


def _separator(text: str) -> str:
    """Return the separator that the header has most of, outside quotation marks."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(",;\t", key=first.count)


def _each(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each row begins on and its cells; blank rows are left out."""
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"is no table that can be read ({error})", path=path, line=reader.line_num) from None


def _header(cells: list[str], path: Path, line: int) -> list[tuple[str, int]]:
    """Return (name, turn) a column; the turn of a column that has none is 0, the name of a nameless one is empty."""
    found: list[tuple[str, int]] = []
    for cell in cells:
        column = _column(cell) if cell.strip() else ("", 0)
        if column is None:
            raise InputError(_unknown(cell.strip()), path=path, line=line, field=cell.strip(), mend=_RENAME)
        if column in found and column[0]:
            raise InputError("stands twice", path=path, line=line, field=cell.strip(), mend="rename or drop one column")
        found.append(column)
    for name, turn in (("category", 0), ("turn", 1)):
        if (name, turn) not in found:
            what = f"has no column {name}{turn or ''} ({_KNOWN[name]}{turn or ''})"
            raise InputError(what, path=path, line=line, mend="see kojudge import --help")
    return found


_RENAME = "rename the column, or delete it if it is no part of the questions"


def _column(cell: str) -> tuple[str, int] | None:
    """Return (name, turn) of a column's name, None for an unknown one."""
    match = _COLUMN.fullmatch(re.sub(r"[\s_]+", "", cell.lower()))
    if match is None:
        return None
    written = match["name"] or match["of"] or "턴"
    name = KOREAN_NAMES.get(written, written)
    number = match["turn"] or match["before"]
    turn = int(number or (1 if name in BY_TURN else 0))
    return (name, turn) if name in _KNOWN and (name in BY_TURN) == bool(turn) else None


def _unknown(cell: str) -> str:
    number = (re.findall(r"\d{1,2}", cell) or ["1"])[0]
    names = {name: f"{name}{number if name in BY_TURN else ''}" for name in _KNOWN}
    guess = did_you_mean(cell, list(names.values()))
    korean = ", ".join(f"{korean}{number if name in BY_TURN else ''}" for name, korean in _KNOWN.items())
    return f"unknown column: {guess}; in Korean: {korean}"


def _cells(cells: list[str], header: list[tuple[str, int]], path: Path, line: int) -> dict[tuple[str, int], str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise InputError(
            f"{len(cells)} cells for {len(header)} columns",
            path=path,
            line=line,
            mend="put texts that hold the separator in quotation marks",
        )
    found: dict[tuple[str, int], str] = {}
    for number, (column, cell) in enumerate(zip(header, cells, strict=False), start=1):
        text = cell.strip()
        if column[0]:
            found[column] = text
        elif text:
            what = f"stands in a column without a name: {text[:30]!r}"
            raise InputError(what, path=path, line=line, field=f"column {number}", mend="name it or delete it")
    return found


def _language(text: str | None, turn: int, path: Path, line: int) -> str | None:
    """Return the language that a cell names, None for an empty one."""
    if text is None:
        return None
    given = LANGUAGES.get(text.lower(), text.lower())
    if given not in ("ko", "en", "any"):
        what = f"is {text!r}; must be ko (한국어), en (영어) or any (무관)"
        raise InputError(what, path=path, line=line, field=f"answer_language{turn}")
    return given


def _row(cells: Mapping[tuple[str, int], str], path: Path, line: int, number: int) -> dict[str, Any]:
    """Return the row of a question set; texts of a turn that is not asked are a fault."""
    turns = max((turn for (name, turn), text in cells.items() if name == "turn" and text), default=0)
    for turn in range(1, turns + 1):
        if not cells.get(("turn", turn)):
            raise InputError("is empty, though a later turn is not", path=path, line=line, field=f"turn{turn}")
    for (name, turn), text in cells.items():
        if turn > turns and text:
            raise InputError(f"has no turn{turn} beside it", path=path, line=line, field=f"{name}{turn}")
    if not turns:
        raise InputError("is empty", path=path, line=line, field="turn1")

    def each(name: str) -> list[str | None]:
        return [cells.get((name, turn)) or None for turn in range(1, turns + 1)]

    category = cells.get(("category", 0), "")
    if not category:
        raise InputError("is empty", path=path, line=line, field="category")
    texts = [text or "" for text in each("turn")]
    languages = [
        _language(given, turn, path, line) or demanded_language(text, category)
        for turn, (given, text) in enumerate(zip(each("answer_language"), texts, strict=True), start=1)
    ]
    row = {
        "id": _id(cells.get(("id", 0), ""), number),
        "category": category,
        "questions": texts,
        "references": each("reference"),
        "answer_language": languages,
    }
    return row | ({"rubric": each("rubric")} if any(each("rubric")) else {})


def _id(text: str, number: int) -> QuestionId:
    if not text:
        return number
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else text

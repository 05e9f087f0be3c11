"""The first row of a file, by which it is recognised."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from itertools import islice
from pathlib import Path
from typing import Any

from judge.errors import InputError
from judge.files import parse_json, raw_lines, read_lines, read_whole, refuse_endless
from judge.sources.place import FirstRow

HEAD = 1 << 20
"""Bytes of a .json file that are looked at."""

_BOM = "\ufeff"
_DECODER = json.JSONDecoder()


def first_row(path: Path, *, whole: bool = False) -> FirstRow:
    """Return the first row of a file. Raises InputError where there is none.

    Of a .json file: the first entry of a list, or those keys of an object that end within its first megabyte; of a
    .csv file: header -> cells; of an .eval archive, whose name tells what it is: nothing. `whole`: a .jsonl file that
    nobody writes any more, so that a torn line is broken.
    """
    ending = path.suffix.lower()
    if ending == ".eval":
        return _archive(path)
    row = _json_head(path) if ending == ".json" else _csv_row(path) if ending == ".csv" else _line(path, whole)
    if not row:
        if whole:
            raise InputError("holds no row", path=path, mend="delete it or make it again")
        raise InputError("is empty", path=path)
    return row


def _line(path: Path, whole: bool) -> FirstRow:
    line = None if whole else next(read_lines(path, torn_tail=True), None)
    line = line or next(read_lines(path), None)  # the torn line is named
    return line.data if line else {}


def _archive(path: Path) -> FirstRow:
    """Return nothing of an Inspect archive, be it torn. Raises InputError for another file with its ending."""
    refuse_endless(path)
    try:
        with path.open("rb") as file:
            archive = file.read(2) == b"PK"
        if archive and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as opened:
                archive = not {"header.json", "_journal/start.json"}.isdisjoint(opened.namelist())
    except zipfile.BadZipFile:  # torn: its reader says so
        return {}
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    if not archive:
        raise InputError("is no Inspect log, although it ends in .eval", path=path)
    return {}


def _csv_row(path: Path) -> FirstRow:
    pieces = b"".join(islice(raw_lines(path), 200)).decode("utf-8-sig", "replace")  # a cell may hold many lines
    try:
        row = next(csv.DictReader(io.StringIO(pieces, newline="")), None)
    except csv.Error as error:
        raise InputError(f"is no CSV that can be read ({error})", path=path) from None
    return {key: cell for key, cell in (row or {}).items() if key is not None}


def _json_head(path: Path) -> FirstRow:
    refuse_endless(path)
    try:
        with path.open("rb") as file:
            text = file.read(HEAD).decode("utf-8", "ignore").removeprefix(_BOM).lstrip()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    row = _first_keys(text.removeprefix("[").lstrip())
    if not row:
        parse_json(read_whole(path), object, path)  # says where it is broken
    return row


def _first_keys(text: str) -> dict[str, Any]:
    """Return the keys of the object that `text` begins with, as far as they are whole."""
    found: dict[str, Any] = {}
    place = 1
    if not text.startswith("{"):
        return found
    try:
        while True:
            key, place = _DECODER.raw_decode(text, _skipped(text, place, ", \t\r\n"))
            value, place = _DECODER.raw_decode(text, _skipped(text, place, ": \t\r\n"))
            found[str(key)] = value
    except (ValueError, RecursionError):  # the end of the object, or of what was read
        return found


def _skipped(text: str, place: int, blank: str) -> int:
    while place < len(text) and text[place] in blank:
        place += 1
    return place

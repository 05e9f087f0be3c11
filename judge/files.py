"""JSONL and JSON files: read with exact error places, replaced atomically.

A torn last line (a killed process, a full disk) is not a record: the reader leaves it out, and `appender` cuts it off
before it appends. `runs/folder` says which files a run has.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from judge.errors import InputError, StoreError, told

T = TypeVar("T")


class UnreadableError(InputError):
    """JSON that cannot be held: nested thousands deep, a number of thousands of digits, a key given twice."""


class Line(NamedTuple):
    """One parsed JSON object and its 1-based line number."""

    number: int
    data: dict[str, Any]


def read_lines(path: Path, *, torn_tail: bool = False) -> Iterator[Line]:
    """Yield the JSON objects of a .jsonl file, one line in memory at a time; blank lines are left out.

    UTF-8 with or without BOM, LF or CRLF. `torn_tail=True` (files we append to ourselves) leaves out a last
    line that has no line end and is not JSON; in the user's own files that is an error like any other.

    Raises InputError (file, line, column) for a missing, unreadable or broken file.
    """
    for _, line in read_places(path, torn_tail=torn_tail):
        yield line


def read_anyhow(path: Path, *, torn_tail: bool = False) -> Iterator[Line | InputError]:
    """Yield as `read_lines` does, but the fault of a broken line in its place. Raises InputError for a missing file."""
    for number, piece in enumerate(raw_lines(path), start=1):
        try:
            if piece.removeprefix(_BOM).strip():
                yield _line(piece, path, number)
        except _NotJsonError as error:
            if not torn_tail or piece.endswith(b"\n"):
                yield error.told
        except InputError as error:
            yield error


def read_places(path: Path, *, torn_tail: bool = False) -> Iterator[tuple[int, Line]]:
    """Yield as `read_lines` does, each line with its place: bytes from the beginning of the file, for `read_at`."""
    place = 0
    for number, piece in enumerate(raw_lines(path), start=1):
        at, place = place, place + len(piece)
        if piece.removeprefix(_BOM).strip():
            try:
                yield at, _line(piece, path, number)
            except _NotJsonError as error:
                if torn_tail and not piece.endswith(b"\n"):
                    return
                raise error.told from None


def read_at(path: Path, places: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield the objects at these places of a file. Raises InputError where it is not what it was."""
    try:
        with _readable(path), path.open("rb") as file:
            for place in places:
                file.seek(place)
                yield _line(file.readline(), path, None).data
    except _NotJsonError as error:
        raise error.told from None


def line_at(path: Path, place: int) -> int:
    """Return the number of the line that begins at `place`. Raises InputError."""
    number = 0
    for number, piece in enumerate(raw_lines(path), start=1):  # noqa: B007 - the last number is the answer
        if place <= 0:
            break
        place -= len(piece)
    return number


_BOM = b"\xef\xbb\xbf"


class _NotJsonError(Exception):
    """A line that cannot be read; `told` is what the user is told."""

    def __init__(self, told: InputError) -> None:
        self.told = told


def refuse_endless(path: Path) -> None:
    """Raise InputError for a pipe or a device: opening it may block, reading it may never end."""
    try:
        mode = path.stat().st_mode
    except OSError:  # opening it tells why
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError("is a pipe or a device, not a file", path=path, mend="write its content to a file first")


def raw_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines as they stand, with their line ends, one in memory at a time. Raises InputError."""
    with _readable(path), path.open("rb") as file:
        yield from file


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn the faults of opening and reading a file into InputError."""
    refuse_endless(path)
    try:
        yield
    except FileNotFoundError:
        raise InputError("no such file", path=path, mend="check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", path=path, mend="save it as UTF-8") from None


def _line(piece: bytes, path: Path, number: int | None) -> Line:
    """Return what a line holds. Raises _NotJsonError for no JSON, InputError for JSON that is no object."""
    try:
        data = json.loads(piece.removeprefix(_BOM).removesuffix(b"\n").decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise _NotJsonError(_not_json(error, path, number)) from None
    if not isinstance(data, dict):
        raise InputError("is not a JSON object", path=path, line=number, mend="one JSON object a line")
    return Line(number or 0, data)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises ValueError where a key is given twice, as one of its values would be lost."""
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key '{next(name for name in data if names.count(name) > 1)}' is given twice")
    return data


def _not_json(error: ValueError | RecursionError, path: Path, line: int | None = None) -> InputError:
    """Say what is wrong; `line`: of the text that was parsed, None where it was a whole file."""
    if path.suffix.lower().startswith(".xls"):
        way = "save it as CSV UTF-8 in Excel; a table of questions: kojudge import csv FILE.csv -o my-pack"
        return InputError("is an Excel workbook, not text", path=path, mend=way)
    if isinstance(error, UnicodeDecodeError):
        return InputError("is not UTF-8", path=path, line=line, mend="save it as UTF-8")
    mend = "one JSON object a line" if line is not None else None
    if isinstance(error, json.JSONDecodeError):
        what = f"is not JSON ({error.msg})"
        return InputError(what, path=path, line=line or error.lineno, column=error.colno, mend=mend)
    # a number of thousands of digits, brackets nested thousands deep
    return UnreadableError(f"is not JSON that can be read ({error})", path=path, line=line, mend=mend)


def validate(data: object, shape: type[T] | TypeAdapter[T], *, path: Path, line: int | None = None) -> T:
    """Return `data` as a record. Raises InputError naming file, line and field."""
    try:
        return _adapter(shape).validate_python(data)
    except ValidationError as error:
        what, field = next(told(error))
        raise InputError(what, path=path, line=line, field=field) from None


def _adapter(shape: type[T] | TypeAdapter[T]) -> TypeAdapter[T]:
    if isinstance(shape, TypeAdapter):
        return shape
    asked: Any = shape  # every type can be hashed
    return _made(asked)


@cache  # there are a few dozen shapes, and rows by the thousand are read with them one by one
def _made(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def each_record(path: Path, shape: type[T] | TypeAdapter[T], *, torn_tail: bool = False) -> Iterator[T]:
    """Yield every line of `path` as a record, in file order. Raises InputError as `read_lines` does."""
    adapter = _adapter(shape)
    for line in read_lines(path, torn_tail=torn_tail):
        yield validate(line.data, adapter, path=path, line=line.number)


def read_records(path: Path, shape: type[T] | TypeAdapter[T], *, torn_tail: bool = False) -> list[T]:
    """Return every line of `path` as a record, in file order. Raises InputError as `read_lines` does."""
    return list(each_record(path, shape, torn_tail=torn_tail))


def read_json(path: Path, shape: type[T]) -> T:
    """Return a whole JSON file as a record. Raises InputError (file, line, column, field)."""
    return parse_json(read_whole(path), shape, path)


def read_whole(path: Path) -> bytes:
    """Return a file without its BOM. Raises InputError."""
    with _readable(path):
        return path.read_bytes().removeprefix(_BOM)


def read_text(path: Path, *, exact: bool = False) -> str:
    """Return the text of a UTF-8 file without its BOM, lines ended by LF; `exact`: every byte as it stands.

    Raises InputError.
    """
    with _readable(path):
        return path.read_bytes().decode("utf-8") if exact else path.read_text(encoding="utf-8-sig")


def parse_json(raw: bytes, shape: type[T], path: Path) -> T:
    """Return the content of a JSON file as a record. Raises InputError (file, line, column, field)."""
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise _not_json(error, path) from None
    return validate(data, shape, path=path)


TEMPORARY = ".kojudge-"
"""The beginning of the names of files that are being written. What is left of one was killed, and can be removed."""


def without_half_characters(text: str) -> str:
    """Return `text` with U+FFFD for each lone surrogate, which broken endpoints send and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def replace_text(path: Path, text: str) -> None:
    """Write a whole file as `replace_pieces` does. Raises StoreError."""
    replace_pieces(path, (text.encode("utf-8"),))


def replace_pieces(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a whole file so that a reader sees the old or the new one, never a part; return the number of pieces.

    A symbolic link is followed and stays. A file that exists keeps its permissions, a new one has those of the umask;
    missing folders are made. What is no file, such as a pipe or a device, is written to and never replaced.
    Raises StoreError.
    """
    old = None
    try:
        with suppress(FileNotFoundError):
            old = path.stat()
        if old and not stat.S_ISREG(old.st_mode):
            with path.open("wb") as file:
                return _put(file, pieces)
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        if old:
            os.close(os.open(target, os.O_WRONLY))  # what may not be written may not be replaced either
        temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
        try:
            with temporary.open("xb") as file:
                if old:
                    os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
                number = _put(file, pieces)
                os.fsync(file.fileno())
            temporary.replace(target)
            return number
        finally:
            with suppress(OSError):  # gone after the replacement
                temporary.unlink()
    except OSError as error:
        raise unwritable(path, error) from error


def _put(file: BinaryIO, pieces: Iterable[bytes]) -> int:
    number = 0
    for number, piece in enumerate(pieces, start=1):  # noqa: B007 - the last number is the answer
        file.write(piece)
    file.flush()
    return number


_MAKE_ROOM = "; what was finished before is saved, make room and run the same command again"
_MENDS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _MAKE_ROOM),
    errno.EISDIR: "; give the name of a file",
}


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return what the user is told of a file that the system did not let us write."""
    return StoreError(f"{path}: cannot be written ({error.strerror}){_MENDS.get(error.errno or 0, '')}")

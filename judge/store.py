"""JSONL files: read with exact error places, append so that nothing finished can be lost, replace atomically.

Files we write are append-only UTF-8, one record a line, the last line of a key in force. A torn last line (a
killed process, a full disk) is not a record: the reader leaves it out and the writer cuts it off before it
appends, so that the work is owed again and nothing that follows is damaged. `run_folder` says which files
there are.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from judge.errors import InputError, StoreError

T = TypeVar("T")


class Line(NamedTuple):
    """One parsed JSON object and its 1-based line number."""

    number: int
    data: dict[str, Any]


def read_lines(path: Path, *, torn_tail: bool = False) -> Iterator[Line]:
    """Yield the JSON objects of a .jsonl file; blank lines are left out.

    UTF-8 with or without BOM, LF or CRLF. `torn_tail=True` (files we append to ourselves) leaves out a last
    line that has no line end and is not JSON; in the user's own files that is an error like any other.

    Raises InputError (file, line, column) for a missing, unreadable or broken file.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", path=path, mend="check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    pieces = raw.split(b"\n")
    for number, piece in enumerate(pieces, start=1):
        if not piece.strip():
            continue
        try:
            data = json.loads(piece.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            if torn_tail and number == len(pieces):
                return
            raise _not_json(error, path, number) from None
        if not isinstance(data, dict):
            raise InputError("is not a JSON object", path=path, line=number, mend="one JSON object a line")
        yield Line(number, data)


def _not_json(error: ValueError | RecursionError, path: Path, line: int | None = None) -> InputError:
    """Say what is wrong; `line`: of the text that was parsed, None where it was a whole file."""
    if isinstance(error, UnicodeDecodeError):
        return InputError("is not UTF-8", path=path, line=line, mend="save it as UTF-8")
    mend = "one JSON object a line" if line is not None else None
    if isinstance(error, json.JSONDecodeError):
        what = f"is not JSON ({error.msg})"
        return InputError(what, path=path, line=line or error.lineno, column=error.colno, mend=mend)
    # a number of thousands of digits, brackets nested thousands deep
    return InputError(f"is not JSON that can be read ({error})", path=path, line=line, mend=mend)


def validate(data: object, shape: type[T] | TypeAdapter[T], *, path: Path, line: int | None = None) -> T:
    """Return `data` as a record. Raises InputError naming file, line and field."""
    adapter: TypeAdapter[T] = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        what, field = _first_fault(error)
        raise InputError(what, path=path, line=line, field=field) from None


def read_records(path: Path, shape: type[T] | TypeAdapter[T], *, torn_tail: bool = False) -> list[T]:
    """Return every line of `path` as a record, in file order. Raises InputError as `read_lines` does."""
    adapter: TypeAdapter[T] = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
    return [validate(line.data, adapter, path=path, line=line.number) for line in read_lines(path, torn_tail=torn_tail)]


def read_json(path: Path, shape: type[T]) -> T:
    """Return a whole JSON file as a record. Raises InputError (file, line, column, field)."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError("no such file", path=path, mend="check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    except (ValueError, RecursionError) as error:
        raise _not_json(error, path) from None
    return validate(data, shape, path=path)


def _first_fault(error: ValidationError) -> tuple[str, str | None]:
    """Return what is wrong and the field, without the tags that pydantic adds for unions and validators."""
    fault = error.errors(include_url=False)[0]
    tags = ("int", "str", "judged", "failed")
    parts = [str(part) for part in fault["loc"] if not str(part).startswith(("function-", "constrained-"))]
    field = ".".join(part for part in parts if part not in tags) or None
    what = fault["msg"].removeprefix("Value error, ")
    named = re.match(r"(\w+): ", what)
    if fault["type"] == "value_error" and field is None and named:
        field, what = named[1], what[named.end() :]
    if fault["type"] == "missing":
        what = "is missing"
    elif fault["type"] == "extra_forbidden":
        what = "is not a known field"
    elif fault["type"].endswith(("_type", "_parsing")):
        what = f"{what}, found {json.dumps(fault['input'], ensure_ascii=False, default=str)[:60]}"
    return what, field


def dump(record: BaseModel) -> bytes:
    """Return a record as one line of JSON, UTF-8, keys in the order of the model.

    A lone surrogate (half a character, as broken endpoints send it) becomes U+FFFD.
    """
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n"
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")


class Appender:
    """Appends records to one file: one write a line, fsynced every `sync_seconds` of writing and at close.

    A line that could not be written whole (full disk) is taken back, and StoreError is raised.
    """

    def __init__(self, path: Path, *, sync_seconds: float = 1.0) -> None:
        self.path = path
        self._sync_seconds = sync_seconds
        self._synced = time.monotonic()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise self._fault(error) from error
        try:
            os.lseek(self._file, self._cut_torn_tail(), os.SEEK_SET)
        except OSError as error:
            os.close(self._file)
            raise self._fault(error) from error

    def _fault(self, error: OSError, mend: str = "") -> StoreError:
        return StoreError(f"{self.path}: cannot be written ({error.strerror}){mend}")

    def _cut_torn_tail(self) -> int:
        """Make the file end with a line end; return its length in bytes."""
        size = os.fstat(self._file).st_size
        start, tail = size, b""
        while start > 0 and b"\n" not in tail:
            step = min(1 << 16, start)
            start -= step
            tail = os.pread(self._file, step, start) + tail
        rest = tail[tail.rfind(b"\n") + 1 :]
        if not rest:
            return size
        try:
            json.loads(rest)
        except (ValueError, RecursionError):
            os.ftruncate(self._file, size - len(rest))
            return size - len(rest)
        return size + os.pwrite(self._file, b"\n", size)

    def append(self, record: BaseModel) -> None:
        """Write one record as one line. Raises StoreError where the disk does not take it."""
        line = dump(record)
        start = os.lseek(self._file, 0, os.SEEK_CUR)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
            if time.monotonic() - self._synced >= self._sync_seconds:
                self.sync()
        except OSError as error:
            with suppress(OSError):  # the first fault is the one to tell
                os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            mend = "; what was finished before is saved, make room and run the same command again"
            raise self._fault(error, mend) from error

    def sync(self) -> None:
        """Hand everything written so far to the disk. Raises OSError."""
        os.fsync(self._file)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and close; closing twice is harmless. Raises StoreError where the disk does not take it."""
        if self._file < 0:
            return
        try:
            self.sync()
        except OSError as error:
            raise self._fault(error) from error
        finally:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def replace_text(path: Path, text: str) -> None:
    """Write a whole file so that a reader sees the old or the new one, never a part. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); what was finished before is saved, make room and run the "
            "same command again"
        ) from error

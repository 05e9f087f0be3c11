"""Appends to JSONL files so that nothing finished can be lost.

Files we write are append-only UTF-8, one record a line, the last line of a key in force. A torn last line (a killed
process, a full disk) is cut off before anything is appended, so that the work is owed again and nothing that follows
is damaged.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel

from judge.files import unwritable, without_half_characters


def dump(record: BaseModel) -> bytes:
    """Return a record as one line of JSON, UTF-8, keys in the order of the model.

    A lone surrogate (half a character, as broken endpoints send it) becomes U+FFFD.
    """
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n"
    return without_half_characters(text).encode("utf-8")


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
            raise unwritable(self.path, error) from error
        try:
            os.lseek(self._file, self._cut_torn_tail(), os.SEEK_SET)
        except OSError as error:
            os.close(self._file)
            raise unwritable(self.path, error) from error

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
                self._sync()
        except OSError as error:
            with suppress(OSError):  # the first fault is the one to tell
                os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            raise unwritable(self.path, error) from error

    def sync(self) -> None:
        """Hand everything written so far to the disk. Raises StoreError."""
        try:
            self._sync()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _sync(self) -> None:
        os.fsync(self._file)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and close; closing twice is harmless. Raises StoreError where the disk does not take it."""
        if self._file < 0:
            return
        try:
            self.sync()
        finally:
            os.close(self._file)
            self._file = -1

    def give_way_to(self, other: Appender) -> None:
        """Remove this file once everything in `other` is on the disk. Raises StoreError."""
        other.sync()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

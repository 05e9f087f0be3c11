"""What a run remembers of its batches: written before anything that costs money, read after a kill.

    judgments/<judge>/batches/
        <name>.requests.jsonl    what is asked
        <name>.json              how far it is (`BatchRecord`), replaced atomically at each step
        <name>.output.jsonl      the results as they came
        <name>.errors.jsonl      what was refused, as it came

A batch is never sent twice: with a `batch_id` it is asked for, with a `file_id` alone it is looked for at the
endpoint first, and what was taken from it is listed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from judge.config import digest
from judge.errors import InputError
from judge.files import read_json, read_lines, replace_pieces, replace_text, validate
from judge.records import Record


class BatchRecord(Record):
    """How far one batch is."""

    name: str
    """Also its `kojudge_run` at the endpoint."""
    judge_digest: str
    round: int
    params: dict[str, Any]
    """The request fields beside model and messages."""
    requests: int
    created: str
    file_id: str | None = None
    """Of the upload; set before the batch is created."""
    batch_id: str | None = None
    """Set as soon as the endpoint has named it."""
    status: str = "prepared"
    """The endpoint's own word once there is one."""
    fault: str | None = None
    """What the endpoint said of a batch that failed as a whole."""
    downloaded: bool = False
    taken: tuple[str, ...] = ()
    """The `custom_id`s whose outcome is stored, or that gave none."""


class _Asked(Record):
    custom_id: str


class BatchFolder:
    """The batches of one judge in one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[BatchRecord]:
        """Return all batches, oldest first. Raises InputError (file, line, field)."""
        return sorted((read_json(path, BatchRecord) for path in self.path.glob("*.json")), key=lambda r: r.created)

    def save(self, record: BatchRecord) -> BatchRecord:
        """Put `record` in the place of the earlier one and return it. Raises StoreError."""
        replace_text(self.record(record.name), record.model_dump_json(indent=2) + "\n")
        return record

    def prepare(
        self, lines: Sequence[str], *, judge_digest: str, number: int, params: dict[str, Any], created: str
    ) -> BatchRecord:
        """Write a request file, then its record. `number`: the round of judging; `params`: what every request has."""
        name = digest([created, secrets.token_hex(8), len(lines)])
        replace_pieces(self.requests(name), (line.encode("utf-8") for line in lines))
        record = BatchRecord(
            name=name, judge_digest=judge_digest, round=number, params=params, requests=len(lines), created=created
        )
        return self.save(record)

    def discard(self, record: BatchRecord) -> None:
        """Remove a batch that was never sent."""
        self.record(record.name).unlink(missing_ok=True)
        self.requests(record.name).unlink(missing_ok=True)

    def requests(self, name: str) -> Path:
        """Return the path of the request file."""
        return self.path / f"{name}.requests.jsonl"

    def output(self, name: str) -> Path:
        """Return the path of the results."""
        return self.path / f"{name}.output.jsonl"

    def errors(self, name: str) -> Path:
        """Return the path of the refused requests."""
        return self.path / f"{name}.errors.jsonl"

    def asked(self, name: str) -> Iterator[str]:
        """Yield the `custom_id` of every request. Raises InputError."""
        path = self.requests(name)
        try:
            for number, line in read_lines(path):
                yield validate(line, _Asked, path=path, line=number).custom_id
        except InputError as error:
            mend = f"remove {self.record(name)} to have what is owed sent anew"
            raise InputError(error.what, path=path, line=error.line, mend=mend) from None

    def record(self, name: str) -> Path:
        """Return the path of the record."""
        return self.path / f"{name}.json"


def split(lines: Iterable[str], most_requests: int, most_bytes: int) -> Iterator[list[str]]:
    """Yield the lines in order, in parts that keep to both limits; a single line too long is a part of its own."""
    part: list[str] = []
    size = 0
    for line in lines:
        length = len(line.encode("utf-8"))
        if part and (len(part) == most_requests or size + length > most_bytes):
            yield part
            part, size = [], 0
        part.append(line)
        size += length
    if part:
        yield part

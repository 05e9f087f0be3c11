"""run.json on disk: the manifest with its long list of expected questions, one a line, or without.

A run may expect a hundred thousand questions, and whoever judges it wants the rest of the manifest only. So the list
is cut out and put back as it stands, without being read.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from judge.config import GenerateConfig, JudgeConfig
from judge.errors import InputError
from judge.files import parse_json, read_whole, replace_pieces
from judge.records import Count, QuestionId, Record, Usage

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_LIST = re.compile(rb"\s*:\s*\[")
_NAME = b'"expected"'


def now() -> str:
    """Return the time as UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Return the versions that a number may depend on."""
    found = {"python": platform.python_version()}
    for name in ("kojudge", "openai", "vllm"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read(path: Path) -> Manifest:
    """Return the whole manifest. Raises InputError (file, line, field)."""
    return parse_json(read_whole(path), Manifest, path)


def read_head(path: Path) -> Manifest:
    """Return the manifest with no `expected`. Raises InputError (file, line, field)."""
    raw = read_whole(path)
    try:
        return parse_json(b"".join(_without(raw)), Manifest, path)
    except InputError:  # for the place in the file as it is
        return parse_json(raw, Manifest, path).model_copy(update={"expected": ()})


def write(path: Path, manifest: Manifest) -> None:
    """Replace the manifest, with the time and our versions. Raises StoreError."""
    _write(path, manifest, _rows(manifest.expected))


def write_head(path: Path, manifest: Manifest) -> None:
    """Replace all of the manifest but `expected`, which stays as it is on disk. Raises InputError, StoreError."""
    raw = read_whole(path)
    span = _span(raw)
    if span is None:  # a list that is not there, or not as we write it
        write(path, manifest.model_copy(update={"expected": read(path).expected}))
    else:
        _write(path, manifest, iter((raw[slice(*span)],)))


def _write(path: Path, manifest: Manifest, expected: Iterator[bytes]) -> None:
    stamp = {"expected": (), "updated": now(), "versions": {**manifest.versions, **versions()}}
    text = manifest.model_copy(update=stamp).model_dump_json(indent=2).encode("utf-8") + b"\n"
    before, after = _without(text)

    def pieces() -> Iterator[bytes]:
        yield before.removesuffix(b"[")
        yield from expected
        yield after.removeprefix(b"]")

    replace_pieces(path, pieces())


def _rows(expected: tuple[ExpectedQuestion, ...]) -> Iterator[bytes]:
    """Yield the list, a question a line."""
    yield b"["
    for number, question in enumerate(expected):
        yield (b",\n    " if number else b"\n    ") + question.model_dump_json().encode("utf-8")
    yield b"\n  ]" if expected else b"]"


def _without(raw: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and after the entries of the list, with its brackets."""
    span = _span(raw)
    return (raw, b"") if span is None else (raw[: span[0] + 1], raw[span[1] - 1 :])


def _span(raw: bytes) -> tuple[int, int] | None:
    """Return where the list begins and ends; None where the top level has none."""
    depth, start, inside = 0, None, 0
    for token in _TOKEN.finditer(raw):
        sign = token[0]
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if start is not None and depth == inside:
                return start, token.end()
        elif depth == 1 and start is None and sign == _NAME and (found := _LIST.match(raw, token.end())):
            start, inside = found.end() - 1, depth
    return None


class ExpectedQuestion(Record):
    """A question that a run was asked to answer."""

    id: QuestionId
    category: str
    turns: Count


class Manifest(Record):
    """run.json: what a run is, was made with, and has cost."""

    kojudge: str
    """Version of this program that wrote it last."""
    config: GenerateConfig
    expected: tuple[ExpectedQuestion, ...]
    """Every question asked for so far, so that a table knows what is missing."""
    of_questions: int
    """How many questions the whole set has; more than `expected` after `--limit`."""
    judges: dict[str, JudgeConfig] = Field(default_factory=dict)
    """Digest -> the judges that have worked on this run."""
    rounds: dict[str, Count] = Field(default_factory=dict)
    """Judge digest -> the last finished round of judging; absent: 1."""
    open_rounds: dict[str, str] = Field(default_factory=dict)
    """Judge digest -> what kind of re-judging (all, flagged) is under way."""
    notes: tuple[str, ...] = ()
    """What a reader of the tables must know (adapted requests, folded system messages)."""
    versions: dict[str, str] = Field(default_factory=dict)
    host: str = ""
    created: str = ""
    updated: str = ""
    usage: dict[str, Usage] = Field(default_factory=dict)
    """Tokens so far: `generate`, and one entry a judge."""

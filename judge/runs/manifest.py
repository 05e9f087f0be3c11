"""run.json on disk: the manifest with its long list of expected questions, one a line, or without.

A run may expect a hundred thousand questions, and whoever judges it wants the rest of the manifest only. So the list
is cut out and put back as it stands, without being read.
"""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import not_
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from judge.config import GenerateConfig, JudgeConfig
from judge.errors import InputError
from judge.files import parse_json, read_whole, replace_pieces
from judge.records import Ordinal, QuestionId, Record, Usage
from judge.wording import korean_of, restored

M = TypeVar("M", bound="Manifest")

_EXPECTED = re.compile(rb'(?<=\n  "expected": )\[(?:\]|(?:\n    \{.*\},?)++\n  \])')
"""The list as `write` writes it: a question a line."""


def now() -> str:
    """Return the time as UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@functools.cache
def versions() -> Mapping[str, str]:
    """Return the versions that a number may depend on."""
    found = {"python": platform.python_version()}
    for name in ("kojudge", "openai", "vllm"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read_manifest(path: Path, kind: type[M]) -> M:
    """Return the whole manifest. Raises InputError (file, line, field)."""
    try:
        return parse_json(read_whole(path), kind, path)
    except InputError as error:
        raise _mended(error) from None


def read_manifest_head(path: Path, kind: type[M]) -> M:
    """Return the manifest with no `expected`. Raises InputError (file, line, field)."""
    raw = read_whole(path)
    try:
        return parse_json(_EXPECTED.sub(b"[]", raw, count=1), kind, path).model_copy(update={"expected": ()})
    except InputError:
        read_manifest(path, kind)  # for the place in the file as it is
        raise


def _mended(error: InputError) -> InputError:
    """Return the fault of a manifest with its mend; one that has a mend stays."""
    mend = (
        "put a copy of the file back. Without one, remove it and run the command that made it again: the answers and "
        "verdicts beside it are kept, but after --rerun the first verdicts count again"
    )
    place = {name: getattr(error, name) for name in ("path", "line", "column", "field")}
    return InputError(error.what, **place, mend=error.mend or mend)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Replace the manifest, with the time and our versions. Raises StoreError."""
    rows = ",\n    ".join(question.model_dump_json() for question in manifest.expected)
    _write(path, manifest, f"[\n    {rows}\n  ]".encode() if rows else b"[]")


def write_manifest_head(path: Path, manifest: Manifest) -> None:
    """Replace all of the manifest but `expected`, which stays as it is on disk. Raises InputError, StoreError."""
    found = _EXPECTED.search(read_whole(path))
    if found is None:  # the list of a file that was changed by hand
        whole = read_manifest(path, type(manifest))
        write_manifest(path, manifest.model_copy(update={"expected": whole.expected}))
    else:
        _write(path, manifest, found[0])


def _write(path: Path, manifest: Manifest, expected: bytes) -> None:
    stamp = {"expected": (), "updated": now(), "versions": {**manifest.versions, **versions()}}
    text = manifest.model_copy(update=stamp).model_dump_json(indent=2).encode("utf-8") + b"\n"
    before, after = _EXPECTED.split(text, maxsplit=1)
    replace_pieces(path, (before, expected, after))


class ExpectedQuestion(Record):
    """A question that a run was asked to answer."""

    id: QuestionId
    category: str
    turns: Ordinal


Expected = list[ExpectedQuestion]
"""The questions of a run."""


class Manifest(Record):
    """run.json: what a run is, was made with, and has cost."""

    kojudge: str
    """Version of this program that wrote it last."""
    config: GenerateConfig
    expected: tuple[ExpectedQuestion, ...]
    """Every question asked for so far, so that a table knows what is missing."""
    of_questions: int
    """How many questions the whole set has; more than `expected` after `--limit`."""
    edition: str = Field(default="", exclude_if=not_)
    """Name and edition of a built-in question set, whose digest stands in `config`. No key of a file for other sets."""
    question_file: str = Field(default="", exclude_if=not_)
    """What the file of a set that is not built in is called, as a card names it; of imported answers, what the set is
    called that was given with them, and its digest. No key of a file for built-in sets, and where none was given."""
    judges: dict[str, JudgeConfig] = Field(default_factory=dict)
    """Digest -> the judges that have worked on this run."""
    rounds: dict[str, Ordinal] = Field(default_factory=dict)
    """Judge digest -> the last finished round of judging; absent: 1."""
    open_rounds: dict[str, str] = Field(default_factory=dict)
    """Judge digest -> what kind of re-judging (all, flagged) is under way."""
    notes: tuple[str, ...] = ()
    """What a reader of the tables must know (adapted requests, folded system messages), in English. Those of runs of
    before hold the notes on the judges' endpoints, too."""
    judge_notes: dict[str, tuple[str, ...]] = Field(default_factory=dict, exclude_if=not_)
    """Judge digest -> what a reader of its verdicts must know (adapted requests). No key of a file where there are
    none."""
    korean: dict[str, str] = Field(default_factory=dict, exclude_if=not_)
    """Notes -> the same in Korean. No key of a file where there are none."""
    versions: dict[str, str] = Field(default_factory=dict)
    host: str = ""
    created: str = ""
    updated: str = ""
    usage: dict[str, Usage] = Field(default_factory=dict)
    """Tokens so far: `generate`, and one entry a judge."""
    limits: dict[str, Ordinal] = Field(default_factory=dict, exclude_if=not_)
    """In tokens, as far as known: `context`, of prompt and answer together; and how long an answer to one turn may get
    where `--max-tokens` does not say: `answer_tokens`, and `thinking_tokens` where it is found out answer by answer
    that the model thinks. No key of a file where there are none."""
    fresh: bool = Field(default=False, exclude_if=not_)
    """`--fresh` has begun this run and it is not finished: the same command goes on with it. No key of a file where it
    is false."""

    @property
    def said(self) -> tuple[str, ...]:
        """The notes, in Korean as well where that is stored."""
        return restored(self.notes, self.korean)

    def said_of(self, judge_digest: str) -> tuple[str, ...]:
        """The notes on one judge, in Korean as well where that is stored."""
        return restored(self.judge_notes.get(judge_digest, ()), self.korean)

    def noted(self, notes: Iterable[str], judge_digest: str = "") -> dict[str, Any]:
        """Return the fields that change with these notes; empty where all are there. `judge_digest`: they are of it."""
        given = tuple(notes)
        old = self.judge_notes.get(judge_digest, ()) if judge_digest else self.notes
        if (new := tuple(dict.fromkeys((*old, *given)))) == old:
            return {}
        told = {"judge_notes": {**self.judge_notes, judge_digest: new}} if judge_digest else {"notes": new}
        return {**told, "korean": {**self.korean, **korean_of(given)}}

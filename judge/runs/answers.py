"""Answers on disk, read one at a time: of each only its place in the file is kept."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from judge.errors import InputError
from judge.files import line_at, read_at, read_lines, read_places, validate
from judge.records import Answer, QuestionId, Record


class _Keyed(Record):
    id: QuestionId


_ANSWER, _KEYED = TypeAdapter(Answer), TypeAdapter(_Keyed)


class StoredAnswers:
    """The answers in force in some files. Iterate it as often as needed; nothing may be taken out of the files."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Look for the last line of each question; a torn last line is none. Raises InputError (file, line, field)."""
        self._places = [(path, _last_lines(path)) for path in files if path.exists()]

    def __len__(self) -> int:
        return sum(len(places) for _, places in self._places)

    def __iter__(self) -> Iterator[Answer]:
        for path, places in self._places:
            for place, data in zip(places, read_at(path, places), strict=True):
                try:
                    yield validate(data, _ANSWER, path=path)
                except InputError:
                    validate(data, _ANSWER, path=path, line=line_at(path, place))
                    raise


def _last_lines(path: Path) -> array[int]:
    """Return the place of the last line of each question, in the order of their first ones."""
    found: dict[QuestionId, int] = {}
    for place, line in read_places(path, torn_tail=True):
        found[validate(line.data, _KEYED, path=path, line=line.number).id] = place
    return array("Q", found.values())


def holds_answers(path: Path) -> bool:
    """Whether a file is one of answers, and not of turns or failures. Raises InputError."""
    first = next(read_lines(path, torn_tail=True), None) if path.exists() else None
    return first is not None and "outputs" in first.data and "status" not in first.data


def answered_ids(run: Path) -> set[QuestionId]:
    """Return the questions of a run's folder that have an answer under any strategy. Raises InputError."""
    return {id_ for path in _answer_files(run) for id_ in _ids(path)}


def _ids(path: Path) -> Iterator[QuestionId]:
    for line in read_lines(path, torn_tail=True):
        yield validate(line.data, _KEYED, path=path, line=line.number).id


def _answer_files(run: Path) -> list[Path]:
    beside = (".failures.jsonl", ".turns.jsonl")
    return [path for path in (run / "answers").glob("*.jsonl") if not path.name.endswith(beside)]


def holds_nothing(run: Path) -> bool:
    """Whether no conversation came to its end in a run's folder and nothing was judged."""
    files = (*_answer_files(run), *(run / "judgments").glob("*/*.jsonl"))
    return not any(path.stat().st_size for path in files)

"""Judges that share the questions: which of them has which question, drawn once and kept beside the runs.

    OUT/kojudge-share/<panel>.json    panel: digest of the judges (`JudgeConfig.panel`)

A question is told by its words, so that it has the same judge under every model and strategy. A question that was
drawn once keeps its judge; those that come later (a question set that grows, a run without `--limit`) are added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from filelock import FileLock

from judge.config import JudgeConfig, digest
from judge.errors import InputError, StoreError
from judge.files import read_json, replace_text
from judge.records import Record
from judge.runs.names import SHARE
from judge.text.digests import question_digests


class Asked(Protocol):
    """What asks a question: the question itself, or an answer to it."""

    @property
    def category(self) -> str:
        """The question's category."""
        ...

    @property
    def questions(self) -> tuple[str, ...]:
        """The user's words, one a turn."""
        ...


S = TypeVar("S", bound=Asked)


def question_key(asked: Asked) -> str:
    """Return what a question is told by: the digest of its words in all turns."""
    return question_digests(tuple(asked.questions))[-1]


class Drawn(NamedTuple):
    """One question of a draw."""

    category: str
    judge: str


class _Kept(Record):
    judges: dict[str, str]
    questions: dict[str, Drawn]


@dataclass(frozen=True)
class Draw:
    """Which judge has which question."""

    questions: Mapping[str, Drawn]
    """By `question_key`."""

    def has(self, judge: str, asked: Asked) -> bool:
        """Say whether a judge has a question, which must be one of the drawn ones."""
        return self.questions[question_key(asked)].judge == judge

    def share(self, judge: str, subjects: Iterable[S]) -> Share[S]:
        """Return those subjects whose question a judge has, to be iterated at will."""
        return Share(self, judge, subjects)


class Share(Generic[S]):
    """The part of the subjects that is one judge's, found anew each time that it is iterated."""

    def __init__(self, draw: Draw, judge: str, subjects: Iterable[S]) -> None:
        self._draw, self._judge, self._subjects = draw, judge, subjects

    def __iter__(self) -> Iterator[S]:
        return (one for one in self._subjects if self._draw.has(self._judge, one))

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None


def deal(categories: Mapping[str, str], judges: Sequence[str], known: Mapping[str, Drawn]) -> dict[str, Drawn]:
    """Return the judge of every question; `categories`: question -> category, `known`: what was drawn before.

    The new ones are gone through in an order drawn by digests, and each goes to the judge that has the fewest of its
    category, of several to the one that has the fewest of all: within a category, and in all, two judges differ by one
    question where nothing was known before.
    """
    found = dict(known)
    of_category = Counter((one.category, one.judge) for one in found.values())
    of_all = Counter(one.judge for one in found.values())
    for question in sorted(categories.keys() - found.keys(), key=lambda q: digest([*sorted(judges), q])):
        category = categories[question]
        judge = min(judges, key=lambda j: (of_category[category, j], of_all[j], digest([question, j])))
        found[question] = Drawn(category, judge)
        of_category[category, judge] += 1
        of_all[judge] += 1
    return found


def draw(
    configs: Sequence[JudgeConfig],
    asked: Iterable[Asked],
    out: Path,
    *,
    seen: Mapping[str, Drawn] | None = None,
    keep: bool = True,
) -> Draw:
    """Return which of the judges, which share their questions, has which of those asked; `keep`: write it down.

    `seen`: what stored verdicts tell of an earlier draw, for a file that is gone. Raises InputError for a broken file,
    StoreError where it cannot be written.
    """
    path = out / SHARE / f"{configs[0].panel}.json"
    categories = {question_key(one): one.category for one in asked}
    if not keep:
        return Draw(_dealt(path, configs, categories, seen)[1])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            old, new = _dealt(path, configs, categories, seen)
            if new != old:
                replace_text(path, _Kept(judges=configs[0].shared, questions=new).model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from error
    return Draw(new)


def _dealt(
    path: Path, configs: Sequence[JudgeConfig], categories: Mapping[str, str], seen: Mapping[str, Drawn] | None
) -> tuple[dict[str, Drawn], dict[str, Drawn]]:
    """Return what was drawn before and what is drawn now."""
    try:
        known = read_json(path, _Kept).questions if path.is_file() else {}
    except InputError as broken:
        mend = "delete the file: questions that are judged keep their judge, the others are drawn anew"
        raise InputError(str(broken), mend=mend) from None
    names = sorted(config.judge for config in configs)
    return known, deal(categories, names, {**(seen or {}), **known})

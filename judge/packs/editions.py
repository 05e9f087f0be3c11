"""Which edition of a built-in question set a digest is: questions/editions.json, name -> digests from edition 1 on."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pydantic import RootModel

from judge.files import parse_json, read_whole
from judge.packs.folder import builtin
from judge.wording import Note


class Edition(NamedTuple):
    """An edition of a built-in question set. `str()` names it."""

    name: str
    number: int
    newest: int

    def __str__(self) -> str:
        return f"{self.name}, edition {self.number}"

    @property
    def note(self) -> Note:
        """What it is called in both languages."""
        return Note(str(self), f"{self.name} {self.number}판")


class _Editions(RootModel[dict[str, tuple[str, ...]]]):
    """The file."""


@cache
def _known() -> dict[str, Edition]:
    path = builtin() / "questions" / "editions.json"
    return {
        digest: Edition(name, number, len(digests))
        for name, digests in parse_json(read_whole(path), _Editions, path).root.items()
        for number, digest in enumerate(digests, start=1)
    }


def edition_of(digest: str) -> Edition | None:
    """Return the edition whose questions have this digest (`QuestionSet.digest`); None: no built-in set."""
    return _known().get(digest)


def edition_notes(digest: str) -> tuple[str, ...]:
    """Return what a reader of scores on these questions must know: that they are not those of the newest edition."""
    edition = edition_of(digest)
    if edition is None or edition.number == edition.newest:
        return ()
    return (
        Note(
            f"questions: {edition}; edition {edition.newest} has other references, notes or checks",
            f"문항: {edition.note.korean}. {edition.newest}판에서 참고 답이나 채점 참고 사항, 검사 조건이 바뀜",
        ),
    )


TAKEN_OVER = "references, notes and checks were taken over from"


def taken_over(digest: str, name: str) -> Note:
    """Return what is said of a run that was given those of a set; begins with TAKEN_OVER. `name`: of the set's file."""
    edition = edition_of(digest)
    given = edition.note if edition else Note(f"{name} ({digest})", f"{name}({digest})")
    return Note(f"{TAKEN_OVER} {given}", f"참고 답, 채점 참고 사항, 검사 조건을 {given.korean}에서 새로 가져옴")

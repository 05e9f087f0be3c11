"""`kojudge check`: is what lies at a path a good pack, question set, run, answers or judgments file?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from judge.errors import InputError
from judge.files import TEMPORARY
from judge.packs.check import Found, check_pack, check_questions
from judge.packs.folder import UNFINISHED, is_pack
from judge.runs.folder import MANIFEST
from judge.sources.first_rows import first_row
from judge.sources.own_files import first_good_row
from judge.sources.place import Place, Unread
from judge.sources.places import places, recognise
from judge.wording import Note, led


def check_path(path: Path) -> Iterator[Found]:
    """Yield one line a thing that is good, and an InputError (file, line, field) for each fault of a pack, a question
    set, a run, a file of answers or judgments.

    What a kojudge that was killed has left in a folder is named, too. Raises InputError at the first fault of anything
    else.
    """
    for start in (TEMPORARY, UNFINISHED) if path.is_dir() else ():
        for left in sorted(path.rglob(f"{start}*")):
            said = Note(
                "left by a kojudge that was killed (unless one writes here now); it can be removed",
                "중간에 끝난 kojudge가 남긴 것이며(지금 쓰고 있는 kojudge가 없다면) 지워도 됨",
            )
            yield led(str(left), said)
    if path.is_dir() and is_pack(path):
        yield from check_pack(path)
    elif path.is_dir() or not path.exists() or path.name == MANIFEST:
        found = [place for place in places(path) if not isinstance(place, Unread)]
        for place in found:
            yield from _check(place)
        if not found:
            raise InputError("holds no pack, no run and no file of a tool that kojudge reads", path=path)
    elif known := recognise(path, first_good_row(path) or first_row(path)):  # a broken first row is one of its faults
        yield from _check(known)
    elif path.suffix.lower() in (".csv", ".tsv"):
        mend = f"kojudge import csv {path} -o my-pack, then kojudge check my-pack"
        yield InputError("is a table of no tool that kojudge reads", path=path, mend=mend)
    else:
        yield from check_questions(path)


def _check(place: Place) -> Iterator[Found]:
    faults = list(place.faults())
    yield from faults
    if not faults:
        yield led(str(place.path), place.summary())

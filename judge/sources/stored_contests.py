"""PATHS -> the contests that lie there, ours and other tools'."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from judge.errors import InputError
from judge.runs.contest_folder import CONTEST
from judge.sources.contests import ContestPlace
from judge.sources.places import places
from judge.tables.contest import Contest, Side


def load_contests(paths: Sequence[Path]) -> list[Contest]:
    """Return the contests at these paths, ours and those in other tools' files of games.

    Raises InputError where there is none, and for two contests of the same sides and judge.
    """
    found: list[Contest] = []
    for path in paths:
        there = places(path)
        here = [one for place in there for one in place.contests()]
        if not here:
            ours = any(isinstance(place, ContestPlace) for place in there)
            what = "holds no games yet" if ours else f"holds no contest ({CONTEST}) and no file of games"
            mend = "run the same kojudge pairwise with --judge again" if ours else NO_CONTEST
            raise InputError(what, path=path, mend=mend)
        found += here
    known: set[tuple[frozenset[Side], str, str, str]] = set()
    for one in found:
        key = (frozenset((one.a, one.b)), one.judge, one.config, one.scope)
        if key in known:
            sides = f"{one.a.label} and {one.b.label}, {one.judge_label}"
            raise InputError(f"two contests of {sides}", mend="give the paths apart; they may be of other questions")
        known.add(key)
    return found


NO_CONTEST = "give --judge NAME to kojudge pairwise to have answers compared"

"""The one reader of paths: PATH -> what lies there, told by content; only a run is told by its run.json.

A path is a run, a folder of runs, a folder of another tool's files, or a single file. `FORMATS` lists the other tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from judge.errors import InputError
from judge.runs.contest_folder import CONTEST
from judge.runs.folder import MANIFEST, RunFolder
from judge.sources import (
    alpaca_eval,
    arena_hard,
    evalscope,
    fastchat,
    inspect_logs,
    korean_mt_bench,
    kudge,
    lm_eval_samples,
    logickor,
    own_files,
)
from judge.sources.contests import ContestPlace, find_contests, in_contest
from judge.sources.first_rows import first_row
from judge.sources.place import FileFormat, FirstRow, GamesPlace, Place, Unread
from judge.sources.run_results import find_runs

FORMATS: tuple[FileFormat, ...] = (
    logickor.FORMAT,
    arena_hard.FORMAT,
    fastchat.FORMAT,
    korean_mt_bench.FORMAT,
    alpaca_eval.FORMAT,
    kudge.FORMAT,
    evalscope.FORMAT,
    inspect_logs.FORMAT,
    lm_eval_samples.FORMAT,
)
"""The files of other tools. A row belongs to the first format that recognises it."""

ENDINGS = (".jsonl", ".json", ".csv", ".eval")
"""Of files that are looked at in folders, in capitals too."""


def places(path: Path) -> list[Place]:
    """Return what lies at `path`, in path order; nothing where no file is of a known format.

    A folder with runs is these runs; of any other folder, all files of other tools with one of `ENDINGS`
    (links are followed, hidden folders are not entered). A single file may also be one of ours. Of every file only the
    first row is read. Raises InputError for a path that is not there, for a `.jsonl` file without rows or with a broken
    first row, and for a link to a folder it lies in.
    """
    if not path.exists():
        raise InputError("no such file or folder", path=path, mend="check the path")
    if path.name == CONTEST:
        return [ContestPlace(path)]
    if path.name == MANIFEST:
        return [own_files.Run(RunFolder(path.parent))]
    if not path.is_dir():
        place = recognise(path, first_row(path))
        return [place] if place else []
    if runs := find_runs(path):
        return [own_files.Run(run) for run in runs]
    if contests := find_contests(path):
        return [ContestPlace(contest.path) for contest in contests]
    found: list[Place | None] = []
    for file in sorted(_files_below(path, ())):
        try:
            found.append(_of_tools(file, first_row(file, whole=True)))
        except InputError:
            if file.suffix.lower() == ".jsonl":  # folders hold other .json and .csv files, too
                raise
    return [place for place in found if place]


def recognise(path: Path, first: FirstRow) -> Place | None:
    """Return the place of a single file whose first row is `first`, None for an unknown format. Opens nothing."""
    return (
        own_files.in_run(path, first)
        or in_contest(path, first)
        or _of_tools(path, first)
        or own_files.loose(path, first)
    )


def instead(found: Sequence[Place], kind: Literal["verdicts", "answers"]) -> str:
    """Return what can be given instead of these places: "give a run folder, ... or ..."."""
    mends = dict.fromkeys(
        place.mend for place in found if isinstance(place, Unread | ContestPlace | GamesPlace) and place.mend
    )
    if mends and (kind == "verdicts" or all(isinstance(place, ContestPlace | GamesPlace) for place in found)):
        return "; ".join(mends)
    ours = ["a run folder", "a judgments file" if kind == "verdicts" else "an answers file"]
    theirs = [form.verdicts if kind == "verdicts" else form.answers for form in FORMATS]
    known = [*ours, *filter(None, theirs), "another file that docs/formats.md lists"]
    return f"give {', '.join(known[:-1])} or {known[-1]}"


def listed(found: list[Place]) -> str:
    """Return what was found instead of what was looked for: ", only LogicKor answers"; empty where nothing was."""
    return f", only {' and '.join(dict.fromkeys(place.what for place in found))}" if found else ""


def _of_tools(path: Path, first: FirstRow) -> Place | None:
    return next((place for form in FORMATS if (place := form.recognise(path, first))), None)


def _files_below(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    here = folder.resolve()
    if here in above:
        raise InputError("is a link to a folder it lies in", path=folder, mend="remove the link")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=folder) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files_below(entry, (*above, here))
        elif entry.suffix.lower() in ENDINGS:
            yield entry

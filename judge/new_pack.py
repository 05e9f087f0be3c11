"""`kojudge new-pack`: a pack with comments in it, to be changed into one's own."""

from __future__ import annotations

from pathlib import Path

from judge.pack_files import claim
from judge.packs import folder
from judge.store import replace_bytes


def new_pack(target: Path) -> list[Path]:
    """Copy the example pack into a new or empty folder and return its files.

    Raises ConfigError where the folder holds something, StoreError where the disk does not take it.
    """
    claim(target)
    example = folder(None, "templates/new-pack")
    written = []
    for source in sorted(path for path in example.rglob("*") if path.is_file()):
        place = target / source.relative_to(example)
        replace_bytes(place, source.read_bytes())
        written.append(place)
    return written

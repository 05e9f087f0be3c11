"""Where questions and templates come from: the checkout, the wheel, or the user's own pack folder.

    PACK/questions/*.jsonl            question sets; core.jsonl is the default one
    PACK/templates/strategies/*.yaml  one strategy a file: messages: [{role, content}, ...]
    PACK/templates/judge/*.jinja      single and multi, each a system and a user part
    PACK/pack.yaml                    score range, form of the judge's reply, ... (config.PackSettings)

A pack may leave out any of these; what it lacks is taken from the built-in pack, and its strategies stand beside the
built-in ones. This is the only module
that knows that the built-in pack lies beside the package in a checkout and inside it in an installed wheel.
"""

from __future__ import annotations

from pathlib import Path

from judge.config import STANDARD_RANGE, JudgeSettings, PackSettings
from judge.errors import InputError
from judge.files import validate
from judge.packs.yaml_files import read_yaml
from judge.wording import Note

SETTINGS = "pack.yaml"

LOWEST_ASKED = 1.0
"""The least score that the built-in judge templates offer; only rules give 0."""

UNFINISHED = ".unfinished-"
"""The beginning of the name of a folder in which a pack is written; what is left of one was killed."""


def builtin() -> Path:
    """Return the folder of the built-in pack."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_pack"
    return installed if installed.is_dir() else package.parent


def samples() -> Path:
    """Return the folder of the hand-written sample answers."""
    inside = builtin() / "samples"
    return inside if inside.is_dir() else builtin() / "outputs" / "samples"


def folder(pack: Path | None, part: str) -> Path:
    """Return the `part` folder of `pack`, or the built-in one where the pack has none.

    Raises InputError where `pack` is no folder or holds neither questions/ nor templates/.
    """
    if pack is not None:
        if not pack.is_dir():
            raise InputError("no such folder", path=pack, mend="give a pack folder to --pack")
        if leftover := next(pack.glob(f"{UNFINISHED}*"), None):
            raise InputError(
                "is half of a pack: what wrote it was killed",
                path=pack,
                mend=f"remove {leftover} and what lies beside it, and write it again",
            )
        if not is_pack(pack):
            raise InputError("holds neither questions/ nor templates/", path=pack, mend="see questions/README.md")
        if (pack / part).is_dir():
            return pack / part
    return builtin() / part


def files_of(pack: Path | None, part: str, pattern: str) -> list[Path]:
    """Return the files of the `part` folder of `pack` (see `folder`), in order of name.

    Raises InputError for a link that leads out of the user's own pack: whoever made the pack would have this machine's
    files read, and sent to a judge.
    """
    place = folder(pack, part)
    found = sorted(place.glob(pattern))
    if pack is not None and place.is_relative_to(pack):
        for path in found:
            check_inside(pack, path)
    return found


def check_inside(pack: Path, path: Path) -> None:
    """Raise InputError where `path` is a link that leads out of `pack`."""
    if not path.resolve().is_relative_to(pack.resolve()):
        raise InputError("is a link out of the pack", path=path, mend="put a copy of the file in its place")


def is_pack(path: Path) -> bool:
    """Say whether a folder holds anything that a pack has."""
    return any((path / part).is_dir() for part in ("questions", "templates")) or (path / SETTINGS).is_file()


def load_settings(pack: Path | None = None) -> PackSettings:
    """Return what pack.yaml says, the built-in settings where there is none. Raises InputError (file, field).

    A score range of its own needs judge templates of its own: the built-in ones ask for 0-10.
    """
    if pack is None:
        return PackSettings()
    folder(pack, "templates")  # half of a pack is told as that
    if not (pack / SETTINGS).is_file():
        return PackSettings()
    path = pack / SETTINGS
    check_inside(pack, path)
    settings = validate(read_yaml(path) or {}, PackSettings, path=path)
    if settings.judge.reply in ("pair", "arena-hard"):
        mend = "leave it out: kojudge pairwise asks in its own way, whatever the pack says"
        raise InputError("pair is no form of a score", path=path, field="judge.reply", mend=mend)
    own = (pack / "templates" / "judge").is_dir()
    if not own and (settings.judge.range != STANDARD_RANGE or settings.judge.reply != "kojudge"):
        raise InputError(
            "a score range or reply form of its own needs judge templates that ask for it",
            path=path,
            field="judge",
            mend=f"add {pack / 'templates' / 'judge'}; kojudge new-pack writes examples",
        )
    return settings


def load_judge_settings(pack: Path | None = None) -> JudgeSettings:
    """Return `judge` of pack.yaml, with what the built-in judge templates ask for where they stand in for the pack's.

    Raises InputError (file, field).
    """
    settings = load_settings(pack).judge
    if settings.lowest_offered is not None or (pack is not None and (pack / "templates" / "judge").is_dir()):
        return settings
    return settings.model_copy(update={"lowest_offered": LOWEST_ASKED})


def asked_note(judge: JudgeSettings) -> Note:
    """Return what scores and replies a judge is asked for."""
    low, high = f"{judge.lowest:g}", f"{judge.highest:g}"
    return Note(f"scores {low}-{high}, replies as {judge.reply}", f"점수 {low}~{high}, 응답 형식 {judge.reply}")

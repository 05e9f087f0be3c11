"""Fonts that together have a glyph for every character of a figure, found among the installed ones.

matplotlib takes each glyph from the first font of a list that has it, and draws a box where none has. Here a figure is
drawn only with fonts that were seen to have all of its letters.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from judge.errors import ConfigError, InputError
from judge.files import refuse_endless

PREFERRED = (
    *("notosanskr", "notosanscjkkr", "notosanscjk", "pretendard", "nanumgothic.", "nanumgothic", "nanumbarungothic"),
    *("malgun", "applesdgothicneo", "applegothic", "spoqahansans", "undotum", "unbatang", "baekmuk", "nanum"),
)
"""Beginnings of file names (lower case, without `-`, `_` and spaces), best first; then any other font."""

HOW_TO_GET_ONE = (
    "no installed font has the Korean letters of this figure; install one (Debian, Ubuntu: apt-get install "
    "fonts-nanum; Fedora: dnf install google-noto-sans-cjk-fonts; macOS: brew install font-noto-sans-kr), give a file "
    "with --font, or draw English labels with --lang en"
)


@dataclass(frozen=True)
class Font:
    """Font files, in the order in which a glyph is looked for, and what of the figure's characters they lack."""

    paths: tuple[Path, ...]
    lacks: frozenset[str]

    def drawable(self, text: str) -> str:
        """Return text without a box: a character that the fonts lack is `?`, a mark on a letter is left out."""
        return "".join(("" if unicodedata.category(c)[0] == "M" else "?") if c in self.lacks else c for c in text)

    @contextmanager
    def families(self) -> Iterator[list[str]]:
        """Yield names for matplotlib's `font.family`, which mean these files and no others of the same name."""
        from matplotlib.font_manager import FontEntry, fontManager

        entries = [FontEntry(fname=str(path), name=str(path)) for path in self.paths]
        fontManager.ttflist.extend(entries)
        try:
            yield [entry.name for entry in entries]
        finally:
            del fontManager.ttflist[-len(entries) :]


def find_font(texts: Iterable[str], given: Path | None = None) -> Font:
    """Return fonts for all texts: `given`, or an installed one where matplotlib's own will not do; then its own.

    They must have every letter; other characters (emoji, symbols, marks on letters) may be lacking.
    Raises InputError for a given file that cannot be used, ConfigError where no installed font will do.
    """
    from matplotlib import get_data_path
    from matplotlib.font_manager import findSystemFonts

    own = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    needed = {c for text in texts for c in text if not c.isspace()} - (_characters(own) or set())
    nowhere: set[str] | None = None
    """Letters that no font has."""
    if given:
        refuse_endless(given)
    # The system is asked anew every time: matplotlib's own list is kept on disk and misses what was installed since.
    for path in [given] if given else [own, *sorted(map(Path, findSystemFonts()), key=_preference)]:
        has = _characters(path)
        letters = {c for c in needed - (has or set()) if unicodedata.category(c)[0] in "LN"}
        nowhere = letters if nowhere is None else nowhere & letters
        if has is not None and not letters:
            return Font((path, own), frozenset(needed - has))
        if given and has is None:
            raise InputError("is no font that can be read", path=given, mend="give a .ttf, .otf or .ttc file")
        if given:
            raise InputError(
                f"has no glyph for {''.join(sorted(letters)[:10])}", path=given, mend="give a font with Hangul"
            )
    if nowhere and not any(map(_is_hangul, nowhere)):
        raise ConfigError(
            f"no installed font has the letters {''.join(sorted(nowhere)[:10])} of this figure; install one that has "
            "them and Hangul, or give its file with --font"
        )
    raise ConfigError(HOW_TO_GET_ONE)


def with_few_marks(text: str) -> str:
    """Return text (NFC) without the marks that cannot be drawn: those on Hangul, and more than two on one letter."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        before = kept[-2:]
        if not _is_mark(character) or (before and not all(map(_is_mark, before)) and not _is_hangul(before[-1])):
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me")


def _is_hangul(character: str) -> bool:
    return unicodedata.name(character, "").startswith("HANGUL")


def _preference(path: Path) -> tuple[int, bool, str]:
    name = path.name.lower().replace("-", "").replace("_", "").replace(" ", "")
    place = next((i for i, start in enumerate(PREFERRED) if name.startswith(start)), len(PREFERRED))
    plain = not any(word in name for word in ("bold", "light", "thin", "italic", "black", "mono", "coding", "eco"))
    return place, not plain, os.fspath(path)


def _characters(path: Path) -> set[str] | None:
    """Return what a font has a glyph for; None where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return set(map(chr, FT2Font(os.fspath(path)).get_charmap()))
    except (OSError, RuntimeError, ValueError):
        return None

"""A font that has a glyph for every character of a figure, found among the installed ones.

matplotlib draws a box where a glyph is missing and goes on; here a figure is drawn only with a font that was seen to
have all of its Hangul.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from judge.errors import ConfigError, InputError

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

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
    """A font file and what of the figure's characters it lacks."""

    path: Path
    lacks: frozenset[str]

    def properties(self) -> FontProperties:
        """Return it for matplotlib."""
        from matplotlib.font_manager import FontProperties

        return FontProperties(fname=str(self.path))

    def drawable(self, text: str) -> str:
        """Return text without a box: a character that the font lacks is `?`."""
        return "".join("?" if c in self.lacks else c for c in text)


def find_font(texts: Iterable[str], given: Path | None = None) -> Font:
    """Return a font for all texts: `given`, matplotlib's own one where it will do, or an installed one.

    A font must have every letter; only of other characters (emoji, symbols) some may be lacking, as few as possible.
    Raises InputError for a given file that cannot be used, ConfigError where no installed font will do.
    """
    needed = frozenset(c for text in texts for c in text if not c.isspace())
    if given is not None:
        has = _characters(given)
        if has is None:
            raise InputError("is no font that can be read", path=given, mend="give a .ttf, .otf or .ttc file")
        if letters := _letters(needed - has):
            raise InputError(f"has no glyph for {letters[:10]}", path=given, mend="give a font with Hangul")
        return Font(given, needed - has)
    best: Font | None = None
    for path in _candidates():
        has = _characters(path)
        if has is None or _letters(needed - has):
            continue
        if needed <= has:
            return Font(path, frozenset())
        if best is None or len(needed - has) < len(best.lacks):
            best = Font(path, needed - has)
    if best is None:
        raise ConfigError(HOW_TO_GET_ONE)
    return best


def _letters(characters: Iterable[str]) -> str:
    return "".join(sorted(c for c in characters if unicodedata.category(c)[0] in "LNM"))


def _candidates() -> list[Path]:
    """Return the font files worth opening, best first: matplotlib's own sans, the preferred ones, all others.

    The system is asked anew every time: matplotlib's own list is kept on disk and misses what was installed since.
    """
    from matplotlib import get_data_path
    from matplotlib.font_manager import findSystemFonts

    own = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return [own, *sorted(map(Path, findSystemFonts()), key=_preference)]


def _preference(path: Path) -> tuple[int, bool, str]:
    name = path.name.lower().replace("-", "").replace("_", "").replace(" ", "")
    place = next((i for i, start in enumerate(PREFERRED) if name.startswith(start)), len(PREFERRED))
    plain = not any(word in name for word in ("bold", "light", "thin", "italic", "black", "mono", "coding", "eco"))
    return place, not plain, os.fspath(path)


def _characters(path: Path) -> frozenset[str] | None:
    """Return what a font has a glyph for; None where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(map(chr, FT2Font(os.fspath(path)).get_charmap()))
    except (OSError, RuntimeError, ValueError):
        return None

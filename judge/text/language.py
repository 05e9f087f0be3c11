"""Which language a text is in, and whether it goes round in a loop (pure).

Every function takes any text, never raises, and reads Unicode-normalised (NFC) text, so a file written on
macOS (conjoining jamo) and one written elsewhere give the same figures. Times grow linearly with the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from judge.text.code import FENCE, INLINE_CODE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOSTLY_KOREAN = 0.4
"""Hangul share from which a text is "mostly Korean". Korean prose about technical things, full of Latin names
and terms, stays above it; an English answer with some Korean terms in brackets stays below."""

LOOP_GRAM = 20
"""Characters (whitespace squeezed) that must come again to count as repetition: about five Korean words."""

LOOP_TIMES = 3
"""Occurrences of the same 20 characters from which it is a loop; twice is a quotation or a refrain."""

_HANGUL = ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xD7B0, 0xD7FB), (0xFFA0, 0xFFDC))
_LATIN = ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
"""First and last character of each block."""
_LATEX = re.compile(
    r"(?s)\$\$.{1,2000}?\$\$"
    r"|\\\[.{1,2000}?\\\]"
    r"|\\\(.{1,1000}?\\\)"
    r"|\\begin\{(\w{1,20}\*?)\}.{0,2000}?\\end\{\1\}"
    # Pandoc's rule for $...$, and no Hangul inside: "$100의 단가와 $60의 비용" is money
    r"|\$(?=[^\s$])[^$\n\u1100-\u11ff\uac00-\ud7a3]{0,300}(?<=[^\s\\$])\$(?!\d)"
)
_HIDDEN_HTML = re.compile(r"(?is)<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]{0,500}>.*?(?:</\1\s*>|\Z)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>|<!doctype[^<>]{0,200}>", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z](?<![A-Za-z]{2})(?![A-Za-z])")
_URL = re.compile(r"https?://[\w./?=&%#:+~-]+")
_WHOLE_GRAM = b"\x01" * LOOP_GRAM
_FACTOR = 0x9E3779B1
_RUN = re.compile(r"(\w{1,4}?)\1{9,}")


def visible_text(text: str) -> str:
    """Return what a reader sees as prose: no code, no LaTeX, no URL, no HTML tag, script or style.

    The visible text of an HTML page counts whether the page is fenced or not. The result is NFC.
    """

    def prose_of(fence: re.Match[str]) -> str:
        return f"\n{fence['body']}\n" if fence["language"].lower() in ("html", "xhtml", "markdown", "md") else "\n"

    plain = unicodedata.normalize("NFC", text)  # most texts have little of what follows, and a look is cheap
    if "```" in plain or "~~~" in plain:
        plain = FENCE.sub(prose_of, plain)
    if "`" in plain:
        plain = INLINE_CODE.sub(" ", plain)
    if "$" in plain or "\\" in plain:
        plain = _LATEX.sub(" ", plain)
    if "<" in plain:
        plain = _TAG.sub(" ", _HIDDEN_HTML.sub(" ", plain))
    if "&" in plain:
        plain = unicodedata.normalize("NFC", html.unescape(plain))
    return _URL.sub(" ", plain) if "://" in plain else plain


def hangul_share(text: str) -> float | None:
    """Return the share of Hangul among the letters of the visible text, 0 to 1; None where it has no letter.

    A Latin letter on its own is a variable or a label ("f'(x) = 9x^2", "정답: B"), of no language.
    """
    letters, hangul, _ = script_counts(text)
    return hangul / letters if letters else None


def script_counts(text: str) -> tuple[int, int, int]:
    """Return the letters of the visible text, the Hangul and the Latin ones among them, variables left out."""
    visible = visible_text(text)
    letters, hangul, latin = letter_counts(visible)
    variables = len(_VARIABLE.findall(visible)) if latin else 0
    return letters - variables, hangul, latin - variables


def letter_counts(text: str) -> tuple[int, int, int]:
    """Return how many letters (`str.isalpha`) a text has, and of these the Hangul and the Latin ones."""
    import numpy as np  # most commands count no letters and need not wait for it

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    common = codes < len(_kinds())
    _, other, hangul, latin = np.bincount(_kinds()[codes[common]], minlength=4).tolist()
    if not common.all():
        other += sum(map(str.isalpha, map(chr, codes[~common].tolist())))
    return other + hangul + latin, hangul, latin


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Return the kind of each of the first 65,536 characters: 1 letter, 2 Hangul, 3 Latin, 0 none of them."""
    import numpy as np

    kinds = np.array([chr(code).isalpha() for code in range(2**16)], dtype=np.uint8)
    for kind, spans in ((2, _HANGUL), (3, _LATIN)):
        for first, last in spans:
            kinds[first : last + 1] *= kind
    return kinds


def is_mostly_korean(text: str) -> bool:
    """Return whether at least 40 % of the letters are Hangul; no letters ("42") break no rule: True."""
    share = hangul_share(text)
    return share is None or share >= MOSTLY_KOREAN


def loop_share(text: str) -> float:
    """Return the share of `text` that is a further occurrence of something said three times or more, 0 to 1.

    "Something" is 20 characters in a row after whitespace is squeezed, so repeated lines, sentences and
    phrases all count and the first occurrence does not; or a unit of up to four letters ten times on end.
    """
    import numpy as np  # most commands count no loops and need not wait for it

    squeezed = " ".join(unicodedata.normalize("NFC", text).split())
    if not squeezed:
        return 0.0
    letters = np.frombuffer(squeezed.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    stutters, repeated = _stutters(letters), _repeated(squeezed, letters)
    if not stutters and not repeated:
        return 0.0
    covered = bytearray(len(squeezed))
    for run in _RUN.finditer(squeezed) if stutters else ():
        if not run[1].isdigit() and "_" not in run[1]:
            start = run.start() + len(run[1])
            covered[start : run.end()] = b"\x01" * (run.end() - start)
    seen: set[str] = set()
    for start, gram in repeated:
        if gram in seen:
            covered[start : start + LOOP_GRAM] = _WHOLE_GRAM
        else:
            seen.add(gram)
    return covered.count(1) / len(squeezed)


def _stutters(letters: npt.NDArray[np.uint32]) -> bool:
    """Return whether a unit of up to four letters may stand ten times on end: each letter is that of the unit before.

    The pattern itself tries every length at every letter, and few texts hold any.
    """
    return any(b"\x01" * (9 * size) in (letters[size:] == letters[:-size]).tobytes() for size in range(1, 5))


def _repeated(squeezed: str, letters: npt.NDArray[np.uint32]) -> list[tuple[int, str]]:
    """Return where the pieces of words stand that occur often enough, each with its text, in the order of the text.

    Numbers made of the letters tell what may be alike; equal pieces have equal numbers, so only their texts are looked
    at, and in most answers there are none.
    """
    import numpy as np

    if len(squeezed) < LOOP_GRAM + LOOP_TIMES - 1:
        return []
    numbers = _numbers(letters)
    ordered = np.sort(numbers)
    often_alike = ordered[LOOP_TIMES - 1 :][ordered[LOOP_TIMES - 1 :] == ordered[: 1 - LOOP_TIMES]]
    if not len(often_alike):
        return []
    places = np.flatnonzero(np.isin(numbers, often_alike)).tolist()
    grams = [squeezed[start : start + LOOP_GRAM] for start in places]
    often = {gram for gram, times in Counter(grams).items() if times >= LOOP_TIMES and _has_words(gram)}
    return [(start, gram) for start, gram in zip(places, grams, strict=True) if gram in often]


def _numbers(letters: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return a number for every `LOOP_GRAM` letters in a row: the value of a polynomial of them, modulo 2^32."""
    one, two, four = (letters.dtype.type(pow(_FACTOR, power, 2**32)) for power in (1, 2, 4))
    pairs = letters[:-1] * one + letters[1:]
    fours = pairs[:-2] * two + pairs[2:]
    total = fours
    for _ in range(LOOP_GRAM // 4 - 1):
        total = total[:-4] * four + fours[-len(total) + 4 :]
    return total


def _has_words(gram: str) -> bool:
    """Rules and table borders ("-----", "| --- |") repeat by nature."""
    return sum(map(str.isalpha, gram)) >= LOOP_GRAM // 2

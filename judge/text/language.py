"""Which language a text is in, and whether it goes round in a loop (pure).

Every function takes any text, never raises, and reads Unicode-normalised (NFC) text, so a file written on
macOS (conjoining jamo) and one written elsewhere give the same figures. Times grow linearly with the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter

from judge.text.code import FENCE, INLINE_CODE

MOSTLY_KOREAN = 0.4
"""Hangul share from which a text is "mostly Korean". Korean prose about technical things, full of Latin names
and terms, stays above it; an English answer with some Korean terms in brackets stays below."""

LOOP_GRAM = 20
"""Characters (whitespace squeezed) that must come again to count as repetition: about five Korean words."""

LOOP_TIMES = 3
"""Occurrences of the same 20 characters from which it is a loop; twice is a quotation or a refrain."""

_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa0-\uffdc]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]")
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
_VARIABLE = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_URL = re.compile(r"https?://[\w./?=&%#:+~-]+")
_RUN = re.compile(r"(\w{1,4}?)\1{9,}")


def visible_text(text: str) -> str:
    """Return what a reader sees as prose: no code, no LaTeX, no URL, no HTML tag, script or style.

    The visible text of an HTML page counts whether the page is fenced or not. The result is NFC.
    """

    def prose_of(fence: re.Match[str]) -> str:
        return f"\n{fence['body']}\n" if fence["language"].lower() in ("html", "xhtml", "markdown", "md") else "\n"

    plain = FENCE.sub(prose_of, unicodedata.normalize("NFC", text))
    plain = _LATEX.sub(" ", INLINE_CODE.sub(" ", plain))
    plain = _TAG.sub(" ", _HIDDEN_HTML.sub(" ", plain))
    return _URL.sub(" ", unicodedata.normalize("NFC", html.unescape(plain)))


def hangul_share(text: str) -> float | None:
    """Return the share of Hangul among the letters of the visible text, 0 to 1; None where it has no letter.

    A Latin letter on its own is a variable or a label ("f'(x) = 9x^2", "정답: B"), of no language.
    """
    letters, hangul, _ = script_counts(text)
    return hangul / letters if letters else None


def script_counts(text: str) -> tuple[int, int, int]:
    """Return the letters of the visible text, the Hangul and the Latin ones among them, variables left out."""
    letters = "".join(filter(str.isalpha, _VARIABLE.sub("", visible_text(text))))
    return len(letters), len(_HANGUL.findall(letters)), len(_LATIN.findall(letters))


def is_mostly_korean(text: str) -> bool:
    """Return whether at least 40 % of the letters are Hangul; no letters ("42") break no rule: True."""
    share = hangul_share(text)
    return share is None or share >= MOSTLY_KOREAN


def loop_share(text: str) -> float:
    """Return the share of `text` that is a further occurrence of something said three times or more, 0 to 1.

    "Something" is 20 characters in a row after whitespace is squeezed, so repeated lines, sentences and
    phrases all count and the first occurrence does not; or a unit of up to four letters ten times on end.
    """
    squeezed = " ".join(unicodedata.normalize("NFC", text).split())
    if not squeezed:
        return 0.0
    marks = [0] * (len(squeezed) + 1)  # +1 where a repeated stretch begins, -1 where it ends
    for run in _RUN.finditer(squeezed):
        if not run[1].isdigit() and "_" not in run[1]:
            marks[run.start() + len(run[1])] += 1
            marks[run.end()] -= 1
    grams = [squeezed[i : i + LOOP_GRAM] for i in range(len(squeezed) - LOOP_GRAM + 1)]
    often = {gram for gram, times in Counter(grams).items() if times >= LOOP_TIMES and _has_words(gram)}
    seen: set[str] = set()
    for start, gram in enumerate(grams):
        if gram in seen:
            marks[start] += 1
            marks[start + LOOP_GRAM] -= 1
        elif gram in often:
            seen.add(gram)
    depth = covered = 0
    for mark in marks[:-1]:
        depth += mark
        covered += depth > 0
    return covered / len(squeezed)


def _has_words(gram: str) -> bool:
    """Rules and table borders ("-----", "| --- |") repeat by nature."""
    return sum(map(str.isalpha, gram)) >= LOOP_GRAM // 2

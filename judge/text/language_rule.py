"""The rule of the language: is this answer in another language than its turn demands (pure)."""

from __future__ import annotations

import re
from functools import lru_cache

from judge.records import AnswerLanguage
from judge.text.language import MOSTLY_KOREAN, hangul_share, visible_text

KOREAN_GATE = 0.8
"""Hangul share above which an answer that had to be in English is in Korean; a translation with a Korean remark
stays below."""

ENOUGH_LETTERS = 20
"""Letters below which a text is a name, a formula or a label and shows no language."""

_FENCED = re.compile(r"(?ms)^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[ \t]*$|\Z)")
_CODE_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|from|for|while|if|elif|else|return|print|with|try|except|const|let|var|function)\b"
    r"|[\w.\[\]]+\s*(?:[-+*/]?=(?!=)|\()|.*[;{}]\s*$)"
)
_REMARK = re.compile(r"(?:#|//)(.*)")


@lru_cache(maxsize=65536)  # the gate, the audit and the page ask of the same answers
def wrong_language(language: AnswerLanguage, output: str) -> float | None:
    """Return the Hangul share of an output in a wrong language, None where it is right or cannot be told.

    A page or a document in a code block says nothing where there are words around it, nor do lines of code outside
    of one.
    """
    if language == "any":
        return None
    share = hangul_share(_words(output))
    if share is None:
        return None
    wrong = share < MOSTLY_KOREAN if language == "ko" else share > KOREAN_GATE
    return share if wrong else None


def _words(output: str) -> str:
    """Return what shows the language of an output; nothing where it has too few letters to show any."""
    around = _FENCED.sub("\n", output)
    for text in (around, output):
        prose = "\n".join(map(_without_code, visible_text(text).split("\n")))
        if sum(map(str.isalpha, prose)) >= ENOUGH_LETTERS:
            return prose
    return ""


def _without_code(line: str) -> str:
    """A line of code has no language but that of its remark."""
    if not _CODE_LINE.match(line):
        return line
    remark = _REMARK.search(line)
    return remark[1] if remark else ""

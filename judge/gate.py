"""The rubric's language rule in code: an answer in a wrong language is a 0, whatever the judge gave. Pure.

`table --gate language` shows beside Overall what it is with that rule kept. Only scores above 0 change, and only
downwards: a 0 that a judge gave to an answer in the right language cannot be mended by a rule (see `audit`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from judge.judged import Judged, Key
from judge.language import MOSTLY_KOREAN, hangul_share, visible_text
from judge.records import AnswerLanguage, Judgment
from judge.tables import Gated, Row, Series
from judge.tables import rows as table_rows

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


def gated_out(judged: Iterable[Judged]) -> set[Key]:
    """Return the verdicts above 0 whose answer is in a wrong language."""
    return {
        one.key for one in judged if one.judgment.score > 0 and wrong_language(one.language, one.output) is not None
    }


def with_gate(rows: Sequence[Row], series: Sequence[Series], judged: Sequence[Judged]) -> list[Row]:
    """Return the rows (row i made of series i) with Overall under the enforced rule.

    A verdict whose answer is not at hand is left as it is; `Gated.examined` says how many were looked at.
    """
    out = gated_out(judged)
    seen = {one.key for one in judged if one.language != "any"}
    found = []
    for row, one in zip(rows, series, strict=True):
        outcomes = [
            o.model_copy(update={"score": 0.0}) if isinstance(o, Judgment) and _key(one, o) in out else o
            for o in one.outcomes
        ]
        [after] = table_rows([replace(one, outcomes=tuple(outcomes))], failures=row.failures)
        keys = [_key(one, o) for o in one.outcomes if isinstance(o, Judgment)]
        gated = Gated(after.overall, sum(key in out for key in keys), sum(key in seen for key in keys))
        found.append(replace(row, gated=gated, legend=(*row.legend, LEGEND)))
    return found


LEGEND = (
    "gated: Overall with the rubric's language rule enforced (a verdict above 0 on an answer in a wrong language "
    "counts 0); changed: verdicts it set to 0"
)


def _key(series: Series, judgment: Judgment) -> Key:
    return (series.model, series.strategy, series.judge, judgment.id, judgment.turn, judgment.repeat)

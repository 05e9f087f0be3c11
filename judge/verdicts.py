"""A judge's reply -> Verdict. Pure.

The last score line outside quotes and code binds, and is checked afterwards: a comment that quotes "점수: 0"
before its own "점수: 9" is a 9, and a last line of 11 is an error, not the 8 before it.
Accepted: `점수: 8`, `**점수**: 8.5점`, `점수：８/10`, `Score: 8 / 10`, `[[8]]`, `점수: [[8]]`, the number on the line after.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from judge.errors import VerdictError
from judge.records import Verdict
from judge.thoughts import part

LOWEST, HIGHEST = 0.0, 10.0

_CODE = re.compile(r"```.*?```|~~~.*?~~~", re.DOTALL)
_QUOTED = re.compile(
    r"\"[^\"\n]*\"|“[^”\n]*”|‘[^’\n]*’|「[^」\n]*」|『[^』\n]*』|《[^》\n]*》|`[^`\n]*`|(?<![\w가-힣])'[^'\n]*'(?![\w가-힣])"
)
_MARKUP = re.compile(r"[*_`#~]+")
_LABEL = r"(?:최종\s*|총\s*|종합\s*|final\s+|overall\s+)?(?:점\s*수|평점|score|rating)"
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
_SCORE_LINE = re.compile(
    rf"^[\s>\-•·\d.)(\[【<]*{_LABEL}[\s\])】>]*(?:\([^)\n]*\)\s*)?(?:[:=\-–—]|은|는|is)?\s*"
    rf"(?P<value>.*)$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rf"^[\s\[(<:]*(?P<score>{_NUMBER})\s*(?:점|points?|pts?)?[\s\])>]*"
    rf"(?:(?:/|out\s+of)\s*(?P<of>{_NUMBER})\s*(?:점|points?)?)?[\s\])>.。!,;]*(?P<rest>.*)$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"\[\[\s*(?P<score>{_NUMBER})\s*(?:/\s*(?P<of>{_NUMBER})\s*)?\]\]")
_INLINE = re.compile(rf"{_LABEL}\s*[:=]\s*(?P<value>.*)$", re.IGNORECASE)
_COMMENT_LABEL = re.compile(r"^\s*(?:평가|평|이유|rationale|evaluation|comment|feedback)\s*[:=]\s*", re.IGNORECASE)


def parse_verdict(reply: str) -> Verdict:
    """Return the verdict in `reply`.

    Raises VerdictError (`kind` empty_reply or unparsable) where there is no score line, where the last one holds
    no number, or where its number is outside 0-10 or on a scale other than 10.
    """
    text = part(reply.replace("\r\n", "\n").replace("\r", "\n")).said
    if not text.strip():
        raise VerdictError("the reply is empty", kind="empty_reply")
    lines = _flatten(text).split("\n")
    for index in range(len(lines) - 1, -1, -1):
        found = _score_on(lines, index)
        if found is not None:
            return Verdict(_checked(found), _comment(text.split("\n"), index, found.before))
    raise VerdictError("the reply has no score line (점수: N)")


def _flatten(text: str) -> str:
    """Blank out code and quotations (line count kept), then strip markup and full-width forms."""
    text = unicodedata.normalize("NFKC", text)
    text = _CODE.sub(lambda m: _blank_code(m.group()), text)
    text = _QUOTED.sub(lambda m: " " * len(m.group()), text)
    return _MARKUP.sub("", text)


def _blank_code(block: str) -> str:
    """A fence that holds only the verdict itself is a wrapping, not a quotation."""
    inner = [line for line in block.split("\n")[1:-1] if line.strip()]
    if inner and len(inner) <= 2 and _SCORE_LINE.match(inner[-1]):
        return "\n" + "\n".join(block.split("\n")[1:-1]) + "\n"
    return "\n" * block.count("\n")


class _Found(NamedTuple):
    score: str
    """As written; empty where a score line holds no number."""
    scale: str | None = None
    """The N of `8/N`."""
    before: int = 0
    """Characters of the line that stand before the score and belong to the comment."""


def _score_on(lines: list[str], index: int) -> _Found | None:
    """Return what line `index` says if it is a score line, else None."""
    line = lines[index]
    bracketed = list(_BRACKETED.finditer(line))
    if bracketed:
        return _Found(bracketed[-1]["score"], bracketed[-1]["of"], _before(line, bracketed[-1].start()))
    labelled = _SCORE_LINE.match(line)
    if labelled is None:
        inline = list(_INLINE.finditer(line))
        value = _VALUE.match(inline[-1]["value"]) if inline else None
        return _Found(value["score"], value["of"], inline[-1].start()) if value else None
    rest = labelled["value"]
    if not rest.strip():
        following = next((later for later in lines[index + 1 :] if later.strip()), "")
        value = _VALUE.match(following)
        return _Found(value["score"], value["of"]) if value else _Found("")
    value = _VALUE.match(rest)
    if value:
        return _Found(value["score"], value["of"])
    return None if _is_prose(line) else _Found("")


def _before(line: str, start: int) -> int:
    """Where a label stands before `[[8]]`, the comment ends before the label."""
    label = re.search(rf"{_LABEL}\s*[:=]?\s*$", line[:start], re.IGNORECASE)
    return label.start() if label else start


def _is_prose(line: str) -> bool:
    """`점수를 매기자면 ...` speaks of a score; `점수: 없음` gives none."""
    return not re.search(rf"{_LABEL}\s*[:=]", line, re.IGNORECASE)


def _checked(found: _Found) -> float:
    if not found.score:
        raise VerdictError("the last score line holds no number")
    if found.scale is not None and float(found.scale.replace(",", ".")) != HIGHEST:
        raise VerdictError(f"the score is out of {found.scale}, not out of 10")
    score = float(found.score.replace(",", "."))
    if not LOWEST <= score <= HIGHEST:
        raise VerdictError(f"the score {found.score} is outside 0-10")
    return score


def _comment(lines: list[str], score_line: int, before: int) -> str:
    text = "\n".join([*lines[:score_line], lines[score_line][:before]]).strip()
    if not text:
        text = "\n".join(lines[score_line + 1 :]).strip()
    head = _MARKUP.sub("", text[:12])
    return _COMMENT_LABEL.sub("", head + text[12:], count=1).strip()

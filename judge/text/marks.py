"""The mark of a verdict line: only the judge of this work can write it, so nothing else is read as its score. Pure.

The request asks for one last line `[[mark: score]]`. The mark follows from the digest of the work, which holds the
answer's text: it is the same again for the same work, and whoever wrote the answer cannot have known it. What is
quoted, exemplified or injected bears no mark; what is drafted and then changed bears two scores, which is no verdict.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from judge.config import JudgeSettings
from judge.errors import VerdictError
from judge.records import Verdict
from judge.text import doubts
from judge.text.comments import comment_around
from judge.text.quotations import spelled, unwrapped

LETTERS = "bcdfghjkmnpqrstvwxz"
"""Of marks: no vowels, so that no word arises, and no digits, so that no mark is a number."""
LENGTH = 4

ECHOED = "the reply lacks the mark, and the verdict that it gives is one that the answer itself has written"
"""Why a reply is none although it could be read."""

_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x2236: ":"}
_SAYS = re.compile(r"\w")
_LABEL = re.compile(
    r"(?:(?<!\S)\d[.)]\s*)?(?:(?:최종|총|종합|final)?\s*"
    r"(?:점수|평점|평가|판정|결론|마지막 줄|score|rating|verdict|evaluation|last line)"
    r"(?:는|은|\s+is)?[\W_]*)?$",
    re.IGNORECASE,
)
_ENDED = re.compile(r"(?:^|[.!?。…])[\W_]*$")
_FORM = re.compile(r"(?:[\W_]|최종|숫자|점수|score|number)*", re.IGNORECASE)
"""What stands behind the mark where a judge repeats the form that it was given: no verdict, and no doubt about one."""
_OPENS = " \t*_`|[("
_AFTER = re.compile(
    r"\s*(?:/\s*(?P<of>\d+(?:\.\d+)?))?\s*(?:점|points?)?[\s\])}*_`]*(?:점|입니다|이다)?[\s\])}*_`|.。\"']*",
    re.IGNORECASE,
)


def verdict_mark(work_digest: str) -> str:
    """Return the mark of the work of this digest: four letters."""
    number = int.from_bytes(hashlib.sha256(f"mark\x00{work_digest}".encode()).digest()[:8], "big")
    letters = []
    for _ in range(LENGTH):
        number, at = divmod(number, len(LETTERS))
        letters.append(LETTERS[at])
    return "".join(letters)


def _places(text: str, mark: str) -> list[re.Match[str]]:
    """Return where the mark stands right before a number: `[[mark: 8]]`, `[mark]: 8.5`, `점수(mark): 8`."""
    pattern = (
        rf"(?<![A-Za-z0-9]){mark}[ \t\])}}*_`\"'|:=]{{1,8}}(?:점수|숫자)?[ \t(\[*_`:=]{{0,6}}(?P<score>\d+(?:\.\d+)?)"
    )
    return list(re.finditer(pattern, text, re.IGNORECASE))


def _unread(text: str, mark: str, places: Sequence[re.Match[str]]) -> bool:
    """Whether a line with the mark says something else than the form or a number: `[[mark: 여덟]]`, `[[mark: -3]]`."""
    read = {place.start() for place in places}
    lines = re.finditer(rf"\[\s?(?P<mark>{mark})\s?:(?P<says>[^\]\n]*)", text, re.IGNORECASE)
    return any(line.start("mark") not in read and not _FORM.fullmatch(line["says"]) for line in lines)


def told(text: str, mark: str) -> list[float]:
    """Return every score that the text gives with the mark."""
    return [float(place["score"]) for place in _places(text.translate(_WIDE), mark)]


def writes_score(text: str, score: float) -> bool:
    """Whether a text, such as the answer that is judged, writes this score: `점수: 10`, `score is 10`, `[[10]]`."""
    form = rf"(?:점수|평점|평가|score|rating|\[\[)(?:는|은|를|을|로|\s+is)?[\W_]{{0,8}}{score:g}(?:\.0+)?(?![\d.]*\d)"
    return re.search(form, text.translate(_WIDE), re.IGNORECASE) is not None


def read_marked(said: str, mark: str, settings: JudgeSettings) -> Verdict | None:
    """Return the verdict in the last line, if it bears the mark; None for a reply in which no score bears it.

    Raises VerdictError for a mark with something that is no certain number, for scores that differ, for a line that
    says more than its score or is not the last one, and for a score outside the range or on another scale.
    """
    text = unwrapped(spelled(said))
    plain = text.translate(_WIDE)
    places = _places(plain, mark)
    if _unread(plain, mark, places):
        raise VerdictError("a line with the mark holds no certain number")
    if not places:
        return None
    scores = {float(place["score"]) for place in places}
    if len(scores) > 1:
        raise VerdictError(f"different scores bear the mark: {', '.join(f'{score:g}' for score in sorted(scores))}")
    last = places[-1]
    start = plain.rfind("\n", 0, last.start()) + 1
    end = plain.find("\n", last.end())
    end = len(plain) if end < 0 else end
    after = _AFTER.fullmatch(plain, last.end(), end)
    before = _LABEL.sub("", plain[start : last.start()]).rstrip(_OPENS)
    if after is None or not _ENDED.search(before):
        raise VerdictError("the line with the mark says more than a score")
    [score] = scores
    rest = plain[end:]
    if _SAYS.search(rest) and (re.search(r"\d", rest) or doubts.taken_back(rest, score)):
        raise VerdictError("the reply goes on behind the line with the mark")
    if after["of"] and float(after["of"]) != settings.highest:
        raise VerdictError(f"the score is out of {after['of']}, not out of {settings.highest:g}")
    if not settings.lowest <= score <= settings.highest:
        raise VerdictError(f"the score {score:g} is outside {settings.lowest:g}-{settings.highest:g}")
    return Verdict(score, comment_around(text, start + len(before), end).strip(" \n*_`"))

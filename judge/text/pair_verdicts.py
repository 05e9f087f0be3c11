"""A judge's reply on two answers -> which is better, and by how much. Pure.

The request bears a mark of its own and asks for a last line `[[mark: verdict]]`; no answer can foresee the mark, so
such a line is never a quotation. Lines with the mark count wherever they stand; two that differ are no verdict. A reply
without the mark counts only where its last line is a verdict alone (`[[A>B]]`, `판정: A>B`) and no line before it
is another one: what an answer has written into itself cannot win.

    five levels    A>>B  A>B  A=B  B>A  B>>A     2 1 0 -1 -2
    three levels   A>B   A=B  B>A                1 0 -1

A is the answer that was shown first. Time is linear in the length of the reply.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from judge.config import JudgeSettings
from judge.errors import VerdictError
from judge.records import FormedVerdict, Verdict
from judge.text.comments import comment_around
from judge.text.doubts import unsaid
from judge.text.quotations import own_words, spelled, unwrapped
from judge.text.thoughts import part
from judge.text.verdicts import CUT_OFF

FIVE: Mapping[str, int] = {"A>>B": 2, "A>B": 1, "A=B": 0, "B>A": -1, "B>>A": -2}
THREE: Mapping[str, int] = {"A>B": 1, "A=B": 0, "B>A": -1}

THREE_LEVELS = JudgeSettings(reply="pair", lowest=-1, highest=1, step=1)
FIVE_LEVELS = JudgeSettings(reply="pair", lowest=-2, highest=2, step=1)
"""The settings of a judge of three and of five levels."""

_SAME: Mapping[str, str] = {"A<B": "B>A", "A<<B": "B>>A", "B<A": "A>B", "B<<A": "A>>B", "B=A": "A=B"}
_PAIR = r"[AB]\s?(?:>>|>|=|<<|<)\s?[AB]"
_MARKUP = r"[\s*_`#>|-]{0,12}"
_ALONE = re.compile(
    rf"{_MARKUP}(?:(?:최종\s?)?(?:판정|결론|verdict)\s?[:은]?{_MARKUP})?"
    rf"[\[(*_` ]{{0,6}}(?P<says>{_PAIR})[\])*_` ]{{0,6}}\.?\s*",
    re.IGNORECASE,
)
_FORM = re.compile(r"(?:[\s_*`'\".…]|<?(?:판정|결론|verdict)>?)*", re.IGNORECASE)
_LABELLED = re.compile(r"\[\[|판정|결론|verdict", re.IGNORECASE)


def levels_of(settings: JudgeSettings) -> Mapping[str, int]:
    """Return the verdicts of a judge and what each is worth for the answer shown first."""
    return FIVE if settings.highest == FIVE_LEVELS.highest else THREE


def read_pair(reply: str, settings: JudgeSettings, mark: str) -> FormedVerdict:
    """Return the verdict and how it was read; its score is positive where the answer shown first is better.

    Raises VerdictError: `truncated_reasoning` where a thought never ended, `empty_reply` where nothing was said,
    `unparsable` where there is no verdict, or two.
    """
    parted = part(spelled(reply))
    if parted.cut_off:
        raise VerdictError(CUT_OFF, kind="truncated_reasoning")
    text = unwrapped(parted.said)
    if not text.strip():
        raise VerdictError("the reply is empty", kind="empty_reply")
    levels = levels_of(settings)
    found = _from_json(text, levels)
    if settings.reply == "arena-hard":
        return FormedVerdict(found or _arena_hard(text, levels), None)
    marked = _marked(text if found is None else found.comment, levels, mark)
    if found is None:
        return FormedVerdict(marked, "mark") if marked else FormedVerdict(_last_line(text, levels), "text")
    if marked is not None and marked.score != found.score:
        raise VerdictError("the reasons give another verdict with the mark than the JSON object")
    return FormedVerdict(found, "schema")


def _arena_hard(text: str, levels: Mapping[str, int]) -> Verdict:
    """Return the last `[[A>B]]`, else the last `[A>B]`, as arena-hard v2 reads a reply."""
    for form in (r"\[\[([AB<>=]+)\]\]", r"\[([AB<>=]+)\]"):
        if found := list(re.finditer(form, text, re.IGNORECASE)):
            return Verdict(_level(found[-1][1], levels), text.strip())
    raise VerdictError("the reply has no verdict ([[A>B]])")


def writes_verdict(text: str) -> bool:
    """Whether a text, such as an answer that is compared, writes a verdict itself."""
    return re.search(_PAIR, unicodedata.normalize("NFKC", text)) is not None


def _level(said: str, levels: Mapping[str, int]) -> int:
    """Return what a verdict is worth. Raises VerdictError for one that is not offered."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", said)).upper()
    level = levels.get(_SAME.get(plain, plain))
    if level is None:
        raise VerdictError(f"the verdict {said.strip()[:20]!r} is none of {', '.join(levels)}")
    return level


def _marked(text: str, levels: Mapping[str, int], mark: str) -> Verdict | None:
    """Return what the lines with the mark say; None without one. The bare form, repeated, is none.

    Raises VerdictError where such a line is no certain verdict (`[[mark: 무승부]]`), where two differ, and where what
    follows takes the verdict back.
    """
    form = re.compile(
        rf"\[\[\s?{re.escape(mark)}\s?[:：]\s?[_*`]*(?P<says>[^\[\]\n]{{1,40}}?)[_*`]*\]\]", re.IGNORECASE
    )
    begun = re.compile(rf"\[\[\s?{re.escape(mark)}\s?[:：](?P<says>[^\[\]\n]*)", re.IGNORECASE)
    found = [(match, match["says"]) for match in form.finditer(text) if re.search(r"[ABＡＢ]", match["says"])]
    starts = {match.start() for match, _ in found}
    if any(match.start() not in starts and not _FORM.fullmatch(match["says"]) for match in begun.finditer(text)):
        raise VerdictError("a line with the mark holds no certain verdict")
    if not found:
        return None
    given = {_level(says, levels) for _, says in found}
    if len(given) > 1:
        raise VerdictError(f"the reply gives two verdicts, {found[0][1].strip()} and {found[-1][1].strip()}")
    last = found[-1][0]
    if unsaid(text[last.end() :]):
        raise VerdictError("what stands behind the verdict takes it back")
    return Verdict(given.pop(), comment_around(text, last.start(), last.end(), inline=False))


def _last_line(text: str, levels: Mapping[str, int]) -> Verdict:
    lines = own_words(text).rstrip().split("\n")
    last = _ALONE.fullmatch(lines[-1])
    if last is None:
        raise VerdictError("the reply has no verdict line ([[mark: A>B]])")
    level = _level(last["says"], levels)
    for line in lines[:-1]:
        other = _ALONE.fullmatch(line) if _LABELLED.search(line) else None
        if other is not None and _level(other["says"], levels) != level:
            raise VerdictError(f"the reply gives two verdicts, {other['says']} and {last['says']}")
    start = sum(len(line) + 1 for line in lines[:-1])
    return Verdict(level, comment_around(text, start, start + len(lines[-1]), inline=False))


def pair_schema(settings: JudgeSettings) -> dict[str, Any]:
    """Return the `json_schema` of a `response_format`: the reasons first, then the verdict, strict."""
    properties = {"평가": {"type": "string"}, "판정": {"type": "string", "enum": [*levels_of(settings)]}}
    body = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {"name": "verdict", "strict": True, "schema": body}


def _from_json(text: str, levels: Mapping[str, int]) -> Verdict | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    found = [value for key, value in pairs if key == "판정"]
    if len(found) != 1 or not isinstance(found[0], str):
        raise VerdictError("the JSON object holds no single verdict")
    reasons = next((value for key, value in pairs if key == "평가" and isinstance(value, str)), "")
    return Verdict(_level(found[0], levels), reasons.strip())

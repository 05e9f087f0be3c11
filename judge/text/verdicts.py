"""A judge's reply -> Verdict. Pure.

Better no number than a wrong one: a reply in doubt is a VerdictError, and the judge is asked again.

The last score line outside quotations, block quotes and code binds, and is checked afterwards: a comment that
quotes "점수: 0" before its own "점수: 9" is a 9, and a last line of 11 is an error, not the 8 before it.
Accepted: `점수: 8`, `**최종 점수**: 8.5점`, `점수：８/10`, `점수는 8점입니다.`, `Score: 8 out of 10`, `[[8]]`,
`| 점수 | 8 |`, the number on the line after, `... 좋다. 점수: 8`, a JSON object, one code block around the reply, and
where nothing else is a rating one `[[8]]` within a sentence or in quotation marks.
Refused: a second number on the line, another scale, the score of one criterion only (`논리 점수: 4`), a number in
words, two verdicts that differ, a score struck out or taken back, a line that is the answer's own (see `doubts`).

Time is linear: a pattern sees a label, or no more than `_REACH` characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from judge.config import JudgeSettings
from judge.errors import VerdictError
from judge.records import Verdict
from judge.text import doubts
from judge.text.comments import COMMENT, COMMENT_HEAD, comment_around
from judge.text.quotations import OPEN_THOUGHT, blank, ends_in_a_thought, own_words, spelled, unwrapped, without_blocks
from judge.text.thoughts import part

STANDARD = JudgeSettings()
"""Replies to the built-in templates: scores from 0 to 10."""

CUT_OFF = "the reasoning was cut off before a verdict; raise --judge-max-tokens"

_REACH = 300
"""Characters after a label that are read."""

# Where a score line begins, and where a new round of question and verdict does.
_LABEL = re.compile(
    r"(?<![A-Za-z])(?:(?:최종|종합|전체|총|평가|final|overall|total)[ \t]{0,2}){0,3}"
    r"(?:점[ \t]{0,2}수|총점|평점|(?:score|rating)(?![A-Za-z]))",
    re.IGNORECASE,
)
_FINAL = re.compile(r"최종|종합|전체|총|final|overall|total", re.IGNORECASE)
_BULLET = r"[^\w\n\"'“”‘’「」『』\ufffc]*(?:\d{1,2}[.)]\s[^\w\n\"'“”‘’「」『』\ufffc]*)?"
_LEAD = re.compile(
    _BULLET + r"(?:(?:따라서|그러므로|이에|최종적으로|결론적으로|therefore|thus|so|the|my),?\s{1,3}){0,2}",
    re.IGNORECASE,
)
_OTHER_HEAD = re.compile(_BULLET + r"[^:\n]{1,20}:|\s*\|")
_AFTER_SENTENCE = re.compile(r"[.!?。…][)\]\ufffc]{0,3}\s{1,3}$")
_AFTER_COMMENT = re.compile(_AFTER_SENTENCE.pattern + r"|[,;/|]\s{0,3}$")
_NEW_ROUND = re.compile(
    _BULLET + r"(?:다음 )?(?:평가|질문|문제|답변|사용자|evaluation|question|answer|instruction|response|user|assistant"
    r"|human|inst|think)\s*+(?:(?:\d{1,3}|[A-D])\s*+)?(?:$|[\]:>|)])",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[=\-_*#]{3,}\s*")
_INDENTED = re.compile(r"(?: {4,}|[ ]{0,3}\t)[ \t]*[^\s*+•·|-]")

# What follows the label.
_N = r"[0-9]+(?:\.[0-9]+)?"
_SCALE = re.compile(
    rf"\(?\s?(?:(?:/|out\s+of|만점\s?:?)\s*(?P<of>{_N})\s?(?:점|points?\b)?(?:\s?만점)?"
    rf"|(?<![\d.])(?P<full>{_N})\s?점?\s?만점(?:\s?(?:에서|에|기준|중))?)\s?\)?"
    rf"|\([01]\s?점?\s?(?:[-~–]|to|에서)\s?(?P<upto>{_N})\s?점?[^()\d\n]{{0,10}}\)",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()\d\n]{0,80}\)")
_NUMBER = re.compile(
    r"(?:[\s()\[\]{}|】]*[-–—]\s|[\s()\[\]{}|:=】]*(?:은|는|로|is\b|of\b)?)[\s()\[{|:]*"  # `: - 8` may be minus 8
    rf"(?P<score>{_N})\s*(?:점|(?:points?|pts?)\b)?\s*"
    r"(?:입니다|이다|임|(?:을|으로)?\s?(?:부여|평가|책정|채점)(?:합니다|한다|함|했습니다|하겠습니다)"
    r"|을\s?(?:줍니다|준다|드립니다|매깁니다|매긴다|주겠습니다))?",
    re.IGNORECASE,
)
# Not among the marks: `8+`, `8%`, `8~9`, `8?`, `8 > 7` say something else than 8.
_MARK = r"[^\w\s~+%‰°^×÷*/→↑↓⇒=<>?\"'“”‘’「」『』–—₠-⃏℀-⅏㌀-㏿-]"
_NO_SECOND_NUMBER = re.compile(rf"\s*(?:$|(?:{_MARK}|[-–—]\s)\D*$)")
_NOTHING_ELSE = re.compile(rf"(?:\s|{_MARK})*$")
_NEXT_LINE = re.compile(r"\s*(.*)")
_ITEM = re.compile(r"\d+[.)]\s*")
_SAYS = re.compile(r"\w|\ufffc")
_STANDS_ALONE = re.compile(r"[^\w\ufffc]{0,9}\[\[|.*(?:만점|\bout of\b)", re.IGNORECASE)
_COLON = re.compile(r"[\s()\[\]】]*[:=]")
_JSON = json.JSONDecoder(strict=False, object_pairs_hook=list)
_JSON_SCALE = re.compile(r"(?:max|maximum|out of|scale|만점|최대)\s?(?:score|점수)?", re.IGNORECASE)


class _Found(NamedTuple):
    """What a score line says: digits (empty where no number is certain), every N of `8/N` or `N점 만점`, the offsets
    where a comment before it ends and one after it begins; then whether it stands behind a sentence, whether it is
    called final, how many headings like `평가:` or `질문 2:` came before, and whether the line is indented as code."""

    score: str
    scales: tuple[str, ...]
    start: int
    end: int
    inline: bool = False
    final: bool = False
    round: int = 0
    indented: bool = False


def parse_verdict(reply: str, settings: JudgeSettings = STANDARD) -> Verdict:
    """Return the verdict in `reply`; of `settings` the score range counts.

    Raises VerdictError: `kind` truncated_reasoning where a thought never ended, empty_reply where nothing was said (a
    thought alone says nothing), unparsable where there is no score line, or the last one holds no certain number, or
    one outside the range or on another scale.
    """
    parted = part(spelled(reply))
    if parted.cut_off:
        raise VerdictError(CUT_OFF, kind="truncated_reasoning")
    text = unwrapped(parted.said)
    if not text.strip():
        raise VerdictError("the reply is empty", kind="empty_reply")
    return _from_json(text, settings) or _from_text(text, settings)


def _from_text(text: str, settings: JudgeSettings) -> Verdict:
    blanked = own_words(text)
    all_found = list(_score_lines(blanked))
    if any(not found.indented for found in all_found):  # what is indented beside one that is not is quoted
        all_found = [found for found in all_found if not found.indented]
    if not all_found or not all_found[-1].score:
        lines = [(found.start, found.end, found.score) for found in all_found]
        if rating := doubts.only_rating(without_blocks(text), blanked, lines):
            all_found = [_Found(rating["n"], (), *rating.span())]
    if not all_found:
        raise VerdictError("the reply has no score line (점수: N)")
    last = all_found[-1]
    score = _checked(last, settings)
    _check_alone(all_found, score, text)
    _check_owned(last, score, text, blanked, settings)
    if ends_in_a_thought(text, last.end):
        raise VerdictError("the reply ends in a thought that was cut off")
    if OPEN_THOUGHT in blanked[: last.start]:
        raise VerdictError("the last score line is inside a thought that was cut off")
    if blanked.count('"', 0, last.start) % 2 and '"' in blanked[last.end :]:
        raise VerdictError("the last score line is inside a quotation")
    return Verdict(score, comment_around(text, last.start, last.end, inline=last.inline))


def _check_alone(all_found: list[_Found], score: float, text: str) -> None:
    """Raise VerdictError where another score line says otherwise and may be the verdict as well."""
    last = all_found[-1]
    above = doubts.line_above(text, last.start)
    for found in all_found[:-1]:
        if not found.score or float(found.score) == score:
            continue
        # The judge went on with a question and a verdict of its own, or gave a score behind each criterion.
        apart = found.round < last.round or (found.inline and last.inline)
        criteria = bool(doubts.criterion(above) and doubts.criterion(doubts.line_above(text, found.start)))
        in_doubt = apart or criteria or doubts.of_somebody(above) or found.final
        if in_doubt and (found.final or not last.final):
            raise VerdictError(f"the reply gives two verdicts, {found.score} and {last.score}")


def _check_owned(last: _Found, score: float, text: str, blanked: str, settings: JudgeSettings) -> None:
    """Raise VerdictError where the last score line is not the judge's verdict on the answer, or no more."""
    above, after = doubts.line_above(text, last.start), blanked[last.end :]
    kind = doubts.criterion(above)
    if kind and kind != "a" and not last.final and kind in doubts.headings(text[last.end :]):
        raise VerdictError("the last score is that of one criterion")
    if doubts.introduced(above):
        raise VerdictError("the last score line is a quotation of the answer")
    if doubts.other_scale(blanked, last.start, settings.highest):
        raise VerdictError(f"the score is not out of {settings.highest:g}")
    if doubts.taken_back(after, score) or doubts.other_in_json(text[last.end :], score):
        raise VerdictError("what stands behind the score says otherwise")


def _score_lines(text: str) -> Iterator[_Found]:
    """Yield what every score line of blanked text says."""
    rounds = start = 0
    for line in text.split("\n"):
        stop = start + len(line)
        rounds += bool(_NEW_ROUND.match(line) or _SEPARATOR.fullmatch(line))
        labels = list(_LABEL.finditer(text, start, stop))
        numbered = [x for x in labels if _NUMBER.match(text, x.end(), min(stop, x.end() + _REACH))]
        found = _inline(text, start, stop, numbered) if labels else _without_label(text, start, stop)
        if labels and found is None:
            found = _labelled(text, start, stop, labels[0], numbered)
        if found is not None:
            yield found._replace(round=rounds, indented=found.start == start and bool(_INDENTED.match(line)))
        start = stop + 1


def _without_label(text: str, start: int, stop: int) -> _Found | None:
    """`[[8]]` and `10점 만점에 8점` are scores where they stand alone; `8/10` may be a fraction in the answer."""
    if stop - start > _REACH or not _STANDS_ALONE.match(text, start, stop):
        return None
    return _number(text, start, stop, _NOTHING_ELSE)


def _labelled(text: str, start: int, stop: int, label: re.Match[str], numbered: list[re.Match[str]]) -> _Found | None:
    """Return the number after a label that begins the line, a _Found without one, or None where it is prose."""
    reach = min(stop, label.end() + _REACH)
    is_code = label[0].isascii() and text[label.end() : reach].lstrip().startswith("=")
    if is_code or not _LEAD.fullmatch(text, start, label.start()):
        return None
    found = _number(text, label.end(), stop, _NO_SECOND_NUMBER) if len(numbered) < 2 else None
    scales, tail = _without_scales(text[label.end() : reach])
    if found is None and not _SAYS.search(tail):
        begin, end = next(_NEXT_LINE.finditer(text, stop)).span(1)
        found = None if _ITEM.fullmatch(text, begin, end) else _number(text, begin, end, _NOTHING_ELSE)
        found = found and found._replace(scales=scales + found.scales)
    if found is None:
        if label not in numbered and not _COLON.match(text, label.end(), reach):
            return None
        found = _Found("", (), start, stop)
    return found._replace(start=start, final=bool(_FINAL.search(label[0])))


def _inline(text: str, start: int, stop: int, numbered: list[re.Match[str]]) -> _Found | None:
    """Return the number after `평가: ... 좋다. 점수:` if it ends the line and is the only score on it."""
    if len(numbered) != 1:
        return None
    label = numbered[0]
    comment = COMMENT_HEAD.match(text, start, stop)
    if not comment and _OTHER_HEAD.match(text, start, stop):
        return None  # `정확성: 좋다. 점수: 4`, a row of a table: the score of one criterion
    before = _AFTER_COMMENT if comment else _AFTER_SENTENCE
    begins = before.search(text, max(start, label.start() - 9), label.start())
    found = _number(text, label.end(), stop, _NOTHING_ELSE) if begins else None
    return found and found._replace(start=label.start(), inline=True, final=bool(_FINAL.search(label[0])))


def _number(text: str, start: int, stop: int, rest: re.Pattern[str]) -> _Found | None:
    """Return the number that begins text[start:stop] if `rest` allows what follows it."""
    tail = text[start : min(stop, start + _REACH)]
    comment = COMMENT.search(tail)
    tail = tail[: comment.start()] if comment else tail
    scales, tail = _without_scales(tail)
    number = _NUMBER.match(tail)
    if (
        number is None
        or not rest.match(_ASIDE.sub(blank, tail), number.end())
        or doubts.not_meant(tail[number.end() :])
    ):
        return None
    after = tail[number.end() :].lstrip()
    return None if doubts.not_meant(after) else _Found(number["score"], scales, start, start + len(tail) - len(after))


def _without_scales(tail: str) -> tuple[tuple[str, ...], str]:
    """Return every N of `/N`, `out of N`, `N점 만점`, and `tail` with them made blank."""
    scales = tuple(n for scale in _SCALE.finditer(tail) for n in scale.groups() if n)
    without = _SCALE.sub(blank, tail)
    words = tuple(f"{scale:g}" for scale in doubts.scales_in(without))
    return scales + words, doubts.SCALE_IN_WORDS.sub(blank, without)


def _checked(found: _Found, settings: JudgeSettings) -> float:
    if not found.score:
        raise VerdictError("the last score line holds no certain number")
    if any(float(scale) != settings.highest for scale in found.scales):
        raise VerdictError(f"the score is out of {', '.join(found.scales)}, not out of {settings.highest:g}")
    score = float(found.score)
    if not settings.lowest <= score <= settings.highest:
        raise VerdictError(f"the score {found.score} is outside {settings.lowest:g}-{settings.highest:g}")
    return score


def _from_json(text: str, settings: JudgeSettings) -> Verdict | None:
    """Return the verdict of a reply that is one JSON object; None for any other reply."""
    start = len(text) - len(text.lstrip())
    try:
        pairs, end = _JSON.raw_decode(text, start) if text.startswith("{", start) else (None, 0)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, list):
        return None
    keyed = [(key.replace("_", " ").strip(), str(v)) for key, v in pairs if isinstance(v, str | int | float)]
    if text[end:].strip():
        if any(_LABEL.fullmatch(key) for key, _ in keyed):
            raise VerdictError("the reply goes on behind the JSON object")
        return None
    found = [_number(v, 0, len(v), _NOTHING_ELSE) for key, v in keyed if _LABEL.fullmatch(key)]
    scales = [_number(v, 0, len(v), _NOTHING_ELSE) for key, v in keyed if _JSON_SCALE.fullmatch(key)]
    scores = {_checked(one, settings) if one else None for one in found}
    score = scores.pop() if len(scores) == 1 else None
    if score is None or any(one is None or float(one.score) != settings.highest for one in scales):
        raise VerdictError(f"the JSON object holds no single score out of {settings.highest:g}")
    return Verdict(score, next((v.strip() for key, v in keyed if COMMENT_HEAD.match(f"{key}:")), ""))

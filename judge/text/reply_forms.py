"""How a pack's judge replies are read: each form of reply -> Verdict. Pure.

    kojudge    the line with the work's mark (`marks`), where templates ask for it; else any clear `점수: N` or a JSON
               object (`verdicts`, `structured`)
    logickor   as LogicKor's evaluator.py: asterisks removed, the comment between the first `평가:` and the next
               `점수:`, the first number behind a `점수:`
    rating     as FastChat's llm_judge: the first `[[N]]`, else the first `[N]`
    pair       which of two answers is better (`pair_verdicts`)

Thoughts are set apart first. In the rest the foreign forms find exactly what their programs find, with two exceptions
that give no number instead of a wrong one: a score outside the pack's range, and a reply that was cut off (see
`judges.verdict_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from judge.config import STANDARD_RANGE, JudgeSettings
from judge.errors import VerdictError
from judge.records import FormedVerdict, Verdict
from judge.text.marks import read_marked, told
from judge.text.pair_verdicts import read_pair
from judge.text.structured import parse_structured
from judge.text.thoughts import part
from judge.text.verdicts import CUT_OFF, STANDARD, parse_verdict
from judge.wording import Note

NO_COMMENT = "No judge message found"
"""What LogicKor writes where a reply has a score and no comment."""

PAIRS = ("pair", "arena-hard")
"""Forms of a verdict on two answers."""

_COMMENT = re.compile(r"평가:(.*?)점수:", re.DOTALL)
_SCORE = re.compile(r"점수:\s*(\d+(?:\.\d+)?)")
_RATINGS = (re.compile(r"\[\[(\d+\.?\d*)\]\]"), re.compile(r"\[(\d+\.?\d*)\]"))


def read_formed(text: str, settings: JudgeSettings, mark: str | None) -> FormedVerdict:
    """Return the verdict in a whole reply whose last line was asked to bear `mark`; None: no mark was asked for.

    Raises VerdictError as `read_reply` does, and where several scores bear the mark.
    """
    if settings.reply in PAIRS:
        return read_pair(text, settings, mark or "")
    if mark is None:
        return FormedVerdict(read_reply(text, settings), None)
    said = part(text).said
    found = parse_structured(said, settings)
    if found is not None:
        if any(score != found.score for score in told(found.comment, mark)):
            raise VerdictError("the reasons give another score with the mark than the JSON object")
        return FormedVerdict(found, "schema")
    line = read_marked(said, mark, settings)
    return FormedVerdict(line, "mark") if line else FormedVerdict(read_reply(text, settings), "text")


def read_reply(text: str, settings: JudgeSettings = STANDARD) -> Verdict:
    """Return the verdict on one answer in a whole reply, be it JSON or text.

    Raises VerdictError where there is no score of the pack's form, or one outside its range.
    """
    parted = part(text)
    found = parse_structured(parted.said, settings)
    if found is not None:
        return found
    if settings.reply == "kojudge":
        return parse_verdict(text, settings)
    if parted.cut_off:
        raise VerdictError(CUT_OFF, kind="truncated_reasoning")
    if not parted.said.strip():
        raise VerdictError("the reply is empty", kind="empty_reply")
    verdict = _logickor(parted.said) if settings.reply == "logickor" else _rating(parted.said)
    if not settings.lowest <= verdict.score <= settings.highest:
        raise VerdictError(f"the score {verdict.score:g} is outside {settings.lowest:g}-{settings.highest:g}")
    return verdict


def different_ratings(reply: str) -> list[str]:
    """Return the ratings `[[N]]` of a reply that holds different ones, in its order; nothing for any other reply."""
    found = _RATINGS[0].findall(reply)
    return found if len({float(rating) for rating in found}) > 1 else []


def ratings_notes(replies: Iterable[str | None], settings: JudgeSettings) -> tuple[str, ...]:
    """Return what a reader must know of scores taken from replies of the `rating` form with different ratings."""
    if settings.reply != "rating":
        return ()
    several = sum(bool(different_ratings(reply or "")) for reply in replies)
    note = Note(
        f"different ratings in one reply ({several} times): the first one counts, as in FastChat",
        f"한 응답에 서로 다른 점수가 있는 경우 {several}건: FastChat처럼 첫 점수를 씀",
    )
    return (note,) if several else ()


def empty_verdict(settings: JudgeSettings) -> Verdict:
    """Return what an empty answer gets by rule: the lowest score."""
    return Verdict(settings.lowest, f"답변이 비어 있음 (심판에게 보내지 않고 규칙으로 {settings.lowest:g}점)")


def language_verdict(settings: JudgeSettings, figures: str) -> Verdict:
    """Return what an answer in a wrong language gets by rule: the lowest score. `figures`: see `language_figures`."""
    return Verdict(
        settings.lowest, f"요구한 언어가 아님: {figures} (심판에게 보내지 않고 규칙으로 {settings.lowest:g}점)"
    )


def on_range(verdict: Verdict, settings: JudgeSettings) -> Verdict:
    """Return a rule judge's verdict (0-10) mapped in a straight line on the pack's range, to hundredths."""
    if settings.range == STANDARD_RANGE:
        return verdict
    low, high = STANDARD_RANGE
    share = (verdict.score - low) / (high - low)
    return verdict._replace(score=round(settings.lowest + share * (settings.highest - settings.lowest), 2))


def range_notes(settings: JudgeSettings) -> tuple[str, ...]:
    """Return what a reader of the rule judge's scores must know where the pack's range is not 0-10."""
    if settings.range == STANDARD_RANGE:
        return ()
    of = f"{settings.lowest:g}-{settings.highest:g}"
    return (
        Note(
            f"the rule judge scores 0-10; mapped in a straight line on {of}",
            f"규칙 채점기의 점수는 0-10점이므로 {of}점으로 일정하게 옮김",
        ),
    )


def _logickor(text: str) -> Verdict:
    said = text.replace("*", "")
    score, comment = _SCORE.search(said), _COMMENT.search(said)
    if score is None:
        raise VerdictError("the reply has no score line (점수: N)")
    return Verdict(float(score[1]), comment[1].strip() if comment else NO_COMMENT)


def _rating(text: str) -> Verdict:
    found = next((match for pattern in _RATINGS if (match := pattern.search(text))), None)
    if found is None:
        raise VerdictError("the reply has no rating ([[N]])")
    return Verdict(float(found[1]), text.strip())

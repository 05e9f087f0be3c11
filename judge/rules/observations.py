"""What the rule judge sees in an answer: measured, not yet weighed (pure).

Used by `scoring`. Any text is accepted, nothing raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from judge.demands import Demand
from judge.rules.question_demands import demands_of
from judge.rules.references import Match, match_reference, squash, stem_of
from judge.text.chat_tokens import leaked_tokens
from judge.text.demand_checks import check
from judge.text.language import is_mostly_korean, loop_share, visible_text
from judge.text.registers import in_style
from judge.text.sentences import fewest_sentences

_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+•·]|\(?\d{1,2}[.)]|[①-⑳]|[가-하][.)]|#{1,4}\s|\*\*\d)[ \t]*\S", re.MULTILINE)
_TOPIC_WORD = re.compile(r"[가-힣]{2,}|[A-Za-z]{2,}")
_ASKING = re.compile(
    r"^(?:설명|작성|제시|질문|답변|대답|내용|문제|방법|이유|생각|다음|아래|위의|경우|대해|대한|관해|무엇|어떤|어떻게|있는|있을|하는|해주|보세|주세|하시|하라|해라|보아|알려)"
)
_REWORK = re.compile(r"요약|다시|고쳐|고치|수정|바꾸|바꿔|다듬|정리|변환|옮기|옮겨|추출|줄여|번역")
"""Asks for the answer of the turn before in another shape, so that likeness is no fault."""
_FOREIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0400-\u04ff\u0e00-\u0eff\u0600-\u06ff\u0900-\u097f]")
_FINISHED = re.compile(r"[.?!…。)\]}>\"'”’*`|~:：;；^]$|[다요죠오까음함됨임라네군자야어아지해것수]$|\d$|[A-Za-z]$|\W$")


TELLING = ("acrostic", "contains", "starts", "ends", "format", "code")
"""Kinds of demand that no answer meets by chance."""


class Check(NamedTuple):
    """One demand of which it is certain whether it is met: how far (0 to 1), and the fact in Korean."""

    met: float
    reason: str
    telling: bool = False
    """A demand that no answer meets by chance."""


_MOST_OF_QUESTION = 0.5
"""Share of the question from which an answer that is nothing else is a copy, and no excerpt that was asked for."""


@dataclass(frozen=True)
class Observed:
    """What was measured on one answer; a share is 0 to 1."""

    length: int
    """Characters without outer whitespace."""
    match: Match | None
    """None where there is no reference."""
    reference_length: int
    on_topic: float
    """Share of up to eight of the question's words that come back."""
    items: int
    """List items and headings."""
    polite: float
    """Share of sentences that end in the polite style."""
    checks: tuple[Check, ...]
    shipped: bool
    """The checks came with the question; they are not read off its words."""
    loop: float
    """Share said again and again, less what the question itself repeats (a poem with a refrain)."""
    leaks: tuple[str, ...]
    cut_off: bool
    foreign: float
    """Share of letters of a third script."""
    copied: float
    """How much of the answer is the question, where it holds half of the question at least; else how much they are one
    text."""
    repeated: float
    """How much of the answer is the answer of the turn before."""
    identical: bool
    """The answer is the answer of the turn before, but for spacing and markup."""
    category: str
    """Without an English name in brackets."""
    turn: int


def observe(
    category: str,
    question: str,
    output: str,
    reference: str | None,
    turn: int,
    earlier: Sequence[tuple[str, str]],
    checks: Sequence[Demand] | None = None,
) -> Observed:
    """Measure one non-empty answer; the arguments are those of `scoring.judge_turn`."""
    previous = earlier[-1][1] if earlier else ""
    match = match_reference(reference, question, output) if reference and reference.strip() else None
    asked = _grams(question)
    said = _grams(output)
    return Observed(
        length=len(output),
        match=match,
        reference_length=len((reference or "").strip()),
        on_topic=_on_topic(question, output, earlier),
        items=list_items(output),
        polite=_polite_share(output),
        checks=check_demands(question, output, checks),
        shipped=bool(checks),
        loop=max(0.0, loop_share(output) - max(map(loop_share, [question, *(text for text, _ in earlier)]))),
        leaks=tuple(leaked_tokens(output)),
        cut_off=_is_cut_off(output),
        foreign=_foreign_share(output, question),
        copied=_copied(said, asked),
        repeated=_share_of(said, _grams(previous)) if previous and not _REWORK.search(question) else 0.0,
        identical=bool(previous) and squash(previous) == squash(output),
        category=category.split("(")[0].strip(),
        turn=turn,
    )


def list_items(text: str) -> int:
    """Return how many lines begin like an item of a list or a heading."""
    return len(_LIST_ITEM.findall(text))


def check_demands(question: str, output: str, demands: Sequence[Demand] | None = None) -> tuple[Check, ...]:
    """Check the demands given as data, or those that can be read off the question where they are None.

    What cannot be told for certain is left out.
    """
    asked = demands_of(question) if demands is None else demands
    found = [(demand.kind in TELLING, check(demand, output)) for demand in asked]
    return tuple(Check(one.share, one.fact, telling) for telling, one in found if one.met is not None)


def _on_topic(question: str, output: str, earlier: Sequence[tuple[str, str]]) -> float:
    """Share of up to eight of the question's words in the answer; 1 where it is not written in Korean.

    The words of the questions before count as well, and those that an earlier answer said three times.
    """
    words = _topic_words(question)
    for asked, said in earlier:
        words |= _topic_words(asked)
        lowered = said.casefold()
        words |= {word for word in _topic_words(said) if lowered.count(word) >= 3}
    if not words or not is_mostly_korean(output):
        return 1.0  # English or code, allowed here: Korean words of the question are not expected in it
    return _hits(words, output)


def _topic_words(text: str) -> set[str]:
    words = {stem_of(word).casefold() for word in _TOPIC_WORD.findall(unicodedata.normalize("NFC", text))}
    return {word for word in words if len(word) >= 2 and not _ASKING.match(word)}


def _hits(words: set[str], text: str) -> float:
    lowered = text.casefold()
    return min(1.0, sum(word in lowered for word in words) / min(len(words), 8)) if words else 0.0


def _polite_share(output: str) -> float:
    total, polite, _ = in_style(fewest_sentences(output), "존댓말")
    return polite / total if total else 0.0


def _is_cut_off(output: str) -> bool:
    return len(output) > 100 and _FINISHED.search(output) is None


def _foreign_share(output: str, question: str) -> float:
    """Share of foreign letters outside brackets ("의미(意味)"); 0 where the question has some too."""
    if _FOREIGN.search(question):
        return 0.0
    prose = re.sub(r"\([^()\n]{1,40}\)", " ", visible_text(output))
    letters = sum(map(str.isalpha, prose))
    return len(_FOREIGN.findall(prose)) / letters if letters else 0.0


def _grams(text: str, size: int = 6) -> set[str]:
    flat = squash(text)
    return {flat[i : i + size] for i in range(max(1, len(flat) - size + 1))}


def _copied(said: set[str], asked: set[str]) -> float:
    taken, whole = _share_of(said, asked), _share_of(asked, said)
    return taken if whole >= _MOST_OF_QUESTION else min(taken, whole)


def _share_of(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / len(part)

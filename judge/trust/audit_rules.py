"""What a verdict can do against its own rubric, one rule a function: a Judged -> the evidence, or None. Pure.

The rules look at the answer (its language, loops, emptiness) and at what the judge's comment says. None of them knows
better than the judge how good an answer is; each names something that the rubric forbids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from judge.packs.judge_prompts import load_judge_prompts
from judge.tables.judged_turns import JudgedTurn
from judge.text.chat_tokens import leaked_tokens
from judge.text.language import hangul_share, is_mostly_korean, loop_share, visible_text
from judge.text.language_rule import wrong_language
from judge.text.reply_forms import different_ratings
from judge.wording import Note, joined, led

Advice = Literal["re-judge", "count as 0", "ignore"]
"""re-judge: ask again, the verdict cannot be mended by a rule. count as 0: the rubric leaves no choice.
ignore: the score stands, its reason is false."""

HIGH_FOR_WRONG_LANGUAGE = 5.0
"""A wrong language is a 0; above this the judge has graded content as if the rule were not there."""

LOOPING = 0.6
"""Share of an answer that is repetition, from which nothing of it was meant as an answer."""

HIGH_FOR_LOOP = 7.0

QUOTED = 90
"""Characters of evidence."""

_REGISTER = re.compile(
    r"반말|존댓말|존대말|높임말|경어|[-'\"‘“]?요[-'\"’”]?\s?체|해체|하십시오체|합쇼체|말투|어투|문체|격식체|종결\s?어미"
)
_LANGUAGE_BREACH = re.compile(
    r"(?:언어|한국어)[^.\n]{0,60}?(?:위반|어긋|어겼|어기|지키지|준수하지|따르지|충족(?:하지|시키지)|만족(?:하지|시키지)|"
    r"맞지 않|부합하지|일치하지|벗어)|다른 언어|요구(?:된|되는|한) 언어|언어 요구"
)
_IN_ENGLISH = re.compile(r"영어|영문")
_MARKER = re.compile(r"\[\[[^\[\]\n]{2,40}\]\]")
_SCORE_WORDS = re.compile(r"평가|점수|만점|score|rating|points?|점", re.IGNORECASE)
_MARKED_LINE = re.compile(
    r"(?m)^\S{2,40} (?:시작|끝): (?:질문|참고 답|채점 참고 사항|모델의 답변)|이 자료의 (?:구분자|표지): \S+"
    r"|^#{1,3} 답변의 언어 조건"
)
"""Lines of the built-in judge prompt that frame what is judged."""

FEWEST_LETTERS = 4
"""Letters below which a comment gives no reason."""

_ENDED = re.compile(r"대화\s?(?:의\s?)?종료|평가\s?시작")


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what it says of a hit, what to do, and the test that returns the evidence."""

    name: str
    what: str
    advice: Callable[[JudgedTurn], Advice]
    test: Callable[[JudgedTurn], str | None]
    any_range: bool = False
    """Whether the rule means something where scores are not 0-10."""


def quote(text: str, limit: int = QUOTED) -> str:
    """Return the beginning of a text in one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _hangul(share: float) -> Note:
    return Note(f"Hangul {share:.0%}", f"한글 {share:.0%}")


def _around(match: re.Match[str], text: str) -> str:
    start = max(0, match.start() - 30)
    return ("…" if start else "") + quote(text[start:])


def wrong_language_scored_high(one: JudgedTurn) -> str | None:
    """An answer in a wrong language that was scored above 5, where no rule had looked at it before the judge."""
    if one.judgment.score <= HIGH_FOR_WRONG_LANGUAGE or one.judgment.language is not None:
        return None
    share = wrong_language(one.language, one.output)
    return None if share is None else led(_hangul(share), quote(visible_text(one.output)))


def register_taken_for_language(one: JudgedTurn) -> str | None:
    """A Korean answer with a 0 whose comment says language and means register (반말, 존댓말, -요체)."""
    comment = one.judgment.comment
    if one.judgment.score > 0 or one.language != "ko" or not _is_korean(one.output):
        return None
    found = _REGISTER.search(comment)
    return _around(found, comment) if found and _LANGUAGE_BREACH.search(comment) else None


def zero_for_korean(one: JudgedTurn) -> str | None:
    """A Korean answer with a 0, although the scale of a Korean answer starts at 1; a loop is no such answer."""
    if one.judgment.score > 0 or one.language != "ko" or not _is_korean(one.output):
        return None
    if loop_share(one.output) >= LOOPING or register_taken_for_language(one) or marker_taken_for_answer(one):
        return None
    return quote(one.output)


def english_zero(one: JudgedTurn) -> str | None:
    """English was asked for and given, and the judge gave a 0 for the language."""
    if one.judgment.score > 0 or one.language == "ko" or not _IN_ENGLISH.search(one.question):
        return None
    share = hangul_share(one.output)
    found = _LANGUAGE_BREACH.search(one.judgment.comment)
    if share is None or share > 0.5 or found is None:
        return None
    return joined([_hangul(share), led(Note("the comment", "평가"), _around(found, one.judgment.comment))])


def zero_where_free(one: JudgedTurn) -> str | None:
    """A 0 where any language is allowed, so that nothing can break the rule that a 0 is for; a loop is no answer."""
    if one.judgment.score > 0 or one.language != "any" or not _says_something(one.output):
        return None
    if loop_share(one.output) >= LOOPING or english_zero(one) or marker_taken_for_answer(one):
        return None
    return quote(one.output)


def without_reason(one: JudgedTurn) -> str | None:
    """A score of a model without a word on why: `평가: 5.0`."""
    comment = one.judgment.comment
    if one.judgment.by == "rule" or (one.judgment.reply is None and not comment):  # of another program
        return None
    if sum(map(str.isalpha, _SCORE_WORDS.sub("", comment))) >= FEWEST_LETTERS:
        return None
    return led(Note("the whole comment", "평가 전체"), repr(quote(comment)))


def prompt_repeated(one: JudgedTurn) -> str | None:
    """A reply that repeats the marked lines of the judge prompt: what follows may be the judge's own made-up answer."""
    reply = one.judgment.reply or ""
    found = _MARKED_LINE.search(reply)
    if found is None or any(found[0] in text for text in (one.output, one.question, *one.earlier)):
        return None
    return _around(found, reply)


def off_step(one: JudgedTurn) -> str | None:
    """A score that the built-in rubric does not have: it goes by half points."""
    made_by_rubric = one.judgment.by == "llm" and one.judgment.template == _own_template()
    if not made_by_rubric or (2 * one.judgment.score).is_integer():
        return None
    return led(Note("no multiple of 0.5", "0.5의 배수가 아님"), f"{one.judgment.score:g}")


@cache
def _own_template() -> str:
    return load_judge_prompts(None).digest


def loop_scored_high(one: JudgedTurn) -> str | None:
    """A degenerate loop that was scored 7 or more; what the question itself repeats (a poem) is no loop."""
    if one.judgment.score < HIGH_FOR_LOOP:
        return None
    share = loop_share(one.output)
    if share < LOOPING:
        return None
    share -= max(map(loop_share, (one.question, *one.earlier)))
    repeated = f"{share:.0%}; …{quote(one.output[-QUOTED:])}"
    return led(Note("repetition", "되풀이"), repeated) if share >= LOOPING else None


def empty_scored(one: JudgedTurn) -> str | None:
    """An answer without a letter or a digit that was scored above 0."""
    if one.judgment.score == 0 or any(map(str.isalnum, one.output)):
        return None
    if one.reference and one.output.strip() == one.reference.strip():
        return None
    return led(Note("the answer", "답변"), repr(one.output.strip()[:20]))


def marker_taken_for_answer(one: JudgedTurn) -> str | None:
    """A comment that quotes a marker of the judge prompt as the model's words; the answer does not hold it."""
    comment = one.judgment.comment
    found = _MARKER.search(comment) or _ENDED.search(comment)
    if found is None or any(found[0] in text for text in (one.output, one.question, *one.earlier)):
        return None
    return _around(found, comment)


def _is_korean(output: str) -> bool:
    """Mostly Korean, with letters at all: a bare number is of no language."""
    share = hangul_share(output)
    return share is not None and is_mostly_korean(output)


def _of_no_answer(one: JudgedTurn) -> Advice:
    """Nothing was answered, so the 0 stands whatever its reason; else the judge has not read the answer."""
    return "re-judge" if _says_something(one.output) else "ignore"


def _says_something(text: str) -> bool:
    for token in leaked_tokens(text):
        text = text.replace(token, "")
    return any(map(str.isalnum, text))


def advising(advice: Advice) -> Callable[[JudgedTurn], Advice]:
    """Return the same advice for every hit."""
    return lambda one: advice


def different_ratings_in_one_reply(judged: JudgedTurn) -> str | None:
    """The judge gave several ratings in one reply; which one it meant is a guess of the reply form."""
    found = different_ratings(judged.judgment.reply or "")
    return quote(", ".join(f"[[{rating}]]" for rating in found)) if found else None


AUDIT_RULES: tuple[Rule, ...] = (
    Rule(
        "wrong-language-high",
        Note("answer in a wrong language, scored above 5", "요구한 언어가 아닌데 5점보다 높은 점수"),
        advising("count as 0"),
        wrong_language_scored_high,
    ),
    Rule(
        "register-as-language",
        Note("0 for register (반말, 존댓말, -요체) as if it were language", "말투(반말 등)를 언어 위반으로 본 0점"),
        advising("re-judge"),
        register_taken_for_language,
    ),
    Rule(
        "loop-high",
        Note("degenerate loop, scored 7 or more", "같은 말을 끝없이 되풀이하는데 7점 이상"),
        advising("re-judge"),
        loop_scored_high,
    ),
    Rule(
        "zero-for-korean",
        Note("0 for a Korean answer, although its scale starts at 1", "눈금이 1점부터인데 한국어 답변에 준 0점"),
        advising("re-judge"),
        zero_for_korean,
    ),
    Rule(
        "english-zero",
        Note("English asked for and given, 0 for the language", "영어를 요구해 영어로 답했는데 언어 때문에 준 0점"),
        advising("re-judge"),
        english_zero,
    ),
    Rule(
        "zero-where-free",
        Note("0 where any language is allowed", "언어가 자유인데 준 0점"),
        advising("re-judge"),
        zero_where_free,
    ),
    Rule(
        "empty-scored",
        Note("empty answer, scored above 0", "빈 답변인데 0점보다 높은 점수"),
        advising("count as 0"),
        empty_scored,
    ),
    Rule(
        "marker-as-answer",
        Note("a marker of the judge prompt taken for the model's words", "심판 프롬프트의 구분자를 모델이 한 말로 봄"),
        _of_no_answer,
        marker_taken_for_answer,
    ),
    Rule(
        "no-reason",
        Note("a score without a reason", "까닭이 없는 점수"),
        advising("re-judge"),
        without_reason,
        any_range=True,
    ),
    Rule(
        "prompt-repeated",
        Note("a reply that repeats the marked lines of the judge prompt", "심판 프롬프트 구분자 줄을 되풀이한 응답"),
        advising("re-judge"),
        prompt_repeated,
        any_range=True,
    ),
    Rule(
        "off-step",
        Note("a score between the rubric's half points", "채점 기준의 0.5점 단위에 맞지 않는 점수"),
        advising("re-judge"),
        off_step,
    ),
    Rule(
        "different-ratings",
        Note("several different ratings [[N]] in one reply", "한 응답에 서로 다른 점수 [[N]]이 여럿"),
        advising("re-judge"),
        different_ratings_in_one_reply,
        any_range=True,
    ),
)

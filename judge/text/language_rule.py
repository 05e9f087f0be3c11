"""The rule of the language: which one a turn demands, and whether an answer is in another (pure).

Two readings of the same figures. `found_language` decides before a judge is asked: only what is certain is decided by
rule, and what is in doubt is told to the judge. `wrong_language` is the one line between right and wrong by which
verdicts that were given without that rule are looked at (`table --gate`, `audit`) and the rule judge scores.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

from judge.records import Answer, AnswerLanguage
from judge.text.code import FENCE, without_code
from judge.text.language import MOSTLY_KOREAN, hangul_share, letter_counts, loop_share, script_counts, visible_text

KOREAN_GATE = 0.8
"""Hangul share above which an answer that had to be in English is in Korean; a translation with a Korean remark
stays below."""

ENOUGH_LETTERS = 20
"""Letters below which a text is a name, a formula or a label and shows no language."""

CERTAINLY_OTHER = {"ko": 0.2, "en": 0.1}
"""Share of letters in the demanded script below which the language is certainly another one."""

CERTAINLY_RIGHT = {"ko": 0.55, "en": 0.5}
"""Share from which it is certainly the demanded one. Both were set by reading (docs/trust.md, "Language by rule")."""

LOOPED = 0.5
"""Repetition of an answer from which its letters show no language: chat tokens on end, for example."""

_TO_ENGLISH = re.compile(
    r"영어로(?!\s*(?:된|쓰인|쓰여|작성된|적힌|번역된))|영문으로|영작(?!\s*(?:이|은|과)\b)|"
    r"영어\s*(?:문장|단어|이메일|메일|편지|글|문구|제목|대사)(?:\s*\w{1,4}){0,2}?(?:으로|로)\s|"
    r"\b(?:in|into)\s+English\b|\bEnglish\s+only\b",
    re.IGNORECASE,
)
_AWAY_FROM_ENGLISH = re.compile(
    r"영어로\s*(?:하지|쓰지|답하지|대답하지|적지|말하지|작성하지)\s*(?:말|마|않)|영어로는?\s*(?:뭐|무엇|어떻게)|"
    r"영어(?:로|를|에서)?[^.?!\n]{0,30}(?:한국어|우리말|한글)로"
)
_OTHER_LANGUAGE = re.compile(
    r"(?:일본어|일어|중국어|프랑스어|불어|독일어|독어|스페인어|러시아어|베트남어|라틴어|아랍어|이탈리아어)로"
    r"|(?:일본어|중국어|프랑스어|독일어|스페인어)\s*(?:문장|단어)"
    r"|\binto\s+(?:Japanese|Chinese|French|German|Spanish)\b"
)
_CODE_ONLY = re.compile(
    r"(?:코드|수식|숫자|식|기호|알파벳|SQL\s*문?|정규\s*표현식|정규식|쿼리)만\s"
    r"|(?:JSON|YAML|XML|CSV|SQL|HTML|정규\s*표현식|정규식)\s*(?:형식|형태|포맷|문서|구조|쿼리|문|코드|객체)?"
    r"(?:으로|로|만)(?!\s*(?:된|작성된|쓰인))"
    r"|(?:JSON|YAML|XML|CSV)\s*(?:객체|배열|문서)?\s*(?:하나)?(?:를|을)?\s*(?:작성|출력|만들|써)",
    re.IGNORECASE,
)
_ENGLISH_ONLY = re.compile(
    r"영어로만|전체를?\s*영어로|(?:답변?|대답)은?\s*(?:반드시\s*)?영어로|English\s+only", re.IGNORECASE
)
_THEN_EXPLAIN = re.compile(r"(?:후|다음|뒤)[^\n]{0,60}?(?:의미|뜻|이유|차이|문법)[^.?!\n]{0,20}(?:설명|풀이|밝)")


@lru_cache(maxsize=4096)  # every row of a table was asked the same
def demanded_language(question: str, category: str = "") -> AnswerLanguage:
    """Return the language that the words of `question` demand of the answer, for files that do not say it.

    `en`: translate into English, answer in English. `any`: code, JSON, SQL or numbers only, another foreign
    language, or English and Korean both. Else `ko`. English as a topic ("영어 공부") demands nothing.
    `category` is taken into account only for translation packs ("번역", "영어"), where both may be meant.
    """
    text = unicodedata.normalize("NFC", question)
    if _ENGLISH_ONLY.search(text) and not _AWAY_FROM_ENGLISH.search(text):
        return "en"
    if _OTHER_LANGUAGE.search(text) or _CODE_ONLY.search(text):
        return "any"
    if _AWAY_FROM_ENGLISH.search(text):
        return "ko"
    if _TO_ENGLISH.search(text):
        return "any" if _THEN_EXPLAIN.search(text) else "en"
    if ("번역" in category or "영어" in category) and re.search(r"번역|옮기|옮겨", text):
        return "any"
    return "ko"


def language_of(answer: Answer, turn: int) -> AnswerLanguage:
    """Return the language that `turn` must be in: as the question set says, else read off the question's words."""
    if turn <= len(answer.answer_language):
        return answer.answer_language[turn - 1]
    return demanded_language(answer.questions[turn - 1], answer.category)


def languages(answer: Answer) -> tuple[AnswerLanguage, ...]:
    """Return the language that each turn with an output must be in."""
    return tuple(language_of(answer, turn) for turn in range(1, len(answer.outputs) + 1))


def breaks_rule(language: AnswerLanguage, share: float | None) -> bool:
    """Return whether a Hangul share shows another language than the demanded one; None shows none."""
    if share is None:
        return False
    return {"ko": share < MOSTLY_KOREAN, "en": share > KOREAN_GATE, "any": False}[language]


@lru_cache(maxsize=65536)  # the gate, the audit and the page ask of the same answers
def wrong_language(language: AnswerLanguage, output: str) -> float | None:
    """Return the Hangul share of an output in a wrong language, None where it is right or cannot be told.

    A page or a document in a code block says nothing where there are words around it, nor do lines of code outside
    of one.
    """
    if language == "any":
        return None
    share = hangul_share(_words(output))
    return share if breaks_rule(language, share) else None


def _words(output: str) -> str:
    """Return what shows the language of an output; nothing where it has too few letters to show any."""
    for prose in (_prose(FENCE.sub("\n", output)), _prose(output)):
        if letter_counts(prose)[0] >= ENOUGH_LETTERS:
            return prose
    return ""


def _prose(text: str) -> str:
    return "\n".join(map(without_code, visible_text(text).split("\n")))


class FoundLanguage(NamedTuple):
    """What a program can say of an answer's language."""

    verdict: Literal["right", "wrong", "doubt"]
    """`right` also where any language will do, or where there is no letter to tell one by ("42")."""
    letters: int
    """Letters of the prose, without code, formulas and letters on their own."""
    share: float
    """Of these the part in the demanded language's script (Hangul, Latin), 0 to 1; 1 where there are none."""


@lru_cache(maxsize=256)  # asked some times for each answer as it is judged; a run's texts must not all be kept
def found_language(language: AnswerLanguage, output: str) -> FoundLanguage:
    """Return whether an output is in the demanded language: only what is certain is `right` or `wrong`.

    In doubt is what mixes two languages or has fewer than `ENOUGH_LETTERS` letters around its code, and a loop.
    """
    words = _words(output)
    letters, hangul, latin = script_counts(words or _prose(FENCE.sub("\n", output)))
    if language == "any" or not letters:
        return FoundLanguage("right", letters, 1.0)
    share = (hangul if language == "ko" else latin) / letters
    if share >= CERTAINLY_RIGHT[language]:
        return FoundLanguage("right", letters, share)
    certain = bool(words) and share < CERTAINLY_OTHER[language] and loop_share(output) < LOOPED
    return FoundLanguage("wrong" if certain else "doubt", letters, share)


_NAMES: dict[AnswerLanguage, tuple[str, str]] = {"ko": ("한국어", "한글은"), "en": ("영어", "로마자는")}


def language_figures(language: AnswerLanguage, found: FoundLanguage) -> str:
    """Return the figures in Korean, for a judge and for people: `한국어로 답해야 하는데 ... 한글은 12 %`."""
    name, script = _NAMES[language]
    return f"{name}로 답해야 하는데, 코드와 수식을 뺀 글자 {found.letters:,}자 가운데 {script} {found.share:.0%}"

"""Demands that the words of a question make and a program can check: counts, lengths, formats, forbidden words (pure).

Used by `observations`. They are read here and checked by `text.loose_checks`. Every function takes any text and never
raises. Nothing that a model wrote is run: Python is parsed, JSON is loaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from judge.demands import (
    Acrostic,
    Code,
    Contains,
    Count,
    Demand,
    Ends,
    Excludes,
    Format,
    Politeness,
    Register,
    Starts,
    Unit,
)
from judge.rules.numbers import numbers
from judge.rules.references import stem_of
from judge.text.code import FENCE, wants_code
from judge.text.loose_checks import Met, check_loosely


class Asked(NamedTuple):
    """A demand that was read off a question's words."""

    demand: Demand | Politeness
    wording: Callable[[Met], str]
    """The reason in Korean."""
    telling: bool = False
    """No answer meets it by chance."""
    slack: float = 0.0
    """The share by which a length may miss its bounds."""


class Check(NamedTuple):
    """One demand: how far it is met (0 to 1) and which, in Korean."""

    met: float
    reason: str
    telling: bool = False
    """A demand that no answer meets by chance."""


_COUNT = r"(\d{1,3}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_AT_MOST, _AT_LEAST = ("이내", "이하", "미만"), ("이상", "넘게", "초과")
_LIMIT = r"\s*(이내|이하|미만|내외|안팎|정도|이상|넘게|초과)?"
_TABLE_WANTED = re.compile(r"(?<![가-힣])표(?:로\s|\s*형식|\s*형태|를\s*(?:작성|만들|그려))|마크다운\s*표")
_JSON_WANTED = re.compile(r"JSON(?=[^.?!\n]{0,25}(?:출력|작성|변환|정리|답|바꿔|만들|표현|추출))", re.IGNORECASE)
_LIST_WANTED = re.compile(r"마크다운\s*(?:형식|문법|형태)?(?:으로|로)|목록으로|번호를\s*(?:매겨|붙여)|글머리")
_LENGTH = re.compile(
    r"(\d[\d,]{1,5})\s*(?:글자|자)(?!리|루|원|기|동|세|료|신|녀)\s*"
    r"(이내|이하|미만|내외|안팎|정도|이상|넘게|를\s*넘)?"
)
_OF_A_PART = re.compile(r"(?:각\s|줄마다|줄은|한\s*줄|문장마다|문단마다|각각|제목|이름|구호|표제)[^.?!\n]{0,30}$")
"""Before a length or an edge: it is one of a line or a title and not of the whole answer."""
_ASKED = (
    r"\s*(?:으로|로|만|을|를|의|짜리|씩)?\s*(?:만\s*)?"
    r"(?:작성|요약|답|설명|써|쓰|정리|구성|만들|지어|표현|소개|말|제시|완성|이내|이하|내외|이상)"
)
_PART_OF_MORE = re.compile(r"\s*(?:한|하고|해서|하여)?\s*(?:후|뒤|다음)")
"""After "세 문장으로 요약": more is asked than the counted part, so the whole answer is not counted."""
_QUOTED = r"['\"‘“「<]([^'\"’”」>\n]{1,30})['\"’”」>]"
_FORBIDDEN = re.compile(
    rf"((?:{_QUOTED}(?:이?나|과|와|,|\s)*)+)[가-힣\s]{{0,12}}?(?:쓰지|사용하지|넣지|언급하지)\s*(?:말|않|마)"
)
_EDGE = re.compile(rf"{_QUOTED}\s*(?:이?라는\s*(?:말|문장|단어)\s*)?(?:으로|로)\s*(시작|끝)")
_INCLUDED = re.compile(r"((?:[가-힣A-Za-z]+,\s*)+[가-힣A-Za-z]+?)(?:을|를|이|가)?\s*(?:꼭|반드시|모두)\s*포함")
_ACROSTIC = re.compile(rf"{_QUOTED}[가-힣\s]{{0,8}}?(?:이|삼|사|오|[2-9])행시")
_REGISTERS: tuple[tuple[str, Register | Politeness], ...] = (
    (r"해?요체|-요['’]?\s*체", Register(kind="register", style="해요체")),
    (r"합쇼체|하십시오체|습니다체", Register(kind="register", style="합쇼체")),
    (r"존댓말로|높임말로|존대말로", Politeness(kind="politeness", style="존댓말")),
    (r"반말로", Politeness(kind="politeness", style="반말")),
)


def demands_of(question: str) -> list[Asked]:
    """Return every demand of `question` that a program can check; none where it makes none."""
    text = FENCE.sub(" ", unicodedata.normalize("NFC", question))
    request = re.sub(r"\w+\s*(?:아닌|아니라|대신)|\w+(?<!지)\s*말고", " ", _request_of(text))
    return [asked for read in _READERS for asked in read(request)]


def check_demands(question: str, output: str) -> list[Check]:
    """Return how far `output` meets each demand of `question`, without those of which it shows nothing."""
    found = [(asked, check_loosely(asked.demand, output, asked.slack)) for asked in demands_of(question)]
    return [Check(met.share, asked.wording(met), asked.telling) for asked, met in found if met.share is not None]


def _request_of(question: str) -> str:
    """The first and last 400 characters: what stands between is a passage, whose numbers demand nothing."""
    return question if len(question) <= 800 else f"{question[:400]}\n{question[-400:]}"


def _bounded(unit: Unit, number: int, limit: str) -> Count:
    """A length that may not be passed must still be there."""
    if limit in _AT_LEAST:
        return Count(kind="count", unit=unit, min=number)
    return Count(kind="count", unit=unit, min=1 if limit in _AT_MOST else number, max=number)


def _counted(noun: str, name: str, unit: Unit) -> Callable[[str], Iterator[Asked]]:
    """A reader of demands like "세 문장으로", "문장 3개로"."""
    before = rf"(?<![가-힣]){_COUNT}\s*(?:개의\s*)?{noun}{_LIMIT}{_ASKED}"
    after = rf"{noun}\s*{_COUNT}\s*개?{_LIMIT}{_ASKED}"
    pattern = re.compile(f"{before}|{after}")

    def read(question: str) -> Iterator[Asked]:
        for match in pattern.finditer(question):
            number = int(next(iter(numbers(f"{match[1] or match[3]} 개")), 0))
            whole = number > 1 or (number == 1 and len(question) <= 120)
            if whole and not (_PART_OF_MORE.match(question, match.end()) or _one_of_several(question, match)):
                limit = match[2] or match[4] or ""
                yield Asked(_bounded(unit, number, limit), _told(f"{name} {number}개{limit and ' '}{limit}", "개"))

    return read


def _told(wanted: str, unit: str) -> Callable[[Met], str]:
    return lambda met: f"{wanted} 요구에 {met.have}{unit}"


def _one_of_several(question: str, match: re.Match[str]) -> bool:
    """Return whether the counted part is only one of the things asked."""
    return re.search(r"각각|그런 다음|이어서", question[: match.start()] + question[match.end() :]) is not None


def _length(question: str) -> Iterator[Asked]:
    for match in _LENGTH.finditer(question):
        number = int(match[1].replace(",", ""))
        if number and not _OF_A_PART.search(question[: match.start()]):
            limit = "이하" if (match[2] or "").startswith("를") else match[2] or "내외"
            slack = 0.25 if limit == "내외" else 0.1
            yield Asked(_bounded("chars", number, limit), _told(f"{match[1]}자 {limit}", "자"), slack=slack)


def _formats(question: str) -> Iterator[Asked]:
    if _TABLE_WANTED.search(question):
        yield Asked(Format(kind="format", form="markdown_table"), _there("표"), telling=True)
    if _JSON_WANTED.search(question):
        yield Asked(Format(kind="format", form="json"), _there("올바른 JSON"), telling=True)
    if _LIST_WANTED.search(question):
        yield Asked(Format(kind="format", form="bullet_list"), lambda met: f"목록이나 제목 {met.have}개")
    if wants_code(question):
        fault = "코드 문법 오류: {}".format
        there = _there("코드")
        code = Code(kind="code", language="python")
        yield Asked(code, lambda met: fault(met.have) if met.have else there(met), telling=True)


def _there(name: str) -> Callable[[Met], str]:
    return lambda met: f"{name} {'있음' if met.share else '없음'}"


def _words(question: str) -> Iterator[Asked]:
    for match in _FORBIDDEN.finditer(question):
        for word in re.findall(_QUOTED, match[1]):
            yield Asked(Excludes(kind="excludes", texts=(word,)), _kept(f"'{word}' 쓰지 말라는"))
    for match in _EDGE.finditer(question):
        if match[1].startswith("-") or re.search(r"또는\s*$", question[: match.start()]):
            continue  # an ending, or one of several
        text, name = match[1], f"'{match[1]}'(으)로 {match[2]}하라는"
        starts = match[2] == "시작"
        yield Asked(Starts(kind="starts", text=text) if starts else Ends(kind="ends", text=text), _kept(name))
    wanted = _INCLUDED.search(question)
    if wanted:
        terms = tuple(stem_of(word.strip()) for word in wanted[1].split(","))
        told = f"꼭 넣을 말 {len(terms)}개 중"
        yield Asked(Contains(kind="contains", texts=terms), lambda met: f"{told} {met.have}개")


def _kept(name: str) -> Callable[[Met], str]:
    return lambda met: f"{name} 요구: {'지킴' if met.share else '어김'}"


def _acrostic(question: str) -> Iterator[Asked]:
    match = _ACROSTIC.search(question)
    if match:
        told = f"'{match[1]}' 머리글자 {sum(map(str.isalnum, match[1]))}개 중"
        yield Asked(Acrostic(kind="acrostic", text=match[1]), lambda met: f"{told} {met.have}개", telling=True)


def _register(question: str) -> Iterator[Asked]:
    for words, demand in _REGISTERS:
        if re.search(words, question):
            yield Asked(demand, _share_of(demand.style))


def _share_of(style: str) -> Callable[[Met], str]:
    return lambda met: f"{style} 문장 {met.share:.0%}"


_READERS: tuple[Callable[[str], Iterator[Asked]], ...] = (
    _counted("문장", "문장", "sentences"),
    _counted("(?:줄|행)", "줄", "lines"),
    _counted("(?:문단|단락)", "문단", "paragraphs"),
    _counted("(?:영어\\s*)?단어", "단어", "words"),
    _length,
    _formats,
    _words,
    _acrostic,
    _register,
)

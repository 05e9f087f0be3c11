"""Demands that a question makes and a program can check: counts, lengths, formats, forbidden words (pure).

Used by `judge.rules`. Every function takes any text and never raises. Nothing that a model wrote is run:
Python is parsed, JSON is loaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from judge.rules.numbers import numbers
from judge.rules.references import stem_of
from judge.text.code import FENCE, has_code, json_in, python_error, wants_code
from judge.text.language import visible_text
from judge.text.sentences import bare_ends, in_level, sentences


class Check(NamedTuple):
    """One demand: how far it is met (0 to 1) and which, in Korean."""

    met: float
    reason: str
    telling: bool = False
    """A demand that no answer meets by chance."""


_COUNT = r"(\d{1,3}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_LIMIT = r"\s*(이내|이하|미만|내외|안팎|정도|이상|넘게|초과)?"
_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+•·]|\(?\d{1,2}[.)]|[①-⑳]|[가-하][.)]|#{1,4}\s|\*\*\d)[ \t]*\S", re.MULTILINE)
_TABLE_WANTED = re.compile(r"(?<![가-힣])표(?:로\s|\s*형식|\s*형태|를\s*(?:작성|만들|그려))|마크다운\s*표")
_TABLE = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*\n[ \t]*\|[ \t:|-]+\||<table", re.MULTILINE | re.IGNORECASE)
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
_REGISTERS = (
    (r"해?요체|-요['’]?\s*체", "해요체"),
    (r"합쇼체|하십시오체|습니다체", "합쇼체"),
    (r"존댓말로|높임말로|존대말로", "존댓말"),
    (r"반말로", "반말"),
)


def list_items(text: str) -> int:
    """Return how many lines begin like an item of a list or a heading."""
    return len(_LIST_ITEM.findall(text))


def check_demands(question: str, output: str) -> list[Check]:
    """Return one Check for every demand of `question` that a program can check; none where it makes none."""
    question, output = (unicodedata.normalize("NFC", text) for text in (question, output))
    request = re.sub(r"\w+\s*(?:아닌|아니라|대신)|\w+(?<!지)\s*말고", " ", _request_of(FENCE.sub(" ", question)))
    return [check for find in _DEMANDS for check in find(request, output)]


def _request_of(question: str) -> str:
    """The first and last 400 characters: what stands between is a passage, whose numbers demand nothing."""
    return question if len(question) <= 800 else f"{question[:400]}\n{question[-400:]}"


def _near(have: int, want: float, limit: str, slack: float = 0.0) -> float:
    """1 where the count is right, falling to 0 at twice or none of it."""
    if want <= 0:
        return 1.0
    if limit in ("이내", "이하", "미만") and have <= want * (1 + slack):
        return 1.0 if have else 0.0
    if limit in ("이상", "넘게", "초과") and have >= want * (1 - slack):
        return 1.0
    off = abs(have - want) / want
    return 1.0 if off <= slack else max(0.0, 1.0 - (off - slack) / max(1.0 - slack, 0.1))


def _counted(noun: str, name: str, count: Callable[[str], int]) -> Callable[[str, str], Iterator[Check]]:
    """A finder of demands like "세 문장으로", "문장 3개로"."""
    before = rf"(?<![가-힣]){_COUNT}\s*(?:개의\s*)?{noun}{_LIMIT}{_ASKED}"
    after = rf"{noun}\s*{_COUNT}\s*개?{_LIMIT}{_ASKED}"
    pattern = re.compile(f"{before}|{after}")

    def find(question: str, output: str) -> Iterator[Check]:
        for match in pattern.finditer(question):
            values = numbers(f"{match[1] or match[3]} 개")
            whole = values and (values[0] > 1 or len(question) <= 120)
            if whole and not (_PART_OF_MORE.match(question, match.end()) or _one_of_several(question, match)):
                have, limit = count(output), match[2] or match[4] or ""
                reason = f"{name} {values[0]:.0f}개{limit and ' '}{limit} 요구에 {have}개"
                yield Check(_near(have, values[0], limit), reason)

    return find


def _one_of_several(question: str, match: re.Match[str]) -> bool:
    """Return whether the counted part is only one of the things asked."""
    return re.search(r"각각|그런 다음|이어서", question[: match.start()] + question[match.end() :]) is not None


def _paragraphs(output: str) -> int:
    return len([part for part in re.split(r"\n\s*\n", output) if len(part.strip()) > 30])


def _lines(output: str) -> int:
    return len([line for line in output.splitlines() if line.strip()])


def _length(question: str, output: str) -> Iterator[Check]:
    for match in _LENGTH.finditer(question):
        if _OF_A_PART.search(question[: match.start()]):
            continue
        limit = "이하" if (match[2] or "").startswith("를") else match[2] or "내외"
        have = len(visible_text(output).strip())
        met = _near(have, float(match[1].replace(",", "")), limit, slack=0.25 if limit == "내외" else 0.1)
        yield Check(met, f"{match[1]}자 {limit} 요구에 {have}자")


def _formats(question: str, output: str) -> Iterator[Check]:
    if _TABLE_WANTED.search(question):
        yield _found("표", _TABLE.search(output) is not None)
    if _JSON_WANTED.search(question):
        yield _found("올바른 JSON", json_in(output))
    if _LIST_WANTED.search(question):
        items = list_items(output)
        yield Check(1.0 if items >= 2 else 0.3, f"목록이나 제목 {items}개")
    if wants_code(question):
        error = python_error(output)
        if has_code(output) and error:
            yield Check(0.5, f"코드 문법 오류: {error}")
        else:
            yield _found("코드", has_code(output))


def _found(name: str, there: bool) -> Check:
    return Check(float(there), f"{name} {'있음' if there else '없음'}", telling=True)


def _words(question: str, output: str) -> Iterator[Check]:
    for match in _FORBIDDEN.finditer(question):
        for word in re.findall(_QUOTED, match[1]):
            used = word in output
            yield Check(float(not used), f"'{word}' 쓰지 말라는 요구: {'어김' if used else '지킴'}")
    for match in _EDGE.finditer(question):
        if match[1].startswith("-") or re.search(r"또는\s*$", question[: match.start()]):
            continue  # an ending, or one of several
        text, word = squash_edges(output), squash_edges(match[1])
        met = float(text.startswith(word) if match[2] == "시작" else text.endswith(word))
        if not met and match[2] == "시작" and word in text[:200]:
            met = 0.7  # after a subject line or a greeting
        yield Check(met, f"'{match[1]}'(으)로 {match[2]}하라는 요구: {'지킴' if met else '어김'}")
    wanted = _INCLUDED.search(question)
    if wanted:
        terms = [stem_of(word.strip()) for word in wanted[1].split(",")]
        hits = sum(term in output for term in terms)
        yield Check(hits / len(terms), f"꼭 넣을 말 {len(terms)}개 중 {hits}개")


def squash_edges(text: str) -> str:
    """Return `text` without quotes, markup and punctuation at both ends."""
    return text.strip(" \t\n'\"“”‘’*#`.!?>-")


def _acrostic(question: str, output: str) -> Iterator[Check]:
    match = _ACROSTIC.search(question)
    if match:
        heads = [line.lstrip(" \t-*#'\"[(")[:1] for line in output.splitlines() if line.strip()]
        want = [c for c in match[1] if c.isalnum()]
        hits = sum(c in heads for c in want)
        reason = f"'{match[1]}' 머리글자 {len(want)}개 중 {hits}개"
        yield Check(hits / max(len(want), 1), reason, telling=True)


def _register(question: str, output: str) -> Iterator[Check]:
    ends = [end for end in bare_ends(sentences(output)) if re.search(r"[다요죠까오음함됨야어아지해]$", end)]
    for words, level in _REGISTERS:
        if ends and re.search(words, question):
            share = in_level(ends, level) / len(ends)
            yield Check(share, f"{level} 문장 {share:.0%}")


_DEMANDS: tuple[Callable[[str, str], Iterator[Check]], ...] = (
    _counted("문장", "문장", lambda output: len(sentences(output))),
    _counted("(?:줄|행)", "줄", _lines),
    _counted("(?:문단|단락)", "문단", _paragraphs),
    _counted("(?:영어\\s*)?단어", "단어", lambda output: len(visible_text(output).split())),
    _length,
    _formats,
    _words,
    _acrostic,
    _register,
)

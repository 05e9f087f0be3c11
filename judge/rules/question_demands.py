"""Demands that the words of a question make and a program can check: counts, lengths, formats, forbidden words (pure).

Used by `observations` for questions that bring no `checks`. Only wording that cannot be meant otherwise is read: a
limit on one of several parts, or on one step, is none on the answer. Checked by `text.demand_checks`. Every function
takes any text and never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

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

Read = Demand | Politeness
"""A demand that words can make."""

_COUNT = r"(\d{1,3}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_AT_MOST, _AT_LEAST = ("이내", "이하", "미만"), ("이상", "넘게", "초과")
_LIMIT = r"\s*(이내|이하|미만|내외|안팎|정도|이상|넘게|초과)?"
_TABLE_WANTED = re.compile(r"(?<![가-힣])표(?:로\s|\s*형식|\s*형태|를\s*(?:작성|만들|그려))|마크다운\s*표")
_JSON_WANTED = re.compile(
    r"JSON\s*(?:형식|형태|객체|배열)?\s*(?:으로|로|만|을|를)?(?!\s*(?:된|주어진|저장된|이루어진))"
    r"[^.?!\n]{0,12}(?:출력|작성|변환|정리|답|바꿔|만들|표현|써)",
    re.IGNORECASE,
)
_LISTS: tuple[tuple[str, Format], ...] = (
    (r"번호를\s*(?:매겨|붙여)", Format(kind="format", form="numbered_list")),
    (r"글머리\s*(?:표|기호)", Format(kind="format", form="bullet_list")),
)
_PYTHON_WANTED = re.compile(r"파이썬|python|pytorch|multiprocessing|numpy|pandas", re.IGNORECASE)
_LENGTH = re.compile(
    r"(\d[\d,]{1,5})\s*(?:글자|자)(?!리|루|원|기|동|세|료|신|녀)\s*"
    r"(이내|이하|미만|내외|안팎|정도|이상|넘게|를\s*넘|(?=(?:로|의|짜리|분량)))"
)
_OF_A_PART = re.compile(r"(?:각\s|줄마다|줄은|한\s*줄|문장마다|문단마다|각각|제목|이름|구호|표제)[^.?!\n]{0,30}$")
"""Before a length or an edge: it is one of a line or a title and not of the whole answer."""
_PARTS = re.compile(
    r"(?m)^\s*(?:\(?[1-3가나다ㄱㄴㄷ][).]|[①②③])\s|\([1-3가나다]\)|[①②③]|첫째|각각|그런 다음|이어서|번째\s*문장"
)
"""A question of several parts: a count in it may be one of a part."""
_ASKED = (
    r"\s*(?:으로|로|만|을|를|의|짜리|씩)?\s*(?:만\s*)?"
    r"(?:작성|요약|답|설명|써|쓰|정리|구성|만들|지어|표현|소개|말|제시|이내|이하|내외|이상)"
)
_MORE = re.compile(
    r"[^.?!\n]{0,12}?(?:한|하고|해서|하여|쓰고|하며|적고)?,?\s*(?:후|뒤|다음|그리고)(?=[\s.,])|^[가-힣]{0,4}[고며],?\s[^.?!\n]*(?:세요|시오|하라|해라)"
)
"""After "세 문장으로 요약": more is asked than the counted part, so the whole answer is not counted."""
_BEFORE = re.compile(r"(?:고르|찾|구하|계산하|풀)(?:고|아서?|어서?|ㄴ 뒤|며)|(?:뒤|다음|그리고)\s[^.?!\n]*$")
_QUOTED = r"['\"‘“「<]([^'\"’”」>\n]{1,30})['\"’”」>]"
_FORBIDDEN = re.compile(
    rf"((?:{_QUOTED}(?:이?나|과|와|,|\s)*)+)[가-힣\s]{{0,12}}?(?:쓰지|사용하지|넣지|언급하지)\s*(?:말|않|마)"
)
_EDGE = re.compile(rf"{_QUOTED}\s*(?:이?라는\s*(?:말|문장|단어)\s*)?(?:으로|로)\s*(시작|끝)")
_INCLUDED = re.compile(
    r"((?:[가-힣A-Za-z]+,\s*)+[가-힣A-Za-z]+?)(?:을|를|이|가)?\s*(?:꼭|반드시|모두)\s*포함(?=하[여고세라]|해|시[켜키])"
)
_ACROSTIC = re.compile(rf"{_QUOTED}[가-힣\s]{{0,8}}?(?:이|삼|사|오|[2-9])행시")
_REWORDED = re.compile(r"바꾸|바꿔|고치|고쳐|문장을|한 문장")
"""A level asked for in a sentence to be rewritten is none of the whole answer."""
_REGISTERS: tuple[tuple[str, Read], ...] = (
    (r"해?요체로|-요['’]?\s*체", Register(kind="register", style="해요체")),
    (r"(?:합쇼체|하십시오체|습니다체)로", Register(kind="register", style="합쇼체")),
    (r"존댓말로|높임말로|존대말로", Politeness(kind="politeness", style="존댓말")),
    (r"반말로", Politeness(kind="politeness", style="반말")),
)


def demands_of(question: str) -> list[Read]:
    """Return every demand of `question` that a program can check; none where it makes none."""
    text = FENCE.sub(" ", unicodedata.normalize("NFC", question))
    request = re.sub(r"\w+\s*(?:아닌|아니라|대신)|\w+(?<!지)\s*말고", " ", _request_of(text))
    return [demand for read in _READERS for demand in read(request)]


def _request_of(question: str) -> str:
    """The first and last 400 characters: what stands between is a passage, whose numbers demand nothing."""
    return question if len(question) <= 800 else f"{question[:400]}\n{question[-400:]}"


def _bounded(unit: Unit, number: int, limit: str, slack: float = 0.0) -> Count:
    """A length that may not be passed must still be there. `slack`: the share by which it may miss its bounds."""
    low, high = int(number * (1 - slack)), int(number * (1 + slack) + 0.999)
    if limit in _AT_LEAST:
        return Count(kind="count", unit=unit, min=low)
    return Count(kind="count", unit=unit, min=1 if limit in _AT_MOST else low, max=high)


def _counted(noun: str, unit: Unit) -> Callable[[str], Iterator[Read]]:
    """A reader of demands like "세 문장으로", "문장 3개로"."""
    before = rf"(?<![가-힣]){_COUNT}\s*(?:개의\s*)?{noun}{_LIMIT}{_ASKED}"
    after = rf"{noun}\s*{_COUNT}\s*개?{_LIMIT}{_ASKED}"
    pattern = re.compile(f"{before}|{after}")

    def read(question: str) -> Iterator[Read]:
        for match in pattern.finditer(question):
            number = int(next(iter(numbers(f"{match[1] or match[3]} 개")), 0))
            whole = number > 1 or (number == 1 and len(question) <= 120)
            if whole and not _one_of_several(question, match):
                yield _bounded(unit, number, match[2] or match[4] or "")

    return read


def _one_of_several(question: str, match: re.Match[str]) -> bool:
    """Return whether the counted part is only one of the things asked."""
    before, after = question[: match.start()], question[match.end() :]
    sentence = re.split(r"[.?!\n]", before)[-1]
    return any((_MORE.match(after), _BEFORE.search(sentence), _PARTS.search(before + " " + after)))


def _length(question: str) -> Iterator[Read]:
    for match in _LENGTH.finditer(question):
        number = int(match[1].replace(",", ""))
        if number and not _OF_A_PART.search(question[: match.start()]):
            limit = "이하" if match[2].startswith("를") else match[2] or "내외"
            yield _bounded("chars", number, limit, slack=0.25 if limit in ("내외", "안팎", "정도") else 0.1)


def _formats(question: str) -> Iterator[Read]:
    if _TABLE_WANTED.search(question):
        yield Format(kind="format", form="markdown_table")
    if _JSON_WANTED.search(question):
        yield Format(kind="format", form="json")
    yield from (demand for words, demand in _LISTS if re.search(words, question))
    if wants_code(question) and _PYTHON_WANTED.search(question):
        yield Code(kind="code", language="python")


def _words(question: str) -> Iterator[Read]:
    for match in _FORBIDDEN.finditer(question):
        yield from (Excludes(kind="excludes", texts=(word,)) for word in re.findall(_QUOTED, match[1]))
    for match in _EDGE.finditer(question):
        if match[1].startswith("-") or re.search(r"또는\s*$", question[: match.start()]):
            continue  # an ending, or one of several
        if _OF_A_PART.search(question[: match.start()]):
            continue
        starts = match[2] == "시작"
        yield Starts(kind="starts", text=match[1]) if starts else Ends(kind="ends", text=match[1])
    wanted = _INCLUDED.search(question)
    if wanted:
        terms = tuple(stem_of(word.strip()) for word in wanted[1].split(","))
        yield from (Contains(kind="contains", texts=(term,)) for term in terms)


def _acrostic(question: str) -> Iterator[Read]:
    match = _ACROSTIC.search(question)
    if match:
        yield Acrostic(kind="acrostic", text=match[1])


def _register(question: str) -> Iterator[Read]:
    if not (_REWORDED.search(question) or _PARTS.search(question)):
        yield from (demand for words, demand in _REGISTERS if re.search(words, question))


_READERS: tuple[Callable[[str], Iterator[Read]], ...] = (
    _counted("문장", "sentences"),
    _counted("(?:줄|행)", "lines"),
    _counted("(?:문단|단락)", "paragraphs"),
    _counted("(?:영어\\s*)?단어", "words"),
    _length,
    _formats,
    _words,
    _acrostic,
    _register,
)

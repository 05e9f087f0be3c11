"""Does an expression occur in a Korean text: as a word, only inside another word, only written otherwise (pure)."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Occurrence = Literal["word", "perhaps", "none"]
"""word: it stands there, with particles behind it or none; perhaps: inside another word or written in another way."""

_BARE = frozenset(
    ("그런데", "하지만", "그러나", "그리고", "그래서", "또", "매우", "아주", "아직", "너무", "정말", "진짜", "절대")
)
"""Takes no particle: 그런데도 and 또는 are other words."""
_PARTICLES = (
    r"(?:들)?(?:[은는이가을를의에와과도만로야아여요]|에[서게]?[는도의만]?|에서[는도의만]?|에게[는도서]?|한테[는도서]?|께서?[는도]?|[와과로]는|으로[는도만서써]?"
    r"|로[도만서써]|로부터|으로부터|부터[는]?|까지[는도]?|처럼[은]?|같이|보다[는도]?|나|이나|라도|이라도|마다|밖에[는]?|뿐[만이]?|이?랑|하고|이며|이고"
    r"|이?라[는고며]?|이?란|만[은이을]|씩|쯤|가량|정도|님[은이께의]?|씨[는가]?)"
)
_PREDICATE = "(?:[하했한할합해함되된됐됩될됨돼임인일였]|입니|이에|예요|이었|이다|이지|이라|스러|스럽)"
LITERAL = 4
"""Words from which blanks count: a whole sentence is wanted as it is spelled."""
_BEHIND = re.compile(rf"(?:{_PARTICLES}){{0,2}}(?:{_PREDICATE}[가-힣]*)?")
"""What may stand behind a word and leaves it that word."""
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SPACED = re.compile(r"[\s'\"`*_“”‘’「」]")
_SINO, _PLACES = "영일이삼사오육칠팔구", ("", "십", "백", "천")
_NATIVE = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")


def occurrence(wanted: str, text: str) -> Occurrence:
    """Return how `wanted` occurs in `text`; what has no letter or figure at its ends occurs wherever it stands."""
    inside = False
    for found in re.finditer(re.escape(wanted), text):
        if _ends_apart(text, found.start(), found.end()):
            return "word"
        inside = True
    return "perhaps" if inside or _written_otherwise(wanted, text) else "none"


def place(wanted: str, text: str, start: int = 0) -> int:
    """Return where `wanted` first stands as a word, or anyhow, from `start` on; -1 where it does not."""
    found = [m.start() for m in re.finditer(re.escape(wanted), text) if m.start() >= start]
    return next((at for at in found if _ends_apart(text, at, at + len(wanted))), found[0] if found else -1)


def _kind(sign: str) -> str:
    if "가" <= sign <= "힣":
        return "hangul"
    return "digit" if sign.isdigit() else "letter" if sign.isalpha() else ""


def _ends_apart(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is no part of a longer word."""
    first, last = _kind(text[start]), _kind(text[end - 1])
    if first and start and _kind(text[start - 1]) == first:
        return False
    if not last or end == len(text) or _kind(text[end]) != last:
        return not (last == "digit" and re.match(r"[.,]\d", text[end:]))
    if last != "hangul":
        return False
    if text[start:end] in _BARE:
        return False
    run = re.compile(r"[가-힣]+").match(text, end)
    behind = run[0] if run else ""
    return _BEHIND.fullmatch(behind) is not None


def _written_otherwise(wanted: str, text: str) -> bool:
    """Whether the text may say it with other blanks, capitals, signs, inflection or figures."""
    flat, aim = _flat(text), _flat(wanted)
    if not aim:
        return False
    if len(wanted.split()) >= LITERAL:
        return " ".join(wanted.split()).casefold() in " ".join(text.split()).casefold()
    if aim in flat:
        return True
    if stem := _stem(wanted):
        return any(_jamo(word).startswith(stem) for word in re.findall(r"[가-힣]+", text))
    figures = _NUMBER.findall(wanted)
    return bool(figures) and all(_says_number(figure, text, flat) for figure in figures)


def _flat(text: str) -> str:
    return _SPACED.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _jamo(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _stem(text: str) -> str:
    """The jamo that all forms of a verb or adjective begin with; "" where the text names none.

    A verb is named with -다 (기다리다), or by a stem in ㅂ or ㅎ (그립-, 하얗-).
    """
    stem = text.removesuffix("다")
    if not re.fullmatch("[가-힣]+", stem) or (
        stem == text and (len(text) == 1 or _jamo(text)[-1] not in "\u11b8\u11c2")
    ):
        return ""
    if len(stem) == 1:
        return _jamo(stem)[:2]
    before, last = stem[:-1], _jamo(stem[-1])
    return _jamo(before) if last.startswith("\u1105\u1173") else _jamo(before) + last[0]  # 부르- is 불러


def _says_number(figure: str, text: str, flat: str) -> bool:
    value = figure.replace(",", "")
    if any(re.fullmatch(rf"{value}0*", found.replace(",", "")) for found in _NUMBER.findall(text)):
        return True
    if not value.isdigit() or len(value) > 4:
        return False
    number = int(value)
    native = (_NATIVE_TENS[number // 10] + _NATIVE[number % 10]) if 0 < number < 100 else ""
    months = {6: "유월", 10: "시월"}.get(number, "")
    return any(word and word in flat for word in (_sino(number), native, months))


def _sino(number: int) -> str:
    digits = str(number)
    said = ""
    for digit, power in zip(digits, range(len(digits) - 1, -1, -1), strict=True):
        if digit != "0":
            said += ("" if digit == "1" and power else _SINO[int(digit)]) + _PLACES[power]
    return said or "영"

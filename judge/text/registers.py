"""The speech level in which a Korean sentence ends (pure).

An ending seldom tells all: "-네" is 해체 or 하게체, "봄" is no predicate at all. So every ending has the level that it
is taken for, where there is one, and all those that it may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from judge.text.sentences import bare_end, ends_a_sentence

POLITE = ("해요체", "합쇼체")
LEVELS = (*POLITE, "하오체", "하게체", "해체", "해라체")


class Level(NamedTuple):
    """What a sentence's ending says."""

    taken: str | None
    """The level that a reader takes it for; None where it may be no predicate."""
    possible: frozenset[str]


def _only(level: str) -> Level:
    return Level(level, frozenset((level,)))


def _mostly(taken: str | None, *others: str) -> Level:
    return Level(taken, frozenset((*filter(None, (taken,)), *others)))


UNKNOWN = Level(None, frozenset(LEVELS))

_NOUN = re.compile(
    r"(?:필요|중요|주요|수요|개요|소요|동요|민요|강요|긴요|바다|어머니|할머니|주머니|언니|동네|나라|엄마|장마|가게|무게|남자|여자|의자|과자"
    r"|글자|숫자|문자|환자|편지|아버지|강아지|까지|휴지|단지|이미지|메시지|페이지|가지|먼지|처지|오해|이해|올해|새해|피해|방해|손해|양해|재해"
    r"|보다|마다|장소|청소|주소|최소|감소|요소|연구소|군대|반대|연대|현대|선대|인대|온대)$"
)
_WITH_N, _WITH_L, _WITH_P, _WITH_SS = (
    "".join(chr(code) for code in range(0xAC00 + final, 0xD7A4, 28)) for final in (4, 8, 17, 20)
)
"""All syllables that end in ㄴ, ㄹ, ㅂ and ㅆ."""

_ENDINGS: tuple[tuple[str, Level], ...] = (
    (rf"[{_WITH_P}](?:니다|니까|시오)|십시요", _only("합쇼체")),
    (r"십시다", _only("합쇼체")),
    (rf"[{_WITH_P}]시다", _mostly(None, "합쇼체", "하오체")),
    (r"[요죠]", _only("해요체")),
    (rf"시오|구려|구료|리다|[{_WITH_SS}없좋많같싫않높]소|(?:하|이|가|보|주|으|되|오|리)오", _only("하오체")),
    (r"그려", _mostly(None, "하오체", "해체")),
    (r"게나|[하보드으]세", _only("하게체")),
    (
        rf"니까|[{_WITH_L}](?:게|래)|잖아|거든|[다라냐자]고|[{_WITH_SS}]어|[좋않같많맞]아|거야|줘|봐|돼|둬|놔",
        _only("해체"),
    ),
    (rf"[{_WITH_SS}하되이]지|는데|은데", _only("해체")),
    (r"(?:[아어여려]|올라|지나|나|^|\s)가", _only("해체")),
    (rf"[{_WITH_N}{_WITH_SS}]대", _only("해체")),
    (r"네|군|구먼", _mostly("해체", "하게체")),
    (rf"[{_WITH_L}을]까", _mostly(None, "해체", "해라체")),
    (r"구나|냐|니|렴|려무나|[해하마아어오]라|[하가보]자|말자", _mostly("해라체", "해체")),
    (r"(?<![가-힣])마", _mostly("해체", "해라체")),
    (r"더라|[가나]", _mostly(None, "해체", "해라체", "하게체")),
    (r"게", _mostly(None, "해체", "하게체")),
    (r"다", _only("해라체")),
    (r"[해야워져려켜쳐셔와]", Level("해체", frozenset(LEVELS))),
)
_TABLE = tuple((re.compile(rf"(?:{ending})$"), level) for ending, level in _ENDINGS)


def level_of(sentence: str) -> Level:
    """Return what the ending of a sentence says of its speech level; UNKNOWN for nouns and other languages."""
    end = bare_end(sentence)
    if not end or _NOUN.search(end):
        return UNKNOWN
    return next((level for ending, level in _TABLE if ending.search(end)), UNKNOWN)


def spoken(pieces: Iterable[str]) -> list[str]:
    """Return the pieces that end like a sentence; a title or a label has no speech level."""
    return [piece for piece in pieces if ends_a_sentence(piece)]


def in_style(pieces: Iterable[str], style: str) -> tuple[int, int, int]:
    """Return how many sentences there are, how many are in the speech level, how many may be.

    `style`: a `demands.Style`, or 존댓말 (any polite one) or 반말 (any other).
    """
    wanted = {"존댓말": frozenset((*POLITE, "하오체")), "반말": frozenset(("해체", "해라체", "하게체"))}.get(
        style, frozenset((style,))
    )
    levels = [level_of(piece) for piece in pieces]
    return len(levels), sum(x.taken in wanted for x in levels), sum(not wanted.isdisjoint(x.possible) for x in levels)

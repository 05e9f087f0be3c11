"""Sentences of a text, under the readings that a careful person could choose (pure).

Where one sentence ends is often a matter of opinion: after "...", after an emoji, around a quotation, in a title. So
a text has two lists of sentences, and only what holds of both is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from judge.text.language import visible_text

_SMILEY = r"(?:[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B50\uFE0F\u200D^ㅋㅎㅠㅜ]|[:;]-?[)(DP])"
_CLOSER = r"[\"'”’」』)\]*_]"
_END = re.compile(
    rf"(?P<sure>[.?!。？！]{{1,9}}(?:{_CLOSER}|~|\s?{_SMILEY}){{0,9}}(?=\s))"
    rf"|(?P<perhaps>(?:\.{{2,9}}|…{{1,9}})(?:{_CLOSER}|{_SMILEY}){{0,9}}\s|(?:~|{_SMILEY}){{1,9}}\s|(?<=[다요까죠])[.?!](?=[가-힣]))"
)
"""An end of a sentence within a line."""
_SPACED_DOTS = re.compile(r"\.(?: \.){2,9}")
_DOTS = re.compile(r"\.{2,}|…")
_MARKED = re.compile(rf"(?:[.?!。？！…~]|{_SMILEY})(?:{_CLOSER}|\s|{_SMILEY}|~){{0,20}}$")
_PREDICATE = re.compile(r"(?:[다요죠까오]|[^아]니|[었았겠했]어|[았었]지|[하되]자|거야|군|네)$")
_QUOTATION = re.compile(
    r"“[^“”\n]{1,300}”|‘[^‘’\n]{1,300}’|「[^」\n]{1,300}」|『[^』\n]{1,300}』|\"[^\"\n]{1,300}\""
    r"|(?<![A-Za-z0-9])'[^'\n]{1,300}'(?![A-Za-z0-9])"
)
_ASIDE = re.compile(r"\([^()\n]{1,200}\)")
_QUOTED_IN = re.compile(
    r"[가-힣]|\s?[a-z,]|\s(?:하[고며는자더였]|했|라[고는며]|이라|같은|같이|처럼|따위|등|정도|외[치쳤]|묻|물[으었]|말[하했]|답[하했])"
)
"""After a quotation: it is part of the sentence around it."""
_CALL = re.compile(
    r"\s*(?:[가-힣]{1,5}(?:[아야]|이여|님|분|씨)|자|아+|오+|와+|음+|네|예|응|그래|글쎄|어머나?|이런|세상에)[.!]+\s*"
)
"""Calls somebody or cries out: a sentence to some and a part of the next to others."""
_TITLES = re.compile(r"(?<![A-Za-z.])(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|Jr|Sr|e\.g|i\.e|cf|Fig|[A-Z])\.")
_SHORT = r"(?<![A-Za-z.])(?:[ap]\.\s?m|[AP]\.\s?M|etc|[A-Z]\.[A-Z]|Co|Inc|Ltd)\."
"""Ends a sentence or not; only before a small letter it certainly does not."""
_DATE = re.compile(
    r"\d{4}\.\s?\d{1,2}\.(?:\s?\d{1,2}\.)?|(?<![\d.])\d{1,2}\.\s?\d{1,2}\.(?=\s?(?:\(|\d|부터|까지|[~-]|오[전후]|에|$))"
)
_AFTER_DATE = re.compile(r"\s*(?:[(\d~-]|오[전후]|[가-힣]요일|저녁|아침|새벽|밤|낮|정오|자정)|[^\s]|\s*$")
_LIST_NUMBER = re.compile(r"(?m)^[ \t>#*_]*\(?(?:\d{1,3}[.)]|[①-⑳])(?!\d|[ \t]\d{1,2}\.)[*_]*[ \t]*")
_NO_LETTER = re.compile(r"[\W_ㅋㅎㅠㅜ]")
TAIL = 80
"""Characters at the end of a piece that tell how it ends."""
_MARKS = " \t-*#>•·ㆍ|_"
_HIDDEN = "\ufffc"


class Sentences(NamedTuple):
    """The sentences of one text, read in two ways; signs around them are kept, marks of lists and headings are not."""

    fewest: list[str]
    """A quotation belongs to what is around it, "..." goes on, a line without an end is none or goes on."""
    most: list[str]
    """All that could be called a sentence."""


def read_sentences(text: str) -> Sentences:
    """Return the sentences of the visible text. Code is none of it."""
    plain = visible_text(text)
    return Sentences(list(_split(plain, few=True)), list(_split(plain, few=False)))


def fewest_sentences(text: str) -> list[str]:
    """Return the first of the two readings alone."""
    return list(_split(visible_text(text), few=True))


def _split(text: str, *, few: bool) -> Iterator[str]:
    masked = _masked(text, few=few)
    start, held = 0, False
    for line in re.finditer(r"[^\n]+|\n[ \t]*(?=\n)", masked):
        if not line[0].strip():  # a blank line ends whatever was going on
            start, held = line.end(), False
            continue
        start = start if held else line.start()
        for end in _END.finditer(masked, line.start(), line.end()):
            if few and (end["perhaps"] or _DOTS.fullmatch(end["sure"]) or _is_call(text, start, end.end())):
                continue
            yield from _piece(text[start : end.end()])
            start = end.end()
        rest = text[start : line.end()]
        held = few and not ends_a_sentence(rest[-TAIL:])
        if not held:
            yield from _piece(rest)


def _is_call(text: str, start: int, end: int) -> bool:
    return end - start <= 20 and _CALL.fullmatch(text, start, end) is not None


def _piece(text: str) -> Iterator[str]:
    piece = " ".join(text.split()).strip(_MARKS)
    if any(map(str.isalnum, piece)):
        yield piece


def ends_a_sentence(piece: str) -> bool:
    """Return whether a piece bears a mark at its end or ends in a predicate."""
    return ends_in_a_mark(piece) or _PREDICATE.search(bare_end(piece)) is not None


def ends_in_a_mark(piece: str) -> bool:
    """Return whether a piece bears a mark of its end: a full stop, an emoji, ..."""
    return _MARKED.search(piece.rstrip()[-TAIL:]) is not None


def without_quotations(text: str) -> str:
    """Return a text with the marks of sentence ends inside quotations hidden."""
    return _QUOTATION.sub(_hide, text)


def without_smileys(piece: str) -> str:
    """Return a piece without the emoji and smileys at its end."""
    return re.sub(rf"(?:\s?{_SMILEY}){{1,9}}$", "", piece)


def bare_end(piece: str) -> str:
    """Return the last words of a sentence without the signs behind its last letter."""
    end = re.sub(r"\([^()]*\)\W{0,9}$", "", piece.rstrip()[-TAIL:])
    while end and _NO_LETTER.match(end[-1]):
        end = end[:-1]
    return end


def _masked(text: str, *, few: bool) -> str:
    """The text with a sign that ends nothing for every dot that ends nothing. Its length stays."""
    text = re.sub(_SHORT if few else _SHORT + r"(?!\s+[A-Z])", _hide, _LIST_NUMBER.sub(_hide, text))
    text = _TITLES.sub(_hide, _SPACED_DOTS.sub(lambda m: "…" * len(m[0]), text))
    text = _DATE.sub(lambda m: _hide(m) if few or _AFTER_DATE.match(text, m.end()) else m[0], text)
    text = _ASIDE.sub(_hide, text) if few else text
    return _QUOTATION.sub(lambda m: _hide(m) if few or _QUOTED_IN.match(text, m.end()) else m[0], text)


def _hide(found: re.Match[str]) -> str:
    return re.sub(r"[.?!。？！…~]", _HIDDEN, found[0])

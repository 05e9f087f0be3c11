"""Lengths and parts of a text, with the span between a narrow and a wide way to count (pure)."""

from __future__ import annotations

import re
import unicodedata

from judge.demands import Part, Unit
from judge.text.code import FENCE
from judge.text.sentences import ends_in_a_mark, read_sentences

EMPHASIS = re.compile(r"\*\*|__|^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_RULE = re.compile(r"\s*(?:[-*_=]\s?){3,}\s*")
_FENCE_LINE = re.compile(r"\s*(?:```|~~~)\S*\s*")
_BULLET = r"[-*+•·ㆍ▪◦–]"
NUMBER = r"\(?\d{1,3}[.)](?![ \t]?\d)|[①-⑳]"
"""What numbers an item; 3.5 and 7. 1. number none."""
_ITEM = re.compile(rf"^(?P<indent>[ \t]*)(?:{_BULLET}[ \t]+|(?:{NUMBER})[ \t]*|(?P<tight>{_BULLET}))(?=\S)")
_WRAPPED = re.compile(r"\A[“\"'‘「『](?P<inner>[^“”\"‘’「」『』]*)[”\"'’」』]\Z")
_JOINED = re.compile(r"[\u200d\ufe0f\u0300-\u036f\U0001F3FB-\U0001F3FF]")
LONG_LINE = 20
"""Characters from which a line that ends like a sentence may be a paragraph of its own."""


def unwrapped(text: str) -> str:
    """Return the body of a fence that is the whole text, and any other text as it is."""
    fence = FENCE.fullmatch(text)
    return fence["body"].strip("\n") if fence else text


def lines_of(text: str) -> list[str]:
    """Return the lines that are not empty, without rules and fences."""
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not _RULE.fullmatch(line) and not _FENCE_LINE.fullmatch(line)]


def parts(text: str, part: Part) -> list[list[str]]:
    """Return the parts of a text under every fair way to divide it; what is certain holds of all."""
    plain = EMPHASIS.sub("", unwrapped(text))
    if part == "line":
        return [lines_of(plain)]
    if part == "sentence":
        read = read_sentences(plain)
        return [read.fewest, read.most]
    if part == "paragraph":
        return _paragraphs(unwrapped(text))
    return _items(plain)


def _paragraphs(text: str) -> list[list[str]]:
    """Blocks between empty lines, without headings; and with long lines as paragraphs of their own."""
    blocks = ["\n".join(lines_of(block)) for block in re.split(r"\n[ \t]*\n", text)]
    blocks = [block for block in blocks if block]
    bodies = [block for block in blocks if "\n" in block or not re.match(r"#{1,6} |\*\*[^*\n]+\*\*$|>", block)]
    single = [piece for block in blocks for piece in _long_lines(block)]
    return [[EMPHASIS.sub("", block) for block in way] for way in (bodies, blocks, single)]


def _long_lines(block: str) -> list[str]:
    lines = block.split("\n")
    long = all(len(line) >= LONG_LINE and ends_in_a_mark(line) for line in lines)
    return lines if long else [block]


def _items(text: str) -> list[list[str]]:
    """The items of the outer list, and of every list."""
    found = [(m, line) for line in text.split("\n") if (m := _ITEM.match(line))]
    if not found:
        return [[]]
    outer = min(len(m["indent"]) for m, _ in found)
    top = [line[m.end() :].strip() for m, line in found if len(m["indent"]) <= outer + 1 and not m["tight"]]
    return [top, [line[m.end() :].strip() for m, line in found]]


def span(text: str, unit: Unit) -> tuple[int, int]:
    """Return the least and the largest length of a text; marks of emphasis and headings are no characters."""
    plain = EMPHASIS.sub("", unwrapped(text)).strip()
    if unit in ("chars", "chars_nospace"):
        bare = re.sub(r"\n" if unit == "chars" else r"\s", "", plain)
        wrapped = _WRAPPED.match(bare)
        return len(_JOINED.sub("", wrapped["inner"] if wrapped else bare)), len(bare)
    if unit == "words":
        words = sum(any(map(str.isalnum, word)) for word in plain.split())
        return words, words
    named: dict[Unit, Part] = {"sentences": "sentence", "lines": "line", "paragraphs": "paragraph", "items": "item"}
    counts = [len(way) for way in parts(text, named[unit])]
    return min(counts), max(counts)


def nfc(text: str) -> str:
    """Return the composed form, in which lengths are counted."""
    return unicodedata.normalize("NFC", text)

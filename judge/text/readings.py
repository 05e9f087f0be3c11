"""What of an answer a demand may be meant for: all of it, or the text without its title, signature or worked solution.

"정확히 다섯 문장" says nothing of a title, and a person who counts leaves it out: a program must not be surer than
that. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from judge.text.code import FENCE
from judge.text.sentences import ends_a_sentence, ends_in_a_mark


class Reading(NamedTuple):
    """One way to read an answer."""

    text: str
    without: tuple[str, ...] = ()
    """What was left out, in Korean; nothing: the whole answer."""
    labels: bool = False
    """Nothing was left out but what nobody counts as a sentence."""


MOST = 4
"""Lines at either end that may be no part of the text proper."""
_MARKUP = "#*_`> \t[]【】<>"
_HEADED = re.compile(r"^\s*(?:#{1,6}\s|\*\*[^*\n]+\*\*\s*$|[\[【<][^\]】>\n]{1,40}[\]】>]\s*$|제목\s*[:：])")
_ADDRESS = re.compile(r"(?:께|에게|한테|님|분들?|여러분|귀하|귀중|[가-힣]{2,3}[아야])\s*[,，!:：]?$")
_GREETING = re.compile(r"^(?:안녕하세요|안녕하십니까|안녕|반갑습니다|반가워요)(?:[,\s]{1,2}[^.!?\n]{1,15})?[.!?~]?$")
_PREFACE = re.compile(
    r"[:：]$|^(?:네|물론|알겠|다음은|아래는|요청하신|여기)[^\n]{0,60}(?:입니다|드립니다|드릴게요|이에요|예요|있습니다)[.!:]$"
)
_SIGNED = re.compile(r"(?:드림|올림|씀|배상|보냄)\W*$")
_DATED = re.compile(r"^\W*\d{4}\s?[년.]\s?\d{1,2}\s?[월.]\s?\d{1,2}\s?[일.]?\W*$")
_COUNTED = re.compile(r"^\W*(?:총|공백|글자|전체|약|띄어쓰기)[^.\n]{0,16}\d+\s?(?:자|글자|문장|줄|단어|어절|개)\W*$")
_RULE = re.compile(r"^\s*(?:[-*_=]\s?){3,}$")
_ITEM = re.compile(r"^\s*(?:[-*+•·]|\(?\d{1,3}[.)]|[①-⑳])\s|^\s*\|")
_FINAL = re.compile(
    r"(?m)^[ \t#>*_\[【<]*"
    r"(?:최종\s?(?:답변?|답안|글|결과물?|[본안]|안내문|편지)|완성(?:본|된?\s?(?:글|답변?|안내문|편지|시)))"
    r"[ \t*_\]】>]*(?:[:：][ \t*_]*|$)"
    r"|^[ \t#>*_\[【<]*(?:정답|답변|답안|답|결과)[ \t*_\]】>]*[:：]?[ \t*_]*$"
)
"""A heading or label behind which the answer proper stands."""
_REMARK = re.compile(r"(?<!['\"\w])#[^\n]*|\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''")
_CODE_BLOCK = re.compile(r"(?i)py(?:thon)?3?|")


def readings(text: str) -> list[Reading]:
    """Return the whole text, then every other fair reading of it, without those that leave nothing.

    `text` has `\\n` alone as its line end and no white space at its ends.
    """
    found = [Reading(text)]
    headings = [
        heading
        for heading in _FINAL.finditer(text)
        if text[: heading.start()].strip() and text[heading.end() :].strip()
    ]
    if first := _FINAL.match(text):
        headings += [first] if text[first.end() :].strip() and not headings else []
    if headings:
        found.append(Reading(text[headings[-1].end() :].strip(), ("풀이",)))
    found += [reading for one in list(found) if (reading := _body(one)) is not None]
    return found


def without_remarks(text: str) -> Reading | None:
    """Return the text without comments and docstrings of its Python code; None where it has none."""

    def bare(block: re.Match[str]) -> str:
        return _REMARK.sub("", block[0]) if _CODE_BLOCK.fullmatch(block["language"]) else block[0]

    changed = FENCE.sub(bare, text)
    if "```" not in text and "~~~" not in text and re.search(r"(?m)^(?:def|class|import|from) ", text):
        changed = _REMARK.sub("", text)
    return Reading(changed, ("주석",)) if changed != text else None


def _body(reading: Reading) -> Reading | None:
    """A reading without title, salutation, preface, signature and remarks on itself."""
    lines = reading.text.split("\n")
    left_out: list[tuple[str, str]] = []
    while len(left_out) < MOST and (name := _opening(lines)):
        left_out.append((name, lines[0]))
        lines = _trimmed(lines[1:])
    while len(left_out) < 2 * MOST and (name := _closing(lines)):
        left_out.append((name, lines[-1]))
        lines = _trimmed(lines[:-1])
    if not left_out or not any(map(str.isalnum, "".join(lines))):
        return None
    names = dict.fromkeys(name for name, _ in left_out)
    labels = all(name in ("서명", "덧붙인 말") or not ends_a_sentence(line.strip(_MARKUP)) for name, line in left_out)
    return Reading("\n".join(lines), (*reading.without, *names), labels and not reading.without)


def _trimmed(lines: list[str]) -> list[str]:
    while lines and (not lines[0].strip() or _RULE.match(lines[0])):
        lines = lines[1:]
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines = lines[:-1]
    return lines


def _opening(lines: list[str]) -> str:
    """What the first line is, where it is no part of the text proper."""
    if len(lines) < 2:
        return ""
    line, bare, alone = lines[0], lines[0].strip(_MARKUP), not lines[1].strip()
    if _GREETING.match(bare):
        return "인사말"
    if re.fullmatch(r"(?:본문|내용)\s?[:：]?", bare):
        return "제목"
    if _PREFACE.search(bare) and len(bare) <= 80:
        return "머리말"
    if ends_in_a_mark(bare) and not (bare.endswith("!") and _ADDRESS.search(bare)):
        return ""
    if _ITEM.match(line) or _ITEM.match(bare):
        return ""
    if _HEADED.match(line):
        return "제목"
    if len(bare) > 40:
        return ""
    if _ADDRESS.search(bare) and len(bare) <= 25 and (alone or _mostly_marked(lines[1:])):
        return "부르는 말"
    several = alone or len(_written(lines)) > 2
    if alone and len(bare) <= 25 and ends_a_sentence(bare) and _mostly_marked(lines[1:]):
        return "제목"
    if ends_a_sentence(bare) or bare.endswith((",", "，")) or not several:
        return ""
    if _mostly_marked(lines[1:]) or (alone and _goes_on(lines[1:])):
        return "제목"
    return ""


def _closing(lines: list[str]) -> str:
    """What the last line is, where it is no part of the text proper."""
    if len(lines) < 2:
        return ""
    line = lines[-1].strip(_MARKUP)
    if re.match(r"(?:P\.?\s?S\b|추신)", line):
        return "추신"
    if _COUNTED.match(line):
        return "덧붙인 말"
    if len(line) <= 30 and (_SIGNED.search(line) or _DATED.match(line)):
        return "서명"
    before = lines[-2].strip()
    apart = not before or _DATED.match(before)
    if (
        apart
        and len(line) <= 20
        and not ends_a_sentence(line)
        and not _ITEM.match(lines[-1])
        and _mostly_marked(lines[:-1])
    ):
        return "서명"
    return ""


def _mostly_marked(lines: Iterable[str]) -> bool:
    """Whether lines bear marks at their ends as prose does, so that one without is something else."""
    written = _written(lines)
    return bool(written) and 2 * sum(ends_in_a_mark(line) for line in written) >= len(written)


def _written(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _goes_on(lines: list[str]) -> bool:
    """Whether a block of several lines follows, so that a line before it, alone, is its title."""
    block = _trimmed(lines)
    return len(block) > 1 and bool(block[1].strip())

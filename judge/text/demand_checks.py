"""Check an answer against the demands that its question ships as data (pure).

Used twice: by the rule judge, and as facts handed to a model that judges ("360~440자 요구, 실제 612자"), for
counting is what such models do worst. Any text is accepted and nothing of it is run.
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from judge.demands import (
    Acrostic,
    Code,
    Contains,
    Count,
    Demand,
    Ends,
    Excludes,
    Format,
    Part,
    Regex,
    Register,
    Starts,
    Unit,
)
from judge.text.code import has_code, python_error, unfenced_json
from judge.text.sentences import bare_ends, in_level, sentences

LONGEST = 20_000
"""Characters of an answer that a regular expression is tried on."""

_EMPHASIS = re.compile(r"\*\*|__|^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+•·]|\(?\d{1,3}[.)]|[①-⑳])[ \t]*(?=\S)")
_NUMBERED = re.compile(r"^[ \t]*(?:\(?\d{1,3}[.)]|[①-⑳])[ \t]*\S", re.MULTILINE)
_BULLETED = re.compile(r"^[ \t]*[-*+•·][ \t]+\S", re.MULTILINE)
_MARKDOWN = re.compile(r"\*\*|__|```|^[ \t]{0,3}#{1,6}[ \t]|^[ \t]*[-*+][ \t]+\S|^\|.*\|[ \t]*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"\|?[ \t]*:?-{1,}:?[ \t]*(?:\|[ \t]*:?-{1,}:?[ \t]*)*\|?")

_UNITS: dict[Unit, tuple[str, str]] = {
    "chars": ("글자 수(공백 포함)", "자"),
    "chars_nospace": ("글자 수(공백 제외)", "자"),
    "words": ("어절 수", "어절"),
    "sentences": ("문장 수", "문장"),
    "lines": ("줄 수", "줄"),
    "paragraphs": ("문단 수", "문단"),
    "items": ("항목 수", "개"),
}
_PARTS: dict[Part, str] = {"line": "줄", "sentence": "문장", "paragraph": "문단", "item": "항목"}


class Finding(NamedTuple):
    """What was found of one demand."""

    met: bool
    share: float
    """How far it is met, 0 to 1; 1 only where `met`."""
    fact: str
    """Demand, count and outcome in Korean, for a judge and for people."""


def check(demand: Demand, output: str) -> Finding:
    """Return how far `output` meets `demand`."""
    text = unicodedata.normalize("NFC", output).strip()
    match demand:
        case Count():
            return _count(demand, text)
        case Contains():
            return _contains(demand, text)
        case Excludes():
            used = [t for t in demand.texts if _nfc(t) in text]
            share = 1 - len(used) / len(demand.texts)
            return _found(not used, share, f"쓰지 말 표현 {_listed(demand.texts)}", f"쓴 것 {_listed(used) or '없음'}")
        case Starts() | Ends():
            return _edge(demand, text)
        case Acrostic():
            return _acrostic(demand, text)
        case Format():
            return _format(demand, text)
        case Register():
            return _register(demand, text)
        case Regex():
            have = sum(1 for _ in re.finditer(demand.pattern, text[:LONGEST], re.MULTILINE))
            met = _within(have, demand.min, demand.max)
            name = demand.says or f"정규식 {demand.pattern!r} {_bounds(demand.min, demand.max, '번')}"
            shown = f"찾은 곳 {have}군데" if demand.says else f"실제 {have}번"
            return _found(met, nearness(have, demand.min, demand.max), name, shown)
        case Code():
            fault = _code_fault(text)
            return _found(not fault, float(not fault), "파이썬 코드", fault or "문법 오류 없음")


def check_all(demands: Iterable[Demand], output: str) -> list[Finding]:
    """Return one Finding a demand, in order."""
    return [check(demand, output) for demand in demands]


def demand_facts(demands: Iterable[Demand], output: str) -> list[str]:
    """Return what a judge is told of the demands of one turn, a line each.

    They stand outside the fence of the answer, so they hold no more of its text than the first letters of its lines.
    """
    return [finding.fact for finding in check_all(demands, output)]


def parts(text: str, part: Part) -> list[str]:
    """Return the lines, sentences, paragraphs or list items of a text, without empty ones."""
    if part == "line":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if part == "sentence":
        return sentences(text)
    if part == "paragraph":
        return [piece.strip() for piece in re.split(r"\n[ \t]*\n", text) if piece.strip()]
    return [_ITEM.sub("", line).strip() for line in text.splitlines() if _ITEM.match(line)]


def size(text: str, unit: Unit) -> int:
    """Return the length of a text; marks of emphasis and headings are no characters."""
    plain = _EMPHASIS.sub("", text).strip()
    if unit == "chars":
        return len(re.sub(r"[\r\n]", "", plain))
    if unit == "chars_nospace":
        return len(re.sub(r"\s", "", plain))
    if unit == "words":
        return len(plain.split())
    named: dict[Unit, Part] = {"sentences": "sentence", "lines": "line", "paragraphs": "paragraph", "items": "item"}
    return len(parts(text, named[unit]))


def nearness(have: int, low: float | None, high: float | None, none_at: float | None = None) -> float:
    """Return 1 within the bounds, falling in straight lines to 0 at nothing and at `none_at` (None: twice `high`)."""
    if low is not None and have < low:
        return have / low
    if high is not None and have > high:
        return max(0.0, 1 - (have - high) / max((2 * high if none_at is None else none_at) - high, 1))
    return 1.0


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _found(met: bool, share: float, asked: str, have: str) -> Finding:
    return Finding(met, 1.0 if met else min(share, 0.99), f"{asked} 요구, {have} → {'지킴' if met else '어김'}")


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _within(have: int, low: int | None, high: int | None) -> bool:
    return (low is None or have >= low) and (high is None or have <= high)


def _bounds(low: int | None, high: int | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low}{unit}" if low == high else f"{low}~{high}{unit}"
    return f"{low}{unit} 이상" if low is not None else f"{high}{unit} 이하"


def _count(demand: Count, text: str) -> Finding:
    name, unit = _UNITS[demand.unit]
    wanted = _bounds(demand.min, demand.max, unit)
    if demand.each is None:
        have = size(text, demand.unit)
        met = _within(have, demand.min, demand.max)
        return _found(met, nearness(have, demand.min, demand.max), f"{name} {wanted}", f"실제 {have}{unit}")
    sizes = [size(part, demand.unit) for part in parts(text, demand.each)]
    off = [have for have in sizes if not _within(have, demand.min, demand.max)]
    share = 1 - len(off) / len(sizes) if sizes else 0.0
    asked = f"{_PARTS[demand.each]}마다 {name} {wanted}"
    return _found(bool(sizes) and not off, share, asked, _of_parts(demand.each, len(sizes), off, unit))


def _of_parts(part: Part, total: int, off: Sequence[int], unit: str) -> str:
    shown = "".join(f" {have}{unit}" for have in off[:3])
    return f"실제 {_PARTS[part]} {total}개 중 {len(off)}개 벗어남{shown and f'({shown.strip()})'}"


def _contains(demand: Contains, text: str) -> Finding:
    wanted = [_nfc(t) for t in demand.texts]
    missing = [t for t in wanted if t not in text]
    share = 1 - len(missing) / len(wanted)
    asked = f"{'이 순서로 ' if demand.ordered else ''}넣을 표현 {_listed(demand.texts)}"
    if missing or not demand.ordered:
        return _found(not missing, share, asked, f"빠진 것 {_listed(missing) or '없음'}")
    at, in_order = 0, 0
    for word in wanted:
        place = text.find(word, at)
        if place < 0:
            break
        at, in_order = place + len(word), in_order + 1
    met = in_order == len(wanted)
    return _found(met, in_order / len(wanted), asked, "순서대로 있음" if met else f"순서가 다름({in_order}개까지 맞음)")


def _edge(demand: Starts | Ends, text: str) -> Finding:
    plain = _EMPHASIS.sub("", text)
    found = parts(plain, demand.each) if demand.each else [plain.strip()]
    wanted = _nfc(demand.text)
    at_start = isinstance(demand, Starts)
    hits = sum(part.startswith(wanted) if at_start else part.endswith(wanted) for part in found)
    where = f"{_PARTS[demand.each]}마다 " if demand.each else ""
    asked = f"{where}{'첫머리' if at_start else '끝'} '{demand.text}'"
    have = f"실제 {len(found)}개 중 {hits}개" if demand.each else ("있음" if hits else "없음")
    return _found(bool(found) and hits == len(found), hits / max(len(found), 1), asked, have)


def _acrostic(demand: Acrostic, text: str) -> Finding:
    wanted = [letter for letter in _nfc(demand.text) if letter.isalnum()]
    heads = [next((c for c in line if c.isalnum()), "") for line in parts(_EMPHASIS.sub("", text), "line")]
    hits = sum(have == want for have, want in zip(heads, wanted, strict=False))
    share = hits / len(wanted) if wanted else 0.0
    shown = "".join(heads[: len(wanted) + 2])
    return _found(heads == wanted, share, f"줄 첫 글자 '{demand.text}'", f"실제 '{shown}'")


def _format(demand: Format, text: str) -> Finding:
    if demand.form == "json":
        return _json(demand, text)
    if demand.form == "markdown_table":
        return _table(demand, text)
    if demand.form == "plain":
        mark = _MARKDOWN.search(text)
        return _found(mark is None, 0.0, "마크다운 표시 없는 글", "표시 있음" if mark else "표시 없음")
    pattern, name = (_NUMBERED, "번호 목록") if demand.form == "numbered_list" else (_BULLETED, "글머리표 목록")
    have = len(pattern.findall(text))
    met = have == demand.rows if demand.rows is not None else have > 0
    asked = f"{name}{'' if demand.rows is None else f' {demand.rows}개'}"
    return _found(met, nearness(have, demand.rows or 1, demand.rows), asked, f"실제 {have}개")


def _json(demand: Format, text: str) -> Finding:
    keys = f"(키 {_listed(demand.keys)})" if demand.keys else ""
    asked = f"JSON{keys}{'' if demand.rows is None else f' {demand.rows}개'}"
    try:
        data: Any = json.loads(unfenced_json(text))
    except (ValueError, RecursionError):
        return _found(False, 0.0, asked, "JSON으로 읽을 수 없음")
    rows = data if isinstance(data, list) else [data]
    if demand.rows is not None and len(rows) != demand.rows:
        return _found(False, 0.5, asked, f"실제 {len(rows)}개")
    wrong = [row for row in rows if not isinstance(row, dict) or set(row) != set(demand.keys)] if demand.keys else []
    return _found(not wrong, 0.5, asked, f"키가 다른 것 {len(wrong)}개" if wrong else "JSON임")


def _table(demand: Format, text: str) -> Finding:
    columns = f"(열 {_listed(demand.columns)})" if demand.columns else ""
    asked = f"마크다운 표{columns}{'' if demand.rows is None else f' {demand.rows}행'}"
    lines = parts(text, "line")
    for head, rule, at in zip(lines, lines[1:], range(len(lines)), strict=False):
        if "|" in head and "-" in rule and _TABLE_RULE.fullmatch(rule):
            rows = 0
            for line in lines[at + 2 :]:
                if "|" not in line:
                    break
                rows += 1
            names = tuple(cell.strip(" \t*") for cell in head.strip("|").split("|"))
            same = not demand.columns or names == tuple(map(_nfc, demand.columns))
            met = same and (demand.rows is None or rows == demand.rows)
            return _found(met, 0.5, asked, f"실제 열 {len(names)}개{'' if same else '(이름이 다름)'}, {rows}행")
    return _found(False, 0.0, asked, "표 없음")


def _register(demand: Register, text: str) -> Finding:
    spoken = [s for s in sentences(text) if re.search(r"[.?!…~][\"'”’)\]]*$", s)]
    ends = bare_ends(spoken)
    hits = in_level(ends, demand.style)
    met = bool(ends) and hits == len(ends)
    return _found(met, hits / max(len(ends), 1), f"모든 문장 {demand.style}", f"실제 {len(ends)}문장 중 {hits}문장")


def _code_fault(text: str) -> str:
    """What is wrong with the Python in an answer; empty where it parses."""
    if "```" in text:
        error = python_error(text)
        return f"문법 오류({error})" if error else "" if has_code(text) else "코드 없음"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            body = ast.parse(text[:LONGEST]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "코드 없음"
    prose = all(isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call) for node in body)
    return "코드 없음" if prose else ""

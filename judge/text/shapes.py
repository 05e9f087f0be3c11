"""Is an answer JSON, a table, a list, plain text, Python? Yes, no, or not to be told (pure).

Each function returns whether the shape is there (None: can't say), the share of it that is, and what was found, in
Korean. Nothing of an answer is run.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from typing import Any, NamedTuple

from judge.demands import Format
from judge.text.code import FENCE, json_in
from judge.text.measures import EMPHASIS, NUMBER, nfc

LONGEST = 20_000
"""Characters of code that are parsed."""


class Shape(NamedTuple):
    """What was found of a shape."""

    met: bool | None
    share: float
    have: str


_NUMBERED = re.compile(rf"^([ \t]*)(?:{NUMBER})[ \t]*\S", re.MULTILINE)
_BULLETED = re.compile(r"^([ \t]*)[-*+•][ \t]+\S", re.MULTILINE)
_BULLETED_PERHAPS = re.compile(r"^[ \t]*(?:[-*+•·ㆍ▪◦–][ \t]*\S|[①-⑳])", re.MULTILINE)
_ORDINALS = re.compile(r"^[ \t]*(?:첫째|둘째|셋째|넷째|[가-하][.)]|\d{1,3}(?:번|단계))", re.MULTILINE)
_MARKDOWN = re.compile(
    r"(?<![\w*])\*\*(?=[^\s*])[^*\n]{1,300}?(?<=\S)\*\*(?!\w*\*)|^[ \t]{0,3}#{1,6}[ \t]+\S|^[ \t]*(?:```|~~~)"
    r"|^\|.*\|[ \t]*\n[ \t]*\|[ \t:|-]+\|",
    re.MULTILINE,
)
_MARKDOWN_PERHAPS = re.compile(
    r"\*\*|(?<!\w)\*|\*(?!\w)|__|`|~~|^[ \t]*(?:[-+>]|\d+[.)])[ \t]+\S|^\|.*\|[ \t]*$"
    r"|(?<!\w)_[^_\s][^_\n]*_(?!\w)",
    re.MULTILINE,
)
_TABLE_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_SUM_ROW = re.compile(r"[|\s*]*(?:합계|총계|소계|계|총합|평균)\b")
_LOOKS_PYTHON = re.compile(
    r"^[ \t]*(?:(?:async )?def \w+\(|class \w+[(:]|import \w+|from \w+ import |print\()", re.MULTILINE
)
_SESSION = re.compile(r"^\s*(?:>>>|\$ |%\w|!\w)", re.MULTILINE)


def shape(demand: Format, text: str) -> Shape:
    """Return whether a text has the shape."""
    match demand.form:
        case "json":
            return _json(demand, text)
        case "markdown_table":
            return _table(demand, text)
        case "plain":
            return _plain(text)
        case _:
            return _list(demand, EMPHASIS.sub("", text))


def _plain(text: str) -> Shape:
    if _MARKDOWN.search(text):
        return Shape(False, 0.0, "표시 있음")
    perhaps = _MARKDOWN_PERHAPS.search(text)
    return Shape(None if perhaps else True, 1.0, "표시 없음")


def _list(demand: Format, text: str) -> Shape:
    """Of the outer list, or of all lists in one another."""
    numbered = demand.form == "numbered_list"
    marks = [len(m[1]) for m in (_NUMBERED if numbered else _BULLETED).finditer(text)]
    least = sum(indent <= min(marks) + 1 for indent in marks)
    most = len(marks) if numbered else max(len(marks), len(_BULLETED_PERHAPS.findall(text)))
    if numbered and not marks and _ORDINALS.search(text):
        return Shape(None, 1.0, "")
    wanted = demand.rows
    kept = [have > 0 if wanted is None else have == wanted for have in (least, most)]
    share = max(_near(have, wanted) for have in (least, most))
    have = f"{least}개" if least == most else f"{least}~{most}개"
    between = wanted is not None and least < wanted < most
    return Shape(True if all(kept) else None if any(kept) or between else False, share, have)


def _near(have: int, wanted: int | None) -> float:
    if wanted is None:
        return float(have > 0)
    return max(0.0, 1 - abs(have - wanted) / max(wanted, 1))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


class _TwiceError(Exception):
    """A key stands twice: readers of JSON differ on what that means."""


def _json(demand: Format, text: str) -> Shape:
    fence = FENCE.fullmatch(text)
    if fence and fence["language"].lower() not in ("", "json", "json5", "jsonc"):
        return Shape(None, 1.0, "")
    try:
        body = (fence["body"] if fence else text).strip().lstrip("\ufeff")
        data: Any = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except _TwiceError:
        return Shape(None, 1.0, "")
    except (ValueError, RecursionError):
        around = "JSON 앞뒤에 다른 말이 있음" if json_in(text) else "JSON으로 읽을 수 없음"
        return Shape(False, 0.3 if json_in(text) else 0.0, around)
    rows = data if isinstance(data, list) else [data]
    if demand.rows is not None and len(rows) != demand.rows:
        inner = isinstance(data, dict) and any(isinstance(x, list) and len(x) == demand.rows for x in data.values())
        return Shape(None if inner else False, 0.5, f"{len(rows)}개")
    if not demand.keys:
        return Shape(True, 1.0, "JSON임")
    wanted = set(map(nfc, demand.keys))
    wrong = sum(not isinstance(row, dict) or set(map(nfc, row)) != wanted for row in rows)
    return Shape(not wrong, 0.5, f"키가 다른 것 {wrong}개" if wrong else "JSON임")


def _tables(text: str) -> list[tuple[list[str], list[str]]]:
    """The headings and the rows of every Markdown table; an empty line ends one."""
    found = []
    lines = [line.strip() for line in text.split("\n")]
    at = 0
    while at + 1 < len(lines):
        rule = lines[at + 1]
        if "|" in lines[at] and "-" in rule and _TABLE_RULE.fullmatch(rule):
            end = at + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            heads = [cell.strip(" \t*_`") for cell in lines[at].strip("|").split("|")]
            found.append((heads, lines[at + 2 : end]))
            at = end
        else:
            at += 1
    return found


def _table(demand: Format, text: str) -> Shape:
    tables = _tables(text)
    if not tables:
        perhaps = re.search(r"<table|\t\S+\t|^[ \t]*\|[^\n]*\|[ \t]*$|^\+-+\+", text, re.MULTILINE | re.IGNORECASE)
        return Shape(None if perhaps else False, 1.0 if perhaps else 0.0, "표 없음")
    wanted = list(map(nfc, demand.columns))
    loose = len(re.findall(r"^[ \t]*\|[^\n]*\|[ \t]*$", text, re.MULTILINE)) - sum(2 + len(rows) for _, rows in tables)
    best = Shape(False, 0.5, "")
    for heads, rows in tables:
        same = not wanted or heads == wanted
        likely = same or (len(heads) == len(wanted) and all(w in h for w, h in zip(wanted, heads, strict=True)))
        fits = demand.rows is None or len(rows) == demand.rows
        sums = sum(_SUM_ROW.match(row) is not None for row in rows)
        if same and fits:
            return Shape(True, 1.0, f"열 {len(heads)}개, {len(rows)}행")
        if likely and (fits or demand.rows in (len(rows) - sums, len(rows) + loose)):
            best = Shape(None, 1.0, "")
        elif best.met is False and not best.have:
            best = Shape(False, 0.5, f"열 {len(heads)}개{'' if same else '(이름이 다름)'}, {len(rows)}행")
    return best


def python(text: str) -> Shape:
    """Return whether Python stands in a fence, or is the whole text, and parses."""
    blocks = [(m["language"].lower(), m["body"]) for m in FENCE.finditer(text)]
    if not blocks:
        return _unfenced(text)
    outcomes: list[str] = []
    for language, body in blocks:
        named = language in ("python", "py", "python3")
        if not body.strip() or (language and not named):
            continue
        if _SESSION.search(body):
            return Shape(None, 1.0, "")
        fault = _fault(body)
        if fault and not named and not _LOOKS_PYTHON.search(body):
            continue  # output, another language
        outcomes.append(fault)
    if not outcomes:
        return Shape(False, 0.0, "파이썬 코드 없음")
    broken = [fault for fault in outcomes if fault]
    if not broken:
        return Shape(True, 1.0, "문법 오류 없음")
    return Shape(False if len(broken) == len(outcomes) else None, 0.5, broken[0])


def _unfenced(text: str) -> Shape:
    fault = _fault(text)
    if not fault:
        return Shape(True, 1.0, "문법 오류 없음")
    return Shape(None if _LOOKS_PYTHON.search(text) else False, 0.0, "코드 없음")


def _fault(body: str) -> str:
    """What is wrong with a piece of Python; empty where it parses and says more than a name or a text."""
    if len(body) > LONGEST:
        return "너무 김"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            found = ast.parse(textwrap.dedent(body)).body
    except SyntaxError as error:
        return f"문법 오류({error.msg})"
    except (ValueError, RecursionError, MemoryError):
        return "읽을 수 없음"
    prose = all(isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call) for node in found)
    return "코드 없음" if prose else ""

"""Demands in Korean, as a judge and people are told of them (pure)."""

from __future__ import annotations

from collections.abc import Sequence

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
    Politeness,
    Regex,
    Register,
    Starts,
    Unit,
)

UNITS: dict[Unit, tuple[str, str]] = {
    "chars": ("글자 수(공백 포함)", "자"),
    "chars_nospace": ("글자 수(공백 제외)", "자"),
    "words": ("어절 수", "어절"),
    "sentences": ("문장 수", "문장"),
    "lines": ("줄 수", "줄"),
    "paragraphs": ("문단 수", "문단"),
    "items": ("항목 수", "개"),
}
"""What is counted, and the counting word."""
PARTS: dict[Part, str] = {"line": "줄", "sentence": "문장", "paragraph": "문단", "item": "항목"}


def asked(demand: Demand | Politeness) -> str:
    """Return what a demand asks for."""
    match demand:
        case Count():
            name, unit = UNITS[demand.unit]
            return f"{_each(demand.each)}{name} {bounds(demand.min, demand.max, unit)}"
        case Contains():
            return f"{'이 순서로 ' if demand.ordered else ''}넣어야 할 표현 {listed(demand.texts)}"
        case Excludes():
            return f"쓰지 말아야 할 표현 {listed(demand.texts)}"
        case Starts() | Ends():
            return f"{_each(demand.each)}{'첫머리' if isinstance(demand, Starts) else '끝'} '{demand.text}'"
        case Acrostic():
            return f"줄 첫 글자 '{demand.text}'"
        case Register() | Politeness():
            return f"모든 문장 {demand.style}"
        case Regex():
            return demand.says or f"정규식 {demand.pattern!r} {bounds(demand.min, demand.max, '번')}"
        case Code():
            return "파이썬 코드"
        case Format():
            return _format_asked(demand)


def _format_asked(demand: Format) -> str:
    rows = demand.rows
    match demand.form:
        case "json":
            keys = f"(키 {listed(demand.keys)})" if demand.keys else ""
            return f"JSON{keys}{'' if rows is None else f' {rows}개'}"
        case "markdown_table":
            columns = f"(열 {listed(demand.columns)})" if demand.columns else ""
            return f"마크다운 표{columns}{'' if rows is None else f' {rows}행'}"
        case "plain":
            return "마크다운 표시 없는 글"
        case _:
            name = "번호 목록" if demand.form == "numbered_list" else "글머리표 목록"
            return f"{name}{'' if rows is None else f' {rows}개'}"


def _each(part: Part | None) -> str:
    return f"{PARTS[part]}마다 " if part else ""


def listed(texts: Sequence[str]) -> str:
    """Return texts in quotation marks."""
    return ", ".join(f"'{text}'" for text in texts)


def bounds(low: int | None, high: int | None, unit: str) -> str:
    """Return "3개", "3~5개", "3개 이상" or "5개 이하"."""
    if low is not None and high is not None:
        return f"{low}{unit}" if low == high else f"{low}~{high}{unit}"
    return f"{low}{unit} 이상" if low is not None else f"{high}{unit} 이하"

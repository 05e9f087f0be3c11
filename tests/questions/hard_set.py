"""The rows of the hard set as the tests read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from judge.files import read_lines

ROOT = Path(__file__).resolve().parents[2]
HARD = ROOT / "questions" / "hard.jsonl"
KEYS = ["id", "category", "questions", "references", "answer_language", "difficulty", "skill", "rubric", "checks"]

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One line of the set; every list has one element a turn."""

    id: int
    category: str
    questions: tuple[str, ...]
    references: tuple[str | None, ...]
    answer_language: tuple[str, ...]
    difficulty: str
    skill: str
    rubric: tuple[str | None, ...]
    checks: tuple[list[dict[str, Any]], ...]
    cases: tuple[list[dict[str, str]], ...] = ()


def raw_rows() -> list[dict[str, Any]]:
    return [line.data for line in read_lines(HARD)]


def load() -> dict[int, Row]:
    """Return the rows by id; of two rows with one id the last (uniqueness is a claim of its own)."""
    rows: list[dict[str, Any]] = [{k: tuple(v) if isinstance(v, list) else v for k, v in r.items()} for r in raw_rows()]
    return {row["id"]: Row(**row) for row in rows}


def only(found: Iterable[T]) -> T:
    """Return the single element; a puzzle with no or several solutions fails here."""
    solutions = list(found)
    assert len(solutions) == 1, f"{len(solutions)} solutions: {solutions[:5]}"
    return solutions[0]


def integers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


def table(text: str) -> list[list[str]]:
    """Return the body rows of the Markdown table in `text` (heading and rule left out)."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def says(row: Row, turn: int, *phrases: str) -> None:
    """Hold a program to its text: each condition that it encodes must stand in the turn (counted from 1)."""
    text = " ".join(row.questions[turn - 1].split())
    missing = [phrase for phrase in phrases if " ".join(phrase.split()) not in text]
    assert missing == [], f"{row.id}, turn {turn} no longer says {missing}"


def fenced(text: str) -> str:
    """Return the one fenced Python block in `text`."""
    return str(only(re.findall(r"```python\n(.*?)```", text, re.S)))

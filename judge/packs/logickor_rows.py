"""LogicKor's questions.jsonl -> rows of a question set. Pure.

    {"id": 3, "category": "추론(Reasoning)", "questions": ["...", "...", "..."], "references": ["...", null]}

Its categories carry a Latin gloss. Its generator asks the first two questions of a row and no more, so a row that has
more questions than references (question 3) is a conversation of two turns.
"""

from __future__ import annotations

import re
from typing import Any

from judge.text.language_rule import demanded_language
from judge.wording import Note

TURNS = 2
"""How many questions of a row LogicKor asks."""

_KEYS = {"id", "category", "questions", "references"}


def looks_upstream(data: dict[str, Any]) -> bool:
    """Say whether a row is one of LogicKor's questions.jsonl: its four keys, and a category with a gloss."""
    category = data.get("category")
    return data.keys() == _KEYS and isinstance(category, str) and category_name(category) != category


def question_row(data: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return a row of ours, and what was left out of it.

    The languages are read off the words. Only what LogicKor asks is kept; any other fault of the row stays one.
    """
    texts, references = data["questions"], data["references"]
    row = data | {"category": category_name(data["category"])}
    note = None
    if isinstance(texts, list) and len(texts) > TURNS and isinstance(references, list) and len(references) == TURNS:
        name, number = data["id"], len(texts)
        note = Note(
            f"question {name}: {number} texts in the file, the first {TURNS} are asked, as LogicKor does",
            f"문항 {name}: 파일에 글이 {number}개 있으나 LogicKor처럼 앞의 {TURNS}개만 물음",
        )
        texts = row["questions"] = texts[:TURNS]
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        row["answer_language"] = [demanded_language(text, row["category"]) for text in texts]
    return row, note


_GLOSS = re.compile(r"(.*[가-힣].*?)\s*\([A-Za-z][A-Za-z0-9 /&,.'-]*\)")


def category_name(text: str) -> str:
    """Return a category without its Latin gloss: 추론(Reasoning) is 추론; any other bracket stays."""
    found = _GLOSS.fullmatch(text.strip())
    return found[1] if found else text.strip()

"""Small files of saved verdicts for the tests of what is published."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

SIX = ("추론", "수학", "글쓰기", "코딩", "이해", "문법")
QUESTIONS = 18

Score = Callable[[int, int], float | None]
"""(question id, turn) -> the score; None: the call has failed."""


def level(base: float) -> Score:
    """Scores around a level, other ones for other questions."""
    return lambda number, turn: min(10.0, max(0.0, base + (number * 7 + turn * 3) % 5 - 2))


def evaluated(
    folder: Path,
    model: str,
    strategy: str,
    score: Score,
    *,
    categories: Sequence[str] = SIX,
    words: str = "물음",
    questions: int = QUESTIONS,
) -> Path:
    """Write evaluated/<model>/<strategy>.jsonl below `folder` and return it."""
    path = folder / "evaluated" / model / f"{strategy}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(1, questions + 1):
        row = {"id": number, "category": categories[number % len(categories)], "references": [None, None]}
        row |= {"questions": [f"{words} {number}?", "더 알려 줘."], "outputs": ["답변입니다.", "덧붙입니다."]}
        for turn, key in enumerate(("query_single", "query_multi"), start=1):
            given = score(number, turn)
            failed = {"judge_message": "Impossible to judge", "judge_score": 0.0}
            row[key] = failed if given is None else {"judge_message": "평가", "judge_score": given}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

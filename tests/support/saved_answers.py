"""Answers as another tool has saved them: 42 questions of two turns under three strategies, 252 verdicts to come."""

from __future__ import annotations

import json
from pathlib import Path

CATEGORIES = ("추론", "수학", "글쓰기", "코딩", "이해", "문법")
STRATEGIES = {"default": "0-shot", "1-shot": "1-shot", "cot-1-shot": "cot-1-shot"}
"""LogicKor's name of a strategy -> ours."""
QUESTIONS = 42


def write_answers(folder: Path) -> Path:
    """Write one file a strategy in LogicKor's form; no two answers are alike."""
    folder.mkdir(parents=True)
    for strategy in STRATEGIES:
        lines = [json.dumps(_row(number, strategy), ensure_ascii=False) for number in range(1, QUESTIONS + 1)]
        (folder / f"{strategy}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _row(number: int, strategy: str) -> dict[str, object]:
    said = f"{number}번 질문을 {strategy} 방식으로 풀어 보겠습니다."
    return {
        "id": number,
        "category": CATEGORIES[(number - 1) * len(CATEGORIES) // QUESTIONS],
        "questions": [f"{number}에 3을 더하면 얼마인가요?", "그 수를 두 배로 하면 얼마인가요?"],
        "outputs": [f"{said} 답은 {number + 3}입니다.", f"{said} 두 배는 {2 * number + 6}입니다."],
        "references": [str(number + 3), None],
    }

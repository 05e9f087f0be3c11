"""LogicKor files made up for the tests of the verbs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

ENGLISH = "Here is a short introduction to the dish, its taste and the recipe you asked for."
KOREAN = "물어보신 요리는 김치찌개로, 잘 익은 김치와 돼지고기를 넣고 끓여 맛이 깊습니다."
WORDS = ("요리를 소개해 줘.", "더 알려 줘.")
QUESTIONS = 24


def evaluated(
    root: Path,
    model: str,
    strategy: str,
    level: float,
    output: str = KOREAN,
    seed: int = 0,
    words: tuple[str, str] = WORDS,
) -> Path:
    """Write an evaluated/ file of two turns a question; scores around `level`."""
    generator = np.random.default_rng(seed)
    path = root / "evaluated" / model / f"{strategy}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for n in range(1, QUESTIONS + 1):
        hard = np.random.default_rng(n).normal(0, 2)
        first, second = (
            {
                "judge_message": "평가",
                "judge_score": float(np.clip(round(level + hard + generator.normal(0, 1)), 1, 10)),
            }
            for _ in range(2)
        )
        row = {"id": n, "category": ["추론", "수학", "문법"][n % 3], "questions": list(words)}
        row |= {"outputs": [f"{output} {n}", output], "references": [None, None]}
        lines.append(json.dumps(row | {"query_single": first, "query_multi": second}, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

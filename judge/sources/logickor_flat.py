"""LogicKor rows with their two verdicts side by side, as Marker-Inc's Logickor-Gemma2-Eval writes them. Pure.

results/<model>_<n>.jsonl   id category questions references single_outputs single_judge_message single_judge_score
                            multi_outputs multi_judge_message multi_judge_score (of two turns)
                            outputs, a text, in place of single_outputs (of one turn)
"""

from __future__ import annotations

import re
from typing import Any

from judge.sources.place import FirstRow

RUN_NUMBER = re.compile(r"_\d+$")
"""What stands behind the model in a file's name."""


def is_flat(row: FirstRow) -> bool:
    """Whether a row is such a one."""
    return "single_judge_score" in row and ("single_outputs" in row or isinstance(row.get("outputs"), str))


def unfolded(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as LogicKor's `evaluated/` has it; any other row as it is."""
    if not is_flat(row):
        return row
    outputs = [row[key] for key in ("single_outputs", "outputs", "multi_outputs") if row.get(key) is not None]
    verdicts = {
        f"query_{turn}": {"judge_message": row.get(f"{turn}_judge_message"), "judge_score": row[f"{turn}_judge_score"]}
        for turn in ("single", "multi")
        if row.get(f"{turn}_judge_score") is not None
    }
    return {**row, "outputs": outputs, **verdicts}

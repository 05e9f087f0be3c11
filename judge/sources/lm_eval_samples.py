"""What lm-evaluation-harness logs beside its results (`samples_*.jsonl`): told by its rows, and not read."""

from __future__ import annotations

from pathlib import Path

from judge.sources.place import FileFormat, FirstRow, Place, Unread


def _recognise(path: Path, first: FirstRow) -> Place | None:
    if not {"doc_id", "doc", "resps"} <= first.keys():
        return None
    mend = "its results_*.json go on a card: kojudge card PATH --lm-eval results.json"
    return Unread(path, "samples of lm-evaluation-harness", mend)


FORMAT = FileFormat(verdicts="", answers="", recognise=_recognise)

"""Run folders in which every text and every name is one of the hostile payloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from judge.config import GenerateConfig, JudgeConfig
from judge.records import Answer, Failure, Judgment, Usage
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.text.digests import answer_digest
from tests.support.hostile import PAYLOADS, SHORT

JUDGES = 5
"""Payloads share judges, or every board would have one row."""


def storable(text: str) -> str:
    """Files hold Unicode; half a character cannot be in one."""
    return text.encode("utf-8", "replace").decode()


def write_runs(folder: Path) -> dict[str, str]:
    """Write one run a payload below `folder` and return the payloads by the hash of the item they are in."""
    found = {}
    short = list(SHORT.values())
    for number, (name, payload) in enumerate(PAYLOADS.items()):
        text = storable(payload)
        model = storable(short[number % len(short)]) if name in SHORT else f"long {name}"
        strategy = storable(short[(number * 7) % len(short)]) if number % 3 == 0 else "0-shot"
        judge = storable(short[number % JUDGES * 9])
        category = storable(short[number % 11])
        _write_run(RunFolder(folder / f"run-{number}"), number, text, model, strategy, judge, category)
        found[f"#item={part(model)}/{part(strategy)}/{number}"] = text
    return found


def part(text: str) -> str:
    """Return a name as a link of the page spells it."""
    return quote(text, safe="!'()*-._~")


def _write_run(run: RunFolder, number: int, text: str, model: str, strategy: str, judge: str, category: str) -> None:
    config = GenerateConfig(model=model, questions="q", strategies={strategy: "s"})
    judging = JudgeConfig(judge=judge, template="t")
    answer = Answer(
        id=number,
        category=category,
        questions=(f"질문 {text}", text),
        outputs=(text, f"답 {text}"),
        references=(text, None),
        reasoning=(text, None),
        cut=("", text),
        finish_reasons=("stop", "length"),
        model=model,
        strategy=strategy,
    )
    common: dict[str, Any] = {
        "id": number,
        "judge": judge,
        "category": category,
        "model": model,
        "strategy": strategy,
        "judge_digest": judging.digest(),
    }
    with run.writing():
        run.begin(config, [ExpectedQuestion(id=number, category=category, turns=2)], 1)
        run.note_judge(judging)
        run.add_usage("generate", Usage(), (text[:300],))
        run.add_answer(answer)
        run.add_outcome(
            Judgment(**common, turn=1, score=7.0, comment=text, reasoning=text, answer_digest=answer_digest(answer, 1))
        )
        run.add_outcome(Failure(**common, turn=2, kind="refusal", detail=text, answer_digest=answer_digest(answer, 2)))

"""`benchmarks/judge_prompts.py` counts what a judge does: against a judge on a real socket whose replies are known."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.programs import benchmark
from tests.support.wire import Request, Response, Wire, chat


@pytest.fixture(scope="module")
def program() -> ModuleType:
    return benchmark("judge_prompts")


def figures(program: ModuleType, tmp_path: Path, *options: str, judge: Any) -> tuple[dict[str, Any], int]:
    """Return the figures under the prompts of today and how many requests were made."""
    written = tmp_path / "figures.json"
    with Wire(judge) as wire:
        words = ["--judge", "j", "--judge-base-url", wire.url, "--only", "current", "--json", str(written)]
        assert program.main([*words, "--levels", "high", "middle", *options]) == 0
        requests = len(wire.requests)
    [found] = json.loads(written.read_text(encoding="utf-8"))
    return found, requests


def test_order_zeros_and_the_gain_of_an_injected_order(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first question of the samples: 0 and 7 for the high answers, 3 and 3 for the middle ones, 10 where told so."""
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    rows = (program.SAMPLES / "hand-written" / "high" / "0-shot.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = json.loads(rows[0])["outputs"]

    def judge(request: Request) -> Response:
        told = any(order in request.last for order in program.ORDERS)
        score = 10 if told else 7 if second in request.last else 0 if first in request.last else 3
        mark = request.last.rsplit("[[", 1)[1].split(":")[0]
        return chat(f"평가: 음\n[[{mark}: {score}]]")

    found, requests = figures(program, tmp_path, "--limit", "1", judge=judge)
    assert requests == found["requests"] == 6
    assert (found["parsed"], found["zeros"], found["not_zero"]) == (1.0, 1, 4)
    assert (found["right"], found["equal"], found["reversed"]) == (1, 0, 1)
    assert (found["injected"], found["pairs"]) == (7.0, 2)
    assert found["tokens_in"] > 0
    assert found["marked"] == 1.0
    assert "zeros     1 of 4" in capsys.readouterr().out


def test_a_reply_without_a_score_is_counted_and_is_no_number(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    found, requests = figures(
        program,
        tmp_path,
        "--limit",
        "1",
        judge=lambda r: chat("평가: 음\n점수: 5" if r.number % 2 else "모르겠습니다."),
    )
    assert requests == 6
    assert found["parsed"] == 0.5
    assert found["zeros"] == 0


def test_gold_scores_are_there_for_every_sample(program: ModuleType) -> None:
    gold = program.gold_scores()
    for level in program.LEVELS:
        for strategy in ("0-shot", "1-shot", "cot-1-shot"):
            text = (program.SAMPLES / "hand-written" / level / f"{strategy}.jsonl").read_text(encoding="utf-8")
            rows = [json.loads(line) for line in text.splitlines()]
            assert all((level, (strategy, row["id"], turn)) in gold for row in rows for turn in (1, 2))

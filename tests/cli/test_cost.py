"""Costs and batches through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.records import Judgment
from judge.runs.folder import RunFolder
from tests.support.batch_wire import BatchServer, reply
from tests.support.wire import Request, Response, Wire, chat

PRICES = ["--price-in", "10", "--price-out", "100"]


def answer(request: Request) -> Response:
    """7 tokens in, 3 out."""
    return chat("평가: 음\n점수: 4")


def test_a_dry_run_needs_no_key_and_asks_and_writes_nothing(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(p.name for p in run.path.rglob("*"))
    assert main(["judge", str(run.path), "--judge", "gpt-4o", "--dry-run", *PRICES]) == 0
    out = capsys.readouterr().out
    assert "judge gpt-4o: 6 requests, about " in out
    assert "about 1,800 out; about $" in out
    assert sorted(p.name for p in run.path.rglob("*")) == before


def test_a_dry_run_of_saved_answers_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": 1, "category": "추론", "questions": ["가?", "나?"], "outputs": ["", "답"], "references": [None, None]}
    path = tmp_path / "org" / "m" / "0-shot.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    assert main(["judge", str(path), "--judge", "gpt-4o", "--dry-run", "--out", str(tmp_path / "out")]) == 0
    assert "1 request," in capsys.readouterr().out, "the empty answer is not sent"
    assert not (tmp_path / "out").exists()


def test_the_cost_is_said_at_the_end(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with Wire(answer) as wire:
        assert main(["judge", str(run.path), "--judge", "j", "--base-url", wire.url, *PRICES]) == 0
    assert "judge j: 6 requests, 42 tokens in, 18 out, $0.0022" in capsys.readouterr().err


def test_max_cost_stops_cleanly_and_a_higher_one_goes_on(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with Wire(answer) as wire:
        command = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, *PRICES, "--judge-concurrency", "1"]
        assert main([*command, "--max-cost", "0.0002"]) == 1
        assert not wire.requests, "one request may cost more than that"
        assert "stopped at --max-cost" in capsys.readouterr().err
        assert main([*command, "--max-cost", "1"]) == 0
        assert len(wire.requests) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--max-cost", "5"], "--price-in"),
        (["--max-cost", "much", *PRICES], "no sum of money"),
        (["--price-in", "1"], "--price-out"),
        (["--prices", "no.yaml"], "no such file"),
    ],
)
def test_bad_prices_are_one_line(
    options: list[str], words: str, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(answer) as wire:
        assert main(["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q", *options]) == 2
        assert not wire.requests, "said before anything is paid for"
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert words in told[0]


def test_an_offline_runner_reads_our_requests_and_we_read_its_results(run: RunFolder, tmp_path: Path) -> None:
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    command = ["judge", str(run.path), "--judge", "j", "-q"]
    assert main([*command, "--batch-export", str(requests)]) == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in requests.read_text("utf-8").splitlines()]
    assert len(rows) == 6
    with results.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            reply = json.loads(chat(f"평가: 음\n점수: {number + 1}", model="offline").body)
            response = {"status_code": 200, "request_id": "r", "body": reply}
            line = {"id": f"b{number}", "custom_id": row["custom_id"], "response": response, "error": None}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    with Wire(answer) as wire:
        assert main([*command, "--base-url", wire.url, "--batch-import", str(results)]) == 0
        assert not wire.requests
    scores = {o.digest: o.score for o in run.outcomes("j", "0-shot") if isinstance(o, Judgment)}
    assert [scores[row["custom_id"]] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_batches_are_refused_for_the_rule_judge(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", str(run.path), "--judge", "rules", "--batch", "-q"]) == 2
    assert "endpoint" in capsys.readouterr().err


def test_a_batch_judges_the_run_at_half_the_price(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    server = BatchServer(lambda body: reply("평가: 음\n점수: 4"))
    with Wire(server, chat_only=False) as wire:
        command = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, *PRICES]
        assert main([*command, "--batch", "--batch-poll", "0.05"]) == 0
        asked = [request for request in wire.requests if request.path.endswith("/chat/completions")]
    assert not asked
    assert "6 requests (6 in batches at half the price)" in capsys.readouterr().err
    assert [o.score for o in run.outcomes("j", "0-shot") if isinstance(o, Judgment)] == [4] * 6

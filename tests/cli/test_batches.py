"""Batches through the command line: never paid twice, never at the full price unasked, those of several runs at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.records import Judgment
from judge.runs.folder import RunFolder
from tests.support.batch_wire import BatchServer, refusal, reply
from tests.support.small_run import answered
from tests.support.wire import Request, Response, Wire, chat

GOOD = "평가: 음\n점수: 4"


def ordinary(request: Request) -> Response:
    """Return a verdict at the full price."""
    return chat("평가: 음\n점수: 5")


def command(run: RunFolder, wire: Wire, *options: str) -> list[str]:
    return ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, *options]


def scores(run: RunFolder) -> list[float]:
    return [o.score for o in run.outcomes("j", "0-shot") if isinstance(o, Judgment)]


def leave_a_batch(run: RunFolder, wire: Wire, server: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a batch sent, and the client killed before it has ended."""

    async def killed(seconds: float) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr("judge.stages.batches.asyncio.sleep", killed)
        assert main(command(run, wire, "--batch", "-q")) == 130
    assert len(server.batches) == 1


def test_a_batch_under_way_is_not_paid_again_without_batch_and_picked_up_with_it(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = BatchServer(lambda body: reply(GOOD), ordinary=ordinary, looks=9)
    with Wire(server, chat_only=False) as wire:
        leave_a_batch(run, wire, server, monkeypatch)
        capsys.readouterr()
        assert main(command(run, wire, "-q")) == 2
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 1
        assert "batch batch_1 of judge j (6 requests" in told[0]
        assert "--batch picks it up" in told[0]
        assert "chat" not in server.steps
        assert scores(run) == []
        server.looks = 1
        assert main(command(run, wire, "-q", "--batch", "--batch-poll", "0.01")) == 0
        assert main(command(run, wire, "-q")) == 0
    assert len(server.batches) == 1
    assert "chat" not in server.steps
    assert scores(run) == [4] * 6


def test_the_file_that_is_named_can_be_removed_to_ask_at_once(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = BatchServer(lambda body: reply(GOOD), ordinary=ordinary)
    with Wire(server, chat_only=False) as wire:
        leave_a_batch(run, wire, server, monkeypatch)
        capsys.readouterr()
        assert main(command(run, wire, "-q")) == 2
        Path(capsys.readouterr().err.split("remove ")[1].strip()).unlink()
        assert main(command(run, wire, "-q")) == 0
    assert scores(run) == [5] * 6


@pytest.mark.parametrize("ends", ["failed", "expired", "cancelled", "completed"])
def test_a_batch_that_came_to_nothing_stops_the_judge_until_the_user_says_how_to_go_on(
    ends: str, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    server = BatchServer(lambda body: refusal(500, "no"), ends=ends, ordinary=ordinary)
    with Wire(server, chat_only=False) as wire:
        assert main(command(run, wire, "--batch", "--batch-poll", "0.01")) == 1
        assert "6 verdicts are still owed; --batch again sends them in another batch" in capsys.readouterr().err
        assert "chat" not in server.steps
        server.answer, server.ends = (lambda body: reply(GOOD) if "chat" in str(server.steps) else None), "expired"
        assert main(command(run, wire, "-q")) == 0
    assert scores(run) == [5] * 6


def test_what_an_expired_batch_has_done_is_kept_and_another_does_the_rest(run: RunFolder) -> None:
    done: list[int] = []

    def half(body: object) -> object:
        done.append(1)
        return reply(GOOD) if len(done) % 2 else None

    server = BatchServer(half, ends="expired")  # type: ignore[arg-type]
    with Wire(server, chat_only=False) as wire:
        assert main(command(run, wire, "-q", "--batch", "--batch-poll", "0.01")) == 1
        assert scores(run) == [4] * 3
        server.ends, server.answer = "completed", lambda body: reply(GOOD)
        assert main(command(run, wire, "-q", "--batch", "--batch-poll", "0.01")) == 0
    assert [batch["request_counts"]["total"] for batch in server.batches] == [6, 3]
    assert scores(run) == [4] * 6


def test_what_a_finished_batch_left_is_asked_at_once(run: RunFolder) -> None:
    done: list[int] = []

    def mostly(body: object) -> object:
        done.append(1)
        return reply("점수를 매기지 않겠습니다." if len(done) == 1 else GOOD)

    server = BatchServer(mostly, ordinary=ordinary)  # type: ignore[arg-type]
    with Wire(server, chat_only=False) as wire:
        assert main(command(run, wire, "-q", "--batch", "--batch-poll", "0.01")) == 0
    assert server.steps.count("chat") == 1
    assert sorted(scores(run)) == [4] * 5 + [5]


def test_the_batches_of_several_runs_are_all_sent_before_one_is_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [answered(tmp_path, capsys, model) for model in ("boilerplate", "echo", "reference")]
    server = BatchServer(lambda body: reply(GOOD), looks=3)
    with Wire(server, chat_only=False) as wire:
        paths = [str(run.path) for run in runs]
        options = ["--judge", "j", "--base-url", wire.url, "--batch", "--batch-poll", "0.05"]
        assert main(["judge", *paths, paths[0], *options]) == 0
    assert len(server.batches) == 3
    first_end = server.steps.index("download")
    assert server.steps[:first_end].count("create") == 3
    assert all(scores(run) == [4] * 6 for run in runs)
    told = capsys.readouterr().err
    assert all(f"{run.path}: batch batch_" in told for run in runs)
    assert "18 requests (18 in batches at half the price)" in told


def test_an_import_needs_neither_key_nor_server(run: RunFolder, tmp_path: Path) -> None:
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    assert main(["judge", str(run.path), "--judge", "gpt-4o", "-q", "--batch-export", str(requests)]) == 0
    rows = [json.loads(line) for line in requests.read_text("utf-8").splitlines()]
    lines = [{"custom_id": row["custom_id"], "response": reply(GOOD), "error": None} for row in rows]
    results.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert main(["judge", str(run.path), "--judge", "gpt-4o", "-q", "--batch-import", str(results)]) == 0
    assert len(run.outcomes("gpt-4o", "0-shot")) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--judge", "rules", "--batch"], "behind an endpoint"),
        (["--judge-vllm", "some/model", "--batch"], "needs an endpoint with a Batch API"),
        (["--judge", "j", "--batch", "--batch-import", "x.jsonl"], "two ways"),
    ],
)
def test_what_cannot_be_a_batch_is_said_before_anything_starts(
    options: list[str], words: str, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(run.path), *options, "-q"]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert words in told[0]

"""One odd reply is the failure of its item, or is asked for again: it never ends a run, whatever way it came."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.records import Failure, Judgment
from judge.runs.folder import RunFolder
from tests.support.batch_wire import BatchServer, reply
from tests.support.wire import Request, Response, Wire, chat

GOOD = "평가: 음\n점수: 4"
DEEP = "[" * 20_000 + "]" * 20_000
MOST = 2**17
"""Bytes of a reply where a test lets no more into memory."""


def body(**changes: Any) -> dict[str, Any]:
    """Return the body of a good reply, with changes."""
    whole: dict[str, Any] = json.loads(str(chat(GOOD).body))
    return whole | changes


def with_raw(value: str) -> str:
    """Return a good body with one more field, as it stands."""
    return json.dumps(body())[:-1] + f', "more": {value}}}'


VERDICT = {
    "model is a number": json.dumps(body(model=5)),
    "usage is a text": json.dumps(body(usage="many")),
    "usage is negative": json.dumps(body(usage={"prompt_tokens": -9, "completion_tokens": 1e300})),
    "id is a list": json.dumps(body(id=[], created="now", object=None)),
    "half a character": json.dumps(body(system_fingerprint="\ud800")),
}
"""Odd, but the verdict in it is there."""
NONE = {
    "nested deep": DEEP,
    "nested deep inside": with_raw(DEEP),
    "number of 5,000 digits": with_raw("9" * 5000),
    "empty": "",
    "a list": "[1]",
    "choices are a number": json.dumps(body(choices=7)),
    "content is a number": json.dumps(body(choices=[{"finish_reason": "stop", "message": {"content": 4}}])),
    "NaN": '{"choices": NaN}',
}
"""No verdict is in it."""
TOO_LARGE = {
    "large": Response(body=b'"' + b"a" * 2 * MOST + b'"'),
    "large when unpacked": Response(body=gzip.compress(b"a" * 9 * MOST), headers={"content-encoding": "gzip"}),
    "large error": Response(500, b"a" * 2 * MOST),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 128 KiB is too large for a reply."""
    monkeypatch.setattr("judge.endpoints.sdk.MOST_BYTES", MOST)


def judged(run: RunFolder, odd: Response, *options: str) -> tuple[int, list[Judgment | Failure]]:
    """Judge six turns, the third of which gets an odd reply each time it is asked for."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.extend([] if request.last in asked else [request.last])
        return odd if asked.index(request.last) == 2 else chat(GOOD)

    with Wire(answer) as wire:
        code = main(["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q", "--tries", "2", *options])
    return code, run.outcomes("j", "0-shot")


@pytest.mark.parametrize("name", VERDICT)
def test_an_odd_field_harms_no_verdict(name: str, run: RunFolder) -> None:
    code, found = judged(run, Response(body=VERDICT[name]))
    assert code == 0
    assert [o.score for o in found if isinstance(o, Judgment)] == [4.0] * 6


@pytest.mark.parametrize("odd", [*(Response(body=text) for text in NONE.values()), *TOO_LARGE.values()])
@pytest.mark.usefixtures("small", "no_pause")
def test_an_odd_reply_is_the_failure_of_its_item_alone(
    odd: Response, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = judged(run, odd)
    assert code == 1
    assert [o.score for o in found if isinstance(o, Judgment)] == [4.0] * 5
    assert len([o for o in found if isinstance(o, Failure)]) == 1
    told = capsys.readouterr().err
    assert "kojudge itself" not in told
    assert all(len(line) < 1000 for line in told.splitlines())


def line_of(custom_id: str, text: str) -> str:
    """Return a line of results with a body as it stands."""
    head = json.dumps({"id": "b", "custom_id": custom_id, "error": None})[:-1]
    return f'{head}, "response": {{"status_code": 200, "body": {text}}}}}\n'


BODIES = {name: text or "null" for name, text in {**VERDICT, **NONE}.items()}


@pytest.mark.parametrize("name", BODIES)
def test_an_odd_result_of_a_batch_harms_no_other(name: str, run: RunFolder) -> None:
    def spoil(text: str) -> str:
        lines = text.splitlines(keepends=True)
        lines[2] = line_of(json.loads(lines[2])["custom_id"], BODIES[name])
        return "".join(lines)

    def ordinary(request: Request) -> Response:
        return chat("평가: 다시\n점수: 5")

    server = BatchServer(lambda body: reply(GOOD), spoil=spoil, ordinary=ordinary)
    with Wire(server, chat_only=False) as wire:
        command = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q"]
        assert main([*command, "--batch", "--batch-poll", "0.01"]) == 0
    scores = sorted(o.score for o in run.outcomes("j", "0-shot") if isinstance(o, Judgment))
    assert scores == ([4.0] * 6 if name in VERDICT else [4.0] * 5 + [5.0])


@pytest.mark.usefixtures("small")
def test_results_of_a_batch_may_be_larger_than_a_reply(run: RunFolder) -> None:
    server = BatchServer(lambda body: reply("가" * (MOST // 16) + f"\n{GOOD}"))
    with Wire(server, chat_only=False) as wire:
        command = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q"]
        assert main([*command, "--batch", "--batch-poll", "0.01"]) == 0
    assert len([o for o in run.outcomes("j", "0-shot") if isinstance(o, Judgment)]) == 6


@pytest.mark.parametrize("name", BODIES)
def test_an_odd_result_of_an_offline_runner_harms_no_other(
    name: str, run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    command = ["judge", str(run.path), "--judge", "j"]
    assert main([*command, "--batch-export", str(requests)]) == 0
    names = [json.loads(line)["custom_id"] for line in requests.read_text("utf-8").splitlines()]
    assert len(names) == 6
    texts = [BODIES[name] if at == 2 else json.dumps(body()) for at in range(6)]
    results.write_text("".join(map(line_of, names, texts)), encoding="utf-8")
    capsys.readouterr()
    assert main([*command, "--batch-import", str(results)]) == (0 if name in VERDICT else 1)
    told = capsys.readouterr().err
    assert "kojudge itself" not in told
    left_out = f"{results}: 1 of 6 results cannot be read ({results}, line 3: " in told
    assert left_out == (name in ("nested deep", "nested deep inside", "number of 5,000 digits"))
    found = [o.score for o in run.outcomes("j", "0-shot") if isinstance(o, Judgment)]
    assert found == [4.0] * (6 if name in VERDICT else 5)


KEY = "sk-proj-0123456789-very-secret"


def files_of(run: RunFolder) -> str:
    return "".join(path.read_text("utf-8") for path in run.path.rglob("*.json*"))


@pytest.mark.parametrize("way", [[], ["--batch", "--batch-poll", "0.01"]], ids=["chat", "batch"])
def test_a_judge_that_repeats_the_key_has_it_masked_before_anything_is_stored(
    way: list[str], run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = {"reasoning_content": f"Bearer {KEY}", "model": f"j-{KEY}"}
    server = BatchServer(lambda body: reply(f"{KEY}\n{GOOD}", **said))
    server.ordinary = lambda request: chat(f"{KEY}\n{GOOD}", **said)
    with Wire(server, chat_only=False) as wire:
        assert main(["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q", *way]) == 0
    assert "***" in files_of(run)
    assert KEY not in files_of(run)


def test_a_key_that_is_a_word_is_no_secret(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    with Wire(lambda request: chat(f"an EMPTY list\n{GOOD}")) as wire:
        assert main(["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q"]) == 0
    assert "an EMPTY list" in files_of(run)

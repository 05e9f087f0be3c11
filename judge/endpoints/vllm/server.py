"""The managed `vllm serve` child: a free port on 127.0.0.1, a random key, watched, never outliving us.

    async with serve(ServerSpec("org/model"), run / "vllm.log", report=print) as server:
        ...  # send requests to server.base_url with server.api_key and model=server.model_name
        ...  # race the work with server.watch(), which raises as soon as the engine is dead

vLLM runs under a guard process (`guard.py`) that ends it however we end. Every failure is one line of
ServerError: the cause read in the log, the log's path, the command to run by hand. The key travels in the
environment (`VLLM_API_KEY`), so it is in no command line, log or message.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from judge.endpoints.vllm.command import ServerSpec, arguments, find_command, with_lora_rank
from judge.endpoints.vllm.log import dying, port_lost, progress, why_ended
from judge.errors import ServerError, one_line

POLL_SECONDS = 0.2
REPORT_SECONDS = 5.0
GRACE_SECONDS = 10.0
"""From SIGTERM to SIGKILL. An idle or busy vLLM ends within one second."""
STARTING_GRACE_SECONDS = 2.0
"""The same while it starts, when vLLM does not obey SIGTERM."""
HURRY_SECONDS = 3.0
"""What a second Ctrl-C waits for SIGKILL to take effect."""
GUARD_SECONDS = 25.0
"""No guard takes longer; one that does is killed, and the group with it."""
LOG_BYTES = 4_000_000
"""How much of the log's end is searched for a cause."""

GUARD = Path(__file__).with_name("guard.py")


class RunningServer:
    """A server that has answered. `repr` does not show the key."""

    def __init__(self, process: _Process, *, api_key: str, model_name: str) -> None:
        self._process = process
        self.base_url = f"http://127.0.0.1:{process.port}/v1"
        self.api_key = api_key
        self.model_name = model_name

    def __repr__(self) -> str:
        return f"RunningServer({self.base_url!r}, model_name={self.model_name!r})"

    @property
    def log_path(self) -> Path:
        """Where vLLM's output goes."""
        return self._process.log_path

    async def watch(self) -> NoReturn:
        """Raise ServerError as soon as the engine is dead (within about a second). Race it with the work."""
        while self._process.alive():
            if self._process.dying():
                await asyncio.sleep(2 * POLL_SECONDS)  # so that the log holds the cause
                break
            await asyncio.sleep(POLL_SECONDS)
        raise self._process.error("vLLM died during the run")


@asynccontextmanager
async def serve(
    spec: ServerSpec, log_path: Path, *, report: Callable[[str], None] = lambda _: None
) -> AsyncIterator[RunningServer]:
    """Start vLLM, yield it when it answers, stop it on the way out; no process is left either way.

    Appends vLLM's output to `log_path`. `report` gets a line every few seconds while the weights load.
    Raises ServerError if it does not start, ConfigError for options that cannot be.
    """
    spec = with_lora_rank(replace(spec, vllm_command=shlex.join(find_command(spec.vllm_command))))
    api_key = secrets.token_urlsafe(24)
    process = await _start(spec, log_path, api_key, report)
    try:
        yield RunningServer(process, api_key=api_key, model_name=spec.model_name)
    finally:
        await _stop(process, None, report)


@dataclass
class _Process:
    """The guard and what is known of the vLLM under it."""

    guard: subprocess.Popen[bytes]
    log_path: Path
    begins: int
    """Where this start's lines begin in the log."""
    by_hand: str
    port: int
    seen: int = 0
    """Up to where the log was read for signs of death."""
    doomed: bool = False
    said: dict[str, str] = field(default_factory=dict)
    """The guard's messages: pid, exit, left, error."""

    def alive(self) -> bool:
        """Say whether vLLM runs. The guard ends right after it, so the guard is asked."""
        return self.guard.poll() is None

    def dying(self) -> bool:
        """Say whether the log has told of a dead engine; vLLM itself ends seconds later."""
        with contextlib.suppress(OSError), self.log_path.open("rb") as file:
            file.seek(self.seen)
            new, _, _ = file.read(LOG_BYTES).rpartition(b"\n")
            self.seen += len(new)
            self.doomed = self.doomed or dying(new.decode("utf-8", errors="replace"))
        return self.doomed

    def log(self) -> str:
        """Return what vLLM has written since this start (the end of it, if that is very long)."""
        try:
            with self.log_path.open("rb") as file:
                file.seek(max(self.begins, self.log_path.stat().st_size - LOG_BYTES))
                return file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""

    def listen(self) -> None:
        """Read what the guard has said; never waits."""
        assert self.guard.stdout is not None  # noqa: S101  # opened with a pipe
        with contextlib.suppress(BlockingIOError, ValueError, OSError):
            for line in os.read(self.guard.stdout.fileno(), 65536).decode(errors="replace").splitlines():
                word, _, rest = line.partition(" ")
                self.said[word] = rest

    def error(self, what: str) -> ServerError:
        """Return the one line about a server that is dead or is not ready."""
        self.listen()
        why = why_ended(self.log(), self.said.get("exit", ""), self.said.get("error"))
        return ServerError(f"{what}: {why}; log: {self.log_path}; by hand: {self.by_hand}")


class _PortLostError(ServerError):
    """Another process took the port between our choice and vLLM's bind."""


async def _start(spec: ServerSpec, log_path: Path, api_key: str, report: Callable[[str], None]) -> _Process:
    """Return a server that answers. A lost port is tried once more, in the same time."""
    deadline = time.monotonic() + spec.start_timeout_seconds
    for again in (True, False):
        process = _launch(spec, _free_port(), log_path, api_key)
        try:
            await _until_ready(process, spec, api_key, deadline, report)
        except BaseException as error:
            await _stop(process, STARTING_GRACE_SECONDS, report)
            if isinstance(error, _PortLostError) and again:
                report(f"vLLM: port {process.port} was taken meanwhile; trying another")
                continue
            raise
        return process
    raise AssertionError("unreachable")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(spec: ServerSpec, port: int, log_path: Path, api_key: str) -> _Process:
    """Start the guard, which starts vLLM; returns at once. Raises ServerError if the log can't be written."""
    command = arguments(spec, port)
    environment = os.environ | {"VLLM_API_KEY": api_key}
    by_hand = shlex.join(command)
    if spec.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(spec.gpus)
        by_hand = f"CUDA_VISIBLE_DEVICES={shlex.quote(','.join(spec.gpus))} {by_hand}"
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            log.write(f"\n# kojudge {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n# {by_hand}\n".encode())
            log.flush()
            guard = subprocess.Popen(  # noqa: S603  # the command is the user's own
                [sys.executable, "-I", "-S", str(GUARD), str(GRACE_SECONDS), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
            begins = log.tell()
    except OSError as error:
        raise ServerError(f"vLLM cannot be started: {error.strerror}: {error.filename}") from error
    assert guard.stdout is not None  # noqa: S101  # opened with a pipe
    os.set_blocking(guard.stdout.fileno(), False)
    return _Process(guard, log_path, begins, one_line(by_hand, 4000), port, begins)


async def _until_ready(
    process: _Process,
    spec: ServerSpec,
    api_key: str,
    deadline: float,
    report: Callable[[str], None],
) -> None:
    """Return when /health is 200 and our model is listed; raise as soon as vLLM is dead or time is up."""
    begun = reported = time.monotonic()
    shown: str | None = None
    while True:
        if not process.alive():
            error = process.error("vLLM did not start")
            raise _PortLostError(str(error)) if port_lost(process.log()) else error
        if await asyncio.to_thread(_answers, process.port, api_key, spec.model_name) and process.alive():
            return
        now = time.monotonic()
        if now >= deadline:
            raise process.error(f"vLLM was not ready after {spec.start_timeout_seconds:g} s")
        if now - reported >= REPORT_SECONDS:
            line, reported = progress(process.log()), now
            if line and line != shown:
                report(f"vLLM is starting ({now - begun:.0f} s): {line}")
                shown = line
        await asyncio.sleep(POLL_SECONDS)


def _answers(port: int, api_key: str, model_name: str) -> bool:
    """Say whether OUR server is healthy at `port`: it knows our key and our model."""
    try:
        if _get(port, "/health", api_key)[0] != 200:
            return False
        status, body = _get(port, "/v1/models", api_key)
        return status == 200 and model_name in {model["id"] for model in json.loads(body)["data"]}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False


def _get(port: int, path: str, api_key: str) -> tuple[int, bytes]:
    # http.client obeys no proxy variable, which is right for our own machine
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api_key}"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


async def _stop(process: _Process, grace_seconds: float | None, report: Callable[[str], None]) -> None:
    """End everything: the guard's standard input closes and it does the rest. None: the guard's own grace.

    Cancelled (a second Ctrl-C), it hurries: SIGKILL at once, waited for without yielding.
    """
    guard = process.guard
    assert guard.stdin is not None  # noqa: S101  # opened with a pipe
    assert guard.stdout is not None  # noqa: S101  # opened with a pipe
    guard.stdin.close()
    begun, hurried = time.monotonic(), False
    try:
        while guard.poll() is None and (waited := time.monotonic() - begun) < GUARD_SECONDS:
            if not hurried and grace_seconds is not None and waited > grace_seconds:
                guard.send_signal(signal.SIGTERM)
                hurried = True
            await asyncio.sleep(POLL_SECONDS / 4)
    except asyncio.CancelledError:
        guard.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            guard.wait(HURRY_SECONDS)
        raise
    finally:
        process.listen()
        if "exit" not in process.said and "error" not in process.said:
            _kill_group(process)
        guard.stdout.close()
        if left := process.said.get("left"):
            report(f"vLLM: processes {left} could not be ended; see {process.log_path}")


def _kill_group(process: _Process) -> None:
    """End vLLM without its guard, which was killed or does not end."""
    guard = process.guard
    if process.said.get("pid", "").isdecimal():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(process.said["pid"]), signal.SIGKILL)
    guard.kill()
    guard.wait()

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
import http.client
import json
import secrets
import shlex
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from judge.endpoints.vllm.again import another
from judge.endpoints.vllm.command import ServerSpec, arguments, find_command, with_lora_rank
from judge.endpoints.vllm.log import cause, fitted, no_renderer, waits_for
from judge.endpoints.vllm.machines import LOOK_SECONDS, Standstill, command_there, engines_elsewhere
from judge.endpoints.vllm.process import POLL_SECONDS, Process, launch, stop
from judge.errors import ServerError

REPORT_SECONDS = 5.0
GRACE_SECONDS = 10.0
"""From SIGTERM to SIGKILL. An idle or busy vLLM ends within one second."""
STARTING_GRACE_SECONDS = 2.0
"""The same while it starts, when vLLM does not obey SIGTERM."""


class NoRendererError(ServerError):
    """This release of vLLM has no `vllm launch render` (0.17 and later have it)."""


class RunningServer:
    """A server that has answered. `repr` does not show the key."""

    def __init__(self, process: Process, *, api_key: str, model_name: str, elsewhere: int = 0) -> None:
        """`elsewhere`: how many of its engines run on other machines."""
        self._process = process
        self._elsewhere = elsewhere
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
        """Raise ServerError as soon as the engine is dead (within about a second). Race it with the work.

        An engine of another machine counts as dead when it has stood still for `machines.SILENCE_SECONDS`.
        """
        figures, looked = Standstill(), time.monotonic()
        why: str | None = None
        while self._process.alive() and why is None:
            if self._process.dying():
                await asyncio.sleep(2 * POLL_SECONDS)  # so that the log holds the cause
                break
            if self._elsewhere and time.monotonic() - looked >= LOOK_SECONDS:
                looked = time.monotonic()
                metrics = await asyncio.to_thread(_metrics, self._process.port)
                why = figures.look(metrics, looked)
            await asyncio.sleep(POLL_SECONDS)
        raise self._process.error("vLLM died during the run", why)


@asynccontextmanager
async def serve(
    spec: ServerSpec, log_path: Path, *, report: Callable[[str], None] = lambda _: None
) -> AsyncIterator[RunningServer]:
    """Start vLLM, yield it when it answers, stop it on the way out; no process is left either way.

    Appends vLLM's output to `log_path`. `report` gets a line every few seconds while the weights load.
    Raises ServerError if it does not start (NoRendererError for a renderer that the release does not have), ConfigError
    for options that cannot be.
    """
    spec = with_lora_rank(replace(spec, vllm_command=shlex.join(find_command(spec.vllm_command))))
    api_key = secrets.token_urlsafe(24)
    process = await _start(spec, log_path, api_key, report)
    try:
        yield RunningServer(process, api_key=api_key, model_name=spec.model_name, elsewhere=engines_elsewhere(spec))
    finally:
        await stop(process, None, report)


async def _start(spec: ServerSpec, log_path: Path, api_key: str, report: Callable[[str], None]) -> Process:
    """Return a server that answers. What another start can mend is tried once each (`again`), in the same time."""
    deadline = time.monotonic() + spec.start_timeout_seconds
    tried: set[str] = set()
    if others := engines_elsewhere(spec):
        report(f"vLLM waits for {others} of its engines, which run on other machines; there: {command_there(spec)}")
    while True:
        process = launch(arguments(spec, _free_port()), spec.gpus, log_path, api_key, GRACE_SECONDS)
        try:
            await _until_ready(process, spec, api_key, deadline, report)
            if shorter := fitted(process.log()):
                report(f"vLLM: {shorter}")
            return process
        except BaseException as error:
            ended = isinstance(error, ServerError) and not process.alive()
            await stop(process, STARTING_GRACE_SECONDS, report)
            if ended and spec.renders and no_renderer(process.log()):
                raise NoRendererError(str(error)) from None
            if not ended or (other := another(spec, process.port, process.log())) is None or other.reason in tried:
                raise
            tried.add(other.reason)
            report(f"vLLM: {other.says}")
            spec = other.spec


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_ready(
    process: Process,
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
            raise process.error("vLLM did not start")
        if await asyncio.to_thread(_answers, process.port, api_key, spec.model_name) and process.alive():
            return
        now = time.monotonic()
        if now >= deadline:
            absent = engines_elsewhere(spec) and not cause(process.log())
            why = f"engines of other machines did not join; there: {command_there(spec)}" if absent else None
            raise process.error(f"vLLM was not ready after {spec.start_timeout_seconds:g} s", why)
        if now - reported >= REPORT_SECONDS:
            line, reported = waits_for(process.log()), now
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


def _metrics(port: int) -> str:
    """Return the server's figures; empty where it does not give them."""
    try:
        status, body = _get(port, "/metrics", "")
    except (OSError, http.client.HTTPException):
        return ""
    return body.decode("utf-8", errors="replace") if status == 200 else ""


def _get(port: int, path: str, api_key: str) -> tuple[int, bytes]:
    # http.client obeys no proxy variable, which is right for our own machine
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api_key}"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()

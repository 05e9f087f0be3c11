"""The managed server against a fake `vllm`: start, failure, its death and ours."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from judge.endpoints.vllm import machines, process
from judge.endpoints.vllm import server as vllm_server
from judge.endpoints.vllm.command import ServerSpec
from judge.endpoints.vllm.server import RunningServer, serve
from judge.endpoints.vllm.watch import EngineWatch
from judge.errors import ServerError, UnreachableError
from tests.support.patience import PATIENCE_SECONDS, within
from tests.support.vllm_fixtures import Trace

linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are counted in /proc")

FAKE = r"""#!PYTHON -IS
import http.server, json, os, signal, subprocess, sys, time
from pathlib import Path

mode, here = MODE, Path(__file__).parent
port = int(sys.argv[sys.argv.index("--port") + 1])
model = sys.argv[sys.argv.index("--served-model-name") + 1]
with open(here / "seen.jsonl", "a") as seen:
    gpus = os.environ.get("CUDA_VISIBLE_DEVICES")
    seen.write(json.dumps([sys.argv[1:], gpus, os.environ["VLLM_API_KEY"]]) + "\n")


def sleeper(**options):
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    return subprocess.Popen([sys.executable, "-IS", "-c", program], **options)


if "stubborn" in mode:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "fails" in mode:
    sys.stderr.write((here / "fails.log").read_text())
    raise SystemExit(1)
if "port" in mode and (mode == "port-always" or not (here / "second").exists()):
    (here / "second").touch()
    print("OSError: [Errno 98] Address already in use", flush=True)
    raise SystemExit(1)
if "shot" in mode:
    os.kill(os.getpid(), signal.SIGKILL)
if "hangs" in mode:
    print("(Worker pid=7) INFO 11-21 10:54:08 [runner.py:68] Starting to load model tiny...", flush=True)
    time.sleep(600)
if "slow" in mode:
    for percent in (0, 50, 100):
        print(f"\rLoading safetensors checkpoint shards: {percent:3}% Completed", end="", flush=True)
        while not (here / f"told-{percent}").exists():
            time.sleep(0.02)
if "forks" in mode:
    sleeper()
    sleeper(start_new_session=True)
    if os.fork() == 0:  # an orphan out of the group
        os.setsid()
        sleeper()
        os._exit(0)


class Handler(http.server.BaseHTTPRequestHandler):
    tokens = 0

    def do_GET(self):
        trusted = self.headers.get("Authorization") == "Bearer " + os.environ["VLLM_API_KEY"]
        known = self.path == "/health" or (self.path == "/v1/models" and trusted)
        if self.path == "/metrics":
            self.send_response(200)
            self.end_headers()
            for engine in "01":  # both have a request in hand, one says a token at every look
                self.wfile.write(b'vllm:num_requests_running{engine="%s"} 1.0\n' % engine.encode())
            Handler.tokens += 1
            self.wfile.write(b'vllm:generation_tokens_total{engine="0"} %d.0\n' % Handler.tokens)
            return
        self.send_response(200 if known and "sick" not in mode else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": model}]}).encode())

    def do_POST(self):
        print("(EngineCore pid=9) RuntimeError: the engine tripped over its feet", flush=True)
        if "lingers" in mode:
            print("vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered", flush=True)
            time.sleep(600)
        os._exit(1)

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

DRIVER = """
import asyncio, sys
from pathlib import Path
from judge.endpoints.vllm import machines
from judge.endpoints.vllm import server as vllm_server
vllm_server.GRACE_SECONDS = float(sys.argv[3])
async def main():
    spec = vllm_server.ServerSpec("tiny", vllm_command=sys.argv[1])
    async with vllm_server.serve(spec, Path(sys.argv[2])):
        print("ready", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Finds the processes that this test starts."""
    return Trace(monkeypatch)


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has happened is seen at once."""
    for module in (vllm_server, process):
        monkeypatch.setattr(module, "POLL_SECONDS", 0.02)


def fake(folder: Path, mode: str, log: str = "") -> ServerSpec:
    """Write a fake `vllm` that behaves by `mode` and return how it is served."""
    command = folder / "vllm"
    command.write_text(FAKE.replace("PYTHON", sys.executable).replace("MODE", repr(mode)), encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    (folder / "fails.log").write_text(log, encoding="utf-8")
    return ServerSpec("tiny", vllm_command=str(command), start_timeout_seconds=PATIENCE_SECONDS)


def starts(folder: Path) -> list[tuple[list[str], str | None, str]]:
    """Return arguments, CUDA_VISIBLE_DEVICES and key of each start of the fake."""
    return [tuple(json.loads(line)) for line in (folder / "seen.jsonl").read_text().splitlines()]


def run(spec: ServerSpec, log: Path, reports: list[str] | None = None) -> RunningServer:
    """Start the server, stop it, return what it was."""

    async def main() -> RunningServer:
        async with serve(spec, log, report=(reports if reports is not None else []).append) as server:
            return server

    return asyncio.run(main())


def fails(spec: ServerSpec, log: Path) -> str:
    """Return the one line of the ServerError that starting `spec` ends in."""
    with pytest.raises(ServerError) as caught:
        run(spec, log)
    return str(caught.value)


def zombies() -> list[str]:
    """Return the ended children of this process that nobody has waited for."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if entry.name.isdigit() and state == "Z" and int(parent) == os.getpid():
            found.append(entry.name)
    return found


# starting


@pytest.mark.proofs
@linux
def test_a_healthy_server_is_ours_has_a_key_of_its_own_and_leaves_nothing(tmp_path: Path, trace: Trace) -> None:
    log = tmp_path / "run" / "vllm.log"
    servers = [run(fake(tmp_path, "healthy"), log) for _ in range(2)]
    (line, gpus, key), (_, _, other) = starts(tmp_path)
    assert servers[0].base_url == f"http://127.0.0.1:{line[line.index('--port') + 1]}/v1"
    assert (servers[0].model_name, servers[0].log_path, gpus) == (
        "tiny",
        log,
        os.environ.get("CUDA_VISIBLE_DEVICES"),
    )
    assert servers[0].api_key == key != other
    assert key not in " ".join(line) + log.read_text() + repr(servers[0])
    assert log.read_text().count("# kojudge ") == 2, "the second start is appended"
    assert trace.running() == []
    assert zombies() == []


def test_chosen_gpus_are_the_only_visible_ones(tmp_path: Path) -> None:
    run(replace(fake(tmp_path, "healthy"), gpus=("2", "3")), tmp_path / "log")
    line, gpus, _ = starts(tmp_path)[0]
    assert gpus == "2,3"
    assert line[line.index("--tensor-parallel-size") + 1] == "2"
    assert "# CUDA_VISIBLE_DEVICES=2,3 " in (tmp_path / "log").read_text()


def test_progress_is_told_while_the_weights_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_server, "REPORT_SECONDS", 0.0)
    told: list[str] = []

    def report(line: str) -> None:
        """The fake goes on once its percentage has been told."""
        told.append(line)
        if found := re.search(r"Loading safetensors checkpoint shards: +(\d+)%", line):
            (tmp_path / f"told-{found[1]}").touch()

    async def main() -> None:
        async with serve(fake(tmp_path, "slow"), tmp_path / "log", report=report):
            pass

    asyncio.run(main())
    assert [percent in line for percent, line in zip(("0%", "50%", "100%"), told, strict=True)] == [True] * 3


@pytest.mark.proofs
def test_a_lost_port_is_tried_once_more_on_another_port(tmp_path: Path) -> None:
    reports: list[str] = []
    run(fake(tmp_path, "port"), tmp_path / "log", reports)
    ports = [line[line.index("--port") + 1] for line, _, _ in starts(tmp_path)]
    assert len(ports) == len(set(ports)) == 2
    assert f"vLLM: port {ports[0]} was taken meanwhile; trying another" in reports


@pytest.mark.proofs
def test_a_port_lost_twice_is_an_error(tmp_path: Path) -> None:
    assert "vLLM did not start: the port was taken by another process" in fails(
        fake(tmp_path, "port-always"), tmp_path / "log"
    )
    assert len(starts(tmp_path)) == 2


def test_a_failed_start_names_cause_log_and_command(tmp_path: Path) -> None:
    log = "Traceback (most recent call last):\n  File x\nValueError: the rotor is bent\nINFO: bye\n"
    line = fails(fake(tmp_path, "fails", log), tmp_path / "vllm.log")
    assert line.startswith("vLLM did not start: the rotor is bent (ValueError); log: ")
    assert f"log: {tmp_path}/vllm.log; by hand: {tmp_path}/vllm serve tiny --served-model-name tiny --host" in line
    assert "\n" not in line
    assert starts(tmp_path)[0][2] not in line, "no key in a message"


def test_an_earlier_failure_in_the_same_log_is_not_the_cause(tmp_path: Path) -> None:
    fails(fake(tmp_path, "fails", "ValueError: the first reason\n"), tmp_path / "log")
    line = fails(fake(tmp_path, "fails", "nothing of note\n"), tmp_path / "log")
    assert "it ended with exit code 1 after 'nothing of note'" in line


def test_a_server_killed_by_the_system_says_so(tmp_path: Path) -> None:
    assert "killed by SIGKILL; often that is the system's out-of-memory killer" in fails(
        fake(tmp_path, "shot"), tmp_path / "log"
    )


@pytest.mark.proofs
@linux
@pytest.mark.parametrize("mode", ["hangs", "hangs stubborn", "sick"])
def test_the_start_time_out_is_real_and_leaves_nothing(tmp_path: Path, trace: Trace, mode: str) -> None:
    spec = replace(fake(tmp_path, mode), start_timeout_seconds=1.0)
    line = fails(spec, tmp_path / "log")
    assert line.startswith("vLLM was not ready after 1 s")
    assert "machines" not in line
    assert trace.running() == []


def test_engines_of_other_machines_that_do_not_join_are_named(tmp_path: Path) -> None:
    sizes = (("data-parallel-size", "2"), ("data-parallel-size-local", "1"))
    line = fails(replace(fake(tmp_path, "sick"), start_timeout_seconds=0.3, extra=sizes), tmp_path / "log")
    assert line.startswith("vLLM was not ready after 0.3 s: engines of other machines did not join; there: ")


def test_a_missing_command_says_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    for spec in (ServerSpec("m"), ServerSpec("m", vllm_command="/no/such/vllm")):
        line = fails(spec, tmp_path / "log")
        assert "pip install 'kojudge[vllm]'" in line
        assert "--vllm-command" in line
        assert "--base-url" in line


def test_a_log_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "vLLM cannot be started" in fails(fake(tmp_path, "healthy"), tmp_path / "file" / "log")


# dying


@linux
@pytest.mark.parametrize("mode", ["healthy", "lingers", "lingers stubborn forks"])
def test_a_dead_engine_is_noticed_and_named(
    tmp_path: Path, trace: Trace, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm_server, "GRACE_SECONDS", 0.5)

    async def main() -> str:
        async with serve(fake(tmp_path, mode), tmp_path / "log") as server:
            watching = asyncio.create_task(server.watch())
            await asyncio.sleep(0.5)
            assert not watching.done()
            port = int(server.base_url.split(":")[2].removesuffix("/v1"))
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.0\r\n\r\n")
            await writer.drain()
            with pytest.raises(ServerError) as caught:
                await asyncio.wait_for(watching, PATIENCE_SECONDS)
            writer.close()
            return str(caught.value)

    line = asyncio.run(main())
    assert line.startswith("vLLM died during the run: the engine tripped over its feet (RuntimeError); log: ")
    assert trace.running() == []
    assert zombies() == []


@linux
def test_an_engine_of_another_machine_that_stands_still_is_called_dead(
    tmp_path: Path, trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(vllm_server, "LOOK_SECONDS", 0.05)
    sizes = (("data-parallel-size", "2"), ("data-parallel-size-local", "1"))
    reports: list[str] = []

    async def main() -> None:
        spec = replace(fake(tmp_path, "healthy"), extra=sizes)
        async with serve(spec, tmp_path / "log", report=reports.append) as server:
            await asyncio.wait_for(server.watch(), PATIENCE_SECONDS)

    with pytest.raises(ServerError) as caught:
        asyncio.run(main())
    line = str(caught.value)
    assert line.startswith("vLLM died during the run: engine 1 of 2 has done nothing for ")
    assert f"; log: {tmp_path / 'log'}; by hand: " in line
    assert len(line.splitlines()) == 1
    assert reports[0].startswith("vLLM waits for 1 of its engines, which run on other machines; there: ")
    assert " --headless --data-parallel-start-rank=1" in reports[0]
    assert trace.running() == []


@linux
@pytest.mark.proofs
@pytest.mark.parametrize("mode", ["healthy", "forks", "stubborn forks"])
@pytest.mark.parametrize("end", ["return", "exception", "cancel", "cancel twice"])
def test_nothing_is_left_however_the_work_ends(
    tmp_path: Path, trace: Trace, mode: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a second cancellation must not wait for the grace time
    monkeypatch.setattr(vllm_server, "GRACE_SECONDS", 600.0 if end == "cancel twice" else 0.3)

    ready = asyncio.Event()

    async def work() -> None:
        async with serve(fake(tmp_path, mode), tmp_path / "log"):
            trace.grown(5 if "forks" in mode else 2)
            ready.set()
            if end == "exception":
                raise KeyError(end)
            if end != "return":
                await asyncio.sleep(600)

    async def main() -> None:
        task = asyncio.create_task(work())
        if end.startswith("cancel"):
            await ready.wait()
            task.cancel()
        if end == "cancel twice":
            await asyncio.sleep(0.2)
            task.cancel()
        await task

    if end == "return":
        asyncio.run(main())
    else:
        with pytest.raises(KeyError if end == "exception" else asyncio.CancelledError):
            asyncio.run(main())
    assert trace.left() == []
    assert zombies() == []


def test_a_server_that_no_longer_listens_is_called_dead_and_not_unreachable(tmp_path: Path) -> None:
    async def refused() -> None:
        raise UnreachableError("connection refused", kind="connection")

    async def main() -> None:
        async with serve(fake(tmp_path, "healthy"), tmp_path / "log") as server, EngineWatch(server) as watch:
            _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.base_url).port)
            writer.write(b"POST / HTTP/1.0\r\n\r\n")
            await writer.drain()
            writer.close()
            await watch.during(refused())

    with pytest.raises(ServerError, match="vLLM died during the run: the engine tripped"):
        asyncio.run(main())


@linux
def test_nothing_is_left_when_even_the_guard_is_killed(tmp_path: Path, trace: Trace) -> None:
    async def main() -> None:
        async with serve(fake(tmp_path, "stubborn"), tmp_path / "log") as server:
            guard = next(line for line in trace.running() if "guard.py" in line)
            os.kill(int(guard.split()[0]), signal.SIGKILL)
            await server.watch()

    with pytest.raises(ServerError, match="vLLM died during the run"):
        asyncio.run(main())
    assert trace.left() == []
    assert zombies() == []


@linux
@pytest.mark.proofs
@pytest.mark.parametrize("mode", ["healthy", "stubborn forks"])
@pytest.mark.parametrize(
    ("signals", "grace"),
    [
        ([signal.SIGTERM], 0.5),
        ([signal.SIGKILL], 0.5),
        ([signal.SIGINT], 0.5),
        ([signal.SIGINT, signal.SIGINT], 600.0),
    ],
    ids=["SIGTERM", "SIGKILL", "Ctrl-C", "Ctrl-C twice"],
)
def test_nothing_outlives_us(
    tmp_path: Path, trace: Trace, mode: str, signals: list[signal.Signals], grace: float
) -> None:
    command = str(fake(tmp_path, mode).vllm_command)
    driver = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DRIVER), command, str(tmp_path / "log"), str(grace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "ready\n"
    trace.grown(3)
    for number in signals:
        driver.send_signal(number)
        time.sleep(0.3)
    driver.wait(PATIENCE_SECONDS)
    driver.stdout.close()
    assert trace.left() == []


@pytest.mark.proofs
@linux
def test_nothing_outlives_us_when_we_are_killed_during_the_start(tmp_path: Path, trace: Trace) -> None:
    command = str(fake(tmp_path, "hangs stubborn").vllm_command)
    driver = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DRIVER), command, str(tmp_path / "log"), "0.5"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    within((tmp_path / "seen.jsonl").exists, "the start of vLLM")
    driver.kill()
    driver.wait()
    assert trace.left() == []

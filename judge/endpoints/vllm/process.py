"""One vLLM process under its guard: launched, listened to, ended with everything that descends from it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from judge.endpoints.vllm.log import dying, why_ended
from judge.errors import ServerError, one_line

POLL_SECONDS = 0.2
HURRY_SECONDS = 3.0
"""What a second Ctrl-C waits for SIGKILL to take effect."""
GUARD_SECONDS = 25.0
"""No guard takes longer; one that does is killed, and the group with it."""
LOG_BYTES = 4_000_000
"""How much of the log's end is searched for a cause."""

GUARD = Path(__file__).with_name("guard.py")


@dataclass
class Process:
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

    def error(self, what: str, why: str | None = None) -> ServerError:
        """Return the one line about a server that is dead or is not ready. `why`: None asks the log and the guard."""
        self.listen()
        why = why or why_ended(self.log(), self.said.get("exit", ""), self.said.get("error"))
        return ServerError(f"{what}: {why}; log: {self.log_path}; by hand: {self.by_hand}")


def launch(command: Sequence[str], gpus: Sequence[str], log_path: Path, api_key: str, grace_seconds: float) -> Process:
    """Start the guard, which starts vLLM; returns at once.

    `command`: holds `--port`. `grace_seconds`: from SIGTERM to SIGKILL. Raises ServerError if the log can't be written.
    """
    environment = os.environ | {"VLLM_API_KEY": api_key}
    by_hand = shlex.join(command)
    if gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        by_hand = f"CUDA_VISIBLE_DEVICES={shlex.quote(','.join(gpus))} {by_hand}"
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            log.write(f"\n# kojudge {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n# {by_hand}\n".encode())
            log.flush()
            guard = subprocess.Popen(  # noqa: S603  # the command is the user's own
                [sys.executable, "-I", "-S", str(GUARD), str(grace_seconds), *command],
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
    port = int(command[command.index("--port") + 1])
    return Process(guard, log_path, begins, one_line(by_hand, 4000), port, begins)


async def stop(process: Process, grace_seconds: float | None, report: Callable[[str], None]) -> None:
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


def _kill_group(process: Process) -> None:
    """End vLLM without its guard, which was killed or does not end."""
    guard = process.guard
    if process.said.get("pid", "").isdecimal():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(process.said["pid"]), signal.SIGKILL)
    guard.kill()
    guard.wait()

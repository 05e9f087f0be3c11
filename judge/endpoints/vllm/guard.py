"""The guard: a small process between kojudge and vLLM that outlives kojudge, never the other way round.

    kojudge --stdin pipe--> guard --starts, own session--> vllm serve --> EngineCore, workers, ...

It starts the command and waits for one of three things, then ends every process that descends from it:

- the command ends: what it left behind is killed at once, and the guard ends;
- its standard input closes (kojudge stops, or is dead): SIGTERM, a grace time, SIGKILL;
- it gets a signal (kojudge is in a hurry): SIGKILL at once.

On Linux the guard adopts orphans (`PR_SET_CHILD_SUBREAPER`), so a process that left the group and its parents
is found too; elsewhere it knows the process group only. It says on its standard output `pid N`, then at the
end `exit CODE` (the command's; negative: killed by that signal) and, if something could not be ended,
`left N N ...`.

Run as a file (`python -I -S guard.py GRACE_SECONDS COMMAND...`), so it imports nothing but the standard
library and starts in milliseconds. Its standard error is the server's log.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

POLL_SECONDS = 0.1
KILL_SECONDS = 10.0
"""How long SIGKILL may take (a process inside a GPU driver call) before the guard says what is left."""
TRACKER_SECONDS = 1.0
"""How long Python's resource trackers, which remove shared memory, may outlive the processes they serve."""

_PR_SET_CHILD_SUBREAPER = 36


_hurry = threading.Event()
"""Set by a signal to the guard."""


def main(argv: list[str]) -> int:
    """Run `argv[1:]` with grace time `argv[0]`; return 0 when nothing is left, 1 when something is."""
    grace_seconds, command = float(argv[0]), argv[1:]
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, lambda *_: _hurry.set())
    _adopt_orphans()
    try:
        child = subprocess.Popen(  # noqa: S603  # the command is the user's own
            command, stdin=subprocess.DEVNULL, stdout=2, stderr=2, start_new_session=True
        )
    except OSError as error:
        _say(f"error {error.strerror}: {command[0]}")
        return 1
    _say(f"pid {child.pid}")
    _wait(child)
    if child.returncode is None:
        _end(child, signal.SIGTERM, grace_seconds)
    left = _end(child, signal.SIGKILL, KILL_SECONDS)
    _say(f"exit {child.returncode}")
    if left:
        _say("left " + " ".join(map(str, sorted(left))))
    return 1 if left else 0


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # kojudge may be gone
        os.write(1, line.encode(errors="replace") + b"\n")


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait(child: subprocess.Popen[bytes]) -> None:
    """Return when the command has ended, standard input is closed or a signal has come."""
    while child.poll() is None and not _hurry.is_set():
        readable, _, _ = select.select([0], [], [], POLL_SECONDS)
        if readable and not os.read(0, 1024):
            return
        _reap(child)


def _end(child: subprocess.Popen[bytes], signum: signal.Signals, seconds: float) -> set[int]:
    """Signal every process until none is left or the time is over; return those left.

    SIGTERM goes to the command alone, which ends its children in order, and to those that outlive it; once
    each, since a second one would disturb vLLM's shutdown. SIGKILL is repeated for those born meanwhile, and
    reaches the resource trackers last, so that no shared memory is left behind.
    """
    begun = time.monotonic()
    sent: set[int] = set()
    while living := _living(child):
        waited = time.monotonic() - begun
        if waited > seconds or (signum == signal.SIGTERM and _hurry.is_set()):
            break
        targets = living
        if signum == signal.SIGTERM:
            targets = (living & {child.pid} or living) - sent
        elif waited < TRACKER_SECONDS:
            targets = {pid for pid in living if not _is_tracker(pid)}
        for pid in targets:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signum)
        sent |= targets
        time.sleep(POLL_SECONDS / 5)
    return living


def _living(child: subprocess.Popen[bytes]) -> set[int]:
    """Return the pids of the command's processes that still run; zombies of ours are reaped on the way."""
    child.poll()
    _reap(child)
    if Path("/proc/self/stat").exists():
        return _family(child.pid)
    try:
        os.killpg(child.pid, 0)
    except (ProcessLookupError, PermissionError):
        return set()
    return {-child.pid}  # os.kill(-pgid) signals the group


def _family(group: int) -> set[int]:
    """Return our descendants and the members of process group `group`, zombies left out."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            # pid (name) state ppid pgrp ...; the name may hold blanks and brackets
            state, parent, member_of = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:3]
            if state in "ZX":
                continue
            parents[int(entry)] = int(parent)
            if int(member_of) == group:
                found.add(int(entry))
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours and pid not in ours}:
        ours |= more
    return (found | ours) - {os.getpid()}


def _is_tracker(pid: int) -> bool:
    try:
        return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Take the status of adopted orphans, so that no zombie stays; the command's own is left to Popen."""
    while sys.platform == "linux":
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid == child.pid:
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(ended.si_pid, 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Two machines, as far as a network can tell: two network namespaces joined by a pair of virtual interfaces.

They need no rights where a user may make namespaces of his own; the test that asks for them is skipped elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.patience import within

PROBE = ("unshare", "--user", "--map-root-user", "--net", "ip", "link", "add", "wire0", "type", "veth")
LIFE_SECONDS = "7200"


@dataclass
class Host:
    """One of the machines."""

    address: str
    anchor: int
    """A process inside, which keeps its network alive."""
    link: str = "wire0"
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs `command` there."""
        enter = ["nsenter", "--target", str(self.anchor), "--user", "--net", "--preserve-credentials", "--"]
        return [*enter, *command]

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a program there, in a process group of its own."""
        with log.open("wb") as out:
            process = subprocess.Popen(self.inside(command), stdout=out, stderr=out, start_new_session=True)
        self.running.append(process)
        return process

    def lose_power(self) -> None:
        """All at once: nobody says goodbye, no connection is closed."""
        subprocess.run(self.inside(["ip", "link", "set", self.link, "down"]), check=True)
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    """Two machines on one network."""
    if not (shutil.which("ip") and shutil.which("nsenter") and shutil.which("unshare")):
        pytest.skip("two hosts need ip, unshare and nsenter: install iproute2 and util-linux")
    if subprocess.run(PROBE, capture_output=True, check=False).returncode:
        pytest.skip("two hosts need network namespaces, which this machine lets its users not make")
    sleep = ["sleep", LIFE_SECONDS]
    with contextlib.ExitStack() as stack:
        first = subprocess.Popen(["unshare", "--user", "--map-root-user", "--net", *sleep])
        stack.callback(first.wait)
        stack.callback(first.kill)
        within(lambda: _apart(first.pid, os.getpid()), "the first host")
        one = Host("10.77.0.1", first.pid)
        second = subprocess.Popen(one.inside(["unshare", "--net", *sleep]))
        stack.callback(second.wait)
        stack.callback(second.kill)
        within(lambda: _apart(second.pid, os.getpid()) and _apart(second.pid, first.pid), "the second host")
        two = Host("10.77.0.2", second.pid)
        pair = ["ip", "link", "add", one.link, "type", "veth", "peer", "name", two.link, "netns", str(two.anchor)]
        subprocess.run(one.inside(pair), check=True)
        for host in (one, two):
            stack.callback(_end, host)
            for words in (("addr", "add", f"{host.address}/24", "dev", host.link), ("link", "set", host.link, "up")):
                subprocess.run(host.inside(["ip", *words]), check=True)
            subprocess.run(host.inside(["ip", "link", "set", "lo", "up"]), check=True)
        yield one, two


def _apart(pid: int, other: int) -> bool:
    """Say whether a process that has just begun has come to a network of its own, and to its last program."""
    try:
        net, others = (os.readlink(f"/proc/{one}/ns/net") for one in (pid, other))
        return net != others and Path(f"/proc/{pid}/comm").read_text() == "sleep\n"
    except OSError:
        return False


def _end(host: Host) -> None:
    for process in host.running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    for process in host.running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

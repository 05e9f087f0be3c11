"""Fixtures that several test files share, the markers, and what is said at the end."""

from __future__ import annotations

import os
import signal
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from judge.errors import ConfigError
from judge.stages.code_runs import check_walls
from tests.support.clock import Clock

pytest_plugins = [
    "tests.support.vllm_fixtures",
    "tests.support.small_run",
    "tests.support.launcher",
    "tests.support.hosts",
    "tests.support.real_model",
]

# What is started in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Neither chance nor the machine's speed decides: the same examples in every run, however long one takes.
# `--hypothesis-profile=explore` draws new ones.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

PROOFS = tuple(Path(__file__).parent / name for name in ("questions", "whole_way"))
MARKS = {"vllm_command": "vllm", "browser": "browser"}
"""Fixture -> the marker of every test that needs it."""
SHARED = ("vllm_server", "browser", "demonstration")
"""Fixtures that cost so much that all their tests run in one process (where tests are spread over several)."""
SECRETS = ("OPENAI_", "AZURE_", "KOJUDGE_")
TESTS_OWN = "KOJUDGE_TEST_"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `proofs`, `vllm` and `browser`; what is dear to make, and what a file makes for its tests, is made once."""
    for item in items:
        if any(map(item.path.is_relative_to, PROOFS)):
            item.add_marker("proofs")
        needed = getattr(item, "fixturenames", ())
        for fixture in MARKS.keys() & needed:
            item.add_marker(MARKS[fixture])
        together = [name for name in SHARED if name in needed] or [f"{item.path.parent.name}/{item.path.stem}"]
        item.add_marker(pytest.mark.xdist_group(together[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    why = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if why:
        terminalreporter.section(f"{len(skipped)} skipped")
    for reason, number in why.most_common():
        terminalreporter.line(f"{number:4} {reason}")


@pytest.fixture(scope="session", autouse=True)
def no_keys() -> Iterator[None]:
    """No key, address or setting of the machine's leaks in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(SECRETS) and not name.startswith(TESTS_OWN):
                patch.delenv(name)
        for name in ("LC_ALL", "LC_MESSAGES"):  # notes are in the language of the locale
            if os.environ.get(name, "").casefold().startswith("ko"):
                patch.delenv(name)
        patch.setenv("LC_MESSAGES", "C")
        yield


@pytest.fixture(scope="session", autouse=True)
def no_sync() -> Iterator[None]:
    """What is written need not outlast the machine: no test waits for the disk. A process that is killed loses none."""
    real = os.fsync
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: real(file) if stat.S_ISCHR(os.fstat(file).st_mode) else None)
        yield


@pytest.fixture(autouse=True)
def no_ramp(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Except where the limiter itself is tested, no request waits because nothing is known of the endpoint yet."""
    if "endpoints" not in request.path.parts:
        monkeypatch.setattr("judge.endpoints.limiter.RAMP_SECONDS", 0.0)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries of one item, and until an endpoint that is down is asked again, hardly any time is lost."""
    monkeypatch.setattr("judge.endpoints.client.LONGEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("judge.endpoints.limiter.PROBE_SECONDS", (0.01, 0.1))


@pytest.fixture(scope="session")
def walls() -> None:
    """Skips where the machine lets no process make namespaces of its own, which `--run-code` needs."""
    try:
        check_walls()
    except ConfigError as error:
        pytest.skip(str(error))


@pytest.fixture
def clock() -> Clock:
    """A clock that only the test turns."""
    return Clock()

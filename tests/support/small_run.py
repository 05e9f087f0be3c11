"""Fixtures of a small run that is to be judged over the wire, and of a finished demo (a plugin of conftest)."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.runs.folder import RunFolder


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> RunFolder:
    """A run of three questions under one strategy, answered by a null model: six verdicts."""
    return answered(tmp_path, capsys)


def answered(
    out: Path, capsys: pytest.CaptureFixture[str], model: str = "boilerplate", strategies: str = "0-shot"
) -> RunFolder:
    """Have three questions answered by a null model."""
    command = ["generate", f"baseline:{model}", "--out", str(out), "--strategy", strategies, "--limit", "3", "-q"]
    assert main(command) == 0
    capsys.readouterr()
    return RunFolder(out / f"baseline_{model}")


@dataclass(frozen=True)
class Demonstration:
    """What `kojudge demo` has left."""

    folder: Path
    printed: str


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The demo, once for all tests that only read what it leaves."""
    folder, printed = tmp_path_factory.mktemp("demonstration") / "demo", io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["demo", "--out", str(folder), "-q"]) == 0
    return Demonstration(folder, printed.getvalue())

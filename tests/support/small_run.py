"""Fixtures of a small run that is to be judged over the wire (a plugin of conftest)."""

from __future__ import annotations

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

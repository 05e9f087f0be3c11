"""A pipe or a device where a file is expected is one line: it neither hangs nor fills the memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.runs.folder import RunFolder
from tests.support.launcher import Launcher

URL = "http://127.0.0.1:9/v1"

COMMANDS = {
    "judge answers": "judge FIFO --judge rules",
    "table": "table FIFO",
    "check": "check FIFO",
    "questions": "generate baseline:echo --questions FIFO --out NEW",
    "strategy": "generate baseline:echo --strategy FIFO.yaml --out NEW",
    "chat format": "generate m --chat-format FIFO --out NEW",
    "config": "table RUN --config FIFO",
    "prices": f"judge RUN --judge j --base-url {URL} --prices FIFO --dry-run",
    "batch": f"judge RUN --judge j --base-url {URL} --batch-import FIFO",
    "into": "card RUN --into FIFO",
    "lm-eval": "card RUN --lm-eval FIFO",
    "font": "plot board RUN -o NEW.svg --font FIFO",
    "csv": "import csv FIFO -o NEW",
    "labels": "agreement RUN --labels FIFO",
}


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_is_no_file(name: str, run: RunFolder, tmp_path: Path, launcher: Launcher) -> None:
    assert main(["judge", str(run.path), "--judge", "rules", "-q"]) == 0
    ending = ".yaml" if "FIFO.yaml" in COMMANDS[name] else ".jsonl"
    there = pipe(tmp_path / f"pipe{ending}")
    names = {"FIFO.yaml": there, "FIFO": there, "RUN": run.path, "NEW": tmp_path / "new", "NEW.svg": tmp_path / "x.svg"}
    command = [str(names.get(word, word)) for word in COMMANDS[name].split()]
    assert launcher.run(command, folder=tmp_path) == 2
    assert f"{there}" in launcher.errors[-1]
    assert "kojudge itself" not in launcher.errors[-1]


def test_a_pipe_in_a_pack_is_no_file(tmp_path: Path, launcher: Launcher) -> None:
    assert main(["new-pack", str(tmp_path / "pack"), "-q"]) == 0
    there = tmp_path / "pack" / "templates" / "judge" / "single.user.jinja"
    there.unlink()
    pipe(there)
    assert launcher.run(["check", str(tmp_path / "pack")], folder=tmp_path) != 0
    assert "single.user.jinja" in "\n".join(launcher.errors)


@pytest.mark.parametrize("words", [["judge", "NAME", "--judge", "j", "--base-url", URL], ["table", "NAME"]])
@pytest.mark.parametrize("name", ["가" * 300, "a" * 5000])
def test_a_name_that_no_file_can_have_is_one_line(
    words: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name if word == "NAME" else word for word in words]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "kojudge itself" not in line


def test_a_model_and_a_judge_of_a_long_name(run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "가" * 300, "--base-url", URL, "--out", str(tmp_path / "o")]) == 2
    assert "--model-name" in capsys.readouterr().err
    assert main(["judge", str(run.path), "--judge", "가" * 300, "--base-url", URL, "--tries", "1", "-q"]) == 1
    assert "cannot be reached" in capsys.readouterr().err

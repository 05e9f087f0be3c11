"""What an interrupted or killed process of the command line leaves behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.config import STRATEGIES
from judge.records import Failure, Judgment
from judge.runs.folder import RunFolder
from tests.support.patience import PATIENCE_SECONDS, within
from tests.support.wire import Wire, chat


@pytest.fixture
def slow_judge() -> Iterator[Wire]:
    with Wire(
        lambda request: chat("평가: 음\n점수: 6", delay_seconds=0 if request.number <= 20 else PATIENCE_SECONDS)
    ) as wire:
        yield wire


def start(tmp_path: Path, wire: Wire) -> subprocess.Popen[str]:
    main(["generate", "baseline:echo", "--out", str(tmp_path), "-q"])
    command = [sys.executable, "-m", "judge", "judge", str(tmp_path / "baseline_echo"), "--judge", "j"]
    command += ["--base-url", wire.url, "--judge-concurrency", "4"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
    path = tmp_path / "baseline_echo/judgments/j/0-shot.jsonl"
    within(lambda: len(wire.requests) >= 24, "four requests that hang")
    within(lambda: path.exists() and path.read_bytes().count(b'"by": "llm"') >= 20, "twenty verdicts on disk")
    return process


def asked(tmp_path: Path) -> list[Judgment | Failure]:
    """Return the outcomes that the judge was asked for; one answer is judged by rule."""
    return [one for one in RunFolder(tmp_path / "baseline_echo").outcomes("j", "0-shot") if one.by == "llm"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_finished(number: signal.Signals, tmp_path: Path, slow_judge: Wire) -> None:
    process = start(tmp_path, slow_judge)
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == (-signal.SIGINT if number == signal.SIGINT else 130)
    assert "everything finished is saved" in told.splitlines()[-1]
    assert "Traceback" not in told
    saved = asked(tmp_path)
    assert len(saved) == 20
    assert all(isinstance(outcome, Judgment) for outcome in saved)


def test_ctrl_c_ends_a_loop_of_the_shell_too(tmp_path: Path) -> None:
    """Bash goes on with the next model unless the command dies of the signal that bash has got, too."""
    out = shlex.quote(str(tmp_path))
    with Wire(lambda request: chat("답", delay_seconds=600)) as wire:
        command = f"{shlex.quote(sys.executable)} -m judge generate m-$n --base-url {wire.url} --limit 2 --out {out} -q"
        script = f"for n in 1 2 3; do echo begin $n; {command}; echo code $?; done; echo went on"
        loop = subprocess.Popen(
            ["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            while not wire.requests and loop.poll() is None:
                time.sleep(0.02)
            os.killpg(loop.pid, signal.SIGINT)  # as the terminal does it
            printed, told = loop.communicate(timeout=PATIENCE_SECONDS)
        finally:
            if loop.poll() is None:
                os.killpg(loop.pid, signal.SIGKILL)
    assert printed.splitlines() == ["begin 1"]
    assert loop.returncode == -signal.SIGINT
    assert told == "kojudge: interrupted; everything finished is saved, the same command goes on\n"


def test_after_kill_9_a_rerun_pays_only_for_what_was_in_flight(tmp_path: Path, slow_judge: Wire) -> None:
    process = start(tmp_path, slow_judge)
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    assert len(asked(tmp_path)) == 20
    with Wire(lambda request: chat("평가: 음\n점수: 6")) as wire:
        command = ["judge", str(tmp_path / "baseline_echo"), "--judge", "j", "--base-url", wire.url, "-q"]
        assert main(command) == 0
        run = RunFolder(tmp_path / "baseline_echo")
        by_rule = sum(one.by == "rule" for name in STRATEGIES for one in run.outcomes("j", name))
        assert len(wire.requests) == 252 - 20 - by_rule
        assert 0 < by_rule < 30


def test_a_second_process_on_the_same_run_is_told_at_once(
    tmp_path: Path, slow_judge: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(tmp_path, slow_judge)
    command = ["judge", str(tmp_path / "baseline_echo"), "--judge", "j", "--base-url", slow_judge.url, "-q"]
    assert main(command) == 2
    assert "another kojudge" in capsys.readouterr().err
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)

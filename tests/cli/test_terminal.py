"""What is written reaches every terminal, file and pipe, or one line says what to set."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.packs.folder import builtin
from judge.runs.folder import RunFolder

pytestmark = pytest.mark.proofs

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
QUESTIONS = str(builtin() / "questions" / "core.jsonl")


def kojudge(*words: str, terminal: bool = False, **variables: str) -> tuple[int, bytes, str]:
    """Run a command; return its exit code, what it wrote on standard output, and the text of standard error."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))
    }
    ours, theirs = pty.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "judge", *words],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment | variables,
    )
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 1 << 16):
            written += piece
    except OSError:  # how a terminal of Linux ends
        pass
    os.close(ours)
    _, told = process.communicate()
    return process.returncode, written, told.decode("utf-8")


def test_a_pipe_of_an_ascii_locale_is_written_as_utf_8() -> None:
    code, written, told = kojudge("check", QUESTIONS, **ASCII)
    assert (code, told) == (0, "")
    assert "추론 7" in written.decode("utf-8")


@pytest.mark.parametrize(("encoding", "errors"), [("ascii", "surrogateescape"), ("latin-1", None), ("ascii", "strict")])
def test_a_pipe_that_cannot_hold_hangul_is_written_as_utf_8(
    encoding: str, errors: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, told = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, errors))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(told, encoding, errors))
    assert main(["check", QUESTIONS]) == 0
    assert "추론 7" in written.getvalue().decode("utf-8")
    assert main(["judge", QUESTIONS, "--judge", "없는 심판\udcff"]) == 2
    sys.stderr.flush()
    assert "없는 심판\\udcff" in told.getvalue().decode("utf-8")
    assert "kojudge itself" not in told.getvalue().decode("utf-8")


@pytest.mark.parametrize(
    ("variables", "mends"),
    [
        (ASCII, [{"PYTHONUTF8": "1"}, {"LC_ALL": "", "LANG": "C.UTF-8"}]),
        ({"PYTHONIOENCODING": "latin-1"}, [{"PYTHONIOENCODING": "utf-8"}]),
    ],
)
def test_a_terminal_that_cannot_show_hangul_is_one_line_whose_mends_work(
    variables: dict[str, str], mends: list[dict[str, str]]
) -> None:
    code, written, told = kojudge("check", QUESTIONS, terminal=True, **variables)
    assert (code, written) == (2, b"")
    (line,) = told.strip().splitlines()
    assert "has no Hangul: set " in line
    for mend in mends:
        assert all(f"{name}={value}" in line or f"{name} to" in line for name, value in mend.items() if value)
        code, written, _ = kojudge("check", QUESTIONS, terminal=True, **variables | mend)
        assert code == 0
        assert "추론 7" in written.decode("utf-8")


def test_streams_that_are_closed_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["check", QUESTIONS]) == 0
    assert main(["check", "nowhere"]) == 2
    sys.stdout.close()
    sys.stderr.close()


def test_progress_that_nobody_reads_stops_no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    monkeypatch.setattr(sys, "stderr", stream)
    assert main(["generate", "baseline:echo", "--limit", "2", "--strategy", "0-shot", "--out", str(tmp_path)]) == 0
    assert len(RunFolder(tmp_path / "baseline_echo").answers("0-shot")) == 2
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def test_help_needs_no_hangul() -> None:
    code, written, _ = kojudge("judge", "--help", terminal=True, **ASCII)
    assert code == 0
    assert b"usage: kojudge judge" in written


def test_a_korean_terminal_goes_on_and_what_it_lacks_is_spelled_out(tmp_path: Path) -> None:
    copy = tmp_path / "꾸러미🙂.jsonl"
    copy.write_bytes(Path(QUESTIONS).read_bytes())
    code, written, told = kojudge("check", str(copy), terminal=True, PYTHONIOENCODING="euc-kr")
    assert (code, told) == (0, "")
    assert "꾸러미\\U0001f642" in written.decode("euc-kr")
    assert "추론 7" in written.decode("euc-kr")

"""Killed, cut short, out of disk, at the wrong time: a rerun completes the run and its tables are those of a calm one.

Every run here is a process of its own that asks a real server. Most are forked off one that has imported kojudge
already, which saves the start of an interpreter each; the first moments of `python -m judge` have a test of their own.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.records import Judgment
from judge.runs.folder import RunFolder
from tests.support.launcher import Launcher
from tests.support.patience import within
from tests.support.wire import Request, Response, Wire, chat

JUDGMENTS = 84
CONCURRENCY = 4
KILLS = 50
RUN = "baseline_reference"


def held_from(number: int, gate: threading.Event) -> Callable[[Request], Response]:
    """Answer as `verdict`, but this request and all after it only once `gate` is set."""
    return lambda request: replace(verdict(request), until=gate if request.number >= number else None)


def verdict(request: Request) -> Response:
    """A score that follows from the prompt alone."""
    return chat(f"평가: 풀이를 확인했습니다.\n점수: {zlib.crc32(request.last.encode()) % 10 + 1}", delay_seconds=0.02)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that owes 84 judgments, none of them by rule."""
    folder = tmp_path_factory.mktemp("answered")
    command = ["generate", "baseline:reference", "--strategy", "0-shot", "--out", str(folder), "-q"]
    assert main(command) == 0
    return folder / RUN


@pytest.fixture(scope="module")
def calm(answered: Path, launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run, judged without a disturbance."""
    run = tmp_path_factory.mktemp("calm") / RUN
    shutil.copytree(answered, run)
    with Wire(verdict) as wire:
        assert launcher.run(judging(run, wire)) == 0
        assert len(wire.requests) == JUDGMENTS
    return run


@pytest.fixture
def run(answered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(answered, tmp_path / RUN))


def judging(run: Path, wire: Wire) -> list[str]:
    command = ["judge", str(run), "--judge", "j", "--base-url", wire.url, "--judge-concurrency", str(CONCURRENCY)]
    return [*command, "--structured", "off", "-q"]  # the judge of these tests answers in text


def judgments_file(run: Path) -> Path:
    return RunFolder(run).judgments_file("j", "0-shot")


def judgments(run: Path) -> list[Judgment]:
    """Every verdict on disk, all lines."""
    return [o for o in RunFolder(run).outcomes("j", "0-shot") if isinstance(o, Judgment)]


def table(run: Path, launcher: Launcher) -> object:
    """Return what `kojudge table --format json` writes."""
    out = run.parent / f"{run.name}.table.json"
    launcher.run(["table", str(run), "--format", "json", "--output", str(out)])
    return json.loads(out.read_text("utf-8"))


def assert_like(run: Path, calm: Path, launcher: Launcher) -> None:
    """The same tables, and no verdict twice."""
    shown = calm.parent / "calm.json"
    if not shown.exists():
        shown.write_text(json.dumps(table(calm, launcher)), "utf-8")
    assert table(run, launcher) == json.loads(shown.read_text("utf-8"))
    found = judgments(run)
    assert Counter(judgment.key for judgment in found).most_common(1)[0][1] == 1
    assert {(j.key, j.score, j.digest) for j in found} == {(j.key, j.score, j.digest) for j in judgments(calm)}


def wait_for(wire: Wire, requests: int) -> None:
    """Wait until so many requests have come."""
    within(lambda: len(wire.requests) >= requests, f"{requests} requests")


# -- kill -9


def test_runs_that_are_killed_fifty_times_end_in_the_tables_of_a_calm_one(
    answered: Path, calm: Path, launcher: Launcher, tmp_path: Path
) -> None:
    """At random moments, one run again and again until it is done, then the next; in-flight requests alone are lost."""
    draw = random.Random(4)
    kills = lost = runs = 0
    while kills < KILLS:
        runs += 1
        run = Path(shutil.copytree(answered, tmp_path / str(runs) / RUN))
        with Wire(verdict) as wire:
            killed = 0
            while True:
                paid, kept = len(wire.requests), len(judgments(run))
                if kills == KILLS:
                    assert launcher.run(judging(run, wire)) == 0
                    break
                launcher.start(judging(run, wire))
                wait_for(wire, min(paid + draw.choice((0, 0, 1, 2, 4, 8, 16)), paid + JUDGMENTS - kept))
                time.sleep(draw.random() * 0.05)
                launcher.send(signal.SIGKILL)
                if launcher.wait() == 0:  # it was quicker
                    break
                kills, killed = kills + 1, killed + 1
                once = wire.settled() - paid - (len(judgments(run)) - kept)
                assert 0 <= once <= CONCURRENCY, f"kill {kills}: {once} paid for nothing with {CONCURRENCY} in flight"
                lost += once
            assert len(wire.requests) <= JUDGMENTS + killed * CONCURRENCY
        assert_like(run, calm, launcher)
    print(f"{kills} kills of {runs} runs: {lost} requests paid again, at most {KILLS * CONCURRENCY} in flight")
    assert lost > 0, "no kill fell on a request in flight"


@pytest.mark.parametrize("seed", range(4))
def test_a_process_killed_in_its_first_moments_leaves_a_run_that_goes_on(
    run: Path, calm: Path, launcher: Launcher, seed: int
) -> None:
    """`python -m judge` itself, in its imports, at its first request, after its first verdicts."""
    draw = random.Random(seed)
    with Wire(verdict) as wire:
        process = subprocess.Popen([sys.executable, "-m", "judge", *judging(run, wire)])
        if seed == 0:
            time.sleep(draw.random())
        else:
            wait_for(wire, draw.choice((1, 3, 9)))
        process.kill()
        process.wait()
        assert wire.settled() - len(judgments(run)) <= CONCURRENCY
        assert launcher.run(judging(run, wire)) == 0
        assert len(wire.requests) <= JUDGMENTS + CONCURRENCY
    assert_like(run, calm, launcher)


def test_run_killed_while_it_generates_and_judges_ends_like_a_calm_one(launcher: Launcher, tmp_path: Path) -> None:
    """A kill costs no more than the conversations (two turns each) and verdicts in flight."""

    def answer(request: Request) -> Response:
        if "심사위원" in str(request.body["messages"][0]["content"]):
            return verdict(request)
        said = zlib.crc32(json.dumps(request.body["messages"], ensure_ascii=False).encode())
        return chat(f"제 답은 {said}입니다.", delay_seconds=0.02)

    def held(request: Request) -> Response:
        """No run comes to its end before it is killed."""
        return replace(answer(request), until=gate if request.number >= stop else None)

    gate, stop = threading.Event(), sys.maxsize
    questions, kills, draw = 14, 8, random.Random(7)
    total = questions * 2 * 2
    with Wire(held) as wire:

        def running(out: Path) -> list[str]:
            command = ["run", "org/m", "--base-url", wire.url, "--judge", "j", "--judge-base-url", wire.url]
            command += ["--strategy", "0-shot", "--limit", str(questions), "--out", str(out), "-q"]
            return [*command, "--concurrency", "2", "--judge-concurrency", "2"]

        assert launcher.run(running(tmp_path / "calm")) == 0
        assert len(wire.requests) == total
        for _ in range(kills):
            before = len(wire.requests)
            stop = before + 1 + draw.randrange(1, 9)
            launcher.start(running(tmp_path / "killed"))
            wait_for(wire, stop - 1)
            time.sleep(draw.random() * 0.04)
            launcher.send(signal.SIGKILL)
            assert launcher.wait() == -signal.SIGKILL
            wire.settled()
        stop = sys.maxsize
        assert launcher.run(running(tmp_path / "killed")) == 0
        assert len(wire.requests) - total <= total + kills * (2 * 2 + 2)
    killed, calm = (tmp_path / name / "org" / "m" for name in ("killed", "calm"))
    assert_like(killed, calm, launcher)
    one, other = ({key: a.outputs for key, a in RunFolder(path).answers("0-shot").items()} for path in (killed, calm))
    assert one == other
    lines = RunFolder(killed).answers_file("0-shot").read_text("utf-8").splitlines()
    assert len(lines) == questions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so_in_one_line_and_goes_on(
    run: Path, calm: Path, launcher: Launcher, number: signal.Signals
) -> None:
    gate = threading.Event()
    with Wire(held_from(20, gate)) as wire:
        launcher.start(judging(run, wire))
        wait_for(wire, 20)
        launcher.send(number)
        assert launcher.wait() == (-signal.SIGINT if number == signal.SIGINT else 130)
        gate.set()
        assert len(launcher.errors) == 1
        assert "everything finished is saved" in launcher.errors[0]
        assert wire.settled() - len(judgments(run)) <= CONCURRENCY
        assert launcher.run(judging(run, wire)) == 0
        assert len(wire.requests) <= JUDGMENTS + CONCURRENCY
    assert_like(run, calm, launcher)


# -- two processes


def test_the_second_process_on_a_run_steps_back_and_nothing_is_judged_twice(
    run: Path, calm: Path, launcher: Launcher, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = threading.Event()
    with Wire(held_from(5, gate)) as wire:
        launcher.start(judging(run, wire))
        wait_for(wire, 5)
        assert main(judging(run, wire)) == 2
        told = capsys.readouterr().err.splitlines()
        gate.set()
        assert launcher.wait() == 0
        assert len(wire.requests) == JUDGMENTS
    assert len(told) == 1
    assert "another kojudge" in told[0]
    assert_like(run, calm, launcher)


# -- files cut and spoilt


@pytest.mark.parametrize("seed", range(6))
def test_a_file_cut_off_anywhere_owes_exactly_what_was_cut(
    calm: Path, launcher: Launcher, tmp_path: Path, seed: int
) -> None:
    """The first one loses half of its last line, as a torn write leaves it; the others end somewhere."""
    run = Path(shutil.copytree(calm, tmp_path / RUN))
    raw = judgments_file(run).read_bytes()
    size = len(raw) - 100 if seed == 0 else random.Random(seed).randrange(len(raw))
    judgments_file(run).write_bytes(raw[:size])
    whole = len(judgments(run))
    assert whole == raw[:size].count(b"\n")
    with Wire(verdict) as wire:
        assert launcher.run(judging(run, wire)) == 0
        assert len(wire.requests) == JUDGMENTS - whole
    assert judgments_file(run).read_bytes().count(b"\n") == JUDGMENTS
    assert_like(run, calm, launcher)


@pytest.mark.parametrize("spoil", ["half a line", "two lines in one", "not JSON", "no verdict"])
def test_a_spoilt_line_in_the_middle_is_named_and_nothing_is_touched(
    calm: Path, launcher: Launcher, tmp_path: Path, spoil: str
) -> None:
    run = Path(shutil.copytree(calm, tmp_path / RUN))
    file = judgments_file(run)
    lines = file.read_bytes().splitlines(keepends=True)
    cut = len(lines[9]) // 2
    lines[9] = {
        "half a line": lines[9][:cut] + b"\n",
        "two lines in one": lines[9][:cut] + lines[10],
        "not JSON": b"\x00\x00\x00\n",
        "no verdict": lines[9].replace(b'"score"', b'"scor"'),
    }[spoil]
    if spoil == "two lines in one":
        del lines[10]
    file.write_bytes(b"".join(lines))
    with Wire(verdict) as wire:
        for command in (judging(run, wire), ["table", str(run)]):
            assert launcher.run(command) == 2
            assert len(launcher.errors) == 1
            assert f"{file}, line 10" in launcher.errors[0]
        assert not wire.requests
        assert file.read_bytes() == b"".join(lines)
        file.write_bytes(b"".join(lines[:9] + lines[10:]))
        assert launcher.run(judging(run, wire)) == 0
        assert len(wire.requests) == (2 if spoil == "two lines in one" else 1)
    assert_like(run, calm, launcher)


# -- disk and clock


@pytest.mark.parametrize("largest", [1_500, 30_000])
def test_a_full_disk_is_one_clear_line_and_the_same_command_completes(
    run: Path, calm: Path, launcher: Launcher, largest: int
) -> None:
    """With room for no more than a line not even run.json can be written; with more, some verdicts are kept."""
    with Wire(verdict) as wire:
        assert launcher.run(judging(run, wire), largest=largest) == 2
        assert len(launcher.errors) == 1
        assert "cannot be written" in launcher.errors[0]
        kept = len(judgments(run))
        assert (kept > 5) == (largest > 10_000)
        # lost: requests in flight, and replies that came in the same moment as the one that the disk refused
        assert wire.settled() - kept <= 2 * CONCURRENCY
        assert launcher.run(judging(run, wire)) == 0
        assert len(wire.requests) <= JUDGMENTS + 2 * CONCURRENCY
    assert_like(run, calm, launcher)


def test_a_clock_that_jumps_changes_nothing(run: Path, calm: Path, launcher: Launcher, tmp_path: Path) -> None:
    """The time of day leaps back and forth by years; it stands in `created` and decides nothing."""
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent("""
            import datetime, itertools, time

            real, leaps = time.time, itertools.cycle((0.0, -3e8, 86400.0, -7200.0, 6e8, -1e9))

            class Leaping(datetime.datetime):
                @classmethod
                def now(cls, tz=None):
                    return datetime.datetime.fromtimestamp(time.time(), tz)

            time.time = lambda: real() + next(leaps)
            datetime.datetime = Leaping
        """)
    )
    with Wire(verdict) as wire:
        command = [sys.executable, "-m", "judge", *judging(run, wire)]
        leaping = os.environ | {"PYTHONPATH": str(tmp_path)}
        first = subprocess.Popen(command, env=leaping, stdout=subprocess.DEVNULL)
        wait_for(wire, 30)
        first.kill()
        first.wait()
        subprocess.run(command, env=leaping, stdout=subprocess.DEVNULL, check=True)
        assert wire.settled() <= JUDGMENTS + CONCURRENCY
    assert len({judgment.created[:4] for judgment in judgments(run)}) > 1
    assert_like(run, calm, launcher)

"""`kojudge demo` ends in one screen of 80 x 24, the same in a pipe and on a terminal, and leaves runs and a page."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from judge.api.demo import HAND_WRITTEN, ending
from judge.cli.main import main
from judge.sources.run_results import find_runs, results_of_run
from judge.tables.terminal import Screen
from tests.support.small_run import Demonstration
from tests.tables.test_terminal import shown_on

pytestmark = pytest.mark.proofs
MODELS = {
    *(f"hand-written/{level}" for level in ("high", "good", "middle", "low")),
    *(f"baseline:{name}" for name in ("echo", "boilerplate", "reference", "shuffled")),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def done(here: Path, demonstration: Demonstration) -> Path:
    """The same, with the finished runs of a demo."""
    shutil.copytree(demonstration.folder, here / "outputs/demo")
    return here


def test_the_demo_ends_in_one_screen(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piped = shown_on(False, ["demo", "-q"], monkeypatch)
    coloured = shown_on(True, ["demo", "-q"], monkeypatch, COLUMNS="80")
    assert re.sub(r"\x1b\[\d*m", "", coloured) == piped
    lines = piped.removesuffix("\n").split("\n")
    assert len(lines) <= 23  # the prompt takes the last one
    assert max(map(cell_len, lines)) <= 80
    board = [line.split() for line in lines if line.startswith(("hand-written/", "baseline:"))]
    assert {row[0] for row in board} == MODELS
    assert [row[-2] for row in board] == [str(place) for place in range(1, 9)]  # one ranking
    compared = [line for line in lines if re.match(r"- \S+ - \S+: [+-]", line)]
    assert len(compared) == 3
    assert sum("rule scores" in line.lower() for line in lines) == 1
    assert lines[-1] == "Everything is in outputs/demo: open outputs/demo/report.html in a browser"
    assert (done / "outputs/demo/report.html").is_file()


def test_the_last_screen_and_the_footnotes_are_korean_in_a_korean_locale(
    done: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert main(["demo", "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 23
    assert max(map(cell_len, lines)) <= 80
    own = re.compile(r"model +추론|baseline:|hand-written/[a-z]+ |  kojudge |-|$")  # rows and what is to be copied
    assert [line for line in lines if not own.match(line) and not re.search("[가-힣]", line)] == []
    assert [line for line in lines if line.startswith("- ") and not re.search("높음|없음", line)] == []
    assert main(["table", "outputs/demo/hand-written/low"]) == 0
    assert f"(1) {HAND_WRITTEN.korean}" in capsys.readouterr().out


def test_the_commands_to_try_work(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-q"]) == 0
    printed = capsys.readouterr().out
    steps = re.findall(r"^  kojudge ([^#\n]*)", printed, re.M)
    assert len(steps) == 3
    for step in steps[:2]:
        assert main(step.split()) == 0
        capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(steps[2].split())
    assert end.value.code == 0


def test_all_runs_of_the_demo_were_asked_the_same_questions(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-q", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {(row["model"], row["strategy"]) for row in rows} == {
        (model, strategy) for model in MODELS for strategy in ("0-shot", "1-shot", "cot-1-shot")
    }
    assert {(row["questions"], row["of_questions"], row["judged"], row["missing"]) for row in rows} == {(12, 42, 24, 0)}


def test_an_earlier_demo_that_asked_more_still_ends_in_one_ranking(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "-q"]) == 0
    first = capsys.readouterr().out
    assert main(["run", "baseline:echo", "--judge", "rules", "--out", "more", "--no-report", "-q"]) == 0
    others = [run for run in find_runs(done / "outputs/demo") if "echo" not in run.path.name]
    series = [one for run in [*others, *find_runs(done / "more")] for one in results_of_run(run)]
    page = "outputs/demo/report.html"
    assert ending(series, Path("outputs/demo"), page, Screen(80)) == first

"""`pairwise` on other tools' files of games, and its decisions."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main

QUESTIONS = 20


def games(tmp_path: Path, wins: int, *, model: str = "mine", name: str = "a.jsonl", **more: Any) -> Path:
    """An arena-hard file in which the model wins so many of 20 questions clearly in both games, and loses the rest."""
    rows = []
    for number in range(QUESTIONS):
        scores = ("B>>A", "A>>B") if number < wins else ("A>>B", "B>>A")
        row = {"uid": f"q{number}", "category": "hard_prompt", "judge": "j", "model": model, "baseline": "base"}
        rows.append(row | {"games": [{"score": score} for score in scores]} | more)
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


DECISIONS = [
    (20, (), 0, "NOT WORSE: mine 0-shot is not worse than base 0-shot by more than 10.0 % of wins: difference +50.0 %"),
    (2, (), 3, "WORSE: mine 0-shot is worse than base 0-shot by more than 10.0 % of wins"),
    (9, (), 4, "CANNOT SAY YET whether mine 0-shot is worse than base 0-shot by more than 10.0 % of wins"),
    (20, ("--equivalent",), 3, "DIFFERENT: mine 0-shot and base 0-shot differ by more than 10.0 % of wins"),
]


@pytest.mark.parametrize(("wins", "more", "code", "says"), DECISIONS)
def test_a_margin_decides_on_the_first_side(
    wins: int, more: tuple[str, ...], code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = games(tmp_path, wins)
    assert main(["pairwise", str(path), "--margin", "0.1", *more]) == code
    assert says in capsys.readouterr().out
    assert main(["pairwise", str(path), "--margin", "0.1", *more, "--format", "csv"]) == code
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["win_rate"], row["margin"]) == (f"{wins / QUESTIONS:.4f}", "0.1")
    assert main(["pairwise", str(path), "--margin", "0.1", *more, "--format", "json"]) == code
    [one] = json.loads(capsys.readouterr().out)["contests"]
    assert one["decision"]["ruling"] == row["decision"]


def test_several_files_make_a_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    games(tmp_path, 15, model="good", name="good.jsonl")
    games(tmp_path, 5, model="bad", name="bad.jsonl")
    assert main(["pairwise", str(tmp_path), "--format", "json"]) == 0
    board = json.loads(capsys.readouterr().out)["boards"][0]
    assert [one["side"].split()[0] for one in board["standings"]] == ["good", "base", "bad"]


BAD = {
    "the same contest twice": (["pairwise", "{p}", "{p}"], "two contests of mine 0-shot and base 0-shot, j"),
    "a margin of everything": (
        ["pairwise", "{p}", "--margin", "0.5"],
        "margin: 0.5 is no less than the whole range of 0.5; a usual one is 0.05",
    ),
    "a figure of a strategy": (
        ["plot", "contests", "{p}", "--strategy", "x", "-o", "x.svg"],
        "--strategy does not choose",
    ),
    "a figure of some": (["plot", "contests", "{p}", "--models", "mine", "-o", "x.svg"], "--models does not choose"),
    "no table of it": (["table", "{p}"], "kojudge pairwise PATH shows it"),
    "nothing to judge": (["judge", "{p}", "--judge", "rules"], "kojudge pairwise PATH shows it"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_use_is_one_line_with_a_way_out(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, says = BAD[case]
    path = games(tmp_path, 10)
    assert main([word.format(p=path) for word in words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_lost_game_is_said_and_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = games(tmp_path, 20)
    with path.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({"uid": "q99", "judge": "j", "model": "mine", "baseline": "base", "games": [None, None]}) + "\n"
        )
    assert main(["pairwise", str(path)]) == 1
    assert "! 2 of 42 games failed (2 upstream)" in capsys.readouterr().out

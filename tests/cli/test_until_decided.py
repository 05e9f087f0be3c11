"""`pairwise --until-decided`: a fifth of the questions at a time, and not one question more than it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.reports.contest_card import contest_section
from judge.reports.words import Lang
from judge.runs.contest_folder import CONTEST, ContestFolder
from judge.sources.contests import read_contest
from judge.tables.asking import asking_order
from tests.support.wire import Request, Response, Wire, chat

pytestmark = pytest.mark.proofs

QUESTIONS = 50
LOOK = 2 * 20
"""Games to the first look: twenty questions, both orders."""


def answers(out: Path, model: str) -> Path:
    path = out / f"{model}.jsonl"
    rows = [
        {"id": n, "category": "수학" if n % 2 else "추론", "questions": ["답은?"], "outputs": [f"{model}의 답 {n}"]}
        for n in range(1, QUESTIONS + 1)
    ]
    text = "".join(json.dumps(row | {"model": model, "strategy": "0-shot"}, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


Chooses = Callable[[int], bool]
"""Question -> whether the answer of `good` is better."""


def server(chooses: Chooses) -> Wire:
    def answer(request: Request) -> Response:
        text = "\n".join(str(message["content"]) for message in request.body["messages"])
        said = re.findall(r"(good|bad)의 답 (\d+)", request.last)
        mark = re.findall(r"\[\[([a-z]{4}):", text)[-1]
        good_first = said[0][0] == "good"
        better = chooses(int(said[0][1])) == good_first
        return chat(f"비교했습니다.\n[[{mark}: {'A>B' if better else 'B>A'}]]")

    return Wire(answer)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str]:
    return str(answers(tmp_path, "good")), str(answers(tmp_path, "bad"))


def play(wire: Wire, paths: tuple[str, str], out: Path, *more: str) -> int:
    return main(
        [
            "pairwise",
            *paths,
            "--judge",
            "j",
            "--base-url",
            wire.url,
            "--out",
            str(out),
            "-q",
            "--draws",
            "200",
            "--structured",
            "off",
            *more,
        ]
    )


@pytest.fixture
def clear() -> Iterator[Wire]:
    """`good` is better on nine of ten questions."""
    with server(lambda n: n % 10 != 0) as wire:
        yield wire


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    [one] = json.loads(capsys.readouterr().out)["contests"]
    assert isinstance(one, dict)
    return one


def test_a_clear_contest_stops_at_an_early_look_and_asks_nothing_again(
    clear: Wire, paths: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert play(clear, paths, out, "--until-decided", "--format", "json") == 0
    asked = len(clear.requests)
    assert asked == LOOK
    one = shown(capsys)
    assert one["verdict"] == "good 0-shot better"
    assert one["missing"] == 0
    assert any(str(note).startswith(f"{asked // 2} of 50 questions asked, to look") for note in one["notes"])
    assert play(clear, paths, out, "--until-decided") == 0
    assert len(clear.requests) == asked
    capsys.readouterr()
    assert main(["pairwise", str(out / "contests"), "--format", "json"]) == 0
    assert shown(capsys)["verdict"] == "good 0-shot better"
    assert play(clear, paths, out) == 0  # all of it, when that is asked for
    assert len(clear.requests) == 2 * QUESTIONS


def test_a_contest_without_a_winner_is_asked_to_its_end(
    paths: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(lambda n: n % 4 < 2) as wire:
        assert play(wire, paths, tmp_path / "out", "--until-decided", "--format", "json") == 0
        assert len(wire.requests) == 2 * QUESTIONS
    one = shown(capsys)
    assert (one["verdict"], one["notes"]) == ("cannot be told apart", [])


def test_the_looks_go_by_the_margin_where_there_is_one(
    clear: Wire, paths: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(clear, paths, tmp_path / "out", "--until-decided", "--margin", "0.2") == 0
    assert len(clear.requests) == LOOK
    assert "NOT WORSE: good 0-shot is not worse than bad 0-shot by more than 20.0 % of wins" in capsys.readouterr().out
    assert play(clear, (paths[1], paths[0]), tmp_path / "turned", "--until-decided", "--margin", "0.1") == 3
    assert "WORSE: bad 0-shot is worse than good 0-shot" in capsys.readouterr().out


def test_a_p_that_looks_were_taken_at_is_no_small_p(
    paths: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """33 of 50 is a p of 0.03 for who has looked once, and nothing for who has looked five times."""
    order = asking_order({n: "수학" if n % 2 else "추론" for n in range(1, QUESTIONS + 1)})
    wins = {n for place, n in enumerate(order) if place and place % 3 != 2}  # at every look about two of three
    with server(lambda n: n in wins) as wire:
        assert play(wire, paths, tmp_path / "once", "--format", "json") == 0
        once = shown(capsys)
        assert play(wire, paths, tmp_path / "out", "--until-decided", "--format", "json") == 0
        looked = shown(capsys)
    assert once["win_rate"] == looked["win_rate"]
    assert float(str(once["p_holm"])) < 0.05 < float(str(looked["p_holm"]))
    assert looked["verdict"] == "cannot be told apart"


def test_what_was_asked_stands_in_the_folder(clear: Wire, paths: tuple[str, str], tmp_path: Path) -> None:
    assert play(clear, paths, tmp_path / "out", "--until-decided") == 0
    [manifest] = (tmp_path / "out").rglob(CONTEST)
    [asked] = json.loads(manifest.read_text(encoding="utf-8"))["asked"].values()
    assert asked["looks"] == [20, 30, 40, 50]
    assert len(asked["questions"]) == len(clear.requests) // 2


def test_a_dry_run_counts_at_most_what_is_left_and_a_file_of_requests_is_no_look(
    clear: Wire, paths: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert play(clear, paths, out, "--until-decided", "--dry-run") == 0
    assert "100 requests" in (shown := capsys.readouterr().out)
    assert "at most: --until-decided may stop earlier" in shown
    assert play(clear, paths, out, "--until-decided") == 0
    capsys.readouterr()
    assert play(clear, paths, out, "--until-decided", "--dry-run") == 0
    assert " 0 requests" in capsys.readouterr().out
    assert play(clear, paths, out, "--until-decided", "--batch-export", str(tmp_path / "r.jsonl")) == 2
    assert "leave it or --batch-export out" in capsys.readouterr().err
    assert not (tmp_path / "r.jsonl").exists()


def test_a_card_says_that_a_contest_was_stopped_early(clear: Wire, paths: tuple[str, str], tmp_path: Path) -> None:
    assert play(clear, paths, tmp_path / "out", "--until-decided") == 0
    [folder] = (path.parent for path in (tmp_path / "out").rglob(CONTEST))
    contests = read_contest(ContestFolder(folder))
    languages: tuple[tuple[Lang, str], ...] = (("en", "(20 of 50 questions)"), ("ko", "(20/50문항)"))
    for lang, said in languages:
        assert said in contest_section(contests, "good", lang, draws=50, seed=1)[0]
    assert play(clear, paths, tmp_path / "out") == 0
    whole = contest_section(read_contest(ContestFolder(folder)), "good", "en", draws=50, seed=1)[0]
    assert "stopped as soon as" not in whole

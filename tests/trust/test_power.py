"""The plan: what is measured in saved verdicts, and how many questions, answers, judges a goal needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from judge.cli.main import main
from judge.tables.results import Results
from judge.trust.power import ASSUMED, Design, Goal, Spread, plan_rows, spread_of
from tests.support.evaluated import evaluated
from tests.support.results import series
from tests.support.wire import Wire, chat

QUESTIONS = 400
"""Enough that a variance is within a fifth of the truth."""


def rows(
    *, question: float = 1.0, answer: float = 0.0, judge: float = 0.0, verdict: float = 0.0, **how: int
) -> list[Results]:
    """Two models under one or two judges; the standard deviations of a turn's score from each source."""
    draw = np.random.default_rng(3)
    samples, judges, repeats = how.get("samples", 1), how.get("judges", 1), how.get("repeats", 1)
    found = []
    base = draw.normal(0, question, (2, QUESTIONS))
    said = draw.normal(0, answer, (2, QUESTIONS, samples))
    for number in range(judges):
        taste = draw.normal(0, judge, (2, QUESTIONS))
        for model in range(2):
            scores = {
                (q, 1): [
                    5
                    + base[model, q]
                    + said[model, q, s]
                    + taste[model, q]
                    + (draw.normal(0, verdict) if verdict else 0.0)
                    for s in range(samples)
                    for _ in range(repeats)
                ]
                for q in range(QUESTIONS)
            }
            clipped = {item: [float(np.clip(x, 0, 10)) for x in each] for item, each in scores.items()}
            found.append(series(clipped, model=f"m{model}", judge=f"j{number}", samples=samples))
    return found


def test_the_spread_is_that_of_a_question_s_difference() -> None:
    found = spread_of(rows(question=1.0))
    assert found is not None
    assert found.deviation == pytest.approx(2**0.5, rel=0.1)
    assert (found.pairs, found.questions, found.turns) == (1, QUESTIONS, 1)
    assert found.measured == frozenset()
    assert dict(found.parts) == dict(ASSUMED)


MEASURED = [
    ("judges", {"judge": 1.0, "judges": 2}, 1 / 2),
    ("judges", {"judge": 0.5, "verdict": 0.5, "judges": 2}, 1 / 3),
    ("verdicts", {"verdict": 0.5, "repeats": 2}, 0.25 / (1 + 0.25 / 2)),
    ("answers", {"answer": 0.5, "samples": 3}, 0.25 / (1 + 0.25 / 3)),
]
"""The part, the sources beside the questions' own variance of 1, its share of the variance that is seen."""


@pytest.mark.parametrize(("part", "sources", "share"), MEASURED)
def test_what_the_verdicts_show_is_measured(part: str, sources: dict[str, float], share: float) -> None:
    found = spread_of(rows(**sources))  # type: ignore[arg-type]
    assert found is not None
    assert found.measured == {part}
    assert found.parts[part] == pytest.approx(share, rel=0.25)  # type: ignore[index]


def test_rows_that_do_not_pair_show_nothing() -> None:
    assert spread_of(rows()[:1]) is None
    assert spread_of([series({(1, 1): 5.0}), series({(2, 1): 5.0}, model="n")]) is None
    assert spread_of([series({(1, 1): 5.0, (2, 1): 5.0}), series({(1, 1): 6.0, (2, 1): 6.0}, model="n")]) is None


def test_questions_by_hand() -> None:
    """((1.96 + 0.8416) / 0.5)^2 * 4 + 1.96^2 / 2 = 127.5; one-sided ((1.645 + 0.8416) / 0.5)^2 * 4 + 1.35 = 100.3."""
    assert Goal(0.5).questions(4.0) == 128
    assert Goal(0.5, sides=1).questions(4.0) == 101
    assert Goal(0.5, power=0.9).questions(4.0) == 171
    assert Goal(100.0).questions(4.0) == 5
    assert Goal(0.5).shown_by(128, 4.0) == pytest.approx(0.5, abs=0.002)


def test_that_many_questions_find_the_difference_as_often_as_promised() -> None:
    number = Goal(0.6).questions(1.0)
    draws = np.random.default_rng(7).normal(0.6, 1.0, (4000, number))
    t = draws.mean(axis=1) / draws.std(axis=1, ddof=1) * number**0.5
    from scipy.stats import t as student

    assert 0.78 < (t > student.ppf(0.975, number - 1)).mean() < 0.83


def test_more_answers_judges_and_verdicts_by_hand() -> None:
    spread = Spread(2.0, {"answers": 0.3, "judges": 0.5, "verdicts": 0.1})
    assert spread.variance(Design()) == pytest.approx(4)
    assert spread.variance(Design(answers=3)) == pytest.approx(4 * (0.2 + 0.1 + 0.4 + 0.1 / 3))
    assert spread.variance(Design(judges=2)) == pytest.approx(4 * (0.5 + 0.2 + 0.05))
    assert spread.variance(Design(verdicts=2)) == pytest.approx(4 * (0.9 + 0.05))
    [one, *_] = plan_rows(spread, Goal(0.5))
    assert (one.questions, one.answers, one.calls) == ((128, 128), (256, 256), (512, 512))


@pytest.fixture
def board(tmp_path: Path) -> Path:
    for place in range(2):
        evaluated(tmp_path, f"org/m{place}", "default", 4, seed=place)
    return tmp_path / "evaluated"


def test_a_plan_from_verdicts_and_one_from_assumptions(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(board), "--difference", "0.3", "--price-in", "2", "--price-out", "8", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["spread"]["pairs"] == 1
    assert [one["judged"] for one in plan["designs"]] == ["pointwise"] * 5 + ["pairwise"] * 5
    first = plan["designs"][0]
    assert first["judge_calls"] == [4 * first["questions"][0]] * 2
    assert float(first["dollars"][0]) == pytest.approx(first["judge_calls"][0] * (1500 * 2 + 300 * 8) / 1e6)
    assert main(["plan", "--margin", "0.2", "--spread", "1.5"]) == 0
    shown = capsys.readouterr().out
    assert "a side without any true difference is found not worse by 0.20 in 80% of cases" in shown
    assert "standard deviation of 1.50 (assumed)" in shown
    assert "no dollars: give --price-in" in shown
    assert main(["plan", "--difference", "0.5", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "pointwise,1,1,1,116,232,464,,"


BAD = {
    "no goal": ([], "give --difference X (to find one) or --margin X"),
    "two goals": (["--difference", "1", "--margin", "1"], "give --difference X (to find one) or --margin X"),
    "half a price": (["--difference", "1", "--price-in", "1"], "a price needs both --price-in and --price-out"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_use_is_one_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, says = BAD[case]
    assert main(["plan", *words]) == 2
    assert says in capsys.readouterr().err


def test_one_side_cannot_be_planned_from(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(board / "org/m0"), "--difference", "1"]) == 2
    assert "give verdicts on two sides, or --spread" in capsys.readouterr().err


@pytest.mark.proofs
def test_the_rule_judge_is_no_second_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(tmp_path / f"baseline_{name}") for name in ("boilerplate", "echo")]
    for name in ("boilerplate", "echo"):
        words = ["generate", f"baseline:{name}", "--out", str(tmp_path), "--strategy", "0-shot", "--limit", "12", "-q"]
        assert main(words) == 0
    with Wire(lambda request: chat(f"평가: 음\n점수: {4 + request.number % 3}")) as wire:
        assert main(["judge", *paths, "--judge", "j", "--base-url", wire.url, "-q"]) == 0
    alone = planned(paths, capsys)
    assert main(["judge", *paths, "--judge", "rules", "-q"]) == 0
    assert planned(paths, capsys)["spread"] == alone["spread"]
    assert main(["plan", *paths, "--difference", "0.5"]) == 0
    assert "left out: the verdicts of the offline heuristic" in capsys.readouterr().err


def planned(paths: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert main(["plan", *paths, "--difference", "0.5", "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found

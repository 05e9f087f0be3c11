"""The verbs of trust as a user meets them, on small LogicKor files and on a run of the rule judge."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from judge.cli.main import main
from tests.support.evaluated import ENGLISH, QUESTIONS, evaluated


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """Six models, two strategies each."""
    for place in range(6):
        for strategy in ("default", "1-shot"):
            evaluated(tmp_path, f"org/m{place}", strategy, 3 + place, seed=place)
    return tmp_path / "evaluated"


@pytest.mark.proofs
def test_a_table_says_how_sure_it_is(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", str(board), "--by", "model"]) == 0
    shown = capsys.readouterr().out
    assert " ±" in shown
    assert "| tied with |" in shown
    assert "10,000 draws, seed 20240101" in shown
    assert main(["table", str(board), "--ci", "none"]) == 0
    assert "±" not in capsys.readouterr().out
    assert main(["table", str(board), "--ci", "analytic", "--format", "csv"]) == 0
    assert "Overall_low,Overall_high" in capsys.readouterr().out
    assert main(["table", str(board), "--format", "csv"]) == 0
    assert "Overall_low" not in capsys.readouterr().out


def test_the_gate_shows_both_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = evaluated(tmp_path, "org/m", "default", 8, ENGLISH)
    assert main(["table", str(path), "--gate", "language", "--format", "csv"]) == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert float(row["Overall"]) > 5
    assert (row["Overall_gated"], row["gate_changed"]) == ("0.00", str(2 * QUESTIONS))


def test_compare_over_strategies_and_models(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(board / "org/m0"), "--json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["comparisons"]
    assert (one["over"], one["a"], one["b"], one["verdict"]) == ("strategy", "0-shot", "1-shot", "indistinguishable")
    assert main(["compare", str(board), "--against", "org/m0", "--strategies", "0-shot", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["comparisons"]
    assert [one["b"] for one in found] == [f"org/m{n}" for n in range(1, 6)]
    assert found[-1]["verdict"].startswith("org/m5 better by ")


def test_audit_finds_english_answers_with_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = evaluated(tmp_path, "org/m", "default", 9, ENGLISH)
    assert main(["audit", str(path), "--rule", "wrong-language-high", "--format", "csv"]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(found) > QUESTIONS
    assert {line["file"] for line in found} == {str(path)}
    target = tmp_path / "hits.md"
    assert main(["audit", str(path), "-o", str(target)]) == 0
    assert "### the judge as a whole" in target.read_text(encoding="utf-8")


@pytest.mark.proofs
def test_a_null_model_beside_that_nobody_has_judged_yet_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--strategy", "0-shot", "--limit", "2", "--out", str(tmp_path), "-q"]
    assert main(["run", "baseline:boilerplate", "--judge", "rules", "--no-report", *few]) == 0
    assert main(["generate", "baseline:echo", *few]) == 0
    for verb in (["audit"], ["table", "--null", "--ci", "none"]):
        assert main([*verb, str(tmp_path / "baseline_boilerplate")]) == 0, capsys.readouterr().err


@pytest.mark.proofs
def test_calibrate_and_the_equated_table(board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, path = tmp_path / "out", tmp_path / "map.json"
    assert main(["judge", str(board), "--judge", "rules", "--out", str(out), "-q"]) == 0
    capsys.readouterr()
    assert main(["calibrate", "--old", str(board), "--new", str(out), "-o", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "rules (offline heuristic) on the scale of logickor-file: 6 models, 12 rows, 576 verdicts by both" in shown
    assert json.loads(path.read_text(encoding="utf-8"))["way"] in shown
    assert main(["table", str(out), "--calibration", str(path), "--null"]) == 0
    table = capsys.readouterr().out
    assert "equated to logickor-file" in table
    assert "floor of rules (offline heuristic): it gives " in table
    assert "| baseline:echo" in table


def test_items_and_agreement(board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["items", str(board), "--format", "json"]) == 0
    [table] = json.loads(capsys.readouterr().out)["judges"]
    assert table["rows"] == 12
    assert len(table["items"]) == QUESTIONS
    labels = tmp_path / "people.csv"
    labels.write_text("id,turn,score,model,strategy\n1,1,7,org/m0,0-shot\n2,1,3,org/m0,0-shot\n", encoding="utf-8")
    assert main(["agreement", str(board), "--labels", str(labels), "--json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["agreements"]
    assert (one["b"], one["items"]) == ("human", 2)


BAD = {
    "an unknown rule": (["audit", "{b}", "--rule", "zero"], "no audit rule 'zero'"),
    "an unknown strategy": (["items", "{b}", "--strategies", "2-shot"], "strategy '2-shot': did you mean"),
    "nobody to compare with": (["compare", "{b}", "--against", "org/m9"], "no model 'org/m9': did you mean"),
    "a margin of everything": (
        ["compare", "{b}", "--margin", "10"],
        "margin: 10 is no less than the whole range of 10; a usual one is 0.2",
    ),
    "no margin": (["compare", "{b}", "--equivalent"], "Give --margin, too"),
    "a margin of nothing": (["compare", "{b}", "--margin", "0"], "0 is not above 0"),
    "one judge": (["compare", "{b}", "--by", "judge"], "only one judge (logickor-file)"),
    "too small an overlap": (
        ["calibrate", "--old", "{b}/org/m0", "--new", "{b}/org/m0", "-o", "{b}/map.json"],
        "too small: 1 models and 48 verdicts",
    ),
    "no map": (["table", "{b}", "--calibration", "{b}/none.json"], "none.json: no such file"),
    "too few rows": (["items", "{b}/org/m0"], "no judge has 5 rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_use_is_one_line_and_exit_2(case: str, board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, says = BAD[case]
    assert main([word.format(b=board) for word in words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("verb", ["compare", "agreement", "audit", "calibrate", "items"])
def test_every_verb_has_help_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"kojudge {verb} " in capsys.readouterr().out.split("examples:")[1]


DECISIONS = {
    "worse": (["org/m5", "org/m0", "--margin", "0.5"], 3, "WORSE: org/m0 is worse than org/m5 by more than 0.50"),
    "not worse": (["org/m0", "org/m5", "--margin", "0.5"], 0, "NOT WORSE: org/m5 is not worse than org/m0"),
    "different": (["org/m0", "org/m5", "--margin", "0.5", "--equivalent"], 3, "DIFFERENT: org/m5 and org/m0 differ by"),
    "cannot say": (["org/m0", "org/m1", "--margin", "0.7", "--equivalent"], 4, "CANNOT SAY YET whether org/m1 and"),
    "all at once": (["org/m3", "org/m4", "org/m0", "--margin", "0.5"], 3, "WORSE: org/m0 is worse than org/m4"),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_a_margin_decides_and_the_exit_code_says_so(case: str, board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, code, says = DECISIONS[case]
    given = ["compare", *(word if word[:3] != "org" else str(board / word) for word in words), "--strategies", "0-shot"]
    assert main(given) == code
    assert f"- {says}" in capsys.readouterr().out
    assert main([*given, "--format", "csv"]) == code
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert all(line["decision"] and line["p_decision"] for line in lines)
    assert main([*given, "--json"]) == code
    rows = json.loads(capsys.readouterr().out)["comparisons"]
    assert [row["decision"]["ruling"] for row in rows] == [line["decision"] for line in lines]


def test_decisions_of_several_strategies_say_which(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(board / "org/m0"), str(board / "org/m5"), "--by", "model", "--margin", "0.5"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- NOT WORSE")]
    assert len(lines) == 2
    assert len({line.rpartition("(")[2] for line in lines}) == 2
    assert "1-shot · " in lines[0] + lines[1]

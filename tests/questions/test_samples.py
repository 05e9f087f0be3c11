"""The hand-written sample answers and their gold scores belong together and to today's core set."""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

from judge.files import read_lines

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "outputs" / "samples"
LEVELS = ("high", "good", "middle", "low")
STRATEGIES = ("0-shot", "1-shot", "cot-1-shot")
Key = tuple[str, str, int, int]


def answers() -> dict[tuple[str, str, int], dict[str, Any]]:
    files = [
        (level, name, SAMPLES / "hand-written" / level / f"{name}.jsonl") for level in LEVELS for name in STRATEGIES
    ]
    return {(level, name, line.data["id"]): line.data for level, name, path in files for line in read_lines(path)}


def gold() -> list[dict[str, str]]:
    with (SAMPLES / "gold.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keyed() -> dict[Key, dict[str, str]]:
    return {(r["model"].split("/")[1], r["strategy"], int(r["id"]), int(r["turn"])): r for r in gold()}


def test_every_sample_turn_has_one_gold_score_in_halves() -> None:
    expected = {(level, name, number, turn) for level, name, number in answers() for turn in (1, 2)}
    assert len(expected) == 4 * 3 * 12 * 2
    assert len(gold()) == len(expected)
    assert keyed().keys() == expected
    assert [r for r in gold() if not 0 <= float(r["score"]) <= 10 or float(r["score"]) * 2 % 1] == []


def test_the_samples_answer_the_core_set_of_today() -> None:
    core = {line.data["id"]: line.data for line in read_lines(ROOT / "questions" / "core.jsonl")}
    for (_, _, number), row in answers().items():
        assert (row["questions"], row["references"]) == (core[number]["questions"], core[number]["references"])


def test_the_levels_stand_apart_under_every_strategy() -> None:
    scores = keyed()
    for name in STRATEGIES:
        means = [mean(float(r["score"]) for k, r in scores.items() if k[:2] == (level, name)) for level in LEVELS]
        assert all(better - worse > 1.5 for better, worse in pairwise(means)), (name, means)


def test_a_good_answer_is_the_best_one_with_one_named_fault_in_every_turn() -> None:
    rows, scores = answers(), keyed()
    for (level, name, number), row in rows.items():
        for turn in (1, 2):
            fault = scores[level, name, number, turn]["fault"]
            assert bool(fault) == (level == "good")
            if level == "good":
                best = rows["high", name, number]["outputs"][turn - 1]
                assert row["outputs"][turn - 1] != best
                assert float(scores["good", name, number, turn]["score"]) < float(
                    scores["high", name, number, turn]["score"]
                ) or (number, turn) == (17, 2)


def test_zero_is_for_nothing_or_for_a_wrong_language() -> None:
    core = {line.data["id"]: line.data for line in read_lines(ROOT / "questions" / "core.jsonl")}
    for (level, name, number, turn), row in keyed().items():
        output = answers()[level, name, number]["outputs"][turn - 1]
        wanted = core[number]["answer_language"][turn - 1]
        hangul, latin = len(re.findall("[가-힣]", output)), len(re.findall("[A-Za-z]", output))
        han = len(re.findall("[一-鿿]", output))
        wrong = (wanted == "ko" and latin + han > hangul) or (wanted == "en" and hangul > latin)
        assert output or float(row["score"]) == 0, (level, name, number, turn)
        if float(row["score"]) == 0:
            assert not output or wrong, (level, name, number, turn)


def test_the_means_in_the_readme_are_those_of_the_file() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for level in LEVELS:
        found = mean(float(r["score"]) for k, r in keyed().items() if k[0] == level)
        assert re.search(rf"^\| `{level}` \| .* \| {found:.1f} \|$", text, re.M), (level, found)

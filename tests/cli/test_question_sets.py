"""Two question sets that share ids, as a user meets them: no verb pairs their questions, and each says so."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from judge.cli.main import main
from tests.support.evaluated import KOREAN, QUESTIONS, WORDS, evaluated

pytestmark = pytest.mark.proofs

OTHER = ("노래를 소개해 줘.", "가사도 알려 줘.")
DIFFERENT = f"these are different question sets: of {QUESTIONS} ids that both have, none ask the same words"


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six models on two question sets of the same ids, and the rule judge's run of the first set's answers."""
    root = tmp_path_factory.mktemp("sets")
    for place in range(6):
        evaluated(root / "one", f"org/m{place}", "default", 3 + place, seed=place)
        evaluated(root / "two", f"org/m{place}", "default", 3 + place, seed=place, words=OTHER)
        evaluated(root / "two", f"org/n{place}", "default", 3 + place, seed=place, words=OTHER)
    assert main(["judge", str(root / "one"), "--judge", "rules", "--out", str(root / "runs"), "-q", "--json"]) == 0
    return root


def found(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    capsys.readouterr()
    assert main(words) == code
    out, err = capsys.readouterr()
    return err if code == 2 else out


def test_a_table_keeps_the_sets_apart(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(sets / "one"), *(str(sets / f"two/evaluated/org/n{n}") for n in range(6))]
    shown = found(["table", *paths, "--by", "model", "--draws", "200"], capsys)
    first, second = shown.split("### 0-shot, question set 2")
    assert "### 0-shot, question set 1" in first
    assert (len(re.findall(r"^\| org/m", first, re.M)), len(re.findall(r"^\| org/n", second, re.M))) == (6, 6)
    for part in (first, second):
        assert len(re.findall(r"\| +6 \(", part)) == 1  # each set has its own last place
    assert shown.count("place among 6 rows") == shown.count("are not ranked or compared together") == 1
    lines = list(csv.DictReader(io.StringIO(found(["table", *paths, "--format", "csv"], capsys))))
    assert {line["model"][:5]: line["question_set"] for line in lines} == {"org/m": "1", "org/n": "2"}
    assert "question_set" not in found(["table", str(sets / "one"), "--format", "csv"], capsys)


def test_compare_refuses_two_sets_in_one_line(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(sets / "one/evaluated/org/m0"), str(sets / "two/evaluated/org/n0")]
    error = found(["compare", *paths, "--by", "model"], capsys, 2)
    assert f"org/m0 and org/n0: {DIFFERENT}" in error
    assert error.count("\n") == 1


def test_compare_of_rows_with_nothing_in_common_is_one_line(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(sets / "one/evaluated/org/m0"), str(sets / "one/evaluated/org/m1")]
    assert "only one judge" in found(["compare", *paths, "--by", "judge"], capsys, 2)
    both = [str(sets / "one/evaluated/org/m0"), str(sets / "runs/org/m1")]
    error = found(["compare", *both, "--by", "model"], capsys, 2)
    assert "nothing can be compared over model: no two rows share all but that" in error
    assert error.count("\n") == 1


def test_calibrate_refuses_two_sets_in_one_line(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["calibrate", "--old", str(sets / "two"), "--new", str(sets / "runs"), "-o", str(sets / "no.json")]
    error = found(words, capsys, 2)
    assert "too small: 0 models" in error
    assert DIFFERENT in error
    assert error.count("\n") == 1
    assert not (sets / "no.json").exists()
    words[2] = str(sets / "one")
    assert "rules (offline heuristic) on the scale of logickor-file: 6 models" in found(words, capsys)


def test_agreement_refuses_two_sets_and_pairs_one_with_its_run(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = found(["agreement", str(sets / "two"), str(sets / "runs")], capsys, 2)
    assert DIFFERENT in error
    assert error.count("\n") == 1
    whole = json.loads(found(["agreement", str(sets / "one"), str(sets / "runs"), "--json"], capsys))
    [one] = whole["agreements"]
    assert (one["items"], one["by_id"], one["other_question"], one["offline"]) == (12 * QUESTIONS, 0, 0, True)
    shown = found(["agreement", str(sets / "one"), str(sets / "runs")], capsys)
    assert "### agreement with the offline heuristic: no model was asked" in shown
    assert "### agreement\n" not in shown


def test_items_measures_each_set_by_itself(sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(sets / "one"), *(str(sets / f"two/evaluated/org/n{n}") for n in range(6))]
    tables = json.loads(found(["items", *paths, "--json"], capsys))["judges"]
    assert [table["rows"] for table in tables] == [6, 6]
    assert [table["items"][0]["text"] for table in tables] == [WORDS[0], OTHER[0]]
    few = [str(sets / f"one/evaluated/org/m{n}") for n in range(3)] + [
        str(sets / f"two/evaluated/org/n{n}") for n in range(3)
    ]
    assert "of one question set; there are 2 different ones" in found(["items", *few], capsys, 2)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Null models by the rule judge: on the program's own questions, and on a question set of the LogicKor words."""
    root = tmp_path_factory.mktemp("asked")
    lines = [
        json.dumps({"id": n, "category": ["추론", "수학", "문법"][n % 3], "questions": WORDS}, ensure_ascii=False)
        for n in range(1, QUESTIONS + 1)
    ]
    (root / "q.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    common = ["--judge", "rules", "--strategy", "0-shot", "-q", "--json"]
    assert main(["run", "baseline:echo", *common, "--limit", "6", "--out", str(root / "core")]) == 0
    questions = ["--questions", str(root / "q.jsonl")]
    assert main(["run", "baseline:echo", *common, *questions, "--out", str(root / "same")]) == 0
    evaluated(root, "baseline:echo", "default", 5, output=KOREAN)
    return root


def test_a_core_question_is_not_the_logickor_question_of_its_id(
    asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(asked / "evaluated")
    error = found(["agreement", file, str(asked / "core")], capsys, 2)
    assert "these are different question sets" in error
    one = json.loads(found(["agreement", file, str(asked / "same"), "--json"], capsys))["agreements"][0]
    assert (one["other_question"], one["by_id"], one["other_text"]) == (0, 0, 0)
    assert one["items"] == 2 * QUESTIONS


@pytest.mark.proofs
def test_null_models_of_another_set_are_no_floor(asked: Path, sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(sets / "runs"), str(asked / "core")]
    rows = json.loads(found(["table", *paths, "--null", "--json"], capsys))["rows"]
    floors = {row["question_set"]: row["floor"]["overall"] for row in rows}
    assert sorted(floors) == [1, 2]
    shown = found(["table", *paths, "--null", "--ci", "none"], capsys)
    assert "floor of rules (offline heuristic) on question set 1: it gives" in shown
    audit = json.loads(found(["audit", *paths, "--json"], capsys))
    echo = [one for one in audit["judges"] if one["says"].startswith("baseline:echo 0-shot")]
    assert {one["judge"] for one in echo} == {"rules (offline heuristic)"}
    assert len(echo) == 2


def test_a_judgments_file_without_its_run_says_how_it_is_paired(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = tmp_path / "verdicts.jsonl"
    loose.write_bytes((sets / "runs/org/m0/judgments/rules/0-shot.jsonl").read_bytes())
    assert "nor the words of the questions; it is paired by id and category" in found(["table", str(loose)], capsys)
    one = json.loads(found(["agreement", str(loose), str(sets / "one/evaluated/org/m0"), "--json"], capsys))
    assert one["agreements"][0]["by_id"] == 2 * QUESTIONS


def test_human_labels_are_paired_by_id_and_it_is_said(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "people.csv"
    labels.write_text("id,turn,score\n1,1,7\n2,1,3\n3,1,5\n", encoding="utf-8")
    shown = found(["agreement", str(sets / "one/evaluated/org/m0"), "--labels", str(labels)], capsys)
    assert "all items are paired by id and category alone" in shown

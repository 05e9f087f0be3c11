"""Question files that overlap: one set, but rows that were asked other questions are neither ranked nor called tied."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from judge.cli.main import main
from judge.reports.figure_rows import board_rows
from judge.tables.means import mean_rows
from judge.trust.intervals import with_intervals
from tests.support.card_files import evaluated, level
from tests.support.results import board as asked_twice

FILES = {"one": slice(0, 12), "two": slice(6, 18)}
"""Two question files of 12 questions that have 6 in common."""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs on each file, of the same answers within it."""
    root = tmp_path_factory.mktemp("groups")
    lines = Path("questions/core.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in FILES.items():
        (root / f"{name}.jsonl").write_text("".join(lines[part]), encoding="utf-8")
        for place in range(3):
            made = ["--model-name", f"{name}/m-{name}-{place}", "--questions", str(root / f"{name}.jsonl")]
            made += ["--judge", "rules", "--strategy", "0-shot", "--out", str(root / "runs"), "-q"]
            assert main(["run", "baseline:echo", *made]) == 0
    return root / "runs"


def shown(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    assert main([*map(str, words)]) == 0
    return capsys.readouterr().out


@pytest.mark.proofs
def test_a_table_says_so_and_keeps_the_groups_together(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "table", board, "--by", "model", "--draws", "200", "--format", "md")
    assert "! these rows were not all asked the same questions" in text
    assert re.findall(r"^\| (one|two)/", text, re.M) == ["one"] * 3 + ["two"] * 3
    assert "12 questions (group 1)" in text
    assert "12 questions (group 2)" in text
    lines = csv.DictReader(io.StringIO(shown(capsys, "table", board, "--format", "csv")))
    assert {(line["model"][:3], line["question_group"]) for line in lines} == {("one", "1"), ("two", "2")}
    alone = shown(capsys, "table", board / "one", "--by", "model", "--draws", "200", "--format", "md")
    assert "group" not in alone


def test_a_card_calls_nothing_tied_that_was_never_compared(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--draws", "200", "--lang", "en")
    text = shown(capsys, "card", board, "--model", "one/m-one-0", *options)
    [tied] = [line for line in text.splitlines() if "cannot be told apart" in line]
    assert "m-one-1 (0-shot)" in tied
    assert "m-two" not in tied
    [warning] = [line for line in text.splitlines() if "asked other questions than m-one-0" in line]
    assert warning.endswith("m-two-0 (0-shot), m-two-1 (0-shot), m-two-2 (0-shot)")
    assert "- m-one-0: 12 questions, 24 turns" in text
    alone = shown(capsys, "card", board / "one", "--model", "one/m-one-0", *options)
    assert "asked other questions" not in alone
    assert "- 12 questions, 24 turns" in alone


def test_a_figure_of_other_questions_is_refused(
    board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", "board", str(board), "-o", str(tmp_path / "a.svg")]) == 2
    assert "the models answered different questions" in capsys.readouterr().err


def test_a_band_does_not_go_on_into_another_group() -> None:
    pairs = [(5.0, 6.0), (6.0, 5.0), (7.0, 4.0), (4.0, 7.0)]
    given = [asked_twice(*pairs, model="a"), asked_twice(*pairs, model="b")]
    found = with_intervals(mean_rows(given), given, ci="bootstrap", draws=200)
    assert board_rows(found)[1] == [0, 0]
    assert board_rows([replace(row, question_group=n) for n, row in enumerate(found, start=1)])[1] == [0, 1]


def test_the_order_of_the_questions_makes_no_other_board() -> None:
    pairs = [(5.0, 6.0), (6.0, 5.0), (7.0, 4.0), (4.0, 7.0)]
    one, two = asked_twice(*pairs, model="a"), asked_twice(*pairs, model="b")
    turned = replace(two, expected=dict(reversed(two.expected.items())))
    found, same = (
        with_intervals(mean_rows(given), given, ci="bootstrap", draws=200) for given in ([one, turned], [one, two])
    )
    assert [row.ranks for row in found] == [row.ranks for row in same]
    assert found[1].ranks is not None
    assert found[1].question_group is None


def results(readme: Path) -> list[dict[str, dict[str, object]]]:
    index = yaml.safe_load(readme.read_text(encoding="utf-8").split("---")[1])["model-index"]
    found: list[dict[str, dict[str, object]]] = index[0]["results"]
    return found


def test_metadata_of_two_question_sets_stand_beside_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    core = evaluated(tmp_path / "core", "org/mine", "default", level(5))
    hard = evaluated(tmp_path / "hard", "org/mine", "default", level(3), words="어려운 물음")
    readme = tmp_path / "README.md"
    readme.write_text("# mine\n", encoding="utf-8")
    into = ["--metadata", "--draws", "100", "--into", str(readme)]
    for path, name in ((core, "core"), (hard, "hard"), (core, "core")):
        assert main(["card", str(path), "--dataset-name", name, *into]) == 0
    found = results(readme)
    assert sorted({str(r["dataset"]["name"]) for r in found}) == ["core", "hard"]
    assert len(found) == 2
    more = evaluated(tmp_path / "hard", "org/mine", "1-shot", level(3), words="어려운 물음")
    assert main(["card", str(core), str(more), "--dataset-name", "both", *into]) == 2
    assert "holds 2 question sets; write them one after the other" in capsys.readouterr().err


def test_what_stands_beside_a_model_does_not_change_its_metadata(tmp_path: Path) -> None:
    core = evaluated(tmp_path / "core", "org/mine", "default", level(5))
    hard = evaluated(tmp_path / "hard", "org/other", "default", level(3), words="어려운 물음")
    both = []
    for number, paths in enumerate(([core], [hard, core])):
        readme = tmp_path / f"{number}.md"
        readme.write_text("# mine\n", encoding="utf-8")
        words = [*map(str, paths), "--model", "org/mine", "--metadata", "--draws", "100", "--into", str(readme)]
        assert main(["card", *words]) == 0
        both.append(results(readme))
    assert both[0] == both[1]
    assert {r["dataset"]["config"] for r in both[0]} == {"0-shot"}


def test_metadata_names_the_rule_that_counts_failed_verdicts_as_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = evaluated(tmp_path, "org/mine", "default", lambda n, t: None if n == 3 else 6.0)
    assert main(["card", str(source), "--metadata", "--draws", "100", "--failures", "zero"]) == 1
    assert "failed_verdicts: count as 0" in capsys.readouterr().out.replace("name: ", "")
    assert main(["card", str(source), "--metadata", "--draws", "100"]) == 1
    assert "failed_verdicts" not in capsys.readouterr().out

"""The hub's .eval_results: what huggingface_hub reads back is what the table says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from huggingface_hub import EvalResultEntry, parse_eval_result_entries

from judge.cli.main import main
from tests.support.card_files import evaluated, level

OPTIONS = ["--ci", "none", "--dataset-name", "org/questions", "--answers-url", "https://example.org/answers"]


def read(path: Path) -> list[EvalResultEntry]:
    return parse_eval_result_entries(yaml.safe_load(path.read_text("utf-8")))


def test_the_hub_reads_overall_back_and_the_notes_say_how_it_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    evaluated(tmp_path, "org/mine", "1-shot", lambda number, turn: None if number == 1 else 6.0)
    words = ["card", str(source.parent), "--eval-results", str(tmp_path / "model repo"), *OPTIONS]
    assert main(words) == 1, "a verdict has failed"
    shown, told = capsys.readouterr()
    folder = tmp_path / "model repo" / ".eval_results"
    assert sorted(path.name for path in folder.iterdir()) == ["0-shot.yaml", "1-shot.yaml"]
    assert f"hf upload ORG/MODEL '{folder}' .eval_results" in told
    [entry] = read(folder / "0-shot.yaml")
    [row] = [line for line in shown.splitlines() if line.startswith("| mine (0-shot)")]
    assert f"{entry.value:.2f}" == re.split(r" *\| *", row)[-2].split()[0]
    assert (entry.dataset_id, entry.task_id, entry.source_name) == ("org/questions", "0-shot", "kojudge")
    assert entry.source_url == "https://example.org/answers"
    assert entry.notes == (
        f"Overall of 싱글턴 {row.split('|')[-4].strip()} and 멀티턴 {row.split('|')[-3].strip()}, scale 0-10; "
        "prompts 0-shot; judge not named by the files; 36 of 36 turns judged"
    )
    [entry] = read(folder / "1-shot.yaml")
    assert (entry.value, "34 of 36 turns judged" in (entry.notes or "")) == (6.0, True)


def test_results_of_other_data_sets_stay_and_ours_are_replaced(tmp_path: Path) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    file = tmp_path / "m" / ".eval_results" / "0-shot.yaml"
    file.parent.mkdir(parents=True)
    other = {"dataset": {"id": "a/b", "task_id": "t", "extra": 1}, "value": 1}
    old = {"dataset": {"id": "org/questions", "task_id": "0-shot"}, "value": 99}
    file.write_text(yaml.safe_dump([other, old]), "utf-8")
    words = ["card", str(source), "--eval-results", str(tmp_path / "m"), *OPTIONS]
    assert main(words) == 0
    first = file.read_text("utf-8")
    assert yaml.safe_load(first)[0] == other
    assert [entry.dataset_id for entry in read(file)] == ["a/b", "org/questions"]
    assert read(file)[1].value < 10
    assert main(words) == 0
    assert file.read_text("utf-8") == first


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--ci", "none"], "--dataset-name ORG/NAME"),
        (["--dataset-name", "우리 문항"], "--dataset-name ORG/NAME"),
        (["--dataset-name", "org/questions", "--judge", "rules"], "rule judge"),
    ],
)
def test_what_is_no_result_of_the_hub_is_refused(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5), questions=6)
    if "rules" in options:
        assert main(["judge", str(source), "--judge", "rules", "--out", str(tmp_path / "runs"), "-q"]) == 0
        source = tmp_path / "runs"
    assert main(["card", str(source), "--eval-results", str(tmp_path / "m"), *options]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_without_the_hubs_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5), questions=6)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(["card", str(source), "--eval-results", str(tmp_path / "m"), *OPTIONS]) == 2
    assert "huggingface_hub, 2.4 or later; pip install -U 'kojudge[card]'" in capsys.readouterr().err


def test_a_file_that_the_hub_could_not_read_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5), questions=6)
    file = tmp_path / "m" / ".eval_results" / "0-shot.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("- value: 1\n", "utf-8")
    assert main(["card", str(source), "--eval-results", str(tmp_path / "m"), *OPTIONS]) == 2
    assert "holds no results that the hub reads" in capsys.readouterr().err
    assert file.read_text("utf-8") == "- value: 1\n"

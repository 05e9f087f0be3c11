"""LogicKor v1's files, whose names hold the model: `results/judge_<org>_<model>.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.sources.results import load_results

V1_ROW = {"id": 1, "category": "추론(Reasoning)", "questions": ["물음", "더"], "outputs": ["답", "또"]}
V1_VERDICTS = {f"query_{kind}": {"judge_message": "평가", "judge_score": 7} for kind in ("single", "multi")}


def v1_file(path: Path, **verdicts: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\ufeff" + json.dumps(V1_ROW | verdicts, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("judge_maywell_kiqu-70b", "maywell/kiqu-70b"),
        ("judge_claude-3-haiku-20240307", "claude-3-haiku-20240307"),
        ("judge_openchat_openchat_3.5", "openchat/openchat_3.5"),
        ("yi-large_judge_20240620_035755", "yi-large"),
        ("heegyu_0608-Qwen2@lr5e-6-epoch-1_judge_20240609_134138", "heegyu/0608-Qwen2@lr5e-6-epoch-1"),
    ],
)
def test_a_file_of_v1_bears_its_models_name(name: str, model: str, tmp_path: Path) -> None:
    path = v1_file(tmp_path / "results" / f"{name}.jsonl", **V1_VERDICTS)
    [series] = load_results([path], strategies=["0-shot"])
    assert (series.model, series.strategy, len(series.outcomes)) == (model, "0-shot", 2)


def test_a_folder_of_v1_is_read_and_judged_under_the_strategy_that_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "results"
    for name in ("judge_a_m", "judge_b_m"):
        v1_file(folder / f"{name}.jsonl", **V1_VERDICTS)
    assert main(["table", str(folder)]) == 2
    assert "does not tell the strategy" in capsys.readouterr().err
    assert {(s.model, s.strategy) for s in load_results([folder], strategies=["default"])} == {
        ("a/m", "0-shot"),
        ("b/m", "0-shot"),
    }
    judge = ["judge", str(folder), "--judge", "rules", "--out", str(tmp_path / "o"), "-q"]
    assert main(judge) == 2
    assert main([*judge, "--strategy", "0-shot"]) == 0
    assert {s.model for s in load_results([tmp_path / "o"])} == {"a/m", "b/m"}


def test_a_file_of_v1_that_names_no_model_says_how_to_give_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = v1_file(tmp_path / "judge_20240607_104904.jsonl", **V1_VERDICTS)
    assert main(["table", str(tmp_path), "--strategy", "0-shot"]) == 2
    assert "give this file alone, with --model-name" in capsys.readouterr().err
    assert main(["table", str(path), "--strategy", "0-shot", "--model-name", "org/m"]) == 0
    assert "org/m" in capsys.readouterr().out


def test_a_strategy_that_is_given_for_a_folder_renames_no_file_that_tells_its_own(tmp_path: Path) -> None:
    for name in ("default", "1-shot"):
        v1_file(tmp_path / "generated" / "org" / "m" / f"{name}.jsonl")
    words = ["judge", str(tmp_path / "generated"), "--judge", "rules", "--out", str(tmp_path / "o"), "-q"]
    assert main([*words, "--strategy", "1-shot"]) == 0
    assert [s.strategy for s in load_results([tmp_path / "o"])] == ["1-shot"]

"""The hub's model-index: what huggingface_hub reads back, and a front matter that keeps everything else."""

from __future__ import annotations

import builtins
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import EvalResult, model_index_to_eval_results

from judge.cli.main import main
from judge.errors import InputError
from judge.reports.metadata import block, with_block
from tests.reports.test_lm_eval import NEW
from tests.support.card_files import evaluated, level

README = Path("README.md")


def result(value: float = 1.0, **more: Any) -> EvalResult:
    common: dict[str, Any] = {"task_type": "text-generation", "dataset_type": "d", "dataset_name": "D"}
    return EvalResult(metric_type="acc", metric_value=value, **(common | more))


def merge(readme: str, *results: EvalResult, model: str = "mine") -> str:
    found = with_block(readme, model, list(results) or [result()], path=README)
    assert with_block(found, model, list(results) or [result()], path=README) == found
    return found


def front(readme: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(readme.lstrip("\ufeff").split("---")[1])
    return data


def test_the_hub_reads_the_tables_numbers_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    evaluated(tmp_path, "org/mine", "1-shot", level(6))
    results = tmp_path / "results.json"
    results.write_text(json.dumps(NEW), encoding="utf-8")
    options = ["--draws", "100", "--dataset-name", "우리 문항"]
    command = ["card", str(source.parent), "--metadata", "--lm-eval", str(results), *options]
    assert main(command) == 0
    text = capsys.readouterr().out
    card = ModelCard(text)
    assert card.data.model_name == "mine"
    found = card.data.eval_results
    assert found is not None
    ours = [r for r in found if r.dataset_type == "kojudge"]
    assert {r.dataset_config for r in ours} == {"0-shot", "1-shot"}
    assert {r.dataset_name for r in ours} == {"우리 문항"}
    by_name = {r.metric_name: r.metric_value for r in ours if r.dataset_config == "0-shot"}
    [line] = [line for line in text.splitlines() if line.startswith("| mine (0-shot)")]
    cells = [cell.split()[0] for cell in line[1:-1].split("|")[1:]]
    names = ["추론", "수학", "글쓰기", "코딩", "이해", "문법", "싱글턴", "멀티턴", "Overall"]
    assert [f"{by_name[name]:.2f}" for name in names] == cells
    harness = [r for r in found if r.dataset_type != "kojudge"]
    assert [(r.dataset_type, r.dataset_config, r.metric_name, r.metric_value) for r in harness] == [
        ("skt/kobest_v1", "boolq", "acc", 0.50213675),
        ("skt/kobest_v1", "boolq", "f1", 0.33429),
        ("gsm8k", None, "exact_match (strict-match)", 0.31),
        ("gsm8k", None, "exact_match (flexible-extract)", 0.5),
    ]


COMMENTED = """---
# what this is
license: mit   # keep me
model-index:
- name: mine
  results:
  - task: {type: text-generation, name: T}
    dataset: {type: other, name: Other}
    metrics:
    - {type: acc, value: 0.25, note: not in the specification}
  - task: {type: text-generation}
    dataset: {type: d, name: D}
    metrics:
    - {type: acc, value: 0.5}

# tags follow
tags: [ko,   'a: b']
---
# Mine
"""


def test_only_the_text_of_the_block_changes() -> None:
    found = merge(COMMENTED, result(0.75))
    before, after = COMMENTED.split("model-index:")[0], COMMENTED.split("value: 0.5}\n")[1]
    assert found.startswith(before)
    assert found.endswith(after)
    assert [r.metric_value for r in model_index_to_eval_results(front(found)["model-index"])[1]] == [0.25, 0.75]
    assert "note: not in the specification" in found


@pytest.mark.parametrize(
    "readme",
    [
        "---\nlicense: mit\n---\n# A\n",
        "---\r\nlicense: mit\r\n---\r\n# A\r\n",
        "\ufeff---\nlicense: mit\n---\n",
        "---\n---\n# A\n",
        "---\nmodel-index: []\nlicense: mit\n---\n",
        '---\n"model-index": # old\n\n# for the license\nlicense: mit\n---\n',
        "---\nlicense: mit\nmodel-index:\n  - name: mine\n    results: []\n---",
        "# no front matter\n\n---\n",
        "",
    ],
)
def test_front_matters_of_every_kind(readme: str) -> None:
    found = merge(readme)
    data = front(found)
    assert model_index_to_eval_results(data["model-index"])[0] == "mine"
    assert ("license: mit" in readme) == (data.get("license") == "mit")
    assert readme.startswith("\ufeff") == found.startswith("\ufeff")
    assert "\r\n" not in readme or found.count("\n") == found.count("\r\n")
    assert found.endswith(readme) or readme.lstrip("\ufeff").startswith("---")
    assert "# for the license\n" in found or "# for" not in readme


def test_the_same_data_under_other_shots_are_two_results() -> None:
    index = yaml.safe_load(
        block("mine", [result(0.1, dataset_name="D (0-shot)"), result(0.2, dataset_name="D (5-shot)")])
    )
    assert [r["dataset"]["name"] for r in index["model-index"][0]["results"]] == ["D (0-shot)", "D (5-shot)"]


def test_other_models_of_the_index_stay() -> None:
    old = [
        {"name": n, "results": [{"task": {"type": "t"}, "dataset": {"type": n, "name": n}, "metrics": []}]}
        for n in "ab"
    ]
    found = yaml.safe_load(block("mine", [result()], old))["model-index"]
    assert [entry["name"] for entry in found] == ["a", "b", "mine"]
    assert found[:2] == old


@pytest.mark.parametrize(
    ("readme", "message"),
    [
        ("---\nlicense: [mit\n---\n", r"line \d: the front matter is not YAML"),
        ("---\n- a\n---\n", "is no mapping"),
        ("---\nlicense: mit\n", "has no end"),
        ("---\nmodel-index: 3\n---\n", "'model-index': is none that the hub reads"),
        ("---\nmodel-index:\n- name: a\n---\n", "'model-index': is none that the hub reads"),
        ("---\n{model-index: [], license: mit}\n---\n", "does not stand on a line of its own"),
        ("---\nmodel-index: &a []\nother: *a\n---\n", "other keys refer to it"),
        ("---\nmodel-index: []\nmodel-index: []\n---\n", "is there twice"),
    ],
)
def test_a_front_matter_that_cannot_be_merged_is_one_clear_error(readme: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        merge(readme)


def test_lost_comments_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    readme = tmp_path / "README.md"
    readme.write_text(COMMENTED.replace("  results:", "  # mine\n  results:"), encoding="utf-8")
    assert main(["card", str(source), "--draws", "100", "--metadata", "--into", str(readme)]) == 0
    assert "comment lines inside the model-index block are gone" in capsys.readouterr().err
    assert "# tags follow" in readme.read_text(encoding="utf-8")


def test_without_the_hubs_package_the_section_is_printed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "huggingface_hub":
            raise ImportError(name)
        return real(name, *rest)

    for name in [name for name in sys.modules if name.split(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["card", str(source), "--draws", "100"]) == 0
    assert "| mine (0-shot)" in capsys.readouterr().out.replace("**", "")
    assert main(["card", str(source), "--draws", "100", "--metadata"]) == 2
    assert "pip install 'kojudge[card]'" in capsys.readouterr().err

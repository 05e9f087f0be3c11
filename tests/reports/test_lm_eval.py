"""lm-evaluation-harness results of every shape as one benchmark table; no number that is not in the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from judge.errors import ConfigError, InputError
from judge.files import read_json
from judge.reports.lm_eval import Benchmark, benchmark_table, merged_scores, number, parse
from judge.reports.metadata import benchmark_results
from judge.reports.words import EN, KO

PATH = Path("results.json")
NEW: dict[str, Any] = {
    "results": {
        "kobest_boolq": {
            "name": "kobest_boolq", "alias": "kobest_boolq", "sample_len": 1404,
            "acc,none": 0.50213675, "acc_stderr,none": 0.01334, "f1,none": 0.33429, "f1_stderr,none": "N/A",
        },
        "gsm8k": {
            "exact_match,strict-match": 0.31, "exact_match_stderr,strict-match": 0.0127,
            "exact_match,flexible-extract": 0.5, "exact_match_stderr,flexible-extract": 0.0137,
        },
    },
    "configs": {"gsm8k": {"num_fewshot": 5}, "kobest_boolq": {"dataset_path": "skt/kobest_v1", "dataset_name": "boolq"}},
    "versions": {"kobest_boolq": 1.0, "gsm8k": "Yaml"},
    "n-shot": {"kobest_boolq": 0},
    "config": {"model": "hf", "model_args": "pretrained=org/mine,dtype=bfloat16", "limit": None},
    "lm_eval_version": "0.4.9",
    "date": 1723000000.5,
}  # fmt: skip
OLD: dict[str, Any] = {
    "results": {"kobest_copa": {"acc": 0.7, "acc_stderr": 0.0145, "macro_f1": 0.69, "macro_f1_stderr": 0.0146}},
    "versions": {"kobest_copa": 0},
    "config": {"model": "hf-causal", "model_args": "pretrained=/home/somebody/mine", "num_fewshot": 5, "limit": None},
}
FIRST_BOARD: dict[str, Any] = {
    "config_general": {"model_name": "org/mine"},
    "results": {"harness|arc:challenge|25": {"acc": 0.5, "acc_norm": 0.53, "acc_norm_stderr": 0.014}},
    "versions": {"harness|arc:challenge|25": 0},
}


def lines(*given: Benchmark, words: Any = EN) -> list[list[str]]:
    table = benchmark_table(given, words).split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in [table[0], *table[2:]]]


def test_the_new_shape() -> None:
    one = parse(NEW, PATH)
    assert lines(one) == [
        ["Task", "Version", "Filter", "n-shot", "Metric", "Value", "Stderr"],
        ["KoBEST BoolQ", "1.0", "none", "0", "acc", "0.5021", "0.0133"],
        ["KoBEST BoolQ", "1.0", "none", "0", "f1", "0.3343", "-"],
        ["gsm8k", "Yaml", "strict-match", "5", "exact_match", "0.3100", "0.0127"],
        ["gsm8k", "Yaml", "flexible-extract", "5", "exact_match", "0.5000", "0.0137"],
    ]
    assert benchmark_table([one], EN).endswith("- lm-evaluation-harness 0.4.9, evaluated model org/mine, 2024-08-07")
    assert lines(one, words=KO)[0] == ["과제", "버전", "필터", "n-shot", "지표", "값", "표준 오차"]


def test_the_old_shape_and_no_path_of_somebodys_machine() -> None:
    one = parse(OLD, PATH)
    assert lines(one)[1:] == [
        ["KoBEST COPA", "0", "-", "5", "acc", "0.7000", "0.0145"],
        ["KoBEST COPA", "0", "-", "5", "macro_f1", "0.6900", "0.0146"],
    ]
    assert one.model == "mine"
    assert "somebody" not in benchmark_table([one], EN)


def test_the_first_leaderboards_names_hold_the_shots() -> None:
    assert lines(parse(FIRST_BOARD, PATH))[2] == ["arc:challenge", "0", "-", "25", "acc_norm", "0.5300", "0.0140"]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("pretrained=org/base,peft=org/adapter", "org/adapter"),
        ({"pretrained": "org/mine"}, "org/mine"),
        ("pretrained=C:\\models\\mine", "mine"),
        ("pretrained=./out/mine", "mine"),
        ("model=gpt-4o", "gpt-4o"),
        (None, ""),
    ],
)
def test_what_was_evaluated(arguments: object, name: str) -> None:
    assert parse(NEW | {"config": {"model_args": arguments}}, PATH).model == name


def test_a_part_of_a_task_is_no_task() -> None:
    by_option = parse(OLD | {"config": {"limit": 100}}, PATH)
    assert "KoBEST COPA: only a part of the task was evaluated (limit 100)" in benchmark_table([by_option], EN)
    samples = {"gsm8k": {"original": 1319, "effective": 50}, "kobest_boolq": {"original": 1404, "effective": 1404}}
    text = benchmark_table([parse(NEW | {"n-samples": samples, "config": {"limit": 50}}, PATH)], EN)
    assert re.findall("⚠️ (.*?):.*limit (.*)\\)", text) == [("gsm8k", "50/1319")]


def test_a_large_group_stands_for_its_members() -> None:
    subjects = {f"mmlu_{i}": {"acc,none": 0.5} for i in range(20)}
    data = {
        "results": {"mmlu": {"acc,none": 0.45, "acc_stderr,none": 0.004}, "mmlu_stem": {"acc,none": 0.4}, **subjects},
        "group_subtasks": {"mmlu_stem": list(subjects), "mmlu": ["mmlu_stem"]},
    }
    one = parse(data, PATH)
    assert [line[0] for line in lines(one)[1:]] == ["mmlu"]
    assert "21 subtasks of mmlu are not listed" in benchmark_table([one], EN)
    del data["results"]["mmlu"]["acc,none"]  # type: ignore[attr-defined]
    assert [line[0] for line in lines(parse(data, PATH))[1:]] == ["mmlu_stem"]


def test_several_files_stand_in_one_table_and_must_not_contradict_each_other() -> None:
    new, old = parse(NEW, PATH), parse(OLD | {"config": {"model_args": "pretrained=org/mine"}}, Path("old.json"))
    assert len(lines(new, old, new)) == 1 + 4 + 2
    other = parse(OLD | {"config": {"model_args": "pretrained=org/other"}}, PATH)
    assert [line[:2] for line in lines(new, other)][::5] == [["Model", "Task"], ["org/other", "KoBEST COPA"]]
    changed = json.loads(json.dumps(NEW).replace("0.31,", "0.32,"))
    with pytest.raises(ConfigError, match=r"gsm8k exact_match is 0\.31 in results.json and 0\.32 in new\.json"):
        merged_scores([new, parse(changed, Path("new.json"))])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "is no result"),
        ({"results": {"a": 1}}, "is no result"),
        ({"results": {}}, "holds no score"),
        ({"results": {"a": {"alias": "a", "acc,none": "N/A", "ok,none": True}}}, "holds no score"),
    ],
)
def test_what_is_no_result_is_one_clear_error(data: object, message: str) -> None:
    with pytest.raises(InputError, match=f"results.json.*{message}"):
        parse(data, PATH)


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN"])
def test_a_metric_without_a_number_is_a_dash_with_a_note_and_no_result_of_the_hub(value: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(NEW).replace("0.33429", value), encoding="utf-8")
    one = parse(read_json(path, dict[str, Any]), path)
    assert [line[4:6] for line in lines(one)[1:3]] == [["acc", "0.5021"], ["f1", "-"]]
    assert f"KoBEST BoolQ f1: the file has {float(value)} there" in benchmark_table([one], EN)
    assert [result.metric_type for result in benchmark_results(one.scores)] == ["acc", "exact_match", "exact_match"]


def test_a_number_is_rounded_once_from_what_is_written() -> None:
    assert [number(v) for v in (0.12345, 0.5, 12.0, 1e-7, None)] == ["0.1235", "0.5000", "12.0000", "0.0000", "-"]

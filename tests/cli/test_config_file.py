"""`--config`: lists in every form, what is typed wins, what is left out or filters is said, faults name the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge.cli.config_file import apply_config, options_of
from judge.cli.main import VERBS, build_parser, main
from judge.cli.options import JSON, Many
from judge.runs.folder import RunFolder
from tests.cli.test_numbers import BAD as NUMBERS
from tests.support.evaluated import evaluated

ECHO = ["generate", "baseline:echo", "--limit", "2", "-q"]


def written(folder: Path, text: str) -> str:
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def asked(folder: Path, *words: str) -> list[str]:
    """Return the strategies that a null model was asked under."""
    assert main([*ECHO, "--out", str(folder / "o"), *words]) == 0
    return [path.stem for path in sorted((folder / "o/baseline_echo/answers").glob("*.jsonl"))]


@pytest.mark.parametrize(
    "text",
    [
        "strategy: 0-shot,1-shot",
        "strategy: [0-shot, 1-shot]",
        "strategy:\n- 0-shot\n- 1-shot",
        "strategy: ['0-shot, 1-shot']",
    ],
)
def test_a_list_in_any_form_is_all_of_it(text: str, tmp_path: Path) -> None:
    assert asked(tmp_path, "--config", written(tmp_path, text)) == ["0-shot", "1-shot"]


@pytest.mark.parametrize(
    "words",
    [
        ["--strategy", "0-shot,1-shot"],
        ["--strategy", "0-shot", "--strategy", "1-shot"],
        ["--strategy=0-shot,1-shot", "--strategy", "1-shot"],
    ],
)
def test_an_option_given_twice_is_both(words: list[str], tmp_path: Path) -> None:
    assert asked(tmp_path, *words) == ["0-shot", "1-shot"]


def test_a_typed_list_takes_the_place_of_the_files(tmp_path: Path) -> None:
    config = written(tmp_path, "strategy: [0-shot, 1-shot]")
    assert asked(tmp_path, "--config", config, "--strategy", "cot-1-shot") == ["cot-1-shot"]


def test_several_judges_of_a_file_are_all_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(tmp_path, "--strategy", "0-shot")
    config = written(tmp_path, "judge: [gpt-4o, rules]\nprice-in: 2.5\nprice-out: 10")
    capsys.readouterr()
    assert main(["judge", str(tmp_path / "o"), "--config", config, "--dry-run", "--json"]) == 0
    assert [one["judge"] for one in json.loads(capsys.readouterr().out)["dry_run"]] == ["gpt-4o", "rules"]


def test_filters_add_up_and_those_of_a_file_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for strategy in ("default", "1-shot", "cot-1-shot"):
        evaluated(tmp_path, "org/m", strategy, 5)
    board = str(tmp_path / "evaluated")

    def shown(*words: str) -> tuple[list[str], str]:
        capsys.readouterr()
        assert main(["table", board, "--json", *words]) == 0
        told = capsys.readouterr()
        return [row["strategy"] for row in json.loads(told.out)["rows"]], told.err

    assert shown("--strategy", "0-shot", "--strategies", "1-shot") == (["0-shot", "1-shot"], "")
    config = written(tmp_path, "strategy: [0-shot, 1-shot]\njudge: [logickor-file]\nmax-tokens: 5\nbase-url: http://h")
    rows, said = shown("--config", config)
    assert rows == ["0-shot", "1-shot"]
    assert said.count("\n") == 1
    assert "left out, for it is not for table: base-url, max-tokens; used as filters: judge, strategy" in said
    rows, said = shown("--config", config, "--strategy", "cot-1-shot")
    assert rows == ["cot-1-shot"]
    assert "used as filters: judge\n" in said
    _, said = shown("--config", config, "--strategy", "cot-1-shot", "--jud", "logickor-file")
    assert "used as filters" not in said
    config = written(tmp_path, "model-name: org/m")
    capsys.readouterr()
    assert main(["card", board, "--model", "org/m", "--config", config]) == 0
    assert "used as filters: model-name\n" in capsys.readouterr().err


def test_repeated_paths_and_lists_of_paths_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two, three = (str(evaluated(tmp_path, f"org/m{n}", "default", 3 + n)) for n in range(3))
    for words in (
        ["--compare", two, "--compare", three],
        ["--config", written(tmp_path, f"compare: [{two}, {three}]")],
    ):
        capsys.readouterr()
        assert main(["card", one, "--draws", "50", *words]) == 0
        card = capsys.readouterr().out
        assert all(f"m{n}" in card for n in range(3)), words


def test_the_model_may_stand_in_the_file_and_a_typed_one_wins(tmp_path: Path) -> None:
    config = written(tmp_path, f"model: baseline:echo\nstrategy: 0-shot\nlimit: 2\nout: {tmp_path}/o\nquiet: true")
    assert main(["generate", "--config", config]) == 0
    assert main(["generate", "baseline:boilerplate", "--config", config]) == 0
    for name in ("baseline_echo", "baseline_boilerplate"):
        assert len(RunFolder(tmp_path / "o" / name).answers("0-shot")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limit: 여섯", "field 'limit': '여섯' is no whole number"),
        ("limit: 0", "field 'limit': 0 is less than 1"),
        ("limit: [3, 4]", "field 'limit': a list is not what it takes"),
        ("limit: false", "field 'limit': false is not what it takes"),
        ("model_name: yes", "field 'model_name': true is not what it takes, which is a word or a number; quote it"),
        ("model: [a, b]", "field 'model': a list is not what it takes"),
        ("strategy: {0-shot: 1}", "field 'strategy': a mapping is not what it takes"),
        ("strategy: [[0-shot]]", "field 'strategy': a list is not what it takes"),
        ("strategy: [0-shot, null]", "field 'strategy': nothing is not what it takes"),
        ("gpus: ','", "field 'gpus': is empty"),
        ("api: opnai", "field 'api': unknown value 'opnai': did you mean 'openai'"),
        ("fresh: maybe", "field 'fresh': 'maybe' is neither true nor false"),
        ("max-tokens: 5\nmax_tokens: 6", "field 'max_tokens': the same option as 'max-tokens'; keep one of them"),
        ("temperature: 3", "field 'temperature': 3 is more than 2"),
        ("temperature: null", "field 'temperature': is empty; give it a value"),
        ("strategy: []", "field 'strategy': is empty; give it a value"),
        ("base-url: ''", "field 'base-url': is empty; give it a value"),
        ("timeout: 1:30", "field 'timeout': '1:30' is no number"),
        ("extra-body: {top_k: .nan}", "field 'extra-body': holds what JSON cannot say"),
        ("extra-body: {stop: !!set {x}}", "field 'extra-body': holds what JSON cannot say"),
        ("1: 2", "field '1': no such option: known: base-url, "),
        ("- a", "is no mapping of options to values"),
    ],
)
def test_what_is_not_understood_is_one_line_that_names_the_file(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written(tmp_path, text)
    words = [
        "generate",
        "baseline:echo",
        "--strategy",
        "0-shot",
        "--config",
        config,
        "--out",
        str(tmp_path / "o"),
        "-q",
    ]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.startswith(f"kojudge: {config}")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("model-name: 3.10", {"model_name": "3.10"}),
        ("strategy: [007, 1_0]", {"strategy": ("007", "1_0")}),
        ("limit: 010", {"limit": 10}),
        ("temperature: 1e-1", {"temperature": 0.1}),
        ("extra-body: {top_k: 20, day: 2024-07-26}", {"extra_body": {"top_k": 20, "day": "2024-07-26"}}),
        ("rpm:\nfresh:", {"rpm": None, "fresh": False}),
    ],
)
def test_a_value_means_what_it_means_on_the_command_line(text: str, taken: dict[str, object], tmp_path: Path) -> None:
    words = ["generate", "m", "--config", written(tmp_path, text)]
    parser = build_parser("generate")
    apply_config(words, parser)
    given = vars(parser.parse_args(words))
    assert {name: given[name] for name in taken} == taken


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--config", "a.yaml", "--config=b.yaml"], "--config is given twice"), (["--config="], "--config: is empty")],
)
def test_one_file_is_read(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "baseline:echo", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_mapping_is_no_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(tmp_path, "judge: {name: gpt-4o}")
    assert main(["judge", str(tmp_path), "--config", config]) == 2
    assert f"{config}, field 'judge': a mapping is not what it takes" in capsys.readouterr().err


def test_two_spellings_of_one_option_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(tmp_path, "strategy: 0-shot\nstrategies: 1-shot")
    assert main(["table", str(tmp_path), "--config", config]) == 2
    assert "field 'strategies': the same option as 'strategy'; keep one of them" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [verb for names in VERBS.values() for verb in names])
def test_no_option_that_takes_several_keeps_only_the_last(verb: str) -> None:
    parser = build_parser(verb)
    for name, action in options_of(parser, verb).items():
        word = "{}" if action.metavar == JSON else "x"
        made = (
            action.type(word)
            if callable(action.type) and not action.choices and name not in {*NUMBERS, "levels"}
            else None
        )
        assert isinstance(action, Many) or (action.nargs in (None, 0, "?") and not isinstance(made, tuple)), name


@pytest.mark.parametrize(("written", "taken"), [("on", "on"), ("off", "off"), ("true", "on"), ("auto", "auto")])
def test_a_switch_means_the_same_in_a_file_where_yaml_reads_a_truth_value(
    tmp_path: Path, written: str, taken: str
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"structured: {written}\n", "utf-8")
    parser = build_parser("judge")
    apply_config(["judge", "x", "--config", str(path)], parser)
    assert parser.parse_args(["judge", "x", "--config", str(path)]).structured == taken

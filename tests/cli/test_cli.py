"""The command line as a user meets it: one clear line for bad input, exit codes, Ctrl-C, kill -9."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from judge.cli.main import VERBS, main
from judge.cli.usage import CommandParser
from judge.records import Failure
from judge.runs.folder import RunFolder
from tests.support.small_run import Demonstration
from tests.support.wire import Response, Wire, chat, error

ROW = {
    "id": 1,
    "category": "추론",
    "questions": ["가?", "나?"],
    "outputs": ["답", "답"],
    "references": [None, None],
}
VERDICT = {"judge_message": "음", "judge_score": 5}


def rows_file(folder: Path, *rows: object, name: str = "org/m/0-shot.jsonl") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(path)


def judged(**change: object) -> dict[str, object]:
    return ROW | {"query_single": VERDICT, "query_multi": VERDICT} | change


BAD: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "missing file": (
        lambda d: ["judge", str(d / "no.jsonl"), "--judge", "rules"],
        r"no\.jsonl: no such file",
    ),
    "empty file": (lambda d: ["table", rows_file(d, "")], r"0-shot\.jsonl: is empty"),
    "folder without answers": (lambda d: ["judge", str(d), "--judge", "rules"], r"no run and no answers"),
    "folder without verdicts": (
        lambda d: ["table", str(d)],
        r"no run and no file with verdicts; give .*LogicKor's evaluated/",
    ),
    "answers without verdicts": (lambda d: ["table", rows_file(d, ROW)], r"holds no judgments"),
    "broken JSON": (
        lambda d: ["judge", rows_file(d, ROW, '{"id": 2,'), "--judge", "rules"],
        r"0-shot\.jsonl, line 2, column \d+: is not JSON",
    ),
    "missing field": (
        lambda d: [
            "judge",
            rows_file(d, ROW, {"id": 2, "category": "추론", "outputs": ["답"]}),
            "--judge",
            "rules",
        ],
        r"line 2, field 'questions': is missing",
    ),
    "mistyped field": (
        lambda d: ["judge", rows_file(d, ROW | {"outputs": ["답", 3]}), "--judge", "rules"],
        r"line 1, field 'outputs\.1': .*found 3",
    ),
    "duplicate ids": (lambda d: ["judge", rows_file(d, ROW, ROW), "--judge", "rules"], r"line 2, field 'id'"),
    "references of the wrong length": (
        lambda d: ["judge", rows_file(d, ROW | {"references": [None] * 3}), "--judge", "rules"],
        r"line 1, field 'references': 3 for 2",
    ),
    "unknown strategy": (
        lambda d: ["generate", "baseline:echo", "--strategy", "1-shto", "--out", str(d)],
        r"unknown strategy '1-shto': did you mean '1-shot'",
    ),
    "unknown strategy of a run": (
        lambda d: ["judge", rows_file(d, ROW, name="org/m/zero.jsonl"), "--judge", "rules"],
        r"zero\.jsonl.*--strategy",
    ),
    "unknown question set": (
        lambda d: ["generate", "baseline:echo", "--questions", "coer", "--out", str(d)],
        r"unknown question set 'coer': did you mean 'core'",
    ),
    "unknown judge": (
        lambda d: ["judge", rows_file(d, ROW), "--judge", "ruels"],
        r"unknown judge 'ruels': did you mean 'rules'",
    ),
    "unknown judge of a table": (
        lambda d: ["table", rows_file(d, judged()), "--judge", "gpt"],
        r"no verdicts of judge 'gpt'.*logickor-file",
    ),
    "unknown null model": (
        lambda d: ["generate", "baseline:eco", "--out", str(d)],
        r"did you mean 'baseline:echo'",
    ),
    "score out of range": (
        lambda d: ["table", rows_file(d, judged(query_multi={"judge_message": "", "judge_score": 11}))],
        r"line 1, field 'query_multi\.judge_score': is 11",
    ),
    "score as text": (
        lambda d: ["table", rows_file(d, judged(query_single={"judge_message": "", "judge_score": "5"}))],
        r"line 1, field 'query_single\.judge_score'",
    ),
    "model id that climbs": (
        lambda d: ["generate", "../../m", "--base-url", "http://127.0.0.1:9/v1"],
        r"\.\./\.\./m",
    ),
    "model name that climbs": (
        lambda d: [
            "judge",
            rows_file(d, ROW),
            "--judge",
            "rules",
            "--model-name",
            "a/../../b",
            "--out",
            str(d),
        ],
        r"--model-name",
    ),
    "no key": (
        lambda d: ["judge", rows_file(d, ROW), "--judge", "gpt-4o"],
        r"set KOJUDGE_JUDGE_API_KEY or OPENAI_API_KEY",
    ),
    "no key for the model": (
        lambda d: ["generate", "m", "--base-url", "https://api.example.com/v1", "--out", str(d)],
        r"set OPENAI_API_KEY",
    ),
    "named key not set": (
        lambda d: ["judge", rows_file(d, ROW), "--judge", "j", "--judge-api-key-env", "MY_KEY"],
        r"MY_KEY, which is not set",
    ),
    "bad URL": (
        lambda d: ["judge", rows_file(d, ROW), "--judge", "j", "--base-url", "localhost:8000"],
        r"'localhost:8000' is not a URL",
    ),
    "adapter for a server that runs already": (
        lambda d: ["generate", "m", "--base-url", "http://127.0.0.1:9/v1", "--lora", "adapter", "--out", str(d)],
        r"--lora is for a server that kojudge starts, and with --base-url it starts none",
    ),
    "flag for a hosted model": (
        lambda d: ["generate", "m", "--api", "openai", "--vllm-arg", "seed=1", "--out", str(d)],
        r"--vllm-arg is for a server that kojudge starts, and with --api it starts none",
    ),
    "flag for a judge's server that nobody starts": (
        lambda d: ["judge", rows_file(d, ROW), "--judge", "j", "--judge-vllm-arg", "seed=1"],
        r"--judge-vllm-arg is for a judge's server that kojudge starts: --judge-vllm MODEL",
    ),
    "URL with a control character": (
        lambda d: ["judge", rows_file(d, ROW), "--judge", "j", "--base-url", "http://127.0.0.1:9/v\x01"],
        r"is not a URL",
    ),
    "temperature out of range": (
        lambda d: ["generate", "baseline:echo", "--temperature", "3", "--out", str(d)],
        r"--temperature",
    ),
    "config with an unknown option": (
        lambda d: ["generate", "baseline:echo", "--config", rows_file(d, "limmit: 3", name="c.yaml")],
        r"c\.yaml, field 'limmit'.*did you mean 'limit'",
    ),
    "config that is no YAML": (
        lambda d: ["generate", "baseline:echo", "--config", rows_file(d, "a: [", name="c.yaml")],
        r"c\.yaml, line \d+.*is not YAML",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_2(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, words = BAD[case]
    assert main([*make(tmp_path), "-q"]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1, told
    assert re.search(words, told[0]), told[0]
    assert "Traceback" not in told[0]


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, r"http://127\.0\.0\.1:9/v1 cannot be reached \(connection refused\); is the server running"),
        (
            error(401, "Incorrect API key provided"),
            r"refuses the key \(401: Incorrect API key provided\); check the key",
        ),
        (error(404, "no such model", code="model_not_found"), r"does not know model 'j', or the URL is wrong"),
        (error(429, "You exceeded your current quota", code="insufficient_quota"), r"its quota is used up \(429"),
    ],
)
def test_a_judge_that_cannot_be_asked_ends_the_run_with_one_line_exit_1_and_no_score(
    answer: Response | None,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-some-key")
    with Wire(lambda request: answer or chat("")) as wire:
        url = wire.url if answer else "http://127.0.0.1:9/v1"
        command = ["judge", rows_file(tmp_path, *({**ROW, "id": n} for n in range(30))), "--judge", "j"]
        assert main([*command, "--base-url", url, "--out", str(tmp_path / "o"), "-q"]) == 1
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 1, told
        assert re.search(words, told[0]), told[0]
        assert len(wire.requests) <= 25, "the rest is not asked"
    assert all(isinstance(one, Failure) for one in RunFolder(tmp_path / "o/org/m").outcomes("j", "0-shot"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "missing: VERB; see `kojudge --help`"),
        ("tabel x", "unknown verb 'tabel': did you mean 'table'? (known: demo, "),
        ("--verison", "no option '--verison': did you mean '--version'?; see `kojudge --help`"),
        ("table", "missing: PATH; see `kojudge table --help`"),
        ("judge x --jugde j", "no option '--jugde': did you mean '--judge'?; see `kojudge judge --help`"),
        ("table --frobnicate", "no option '--frobnicate'; see `kojudge table --help`"),
        ("table x --by modle", "--by: unknown value 'modle': did you mean 'model'? (known: strategy, "),
        ("judge x --tries", "--tries: expected one argument; see `kojudge judge --help`"),
        ("generate a b", "too many words: b; see `kojudge generate --help`"),
        ("judge x --tries 0", "--tries: 0 is less than 1; see `kojudge judge --help`"),
    ],
)
def test_a_mistyped_command_is_one_line_that_names_the_mend(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"kojudge: {told}")
    assert said.count("\n") == 1


def test_a_password_in_a_mistyped_url_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("htp://me:hunter2@h/v1?api_key=s3cret", "me:hunter2@host:8000/v1", "http://me:hunter2@:x/v1?k=s3cret"):
        assert main(["judge", rows_file(tmp_path, ROW), "--judge", "j", "--base-url", url]) == 2
        said = capsys.readouterr().err
        assert "is not a URL" in said
        assert "hunter2" not in said
        assert "s3cret" not in said


@pytest.mark.proofs
def test_what_asks_no_model_waits_for_no_library_of_others() -> None:
    code = (
        "import sys; from judge.cli.main import main\n"
        "for words in sys.argv[1:]:\n"
        "    try: main(words.split())\n"
        "    except SystemExit: pass\n"
        "    print(words, sorted({'openai', 'aiohttp', 'scipy', 'pandas'} & sys.modules.keys()), file=sys.stderr)"
    )
    asked = ["--version", "--help", "tabel", "check --help", "table --help"]
    ran = subprocess.run([sys.executable, "-c", code, *asked], capture_output=True, text=True, check=True)
    said = ran.stderr.splitlines()
    assert [line for line in said if not line.startswith("kojudge: ")] == [f"{words} []" for words in asked]


def test_the_verbs_are_listed_as_their_modules_describe_them() -> None:
    for module, listed in VERBS.items():
        verbs = CommandParser(prog="kojudge").add_subparsers()
        importlib.import_module(f"judge.cli.{module}").add_verbs(verbs)
        assert {action.dest: action.help for action in verbs._choices_actions} == listed


def test_another_configuration_in_the_folder_is_refused_with_the_fields_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", "baseline:echo", "--out", str(tmp_path), "--limit", "1", "-q"]
    assert main(command) == 0
    kept = (tmp_path / "baseline_echo/answers/0-shot.jsonl").read_bytes()
    capsys.readouterr()
    assert main([*command, "--temperature", "0.5", "--seed", "3"]) == 2
    told = capsys.readouterr().err
    assert "temperature: 0.0 -> 0.5" in told
    assert "seed: None -> 3" in told
    assert (tmp_path / "baseline_echo/answers/0-shot.jsonl").read_bytes() == kept
    assert main([*command, "--temperature", "0.5", "--fresh"]) == 0
    (aside,) = tmp_path.glob("baseline_echo.before-*")
    assert (aside / "answers/0-shot.jsonl").read_bytes() == kept


def test_other_saved_answers_under_the_same_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--judge", "rules", "--out", str(tmp_path / "out"), "-q"]
    assert main(["judge", rows_file(tmp_path, ROW), *common]) == 0
    capsys.readouterr()
    assert main(["judge", rows_file(tmp_path, ROW | {"outputs": ["다른 답", "답"]}), *common]) == 2
    assert "another answer to question 1" in capsys.readouterr().err


def test_saved_answers_with_bom_and_crlf_in_any_order_are_the_same_answers(tmp_path: Path) -> None:
    other = ROW | {"id": 2}
    plain = rows_file(tmp_path / "a", ROW, other)
    odd = Path(rows_file(tmp_path / "b", ROW, other))
    lines = [json.dumps(row, ensure_ascii=False) for row in (other, ROW)]
    odd.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert main(["judge", plain, "--judge", "rules", "--out", str(tmp_path / "out"), "-q"]) == 0
    path = tmp_path / "out/org/m/judgments/rules/0-shot.jsonl"
    before = path.read_bytes()
    assert main(["judge", str(odd), "--judge", "rules", "--out", str(tmp_path / "out"), "-q"]) == 0
    assert path.read_bytes() == before


def test_a_partial_file_beside_a_full_one_is_seen_to_be_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows_file(tmp_path, judged(), judged(id=2), name="evaluated/org/full/default.jsonl")
    rows_file(tmp_path, judged(), name="evaluated/org/part/default.jsonl")
    assert main(["table", str(tmp_path / "evaluated"), "--format", "json"]) == 1
    rows = {r["model"]: (r["judged"], r["expected"]) for r in json.loads(capsys.readouterr().out)["rows"]}
    assert rows == {"org/full": (4, 4), "org/part": (2, 4)}


@pytest.mark.proofs
def test_csv_refuses_to_mix_the_rule_judge_with_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "baseline:echo", "--judge", "rules", "--out", str(tmp_path / "o"), "--limit", "1", "-q"])
    paths = [str(tmp_path / "o"), rows_file(tmp_path, judged())]
    capsys.readouterr()
    assert main(["table", *paths, "--format", "csv"]) == 2
    assert "--judge" in capsys.readouterr().err
    assert main(["table", *paths, "--format", "csv", "--judge", "rules"]) == 0
    assert "rules (offline heuristic)" in capsys.readouterr().out


def test_options_come_from_a_file_and_what_is_typed_wins(tmp_path: Path) -> None:
    config = rows_file(tmp_path, f"out: {tmp_path}/o", "limit: 3", "strategy: 0-shot", "quiet: true", name="c.yaml")
    assert main(["generate", "baseline:echo", "--config", config, "--limit", "2"]) == 0
    assert len(RunFolder(tmp_path / "o/baseline_echo").answers("0-shot")) == 2


@pytest.mark.proofs
def test_check_tells_good_from_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "questions/core.jsonl", rows_file(tmp_path, judged())]) == 0
    assert "42 questions, 84 turns" in capsys.readouterr().out
    assert main(["check", rows_file(tmp_path, {"id": 1, "category": "가", "questions": ["가?"], "refs": []})]) == 2
    assert "field 'refs'" in capsys.readouterr().err
    (tmp_path / "q.csv").write_text("번호,분류,질문\n1,가,나?\n", encoding="utf-8")
    assert main(["check", str(tmp_path / "q.csv")]) == 2
    assert f"kojudge import csv {tmp_path / 'q.csv'} -o my-pack" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["demo", "run", "generate", "judge", "table", "check"])
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    assert f"kojudge {verb} " in capsys.readouterr().out.split("examples:")[1] + " "


@pytest.mark.proofs
def test_the_demo_goes_the_whole_way_and_says_what_it_is(
    demonstration: Demonstration, capsys: pytest.CaptureFixture[str]
) -> None:
    out = demonstration.printed
    assert "offline heuristic" in out
    for name in ("baseline:echo", "baseline:boilerplate", "hand-written/high", "hand-written/low"):
        assert name in out
    assert main(["table", str(demonstration.folder), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    by_model = {(r["model"], r["strategy"]): r["overall"] for r in rows}
    for strategy in ("0-shot", "1-shot", "cot-1-shot"):
        high, middle, low = (by_model[f"hand-written/{level}", strategy] for level in ("high", "middle", "low"))
        assert high > middle > low
        assert by_model["baseline:boilerplate", strategy] < 3
        assert by_model["baseline:echo", strategy] < 3
    assert all(row["offline"] for row in rows)

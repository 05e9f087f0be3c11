"""Advice that works: what the program itself tells the user to do is not refused when it is done."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.runs.folder import RunFolder
from tests.support.small_run import answered
from tests.support.wire import Request, Response, Wire, chat, error


def generate(answer: Any, out: Path, *more: str) -> int:
    with Wire(answer) as wire:
        command = ["generate", "org/m", "--base-url", wire.url, "--out", str(out), "--strategy", "0-shot", "--limit"]
        return main([*command, "2", "--tries", "1", "-q", *more])


def overflows(request: Request) -> Response:
    return error(400, "maximum context length is 4096 tokens", code="context_length_exceeded")


@pytest.mark.proofs
def test_a_run_without_an_answer_takes_another_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(overflows, tmp_path) == 1
    assert generate(lambda _: chat("답"), tmp_path, "--max-tokens", "99") == 0
    run = RunFolder(tmp_path / "org/m")
    assert run.manifest().config.sampling.max_tokens == 99
    capsys.readouterr()
    assert main(["judge", str(run.path), "--judge", "rules", "-q"]) == 0, "the old failures are over"
    assert generate(lambda _: chat("답"), tmp_path, "--max-tokens", "98") == 2, "with answers it is guarded"
    assert "holds a run of another configuration" in capsys.readouterr().err
    assert generate(lambda _: chat("답"), tmp_path, "--max-tokens", "98", "--fresh") == 0


@pytest.mark.proofs
def test_a_run_that_was_begun_and_never_answered_takes_a_chat_format(tmp_path: Path) -> None:
    """The engine ends at once: what is told may be another --chat-format, which is another configuration."""
    engine = tmp_path / "vllm"
    engine.write_text(f"#!{sys.executable}\nraise SystemExit('no chat template')\n", encoding="utf-8")
    engine.chmod(0o755)
    command = ["generate", "org/m", "--vllm-command", str(engine), "--out", str(tmp_path), "--limit", "1", "-q"]
    assert main(command) == 1
    assert main([*command, "--chat-format", "chatml"]) == 1, "the engine ends again, but nothing is refused"
    assert "chat_format" in RunFolder(tmp_path / "org/m").manifest().config.engine


def test_a_judgment_without_an_answer_guards_a_run_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = answered(tmp_path, capsys)
    assert main(["judge", str(run.path), "--judge", "rules", "-q"]) == 0
    for file in (run.path / "answers").glob("*.jsonl"):
        file.unlink()
    command = ["generate", "baseline:boilerplate", "--out", str(tmp_path), "--limit", "3", "--strategy", "0-shot", "-q"]
    assert main([*command, "--seed", "7"]) == 2


def test_a_thought_that_was_cut_off_names_the_option_of_its_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def thinks(request: Request) -> Response:
        return chat("", finish_reason="length", reasoning_content="음…")

    assert generate(thinks, tmp_path) == 1
    details = [one.detail for one in RunFolder(tmp_path / "org/m").answer_failures("0-shot").values()]
    assert all(
        one.endswith("raise --max-tokens, with --fresh or another --out where some are answered already")
        for one in details
    )
    assert generate(lambda _: chat("답"), tmp_path, "--max-tokens", "9000") == 0
    with Wire(thinks) as wire:
        assert main(["judge", str(tmp_path / "org/m"), "--judge", "j", "--judge-base-url", wire.url, "-q"]) == 1
    outcomes = RunFolder(tmp_path / "org/m").outcomes("j", "0-shot")
    assert {one.detail for one in outcomes} == {"the reasoning was cut off before any answer; raise --judge-max-tokens"}  # type: ignore[union-attr]


def test_after_fresh_nobody_is_sent_to_move_the_new_run_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def filters(request: Request) -> Response:
        return error(400, "filtered", code="content_filter")

    assert generate(filters, tmp_path) == 1
    assert "the same command asks for them again" in capsys.readouterr().out
    assert generate(filters, tmp_path, "--fresh") == 1
    assert "the same command without --fresh asks for them again" in capsys.readouterr().out


def test_an_import_says_why_an_offline_runner_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, requests, results = answered(tmp_path, capsys), tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    assert main(["judge", str(run.path), "--judge", "j", "--batch-export", str(requests)]) == 0
    names = [json.loads(line)["custom_id"] for line in requests.read_text(encoding="utf-8").splitlines()]
    why = {"error": {"message": "The model `j` does not exist.", "type": "NotFoundError", "param": None, "code": 404}}
    rows = [
        {"id": "vllm-1", "custom_id": n, "response": {"status_code": 404, "body": None}, "error": why} for n in names
    ]
    results.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    capsys.readouterr()
    assert main(["judge", str(run.path), "--judge", "j", "--batch-import", str(results)]) == 1
    told = capsys.readouterr().err
    assert f"({len(names)} requests were refused, such as 404: The model `j` does not exist.)" in told


def test_an_import_says_that_a_later_line_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, requests, results = answered(tmp_path, capsys), tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    assert main(["judge", str(run.path), "--judge", "j", "--batch-export", str(requests)]) == 0
    names = [json.loads(line)["custom_id"] for line in requests.read_text(encoding="utf-8").splitlines()]
    rows = [
        {
            "custom_id": name,
            "response": {"status_code": 200, "body": json.loads(chat(f"평가: 보통\n점수: {score}").body)},
        }
        for name, score in [*((name, 5) for name in names), (names[0], 9)]
    ]
    results.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    capsys.readouterr()
    assert main(["judge", str(run.path), "--judge", "j", "--batch-import", str(results)]) == 0
    assert "results have the custom_id of an earlier one, which counts; left out" in capsys.readouterr().err
    assert {outcome.score for outcome in run.outcomes("j", "0-shot")} == {5.0}  # type: ignore[union-attr]


def test_the_mends_of_a_judges_server_are_options_of_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, engine = answered(tmp_path, capsys), tmp_path / "vllm"
    engine.write_text(
        f"#!{sys.executable}\nimport sys\nsys.stderr.write('torch.OutOfMemoryError: CUDA out of memory.\\n')\nsys.exit(1)\n",
        encoding="utf-8",
    )
    engine.chmod(0o755)
    command = ["judge", str(run.path), "--judge-vllm", "tiny", "--judge-vllm-command", str(engine), "-q"]
    assert main(command) == 1
    told = capsys.readouterr().err
    advised = re.findall(
        r"(?<=try a smaller )--judge-vllm-arg [\w-]+|--judge-vllm-arg [\w-]+=[\w.]+", told.partition("; log: ")[0]
    )
    assert advised == ["--judge-vllm-arg max-model-len", "--judge-vllm-arg gpu-memory-utilization=0.95"]
    assert not re.search(
        r"(?<!judge)-?-(?:max-model-len|gpus|vllm-arg)\b", told.partition("; log: ")[0].replace("--judge-vllm-arg", "")
    )
    assert main([*command, "--judge-vllm-arg", "max-model-len=99", *advised[1].split()]) == 1, (
        "asked again, not refused"
    )


def test_a_server_of_ones_own_without_a_chat_template_is_told_what_starts_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(request: Request) -> Response:
        return error(400, "default chat template is no longer allowed")

    with Wire(answer, chat_only=False) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "--limit", "1", "-q"]
        assert main(command) == 2
    found = re.search(r"start the server with --chat-template FILE, such as (\S+)/NAME\.jinja", capsys.readouterr().err)
    assert found
    assert [*Path(found[1]).glob("*.jinja")]


def test_a_strategy_that_is_called_like_a_file_beside_the_answers_shares_none(tmp_path: Path) -> None:
    names = [f"0-shot{ending}" for ending in ("", ".turns", ".failures")]
    for name in names[1:]:
        (tmp_path / f"{name}.yaml").write_text("messages: []\n", encoding="utf-8")
    strategies = ",".join([names[0], *(f"{tmp_path / name}.yaml" for name in names[1:])])
    command = ["generate", "baseline:echo", "--out", str(tmp_path), "--limit", "1", "-q", "--strategy", strategies]
    assert main(command) == 0
    run = RunFolder(tmp_path / "baseline_echo")
    assert [len(run.answers(name)) for name in names] == [1, 1, 1]
    assert main(["judge", str(run.path), "--judge", "rules", "-q"]) == 0
    assert main(command) == 0


@pytest.mark.parametrize("place", ["{}/nothing", "./nothing", "../nothing/here", "~/nothing"])
@pytest.mark.parametrize("option", ["MODEL", "--lora", "--judge-vllm"])
def test_a_path_at_which_nothing_lies_is_said_to_be_none(
    place: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = place.format(tmp_path)
    command = ["generate", "org/m", "--lora", model] if option == "--lora" else ["generate", model]
    command = ["run", "baseline:echo", "--judge-vllm", model] if option == "--judge-vllm" else command
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert f"{model}: {option}: no such file or folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

"""What `judge` and its neighbours do with options and files that are not quite right: a line, never silence."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.endpoints.cost import Prices
from judge.records import Failure, Usage
from judge.runs.folder import RunFolder
from judge.stages.budget import Budget
from tests.support.small_run import answered
from tests.support.wire import Request, Response, Wire, chat

GOOD = "평가: 음\n점수: 4"


def answer(request: Request) -> Response:
    return chat(GOOD)


def judged(run: RunFolder, wire: Wire, *options: str) -> int:
    return main(["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "-q", *options])


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line on standard error."""
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def rows(path: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    main(["table", str(path), "--format", "json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rows"]
    return found


# -- options


def test_two_runs_of_one_name_are_told_how_to_be_chosen_from(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = answered(tmp_path / "other", capsys)
    for folder, reply in ((run, GOOD), (other, "평가: 음\n점수: 7")):
        with Wire(lambda _, reply=reply: chat(reply)) as wire:
            assert judged(folder, wire) == 0
    capsys.readouterr()
    assert main(["table", str(run.path), str(other.path)]) == 2
    said = told(capsys)
    assert "give the paths apart, or choose with --judge or --strategy" in said
    assert "a name is changed with --model-name when the run is made" in said


def test_two_judges_by_a_comma_are_two(run: RunFolder) -> None:
    with Wire(answer) as wire:
        assert main(["judge", str(run.path), "--judge", "a, b", "--base-url", wire.url, "-q"]) == 0
    assert run.judges() == ["a", "b"]


@pytest.mark.parametrize("change", [{"id": 999}, {"turn": 2}, {"answer_digest": "0" * 16}])
def test_of_a_verdict_that_was_changed_by_hand_table_and_judge_say_the_same(
    run: RunFolder, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(answer) as wire:
        assert judged(run, wire) == 0
        path = run.judgments_file("j", "0-shot")
        first, *rest = (json.loads(line) for line in path.read_text("utf-8").splitlines())
        assert first["turn"] == 1
        path.write_text("".join(json.dumps(line) + "\n" for line in (*rest, first | change)), "utf-8")
        asked = len(wire.requests)
        assert main(["table", str(run.path)]) == 1
        assert judged(run, wire) == 0
        assert len(wire.requests) == asked + 1
        capsys.readouterr()
        assert main(["table", str(run.path)]) == 0


def test_fresh_is_refused_for_a_run_that_is_there(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with Wire(answer) as wire:
        assert judged(run, wire) == 0
        assert judged(run, wire, "--fresh") == 2
    assert "--rerun all judges it again" in told(capsys)
    assert len(run.outcomes("j", "0-shot")) == 6


def test_a_dry_run_can_be_read_by_a_program(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    prices = ["--price-in", "10", "--price-out", "100"]
    assert main(["judge", str(run.path), "--judge", "gpt-4o,rules", "--dry-run", "--json", *prices]) == 0
    model, rules = json.loads(capsys.readouterr().out)["dry_run"]
    assert (model["judge"], model["requests"], model["owed"], model["done"]) == ("gpt-4o", 6, 6, 0)
    assert Decimal(model["cost"]) == (model["input_tokens"] * 10 + model["output_tokens"] * 100) / Decimal(1_000_000)
    assert (rules["judge"], rules["requests"], rules["owed"]) == ("rules", 0, 6)


def test_replies_of_an_unknown_judge_cannot_be_read_again(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", str(run.path), "--judge", "j", "--reparse", "-q"]) == 2
    assert "holds no verdict" in told(capsys)
    with Wire(answer) as wire:
        assert judged(run, wire) == 0
    capsys.readouterr()
    assert main(["judge", str(run.path), "--judge", "k", "--reparse", "-q"]) == 2
    assert "no verdicts of judge 'k': known: j" in told(capsys)
    assert main(["judge", str(run.path), "--reparse", "-q"]) == 0, "without a name those of every judge are read"


@pytest.mark.parametrize(("limit", "asked"), [("0.00005", 1), ("0.0008", 2), ("1", 3)])
def test_asking_again_for_a_score_is_paid_from_the_same_budget(limit: str, asked: int) -> None:
    """A reply costs 7 tokens in and 3 out, $0.00037; the expected price of the first is far below."""
    budget = Budget(Decimal(limit), Prices(Decimal(10), Decimal(100)), Decimal("0.00001"))
    used, sent = Usage(prompt_tokens=7, completion_tokens=3), 0
    assert budget.admit()
    for sent in range(1, 4):
        if sent == 3 or not budget.again(used):
            break
    assert sent == asked
    assert budget.stopped == (asked < 3)


def test_a_run_within_its_cost_asks_no_more_for_want_of_a_score(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ["--price-in", "100", "--price-out", "100", "--judge-concurrency", "1", "--parse-retries", "50"]
    body = json.loads(str(chat("점수는 비밀입니다.").body)) | {
        "usage": {"prompt_tokens": 10_000, "completion_tokens": 0}
    }
    with Wire(lambda request: Response(body=json.dumps(body))) as wire:
        command = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, *prices, "--max-cost", "4.5"]
        assert main(command) == 1
        assert len(wire.requests) == 4, "a dollar each"
    assert "stopped at --max-cost $4.50 with $4.00 spent" in capsys.readouterr().err
    (failure,) = run.outcomes("j", "0-shot")
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.attempts) == ("unparsable", 4)


@pytest.mark.proofs
def test_one_configuration_file_serves_run_and_judge(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(answer) as wire:
        shared = tmp_path / "shared.yaml"
        shared.write_text(
            f"judge: j\njudge-base-url: {wire.url}\nbase-url: http://127.0.0.1:9/v1\nmax-tokens: 50\nrepeats: 2\n"
        )
        assert main(["judge", str(run.path), "--config", str(shared), "-q"]) == 0
        assert len(wire.requests) == 12
    assert "left out, for it is not for judge: base-url, max-tokens" in told(capsys)
    shared.write_text("judge: j\nmax-tokenss: 50\n")
    assert main(["judge", str(run.path), "--config", str(shared), "-q"]) == 2
    assert "field 'max-tokenss': no such option" in told(capsys)


def test_a_configuration_file_of_judge_alone_may_say_base_url(run: RunFolder, tmp_path: Path) -> None:
    with Wire(answer) as wire:
        own = tmp_path / "own.yaml"
        own.write_text(f"judge: j\nbase-url: {wire.url}\njudge-temperature: 0.5\n")
        assert main(["judge", str(run.path), "--config", str(own), "-q"]) == 0
        assert {request.body["temperature"] for request in wire.requests} == {0.5}


# -- names and files


def test_half_a_character_in_a_name_is_one_line(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"id": 1, "category": "추론", "questions": ["가?"], "outputs": ["답"], "strategy": "0-shot"}
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(row | {"model": "m\ud800"}), "utf-8")
    for command in (
        ["generate", "m\udcff", "--base-url", "http://127.0.0.1:9/v1", "--out", str(tmp_path)],
        ["generate", "baseline:echo", "--model-name", "m\udcff", "--out", str(tmp_path)],
        ["judge", str(run.path), "--judge", "j\udcff", "--base-url", "http://127.0.0.1:9/v1"],
        ["judge", str(path), "--judge", "rules", "--out", str(tmp_path / "o")],
    ):
        assert main([*command, "-q"]) == 2
        assert "error of kojudge itself" not in told(capsys)


def test_yaml_nested_a_thousand_deep_is_one_line(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = tmp_path / "deep.yaml"
    deep.write_text("a: " + "[" * 1000)
    assert main(["judge", str(run.path), "--judge", "j", "--prices", str(deep), "--dry-run"]) == 2
    assert "nested too deep" in told(capsys)


def test_a_broken_file_of_one_line_is_not_called_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": 1, "category": "추론"', "utf-8")
    assert main(["judge", str(path), "--judge", "rules", "-q"]) == 2
    line = told(capsys)
    assert "line 1, column" in line
    assert "is not JSON" in line


def test_check_lists_every_fault_of_a_file_up_to_twenty(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    path = run.answers_file("0-shot")
    good = path.read_text("utf-8")
    path.write_text("{\n" + good + '{"id": 9}\n[]\n' + '{"id": 1', "utf-8")
    for target in (path, run.path):
        assert main(["check", str(target)]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert [line.split(", line ")[1].split(",")[0].split(":")[0] for line in lines] == ["1", "5", "6"]
    path.write_text(good + "{\n" * 30, "utf-8")
    assert main(["check", str(path)]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 21
    assert "more than 20 faults" in lines[-1]


def test_runs_below_a_folder_that_looks_moved_aside_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what --fresh itself has moved, below the path that was given, is left out."""
    parent = tmp_path / "a.before-20260101-000000-000000" / "outputs"
    run = answered(parent, capsys)
    other = answered(parent / "notes.before-the-change", capsys)
    with run.writing():
        run.move_aside()
    run = answered(parent, capsys)
    for found in (run, other):
        assert main(["judge", str(found.path), "--judge", "rules", "-q"]) == 0
    capsys.readouterr()
    assert main(["judge", str(parent), "--judge", "rules", "--dry-run"]) == 0
    assert sorted(line.split(": ")[0] for line in capsys.readouterr().out.splitlines()) == sorted(
        [str(run.path), str(other.path)]
    )


# -- what a table must say


def test_verdicts_whose_answers_are_gone_carry_a_note(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with Wire(answer) as wire:
        assert judged(run, wire) == 0
    run.answers_file("0-shot").unlink()
    (row,) = rows(run.path, capsys)
    assert row["judged"] == 6
    assert any("the answers are gone" in note for note in row["notes"])


def test_a_strategy_that_was_answered_but_never_judged_has_a_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = answered(tmp_path, capsys, strategies="0-shot,1-shot")
    with Wire(answer) as wire:
        assert judged(run, wire, "--strategy", "0-shot") == 0, "what was asked for is complete"
    found = {row["strategy"]: (row["judged"], row["expected"]) for row in rows(run.path, capsys)}
    assert found == {"0-shot": (6, 6), "1-shot": (0, 6)}
    assert main(["table", str(run.path)]) == 1


def test_a_judgments_file_without_its_run_keeps_returned_models_apart_and_takes_no_later_round(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(lambda request: chat(GOOD, model="j-1" if request.number <= 3 else "j-2")) as wire:
        judged(run, wire, "--judge-concurrency", "1")
    loose = tmp_path / "loose.jsonl"
    loose.write_bytes(run.judgments_file("j", "0-shot").read_bytes())
    assert sorted((row["judge"], row["judged"]) for row in rows(loose, capsys)) == [
        ("j [answered as j-1]", 3),
        ("j [answered as j-2]", 3),
    ]
    with Wire(answer) as wire:
        assert judged(run, wire, "--rerun", "all") == 0
    loose.write_bytes(run.judgments_file("j", "0-shot").read_bytes())
    capsys.readouterr()
    assert main(["table", str(loose)]) == 2
    assert "give the run folder" in told(capsys)


def test_the_version_of_vllm_behind_an_endpoint_is_in_the_manifest(run: RunFolder) -> None:
    def server(request: Request) -> Response:
        if request.path == "/version":
            return Response(body=json.dumps({"version": "0.32.0"}))
        return chat(GOOD) if "chat" in request.path else Response(404, body="{}")

    with Wire(server, chat_only=False) as wire:
        assert judged(run, wire) == 0
    assert run.manifest().versions["vllm of j"] == "0.32.0"
    with Wire(answer) as wire:
        assert main(["judge", str(run.path), "--judge", "k", "--base-url", wire.url, "-q"]) == 0
    assert "vllm of k" not in run.manifest().versions


def test_verdicts_under_another_configuration_are_named_before_all_is_paid_again(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "6 verdicts under another configuration (sampling) are kept and do not count for this one; all 6 are asked"
    with Wire(answer) as wire:
        words = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url]
        assert main(words) == 0
        assert "another configuration" not in capsys.readouterr().err
        assert main([*words, "--judge-temperature", "0.5", "--dry-run"]) == 0
        assert said in capsys.readouterr().out
        assert main([*words, "--judge-temperature", "0.5"]) == 0
        assert said in capsys.readouterr().err
        assert main([*words, "--judge-temperature", "0.5"]) == 0
        assert "another configuration" not in capsys.readouterr().err

"""What is known of an answer stands beside its number: at the end of the verbs, in every table, on card and page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from tests.support.page_blocks import data_of, unpacked
from tests.support.wire import Request, Response, Wire, chat, error

CUT = "3 of 6 answers were cut off at the token limit"


def written(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def first_turns_cut(request: Request) -> Response:
    first = len(request.body["messages"]) == 1
    return chat("끊긴 답" if first else "다 한 답", finish_reason="length" if first else "stop")


def generated(answer: Any, out: Path, *more: str) -> tuple[int, Wire]:
    with Wire(answer) as wire:
        command = ["generate", "org/m", "--base-url", wire.url, "--out", str(out), "--strategy", "0-shot", "--limit"]
        return main([*command, "3", "--tries", "1", "-q", *more]), wire


def test_answers_that_were_cut_off_are_said_by_generate_table_card_page_and_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generated(first_turns_cut, tmp_path)[0] == 0
    assert CUT in written(capsys)
    run = str(tmp_path / "org/m")
    assert main(["judge", run, "--judge", "rules", "-q"]) == 0
    assert CUT in written(capsys)
    for format in ("md", "latex", "json", "text"):
        assert main(["table", run, "--format", format]) == 0
        assert CUT in " ".join(written(capsys).split())
    assert main(["card", run, "-q"]) == 0
    assert CUT in written(capsys)
    assert main(["report", run, "-o", str(tmp_path / "page.html"), "-q"]) == 0
    board = unpacked(data_of((tmp_path / "page.html").read_text(encoding="utf-8"), "board"))
    assert CUT in json.dumps(board, ensure_ascii=False)
    written(capsys)
    for format in ("md", "json"):
        assert main(["audit", run, "--format", format]) == 0
        assert CUT in written(capsys)


def test_generate_says_failures_by_kind_and_promises_nothing_for_an_overflow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(request: Request) -> Response:
        if request.number == 1:
            return error(400, "This model's maximum context length is 4096 tokens", code="context_length_exceeded")
        return error(400, "filtered", code="content_filter")

    assert generated(answer, tmp_path)[0] == 1
    said = written(capsys)
    assert "0 of 3 conversations answered, 3 failed: 2 content_filter, 1 context_overflow" in said
    assert "what does not fit the context fails again until the server has a larger one" in said
    assert generated(answer, tmp_path, "--json")[0] == 1
    assert json.loads(written(capsys))["failure_kinds"] == {"content_filter": 2, "context_overflow": 1}


def test_a_table_says_failed_verdicts_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "baseline:boilerplate", "--out", str(tmp_path), "--strategy", "0-shot", "-q"]) == 0

    def answer(request: Request) -> Response:
        return error(400, "filtered", code="content_filter") if request.number < 3 else chat("평가: 보통\n점수: 5")

    with Wire(answer) as wire:
        command = ["judge", str(tmp_path / "baseline_boilerplate"), "--judge", "j", "--judge-base-url", wire.url]
        assert main([*command, "-q"]) == 1
    assert "! 2 of 84 verdicts failed (2 content_filter): " in written(capsys)


def test_run_says_what_conversations_ended_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(request: Request) -> Response:
        return error(400, "the prompt is too long", code="context_length_exceeded")

    with Wire(answer) as wire:
        command = ["run", "org/m", "--base-url", wire.url, "--out", str(tmp_path), "--strategy", "0-shot", "--limit"]
        assert main([*command, "2", "--judge", "rules", "-q", "--no-report"]) == 1
    said = " ".join(written(capsys).split())
    assert "2 conversations failed (2 context_overflow): what does not fit the context fails again" in said


def test_an_error_message_in_an_answers_place_is_no_verdict_in_a_logickor_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evaluated" / "org" / "m" / "default.jsonl"
    path.parent.mkdir(parents=True)
    verdict = {"judge_message": "평가", "judge_score": 1}
    rows = [
        {"id": n, "category": "추론", "questions": ["물음"], "outputs": [said], "query_single": verdict}
        for n, said in ((1, "$ERROR$"), (2, "둘입니다."), (3, ""))
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert main(["table", str(path), "--format", "json"]) == 1
    [row] = json.loads(written(capsys))["rows"]
    assert (row["judged"], row["failed"], row["failure_kinds"]) == (2, 1, {"upstream": 1})
    assert row["notes"] == ["1 of 3 answers are empty", "1 of 3 answers hold an error message in place of an answer"]

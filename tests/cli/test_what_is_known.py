"""What is known of an answer stands beside its number: at the end of the verbs, in every table, on card and page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from tests.support.page_blocks import data_of, unpacked
from tests.support.wire import Request, Response, Wire, chat, error

CUT = "3 of 6 answers were cut off at the token limit"


def written(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def reads(tokens: int, text: str = "답", **details: Any) -> Response:
    """A reply of a server that says to have read so many tokens of the prompt."""
    body = json.loads(chat(text).body)
    body["usage"] = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1} | details
    return Response(body=json.dumps(body, ensure_ascii=False))


def one_question(path: Path, text: str) -> str:
    row = {"id": 1, "category": "이해", "questions": [text]}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    return str(path)


def first_turns_cut(request: Request) -> Response:
    first = len(request.body["messages"]) == 1
    return chat("끊긴 답" if first else "다 한 답", finish_reason="length" if first else "stop")


def generated(answer: Any, out: Path, *more: str) -> tuple[int, Wire]:
    with Wire(answer) as wire:
        command = ["generate", "org/m", "--base-url", wire.url, "--out", str(out), "--strategy", "0-shot", "--limit"]
        return main([*command, "3", "--tries", "1", "-q", *more]), wire


@pytest.mark.proofs
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
    assert "답변 6건 가운데 3건이 토큰 한도에서 잘림" in written(capsys)
    assert main(["card", run, "-q", "--lang", "en"]) == 0
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


@pytest.mark.proofs
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


LONG = "다음 글을 읽고 물음에 답하세요. " * 400
CUTS = r"cuts long prompts: of one of about [\d,]{5} tokens it says to have read 1,024; .*num_ctx"


def test_a_prompt_that_the_models_server_cuts_is_said_beside_the_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = ["--questions", one_question(tmp_path / "q.jsonl", LONG)]
    assert generated(lambda _: reads(1024), tmp_path, *questions)[0] == 0
    assert re.search(f"the endpoint of org/m {CUTS}", written(capsys))
    assert main(["judge", str(tmp_path / "org/m"), "--judge", "rules", "-q"]) == 0
    assert re.search(f"the endpoint of org/m {CUTS}", written(capsys)), "the score stands, and the note beside it"


def test_a_prompt_that_the_judges_server_cuts_is_said_beside_the_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = ["--questions", one_question(tmp_path / "q.jsonl", LONG)]
    assert main(["generate", "baseline:echo", "--out", str(tmp_path), "--strategy", "0-shot", "-q", *questions]) == 0
    written(capsys)
    with Wire(lambda _: reads(1024, "평가: 보통\n점수: 5")) as wire:
        assert main(["judge", str(tmp_path / "baseline_echo"), "--judge", "j", "--judge-base-url", wire.url, "-q"]) == 0
    said = written(capsys)
    assert re.search(f"the endpoint of j {CUTS}", said)
    assert "5.00" in said
    run = str(tmp_path / "baseline_echo")
    assert main(["judge", run, "--judge", "rules", "-q"]) == 0
    assert "the endpoint of j" not in written(capsys), "of another judge's row it says nothing"
    assert main(["audit", run, "--format", "md"]) == 0
    said = written(capsys)
    assert re.search(f"^- baseline:echo 0-shot j: the endpoint of j {CUTS}", said, re.MULTILINE)
    assert "- baseline:echo 0-shot: a null model" in said, "known of all its judges"
    assert main(["card", run, "--judge", "j", "-q"]) == 0
    assert "j의 엔드포인트가 긴 프롬프트를 자름" in written(capsys)
    assert main(["audit", run, "--judge", "j", "--format", "json"]) == 0
    [note] = [one for one in json.loads(written(capsys))["notes"] if "cuts long" in one["note"]]
    assert (note["model"], note["strategy"], note["judge"]) == ("baseline:echo", "0-shot", "j")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("짧은 물음입니다.", reads(3)),  # below any server's context
        (LONG, reads(4000)),  # another tokenizer
        (LONG, reads(1024, prompt_tokens_details={"cached_tokens": 900})),  # some count without the cache
        (LONG, reads(7)),  # no count of the prompt
        (LONG, reads(0, completion_tokens=0, total_tokens=0)),  # unknown
    ],
)
def test_nothing_is_said_of_a_prompt_that_may_be_whole(
    text: str, answer: Response, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generated(lambda _: answer, tmp_path, "--questions", one_question(tmp_path / "q.jsonl", text))[0] == 0
    assert "cuts long prompts" not in written(capsys)

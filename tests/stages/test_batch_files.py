"""Batches that a runner of the user's works off: requests are written to a file and results read from one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError, KojudgeError
from judge.records import Judgment
from judge.stages.batch_lines import export_requests, import_results
from judge.stages.gradings import Grading, works
from judge.stages.judges import LlmJudge
from tests.support.batch_calls import (
    GOOD,
    PROMPTS,
    Told,
    answers,
    call,
    config,
)
from tests.support.batch_wire import BatchServer, refusal, reply
from tests.support.wire import Request, Wire, chat


def offline() -> tuple[LlmJudge, list[Grading]]:
    """A judge that asks nobody, and work for it."""

    class Nobody:
        adaptations: dict[str, str] = {}  # noqa: RUF012 - never changed

        async def complete(self, *_: object) -> Any:
            raise AssertionError("nothing is to be asked")

    judge = LlmJudge(Nobody(), PROMPTS, config())
    return judge, [work for answer in answers(last="") for work in works(answer, judge.config)]


def run_offline(requests: Path, results: Path, say: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Do what `vllm run-batch -i requests -o results` does."""
    lines = [json.loads(line) for line in requests.read_text("utf-8").splitlines()]
    with results.open("w", encoding="utf-8") as file:
        for line in lines:
            result = {"id": "vllm-1", "custom_id": line["custom_id"], "response": say(line["body"]), "error": None}
            file.write(json.dumps(result, ensure_ascii=False) + "\n")


def test_export_and_import_are_the_two_halves_of_judging(tmp_path: Path) -> None:
    (judge, owed), told = offline(), Told()
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    assert export_requests(requests, owed, judge) == 3  # the empty answers stay
    run_offline(requests, results, lambda body: reply(f"평가: 좋음\n점수: {len(body['messages'])}"))
    found = list(import_results(results, [w for w in owed if w.turn == 1], judge, report=told))
    assert [(o.id, o.turn, o.score) for o in found if isinstance(o, Judgment)] == [(n, 1, 2.0) for n in (1, 2, 3)]
    assert told.lines == []


def test_import_tells_what_it_left_out_and_what_is_owed(tmp_path: Path) -> None:
    (judge, owed), told = offline(), Told()
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    export_requests(requests, owed, judge)
    run_offline(requests, results, lambda body: reply(GOOD) if "1번 질문" in str(body) else refusal(400, "too long"))
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"custom_id": "unknown", "response": reply(GOOD), "error": None}) + "\n")
        file.write(results.read_text("utf-8").splitlines()[0] + "\n")  # a runner that was started twice
    (one,) = import_results(results, owed, judge, report=told)
    assert one.id == 1
    assert told.lines == [
        f"{results}: 1 of 5 results are for other work, or for work that is done; left out",
        f"{results}: 1 of 5 results have the custom_id of an earlier one, which counts; left out",
        f"{results}: 5 of 6 are still owed (2 requests were refused, such as 400: too long)",
    ]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("{", "line 2, column 2"),
        ("[]", "line 2: is not a JSON object"),
        ('{"response": null}', "line 2, field 'custom_id': is missing"),
        ('{"custom_id": 3}', "line 2, field 'custom_id'"),
        ('{"custom_id": "a", "response": {"status_code": "x"}}', "line 2, field 'response.status_code'"),
    ],
)
def test_a_broken_line_is_named_and_nothing_of_its_file_is_taken(tmp_path: Path, line: str, place: str) -> None:
    judge, owed = offline()
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    export_requests(requests, owed[:1], judge)
    run_offline(requests, results, lambda body: reply(GOOD))
    results.write_text(results.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(InputError) as fault:
        next(import_results(results, owed, judge, report=Told()))
    assert place in str(fault.value)
    assert str(results) in str(fault.value)


def test_an_export_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    judge, owed = offline()
    (tmp_path / "a file").write_text("")
    with pytest.raises(KojudgeError):
        export_requests(tmp_path / "a file" / "requests.jsonl", owed, judge)

    def stops(works: Sequence[Grading]) -> Any:
        yield works[0]
        raise InputError("a template fails")

    with pytest.raises(InputError):
        export_requests(tmp_path / "requests.jsonl", stops(owed), judge)
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


def test_the_prompt_of_a_batch_is_that_of_an_ordinary_request(tmp_path: Path) -> None:
    """The same messages and parameters, so that verdicts of both may stand in one table."""
    bodies: list[dict[str, Any]] = []

    def ordinary(request: Request) -> Any:
        bodies.append(request.body)
        return chat(GOOD)

    server = BatchServer(lambda body: None, ends="expired", ordinary=ordinary)
    with Wire(server, chat_only=False) as wire:
        call(tmp_path, wire.url, answers(), ordinary=True, at_any_price=True)
    sent = [json.loads(line)["body"] for line in server.files["file-1"].splitlines()]
    key = lambda body: json.dumps(body, sort_keys=True)  # noqa: E731
    assert sorted(sent, key=key) == sorted(bodies, key=key)

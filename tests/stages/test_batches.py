"""Batches over the wire: half the price, nothing sent twice, nothing lost, whatever is killed when."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openai
import pytest

from judge.config import Sampling
from judge.errors import FatalChatError, InputError, StoreError, TransientError
from judge.records import Failure, Judgment, Usage
from judge.runs.batches import split
from judge.runs.folder import RunFolder
from judge.stages import batches as batch_module
from judge.stages.batch_lines import ResultLine
from judge.stages.batches import Rest, judge_by_batch
from tests.support.batch_calls import (
    ALL,
    GOOD,
    KEY,
    Told,
    answers,
    call,
    config,
    connected,
    outcomes,
    owed_of,
    verdicts,
)
from tests.support.batch_wire import BatchServer, refusal, reply
from tests.support.wire import Wire, error


def test_what_is_owed_goes_up_in_one_file_and_comes_back_as_verdicts(tmp_path: Path) -> None:
    server, told = BatchServer(lambda body: reply(GOOD)), Told()
    sampling = Sampling(temperature=0, max_tokens=500)
    with Wire(server, chat_only=False) as wire:
        assert call(tmp_path, wire.url, answers(), told=told, judge=config(sampling=sampling)) == []
    assert verdicts(tmp_path) == ALL
    (batch,) = server.batches
    lines = [json.loads(line) for line in server.files[batch["input_file_id"]].splitlines()]
    assert {tuple(line) for line in lines} == {("custom_id", "method", "url", "body")}
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    assert batch["endpoint"] == "/v1/chat/completions"
    assert set(batch["metadata"]) == {"kojudge_run"}
    assert {tuple(sorted(line["body"])) for line in lines} == {("max_tokens", "messages", "model", "temperature")}
    found = {outcome.digest: outcome for outcome in outcomes(tmp_path)}
    assert found.keys() == {line["custom_id"] for line in lines}
    one = found[lines[0]["custom_id"]]
    assert isinstance(one, Judgment)
    assert (one.score, one.reply, one.judge_returned) == (8.0, GOOD, "wire-judge-2026")
    assert one.params == {"temperature": 0.0, "max_tokens": 500}
    assert one.usage == Usage(prompt_tokens=7, completion_tokens=3)
    assert "batch batch_1: 6 requests sent" in told.text
    assert "batch batch_1: in progress, 0 of 6 done" in told.text
    assert told.lines[-1] == "batch batch_1 completed: 6 of 6 judged"


def test_a_finished_batch_is_never_asked_for_again(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD))
    with Wire(server, chat_only=False) as wire:
        call(tmp_path, wire.url, answers())
        before = len(wire.requests)
        assert call(tmp_path, wire.url, answers()) == []
        assert len(wire.requests) == before
        call(tmp_path, wire.url, answers(4))
    assert [batch["request_counts"]["total"] for batch in server.batches] == [6, 2]


def test_an_empty_answer_is_left_to_the_rule(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD))
    with Wire(server, chat_only=False) as wire:
        left = call(tmp_path, wire.url, answers(last=" \n"), ordinary=True)
    assert [(work.answer.id, work.turn) for work in left] == [(1, 2), (2, 2), (3, 2)]
    assert server.batches[0]["request_counts"]["total"] == 3
    assert verdicts(tmp_path) == ALL
    assert Counter(o.by for o in outcomes(tmp_path)) == {"llm": 3, "rule": 3}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["upload", "create", "look", "download"])
def test_a_client_killed_at_any_step_goes_on_and_pays_once(tmp_path: Path, when: str, step: str) -> None:
    server = BatchServer(lambda body: reply(GOOD), hang=(when, step))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(), until=server.hanging.is_set)
        assert call(tmp_path, wire.url, answers()) == []
    assert len(server.batches) == 1
    assert verdicts(tmp_path) == ALL


@pytest.mark.parametrize("stored", [0, 1, 5])
def test_killed_while_it_stores_it_reads_the_results_on_disk(tmp_path: Path, stored: int) -> None:
    server = BatchServer(lambda body: reply(GOOD))

    def full_after(run: RunFolder) -> Callable[[Judgment | Failure], None]:
        written = 0

        def add(outcome: Judgment | Failure) -> None:
            nonlocal written
            if written == stored:
                raise StoreError("no space left on device")
            written += 1
            run.add_outcome(outcome)

        return add

    with Wire(server, chat_only=False) as wire:
        with pytest.raises(StoreError):
            call(tmp_path, wire.url, answers(), add=full_after)
        before = len(wire.requests)
        assert call(tmp_path, wire.url, answers()) == []
        assert len(wire.requests) == before
    assert verdicts(tmp_path) == ALL


def test_a_batch_whose_creation_was_not_heard_of_is_found(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), lose_replies=Counter({"create": 1}))
    with Wire(server, chat_only=False) as wire:
        assert call(tmp_path, wire.url, answers()) == []
    assert len(server.batches) == 1
    assert verdicts(tmp_path) == ALL


def test_a_refused_creation_is_tried_again(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), faults=[("create", error(500, "oops"))])
    with Wire(server, chat_only=False) as wire:
        assert call(tmp_path, wire.url, answers()) == []
    assert len(server.batches) == 1


def test_several_batches_where_one_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "MOST_REQUESTS", 4)
    server = BatchServer(lambda body: reply(GOOD), hang=("after", "look"))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(), until=server.hanging.is_set)
        assert call(tmp_path, wire.url, answers()) == []
    assert [batch["request_counts"]["total"] for batch in server.batches] == [4, 2]
    assert verdicts(tmp_path) == ALL


@pytest.mark.parametrize(
    ("lengths", "requests", "size", "parts"),
    [
        ([1, 1, 1, 1, 1], 2, 100, [2, 2, 1]),
        ([4, 4, 4], 10, 8, [2, 1]),
        ([4, 50, 4], 10, 8, [1, 1, 1]),
        ([], 10, 8, []),
    ],
)
def test_parts_keep_to_both_limits_and_lose_no_line(
    lengths: list[int], requests: int, size: int, parts: list[int]
) -> None:
    lines = [str(n) * length for n, length in enumerate(lengths)]
    found = list(split(lines, requests, size))
    assert [len(part) for part in found] == parts
    assert [line for part in found for line in part] == lines


def test_the_limit_is_in_bytes() -> None:
    assert [len(part) for part in split(["가가"] * 4, 10, 12)] == [2, 2]


def test_an_endpoint_without_batches_is_told_from_a_wrong_key(tmp_path: Path) -> None:
    with Wire(lambda request: error(404, "Not Found"), chat_only=False) as wire, pytest.raises(FatalChatError) as none:
        call(tmp_path / "a", wire.url, answers())
    assert "it has no Batch API, or the URL is wrong" in str(none.value)
    with (
        Wire(lambda request: error(401, f"Incorrect API key: {KEY}"), chat_only=False) as wire,
        pytest.raises(FatalChatError) as wrong,
    ):
        call(tmp_path / "b", wire.url, answers())
    assert "refuses the key" in str(wrong.value)
    assert KEY not in str(wrong.value)
    assert len(wire.requests) == 1


def test_a_batch_the_endpoint_does_not_know_is_not_sent_anew_by_itself(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), hang=("after", "look"))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(), until=server.hanging.is_set)
        server.batches.clear()
        with pytest.raises(FatalChatError, match=r"does not know batch batch_1.*Remove .*\.json"):
            call(tmp_path, wire.url, answers())
    assert server.steps.count("create") == 1


def test_an_outage_while_waiting_costs_its_own_length(tmp_path: Path) -> None:
    down = error(503, "overloaded", retry_after_ms="1")
    server, told = BatchServer(lambda body: reply(GOOD), faults=[("look", down)] * 10), Told()
    with Wire(server, chat_only=False) as wire:
        assert call(tmp_path, wire.url, answers(), told=told) == []
    assert "503: overloaded); asking on" in told.text
    assert verdicts(tmp_path) == ALL


def test_a_download_that_fails_can_be_had_later(tmp_path: Path) -> None:
    down = error(503, "overloaded", retry_after_ms="1")
    server = BatchServer(lambda body: reply(GOOD), faults=[("download", down)] * 4)
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(TransientError, match="cannot be downloaded"):
            call(tmp_path, wire.url, answers())
        assert call(tmp_path, wire.url, answers()) == []
    assert len(server.batches) == 1
    assert verdicts(tmp_path) == ALL


def test_another_round_is_another_batch(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD))
    with Wire(server, chat_only=False) as wire:
        call(tmp_path, wire.url, answers())
        assert call(tmp_path, wire.url, answers(), round_=2) == []
    assert len(server.batches) == 2
    assert Counter(o.round for o in outcomes(tmp_path)) == {1: 6, 2: 6}


def test_part_of_a_batch_leaves_the_rest_for_later(tmp_path: Path) -> None:
    """A call that asks for less than the batch holds takes its own; the next call takes the rest without a request."""
    server = BatchServer(lambda body: reply(GOOD), hang=("after", "look"))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(), until=server.hanging.is_set)
        assert call(tmp_path, wire.url, answers(1)) == []
        assert sum(verdicts(tmp_path).values()) == 2
        before = len(wire.requests)
        assert call(tmp_path, wire.url, answers()) == []
        assert len(wire.requests) == before
    assert verdicts(tmp_path) == ALL


def test_what_was_prepared_but_never_sent_is_made_anew(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), hang=("before", "upload"))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(2), until=server.hanging.is_set)
        assert call(tmp_path, wire.url, answers(3)) == []
    assert [batch["request_counts"]["total"] for batch in server.batches] == [6]
    assert len(list(tmp_path.rglob("*.requests.jsonl"))) == 1


def test_adaptations_and_the_schema_go_into_the_batch(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply('{"평가": "좋습니다.", "점수": 7}'))
    judge = config(sampling=Sampling(temperature=0, max_tokens=9), structured=True)
    with Wire(server, chat_only=False) as wire:
        given = {"temperature": "dropped", "max_tokens": "max_completion_tokens"}
        assert call(tmp_path, wire.url, answers(1), judge=judge, adaptations=given) == []
    body = json.loads(server.files["file-1"].splitlines()[0])["body"]
    assert body["max_completion_tokens"] == 9
    assert body["response_format"]["json_schema"]["name"] == "verdict"
    assert not {"temperature", "max_tokens"} & body.keys()
    assert {json.dumps(o.params, sort_keys=True) for o in outcomes(tmp_path)} == {
        '{"max_completion_tokens": 9, "response_format": "verdict"}'
    }


def test_the_files_of_batches_are_no_judgments_and_hold_no_secret(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), faults=[("look", error(500, f"bad {KEY}", retry_after_ms="1"))] * 4)
    told = Told()
    with Wire(server, chat_only=False) as wire:
        call(tmp_path, wire.url, answers(), told=told, judge=config("org/judge"))
    run = RunFolder(tmp_path)
    assert run.judges() == ["org/judge"]
    assert len(list(tmp_path.rglob("batches/*"))) == 3
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY not in told.text


def test_azure_gets_its_own_spelling_and_looks_a_file_over_first(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), file_states=["pending", "pending"])
    run = RunFolder(tmp_path)

    async def work(url: str) -> Rest:
        azure = openai.AsyncAzureOpenAI(
            api_key=KEY, azure_endpoint=url.removesuffix("/v1"), api_version="2024-10-21", max_retries=0
        )
        async with azure, connected(url, config()) as (judge, _):
            return await judge_by_batch(
                run,
                owed_of(run, answers(), config()),
                judge,
                azure,
                report=Told(),
                poll_seconds=0.01,
                add=run.add_outcome,
            )

    with Wire(server, chat_only=False) as wire, run.writing():
        assert asyncio.run(work(wire.url)) == ([], [])
    assert server.steps[:4] == ["upload", "file", "file", "create"]
    assert server.batches[0]["endpoint"] == "/chat/completions"
    assert json.loads(server.files["file-1"].splitlines()[0])["url"] == "/chat/completions"
    assert all(request.path.startswith("/openai/") for request in wire.requests)
    assert all(request.headers["api-key"] == KEY for request in wire.requests)


@pytest.mark.parametrize(
    ("response", "fault", "said"),
    [
        (reply(GOOD), None, None),
        (reply(GOOD), {"code": "x", "message": "late"}, "late"),
        (refusal(400, "too long"), None, "400: too long"),
        ({"status_code": 500, "body": None}, None, "500: no reason given"),
        ({"status_code": 400, "body": None}, "bad thing", "400: bad thing"),
        (None, None, "no reply"),
        (None, {"code": "batch_expired"}, "batch_expired"),
    ],
)
def test_why_a_request_has_no_reply(response: object, fault: object, said: str | None) -> None:
    result = ResultLine.model_validate({"custom_id": "a", "response": response, "error": fault})
    assert result.fault() == said


def test_a_request_file_cut_short_by_hand_is_named_with_its_mend(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), hang=("after", "look"))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(), until=server.hanging.is_set)
        (path,) = tmp_path.rglob("*.requests.jsonl")
        path.write_bytes(path.read_bytes()[:-50])
        with pytest.raises(InputError, match=r"requests\.jsonl.*remove .*\.json to have what is owed sent anew"):
            call(tmp_path, wire.url, answers())


def test_another_judges_batch_is_not_touched(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD), hang=("before", "upload"))
    with Wire(server, chat_only=False) as wire:
        with pytest.raises(asyncio.CancelledError):
            call(tmp_path, wire.url, answers(), until=server.hanging.is_set)
        assert call(tmp_path, wire.url, answers(), judge=config(sampling=Sampling(temperature=1))) == []
        assert len(list(tmp_path.rglob("*.requests.jsonl"))) == 2

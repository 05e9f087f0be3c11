"""Batches over the wire: half the price, nothing sent twice, nothing lost, whatever is killed when."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from judge.config import Endpoint, JudgeConfig, Sampling
from judge.endpoints.client import ChatClient
from judge.errors import FatalChatError, InputError, KojudgeError, StoreError, TransientError
from judge.packs.judge_prompts import load_judge_prompts
from judge.records import Answer, Failure, Judgment, Usage
from judge.runs.batches import split
from judge.runs.folder import RunFolder
from judge.stages import batches as batch_module
from judge.stages.batch_lines import Result, export_requests, import_results, is_final
from judge.stages.batches import Rest, judge_by_batch
from judge.stages.fanout import fanout
from judge.stages.gradings import GradeWork, works
from judge.stages.judges import LlmJudge
from judge.stages.progress import Silent
from tests.support.batch_wire import BatchServer, refusal, reply
from tests.support.wire import Request, Wire, chat, error

KEY = "sk-very-secret-key-0123456789"
GOOD = "평가: 핵심을 짚었습니다.\n점수: 8"
PROMPTS = load_judge_prompts(None)


class Told(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(self.lines)


def config(judge: str = "wire-judge", **given: Any) -> JudgeConfig:
    return JudgeConfig(judge=judge, template=PROMPTS.digest, **given)


def answers(number: int = 3, last: str = "두 번째 답변입니다.") -> list[Answer]:
    """Answers of two turns each."""
    return [
        Answer(
            id=n,
            category="추론",
            questions=(f"{n}번 질문에 답해 주세요.", "더 짧게 답해 주세요."),
            outputs=(f"{n}번 질문의 첫 답변입니다.", last),
            model="org/model",
            strategy="0-shot",
        )
        for n in range(1, number + 1)
    ]


def owed_of(run: RunFolder, given: Sequence[Answer], judge: JudgeConfig, round_: int = 1) -> list[GradeWork]:
    """What has no verdict on disk."""
    done = {o.digest for o in run.outcomes(judge.judge, "0-shot") if isinstance(o, Judgment) and o.round == round_}
    return [work for answer in given for work in works(answer, judge, number=round_) if work.digest not in done]


@asynccontextmanager
async def connected(url: str, judge: JudgeConfig) -> AsyncIterator[tuple[LlmJudge, openai.AsyncOpenAI]]:
    endpoint = Endpoint(base_url=url, tries=1)
    async with (
        openai.AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as client,
        ChatClient("wire-judge", endpoint, KEY) as ordinary,
    ):
        yield LlmJudge(ordinary, PROMPTS, judge), client


def call(
    path: Path,
    url: str,
    given: Sequence[Answer],
    *,
    judge: JudgeConfig | None = None,
    told: Told | None = None,
    round_: int = 1,
    add: Callable[[RunFolder], Callable[[Judgment | Failure], None]] = lambda run: run.add_outcome,
    until: Callable[[], bool] | None = None,
    ordinary: bool = False,
    at_any_price: bool = False,
    **options: Any,
) -> list[GradeWork]:
    """One call of the program: judge what is owed, and return what batches left; `until`: kill it when this is true."""
    judge, run = judge or config(), RunFolder(path)

    async def work() -> list[GradeWork]:
        async with connected(url, judge) as (llm, client):
            owed = owed_of(run, given, judge, round_)
            settings: dict[str, Any] = {"report": told or Told(), "poll_seconds": 0.01, "add": add(run)} | options
            left = await judge_by_batch(run, owed, llm, client, **settings)
            if ordinary:
                works = [*left.ordinary, *(left.later if at_any_price else ())]
                async with aclosing(fanout(works, llm.grade, 4)) as outcomes:
                    async for outcome in outcomes:
                        run.add_outcome(outcome)
            return [*left.ordinary, *left.later]

    async def killed() -> list[GradeWork]:
        task = asyncio.create_task(work())
        while until is not None and not until():
            await asyncio.sleep(0.005)
            if task.done():
                return await task
        if until is not None:
            task.cancel()
        return await task

    with run.writing():
        return asyncio.run(killed())


def outcomes(path: Path, judge: str = "wire-judge") -> list[Judgment | Failure]:
    return RunFolder(path).outcomes(judge, "0-shot")


def verdicts(path: Path) -> Counter[tuple[Any, int, int]]:
    return Counter(o.key for o in outcomes(path) if isinstance(o, Judgment))


ALL = Counter({(n, turn, 1): 1 for n in (1, 2, 3) for turn in (1, 2)})


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


def test_what_expired_is_still_owed_and_not_asked_at_the_full_price(tmp_path: Path) -> None:
    server, told = BatchServer(lambda body: reply(GOOD) if "1번 질문" in str(body) else None, ends="expired"), Told()
    server.ordinary = lambda request: chat("평가: 좋습니다.\n점수: 5")
    with Wire(server, chat_only=False) as wire:
        left = call(tmp_path, wire.url, answers(), told=told, ordinary=True)
        assert {work.answer.id for work in left} == {2, 3}
        assert verdicts(tmp_path) == Counter({(1, 1, 1): 1, (1, 2, 1): 1})
        assert "chat" not in server.steps
        assert told.lines[-2:] == [
            "batch batch_1 expired: 2 of 6 judged, 4 requests refused (such as This request could not be executed in "
            "time.); 4 still owed",
            f"{tmp_path}: 4 verdicts are still owed; --batch again sends them in another batch, the same command "
            "without it asks for them at the full price",
        ]
        server.ends, server.answer = "completed", lambda body: reply(GOOD)
        assert call(tmp_path, wire.url, answers(), ordinary=True) == []
    assert [batch["request_counts"]["total"] for batch in server.batches] == [6, 4]
    assert verdicts(tmp_path) == ALL


def test_refused_requests_are_owed_and_the_first_reason_is_said(tmp_path: Path) -> None:
    server, told = BatchServer(lambda body: refusal(400, "Unsupported parameter: 'max_tokens'")), Told()
    with Wire(server, chat_only=False) as wire:
        assert len(call(tmp_path, wire.url, answers(), told=told)) == 6
    assert outcomes(tmp_path) == []
    assert "6 requests refused (such as 400: Unsupported parameter: 'max_tokens'); 6 still owed" in told.text


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (reply("답변이 훌륭합니다."), "unparsable"),
        (reply("평가: 좋음\n점수: 1", finish_reason="length"), "length"),
        (reply(None), "empty_reply"),
    ],
)
def test_a_reply_without_a_score_is_kept_counted_and_asked_again(
    tmp_path: Path, said: dict[str, Any], kind: str
) -> None:
    server = BatchServer(lambda body: said, ordinary=lambda request: chat(GOOD))
    with Wire(server, chat_only=False) as wire:
        assert len(call(tmp_path, wire.url, answers(1), ordinary=True)) == 2
    first, second, *later = outcomes(tmp_path)
    assert isinstance(first, Failure)
    assert first.kind == kind
    assert first.usage == second.usage == Usage(prompt_tokens=7, completion_tokens=3)
    assert first.reply == said["body"]["choices"][0]["message"]["content"]
    assert not is_final(first)
    assert [type(outcome) for outcome in later] == [Judgment, Judgment]


@pytest.mark.parametrize(
    "said",
    [reply(None, refusal="I cannot help."), reply("", finish_reason="content_filter")],
    ids=["refusal", "filter"],
)
def test_a_refusal_of_the_judge_is_final(tmp_path: Path, said: dict[str, Any]) -> None:
    with Wire(BatchServer(lambda body: said), chat_only=False) as wire:
        assert call(tmp_path, wire.url, answers(1)) == []
    assert {o.kind for o in outcomes(tmp_path) if isinstance(o, Failure)} <= {"refusal", "content_filter"}
    assert all(o.usage.prompt_tokens == 7 for o in outcomes(tmp_path))


@pytest.mark.parametrize(
    "body", [None, {}, {"choices": []}, {"choices": "none"}, {"choices": [{"message": 1}]}, [], "text"], ids=str
)
def test_a_body_that_is_no_chat_completion_is_owed(tmp_path: Path, body: Any) -> None:
    server = BatchServer(lambda _: {"status_code": 200, "request_id": "r", "body": body})
    with Wire(server, chat_only=False) as wire:
        assert len(call(tmp_path, wire.url, answers(1))) == 2
    assert outcomes(tmp_path) == []


def test_broken_doubled_and_foreign_lines_of_the_results_harm_no_other(tmp_path: Path) -> None:
    def spoil(text: str) -> str:
        first, *rest = text.splitlines()
        foreign = json.loads(rest[0]) | {"custom_id": "somebody-else"}
        return "\n".join([first[:40], *rest, rest[0], "[]", '"text"', json.dumps(foreign), "\udcff\x00"[1:]]) + "\n"

    server = BatchServer(lambda body: reply(GOOD), spoil=spoil)
    with Wire(server, chat_only=False) as wire:
        (left,) = call(tmp_path, wire.url, answers())
    assert verdicts(tmp_path) == ALL - Counter({(left.answer.id, left.turn, 1): 1})


def test_a_batch_that_failed_says_why_and_the_next_call_makes_another(tmp_path: Path) -> None:
    why = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached for wire-judge.", "line": None}
    server, told = BatchServer(lambda body: reply(GOOD), ends="failed", errors=[why]), Told()
    with Wire(server, chat_only=False) as wire:
        assert len(call(tmp_path, wire.url, answers(), told=told)) == 6
        assert told.lines[-2] == (
            "batch batch_1 failed: 0 of 6 judged (Enqueued token limit reached for wire-judge.); 6 still owed"
        )
        server.ends = "completed"
        assert call(tmp_path, wire.url, answers()) == []
    assert len(server.batches) == 2


def test_a_cancelled_batch_keeps_what_it_did(tmp_path: Path) -> None:
    server = BatchServer(lambda body: reply(GOOD) if "1번 질문" in str(body) else None, ends="cancelled")
    with Wire(server, chat_only=False) as wire:
        assert len(call(tmp_path, wire.url, answers())) == 4
    assert verdicts(tmp_path) == Counter({(1, 1, 1): 1, (1, 2, 1): 1})


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
    result = Result.model_validate({"custom_id": "a", "response": response, "error": fault})
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


# -- offline runners


def offline() -> tuple[LlmJudge, list[GradeWork]]:
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

    def stops(works: Sequence[GradeWork]) -> Any:
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

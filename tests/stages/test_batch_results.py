"""What comes back from a batch: refused, expired, spoilt; nothing is lost and nothing counts twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from judge.records import Failure, Judgment, Usage
from judge.stages.batch_lines import is_final
from tests.support.batch_calls import (
    ALL,
    GOOD,
    Told,
    answers,
    call,
    config,
    outcomes,
    verdicts,
)
from tests.support.batch_wire import BatchServer, refusal, reply
from tests.support.wire import Wire, chat


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


def test_a_refused_schema_names_the_option_that_asks_without_one(tmp_path: Path) -> None:
    server = BatchServer(lambda body: refusal(400, "'response_format' of type 'json_schema' is not supported"))
    told, imported = Told(), Told()
    with Wire(server, chat_only=False) as wire:
        call(tmp_path, wire.url, answers(), told=told, judge=config(structured=True))
        assert "is not supported; ask with --structured off); 6 still owed" in told.text
        call(tmp_path / "text", wire.url, answers(), told=imported, judge=config())
    assert "--structured" not in imported.text, "none was sent"


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

"""One table of what endpoints send with status 200: what is a reply, what is not, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.endpoints.finish import FINISH, finish
from judge.endpoints.replies import Reply, read_completion
from judge.endpoints.usage import read_usage
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError
from judge.records import Message, Usage

USAGE = {"prompt_tokens": 7, "completion_tokens": 300, "total_tokens": 307}
ASKED: list[Message] = [{"role": "user", "content": "대한민국의 수도는 어디인가요?"}]


def body(content: Any = None, finish_reason: Any = "stop", *, choice: Any = None, **message: Any) -> dict[str, Any]:
    one = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": content, **message}}
    return {"id": "c", "object": "chat.completion", "model": "m-1", "choices": [one | (choice or {})], "usage": USAGE}


def read(given: object) -> Reply | ChatError:
    try:
        return read_completion(given, where="http://x/v1", params={}, attempts=1, model="m", messages=lambda: ASKED)
    except ChatError as error:
        return error


def said(given: object) -> tuple[str, str]:
    """What kind of thing a body is: ("stop" | "length" | "repetition", text), or (class, kind) of the failure."""
    found = read(given)
    if isinstance(found, Reply):
        return found.finish_reason, found.text
    return type(found).__name__.removesuffix("Error"), found.kind


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "음"}]}
TEXT = {"type": "text", "text": "서울입니다."}

SHAPES: dict[str, tuple[object, tuple[str, str]]] = {
    "plain": (body("서울입니다."), ("stop", "서울입니다.")),
    "plain with thoughts beside it": (body("서울입니다.", reasoning_content="음"), ("stop", "서울입니다.")),
    # where the text went
    "all in reasoning_content": (body(None, reasoning_content="서울입니다."), ("Rejected", "empty_reply")),
    "all in reasoning": (body("", reasoning="서울입니다."), ("Rejected", "empty_reply")),
    "all in reasoning_details": (
        body("", reasoning_details=[{"type": "reasoning.text", "text": "서울입니다."}]),
        ("Rejected", "empty_reply"),
    ),
    "all in thinking_blocks": (body("\n", thinking_blocks=[{"thinking": "서울"}]), ("Rejected", "empty_reply")),
    "all in a thinking part": (body([THOUGHT]), ("Rejected", "empty_reply")),
    "nothing": (body(None), ("Rejected", "empty_reply")),
    "blank": (body(" \n "), ("Rejected", "empty_reply")),
    "no parts": (body([]), ("Rejected", "empty_reply")),
    "thoughts cut off": (body(None, "length", reasoning_content="음"), ("Rejected", "truncated_reasoning")),
    "cut off before the first word": (body("", "length"), ("Rejected", "length")),
    # parts
    "parts": (body([THOUGHT, TEXT]), ("stop", "서울입니다.")),
    "two text parts": (body([TEXT, {"type": "output_text", "text": " 맞습니다."}]), ("stop", "서울입니다. 맞습니다.")),
    "a part without type": (body([{"text": "서울입니다."}]), ("stop", "서울입니다.")),
    "a bare string as part": (body(["서울", "입니다."]), ("stop", "서울입니다.")),
    "one part without a list": (body(TEXT), ("stop", "서울입니다.")),
    "a picture": (body([TEXT, {"type": "image_url", "image_url": {"url": "x"}}]), ("Rejected", "empty_reply")),
    "an unknown part": (body([{"type": "hologram", "text": "서울"}]), ("Rejected", "empty_reply")),
    "a number as content": (body(8), ("Rejected", "empty_reply")),
    "a refusal part": (body([{"type": "refusal", "refusal": "I can't."}]), ("Rejected", "refusal")),
    # ends
    "eos_token": (body("서울입니다.", "eos_token"), ("stop", "서울입니다.")),
    "STOP": (body("서울입니다.", "STOP"), ("stop", "서울입니다.")),
    "end_turn": (body("서울입니다.", "end_turn"), ("stop", "서울입니다.")),
    "FinishReason.STOP": (body("서울입니다.", "FinishReason.STOP"), ("stop", "서울입니다.")),
    "a dict as reason": (body("서울입니다.", {"type": "stop", "matched": 2}), ("stop", "서울입니다.")),
    "length": (body("서울", "length"), ("length", "서울")),
    "max_tokens": (body("서울", "max_tokens"), ("length", "서울")),
    "MAX_TOKENS": (body("서울", "MAX_TOKENS"), ("length", "서울")),
    "model_length": (body("서울", "model_length"), ("length", "서울")),
    "max_output_tokens": (body("서울", "max_output_tokens"), ("length", "서울")),
    "repetition": (body("서울 서울 서울", "repetition"), ("repetition", "서울 서울 서울")),
    "stop, but the provider says cut off": (
        body("서울", "stop", choice={"native_finish_reason": "MAX_TOKENS"}),
        ("length", "서울"),
    ),
    "no finish reason": (body("서울입니다.", None), ("Rejected", "unfinished")),
    "an unknown reason": (body("서울입니다.", "OTHER"), ("Rejected", "unfinished")),
    "a number as reason": (body("서울입니다.", 7), ("Rejected", "unfinished")),
    "only stop_reason": (body("서울입니다.", None, choice={"stop_reason": "end_turn"}), ("stop", "서울입니다.")),
    "finish_details": (body("서울", None, choice={"finish_details": {"type": "max_tokens"}}), ("length", "서울")),
    # blocked
    "content_filter": (body("", "content_filter"), ("Rejected", "content_filter")),
    "half a text, then filtered": (body("서울은", "SAFETY"), ("Rejected", "content_filter")),
    "recitation": (body(None, "recitation"), ("Rejected", "content_filter")),
    "azure's results": (
        body("", "stop", choice={"content_filter_results": {"hate": {"filtered": True}}}),
        ("Rejected", "content_filter"),
    ),
    "azure's results, nothing filtered": (
        body("서울입니다.", "stop", choice={"content_filter_results": {"hate": {"filtered": False}}}),
        ("stop", "서울입니다."),
    ),
    "a refusal": (body(None, refusal="I can't help."), ("Rejected", "refusal")),
    "refusal as reason": (body("도와드릴 수 없습니다.", "refusal"), ("Rejected", "refusal")),
    "a tool call": (body(None, "tool_calls", tool_calls=[{"id": "1"}]), ("Rejected", "empty_reply")),
    "text beside a tool call": (body("찾아볼게요.", "tool_use"), ("Rejected", "unfinished")),
    # broken off
    "error": (body("서울은", "error"), ("Transient", "server")),
    "an error in the choice": (
        body("서울은", "error", choice={"error": {"code": 502, "message": "upstream"}}),
        ("Transient", "server"),
    ),
    "an error in the choice that says stop": (
        body("서울은", "stop", choice={"error": {"code": 502, "message": "upstream"}}),
        ("Transient", "server"),
    ),
    "abort": (body("서울은", "abort"), ("Transient", "server")),
    "cancelled": (body("서울은", "cancelled"), ("Transient", "server")),
    "insufficient_system_resource": (body("", "insufficient_system_resource"), ("Transient", "server")),
    # an error instead of choices
    "overloaded in a 200": ({"error": {"code": 529, "message": "Overloaded"}}, ("Transient", "server")),
    "502 in a 200": ({"error": {"message": "Provider returned error", "code": 502}}, ("Transient", "server")),
    "429 in a 200": ({"error": {"message": "slow down", "code": "429"}}, ("Transient", "rate_limit")),
    "401 in a 200": ({"error": {"message": "No auth credentials found", "code": 401}}, ("FatalChat", "bad_request")),
    "no money in a 200": ({"error": {"message": "Insufficient credits", "code": 402}}, ("FatalChat", "rate_limit")),
    "MiniMax without money": (
        {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}, "choices": None},
        ("FatalChat", "rate_limit"),
    ),
    "moderation in a 200": (
        {"error": {"message": "flagged by moderation", "code": 403}},
        ("Rejected", "content_filter"),
    ),
    "the prompt filtered, no choice": (
        {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": True}}}]},
        ("Rejected", "content_filter"),
    ),
    "no choices": ({"choices": []}, ("Transient", "server")),
    "choices of another type": ({"choices": "none"}, ("Transient", "server")),
    "a stream's chunk": ({"choices": [{"delta": {"content": "서"}, "finish_reason": None}]}, ("Transient", "server")),
    "a list": ([], ("Transient", "server")),
    "a number": (3, ("Transient", "server")),
    "null": (None, ("Transient", "server")),
    "a web page": ("<!DOCTYPE html><title>Sign in</title>", ("FatalChat", "server")),
    "an event stream": ('data: {"choices": []}\n\ndata: [DONE]\n', ("FatalChat", "server")),
    "a comment, then events": (": OPENROUTER PROCESSING\n\ndata: {}\n", ("FatalChat", "server")),
    "plain words": ("upstream connect error", ("Transient", "server")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_body_is_what_it_says_it_is_and_nothing_else(shape: str) -> None:
    given, expected = SHAPES[shape]
    assert said(given) == expected


def test_a_failure_carries_what_it_cost_and_is_asked_again_only_where_that_may_help() -> None:
    nothing, blocked = read(body("")), read(body("", "content_filter"))
    assert isinstance(nothing, RejectedError)
    assert isinstance(blocked, RejectedError)
    assert nothing.usage == blocked.usage == Usage(prompt_tokens=7, completion_tokens=300)
    assert (nothing.again, blocked.again) == (True, False)
    lost = read(body("", reasoning_content="서울"))
    assert isinstance(lost, RejectedError)
    assert not lost.again
    assert "--reasoning-parser" in str(lost)


def test_thoughts_are_kept_beside_the_text_from_fields_and_parts() -> None:
    for sent in (
        body("네", reasoning_content="음"),
        body("네", reasoning="음"),
        body([THOUGHT, {"type": "text", "text": "네"}]),
        body([{"type": "thinking", "thinking": "음"}, {"type": "text", "text": "네"}]),
        body("네", reasoning_details=[{"type": "reasoning.summary", "summary": "음"}]),
    ):
        found = read(sent)
        assert isinstance(found, Reply)
        assert (found.text, found.reasoning) == ("네", "음")


@pytest.mark.parametrize("word", [w for w, meaning in FINISH.items() if meaning != "stop"])
def test_only_stop_and_its_synonyms_are_complete(word: str) -> None:
    found = read(body("평가: 좋음\n점수: 1", word))
    assert not isinstance(found, Reply) or found.finish_reason in ("length", "repetition")


@given(st.text(max_size=30))
def test_no_unknown_word_is_ever_complete(word: str) -> None:
    plain = word.strip().casefold().replace("-", "_").replace(" ", "_")
    if FINISH.get(plain.rpartition(".")[2].removeprefix("finish_reason_").removeprefix("finishreason_")) == "stop":
        return
    assert finish({"finish_reason": word}) != "stop"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.proofs
@given(st.dictionaries(st.sampled_from(["choices", "usage", "error", "model", "message", "object"]), JSON))
def test_whatever_json_comes_is_a_reply_or_a_named_failure(given: dict[str, Any]) -> None:
    assert isinstance(read(given), TransientError | RejectedError | FatalChatError)


@pytest.mark.proofs
@given(JSON, JSON, JSON)
def test_whatever_stands_in_a_message_and_its_usage_no_reply_is_blank(content: Any, reason: Any, usage: Any) -> None:
    found = read(body(content, reason) | {"usage": usage})
    if isinstance(found, Reply):
        assert found.text.strip()
        assert min(found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.cached_tokens) >= 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (USAGE, Usage(prompt_tokens=7, completion_tokens=300)),
        (
            {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 310},
            Usage(prompt_tokens=7, completion_tokens=303),
        ),
        ({"input_tokens": 7, "output_tokens": 3}, Usage(prompt_tokens=7, completion_tokens=3)),
        ({"prompt_tokens": "7", "completion_tokens": 3.0}, Usage(prompt_tokens=7, completion_tokens=3)),
        (
            {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 9}},
            Usage(prompt_tokens=7, completion_tokens=3, cached_tokens=7),
        ),
        (
            {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": 5},
            Usage(prompt_tokens=7, completion_tokens=3),
        ),
        ({"prompt_tokens": -7, "completion_tokens": 3}, None),
        ({"prompt_tokens": 7, "completion_tokens": None}, None),
        ({"prompt_tokens": True, "completion_tokens": 3}, None),
        ({"prompt_tokens": 0, "completion_tokens": 0}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 3}, None),
        ("many", None),
        ([], None),
        (None, None),
    ],
)
def test_usage_is_known_or_unknown_and_never_odd(given: object, expected: Usage | None) -> None:
    assert read_usage(given) == expected


def test_tokens_that_are_not_reported_are_estimated_and_called_so() -> None:
    found = read(body("서울입니다.") | {"usage": None})
    assert isinstance(found, Reply)
    assert 10 < found.usage.prompt_tokens < 30
    assert found.usage.estimated_tokens == found.usage.prompt_tokens + found.usage.completion_tokens > 0
    assert "estimated_tokens" in found.usage.model_dump()
    assert "estimated_tokens" not in Usage(prompt_tokens=1).model_dump()

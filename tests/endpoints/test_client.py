"""The one chat call, against a real server on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from judge.config import Endpoint, Sampling
from judge.endpoints.client import ChatClient
from judge.endpoints.faults import retry_after_seconds
from judge.endpoints.limiter import RateLimiter
from judge.endpoints.replies import Reply
from judge.endpoints.requests import adaptation_notes
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError, UnreachableError
from judge.records import Message, Usage
from judge.stages.runaways import Watch
from tests.support.clock import Clock, MemoryWire
from tests.support.wire import Request, Response, Wire, chat, error

KEY = "sk-very-secret-key-0123456789"
HELLO = [{"role": "user", "content": "안녕하세요?"}]


def ask(
    answer: Callable[[Request], Response],
    *,
    times: int = 1,
    sampling: Sampling | None = None,
    **endpoint: object,
) -> tuple[list[Reply | ChatError], Wire, ChatClient]:
    """Ask `times` at once; return what came of each, the server and the client."""
    with Wire(answer) as wire:

        async def work() -> tuple[list[Reply | ChatError], ChatClient]:
            settings = Endpoint(base_url=wire.url, **endpoint)  # type: ignore[arg-type]
            async with ChatClient("m", settings, KEY, key_name="MY_KEY") as client:
                calls = [client.complete(HELLO, sampling or Sampling()) for _ in range(times)]  # type: ignore[arg-type]
                found = await asyncio.gather(*calls, return_exceptions=True)
                for one in found:
                    assert isinstance(one, Reply | ChatError), repr(one)
                return found, client  # type: ignore[return-value]

        results, client = asyncio.run(work())
        return results, wire, client


def first_then(*answers: Response) -> Callable[[Request], Response]:
    """The n-th request gets the n-th answer, later ones the last."""
    return lambda request: answers[min(request.number, len(answers)) - 1]


def test_a_reply_carries_text_model_usage_and_what_was_sent() -> None:
    (reply,), wire, _ = ask(lambda r: chat("네"), sampling=Sampling(temperature=0, max_tokens=9, seed=1))
    assert isinstance(reply, Reply)
    assert (reply.text, reply.model, reply.finish_reason, reply.attempts) == (
        "네",
        "wire-judge-2026",
        "stop",
        1,
    )
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (7, 3)
    assert reply.params == {"temperature": 0.0, "max_tokens": 9, "seed": 1}
    sent = wire.requests[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert {k: sent.body[k] for k in ("model", "messages", "temperature", "max_tokens", "seed")} == {
        "model": "m",
        "messages": HELLO,
        "temperature": 0.0,
        "max_tokens": 9,
        "seed": 1,
    }


def test_azure_gets_the_deployment_path_and_its_own_key_header() -> None:
    with Wire(lambda r: chat("네")) as wire:

        async def work() -> Reply:
            endpoint = Endpoint(base_url=wire.url.removesuffix("/v1"), api="azure", api_version="2024-10-21")
            async with ChatClient("my-deployment", endpoint, KEY) as client:
                return await client.complete(HELLO, Sampling())  # type: ignore[arg-type]

        assert asyncio.run(work()).text == "네"
        sent = wire.requests[0]
        assert sent.path == "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
        assert sent.headers["api-key"] == KEY


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), FatalChatError, "check the key in MY_KEY"),
        (error(403, "Country not supported"), FatalChatError, "Country not supported"),
        (error(404, "The model `m` does not exist", code="model_not_found"), FatalChatError, "model 'm'"),
        (Response(404, "<html>not here</html>", {"content-type": "text/html"}), FatalChatError, "/v1"),
        (error(402, "Payment required"), FatalChatError, "quota"),
        (error(429, "You exceeded your current quota", code="insufficient_quota"), FatalChatError, "quota"),
        (error(400, "no such thing"), RejectedError, "no such thing"),
        (error(400, "filtered", code="content_filter"), RejectedError, "filtered"),
        (error(400, "This model's maximum context length is 8", code="x"), RejectedError, "context"),
        (error(413, "too large"), RejectedError, "does not fit"),
        (error(422, "odd"), RejectedError, "422"),
    ],
)
def test_what_asking_again_cannot_mend_is_asked_once(response: Response, kind: type[ChatError], words: str) -> None:
    (result,), wire, _ = ask(lambda r: response)
    certain = kind is not FatalChatError or "quota" in words
    assert type(result) is (kind if certain else RejectedError), "one item's refusal may be about that item"
    assert words in str(result)
    assert KEY not in str(result)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), "check the key in MY_KEY"),
        (error(403, "Country not supported"), "Country not supported"),
        (error(404, "The model `m` does not exist", code="model_not_found"), "model 'm'"),
        (Response(200, "<html><title>Sign in</title>", {"content-type": "text/html"}), "'Sign in'"),
        (Response(200, 'data: {"choices": []}\n\n', {"content-type": "text/event-stream"}), "event stream"),
    ],
)
def test_what_several_items_are_refused_for_stops_all_after_few_requests(
    response: Response, words: str, clock: Clock
) -> None:
    wire = MemoryWire(lambda r: response)

    async def work() -> list[Reply | BaseException]:
        async with turned(clock, wire) as client:
            calls = [client.complete(HELLO, Sampling()) for _ in range(20)]  # type: ignore[arg-type]
            return await asyncio.gather(*calls, return_exceptions=True)

    results = clock.run(work())
    assert [type(result) for result in results[:3]] == [RejectedError, RejectedError, FatalChatError]
    assert all(isinstance(result, FatalChatError) and words in str(result) for result in results[2:])
    assert len(wire.requests) == 3


def test_one_flagged_prompt_is_no_reason_to_stop() -> None:
    results, wire, _ = ask(lambda r: error(403, "not allowed") if r.number == 1 else chat("네"), times=9)
    assert [type(result) for result in results].count(Reply) == 8
    assert len(wire.requests) == 9


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error(500, "oops"), "server"),
        (error(503, "busy"), "server"),
        (error(408, "slow"), "server"),
        (error(429, "slow down", retry_after_ms="5"), "rate_limit"),
        (Response(drop=True), "connection"),
        (Response(200, "garbage"), "server"),
        (Response(200, '{"choices": []}'), "server"),
        (Response(200, "null"), "server"),
    ],
)
def test_a_passing_fault_is_asked_again_and_counted(response: Response, kind: str, no_pause: None) -> None:
    (result,), wire, _ = ask(first_then(response, chat("네")))
    assert isinstance(result, Reply)
    assert result.attempts == 2
    assert len(wire.requests) == 2


def test_a_lasting_fault_ends_after_the_given_tries_without_any_of_the_sdk(no_pause: None) -> None:
    (result,), wire, _ = ask(lambda r: error(500, "oops"), tries=3)
    assert isinstance(result, TransientError)
    assert (result.kind, result.attempts, len(wire.requests)) == ("server", 3, 3)


def test_rate_limits_use_up_time_but_no_tries() -> None:
    limits = [error(429, "slow down", retry_after_ms="5") for _ in range(9)]
    (result,), wire, _ = ask(first_then(*limits, chat("네")), tries=2)
    assert isinstance(result, Reply)
    assert len(wire.requests) == 10


def turned(clock: Clock, wire: MemoryWire, *, rpm: float | None = None, **endpoint: object) -> ChatClient:
    """Return a client of `wire` whose time is that of `clock`."""
    settings = Endpoint(base_url=wire.url, **endpoint)  # type: ignore[arg-type]
    limiter = RateLimiter(highest=100, start=100, rpm=rpm, clock=clock)
    return ChatClient("m", settings, KEY, key_name="MY_KEY", limiter=limiter, http_client=wire.client())


def test_the_time_budget_ends_a_rate_limit_that_never_ends(clock: Clock) -> None:
    wire = MemoryWire(lambda r: error(429, "slow", retry_after="10"))

    async def work() -> None:
        async with turned(clock, wire, retry_budget_seconds=900) as client:
            await client.complete(HELLO, Sampling())  # type: ignore[arg-type]

    with pytest.raises(TransientError) as caught:
        clock.run(work())
    assert caught.value.kind == "rate_limit"
    assert 900 <= clock() < 920


def test_a_hanging_connection_costs_its_time_out_once(clock: Clock) -> None:
    wire = MemoryWire(first_then(chat("늦음", delay_seconds=3000), chat("네", delay_seconds=500)))

    async def work() -> Reply:
        async with turned(clock, wire, timeout_seconds=600, tries=2) as client:
            return await client.complete(HELLO, Sampling())  # type: ignore[arg-type]

    result = clock.run(work())
    assert (result.text, result.attempts, len(wire.requests)) == ("네", 2, 2)
    assert 1100 <= clock() < 1110


def test_retry_after_holds_every_caller_back(clock: Clock) -> None:
    arrived: list[float] = []

    def answer(request: Request) -> Response:
        arrived.append(clock())
        return error(429, "slow down", retry_after="30") if request.number == 1 else chat("네")

    wire = MemoryWire(answer)

    async def work() -> None:
        async with turned(clock, wire) as client:
            first = asyncio.create_task(client.complete(HELLO, Sampling()))  # type: ignore[arg-type]
            await asyncio.sleep(1)  # the refusal is back by now; these callers know nothing of it
            await asyncio.gather(first, *(client.complete(HELLO, Sampling()) for _ in range(3)))  # type: ignore[arg-type]

    clock.run(work())
    assert len(arrived) == 5
    assert min(arrived[1:]) - arrived[0] >= 30


def test_once_the_key_is_certainly_wrong_nobody_waits_for_leave_to_ask(clock: Clock) -> None:
    wire = MemoryWire(lambda r: error(401, "Incorrect API key provided"))

    async def work() -> list[Reply | BaseException]:
        async with turned(clock, wire, rpm=30) as client:
            calls = [client.complete(HELLO, Sampling()) for _ in range(30)]  # type: ignore[arg-type]
            return await asyncio.gather(*calls, return_exceptions=True)

    results = clock.run(work())
    assert sum(isinstance(result, FatalChatError) for result in results) == 28
    assert len(wire.requests) == 3
    assert clock() < 5, "the three that were sent, and not a minute"


def test_nothing_listening_is_told_after_a_few_tries_and_names_the_url() -> None:
    async def work() -> None:
        async with ChatClient("m", Endpoint(base_url="http://127.0.0.1:9/v1"), KEY) as client:
            await client.complete(HELLO, Sampling())  # type: ignore[arg-type]

    with pytest.raises(UnreachableError, match=r"http://127\.0\.0\.1:9/v1"):
        asyncio.run(work())


def test_a_server_that_has_answered_before_is_waited_for(no_pause: None) -> None:
    answers = first_then(error(500, "up"), *[Response(drop=True)] * 4, chat("네"))
    (result,), _, _ = ask(answers)
    assert isinstance(result, Reply)


@pytest.mark.parametrize(
    ("refusal", "parameter", "instead"),
    [
        ("Unsupported value: 'temperature' does not support 0 with this model.", "temperature", "dropped"),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "max_tokens",
            "max_completion_tokens",
        ),
    ],
)
def test_a_refused_parameter_is_adapted_once_and_recorded(refusal: str, parameter: str, instead: str) -> None:
    def answer(request: Request) -> Response:
        return error(400, refusal, code="unsupported_value") if parameter in request.body else chat("네")

    sampling = Sampling(temperature=0, max_tokens=50)
    (result,), wire, client = ask(answer, sampling=sampling)
    assert isinstance(result, Reply)
    assert parameter not in result.params
    assert client.adaptations == {parameter: instead}
    assert len(wire.requests) == 2
    assert result.attempts == 1


def test_a_filtered_reply_and_a_refusal_are_no_replies() -> None:
    (filtered,), _, _ = ask(lambda r: chat("", finish_reason="content_filter"))
    (refused,), _, _ = ask(lambda r: chat(None, refusal="I can't"))
    assert isinstance(filtered, RejectedError)
    assert filtered.kind == "content_filter"
    assert isinstance(refused, RejectedError)
    assert refused.kind == "refusal"


def test_reasoning_is_kept_apart_under_either_name() -> None:
    (one,), _, _ = ask(lambda r: chat("네", reasoning_content="음"))
    (other,), _, _ = ask(lambda r: chat("네", reasoning="음"))
    assert isinstance(one, Reply)
    assert isinstance(other, Reply)
    assert (one.text, one.reasoning, other.reasoning) == ("네", "음", "음")


def test_a_reply_that_says_nothing_is_a_failure_and_was_asked_once() -> None:
    (result,), wire, _ = ask(lambda r: chat(None))
    assert isinstance(result, RejectedError)
    assert (result.kind, len(wire.requests)) == ("empty_reply", 1)
    assert result.usage == Usage(prompt_tokens=7, completion_tokens=3)


def test_retry_after_is_read_in_every_form() -> None:
    soon, now = "Thu, 26 Nov 2026 12:00:30 GMT", 1795694400.0
    assert retry_after_seconds({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert retry_after_seconds({"retry-after": "2.5"}) == 2.5
    assert retry_after_seconds({"retry-after": soon}, lambda: now) == 30
    assert retry_after_seconds({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}) == 0
    assert retry_after_seconds({"retry-after": "soon"}) is None
    assert retry_after_seconds({}) is None


def test_every_error_class_of_the_sdk_is_decided() -> None:
    """The list is the SDK's own: a class that is new in a later version must be looked at."""
    decided = {
        "OpenAIError", "APIError", "APIStatusError", "APITimeoutError", "APIConnectionError",
        "APIResponseValidationError", "BadRequestError", "AuthenticationError", "PermissionDeniedError",
        "NotFoundError", "ConflictError", "UnprocessableEntityError", "RateLimitError", "InternalServerError",
    }  # fmt: skip
    elsewhere = (
        "OAuth",
        "Webhook",
        "WebSocket",
        "FinishReason",
        "SubjectToken",
    )  # not raised by a plain chat call
    for name in (name for name in dir(openai) if "Error" in name):  # to look at every name would import it all
        value = getattr(openai, name)
        if isinstance(value, type) and issubclass(value, openai.OpenAIError) and not name.startswith("_"):
            assert name in decided or any(word in name for word in elsewhere), name


def test_a_session_is_named_in_a_header_alone_streamed_or_not() -> None:
    with Wire(lambda request: chat("네")) as wire:

        async def work() -> None:
            async with ChatClient("m", Endpoint(base_url=wire.url), KEY) as client:
                messages: list[Message] = [{"role": "user", "content": "안녕하세요?"}]
                for guard in (None, Watch):
                    await client.complete(messages, Sampling(), guard=guard, session="0123abcd")
                    await client.complete(messages, Sampling(), guard=guard)

        asyncio.run(work())
    assert [request.headers.get("x-session-id") for request in wire.requests] == ["0123abcd", None] * 2
    assert not any("0123abcd" in request.raw.decode() for request in wire.requests)
    assert [request.body.get("stream") for request in wire.requests] == [None, None, True, True]


# -- what an endpoint does not take, at the wire

SCHEMA = {"name": "verdict", "schema": {"type": "object"}}


def complete(
    answer: Callable[[Request], Response], messages: list[Message], sampling: Sampling
) -> tuple[Any, Wire, ChatClient]:
    """Ask twice, one after the other, with a schema; return what came of the second, the server and the client."""
    with Wire(answer) as wire:

        async def work() -> tuple[Any, ChatClient]:
            async with ChatClient("m", Endpoint(base_url=wire.url), KEY) as client:
                for _ in range(2):
                    found = await client.complete(messages, sampling, SCHEMA)
                return found, client

        found, client = asyncio.run(work())
        return found, wire, client


def test_everything_that_is_refused_is_left_out_once_and_remembered() -> None:
    messages: list[Message] = [{"role": "system", "content": "체계"}, {"role": "user", "content": "질문"}]
    sampling = Sampling(temperature=0.0, seed=1, max_tokens=9, stop=("a", "b", "c", "d", "e"), extra_body={"top_k": 3})

    def answer(request: Request) -> Response:
        sent = request.body
        if sent["messages"][0]["role"] == "system":
            return error(400, "System role not supported")
        if len(sent.get("stop", ())) > 4:
            return error(400, "Invalid 'stop': maximum length 4")
        if "response_format" in sent:
            return error(500, "Failed to parse grammar: json_schema is unsupported here")
        if "max_tokens" in sent:
            return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in sent:
            return error(400, "temperature is deprecated for this model")
        return chat("평가: 좋음\n점수: 8")

    reply, wire, client = complete(answer, messages, sampling)
    assert client.adaptations == {
        "system": "folded",
        "stop": "first 4",
        "response_format": "dropped",
        "max_tokens": "max_completion_tokens",
        "temperature": "dropped",
    }
    last = wire.requests[-1].body
    assert last["messages"] == [{"role": "user", "content": "체계\n\n질문"}]
    assert (last["stop"], last["max_completion_tokens"], last["seed"], last["top_k"]) == (["a", "b", "c", "d"], 9, 1, 3)
    assert len(wire.requests) == 5 + 2, "each is refused once"
    assert len(adaptation_notes("m", client.adaptations)) == 5
    assert reply.attempts == 1


def test_many_at_once_learn_from_the_first_what_is_refused() -> None:
    def answer(request: Request) -> Response:
        return error(400, "temperature is deprecated") if "temperature" in request.body else chat("네")

    results, wire, client = ask(answer, times=20)
    assert all(isinstance(result, Reply) for result in results)
    assert (len(wire.requests), client.adaptations) == (21, {"temperature": "dropped"})


def test_an_endpoint_that_ignores_the_schema_is_noticed() -> None:
    plain: list[Message] = [{"role": "user", "content": "질문"}]
    _, _, client = complete(lambda r: chat("평가: 좋음\n점수: 8"), plain, Sampling())
    assert client.adaptations == {"response_format": "ignored"}
    assert "does not follow it" in adaptation_notes("m", client.adaptations)[0]
    _, wire, client = complete(lambda r: chat('{"평가": "좋음", "점수": 8}'), plain, Sampling())
    assert client.adaptations == {}
    assert "response_format" in wire.requests[-1].body


@pytest.mark.usefixtures("no_pause")
def test_a_server_that_is_still_loading_is_asked_by_one_at_a_time_until_it_answers() -> None:
    loading = error(503, "Loading model")
    results, wire, _ = ask(lambda r: loading if r.number <= 6 else chat("네"), times=20)
    assert all(isinstance(result, Reply) for result in results)
    assert len(wire.requests) == 6 + 20


def test_odd_usage_loses_no_reply_and_reaches_no_sum() -> None:
    for usage in ({"prompt_tokens": -5, "completion_tokens": "many"}, None, "lots", {"total_tokens": True}):
        body = json.loads(str(chat("네").body)) | {"usage": usage, "model": 5}
        (result,), wire, _ = ask(lambda r, body=body: Response(body=json.dumps(body)))  # type: ignore[misc]
        assert isinstance(result, Reply)
        assert (result.model, len(wire.requests)) == (None, 1)
        assert result.usage.estimated_tokens > 0


def test_a_reply_nested_without_end_or_larger_than_any_answer_is_one_items_failure() -> None:
    for body in ("[" * 200_000, '{"a":' * 100_000):
        (result,), _, _ = ask(lambda r, body=body: Response(body=body), tries=2)  # type: ignore[misc]
        assert isinstance(result, TransientError)
    (result,), wire, _ = ask(lambda r: Response(body=b" " * (33 * 2**20)))
    assert isinstance(result, RejectedError)
    assert "larger than 32 MiB" in str(result)
    assert len(wire.requests) == 1


def test_items_that_come_one_after_the_other_make_it_certain_too() -> None:
    found: list[type[BaseException]] = []

    async def work(url: str) -> None:
        async with ChatClient("m", Endpoint(base_url=url), KEY, key_name="MY_KEY") as client:
            for _ in range(4):
                try:
                    await client.complete(HELLO, Sampling())  # type: ignore[arg-type]
                except ChatError as fault:
                    found.append(type(fault))

    with Wire(lambda r: error(401, "Incorrect API key provided")) as wire:
        asyncio.run(work(wire.url))
        assert len(wire.requests) == 3, "the fourth is not asked"
    assert found == [RejectedError, RejectedError, FatalChatError, FatalChatError]

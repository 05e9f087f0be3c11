"""One async chat call to an OpenAI-compatible endpoint: the only way to a model, be it tested or judging.

It owns the one retry policy (tenacity; the SDK's own retries are off), passes every request through the endpoint's
one rate limiter, adapts once to endpoints that refuse a parameter, and maps every fault to `errors.ChatError`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from judge.chat_faults import chat_error, unsupported_parameter
from judge.chat_replies import Reply, read_completion
from judge.config import Endpoint, Sampling
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError, UnreachableError
from judge.prompts import Message
from judge.rates import RateLimiter, Slot
from judge.vllm_api import VllmApi

UNLIMITED = 1_000_000

LONGEST_PAUSE_SECONDS = 15.0
"""Between two tries of one item where the endpoint names no time."""

OUTAGE_TRY_SECONDS = 45.0
"""While an endpoint answers nobody, one try is counted in this time."""

FATAL_IN_A_ROW = 5
"""So many refusals of the key, the model or the URL in a row stop a run that has worked before."""

UNREACHABLE_AFTER = 3
"""Refused connections in a row, with none ever made, that mean: nothing is there."""


def adaptation_notes(name: str, adaptations: Mapping[str, str]) -> tuple[str, ...]:
    """Return one note a parameter that the endpoint of `name` did not take."""
    return tuple(
        f"the endpoint of {name} does not take {parameter}: "
        + ("left out" if instead == "dropped" else f"sent as {instead}")
        for parameter, instead in sorted(adaptations.items())
    )


class Chat(Protocol):
    """What the stages need of a model."""

    @property
    def adaptations(self) -> Mapping[str, str]:
        """Parameters the endpoint refused: name -> what is done instead."""
        ...

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, schema: Mapping[str, Any] | None = None
    ) -> Reply:
        """Return the reply, or raise ChatError."""
        ...


class ChatClient:
    """A model behind an endpoint. Use it as an async context manager."""

    def __init__(
        self,
        model: str,
        endpoint: Endpoint,
        api_key: str,
        *,
        key_name: str | None = None,
        limiter: RateLimiter | None = None,
        http_client: Any | None = None,
    ) -> None:
        """`key_name`: the variable the key came from, for messages; the key itself is never shown."""
        self.model = model
        self.adaptations: dict[str, str] = {}
        """Parameters this endpoint refused: name -> what is done instead (`dropped` or another name)."""
        self._endpoint, self._key, self._key_name = endpoint, api_key, key_name
        self.limiter = limiter or RateLimiter(highest=UNLIMITED, start=UNLIMITED)
        self._successes = self._fatal = self._unreached = 0
        self._last_success = 0.0
        self._reached = False
        shared: dict[str, Any] = {
            "api_key": api_key,
            "max_retries": 0,
            "timeout": endpoint.timeout_seconds,
            "http_client": http_client or _direct(endpoint),
        }
        self._client: openai.AsyncOpenAI
        if endpoint.api == "azure":
            self._client = openai.AsyncAzureOpenAI(
                azure_endpoint=endpoint.base_url or "", api_version=endpoint.api_version, **shared
            )
        else:
            self._client = openai.AsyncOpenAI(base_url=endpoint.base_url, **shared)
        self._where = without_password(endpoint.base_url or str(self._client.base_url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    def sdk(self) -> openai.AsyncOpenAI:
        """Return the SDK's client, for endpoints other than chat."""
        return self._client

    def vllm(self) -> VllmApi:
        """Return what only a vLLM server can tell, over the same connection."""
        return VllmApi(self._client, self.model)

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, schema: Mapping[str, Any] | None = None
    ) -> Reply:
        """Return the model's reply to `messages`; with `schema`, a JSON schema that the reply is asked to follow.

        Raises FatalChatError (stop the run), RejectedError (this item fails) or TransientError (every try used up).
        """
        params = request_parameters(sampling, schema)
        tries = _Tries(self._endpoint)
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(TransientError), stop=tries.used_up, wait=tries.pause, reraise=True
        ):
            with attempt:
                tries.begin()
                try:
                    return await self._once(messages, params, tries)
                except (TransientError, RejectedError) as error:
                    error.attempts = tries.count
                    tries.note(error, outage=self._successes > 0 and self._last_success < tries.began)
                    raise
        raise AssertionError("unreachable: tenacity re-raises")

    async def _once(self, messages: Sequence[Message], params: Mapping[str, Any], tries: _Tries) -> Reply:
        sent = adapted(params, self.adaptations)
        async with self.limiter.slot() as slot:
            tries.sent()
            try:
                async with asyncio.timeout(self._endpoint.timeout_seconds):  # the SDK's own is for each read
                    completion = await self._client.post(  # as chat.completions.create, without its walk over fields
                        "/chat/completions",
                        body={"model": self.model, "messages": list(messages), **sent},
                        cast_to=ChatCompletion,
                    )
            except TimeoutError:
                raise TransientError(f"{self._where} did not answer in time", kind="timeout") from None
            except (openai.OpenAIError, ValueError) as error:
                refused = unsupported_parameter(error, sent)
                if refused is None:
                    raise self._mapped(error, slot) from None
                self.adaptations[refused] = "max_completion_tokens" if refused == "max_tokens" else "dropped"
            else:
                reply = self._read(completion, shown(sent), tries.count)
                self.limiter.taken(slot, reply.usage.prompt_tokens + reply.usage.completion_tokens)
                self._successes, self._fatal, self._last_success = self._successes + 1, 0, time.monotonic()
                return reply
        return await self._once(messages, params, tries)  # adapted: each parameter is refused once at most

    def _read(self, completion: object, params: dict[str, Any], attempts: int) -> Reply:
        """Return the reply; a body with status 200 that has another shape is the endpoint's fault, not ours."""
        try:
            return read_completion(completion, where=self._where, params=params, attempts=attempts)
        except RejectedError as error:
            error.args = (self._masked(str(error)),)
            raise
        except (AttributeError, TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
            said = self._masked(f"{type(error).__name__}: {error}"[:200])
            raise TransientError(f"{self._where} sent a reply of another shape ({said})", kind="server") from None

    def _masked(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text

    def _mapped(self, error: Exception, slot: Slot) -> Exception:
        mapped = chat_error(
            error, where=self._where, model=self.model, key_name=self._key_name, secret=self._key or None
        )
        mapped.args = (self._masked(str(mapped)),)
        if isinstance(mapped, FatalChatError):
            return self._fatal_or_not(mapped)
        if isinstance(error, openai.APIStatusError):
            self._reached = True
        if isinstance(mapped, TransientError):
            headers = error.response.headers if isinstance(error, openai.APIStatusError) else None
            if mapped.kind == "rate_limit":
                self.limiter.refused(slot, mapped.retry_after_seconds, headers)
            elif mapped.retry_after_seconds is not None:
                self.limiter.hold(mapped.retry_after_seconds)
            refused = type(error.__cause__).__name__ == "ConnectError"  # httpx and httpx2 name it alike
            if refused and not self._reached and not self._successes:
                self._unreached += 1
                if self._unreached >= UNREACHABLE_AFTER:
                    return UnreachableError(
                        f"{mapped}; is the server running, and is the URL right?", kind="connection"
                    )
        return mapped

    def _fatal_or_not(self, error: FatalChatError) -> ChatError:
        """Before anything worked, a refusal of key, model or URL holds for all; later it may be one item's."""
        self._fatal += 1
        if self._successes == 0 or self._fatal >= FATAL_IN_A_ROW:
            return error
        return RejectedError(str(error), kind=error.kind)


def _direct(endpoint: Endpoint) -> Any | None:
    """Return a client that no proxy variable diverts, for a server of this machine; None leaves it to the SDK."""
    host = urlsplit(endpoint.base_url or "").hostname
    return openai.DefaultAsyncHttpxClient(trust_env=False) if host in ("127.0.0.1", "localhost", "::1") else None


def without_password(url: str) -> str:
    """Return a URL that may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def request_parameters(sampling: Sampling, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the request fields beside model and messages."""
    params = sampling.parameters()
    if schema is not None:
        params["response_format"] = {"type": "json_schema", "json_schema": dict(schema)}
    return params


def adapted(params: Mapping[str, Any], adaptations: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields as an endpoint takes them that has refused some before."""
    named = {adaptations.get(name, name): value for name, value in params.items()}
    return {name: value for name, value in named.items() if name != "dropped"}


def shown(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as they are stored: of a schema the name only."""
    return {k: v["json_schema"]["name"] if k == "response_format" else v for k, v in params.items()}


class _Tries:
    """Counts the tries of one item.

    Rate limits use up time but no tries: waiting is the cure for them. While an endpoint that has worked answers
    nobody (an outage), a try counts for no more than the time it took, so that an outage costs its own length and
    not the items in it; a fault of this item alone counts in full.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.count = 0
        self.began = time.monotonic()
        self._started: float | None = None
        self._faults = 0.0
        self._held = False
        self._endpoint = endpoint
        self._backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE_SECONDS)
        self._last = self.began

    def begin(self) -> None:
        """A try begins."""
        self.count += 1
        self.began = time.monotonic()

    def sent(self) -> None:
        """The try leaves; the item's time budget begins with its first one, not while it waits for its turn."""
        if self._started is None:
            self._started = self._last = time.monotonic()

    def note(self, error: TransientError | RejectedError, *, outage: bool) -> None:
        """A try failed; `outage`: nobody has had a reply since it began."""
        now = time.monotonic()
        self._held = isinstance(error, TransientError) and (
            error.kind == "rate_limit" or error.retry_after_seconds is not None
        )
        if error.kind != "rate_limit":
            self._faults += min(1.0, (now - self._last) / OUTAGE_TRY_SECONDS) if outage else 1.0
        self._last = now

    def used_up(self, state: RetryCallState) -> bool:
        """Whether no further try is to be made."""
        spent = time.monotonic() - (self._started or time.monotonic())
        return self._faults >= self._endpoint.tries or spent >= self._endpoint.retry_budget_seconds

    def pause(self, state: RetryCallState) -> float:
        """Seconds to sleep: none where the limiter already holds everybody back."""
        return 0.0 if self._held else self._backoff(state)

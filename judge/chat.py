"""One async chat call to an OpenAI-compatible endpoint: the only way to a model, be it tested or judging.

It owns the one retry policy (tenacity; the SDK's own retries are off), holds ALL callers back when the endpoint
says Retry-After, adapts once to endpoints that refuse a parameter, and maps every fault to `errors.ChatError`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from judge.chat_faults import chat_error, unsupported_parameter
from judge.config import Endpoint, Sampling
from judge.errors import FatalChatError, RejectedError, TransientError, UnreachableError
from judge.prompts import Message
from judge.records import Usage
from judge.vllm_api import VllmApi

LONGEST_PAUSE_SECONDS = 30.0
"""Between two tries of one item where the endpoint names no time."""

LONGEST_HOLD_SECONDS = 600.0
"""An endpoint's own Retry-After is obeyed up to this."""

UNREACHABLE_AFTER = 3
"""Refused connections in a row, with none ever made, that mean: nothing is there."""


@dataclass(frozen=True)
class Reply:
    """What came back, with what was really sent."""

    text: str
    model: str | None
    """The model id in the endpoint's reply."""
    finish_reason: str
    reasoning: str | None
    usage: Usage
    attempts: int
    params: dict[str, Any] = field(default_factory=dict)


def adaptation_notes(name: str, adaptations: Mapping[str, str]) -> tuple[str, ...]:
    """Return one note a parameter that the endpoint of `name` did not take."""
    return tuple(
        f"the endpoint of {name} does not take {parameter}: "
        + ("left out" if instead == "dropped" else f"sent as {instead}")
        for parameter, instead in sorted(adaptations.items())
    )


class Chat(Protocol):
    """What the stages need of a model."""

    adaptations: dict[str, str]
    """Parameters the endpoint refused: name -> what is done instead."""

    async def complete(self, messages: Sequence[Message], sampling: Sampling) -> Reply:
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
        http_client: Any | None = None,
    ) -> None:
        """`key_name`: the variable the key came from, for messages; the key itself is never shown."""
        self.model = model
        self.adaptations: dict[str, str] = {}
        """Parameters this endpoint refused: name -> what is done instead (`dropped` or another name)."""
        self._endpoint, self._key, self._key_name = endpoint, api_key, key_name
        self._held_until = 0.0
        self._answered = False
        self._unreached = 0
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

    def vllm(self) -> VllmApi:
        """Return what only a vLLM server can tell, over the same connection."""
        return VllmApi(self._client, self.model)

    async def complete(self, messages: Sequence[Message], sampling: Sampling) -> Reply:
        """Return the model's reply to `messages`.

        Raises FatalChatError (stop the run), RejectedError (this item fails) or TransientError (every try used up).
        """
        tries = _Tries(self._endpoint)
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(TransientError), stop=tries.used_up, wait=tries.pause, reraise=True
        ):
            with attempt:
                tries.count += 1
                try:
                    return await self._once(messages, sampling, tries)
                except (TransientError, RejectedError) as error:
                    error.attempts = tries.count
                    tries.note(error)
                    raise
        raise AssertionError("unreachable: tenacity re-raises")

    async def _once(self, messages: Sequence[Message], sampling: Sampling, tries: _Tries) -> Reply:
        params = self._adapted(sampling.parameters())
        await self._gate()
        try:
            completion = await self._client.chat.completions.create(
                model=self.model,
                messages=list(messages),  # type: ignore[arg-type]
                **params,
            )
        except (openai.OpenAIError, ValueError) as error:
            refused = unsupported_parameter(error, params)
            if refused is not None:
                self._adapt(refused)
                return await self._once(messages, sampling, tries)
            raise self._mapped(error) from None
        self._answered = True
        return self._reply(completion, params, tries.count)

    async def _gate(self) -> None:
        """Wait until the endpoint's last Retry-After is over; it binds every caller."""
        while (left := self._held_until - time.monotonic()) > 0:  # noqa: ASYNC110 - a time is waited for, no event
            await asyncio.sleep(left)

    def _mapped(self, error: Exception) -> Exception:
        mapped = chat_error(error, where=self._where, model=self.model, key_name=self._key_name)
        mapped.args = (str(mapped).replace(self._key, "***") if self._key else str(mapped),)
        if isinstance(mapped, FatalChatError):
            return mapped
        if isinstance(mapped, TransientError):
            if mapped.retry_after_seconds is not None:
                hold = min(mapped.retry_after_seconds, LONGEST_HOLD_SECONDS)
                self._held_until = max(self._held_until, time.monotonic() + hold)
            if mapped.kind == "connection" and not self._answered:
                self._unreached += 1
                if self._unreached >= UNREACHABLE_AFTER:
                    return UnreachableError(
                        f"{mapped}; is the server running, and is the URL right?", kind="connection"
                    )
        if isinstance(error, openai.APIStatusError):
            self._answered = True
        return mapped

    def _adapt(self, name: str) -> None:
        self.adaptations[name] = "max_completion_tokens" if name == "max_tokens" else "dropped"

    def _adapted(self, params: dict[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {}
        for name, value in params.items():
            instead = self.adaptations.get(name, name)
            if instead != "dropped":
                sent[instead] = value
        return sent

    def _reply(self, completion: object, params: dict[str, Any], attempts: int) -> Reply:
        if not isinstance(completion, ChatCompletion) or not completion.choices:
            raise TransientError(f"{self._where} sent a reply that is no chat completion", kind="server")
        choice = completion.choices[0]
        message = choice.message
        if message is None:
            raise TransientError(f"{self._where} sent a choice without a message", kind="server")
        if choice.finish_reason == "content_filter":
            raise RejectedError(f"{self._where} filtered the reply", kind="content_filter")
        if message.refusal:
            raise RejectedError(f"the model refused: {message.refusal}", kind="refusal")
        extra = message.model_extra or {}
        thought = extra.get("reasoning_content") or extra.get("reasoning")
        return Reply(
            text=_whole(message.content) if isinstance(message.content, str) else "",
            model=completion.model or None,
            finish_reason=choice.finish_reason or "unknown",
            reasoning=_whole(thought) if isinstance(thought, str) else None,
            usage=_usage(completion),
            attempts=attempts,
            params=params,
        )


def _whole(text: str) -> str:
    """Replace half characters (lone surrogates), which no file and no request can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _direct(endpoint: Endpoint) -> Any | None:
    """Return a client that no proxy variable diverts, for a server of this machine; None leaves it to the SDK."""
    host = urlsplit(endpoint.base_url or "").hostname
    return openai.DefaultAsyncHttpxClient(trust_env=False) if host in ("127.0.0.1", "localhost", "::1") else None


def without_password(url: str) -> str:
    """Return a URL that may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _usage(completion: ChatCompletion) -> Usage:
    usage = completion.usage
    if usage is None:
        return Usage()
    details = usage.prompt_tokens_details
    return Usage(
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or 0,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
    )


class _Tries:
    """Counts the tries of one item. Rate limits use up time but no tries: waiting is the cure for them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.count = 0
        self._faults = 0
        self._limited = False
        self._endpoint = endpoint
        self._started = time.monotonic()
        self._backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE_SECONDS)

    def note(self, error: TransientError | RejectedError) -> None:
        self._limited = isinstance(error, TransientError) and error.retry_after_seconds is not None
        if error.kind != "rate_limit":
            self._faults += 1

    def used_up(self, state: RetryCallState) -> bool:
        spent = time.monotonic() - self._started
        return self._faults >= self._endpoint.tries or spent >= self._endpoint.retry_budget_seconds

    def pause(self, state: RetryCallState) -> float:
        """Seconds to sleep: none where the gate already holds everybody back."""
        return 0.0 if self._limited else self._backoff(state)

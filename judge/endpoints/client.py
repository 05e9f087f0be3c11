"""One async chat call to an OpenAI-compatible endpoint: the only way to a model, be it tested or judging.

It owns the one retry policy (tenacity; the SDK's own retries are off), passes every request through the endpoint's
one rate limiter, adapts once to endpoints that refuse a parameter, tells an outage of the endpoint from the fault of
one item, and maps every fault to `errors.ChatError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from judge.config import Endpoint, Sampling
from judge.endpoints.access import shown_url, url_secrets
from judge.endpoints.faults import chat_error, never_connected, sent_errors, unsupported_parameter
from judge.endpoints.limiter import RateLimiter, Slot
from judge.endpoints.noticed import noticed
from judge.endpoints.replies import Messages, Reply, Schema, read_completion
from judge.endpoints.requests import adapted, adapted_messages, request_parameters, shown_parameters
from judge.endpoints.route import DIRECT, Route
from judge.endpoints.streams import STREAM, Guards
from judge.endpoints.tries import Outage, Tries
from judge.endpoints.vllm.api import VllmApi
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError, UnreachableError

if TYPE_CHECKING:
    import openai

UNLIMITED = 1_000_000

LONGEST_PAUSE_SECONDS = 5.0
"""Between two tries of one item where the endpoint names no time."""

FIRST_PAUSE_SECONDS = 0.3
"""Where no connection has ever been made."""

SURE_AFTER = 3
"""So many items refused for one reason (key, model, URL), and none answered since, stop the run."""

UNREACHABLE_AFTER = 3
"""Connections in a row that could not be made, with none ever made, that mean: nothing is there."""

ALIVE_SECONDS = 5.0

OUTAGE_TOLD_SECONDS = 5.0
"""An outage that lasts longer is said."""


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
        route: Route = DIRECT,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`key_name`: the variable the key came from, for messages; the key itself is never shown. `say`: is told of
        waits that last.
        """
        from judge.endpoints.sdk import (
            post_chat,
            sdk_client,  # needs a second, which the verbs that ask nothing do not wait for
        )

        self.model = model
        self.adaptations: dict[str, str] = {}
        """Parameters this endpoint refused: name -> what is done instead (`dropped` or another name)."""
        self._endpoint, self._key_name = endpoint, key_name
        self._say: Callable[[str], None] = lambda text: say(f"{model}: {text}")
        self.limiter = limiter or RateLimiter(highest=UNLIMITED, start=UNLIMITED)
        self.limiter.say = self._say
        self._clock = self.limiter.clock
        self._outage = Outage()
        self._outage_told = False
        self._successes = self._unreached = 0
        self._refused: dict[str, set[Tries]] = {}
        """Reason -> the items that were refused for it since the last good reply."""
        self._stopped: FatalChatError | None = None
        """Why nothing more is asked."""
        self._post = post_chat
        self._client = sdk_client(endpoint, api_key, self.limiter.told, http_client, route)
        self._where = shown_url(endpoint.base_url or str(self._client.base_url)) + route.via
        secrets = (api_key, *url_secrets(endpoint.base_url or ""), *url_secrets(route.proxy or ""))
        self._secrets = [one for one in secrets if one]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    def sdk(self) -> openai.AsyncOpenAI:
        """Return the SDK's client, for endpoints other than chat."""
        return self._client

    def vllm(self, template_values: Mapping[str, Any] | None = None) -> VllmApi:
        """Return what only a vLLM server can tell, over the same connection.

        `template_values`: what requests give to the chat template.
        """
        return VllmApi(self._client, self.model, template_values)

    async def complete(
        self, messages: Messages, sampling: Sampling, schema: Schema = None, guard: Guards = None, session: str = ""
    ) -> Reply:
        """Return the model's reply to `messages`; with `schema`, a JSON schema that the reply is asked to follow.

        `guard` makes what watches a try, which is streamed then and ended where the guard says so. `session`: see
        `sdk.SESSION_HEADER`.
        Raises FatalChatError (stop the run: it is certain that nothing will be answered), RejectedError (this item
        fails) or TransientError (every try used up).
        """
        params = {**(STREAM if guard else {}), **request_parameters(sampling, schema)}
        tries, answered = Tries(self._endpoint, self._clock), False
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=tries.used_up,
            wait=lambda state: self._pause(tries, state),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    tries.count += 1
                    try:
                        reply = await self._once(messages, params, tries, guard, session)
                    except (TransientError, RejectedError) as error:
                        error.attempts = tries.count
                        if tries.undecided and self._outage.few() and await self._alive():
                            tries.charge()
                        raise
                    answered = True
                    return reply
        finally:
            self._outage.ended(tries, answered=answered)
        raise AssertionError("unreachable: tenacity re-raises")

    async def _once(
        self, messages: Messages, params: Mapping[str, Any], tries: Tries, guard: Guards, session: str
    ) -> Reply:
        async with self.limiter.slot() as slot:
            sent, said = adapted(params, self.adaptations), adapted_messages(messages, self.adaptations)
            if self._stopped is not None:
                raise self._stopped
            if tries.last is not None and tries.late():
                raise self._late(tries.last)  # it was held back until its time was over
            if tries.sent():
                self._outage.began(tries)
            try:
                async with asyncio.timeout(self._endpoint.timeout_seconds):  # the SDK's own is for each read
                    request = {"model": self.model, "messages": said, **sent}
                    body = await self._post(self._client, request, guard and guard(), session)
                reply = read_completion(
                    body,
                    where=self._where,
                    params=shown_parameters(sent),
                    attempts=tries.count,
                    model=self.model,
                    key_name=self._key_name,
                    messages=lambda: said,
                )
            except TimeoutError:
                late = TransientError(f"{self._where} did not answer in time", kind="timeout")
                raise self._noted(late, tries) from None
            except ChatError as error:
                raise self._decided(error, slot, tries, None) from None
            except sent_errors() as error:
                system = {"system": True} if said and said[0]["role"] == "system" else {}
                refused = unsupported_parameter(error, sent | system)
                if refused is None:
                    raise self._mapped(error, slot, tries) from None
                self._adapt(*refused)
            else:
                self.limiter.taken(slot, reply.usage.prompt_tokens + reply.usage.completion_tokens)
                self._successes += 1
                self._refused.clear()
                self._answered(tries)
                for name, what in noticed(sent, said, reply).items():
                    self.adaptations.setdefault(name, what)
                return reply.without(self._secrets)
        return await self._once(messages, params, tries, guard, session)  # adapted: each is refused once at most

    def _adapt(self, parameter: str, instead: str) -> None:
        """Remember what the endpoint does not take; of a parameter that was renamed, both names."""
        renamed = next((old for old, new in self.adaptations.items() if new == parameter), None)
        self.adaptations[renamed or parameter] = "dropped" if renamed else instead

    async def _alive(self) -> bool:
        """Whether the endpoint answers a request that costs nothing."""
        try:
            await self._client.get("/models", cast_to=object, options={"timeout": ALIVE_SECONDS})
        except sent_errors() as error:
            return getattr(error, "status_code", 500) < 500
        return True

    def _pause(self, tries: Tries, state: RetryCallState) -> float:
        """Return the seconds to sleep: none where the limiter already holds everybody back."""
        if tries.held:
            return 0.0
        if self._unreached > 0:
            return FIRST_PAUSE_SECONDS
        return wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE_SECONDS)(state)

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _mapped(self, error: Exception, slot: Slot, tries: Tries) -> Exception:
        mapped = chat_error(error, where=self._where, model=self.model, key_name=self._key_name, secrets=self._secrets)
        if isinstance(mapped, TransientError):
            if not never_connected(error):
                self._unreached = -UNLIMITED
            elif not self._successes:
                self._unreached += 1
                if self._unreached >= UNREACHABLE_AFTER:
                    what = f"{mapped}; is the server running, and is the URL right?"
                    return self._stop(UnreachableError(self._masked(what), kind="connection"))
        return self._decided(mapped, slot, tries, getattr(getattr(error, "response", None), "headers", None))

    def _decided(self, error: ChatError, slot: Slot, tries: Tries, headers: Mapping[str, str] | None) -> Exception:
        """Return what is raised for one refused or failed try, and hold everybody back where that is the cure."""
        error.args = (self._masked(str(error)),)
        if isinstance(error, FatalChatError):
            return self._fatal_or_not(error, tries)
        if isinstance(error, TransientError):
            if error.kind == "rate_limit":
                self.limiter.refused(slot, error.retry_after_seconds, headers, why=str(error))
            elif error.retry_after_seconds is not None:
                self.limiter.hold(error.retry_after_seconds, str(error))
        else:
            self.limiter.answered()
        assert isinstance(error, TransientError | RejectedError)  # noqa: S101 - fatal ones are gone
        return self._noted(error, tries)

    def _fatal_or_not(self, error: FatalChatError, tries: Tries) -> ChatError:
        """An empty account holds for all; of a refused key, model or URL several items must tell: one may be flagged.

        A web page in mid-run is a gateway's hiccup.
        """
        if error.reason == "page" and self._successes:
            return self._noted(TransientError(str(error), kind="server"), tries)
        told = self._refused.setdefault(error.reason, set())
        told.add(tries)  # the object itself: a number of one that is gone may come again
        if error.reason == "no_money" or len(told) >= SURE_AFTER:
            return self._stop(error)
        return RejectedError(str(error), kind=error.kind, attempts=tries.count)

    def _late(self, last: ChatError) -> ChatError:
        """Return what is raised for an item whose time is over; where nothing was ever answered, nothing will be."""
        if self._successes or not isinstance(last, TransientError) or not last.loading:
            return last
        minutes = self._endpoint.retry_budget_seconds / 60
        return self._stop(UnreachableError(f"{last}; it has answered nothing for {minutes:.0f} min", kind=last.kind))

    def _stop(self, error: FatalChatError) -> FatalChatError:
        """Have every item that has not been sent yet end with this error at once."""
        self._stopped = error
        self.limiter.end()
        return error

    def _noted(self, error: TransientError | RejectedError, tries: Tries) -> TransientError | RejectedError:
        """Count a failed try, and find out whether it is the endpoint that fails."""
        if isinstance(error, RejectedError) or error.kind == "rate_limit":
            self._answered(tries)
        outage, undecided = self._outage.since is not None, False
        if isinstance(error, TransientError) and error.loading and not self._successes:
            outage = self._outage.not_ready(self._clock())
        elif error.kind in ("connection", "server"):
            outage = self._outage.failed(tries, tries.begun, self._clock())
            undecided = self._outage.may_be(tries.begun) and not self._outage.is_suspect(tries)
        elif error.kind == "timeout":
            undecided = self._outage.may_be(tries.begun)
        if outage and error.kind != "rate_limit":
            self.limiter.lost()
            if not self._outage_told and self._clock() - (self._outage.since or 0.0) > OUTAGE_TOLD_SECONDS:
                self._outage_told = True
                self._say(f"{error}; waiting until it is back")
        tries.note(error, outage=outage, undecided=undecided)
        return error

    def _answered(self, tries: Tries) -> None:
        since = self._outage.since
        if self._outage.answered(tries.begun):
            self.limiter.back()
            if self._outage_told and since is not None:
                self._outage_told = False
                self._say(f"{self._where} is back after {self._clock() - since:.0f} s")

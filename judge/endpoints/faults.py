"""An exception of the openai SDK -> one of our chat errors. Pure; no request is made here.

    FatalChatError   401 402 403 404 405, exhausted quota      the run stops
    RejectedError    400 409 413 422 and other 4xx             the item fails
    TransientError   408 425 429 5xx, time-outs, lost lines    asked again

Responses are read by duck typing, because SDK 2.x and 3.x bring different httpx modules. What became of a connection is
read off aiohttp's own exception, for the SDK calls some lost connections a time-out. Both are imported only where
something has been sent, so that the verbs that send nothing do not wait for them.
"""

from __future__ import annotations

import email.utils
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from judge.endpoints.pace import reset_seconds
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError

if TYPE_CHECKING:
    import openai

LONGEST_WISH_SECONDS = 86_400.0
"""A Retry-After beyond a day is no wish but a mistake (a clock, milliseconds), and counts as none."""


_OVERFLOW = (
    "context_length_exceeded",
    "maximum context length",
    "context window",
    "max_tokens must be at least 1",
)
_FILTER = ("content_filter", "content_policy", "responsibleaipolicy", "content management policy")
_QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "exceeded your current quota")


def chat_error(
    error: Exception, *, where: str, model: str, key_name: str | None, secrets: Sequence[str] = ()
) -> ChatError:
    """Return what `error` means for the run.

    `where`: the endpoint as the user knows it; `key_name`: the variable that holds its key; `secrets`: the key
    and the like, which are masked in what the endpoint says.
    """
    import aiohttp
    import openai

    if isinstance(error, openai.APIStatusError):
        return _status_error(error, where, model, key_name, secrets)
    if never_connected(error):
        return TransientError(f"{where} cannot be reached ({_cause(error)})", kind="connection")
    lost = any(
        isinstance(one, aiohttp.ClientConnectionError) and not isinstance(one, TimeoutError) for one in _chain(error)
    )
    if isinstance(error, openai.APITimeoutError) and not lost:  # a subclass of APIConnectionError: first
        return TransientError(f"{where} did not answer in time", kind="timeout")
    if isinstance(error, openai.APIConnectionError | ssl.SSLError) or lost:
        return TransientError(f"the connection to {where} was lost ({_cause(error)})", kind="connection")
    if isinstance(error, sent_errors()):  # a body that is no chat completion, headers that are none
        return TransientError(f"{where} sent a reply that cannot be read ({error})", kind="server")
    raise error


def sent_errors() -> tuple[type[Exception], ...]:
    """Return what sending a request through the SDK may raise; all of it has a `chat_error`."""
    import aiohttp
    import openai

    return openai.OpenAIError, aiohttp.ClientError, ssl.SSLError, ValueError


def never_connected(error: BaseException) -> bool:
    """Whether no connection was made at all: refused, no such host, no TLS, nobody there."""
    import aiohttp

    made = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    names = ("ConnectError", "ProxyError")  # httpx and httpx2 name them alike
    return any(isinstance(one, made) or type(one).__name__ in names for one in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        inner = inner.__cause__


def _status_error(
    error: openai.APIStatusError, where: str, model: str, key_name: str | None, secrets: Sequence[str]
) -> ChatError:
    status = error.status_code
    said = _said(error, secrets)
    haystack = f"{error.code} {error.type} {said}".casefold()
    if status == 401:
        mend = f"; check the key in {key_name}" if key_name else ""
        return FatalChatError(f"{where} refuses the key (401: {said}){mend}", kind="bad_request")
    if status == 403:
        return FatalChatError(f"{where} does not allow this (403: {said})", kind="bad_request")
    if status == 402 or (status == 429 and any(word in haystack for word in _QUOTA)):
        return FatalChatError(f"{where}: the quota is used up ({status}: {said})", kind="rate_limit")
    if status in (404, 405):
        return FatalChatError(
            f"{where} does not know model '{model}', or the URL is wrong ({status}: {said}); "
            "the URL usually ends in /v1",
            kind="bad_request",
        )
    if status == 429:
        wait = retry_after_seconds(error.response.headers)
        return TransientError(f"{where} limits the rate (429: {said})", kind="rate_limit", retry_after_seconds=wait)
    if status in (408, 425) or status >= 500:
        wait = retry_after_seconds(error.response.headers)
        return TransientError(f"{where} failed ({status}: {said})", kind="server", retry_after_seconds=wait)
    if any(word in haystack for word in _FILTER):
        return RejectedError(f"{where} filtered the content ({said})", kind="content_filter")
    if status == 413 or any(word in haystack for word in _OVERFLOW):
        return RejectedError(f"the prompt does not fit the model's context ({said})", kind="context_overflow")
    return RejectedError(f"{where} refused the request ({status}: {said})", kind="bad_request")


def unsupported_parameter(error: Exception, sent: Mapping[str, object]) -> str | None:
    """Return the name of a sent parameter that a 400 says this endpoint does not take, else None."""
    import openai

    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 422):
        return None
    said = f"{error.param or ''} {_said(error)}".casefold()
    refused = any(
        phrase in said
        for phrase in (
            "unsupported",
            "not supported",
            "does not support",
            "only the default",
            "unrecognized",
            "use '",
        )
    ) or error.code in ("unsupported_parameter", "unsupported_value")
    if not refused:
        return None
    return next(
        (
            name
            for name in ("response_format", "temperature", "top_p", "seed", "max_tokens")
            if name in sent and name in said
        ),
        None,
    )


def retry_after_seconds(headers: Mapping[str, str], clock: Callable[[], float] = time.time) -> float | None:
    """Return how long the endpoint asks to wait, None where it does not say or asks for more than a day.

    `retry-after-ms`, else `retry-after` (seconds or an HTTP date), else `x-ratelimit-reset-*`.
    `clock`: the time of day.
    """
    wish = _wish(headers, clock)
    return max(0.0, wish) if wish is not None and wish <= LONGEST_WISH_SECONDS else None


def _wish(headers: Mapping[str, str], clock: Callable[[], float]) -> float | None:
    milliseconds = headers.get("retry-after-ms")
    try:
        if milliseconds is not None:
            return float(milliseconds) / 1000
    except ValueError:
        pass
    value = headers.get("retry-after")
    if value is None:
        return reset_seconds(headers)
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(value).timestamp() - clock()
    except (ValueError, OverflowError):
        return None


def _said(error: openai.APIStatusError, secrets: Sequence[str] = ()) -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    told = isinstance(message, str) and bool(message)
    text = str(message) if told else str(getattr(error.response, "text", "") or error.message)
    for secret in secrets:
        text = text.replace(secret, "***")
    return text[:300] if told else " ".join(text.split())[:200] or "no explanation"


def _cause(error: BaseException) -> str:
    """Return why there is no connection, in plain words where they are known."""
    import aiohttp

    *_, last = chain = list(_chain(error))
    if any(isinstance(one, TimeoutError) for one in chain):
        return "no connection in time"
    if isinstance(last, ConnectionRefusedError):
        return "connection refused"
    if isinstance(last, socket.gaierror):
        return "no such host"
    if isinstance(last, ssl.SSLCertVerificationError | aiohttp.ClientConnectorCertificateError):
        return f"its certificate cannot be verified: {last}"
    if isinstance(last, ssl.SSLError):
        return f"no TLS there, is it http:// and not https://? {last}"
    if isinstance(last, aiohttp.ServerDisconnectedError):
        return "dropped before a reply"
    return str(last) or type(last).__name__

"""An exception of the openai SDK -> one of our chat errors. Pure; no request is made here.

    FatalChatError   wrong key, unknown model or path, empty account    the run stops, once that is sure
    RejectedError    refused, filtered, too long                        the item fails
    TransientError   rate limits, overload, time-outs, lost lines       asked again

What a status and a body mean is in `wordings`.

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
from dataclasses import replace
from typing import TYPE_CHECKING

from judge.endpoints.meanings import is_loading, meaning
from judge.endpoints.pace import reset_seconds
from judge.endpoints.parameters import refused_parameter
from judge.endpoints.requests import instead_of
from judge.endpoints.wordings import Told, read_error
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError

if TYPE_CHECKING:
    import openai

LONGEST_WISH_SECONDS = 86_400.0
"""A Retry-After beyond a day is no wish but a mistake (a clock, milliseconds), and counts as none."""


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
    if any(type(one).__name__ == "TooLargeError" for one in _chain(error)):
        return RejectedError(f"{where} sent a reply that cannot be read ({_cause(error)})", kind="server")
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

    from judge.endpoints.sdk import TooLargeError

    return openai.OpenAIError, aiohttp.ClientError, ssl.SSLError, TooLargeError, ValueError, RecursionError


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
    said = told_by(error)
    wait = retry_after_seconds(error.response.headers)
    if wait is not None:
        said = replace(said, wait_seconds=wait)
    return refusal(said, where=where, model=model, key_name=key_name, secrets=secrets)


def told_by(error: openai.APIStatusError) -> Told:
    """Return what an error reply says, read from its whole body."""
    text = getattr(error.response, "text", None)
    body = text if isinstance(text, str) and text.strip() else error.body
    return read_error(error.status_code, body, "no explanation")


def refusal(said: Told, *, where: str, model: str, key_name: str | None, secrets: Sequence[str] = ()) -> ChatError:
    """Return what an endpoint's refusal means for the run: of the whole run (Fatal), of this item, or of this try."""
    text = _shown(said.message, secrets) or "no explanation"
    code = f"{said.status}: {text}" if said.status else text
    match meaning(said):
        case "no_money":
            return FatalChatError(
                f"{where}: the account is empty or its quota is used up ({code})", kind="rate_limit", reason="no_money"
            )
        case "key":
            if said.status == 403:
                return FatalChatError(f"{where} does not allow this ({code})", kind="bad_request", reason="key")
            mend = f"; check the key in {key_name}" if key_name else ""
            return FatalChatError(f"{where} refuses the key ({code}){mend}", kind="bad_request", reason="key")
        case "model":
            return FatalChatError(
                f"{where} does not know model '{model}', or the URL is wrong ({code}); the URL usually ends in /v1",
                kind="bad_request",
                reason="model",
            )
        case "rate_limit":
            return TransientError(
                f"{where} limits the rate ({code})", kind="rate_limit", retry_after_seconds=_wish_of(said)
            )
        case "overload":
            loading = said.status in (502, 503, 504, 529) or is_loading(said)
            return TransientError(
                f"{where} failed ({code})", kind="server", retry_after_seconds=_wish_of(said), loading=loading
            )
        case "filtered":
            return RejectedError(f"{where} filtered the content ({code})", kind="content_filter")
        case "overflow":
            return RejectedError(f"the prompt does not fit the model's context ({code})", kind="context_overflow")
        case "request":
            return RejectedError(f"{where} refused the request ({code})", kind="bad_request")


def _wish_of(said: Told) -> float | None:
    wish = said.wait_seconds
    return wish if wish is not None and wish <= LONGEST_WISH_SECONDS else None


def unsupported_parameter(error: Exception, sent: Mapping[str, object]) -> tuple[str, str] | None:
    """Return (a sent parameter that a refusal says this endpoint does not take, what is done instead), else None.

    `sent` may hold `system`: that there is a system message.
    """
    import openai

    if not isinstance(error, openai.APIStatusError):
        return None
    said = told_by(error)
    refused = refused_parameter(said, sent)
    return None if refused is None else (refused, instead_of(refused, said, sent))


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


def _shown(text: str, secrets: Sequence[str] = ()) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return " ".join(text.split())[:300]


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

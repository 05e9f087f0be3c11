"""An exception of the openai SDK -> one of our chat errors. Pure; no request is made here.

    FatalChatError   401 402 403 404 405, exhausted quota      the run stops
    RejectedError    400 409 413 422 and other 4xx             the item fails
    TransientError   408 425 429 5xx, time-outs, lost lines    asked again

Responses are read by duck typing, because SDK 2.x and 3.x bring different httpx modules.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping

import openai

from judge.errors import ChatError, FatalChatError, RejectedError, TransientError
from judge.rates import reset_seconds

_OVERFLOW = (
    "context_length_exceeded",
    "maximum context length",
    "context window",
    "max_tokens must be at least 1",
)
_FILTER = ("content_filter", "content_policy", "responsibleaipolicy", "content management policy")
_QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "exceeded your current quota")


def chat_error(
    error: Exception, *, where: str, model: str, key_name: str | None, secret: str | None = None
) -> ChatError:
    """Return what `error` means for the run.

    `where`: the endpoint as the user knows it; `key_name`: the variable that holds its key; `secret`: the key,
    which is masked in what the endpoint says.
    """
    if isinstance(error, openai.APITimeoutError):  # a subclass of APIConnectionError: first
        return TransientError(f"{where} did not answer in time", kind="timeout")
    if isinstance(error, openai.APIStatusError):
        return _status_error(error, where, model, key_name, secret)
    if isinstance(error, openai.APIConnectionError):
        return TransientError(f"{where} cannot be reached ({_cause(error)})", kind="connection")
    if isinstance(error, openai.APIError | ValueError):  # a body that is no chat completion
        return TransientError(f"{where} sent a reply that cannot be read ({error})", kind="server")
    raise error


def _status_error(
    error: openai.APIStatusError, where: str, model: str, key_name: str | None, secret: str | None
) -> ChatError:
    status = error.status_code
    said = _said(error, secret)
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


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long the endpoint asks to wait, None where it does not say.

    `retry-after-ms`, else `retry-after` (seconds or an HTTP date), else `x-ratelimit-reset-*`.
    """
    milliseconds = headers.get("retry-after-ms")
    try:
        if milliseconds is not None:
            return max(0.0, float(milliseconds) / 1000)
    except ValueError:
        pass
    value = headers.get("retry-after")
    if value is None:
        return reset_seconds(headers)
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _said(error: openai.APIStatusError, secret: str | None = None) -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    if isinstance(message, str) and message:
        return (message.replace(secret, "***") if secret else message)[:300]
    text = str(getattr(error.response, "text", "") or error.message)
    text = text.replace(secret, "***") if secret else text
    return " ".join(text.split())[:200] or "no explanation"


def _cause(error: BaseException) -> str:
    inner: BaseException | None = error
    last = ""
    while inner is not None:
        last = str(inner) or type(inner).__name__
        inner = inner.__cause__
    return last

"""The body of an error, in whatever shape an endpoint sends it -> what it says. Pure.

The shapes that are read:

    {"error": {"message", "type", "code", "param"}}            OpenAI and most others; Azure adds `innererror`
    {"error": "text", "error_type": "..."}                     Ollama, TGI
    {"object": "error", "message", "type", "code"}             vLLM before 0.10, SGLang
    {"detail": "text" | [{"loc", "msg"}]}, {"message": "..."}  FastAPI, gateways
    [{"error": {"code", "message", "status", "details"}}]      Gemini's OpenAI layer, RetryInfo in `details`
    {"type": "error", "error": {"type", "message"}}            Anthropic
    {"base_resp": {"status_code", "status_msg"}}               MiniMax
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_TEXT = 4000
"""Characters of a body that are searched for words."""


@dataclass(frozen=True)
class Told:
    """An error as an endpoint tells it, whatever its shape."""

    status: int | None
    """The HTTP status, or the one inside a body; None where there is neither."""
    message: str
    """In the endpoint's words, for people; "" where there are none."""
    codes: frozenset[str] = frozenset()
    """`code`, `type`, `status` and the like, in lower case."""
    param: str = ""
    """The field that is named as the culprit."""
    text: str = ""
    """All strings of the error in lower case, to search for words."""
    wait_seconds: float | None = None
    """How long the body asks to wait."""


_CODE_FIELDS = ("code", "type", "status", "error_type", "error_code", "reason", "finish_reason", "status_code")
_ECHOES = ("input", "ctx", "url", "request_id", "@type")
"""What repeats the request or says nothing."""
_MESSAGE_FIELDS = ("message", "msg", "detail", "error_description", "status_msg", "error_msg", "errormessage", "title")


def read_error(status: int | None, body: object, fallback: str = "") -> Told:
    """Return what `body` (parsed JSON, or text) says of an error. `fallback`: the message where it has none."""
    inner = _error_of(body)
    if isinstance(inner, str):
        message = page_title(inner) or inner
        return Told(status, message or fallback, text=inner.casefold()[:LONGEST_TEXT], wait_seconds=_wait(inner))
    strings = list(_strings(inner))
    codes = {_code(value) for key, value in _pairs(inner) if key.casefold() in _CODE_FIELDS and _code(value)}
    number = next((int(code) for code in codes if code.isdigit() and 400 <= int(code) < 600), None)
    blob = " \n".join(strings)[:LONGEST_TEXT]
    message = _message(inner)
    if not message and strings:
        message = " ".join(strings[:3])
    param = inner.get("param") if isinstance(inner, Mapping) else None
    return Told(
        status if status is not None and status != 200 else number,
        message or fallback,
        frozenset(codes),
        param if isinstance(param, str) else "",
        blob.casefold(),
        _wait(blob, inner),
    )


def _error_of(body: object) -> object:
    """Return the innermost object that describes the error."""
    for _ in range(4):
        if isinstance(body, bytes):
            body = body.decode("utf-8", "replace")
        if isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
            try:
                body = json.loads(body)
            except (ValueError, RecursionError):
                return body
        if isinstance(body, list) and len(body) == 1:
            body = body[0]
        elif isinstance(body, Mapping) and body.get("error") and isinstance(body["error"], Mapping | list):
            body = body["error"]
        elif isinstance(body, Mapping) and isinstance(body.get("base_resp"), Mapping):
            body = body["base_resp"]
        else:
            break
    return body if body is not None else {}


def _pairs(value: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Yield every key with its value, at most five levels deep."""
    if depth > 5:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key), inner
            yield from _pairs(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _pairs(inner, depth + 1)


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    """Yield every text of an error with the names of the fields that a list of faults points at."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth < 6:
        for key, inner in value.items():
            if key not in _ECHOES:
                yield from _strings(inner, depth + 1)
    elif isinstance(value, list) and depth < 6:
        for inner in value[:20]:
            yield from _strings(inner, depth + 1)


def _code(value: object) -> str:
    if isinstance(value, bool):
        return ""
    return str(value).strip().casefold() if isinstance(value, str | int) and len(str(value)) <= 80 else ""


def _message(inner: object) -> str:
    """Return the message for people; of a list of faults (`detail`), each with its field."""
    if isinstance(inner, list):
        return "; ".join(filter(None, (_message(one) for one in inner[:3])))
    if not isinstance(inner, Mapping):
        return ""
    lower = {str(key).casefold(): value for key, value in inner.items()}
    for name in (*_MESSAGE_FIELDS, "error"):
        value = lower.get(name)
        if isinstance(value, str) and value.strip():
            where = lower.get("loc")
            field = f"{'.'.join(map(str, where))}: " if isinstance(where, list) and where else ""
            return field + value.strip()
        if isinstance(value, list | Mapping) and (found := _message(value)):
            return found
    return ""


def page_title(text: str) -> str | None:
    """Return what an HTML page is called (title, else first heading, else "a page"); None where it is none."""
    head = text.lstrip("\ufeff \t\r\n")[:2000].casefold()
    if not head.startswith(("<!doctype html", "<html", "<head", "<!--", "<body", "<?xml", "<h1", "<center")):
        return None
    for tag in ("title", "h1", "h2"):
        found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", text[:20_000], re.IGNORECASE | re.DOTALL)
        name = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""
        if name:
            return f"an HTML page, '{name[:120]}'"
    return "an HTML page"


def is_event_stream(text: str) -> bool:
    """Whether a body is a stream of server-sent events, which nobody asked for."""
    return re.match(r"(?:\ufeff|\s)*(?::[^\n]*\n\s*)*(?:data|event|id|retry):", text) is not None


# -- waits

_UNIT = r"(ms|milliseconds?|s|secs?|seconds?|초|m|mins?|minutes?|분|h|hours?|시간)"
_WAIT = re.compile(
    rf"(?:(?:try|retry|retrying|again|wait(?:ing)?|available|resets?|ready)\D{{0,40}}?)((?:\d+(?:\.\d+)?\s*{_UNIT}(?![a-z])\s*)+)"
    rf"|((?:\d+(?:\.\d+)?\s*{_UNIT}\s*)+)(?:뒤|후|이후)\D{{0,12}}(?:다시|재시도)",
    re.IGNORECASE,
)
_SPAN = re.compile(rf"(\d+(?:\.\d+)?)\s*{_UNIT}(?![a-z])", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "초": 1.0, "m": 60.0, "분": 60.0, "h": 3600.0, "시": 3600.0}
_WAIT_FIELDS = ("retrydelay", "retry_after", "retryafter", "retry_after_seconds", "retry_in", "estimated_time")


def _wait(text: str, inner: object = None) -> float | None:
    """Return the seconds that a body asks to wait: a field that holds them, else words like "retry in 2.4s"."""
    for key, value in _pairs(inner):
        name = key.casefold().replace("-", "_")
        if name in _WAIT_FIELDS or name == "retry_after_ms":
            seconds = _seconds_of(value)
            if seconds is not None:
                return seconds / 1000 if name == "retry_after_ms" else seconds
    found = _WAIT.search(text)
    return _span(found[1] or found[3] or "") if found else None


def _seconds_of(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if 0 <= value < 1e9 else None
    if isinstance(value, Mapping):  # a protobuf Duration as JSON
        return _seconds_of(value.get("seconds"))
    if isinstance(value, str):
        try:
            return float(value) if 0 <= float(value) < 1e9 else None
        except ValueError:
            return _span(value)
    return None


def _span(text: str) -> float | None:
    spans = [(float(number), unit.casefold()) for number, unit in _SPAN.findall(text)]
    if not spans:
        return None
    return sum(number * _SECONDS["ms" if unit.startswith(("ms", "milli")) else unit[0]] for number, unit in spans)

"""The SDK's client for an endpoint: its transport, its time-outs, its address. The SDK's own retries are off.

The transport is the SDK's aiohttp one: it halves what a request costs in CPU time. Proxy and certificates are those of
`Route`, never the environment's own. A password or a query in the URL goes where servers look for it and nowhere else.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import openai

from judge.config import Endpoint
from judge.endpoints.route import DIRECT, OPENAI, Route
from judge.endpoints.streams import Guard, read_stream
from judge.endpoints.wordings import is_event_stream

MOST_BYTES = 32 * 2**20
"""Of a reply: a hundred times what the longest answer needs."""

MOST_BYTES_OF_FILE = 2**30
"""Of the results of a batch: 50,000 replies of 20 kB each."""

SESSION_HEADER = "X-Session-ID"
"""Names the conversation of a request, so that a router can send every turn to the server that has read the ones before
it (vLLM's router, policy `sticky_least_loaded` or `consistent_hash`). Who does not know it takes no notice of it.
"""

CONNECT_SECONDS = 20.0
"""A connection that is not made by then is lost, however long a reply may take."""


class TooLargeError(ValueError):
    """A body beyond what is let into memory, in bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the reply is larger than {most / 2**20:g} MiB")


def sdk_client(
    endpoint: Endpoint,
    api_key: str,
    told: Callable[[Mapping[str, str]], None],
    http_client: Any | None = None,
    route: Route = DIRECT,
) -> openai.AsyncOpenAI:
    """Return a client; `told` gets the headers of every good reply. `http_client`: another transport."""
    address, headers, query = split_url(endpoint.base_url)
    shared: dict[str, Any] = {
        "api_key": api_key,
        "max_retries": 0,
        "timeout": openai.Timeout(endpoint.timeout_seconds, connect=min(CONNECT_SECONDS, endpoint.timeout_seconds)),
        "http_client": http_client or _http_client(route, told),
        "default_headers": headers or None,
        "default_query": query or None,
    }
    if endpoint.api == "azure":
        shared["api_version"] = endpoint.api_version
        if address and "/deployments/" in address:
            return openai.AsyncAzureOpenAI(base_url=address, **shared)
        return openai.AsyncAzureOpenAI(azure_endpoint=address or "", **shared)
    return openai.AsyncOpenAI(base_url=address or OPENAI, **shared)  # the SDK would take an empty OPENAI_BASE_URL


async def post_chat(
    client: openai.AsyncOpenAI, body: Mapping[str, Any], guard: Guard | None = None, session: str = ""
) -> object:
    """Return the parsed body of a good reply, as text where it is no JSON; `replies` reads it.

    `guard`: where the body asks for a stream, watches it and may leave it. `session`: the value of SESSION_HEADER.
    """
    headers = {SESSION_HEADER: session} if session else {}
    if guard is None or not body.get("stream"):
        return _parsed(await client.post("/chat/completions", body=body, cast_to=bytes, options={"headers": headers}))
    streaming = client.chat.completions.with_streaming_response  # of messages of its own it would check the types: 4 ms
    async with streaming.create(model=body["model"], messages=[], extra_body=body, extra_headers=headers) as response:
        if "event-stream" in response.headers.get("content-type", ""):
            return await read_stream(response.iter_bytes(), guard)
        found = _parsed(raw := await response.read())
        if isinstance(found, str) and is_event_stream(found):  # called something else by a gateway
            return await read_stream(_whole(raw), guard)
        return found


async def _whole(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def split_url(url: str | None) -> tuple[str | None, dict[str, str], dict[str, object]]:
    """Return a URL without password and query, the header that the password becomes, and the query."""
    if not url:
        return url, {}, {}
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    headers = {}
    if at:
        token = base64.b64encode(unquote(user).encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    query: dict[str, object] = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit((parts.scheme, host, parts.path, "", "")), headers, query


def _http_client(route: Route, told: Callable[[Mapping[str, str]], None]) -> Any:
    async def hook(response: Any) -> None:
        _bound(response)
        if response.status_code == 200:
            told(response.headers)

    given: dict[str, Any] = {"proxy": route.proxy} if route.proxy else {}
    given["verify"] = _usual_certificates() if route.certificates is None else route.certificates
    return openai.DefaultAioHttpClient(trust_env=False, event_hooks={"response": [hook]}, **given)


@cache
def _usual_certificates() -> ssl.SSLContext:
    """Return what a client trusts that is told nothing. It takes 30 ms, and every client would make its own."""
    httpx = import_module("httpx2" if find_spec("httpx2") else "httpx")  # the SDK's 2.x comes with the older one
    context: ssl.SSLContext = httpx.create_ssl_context(trust_env=False)
    return context


def _bound(response: Any) -> None:
    """Let no more than MOST_BYTES of a body into memory, unpacked; of a file, MOST_BYTES_OF_FILE."""
    most = MOST_BYTES_OF_FILE if response.request.url.path.endswith("/content") else MOST_BYTES
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise TooLargeError(most)
    unbounded = response.aiter_bytes

    async def bounded(chunk_size: int | None = None) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in unbounded(chunk_size):
            read += len(chunk)
            if read > most:
                await response.aclose()
                raise TooLargeError(most)
            yield chunk

    response.aiter_bytes = bounded

"""The SDK's client for an endpoint: its transport, its time-outs, its address. The SDK's own retries are off.

The transport is the SDK's aiohttp one: it halves what a request costs in CPU time. Proxies come from the environment,
but not for servers of this machine. A password or a query in the URL goes where servers look for it and nowhere else.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import openai
from openai.types.chat import ChatCompletion

from judge.config import Endpoint

CONNECT_SECONDS = 20.0
"""A connection that is not made by then is lost, however long a reply may take."""


def sdk_client(
    endpoint: Endpoint, api_key: str, told: Callable[[Mapping[str, str]], None], http_client: Any | None = None
) -> openai.AsyncOpenAI:
    """Return a client; `told` gets the headers of every good reply. `http_client`: another transport."""
    address, headers, query = split_url(endpoint.base_url)
    shared: dict[str, Any] = {
        "api_key": api_key,
        "max_retries": 0,
        "timeout": openai.Timeout(endpoint.timeout_seconds, connect=min(CONNECT_SECONDS, endpoint.timeout_seconds)),
        "http_client": http_client or _http_client(endpoint, told),
        "default_headers": headers or None,
        "default_query": query or None,
    }
    if endpoint.api == "azure":
        return openai.AsyncAzureOpenAI(azure_endpoint=address or "", api_version=endpoint.api_version, **shared)
    return openai.AsyncOpenAI(base_url=address, **shared)


async def post_chat(client: openai.AsyncOpenAI, body: Mapping[str, Any]) -> ChatCompletion:
    """Return the completion: as `chat.completions.create`, without its walk over every field of the request."""
    return await client.post("/chat/completions", body=body, cast_to=ChatCompletion)


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


def _http_client(endpoint: Endpoint, told: Callable[[Mapping[str, str]], None]) -> Any:
    async def hook(response: Any) -> None:
        if response.status_code == 200:
            told(response.headers)

    near = urlsplit(endpoint.base_url or "").hostname in ("127.0.0.1", "localhost", "::1")
    return openai.DefaultAioHttpClient(trust_env=not near, event_hooks={"response": [hook]})

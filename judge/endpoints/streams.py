"""A streamed chat completion -> the body that the same request would have without a stream; `replies` reads it.

data: {"choices": [{"delta": {"content": "안"}}]}      joined, field by field
data: {"choices": [], "usage": {...}}                  the last one counts
data: {"error": {...}}                                 the body's error
data: [DONE]                                           or a finish reason: the end; without either it broke off
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

STREAM: Mapping[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
"""Request fields of a stream that ends with its tokens."""


class Guard(Protocol):
    """Watches a streamed reply."""

    def why_end(self, delta: Mapping[str, Any]) -> str | None:
        """Take in what a chunk adds to the message; return the finish reason of a reply that is to be left here."""
        ...


Guards = Callable[[], Guard] | None
"""Makes what watches a try; None: nothing does, and nothing is streamed."""


async def read_stream(lines: AsyncIterator[str], guard: Guard) -> dict[str, Any]:
    """Return the body; the stream is left as soon as `guard` says so. Raises what reading the lines raises."""
    said = _Said()
    async for line in lines:
        name, _, value = line.partition(":")
        if name.strip() != "data":
            continue
        if value.strip() == "[DONE]":
            said.done = True
            break
        try:
            chunk = json.loads(value)
        except (ValueError, RecursionError):
            continue
        if isinstance(chunk, Mapping) and (why := guard.why_end(said.take(chunk))) and said.ending is None:
            said.ending = why
            break
    return said.body()


class _Said:
    """What the chunks have said so far."""

    def __init__(self) -> None:
        self.done = False
        self.ending: object = None
        self._body: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}
        self._lists: dict[str, list[Any]] = {}
        self._seen = False

    def take(self, chunk: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add a chunk; return what it adds to the message."""
        self._body |= {name: value for name, value in chunk.items() if name != "choices" and value is not None}
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, Mapping) or choice.get("index") not in (0, None):
            return {}
        self._seen = True
        self.ending = choice.get("finish_reason") or self.ending
        self._choice |= {
            name: value for name, value in choice.items() if name not in ("delta", "message") and value is not None
        }
        delta = choice.get("delta")
        if not isinstance(delta, Mapping):
            return {}
        for name, value in delta.items():
            if isinstance(value, str) and name != "role":
                self._texts.setdefault(name, []).append(value)
            elif isinstance(value, list):
                self._lists.setdefault(name, []).extend(value)
        return delta

    def body(self) -> dict[str, Any]:
        """Return the whole completion."""
        if not self._seen:
            return self._body
        ending = self.ending or (None if self.done else "network_error")
        message = {"role": "assistant", **self._lists, **{name: "".join(texts) for name, texts in self._texts.items()}}
        return {**self._body, "choices": [{**self._choice, "finish_reason": ending, "message": message}]}

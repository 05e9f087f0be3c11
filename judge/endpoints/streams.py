"""A streamed chat completion -> the body that the same request would have without a stream; `replies` reads it.

data: {"choices": [{"delta": {"content": "안"}}]}      joined, field by field
data: {"choices": [], "usage": {...}}                  the last one counts
data: {"error": {...}}                                 the body's error
data: [DONE]                                           or a finish reason: the end; without either it broke off
data: {"choices": [{"delta": {"con                     a chunk that cannot be read: it broke off, as its text is lost

Lines end as the format has it (LF, CR, CRLF) and nowhere else: U+2028 and its kind are text, which a splitter of
lines of text would cut a chunk at.
"""

from __future__ import annotations

import codecs
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


BROKEN = "network_error"
"""The finish reason of a stream that broke off."""

Guards = Callable[[], Guard] | None
"""Makes what watches a try; None: nothing does, and nothing is streamed."""


async def read_stream(pieces: AsyncIterator[bytes], guard: Guard) -> dict[str, Any]:
    """Return the body; the stream is left as soon as `guard` says so. Raises what reading the pieces raises."""
    said = _Said()
    async for line in _lines(pieces):
        name, _, value = line.partition(b":")
        value = value.strip()
        if name.removeprefix(codecs.BOM_UTF8).strip() != b"data":
            continue
        if value == b"[DONE]":
            said.done = True
            break
        try:
            chunk = json.loads(value)
        except (ValueError, RecursionError):
            if not value.startswith(b"{"):  # a word that keeps the connection open
                continue
            said.ending = BROKEN
            break
        if isinstance(chunk, Mapping) and (why := guard.why_end(said.take(chunk))) and said.ending is None:
            said.ending = why
            break
    return said.body()


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines, their ends included; pieces may end anywhere, also within a character."""
    begun: list[bytes] = []
    async for piece in pieces:
        lines = piece.splitlines(keepends=True)
        last = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        for line in lines:
            yield b"".join([*begun, line])
            begun = []
        begun.append(last)
    yield b"".join(begun)


class _Said:
    """What the chunks have said so far."""

    def __init__(self) -> None:
        self.done = False
        self.ending: object = None
        self._body: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._message: dict[str, list[Any]] = {}
        """Field -> its texts and parts, in their order."""
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
            if isinstance(value, list):
                self._message.setdefault(name, []).extend(value)
            elif name != "role" and isinstance(value, str | Mapping):
                self._message.setdefault(name, []).append(value)
        return delta

    def body(self) -> dict[str, Any]:
        """Return the whole completion."""
        if not self._seen:
            return self._body
        ending = self.ending or (None if self.done else BROKEN)
        message: dict[str, Any] = {"role": "assistant"}
        for name, found in self._message.items():
            message[name] = "".join(found) if all(isinstance(one, str) for one in found) else found
        return {**self._body, "choices": [{**self._choice, "finish_reason": ending, "message": message}]}

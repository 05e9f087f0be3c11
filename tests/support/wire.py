"""A real HTTP server on loopback whose every answer a test decides: faults are injected at the wire.

with Wire(lambda request: chat("평가: 좋음\\n점수: 8")) as wire:
    ... talk to wire.url ...
    assert len(wire.requests) == 1
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.patience import PATIENCE_SECONDS, within

LAST = b"LAST\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """What came over the wire."""

    number: int
    """From 1, in the order of arrival."""
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    """The JSON that was sent; empty where it was none (an upload)."""
    raw: bytes = b""

    @property
    def last(self) -> str:
        """The text of the last message."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True)
class Response:
    """What goes back."""

    status: int = 200
    body: str | bytes = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    until: threading.Event | None = None
    """Answer once this is set."""
    drop: bool = False
    """Close the connection instead of answering."""
    reset: bool = False
    """Reset it instead of answering."""
    cut: int | None = None
    """Close it after so many bytes of the body, which is announced as whole."""
    drip_seconds: float = 0.0
    """Pause before every byte of the body."""


def chat(
    text: str | None,
    *,
    finish_reason: str = "stop",
    model: str = "wire-judge-2026",
    delay_seconds: float = 0.0,
    **message: Any,
) -> Response:
    """Return a chat completion."""
    body = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
    return Response(body=json.dumps(body, ensure_ascii=False), delay_seconds=delay_seconds)


def error(status: int, message: str, *, code: str | None = None, **headers: str) -> Response:
    """Return an error in OpenAI's shape; `retry_after="1"` becomes the header retry-after."""
    body = {"error": {"message": message, "type": "error", "code": code, "param": None}}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, json.dumps(body), names)


def _own_ports() -> Iterator[int]:
    """Yield ports of this process of the tests, below those that the system deals out, each once in thousands.

    A client whose server has ended may go on trying its port: no other server of any test must answer there.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    return (10_000 + 2_500 * worker + (os.getpid() + number) % 2_500 for number in itertools.count())


_PORTS = _own_ports()


class Wire:
    """The server; a context manager that runs it in a thread of its own."""

    def __init__(self, answer: Callable[[Request], Response], *, chat_only: bool = True) -> None:
        """`chat_only`: other paths get 404 and are not recorded, as on a server that is no vLLM."""
        self._answer = answer
        self._chat_only = chat_only
        self.requests: list[Request] = []
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._port = 0

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> Wire:
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._start())
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def settled(self) -> int:
        """Return how many requests have come, once every client has gone and all that they had sent is read."""
        with socket.create_connection(("127.0.0.1", self._port)) as last:  # connections are taken in their order
            last.sendall(LAST)
            last.recv(1)
        within(lambda: not self._connections, "the end of every connection")
        return len(self.requests)

    async def _start(self) -> asyncio.Server:
        while True:
            try:
                return await asyncio.start_server(self._serve, "127.0.0.1", next(_PORTS))
            except OSError as taken:
                if taken.errno != errno.EADDRINUSE:
                    raise

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            while (request := await self._read(reader)) is not None:
                known = not self._chat_only or "/chat/completions" in request.path
                response = self._answer(request) if known else error(404, "Not Found")
                await self._wait(response, reader)
                if response.reset:
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if response.drop or response.reset:
                    break
                await self._write(writer, response)
                if response.cut is not None:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client or the test has gone
        finally:
            self._connections -= 1
            writer.close()

    async def _wait(self, response: Response, reader: asyncio.StreamReader) -> None:
        """Wait as long as the response says. Raises ConnectionError as soon as the client has gone."""
        end = self._loop.time() + response.delay_seconds
        while (left := end - self._loop.time()) > 0 or not (response.until is None or response.until.is_set()):
            if reader.at_eof():
                raise ConnectionError("the client has gone")
            await asyncio.sleep(min(max(left, 0.002), 0.02))

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
        if not head:
            return None
        if head == LAST:
            return None
        first, *lines = head.decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        body = json.loads(raw) if raw and not headers.get("content-type", "").startswith("multipart/") else {}
        request = Request(len(self.requests) + 1, method, path, headers, body, raw)
        if not self._chat_only or "/chat/completions" in path:
            self.requests.append(request)
        return request

    @staticmethod
    async def _write(writer: asyncio.StreamWriter, response: Response) -> None:
        body = response.body.encode() if isinstance(response.body, str) else response.body
        headers = {"content-type": "application/json", **response.headers, "content-length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {response.status} X\r\n{lines}\r\n".encode())
        if response.drip_seconds:
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(response.drip_seconds)
        else:
            writer.write(body[: response.cut])
        await writer.drain()

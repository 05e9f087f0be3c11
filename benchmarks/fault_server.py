"""A local OpenAI-compatible chat server with limits and faults, for the judge benchmarks.

    python benchmarks/fault_server.py --help
    python benchmarks/fault_server.py --port 8123 --latency 1 --rpm 600
    python benchmarks/fault_server.py --measure          how many requests a second it can take

    with start(Settings(latency=1.0)) as server:
        ... talk to server.url ...
        print(server.stats()["accepted"])

It runs in a process of its own, on one core, over a raw asyncio protocol. The fate of a request (fault, latency)
follows from the seed, its body and how often that body has come before, so it does not depend on the order in which
requests arrive. Limits are enforced in fixed windows of one second that begin with the first request: an RPM of 500
lets 8, 8, 9, ... requests pass; tokens may be overdrawn by one request, and the debt is paid off first.
`GET /stats` tells what has happened since the last `POST /reset`; all times are seconds since then.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import os
import subprocess
import sys
import time
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any, NamedTuple

HEADERS = ("retry-after", "retry-after-ms", "x-ratelimit")
WINDOW_SECONDS = 1.0
NORMAL = NormalDist()


@dataclass(frozen=True)
class Settings:
    """What the server does. Shares are of requests, 0 to 1; times in seconds."""

    latency: float = 0.0
    """Median time to a reply."""
    latency_spread: float = 0.0
    """Sigma of a log-normal distribution around the median; 0: always the median."""
    rpm: float = 0.0
    """Requests a minute; 0: no limit."""
    tpm: float = 0.0
    """Tokens a minute; 0: no limit."""
    tokens_per_request: int = 100
    """What a request counts; 0: a third of its bytes, about what Korean text comes to."""
    headers: str = ",".join(HEADERS)
    """Which of retry-after, retry-after-ms, x-ratelimit a refusal carries; empty: none."""
    error_share: float = 0.0
    """500."""
    drop_share: float = 0.0
    """The connection is closed instead of a reply."""
    hang_share: float = 0.0
    """No reply ever."""
    unparsable_share: float = 0.0
    """A good completion whose text holds no score."""
    garbage_share: float = 0.0
    """200 with a body that is not JSON."""
    outage_from: float = 0.0
    outage_seconds: float = 0.0
    """How long nothing is answered; 0: no outage."""
    outage_kind: str = "drop"
    """`drop` (connections are cut) or `503`."""
    seed: int = 0


class Refusal(NamedTuple):
    """A request over a limit. `wait` seconds until it would pass."""

    wait: float
    remaining_requests: int
    remaining_tokens: int


class Limits:
    """RPM and TPM in fixed windows of one second, counted from the first request."""

    def __init__(self, settings: Settings) -> None:
        self._rpm, self._tpm = settings.rpm, settings.tpm
        self._window = -1
        self._requests = 0
        self._tokens = 0.0

    def refuse(self, at: float, tokens: int) -> Refusal | None:
        """Count a request `at` seconds after the first; say so if it is over a limit."""
        window = int(at / WINDOW_SECONDS)
        if window > self._window:
            per_window, paid_off = self._tpm / 60, window - self._window
            self._tokens = min(per_window, self._tokens + per_window * paid_off)
            self._requests = math.floor((window + 1) * self._rpm / 60) - math.floor(window * self._rpm / 60)
            self._window = window
        over_tokens = bool(self._tpm) and self._tokens <= 0
        if (self._rpm and self._requests <= 0) or over_tokens:
            windows = max(1, math.floor(-self._tokens / (self._tpm / 60)) + 1) if over_tokens else 1
            wait = (window + windows) * WINDOW_SECONDS - at
            return Refusal(wait, max(0, self._requests), max(0, int(self._tokens)))
        self._requests -= 1
        self._tokens -= tokens
        return None


class Service:
    """What is answered and counted, whatever the connection."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._limits = Limits(self.settings)
        self._seen: Counter[int] = Counter()
        self._started, self._cpu = time.monotonic(), time.process_time()
        self._first: float | None = None
        self._last = self._last_reply = 0.0
        self.counts: Counter[str] = Counter()
        self.in_flight = self.peak = 0

    def clock(self) -> float:
        """Seconds since the last reset."""
        return time.monotonic() - self._started

    def stats(self) -> bytes:
        """Return the counts and times."""
        body: dict[str, Any] = {name: self.counts[name] for name in ("requests", "accepted", "refused", "replied")}
        body |= {f"fault_{name}": count for name, count in self.counts.items() if name in FAULTS}
        body |= {"first_request": self._first, "last_request": self._last, "last_reply": self._last_reply}
        body |= {"peak_in_flight": self.peak, "cpu_seconds": time.process_time() - self._cpu}
        return response(200, json.dumps(body).encode())

    def replied(self) -> None:
        """Count a reply that has gone out."""
        self.counts["replied"] += 1
        self._last_reply = self.clock()

    def answer(self, body: bytes) -> tuple[float, bytes | None]:
        """Return (seconds to wait, what to send): b"" closes the connection, None leaves it hanging."""
        now = self.clock()
        if self._first is None:
            self._first = now
        self._last = now
        self.counts["requests"] += 1
        settings = self.settings
        at = now - self._first
        if settings.outage_from <= at < settings.outage_from + settings.outage_seconds:
            self.counts["outage"] += 1
            return 0.0, b"" if settings.outage_kind == "drop" else error(503, "The server is overloaded")
        tokens = settings.tokens_per_request or len(body) // 3
        refusal = self._limits.refuse(at, tokens) if settings.rpm or settings.tpm else None
        if refusal is not None:
            self.counts["refused"] += 1
            return 0.0, error(429, "Rate limit reached", **self._hints(refusal))
        self.counts["accepted"] += 1
        key = zlib.crc32(body)
        self._seen[key] += 1
        fate, luck = draws(settings.seed, key, self._seen[key])
        seconds = settings.latency * math.exp(settings.latency_spread * NORMAL.inv_cdf(luck))
        return seconds, self._reply(fate, key, tokens)

    def _reply(self, fate: float, key: int, tokens: int) -> bytes | None:
        for name in FAULTS[:-1]:
            share: float = getattr(self.settings, f"{name}_share")
            if fate < share:
                self.counts[name] += 1
                return {"error": error(500, "Internal error"), "drop": b"", "hang": None}.get(
                    name, GARBAGE if name == "garbage" else completion(UNPARSABLE, tokens)
                )
            fate -= share
        return completion(VERDICTS[key % len(VERDICTS)], tokens)

    def _hints(self, refusal: Refusal) -> dict[str, str]:
        given, settings = self.settings.headers.split(","), self.settings
        headers: dict[str, str] = {}
        if "retry-after" in given:
            headers["retry-after"] = str(math.ceil(refusal.wait))
        if "retry-after-ms" in given:
            headers["retry-after-ms"] = str(math.ceil(refusal.wait * 1000))
        for name, limit, left in (
            ("requests", settings.rpm, refusal.remaining_requests),
            ("tokens", settings.tpm, refusal.remaining_tokens),
        ):
            if "x-ratelimit" in given and limit:
                headers |= {f"x-ratelimit-limit-{name}": f"{limit:.0f}", f"x-ratelimit-remaining-{name}": str(left)}
                headers[f"x-ratelimit-reset-{name}"] = f"{math.ceil(refusal.wait * 1000)}ms"
        return headers


FAULTS = ("error", "drop", "hang", "unparsable", "garbage", "outage")
UNPARSABLE = "이 답변은 전체적으로 무난합니다. 다만 설명이 조금 더 있었으면 합니다."
REASONS = (
    "질문이 요구한 내용을 항목별로 확인했습니다. 핵심 개념은 대체로 바르게 짚었고 문장도 자연스럽습니다. "
    "다만 두 번째 문단의 설명은 근거가 부족하고, 예시가 질문의 상황과 조금 어긋납니다. "
    "참고 답안과 비교하면 결론은 같지만 중간 과정이 한 단계 빠져 있어 읽는 사람이 따라가기 어렵습니다. "
    "한국어로 답해야 한다는 조건은 지켰으며 불필요한 반복은 없습니다."
)
VERDICTS = [f"평가: {REASONS}\n점수: {score}" for score in range(1, 11)]


def draws(seed: int, key: int, number: int) -> tuple[float, float]:
    """Return two numbers in (0, 1) that follow from the three."""
    raw = hashlib.blake2b(b"%d/%d/%d" % (seed, key, number), digest_size=8).digest()
    return tuple((int.from_bytes(part, "big") + 0.5) / 2**32 for part in (raw[:4], raw[4:]))  # type: ignore[return-value]


def response(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """Return a whole HTTP response."""
    extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{extra}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def error(status: int, message: str, **headers: str) -> bytes:
    """Return an error in OpenAI's shape."""
    body = {"error": {"message": message, "type": "error", "code": None, "param": None}}
    return response(status, json.dumps(body).encode(), headers)


_made: dict[tuple[str, int], bytes] = {}


def completion(text: str, tokens: int) -> bytes:
    """Return a chat completion."""
    if (text, tokens) not in _made:
        usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        body = {"id": "c", "object": "chat.completion", "created": 1, "model": "fault-judge", "usage": usage}
        _made[text, tokens] = response(200, json.dumps(body | {"choices": [choice]}).encode())
    return _made[text, tokens]


GARBAGE = response(200, b"\x00\xff<html>garbage")


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + size])
            del self._buffer[: end + 4 + size]
            self._handle(head, body)

    def _handle(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/chat/completions"):
            seconds, reply = self._service.answer(body)
            self._service.in_flight += 1
            self._service.peak = max(self._service.peak, self._service.in_flight)
            if reply is None:
                self._service.in_flight -= 1
            elif seconds > 0:
                asyncio.get_running_loop().call_later(seconds, self._send, reply)
            else:
                self._send(reply)
        elif path == b"/reset":
            self._service.reset()
            self._transport.write(response(200, b"{}"))
        elif path == b"/stats":
            self._transport.write(self._service.stats())
        else:
            self._transport.write(error(404, "Not Found"))

    def _send(self, reply: bytes) -> None:
        self._service.in_flight -= 1
        if not reply or self._transport.is_closing():
            self._transport.abort()
            return
        self._transport.write(reply)
        self._service.replied()


async def serve(settings: Settings, port: int) -> None:
    """Serve until standard input ends; the first line on standard output is the port."""
    loop = asyncio.get_running_loop()
    service = Service(settings)
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: ended.set() if not os.read(0, 1) else None)
    await ended.wait()


class Running:
    """A server that runs."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/v1"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def stats(self) -> dict[str, Any]:
        """Return what has happened since the last reset."""
        with self._opener.open(f"{self.root}/stats", timeout=30) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def reset(self) -> None:
        """Begin anew: counts, windows, fates, outage."""
        self._opener.open(f"{self.root}/reset", data=b"", timeout=30).close()


@contextmanager
def start(settings: Settings = Settings()) -> Iterator[Running]:
    """Run the server in a process of its own while the context lasts."""
    options = [f"--{f.name.replace('_', '-')}={getattr(settings, f.name)}" for f in fields(settings)]
    command = [sys.executable, __file__, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Running(int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(10)


class Load(asyncio.Protocol):
    """The cheapest client there is: sends the same bytes again as soon as something has come back."""

    def __init__(self, left: list[int], done: asyncio.Event) -> None:
        self._left, self._done = left, done
        body = json.dumps({"messages": [{"role": "user", "content": "가" * 1500}]}, ensure_ascii=False).encode()
        self._request = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport: Any = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Send the next one."""
        self._left[0] -= 1
        if self._left[0] > 0:
            self._transport.write(self._request)
        else:
            self._done.set()


async def measure(port: int, requests: int = 30_000, connections: int = 64) -> float:
    """Return requests a second over keep-alive connections."""
    done, left = asyncio.Event(), [requests]
    loop = asyncio.get_running_loop()
    started = time.monotonic()
    for _ in range(connections):
        await loop.create_connection(lambda: Load(left, done), "127.0.0.1", port)
    await done.wait()
    return requests / (time.monotonic() - started)


def main() -> None:
    """Run from the command line."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--port", type=int, default=0, help="default: any free one, told on standard output")
    parser.add_argument("--measure", action="store_true", help="measure how many requests a second it can take")
    for field in fields(Settings):
        kind = type(field.default)
        parser.add_argument(
            f"--{field.name.replace('_', '-')}", type=kind, default=field.default, metavar=kind.__name__
        )
    options = vars(parser.parse_args())
    port, measured = options.pop("port"), options.pop("measure")
    if measured:
        with start(Settings(**options)) as server:
            rate = asyncio.run(measure(int(server.root.rsplit(":", 1)[1])))
            stats = server.stats()
        print(f"{rate:.0f} requests/s, {stats['cpu_seconds'] / stats['requests'] * 1e3:.3f} ms CPU a request")
        return
    asyncio.run(serve(Settings(**options), port))


if __name__ == "__main__":
    main()

"""Time that passes only when a test lets it.

    clock.run(work())     an hour's sleep inside `work` takes no time, and nothing else makes time pass
    clock.now += 3600     for code that looks at the clock and does not wait

A verdict must not depend on how fast the machine is. Code that only waits on timers runs on a `Clock`; its server is
a `MemoryWire`, for bytes on a real socket take real time. What waits for a process or a thread waits for an event that
must come (`patience.py`).
"""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tests.support.wire import Request, Response, error

try:
    import httpx2 as httpx
except ImportError:  # the SDK's 2.x comes with the older module
    import httpx

T = TypeVar("T")

TICK_SECONDS = 1e-6
LATENCY_SECONDS = 1e-3
"""The least that an answer of a `MemoryWire` takes."""


class Clock:
    """Shows the seconds that have passed: those that a test added to `now`, or those that timers in `run` wait for.

    No two looks at it show the same time, as on a real clock: each takes a microsecond.
    """

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += TICK_SECONDS
        return self.now

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` comes to on an event loop with this clock."""
        with asyncio.Runner(loop_factory=lambda: TurnedLoop(self)) as runner:
            return runner.run(work)


class TurnedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while there is work and leaps to the next timer when there is none."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(_Selector(clock))
        self.time = clock  # type: ignore[method-assign]

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Call it at once: a thread would need real time."""
        done: asyncio.Future[T] = self.create_future()
        done.set_result(func(*args))
        return done


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Where nothing is ready it lets the time pass instead of waiting."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("nothing is left that could happen")
        if not ready:
            self._clock.now += max(0.0, timeout or 0.0)
        return ready


class MemoryWire(httpx.AsyncBaseTransport):
    """What `Wire` is on a socket, as a transport under the SDK: for work on a `Clock`."""

    url = "http://memory.example/v1"

    def __init__(self, answer: Callable[[Request], Response], *, chat_only: bool = True) -> None:
        self._answer, self._chat_only = answer, chat_only
        self.requests: list[Request] = []

    def client(self) -> httpx.AsyncClient:
        """Return what `ChatClient` takes as `http_client`."""
        return httpx.AsyncClient(transport=self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raw = await request.aread()
        number = len(self.requests) + 1
        came = Request(number, request.method, request.url.path, dict(request.headers), _json(request), raw)
        known = not self._chat_only or "/chat/completions" in came.path
        if known:
            self.requests.append(came)
        response = self._answer(came) if known else error(404, "Not Found")
        await asyncio.sleep(max(LATENCY_SECONDS, response.delay_seconds))
        if response.drop or response.reset:
            raise httpx.RemoteProtocolError("dropped before a reply", request=request)
        headers = {"content-type": "application/json", **response.headers}
        return httpx.Response(response.status, headers=headers, content=response.body, request=request)


def _json(request: httpx.Request) -> dict[str, Any]:
    return json.loads(request.content) if request.content else {}

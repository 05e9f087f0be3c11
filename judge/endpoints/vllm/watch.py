"""Work beside an engine that may die: it ends with the reason of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from judge.endpoints.vllm.server import RunningServer
from judge.errors import UnreachableError

T = TypeVar("T")

LAST_WORDS_SECONDS = 15.0
"""How long a server that no longer listens may take to be known as dead; its processes are ended meanwhile."""


class EngineWatch:
    """Ends work on a server of our own at once when its engine dies, instead of retrying against a dead port."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    async def __aenter__(self) -> Self:
        self._watch: asyncio.Task[None] = asyncio.create_task(self._server.watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or raise ServerError as soon as the engine is dead."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait((task, self._watch), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._watch.result()
            return await task
        except UnreachableError:  # the port is dead before the watch has the cause
            await asyncio.wait((self._watch,), timeout=LAST_WORDS_SECONDS)
            if self._watch.done():
                self._watch.result()
            raise
        finally:
            task.cancel()

"""Bounded concurrency in completion order: the one shape in which this program does many things at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from enum import Enum
from typing import TypeVar

Work = TypeVar("Work")
Done = TypeVar("Done")


async def fanout(
    items: Iterable[Work] | AsyncIterable[Work],
    work: Callable[[Work], Awaitable[Done]],
    limit: int,
    left: Callable[[Done], None] = lambda _: None,
) -> AsyncGenerator[Done, None]:
    """Yield `work(item)` for every item as each is done, at most `limit` at once.

    Items are pulled one by one as workers get free, so that a hundred thousand of them cost no memory. After an
    exception of `work` or of `items` nothing new is begun; what is under way is waited for and yielded, for it may be
    paid already, and then the first exception is raised here. Close the iterator (`contextlib.aclosing`) where it may
    be left early: the workers are cancelled and waited for, and what was done but not yielded yet is given to `left`.
    Either way an async generator given as `items` is closed.
    """
    source = _as_async(items)
    turn = asyncio.Lock()
    done: asyncio.Queue[Done | _End] = asyncio.Queue()
    faults: list[Exception] = []
    idle: set[asyncio.Task[None]] = set()
    """Workers that wait for an item: they have nothing to finish."""

    async def worker() -> None:
        mine = asyncio.current_task()
        assert mine is not None  # noqa: S101 - a coroutine of a task
        while not faults:
            idle.add(mine)
            async with turn:
                if faults:
                    return
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    return
            idle.discard(mine)
            done.put_nowait(await work(item))
            await asyncio.sleep(0)  # the consumer keeps it before this worker begins another

    async def worked() -> None:
        try:
            await worker()
        except Exception as error:
            faults.append(error)
            for task in idle:
                task.cancel()

    workers = [asyncio.create_task(worked()) for _ in range(max(1, limit))]
    finished = asyncio.gather(*workers, return_exceptions=True)
    finished.add_done_callback(lambda _: done.put_nowait(_End.END))
    try:
        while (result := await done.get()) is not _End.END:
            yield result
        if faults:  # what was done is out already
            raise faults[0]
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(finished, *workers, return_exceptions=True)
        try:
            while not done.empty():
                if (result := done.get_nowait()) is not _End.END:
                    left(result)
        finally:
            await source.aclose()


class _End(Enum):
    END = 0


async def _as_async(items: Iterable[Work] | AsyncIterable[Work]) -> AsyncGenerator[Work, None]:
    if isinstance(items, AsyncIterable):
        try:
            async for item in items:
                yield item
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()
    else:
        for item in items:
            yield item

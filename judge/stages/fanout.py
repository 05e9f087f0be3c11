"""Bounded concurrency in completion order: the one shape in which this program does many things at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from enum import Enum
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def fanout(
    items: Iterable[Item] | AsyncIterable[Item],
    work: Callable[[Item], Awaitable[Result]],
    limit: int,
    left: Callable[[Result], None] = lambda _: None,
) -> AsyncGenerator[Result, None]:
    """Yield `work(item)` for every item as each is done, at most `limit` at once.

    Items are pulled one by one as workers get free, so that a hundred thousand of them cost no memory. An
    exception of `work` or of `items` cancels what is still under way and is raised here, after every result
    that was done before it. Close the iterator (`contextlib.aclosing`) where it may be left early: the
    workers are cancelled and waited for, and what was done but not yielded yet is given to `left`. Either way an async
    generator given as `items` is closed.
    """
    source = _as_async(items)
    turn = asyncio.Lock()
    done: asyncio.Queue[Result | _End] = asyncio.Queue()

    async def worker() -> None:
        while True:
            async with turn:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    return
            done.put_nowait(await work(item))
            await asyncio.sleep(0)  # the consumer keeps it before this worker begins another

    workers = [asyncio.create_task(worker()) for _ in range(max(1, limit))]
    finished = asyncio.gather(*workers)

    def end(_: object) -> None:
        for task in workers:  # after a fault nothing new is begun, however slow the consumer is
            task.cancel()
        done.put_nowait(_End.END)

    finished.add_done_callback(end)
    try:
        while (result := await done.get()) is not _End.END:
            yield result
        finished.result()  # what was done before a fault is out already; now raise it
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


async def _as_async(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncGenerator[Item, None]:
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

"""Bounded concurrency: order, bounds, faults and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from judge.stages.fanout import fanout
from tests.support.patience import PATIENCE_SECONDS


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story in a loop of its own and see that it leaves no task behind."""

    async def whole() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await story()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(whole())


class Gates:
    """Work that is finished when the test says so, in the order it says."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.ended: list[int] = []
        self._open: dict[int, asyncio.Event] = {}

    def gate(self, item: int) -> asyncio.Event:
        return self._open.setdefault(item, asyncio.Event())

    async def work(self, item: int) -> int:
        self.started.append(item)
        try:
            await self.gate(item).wait()
        finally:
            await asyncio.sleep(0)  # a clean-up that takes a moment
            self.ended.append(item)
        return item


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def double(item: int) -> int:
    await asyncio.sleep(0)
    return item * 2


async def counted(upto: int, pulled: list[int]) -> AsyncIterator[int]:
    for number in range(upto):
        pulled.append(number)
        yield number
        await asyncio.sleep(0)


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_every_item_gives_one_result_and_no_more_than_the_limit_are_under_way(limit: int) -> None:
    async def story() -> None:
        under_way, most = 0, 0

        async def work(item: int) -> int:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            for _ in range(100 + item % 5):
                await asyncio.sleep(0)
            under_way -= 1
            return item

        assert sorted([r async for r in fanout(range(40), work, limit)]) == list(range(40))
        assert most == min(limit, 40)

    play(story)


def test_results_come_in_the_order_in_which_they_are_done() -> None:
    async def story() -> None:
        gates = Gates()
        async with aclosing(fanout(range(3), gates.work, 3)) as results:
            for item in (2, 0, 1):
                gates.gate(item).set()
                assert await anext(results) == item

    play(story)


def test_one_slow_item_holds_up_no_other() -> None:
    async def story() -> None:
        gates = Gates()
        for item in range(1, 100):
            gates.gate(item).set()
        async with aclosing(fanout(range(100), gates.work, 2)) as results:
            assert [await anext(results) for _ in range(99)] == list(range(1, 100))
            gates.gate(0).set()
            assert [r async for r in results] == [0]

    play(story)


@pytest.mark.parametrize("items", [[], iter(())])
def test_no_items_give_no_results(items: Any) -> None:
    async def story() -> None:
        assert [r async for r in fanout(items, double, 3)] == []

    play(story)


def test_ten_thousand_items_are_each_done_once() -> None:
    async def story() -> None:
        assert sorted([r async for r in fanout(range(10_000), double, 64)]) == list(range(0, 20_000, 2))

    play(story)


def test_items_are_pulled_only_as_workers_get_free() -> None:
    async def story() -> None:
        pulled: list[int] = []

        def source() -> Iterator[int]:
            for number in range(1_000_000):
                pulled.append(number)
                yield number

        gates = Gates()
        async with aclosing(fanout(source(), gates.work, 3)) as results:
            gates.gate(1).set()
            assert await anext(results) == 1
            await settle()
            assert pulled == [0, 1, 2, 3]

    play(story)


def test_an_async_source_is_pulled_one_by_one_and_may_be_slow() -> None:
    async def story() -> None:
        pulled: list[int] = []
        gates = Gates()
        gates.gate(0).set()
        async with aclosing(fanout(counted(1000, pulled), gates.work, 2)) as results:
            assert await anext(results) == 0
            await settle()
            assert pulled == [0, 1, 2]

    play(story)


def test_an_item_that_comes_late_does_not_hold_back_what_is_done() -> None:
    async def story() -> None:
        late = asyncio.Event()

        async def source() -> AsyncIterator[int]:
            yield 1
            await late.wait()
            yield 2

        async with aclosing(fanout(source(), double, 4)) as results:
            assert await anext(results) == 2
            late.set()
            assert [r async for r in results] == [4]

    play(story)


# -- faults


def test_what_was_done_before_a_fault_comes_out_first_and_then_the_fault() -> None:
    async def story() -> None:
        gates = Gates()

        async def work(item: int) -> int:
            await gates.work(item)
            if item == 3:
                raise ZeroDivisionError
            return item

        seen: list[int] = []

        async def consume() -> None:
            async with aclosing(fanout(range(1000), work, 5)) as results:
                async for result in results:
                    seen.append(result)
                    for item in range(1, 9):  # all of it happens while the consumer is busy
                        gates.gate(item).set()
                        await settle()

        gates.gate(0).set()
        with pytest.raises(ZeroDivisionError):
            await consume()
        assert seen[:3] == [0, 1, 2]
        assert {*seen} == {*gates.started} - {3}, "what was under way was waited for, and is not lost"
        assert max(gates.started) <= 7, "nothing new is begun after the fault"

    play(story)


def test_nothing_new_is_begun_after_a_fault_however_slow_the_consumer_is() -> None:
    async def story() -> None:
        begun: list[int] = []

        async def work(item: int) -> int:
            begun.append(item)
            await asyncio.sleep(0)
            if item == 1:
                raise ZeroDivisionError
            return item

        async def consume() -> None:
            async with aclosing(fanout(range(100_000), work, 2)) as results:
                async for _ in results:
                    for _ in range(50):
                        await settle()

        with pytest.raises(ZeroDivisionError):
            await consume()
        assert len(begun) < 6

    play(story)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_fault_of_the_source_is_raised_after_the_results_that_were_done(kind: str) -> None:
    async def story() -> None:
        def plain() -> Iterator[int]:
            yield from (1, 2)
            raise KeyError("source")

        async def slow() -> AsyncIterator[int]:
            for item in (1, 2):
                yield item
            await settle()
            raise KeyError("source")

        async def at_once(item: int) -> int:
            return item

        seen = []

        async def consume() -> None:
            async for result in fanout(plain() if kind == "sync" else slow(), at_once, 2):
                seen.append(result)

        with pytest.raises(KeyError, match="source"):
            await consume()
        assert sorted(seen) == [1, 2]

    play(story)


def test_two_faults_at_once_raise_one_and_leave_no_warning() -> None:
    async def story() -> None:
        async def fail(item: int) -> int:
            await asyncio.sleep(0)
            raise ValueError(item)

        with pytest.raises(ValueError, match=r"^[012]$"):
            _ = [r async for r in fanout(range(3), fail, 3)]

    play(story)


# -- leaving early


def left_early(leave: Callable[[Gates], Awaitable[None]]) -> None:
    async def story() -> None:
        gates = Gates()
        await leave(gates)
        assert sorted(gates.ended) == sorted(gates.started)
        begun = len(gates.started)
        await settle()
        assert len(gates.started) == begun, "nothing is begun afterwards"

    play(story)


def test_a_consumer_that_stops_cancels_the_workers_and_waits_for_them() -> None:
    async def leave(gates: Gates) -> None:
        gates.gate(0).set()
        async with aclosing(fanout(range(100), gates.work, 4)) as results:
            async for _ in results:
                break

    left_early(leave)


def test_a_consumer_that_raises_does_so_too() -> None:
    async def leave(gates: Gates) -> None:
        async def consume() -> None:
            gates.gate(0).set()
            async with aclosing(fanout(range(100), gates.work, 4)) as results:
                async for _ in results:
                    raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await consume()

    left_early(leave)


def test_a_cancelled_consumer_cancels_the_workers_and_waits_for_them() -> None:
    async def leave(gates: Gates) -> None:
        async def consume() -> None:
            async with aclosing(fanout(range(100), gates.work, 4)) as results:
                async for _ in results:
                    pass

        task = asyncio.create_task(consume())
        await settle()
        assert len(gates.started) == 4
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    left_early(leave)


def test_the_source_is_closed_when_the_consumer_leaves() -> None:
    async def story() -> None:
        closed = False

        async def source() -> AsyncIterator[int]:
            nonlocal closed
            try:
                while True:
                    yield 1
            finally:
                closed = True

        async with aclosing(fanout(source(), double, 2)) as results:
            await anext(results)
        assert closed

    play(story)

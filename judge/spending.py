"""Work within a budget: each request asks before it is sent and tells what it has used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

from judge.budget import Budget
from judge.grade import GradeWork, Judge, is_empty
from judge.records import Failure, Judgment, Usage


def asking(judge: Judge, budget: Budget | None) -> Callable[[GradeWork], Awaitable[Judgment | Failure]]:
    """Return what gives an outcome and tells the budget of every request, one for a reply without a score too."""
    if budget is None:
        return judge.grade

    async def ask(work: GradeWork) -> Judgment | Failure:
        told = Usage()

        def again(used: Usage) -> bool:
            nonlocal told
            fresh, told = used - told, used
            return budget.again(fresh)

        outcome = await judge.grade(work, again)
        if not is_empty(work):
            budget.settle(outcome.usage - told)
        return outcome

    return ask


async def within(
    pending: Iterable[GradeWork] | AsyncGenerator[GradeWork, None], budget: Budget | None
) -> AsyncGenerator[GradeWork, None]:
    """Yield work as long as the budget admits it; what is under way is waited for before giving up."""
    async for work in pending if isinstance(pending, AsyncGenerator) else _each(pending):
        if budget is not None and not is_empty(work):
            while not budget.admit():
                if not budget.waiting:
                    budget.stopped = True
                    return
                await asyncio.sleep(0.02)
        yield work


async def _each(works: Iterable[GradeWork]) -> AsyncGenerator[GradeWork, None]:
    for work in works:
        yield work

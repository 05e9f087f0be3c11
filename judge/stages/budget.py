"""The sum that --max-cost allows: whether the next request may be sent. Pure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from decimal import Decimal

from judge.endpoints.cost import Prices, dollars, money
from judge.records import Failure, Judgment, Usage
from judge.stages.gradings import Grading, Judge
from judge.wording import Note

FIRST_FEW = 4
"""Requests let go on a guess of their cost."""


class Budget:
    """The sum that --max-cost allows. Ask `admit` before a request and tell `settle` its end.

    What is under way counts with its expected cost, so that the sum is not passed by all that was in flight.
    """

    def __init__(self, limit: Decimal, prices: Prices, each: Decimal, *, fresh: bool = False) -> None:
        """`each`: the expected cost of one request (`Estimate.each`); `fresh`: the command held --fresh."""
        self.limit, self.spent = limit, Decimal(0)
        self.stopped = False
        """Set where work was left for want of money: the run is not complete."""
        self._prices, self._each, self._fresh = prices, each, fresh
        self._dearest = Decimal(0)
        self._under_way = self._settled = 0

    def admit(self) -> bool:
        """Whether one more request may be sent now; if so it counts as under way.

        Until a few have settled, few are let go on the guess; then each counts with the dearest seen.
        """
        if self._settled < FIRST_FEW and self._under_way >= FIRST_FEW:
            return False
        each = self._dearest if self._settled else self._each
        if self.spent + (self._under_way + 1) * each > self.limit:
            return False
        self._under_way += 1
        return True

    @property
    def waiting(self) -> bool:
        """Whether something under way may still make room."""
        return self._under_way > 0

    def settle(self, usage: Usage) -> None:
        """One request has ended and has used this."""
        self._under_way -= 1
        self._settled += 1
        self._spend(usage)

    def again(self, usage: Usage) -> bool:
        """Whether a request that has used this without a result may be sent once more; it is under way all the time."""
        self._spend(usage)
        each = self._dearest or self._each
        if self.spent + self._under_way * each > self.limit:
            self.stopped = True
            return False
        return True

    def _spend(self, usage: Usage) -> None:
        spent = dollars(usage, self._prices)
        self._dearest = max(self._dearest, spent)
        self.spent += spent

    def line(self, judge: str) -> str:
        """Return why the run stopped."""
        limit, spent = money(self.limit), money(self.spent)
        again = "run the same command" + " without --fresh" * self._fresh
        return Note(
            f"judge {judge}: stopped at --max-cost {limit} with {spent} spent; what is finished is saved, {again} with "
            "a higher --max-cost for the rest",
            f"심판 {judge}: {spent}를 쓰고 --max-cost {limit}에서 멈춤. 끝난 것은 저장되어 있으니, 나머지는 "
            f"--max-cost를 높여 {'--fresh 없이 ' * self._fresh}같은 명령을 다시 실행하세요",
        )


def asking(judge: Judge, budget: Budget | None) -> Callable[[Grading], Awaitable[Judgment | Failure]]:
    """Return what gives an outcome and tells the budget of every request, one for a reply without a score too."""
    if budget is None:
        return judge.grade

    async def ask(work: Grading) -> Judgment | Failure:
        told = Usage()

        def again(used: Usage) -> bool:
            nonlocal told
            fresh, told = used - told, used
            return budget.again(fresh)

        outcome = await judge.grade(work, again)
        if not work.rule:
            budget.settle(outcome.usage - told)
        return outcome

    return ask


async def within(
    pending: Iterable[Grading] | AsyncGenerator[Grading, None], budget: Budget | None
) -> AsyncGenerator[Grading, None]:
    """Yield work as long as the budget admits it; what is under way is waited for before giving up."""
    async for work in pending if isinstance(pending, AsyncGenerator) else _each(pending):
        if budget is not None and not work.rule:
            while not budget.admit():
                if not budget.waiting:
                    budget.stopped = True
                    return
                await asyncio.sleep(0.02)
        yield work


async def _each(works: Iterable[Grading]) -> AsyncGenerator[Grading, None]:
    for work in works:
        yield work

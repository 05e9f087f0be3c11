"""Answers on their way to a judge while others are still being made: those that were there before, then fresh ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence

from judge.records import Answer
from judge.runs.answers import StoredAnswers
from judge.stages.conversations import Conversation
from judge.stages.gradings import Grading, Judge, works
from judge.stages.owed import Finished


class AnswerQueue:
    """Fresh answers; unbounded, so that a slow judge never holds the generator back."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Answer | None] = asyncio.Queue()

    def put(self, answer: Answer | None) -> None:
        """Add an answer; None ends it."""
        self._queue.put_nowait(answer)

    async def answers(self) -> AsyncGenerator[Answer, None]:
        """Yield until the end."""
        while (answer := await self._queue.get()) is not None:
            yield answer


class ReadyAnswers:
    """The answers that were there before, read one at a time, as far as they are of these conversations."""

    def __init__(self, stored: StoredAnswers, conversations: Sequence[Conversation]) -> None:
        self._stored = stored
        self._current = {(c.strategy.name, c.question.id): c.digest for c in conversations}

    def __iter__(self) -> Iterator[Answer]:
        return (answer for answer in self._stored if answer in self)

    def __contains__(self, answer: Answer) -> bool:
        return self._current.get((answer.strategy, answer.id)) == answer.digest


async def gradings_of(
    ready: ReadyAnswers, queue: AnswerQueue, judge: Judge, repeats: int, number: int, finished: Finished
) -> AsyncGenerator[Grading, None]:
    """Yield what a judge has to do, as the answers come; fresh answers of other conversations are not its."""
    for answer in ready:
        for work in works(answer, judge.config, repeats, number):
            if work not in finished:
                yield work
    async for answer in queue.answers():
        if answer in ready:
            for work in works(answer, judge.config, repeats, number):
                if work not in finished:
                    yield work

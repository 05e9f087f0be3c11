"""Both stages on one run: what is finished is on disk before anything else happens.

`generate_run` and `judge_run` drive one stage each, `run_both` drives them at once: an answer is judged as soon as it
is complete, and a slow judge never holds the generator back. One consumer a stage writes; nothing else does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing

from judge.cost import Budget
from judge.errors import KojudgeError
from judge.generate import Answerer, Conversation, generate, longest_first, owed
from judge.grade import GradeWork, Judge, grade, is_empty, works
from judge.owed import Rerun, finished_verdicts, owed_verdicts, repeats_of, round_in_force
from judge.progress import Reporter
from judge.records import Answer, AnswerFailure, Failure, Judgment, QuestionId
from judge.run_folder import RunFolder
from judge.tally import Tally, put, stage_of

GENERATE = "generate"


async def generate_run(
    run: RunFolder,
    conversations: Sequence[Conversation],
    answerer: Answerer,
    *,
    concurrency: int,
    report: Reporter,
) -> Tally:
    """Answer what is owed. Inside `run.writing()`. Raises FatalChatError and ServerError; what is done is saved."""
    tally = Tally()
    async with aclosing(_answers(run, conversations, answerer, concurrency, report, tally)) as fresh:
        async for _ in fresh:
            pass
    return tally


async def _answers(
    run: RunFolder,
    conversations: Sequence[Conversation],
    answerer: Answerer,
    concurrency: int,
    report: Reporter,
    tally: Tally,
) -> AsyncGenerator[Answer, None]:
    """Yield every fresh answer once it is saved."""
    names = list(dict.fromkeys(conversation.strategy.name for conversation in conversations))
    work = longest_first(owed(run, conversations), run, names)
    tally.total, tally.before = len(conversations), len(conversations) - len(work)
    report.begin(GENERATE, tally.total, tally.before)
    try:
        async with aclosing(generate(work, answerer, concurrency)) as results:
            async for result in results:
                run.add_answer(result)
                if isinstance(result, AnswerFailure):
                    tally.failed += 1
                    where = f"question {result.id}, {result.strategy}, turn {result.turn}"
                    report.advance(GENERATE, failure=f"{where}: {result.kind}: {result.detail}")
                    continue
                tally.succeeded += 1
                tally.usage = sum(result.usage, tally.usage)
                report.advance(GENERATE)
                yield result
    finally:
        run.add_usage(GENERATE, tally.usage, answerer.notes())


Way = Callable[[list[GradeWork], Callable[[Judgment | Failure, bool], None]], Awaitable[list[GradeWork]]]
"""Another way to get verdicts (a batch): takes the work and where to put outcomes, returns what it left undone. With an
outcome goes whether it is final; a paid reply without a score is kept, but its work is left."""


async def judge_run(
    run: RunFolder,
    strategies: Sequence[str],
    judge: Judge,
    *,
    repeats: int,
    concurrency: int,
    report: Reporter,
    rerun: Rerun = "failed",
    flagged: Collection[tuple[str, QuestionId, int, int]] = (),
    budget: Budget | None = None,
    first: Way | None = None,
) -> Tally:
    """Judge what is owed of the answers on disk. Inside `run.writing()`.

    `all` and `flagged` begin a new round of judging (or go on with one that was interrupted); the verdicts of earlier
    rounds stay in force until it is finished without a failure. `flagged`: (strategy, id, turn, repeat). `budget`
    stops cleanly when it is used up. `first` is tried before ordinary requests.

    Raises FatalChatError; what is done is saved.
    """
    run.note_judge(judge.config)
    answers = [answer for strategy in strategies for answer in run.answers(strategy).values()]
    work = owed_verdicts(run, answers, judge.config, repeats=repeats, rerun=rerun, flagged=flagged)
    if rerun != "failed":
        run.open_round(judge.config.digest(), rerun)
    tally = Tally(total=len(work.everything), before=len(work.everything) - len(work.pending))
    stage, pending = stage_of(judge), work.pending
    report.begin(stage, tally.total, tally.before)
    if first is not None and pending:
        try:
            pending = await first(pending, lambda outcome, final: put(run, outcome, stage, report, tally, final, True))
        finally:
            run.add_usage(f"{stage} (batch)", tally.batch_usage)
    await _write_outcomes(run, pending, judge, concurrency, report, tally, budget)
    if rerun != "failed" and tally.before + tally.succeeded == tally.total:
        run.finish_round(judge.config.digest(), work.round)
    return tally


async def _write_outcomes(
    run: RunFolder,
    pending: Iterable[GradeWork] | AsyncGenerator[GradeWork, None],
    judge: Judge,
    concurrency: int,
    report: Reporter,
    tally: Tally,
    budget: Budget | None = None,
) -> None:
    stage = stage_of(judge)
    before = tally.usage
    try:
        async with aclosing(grade(_within(pending, budget), judge, concurrency)) as outcomes:
            async for outcome in outcomes:
                put(run, outcome, stage, report, tally, True, False)
                if budget is not None and outcome.by == "llm":
                    budget.settle(outcome.usage)
    finally:
        run.add_usage(stage, tally.usage - before, judge.notes())
    if budget is not None and budget.stopped:
        report.say(budget.line(judge.config.judge))


async def _within(
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


async def run_both(
    run: RunFolder,
    conversations: Sequence[Conversation],
    answerer: Answerer,
    judges: Sequence[Judge],
    *,
    repeats: int,
    generate_concurrency: int,
    judge_concurrency: int,
    report: Reporter,
    budgets: Mapping[str, Budget] | None = None,
) -> tuple[Tally, list[Tally]]:
    """Generate and judge at once. Inside `run.writing()`.

    A judge that has to give up does not stop the generator, nor the other way round; the first fault is raised when
    everything that could be finished is.
    """
    strategies = list(dict.fromkeys(conversation.strategy.name for conversation in conversations))
    queues = [_Queue() for _ in judges]
    made = Tally()
    tallies = [Tally() for _ in judges]
    tasks = [_produce(run, conversations, answerer, generate_concurrency, report, made, queues)]
    for judge, queue, tally in zip(judges, queues, tallies, strict=True):
        run.note_judge(judge.config)
        number = round_in_force(run, judge.config)
        finished = finished_verdicts(run, strategies, judge.config, number)
        each = repeats_of(judge.config, repeats)
        turns = sum(len(conversation.question.questions) for conversation in conversations) * each
        current = {(c.strategy.name, c.question.id): c.digest for c in conversations}
        ready = [
            answer
            for strategy in strategies
            for answer in run.answers(strategy).values()
            if current.get((strategy, answer.id)) == answer.digest
        ]
        before = [work for answer in ready for work in works(answer, judge.config, each, number)]
        tally.total = turns
        tally.before = sum(work.digest in finished for work in before)
        report.begin(stage_of(judge), turns, tally.before)
        for answer in ready:
            queue.put(answer)
        pending = _fresh(queue, judge, each, number, finished)
        budget = (budgets or {}).get(judge.config.judge)
        tasks.append(_write_outcomes(run, pending, judge, judge_concurrency, report, tally, budget))
    running = {*range(len(tasks))}
    ends = await asyncio.gather(*(_ended(i, task, running, report) for i, task in enumerate(tasks)))
    fault = next((end for end in ends if end is not None), None)
    if fault is not None:
        raise fault
    return made, tallies


async def _ended(
    index: int, task: Coroutine[None, None, None], running: set[int], report: Reporter
) -> KojudgeError | None:
    """Wait for a stage and return its fault, so that the others go on; while they do, it is told at once."""
    try:
        await task
    except KojudgeError as error:
        if running - {index}:
            report.say(f"{error} (the rest is being finished)")
        return error
    finally:
        running.discard(index)
    return None


class _Queue:
    """Answers on their way to a judge; unbounded, so that a slow judge never holds the generator back."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Answer | None] = asyncio.Queue()

    def put(self, answer: Answer | None) -> None:
        """Add an answer; None ends it."""
        self._queue.put_nowait(answer)

    async def answers(self) -> AsyncGenerator[Answer, None]:
        """Yield until the end."""
        while (answer := await self._queue.get()) is not None:
            yield answer


async def _produce(
    run: RunFolder,
    conversations: Sequence[Conversation],
    answerer: Answerer,
    concurrency: int,
    report: Reporter,
    tally: Tally,
    queues: Sequence[_Queue],
) -> None:
    try:
        async with aclosing(_answers(run, conversations, answerer, concurrency, report, tally)) as fresh:
            async for answer in fresh:
                for queue in queues:
                    queue.put(answer)
    finally:
        for queue in queues:
            queue.put(None)


async def _fresh(
    queue: _Queue, judge: Judge, repeats: int, number: int, finished: set[str]
) -> AsyncGenerator[GradeWork, None]:
    async for answer in queue.answers():
        for work in works(answer, judge.config, repeats, number):
            if work.digest not in finished:
                yield work

"""Both stages on one run: what is finished is on disk before anything else happens.

`generate_run` and `judge_run` drive one stage each, `run_both` drives them at once: an answer is judged as soon as it
is complete, and a slow judge never holds the generator back. One consumer a stage writes; nothing else does.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import aclosing

from judge.errors import KojudgeError
from judge.records import Answer, AnswerFailure, Failure, Judgment, QuestionId
from judge.runs.current import Rerun
from judge.runs.folder import RunFolder
from judge.runs.turns import NO_TURNS, Turns
from judge.stages.answerers import Answerer
from judge.stages.batches import refuse_pending
from judge.stages.budget import Budget, asking, within
from judge.stages.conversations import Conversation, drop_turns, longest_first, owed, resumed
from judge.stages.fanout import fanout
from judge.stages.gradings import Grading, Judge, Subject, Works, works
from judge.stages.owed import Finished, begin_judging, owed_verdicts, repeats_of, round_in_force
from judge.stages.progress import Reporter
from judge.stages.ready import AnswerQueue, ReadyAnswers, gradings_of
from judge.stages.shares import Draw
from judge.stages.tally import Tally, failure_text, save_outcome, stage_of
from judge.stages.turn_counts import TurnCounts
from judge.wording import Note

GENERATE = Note("generate", "답변")


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
    counts = TurnCounts(GENERATE, conversations, work, resumed(run, work), report)
    try:
        async with aclosing(answered(work, answerer, concurrency, run.add_answer, counts.turns())) as results:
            async for result in results:
                run.add_answer(result)
                run.learn(answerer.notes())
                if isinstance(result, AnswerFailure):
                    tally.kinds[result.kind] += 1
                    counts.ended(result, failure_text(result))
                    continue
                tally.succeeded += 1
                tally.usage = sum(result.usage, tally.usage)
                counts.ended(result)
                yield result
    finally:
        run.add_usage(str(GENERATE), tally.usage, answerer.notes())
    drop_turns(run, names)


BatchWay = Callable[[list[Grading], Callable[[Judgment | Failure, bool], None]], Awaitable[list[Grading]]]
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
    first: BatchWay | None = None,
    subjects: Iterable[Subject] | None = None,
    works_of: Works = works,
) -> Tally:
    """Judge what is owed of the answers on disk, or of `subjects`. Inside `run.writing()`.

    `all` and `flagged` begin a new round of judging (or go on with one that was interrupted); the verdicts of earlier
    rounds stay in force until it is finished without a failure. `flagged`: (strategy, id, turn, repeat). `budget`
    stops cleanly when it is used up. `first` is tried before ordinary requests.

    Raises FatalChatError; what is done is saved.
    """
    run.note_judge(judge.config)
    answers = run.stored_answers(strategies) if subjects is None else subjects
    work = owed_verdicts(run, answers, judge.config, repeats=repeats, rerun=rerun, flagged=flagged, works_of=works_of)
    if first is None:
        refuse_pending(run, judge.config, work.pending)
    if rerun != "failed":
        run.open_round(judge.config.digest(), rerun)
    tally = Tally(total=work.total, before=work.total - work.left)
    stage, pending = stage_of(judge), work.pending
    begin_judging(report, stage, run, judge.config, tally.total, tally.before)
    if first is not None and work.left:

        def keep(outcome: Judgment | Failure, final: bool) -> None:
            save_outcome(run, outcome, stage, report, tally, final, True)

        try:
            pending = await first(list(pending), keep)
        finally:
            run.add_usage(f"{stage} (batch)", tally.batch_usage)
    await _write_outcomes(run, pending, judge, concurrency, report, tally, budget)
    if rerun != "failed" and tally.complete:
        run.finish_round(judge.config.digest(), work.round)
    return tally


async def _write_outcomes(
    run: RunFolder,
    pending: Iterable[Grading] | AsyncGenerator[Grading, None],
    judge: Judge,
    concurrency: int,
    report: Reporter,
    tally: Tally,
    budget: Budget | None = None,
) -> None:
    stage, before, mine = stage_of(judge), tally.usage, judge.config.digest()

    def save(outcome: Judgment | Failure) -> None:
        save_outcome(run, outcome, stage, report, tally, True, False)

    try:
        async with aclosing(fanout(within(pending, budget), asking(judge, budget), concurrency, save)) as outcomes:
            async for outcome in outcomes:
                save(outcome)
                run.learn(judge.notes(), mine)
    finally:
        run.add_usage(str(stage), tally.usage - before, judge.notes(), mine)
    if budget is not None and budget.stopped:
        report.say(budget.line(judge.config.judge))


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
    draw: Draw | None = None,
) -> tuple[Tally, list[Tally]]:
    """Generate and judge at once. Inside `run.writing()`. `draw`: who has which question, where judges share them.

    A judge that has to give up does not stop the generator, nor the other way round; the first fault is raised when
    everything that could be finished is.
    """
    strategies = list(dict.fromkeys(conversation.strategy.name for conversation in conversations))
    queues = [AnswerQueue() for _ in judges]
    made, tallies = Tally(), [Tally() for _ in judges]
    tasks = [_produce(run, conversations, answerer, generate_concurrency, report, made, queues)]
    for judge, queue, tally in zip(judges, queues, tallies, strict=True):
        run.note_judge(judge.config)
        number = round_in_force(run, judge.config)
        finished = Finished(run, judge.config, number)
        each = repeats_of(judge.config, repeats)
        mine = [c for c in conversations if draw is None or draw.has(judge.config.judge, c.question)]
        turns = sum(len(conversation.question.questions) for conversation in mine) * each
        ready = ReadyAnswers(run.stored_answers(strategies), mine)
        pending = (w for a in ready for w in works(a, judge.config, each, number) if w not in finished)
        refuse_pending(run, judge.config, pending)
        tally.total = turns
        tally.before = sum(w in finished for a in ready for w in works(a, judge.config, each, number))
        begin_judging(report, stage_of(judge), run, judge.config, turns, tally.before)
        fresh = gradings_of(ready, queue, judge, each, number, finished)
        budget = (budgets or {}).get(judge.config.judge)
        tasks.append(_write_outcomes(run, fresh, judge, judge_concurrency, report, tally, budget))
    await together(tasks, report)
    return made, tallies


async def together(tasks: Sequence[Coroutine[None, None, None]], report: Reporter) -> None:
    """Do all of them at once. The fault of one does not stop the others: it is told now and raised at the end."""
    running = {*range(len(tasks))}
    ends = await asyncio.gather(*(_ended(i, task, running, report) for i, task in enumerate(tasks)))
    fault = next((end for end in ends if end is not None), None)
    if fault is not None:
        raise fault


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


async def _produce(
    run: RunFolder,
    conversations: Sequence[Conversation],
    answerer: Answerer,
    concurrency: int,
    report: Reporter,
    tally: Tally,
    queues: Sequence[AnswerQueue],
) -> None:
    try:
        async with aclosing(_answers(run, conversations, answerer, concurrency, report, tally)) as fresh:
            async for answer in fresh:
                for queue in queues:
                    queue.put(answer)
    finally:
        for queue in queues:
            queue.put(None)


def answered(
    work: Sequence[Conversation],
    answerer: Answerer,
    concurrency: int,
    left: Callable[[Answer | AnswerFailure], None] = lambda _: None,
    turns: Turns = NO_TURNS,
) -> AsyncGenerator[Answer | AnswerFailure, None]:
    """Yield an answer or a failure a conversation, in completion order; `left` is given what could not be yielded."""
    return fanout(work, lambda conversation: answerer.answer(conversation, turns), concurrency, left)

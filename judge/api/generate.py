"""Answers of one model: `judge.generate`, and what `run` shares with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from judge.api.calls import takes
from judge.api.connect import answering
from judge.api.options import MODEL_CONCURRENCY, GenerateOptions
from judge.api.plan import Plan, plan_of
from judge.api.values import PathLike
from judge.stages.pipeline import generate_run
from judge.stages.progress import Reporter, reporter
from judge.stages.tally import Tally


@dataclass(frozen=True)
class Generated:
    """The run that `generate` has made or gone on with; it can be given wherever a path is taken."""

    path: Path
    answered: int
    """Conversations that are complete, those of earlier calls included."""
    failed: int
    """Conversations that failed in this call; the same call asks them again."""
    expected: int

    def __fspath__(self) -> str:
        """Return the run folder."""
        return str(self.path)


@takes(GenerateOptions)
async def generate(model: PathLike, options: GenerateOptions) -> Generated:
    """Let a model answer what it has not answered yet, as `kojudge generate` does.

    Raises KojudgeError. Conversations that failed are no error: they are counted in `failed`.
    """
    plan = plan_of(model, options)
    with reporter(quiet=not options.progress) as report:
        tally = await generate_all(plan, options, report)
    return Generated(plan.run.path, tally.before + tally.succeeded, tally.failed, tally.total)


async def generate_all(plan: Plan, options: GenerateOptions, report: Reporter) -> Tally:
    """Answer what is owed and return what came of it."""
    with plan.run.writing():
        begin(plan, options, report)
        async with answering(plan, options, report) as answerer:
            tally = await generate_run(
                plan.run,
                plan.conversations,
                answerer,
                concurrency=options.concurrency or MODEL_CONCURRENCY,
                report=report,
            )
        if tally.complete:
            plan.run.finish_fresh()
        return tally


def begin(plan: Plan, options: GenerateOptions, report: Reporter) -> None:
    """Open the run folder, after moving an earlier run aside where that is asked for."""
    if options.fresh and (done := plan.run.make_room(plan.config)):
        report.say(done)
    for note in plan.notes:
        report.say(note)
    plan.run.begin(
        plan.config,
        plan.asked,
        plan.of_questions,
        edition=plan.edition,
        question_file=plan.question_file,
        fresh=options.fresh,
    )

"""Generate and judge at once: `judge.run`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from judge.api.calls import takes
from judge.api.connect import answering, judging
from judge.api.estimate import budget_of, cost_text, say_cost
from judge.api.generate import begin
from judge.api.judge import note_server, series_in
from judge.api.options import JUDGE_CONCURRENCY, MODEL_CONCURRENCY, RunOptions
from judge.api.plan import Plan, judge_plans, plan_of
from judge.api.shares import draw_of_run
from judge.api.values import PathLike
from judge.config import JudgeConfig
from judge.records import Answer
from judge.stages.gradings import Judge
from judge.stages.owed import owed_verdicts
from judge.stages.pipeline import generate_run, judge_run, run_both
from judge.stages.progress import Reporter, reporter
from judge.stages.tally import Tally

if TYPE_CHECKING:
    import pandas as pd


@takes(RunOptions)
async def run(model: PathLike, options: RunOptions) -> pd.DataFrame:
    """Generate and judge at once, as `kojudge run` does, and return the rows of these judges.

    Raises KojudgeError. Verdicts that failed are counted in `failed`.
    """
    from judge.tables.means import frame, mean_rows

    plan = plan_of(model, options)
    judges = {config.digest() for config, _ in judge_plans(options)}
    with reporter(quiet=not options.progress) as report:
        await run_all(plan, options, report, [])
    return frame(mean_rows(series_in(plan.run, judges, {strategy.name for strategy in plan.strategies})))


async def run_all(plan: Plan, options: RunOptions, report: Reporter, costs: list[str]) -> Tally:
    """Generate and judge at once; return what came of the conversations, and put what was spent into `costs`."""
    log = plan.run.path / "judge-vllm.log"
    limits = {
        "generate_concurrency": options.concurrency or MODEL_CONCURRENCY,
        "judge_concurrency": options.judge_concurrency or JUDGE_CONCURRENCY,
    }

    def spent(judge: Judge, tally: Tally) -> None:
        say_cost(judge, [tally], options, report)
        costs.extend(filter(None, [cost_text(judge, [tally], options)]))

    names = [strategy.name for strategy in plan.strategies]
    draw = draw_of_run(plan.run, names, (conversation.question for conversation in plan.conversations), options)

    def mine(config: JudgeConfig) -> Iterable[Answer]:
        answers = plan.run.stored_answers(names)
        return answers if draw is None else draw.share(config.judge, answers)

    with plan.run.writing():
        begin(plan, options, report)
        if options.judge_vllm and plan.access is None and plan.baseline is None:  # two engines, one set of GPUs
            async with answering(plan, options, report) as answerer:
                made = await generate_run(
                    plan.run, plan.conversations, answerer, concurrency=limits["generate_concurrency"], report=report
                )

            def is_owed(config: JudgeConfig) -> bool:
                answers = mine(config)
                return bool(answers) and owed_verdicts(plan.run, answers, config, repeats=options.repeats).left > 0

            tallies: list[Tally] = []
            async with judging(options, log, report, is_owed) as judges:
                for judge in judges:
                    if draw is not None and not mine(judge.config):
                        continue
                    tally = await judge_run(
                        plan.run,
                        names,
                        judge,
                        repeats=options.repeats,
                        concurrency=limits["judge_concurrency"],
                        report=report,
                        budget=budget_of(judge.config, options),
                        subjects=mine(judge.config),
                    )
                    tallies.append(tally)
                    spent(judge, tally)
                    await note_server(plan.run, judge)
            if made.complete and all(tally.complete for tally in tallies):
                plan.run.finish_fresh()
            return made
        async with judging(options, log, report) as judges, answering(plan, options, report) as answerer:
            budgets = {judge.config.judge: budget_of(judge.config, options) for judge in judges}
            made, tallies = await run_both(
                plan.run,
                plan.conversations,
                answerer,
                judges,
                repeats=options.repeats,
                report=report,
                budgets={name: budget for name, budget in budgets.items() if budget is not None},
                draw=draw,
                **limits,
            )
            for judge, tally in zip(judges, tallies, strict=True):
                spent(judge, tally)
                await note_server(plan.run, judge)
            if made.complete and all(tally.complete for tally in tallies):
                plan.run.finish_fresh()
            return made

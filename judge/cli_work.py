"""Verbs that go the whole way: `run` and `demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge import cli_options as shared
from judge import demo, rules, tables
from judge.cli_cost import add_costs, budget_of, cost_text, say_cost
from judge.cli_generate import MODEL_CONCURRENCY, Plan, add_generation, answering, begin, plan_of
from judge.cli_judge import note_server, show_rows
from judge.cli_judges import JUDGE_CONCURRENCY, judge_plans, judging
from judge.cli_output import format_of, screen_of
from judge.cli_show import exit_code, table_text
from judge.config import JudgeConfig
from judge.errors import KojudgeError
from judge.grade import Judge
from judge.owed import owed_verdicts
from judge.pipeline import generate_run, judge_run, run_both
from judge.progress import Reporter, reporter
from judge.render import summary
from judge.sources import series_of_run
from judge.tally import Tally

DEMO_DRAWS = 2000
"""Bootstrap draws of the demo's tables; `kojudge table` takes more."""

RUN_EXAMPLES = """examples:
  kojudge run my-org/my-model --judge gpt-4o
  kojudge run my-model --base-url http://127.0.0.1:8000/v1 --judge gpt-4o --strategy 0-shot,cot-1-shot
  kojudge run baseline:echo --judge rules
"""
DEMO_EXAMPLES = """examples:
  kojudge demo
  kojudge demo --out my-demo
"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command's subparsers."""
    shape = argparse.RawDescriptionHelpFormatter
    example = verbs.add_parser(
        "demo", help="the whole way on embedded parts", epilog=DEMO_EXAMPLES, formatter_class=shape
    )
    example.add_argument("--out", type=Path, default=Path("outputs/demo"), metavar="DIR", help="default: outputs/demo")
    example.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    shared.add_common(example)
    example.set_defaults(run=run_demo)

    both = verbs.add_parser(
        "run", help="generate and judge at once, then print the tables", epilog=RUN_EXAMPLES, formatter_class=shape
    )
    add_generation(both)
    shared.add_judges(both, alias=False)
    add_costs(both, dry=False)
    both.add_argument("--no-report", action="store_true", help="do not write report.html into the run folder")
    both.set_defaults(run=run_run)


def run_run(options: argparse.Namespace) -> int:
    """Generate and judge at once and print the tables; 1 where something failed or is missing."""
    judge_plans(options)
    plan = plan_of(options)
    costs: list[str] = []
    with reporter(quiet=options.quiet) as report:
        unanswered = shared.run_async(run_all(plan, options, report, costs))
    digests = {config.digest() for config, _ in judge_plans(options)}
    rows = show_rows(plan.run, digests, options, {strategy.name for strategy in plan.strategies})
    page = "" if options.no_report else write_page([plan.run.path], plan.run.path / "report.html")
    if not options.json:
        text = summary(
            rows, str(plan.run.path), costs=costs, page=page, format=format_of(options), screen=screen_of(options)
        )
        print("\n" + text, end="")
    return max(exit_code(rows), int(unanswered > 0))


def write_page(paths: Sequence[Path], out: Path) -> str:
    """Write the report and return its path; what cannot be written is said and costs nothing else."""
    from judge.report import write_report

    try:
        return str(write_report(paths, out).path)
    except KojudgeError as error:
        print(f"kojudge: no report was written: {error}", file=sys.stderr)
        return ""


async def run_all(plan: Plan, options: argparse.Namespace, report: Reporter, costs: list[str]) -> int:
    """Generate and judge at once; return how many conversations failed and put what was spent into `costs`."""
    log = plan.run.path / "judge-vllm.log"
    limits = {
        "generate_concurrency": options.concurrency or MODEL_CONCURRENCY,
        "judge_concurrency": options.judge_concurrency or JUDGE_CONCURRENCY,
    }

    def spent(judge: Judge, tally: Tally) -> None:
        say_cost(judge, [tally], options, report)
        costs.extend(filter(None, [cost_text(judge, [tally], options)]))

    with plan.run.writing():
        begin(plan, options, report)
        if options.judge_vllm and plan.access is None and plan.baseline is None:  # two engines, one set of GPUs
            async with answering(plan, options, report) as answerer:
                made = await generate_run(
                    plan.run, plan.conversations, answerer, concurrency=limits["generate_concurrency"], report=report
                )

            def is_owed(config: JudgeConfig) -> bool:
                answers = plan.run.stored_answers([strategy.name for strategy in plan.strategies])
                return owed_verdicts(plan.run, answers, config, repeats=options.repeats).left > 0

            async with judging(options, log, report, is_owed) as judges:
                for judge in judges:
                    tally = await judge_run(
                        plan.run,
                        [strategy.name for strategy in plan.strategies],
                        judge,
                        repeats=options.repeats,
                        concurrency=limits["judge_concurrency"],
                        report=report,
                        budget=budget_of(judge.config, options),
                    )
                    spent(judge, tally)
                    await note_server(plan.run, judge)
            return made.failed
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
                **limits,
            )
            for judge, tally in zip(judges, tallies, strict=True):
                spent(judge, tally)
                await note_server(plan.run, judge)
            return made.failed


def run_demo(options: argparse.Namespace) -> int:
    """The whole way on embedded parts: no GPU, key or network."""
    with reporter(quiet=options.quiet) as report:
        runs = shared.run_async(demo.run(options.out, report))
    series = [one for run in runs for one in series_of_run(run)]
    rows = tables.rows(series)
    if options.json:
        sys.stdout.write(table_text(rows, format="json"))
        return 0
    from judge import boards  # numpy, which a run that cannot begin need not wait for

    views: tuple[tables.By, ...] = ("strategy", "model")
    for view in views:
        found = boards.with_intervals(rows, series, ci="bootstrap", by=view, draws=DEMO_DRAWS)
        print(table_text(found, format=format_of(options), by=view, screen=screen_of(options)))
    page = write_page([run.path for run in runs], options.out / "report.html")
    opened = f", or open {page} in a browser" if page else ""
    print(f"{rules.CAVEAT}\nEverything is in {options.out}: look at it with kojudge table {options.out}{opened}")
    return 0

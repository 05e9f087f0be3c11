"""Verbs that go the whole way: `run` and `demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge.api.demo import ending as demo_ending
from judge.api.demo import make_demo
from judge.api.options import RunOptions
from judge.api.plan import judge_plans, plan_of
from judge.api.run import run_all
from judge.api.table import exit_code, table_text
from judge.cli.judge import show_rows
from judge.cli.options import add_common, add_generation, add_judging, add_work, filled, path_of, run_async
from judge.cli.output import lang_of, plain_format, screen_of
from judge.errors import KojudgeError
from judge.sources.run_results import results_of_run
from judge.stages.progress import reporter
from judge.tables.means import mean_rows
from judge.tables.summary import run_summary

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
    example.add_argument(
        "--out", type=path_of, default=Path("outputs/demo"), metavar="DIR", help="default: outputs/demo"
    )
    example.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    add_common(example)
    example.set_defaults(run=run_demo)

    both = verbs.add_parser(
        "run", help="generate and judge at once, then print the tables", epilog=RUN_EXAMPLES, formatter_class=shape
    )
    add_generation(both)
    add_judging(both, RunOptions)
    add_work(both, RunOptions)
    both.add_argument("--no-report", action="store_true", help="do not write report.html into the run folder")
    both.set_defaults(run=run_run)


def run_run(options: argparse.Namespace) -> int:
    """Generate and judge at once and print the tables; 1 where something failed or is missing."""
    given = filled(RunOptions, options)
    plan = plan_of(options.model, given)
    digests = {config.digest() for config, _ in judge_plans(given)}
    costs: list[str] = []
    with reporter(quiet=options.quiet, lang=lang_of()) as report:
        made = run_async(run_all(plan, given, report, costs))
    rows = show_rows(plan.run, digests, {strategy.name for strategy in plan.strategies}, json=options.json)
    page = "" if options.no_report else write_page([plan.run.path], plan.run.path / "report.html")
    if not options.json:
        text = run_summary(
            rows,
            str(plan.run.path),
            costs=costs,
            page=page,
            unanswered=made.kinds,
            fresh=given.fresh,
            format=plain_format(),
            screen=screen_of(),
            lang=lang_of(),
        )
        print("\n" + text, end="")
    return max(exit_code(rows), int(made.failed > 0))


def write_page(paths: Sequence[Path], out: Path) -> str:
    """Write the report and return its path; what cannot be written is said and costs nothing else."""
    from judge.reports.page import write_report

    try:
        return str(write_report(paths, out).path)
    except KojudgeError as error:
        print(f"kojudge: no report was written: {error}", file=sys.stderr)
        return ""


def run_demo(options: argparse.Namespace) -> int:
    """The whole way on embedded parts: no GPU, key or network."""
    with reporter(quiet=options.quiet, lang=lang_of()) as report:
        runs = run_async(make_demo(options.out, report))
    series = [one for run in runs for one in results_of_run(run)]
    if options.json:
        sys.stdout.write(table_text(mean_rows(series), format="json"))
        return 0
    page = write_page([run.path for run in runs], options.out / "report.html")
    sys.stdout.write(demo_ending(series, options.out, page, screen_of(), lang_of()))
    return 0

"""The verb `judge`: saved answers are judged, at once, by batch, or by files for an offline runner."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, get_args

from judge.api.batches import export
from judge.api.estimate import dry_run
from judge.api.judge import judge_all, judgments_owed, series_in, series_of, targets_of
from judge.api.options import check_judges
from judge.api.plan import judge_config, judge_plans
from judge.api.rejudge import reparse_runs
from judge.api.table import exit_code, table_text
from judge.cli.options import add_common, add_connection, add_judges, add_output, add_questions, positive, run_async
from judge.cli.output import format_of, screen_of
from judge.config import RULES
from judge.errors import ConfigError
from judge.packs.folder import load_settings
from judge.packs.judge_prompts import load_judge_prompts
from judge.rules.scoring import rules_config
from judge.runs.folder import RunFolder
from judge.sources.saved_answers import ToJudge
from judge.stages.judges import LlmJudge, NoChat
from judge.stages.owed import Rerun
from judge.stages.progress import reporter
from judge.tables.means import rows as tables_rows
from judge.tables.row import Row
from judge.tables.series import Series


def add_batches(parser: argparse.ArgumentParser) -> None:
    """Add the ways to judge that need complete answers."""
    ways = parser.add_argument_group("batches")
    ways.add_argument("--batch", action="store_true", help="use the Batch API: half the price, within a day")
    ways.add_argument("--batch-poll", type=positive, metavar="SECONDS", help="default: 5 to 60")
    ways.add_argument("--batch-export", type=Path, metavar="FILE", help="write the requests for an offline runner")
    ways.add_argument("--batch-import", type=Path, metavar="FILE", help="read an offline runner's results")


def add_costs(parser: argparse.ArgumentParser, *, dry: bool) -> None:
    """Add prices and limits; `dry`: and --dry-run."""
    group = parser.add_argument_group("cost")
    group.add_argument("--price-in", metavar="X", help="dollars per million tokens in")
    group.add_argument("--price-out", metavar="X", help="dollars per million tokens out")
    group.add_argument("--price-cached", metavar="X", help="dollars per million cached tokens in")
    group.add_argument("--prices", type=Path, metavar="FILE.yaml", help="lines like gpt-4o: {in: 2.5, out: 10}")
    group.add_argument("--max-cost", metavar="X", help="stop cleanly before a judge costs more than this")
    if dry:
        group.add_argument("--dry-run", action="store_true", help="say what would be asked and cost, ask nothing")


JUDGE_EXAMPLES = """examples:
  kojudge judge outputs/my-org/my-model --judge gpt-4o
  kojudge judge generated/my-org/my-model/default.jsonl --judge rules
  kojudge judge generated/ --judge my-judge --judge-base-url http://127.0.0.1:8000/v1
  kojudge judge answers.jsonl --model-name my-org/my-model --strategy 0-shot --judge gpt-4o
"""


def add_verbs(verbs: Any) -> None:
    """Add `judge`."""
    shape = argparse.RawDescriptionHelpFormatter
    judge = verbs.add_parser("judge", help="judge saved answers", epilog=JUDGE_EXAMPLES, formatter_class=shape)
    again = judge.add_argument_group("judging again")
    again.add_argument(
        "--rerun",
        choices=get_args(Rerun),
        default="failed",
        help="judge failed verdicts again (default), all, or those that the audit flags",
    )
    again.add_argument("--reparse", action="store_true", help="read the stored replies again; asks and pays nothing")
    judge.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="runs, answers files, LogicKor's generated/")
    add_judges(judge, alias=True)
    add_costs(judge, dry=True)
    add_batches(judge)
    add_connection(judge)
    add_questions(judge)
    add_output(judge)
    add_common(judge)
    judge.set_defaults(run=run_judge)


def run_judge(options: argparse.Namespace) -> int:
    """Judge saved answers and print their table; 1 where a verdict failed or is missing."""
    if options.reparse:
        targets, digests = reparse_runs(options)
        return _show(targets, digests, options)
    if options.dry_run or options.batch_export:
        return _ask_nothing(targets_of(options), options)
    targets = targets_of(options)
    with reporter(quiet=options.quiet) as report:
        failed = run_async(judge_all(targets, options, report))
    return max(_show(targets, {config.digest() for config, _ in judge_plans(options)}, options), int(failed > 0))


def _ask_nothing(targets: Sequence[ToJudge], options: argparse.Namespace) -> int:
    """Say what would be asked, or write it to a file; no key and no endpoint is needed."""
    names = [*check_judges(options.judge or []), *([options.judge_vllm] if options.judge_vllm else [])]
    if not names:
        raise ConfigError(f"no judge: give --judge NAME (a model, or {RULES}) or --judge-vllm MODEL")
    found: list[dict[str, Any]] = []
    for target in targets:
        run = target.run
        for name in names:
            rules = rules_config(load_settings(options.pack).judge)
            config = rules if name == RULES else judge_config(name, options)
            owed = judgments_owed(target, config, options)
            if options.dry_run:
                found.append(dry_run(run, owed, config, options))
            elif name != RULES and len(targets) == 1:
                export(run, owed, LlmJudge(NoChat(), load_judge_prompts(options.pack), config), options.batch_export)
            else:
                raise ConfigError("--batch-export takes one run and one judge behind an endpoint")
    if options.dry_run and options.json:
        print(json.dumps({"dry_run": found}, ensure_ascii=False, indent=2))
    return 0


def _show(targets: Sequence[ToJudge], digests: Collection[str], options: argparse.Namespace) -> int:
    return exit_code(_shown(series_of(targets, digests), options))


def show_rows(
    run: RunFolder, digests: Collection[str], options: argparse.Namespace, strategies: Collection[str]
) -> list[Row]:
    """Print the table of these judge configurations and strategies and return its rows."""
    return _shown(series_in(run, digests, strategies), options)


def _shown(series: Sequence[Series], options: argparse.Namespace) -> list[Row]:
    rows = tables_rows(series)
    if not options.json:
        from judge.trust.intervals import with_intervals  # numpy, which a judge that refuses its key need not wait for

        rows = with_intervals(rows, series, ci="bootstrap")
    sys.stdout.write(table_text(rows, format=format_of(options), screen=screen_of(options)))
    return rows

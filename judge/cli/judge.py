"""The verb `judge`: saved answers are judged, at once, by batch, or by files for an offline runner."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from json import dumps
from pathlib import Path
from typing import Any

from judge.api.batches import export
from judge.api.estimate import dry_run
from judge.api.judge import judge_all, judgments_owed, series_in, series_of, targets_of
from judge.api.judges import judge_model
from judge.api.options import JudgeOptions
from judge.api.plan import judge_configs, judge_plans
from judge.api.rejudge import reparse_runs
from judge.api.shares import draw_of
from judge.api.table import exit_code, table_text
from judge.cli.options import add_judging, add_options, add_work, filled, path_of, run_async
from judge.cli.output import lang_of, plain_format, screen_of
from judge.config import RULES
from judge.errors import ConfigError
from judge.runs.folder import RunFolder
from judge.sources.saved_answers import ToJudge
from judge.stages.judges import NoChat
from judge.stages.progress import reporter
from judge.tables.means import mean_rows
from judge.tables.results import Results
from judge.tables.row import Row
from judge.wording import Lang, worded

JUDGE_EXAMPLES = """examples:
  kojudge judge outputs/my-org/my-model --judge gpt-4o
  kojudge judge generated/my-org/my-model/default.jsonl --judge rules
  kojudge judge generated/ --judge my-judge --judge-base-url http://127.0.0.1:8000/v1
  kojudge judge outputs --judge gpt-4o --judge my-judge --share     each question by one of them
  kojudge judge answers.jsonl --model-name my-org/my-model --strategy 0-shot --judge gpt-4o
"""


def add_verbs(verbs: Any) -> None:
    """Add `judge`."""
    shape = argparse.RawDescriptionHelpFormatter
    judge = verbs.add_parser("judge", help="judge saved answers", epilog=JUDGE_EXAMPLES, formatter_class=shape)
    again = judge.add_argument_group("judging again")
    add_options(again, JudgeOptions, rerun="", reparse="")
    judge.add_argument(
        "paths", nargs="+", type=path_of, metavar="PATH", help="runs, answers files, LogicKor's generated/"
    )
    add_judging(judge, JudgeOptions)
    ways = judge.add_argument_group("batches")
    add_options(ways, JudgeOptions, batch="", batch_poll="SECONDS", batch_import="FILE")
    ways.add_argument("--batch-export", type=path_of, metavar="FILE", help="write the requests for an offline runner")
    add_work(judge, JudgeOptions)
    judge.set_defaults(run=run_judge)


def run_judge(options: argparse.Namespace) -> int:
    """Judge saved answers and print their table; 1 where a verdict failed or is missing."""
    given = filled(JudgeOptions, options, progress=not options.quiet)
    if given.reparse:
        return _show(*reparse_runs(options.paths, given), json=options.json)
    asks = not (options.dry_run or options.batch_export)
    targets = targets_of(options.paths, given, asks=asks)
    if not asks:
        how: Any = {"dry": options.dry_run, "json": options.json, "lang": lang_of()}
        return ask_nothing(targets, given, export_to=options.batch_export, **how)
    with reporter(quiet=options.quiet, lang=lang_of()) as report:
        failed = run_async(judge_all(targets, given, report))
    digests = {config.digest() for config, _ in judge_plans(given)}
    return max(_show(targets, digests, json=options.json), int(failed > 0))


def ask_nothing(
    targets: Sequence[ToJudge],
    options: JudgeOptions,
    *,
    export_to: Path | None,
    dry: bool,
    json: bool,
    lang: Lang,
) -> int:
    """Say what would be asked, or write it to a file; no key and no endpoint is needed."""
    configs, draw = judge_configs(options), draw_of(targets, options, keep=export_to is not None)
    found: list[dict[str, Any]] = []
    for target in targets:
        run = target.run
        for config in configs:
            owed = judgments_owed(target, config, options, draw)
            if dry:
                line, data = dry_run(run, owed, config, options)
                found.append(data)
                if not json:
                    print(worded(line, lang))
            elif export_to is not None and config.judge != RULES and len(targets) == len(configs) == 1:
                export(run, owed, judge_model(NoChat(), config, options), export_to)
            else:
                raise ConfigError("--batch-export takes one run and one judge behind an endpoint")
    if dry and json:
        print(dumps({"dry_run": found}, ensure_ascii=False, indent=2))
    return 0


def _show(targets: Sequence[ToJudge], digests: Collection[str], *, json: bool) -> int:
    return exit_code(_shown(series_of(targets, digests), json=json))


def show_rows(run: RunFolder, digests: Collection[str], strategies: Collection[str], *, json: bool) -> list[Row]:
    """Print the table of these judge configurations and strategies and return its rows."""
    return _shown(series_in(run, digests, strategies), json=json)


def _shown(series: Sequence[Results], *, json: bool) -> list[Row]:
    rows = mean_rows(series)
    if not json:
        from judge.trust.intervals import with_intervals  # numpy, which a judge that refuses its key need not wait for

        rows = with_intervals(rows, series, ci="bootstrap")
    sys.stdout.write(table_text(rows, format="json" if json else plain_format(), screen=screen_of(), lang=lang_of()))
    return rows

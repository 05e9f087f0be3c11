"""What the judging verbs share, and `judge` itself."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from pathlib import Path
from typing import Any, get_args

from judge import cli_options as shared
from judge import demo, tables
from judge.chat import ChatClient
from judge.cli_again import flagged_keys, reparse_runs
from judge.cli_batch import Named, add_batches, check_batches, export, first_way
from judge.cli_cost import add_costs, budget_of, dry_run, say_cost
from judge.cli_judges import JUDGE_CONCURRENCY, judge_config, judge_plans, judging
from judge.cli_output import format_of, screen_of
from judge.cli_show import exit_code, table_text
from judge.config import RULES, JudgeConfig
from judge.errors import ConfigError
from judge.grade import Judge, LlmJudge, NoChat
from judge.owed import Owed, Rerun, owed_verdicts
from judge.packs import load_judge_prompts, load_questions, load_settings
from judge.pipeline import judge_run, together
from judge.progress import Reporter, reporter
from judge.run_folder import RunFolder
from judge.saved_answers import ToJudge, import_saved, load_answers
from judge.sources import series_of_run
from judge.tally import Tally

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
    shared.add_judges(judge, alias=True)
    add_costs(judge, dry=True)
    add_batches(judge)
    shared.add_connection(judge)
    shared.add_questions(judge)
    shared.add_output(judge)
    shared.add_common(judge)
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
        failed = shared.run_async(judge_all(targets, options, report))
    return max(_show(targets, {config.digest() for config, _ in judge_plans(options)}, options), int(failed > 0))


def targets_of(options: argparse.Namespace) -> list[ToJudge]:
    """Resolve and check everything before anything is started, and return what is to be judged."""
    check_batches(options)
    if not (options.dry_run or options.batch_export):
        judge_plans(options)
    own = options.questions or (options.pack and (options.pack / "questions").is_dir())
    questions = load_questions(options.pack, options.questions) if own else None
    targets = load_answers(
        options.paths,
        options.out,
        model_name=options.model_name,
        strategies=options.strategy or [],
        questions=questions,
        renew=options.questions is not None,
    )

    for target in targets:
        if options.fresh and not target.saved:
            raise ConfigError(
                f"--fresh is for saved answers that become a run; {target.run.path} is one already: --rerun all judges "
                "it again, and its old verdicts count until that is finished"
            )
    return targets


async def judge_all(targets: Sequence[ToJudge], options: argparse.Namespace, report: Reporter) -> int:
    """Judge what is owed of every target and return how many verdicts failed."""
    tallies: dict[str, list[Tally]] = {}
    log = targets[0].run.path / "judge-vllm.log"
    async with judging(options, log, report, lambda config: _is_owed(targets, config, options)) as judges:
        budgets = {judge.config.judge: budget_of(judge.config, options) for judge in judges}

        async def one(target: ToJudge, judge: Judge, report: Reporter) -> None:
            tally = await judge_run(
                target.run,
                target.strategies,
                judge,
                repeats=options.repeats,
                concurrency=options.judge_concurrency or JUDGE_CONCURRENCY,
                report=report,
                rerun=options.rerun,
                flagged=flagged_keys(target.run, judge.config) if options.rerun == "flagged" else (),
                budget=budgets[judge.config.judge],
                first=first_way(target.run, judge, options, report),
            )
            tallies.setdefault(judge.config.judge, []).append(tally)
            await note_server(target.run, judge)

        try:
            await _all(targets, judges, one, options, report)
        finally:
            for judge in judges:
                say_cost(judge, tallies.get(judge.config.judge, []), options, report)
    return sum(tally.failed for mine in tallies.values() for tally in mine)


async def note_server(run: RunFolder, judge: Judge) -> None:
    """Record the version of vLLM behind a judge, where it is one."""
    chat = getattr(judge, "chat", None)
    if isinstance(chat, ChatClient) and chat.sdk().base_url.host != "api.openai.com":
        run.note_server(judge.config.judge, await chat.vllm().version())


async def _all(
    targets: Sequence[ToJudge],
    judges: Sequence[Judge],
    one: Callable[[ToJudge, Judge, Reporter], Coroutine[None, None, None]],
    options: argparse.Namespace,
    report: Reporter,
) -> None:
    """Do every run with every judge, one after the other; batches, which take hours, all at once."""

    async def of_run(mine: Sequence[ToJudge], report: Reporter) -> None:
        for target in mine:
            with target.run.writing():
                if options.fresh and target.saved and (aside := target.run.move_aside()):
                    report.say(f"the earlier run is now in {aside}")
                if taken := import_saved(target):
                    report.say(taken)
                if options.batch:
                    await together([one(target, judge, report) for judge in judges], report)
                else:
                    for judge in judges:
                        report.say(f"{target.run.path}")
                        await one(target, judge, report)

    if not options.batch:
        await of_run(targets, report)
        return
    runs: dict[Path, list[ToJudge]] = {}
    for target in targets:
        runs.setdefault(target.run.path.resolve(), []).append(target)
    await together([of_run(mine, Named(report, str(mine[0].run.path))) for mine in runs.values()], report)


def _is_owed(targets: Sequence[ToJudge], config: JudgeConfig, options: argparse.Namespace) -> bool:
    return any(_owed(target, config, options).left for target in targets)


def _owed(target: ToJudge, config: JudgeConfig, options: argparse.Namespace) -> Owed:
    run, answers = target.run, target.answers()
    flagged = flagged_keys(run, config) if options.rerun == "flagged" else ()
    return owed_verdicts(run, answers, config, repeats=options.repeats, rerun=options.rerun, flagged=flagged)


def _ask_nothing(targets: Sequence[ToJudge], options: argparse.Namespace) -> int:
    """Say what would be asked, or write it to a file; no key and no endpoint is needed."""
    names = [*shared.check_judges(options.judge or []), *([options.judge_vllm] if options.judge_vllm else [])]
    if not names:
        raise ConfigError(f"no judge: give --judge NAME (a model, or {RULES}) or --judge-vllm MODEL")
    found: list[dict[str, Any]] = []
    for target in targets:
        run = target.run
        for name in names:
            rules = demo.rules_config(load_settings(options.pack).judge)
            config = rules if name == RULES else judge_config(name, options)
            owed = _owed(target, config, options)
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
    return exit_code(_shown(_series_of(targets, digests), options))


def rows_of(targets: Sequence[ToJudge], digests: Collection[str]) -> list[tables.Row]:
    """Return the rows of these judge configurations."""
    return tables.rows(_series_of(targets, digests))


def _series_of(targets: Sequence[ToJudge], digests: Collection[str]) -> list[tables.Series]:
    runs = {target.run.path.resolve(): target.run for target in targets}
    strategies = {name for target in targets for name in target.strategies}
    return [one for run in runs.values() for one in series_in(run, digests, strategies)]


def series_in(run: RunFolder, digests: Collection[str], strategies: Collection[str]) -> list[tables.Series]:
    """Return what these judge configurations said of these strategies of a run."""
    return [one for one in series_of_run(run, digests) if one.strategy in strategies]


def show_rows(
    run: RunFolder, digests: Collection[str], options: argparse.Namespace, strategies: Collection[str]
) -> list[tables.Row]:
    """Print the table of these judge configurations and strategies and return its rows."""
    return _shown(series_in(run, digests, strategies), options)


def _shown(series: Sequence[tables.Series], options: argparse.Namespace) -> list[tables.Row]:
    rows = tables.rows(series)
    if not options.json:
        from judge import boards  # numpy, which a judge that refuses its key need not wait for

        rows = boards.with_intervals(rows, series, ci="bootstrap")
    sys.stdout.write(table_text(rows, format=format_of(options), screen=screen_of(options)))
    return rows

"""What judging costs: prices, `--dry-run`, `--max-cost`, the line at the end, and the Batch API at half the price."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from judge import cli_options as shared
from judge.batch import judge_by_batch
from judge.batch_lines import export_requests, import_results, is_final
from judge.chat import ChatClient
from judge.config import RULES, JudgeConfig
from judge.cost import REPLY_TOKENS, Budget, Prices, amount, cost_line, estimate, find_prices, given_prices, price_table
from judge.errors import ConfigError
from judge.grade import GradeWork, Judge, LlmJudge, is_empty
from judge.owed import Owed
from judge.packs import load_judge_prompts, read_yaml
from judge.pipeline import Way
from judge.progress import Reporter
from judge.records import Failure, Judgment
from judge.run_folder import RunFolder
from judge.tally import Tally
from judge.token_counter import counter


def add_costs(parser: argparse.ArgumentParser, *, batch: bool) -> None:
    """Add prices and limits; `batch`: and the ways to judge that need complete answers."""
    group = parser.add_argument_group("cost")
    group.add_argument("--price-in", metavar="X", help="dollars per million tokens in")
    group.add_argument("--price-out", metavar="X", help="dollars per million tokens out")
    group.add_argument("--price-cached", metavar="X", help="dollars per million cached tokens in")
    group.add_argument("--prices", type=Path, metavar="FILE.yaml", help="lines like gpt-4o: {in: 2.5, out: 10}")
    group.add_argument("--max-cost", metavar="X", help="stop cleanly before a judge costs more than this")
    if not batch:
        return
    group.add_argument("--dry-run", action="store_true", help="say what would be asked and cost, ask nothing")
    ways = parser.add_argument_group("batches")
    ways.add_argument("--batch", action="store_true", help="use the Batch API: half the price, within a day")
    ways.add_argument("--batch-poll", type=shared.positive, metavar="SECONDS", help="default: 5 to 60")
    ways.add_argument("--batch-export", type=Path, metavar="FILE", help="write the requests for an offline runner")
    ways.add_argument("--batch-import", type=Path, metavar="FILE", help="read an offline runner's results")


def prices_of(judge: str, options: argparse.Namespace) -> Prices | None:
    """Return what a judge's tokens cost, None where no price is given. Raises ConfigError, InputError."""
    given = given_prices(options.price_in, options.price_out, options.price_cached)
    if given is None and options.prices is not None:
        return find_prices(price_table(read_yaml(options.prices), options.prices), judge)
    return given


def budget_of(config: JudgeConfig, options: argparse.Namespace) -> Budget | None:
    """Return the limit of --max-cost for one judge. Raises ConfigError where it is none or no price is known."""
    if options.max_cost is None or config.judge == RULES:
        return None
    if getattr(options, "batch", False):
        raise ConfigError("--max-cost cannot stop a batch once it is sent; see --dry-run --batch for its cost")
    limit, prices = amount(options.max_cost), prices_of(config.judge, options)
    if limit is None:
        raise ConfigError(f"--max-cost '{options.max_cost}' is no sum of money; it looks like 5 or 2.50")
    if prices is None:
        raise ConfigError(
            f"--max-cost needs the prices of {config.judge}: --price-in and --price-out, or --prices FILE"
        )
    usual = estimate([[{"role": "user", "content": "가" * USUAL_PROMPT}]], prices, reply_tokens=REPLY_TOKENS)
    return Budget(limit, prices, usual.each or limit)


USUAL_PROMPT = 3000
"""Characters of a prompt before anything is known; the run's own mean takes over at once."""


def dry_run(run: RunFolder, owed: Owed, config: JudgeConfig, options: argparse.Namespace) -> None:
    """Print what is owed, about how many tokens that is, and what it costs."""
    if config.judge == RULES:
        print(f"{run.path}: judge {RULES}: {len(owed.pending)} verdicts, no requests")
        return
    prompts = load_judge_prompts(options.pack)
    count, how = counter(config.judge, os.environ)
    messages = (prompts.render(w.answer, w.turn, w.languages) for w in owed.pending if not is_empty(w))
    replies = _mean_reply(run, config)
    guess = estimate(messages, prices_of(config.judge, options), count=count, reply_tokens=replies, batch=options.batch)
    print(f"{run.path}: {guess.line(config.judge, how)}")


def _mean_reply(run: RunFolder, config: JudgeConfig) -> float:
    if not run.exists():
        return REPLY_TOKENS
    known = [
        outcome.usage.completion_tokens
        for strategy in run.manifest().config.strategies
        for outcome in run.outcomes(config.judge, strategy)
        if isinstance(outcome, Judgment) and outcome.usage.completion_tokens
    ]
    return sum(known) / len(known) if known else REPLY_TOKENS


def say_cost(judge: Judge, tallies: Sequence[Tally], options: argparse.Namespace, report: Reporter) -> None:
    """Say what a judge has used in this call."""
    if judge.config.judge == RULES or not any(tally.requests for tally in tallies):
        return
    batch = sum((tally.batch_usage for tally in tallies[1:]), tallies[0].batch_usage)
    usage = sum((tally.usage for tally in tallies), batch)
    line = cost_line(
        usage,
        prices_of(judge.config.judge, options),
        judge.config.judge,
        requests=sum(tally.requests for tally in tallies),
        batch=batch,
        in_batch=sum(tally.in_batch for tally in tallies),
    )
    report.say(line)


def first_way(run: RunFolder, judge: Judge, options: argparse.Namespace, report: Reporter) -> Way | None:
    """Return the batch or the import that is asked for, None for ordinary requests. Raises ConfigError."""
    if options.batch_import is None and not options.batch:
        return None
    if not isinstance(judge, LlmJudge):
        raise ConfigError("batches are for a judge behind an endpoint (--judge NAME)")
    if options.batch_import is not None:
        return _importing(judge, options.batch_import, report)
    return _batching(run, judge, options, report)


def _importing(judge: LlmJudge, path: Path, report: Reporter) -> Way:
    async def way(pending: list[GradeWork], put: Callable[[Judgment | Failure, bool], None]) -> list[GradeWork]:
        finished: set[str] = set()
        for outcome in import_results(path, pending, judge, report=report):
            put(outcome, True)
            finished.add(outcome.digest)
        return [work for work in pending if is_empty(work) and work.digest not in finished]  # scored by rule

    return way


def _batching(run: RunFolder, judge: LlmJudge, options: argparse.Namespace, report: Reporter) -> Way:
    chat = judge.chat
    if not isinstance(chat, ChatClient):
        raise ConfigError("batches need an endpoint")

    async def way(pending: list[GradeWork], put: Callable[[Judgment | Failure, bool], None]) -> list[GradeWork]:
        return await judge_by_batch(
            run,
            pending,
            judge,
            chat.sdk(),
            report=report,
            poll_seconds=options.batch_poll,
            add=lambda outcome: put(outcome, is_final(outcome)),
            adaptations=chat.adaptations,
        )

    return way


def export(run: RunFolder, owed: Owed, judge: LlmJudge, path: Path) -> None:
    """Write the requests that are owed for an offline runner."""
    number = export_requests(path, owed.pending, judge)
    print(
        f"{run.path}: {number} requests written to {path}; run them, then give the results to --batch-import",
        file=sys.stderr,
    )

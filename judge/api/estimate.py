"""What judging will cost, before anything is paid: `--dry-run`, `--max-cost`, the cost line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge.api.judges import judge_model
from judge.api.options import JudgingOptions, PlanOptions, SavedOptions
from judge.config import RULES, JudgeConfig
from judge.endpoints.cost import (
    REPLY_TOKENS,
    Prices,
    amount,
    cost_line,
    estimate,
    find_prices,
    given_prices,
    price_table,
)
from judge.endpoints.tokens import counter
from judge.errors import ConfigError
from judge.packs.yaml_files import read_yaml
from judge.records import Judgment
from judge.runs.folder import RunFolder
from judge.stages.budget import Budget
from judge.stages.gradings import Judge
from judge.stages.judges import NoChat
from judge.stages.owed import Owed, asked_otherwise
from judge.stages.progress import Reporter
from judge.stages.tally import Tally
from judge.wording import Note, joined, led


def prices_of(judge: str, options: JudgingOptions | PlanOptions) -> Prices | None:
    """Return what a judge's tokens cost, None where no price is given. Raises ConfigError, InputError."""
    given = given_prices(*map(_dollars, (options.price_in, options.price_out, options.price_cached)))
    if given is None and options.prices is not None:
        path = Path(options.prices)
        return find_prices(price_table(read_yaml(path), path), judge)
    return given


def _dollars(given: str | float | None) -> str | None:
    return None if given is None else str(given)


def budget_of(config: JudgeConfig, options: JudgingOptions) -> Budget | None:
    """Return the limit of --max-cost for one judge. Raises ConfigError where it is none or no price is known."""
    if options.max_cost is None or config.judge == RULES:
        return None
    limit, prices = amount(str(options.max_cost)), prices_of(config.judge, options)
    if limit is None:
        raise ConfigError(f"--max-cost '{options.max_cost}' is no sum of money; it looks like 5 or 2.50")
    if prices is None:
        raise ConfigError(
            f"--max-cost needs the prices of {config.judge}: --price-in and --price-out, or --prices FILE"
        )
    usual = estimate([[{"role": "user", "content": "가" * USUAL_PROMPT}]], prices, reply_tokens=REPLY_TOKENS)
    return Budget(limit, prices, usual.each or limit, fresh=options.fresh)


def check_cost(config: JudgeConfig, options: JudgingOptions) -> None:
    """Raise ConfigError or InputError for prices and limits that could not be used once verdicts are paid for."""
    if config.judge != RULES:
        prices_of(config.judge, options)
        budget_of(config, options)


USUAL_PROMPT = 3000
"""Characters of a prompt before anything is known; the run's own mean takes over at once."""


def dry_run(run: RunFolder, owed: Owed, config: JudgeConfig, options: SavedOptions) -> tuple[str, dict[str, Any]]:
    """Return what is owed, about how many tokens that is and what it costs: as a line, a note, and as data."""
    known: dict[str, Any] = {"run": str(run.path), "judge": config.judge}
    known |= {"owed": owed.left, "done": owed.total - owed.left}
    line: str
    if config.judge == RULES:
        number = owed.left
        line = Note(f"judge {RULES}: {number} verdicts, no requests", f"심판 {RULES}: 판정 {number}건, 요청 없음")
        more: dict[str, Any] = {"requests": 0}
    else:
        judge = judge_model(NoChat(), config, options)
        count, how = counter(config.judge, os.environ)
        messages = (judge.messages(work) for work in owed.pending if not work.rule)
        replies = _mean_reply(run, config)
        prices = prices_of(config.judge, options)
        guess = estimate(messages, prices, count=count, reply_tokens=replies, batch=options.batch)
        line, more = guess.line(config.judge, how), guess.data() | {"counted": how}
        if said := asked_otherwise(run, config, owed.left, owed.total):
            line = joined([line, said])
    return led(str(run.path), line), known | more


def _mean_reply(run: RunFolder, config: JudgeConfig) -> float:
    if not run.exists():
        return REPLY_TOKENS
    tokens = replies = 0
    for strategy in run.head().config.strategies:
        for outcome in run.each_outcome(config.judge, strategy):
            if isinstance(outcome, Judgment) and outcome.usage.completion_tokens:
                tokens, replies = tokens + outcome.usage.completion_tokens, replies + 1
    return tokens / replies if replies else REPLY_TOKENS


def say_cost(judge: Judge, tallies: Sequence[Tally], options: JudgingOptions, report: Reporter) -> None:
    """Say what a judge has used in this call."""
    if line := cost_text(judge, tallies, options):
        report.say(line)


def cost_text(judge: Judge, tallies: Sequence[Tally], options: JudgingOptions) -> str | None:
    """Return what a judge has used in this call; None where no request was made."""
    if judge.config.judge == RULES or not any(tally.requests for tally in tallies):
        return None
    batch = sum((tally.batch_usage for tally in tallies[1:]), tallies[0].batch_usage)
    usage = sum((tally.usage for tally in tallies), batch)
    return cost_line(
        usage,
        prices_of(judge.config.judge, options),
        judge.config.judge,
        requests=sum(tally.requests for tally in tallies),
        batch=batch,
        in_batch=sum(tally.in_batch for tally in tallies),
    )

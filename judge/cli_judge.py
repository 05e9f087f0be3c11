"""What the judging verbs share, and `judge` itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, get_args

from judge import audit, boards, demo, tables
from judge import cli_options as shared
from judge.chat import ChatClient
from judge.cli_cost import add_costs, budget_of, dry_run, export, first_way, say_cost
from judge.cli_server import EngineWatch, WatchedJudge, vllm_args
from judge.cli_show import exit_code, table_text
from judge.config import RULES, Endpoint, JudgeConfig
from judge.endpoints import Access, resolve
from judge.errors import ConfigError
from judge.evidence import load_evidence
from judge.grade import Judge, LlmJudge, NoChat, RuleJudge
from judge.owed import Owed, Rerun, owed_verdicts
from judge.packs import load_judge_prompts, load_questions
from judge.pipeline import judge_run
from judge.progress import Reporter, reporter
from judge.rates import START, RateLimiter
from judge.records import QuestionId
from judge.reparse import reparse
from judge.run_folder import RunFolder
from judge.saved_answers import ToJudge, import_saved, load_answers
from judge.sources import series_of_run
from judge.tally import Tally
from judge.vllm_server import ServerSpec, serve

JUDGE_CONCURRENCY = 100
"""Verdicts in flight at most, unless told otherwise; the endpoint's limits are found out below that."""

MANAGED = Access(Endpoint(), "", None)
"""Stands for the server that `--judge-vllm` starts."""

JUDGE_EXAMPLES = """examples:
  kojudge judge outputs/my-org/my-model --judge gpt-4o
  kojudge judge generated/my-org/my-model/default.jsonl --judge rules
  kojudge judge generated/ --judge my-judge --judge-base-url http://127.0.0.1:8000/v1
  kojudge judge answers.jsonl --model-name my-org/my-model --strategy 0-shot --judge gpt-4o
"""


def add_verb(verbs: Any) -> None:
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
    add_costs(judge, batch=True)
    shared.add_connection(judge)
    shared.add_questions(judge)
    shared.add_output(judge)
    shared.add_common(judge)
    judge.set_defaults(run=run_judge)


@asynccontextmanager
async def judging(
    options: argparse.Namespace, log: Path, report: Reporter, is_owed: Callable[[JudgeConfig], bool] = lambda _: True
) -> AsyncIterator[list[Judge]]:
    """Yield the judges; their connections, and a server of our own, live as long as this context.

    `log`: where the output of a server of our own goes. `is_owed`: whether a judge has work; no server is started for
    nothing.
    """
    async with AsyncExitStack() as stack:
        judges: list[Judge] = []
        for config, access in judge_plans(options):
            if access is None:
                judges.append(RuleJudge(config))
            elif access == MANAGED and not is_owed(config):
                judges.append(LlmJudge(NoChat(), load_judge_prompts(options.pack), config))
            elif access == MANAGED:
                judges.append(await _managed(stack, config, options, log, report))
            else:
                judges.append(await _connected(stack, config, access, config.judge, options))
        yield judges


async def _connected(
    stack: AsyncExitStack, config: JudgeConfig, access: Access, served: str, options: argparse.Namespace
) -> LlmJudge:
    given = options.judge_concurrency
    limiter = RateLimiter(
        highest=given or JUDGE_CONCURRENCY, start=given or START, rpm=options.judge_rpm, tpm=options.judge_tpm
    )
    chat = ChatClient(served, access.endpoint, access.api_key, key_name=access.key_name, limiter=limiter)
    return LlmJudge(await stack.enter_async_context(chat), load_judge_prompts(options.pack), config)


async def _managed(
    stack: AsyncExitStack, config: JudgeConfig, options: argparse.Namespace, log: Path, report: Reporter
) -> Judge:
    spec = ServerSpec(
        model=config.judge,
        vllm_command=options.judge_vllm_command or getattr(options, "vllm_command", None),
        extra=vllm_args(options.judge_vllm_arg),
    )
    server = await stack.enter_async_context(serve(spec, log, report=report.say))
    endpoint = Endpoint(base_url=server.base_url, timeout_seconds=options.timeout or 3600.0)
    access = Access(endpoint, server.api_key, None)
    judge = await _connected(stack, config, access, server.model_name, options)
    return WatchedJudge(judge, await stack.enter_async_context(EngineWatch(server)))


def judge_plans(options: argparse.Namespace) -> list[tuple[JudgeConfig, Access | None]]:
    """Resolve and check every judge before anything is started. None: no endpoint is needed."""
    if not options.judge and not options.judge_vllm:
        raise ConfigError(f"no judge: give --judge NAME (a model, or {RULES}) or --judge-vllm MODEL")
    plans: list[tuple[JudgeConfig, Access | None]] = []
    for name in shared.check_judges(options.judge or []):
        if name == RULES:
            plans.append((demo.rules_config(), None))
            continue
        access = resolve(
            os.environ,
            role="judge",
            base_url=options.judge_base_url,
            api=options.judge_api,
            key_env=options.judge_api_key_env,
            timeout_seconds=options.timeout,
            tries=options.tries,
        )
        plans.append((_judge_config(name, options), access))
    if options.judge_vllm:
        plans.append((_judge_config(options.judge_vllm, options), MANAGED))
    return plans


def _judge_config(name: str, options: argparse.Namespace) -> JudgeConfig:
    return JudgeConfig(
        judge=name,
        sampling=shared.sampling(
            temperature=options.judge_temperature, max_tokens=options.judge_max_tokens, seed=options.judge_seed
        ),
        template=load_judge_prompts(options.pack).digest,
        structured=options.structured,
        parse_retries=options.parse_retries,
    )


def run_judge(options: argparse.Namespace) -> int:
    """Judge saved answers and print their table; 1 where a verdict failed or is missing."""
    if options.reparse:
        return run_reparse(options)
    if not (options.dry_run or options.batch_export):
        judge_plans(options)
    questions = load_questions(options.pack, options.questions) if options.questions else None
    targets = load_answers(
        options.paths,
        options.out,
        model_name=options.model_name,
        strategies=options.strategy or [],
        questions=questions,
    )

    if options.dry_run or options.batch_export:
        return _ask_nothing(targets, options)

    async def work(report: Reporter) -> int:
        tallies: dict[str, list[Tally]] = {}
        log = targets[0].run.path / "judge-vllm.log"
        async with judging(options, log, report, lambda config: _is_owed(targets, config, options)) as judges:
            budgets = {judge.config.judge: budget_of(judge.config, options) for judge in judges}
            for target in targets:
                with target.run.writing():
                    if options.fresh and target.saved and (aside := target.run.move_aside()):
                        report.say(f"the earlier run is now in {aside}")
                    import_saved(target)
                    for judge in judges:
                        report.say(f"{target.run.path}")
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
            for judge in judges:
                say_cost(judge, tallies[judge.config.judge], options, report)
        return sum(tally.failed for mine in tallies.values() for tally in mine)

    with reporter(quiet=options.quiet) as report:
        failed = shared.run_async(work(report))
    return max(show([target.run for target in targets], options), int(failed > 0))


def _is_owed(targets: Sequence[ToJudge], config: JudgeConfig, options: argparse.Namespace) -> bool:
    return any(_owed(target, config, options).pending for target in targets)


def _owed(target: ToJudge, config: JudgeConfig, options: argparse.Namespace) -> Owed:
    run = target.run
    answers = target.saved or [a for s in target.strategies for a in run.answers(s).values()]
    flagged = flagged_keys(run, config) if options.rerun == "flagged" else ()
    return owed_verdicts(run, answers, config, repeats=options.repeats, rerun=options.rerun, flagged=flagged)


def _ask_nothing(targets: Sequence[ToJudge], options: argparse.Namespace) -> int:
    """Say what would be asked, or write it to a file; no key and no endpoint is needed."""
    names = [*shared.check_judges(options.judge or []), *([options.judge_vllm] if options.judge_vllm else [])]
    for target in targets:
        run = target.run
        for name in names:
            config = demo.rules_config() if name == RULES else _judge_config(name, options)
            owed = _owed(target, config, options)
            if options.dry_run:
                dry_run(run, owed, config, options)
            elif name != RULES and len(targets) == 1:
                export(run, owed, LlmJudge(NoChat(), load_judge_prompts(options.pack), config), options.batch_export)
            else:
                raise ConfigError("--batch-export takes one run and one judge behind an endpoint")
    return 0


def flagged_keys(run: RunFolder, config: JudgeConfig) -> set[tuple[str, QuestionId, int, int]]:
    """Return (strategy, id, turn, repeat) of the verdicts in force that the audit wants asked for again."""
    hits = audit.audit(load_evidence([run.path]).judged)
    return {
        (strategy, identifier, turn, repeat)
        for _, strategy, name, identifier, turn, repeat in audit.flagged(hits)
        if name.split(" [")[0] == config.judge
    }


def run_reparse(options: argparse.Namespace) -> int:
    """Read the stored replies of the judges again and print their table."""
    names = shared.check_judges([*(options.judge or []), *([options.judge_vllm] if options.judge_vllm else [])])
    targets = load_answers(options.paths, options.out, strategies=options.strategy or [])
    if any(target.saved for target in targets):
        raise ConfigError("--reparse reads the replies in a run folder; give one")
    digests: set[str] = set()
    for target in targets:
        with target.run.writing():
            for name in names:
                found = reparse(target.run, target.strategies, name)
                if not options.quiet:
                    print(
                        f"{target.run.path}: {name}: {found.read} replies read again, {found.changed} verdicts "
                        f"changed, {found.gained} gained, {found.lost} lost",
                        file=sys.stderr,
                    )
                digests |= {o.judge_digest for s in target.strategies for o in target.run.outcomes(name, s)}
    return _show_digests([target.run for target in targets], digests, options)


def show(runs: Sequence[RunFolder], options: argparse.Namespace) -> int:
    """Print what the judges of this call have said so far."""
    return _show_digests(runs, {config.digest() for config, _ in judge_plans(options)}, options)


def _show_digests(runs: Sequence[RunFolder], digests: Collection[str], options: argparse.Namespace) -> int:
    series = [one for run in runs for one in series_of_run(run, digests)]
    rows = tables.rows(series)
    if not options.json:
        rows = boards.with_intervals(rows, series, ci="bootstrap")
    sys.stdout.write(table_text(rows, format="json" if options.json else "md"))
    return exit_code(rows)

"""What the judging verbs share, and `judge` itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from judge import cli_options as shared
from judge import demo, tables
from judge.chat import ChatClient
from judge.cli_server import EngineWatch, WatchedJudge, vllm_args
from judge.cli_show import exit_code, table_text
from judge.config import RULES, Endpoint, JudgeConfig
from judge.endpoints import Access, resolve
from judge.errors import ConfigError
from judge.grade import Judge, LlmJudge, RuleJudge
from judge.packs import load_judge_prompts, load_questions
from judge.pipeline import judge_run
from judge.progress import Reporter, reporter
from judge.run_folder import RunFolder
from judge.saved_answers import import_saved, load_answers
from judge.sources import series_of_run
from judge.vllm_server import ServerSpec, serve

JUDGE_CONCURRENCY = 32
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
    judge.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="runs, answers files, LogicKor's generated/")
    shared.add_judges(judge, alias=True)
    shared.add_connection(judge)
    shared.add_questions(judge)
    shared.add_output(judge)
    shared.add_common(judge)
    judge.set_defaults(run=run_judge)


@asynccontextmanager
async def judging(options: argparse.Namespace, log: Path, report: Reporter) -> AsyncIterator[list[Judge]]:
    """Yield the judges; their connections, and a server of our own, live as long as this context.

    `log`: where the output of a server of our own goes.
    """
    async with AsyncExitStack() as stack:
        judges: list[Judge] = []
        for config, access in judge_plans(options):
            if access is None:
                judges.append(RuleJudge(config))
            elif access == MANAGED:
                judges.append(await _managed(stack, config, options, log, report))
            else:
                judges.append(await _connected(stack, config, access, config.judge, options))
        yield judges


async def _connected(
    stack: AsyncExitStack, config: JudgeConfig, access: Access, served: str, options: argparse.Namespace
) -> LlmJudge:
    chat = ChatClient(served, access.endpoint, access.api_key, key_name=access.key_name)
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
        parse_retries=options.parse_retries,
    )


def run_judge(options: argparse.Namespace) -> int:
    """Judge saved answers and print their table; 1 where a verdict failed or is missing."""
    judge_plans(options)
    questions = load_questions(options.pack, options.questions) if options.questions else None
    targets = load_answers(
        options.paths,
        options.out,
        model_name=options.model_name,
        strategies=options.strategy or [],
        questions=questions,
    )

    async def work(report: Reporter) -> None:
        log = targets[0].run.path / "judge-vllm.log"
        async with judging(options, log, report) as judges:
            for target in targets:
                with target.run.writing():
                    if options.fresh and target.saved and (aside := target.run.move_aside()):
                        report.say(f"the earlier run is now in {aside}")
                    import_saved(target)
                    for judge in judges:
                        report.say(f"{target.run.path}")
                        await judge_run(
                            target.run,
                            target.strategies,
                            judge,
                            repeats=options.repeats,
                            concurrency=options.judge_concurrency or JUDGE_CONCURRENCY,
                            report=report,
                        )

    with reporter(quiet=options.quiet) as report:
        shared.run_async(work(report))
    return show([target.run for target in targets], options)


def show(runs: Sequence[RunFolder], options: argparse.Namespace) -> int:
    """Print what the judges of this call have said so far."""
    digests = [config.digest() for config, _ in judge_plans(options)]
    rows = tables.rows(series for run in runs for series in series_of_run(run, digests))
    sys.stdout.write(table_text(rows, format="json" if options.json else "md"))
    return exit_code(rows)

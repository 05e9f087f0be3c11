"""Verbs that work: `demo`, `run`, `generate`, `judge`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judge import cli_options as shared
from judge import demo, rules, tables
from judge.chat import ChatClient
from judge.cli_show import exit_code, table_text
from judge.config import BASELINES, RULES, Endpoint, GenerateConfig, JudgeConfig
from judge.endpoints import Access, resolve
from judge.errors import ConfigError
from judge.generate import Answerer, BaselineAnswerer, Conversation, ModelAnswerer, expected
from judge.grade import Judge, LlmJudge, RuleJudge
from judge.packs import load_judge_prompts, load_questions, load_strategies
from judge.pipeline import Tally, generate_run, judge_run, run_both
from judge.progress import Reporter, reporter
from judge.records import ExpectedQuestion
from judge.run_folder import RunFolder, model_folder
from judge.saved_answers import import_saved, load_answers
from judge.sources import series_of_run
from judge.vllm_server import ServerSpec, serve

MODEL_CONCURRENCY = 128
JUDGE_CONCURRENCY = 32

GENERATE_EXAMPLES = """examples:
  kojudge generate my-org/my-model                                  starts and stops `vllm serve` by itself
  kojudge generate my-model --base-url http://127.0.0.1:8000/v1     a server that runs already
  kojudge generate my-org/my-model --strategy 0-shot --limit 6      one question a category, to try
  kojudge generate baseline:boilerplate                             a null model: the floor of a judge
"""
JUDGE_EXAMPLES = """examples:
  kojudge judge outputs/my-org/my-model --judge gpt-4o
  kojudge judge generated/my-org/my-model/default.jsonl --judge rules
  kojudge judge generated/ --judge my-judge --judge-base-url http://127.0.0.1:8000/v1
  kojudge judge answers.jsonl --model-name my-org/my-model --strategy 0-shot --judge gpt-4o
"""
RUN_EXAMPLES = """examples:
  kojudge run my-org/my-model --judge gpt-4o
  kojudge run my-model --base-url http://127.0.0.1:8000/v1 --judge gpt-4o --strategy 0-shot,cot-1-shot
  kojudge run baseline:echo --judge rules
"""
DEMO_EXAMPLES = """examples:
  kojudge demo
  kojudge demo --out /tmp/kojudge-demo
"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command's subparsers."""
    shape = argparse.RawDescriptionHelpFormatter
    show = verbs.add_parser("demo", help="the whole way on embedded parts", epilog=DEMO_EXAMPLES, formatter_class=shape)
    show.add_argument("--out", type=Path, default=Path("outputs/demo"), metavar="DIR", help="default: outputs/demo")
    show.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    shared.add_common(show)
    show.set_defaults(run=run_demo)

    both = verbs.add_parser(
        "run",
        help="generate and judge at once, then print the tables",
        epilog=RUN_EXAMPLES,
        formatter_class=shape,
    )
    _add_generation(both)
    shared.add_judges(both, required=True, alias=False)
    both.set_defaults(run=run_run)

    generate = verbs.add_parser("generate", help="answers only", epilog=GENERATE_EXAMPLES, formatter_class=shape)
    _add_generation(generate)
    generate.set_defaults(run=run_generate)

    judge = verbs.add_parser("judge", help="judge saved answers", epilog=JUDGE_EXAMPLES, formatter_class=shape)
    judge.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="runs, answers files, LogicKor's generated/")
    shared.add_judges(judge, required=True, alias=True)
    shared.add_connection(judge)
    shared.add_questions(judge)
    shared.add_output(judge)
    shared.add_common(judge)
    judge.set_defaults(run=run_judge)


def _add_generation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="hub id, local path, served name, or baseline:NAME")
    shared.add_model_endpoint(parser)
    group = parser.add_argument_group("a server started by kojudge (without --base-url)")
    group.add_argument("--vllm-command", metavar="PATH", help="the vllm of another environment")
    group.add_argument(
        "--gpus", type=shared.names, default=[], metavar="0,1", help="devices; tensor parallel over them"
    )
    group.add_argument("--max-model-len", type=shared.count, metavar="N")
    group.add_argument("--dtype", metavar="NAME")
    group.add_argument("--quantization", metavar="NAME")
    group.add_argument("--lora", metavar="PATH", help="an adapter on top of MODEL")
    group.add_argument("--trust-remote-code", action="store_true", help="run code that comes with the model")
    group.add_argument("--vllm-arg", action="append", default=[], metavar="KEY=VALUE", help="any other vLLM flag")
    group.add_argument("--start-timeout", type=shared.positive, default=1800.0, metavar="SECONDS")
    shared.add_sampling(parser)
    shared.add_connection(parser)
    shared.add_questions(parser)
    parser.add_argument("--limit", type=shared.count, metavar="N", help="only N questions, spread over the categories")
    shared.add_output(parser)
    shared.add_common(parser)


# -- generation


@dataclass(frozen=True)
class _Plan:
    """A generation, resolved."""

    config: GenerateConfig
    conversations: list[Conversation]
    asked: list[ExpectedQuestion]
    of_questions: int
    run: RunFolder
    baseline: BaselineAnswerer | None
    access: Access | None
    """None: a null model, or a server of our own."""


def _plan(options: argparse.Namespace) -> _Plan:
    """Resolve and check everything before anything is started."""
    model = shared.check_model(options.model)
    questions = load_questions(options.pack, options.questions)
    strategies = load_strategies(options.strategy, options.pack)
    chosen = questions.head(options.limit)
    baseline = model in BASELINES
    managed = not baseline and options.base_url is None and options.api is None
    sampling = shared.sampling(
        temperature=options.temperature, top_p=options.top_p, max_tokens=options.max_tokens, seed=options.seed
    )
    name = options.model_name or (Path(model).resolve().name if Path(model).is_dir() else model)
    config = GenerateConfig(
        model=name,
        sampling=sampling,
        questions=questions.digest,
        strategies={strategy.name: strategy.digest for strategy in strategies},
        engine=_engine(options) if managed else {},
    )
    access = None
    if not baseline and not managed:
        access = resolve(
            os.environ,
            role="model",
            base_url=options.base_url,
            api=options.api,
            key_env=options.api_key_env,
            timeout_seconds=options.timeout,
            tries=options.tries,
        )
    return _Plan(
        config,
        expected(chosen, strategies, config),
        [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in chosen],
        len(questions.questions),
        RunFolder(model_folder(options.out, name)),
        BaselineAnswerer(model, questions.questions) if baseline else None,
        access,
    )


def _engine(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of a managed server that change what the model says."""
    named = ("max_model_len", "dtype", "quantization", "lora")
    given = {name: getattr(options, name) for name in named if getattr(options, name) is not None}
    extra = dict(_vllm_args(options))
    return given | ({"vllm_args": extra} if extra else {})


def _vllm_args(options: argparse.Namespace) -> tuple[tuple[str, str | None], ...]:
    pairs: list[tuple[str, str | None]] = []
    for text in options.vllm_arg:
        key, sign, value = text.lstrip("-").partition("=")
        if not key:
            raise ConfigError(f"--vllm-arg '{text}' names no flag; write it as key=value")
        pairs.append((key, value if sign else None))
    return tuple(pairs)


@asynccontextmanager
async def _answerer(plan: _Plan, options: argparse.Namespace, report: Reporter) -> AsyncIterator[Answerer]:
    """Yield what answers; a server of our own lives as long as this context."""
    if plan.baseline is not None:
        yield plan.baseline
        return
    async with AsyncExitStack() as stack:
        access, served = plan.access, options.served_model or options.model
        if access is None:
            server = await stack.enter_async_context(
                serve(_spec(options), plan.run.path / "vllm.log", report=report.say)
            )
            endpoint = Endpoint(base_url=server.base_url, timeout_seconds=options.timeout or 3600.0)
            access, served = Access(endpoint, server.api_key, None), server.model_name
        chat = await stack.enter_async_context(
            ChatClient(served, access.endpoint, access.api_key, key_name=access.key_name)
        )
        yield ModelAnswerer(chat, plan.config)


def _spec(options: argparse.Namespace) -> ServerSpec:
    return ServerSpec(
        model=options.model,
        vllm_command=options.vllm_command,
        gpus=tuple(options.gpus),
        max_model_len=options.max_model_len,
        dtype=options.dtype,
        quantization=options.quantization,
        lora=options.lora,
        trust_remote_code=options.trust_remote_code,
        seed=options.seed,
        extra=_vllm_args(options),
        start_timeout_seconds=options.start_timeout,
    )


def run_generate(options: argparse.Namespace) -> int:
    """Answer what is owed; 1 where a conversation failed."""
    plan = _plan(options)

    async def work(report: Reporter) -> Tally:
        async with _answerer(plan, options, report) as answerer:
            return await generate_run(
                plan.run,
                plan.conversations,
                answerer,
                concurrency=options.concurrency or MODEL_CONCURRENCY,
                report=report,
            )

    with reporter(quiet=options.quiet) as report, plan.run.writing():
        _begin(plan, options, report)
        tally = shared.run_async(work(report))
    _say_generated(plan, tally, options)
    return int(tally.failed > 0)


def _begin(plan: _Plan, options: argparse.Namespace, report: Reporter) -> None:
    if options.fresh and (aside := plan.run.move_aside()):
        report.say(f"the earlier run is now in {aside}")
    plan.run.begin(plan.config, plan.asked, plan.of_questions)


def _say_generated(plan: _Plan, tally: Tally, options: argparse.Namespace) -> None:
    answered = tally.before + tally.succeeded
    if options.json:
        fields = {"run": str(plan.run.path), "model": plan.config.model, "answered": answered}
        print(json.dumps(fields | {"failed": tally.failed, "expected": tally.total}, ensure_ascii=False))
        return
    failed = f", {tally.failed} failed: the same command asks them again" if tally.failed else ""
    print(f"{plan.run.path}: {answered} of {tally.total} conversations answered{failed}")
    if not tally.failed:
        print(f"next: kojudge judge {plan.run.path} --judge NAME")


# -- judging


@asynccontextmanager
async def _judges(options: argparse.Namespace) -> AsyncIterator[list[Judge]]:
    """Yield the judges; their connections live as long as this context."""
    async with AsyncExitStack() as stack:
        judges: list[Judge] = []
        for config, access in _judge_plans(options):
            if access is None:
                judges.append(RuleJudge(config))
                continue
            chat = ChatClient(config.judge, access.endpoint, access.api_key, key_name=access.key_name)
            prompts = load_judge_prompts(options.pack)
            judges.append(LlmJudge(await stack.enter_async_context(chat), prompts, config))
        yield judges


def _judge_plans(options: argparse.Namespace) -> list[tuple[JudgeConfig, Access | None]]:
    """Resolve and check every judge before anything is started; None: no endpoint is needed."""
    plans: list[tuple[JudgeConfig, Access | None]] = []
    for name in shared.check_judges(options.judge):
        if name == RULES:
            plans.append((demo.rules_config(), None))
            continue
        sampling = shared.sampling(
            temperature=options.judge_temperature,
            max_tokens=options.judge_max_tokens,
            seed=options.judge_seed,
        )
        access = resolve(
            os.environ,
            role="judge",
            base_url=options.judge_base_url,
            api=options.judge_api,
            key_env=options.judge_api_key_env,
            timeout_seconds=options.timeout,
            tries=options.tries,
        )
        template = load_judge_prompts(options.pack).digest
        retries = max(0, options.parse_retries)
        config = JudgeConfig(judge=name, sampling=sampling, template=template, parse_retries=retries)
        plans.append((config, access))
    return plans


def run_judge(options: argparse.Namespace) -> int:
    """Judge saved answers and print their table; 1 where a verdict failed or is missing."""
    _judge_plans(options)
    questions = load_questions(options.pack, options.questions) if options.questions else None
    targets = load_answers(
        options.paths,
        options.out,
        model_name=options.model_name,
        strategies=options.strategy or [],
        questions=questions,
    )

    async def work(report: Reporter) -> None:
        async with _judges(options) as judges:
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
    return _show([target.run for target in targets], options)


def run_run(options: argparse.Namespace) -> int:
    """Generate and judge at once and print the tables; 1 where something failed or is missing."""
    _judge_plans(options)
    plan = _plan(options)

    async def work(report: Reporter) -> None:
        async with _judges(options) as judges, _answerer(plan, options, report) as answerer:
            await run_both(
                plan.run,
                plan.conversations,
                answerer,
                judges,
                repeats=options.repeats,
                generate_concurrency=options.concurrency or MODEL_CONCURRENCY,
                judge_concurrency=options.judge_concurrency or JUDGE_CONCURRENCY,
                report=report,
            )

    with reporter(quiet=options.quiet) as report, plan.run.writing():
        _begin(plan, options, report)
        shared.run_async(work(report))
    return _show([plan.run], options)


def _show(runs: Sequence[RunFolder], options: argparse.Namespace) -> int:
    """Print what the judges of this call have said so far."""
    digests = [config.digest() for config, _ in _judge_plans(options)]
    rows = tables.rows(series for run in runs for series in series_of_run(run, digests))
    sys.stdout.write(table_text(rows, format="json" if options.json else "md"))
    return exit_code(rows)


# -- demo


def run_demo(options: argparse.Namespace) -> int:
    """The whole way on embedded parts: no GPU, key or network."""
    with reporter(quiet=options.quiet) as report:
        runs = shared.run_async(demo.run(options.out, report))
    rows = tables.rows(series for run in runs for series in series_of_run(run))
    if options.json:
        sys.stdout.write(table_text(rows, format="json"))
        return 0
    print(table_text(rows, by="strategy"))
    print(table_text(rows, by="model"))
    print(f"{rules.CAVEAT}\nEverything is in {options.out}: look at it with kojudge table {options.out}")
    return 0

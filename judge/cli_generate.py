"""What the generating verbs share, and `generate` itself."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judge import cli_options as shared
from judge.chat import ChatClient
from judge.chat_template import UNKNOWN, examine
from judge.cli_server import EngineWatch, WatchedAnswerer, add_server, chat_format, engine_settings, server_spec
from judge.config import BASELINES, Endpoint, GenerateConfig
from judge.endings import cut_notes
from judge.endpoints import Access, is_near, resolve
from judge.errors import ConfigError
from judge.generation import Answerer, BaselineAnswerer, Conversation, ModelAnswerer, expected, owed
from judge.kept_turns import NO_TURNS, Turns
from judge.packs import load_questions, load_settings, load_strategies
from judge.pipeline import generate_run
from judge.progress import Reporter, reporter
from judge.prompts import Strategy
from judge.rates import START, RateLimiter
from judge.records import Answer, AnswerFailure, ExpectedQuestion
from judge.run_folder import RunFolder, model_folder
from judge.tally import Tally
from judge.vllm_server import serve

MODEL_CONCURRENCY = 128

GENERATE_EXAMPLES = """examples:
  kojudge generate my-org/my-model                                  starts and stops `vllm serve` by itself
  kojudge generate my-model --base-url http://127.0.0.1:8000/v1     a server that runs already
  kojudge generate my-org/my-model --strategy 0-shot --limit 6      one question a category, to try
  kojudge generate baseline:boilerplate                             a null model: the floor of a judge
"""


def add_verbs(verbs: Any) -> None:
    """Add `generate`."""
    shape = argparse.RawDescriptionHelpFormatter
    generate = verbs.add_parser("generate", help="answers only", epilog=GENERATE_EXAMPLES, formatter_class=shape)
    add_generation(generate)
    generate.add_argument("--show-prompt", action="store_true", help="print the exact prompts of one question and stop")
    generate.set_defaults(run=run_generate)


def add_generation(parser: argparse.ArgumentParser) -> None:
    """Add what chooses a model, where it runs and what it is asked."""
    parser.add_argument("model", metavar="MODEL", help="hub id, local path, served name, or baseline:NAME")
    shared.add_model_endpoint(parser)
    add_server(parser)
    shared.add_sampling(parser)
    shared.add_connection(parser)
    shared.add_questions(parser)
    parser.add_argument("--limit", type=shared.count, metavar="N", help="only N questions, spread over the categories")
    shared.add_output(parser)
    shared.add_common(parser)


@dataclass(frozen=True)
class Plan:
    """A generation, resolved."""

    config: GenerateConfig
    strategies: list[Strategy]
    conversations: list[Conversation]
    asked: list[ExpectedQuestion]
    of_questions: int
    run: RunFolder
    baseline: BaselineAnswerer | None
    access: Access | None
    """None: a null model, or a server of our own."""
    notes: tuple[str, ...] = ()
    """What of the question set is not asked."""


def plan_of(options: argparse.Namespace) -> Plan:
    """Resolve and check everything before anything is started."""
    model = shared.check_model(options.model)
    settings = load_settings(options.pack).generate
    questions = load_questions(options.pack, options.questions)
    strategies = load_strategies(options.strategy, options.pack)
    chosen = questions.head(options.limit)
    baseline = model in BASELINES
    managed = not baseline and options.base_url is None and options.api is None
    sampling = shared.sampling(
        temperature=options.temperature,
        top_p=options.top_p,
        max_tokens=options.max_tokens,
        seed=options.seed,
        stop=tuple(dict.fromkeys([*(used.stop if (used := chat_format(options)) else ()), *settings.stop])),
    )
    name = options.model_name or (Path(model).resolve().name if Path(model).is_dir() else model)
    config = GenerateConfig(
        model=name,
        asked=_asked(model, options),
        sampling=sampling,
        questions=questions.digest,
        strategies={strategy.name: strategy.digest for strategy in strategies},
        engine=engine_settings(options) if managed else {},
        verbatim=settings.verbatim,
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
    return Plan(
        config,
        strategies,
        expected(chosen, strategies, config),
        [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in chosen],
        len(questions.questions),
        RunFolder(model_folder(options.out, name)),
        BaselineAnswerer(model, questions.questions, name) if baseline else None,
        access,
        questions.notes,
    )


def _asked(model: str, options: argparse.Namespace) -> str:
    whole = str(Path(model).resolve()) if Path(model).is_dir() else model
    return f"{whole} as {options.served_model}" if options.served_model else whole


@asynccontextmanager
async def answering(plan: Plan, options: argparse.Namespace, report: Reporter) -> AsyncIterator[Answerer]:
    """Yield what answers; a server of our own lives as long as this context."""
    if plan.baseline is not None:
        yield plan.baseline
        return
    if not getattr(options, "show_prompt", False) and not owed(plan.run, plan.conversations):
        yield _Nobody()
        return
    async with AsyncExitStack() as stack:
        access, served, server = plan.access, options.served_model or options.model, None
        if access is None:
            server = await stack.enter_async_context(
                serve(server_spec(options), plan.run.path / "vllm.log", report=report.say)
            )
            endpoint = Endpoint(base_url=server.base_url, timeout_seconds=options.timeout or 3600.0)
            access, served = Access(endpoint, server.api_key, None), server.model_name
        chat = await stack.enter_async_context(
            ChatClient(
                served,
                access.endpoint,
                access.api_key,
                key_name=access.key_name,
                limiter=_limiter(access, options),
                say=report.say,
            )
        )
        examined = await examine(chat.vllm(), plan.strategies) if access.endpoint.base_url else UNKNOWN
        for note in examined.notes:
            report.say(note)
        answerer = ModelAnswerer(chat, plan.config, examined)
        if server is None:
            yield answerer
        else:
            yield WatchedAnswerer(answerer, await stack.enter_async_context(EngineWatch(server)))
        if access.endpoint.base_url and plan.run.exists():
            plan.run.note_server(plan.config.model, await chat.vllm().version())


def _limiter(access: Access, options: argparse.Namespace) -> RateLimiter:
    """A server of this machine or network takes what it can; a provider's limits are found out."""
    highest = options.concurrency or MODEL_CONCURRENCY
    own = access.endpoint.base_url is not None and is_near(access.endpoint.base_url)
    start = highest if own or options.concurrency else START
    return RateLimiter(highest=highest, start=start, rpm=options.rpm, tpm=options.tpm)


class _Nobody:
    """Answers when nothing is owed, so that no server is started for it."""

    async def answer(self, work: Conversation, turns: Turns = NO_TURNS) -> Answer | AnswerFailure:
        """Is never called."""
        raise AssertionError(f"nothing was owed, yet question {work.question.id} is")

    def notes(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()


async def show_prompts(plan: Plan, answerer: Answerer) -> None:
    """Print the exact prompt of the first turn of the first question under every strategy."""
    for strategy in plan.strategies:
        work = next(c for c in plan.conversations if c.strategy.name == strategy.name)
        print(f"--- {strategy.name}, question {work.question.id}")
        if isinstance(answerer, WatchedAnswerer):
            answerer = answerer.answerer
        if not isinstance(answerer, ModelAnswerer):
            raise ConfigError("a null model has no prompt")
        messages, rendered = await answerer.prompt(work)
        if rendered is None:
            print("(this server does not tell how it renders these messages)")
            print(json.dumps(messages, ensure_ascii=False, indent=2))
        else:
            print(rendered)


def run_generate(options: argparse.Namespace) -> int:
    """Answer what is owed; 1 where a conversation failed."""
    plan = plan_of(options)

    async def show(report: Reporter) -> None:
        async with answering(plan, options, report) as answerer:
            await show_prompts(plan, answerer)

    with reporter(quiet=options.quiet) as report:
        if options.show_prompt:
            with plan.run.writing():
                shared.run_async(show(report))
            return 0
        tally = shared.run_async(generate_all(plan, options, report))
    _say_generated(plan, tally, options)
    return int(tally.failed > 0)


async def generate_all(plan: Plan, options: argparse.Namespace, report: Reporter) -> Tally:
    """Answer what is owed and return what came of it."""
    with plan.run.writing():
        begin(plan, options, report)
        async with answering(plan, options, report) as answerer:
            return await generate_run(
                plan.run,
                plan.conversations,
                answerer,
                concurrency=options.concurrency or MODEL_CONCURRENCY,
                report=report,
            )


def begin(plan: Plan, options: argparse.Namespace, report: Reporter) -> None:
    """Open the run folder, after moving an earlier run aside where that is asked for."""
    if options.fresh and (aside := plan.run.move_aside()):
        report.say(f"the earlier run is now in {aside}")
    for note in plan.notes:
        report.say(note)
    plan.run.begin(plan.config, plan.asked, plan.of_questions)


def _say_generated(plan: Plan, tally: Tally, options: argparse.Namespace) -> None:
    answered = tally.before + tally.succeeded
    if options.json:
        fields = {"run": str(plan.run.path), "model": plan.config.model, "answered": answered}
        print(json.dumps(fields | {"failed": tally.failed, "expected": tally.total}, ensure_ascii=False))
        return
    failed = f", {tally.failed} failed: the same command asks them again" if tally.failed else ""
    print(f"{plan.run.path}: {answered} of {tally.total} conversations answered{failed}")
    for note in cut_notes(a for s in plan.strategies for a in plan.run.answers(s.name).values()):
        print(note)
    if not tally.failed:
        print(f"next: kojudge judge {plan.run.path} --judge NAME")

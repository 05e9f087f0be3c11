"""Who judges: options -> judges that are ready to be asked, with their endpoints and servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from judge.api.judges import judge_model, rule_judge
from judge.api.options import JUDGE_CONCURRENCY, MODEL_CONCURRENCY, GenerateOptions, JudgingOptions
from judge.api.plan import MANAGED, NOBODY, Plan, judge_plans, server_spec
from judge.api.renderers import rendering, started, template_values
from judge.config import JudgeConfig
from judge.endpoints.access import Access, is_near, own_access
from judge.endpoints.client import ChatClient
from judge.endpoints.limiter import START, RateLimiter
from judge.endpoints.requests import FOLDED
from judge.endpoints.vllm.api import ends_loops
from judge.endpoints.vllm.command import AUTO, ServerSpec, for_judge, judge_words, vllm_args
from judge.endpoints.vllm.watch import EngineWatch
from judge.errors import ConfigError
from judge.records import Answer, AnswerFailure
from judge.runs.turns import NO_TURNS, Turns
from judge.stages.answerers import Answerer, ModelAnswerer, WatchedAnswerer
from judge.stages.code_runs import check_walls
from judge.stages.conversations import Conversation, owed
from judge.stages.gradings import Judge
from judge.stages.judges import LlmJudge, NoChat, WatchedJudge
from judge.stages.preflight import UNKNOWN, examine_template, with_system
from judge.stages.progress import Reporter
from judge.stages.runaways import Loops, limits_text


@asynccontextmanager
async def judging(
    options: JudgingOptions, log: Path, report: Reporter, is_owed: Callable[[JudgeConfig], bool] = lambda _: True
) -> AsyncIterator[list[Judge]]:
    """Yield the judges; their connections, and a server of our own, live as long as this context.

    `log`: where the output of a server of our own goes. `is_owed`: whether a judge has work; no server is started for
    nothing.
    """
    plans = judge_plans(options)
    if any(config.run_code for config, _ in plans):
        check_walls()
    async with AsyncExitStack() as stack:
        judges: list[Judge] = []
        for config, access in plans:
            if access is None:
                judges.append(rule_judge(config, options))
            elif access == NOBODY or (access == MANAGED and not is_owed(config)):
                judges.append(judge_model(NoChat(), config, options))
            elif access == MANAGED:
                judges.append(await _managed(stack, config, options, log, report))
            else:
                judges.append(await _connected(stack, config, access, config.judge, options, report))
        yield judges


async def _connected(
    stack: AsyncExitStack,
    config: JudgeConfig,
    access: Access,
    served: str,
    options: JudgingOptions,
    report: Reporter,
) -> LlmJudge:
    given = options.judge_concurrency
    limiter = RateLimiter(
        highest=given or JUDGE_CONCURRENCY, start=given or START, rpm=options.judge_rpm, tpm=options.judge_tpm
    )
    chat = ChatClient(
        served,
        access.endpoint,
        access.api_key,
        key_name=access.key_name,
        limiter=limiter,
        route=access.route,
        say=report.say,
    )
    await stack.enter_async_context(chat)
    loops: Loops | None = None
    if (url := access.endpoint.base_url) and is_near(url):  # a provider's server has limits of its own
        api = chat.vllm(template_values(config.sampling))
        with for_judge():
            if (await examine_template(api, system=True)).folds_system:
                chat.adaptations["system"] = FOLDED
        loops = "engine" if ends_loops(await api.version()) else "stream"
    return judge_model(chat, config, options, loops=loops)


async def _managed(
    stack: AsyncExitStack, config: JudgeConfig, options: JudgingOptions, log: Path, report: Reporter
) -> Judge:
    with for_judge():
        spec = ServerSpec(
            model=config.judge,
            vllm_command=options.engine_command,
            max_model_len=AUTO,
            extra=vllm_args(options.judge_vllm_arg),
        )
        server, _ = await started(
            stack, spec, log, config.sampling, lambda text: report.say(judge_words(text)), system=True
        )
    access = own_access(server.base_url, server.api_key, timeout_seconds=options.timeout, tries=options.tries)
    judge = await _connected(stack, config, access, server.model_name, options, report)
    return WatchedJudge(judge, await stack.enter_async_context(EngineWatch(server)))


@asynccontextmanager
async def answering(plan: Plan, options: GenerateOptions, report: Reporter) -> AsyncIterator[Answerer]:
    """Yield what answers; a server of our own lives as long as this context."""
    if plan.baseline is not None:
        yield plan.baseline
        return
    if not owed(plan.run, plan.conversations):
        yield _Nobody()
        return
    async with AsyncExitStack() as stack:
        access, served, server, examined = plan.access, options.served_model or plan.model, None, None
        sampling, system = plan.config.sampling, with_system(plan.strategies)
        if access is None:
            server, examined = await started(
                stack, server_spec(plan.model, options), plan.run.path / "vllm.log", sampling, report.say, system=system
            )
            access = own_access(server.base_url, server.api_key, timeout_seconds=options.timeout, tries=options.tries)
            served = server.model_name
        chat = await stack.enter_async_context(_chat(access, served, options, report))
        api = chat.vllm(template_values(sampling))
        if examined is not None:
            examined = await examined.on(api)
        elif access.endpoint.base_url:
            examined = await examine_template(api, system=system)
        else:
            examined = UNKNOWN
        for note in examined.notes:
            report.say(note)
        answerer = ModelAnswerer(chat, plan.config, examined)
        if told := limits_text(answerer.limits()):
            report.say(told)
        context = {"context": examined.context} if examined.context is not None else {}
        plan.run.note_limits(answerer.limits() | context)
        if server is None:
            yield answerer
        else:
            yield WatchedAnswerer(answerer, await stack.enter_async_context(EngineWatch(server)))
        plan.run.note_limits(answerer.limits() | context)
        if access.endpoint.base_url:
            plan.run.note_server(plan.config.model, await chat.vllm().version())


@asynccontextmanager
async def showing(plan: Plan, options: GenerateOptions, report: Reporter) -> AsyncIterator[ModelAnswerer]:
    """Yield what can show prompts and asks nothing; no weights are loaded for it. Raises ConfigError, ServerError."""
    if plan.baseline is not None:
        raise ConfigError("a null model has no prompt")
    async with AsyncExitStack() as stack:
        examined = UNKNOWN
        if plan.access is None:
            examined = await stack.enter_async_context(rendering(plan, options, report))
        elif plan.access.endpoint.base_url:
            served = options.served_model or plan.model
            chat = await stack.enter_async_context(_chat(plan.access, served, options, report))
            api = chat.vllm(template_values(plan.config.sampling))
            examined = await examine_template(api, system=with_system(plan.strategies))
        for note in examined.notes:
            report.say(note)
        yield ModelAnswerer(NoChat(), plan.config, examined)


def _chat(access: Access, served: str, options: GenerateOptions, report: Reporter) -> ChatClient:
    return ChatClient(
        served,
        access.endpoint,
        access.api_key,
        key_name=access.key_name,
        limiter=_limiter(access, options),
        route=access.route,
        say=report.say,
    )


def _limiter(access: Access, options: GenerateOptions) -> RateLimiter:
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

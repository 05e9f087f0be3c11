"""Who judges: options -> judges that are ready to be asked, with their endpoints and servers."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from judge import cli_options as shared
from judge import demo
from judge.chat import ChatClient
from judge.cli_server import EngineWatch, WatchedJudge, vllm_args
from judge.config import RULES, Endpoint, JudgeConfig
from judge.endpoints import Access, resolve
from judge.errors import ConfigError
from judge.grade import Judge, LlmJudge, NoChat, RuleJudge
from judge.packs import load_judge_prompts, load_settings
from judge.progress import Reporter
from judge.rates import START, RateLimiter
from judge.vllm_server import ServerSpec, serve

JUDGE_CONCURRENCY = 100
"""Verdicts in flight at most, unless told otherwise; the endpoint's limits are found out below that."""

MANAGED = Access(Endpoint(), "", None)
"""Stands for the server that `--judge-vllm` starts."""

NOBODY = Access(Endpoint(base_url="http://nobody"), "", None)
"""Stands where nothing is asked, so that no key is needed: the results come from a file."""


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
            elif access == NOBODY or (access == MANAGED and not is_owed(config)):
                judges.append(LlmJudge(NoChat(), load_judge_prompts(options.pack), config))
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
    options: argparse.Namespace,
    report: Reporter,
) -> LlmJudge:
    given = options.judge_concurrency
    limiter = RateLimiter(
        highest=given or JUDGE_CONCURRENCY, start=given or START, rpm=options.judge_rpm, tpm=options.judge_tpm
    )
    chat = ChatClient(
        served, access.endpoint, access.api_key, key_name=access.key_name, limiter=limiter, say=report.say
    )
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
    judge = await _connected(stack, config, access, server.model_name, options, report)
    return WatchedJudge(judge, await stack.enter_async_context(EngineWatch(server)))


def judge_plans(options: argparse.Namespace) -> list[tuple[JudgeConfig, Access | None]]:
    """Resolve and check every judge before anything is started. None: no endpoint is needed."""
    if not options.judge and not options.judge_vllm:
        raise ConfigError(f"no judge: give --judge NAME (a model, or {RULES}) or --judge-vllm MODEL")
    plans: list[tuple[JudgeConfig, Access | None]] = []
    for name in shared.check_judges(options.judge or []):
        if name == RULES:
            plans.append((demo.rules_config(load_settings(options.pack).judge), None))
            continue
        if getattr(options, "batch_import", None) is not None:
            plans.append((judge_config(name, options), NOBODY))
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
        plans.append((judge_config(name, options), access))
    if options.judge_vllm:
        imports = getattr(options, "batch_import", None) is not None
        plans.append((judge_config(options.judge_vllm, options), NOBODY if imports else MANAGED))
    return plans


def judge_config(name: str, options: argparse.Namespace) -> JudgeConfig:
    """Return the configuration of a model as judge. Raises ConfigError, InputError."""
    return JudgeConfig(
        judge=name,
        sampling=shared.sampling(
            temperature=options.judge_temperature, max_tokens=options.judge_max_tokens, seed=options.judge_seed
        ),
        template=load_judge_prompts(options.pack).digest,
        structured=options.structured,
        settings=load_settings(options.pack).judge,
        parse_retries=options.parse_retries,
    )

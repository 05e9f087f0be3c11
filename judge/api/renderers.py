"""What a server of our own makes of our messages, told before any weights load.

`vllm launch render` is vLLM's own tokenizer and chat template without an engine, in vLLM's own environment: what it
renders is byte for byte what the server renders. It starts beside the engine, so that a template that cannot be used
ends the run in seconds, and alone for `--show-prompt`.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from judge.api.options import GenerateOptions
from judge.api.plan import Plan, server_spec
from judge.config import Endpoint, Sampling
from judge.endpoints.client import ChatClient
from judge.endpoints.vllm.api import VllmApi
from judge.endpoints.vllm.command import ServerSpec, flag_name
from judge.endpoints.vllm.server import NoRendererError, RunningServer, serve
from judge.errors import ServerError
from judge.stages.preflight import AS_TEXT, Examined, PartsError, examine_template, with_system
from judge.stages.progress import Reporter


def template_values(sampling: Sampling) -> Mapping[str, Any] | None:
    """Return what the requests give to the chat template."""
    found = sampling.extra_body.get("chat_template_kwargs")
    return found if isinstance(found, Mapping) else None


@asynccontextmanager
async def rendering(plan: Plan, options: GenerateOptions, report: Reporter) -> AsyncIterator[Examined]:
    """Yield what a server of our own would render, found out; a release that cannot do that is started with its engine.

    Raises ConfigError, and ServerError, whose log is kept; nothing is left otherwise.
    """
    spec = server_spec(plan.model, options)
    async with AsyncExitStack() as stack:
        try:
            examined = await _rendered(stack, spec, plan, report)
        except PartsError as error:
            examined = await _rendered(stack, _as_text(spec, error, report.say), plan, report)
        yield examined


async def _rendered(stack: AsyncExitStack, spec: ServerSpec, plan: Plan, report: Reporter) -> Examined:
    log = Path(tempfile.mkdtemp(prefix="kojudge-")) / "vllm.log"
    async with AsyncExitStack() as tried:
        try:
            server = await tried.enter_async_context(serve(spec.renderer(), log, report=report.say))
        except NoRendererError:
            report.say("this vLLM is older than 0.17 and renders only with the model loaded; starting it")
            server = await tried.enter_async_context(serve(spec, log, report=report.say))
        tried.callback(shutil.rmtree, log.parent, ignore_errors=True)
        api = await tried.enter_async_context(_api(server, template_values(plan.config.sampling)))
        examined = await examine_template(api, system=with_system(plan.strategies), ours=True)
        stack.push_async_exit(tried.pop_all())
    return examined


def _as_text(spec: ServerSpec, error: PartsError, report: Callable[[str], None]) -> ServerSpec:
    """Return the server that gives messages to the template as text. Raises the error where that was tried."""
    if AS_TEXT[0] in (flag_name(name) for name, _ in spec.extra):
        raise error
    report(f"the chat template wants messages as text: --{' '.join(AS_TEXT)}")
    return replace(spec, extra=(*spec.extra, AS_TEXT))


@asynccontextmanager
async def _api(server: RunningServer, values: Mapping[str, Any] | None) -> AsyncIterator[VllmApi]:
    async with ChatClient(server.model_name, Endpoint(base_url=server.base_url), server.api_key) as chat:
        yield chat.vllm(values)


async def started(
    stack: AsyncExitStack,
    spec: ServerSpec,
    log: Path,
    sampling: Sampling,
    report: Callable[[str], None],
    *,
    system: bool,
) -> tuple[RunningServer, Examined]:
    """Start a server, on `stack`, and meanwhile find out what its chat template does (`Examined.on` adds the rest).

    `log`: where its output goes; `sampling`: of the requests; `system`: whether they hold system messages. A release
    that tells only when it runs is asked then. Raises ConfigError as soon as the template is known to be of no use,
    which ends the start, and ServerError.
    """

    async def examine(server: RunningServer) -> Examined:
        async with _api(server, template_values(sampling)) as api:
            return await examine_template(api, system=system, ours=True)

    try:
        return await _started(stack, spec, log, examine, report)
    except PartsError as error:
        return await _started(stack, _as_text(spec, error, report), log, examine, report)


_Examine = Callable[[RunningServer], Awaitable[Examined]]


async def _started(
    stack: AsyncExitStack, spec: ServerSpec, log: Path, examine: _Examine, report: Callable[[str], None]
) -> tuple[RunningServer, Examined]:
    async with AsyncExitStack() as tried:
        start = asyncio.create_task(tried.enter_async_context(serve(spec, log, report=report)))
        look = asyncio.create_task(_look(spec, examine))
        try:
            await asyncio.wait((look, start), return_when=asyncio.FIRST_EXCEPTION)
            for task in (look, start):
                if task.done():
                    task.result()
            server = await start
            examined = await look or await examine(server)
        finally:
            for task in (look, start):
                task.cancel()
            await asyncio.gather(look, start, return_exceptions=True)
        stack.push_async_exit(tried.pop_all())
    return server, examined


async def _look(spec: ServerSpec, examine: _Examine) -> Examined | None:
    with tempfile.TemporaryDirectory(prefix="kojudge-") as folder:
        try:
            async with serve(spec.renderer(), Path(folder) / "vllm.log") as server:
                return await examine(server)
        except ServerError:
            return None  # too old for it; or the engine does not start either, and says why

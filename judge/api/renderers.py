"""What a server of our own makes of our messages, told before any weights load.

`vllm launch render` is vLLM's own tokenizer and chat template without an engine, in vLLM's own environment: what it
renders is byte for byte what the server renders. It starts beside the engine, so that a template that cannot be used
ends the run in seconds, and alone for `--show-prompt`.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from judge.api.options import GenerateOptions
from judge.api.plan import Plan, fields_of, server_spec
from judge.config import Endpoint
from judge.endpoints.client import ChatClient
from judge.endpoints.vllm.api import VllmApi
from judge.endpoints.vllm.command import ServerSpec, flag_name
from judge.endpoints.vllm.server import NoRendererError, RunningServer, serve
from judge.errors import ServerError
from judge.stages.preflight import AS_TEXT, Examined, PartsError, examine_template
from judge.stages.progress import Reporter


def template_values(options: GenerateOptions) -> Mapping[str, Any] | None:
    """Return what the requests give to the chat template."""
    found = fields_of(options.extra_body).get("chat_template_kwargs")
    return found if isinstance(found, Mapping) else None


@asynccontextmanager
async def rendering(plan: Plan, options: GenerateOptions, report: Reporter) -> AsyncIterator[Examined]:
    """Yield what a server of our own would render, found out; a release that cannot do that is started with its engine.

    Raises ConfigError, and ServerError, whose log is kept; nothing is left otherwise.
    """
    spec = server_spec(plan.model, options)
    async with AsyncExitStack() as stack:
        try:
            examined = await _rendered(stack, spec, plan, options, report)
        except PartsError as error:
            examined = await _rendered(stack, _as_text(spec, error, report), plan, options, report)
        yield examined


async def _rendered(
    stack: AsyncExitStack, spec: ServerSpec, plan: Plan, options: GenerateOptions, report: Reporter
) -> Examined:
    log = Path(tempfile.mkdtemp(prefix="kojudge-")) / "vllm.log"
    async with AsyncExitStack() as tried:
        try:
            server = await tried.enter_async_context(serve(spec.renderer(), log, report=report.say))
        except NoRendererError:
            report.say("this vLLM is older than 0.17 and renders only with the model loaded; starting it")
            server = await tried.enter_async_context(serve(spec, log, report=report.say))
        tried.callback(shutil.rmtree, log.parent, ignore_errors=True)
        api = await tried.enter_async_context(_api(server, template_values(options)))
        examined = await examine_template(api, plan.strategies, ours=True)
        stack.push_async_exit(tried.pop_all())
    return examined


def _as_text(spec: ServerSpec, error: PartsError, report: Reporter) -> ServerSpec:
    """Return the server that gives messages to the template as text. Raises the error where that was tried."""
    if AS_TEXT[0] in (flag_name(name) for name, _ in spec.extra):
        raise error
    report.say(f"the chat template wants messages as text: --{' '.join(AS_TEXT)}")
    return replace(spec, extra=(*spec.extra, AS_TEXT))


@asynccontextmanager
async def _api(server: RunningServer, values: Mapping[str, Any] | None) -> AsyncIterator[VllmApi]:
    async with ChatClient(server.model_name, Endpoint(base_url=server.base_url), server.api_key) as chat:
        yield chat.vllm(values)


async def started(
    stack: AsyncExitStack, spec: ServerSpec, plan: Plan, options: GenerateOptions, report: Reporter
) -> tuple[RunningServer, Examined | None]:
    """Start the server of a plan, on `stack`, and meanwhile find out what its chat template does.

    None in its place: this vLLM tells only when it runs. Raises ConfigError as soon as the template is known to be
    of no use, which ends the start, and ServerError.
    """
    try:
        return await _started(stack, spec, plan, options, report)
    except PartsError as error:
        return await _started(stack, _as_text(spec, error, report), plan, options, report)


async def _started(
    stack: AsyncExitStack, spec: ServerSpec, plan: Plan, options: GenerateOptions, report: Reporter
) -> tuple[RunningServer, Examined | None]:
    async with AsyncExitStack() as tried:
        found = await _looked_at(tried, spec, plan, options, report)
        stack.push_async_exit(tried.pop_all())
    return found


async def _looked_at(
    stack: AsyncExitStack, spec: ServerSpec, plan: Plan, options: GenerateOptions, report: Reporter
) -> tuple[RunningServer, Examined | None]:
    log = plan.run.path / "vllm.log"
    start = asyncio.create_task(stack.enter_async_context(serve(spec, log, report=report.say)))
    look = asyncio.create_task(_look(spec, plan, options))
    try:
        await asyncio.wait((look, start), return_when=asyncio.FIRST_EXCEPTION)
        for task in (look, start):
            if task.done():
                task.result()
        return await start, await look
    finally:
        for task in (look, start):
            task.cancel()
        await asyncio.gather(look, start, return_exceptions=True)


async def _look(spec: ServerSpec, plan: Plan, options: GenerateOptions) -> Examined | None:
    with tempfile.TemporaryDirectory(prefix="kojudge-") as folder:
        try:
            async with (
                serve(spec.renderer(), Path(folder) / "vllm.log") as server,
                _api(server, template_values(options)) as api,
            ):
                return await examine_template(api, plan.strategies, ours=True)
        except ServerError:
            return None  # too old for it; or the engine does not start either, and says why

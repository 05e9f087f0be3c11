"""Options of a managed `vllm serve`, and work on it that ends at once when its engine dies."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Self, TypeVar

from judge import cli_options as shared
from judge.chat_formats import ChatFormat, load_chat_format
from judge.errors import ConfigError, UnreachableError
from judge.generation import Answerer, Conversation
from judge.grade import Again, GradeWork, Judge, always
from judge.kept_turns import NO_TURNS, Turns
from judge.records import Answer, AnswerFailure, Failure, Judgment
from judge.vllm_server import RunningServer, ServerSpec

T = TypeVar("T")

LAST_WORDS_SECONDS = 15.0
"""How long a server that no longer listens may take to be known as dead; its processes are ended meanwhile."""


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add how a server of our own is started."""
    group = parser.add_argument_group("a server started by kojudge (without --base-url)")
    group.add_argument("--vllm-command", metavar="PATH", help="the vllm of another environment")
    group.add_argument(
        "--gpus", type=shared.names, default=[], metavar="0,1", help="devices; tensor parallel over them"
    )
    group.add_argument(
        "--max-model-len", type=shared.count, metavar="N", help="context in tokens (default: the model's own)"
    )
    group.add_argument("--dtype", metavar="NAME", help="such as bfloat16, half (default: the model's own)")
    group.add_argument("--quantization", metavar="NAME", help="such as bitsandbytes (default: as the model is)")
    group.add_argument("--lora", metavar="PATH", help="an adapter on top of MODEL")
    group.add_argument("--trust-remote-code", action="store_true", help="run code that comes with the model")
    group.add_argument("--vllm-arg", action="append", default=[], metavar="KEY=VALUE", help="any other vLLM flag")
    group.add_argument("--chat-format", metavar="NAME|FILE", help="chat template instead of the model's own")
    group.add_argument("--start-timeout", type=shared.positive, default=1800.0, metavar="SECONDS", help="default: 1800")


def chat_format(options: argparse.Namespace) -> ChatFormat | None:
    """Return the chat format asked for. Raises InputError, and ConfigError for a server that is not ours."""
    if options.chat_format is None:
        return None
    loaded = load_chat_format(options.chat_format)
    if options.base_url is not None:
        raise ConfigError(
            f"--chat-format needs a server that kojudge starts; start yours with --chat-template {loaded.path}"
        )
    return loaded


def engine_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of a managed server that change what the model says."""
    named = ("max_model_len", "dtype", "quantization", "lora")
    given = {name: getattr(options, name) for name in named if getattr(options, name) is not None}
    extra = dict(vllm_args(options.vllm_arg))
    used = chat_format(options)
    if used is not None:
        given["chat_format"] = f"{used.name} {used.digest}"
    return given | ({"vllm_args": extra} if extra else {})


def vllm_args(given: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """`key=value` or `key` -> pairs. Raises ConfigError."""
    pairs: list[tuple[str, str | None]] = []
    for text in given:
        key, sign, value = text.lstrip("-").partition("=")
        if not key:
            raise ConfigError(f"--vllm-arg '{text}' names no flag; write it as key=value")
        pairs.append((key, value if sign else None))
    return tuple(pairs)


def server_spec(options: argparse.Namespace) -> ServerSpec:
    """Return what is to be started."""
    used = chat_format(options)
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
        chat_template=str(used.path) if used else None,
        extra=vllm_args(options.vllm_arg),
        start_timeout_seconds=options.start_timeout,
    )


class EngineWatch:
    """Ends work on a server of our own at once when its engine dies, instead of retrying against a dead port."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    async def __aenter__(self) -> Self:
        self._watch: asyncio.Task[None] = asyncio.create_task(self._server.watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or raise ServerError as soon as the engine is dead."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait((task, self._watch), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._watch.result()
            return await task
        except UnreachableError:  # the port is dead before the watch has the cause
            await asyncio.wait((self._watch,), timeout=LAST_WORDS_SECONDS)
            if self._watch.done():
                self._watch.result()
            raise
        finally:
            task.cancel()


class WatchedAnswerer:
    """An answerer on a server of our own."""

    def __init__(self, answerer: Answerer, watch: EngineWatch) -> None:
        self.answerer, self._watch = answerer, watch

    async def answer(self, work: Conversation, turns: Turns = NO_TURNS) -> Answer | AnswerFailure:
        """Return the answer; raises ServerError when the engine dies."""
        return await self._watch.during(self.answerer.answer(work, turns))

    def notes(self) -> tuple[str, ...]:
        """Return the answerer's own notes."""
        return self.answerer.notes()


class WatchedJudge:
    """A judge on a server of our own."""

    def __init__(self, judge: Judge, watch: EngineWatch) -> None:
        self.config = judge.config
        self._judge, self._watch = judge, watch
        self.chat = getattr(judge, "chat", None)

    async def grade(self, work: GradeWork, again: Again = always) -> Judgment | Failure:
        """Return the outcome; raises ServerError when the engine dies."""
        return await self._watch.during(self._judge.grade(work, again))

    def notes(self) -> tuple[str, ...]:
        """Return the judge's own notes."""
        return self._judge.notes()

"""Options of a managed `vllm serve`, and an answerer that ends at once when its engine dies."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from judge import cli_options as shared
from judge.chat_formats import ChatFormat, load_chat_format
from judge.errors import ConfigError
from judge.generate import Answerer, Conversation
from judge.records import Answer, AnswerFailure
from judge.vllm_server import RunningServer, ServerSpec


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add how a server of our own is started."""
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
    group.add_argument("--chat-format", metavar="NAME|FILE", help="chat template instead of the model's own")
    group.add_argument("--start-timeout", type=shared.positive, default=1800.0, metavar="SECONDS")


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
    extra = dict(_vllm_args(options))
    used = chat_format(options)
    if used is not None:
        given["chat_format"] = f"{used.name} {used.digest}"
    return given | ({"vllm_args": extra} if extra else {})


def _vllm_args(options: argparse.Namespace) -> tuple[tuple[str, str | None], ...]:
    pairs: list[tuple[str, str | None]] = []
    for text in options.vllm_arg:
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
        extra=_vllm_args(options),
        start_timeout_seconds=options.start_timeout,
    )


class Watched:
    """An answerer on a server of our own: when the engine dies, every conversation ends at once with ServerError."""

    def __init__(self, answerer: Answerer, server: RunningServer) -> None:
        self.answerer, self._server = answerer, server

    async def __aenter__(self) -> Answerer:
        self._watch: asyncio.Task[None] = asyncio.create_task(self._server.watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)

    async def answer(self, work: Conversation) -> Answer | AnswerFailure:
        """Return the answer, or raise ServerError as soon as the engine is dead."""
        task = asyncio.ensure_future(self.answerer.answer(work))
        try:
            await asyncio.wait((task, self._watch), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._watch.result()
            return task.result()
        finally:
            task.cancel()

    def notes(self) -> tuple[str, ...]:
        """Return the answerer's own notes."""
        return self.answerer.notes()

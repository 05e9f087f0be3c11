"""What only a vLLM server can tell: the rendered prompt, its length in tokens, the context. Asked before a run.

    POST /tokenize    messages -> token ids, as its chat endpoint would render them
    POST /detokenize  ids -> text
    GET  /v1/models   max_model_len
    GET  /version     vLLM's version

On any other server these are not there: the functions then return None and nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judge.records import Message

if TYPE_CHECKING:
    import openai

_OTHER_REQUEST = re.compile(r"field required|missing field|validation error|extra (?:inputs|fields)|unknown field")

TIMEOUT_SECONDS = 60.0
"""A busy server may take a while even for these."""

VERSION_SECONDS = 5.0
"""Nothing waits long for a note."""


_KNOWS_REPETITION = (0, 17)
"""The first release with `repetition_detection`; older ones ignore the field without a word."""


def ends_loops(version: str | None) -> bool:
    """Say whether a vLLM of this version ends a loop when it is told to; None: no vLLM."""
    found = re.match(r"(\d+)\.(\d+)", version or "")
    return found is not None and (int(found[1]), int(found[2])) >= _KNOWS_REPETITION


def ending_loops(times: int) -> dict[str, Any]:
    """Return the request field that ends an answer at 4 to 64 tokens that stand `times` in a row.

    To look for longer ones at every token of every answer would slow down vLLM's scheduler.
    """
    return {"repetition_detection": {"max_pattern_size": 64, "min_pattern_size": 4, "min_count": times}}


@dataclass(frozen=True)
class Rendered:
    """A prompt as the server would give it to the model."""

    tokens: tuple[int, ...]
    text: str


class TemplateRefusedError(Exception):
    """The server's chat template refuses these messages; says so in the template's own words."""


class VllmApi:
    """The extra endpoints of a vLLM server."""

    def __init__(
        self, client: openai.AsyncOpenAI, model: str, template_values: Mapping[str, Any] | None = None
    ) -> None:
        """`template_values`: what requests give to the chat template (`chat_template_kwargs`)."""
        self._client, self._model = client, model
        self._more: dict[str, Any] = {"chat_template_kwargs": dict(template_values)} if template_values else {}
        self._root = str(client.base_url).rstrip("/").removesuffix("/v1")

    async def version(self) -> str | None:
        """Return vLLM's version."""
        try:
            data = await self._call("get", f"{self._root}/version", None, timeout_seconds=VERSION_SECONDS)
        except TemplateRefusedError:  # a 400 of another server
            return None
        found = data.get("version") if isinstance(data, dict) else None
        return found if isinstance(found, str) else None

    async def context_length(self) -> int | None:
        """Return the tokens that prompt and answer may have together."""
        data = await self._call("get", f"{self._root}/v1/models", None)
        models = data.get("data") if isinstance(data, dict) else None
        for model in models if isinstance(models, list) else []:
            length = model.get("max_model_len") if isinstance(model, dict) else None
            if model.get("id") == self._model and isinstance(length, int):
                return length
        return None

    async def count(self, messages: Sequence[Message]) -> int | None:
        """Return the length of the rendered prompt in tokens. Raises TemplateRefusedError."""
        found = await self._tokens(messages)
        return None if found is None else len(found)

    async def render(self, messages: Sequence[Message]) -> Rendered | None:
        """Return the prompt. Raises TemplateRefusedError."""
        tokens = await self._tokens(messages)
        if tokens is None:
            return None
        body = {"model": self._model, "tokens": tokens}
        data = await self._call("post", f"{self._root}/detokenize", body)
        text = data.get("prompt") if isinstance(data, dict) else None
        return Rendered(tuple(tokens), text) if isinstance(text, str) else None

    async def _tokens(self, messages: Sequence[Message]) -> list[int] | None:
        body = {"model": self._model, "messages": list(messages), "add_generation_prompt": True, **self._more}
        data = await self._call("post", f"{self._root}/tokenize", body)
        tokens = data.get("tokens") if isinstance(data, dict) else None
        return tokens if isinstance(tokens, list) and tokens else None  # llama.cpp knows no messages and says []

    async def _call(
        self, method: str, url: str, body: dict[str, Any] | None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> Any:
        """Return the parsed reply, None where the server has no such endpoint or does not answer."""
        import openai  # the verbs that ask nothing do not wait for it

        from judge.endpoints.faults import sent_errors, told_by

        try:
            if method == "get":
                return await self._client.get(url, cast_to=object, options={"timeout": timeout_seconds})
            return await self._client.post(url, body=body, cast_to=object, options={"timeout": timeout_seconds})
        except openai.BadRequestError as error:
            said = told_by(error)
            if _OTHER_REQUEST.search(said.text):
                return None  # an endpoint of this name that wants other fields (SGLang's /tokenize): no vLLM
            raise TemplateRefusedError(said.message) from None
        except sent_errors():
            return None

"""What the stages know of a chat, `Chat` and its `Reply`; and a completion -> Reply, or why it is none. Pure.

The SDK is imported where it is needed: the verbs that only read must not wait a second for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from judge.config import Sampling
from judge.errors import RejectedError, TransientError
from judge.records import Message, Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion


@dataclass(frozen=True)
class Reply:
    """What came back, with what was really sent."""

    text: str
    model: str | None
    """The model id in the endpoint's reply."""
    finish_reason: str
    reasoning: str | None
    usage: Usage
    attempts: int
    params: dict[str, Any] = field(default_factory=dict)


class Chat(Protocol):
    """What the stages need of a model."""

    @property
    def adaptations(self) -> Mapping[str, str]:
        """Parameters the endpoint refused: name -> what is done instead."""
        ...

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, schema: Mapping[str, Any] | None = None
    ) -> Reply:
        """Return the reply, or raise ChatError."""
        ...


def adaptation_notes(name: str, adaptations: Mapping[str, str]) -> tuple[str, ...]:
    """Return one note a parameter that the endpoint of `name` did not take."""
    return tuple(
        f"the endpoint of {name} does not take {parameter}: "
        + ("left out" if instead == "dropped" else f"sent as {instead}")
        for parameter, instead in sorted(adaptations.items())
    )


def read_completion(completion: object, *, where: str, params: dict[str, Any], attempts: int) -> Reply:
    """Return the reply in what the SDK has parsed.

    Raises TransientError where it is no chat completion (garbage with status 200), RejectedError where the content
    filter or the model itself refused; an error's `usage` is what it cost all the same.
    """
    from openai.types.chat import ChatCompletion

    if not isinstance(completion, ChatCompletion) or not completion.choices:
        raise TransientError(f"{where} sent a reply that is no chat completion", kind="server")
    choice = completion.choices[0]
    message = choice.message
    if message is None:
        raise TransientError(f"{where} sent a choice without a message", kind="server")
    usage = _usage(completion)
    if choice.finish_reason == "content_filter":
        raise RejectedError(f"{where} filtered the reply", kind="content_filter", usage=usage)
    if message.refusal:
        raise RejectedError(f"the model refused: {message.refusal}", kind="refusal", usage=usage)
    extra = message.model_extra or {}
    thought = extra.get("reasoning_content") or extra.get("reasoning")
    return Reply(
        text=_whole(message.content) if isinstance(message.content, str) else "",
        model=completion.model or None,
        finish_reason=choice.finish_reason or "unknown",
        reasoning=_whole(thought) if isinstance(thought, str) else None,
        usage=usage,
        attempts=attempts,
        params=params,
    )


def _whole(text: str) -> str:
    """Replace half characters (lone surrogates), which no file and no request can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _usage(completion: ChatCompletion) -> Usage:
    usage = completion.usage
    if usage is None:
        return Usage()
    details = usage.prompt_tokens_details
    return Usage(
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or 0,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
    )

"""Was something said, and was it finished: a chat completion -> Reply, or why it is none. Pure, the only such rule.

    finish reason    stop and its synonyms     the reply is whole
                     length and its synonyms   cut off: an answer so far, never a verdict
                     filtered, refused         content_filter, refusal; asked (and paid) once
                     error, aborted            a failed try, asked again
                     anything else             never complete
    content          text, or a list of parts: text parts are joined, thinking parts are reasoning, others are unknown
    no text          never an answer; where all of it stands in a reasoning field, the failure says so

The same rule reads ordinary replies, results of a batch and imported ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from judge.config import Sampling
from judge.endpoints.faults import refusal
from judge.endpoints.finish import Finish, finish, reason_of, word_of
from judge.endpoints.streams import Guards
from judge.endpoints.usage import estimated_usage, read_usage
from judge.endpoints.wordings import is_event_stream, page_title, read_error
from judge.errors import ChatError, FatalChatError, RejectedError, TransientError
from judge.files import without_half_characters
from judge.records import Message, Usage

TEXT_PARTS = frozenset({"text", "output_text", "input_text"})
THINKING_PARTS = frozenset(
    {"thinking", "reasoning", "redacted_thinking", "reasoning_content", "thought", "summary_text"}
)
REASONING_FIELDS = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "reasoning_details",
    "thinking",
    "thinking_blocks",
)


LEAST_SECRET = 16
"""Characters of a secret that is masked in replies; what is shorter (`EMPTY`, `no-key`) may be a word of the text."""


@dataclass(frozen=True)
class Reply:
    """What came back, with what was really sent."""

    text: str
    """Never blank."""
    model: str | None
    """The model id in the endpoint's reply."""
    finish_reason: str
    """`stop`: whole; `length`: cut off at a limit; `repetition`: ended by the engine in a loop."""
    reasoning: str | None
    usage: Usage
    attempts: int
    params: dict[str, Any] = field(default_factory=dict)

    def without(self, secrets: Sequence[str]) -> Reply:
        """Return the reply with the keys masked that some gateways echo: it is going to be stored."""

        def masked(text: str) -> str:
            for secret in secrets:
                text = text.replace(secret, "***") if len(secret) >= LEAST_SECRET else text
            return text

        model, reasoning = self.model and masked(self.model), self.reasoning and masked(self.reasoning)
        return replace(self, text=masked(self.text), model=model, reasoning=reasoning)


Messages = Sequence[Message]
"""A conversation, in its order."""
Schema = Mapping[str, Any] | None
"""A JSON schema that a reply is asked to follow."""


class Chat(Protocol):
    """What the stages need of a model."""

    @property
    def adaptations(self) -> Mapping[str, str]:
        """Parameters the endpoint refused: name -> what is done instead."""
        ...

    async def complete(
        self, messages: Messages, sampling: Sampling, schema: Schema = None, guard: Guards = None, session: str = ""
    ) -> Reply:
        """Return the reply, or raise ChatError; `guard` makes what ends a reply that does not end by itself.

        `session`: stands for the conversation, the same for each of its turns; a router may go by it.
        """
        ...


def read_completion(
    body: object,
    *,
    where: str,
    params: dict[str, Any],
    attempts: int,
    model: str = "the model",
    key_name: str | None = None,
    messages: Callable[[], Sequence[Message]] = tuple,
) -> Reply:
    """Return the reply in the parsed body of an answer with status 200.

    Raises RejectedError where this item has no reply and asking again is no use (filtered, refused, no text, an
    unknown end), TransientError where the try failed (garbage, an error in the body that passes), FatalChatError
    where the body tells of a wrong key, an unknown model or an empty account. An error's `usage` is what it cost.
    """
    if not isinstance(body, Mapping):
        raise _not_json(body, where)
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    usage = read_usage(body.get("usage"))
    if not isinstance(choice, Mapping):
        raise _no_choice(body, where, model, key_name, usage)
    for holder in (choice, body):
        if holder.get("error"):
            raise _failed_inside(holder, where, model, key_name, usage)
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise TransientError(f"{where} sent a choice without a message", kind="server")
    end = finish(choice)
    if end == "failed":
        raise _failed_inside(choice, where, model, key_name, usage)
    if end == "filtered" or _is_filtered(choice):
        raise RejectedError(f"{where} filtered the reply ({reason_of(choice)})", kind="content_filter", usage=usage)
    text, thoughts, unknown, refused = _content(message.get("content"))
    refused = refused or _string(message.get("refusal"))
    if refused or end == "refused":
        raise RejectedError(f"the model refused: {refused or text or reason_of(choice)}", kind="refusal", usage=usage)
    if unknown:
        raise RejectedError(f"{where} sent a reply that is no text ({unknown})", kind="empty_reply", usage=usage)
    for name in REASONING_FIELDS:
        if found := "".join(_texts(message.get(name))).strip():
            thoughts = thoughts or found
    if not text.strip():
        cut = usage or (estimated_usage(messages(), thoughts, model) if end in ("length", "repetition") else None)
        raise _nothing_said(end, choice, message, thoughts, cut)
    if end in ("unknown", "no_text"):
        raise RejectedError(
            f"{where} does not say that the reply is whole (finish reason {reason_of(choice)})",
            kind="unfinished",
            usage=usage,
        )
    returned = body.get("model")
    return Reply(
        text=without_half_characters(text),
        model=without_half_characters(returned) if isinstance(returned, str) and returned else None,
        finish_reason=end,
        reasoning=without_half_characters(thoughts) if thoughts else None,
        usage=usage or estimated_usage(messages(), text + thoughts, model),
        attempts=attempts,
        params=params,
    )


def _content(content: object) -> tuple[str, str, str, str]:
    """Return (text, thoughts, what is unknown, refusal) of a message's content, whatever its shape."""
    if content is None:
        return "", "", "", ""
    if isinstance(content, str):
        return content, "", "", ""
    parts = [content] if isinstance(content, Mapping) else content
    if not isinstance(parts, list):
        return "", "", f"content of type {type(content).__name__}", ""
    said: list[str] = []
    thought: list[str] = []
    for part in parts:
        if isinstance(part, str):
            said.append(part)
            continue
        if not isinstance(part, Mapping):
            return "", "", f"a part of type {type(part).__name__}", ""
        kind = word_of(part.get("type")) or ("text" if isinstance(part.get("text"), str) else "")
        if kind in THINKING_PARTS or (kind in TEXT_PARTS and part.get("thought") is True):
            thought.extend(_texts(part))
        elif kind in TEXT_PARTS and isinstance(part.get("text"), str | Mapping):
            said.extend(_texts(part.get("text")))
        elif kind == "refusal":
            return "", "", "", _string(part.get("refusal")) or "no reason given"
        else:
            return "", "", f"a part of type '{kind or 'unknown'}'"[:80], ""
    return "".join(said), "".join(thought), "", ""


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts of a thought, which may be nested: `{"type": "thinking", "thinking": [{"text": ...}]}`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 6:
        for inner in value:
            yield from _texts(inner, depth + 1)
    elif isinstance(value, Mapping) and depth < 6:
        for name in ("text", "thinking", "reasoning", "summary", "content", "value", "reasoning_content"):
            if name in value:
                yield from _texts(value[name], depth + 1)


def _nothing_said(
    end: Finish, choice: Mapping[str, Any], message: Mapping[str, Any], thoughts: str, usage: Usage | None
) -> RejectedError:
    """Return why a reply without text is no answer."""
    if end == "length":
        if thoughts:
            what = "the reasoning was cut off before any answer"
            return RejectedError(what, kind="truncated_reasoning", usage=usage)
        return RejectedError("the reply was cut off before its first word", kind="length", usage=usage)
    if end == "repetition":
        what = "the model went round in a loop before it said anything"
        return RejectedError(what, kind="truncated_reasoning" if thoughts else "empty_reply", usage=usage)
    if message.get("tool_calls") or message.get("function_call") or end == "no_text":
        what = f"the model called a tool instead of answering (finish reason {reason_of(choice)})"
        return RejectedError(what, kind="empty_reply", usage=usage)
    if thoughts:
        what = (
            "all text stands in the reasoning field: the server's --reasoning-parser does not fit the model; "
            "serve it with another or none, or turn thinking off"
        )
        return RejectedError(what, kind="empty_reply", usage=usage)
    tokens = f", {usage.completion_tokens} tokens" if usage else ""
    what = f"the model said nothing (finish reason {reason_of(choice)}{tokens})"
    return RejectedError(what, kind="empty_reply", usage=usage, again=end == "stop")


def _is_filtered(choice: Mapping[str, Any]) -> bool:
    """Whether a filter says that it cut something out (Azure: `{"hate": {"filtered": true}}`)."""
    results = choice.get("content_filter_results") or choice.get("content_filter_result")
    values = results.values() if isinstance(results, Mapping) else []
    return any(isinstance(value, Mapping) and value.get("filtered") is True for value in values)


def _failed_inside(
    holder: Mapping[str, Any], where: str, model: str, key_name: str | None, usage: Usage | None
) -> ChatError:
    """Return what an error inside a reply means; the code in it decides. A try that broke off is asked again."""
    error = holder.get("error")
    if not error:
        return TransientError(f"{where} broke off the reply (finish reason {reason_of(holder)})", kind="server")
    mapped = refusal(read_error(None, {"error": error}, "no reason given"), where=where, model=model, key_name=key_name)
    if isinstance(mapped, RejectedError):
        mapped.usage = usage
    return mapped


def _no_choice(body: Mapping[str, Any], where: str, model: str, key_name: str | None, usage: Usage | None) -> ChatError:
    """Return what a body without choices means: an error in it, a filtered prompt, or no chat completion at all."""
    for name in ("prompt_filter_results", "promptFeedback", "prompt_feedback"):
        text = str(body.get(name) or "").casefold()
        if "'filtered': true" in text or "block" in text:
            return RejectedError(f"{where} filtered the prompt", kind="content_filter", usage=usage)
    state = body.get("base_resp")
    failed = isinstance(state, Mapping) and state.get("status_code") not in (0, None)
    if failed or any(body.get(name) for name in ("error", "detail", "message", "errors")):
        said = read_error(None, dict(body), "no reason given")
        return refusal(said, where=where, model=model, key_name=key_name)
    return TransientError(f"{where} sent a reply that is no chat completion", kind="server")


def _not_json(body: object, where: str) -> ChatError:
    """Return what a body means that is no JSON object. Asking again does not make an API of a web page."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body if isinstance(body, str) else ""
    if title := page_title(text):
        what = f"{where} sent {title}, instead of JSON; is the URL that of the API (it usually ends in /v1)?"
        return FatalChatError(what, kind="server", reason="page")
    if is_event_stream(text):
        what = f"{where} sent an event stream, which was not asked for; set the server or gateway to plain replies"
        return FatalChatError(what, kind="server", reason="page")
    seen = f": {' '.join(text.split())[:80]}" if text.strip() else ""
    return TransientError(f"{where} sent a reply that is no chat completion{seen}", kind="server")


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""

"""What a good reply shows of how the endpoint took its request: a schema not followed, a prompt cut short. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from judge.endpoints.replies import Reply
from judge.endpoints.requests import IGNORED, PROMPT
from judge.endpoints.usage import estimated_usage
from judge.records import Message

LONG_PROMPT = 1500
"""Tokens by our estimate below which nothing is said: that is less than any server's context."""

CUT_SHARE = 0.4
"""Share of our estimate below which the server has not read the whole prompt; tokenizers differ by far less."""

SMALLEST_CONTEXT = 64
"""Tokens that every server can read; a smaller count is none of the prompt's tokens."""

MOST_A_CHARACTER = 1.25
"""Tokens that the estimate gives to one character at most."""


def noticed(sent: Mapping[str, Any], messages: Sequence[Message], reply: Reply) -> dict[str, str]:
    """Return what is to be recorded beside the parameters that an endpoint refused (`requests.adaptation_notes`)."""
    found: dict[str, str] = {}
    if "response_format" in sent and reply.finish_reason == "stop" and not _holds_object(reply.text):
        found["response_format"] = IGNORED
    if cut := _cut_prompt(messages, reply):
        found[PROMPT] = cut
    return found


def _cut_prompt(messages: Sequence[Message], reply: Reply) -> str | None:
    """Return `estimate > reported` where the server has read far less than was sent, None where it has read it."""
    usage = reply.usage
    longest = MOST_A_CHARACTER * sum(len(one["content"]) for one in messages)
    if (
        usage.estimated_tokens
        or usage.cached_tokens
        or not SMALLEST_CONTEXT <= usage.prompt_tokens < CUT_SHARE * longest
    ):
        return None  # most prompts: no need to estimate them
    own = estimated_usage(messages, "").prompt_tokens
    if own < LONG_PROMPT or usage.prompt_tokens >= CUT_SHARE * own:
        return None
    return f"{own} > {usage.prompt_tokens}"


def _holds_object(text: str) -> bool:
    """Whether a reply holds a JSON object, as one does that follows a schema."""
    start, end = text.find("{"), text.rfind("}")
    try:
        return isinstance(json.loads(text[start : end + 1]), dict)
    except (ValueError, RecursionError):
        return False

"""The tokens that an endpoint reports, in whatever shape it does: known, or estimated. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from judge.endpoints.tokens import MESSAGE_TOKENS, REPLY_START_TOKENS, estimate_tokens
from judge.records import Message, Usage

MOST_TOKENS = 100_000_000
"""More than any model takes: a count beyond is a mistake."""


def read_usage(usage: object) -> Usage | None:
    """Return the tokens of one reply; None where the endpoint reports none, or none that can be true.

    Tokens that only the total holds (thoughts that are billed and not listed) count as completion tokens.
    """
    if not isinstance(usage, Mapping):
        return None
    prompt = _first(usage, "prompt_tokens", "input_tokens", "promptTokens", "prompt_token_count")
    completion = _first(usage, "completion_tokens", "output_tokens", "completionTokens", "candidates_token_count")
    total = _first(usage, "total_tokens", "totalTokens", "total_token_count")
    if total is not None and prompt is not None and total >= prompt:
        completion = max(completion or 0, total - prompt)
    if total is not None and prompt is None and completion is not None and total >= completion:
        prompt = total - completion
    if prompt is None or completion is None or (prompt == 0 and completion == 0):
        return None
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = _first(details, "cached_tokens") if isinstance(details, Mapping) else None
    cached = cached if cached is not None else _first(usage, "prompt_cache_hit_tokens", "cache_read_input_tokens")
    return Usage(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=min(cached or 0, prompt))


def estimated_usage(messages: Sequence[Message], reply: str, model: str = "") -> Usage:
    """Return about what a request has used whose endpoint does not say; all of it counts as estimated."""
    prompt = sum(MESSAGE_TOKENS + estimate_tokens(one["content"], model) for one in messages) + REPLY_START_TOKENS
    said = estimate_tokens(reply, model)
    return Usage(prompt_tokens=prompt, completion_tokens=said, estimated_tokens=prompt + said)


def _first(holder: Mapping[str, object], *names: str) -> int | None:
    for name in names:
        if (count := _count(holder.get(name))) is not None:
            return count
    return None


def _count(value: object) -> int | None:
    """Return a number of tokens: whole, not negative, not beyond what can be true."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value.strip()) < 12:
        value = int(value.strip())
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= MOST_TOKENS else None

"""Answers that do not end by themselves: how long one may get, and how a loop is ended.

    --max-tokens N      N tokens a turn, whatever the model
    without it          4,096 tokens a turn, 32,768 where the model thinks first; within the context
    vLLM from 0.17 on   ends a loop itself (`repetition_detection`), finish reason `repetition`
    any other server    the answer is streamed, and the stream is left when it loops or is too long

What was said until then is the answer; its finish reason is `length` or `repetition`, which tables tell beside the
number. A judge on one's own machine or network is watched for loops alone; a reply that was ended has no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from judge.config import Sampling
from judge.endpoints.replies import REASONING_FIELDS
from judge.endpoints.tokens import estimate_tokens
from judge.endpoints.vllm.api import ending_loops
from judge.text.loops import TIMES, loops
from judge.text.thoughts import part
from judge.wording import Note

ANSWER_TOKENS = 4096
"""Of one turn, thoughts included, of a model that does not think; the longest public answers that end have 3,000."""

THINKING_TOKENS = 32_768
"""The same of a model that thinks before it answers."""

Loops = Literal["engine", "stream"]
"""Who ends a loop: vLLM itself, or whoever leaves the stream."""

_LOOK_CHARACTERS = 512
"""So much is said between two looks at a stream."""


def limits_text(limits: Mapping[str, int]) -> str:
    """Return a line on how long an answer may get where `--max-tokens` does not say, "" where it does."""
    if not limits:
        return ""
    thinking = limits.get("thinking_tokens")
    more = Note("", "")
    if thinking:
        more = Note(f" ({thinking:,} of one that thinks first)", f"(먼저 생각하는 모델은 {thinking:,}토큰)")
    most = f"{limits['answer_tokens']:,}"
    return Note(
        f"an answer may take {most} tokens a turn{more}; --max-tokens sets another limit",
        f"답변은 턴마다 {most}토큰까지{more.korean}. 다른 한도는 --max-tokens로 정함",
    )


def loops_ended(sampling: Sampling) -> Sampling:
    """Return the sampling of requests that have vLLM end a loop itself."""
    return sampling.model_copy(update={"extra_body": {**ending_loops(TIMES), **sampling.extra_body}})


@dataclass
class Watch:
    """Watches one streamed reply (`replies.Guard`)."""

    answer_tokens: int | None = ANSWER_TOKENS
    """None: the request itself holds the limit."""
    thinking_tokens: int = THINKING_TOKENS
    _said: list[str] = field(default_factory=list)
    _tokens: int = 0
    _unseen: int = 0
    _thinks: bool = False

    def why_end(self, delta: Mapping[str, Any]) -> str | None:
        """Take in what a chunk adds; return the finish reason of a reply that is to be left here."""
        self._thinks = self._thinks or any(delta.get(name) for name in REASONING_FIELDS)
        new = "".join(_strings(delta))
        self._said.append(new)
        self._unseen += len(new)
        if self._unseen < _LOOK_CHARACTERS:
            return None
        text = "".join(self._said)
        self._tokens += estimate_tokens(text[-self._unseen :])
        self._said, self._unseen = [text], 0
        if loops(text):
            return "repetition"
        if self.answer_tokens is None or self._tokens < self.answer_tokens:
            return None
        thought = part(text)
        most = self.thinking_tokens if self._thinks or thought.thought or thought.cut_off else self.answer_tokens
        return "length" if self._tokens >= most else None


def _strings(delta: Mapping[str, Any]) -> Iterator[str]:
    for name in (*REASONING_FIELDS, "content"):
        value = delta.get(name)
        if isinstance(value, str):
            yield value
            if name != "content":
                return  # some gateways send one thought under two names

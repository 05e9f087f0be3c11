"""What the server's chat template does with our messages: found out before a run by rendering, not by hoping.

Some templates refuse a system message, some drop it without a word, some demand strict alternation, some write a
second BOS. A system text that would be refused or lost is folded into the first user turn; the run records it and the
tables say so.

vLLM gives a message in parts (`[{"type": "text", "text": ...}]`) to a template that walks through the parts anywhere.
One that does so for user messages alone cannot join the others, or writes them down as the data they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from judge.endpoints.requests import fold_system
from judge.endpoints.vllm.api import Rendered, TemplateRefusedError, VllmApi, ends_loops
from judge.errors import ConfigError
from judge.packs.chat_formats import chat_format_folder, chat_format_names
from judge.packs.strategies import Strategy
from judge.records import Message
from judge.text.thoughts import left_open
from judge.wording import Note

MARK = "체계-안내문-7f3a"
"""A system text that no template writes by itself."""

AS_TEXT = ("chat-template-content-format", "string")
"""The flag of vLLM with which a template gets every message as text."""

_PARTS = re.compile(r"""\{\s*(['"])type\1\s*:\s*(['"])text\2""")
_NO_LIST = re.compile(r"(?i)\bnot \W?list\b|\blist\b.*\bhas no attribute\b")
"""What Jinja says where a template takes parts for text."""
_CHANNELS = re.compile(r"[Cc]hannels?: analysis")
"""gpt-oss: the channel of thoughts, in its system text."""
_BOS = ("<s>", "<|begin_of_text|>", "<bos>", "<|startoftext|>", "[BOS]")
_PLAIN: list[Message] = [
    {"role": "user", "content": "안녕하세요?"},
    {"role": "assistant", "content": "네, 안녕하세요."},
    {"role": "user", "content": "고맙습니다."},
]


@dataclass(frozen=True)
class Examined:
    """What was found out; nothing, for a server that cannot tell."""

    folds_system: bool = False
    """The system text goes into the first user turn."""
    context: int | None = None
    """Tokens of prompt and answer together."""
    notes: tuple[str, ...] = ()
    api: VllmApi | None = None
    thinks: bool | None = None
    """The model thinks before it answers, as its template shows; None: nothing is known."""
    ends_loops: bool = False
    """The engine ends a loop when it is told to."""

    async def on(self, api: VllmApi) -> Examined:
        """Return the same of a server whose renderer was asked before it was there."""
        return replace(self, context=await api.context_length(), api=api)

    async def room(self, messages: Sequence[Message]) -> int | None:
        """Return how many tokens an answer to `messages` may have; None where nothing is known."""
        if self.api is None or self.context is None:
            return None
        try:
            used = await self.api.count(messages)
        except TemplateRefusedError:
            return None  # the request itself will say so
        return None if used is None else self.context - used


UNKNOWN = Examined()


class PartsError(ConfigError):
    """A server of our own gives messages in parts to a template that wants text; AS_TEXT mends it."""


def with_system(strategies: Sequence[Strategy]) -> bool:
    """Whether a conversation begins with a system message."""
    return any(strategy.messages and strategy.messages[0]["role"] == "system" for strategy in strategies)


async def examine_template(api: VllmApi, *, system: bool, ours: bool = False) -> Examined:
    """Return what the server's chat template does; `ours`: kojudge has started the server.

    `system`: whether it is going to be given system messages.

    Raises ConfigError where there is no template, where it refuses even a plain conversation, or where it writes
    messages down as data; PartsError if that is mended by another start of a server of ours.
    """
    try:
        plain = await api.render(_PLAIN)
        if plain is not None and _PARTS.search(plain.text):
            raise _in_parts("writes messages down as data", ours=ours)
    except TemplateRefusedError as error:
        if _NO_LIST.search(str(error)):
            raise _in_parts(f"takes no messages in parts ({error})", ours=ours) from None
        way = "give one with --chat-format NAME|FILE" if ours else "start the server with --chat-template FILE"
        mend = f"{way}, such as {chat_format_folder()}/NAME.jinja: {', '.join(chat_format_names())}"
        raise ConfigError(f"the model's chat template cannot be used ({error}); {mend}") from None
    if plain is None:
        return UNKNOWN
    twice = Note("the chat template writes the BOS token twice", "챗 템플릿이 BOS 토큰을 두 번 씀")
    notes = [twice] if _doubled_bos(plain) else []
    folds = False
    if system:
        reason = await _refuses_system(api, ours=ours)
        folds = reason is not None
        if reason is not None:
            notes.append(
                Note(
                    f"{reason}: the system text stands in front of the first user turn",
                    f"{reason.korean}. system의 글을 첫 사용자 메시지 앞에 붙임",
                )
            )
            await api.render(fold_system([{"role": "system", "content": MARK}, *_PLAIN]))
    context, loops = await api.context_length(), ends_loops(await api.version())
    return Examined(folds, context, tuple(notes), api, await _thinks(api, plain), loops)


def _in_parts(what: str, *, ours: bool) -> ConfigError:
    flag = f"--{' '.join(AS_TEXT)}"
    way = f"give --vllm-arg {'='.join(AS_TEXT)}" if ours else f"start the server with {flag}"
    return (PartsError if ours else ConfigError)(f"the model's chat template {what}; {way}")


async def _refuses_system(api: VllmApi, *, ours: bool) -> Note | None:
    """Return why a system message cannot be sent, None where it can. Raises PartsError."""
    try:
        rendered = await api.render([{"role": "system", "content": MARK}, *_PLAIN])
    except TemplateRefusedError as error:
        if ours and _NO_LIST.search(str(error)):
            raise _in_parts(f"takes no system message in parts ({error})", ours=ours) from None
        why = str(error)[:80].strip()
        return Note(
            f"the chat template takes no system message ({why})", f"챗 템플릿이 system 메시지를 받지 않음({why})"
        )
    if rendered is not None and MARK not in rendered.text:
        return Note("the chat template drops the system message", "챗 템플릿이 system 메시지를 빠뜨림")
    if rendered is not None and _PARTS.search(rendered.text):
        if ours:
            raise _in_parts("writes the system message down as data", ours=ours)
        return Note(
            "the chat template writes the system message down as data",
            "챗 템플릿이 system 메시지를 자료 구조 그대로 적음",
        )
    return None


async def _thinks(api: VllmApi, plain: Rendered) -> bool:
    """Whether the template begins an answer with a thought, leaves out thoughts said before, or names their channel.

    A template that closes the thought at once has thinking switched off.
    """
    begun = left_open(plain.text.rpartition(_PLAIN[-1]["content"])[2])
    if begun is not None:
        return begun
    thought = f"<think>\n{MARK}\n</think>\n\n{_PLAIN[1]['content']}"
    try:
        after = await api.render([_PLAIN[0], {"role": "assistant", "content": thought}, _PLAIN[2]])
    except TemplateRefusedError:
        return False
    return _CHANNELS.search(plain.text) is not None or (after is not None and MARK not in after.text)


def _doubled_bos(rendered: Rendered) -> bool:
    twice = len(rendered.tokens) > 1 and rendered.tokens[0] == rendered.tokens[1]
    return twice and any(rendered.text.lstrip().startswith(bos) for bos in _BOS)

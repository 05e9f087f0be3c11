"""What a reasoning model thought, apart from what it said. Pure.

A server with a reasoning parser sets thoughts apart itself; without one they stand in the text, in the form of the
model's family (`_FAMILIES`: every form that vLLM 0.32 has a parser for, and some that it has none for).
Where the opening was part of the prompt, everything before a lone closing is a thought. A thought that is never
closed was cut off: nothing was said.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple


class Parted(NamedTuple):
    """A reply in two parts."""

    said: str
    thought: str | None
    cut_off: bool
    """The thought never ended, so `said` is empty."""


class _Family(NamedTuple):
    """How a family of models writes its thoughts."""

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    alone: bool = True
    """The closing is a mark of its own: without an opening it ends a thought that the prompt began."""
    ends: bool = True
    """The opening is a mark of its own: without a closing it begins a thought that was cut off."""


def _family(opening: str, closing: str, *, alone: bool = True, ends: bool = True) -> _Family:
    return _Family(re.compile(opening), re.compile(closing), alone, ends)


def _tag(name: str) -> _Family:
    """A tag in angle brackets. Hunyuan's bear a suffix of the checkpoint (`<think:6124c78e>`)."""
    suffix = r"(?::[^\s<>]{1,40})?"
    return _family(rf"<(?i:{name}){suffix}(?:\s[^<>]{{0,80}})?>", rf"</(?i:{name}){suffix}\s{{0,9}}>")


_CHANNEL = (
    r"(?:<\|start\|>assistant\s?)?<\|channel\|>{}(?:\s[^<\n]{{0,80}})?(?:<\|constrain\|>\w{{1,20}})?<\|message\|>"
)

_FAMILIES = (
    # DeepSeek, Qwen, GLM, Kimi K2, Step, Nemotron, Olmo, MiMo, MiniCPM, MiniMax M2, Ling, Holo, Ernie, Hunyuan,
    # Granite 4, Poolside, EXAONE 4
    _tag("think(?:ing)?"),
    _tag("thoughts?"),  # EXAONE Deep
    _tag("reasoning"),
    _tag("scratchpad"),
    _tag("seed:think"),  # Seed-OSS
    _tag("mm:think"),  # MiniMax M3
    _tag(r"(?:ifm\|)think(?:_fast(?:er)?)?"),  # K2 Horizon
    _family(r"\[THINK\]", r"\[/THINK\]"),  # Mistral
    _family("◁think▷", "◁/think▷"),  # Kimi-VL
    _family(r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Cohere
    _family(r"<\|channel>(?:thought\b)?", r"<channel\|>"),  # Gemma 4
    _family(r"<\|open\|>\s?think\s?<\|sep\|>", r"<\|close\|>\s?think\s?<\|sep\|>"),  # Kimi K3
    _family(r"<\|plamo:begin_think:plamo\|>", r"<\|plamo:end_think:plamo\|>"),  # PLaMo 3
    _family(r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # Sky-T1, OpenThinker
    # A thought is one message among several: its end is that of a message, or the beginning of the next.
    _family(  # gpt-oss (harmony)
        _CHANNEL.format("(?:analysis|commentary)"),
        rf"<\|(?:end|call)\|>(?=\s*(?:<\|start\|>|<\|channel\|>|$))|(?={_CHANNEL.format('final')})",
        alone=False,
    ),
    _family(r"\A(?:assistant)?analysis", "assistantfinal", alone=False, ends=False),  # without its tokens
    _family(  # Inkling
        r"(?:<\|message_model\|>)?<\|content_thinking\|>", r"<\|end_message\|>|(?=<\|content_text\|>)", alone=False
    ),
    _family(  # Muse Glimmer
        r"(?:<\|start\|>assistant\s?)?to=self<\|message\|>",
        r"<\|eom\|>|(?=(?:<\|start\|>assistant\s?)?to=user<\|message\|>)",
        alone=False,
    ),
    _family(  # Solar Open
        r"(?:<\|begin\|>assistant)?<\|think\|>", r"<\|end\|>(?=\s*<\|begin\|>)|(?=<\|content\|>)", alone=False
    ),
    _family(  # HyperCLOVA X SEED Think
        r"(?:<\|im_start\|>)?(?:assistant)?(?<!<)/think\n", r"<\|im_end\|>\s*<\|im_start\|>assistant\b", alone=False
    ),
    _family(  # Granite 3
        r"(?:Here's|Here is) my thought process:", r"(?:Here's|Here is) my response:", alone=False
    ),
)

# The frame in which the same families put what is said; a frame of words in angle brackets only counts whole.
_FRAME = re.compile(
    rf"\s*(?:{_CHANNEL.format('final')}|(?:<\|start\|>assistant\s?)?to=user<\|message\|>|<\|begin_of_solution\|>"
    r"|(?:<\|message_model\|>)?<\|content_text\|>|(?:<\|begin\|>assistant)?<\|content\|>"
    r"|<\|open\|>\s?response\s?<\|sep\|>|<\|START_(?:RESPONSE|TEXT)\|>)"
)
_FRAME_END = re.compile(
    r"(?:<\|(?:return|end|eot|eom|end_message|content_model_end_sampling|end_of_solution|END_RESPONSE|END_TEXT)\|>"
    r"|<\|close\|>\s?(?:response|message)\s?<\|sep\|>)\Z"
)
_WRAPPED = re.compile(r"(?s)\s*<(answer|response)>\n(?P<said>.*)\n</\1>\s*")
"""As Hunyuan A13B and Ernie 4.5 write it after a thought; tags within a line are what a question asked for."""
_BLANK = re.compile(r"[\s\ufeff]*")


def left_open(prompt: str) -> bool | None:
    """Say whether the end of a prompt has begun a thought: True, left open; False, closed at once; None: it has not."""
    for family in _FAMILIES:
        if family.alone and (found := list(family.opening.finditer(prompt))):
            return family.closing.search(prompt, found[-1].end()) is None
    return None


def part(text: str) -> Parted:
    """Return what was said and what was thought. Only thoughts before the first said word are thoughts."""
    thoughts: list[str] = []
    position = 0
    lone = _lone_closing(text)
    if lone is not None:
        thoughts.append(text[: lone.start()])
        position = lone.end()
    nested = True
    while found := _opening_at(text, position):
        family, opening = found
        closing, nested = _closing(text, family, opening, nested)
        if closing is None:
            if not family.ends:
                break
            thoughts.append(text[opening.end() :])
            return Parted("", _joined(thoughts), True)
        thoughts.append(text[opening.end() : closing.start()])
        position = closing.end()
    frame = _FRAME.match(text, position)
    if frame:
        return Parted(_without_end(text[frame.end() :]).lstrip("\r\n"), _joined(thoughts), False)
    if not thoughts:
        return Parted(text, None, False)
    wrapped = _WRAPPED.fullmatch(text, position)
    said = wrapped["said"] if wrapped else text[position:]
    return Parted(said.lstrip("\r\n"), _joined(thoughts), False)


class Late(NamedTuple):
    """A thought in the midst of a text."""

    start: int
    end: int
    """Of its opening alone, where it is not closed."""
    closed: bool


def late_thoughts(text: str) -> Iterator[Late]:
    """Yield the thoughts that stand anywhere in a text; the last one may not be closed.

    An opening without a closing counts where it begins a line; elsewhere it is spoken of.
    """
    unclosed: set[_Family] = set()
    openings = chain.from_iterable(((m, family) for m in family.opening.finditer(text)) for family in _FAMILIES)
    done = 0
    for opening, family in sorted(openings, key=lambda found: found[0].start()):
        if opening.start() < done:
            continue
        closing = None if family in unclosed else _search(family.closing, text, opening.end())
        if closing is not None:
            done = closing.end()
            yield Late(opening.start(), done, closed=True)
            continue
        unclosed.add(family)
        if family.ends and not text[text.rfind("\n", 0, opening.start()) + 1 : opening.start()].strip():
            yield Late(*opening.span(), closed=False)
            return


def _marks(pattern: re.Pattern[str], text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Yield every match that is used; between back quotes a mark is spoken of."""
    return (
        m
        for m in pattern.finditer(text, start)
        if not text[m.start() - 1 : m.start()] == text[m.end() : m.end() + 1] == "`"
    )


def _search(pattern: re.Pattern[str], text: str, start: int = 0) -> re.Match[str] | None:
    return next(_marks(pattern, text, start), None)


def _opening_at(text: str, position: int) -> tuple[_Family, re.Match[str]] | None:
    blank = _BLANK.match(text, position)
    start = blank.end() if blank else position
    matches = ((family, family.opening.match(text, start)) for family in _FAMILIES)
    return next(((family, opening) for family, opening in matches if opening), None)


def _closing(text: str, family: _Family, opening: re.Match[str], nested: bool) -> tuple[re.Match[str] | None, bool]:
    """Return the closing that belongs to an opening, and whether thoughts in this text stand within each other.

    A thought within a thought closes first. Where the numbers do not fit, an opening was only spoken of, and the
    first closing counts, there and in the rest of the text.
    """
    first = _search(family.closing, text, opening.end())
    if first is None or not nested or family.opening.search(text, opening.end(), first.start()) is None:
        return first, nested
    openings = ((m, 1) for m in family.opening.finditer(text, opening.end()))
    closings = ((m, -1) for m in _marks(family.closing, text, opening.end()))
    depth = 1
    for mark, step in heapq.merge(openings, closings, key=lambda found: found[0].start()):
        depth += step
        if depth == 0:
            return mark, True
    return first, False


def _lone_closing(text: str) -> re.Match[str] | None:
    """Return the first closing that stands before any opening of its family."""
    closings = ((family, _search(family.closing, text)) for family in _FAMILIES if family.alone)
    lone = [closing for family, closing in closings if closing and not family.opening.search(text, 0, closing.start())]
    return min(lone, key=re.Match.start, default=None)


def _without_end(said: str) -> str:
    while end := _FRAME_END.search(said.rstrip(), max(0, len(said.rstrip()) - 40)):
        said = said[: end.start()]
    return said


def _joined(thoughts: list[str]) -> str | None:
    return "\n\n".join(t.strip() for t in thoughts if t.strip()) or None

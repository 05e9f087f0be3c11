"""Where an answer really ends: leaked chat tokens and run-away fake turns are cut off and counted. Pure.

A model that misses its end writes on as if it were the user (`USER:`, `### User`, `<|user|>`), or leaves the tokens of
its chat format in the text. What is cut off is kept beside the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from judge.records import Answer

_MARKER = (
    r"<\|(?:im_end|im_start|eot_id|endoftext|end_of_text|end|eos|endofturn|end_header_id|start_header_id|user|system"
    r"|assistant|end_of_turn|stop|return|turn)\|>|</?s>|<end_of_turn>|<start_of_turn>|<eos>|\[/?INST\]|<</?SYS>>"
    r"|\[\|(?:endofturn|system|user|assistant)\|\]|<turn\|>|<\|turn>|<｜end▁of▁sentence｜>"
)
_TRAILING = re.compile(rf"(?:\s*(?:{_MARKER}|<\|im_end|<\|eot_id|im_end\|>))+\s*\Z")
_FAKE_TURN = re.compile(
    r"^[ \t]*(?:USER:|###\s*(?:User|Human|Instruction)\b|<\|user\|>|<\|im_start\|>\s*user|<start_of_turn>user"
    r"|<\|start_header_id\|>\s*user|\[INST\]|\[\|user\|\]|<\|turn>user)"
    r"|(?:<\|im_end\|>|<\|eot_id\|>|</s>|<end_of_turn>|\[\|endofturn\|\]|<turn\|>)\s*"
    r"(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|<\|user\|>|\[INST\]|\[\|user\|\]|<\|turn>)",
    re.MULTILINE,
)
_MARKERS = re.compile(_MARKER)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)


class Ending(NamedTuple):
    """An answer up to its real end."""

    text: str
    cut: str
    """What was cut off; the raw output is `text + cut`."""
    leaked_tokens: int
    """Chat tokens in what was cut off."""
    fake_turn: bool
    """The model went on as the user."""


def cut_notes(answers: Iterable[Answer]) -> list[str]:
    """Return what a reader of the answers should know of what was cut off their ends."""
    cuts = [end_of("x" + cut) for answer in answers for cut in answer.cut if cut]
    fake = sum(ending.fake_turn for ending in cuts)
    leaked = sum(ending.leaked_tokens > 0 and not ending.fake_turn for ending in cuts)
    notes = []
    if leaked:
        notes.append(f"{leaked} outputs ended in leaked chat tokens, which were cut off")
    if fake:
        notes.append(f"{fake} outputs ran on into a made-up user turn, which was cut off")
    return notes


def end_of(text: str) -> Ending:
    """Return `text` up to its real end. Code is left alone: a marker inside an open fence is part of the answer."""
    kept, fake = text, False
    for found in _FAKE_TURN.finditer(text):
        if len(_FENCE.findall(text, 0, found.start())) % 2 == 0:
            kept, fake = text[: found.start()], True
            break
    trailing = _TRAILING.search(kept)
    if trailing:
        kept = kept[: trailing.start()]
    elif fake:
        kept = kept.rstrip()
    cut = text[len(kept) :]
    return Ending(kept, cut, len(_MARKERS.findall(cut)), fake)

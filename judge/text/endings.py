"""Where an answer really ends: leaked chat tokens and run-away fake turns are cut off and counted. Pure.

A model that misses its end writes on as if it were the user (`USER:`, `### User`, `<|user|>`), or leaves the tokens of
its chat format in the text. What is cut off is kept beside the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from judge.records import Answer
from judge.text.chat_tokens import FAKE_TURN, TRAILING_TOKENS, TURN_TOKEN
from judge.text.code import FENCE
from judge.wording import Note


class Ending(NamedTuple):
    """An answer up to its real end."""

    text: str
    cut: str
    """What was cut off; the raw output is `text + cut`."""
    leaked_tokens: int
    """Chat tokens in what was cut off."""
    fake_turn: bool
    """The model went on as the user."""


def cut_notes(answers: Iterable[Answer]) -> list[Note]:
    """Return what a reader of the answers should know of what was cut off their ends."""
    cuts = [end_of("x" + cut) for answer in answers for cut in answer.cut if cut]
    fake = sum(ending.fake_turn for ending in cuts)
    leaked = sum(ending.leaked_tokens > 0 and not ending.fake_turn for ending in cuts)
    notes = []
    if leaked:
        notes.append(
            Note(
                f"{leaked} outputs ended in leaked chat tokens, which were cut off",
                f"답변 {leaked}건의 끝에 새어 나온 챗 특수 토큰을 잘라 냄",
            )
        )
    if fake:
        notes.append(
            Note(
                f"{fake} outputs ran on into a made-up user turn, which was cut off",
                f"답변 {fake}건에서 모델이 지어낸 사용자 턴부터 뒤를 잘라 냄",
            )
        )
    return notes


def end_of(text: str) -> Ending:
    """Return `text` up to its real end. Code is left alone: a marker inside an open fence is part of the answer."""
    kept, fake = text, False
    blocks = [block.span() for block in FENCE.finditer(text)]
    for found in FAKE_TURN.finditer(text):
        if not any(start < found.start() < end for start, end in blocks):
            kept, fake = text[: found.start()], True
            break
    trailing = TRAILING_TOKENS.search(kept)
    if trailing:
        kept = kept[: trailing.start()]
    elif fake:
        kept = kept.rstrip()
    cut = text[len(kept) :]
    return Ending(kept, cut, len(TURN_TOKEN.findall(cut)), fake)

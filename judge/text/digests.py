"""Short digests of what was asked and answered (pure)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from judge.config import digest
from judge.demands import stored
from judge.records import Answer, Item
from judge.text.language_rule import languages


def answer_digest(answer: Answer, turn: int) -> str:
    """Return the digest of all that a judge of `turn` is shown: texts up to it, references, category, language."""
    shown: dict[str, Any] = {
        "category": answer.category,
        "questions": answer.questions[:turn],
        "outputs": answer.outputs[:turn],
        "references": [*answer.references, *[None] * turn][:turn],
        "languages": languages(answer)[:turn],
    }
    if note := answer.rubric_of(turn):
        shown["rubric"] = note
    if demands := answer.checks_of(turn):
        shown["checks"] = stored([demands])
    if cases := answer.cases_of(turn):
        shown["cases"] = stored([cases])
    return digest(shown)


@lru_cache(maxsize=4096)
def question_digests(questions: tuple[str, ...]) -> tuple[str, ...]:
    """Return one digest a turn: of the user's texts up to it.

    Line ends, white space at the ends of lines and texts, and the Unicode form (NFC, NFD) make no other question.
    """
    seen = hashlib.sha256()
    found = []
    for text in questions:
        lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
        plain = "\n".join(line.rstrip() for line in lines).encode("utf-8", "surrogatepass")
        seen.update(str(len(plain)).encode() + b":" + plain)
        found.append(seen.hexdigest()[:16])
    return tuple(found)


def texts_of(answers: Iterable[Answer]) -> dict[Item, str]:
    """Return the digest of every turn that was asked."""
    return {(a.id, turn): text for a in answers for turn, text in enumerate(question_digests(a.questions), start=1)}


def pair_digest(a: Answer, b: Answer, turn: int) -> str:
    """Return the digest of all that a judge of two answers is shown of `turn`, whichever it sees first."""
    return digest([answer_digest(a, turn), answer_digest(b, turn)])

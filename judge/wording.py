"""Sentences for people, in both languages of the program.

A note is made where its facts are known, in both languages at once, and stays what it is until somebody shows it:
nothing translates a finished sentence. Files for programs (JSON, CSV) hold the English one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Self

Lang = Literal["ko", "en"]


class Note(str):
    """A sentence: as a text the English one, which it is compared and stored by; `korean` is the same in Korean."""

    korean: str

    def __new__(cls, english: str, korean: str) -> Self:
        """Return the sentence."""
        note = super().__new__(cls, english)
        note.korean = korean
        return note

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Return what a copy is made of."""
        return str(self), self.korean


def worded(text: str, lang: Lang) -> str:
    """Return a text in a language; one that is no note is the same in both."""
    return text.korean if lang == "ko" and isinstance(text, Note) else str(text)


def led(by: str, text: str) -> str:
    """Return `by: text`, a note where the text is one; `by` may be a note, too, or a name."""
    both = isinstance(by, Note) or isinstance(text, Note)
    return Note(f"{by}: {text}", f"{worded(by, 'ko')}: {worded(text, 'ko')}") if both else f"{by}: {text}"


def joined(texts: Iterable[str], by: str = "; ") -> str:
    """Return texts as one, a note where one of them is."""
    parts = list(texts)
    both = any(isinstance(part, Note) for part in parts)
    korean = by.join(worded(part, "ko") for part in parts)
    return Note(by.join(parts), korean) if both else by.join(parts)


def korean_of(texts: Iterable[str]) -> dict[str, str]:
    """Return English -> Korean of the notes among texts, to be stored beside them."""
    return {str(text): text.korean for text in texts if isinstance(text, Note)}


def restored(texts: Iterable[str], korean: Mapping[str, str]) -> tuple[str, ...]:
    """Return stored texts, notes again where their Korean is known."""
    return tuple(Note(text, korean[text]) if text in korean else text for text in texts)

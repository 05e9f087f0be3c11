"""Files that expect only what they hold: of one question set, each expects what the others do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from judge.records import Item
from judge.tables.pairing import question_sets
from judge.tables.results import Results
from judge.wording import Note


def complete(series: Sequence[Results]) -> list[Results]:
    """Return the series, each expecting what any series of its question set expects, with a note where short.

    Verdicts that all files lack cannot be found out.
    """
    whole: dict[int, tuple[dict[Item, str], dict[Item, str]]] = {}
    member = question_sets(series)
    for one, number in zip(series, member, strict=True):
        expected, texts = whole.setdefault(number, ({}, {}))
        expected.update({item: category for item, category in one.expected.items() if item not in expected})
        texts.update(one.texts)
    return [_extended(one, *whole[number]) for one, number in zip(series, member, strict=True)]


def item_key(item: Item) -> tuple[bool, int, str, int]:
    """Return the sort key: whole numbers by size, then texts, then turns."""
    identifier, turn = item
    text = isinstance(identifier, str)
    return (text, 0 if text else int(identifier), str(identifier), turn)


def _extended(one: Results, union: dict[Item, str], texts: dict[Item, str]) -> Results:
    expected = dict(sorted({**union, **one.expected}.items(), key=lambda entry: item_key(entry[0])))
    absent = len(expected) * one.repeats - len(one.outcomes)
    whole = len(expected) * one.repeats
    note = Note(
        f"{absent} of {whole} expected verdicts are not in the file",
        f"있어야 할 판정 {whole}건 가운데 {absent}건이 파일에 없음",
    )
    notes = (*one.notes, note) if absent and note not in one.notes else one.notes
    return replace(one, expected=expected, texts={**texts, **one.texts}, notes=notes)

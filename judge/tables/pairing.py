"""Which questions two rows have in common: those of one id that ask the same words. Pure.

An id says nothing by itself: two question sets may both have a question 1. So every item (id, turn) carries a digest
of the words asked up to that turn, and items of one id with other words are never paired. Where the words are not
known (a judgments file without its run, human labels) the id and the category have to do, and it is said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from judge.records import Item, Judgment
from judge.tables.results import Results
from judge.wording import Note

LITTLE = 0.5
"""Share of the shared ids that must ask the same words; below it the two are called different question sets."""


def alike(text: str | None, other: str | None, category: str | None, other_category: str | None) -> bool:
    """Say whether two items of one id are one question: by their words, by their category where these are unknown."""
    return text == other if text and other else category == other_category


@dataclass(frozen=True)
class Shared:
    """The items that two rows both have, told apart by what was asked."""

    same: tuple[Item, ...]
    other: tuple[Item, ...]
    """Of one id, but other words (or another category, where the words are not known)."""
    by_id: int
    """Of the same ones, how many were paired by id and category alone."""

    @property
    def different_sets(self) -> Note | None:
        """What is said where (nearly) nothing of what has one id is one question; None where most of it is."""
        ids, same = ({item[0] for item in items} for items in (self.other, self.same))
        if not ids or len(same - ids) >= LITTLE * len(ids | same):
            return None
        less, fewer = (f"only {number}", f"{number}개뿐임") if (number := len(same - ids)) else ("none", "하나도 없음")
        return Note(
            f"these are different question sets: of {len(ids | same)} ids that both have, {less} ask the same words",
            f"서로 다른 문항 세트임: 양쪽에 다 있는 id {len(ids | same)}개 가운데 질문이 같은 것이 {fewer}",
        )


def shared(a: Results, b: Results, items: Iterable[Item]) -> Shared:
    """Return which of the items (all expected by both) are the same question on both sides."""
    same, other, by_id = [], [], 0
    for item in items:
        mine, theirs = a.texts.get(item), b.texts.get(item)
        if alike(mine, theirs, a.expected.get(item), b.expected.get(item)):
            same.append(item)
            by_id += not (mine and theirs)
        else:
            other.append(item)
    return Shared(tuple(same), tuple(other), by_id)


def changed_answers(a: Results, b: Results) -> set[Item]:
    """Return the items whose answer is known to have another text on the other side."""
    mine, theirs = (
        {(o.id, o.turn): o.answer_digest for o in one.outcomes if isinstance(o, Judgment) and o.answer_digest}
        for one in (a, b)
    )
    return {item for item in mine.keys() & theirs.keys() if mine[item] != theirs[item]}


def by_id_note(paired: int, items: int) -> Note:
    """Return what is said of items that were paired without knowing their words."""
    many, all_or = ("all", "모든 항목을") if paired == items else (str(paired), f"항목 {paired}개를")
    return Note(
        f"{many} items are paired by id and category alone: the question texts of one side are not known",
        f"{all_or} id와 범주만으로 짝지음: 한쪽의 질문 글을 알 수 없음",
    )


def question_sets(series: Sequence[Results]) -> list[int]:
    """Return the number of each row's question set, counted from 1 in the order of the rows.

    Two rows are of one set where they share an item and contradict each other in none: a row of fewer questions
    (--limit) is of the set that it is a part of.
    """
    sets: list[dict[Item, tuple[str, str]]] = []
    member: dict[int, int] = {}
    known_first = sorted(range(len(series)), key=lambda i: (not series[i].texts, -len(series[i].expected)))
    for index in known_first:
        one = series[index]
        place = next((p for p, known in enumerate(sets) if _belongs(one, known)), len(sets))
        if place == len(sets):
            sets.append({})
        for item, category in one.expected.items():
            old_text, old_category = sets[place].get(item, ("", category))
            sets[place][item] = (old_text or one.texts.get(item, ""), old_category)
        member[index] = place
    number: dict[int, int] = {}
    return [number.setdefault(member[index], len(number) + 1) for index in range(len(series))]


def question_groups(series: Sequence[Results]) -> list[int]:
    """Return a number for each row, from 1: rows of one number are of one set and were asked the very same questions.

    Only these are ranked together; question files that overlap make one set, but several groups.
    """
    number: dict[object, int] = {}
    asked_of = (
        (which, frozenset(one.expected.items())) for which, one in zip(question_sets(series), series, strict=True)
    )
    return [number.setdefault(key, len(number) + 1) for key in asked_of]


def _belongs(one: Results, known: Mapping[Item, tuple[str, str]]) -> bool:
    both = [item for item in one.expected if item in known]
    return bool(both) and all(alike(one.texts.get(i), known[i][0], one.expected[i], known[i][1]) for i in both)

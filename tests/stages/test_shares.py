"""Which judge has which question."""

from __future__ import annotations

from collections import Counter

from judge.stages.shares import Drawn, deal

JUDGES = ["a", "b", "c"]


def questions(numbers: range, category: str) -> dict[str, str]:
    return {f"{category}{number}": category for number in numbers}


def counts(found: dict[str, Drawn]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    return Counter(one.judge for one in found.values()), Counter((one.category, one.judge) for one in found.values())


def test_questions_are_dealt_evenly_in_every_category_and_in_all() -> None:
    asked = {q: c for name in "ABCDEF" for q, c in questions(range(7), name).items()}
    found = deal(asked, JUDGES, {})
    of_all, of_category = counts(found)
    assert set(of_all.values()) == {14}
    assert set(of_category.values()) == {2, 3}
    assert deal(dict(reversed(asked.items())), JUDGES[::-1], {}) == found


def test_what_is_drawn_stays_and_what_comes_later_is_added_evenly() -> None:
    first = deal(questions(range(5), "A"), JUDGES, {})
    found = deal(questions(range(12), "A"), JUDGES, first)
    assert found == found | first
    assert set(counts(found)[0].values()) == {4}


def test_other_judges_are_dealt_otherwise() -> None:
    asked = questions(range(30), "A")
    one, two = deal(asked, ["a", "b"], {}), deal(asked, ["a", "c"], {})
    assert {q for q, d in one.items() if d.judge == "a"} != {q for q, d in two.items() if d.judge == "a"}

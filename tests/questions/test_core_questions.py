"""The core set is what questions/README.md says: its shape, language demands, spelling and originality."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from judge.files import read_lines, read_records
from judge.records import BASELINE_CATEGORIES, Question
from tests.support.public import public

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "questions" / "core.jsonl"

GRAM = 8
"""Characters of one shingle: about two Korean words with the space between them."""
TURN_SHARE = 0.10
"""Largest share of a text's shingles that may also occur in LogicKor: a stock phrase in a short text."""
SET_SHARE = 0.005
"""Largest share over the whole set."""
RUN = 12
"""No run of this many characters may be shared: stock phrases ("다음 글을 읽고") are shorter."""


class Turn(NamedTuple):
    """One turn of one question; `number` counts from 1."""

    id: int | str
    category: str
    number: int
    text: str
    reference: str | None
    language: str

    @property
    def label(self) -> str:
        return f"{self.id}, turn {self.number}"


@pytest.fixture(scope="module")
def core() -> list[Question]:
    return read_records(CORE, Question)


@pytest.fixture(scope="module")
def turns(core: list[Question]) -> list[Turn]:
    return [
        Turn(question.id, question.category, number, *parts)
        for question in core
        for number, parts in enumerate(
            zip(question.questions, question.references, question.answer_language, strict=True), start=1
        )
    ]


def outside_code(text: str) -> str:
    """Return `text` with a word for each fenced block (its blanks and brackets are code), without `1)`."""
    return re.sub(r"```.*?```", "코드", re.sub(r"(?<!\()\b\d\)", "", text), flags=re.S)


def shingles(text: str, size: int = GRAM) -> set[str]:
    """Return the distinct runs of `size` characters, NFC and with every white space run as one blank."""
    flat = " ".join(unicodedata.normalize("NFC", text).split())
    return {flat[start : start + size] for start in range(len(flat) - size + 1)}


def all_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from all_texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from all_texts(item)


# shape -----------------------------------------------------------------------------------------


def test_seven_questions_of_each_category_in_table_order(core: list[Question]) -> None:
    assert [q.id for q in core] == list(range(1, 43))
    assert [q.category for q in core] == [name for name in BASELINE_CATEGORIES for _ in range(7)]


def test_every_line_spells_its_keys_in_order() -> None:
    keys = ["id", "category", "questions", "references", "answer_language", "rubric", "checks"]
    expected = {number: [*keys, *["cases"] * (number in (22, 25, 28))] for number in range(1, 43)}
    assert {line.number: list(line.data) for line in read_lines(CORE)} == expected


def test_two_turns_each_and_no_text_twice(core: list[Question], turns: list[Turn]) -> None:
    assert [q.id for q in core if len(q.questions) != 2] == []
    assert len({turn.text for turn in turns}) == 84


def test_open_categories_have_no_reference_and_closed_ones_always(turns: list[Turn]) -> None:
    assert [t.label for t in turns if t.category == "글쓰기" and t.reference is not None] == []
    assert [t.label for t in turns if t.category in ("수학", "문법") and t.reference is None] == []


# language demands ------------------------------------------------------------------------------


def test_at_least_six_turns_do_not_ask_for_korean(turns: list[Turn]) -> None:
    assert len([t for t in turns if t.language != "ko"]) >= 6
    assert {t.language for t in turns} == {"ko", "en", "any"}


def test_english_is_expected_exactly_where_the_text_asks_for_it(turns: list[Turn]) -> None:
    asked = {t.label for t in turns if "영어로" in t.text}
    assert asked == {t.label for t in turns if t.language == "en"}


def test_any_language_exactly_where_bare_output_is_asked_for(turns: list[Turn]) -> None:
    asked = {t.label for t in turns if re.search(r"만 출력하(세요|고)", t.text)}
    assert asked == {t.label for t in turns if t.language == "any"}
    named = {t.label for t in turns if re.search(r"JSON만|코드만", t.text)}
    assert named
    assert named <= asked


def test_a_reference_for_json_only_is_json(turns: list[Turn]) -> None:
    references = [t.reference for t in turns if "JSON만" in t.text and t.reference is not None]
    assert references
    for reference in references:
        json.loads(reference)


# spelling that a program can see ---------------------------------------------------------------


def test_texts_are_clean(turns: list[Turn]) -> None:
    faults = []
    for turn in turns:
        for text in filter(None, (turn.text, turn.reference)):
            prose = outside_code(text)
            marks = {
                "not NFC": not unicodedata.is_normalized("NFC", text),
                "outer blanks": text != text.strip(),
                "blank before a line end": re.search(r"[ \t]+\n", text),
                "double blank": re.search(r"[ \t]{2,}|\n{3,}|\u00a0|\u3000", prose),
                "blank before a mark": re.search(r"(?<=[가-힣]) [.,?!](?!\w)", prose),
                "unseen or broken character": re.search(r"[\u200b-\u200f\ufeff\ufffd\u1100-\u11ff\r]", text),
                "doubled mark": re.search(r",,|\?\?|!!|(?<!\.)\.\.(?!\.)", prose),
                "brackets": any(prose.count(a) != prose.count(b) for a, b in ("()", "[]", "{}", "‘’", "“”")),
            }
            faults += [f"{turn.label}: {mark}" for mark, found in marks.items() if found]
    assert faults == []


def test_lengths_stay_within_what_a_small_context_holds(turns: list[Turn]) -> None:
    assert [t.label for t in turns if not 20 <= len(t.text) <= 1000] == []
    assert [t.label for t in turns if t.reference is not None and not 1 <= len(t.reference) <= 800] == []


def test_each_comprehension_question_brings_its_passage_first(turns: list[Turn]) -> None:
    first, second = ([t for t in turns if t.category == "이해" and t.number == n] for n in (1, 2))
    assert [t.label for t in first if len(t.text) < 300] == []
    assert [a.label for a, b in zip(first, second, strict=True) if shingles(a.text, 30) & shingles(b.text, 30)] == []


# 이해: amounts that follow from the passage ----------------------------------------------------


def numbers(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\d|\d", text)]


def by_id(turns: list[Turn], question_id: int) -> tuple[Turn, Turn]:
    first, second = (t for t in turns if t.id == question_id)
    return first, second


def stated(pattern: str, text: str) -> int:
    """Return the one number that `pattern` catches in `text`."""
    (found,) = set(re.findall(pattern, text))
    return int(found.replace(",", ""))


def test_garden_fee_and_refund_follow_from_the_notice(turns: list[Turn]) -> None:
    first, _ = by_id(turns, 29)
    fee = stated(r"연 ([\d,]+)원", first.text) * (100 - stated(r"(\d+)%를 깎아", first.text)) // 100
    assert {fee, fee // 2} <= set(numbers(first.reference or ""))


def test_rental_charges_follow_from_the_terms(turns: list[Turn]) -> None:
    first, second = by_id(turns, 30)
    hour = stated(r"대여료가 ([\d,]+)원", first.text) * stated(r"하루 대여료의 (\d+)%", first.text) // 100
    late = hour * (stated(r"(\d+)시간 20분 늦게", first.text) + 1)
    repair = stated(r"수리비 ([\d,]+)원", second.text) * stated(r"수리비의 (\d+)%", first.text) // 100
    assert {late, 0} <= set(numbers(first.reference or ""))
    assert {late, repair, late + repair} <= set(numbers(second.reference or ""))


def test_library_rates_follow_from_the_table(turns: list[Turn]) -> None:
    first, second = by_id(turns, 32)
    rows = [line.strip("| ").split(" | ") for line in first.text.splitlines() if line.startswith("| ")][1:]
    counts = {name: numbers(" ".join(cells)) for name, *cells in rows}
    growth = {name: 100 * (new - old) // old for name, (old, new, _) in counts.items()}
    assert all(100 * (new - old) % old == 0 for old, new, _ in counts.values())
    ordered = sorted(growth.items(), key=lambda item: -item[1])
    assert list(json.loads(second.reference or "").items()) == ordered
    lent = {name: new / visitors for name, (_, new, visitors) in counts.items()}
    best = max(lent, key=lambda name: lent[name])
    assert first.reference == f"(1) {ordered[0][0]}, {ordered[0][1]}%. (2) {best}, {lent[best]:g}권."


def test_survey_share_follows_from_the_passage(turns: list[Turn]) -> None:
    first, second = by_id(turns, 35)
    asked = stated(r"시민 ([\d,]+)명", first.text)
    unhappy = stated(r"만족하지 않는다는 사람은 (\d+)%", first.text)
    people = asked * unhappy * stated(r"배차 간격이 (\d+)%", first.text) // 10_000
    assert f"{100 * people / asked:g}%, {people}명" in (second.reference or "")


# originality -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def logickor_texts() -> list[str]:
    return [text for line in read_lines(public("questions.jsonl")) for text in all_texts(line.data)]


def test_nothing_is_taken_from_logickor(turns: list[Turn], logickor_texts: list[str]) -> None:
    known = set().union(*(shingles(text) for text in logickor_texts))
    known_runs = set().union(*(shingles(text, RUN) for text in logickor_texts))
    shared = total = 0
    for turn in turns:
        for text in filter(None, (turn.text, turn.reference)):
            own = shingles(text)
            assert shingles(text, RUN) & known_runs == set(), f"{turn.label} shares a run of {RUN} characters"
            assert len(own & known) <= TURN_SHARE * len(own), f"{turn.label} shares {own & known}"
            shared, total = shared + len(own & known), total + len(own)
    assert shared <= SET_SHARE * total


def test_the_measure_sees_a_copied_question(logickor_texts: list[str]) -> None:
    copied = max(logickor_texts, key=len)
    changed = "먼저 읽어 보세요. " + copied.replace("다", "다 ", 3)
    known = set().union(*(shingles(text) for text in logickor_texts))
    assert len(shingles(changed) & known) > TURN_SHARE * len(shingles(changed))

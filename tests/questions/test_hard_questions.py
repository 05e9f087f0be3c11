"""The hard set is what questions/README.md says: its shape, lengths, spelling, checks and originality."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest

from judge.files import read_lines, read_records
from judge.records import BASELINE_CATEGORIES, Question
from judge.text.demand_checks import check_all, demand_facts
from tests.questions.hard_set import HARD, KEYS, ROOT, Row, load, raw_rows
from tests.support.public import public

CORE = ROOT / "questions" / "core.jsonl"

LETTERS, WORDS = 8, 8
"""Length of a shingle in characters and in words (어절)."""


class Bounds(NamedTuple):
    """What a set may share with another; no run of `WORDS` words ever."""

    turn: float
    """Largest share of a turn's character shingles that may also occur there: stock phrases in a short text."""
    whole: float
    """Largest share over the whole set."""
    run: int
    """No run of this many characters may be shared: stock phrases are shorter."""


OWN = Bounds(turn=0.30, whole=0.05, run=26)
"""Against core.jsonl: the demands ("JSON만 출력하고 다른 말은 쓰지 마세요.") are worded alike on purpose."""
FOREIGN = Bounds(turn=0.10, whole=0.005, run=14)
"""Against LogicKor."""


class Turn(NamedTuple):
    """One turn of one question; `number` counts from 1."""

    row: Row
    number: int
    text: str
    reference: str | None
    rubric: str | None

    @property
    def label(self) -> str:
        return f"{self.row.id}, turn {self.number}"


@pytest.fixture(scope="module")
def rows() -> dict[int, Row]:
    return load()


@pytest.fixture(scope="module")
def turns(rows: dict[int, Row]) -> list[Turn]:
    return [
        Turn(row, number, *parts)
        for row in rows.values()
        for number, parts in enumerate(zip(row.questions, row.references, row.rubric, strict=True), start=1)
    ]


# shape -----------------------------------------------------------------------------------------


def test_every_line_spells_all_keys_in_order() -> None:
    coding = [*KEYS, "cases"]
    assert [raw["id"] for raw in raw_rows() if list(raw) != (coding if raw["category"] == "코딩" else KEYS)] == []


def test_ids_and_texts_are_unique(turns: list[Turn]) -> None:
    ids = [raw["id"] for raw in raw_rows()]
    assert len(ids) == len(set(ids))
    assert [text for text, count in Counter(turn.text for turn in turns).items() if count > 1] == []


def test_no_id_is_one_of_the_core_set(rows: dict[int, Row]) -> None:
    assert {line.data["id"] for line in read_lines(CORE)} & rows.keys() == set()


def test_fifteen_questions_or_more_of_each_category(rows: dict[int, Row]) -> None:
    counts = Counter(row.category for row in rows.values())
    assert set(counts) <= set(BASELINE_CATEGORIES)
    if HARD.exists():
        assert set(counts) == set(BASELINE_CATEGORIES)
        assert sum(counts.values()) >= 90
    assert {name: count for name, count in counts.items() if count < 15} == {}


def test_two_or_three_turns_and_one_of_everything_a_turn(rows: dict[int, Row]) -> None:
    for row in rows.values():
        assert len(row.questions) in (2, 3), row.id
        for part in (row.references, row.answer_language, row.rubric, row.checks):
            assert len(part) == len(row.questions), row.id


def test_difficulty_skill_and_language_have_their_values(rows: dict[int, Row]) -> None:
    assert {row.difficulty for row in rows.values()} <= {"medium", "hard", "very-hard"}
    assert {language for row in rows.values() for language in row.answer_language} <= {"ko", "en", "any"}
    assert [row.id for row in rows.values() if not 5 <= len(row.skill) <= 60] == []
    assert len({row.skill for row in rows.values()}) == len(rows)


def test_a_judge_always_has_a_reference_or_notes(turns: list[Turn]) -> None:
    assert [turn.label for turn in turns if not turn.reference and not turn.rubric] == []


def test_computed_categories_always_have_a_reference(turns: list[Turn]) -> None:
    computed = [turn for turn in turns if turn.row.category in ("추론", "수학", "코딩")]
    assert [turn.label for turn in computed if turn.reference is None] == []


def test_lengths_stay_within_what_a_small_context_holds(turns: list[Turn]) -> None:
    assert [t.label for t in turns if not 20 <= len(t.text) <= 2000] == []
    assert [t.label for t in turns if t.reference is not None and not 1 <= len(t.reference) <= 4000] == []
    assert [t.label for t in turns if t.rubric is not None and not 10 <= len(t.rubric) <= 1000] == []


def test_only_code_or_bare_values_may_be_in_any_language(turns: list[Turn]) -> None:
    bare = re.compile(r"(코드|코드 전체|하나|JSON)?만 출력|설명 없이|만 쓰십시오|만 답하십시오")
    loose = [t for t in turns if t.row.answer_language[t.number - 1] == "any" and not bare.search(t.text)]
    assert [t.label for t in loose] == []


# checks ----------------------------------------------------------------------------------------


def test_the_program_reads_every_line_with_its_checks() -> None:
    read = list(read_records(HARD, Question))
    assert [question.id for question in read] == [raw["id"] for raw in raw_rows()]
    assert {q.id: sum(map(len, q.checks)) for q in read} == {r["id"]: sum(map(len, r["checks"])) for r in raw_rows()}


def test_a_judge_is_told_of_no_pattern_and_of_no_long_list() -> None:
    """Facts stand in the judge's prompt: a pattern of a thousand characters is noise there."""
    found = [
        (q.id, fact)
        for q in read_records(HARD, Question)
        for turn in q.checks
        for fact in demand_facts(turn, "가나다.")
    ]
    assert len(found) > 200
    assert [(number, fact) for number, fact in found if "정규식" in fact] == []
    long = {number for number, fact in found if len(fact) > 300}
    assert long <= {613}, "613 lists the sentences that were to be spaced"


def test_references_of_coding_turns_meet_their_own_checks() -> None:
    seen = 0
    for question in read_records(HARD, Question):
        if question.category != "코딩" or not question.checks:
            continue
        for reference, demands in zip(question.references, question.checks, strict=True):
            missed = [f.fact for f in check_all(demands, reference or "") if not f.met]
            assert missed == [], f"{question.id}: {missed}"
            seen += len(demands)
    assert seen >= 30


def test_a_check_on_code_is_not_met_by_prose() -> None:
    demands = next(q.checks[0] for q in read_records(HARD, Question) if q.category == "코딩")
    assert not all(finding.met for finding in check_all(demands, "코드는 다음 시간에 쓰겠습니다."))


CHECKED: list[tuple[int, int, int, str, str]] = [
    (111, 1, 0, "\n".join(f"| {n} | 1번 | 11:00 |" for n in "고노도로모보소오"), "| 고 | 1번 | 11:00 |"),
    (114, 3, 0, "풀이\n**전체: 1, 3) 거짓: 2**", "전체: 1, 3) 거짓: 2\n감사합니다."),
    (114, 3, 0, "전체: 1, 3\\) 거짓: 2.", "전체 1, 3) 거짓 2"),
    (406, 1, 1, '"""decimal 모듈 없이."""\nimport re', "import re, decimal"),
    (406, 1, 2, "# float()를 쓰지 않는다\nx = int('1')", "x = round(float(text), 2)"),
    (408, 1, 1, '"""eval(text)을 쓰지 않는다"""\nreturn _eval(text)', "return str(eval(text))"),
    (408, 1, 2, "from abstract import x", "import re, ast"),
    (411, 1, 1, '"""Parse rows from csv text."""', "import re, csv"),
]
"""id, turn, check, an answer that keeps the demand, one that breaks it."""


@pytest.mark.parametrize(("question", "turn", "check", "keeps", "breaks"), CHECKED, ids=str)
def test_a_check_tells_a_right_answer_from_a_near_miss(
    question: int, turn: int, check: int, keeps: str, breaks: str
) -> None:
    demands = next(q.checks[turn - 1] for q in read_records(HARD, Question) if q.id == question)
    assert [check_all([demands[check]], text)[0].met for text in (keeps, breaks)] == [True, False]


# spelling that a program can see ---------------------------------------------------------------


def outside_code(text: str) -> str:
    """Return `text` with a word for each piece of code or quoted text."""
    text = re.sub(r"```.*?```", "코드", text, flags=re.S)
    return re.sub(r'"[^"\n]*"|`[^`\n]*`', "말", text)


def test_texts_are_clean(turns: list[Turn]) -> None:
    faults = []
    for turn in turns:
        for text in filter(None, (turn.text, turn.reference, turn.rubric)):
            prose = outside_code(text)
            marks = {
                "not NFC": not unicodedata.is_normalized("NFC", text),
                "outer blanks": text != text.strip(),
                "blank before a line end": re.search(r"[ \t]+\n", text),
                "double blank": re.search(r"[ \t]{2,}|\n{3,}|\u00a0|\u3000", prose),
                "blank before a mark": re.search(r"(?<=[가-힣]) [,?!](?! )", prose),
                "unseen or broken character": re.search(r"[\u200b-\u200f\ufeff\ufffd\u1100-\u11ff\r]", text),
            }
            faults += [f"{turn.label}: {mark}" for mark, found in marks.items() if found]
    assert faults == []


# originality -----------------------------------------------------------------------------------


def shingles(text: str, size: int = LETTERS) -> set[str]:
    """Return the distinct runs of `size` characters, NFC and with every white space run as one blank."""
    plain = re.sub(r"^\|[-|]+\|$", "", text, flags=re.M)  # the rule of a table is in every table
    flat = " ".join(unicodedata.normalize("NFC", plain).split())
    return {flat[start : start + size] for start in range(len(flat) - size + 1)}


def word_shingles(text: str) -> set[tuple[str, ...]]:
    words = unicodedata.normalize("NFC", text).split()
    return {tuple(words[start : start + WORDS]) for start in range(len(words) - WORDS + 1)}


def all_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from all_texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from all_texts(item)


def shared_with(turns: list[Turn], others: Iterable[str], bounds: Bounds) -> list[str]:
    """Return what `turns` have in common with `others` beyond the bounds, as text."""
    texts = list(others)
    known = set().union(*(shingles(text) for text in texts))
    runs = set().union(*(shingles(text, bounds.run) for text in texts))
    words = set().union(*(word_shingles(text) for text in texts))
    faults, shared, total = [], 0, 0
    for turn in turns:
        own = shingles(turn.text)
        shared, total = shared + len(own & known), total + len(own)
        if shingles(turn.text, bounds.run) & runs:
            faults.append(f"{turn.label} shares {sorted(shingles(turn.text, bounds.run) & runs)[:3]}")
        if word_shingles(turn.text) & words:
            faults.append(f"{turn.label} shares {WORDS} words")
        if len(own & known) > bounds.turn * len(own):
            faults.append(f"{turn.label} shares {sorted(own & known)[:5]}")
    if shared > bounds.whole * total:
        faults.append(f"the set shares {shared} of {total}")
    return faults


def core_texts() -> list[str]:
    return [text for line in read_lines(CORE) for text in line.data["questions"]]


def test_nothing_is_taken_from_the_core_set(turns: list[Turn]) -> None:
    assert shared_with(turns, core_texts(), OWN) == []


@pytest.fixture(scope="module")
def logickor_texts() -> list[str]:
    return [text for line in read_lines(public("questions.jsonl")) for text in all_texts(line.data)]


def test_nothing_is_taken_from_logickor(turns: list[Turn], logickor_texts: list[str]) -> None:
    assert shared_with(turns, logickor_texts, FOREIGN) == []


def test_the_measure_sees_a_copied_question(turns: list[Turn]) -> None:
    copied = max(core_texts(), key=len)
    changed = turns[0]._replace(text="먼저 읽어 보십시오. " + copied.replace("다", "다 ", 3))
    assert len(shared_with([changed], core_texts(), OWN)) >= 3


def test_questions_of_the_set_do_not_repeat_each_other(rows: dict[int, Row]) -> None:
    """First turns of two questions share no long run (later turns quote their own first turn)."""
    seen: dict[str, int] = {}
    repeated = set()
    for row in rows.values():
        for run in shingles(row.questions[0], 60):
            if seen.setdefault(run, row.id) != row.id:
                repeated.add((seen[run], row.id))
    assert sorted(repeated) == []


def test_the_files_are_utf8_with_one_object_a_line() -> None:
    for raw in raw_rows():
        assert json.loads(json.dumps(raw, ensure_ascii=False)) == raw

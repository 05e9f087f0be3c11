"""The references of questions/core.jsonl recomputed: searches (추론), arithmetic (수학), real runs (코딩).

A program returns the reference's whole text, so a slip in either is seen. Numbers, tables and code are read
from the question's own text where that is possible, so an edited question with its old reference fails.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import re
import sqlite3
import statistics
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from pathlib import Path
from typing import Any

import pytest

from judge.files import read_records
from judge.packs.questions import load_questions
from judge.records import Answer, Question
from judge.stages.code_runs import code_fact
from tests.questions.hard_set import integers, only, table
from tests.questions.programs import Key, Programs

CORE = Path(__file__).parents[2] / "questions" / "core.jsonl"
COMPUTED = ("추론", "수학", "코딩")
"""Categories in which every reference needs a program."""

PROGRAMS = Programs[Question, str]()
recomputes = PROGRAMS.recomputes


def fenced(text: str) -> str:
    """Return the one fenced block in `text`."""
    return str(only(re.findall(r"```\w+\n(.*?)```", text, re.S)))


def printed(code: str, scope: dict[str, Any] | None = None) -> str:
    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout):
        exec(code, {} if scope is None else scope)
    return stdout.getvalue().rstrip("\n")


# 추론 ------------------------------------------------------------------------------------------


def stage_order(between: int) -> tuple[str, ...]:
    def holds(order: tuple[str, ...]) -> bool:
        at = {team: place for place, team in enumerate(order, start=1)}
        return (
            at["난타"] - at["탈춤"] == between + 1
            and at["합창"] not in (1, 6)
            and at["마술"] == at["밴드"] + 1
            and at["민요"] > at["합창"]
            and at["밴드"] % 2 == 0
        )

    return only(filter(holds, permutations(("난타", "민요", "밴드", "탈춤", "합창", "마술"))))


@recomputes(1, 1)
def order_of_teams(_: Question) -> str:
    return " → ".join(stage_order(between=2))


@recomputes(1, 2)
def order_after_the_change(_: Question) -> str:
    before, after = stage_order(between=2), stage_order(between=1)
    kept = [new for old, new in zip(before, after, strict=True) if old == new]
    return f"{' → '.join(after)}, 순번이 바뀌지 않은 팀: {', '.join(kept)}"


def robots() -> dict[str, bool]:
    """Return which robot speaks the truth, by trying all 32 assignments."""

    def consistent(truthful: tuple[bool, ...]) -> bool:
        gaon, nuri, dasom, raon, _ = truthful
        said = (nuri != dasom, raon, truthful.count(False) == 2, not gaon, dasom or raon)
        return said == truthful

    found = only(filter(consistent, product((True, False), repeat=5)))
    return dict(zip(("가온", "누리", "다솜", "라온", "마루"), found, strict=True))


def two_kinds(truthful: dict[str, bool]) -> str:
    groups = [", ".join(name for name, kind in truthful.items() if kind is wanted) for wanted in (True, False)]
    return f"참말 로봇: {groups[0]} / 거짓말 로봇: {groups[1]}"


@recomputes(2, 1)
def kinds_of_five(_: Question) -> str:
    return two_kinds(robots())


@recomputes(2, 2)
def kinds_of_the_new_two(_: Question) -> str:
    old = robots()

    def consistent(kinds: tuple[bool, ...]) -> bool:
        bada, saebyeok = kinds
        return bada == (not saebyeok or old["누리"]) and saebyeok == (old["가온"] != old["라온"])

    found = only(filter(consistent, product((True, False), repeat=2)))
    return two_kinds(dict(zip(("바다", "새벽"), found, strict=True)))


PARENTS = {
    "은채": "은채 어머니",
    "은채 어머니": "외할머니",
    "외할머니": "외할머니의 부모",
    "외할머니의 여동생": "외할머니의 부모",
    "여동생의 딸": "외할머니의 여동생",
    "도현": "여동생의 딸",
    "도영": "여동생의 딸",
    "은채의 딸": "은채",
    "도영의 자녀": "도영",
    "도영의 손자": "도영의 자녀",
}
"""Child -> the parent through whom the two families are related."""


def degree(one: str, other: str) -> int:
    """촌수 = generations up to the nearest common ancestor, and down again."""

    def line(person: str) -> list[str]:
        return [person, *line(PARENTS[person])] if person in PARENTS else [person]

    mine, theirs = line(one), line(other)
    return min(mine.index(person) + theirs.index(person) for person in mine if person in theirs)


@recomputes(3, 1)
def cousins(_: Question) -> str:
    assert degree("은채", "은채 어머니") == 1
    assert degree("도현", "도영") == 2
    return f"{degree('은채', '도현')}촌"


@recomputes(3, 2)
def later_generations(_: Question) -> str:
    return f"{degree('은채의 딸', '도영의 손자')}촌"


def both_jobs(question: Question) -> tuple[set[date], set[date], date]:
    """Return the days of either job for three years and the first common Saturday."""
    year, month, day, shelf_step, *next_shelf, cleaner_step, m, d, _, _ = integers(question.questions[0])
    first = date(year, month, day)
    assert first.strftime("%A") == "Monday"
    shelves, cleaners = (
        {first + timedelta(days=step * k) for k in range(1, 120)} for step in (shelf_step, cleaner_step)
    )
    assert min(shelves) == date(year, *next_shelf)
    assert min(cleaners) == date(year, m, d)
    return shelves, cleaners, min(x for x in shelves & cleaners if x.strftime("%A") == "Saturday")


@recomputes(4, 1)
def common_saturday(question: Question) -> str:
    saturday = both_jobs(question)[2]
    return f"{saturday.year}년 {saturday.month}월 {saturday.day}일"


@recomputes(4, 2)
def days_with_one_job(question: Question) -> str:
    shelves, cleaners, saturday = both_jobs(question)
    last = date(*integers(question.questions[1]))
    return f"{sum(saturday < day <= last for day in shelves ^ cleaners)}일"


def shortest(rows: list[list[str]], people: int) -> int:
    """Return the least total time; at every finished task every choice of tasks to start is tried.

    Some best schedule starts each task at 0 or when a task ends (shift all to the left): exhaustive.
    """
    minutes = {name: int(time.removesuffix("분")) for name, _, time, _ in rows}
    needs = {name: set(re.findall(r"[A-Z]", before)) for name, _, _, before in rows}
    best = sum(minutes.values())

    def go(now: int, running: tuple[tuple[int, str], ...], done: frozenset[str], left: frozenset[str]) -> None:
        nonlocal best
        if not left:
            best = min(best, max(end for end, _ in running))
            return
        if now >= best:
            return
        ready = sorted(task for task in left if needs[task] <= done)
        for count in range(min(people - len(running), len(ready)) + 1):
            for started in combinations(ready, count):
                busy = (*running, *((now + minutes[task], task) for task in started))
                if not busy:
                    continue
                remaining = left - set(started)
                next_end = min(end for end, _ in busy)
                finished = done | {task for end, task in busy if end == next_end}
                still = busy if not remaining else tuple(b for b in busy if b[0] > next_end)
                go(next_end, still, finished, remaining)

    go(0, (), frozenset(), frozenset(minutes))
    return best


@recomputes(5, 1)
def two_people(question: Question) -> str:
    return f"{shortest(table(question.questions[0]), people=2)}분"


@recomputes(5, 2)
def three_people(question: Question) -> str:
    rows = table(question.questions[0])
    assert shortest(rows, people=3) == shortest(rows, people=len(rows)), "more people must not help"
    return f"{shortest(rows, people=3)}분"


GUESTS = ("지우", "하준", "서윤", "도윤", "예린")


def guest_lists() -> list[dict[str, bool]]:
    def holds(come: tuple[bool, ...]) -> bool:
        jiwoo, hajun, seoyun, doyun, yerin = come
        return (
            (not jiwoo or hajun)
            and hajun != seoyun
            and (doyun or jiwoo)
            and (not seoyun or not doyun)
            and (not yerin or jiwoo != doyun)
        )

    return [dict(zip(GUESTS, c, strict=True)) for c in product((True, False), repeat=5) if holds(c)]


@recomputes(7, 1)
def who_must_come(_: Question) -> str:
    lists = guest_lists()
    always = only(name for name in GUESTS if all(come[name] for come in lists))
    never = only(name for name in GUESTS if not any(come[name] for come in lists))
    return f"반드시 오는 사람: {always}, 올 수 없는 사람: {never}, 조합: {len(lists)}가지"


@recomputes(7, 2)
def who_came(_: Question) -> str:
    came = only(come for come in guest_lists() if not come["지우"] and sum(come.values()) == 3)
    return json.dumps(came, ensure_ascii=False)


# 수학 ------------------------------------------------------------------------------------------


@recomputes(8, 1)
def income_change(question: Question) -> str:
    rise, fall = integers(question.questions[0])
    change = Fraction(100 + rise, 100) * Fraction(100 - fall, 100) * 100 - 100
    assert change > 0
    assert change.denominator == 1
    return f"{change}% 증가"


@recomputes(8, 2)
def members_for_equal_income(question: Question) -> str:
    rise, fall = integers(question.questions[0])
    members = only(number for number in integers(question.questions[1]) if number > 100)
    kept = Fraction(100, 100 + rise)
    tenths = math.floor((1 - kept) * 1000 + Fraction(1, 2))
    fewer = members * Fraction(100 - fall, 100) - members * kept
    assert fewer.denominator == 1
    return f"{tenths // 10}.{tenths % 10}% 감소, {fewer}명"


def lamp_rows(question: Question) -> list[str]:
    length = integers(question.questions[0])[0]
    rows = ("".join(row) for row in product("01", repeat=length))
    return [row for row in rows if "111" not in row]


@recomputes(9, 1)
def lamps(question: Question) -> str:
    return f"{len(lamp_rows(question))}가지"


@recomputes(9, 2)
def five_lamps_lit(question: Question) -> str:
    rows, lit = lamp_rows(question), only(integers(question.questions[1]))
    return str(Fraction(sum(row.count("1") == lit for row in rows), len(rows)))


def sequence(question: Question) -> list[Fraction]:
    """Return a_1, ..., a_21 of the recurrence in the text."""
    start, factor = re.findall(r"a_1 = (\d+/\d+)이고|\(1 \+ (\d+)a_n\)", question.questions[0])
    terms = [Fraction(start[0])]
    while len(terms) < 21:
        terms.append(terms[-1] / (1 + int(factor[1]) * terms[-1]))
    return terms


@recomputes(10, 1)
def one_term(question: Question) -> str:
    index = int(only(re.findall(r"a_(\d+)의 값", question.questions[0])))
    return str(sequence(question)[index - 1])


@recomputes(10, 2)
def sum_of_products(question: Question) -> str:
    assert re.search(r"… \+ a_20·a_21의 값", question.questions[1])
    return str(sum(one * following for one, following in pairwise(sequence(question))))


def rational_root(square: Fraction) -> Fraction:
    root = Fraction(math.isqrt(square.numerator), math.isqrt(square.denominator))
    assert root**2 == square, f"{square} is no square of a fraction"
    return root


Point = tuple[Fraction, Fraction]


def triangle(question: Question) -> tuple[tuple[int, int, int], Point, Fraction]:
    """Return the sides (AB, BC, CA), the apex A over B = (0, 0), C = (BC, 0), and the area, all exact."""
    ab, bc, ca = integers(question.questions[0])
    x = Fraction(ab**2 + bc**2 - ca**2, 2 * bc)
    y = rational_root(ab**2 - x**2)
    return (ab, bc, ca), (x, y), bc * y / 2


@recomputes(11, 1)
def area_and_inradius(question: Question) -> str:
    sides, _, area = triangle(question)
    return f"넓이 {area}, 내접원의 반지름 {2 * area / sum(sides)}"


@recomputes(11, 2)
def circumradius_and_distance(question: Question) -> str:
    (ab, bc, ca), (x, y), _ = triangle(question)
    centre = (Fraction(bc, 2), (x**2 + y**2 - bc * x) / (2 * y))
    radius = rational_root(centre[0] ** 2 + centre[1] ** 2)
    assert (centre[0] - x) ** 2 + (centre[1] - y) ** 2 == radius**2
    perimeter = ab + bc + ca
    incentre = ((bc * x + ab * bc) / perimeter, bc * y / perimeter)
    squared = (centre[0] - incentre[0]) ** 2 + (centre[1] - incentre[1]) ** 2
    return f"외접원의 반지름 {radius}, 거리의 제곱 {squared}"


def largest_number(question: Question) -> int:
    numbers = integers(question.questions[0])
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert len(pairs) == 3
    return max(n for n in range(100, 1000) if all(n % divisor == rest for divisor, rest in pairs))


@recomputes(12, 1)
def three_remainders(question: Question) -> str:
    return str(largest_number(question))


@recomputes(12, 2)
def trailing_zeros(question: Question) -> str:
    product_of_all, zeros = math.factorial(largest_number(question)), 0
    while product_of_all % 10 == 0:
        product_of_all, zeros = product_of_all // 10, zeros + 1
    return f"{zeros}개"


def best_price(question: Question, cost: int) -> tuple[int, int]:
    """Return the one price with the largest gain, and that gain, over all prices that sell a ticket."""
    price, tickets, step, loss = integers(question.questions[0])[:4]
    gains = {price + step * k: (price + step * k - cost) * (tickets - loss * k) for k in range(tickets // loss + 1)}
    return only((p, gain) for p, gain in gains.items() if gain == max(gains.values()))


@recomputes(13, 1)
def largest_income(question: Question) -> str:
    price, income = best_price(question, cost=0)
    return f"표 가격 {price:,}원, 수입 {income:,}원"


@recomputes(13, 2)
def largest_profit(question: Question) -> str:
    price, profit = best_price(question, cost=only(integers(question.questions[1])))
    dearer = price - best_price(question, cost=0)[0]
    assert dearer > 0
    return f"표 가격 {price:,}원, 이익 {profit:,}원, {dearer:,}원 더 비쌈"


def both_classes(question: Question) -> list[int]:
    """Return scores with the stated sizes, means and deviations: half of them below the mean, half above."""
    _, n1, mean1, sd1, _, n2, mean2, sd2, _ = integers(question.questions[0])
    scores: list[int] = []
    for size, mean, deviation in ((n1, mean1, sd1), (n2, mean2, sd2)):
        one = [mean - deviation, mean + deviation] * (size // 2)
        assert (len(one), statistics.mean(one), statistics.pstdev(one)) == (size, mean, deviation)
        scores += one
    return scores


@recomputes(14, 1)
def pooled_variance(question: Question) -> str:
    scores = both_classes(question)
    return f"평균 {statistics.mean(scores)}점, 분산 {statistics.pvariance(scores)}"


@recomputes(14, 2)
def variance_without_two(question: Question) -> str:
    scores = both_classes(question)
    for _ in range(2):
        scores.remove(76)
    assert len(scores) == 48
    return str(statistics.pvariance(scores))


# 코딩 ------------------------------------------------------------------------------------------


def longest_streak(dates: list[str]) -> int:
    """The specification of question 22, by counting on from every day."""
    days = {date.fromisoformat(day) for day in dates}

    def run(day: date) -> int:
        return 1 + run(day + timedelta(days=1)) if day in days else 0

    return max((run(day) for day in days), default=0)


@recomputes(22, 1)
def streak_function(question: Question) -> str:
    code = fenced(question.references[0] or "")
    scope: dict[str, Any] = {}
    exec(code, scope)
    start = date(2023, 12, 25)
    for seed in range(300):
        chosen = random.Random(seed)
        dates = [(start + timedelta(days=chosen.randrange(90))).isoformat() for _ in range(chosen.randrange(60))]
        assert scope["longest_streak"](dates) == longest_streak(dates)
    return f"```python\n{code}```"


@recomputes(22, 2)
def longest_run_of_days(question: Question) -> str:
    assert longest_streak([]) == 0
    return str(eval(fenced(question.questions[1]), {"longest_streak": longest_streak}))


@recomputes(23, 1)
def used_up_generator(question: Question) -> str:
    return printed(fenced(question.questions[0]))


@recomputes(23, 2)
def list_instead_of_generator(question: Question) -> str:
    lines = fenced(question.questions[0]).splitlines()
    lines[0] = re.sub(r"= \((.*)\)$", r"= [\1]", lines[0])
    return printed("\n".join(lines))


def library(question: Question, query: str) -> list[tuple[str, int]]:
    """Return what the query finds in the two tables of question 24."""
    rows = table(question.questions[0])
    heading = only(index for index, row in enumerate(rows) if row[0] == "id")
    members, loans = rows[:heading], rows[heading + 2 :]
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE members (id, name)")
        database.execute("CREATE TABLE loans (id, member_id, title, returned_on)")
        database.executemany("INSERT INTO members VALUES (?, ?)", members)
        database.executemany("INSERT INTO loans VALUES (?, ?, ?, nullif(?, 'NULL'))", loans)
        return list(database.execute(query))


@recomputes(24, 1)
def unreturned_books(question: Question) -> str:
    found = library(
        question,
        "SELECT name, count(*) AS held FROM members JOIN loans ON loans.member_id = members.id "
        "WHERE returned_on IS NULL GROUP BY members.id HAVING held >= 2 ORDER BY held DESC, name",
    )
    return ", ".join(f"{name} {held}" for name, held in found)


@recomputes(24, 2)
def all_members(question: Question) -> str:
    query = only(re.findall(r"```sql\n(.*?)```", question.references[1] or "", re.S))
    rows = table(question.questions[0])
    heading = only(index for index, row in enumerate(rows) if row[0] == "id")
    held = {name: sum(r[1] == key and r[3] == "NULL" for r in rows[heading + 2 :]) for key, name in rows[:heading]}
    expected = sorted(held.items(), key=lambda item: (-item[1], item[0]))
    assert library(question, query) == expected
    assert ", ".join(f"{name} {count}" for name, count in expected) in (question.rubric[1] or "")
    return f"```sql\n{query}```"


@recomputes(25, 1)
def valid_plates(question: Question) -> str:
    listed = re.findall(r"^(\d)\) (.+)$", question.questions[0], re.M)
    assert len(listed) == 6
    return ", ".join(number for number, plate in listed if re.fullmatch(r"\d{2,3}[가-힣] ?\d{4}", plate))


@recomputes(25, 2)
def masked_plates(question: Question) -> str:
    def mask(text: str) -> str:
        return re.sub(r"(?<!\d)(\d{2,3}[가-힣] ?)\d{2}(\d{2})(?!\d)", r"\1**\2", text)

    return printed(fenced(question.questions[1]), {"mask": mask})


@recomputes(26, 1)
def late_binding(question: Question) -> str:
    return printed(fenced(question.questions[0]))


@recomputes(26, 2)
def early_binding(question: Question) -> str:
    code = fenced(question.questions[0])
    changes = re.findall(r"`(.+?)`", question.questions[1])
    assert len(changes) == 4
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert code.count(old) == 1
        code = code.replace(old, new)
    return printed(code)


def readings(question: Question) -> Iterator[dict[str, Any]]:
    for line in fenced(question.questions[0]).splitlines():
        time, zone, celsius, state = line.split("|")
        degrees = None if celsius == "-" else float(celsius)
        yield {"time": time, "zone": zone, "celsius": degrees, "ok": state == "정상"}


@recomputes(27, 1)
def log_as_json(question: Question) -> str:
    return json.dumps(list(readings(question)), ensure_ascii=False)


@recomputes(27, 2)
def mean_of_good_readings(question: Question) -> str:
    good = [Fraction(str(reading["celsius"])) for reading in readings(question) if reading["ok"]]
    return str(float(sum(good) / len(good)))


class Editor:
    """The specification of question 28, with whole texts on the two stacks."""

    def __init__(self) -> None:
        self.text = ""
        self._past: list[str] = []
        self._future: list[str] = []

    def _change(self, text: str) -> None:
        self._past.append(self.text)
        self._future.clear()
        self.text = text

    def write(self, s: str) -> None:
        self._change(self.text + s)

    def erase(self, n: int) -> None:
        self._change(self.text[: max(0, len(self.text) - n)])

    def undo(self) -> None:
        if self._past:
            self._future.append(self.text)
            self.text = self._past.pop()

    def redo(self) -> None:
        if self._future:
            self._past.append(self.text)
            self.text = self._future.pop()


@recomputes(28, 1)
def editor_class(question: Question) -> str:
    code = fenced(question.references[0] or "")
    scope: dict[str, Any] = {}
    exec(code, scope)
    for seed in range(300):
        chosen, one, other = random.Random(seed), scope["Editor"](), Editor()
        for _ in range(30):
            call = chosen.choice(["write", "erase", "undo", "redo"])
            argument = {"write": ["가나"[: chosen.randrange(3)]], "erase": [chosen.randrange(4)]}.get(call, [])
            getattr(one, call)(*argument)
            getattr(other, call)(*argument)
            assert one.text == other.text
    return f"```python\n{code}```"


@recomputes(28, 2)
def text_after_all_calls(question: Question) -> str:
    return printed(fenced(question.questions[1]), {"Editor": Editor})


# the claims ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def core() -> dict[int, Question]:
    return {int(question.id): question for question in read_records(CORE, Question)}


@pytest.mark.parametrize("key", PROGRAMS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_program_finds_the_reference(core: dict[int, Question], key: Key) -> None:
    question_id, turn = key
    question = core[question_id]
    assert PROGRAMS[key](question) == question.references[turn - 1]


def test_every_turn_of_every_math_question_has_a_program(core: dict[int, Question]) -> None:
    turns = {
        (number, turn + 1)
        for number, question in core.items()
        if question.category == "수학"
        for turn in range(len(question.questions))
    }
    assert turns, "no 수학 question was read"
    assert turns - PROGRAMS.keys() == set()


def test_every_reference_in_a_computed_category_has_a_program(core: dict[int, Question]) -> None:
    with_reference = {
        (number, turn)
        for number, question in core.items()
        if question.category in COMPUTED
        for turn, reference in enumerate(question.references, start=1)
        if reference is not None
    }
    assert with_reference == PROGRAMS.keys()


@pytest.mark.usefixtures("walls")
def test_the_references_pass_the_hidden_cases_and_careless_ones_do_not() -> None:
    asked = {(q.id, turn): q for q in load_questions().questions for turn in (1, 2) if q.cases and q.cases[turn - 1]}
    assert asked.keys() == {(22, 1), (25, 2), (28, 1)}
    mask = "```python\nimport re\ndef mask(text):\n    return re.sub(r'([0-9]{2,3}[가-힣] ?)[0-9]{2}([0-9]{2})', r'\\1**\\2', text)\n```"
    careless = {
        (22, 1): [("best = 0", "best = 1"), ("+ length in days", "+ length == 0")],
        (25, 2): [("{2,3}", "{1,3}"), ("[가-힣]", "[ㄱ-힣]"), (" ?", "")],
        (28, 1): [
            ("max(0, len(self.text) - n)", "-n"),
            ("        self.undone.clear()\n", ""),
            ("self.done.append(self.text)\n            self.text = self.undone", "self.text = self.undone"),
        ],
    }
    for (question_id, turn), question in asked.items():
        right = question.references[turn - 1] if question_id != 25 else mask
        assert right is not None
        total = len(question.cases[turn - 1])
        assert _passed(question, turn, right) == total
        for old, new in careless[question_id, turn]:
            assert right.count(old) >= 1
            assert _passed(question, turn, right.replace(old, new)) < total, (question_id, old)


def _passed(question: Question, turn: int, output: str) -> int:
    given = question.model_dump(include={"id", "category", "questions", "cases"})
    fact = code_fact(Answer(**given, outputs=("",) * (turn - 1) + (output,)), turn)
    assert fact is not None
    return int(fact.split("결과: ")[1].split("건")[0])

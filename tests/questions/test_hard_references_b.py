"""글쓰기, 이해 and 문법 of the hard set: references recomputed, checks that the text states, passages that fit.

What can be computed (amounts, dates, ranks, a family tree, corrections, spacing) is computed from the question's
own text, so an edited question with its old reference fails.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import permutations, product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import TypeAdapter

from judge.demands import Demand
from judge.files import read_lines
from judge.rules.scoring import judge_turn
from judge.text.demand_checks import check_all
from tests.questions.hard_set import only
from tests.questions.programs import Programs

QUESTIONS = Path(__file__).parents[2] / "questions"
SAMPLES = Path(__file__).parent / "data" / "hard_writing_samples.jsonl"
KEYS = ["id", "category", "questions", "references", "answer_language", "difficulty", "skill", "rubric", "checks"]
RANGES = {"글쓰기": range(301, 316), "이해": range(501, 516), "문법": range(601, 616)}

Row = dict[str, Any]
PROGRAMS = Programs[Row, list[str]]()
recomputes = PROGRAMS.recomputes


def read_rows() -> dict[int, Row]:
    """Return the rows of the three categories."""
    rows = [line.data for line in read_lines(QUESTIONS / "hard.jsonl")]
    return {row["id"]: row for row in rows if row["category"] in RANGES}


ROWS = read_rows()
TURNS = [(number, turn) for number, row in ROWS.items() for turn in range(1, len(row["questions"]) + 1)]


def asked(row: Row, turn: int) -> str:
    return str(row["questions"][turn - 1])


def number(pattern: str, text: str) -> int:
    """Return the one number that `pattern` catches in `text`."""
    return int(only(set(re.findall(pattern, text))).replace(",", ""))


def weekday(day: date) -> str:
    return "월화수목금토일"[day.weekday()]


def dated(day: date) -> str:
    return f"{day.month}월 {day.day}일"


# 글쓰기 304: a recipe for more people ------------------------------------------------------------


def recipe(row: Row) -> dict[str, tuple[str, str]]:
    """Return ingredient -> (amount, unit) for the number of people of the second turn."""
    people = number(r"무생채 (\d)인분", asked(row, 1)), number(r"(\d)인분을 만들어야", asked(row, 2))
    amounts = re.findall(r"(무|소금|고춧가루|식초|통깨) (\d+)(g|작은술|큰술)", asked(row, 1))
    assert len(amounts) == 5
    return {name: (f"{int(value) * people[1] / people[0]:g}", unit) for name, value, unit in amounts}


@recomputes(304, 2)
def recipe_for_five(row: Row) -> list[str]:
    return [f"{name} {int(v):,}{u}" if u == "g" else f"{name} {v}{u}" for name, (v, u) in recipe(row).items()]


@recomputes(304, 3)
def recipe_without_vinegar(row: Row) -> list[str]:
    amounts = {name: value + unit for name, (value, unit) in recipe(row).items() if name != "통깨"}
    swapped = {("레몬즙" if name == "식초" else name): amount for name, amount in amounts.items()}
    data = {"servings": 5, "ingredients": swapped, "replaced": ["식초", "레몬즙"]}
    return [json.dumps(data, ensure_ascii=False)]


# 이해 501, 502: an ordinance and a contract --------------------------------------------------------


def grants(row: Row) -> tuple[int, int, list[int]]:
    """Return what (다) may get, its cost, and what the two owners of (라) may get, in 만 원."""
    text = asked(row, 1)
    alone, alone_limit = number(r"① 지원 금액은 설치비의 (\d+)%", text), number(r"하되, (\d+)만 원을 넘", text)
    both, both_limit = number(r"설치비의 (\d+)%로 하되, 건물마다", text), number(r"건물마다 (\d+)만 원", text)
    cost = number(r"\(다\)[^\n]*설치비 (\d+)만", text)
    shared = [int(n) for n in re.findall(r"(\d+)만 원", text[text.index("(라)") :])]
    return min(cost * alone // 100, alone_limit), cost, [min(n * both // 100, both_limit) for n in shared]


@recomputes(501, 1)
def grant_amounts(row: Row) -> list[str]:
    one, _, (first, second) = grants(row)
    return [f"(다) 대상, {one}만 원", f"(라) 대상, {first}만 원과 {second}만 원(모두 {first + second}만 원)"]


@recomputes(501, 2)
def grant_to_repay(row: Row) -> list[str]:
    built, removed = (date(*map(int, day)) for day in re.findall(r"(\d{4})년 (\d+)월 (\d+)일", asked(row, 2)))
    end = built.replace(year=built.year + number(r"(\d)년이 지나기 전에", asked(row, 1)))
    assert built.replace(year=built.year + number(r"(\d)년이 지난 뒤에", asked(row, 1))) < removed < end
    months = (end.year - removed.year) * 12 + end.month - removed.month - (end.day < removed.day)
    return [f"(1) {grants(row)[0] * months // 60}만 원", f"{months}개월"]


@recomputes(501, 3)
def grant_under_the_new_rule(row: Row) -> list[str]:
    before, cost, _ = grants(row)
    rate, limit = number(r"'70%'를 '(\d+)%'", asked(row, 3)), number(r"'200만 원'을 '(\d+)만 원'", asked(row, 3))
    after = min(cost * rate // 100, limit)
    return [f"{after - before}만 원.", f"{before}만 원이고", f"{cost * rate // 100}만 원이", f"{after}만 원이다"]


def lease(row: Row) -> tuple[int, date, int, int]:
    """Return the monthly rent, the last day, and what April and May cost."""
    text = asked(row, 1)
    rent, notice = number(r"월 사용료는 ([\d,]+)원", text), date(2026, 4, number(r"갑은 4월 (\d)일", text))
    end = notice + timedelta(days=number(r"다음 날부터 세어 (\d+)일째", text))
    april = rent * (100 - number(r"사용료는 (\d+)%를", text)) // 100
    assert (end.month, rent * end.day % 31) == (5, 0)
    return rent, end, april, rent * end.day // 31


@recomputes(502, 1)
def end_and_rents(row: Row) -> list[str]:
    rent, end, april, may = lease(row)
    return [f"끝나는 날은 {dated(end)}", f"{april:,}원(특약", f"{rent:,}원 ÷ 31일 × {end.day}일 = {may:,}원"]


@recomputes(502, 2)
def money_back(row: Row) -> list[str]:
    rent, _, _, may = lease(row)
    deposit, glass = (
        number(r"보증금이 ([\d,]+)원", asked(row, 2)),
        number(r"유리창을 가는 데 ([\d,]+)원", asked(row, 2)),
    )
    return [f"{deposit - glass + rent - may:,}원.", f"{rent - may:,}원을 더한다"]


@recomputes(502, 3)
def penalty(row: Row) -> list[str]:
    days = number(r"나가면 (\d+)일 치", asked(row, 1))
    return [f"{lease(row)[0] // 30 * days:,}원이다"]


# 이해 503: ferries and buses -----------------------------------------------------------------------


def minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def clock(time: int) -> str:
    return f"{time // 60:02}:{time % 60:02}"


def journey(
    row: Row, arrival: int, *, extra: bool = False, rests: bool = False, half_past: bool = True
) -> tuple[int, int, int] | None:
    """Return departure of the ferry, of the bus, and arrival at the lighthouse; None where none is left.

    extra: the ferry of weekends runs; rests: the two ferries that rest do; half_past: the buses at :35 run.
    """
    text = asked(row, 1)
    listed = only(re.findall(r"여객선은 (.*)에 뭍을", text))
    ferries = {minutes(t) for t in listed.split(", ")} | ({12 * 60 + 15} if extra else set())
    if rests:
        ferries -= {minutes(t) for t in re.findall(r"(\d\d:\d\d) 배", text)}
    in_time = [f for f in sorted(ferries) if arrival <= f - number(r"떠나기 (\d+)분 전까지만", text)]
    if not in_time:
        return None
    at_stop = in_time[0] + number(r"까지 (\d+)분 걸린다. 토", text) + number(r"가는 데 (\d)분", text)
    buses = [h * 60 + m for h in range(24) for m in (5, 35) if m == 5 or (half_past and h != 12)]
    bus = min(b for b in buses if b >= at_stop)
    return in_time[0], bus, bus + number(r"등대까지 (\d+)분", text)


@recomputes(503, 1)
def two_journeys(row: Row) -> list[str]:
    days = re.findall(r"^\((\d)\) .*?요일 (\d\d:\d\d)", asked(row, 1), re.M)
    found = {n: journey(row, minutes(t), extra=n == "1") for n, t in days}
    return [
        part
        for n, trip in found.items()
        if trip
        for part in (f"({n}) {clock(trip[2])}.", f"{clock(trip[0])} 배", f"{clock(trip[1])} 버스")
    ]


@recomputes(503, 2)
def holiday_journeys(row: Row) -> list[str]:
    times = re.findall(r"(\d\d:\d\d)에", asked(row, 2))
    monday, tuesday = journey(row, minutes(times[0]), extra=True), journey(row, minutes(times[1]), rests=True)
    assert tuesday is None
    assert monday is not None
    return [f"{clock(monday[0])} 배를 타서", f"{clock(monday[1])} 버스를 타면 {clock(monday[2])}에", "(4) 갈 수 없다"]


@recomputes(503, 3)
def latest_arrival(row: Row) -> list[str]:
    trips = {at: journey(row, at, half_past=False) for at in range(5 * 60, 12 * 60)}
    return [clock(max(at for at, trip in trips.items() if trip and trip[2] <= 12 * 60))]


# 이해 504, 505: a survey and the minutes of a meeting ------------------------------------------------


def counselling(row: Row) -> dict[str, dict[str, tuple[int, int]]]:
    """Return year -> way -> (cases, solved)."""
    years = re.findall(
        r"(\d{4})년 상담.*?방문 상담 (\d+)건 가운데 (\d+)건, 전화 상담 (\d+)건 가운데 (\d+)건", asked(row, 1)
    )
    return {y: {"visit": (int(a), int(b)), "phone": (int(c), int(d))} for y, a, b, c, d in years}


def rates(ways: dict[str, tuple[int, int]]) -> dict[str, int]:
    every = {**ways, "all": (sum(n for n, _ in ways.values()), sum(n for _, n in ways.values()))}
    assert all(100 * solved % cases == 0 for cases, solved in every.values())
    return {way: 100 * solved // cases for way, (cases, solved) in every.items()}


@recomputes(504, 1)
def headlines(row: Row) -> list[str]:
    old, new = counselling(row).values()
    before, after = rates(old), rates(new)
    solved = [sum(n for _, n in ways.values()) for ways in (old, new)]
    assert solved[1] - solved[0] == number(r"사이 (\d+)건 늘어", asked(row, 1))
    assert before["phone"] - after["phone"] == before["visit"] - after["visit"] == 5
    rise = after["all"] - before["all"]
    return [
        "①과 ⑤.",
        f"{before['all']}%에서 {after['all']}%로 {rise}%포인트",
        f"약 {100 * rise / before['all']:.1f}% 증가",
        f"{solved[1]}건 가운데 방문 상담은 {new['visit'][1]}건으로 약 {100 * new['visit'][1] / solved[1]:.0f}%",
        f"{before['visit']}%→{after['visit']}%, {before['phone']}%→{after['phone']}%",
    ]


def adjusted(row: Row) -> int:
    old, new = counselling(row).values()
    after = rates(new)
    return sum(cases * after[way] for way, (cases, _) in old.items()) // sum(cases for cases, _ in old.values())


@recomputes(504, 2)
def adjusted_rate(row: Row) -> list[str]:
    return [f"{adjusted(row) * 10}건이므로 {adjusted(row)}%"]


@recomputes(504, 3)
def rates_as_json(row: Row) -> list[str]:
    found = {year: rates(ways) for year, ways in counselling(row).items()}
    return [json.dumps({**found, "2026_adjusted": adjusted(row)}, ensure_ascii=False)]


def budget(row: Row) -> dict[str, int]:
    text = asked(row, 1)
    planned = {name: int(n) for name, n in re.findall(r"(무대|먹거리|홍보|예비비) (\d+)만", text)}
    saved = planned["무대"] - number(r"작년 업체가 (\d+)만 원", text)
    found = {**planned, "무대": planned["무대"] - saved, "예비비": planned["예비비"] + saved}
    assert sum(found.values()) == number(r"예산 (\d+)만 원", text)
    return found


@recomputes(505, 1)
def decided(row: Row) -> list[str]:
    return [f'"예산": {json.dumps(budget(row), ensure_ascii=False)}', '"09-19"', '"안내 책자": "다인"']


@recomputes(505, 2)
def tent(row: Row) -> list[str]:
    reserve, price = budget(row)["예비비"], number(r"그것만 (\d+)만 원", asked(row, 1))
    before = number(r"예비비 (\d+)만 원이고", asked(row, 1))
    return [f"{reserve}만 원 − {price}만 원 = {reserve - price}만 원", f"{price - before}만 원이 모자랐다"]


@recomputes(505, 3)
def changed_budget(row: Row) -> list[str]:
    saved = number(r"현수막 값 (\d+)만", asked(row, 3)) // 2
    now = budget(row)
    return [
        f"{name} {n}만 원" for name, n in {**now, "먹거리": now["먹거리"] + saved, "홍보": now["홍보"] - saved}.items()
    ]


# 이해 508, 510: dialect endings, units, days -----------------------------------------------------------


@recomputes(508, 2)
def dialect_endings(row: Row) -> list[str]:
    found = []
    for label, stem, meant in re.findall(r"^(\S)\. (.*)\( \)\? \((.*)\)$", asked(row, 2), re.M):
        noun, yes_no = stem.split()[-1] in ("동생이", "누"), bool(re.search("아닌지|안 ", meant))
        found.append(f"{label} {('가' if yes_no else '고') if noun else ('나' if yes_no else '노')}")
    return [", ".join(found)]


@recomputes(510, 1)
def bundles(row: Row) -> list[str]:
    sizes = {"쾌": 20, "두름": 20, "손": 2, "축": 20, "톳": 100, "접": 100, "거리": 50, "쌈": 24, "죽": 10}
    words = {"반": 0.5, "한": 1, "두": 2, "세": 3, "다섯": 5}
    goods = re.findall(r"(\S+) (반|한|두|세|다섯) (쾌|두름|손|축|톳|접|거리|쌈|죽)", asked(row, 1))
    assert len(goods) == 9
    held = {name: int(words[many] * sizes[unit]) for name, many, unit in goods}
    fish = held["북어"] + held["조기"] + held["고등어"]
    rest = f"김 {held['김']}장", f"마늘 {held['마늘']}개", f"오이 {held['오이']}개", f"바늘 {held['바늘']}개"
    return [f"{fish}마리", *rest, f"그릇 {held['그릇']}벌"]


@recomputes(510, 2)
def days_by_name(row: Row) -> list[str]:
    today = date(2026, *map(int, only(re.findall(r"오늘은 (\d+)월 (\d+)일 월요일", asked(row, 2)))))
    assert weekday(today) == "월"
    shift = {"그끄저께": -3, "모레": 2, "글피": 3, "그글피": 4}
    named = re.findall(
        r"(북어|조기|고등어|오징어)는? ?(?:는 )?(그끄저께|모레|글피|그글피)",
        asked(row, 2).replace("오징어는", "오징어"),
    )
    come = {fish: today + timedelta(days=shift[day]) for fish, day in named}
    assert len(come) == 4
    spans = [{come[fish] + timedelta(days=d) for d in range(3)} for fish in ("조기", "고등어", "오징어")]
    day = only(set.intersection(*spans))
    return [f"{dated(come['북어'])}({weekday(come['북어'])}요일)", f"{dated(day)} {weekday(day)}요일 하루뿐"]


@recomputes(510, 3)
def ages(row: Row) -> list[str]:
    age = {"희수": 77, "미수": 88, "고희": 70, "백수": 99}
    total = sum(age[name] for name in re.findall(r"한 분은 (희수|미수|고희)", asked(row, 3)))
    year = number(r"(\d{4})년 현재", asked(row, 3)) + age["백수"] - age["미수"]
    return [f"합은 {total}", f"{year}년"]


# 이해 512: a family, by search over all ways to marry and to be siblings ------------------------------


class Family(NamedTuple):
    """Three couples (husband -> wife) and three siblings, oldest first."""

    wife: dict[str, str]
    siblings: tuple[str, str, str]

    def spouse(self, name: str) -> str:
        return {**self.wife, **{w: h for h, w in self.wife.items()}}[name]

    def older(self, one: str, other: str) -> bool:
        return {one, other} <= set(self.siblings) and self.siblings.index(one) < self.siblings.index(other)


def families() -> Iterator[Family]:
    """Men: those called 매형, 처남, 매제. Women: those called 아가씨, 올케, 형님 by a woman."""
    men, women = ("정우", "동혁", "민호"), ("선영", "수진", "선희")
    for wives, siblings in product(permutations(women), permutations((*men, *women), 3)):
        yield Family(dict(zip(men, wives, strict=True)), siblings)


def fits(f: Family) -> bool:
    wife, sister = f.wife, f.spouse("수진")
    return (
        f.older(wife["정우"], "동혁")  # 매형, 누나, 처남
        and f.older("동혁", wife["민호"])  # 매제, 형님
        and f.older("동혁", "선희")  # 오빠
        and f.older(sister, "선희")  # 새언니, 아가씨
        and f.older("선영", sister)  # 올케, 형님
        and {wife["정우"], wife["민호"]} <= set(f.siblings)  # 동서
    )


@recomputes(512, 1)
def family_tree(row: Row) -> list[str]:
    dialogue = asked(row, 1)
    for called in ("처남,", "매형.", "매제,", "오빠,", "새언니는", "아가씨,", "동서도", "올케,", "이모한테도"):
        assert called in dialogue
    family = only(filter(fits, families()))
    mother = only(name for name in family.siblings if name not in ("동혁", "선희"))
    couples = ", ".join(f"{h}{'과' if h == '동혁' else '와'} {w}" for h, w in family.wife.items())
    parents = f"{family.spouse(mother)}와 {mother}의 아이"
    return [f"(1) {couples}.", f"(2) {', '.join(family.siblings)}.", f"(3) {parents}."]


# 이해 513, 514: ranks and deadlines --------------------------------------------------------------------


class Team(NamedTuple):
    name: str
    school: str
    content: int
    style: int
    practical: int
    minus: int

    @property
    def total(self) -> int:
        return self.content + self.style + self.practical - self.minus


def teams(row: Row) -> list[Team]:
    lines = [line.strip("| ").split(" | ") for line in asked(row, 1).splitlines() if line.startswith("| ")][1:]
    return [Team(name, school, *map(int, points)) for name, school, *points in lines]


def awards(row: Row, entered: list[Team], *, above: int, one_a_school: bool = True) -> list[str]:
    least = number(r"내용 점수가 (\d+)점 미만", asked(row, 1))
    kept = [t for t in entered if t.content >= least and t.total >= above]
    prizes: list[Team] = []
    for team in sorted(kept, key=lambda t: (-t.total, -t.content, -t.practical)):
        if not one_a_school or team.school not in {t.school for t in prizes}:
            prizes.append(team)
    return [t.name for t in prizes[:3]]


def corrected(row: Row) -> list[Team]:
    change = {"누리": 1, "도담": 0}
    return [t._replace(minus=change.get(t.name, t.minus)) for t in teams(row)]


@recomputes(513, 1)
def first_awards(row: Row) -> list[str]:
    least = number(r"총점이 (\d+)점 이상인 팀", asked(row, 1))
    gold, silver, bronze = awards(row, teams(row), above=least)
    without = {t.name: t.total for t in teams(row) if t.total >= least and t.name not in (gold, silver, bronze)}
    return [f"금상 {gold}, 은상 {silver}, 동상 {bronze}.", *(f"{name}({total}점)" for name, total in without.items())]


@recomputes(513, 2)
def corrected_awards(row: Row) -> list[str]:
    old, new = awards(row, teams(row), above=80), awards(row, corrected(row), above=80)
    won, lost = [n for n in new if n not in old], [n for n in old if n not in new]
    return [
        f"금상 {new[0]}, 은상 {new[1]}, 동상 {new[2]}.",
        f"받게 된 팀은 {'과 '.join(won)}",
        f"잃은 팀은 {'와 '.join(lost)}",
    ]


@recomputes(513, 3)
def awards_under_other_rules(row: Row) -> list[str]:
    return [json.dumps(awards(row, corrected(row), above=81, one_a_school=False), ensure_ascii=False)]


HOLIDAYS = {date(2026, 9, 24), date(2026, 9, 25), date(2026, 9, 26), date(2026, 10, 5), date(2026, 10, 9)}


def working(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def next_working(day: date) -> date:
    return day if working(day) else next_working(day + timedelta(days=1))


def notice(row: Row) -> tuple[date, int]:
    day = date(*map(int, only(re.findall(r"공고일: (\d{4})년 (\d+)월 (\d+)일 월요일", asked(row, 1)))))
    return day, number(r"다음 날부터 세어 (\d+)일째", asked(row, 1))


@recomputes(514, 1)
def objection_deadline(row: Row) -> list[str]:
    day, days = notice(row)
    end = next_working(day + timedelta(days=days))
    assert (date(2026, 10, 7) <= end, date(2026, 10, 6) <= end) == (False, True)
    return [f"(1) {dated(end)} {weekday(end)}요일", "(가)는 닿은 날인 10월 7일에 낸 것이 되어 늦었고"]


@recomputes(514, 2)
def answer_and_review(row: Row) -> list[str]:
    received, told = (date(2026, int(m), int(d)) for m, d in re.findall(r"(\d+)월 (\d+)일\(월\)", asked(row, 2)))
    days = [received + timedelta(days=n) for n in range(1, 40)]
    answer = [day for day in days if working(day)][number(r"근무일로 (\d)일째", asked(row, 1)) - 1]
    review = told + timedelta(days=number(r"받은 날도 센다\) (\d+)일째", asked(row, 1)) - 1)
    return [f"{dated(d)} {weekday(d)}요일" for d in (answer, review)]


@recomputes(514, 3)
def same_deadline(row: Row) -> list[str]:
    day, days = notice(row)
    earlier = next_working(day + timedelta(days=days - 1))
    assert earlier == next_working(day + timedelta(days=days))
    return ["달라지지 않는다", f"{dated(earlier)} {weekday(earlier)}요일"]


# 문법: what a rule or a count decides ------------------------------------------------------------------


@recomputes(604, 3)
def readings_of_ui(row: Row) -> list[str]:
    assert "'민주주의의 의의'" in asked(row, 3)
    allowed = ("의이", "의에", "의", "의이")  # not first in its word; the particle; first; not first
    return [f"{math.prod(map(len, allowed))}가지이다"]


@recomputes(611, 3)
def parts_of_speech(row: Row) -> list[str]:
    named = re.findall(r"\(\d+\) (?:의존 )?([가-힣]+)", row["references"][0])
    assert len(named) == 12
    counted = Counter("명사" if name == "의존 명사" else name for name in named)
    return [json.dumps({name: counted[name] for name in sorted(counted)}, ensure_ascii=False)]


@recomputes(615, 2)
def old_numerals(row: Row) -> list[str]:
    short = ("돈", "말", "발", "푼")
    blanks = re.findall(r"(\S)\. \S+ \( \) (\S+)\((\d)\S+\)", asked(row, 2))
    assert len(blanks) == 8
    words = {("3", True): "서", ("3", False): "석", ("4", True): "너", ("4", False): "넉"}
    return [", ".join(f"{label} {words[many, unit in short]}" for label, unit, many in blanks)]


@pytest.mark.parametrize("key", PROGRAMS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_program_finds_what_the_reference_says(key: tuple[int, int]) -> None:
    question_id, turn = key
    row = ROWS[question_id]
    facts = PROGRAMS[key](row)
    assert facts
    assert [fact for fact in facts if fact not in row["references"][turn - 1]] == []


def test_a_changed_text_no_longer_fits_its_reference() -> None:
    row = ROWS[513]
    other = {**row, "questions": [row["questions"][0].replace("| 33 | 24 | 25 | 0 |", "| 40 | 24 | 25 | 0 |")]}
    facts = PROGRAMS[513, 1](other)
    assert [fact for fact in facts if fact not in row["references"][0]] != []


@pytest.mark.parametrize(
    ("question_id", "faults"), [(601, 6), (603, 6), (606, 7), (607, 5), (608, 5), (610, 6), (615, 7)]
)
def test_every_correction_stands_in_the_passage_and_their_number_is_stated(question_id: int, faults: int) -> None:
    text, reference = ROWS[question_id]["questions"][0], ROWS[question_id]["references"][0]
    words = {5: "다섯", 6: "여섯", 7: "일곱"}
    assert re.search(rf"{words[faults]} (?:군데|개)", text)
    if question_id == 610:
        chosen = re.findall(r"\((\d+)\) (\S+?)(?:,|$)", reference)
        assert len(chosen) == faults
        assert [right for _, right in chosen if f"'{right}'" in text] == []
        return
    pairs = re.findall(r"(?:^|, |\. )([가-힣 ]+?) → ([가-힣 ]+)", reference)
    assert len(pairs) == faults
    assert [(wrong, right) for wrong, right in pairs if wrong not in text or right == wrong] == []


@pytest.mark.parametrize("turn", [1, 3])
def test_a_spaced_sentence_is_the_given_one_with_blanks(turn: int) -> None:
    given = re.findall(r"^\(\d\) (\S+)$", ROWS[613]["questions"][turn - 1], re.M)
    spaced = [re.sub(r"^\(\d\) ", "", line) for line in ROWS[613]["references"][turn - 1].splitlines()]
    assert len(given) >= 3
    assert [line.replace(" ", "") for line in spaced] == given


# shape and checks ----------------------------------------------------------------------------------------


def test_fifteen_of_each_category_with_all_keys_and_one_part_a_turn() -> None:
    for category, ids in RANGES.items():
        assert [n for n, row in ROWS.items() if row["category"] == category] == list(ids)
    for row in ROWS.values():
        assert list(row) == KEYS
        assert len(row["questions"]) in (2, 3)
        assert {len(row[key]) for key in ("references", "answer_language", "rubric", "checks")} == {
            len(row["questions"])
        }
        assert row["difficulty"] in ("medium", "hard", "very-hard")
        assert row["skill"]


def test_every_turn_gives_the_judge_a_reference_or_notes() -> None:
    assert [k for k in TURNS if not (ROWS[k[0]]["references"][k[1] - 1] or ROWS[k[0]]["rubric"][k[1] - 1])] == []


def test_closed_categories_have_a_reference_except_where_a_turn_asks_for_a_text() -> None:
    open_turns = [k for k in TURNS if k[0] > 500 and ROWS[k[0]]["references"][k[1] - 1] is None]
    assert open_turns == [(506, 3), (507, 3), (509, 3), (511, 3), (515, 3), (608, 3), (614, 3)]
    assert [k for k in open_turns if not ROWS[k[0]]["checks"][k[1] - 1]] == []


def test_json_is_asked_for_where_a_reference_is_json_and_it_loads() -> None:
    asked_for = [(n, t) for n, t in TURNS if "JSON만" in ROWS[n]["questions"][t - 1]]
    assert len(asked_for) >= 5
    for n, t in asked_for:
        json.loads(ROWS[n]["references"][t - 1])
        assert {"kind": "format", "form": "json"}.items() <= ROWS[n]["checks"][t - 1][0].items()


WORDS = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열")


def said_before(question_id: int, turn: int) -> str:
    """Return all that the model has been told up to this turn: rules may carry over from an earlier one."""
    return "\n".join(ROWS[question_id]["questions"][:turn])


def bounds(question_id: int, turn: int) -> Iterator[int]:
    for check in ROWS[question_id]["checks"][turn - 1]:
        if check["kind"] == "count":
            yield from (check[side] for side in ("min", "max") if side in check)


@pytest.mark.parametrize("key", TURNS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_a_check_asks_for_nothing_that_the_text_does_not_say(key: tuple[int, int]) -> None:
    text, reference = said_before(*key), ROWS[key[0]]["references"][key[1] - 1] or ""
    for bound in bounds(*key):
        words = [f"{WORDS[bound]} {unit}" for unit in ("문장", "문단", "줄", "어절")] if bound <= 10 else []
        assert str(bound) in text or any(word in text for word in words), f"{bound} is not stated"
    for check in ROWS[key[0]]["checks"][key[1] - 1]:
        TypeAdapter(Demand).validate_python(check)
        if check["kind"] in ("contains", "excludes"):
            unsaid = [t for t in check["texts"] if t.lower() not in text and t not in reference]
            assert unsaid == []
        if check["kind"] == "register":
            assert check["style"] in text or f"{check['style'][:-1]}체" in text


@pytest.mark.parametrize(
    "sample", [line.data for line in read_lines(SAMPLES)], ids=lambda s: f"{s['id']}-{s['turn']}-{s['meets']}"
)
def test_the_checks_pass_the_good_sample_and_name_the_one_demand_that_the_bad_one_breaks(sample: Row) -> None:
    demands = TypeAdapter(list[Demand]).validate_python(ROWS[sample["id"]]["checks"][sample["turn"] - 1])
    found = check_all(demands, sample["output"])
    assert [place for place, one in enumerate(found) if one.met is False] == (
        [] if sample["meets"] else [sample["breaks"]]
    )
    assert sum(one.met is None for one in found) <= 1, "what cannot be told is rare where an answer is plain"


NEAR_MISSES: list[tuple[int, int, int, str, str]] = [
    (301, 1, 3, "골목이 온통 눈이었다.", "지붕이 솜이불처럼 하얬다."),
    (301, 1, 3, "골목이 온통 눈이었다.", "하야니 고요했다."),
    (301, 1, 5, "종이 울렸다. '왔니?' 하고 물었다.", "종이 울렸을까? 문이 열렸다."),
    (304, 1, 1, "1. 소금을 넣는다. 고춧가루, 식초, 통깨.", "1. 통깨를 볶는다. 소금, 고춧가루, 식초, 통깨."),
    (305, 1, 6, "할아버지를 뵙고 여쭙겠습니다.", "할아버지께 말씀드립니다. 편지 드립니다."),
    (305, 2, 0, "바다로 와!", "바다로 와요~ 기다릴게."),
    (307, 2, 1, "나는 갔어.", "나는 갔어요ㅎㅎ 좋았지."),
    (305, 2, 0, "내가 태워 줄 테니까! 주소가 필요.", "여기로 오십니까? 갑니다."),
    (307, 2, 1, "기분은 최고였으니까.", "기분이 최고였어요."),
    (315, 3, 0, "가끔만 일어나니까. 달은 어디에 있을까?", "가끔만 일어납니다."),
    (305, 3, 4, "우리나라에서 일한다.", "우리 마을에서 일한다."),
    (308, 2, 3, "가요.\n나요?\n다요.\n라요?\n마요.\n바요?", "가요?\n나요.\n다요?\n라요.\n마요?\n바요."),
    (309, 1, 4, "벽시계 바늘이 멈췄다", "벽시계 '바늘'이 멈췄다"),
    (311, 2, 1, "5월 17일 해오름초등학교 26명 헌책 경로당", "해오름초등학교 5월 17일 26명 헌책 경로당"),
    (314, 1, 3, "윤서: 뭐?\n보람: 응.\n" * 4, "윤서: 뭐?\n윤서: 왜?\n보람: 응.\n보람: 음.\n" * 2),
    (314, 1, 6, "보람: 그게 필요.", "보람: 제가 했어요."),
    (314, 2, 1, "윤서: 있습니까?\n" * 3, "윤서: 있을까?\n" * 3),
    (315, 2, 2, "공전, 상현, 보름, 하현은 29.5일 주기다.", "29.5일마다 공전, 상현, 보름, 하현, 29.5일."),
    (503, 3, 0, "9:00", "09:20"),
    (504, 2, 0, "510건이므로 51%", "60%"),
    (505, 3, 5, "무대 120, 먹거리 105, 홍보 35, 예비비 60만 원", "무대 120, 먹거리 110, 홍보 35, 예비비 60만 원"),
    (507, 3, 2, "빈자리도 닦으면", '"빈자리"도 닦으면'),
    (511, 3, 2, "입이 워낙 짧은 그는 타산지석 개밥에 도토리", "입이 무거운 그는 타산지석 개밥에 도토리"),
    (609, 2, 1, "초대한 손님이 다 오지는 않았다.", "초대한 손님이 다가 오지 않았다."),
    (613, 1, 0, "", "집채만 한 파도가 덮칠때 형만 한 아우 없다는 말이 떠올랐다."),
    (613, 3, 1, "", "비가 와서 집 안에서 놀았는 데 우리 집안은 모두 노래를 못한다."),
]
"""id, turn, check, an answer that keeps the demand (empty: the reference), one that breaks it."""


@pytest.mark.parametrize(("question_id", "turn", "check", "keeps", "breaks"), NEAR_MISSES, ids=str)
def test_a_check_tells_a_right_answer_from_a_near_miss(
    question_id: int, turn: int, check: int, keeps: str, breaks: str
) -> None:
    row = ROWS[question_id]
    demand = TypeAdapter(Demand).validate_python(row["checks"][turn - 1][check])
    texts = (keeps or row["references"][turn - 1], breaks)
    assert [check_all([demand], text)[0].met for text in texts] == [True, False]


WHOLE_ANSWERS = [(304, 3), (501, 3), (503, 3), (504, 2), (504, 3), (505, 1), (508, 3), (512, 3), (513, 3), (602, 3)]
WHOLE_ANSWERS += [(605, 3), (607, 2), (609, 2), (610, 3), (611, 3), (613, 1), (613, 3)]


@pytest.mark.parametrize("key", WHOLE_ANSWERS, ids=str)
def test_a_reference_that_is_a_whole_answer_keeps_its_own_demands(key: tuple[int, int]) -> None:
    row, at = ROWS[key[0]], key[1] - 1
    demands = TypeAdapter(list[Demand]).validate_python(row["checks"][at])
    assert [found.fact for found in check_all(demands, row["references"][at]) if not found.met] == []
    scored = judge_turn(
        category=row["category"],
        question=row["questions"][at],
        output=row["references"][at],
        reference=row["references"][at],
        answer_language=row["answer_language"][at],
        turn=key[1],
        checks=demands,
    )
    assert scored.score >= 7.5, scored.comment


@pytest.mark.parametrize("key", [(304, 3), (504, 3), (505, 1), (513, 3), (611, 3)], ids=str)
def test_a_wrong_value_in_json_breaks_a_demand(key: tuple[int, int]) -> None:
    row, at = ROWS[key[0]], key[1] - 1
    demands = TypeAdapter(list[Demand]).validate_python(row["checks"][at])
    values = re.findall(r'(?<=: )\d+|"(?:5큰술|태현|09-19|미리내|식초)"', row["references"][at])
    assert len(values) >= 1
    for value in values:
        wrong = row["references"][at].replace(value, '"다른 값"' if value[0] == '"' else "7", 1)
        assert not all(found.met for found in check_all(demands, wrong)), value


def test_samples_are_a_pair_a_turn_and_name_a_check_of_that_turn() -> None:
    samples = [line.data for line in read_lines(SAMPLES)]
    pairs = [(samples[at], samples[at + 1]) for at in range(0, len(samples), 2)]
    assert len(pairs) >= 10
    for good, bad in pairs:
        assert (good["id"], good["turn"]) == (bad["id"], bad["turn"])
        assert (good["meets"], good["breaks"], bad["meets"]) == (True, None, False)
        assert good["output"] != bad["output"]
        assert bad["breaks"] in range(len(ROWS[bad["id"]]["checks"][bad["turn"] - 1]))


def test_the_rule_judge_scores_the_sample_that_keeps_every_demand_higher() -> None:
    samples = [line.data for line in read_lines(SAMPLES)]

    def score(sample: Row) -> float:
        row, at = ROWS[sample["id"]], sample["turn"] - 1
        return judge_turn(
            category=row["category"],
            question=row["questions"][at],
            output=sample["output"],
            reference=row["references"][at],
            answer_language=row["answer_language"][at],
            turn=sample["turn"],
            checks=TypeAdapter(list[Demand]).validate_python(row["checks"][at]),
        ).score

    gaps = [score(good) - score(bad) for good, bad in zip(samples[::2], samples[1::2], strict=True)]
    assert sum(gap > 0 for gap in gaps) >= 0.75 * len(gaps)
    assert sum(gap < 0 for gap in gaps) <= 0.05 * len(gaps)

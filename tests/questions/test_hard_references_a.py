"""The 추론 references of the hard set recomputed: search over every arrangement, dates, simulation.

A program returns the reference's whole text. `says` holds it to the conditions in the question, so an edited
question with its old program fails.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations, permutations, product

import pytest

from tests.questions.hard_set import Row, integers, load, only, says, table
from tests.questions.programs import Key, Programs

PROGRAMS = Programs[Row, str]()
recomputes = PROGRAMS.recomputes


# 101 삼복 --------------------------------------------------------------------------------------

STEMS, BRANCHES = "갑을병정무기경신임계", "자축인묘진사오미신유술해"
CYCLE = [STEMS[n % 10] + BRANCHES[n % 12] for n in range(60)]
COMMON_YEAR = 2026
"""Stands for "어느 해": its February and the next year's are given in the text, not taken from it."""


def dog_days(solstice: date, autumn: date, known: tuple[date, str]) -> tuple[list[tuple[date, str]], int]:
    """Return the three days with their names, and the days from the second to the third."""

    def name(day: date) -> str:
        return CYCLE[(CYCLE.index(known[1]) + (day - known[0]).days) % 60]

    def metal_days(start: date) -> Iterator[date]:
        return (day for n in range(60) if name(day := start + timedelta(days=n))[0] == "경")

    from_solstice = list(metal_days(solstice))
    days = [from_solstice[2], from_solstice[3], next(metal_days(autumn))]
    return [(day, name(day)) for day in days], (days[2] - days[1]).days


def told(days: list[tuple[date, str]], gap: int) -> str:
    kind = {10: "예사복", 20: "월복"}[gap]
    labels = ("초복", "중복", "말복")
    listed = ", ".join(f"{label} {d.month}월 {d.day}일({n})" for label, (d, n) in zip(labels, days, strict=True))
    return f"{listed}. 중복에서 말복까지 {gap}일이므로 {kind}"


@recomputes(101, 1)
def first_summer(row: Row) -> str:
    says(row, 1, "5월 5일의 일진은 계사이고, 하지는 6월 21일, 입추는 8월 7일", "하짓날이 경일이면 그날을 첫 번째로")
    known = (date(COMMON_YEAR, 5, 5), "계사")
    return told(*dog_days(date(COMMON_YEAR, 6, 21), date(COMMON_YEAR, 8, 7), known))


@recomputes(101, 2)
def late_solstice(row: Row) -> str:
    says(row, 2, "하지 날짜만 하루 늦은 6월 22일")
    known, autumn = (date(COMMON_YEAR, 5, 5), "계사"), date(COMMON_YEAR, 8, 7)
    before, _ = dog_days(date(COMMON_YEAR, 6, 21), autumn, known)
    after, gap = dog_days(date(COMMON_YEAR, 6, 22), autumn, known)
    moved = [name for name, a, b in zip(("초복", "중복", "말복"), before, after, strict=True) if a != b]
    return f"{told(after, gap)}. 달라진 것: {', '.join(moved)}"


@recomputes(101, 3)
def next_summer(row: Row) -> str:
    says(row, 3, "이듬해는 2월이 29일까지", "하지가 6월 21일, 입추가 8월 7일")
    known = (date(2027, 5, 5), "계사")
    found, gap = dog_days(date(2028, 6, 21), date(2028, 8, 7), known)
    miscounted, _ = dog_days(date(2028, 6, 21), date(2028, 8, 7), (date(2027, 5, 6), "계사"))
    assert [name for _, name in miscounted] == [name for _, name in found], "the names do not show a miscount"
    assert [(late - day).days for (late, _), (day, _) in zip(miscounted, found, strict=True)] == [1, 1, 1]
    return told(found, gap)


# 102 교대 근무 ---------------------------------------------------------------------------------

SHIFTS = "주주휴야야휴휴휴"


def phase(crew: str, day: date, outage: date | None) -> int | None:
    """Return the place in the cycle, None on the day nobody could work."""
    start = date(2026, 3, 1) + timedelta(days=2 * "가나다라".index(crew))
    if day == outage:
        return None
    return ((day - start).days - (outage is not None and day > outage)) % 8


def both_off(crews: str, outage: date | None, whole: bool = False) -> list[date]:
    def off(crew: str, day: date) -> bool:
        place = phase(crew, day, outage)
        assert place is not None
        return SHIFTS[place] == "휴" and not (whole and SHIFTS[place - 1] == "야")

    may = [date(2026, 5, n) for n in range(1, 32)]
    return [day for day in may if all(off(crew, day) for crew in crews)]


def off_days(days: list[date]) -> str:
    weekend = [f"{d.day}일({'월화수목금토일'[d.weekday()]})" for d in days if d.weekday() >= 5]
    return f"5월 {', '.join(f'{d.day}일' for d in days)}. 토·일요일: {', '.join(weekend) or '없음'}"


@recomputes(102, 1)
def shared_days_off(row: Row) -> str:
    says(row, 1, "'주간, 주간, 휴무, 야간, 야간, 휴무, 휴무, 휴무'", "3월 1일 일요일", "나조는 3월 3일, 다조는 3월 5일")
    assert date(2026, 3, 1).weekday() == 6
    return off_days(both_off("가다", None))


OUTAGE = date(2026, 4, 17)


@recomputes(102, 2)
def shared_days_off_after_the_outage(row: Row) -> str:
    says(row, 2, "4월 17일에 하기로 되어 있던 차례부터 모두 하루씩 뒤로")
    return off_days(both_off("가다", OUTAGE))


@recomputes(102, 3)
def whole_days_off(row: Row) -> str:
    says(row, 3, "야간 근무 바로 다음에 오는 휴무일은 온전한 휴무일이 아니다")
    one, other = both_off("가다", OUTAGE, whole=True), both_off("가라", OUTAGE, whole=True)
    assert one == both_off("가다", OUTAGE)
    assert both_off("가라", OUTAGE)
    return f"가·다 {len(one)}일, 가·라 {len(other)}일. 가·다가 함께 쉬는 날은 줄지 않으므로 직원의 결론은 틀렸다"


# 103 나이 --------------------------------------------------------------------------------------

Birth = tuple[int, int]
SIBLINGS = ("가온", "나린", "다온", "라율")


def age(birth: Birth, today: date) -> int:
    return today.year - birth[0] - ((today.month, today.day) < (birth[1], 10))


def births(total: int) -> tuple[Birth, ...]:
    today = date(2026, 2, 20)

    def holds(people: tuple[Birth, ...]) -> bool:
        gaon, narin, daon, rayul = people
        counted = [today.year - year + 1 for year, _ in people]
        return (
            gaon[0] + 7 == 2020  # sixth year of school: from March 2025 to February 2026
            and abs(counted[0] - counted[1]) == 3
            and abs(age(gaon, today) - age(narin, today)) == 4
            and counted[2] == 2 * counted[3]
            and (rayul[0] - daon[0]) * 12 + rayul[1] - daon[1] == 110
            and sum(age(person, today) for person in people) == total
        )

    years = range(2007, 2020)
    return only(
        people
        for months in permutations((1, 2, 3, 12))
        for narin, daon, rayul in product(years, repeat=3)
        if holds(people := tuple(zip((2013, narin, daon, rayul), months, strict=True)))
    )


def born(people: tuple[Birth, ...]) -> str:
    return ", ".join(f"{name} {year}년 {month}월" for name, (year, month) in zip(SIBLINGS, people, strict=True))


@recomputes(103, 1)
def four_births(row: Row) -> str:
    says(row, 1, "2026년 2월 20일", "오늘 초등학교 6학년", "차는 3살이고, 만 나이 차는 4살", "110개월", "합은 49살")
    return born(births(49))


@recomputes(103, 2)
def births_corrected(row: Row) -> str:
    says(row, 2, "49살이 아니라 55살")
    before, after = births(49), births(55)
    changed = [name for name, a, b in zip(SIBLINGS, before, after, strict=True) if a != b]
    return f"{born(after)}. 달라진 사람: {', '.join(changed)}"


@recomputes(103, 3)
def school_years(row: Row) -> str:
    says(row, 3, "2026년 3월 12일")
    day = date(2026, 3, 12)
    people = births(55)

    def school(year: int) -> str:
        grade = day.year - (year + 7) + 1
        named = [f"초등학교 {n}학년" for n in range(1, 7)]
        named += [f"{kind} {n}학년" for kind in ("중학교", "고등학교") for n in range(1, 4)]
        return named[grade - 1] if grade <= 12 else "졸업"

    listed = ", ".join(f"{name} {school(year)}" for name, (year, _) in zip(SIBLINGS, people, strict=True))
    return f"{listed}. 만 나이의 합 {sum(age(person, day) for person in people)}살"


# 104 참말꾼, 거짓말꾼, 번갈이 ------------------------------------------------------------------

ISLANDERS = ("가람", "나루", "다솜", "라미", "마로")
KINDS = ("참말꾼", "거짓말꾼", "번갈이")
Spoken = tuple[tuple[bool, bool], ...]


def islanders(swapped: str | None) -> tuple[tuple[str, ...], Spoken]:
    """Return the kinds and the truth of both sayings in the order spoken; one and only one is consistent."""

    def sayings(kinds: tuple[str, ...], spoken: Spoken) -> Spoken:
        first = {name: spoken[n][0] for n, name in enumerate(ISLANDERS)}
        kind = dict(zip(ISLANDERS, kinds, strict=True))
        said = {
            "가람": (kinds.count("거짓말꾼") == 3, kind["라미"] == "거짓말꾼"),
            "나루": (first["라미"], not first["다솜"]),
            "다솜": (kind["마로"] != "참말꾼", kind["나루"] == kind["가람"]),
            "라미": (kinds.count("참말꾼") == 1, first["다솜"]),
            "마로": (kind["라미"] == "번갈이", not first["나루"]),
        }
        return tuple(said[n][::-1] if n == swapped else said[n] for n in ISLANDERS)

    patterns = {"참말꾼": [(True, True)], "거짓말꾼": [(False, False)], "번갈이": [(True, False), (False, True)]}
    return only(
        (kinds, spoken)
        for kinds in product(KINDS, repeat=5)
        for spoken in product(*(patterns[kind] for kind in kinds))
        if sayings(kinds, spoken) == spoken
    )


def judged(kinds: tuple[str, ...], spoken: Spoken) -> str:
    def one(name: str, kind: str, truth: tuple[bool, bool]) -> str:
        return f"{name} {kind}" + (f"({'첫째' if truth[0] else '둘째'} 말이 참)" if kind == "번갈이" else "")

    return ", ".join(one(*person) for person in zip(ISLANDERS, kinds, spoken, strict=True))


def rejudged(swapped: str) -> str:
    before, (kinds, spoken) = islanders(None)[0], islanders(swapped)
    changed = [name for name, a, b in zip(ISLANDERS, before, kinds, strict=True) if a != b]
    return f"{judged(kinds, spoken)}. 부류가 달라진 사람: {', '.join(changed)}"


@recomputes(104, 1)
def five_islanders(row: Row) -> str:
    said = re.findall(r'^(..): \(첫째\) "(.+?)" \(둘째\) "(.+?)"$', row.questions[0], re.M)
    assert said == [
        ("가람", "우리 다섯 가운데 거짓말꾼은 정확히 세 명입니다.", "라미는 거짓말꾼입니다."),
        ("나루", "라미의 첫째 말은 참입니다.", "다솜의 첫째 말은 거짓입니다."),
        ("다솜", "마로는 참말꾼이 아닙니다.", "나루와 가람은 같은 부류입니다."),
        ("라미", "우리 다섯 가운데 참말꾼은 정확히 한 명입니다.", "다솜의 첫째 말은 참입니다."),
        ("마로", "라미는 번갈이입니다.", "나루의 첫째 말은 거짓입니다."),
    ]
    return judged(*islanders(None))


@recomputes(104, 2)
def naru_swapped(row: Row) -> str:
    says(row, 2, "나루의 두 마디가 뒤바뀌어")
    return rejudged("나루")


@recomputes(104, 3)
def dasom_swapped(row: Row) -> str:
    says(row, 3, "다솜의 두 마디만 뒤바뀌어")
    return rejudged("다솜")


# 105 네 개의 문 --------------------------------------------------------------------------------

PRIOR = {door: Fraction(door, 10) for door in (1, 2, 3, 4)}
World = tuple[int, str, tuple[int, ...]]


def worlds(opened: int, coin: dict[str, Fraction]) -> dict[World, Fraction]:
    """Return the weight of each (prize, way, doors opened) after `opened` doors; an opened prize ends a way."""
    weights = {(prize, way, ()): PRIOR[prize] * chance for prize in PRIOR for way, chance in coin.items()}
    for _ in range(opened):
        following: dict[World, Fraction] = Counter()
        for (prize, way, doors), weight in weights.items():
            closed = [door for door in (1, 3, 4) if door not in doors]
            choices = [min(door for door in closed if door != prize)] if way == "규칙" else closed
            for door in choices:
                if door != prize:
                    following[prize, way, (*doors, door)] += weight / len(choices)
        weights = following
    return weights


def chance(weights: dict[World, Fraction], doors: tuple[int, ...], event: Callable[[World], bool]) -> Fraction:
    seen = {world: weight for world, weight in weights.items() if world[2] == doors}
    return sum((w for world, w in seen.items() if event(world)), Fraction()) / sum(seen.values())


@recomputes(105, 1)
def lowest_empty_door(row: Row) -> str:
    says(row, 1, "각각 1/10, 2/10, 3/10, 4/10", "2번 문을 골랐습니다", "번호가 가장 작은 문을 반드시")
    weights = worlds(1, {"규칙": Fraction(1)})
    parts = []
    for label, opened in (("가", 1), ("나", 3)):
        by_door = {d: chance(weights, (opened,), lambda w, d=d: w[0] == d) for d in PRIOR}
        best = only(d for d, p in by_door.items() if p == max(by_door.values()))
        parts.append(f"({label}) {by_door[2]}, {best}번 문이 가장 유리(확률 {by_door[best]})")
    return ". ".join(parts)


COIN = {"규칙": Fraction(1, 2), "무작위": Fraction(1, 2)}


@recomputes(105, 2)
def tossed_host(row: Row) -> str:
    says(row, 2, "앞면이면 앞의 규칙대로", "3번 문을 열었더니 경품이 없었습니다")
    weights = worlds(1, COIN)
    return ", ".join(f"{d}번 {chance(weights, (3,), lambda w, d=d: w[0] == d)}" for d in (1, 2, 4))


@recomputes(105, 3)
def second_door(row: Row) -> str:
    says(row, 3, "동전은 다시 던지지 않고", "4번 문이 열렸고 경품이 없었습니다")
    weights = worlds(2, COIN)
    one, two = (chance(weights, (3, 4), lambda w, d=d: w[0] == d) for d in (1, 2))
    return f"1번 문 {one}, 2번 문 {two}, 뒷면 {chance(weights, (3, 4), lambda w: w[1] == '무작위')}"


# 106 다리 건너기 -------------------------------------------------------------------------------

MINUTES = {"가람": 1, "나래": 3, "다솔": 6, "라온": 8, "마루": 12}


def least_crossing(most_by_garam: int | None, apart: bool) -> int:
    """Return the least minutes (Dijkstra over who is left, where the lamp is, how often 가람 went)."""
    everyone = frozenset(MINUTES)
    queue, done, ticket = [(0, 0, everyone, 0, 0)], set(), 0
    while queue:
        minutes, _, left, side, went = heapq.heappop(queue)
        if not left:
            return minutes
        if (left, side, went) in done:
            continue
        done.add((left, side, went))
        here = sorted(left if side == 0 else everyone - left)
        for group in [*combinations(here, 1), *combinations(here, 2)]:
            now = min(went + ("가람" in group), 20)
            if (apart and set(group) == {"라온", "마루"}) or (most_by_garam is not None and now > most_by_garam):
                continue
            ticket += 1
            rest = left - set(group) if side == 0 else left | set(group)
            heapq.heappush(queue, (minutes + max(MINUTES[p] for p in group), ticket, rest, 1 - side, now))
    raise AssertionError("nobody can cross")


@recomputes(106, 1)
def crossing(row: Row) -> str:
    says(row, 1, *(f"{name}{josa} {n}분" for (name, n), josa in zip(MINUTES.items(), "은는은은는", strict=True)))
    says(row, 1, "많아야 네 번", "라온과 마루는 사이가 나빠서")
    steps = re.findall(r"([가-힣]+)(?:·([가-힣]+))?\((\d+)분\)", (row.references[0] or "").partition("예: ")[2])
    left, total = set(MINUTES), 0
    for number, (one, other, minutes) in enumerate(steps):
        group = {one, other} - {""}
        assert group <= (left if number % 2 == 0 else set(MINUTES) - left)
        assert group != {"라온", "마루"}
        assert int(minutes) == max(MINUTES[name] for name in group)
        left = left - group if number % 2 == 0 else left | group
        total += int(minutes)
    assert not left
    assert sum("가람" in step for step in steps) <= 4
    assert total == least_crossing(4, True)
    names = (f"{one}{other and '·' + other}({minutes}분)" for one, other, minutes in steps)
    return f"{least_crossing(4, True)}분. 예: {' → '.join(names)}"


@recomputes(106, 2)
def crossing_with_one_limit(row: Row) -> str:
    says(row, 2, "(가) 1)만 있을 때, (나) 2)만 있을 때를 구하고, (다) 둘 다 없을 때")
    return (
        f"(가) {least_crossing(4, False)}분, (나) {least_crossing(None, True)}분, (다) {least_crossing(None, False)}분"
    )


@recomputes(106, 3)
def crossing_once(row: Row) -> str:
    says(row, 3, "'네 번'을 '한 번'으로", "'두 번'으로 늘어나면")
    once, twice = least_crossing(1, True), least_crossing(2, True)
    assert once == twice
    return f"{once}분, 두 번으로 늘어나도 {twice}분으로 줄지 않음"


# 107 되질 --------------------------------------------------------------------------------------

Jars = tuple[int, ...]


def pourings(sizes: Jars, loss: int) -> tuple[dict[Jars, int], dict[Jars, int], dict[Jars, Jars]]:
    """Return for each reachable state the least pourings, the number of shortest ways, one state before."""
    start = (sizes[0], 0, 0)
    steps, ways, before, queue = {start: 0}, {start: 1}, {}, deque([start])
    while queue:
        jars = queue.popleft()
        for one, other in permutations(range(3), 2):
            room = sizes[other] - jars[other]
            if jars[one] <= loss or room < 1:
                continue
            moved = min(jars[one] - loss, room)
            after = list(jars)
            after[one], after[other] = jars[one] - loss - moved, jars[other] + moved
            key = tuple(after)
            if key not in steps:
                steps[key], ways[key], before[key] = steps[jars] + 1, 0, jars
                queue.append(key)
            if steps[key] == steps[jars] + 1:
                ways[key] += ways[jars]
    return steps, ways, before


def measured(sizes: Jars, loss: int, goal: int) -> tuple[int, int, list[Jars]]:
    """Return the least pourings for `goal`, the number of ways, the states of one way."""
    steps, ways, before = pourings(sizes, loss)
    ends = [jars for jars in steps if goal in jars]
    least = min(steps[jars] for jars in ends)
    ends = [jars for jars in ends if steps[jars] == least]
    path = [ends[0]]
    while path[-1] in before:
        path.append(before[path[-1]])
    return least, sum(ways[jars] for jars in ends), path[::-1]


def path_text(path: list[Jars]) -> str:
    return " → ".join(f"({', '.join(map(str, jars))})" for jars in path)


def jar_sizes(row: Row) -> Jars:
    says(row, 1, "x−1과 y 가운데 작은 만큼", "정확히 7홉")
    return tuple(int(n) for n in re.findall(r"(\d+)홉들이", row.questions[0]))


@recomputes(107, 1)
def seven_with_loss(row: Row) -> str:
    least, ways, path = measured(jar_sizes(row), 1, 7)
    return f"{least}번, 방법 {ways}가지: {path_text(path)}"


@recomputes(107, 2)
def seven_without_loss(row: Row) -> str:
    least, ways, path = measured(jar_sizes(row), 0, 7)
    assert ways == 1
    return f"{least}번: {path_text(path)}"


@recomputes(107, 3)
def twelve_with_loss(row: Row) -> str:
    says(row, 3, "정확히 12홉")
    least, _, path = measured(jar_sizes(row), 1, 12)
    return f"틀린 말이다. 최소 {least}번. 예: {path_text(path)}"


# 108 풀이의 잘못 -------------------------------------------------------------------------------

RUNNERS = ("강", "남", "도", "류", "문", "백")
Places = dict[str, int]
RACE: list[Callable[[Places], bool]] = [
    lambda p: p["남"] - p["강"] == 2,
    lambda p: p["도"] not in (1, 6),
    lambda p: abs(p["류"] - p["문"]) == 1,
    lambda p: p["백"] > p["강"],
    lambda p: p["도"] < p["류"],
]
STEPS: list[Callable[[Places], bool]] = [
    lambda p: p["강"] not in (5, 6),
    lambda p: p["류"] not in (1, 2),
    lambda p: p["문"] != 1,
    lambda p: p["강"] == 1,
    lambda p: p["남"] == 3,
    lambda p: {p["류"], p["문"]} in ({4, 5}, {5, 6}),
    lambda p: p["도"] == 2,
]


def orders(conditions: Iterable[Callable[[Places], bool]]) -> list[Places]:
    wanted = list(conditions)
    every = (dict(zip(order, range(1, 7), strict=True)) for order in permutations(RUNNERS))
    return [places for places in every if all(holds(places) for holds in wanted)]


def ranking(places: Places) -> str:
    return "-".join(sorted(places, key=lambda name: places[name]))


@recomputes(108, 1)
def first_leap(row: Row) -> str:
    says(row, 1, "사이에는 정확히 한 사람", "1등도 6등도 아니다", "⑦ 따라서 도는 2등", "모두 4가지")
    possible = orders(RACE)
    assert len(orders([*RACE, STEPS[6]])) == 4, "the last line follows from the one before it"
    number = next(n for n, step in enumerate(STEPS) if not all(step(places) for places in possible))
    against = sorted(ranking(places) for places in possible if not STEPS[number](places))
    return f"{'①②③④⑤⑥⑦⑧'[number]}, 반례: {', '.join(against)}. 가능한 순위는 모두 {len(possible)}가지"


@recomputes(108, 2)
def race_decided(row: Row) -> str:
    says(row, 2, "문은 도보다 정확히 두 등수 뒤", "백은 류보다 먼저")
    more: list[Callable[[Places], bool]] = [lambda p: p["문"] - p["도"] == 2, lambda p: p["백"] < p["류"]]
    assert orders([*RACE, *more, STEPS[6]]) == []
    return f"하나로 정해진다: {ranking(only(orders([*RACE, *more])))}. 도를 2등으로 믿으면 답이 없다는 결론에 이른다"


@recomputes(108, 3)
def one_condition_less(row: Row) -> str:
    says(row, 3, "조건 1)을 뺄 때부터 5)를 뺄 때까지")
    counts = [len(orders(c for c in RACE if c is not left_out)) for left_out in RACE]
    same = [f"{n})" for n, count in enumerate(counts, start=1) if count == len(orders(RACE))]
    return f"{', '.join(f'{count}가지' for count in counts)}. 빼도 달라지지 않는 조건: {', '.join(same) or '없음'}"


# 109 항렬 --------------------------------------------------------------------------------------

KIN = ("식환", "규환", "식석", "수석", "수규", "석식", "환수")


def generations(name: str, turned_from: int = 99) -> list[int]:
    """Return the generations 21-30 that `name` fits; from `turned_from` on the places are exchanged."""

    def fits(generation: int) -> bool:
        in_front = (generation % 2 == 1) != (generation >= turned_from)
        return name[0 if in_front else 1] == "식환규석수"[(generation - 21) % 5]

    return [generation for generation in range(21, 31) if fits(generation)]


def kin() -> dict[str, int]:
    def holds(g: dict[str, int]) -> bool:
        return (
            len(set(g.values())) == 7
            and abs(g["환수"] - g["석식"]) == 1
            and g["수규"] < g["석식"]
            and g["수석"] == g["규환"] + 2
            and abs(g["식석"] - g["규환"]) == 1
            and abs(g["식환"] - g["규환"]) != 1
        )

    every = (dict(zip(KIN, g, strict=True)) for g in product(*(generations(name) for name in KIN)))
    return only(filter(holds, every))


@recomputes(109, 1)
def seven_kin(row: Row) -> str:
    says(row, 1, ", ".join(KIN), "환수와 석식은 한 세대 차이", "두 세대 아래", "식환과 규환은 한 세대 차이가 아니다")
    return ", ".join(f"{name} {generation}세" for name, generation in kin().items())


@recomputes(109, 2)
def degrees(row: Row) -> str:
    says(row, 2, "공통 조상은 22세 어른", "공통 조상은 식환의 아버지")
    g = kin()
    father = g["식환"] - 1
    return f"수석과 수규 {g['수석'] + g['수규'] - 44}촌, 식석과 석식 {g['식석'] + g['석식'] - 2 * father}촌"


@recomputes(109, 3)
def names_after_the_turn(row: Row) -> str:
    says(row, 3, "26세부터는 규칙이 뒤집혀", "'수석'이라는 이름")
    gone = [name for name in KIN if not generations(name, 26)]
    return f"쓸 수 없는 이름: {', '.join(gone)}. 수석: {', '.join(f'{g}세' for g in generations('수석', 26))}"


# 110 둥근 탁자 ---------------------------------------------------------------------------------

SEATED = "가나다라마바사아"


def seatings(left_out: int | None = None) -> list[str]:
    """Return each seating as the names met going to the right from 가."""

    def conditions(steps: Callable[[str, str], int]) -> list[bool]:
        return [
            2 in (steps("가", "다"), steps("가", "마")),
            2 in (steps("라", "마"), steps("라", "아")),
            steps("아", "라") in (3, 5),
            steps("가", "마") < steps("마", "가"),
            steps("나", "다") not in (1, 7),
            steps("라", "다") == 3,
            steps("바", "마") == 4,
        ]

    found = []
    for rest in permutations(SEATED[1:]):
        place = {name: n for n, name in enumerate(("가", *rest))}
        held = conditions(lambda a, b, place=place: (place[b] - place[a]) % 8)
        if all(holds for n, holds in enumerate(held, start=1) if n != left_out):
            found.append("가" + "".join(rest))
    return found


@recomputes(110, 1)
def clockwise(row: Row) -> str:
    says(row, 1, "모두 탁자 가운데를 바라봅니다", "가의 오른쪽으로 두 번째 사람은 다 또는 마", "세 번째 사람은 다")
    to_the_right = only(seatings())
    return " ".join(to_the_right[0] + to_the_right[:0:-1])


@recomputes(110, 2)
def clockwise_facing_out(row: Row) -> str:
    says(row, 2, "모두 탁자를 등지고 바깥을")
    return " ".join(only(seatings()))


@recomputes(110, 3)
def forgotten_conditions(row: Row) -> str:
    says(row, 3, "조건 6)만 잊어버렸다고", "조건 4)만 잊어버렸다면")
    return f"조건 6)을 잊으면 {len(seatings(6))}가지, 조건 4)를 잊으면 {len(seatings(4))}가지"


# 111 민원실 ------------------------------------------------------------------------------------


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def queue_run(row: Row, gives_up: str | None = None, patience: int = 20) -> tuple[dict[str, tuple[int, int]], int]:
    """Return {name: (window, start minute)} and the last end; every minute is looked at."""
    says(row, 1, "11:30에 닫았다가 12:10에 다시", "20분 이상 기다렸으면", "1번 창구가 먼저")
    people = [(name, clock(came), kind, integers(takes)[0]) for name, came, kind, takes in table(row.questions[0])]
    started: dict[str, tuple[int, int]] = {}
    free = {1: 0, 2: 0}
    for now in range(clock("11:00"), clock("14:00")):
        for window in (1, 2):
            closed = window == 2 and clock("11:30") <= now < clock("12:10")
            waiting = [p for p in people if p[1] <= now and p[0] not in started]
            waiting = [p for p in waiting if not (p[0] == gives_up and now - p[1] > 25)]
            if closed or free[window] > now or not waiting:
                continue

            def rank(person: tuple[str, int, str, int], now: int = now) -> tuple[int, int]:
                _, came, kind, _ = person
                return (0 if kind == "일반" and now - came >= patience else 1 if kind == "우대" else 2, came)

            name, _, _, takes = min(waiting, key=rank)
            started[name], free[window] = (window, now), now + takes
    return started, max(free.values())


def hm(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


@recomputes(111, 1)
def eight_visitors(row: Row) -> str:
    started, end = queue_run(row)
    assert len(started) == 8
    assert started["도"] == (1, clock("11:30"))
    assert queue_run(row, patience=21)[0] != started, "the rubric says that 20 minutes sharp make a difference"
    listed = ", ".join(f"{name} {started[name][0]}번 {hm(started[name][1])}" for name, *_ in table(row.questions[0]))
    return f"{listed}. 마지막 끝 {hm(end)}"


@recomputes(111, 2)
def one_gives_up(row: Row) -> str:
    says(row, 2, "모는 온 지 25분이 되었을 때까지", "정확히 25분째에 부름을 받으면")
    (before, _), (after, end) = queue_run(row), queue_run(row, gives_up="모")
    changed = [f"{name} {hm(start)}" for name, (_, start) in after.items() if before[name][1] != start]
    seen = "일을 보았다" if "모" in after else "일을 보지 못하고 돌아갔다"
    return f"모는 {seen}. 달라진 사람: {', '.join(changed) or '없음'}. 마지막 끝 {hm(end)}"


# 112 윷놀이 ------------------------------------------------------------------------------------

STEPS_OF = {"도": 1, "개": 2, "걸": 3, "윷": 4, "모": 5}
OUTER = [f"{n}" for n in range(1, 21)]
ROUTES = {
    "바깥": ["밖", *OUTER],
    "ㄱ": ["5", "ㄱ1", "ㄱ2", "방", "ㄱ3", "ㄱ4", "15", "16", "17", "18", "19", "20"],
    "ㄴ": ["10", "ㄴ1", "ㄴ2", "방", "ㄴ3", "ㄴ4", "20"],
    "방": ["방", "ㄴ3", "ㄴ4", "20"],
}
Stand = tuple[str, str]
"""The route a piece is on and its place; ("", "났음") when it is home."""
TURNS_IN = {"5": "ㄱ", "10": "ㄴ", "방": "방"}


def moved(stand: Stand, steps: int, route: str | None = None) -> Stand:
    """Return where a piece goes; `route` overrides the forced turn at 5, 10 and 방."""
    chosen = route or TURNS_IN.get(stand[1], stand[0])
    path = ROUTES[chosen]
    at = path.index(stand[1]) + steps
    return (chosen, path[at]) if at < len(path) else ("", "났음")


def yut_rules(row: Row) -> None:
    says(row, 1, "ㄱ1, ㄱ2, 방, ㄱ3, ㄱ4를 거쳐 15번", "ㄴ1, ㄴ2, 방, ㄴ3, ㄴ4를 거쳐 20번", "지나쳐야 나는 것")


@recomputes(112, 1)
def yut_game(row: Row) -> str:
    yut_rules(row)
    stands: dict[tuple[str, str], Stand] = {}
    pieces = list(product(("청", "홍"), ("첫째", "둘째")))
    for piece in pieces:
        stands[piece] = ("바깥", "밖")
    events = []
    moves = re.findall(r"(청|홍): (도|개|걸|윷|모)\((첫째|둘째)\)", row.questions[0])
    assert len(moves) == 12
    assert [side for side, *_ in moves] == ["청", "홍"] * 6
    for number, (side, throw, which) in enumerate(moves, start=1):
        piece = (side, which)
        other = (side, "둘째" if which == "첫째" else "첫째")
        assert stands[piece][1] != "났음"
        together = [piece] + ([other] if stands[other][1] == stands[piece][1] != "밖" else [])
        goal = moved(stands[piece], STEPS_OF[throw])
        for one in together:
            stands[one] = goal
        for enemy in pieces:
            if enemy[0] != side and stands[enemy][1] == goal[1] != "났음":
                stands[enemy] = ("바깥", "밖")
                events.append(f"{number}번째 던지기에서 {side}이 {goal[1]} 칸의 {' '.join(enemy)} 말을 잡음")
        if len(together) == 1 and stands[other][1] == goal[1] != "났음":
            events.append(f"{number}번째 던지기에서 {side}의 두 말이 {goal[1]} 칸에서 업힘")
    where = ", ".join(f"{side} {which} {stands[side, which][1]}" for side, which in pieces)
    return f"{where}. {'; '.join(events) or '잡히거나 업힌 일 없음'}"


@recomputes(112, 2)
def home_in_four(row: Row) -> str:
    says(row, 2, "홍의 둘째 말이 앞으로 정확히 네 번", "판 밖에 있는 말 하나가 정확히 네 번 던져서 나는")
    yut_rules(row)
    (place,) = re.findall(r"홍 둘째 (\S+?)\.", row.references[0] or "")

    def ends(stand: Stand, throws: tuple[str, ...]) -> int | None:
        for number, throw in enumerate(throws, start=1):
            stand = moved(stand, STEPS_OF[throw])
            if stand[1] == "났음":
                return number
        return None

    starts: list[Stand] = [("ㄱ", place), ("바깥", "밖")]
    counts = [sum(ends(start, throws) == 4 for throws in product(STEPS_OF, repeat=4)) for start in starts]
    return f"(가) {counts[0]}가지, (나) {counts[1]}가지"


@recomputes(112, 3)
def home_in_four_by_choice(row: Row) -> str:
    says(row, 3, "모가 한 번도 나오지 않고 정확히 네 번", "움직일 때마다 말의 주인이 길을")

    def reach(throws: tuple[str, ...]) -> list[set[Stand]]:
        """Return the places that some choice of ways reaches after each throw."""
        now: set[Stand] = {("바깥", "밖")}
        after = []
        for throw in throws:
            following = set()
            for stand in now - {("", "났음")}:
                for route in {stand[0], TURNS_IN.get(stand[1], stand[0])}:
                    following.add(moved(stand, STEPS_OF[throw], route))
            now = following
            after.append(now)
        return after

    home = ("", "났음")
    runs = (reach(throws) for throws in product("도개걸윷", repeat=4))
    return f"{sum(home in run[3] and not any(home in early for early in run[:3]) for run in runs)}가지"


# 113 규정 --------------------------------------------------------------------------------------


def may_use(case: dict[str, object], late: int, teen: int, pool_child: int, pool_late: int) -> bool:
    """Apply the articles to one case; `late` and `pool_late` are minutes of the day, the others ages."""
    age_years, minute, place = int(str(case["age"])), int(str(case["at"])), case["place"]
    member, escort = bool(case["member"]), int(str(case.get("escort", 0)))  # escort: age of a valid member with them
    enters = member or (age_years < 13 and escort >= 19)
    allowed = enters
    if place == "수영장":
        allowed &= age_years >= 8 or (age_years >= 5 and escort >= 19)
    if minute >= late and age_years < teen:
        allowed &= case.get("lesson") == place
    if minute >= pool_late and place == "수영장" and age_years < pool_child:
        allowed = False
    return allowed


CASES: dict[str, dict[str, object]] = {
    "가": {"age": 12, "member": False, "escort": 19, "at": 19 * 60, "place": "수영장"},
    "나": {"age": 12, "member": True, "at": 20 * 60, "place": "수영장", "lesson": "수영장"},
    "다": {"age": 11, "member": True, "escort": 40, "at": 20 * 60 + 10, "place": "수영장", "lesson": "수영장"},
    "라": {"age": 6, "member": True, "at": 15 * 60, "place": "수영장"},
    "마": {"age": 10, "member": False, "at": 14 * 60, "place": "농구장"},
    "바": {"age": 15, "member": True, "at": 20 * 60 + 30, "place": "농구장", "lesson": "수영장"},
    "사": {"age": 13, "member": False, "escort": 50, "at": 10 * 60, "place": "농구장"},
    "아": {"age": 16, "member": True, "at": 21 * 60, "place": "수영장"},
}
"""A suspended member counts as one only in 아 (all arrears paid); in 라 and 마 the adult is no member."""
OLD = {"late": 1200, "teen": 16, "pool_child": 12, "pool_late": 1200}
NEW = {"late": 1140, "teen": 17, "pool_child": 13, "pool_late": 1140}
KEPT = {"late": 1140, "teen": 17, "pool_child": 12, "pool_late": 1200}
"""The new rules with the old Article 4, for lessons booked before."""


@recomputes(113, 1)
def eight_cases(row: Row) -> str:
    for label, case in CASES.items():
        line = only(re.findall(rf"^\({label}\) .+$", row.questions[0], re.M))
        assert f"{case['age']}세" in line
        assert str(case["place"]) in line
        hour, minute = divmod(int(str(case["at"])), 60)
        assert f"{(hour - 1) % 12 + 1}시{f' {minute}분' if minute else ''}에" in line
    says(row, 1, "16세 미만은 어느 시설도", "12세 미만은 저녁 8시부터 수영장", "밀린 회비의 절반")
    return ", ".join(f"({label}) {'○' if may_use(case, **OLD) else '×'}" for label, case in CASES.items())


@recomputes(113, 2)
def changed_rules(row: Row) -> str:
    says(row, 2, "'저녁 8시'와 '16세'는 각각 '저녁 7시'와 '17세'", "'12세'는 각각 '저녁 7시'와 '13세'", "5월 31일")
    changed = []
    for label, case in CASES.items():
        before, after = may_use(case, **OLD), may_use(case, **(KEPT if label in "나다" else NEW))
        if before != after:
            changed.append(f"({label}) {'○' if before else '×'}→{'○' if after else '×'}")
    assert may_use(CASES["나"], **KEPT)
    return f"{', '.join(changed)}. 나머지는 그대로"


@recomputes(113, 3)
def new_lesson(row: Row) -> str:
    says(row, 3, "5월 2일에 새로 등록")
    assert not may_use(CASES["나"], **NEW)
    return "쓸 수 없다. 시행 뒤에 등록한 강습이므로 개정 제4조(13세 미만, 저녁 7시부터)가 적용된다"


# 114 거짓 문장 하나 ----------------------------------------------------------------------------

TENANTS = ("고은", "노을", "도담", "로운", "모아")
JOBS = ("약사", "목수", "기자", "화가", "어부")
House = tuple[Places, Places]


def houses() -> Iterator[House]:
    for people, jobs in product(permutations(range(1, 6)), repeat=2):
        yield dict(zip(TENANTS, people, strict=True)), dict(zip(JOBS, jobs, strict=True))


SENTENCES: list[Callable[[Places, Places], bool]] = [
    lambda n, j: abs(j["목수"] - j["약사"]) == 2,
    lambda n, j: abs(j["약사"] - j["어부"]) == 2,
    lambda n, j: n["도담"] == j["목수"],
    lambda n, j: abs(n["노을"] - n["모아"]) == 1,
    lambda n, j: abs(j["어부"] - j["기자"]) == 2,
    lambda n, j: n["로운"] > j["기자"],
    lambda n, j: abs(n["고은"] - n["노을"]) == 1,
    lambda n, j: abs(n["도담"] - n["고은"]) == 1,
    lambda n, j: n["로운"] + j["화가"] == 6 and n["로운"] != j["화가"],
]


def false_in(house: House) -> tuple[int, ...]:
    return tuple(n for n, sentence in enumerate(SENTENCES, start=1) if not sentence(*house))


@recomputes(114, 1)
def one_false(row: Row) -> str:
    says(row, 1, "정확히 하나만 거짓", "1) 목수가 사는 층과 약사가", "5) 어부가 사는 층과 기자가", "더하면 6이고")
    people, jobs = only(house for house in houses() if len(false_in(house)) == 1)
    (number,) = false_in((people, jobs))
    name = {floor: tenant for tenant, floor in people.items()}
    job = {floor: work for work, floor in jobs.items()}
    return f"거짓 {number}). " + ", ".join(f"{floor}층 {name[floor]}({job[floor]})" for floor in range(1, 6))


@recomputes(114, 2)
def false_one_left_out(row: Row) -> str:
    (number,) = false_in(only(house for house in houses() if len(false_in(house)) == 1))
    left = [house for house in houses() if set(false_in(house)) <= {number}]
    assert not any(false_in(house) == () for house in left)
    return f"정해진다. 가능한 배치는 {len(left)}가지(첫 답과 같은 배치)"


@recomputes(114, 3)
def two_false(row: Row) -> str:
    says(row, 3, "정확히 두 문장이 거짓")
    pairs = [pair for house in houses() if len(pair := false_in(house)) == 2]
    return f"전체: {len(pairs)}, 3) 거짓: {sum(3 in pair for pair in pairs)}"


# 115 생신 --------------------------------------------------------------------------------------

Day = tuple[int, int]
MONTH, DAY = 0, 1


def known(day: Day, days: list[Day], part: int) -> bool:
    return sum(other[part] == day[part] for other in days) == 1


def listed_days(row: Row) -> list[Day]:
    line = only(line for line in row.questions[0].splitlines() if line.count("월 ") > 5)
    return [(int(m), int(d)) for m, d in re.findall(r"(\d+)월 (\d+)일", line)]


def talk(days: list[Day], sayings: list[tuple[int, bool]]) -> tuple[list[int], Day]:
    """Return how many days are left after each saying (who, knows), and the one that is left."""
    counts = []
    for part, knows in sayings:
        days = [day for day in days if known(day, days, part) is knows]
        counts.append(len(days))
    return counts, only(days)


@recomputes(115, 1)
def day_first(row: Row) -> str:
    assert re.findall(r'^(..): "', row.questions[0], re.M) == ["별이", "달이", "별이", "달이", "별이"]
    sayings = [(DAY, False), (MONTH, False), (DAY, False), (MONTH, False), (DAY, True)]
    counts, (month, day) = talk(listed_days(row), sayings)
    return f"{month}월 {day}일. 남는 날짜의 수: {', '.join(map(str, counts))}"


@recomputes(115, 2)
def month_first(row: Row) -> str:
    assert re.findall(r'^(..): "', row.questions[1], re.M) == ["달이", "별이", "달이", "별이", "달이"]
    sayings = [(MONTH, False), (DAY, False), (MONTH, False), (DAY, False), (MONTH, True)]
    counts, (month, day) = talk(listed_days(row), sayings)
    return f"{month}월 {day}일. 남는 날짜의 수: {', '.join(map(str, counts))}"


@recomputes(115, 3)
def sure_of_the_other(row: Row) -> str:
    says(row, 3, "별이도 모른다는 것을 나는 알아")
    days = listed_days(row)
    sure = [m for m in {m for m, _ in days} if not any(known(d, days, DAY) for d in days if d[MONTH] == m)]
    left = [d for d in days if d[MONTH] in sure and not known(d, days, MONTH)]
    second = [d for d in left if known(d, left, DAY) and not known(d, days, DAY)]
    month, day = only(d for d in second if known(d, second, MONTH))
    names = ", ".join(f"{m}월 {d}일" for m, d in left)
    return f"{month}월 {day}일. 첫마디 뒤에 남는 날짜: {names}"


# the claims ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> dict[int, Row]:
    return load()


@pytest.mark.parametrize("key", PROGRAMS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_program_finds_the_reference(rows: dict[int, Row], key: Key) -> None:
    question_id, turn = key
    assert PROGRAMS[key](rows[question_id]) == rows[question_id].references[turn - 1]


def test_every_turn_of_every_reasoning_question_has_a_program(rows: dict[int, Row]) -> None:
    turns = {(n, t + 1) for n, row in rows.items() if row.category == "추론" for t in range(len(row.questions))}
    assert turns
    assert turns == PROGRAMS.keys()

"""The 수학 references of the hard set recomputed: exact fractions, whole numbers, enumeration of every case.

As in test_hard_references_a.py, a program returns the whole text and `says` holds it to the question.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise, product

import pytest

from tests.questions.hard_set import Row, load, only, says
from tests.questions.programs import Key, Programs

F = Fraction
PROGRAMS = Programs[Row, str]()
recomputes = PROGRAMS.recomputes


def down(value: Fraction, unit: int = 1) -> int:
    """Return `value` cut to a multiple of `unit`."""
    return math.floor(value / unit) * unit


def half_up(value: Fraction) -> int:
    return math.floor(value + F(1, 2))


# 201 전기 요금 ---------------------------------------------------------------------------------


def base_and_energy(used: Fraction) -> int:
    base = 910 if used <= 200 else 1600 if used <= 400 else 7300
    tiers = ((F(0), F("112.4")), (F(200), F("206.6")), (F(400), F("299.3")))
    ends = (F(200), F(400), used)
    energy = sum(max(F(0), min(used, end) - start) * price for (start, price), end in zip(tiers, ends, strict=True))
    return base + down(F(energy))


def billed(charge: int) -> tuple[int, int, int, int]:
    """Return charge, tax, fund and the sum to pay."""
    tax, fund = half_up(F(charge, 10)), down(charge * F(37, 1000), 10)
    return charge, tax, fund, down(F(charge + tax + fund), 10)


def bill(used: int) -> tuple[int, int, int, int]:
    return billed(base_and_energy(F(used)) + down(used * F("4.7")))


def tariff(row: Row) -> None:
    says(
        row,
        1,
        "910원",
        "1,600원",
        "7,300원",
        "112.4원",
        "206.6원",
        "299.3원",
        "4.7원",
        "3.7%에서 10원 미만을 버린 것입니다",
    )


@recomputes(201, 1)
def one_month(row: Row) -> str:
    tariff(row)
    says(row, 1, "387kWh")
    names = ("전기요금", "부가가치세", "기금", "청구 금액")
    return ", ".join(f"{name} {value:,}원" for name, value in zip(names, bill(387), strict=True))


@recomputes(201, 2)
def used_for_a_bill(row: Row) -> str:
    wanted = only(int(n.replace(",", "")) for n in re.findall(r"([\d,]+)원이었", row.questions[1]))
    used = only(n for n in range(2000) if bill(n)[3] == wanted)
    return f"{used}kWh ({used - 1}kWh이면 {bill(used - 1)[3]:,}원, {used + 1}kWh이면 {bill(used + 1)[3]:,}원)"


@recomputes(201, 3)
def two_homes(row: Row) -> str:
    says(row, 3, "합하여 617kWh", "집 수를 곱하고, 조정액은 전체 사용량으로 한 번")
    shared = billed(2 * base_and_energy(F(617, 2)) + down(617 * F("4.7")))[3]
    alone = bill(617)[3]
    return f"두 집 {shared:,}원, 한 집 {alone:,}원이므로 {alone - shared:,}원 적다"


# 202 품삯 --------------------------------------------------------------------------------------


def worked(start: int, end: int, late_break: bool = False) -> tuple[int, int]:
    """Return the minutes worked and those after 22:00 of one day (minutes of the day, end at most 24:00)."""
    stay = end - start
    rest = 60 if stay >= 480 else 30 if stay >= 240 else 0
    night = max(0, end - max(start, 22 * 60))
    return stay - rest, night - (rest if late_break and night else 0)


def week(days: Iterable[tuple[int, int]], planned: int, absent: bool, hour: int) -> int:
    """Return a week's pay; `days` are (minutes worked, of them at night), `planned` minutes decide 주휴수당."""
    total, night = (sum(part) for part in zip(*days, strict=True))
    holiday = 0 if absent or planned < 15 * 60 else down(F(min(planned, 2400), 2400) * 8 * hour)
    return down(F(total * hour, 60)) + down(F(night * hour, 120)) + holiday


def won(amount: int) -> str:
    return f"{amount:,}원"


@recomputes(202, 1)
def three_weeks(row: Row) -> str:
    says(row, 1, "10,320원", "오후 5시부터 밤 11시 30분", "오전 11시부터 오후 3시", "수요일에 40분 늦게")
    evening, saturday, late = worked(1020, 1410), worked(660, 900), worked(1060, 1410)
    planned = 3 * evening[0] + saturday[0]
    assert planned == 21 * 60 + 30
    weeks = [
        week([evening] * 3 + [saturday], planned, False, 10320),
        week([evening] * 2 + [late, saturday], planned, False, 10320),
        week([evening] * 3, planned, True, 10320),
    ]
    return f"{', '.join(map(won, weeks))}, 합계 {won(sum(weeks))}"


def fourth(extra: bool) -> int:
    evening, sunday = worked(1080, 1380), worked(540, 960)
    planned = 2 * evening[0] + sunday[0]
    assert planned == 15 * 60 + 30
    return week([evening] * (3 if extra else 2) + [sunday], planned, False, 10320)


@recomputes(202, 2)
def extra_wednesday(row: Row) -> str:
    says(row, 2, "월·금에는 오후 6시부터 밤 11시", "일요일에는 오전 9시부터 오후 4시", "수요일 오후 6시부터 밤 11시")
    return won(fourth(extra=True))


@recomputes(202, 3)
def fifth_week(row: Row) -> str:
    says(row, 3, "10,620원", "정한 대로만(수요일 추가 없이)", "원래 규칙으로 계산한 품삯과 비교")
    evening, sunday = worked(1080, 1380, late_break=True), worked(540, 960)
    new, old = week([evening] * 2 + [sunday], 930, False, 10620), fourth(extra=False)
    assert new > old
    return (
        f"다섯째 주 {won(new)}, 넷째 주(추가 근무를 뺀 것) {won(old)}. {won(new - old)} 늘었으므로 주인의 말은 틀렸다"
    )


# 203 이자 --------------------------------------------------------------------------------------

RATES = (F("0.0384"), F("0.0426"))
BORROWED, REPAID, RAISED = date(2023, 11, 15), date(2024, 5, 20), date(2024, 2, 15)


def interest(prepaid: date, leap_days_of_366: bool = False) -> list[tuple[int, int]]:
    """Return (days, interest) of each period with one rate, principal and divisor."""
    periods: Counter[tuple[Fraction, int, int]] = Counter()
    day = BORROWED
    while day < REPAID:
        rate = RATES[day >= RAISED]
        principal = 180_000_000 if day < prepaid else 140_000_000
        periods[rate, principal, 366 if leap_days_of_366 and day.year == 2024 else 365] += 1
        day += timedelta(days=1)
    return [(days, down(principal * rate * days / base)) for (rate, principal, base), days in periods.items()]


def loan_text(row: Row) -> None:
    says(row, 1, "1억 8천만 원을 2023년 11월 15일에 빌려 2024년 5월 20일", "3.84%이고 2024년 2월 15일의 이자부터 4.26%")
    says(row, 1, "빌린 날은 넣고 갚는 날은 뺀", "3월 29일에 원금 4천만 원")


def interest_text(periods: list[tuple[int, int]]) -> str:
    listed = ", ".join(f"{days}일 {amount:,}원" for days, amount in periods)
    return f"{listed}, 합계 {sum(amount for _, amount in periods):,}원"


@recomputes(203, 1)
def loan_interest(row: Row) -> str:
    loan_text(row)
    return interest_text(interest(date(2024, 3, 29)))


@recomputes(203, 2)
def loan_interest_by_366(row: Row) -> str:
    loan_text(row)
    before, after = interest(date(2024, 3, 29)), interest(date(2024, 3, 29), leap_days_of_366=True)
    assert len(after) == 4
    return f"{interest_text(after)}. 앞의 합계보다 {sum(a for _, a in before) - sum(a for _, a in after):,}원 적다"


@recomputes(203, 3)
def latest_prepayment(row: Row) -> str:
    loan_text(row)
    says(row, 3, "3,400,000원보다 적게")

    def total(day: date) -> int:
        return sum(amount for _, amount in interest(day))

    days = [BORROWED + timedelta(days=n) for n in range(1, (date(2024, 3, 29) - BORROWED).days)]
    good = [day for day in days if total(day) < 3_400_000]
    last, after = good[-1], good[-1] + timedelta(days=1)
    assert all(total(day) < 3_400_000 for day in days if day <= last)
    return f"{last.year}년 {last.month}월 {last.day}일(합계 {total(last):,}원, 이튿날이면 {total(after):,}원)"


# 204 배당 --------------------------------------------------------------------------------------


def after_tax(cash: int) -> int:
    tax = down(F(cash * 14, 100), 10)
    return cash if tax < 1000 else cash - tax - down(F(tax, 10), 10)


def received(shares: int) -> tuple[int, int]:
    """Return the new shares and the money in hand."""
    new = F(3, 100) * shares
    return math.floor(new), after_tax(361 * shares) + down((new - math.floor(new)) * 24350)


def dividend_text(row: Row) -> None:
    says(
        row,
        1,
        "현금 361원과 주식 0.03주",
        "24,350원",
        "소득세의 10%에서 10원 미만",
        "그렇게 구한 소득세가 1,000원 미만이면",
    )


@recomputes(204, 1)
def one_holder(row: Row) -> str:
    dividend_text(row)
    says(row, 1, "1,237주")
    new, money = received(1237)
    return f"주식 {new}주, 현금 {money:,}원"


@recomputes(204, 2)
def a_million(row: Row) -> str:
    dividend_text(row)
    money = {n: received(n)[1] for n in range(1, 5_000)}
    enough = [n for n in money if money[n] >= 1_000_000]
    short = [n for n in range(enough[0], 5_000) if money[n] < 1_000_000]
    assert after_tax(361 * 5_000) > 1_000_000, "from here on the money of the stub no longer matters"
    return f"{enough[0]:,}주. 있다: 모두 {len(short)}개({', '.join(f'{n:,}' for n in short)}주)"


@recomputes(204, 3)
def falling_back(row: Row) -> str:
    dividend_text(row)
    found = [n for n in range(1, 10_001) if after_tax(361 * (n + 1)) < after_tax(361 * n)]
    return ", ".join(f"n = {n} ({after_tax(361 * n):,}원 → {after_tax(361 * (n + 1)):,}원)" for n in found)


# 205 단위 --------------------------------------------------------------------------------------


def rice_left() -> int:
    """Return the 홉 of rice, cut."""
    harvest = F(11, 2) * (200 + 30 + 4)  # 되
    kept = harvest * F(7, 10) * F("1.08")  # kg
    rice = kept * F(72, 100) * F(15, 16)  # kg
    return down(rice / F("1.5") * 10)


@recomputes(205, 1)
def rice_field(row: Row) -> str:
    says(row, 1, "다섯 마지기 반", "벼 2섬 3말 4되", "3할", "72%", "1/16", "벼 1되 = 1.08kg, 쌀 1되 = 1.5kg")
    hop = rice_left()
    area = F(11, 2) * 200 * F(400, 121)
    return f"{hop // 1000}섬 {hop // 100 % 10}말 {hop // 10 % 10}되 {hop % 10}홉, 넓이 {area}㎡"


@recomputes(205, 2)
def barter(row: Row) -> str:
    says(row, 2, "고기 7근 또는 채소 3관", "정확히 251.1kg")
    mal = rice_left() // 100
    meat, greens = F(7 * 600, 1000), 3 * F("3.75")
    x, y = only((x, mal - x) for x in range(mal + 1) if meat * x + greens * (mal - x) == F("251.1"))
    return f"고기로 {x}말, 채소로 {y}말, 채소 {y * greens * 1000 / 400}근"


@recomputes(205, 3)
def ten_geun(row: Row) -> str:
    says(row, 3, "앞에서 얻은 채소를 관으로 세어 1관마다 10근 값", "2,400원", "고기 3관을 30근 값")
    (mal,) = re.findall(r"채소로 (\d+)말", row.references[1] or "")
    gwan = 3 * int(mal)
    paid, right = gwan * 10 * 2400, gwan * F(3750, 400) * 2400
    grams = 30 * 600 - 3 * 3750
    assert right.denominator == 1
    return f"{paid - int(right):,}원 더 치름({paid:,}원 − {int(right):,}원), 고기는 {grams:,}g의 값"


# 206 수 읽기 -----------------------------------------------------------------------------------

DIGITS = "영일이삼사오육칠팔구"


def read(number: int, full: bool = False) -> str:
    text = ""
    for place, unit in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit = number // place % 10
        if digit:
            text += ("" if digit == 1 and unit and not full else DIGITS[digit]) + unit
    return text


READINGS = [read(n) for n in range(1, 10_000)]


@recomputes(206, 1)
def five_syllables(row: Row) -> str:
    says(row, 1, "1은 '일', 16은 '십육', 2110은 '이천백십', 4051은 '사천오십일'")
    assert [read(n) for n in (1, 16, 2110, 4051)] == ["일", "십육", "이천백십", "사천오십일"]
    return f"(가) {sum(len(text) == 5 for text in READINGS):,}개, (나) {sum(map(len, READINGS)):,}"


@recomputes(206, 2)
def in_dictionary_order(row: Row) -> str:
    says(row, 2, "첫 번째, 100번째, 마지막")
    ordered = sorted(range(1, 10_000), key=read)  # code points of whole syllables are in dictionary order
    return f"첫 번째 {ordered[0]}, 100번째 {ordered[99]}, 마지막 {ordered[-1]}"


@recomputes(206, 3)
def with_every_one(row: Row) -> str:
    says(row, 3, "'일십', '일백', '일천'")
    more = sum(len(read(n, full=True)) for n in range(1, 10_000)) - sum(map(len, READINGS))
    return f"{more:,}글자, 마지막 {max(range(1, 10_000), key=lambda n: read(n, full=True))}"


# 207 경점 --------------------------------------------------------------------------------------


def night(sunset: int, sunrise: int) -> tuple[int, Fraction]:
    """Return the minute of dark and the length of one 점 (minutes; the day after counts on from 24:00)."""
    dark, light = sunset + 36, sunrise + 1440 - 36
    return dark, F(light - dark, 25)


WINTER, SUMMER = night(17 * 60 + 24, 7 * 60 + 39), night(19 * 60 + 51, 5 * 60 + 15)


def watch(points: Fraction) -> str:
    whole = math.floor(points)
    assert 0 <= whole < 25
    return f"{whole // 5 + 1}경 {whole % 5 + 1}점"


def minutes_seconds(minutes: Fraction) -> str:
    return f"{math.floor(minutes)}분 {float((minutes - math.floor(minutes)) * 60):g}초"


@recomputes(207, 1)
def third_watch(row: Row) -> str:
    says(row, 1, "오후 5시 24분", "오전 7시 39분", "3경 4점이 시작", "36분이 지난", "36분 전")
    dark, length = WINTER
    at = dark + 13 * length
    hour = math.floor(at) // 60 - 24
    return f"오전 {hour}시 {minutes_seconds(at - (hour + 24) * 60)}, 한 점 {minutes_seconds(length)}"


@recomputes(207, 2)
def summer_three(row: Row) -> str:
    says(row, 2, "오후 7시 51분", "오전 5시 15분", "오전 3시 정각")
    dark, length = SUMMER
    points = (27 * 60 - dark) / length
    return f"{watch(points)}, 시작한 뒤 {minutes_seconds((points - math.floor(points)) * length)}"


@recomputes(207, 3)
def wrong_watch(row: Row) -> str:
    says(row, 3, "'3경 1점의 시작'", "밝음의 순간에 파수꾼의 셈")
    called = 10 * WINTER[1] / SUMMER[1]
    end = 25 * SUMMER[1] / WINTER[1]
    return f"올바르게는 {watch(called)}, 밝음의 순간에 파수꾼은 {watch(end)}"


# 208 윷 ----------------------------------------------------------------------------------------


def throw() -> dict[tuple[int, bool], Fraction]:
    """Return the chance of (steps, throw again) of one throw; the first stick bears the mark."""
    chances: dict[tuple[int, bool], Fraction] = Counter()
    for flat in product((True, False), repeat=4):
        steps = (5, 1, 2, 3, 4)[sum(flat)]
        if sum(flat) == 1 and flat[0]:
            steps = -1
        chances[steps, sum(flat) in (0, 4)] += math.prod(F(3, 5) if up else F(2, 5) for up in flat)
    assert sum(chances.values()) == 1
    return chances


def turns(lose_at_three: bool = False) -> dict[int, Fraction]:
    """Return the chance of each sum of one turn of at most three throws."""
    going, ended = {0: F(1)}, Counter[int]()
    totals: dict[int, Fraction] = dict(ended)
    for number in (1, 2, 3):
        following: dict[int, Fraction] = {}
        for so_far, weight in going.items():
            for (steps, again), chance in throw().items():
                total = so_far + steps
                if again and number < 3:
                    following[total] = following.get(total, F(0)) + weight * chance
                else:
                    total = 0 if again and lose_at_three else total
                    totals[total] = totals.get(total, F(0)) + weight * chance
        going = following
    assert sum(totals.values()) == 1
    return totals


def mean(totals: dict[int, Fraction]) -> Fraction:
    return sum((total * chance for total, chance in totals.items()), F(0))


@recomputes(208, 1)
def expected_steps(row: Row) -> str:
    says(row, 1, "확률이 3/5", "배가 위로 온 가락이 그 하나뿐이면", "−1칸", "많아야 세 번까지만")
    return str(mean(turns()))


@recomputes(208, 2)
def seven_steps(row: Row) -> str:
    says(row, 2, "정확히 7칸", "3칸일 확률")
    totals = turns()
    more = "3칸" if totals[3] > totals[7] else "7칸"
    return f"7칸일 확률 {totals[7]}, 3칸일 확률 {totals[3]}이므로 {more}이 더 크다"


@recomputes(208, 3)
def all_lost(row: Row) -> str:
    says(row, 3, "세 번 이어 나오면 그 차례에 얻은 칸을 모두 잃고(0칸)")
    before, after = mean(turns()), mean(turns(lose_at_three=True))
    return f"{after}, 처음보다 {'작다' if after < before else '크다'}"


# 209 거듭 반올림 -------------------------------------------------------------------------------


def up_at_half(number: int, unit: int) -> int:
    return (number + unit // 2) // unit * unit


def to_even(number: int, unit: int) -> int:
    whole, rest = divmod(number, unit)
    return unit * (whole + (2 * rest > unit or (2 * rest == unit and whole % 2 == 1)))


def differing(rounding: Callable[[int, int], int]) -> dict[int, int]:
    """Return {number: 방법 ㄴ - 방법 ㄱ} where the two differ."""
    gaps = {n: rounding(rounding(rounding(n, 10), 100), 1000) - rounding(n, 1000) for n in range(1, 10_000)}
    return {n: gap for n, gap in gaps.items() if gap}


@recomputes(209, 1)
def twice_rounded(row: Row) -> str:
    says(row, 1, "1,449는 ㄱ으로 1,000", "1부터 9,999까지")
    found = differing(up_at_half)
    assert 1449 in found
    return f"{len(found)}개, 합 {sum(found):,}"


@recomputes(209, 2)
def twice_rounded_to_even(row: Row) -> str:
    says(row, 2, "절반은 500", "짝수가 되는 쪽")
    found = differing(to_even)
    return f"{len(found)}개, 가장 작은 수 {min(found):,}, 가장 큰 수 {max(found):,}"


@recomputes(209, 3)
def sum_of_gaps(row: Row) -> str:
    says(row, 3, "방법 ㄴ의 결과에서 방법 ㄱ의 결과를 뺀 값")
    one, other = (sum(differing(rounding).values()) for rounding in (up_at_half, to_even))
    return f"반올림 {one:,}, 오사오입 {other:,}".replace("-", "−")


# 210 격자 경로 ---------------------------------------------------------------------------------


def runs(moves: str) -> Iterator[int]:
    return (len(run.group()) for run in re.finditer(r"R+|U+", moves))


def places(moves: str) -> list[tuple[int, int]]:
    return [(moves[:n].count("R"), moves[:n].count("U")) for n in range(len(moves) + 1)]


def every_path() -> list[str]:
    return ["".join("R" if mask >> n & 1 else "U" for n in range(14)) for mask in range(2**14) if mask.bit_count() == 8]


def first_rules(moves: str) -> bool:
    return max(runs(moves)) <= 3 and not {(3, 3), (5, 4)} & set(places(moves))


@recomputes(210, 1)
def paths(row: Row) -> str:
    says(row, 1, "(8, 6)까지", "세 번 넘게(네 번 이상)", "점 (3, 3)과 (5, 4)는")
    return f"{sum(map(first_rules, every_path()))}가지"


@recomputes(210, 2)
def seven_bends(row: Row) -> str:
    says(row, 2, "정확히 7번")
    return f"{sum(first_rules(moves) and len(list(runs(moves))) == 8 for moves in every_path())}가지"


@recomputes(210, 3)
def paths_corrected(row: Row) -> str:
    says(row, 3, "점 (5, 4)는 지날 수 있고", "같은 방향으로 두 번 넘게", "이어서 세지 않습니다")

    def through(moves: str) -> bool:
        before, after = moves[:9], moves[9:]
        return (
            places(moves)[9] == (5, 4)
            and (3, 3) not in places(moves)
            and max(runs(before)) <= 3
            and max(runs(after)) <= 2
        )

    around, inside = sum(map(first_rules, every_path())), sum(map(through, every_path()))
    return f"{around + inside}가지(지나지 않는 것 {around}가지, 지나는 것 {inside}가지)"


# 211 접기 --------------------------------------------------------------------------------------

Point = tuple[Fraction, Fraction]
Line = tuple[Fraction, Fraction, Fraction]
SHEET: list[Point] = [(F(0), F(0)), (F(18), F(0)), (F(18), F(12)), (F(0), F(12))]
"""B, C, D, A: BC lies on the x axis, AB on the y axis."""


def value(line: Line, p: Point) -> Fraction:
    return line[0] * p[0] + line[1] * p[1] + line[2]


def clipped(polygon: list[Point], line: Line) -> list[Point]:
    """Return the part of a convex polygon where `line` is not negative."""
    kept: list[Point] = []
    for p, q in pairwise([*polygon, polygon[0]]):
        a, b = value(line, p), value(line, q)
        if a >= 0:
            kept.append(p)
        if a * b < 0:
            kept.append((p[0] + (q[0] - p[0]) * a / (a - b), p[1] + (q[1] - p[1]) * a / (a - b)))
    return kept


def area(polygon: list[Point]) -> Fraction:
    return abs(sum((p[0] * q[1] - p[1] * q[0] for p, q in pairwise([*polygon, polygon[0]])), F(0))) / 2


def reflected(p: Point, line: Line) -> Point:
    step = 2 * value(line, p) / (line[0] ** 2 + line[1] ** 2)
    return (p[0] - step * line[0], p[1] - step * line[1])


def fold(corner: Point, onto: Point) -> tuple[list[Point], list[Point], Fraction]:
    """Return the half that stays, the other half turned over, and the squared length of the crease."""
    line = (
        2 * (onto[0] - corner[0]),
        2 * (onto[1] - corner[1]),
        corner[0] ** 2 + corner[1] ** 2 - onto[0] ** 2 - onto[1] ** 2,
    )
    stays = clipped(SHEET, line)
    turned = [reflected(p, line) for p in clipped(SHEET, (-line[0], -line[1], -line[2]))]
    assert area(stays) + area(turned) == 216
    (a, b) = [p for p in stays if value(line, p) == 0]
    return stays, turned, (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def common(one: list[Point], other: list[Point]) -> list[Point]:
    """Return the common part of two convex polygons."""
    inside = one
    turn = sum((p[0] * q[1] - p[1] * q[0] for p, q in pairwise([*other, other[0]])), F(0))
    for p, q in pairwise([*other, other[0]]):
        sign = 1 if turn > 0 else -1
        dx, dy = (q[0] - p[0]) * sign, (q[1] - p[1]) * sign
        inside = clipped(inside, (-dy, dx, dy * p[0] - dx * p[1]))
    return inside


def hull(points: list[Point]) -> list[Point]:
    """Return the corners of the convex hull (gift wrapping, points within a side left out)."""
    start = min(points)
    corners = [start]
    while True:
        best = next(p for p in points if p != corners[-1])
        for p in points:
            a, b = corners[-1], best
            cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
            farther = (p[0] - a[0]) ** 2 + (p[1] - a[1]) ** 2 > (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
            if p != a and (cross < 0 or (cross == 0 and farther)):
                best = p
        if best == start:
            return corners
        corners.append(best)


def doubled(ap: int) -> tuple[Fraction, Fraction]:
    """Return the doubled area and the squared crease of the fold of C onto P."""
    stays, turned, crease = fold((F(18), F(0)), (F(ap), F(12)))
    return area(common(stays, turned)), crease


@recomputes(211, 1)
def folded(row: Row) -> str:
    says(row, 1, "AB = 12, BC = 18", "AP = 4인 점 P", "꼭짓점 C가 P에")
    both, crease = doubled(4)
    return f"접는 선의 길이의 제곱 {crease}, 두 겹인 부분의 넓이 {both}"


@recomputes(211, 2)
def folded_elsewhere(row: Row) -> str:
    says(row, 2, "AP = 12인 점")
    (first, _), (second, _) = doubled(4), doubled(12)
    return f"{second}, AP = 4일 때보다 {'크다' if second > first else '작다'}"


@recomputes(211, 3)
def corner_to_corner(row: Row) -> str:
    says(row, 3, "꼭짓점 A가 C에")
    stays, turned, _ = fold((F(0), F(12)), (F(18), F(0)))
    both = area(common(stays, turned))
    outline = hull(stays + turned)
    assert area(outline) == 216 - both, "the figure is convex, so its hull is its outline"
    return f"두 겹인 부분 {both}, 도형 전체 {216 - both}, 변 {len(outline)}개"


# 212 목걸이 ------------------------------------------------------------------------------------


def strings() -> list[str]:
    beads = "RRRRBBBYYY"
    found = {""}
    for _ in beads:
        found = {s + c for s in found for c in "RBY" if s.count(c) < beads.count(c)}
    assert len(found) == math.factorial(10) // (24 * 6 * 6)
    return sorted(found)


def turned_around(text: str) -> list[str]:
    return [text[n:] + text[:n] for n in range(10)]


def necklace(text: str) -> str:
    return min(turned_around(text) + turned_around(text[::-1]))


def apart(text: str, colours: str, ring: bool = True) -> bool:
    closed = text + text[0] if ring else text
    return not any(2 * colour in closed for colour in colours)


@recomputes(212, 1)
def necklaces(row: Row) -> str:
    says(row, 1, "빨간 구슬 4개, 파란 구슬 3개, 노란 구슬 3개", "돌리거나 뒤집어서")
    return f"{len({necklace(text) for text in strings() if apart(text, 'Y')})}가지"


@recomputes(212, 2)
def clasped(row: Row) -> str:
    says(row, 2, "잠금쇠의 양옆 구슬은 이웃하지 않은 것으로")
    return f"{len({min(text, text[::-1]) for text in strings() if apart(text, 'Y', ring=False)})}가지"


@recomputes(212, 3)
def two_colours_apart(row: Row) -> str:
    says(row, 3, "노란 구슬끼리도, 파란 구슬끼리도")
    found = {necklace(text) for text in strings() if apart(text, "YB")}
    same = sum(text[::-1] in turned_around(text) for text in found)
    return f"모두 {len(found)}가지, 뒤집어도 같은 것 {same}가지"


# 213 할부 --------------------------------------------------------------------------------------


def month_interest(left: int) -> int:
    return down(left * F(72, 1000) / 12)


def repay(extra_after_third: int = 0) -> tuple[list[int], int]:
    """Return what is paid each month and the sum of interest."""
    left, paid, interest_sum = 5_000_000, [], 0
    for month in range(1, 7):
        due = month_interest(left)
        interest_sum += due
        payment = left + due if month == 6 else min(851_000, left + due)
        left -= payment - due
        paid.append(payment)
        if month == 3:
            left -= extra_after_third
        if left == 0:
            break
    assert left == 0
    return paid, interest_sum


@recomputes(213, 1)
def six_months(row: Row) -> str:
    says(row, 1, "5,000,000원을 연 7.2%", "851,000원")
    paid, interest_sum = repay()
    assert len(paid) == 6
    return f"여섯째 달 {paid[-1]:,}원, 이자의 합 {interest_sum:,}원"


@recomputes(213, 2)
def early_payment(row: Row) -> str:
    says(row, 2, "원금 1,000,000원을 더", "1.4% × 남은 달수 ÷ 6")
    fee = down(1_000_000 * F(14, 1000) * 3 / 6)
    paid, _ = repay(1_000_000)
    gain = sum(repay()[0]) - (sum(paid) + 1_000_000 + fee)
    month = ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째")[len(paid) - 1]
    return f"{month} 달에 {paid[-1]:,}원으로 끝남. 수수료 {fee:,}원까지 넣으면 {abs(gain):,}원 {'이득' if gain > 0 else '손해'}"


@recomputes(213, 3)
def equal_principal(row: Row) -> str:
    says(row, 3, "833,300원씩")
    left, interest_sum, first = 5_000_000, 0, 0
    for month in range(1, 7):
        due = month_interest(left)
        interest_sum += due
        part = left if month == 6 else 833_300
        first = first or part + due
        left -= part
    return f"이자의 합이 {repay()[1] - interest_sum:,}원 적고, 첫째 달은 {first - 851_000:,}원 많다"


# 214 주사위 ------------------------------------------------------------------------------------


def best_play(fees: tuple[int, int, int]) -> tuple[Fraction, list[list[int]]]:
    """Return the best expectation and the faces (2-6) at which to stop at throws 1, 2, 3."""
    following = sum((F(face * face if face > 1 else 0) for face in range(1, 7)), F(0)) / 6
    stops = []
    for fee in reversed(fees):
        again = following - fee
        assert all(face * face != again for face in range(2, 7)), "no face leaves it open"
        stops.insert(0, [face for face in range(2, 7) if face * face > again])
        following = sum((max(F(face * face), again) for face in range(2, 7)), F(0)) / 6
    return following, stops


def stop_text(stops: list[list[int]]) -> str:
    names = ("첫 번째", "두 번째", "세 번째")
    return ", ".join(f"{name} {min(faces)} 이상" for name, faces in zip(names, stops, strict=True))


@recomputes(214, 1)
def four_throws(row: Row) -> str:
    says(row, 1, "많아야 네 번까지", "참가비 1점", "제곱만큼", "1이 나오면 그 자리에서 끝나며 점수는 0점")
    best, stops = best_play((1, 1, 1))
    return f"{best}. 멈추는 눈(1은 저절로 끝남): {stop_text(stops)}"


@recomputes(214, 2)
def dearer_throws(row: Row) -> str:
    says(row, 2, "첫 번째 다시 던지기에는 1점, 두 번째에는 3점, 세 번째에는 5점")
    best, stops = best_play((1, 3, 5))
    old = best_play((1, 1, 1))[1]
    names = ("첫 번째", "두 번째", "세 번째")
    changed = [f"{n}({min(a)} 이상 → {min(b)} 이상)" for n, a, b in zip(names, old, stops, strict=True) if a != b]
    return f"{best}. 달라진 곳: {', '.join(changed) or '없음'}"


@recomputes(214, 3)
def stubborn(row: Row) -> str:
    says(row, 3, "4 이상이면 멈추고 2나 3이면 다시")
    expected = F(4 + 9 + 16 + 25 + 36, 6)
    for _ in range(3):
        expected = F(16 + 25 + 36, 6) + F(2, 6) * (expected - 1)
    return f"{expected}, {best_play((1, 1, 1))[0] - expected}만큼 작다"


# 215 두 사람 -----------------------------------------------------------------------------------


def walk(start: int, speed: int, on: int, rest: int) -> Callable[[Fraction], Fraction]:
    """Return the metres gone at a minute."""

    def at(minute: Fraction) -> Fraction:
        gone = max(F(0), minute - start)
        rounds, within = divmod(gone, on + rest)
        return speed * (rounds * on + min(within, F(on)))

    return at


def meetings(gap: Callable[[Fraction], Fraction], until: int) -> list[tuple[Fraction, Fraction]]:
    """Return the stretches (start, end) where `gap` is 0; it is linear between whole minutes."""
    found: list[tuple[Fraction, Fraction]] = []
    for minute in range(18, until):
        a, b = gap(F(minute)), gap(F(minute + 1))
        half = gap(F(2 * minute + 1, 2))
        assert 2 * half == a + b, "all speeds change at whole minutes"
        if a == b == 0:
            stretch = (F(minute), F(minute + 1))
        elif a * b <= 0 and a != b:
            zero = minute + a / (a - b)
            stretch = (zero, zero)
        else:
            continue
        if found and found[-1][1] >= stretch[0]:
            found[-1] = (found[-1][0], max(found[-1][1], stretch[1]))
        else:
            found.append(stretch)
    return found


GAP = walk(0, 60, 25, 5)
FOLLOWER = walk(18, 84, 20, 6)


def together() -> list[tuple[Fraction, Fraction]]:
    return meetings(lambda minute: GAP(minute) - FOLLOWER(minute), 300)


@recomputes(215, 1)
def caught(row: Row) -> str:
    says(row, 1, "60m씩 25분 걷고 5분", "84m씩 20분 걷고 6분", "18분 뒤에")
    minute, _ = together()[0]
    return f"{minute}분 뒤, {GAP(minute)}m 되는 곳"


@recomputes(215, 2)
def together_again(row: Row) -> str:
    says(row, 2, "300분까지")
    stretches = [f"{a}분" if a == b else f"{a}분부터 {b}분까지" for a, b in together()]
    again = "다시 있다" if len(stretches) > 1 else "다시는 없다"
    return f"{again}. {', '.join(stretches)}"


@recomputes(215, 3)
def face_to_face(row: Row) -> str:
    says(row, 3, "6,800m", "18분 늦게 저쪽 끝에서")
    minute, end = only(meetings(lambda m: GAP(m) + FOLLOWER(m) - 6800, 200))
    assert minute == end
    return f"{minute}분 뒤, 갑이 떠난 곳에서 {GAP(minute)}m 되는 곳"


# the claims ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> dict[int, Row]:
    return load()


@pytest.mark.parametrize("key", PROGRAMS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_program_finds_the_reference(rows: dict[int, Row], key: Key) -> None:
    question_id, turn = key
    assert PROGRAMS[key](rows[question_id]) == rows[question_id].references[turn - 1]


def test_every_turn_of_every_math_question_has_a_program(rows: dict[int, Row]) -> None:
    turns_asked = {(n, t + 1) for n, row in rows.items() if row.category == "수학" for t in range(len(row.questions))}
    assert turns_asked
    assert turns_asked == PROGRAMS.keys()

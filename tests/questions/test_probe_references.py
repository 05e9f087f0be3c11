"""The full-mark answers of the probes that can be worked out are worked out anew, and their wrong variants are wrong."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from statistics import mean, pvariance
from typing import Any

import pytest

from judge.packs.probes import load_probes

PROBES = {probe.id: probe for probe in load_probes().probes}


def bag() -> str:
    return f"{24_000 * 3 // 4 * 9 // 10 * 2:,}원"


def draws() -> str:
    pairs = list(combinations("wwwbb", 2))
    return str(Fraction(sum(a != b for a, b in pairs), len(pairs)))


def train() -> str:
    return f"{(480 + 120) / (72_000 / 3_600):g}초"


def spread() -> str:
    values = [6, 9, 7, 10, 8]
    return f"평균 {mean(values)}, 분산 {pvariance(values)}"


def water() -> str:
    more = Fraction(2_000 * 5, 8)
    return f"{int(more):,}mL, {more / (2_000 - more)}배"


def primes() -> str:
    return f"{sum(all(n % d for d in range(2, n)) for n in range(2, 21))}개"


def row() -> str:
    [order] = [
        line
        for line in permutations(["가희", "나래", "다온", "라희"])
        if line[0] != "가희"
        and line.index("나래") == line.index("가희") + 1
        and line.index("다온") > line.index("나래")
    ]
    return ", ".join(order)


def truth() -> str:
    def fits(who: str) -> bool:
        true = {name: name == who for name in "갑을병"}
        said = {"갑": not true["을"], "을": not true["병"], "병": not true["갑"] and not true["을"]}
        return said == true

    [one] = filter(fits, "갑을병")
    return one


def weekday() -> str:
    first = next(date(year, 3, 1) for year in range(2000, 2030) if date(year, 3, 1).weekday() == 2)
    return "월화수목금토일"[date(first.year, 4, 5).weekday()] + "요일"


def following() -> str:
    values = [2, 5, 11, 23, 47]
    assert all(b == 2 * a + 1 for a, b in pairwise(values))
    return str(2 * values[-1] + 1)


def meeting() -> str:
    [day] = set("월화수") - set("월") - set("수")
    return f"{day}요일"


ANSWERS = {
    "m1": bag,
    "m2": lambda: f"최대공약수 {math.gcd(12, 18, 30)}, 최소공배수 {math.lcm(12, 18, 30)}",
    "m3": draws,
    "m4": train,
    "m5": spread,
    "m6": water,
    "m7": primes,
    "m8": lambda: f"{6 * 6}cm",
    "r1": row,
    "r2": truth,
    "r3": weekday,
    "r4": following,
    "r5": meeting,
    "c2": lambda: str(sum(range(1, 5))),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_full_mark_answer_and_the_reference_are_right(name: str) -> None:
    right, probe = ANSWERS[name](), PROBES[name]
    assert right in probe.full
    assert (probe.references[-1] or "").startswith(right)


WRONG = {
    ("m1", "arithmetic"): "31,200원",
    ("m2", "arithmetic"): "최대공약수 6, 최소공배수 90",
    ("m3", "arithmetic"): "3/10",
    ("m4", "arithmetic"): "24초",
    ("m5", "arithmetic"): "평균 8, 분산 2.4",
    ("m6", "arithmetic"): "1,350mL, 9/5배",
    ("m7", "arithmetic"): "7개",
    ("m7", "yields"): "10개",
    ("m8", "arithmetic"): "32cm",
    ("m8", "yields"): "30cm",
    ("r1", "wrong-answer"): "다온, 가희, 나래, 라희",
    ("r2", "wrong-answer"): "참말을 하는 사람은 갑",
    ("r3", "wrong-answer"): "4월 5일은 화요일",
    ("r4", "wrong-answer"): "83",
    ("r5", "wrong-answer"): "모두 되는 날은 수요일",
    ("c2", "wrong-answer"): "15",
}
"""What the variants with a wrong answer end in."""


@pytest.mark.parametrize(("name", "kind"), WRONG)
def test_the_wrong_answers_are_other_ones(name: str, kind: str) -> None:
    assert WRONG[name, kind] in PROBES[name].texts[kind]
    assert WRONG[name, kind] not in PROBES[name].full or (name, kind) == ("m8", "yields"), (
        "the pentagon's is told there"
    )
    assert ANSWERS[name]() != WRONG[name, kind]


def test_every_probe_that_can_be_worked_out_is() -> None:
    left = {p.id for p in PROBES.values() if p.category in ("수학", "추론")} - ANSWERS.keys()
    assert left == {"r6"}, "an order of three that is given in words"


@pytest.mark.parametrize(("kind", "expected"), [("full", [4, 16]), ("wrong-answer", [1, 9])])
def test_the_program_does_what_it_should(kind: str, expected: list[int]) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PROBES["c1"].texts[kind], re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["even_squares"]([1, 2, 3, 4]) == expected


def test_the_object_is_the_one_asked_for() -> None:
    assert json.loads(PROBES["c3"].full) == {"name": "김하늘", "age": 27}

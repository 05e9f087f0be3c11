"""Decisions -> one sentence each. Pure."""

from __future__ import annotations

from typing import Literal

from judge.tables.columns import points
from judge.tables.parts import p_text, signed
from judge.trust.decide import Decision
from judge.wording import Note

Unit = Literal["points", "win rate"]
"""What a difference is counted in: points of Overall, or the win rate less one half (in percent)."""

DECISION_CSV = ("decision", "margin", "p_decision", "bound_low", "bound_high", "settled_by", "settled_if_equal")


def decision_cells(decision: Decision) -> list[str]:
    """Return the cells of DECISION_CSV; empty where no number of questions would settle it."""
    needed = ["" if number is None else str(number) for number in (decision.settled_by, decision.settled_if_equal)]
    bounds = [points(decision.low), points(decision.high)]
    return [decision.ruling, f"{decision.margin:g}", f"{decision.p:.4f}", *bounds, *needed]


def decision_legend(*, each_judge: bool = False) -> Note:
    """Return how decisions are made. `each_judge`: p values are adjusted within each judge, not over all."""
    return Note(
        "decisions: t tests of the difference over its error clustered by question, one-sided at 5 %, Holm over "
        + ("those of each judge" if each_judge else "all"),
        "판단: 차이를 문항별로 묶은 오차로 나눈 단측 t 검정(5 %). "
        + ("심판별로 모든 판단에 걸쳐" if each_judge else "모든 판단에 걸쳐")
        + " Holm 방법으로 보정함",
    )


def decision_line(a: str, b: str, decision: Decision, unit: Unit = "points") -> Note:
    """Return what is shown of b beside a, with the figures that it stands on."""

    def figure(number: float) -> str:
        return signed(number) if unit == "points" else f"{signed(100 * number, 1)} %"

    one = decision
    wins = points(100 * one.margin, 1)
    margin, limit = (
        (f"{points(one.margin)} points", f"{points(one.margin)}점")
        if unit == "points"
        else (f"{wins} % of wins", f"승률 {wins} %p")
    )
    low, high, p = figure(one.low), figure(one.high), p_text(one.p)
    middle = figure((one.low + one.high) / 2)
    between = f"difference {middle}, between {low} and {high} (90 % interval, one-sided p {p})"
    inside = f"차이 {middle}, {low}에서 {high} 사이(90 % 구간, 단측 p {p})"
    if one.ruling == "not worse":
        return Note(
            f"NOT WORSE: {b} is not worse than {a} by more than {margin}: difference {middle}, at least {low} with "
            f"95 % confidence, one-sided p {p}",
            f"나쁘지 않음: {b} 쪽이 {a} 쪽보다 {limit} 넘게 나쁘지는 않음: 차이 {middle}, 95 % 신뢰도로 {low} 이상, "
            f"단측 p {p}",
        )
    if one.ruling == "worse":
        return Note(
            f"WORSE: {b} is worse than {a} by more than {margin}: difference {middle}, at most {high} with 95 % "
            f"confidence, one-sided p {p}",
            f"나쁨: {b} 쪽이 {a} 쪽보다 {limit} 넘게 나쁨: 차이 {middle}, 95 % 신뢰도로 {high} 이하, 단측 p {p}",
        )
    if one.ruling in ("equivalent", "different"):
        same = one.ruling == "equivalent"
        return Note(
            f"{one.ruling.upper()}: {b} and {a} differ by {'less' if same else 'more'} than {margin}: {between}",
            f"{'동등함' if same else '다름'}: {b} 쪽과 {a} 쪽의 차이가 {limit}보다 {'작음' if same else '큼'}: "
            f"{inside}",
        )
    asked, open_ = (
        (f"{b} and {a} differ by more than {margin}", f"{b} 쪽과 {a} 쪽의 차이가 {limit}보다 큰지")
        if one.equivalent
        else (f"{b} is worse than {a} by more than {margin}", f"{b} 쪽이 {a} 쪽보다 {limit} 넘게 나쁜지")
    )
    if one.low != one.low:
        return Note(
            f"CANNOT SAY YET whether {asked}: too few questions ({one.questions})",
            f"아직 가릴 수 없음: {open_}: 문항이 너무 적음({one.questions}개)",
        )
    settled = _settled(one)
    return Note(
        f"CANNOT SAY YET whether {asked}: {between}; {settled}",
        f"아직 가릴 수 없음: {open_}: {inside}. {settled.korean}",
    )


def _settled(decision: Decision) -> Note:
    """Say how many questions would decide."""
    equal, none = (
        (f"about {decision.settled_if_equal:,}", f"{decision.settled_if_equal:,}문항쯤에서 가려짐")
        if decision.settled_if_equal
        else ("no number we know of", "몇 문항이면 가려질지 알 수 없음")
    )
    if decision.settled_by is None:
        first = "if this is the true difference no number of questions would settle it, for it lies at the margin"
        true = "지금 보이는 차이가 참이면 한계에 걸려 있어 몇 문항으로도 가려지지 않고"
    else:
        first = f"about {decision.settled_by:,} questions would settle it if this is the true difference"
        true = f"지금 보이는 차이가 참이면 {decision.settled_by:,}문항쯤에서 가려지고"
    return Note(
        f"{first}, {equal} if there is none; there are {decision.questions:,}",
        f"{true}, 차이가 없으면 {none}. 지금은 {decision.questions:,}문항",
    )

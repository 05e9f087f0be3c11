"""Decisions -> one sentence each. Pure."""

from __future__ import annotations

from typing import Literal

from judge.tables.columns import points
from judge.tables.parts import p_text, signed
from judge.trust.decide import Decision

Unit = Literal["points", "win rate"]
"""What a difference is counted in: points of Overall, or the win rate less one half (in percent)."""

DECISION_LEGEND = (
    "decisions: t tests of the difference over its error clustered by question, one-sided at 5 %, Holm over {}"
)
DECISION_CSV = ("decision", "margin", "p_decision", "bound_low", "bound_high", "settled_by", "settled_if_equal")


def decision_cells(decision: Decision) -> list[str]:
    """Return the cells of DECISION_CSV; empty where no number of questions would settle it."""
    needed = ["" if number is None else str(number) for number in (decision.settled_by, decision.settled_if_equal)]
    bounds = [points(decision.low), points(decision.high)]
    return [decision.ruling, f"{decision.margin:g}", f"{decision.p:.4f}", *bounds, *needed]


def decision_line(a: str, b: str, decision: Decision, unit: Unit = "points") -> str:
    """Return what is shown of b beside a, with the figures that it stands on."""

    def figure(number: float) -> str:
        return signed(number) if unit == "points" else f"{signed(100 * number, 1)} %"

    margin = (
        f"{points(decision.margin)} points" if unit == "points" else f"{points(100 * decision.margin, 1)} % of wins"
    )
    middle = f"difference {figure((decision.low + decision.high) / 2)}"
    p = f"one-sided p {p_text(decision.p)}"
    between = f"between {figure(decision.low)} and {figure(decision.high)} (90 % interval, {p})"
    if decision.ruling == "not worse":
        bound = f"at least {figure(decision.low)} with 95 % confidence, {p}"
        return f"NOT WORSE: {b} is not worse than {a} by more than {margin}: {middle}, {bound}"
    if decision.ruling == "worse":
        bound = f"at most {figure(decision.high)} with 95 % confidence, {p}"
        return f"WORSE: {b} is worse than {a} by more than {margin}: {middle}, {bound}"
    if decision.ruling in ("equivalent", "different"):
        less = "less" if decision.ruling == "equivalent" else "more"
        return f"{decision.ruling.upper()}: {b} and {a} differ by {less} than {margin}: {middle}, {between}"
    asked = f"{b} and {a} differ" if decision.equivalent else f"{b} is worse than {a}"
    if decision.low != decision.low:
        return f"CANNOT SAY YET whether {asked} by more than {margin}: too few questions ({decision.questions})"
    return f"CANNOT SAY YET whether {asked} by more than {margin}: {middle}, {between}; {_settled(decision)}"


def _settled(decision: Decision) -> str:
    """Say how many questions would decide."""
    equal = f"about {decision.settled_if_equal:,}" if decision.settled_if_equal else "no number we know of"
    if decision.settled_by is None:
        first = "if this is the true difference no number of questions would settle it, for it lies at the margin"
    else:
        first = f"about {decision.settled_by:,} questions would settle it if this is the true difference"
    return f"{first}, {equal} if there is none; there are {decision.questions:,}"

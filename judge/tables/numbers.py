"""A number -> text, rounded once from the exact value. Pure, total."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

Rounding = Literal["half-up", "truncate"]


def format_score(score: Fraction | None, rounding: Rounding, digits: int = 2, *, none: str = "") -> str:
    """Return a score with `digits` decimals, rounded once from the exact value; None is `none`.

    half-up: a half goes away from zero; truncate: towards zero. Zero has no sign.
    """
    if score is None:
        return none
    whole = int(abs(score) * 10**digits + (Fraction(1, 2) if rounding == "half-up" else 0))
    sign = "-" if score < 0 and whole else ""
    text = str(whole).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def as_float(score: Fraction | None) -> float | None:
    """Return a score as a machine reads it, unrounded; None where there is none."""
    return None if score is None else float(score)

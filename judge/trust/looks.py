"""Looking before the end: at most five looks at a contest, and stop at the first one that settles it. Pure.

Looking again and again and stopping at the first p below 0.05 finds a difference in a third of contests without any.
So the level is spent: by look k with the fraction t_k of the questions, at most

    level(t) = level * ln(1 + (e - 1) t)

may have been (Lan and DeMets 1983, Biometrika 70:659, their Pocock-type function), and each look has the nominal level
that uses up what is left by then, found by integrating over the differences that were not settled before (Armitage,
McPherson and Rowe 1969, JRSS A 132:235; the estimates of the looks are a Brownian motion in t). The questions are
looked at in an order that is fixed before the first game (`tables/asking.asking_order`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np

from judge.trust.decide import LEVEL, Estimate, Ruling, evidence

LOOKS = 5
FEWEST = 20
"""Questions at the first look; with fewer in as many categories as usual a spread cannot be told."""

_NORMAL = NormalDist()
_STEPS = 1201
"""Points of a grid; the levels are right to four digits."""

Settled = Ruling | Literal["better"]
"""`better`, `worse`: a difference either way, where no margin is given."""


def look_sizes(questions: int, looks: int = LOOKS) -> list[int]:
    """Return after how many questions each look is; the last one is after all of them."""
    sizes = (math.ceil(questions * look / looks) for look in range(1, looks + 1))
    return [size for size in dict.fromkeys(sizes) if size >= min(FEWEST, questions)]


def nominal_levels(sizes: Sequence[int], level: float) -> list[float]:
    """Return the one-sided level of each look, so that all together they are at most `level`."""
    return list(_nominal(tuple(size / sizes[-1] for size in sizes), level))


@lru_cache(maxsize=64)
def _nominal(fractions: tuple[float, ...], level: float) -> tuple[float, ...]:
    found: list[float] = []
    grid, density = np.zeros(1), np.ones(1)  # of what was not settled, times the step of its grid
    before = spent = 0.0
    for fraction in fractions:
        may = level * math.log(1 + (math.e - 1) * fraction) - spent
        move = math.sqrt(fraction - before)

        def crossing(bound: float, grid: object = grid, density: object = density, move: float = move) -> float:
            tails = 0.5 * _erfc((bound - np.asarray(grid)) / move / math.sqrt(2))
            return float(np.asarray(density) @ tails)

        bound = _root(crossing, may, 9 * math.sqrt(fraction))
        found.append(1 - _NORMAL.cdf(bound / math.sqrt(fraction)))
        spent += may
        after = np.linspace(-9 * math.sqrt(fraction), bound, _STEPS)
        step = after[1] - after[0]
        kernel = np.exp(-0.5 * ((after[:, None] - grid[None, :]) / move) ** 2) / (move * math.sqrt(2 * math.pi))
        density = kernel @ density * step
        density[[0, -1]] /= 2
        grid, before = after, fraction
    return tuple(found)


def _erfc(x: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    from scipy.special import erfc  # type: ignore[import-untyped]

    return np.asarray(erfc(x))


def _root(crossing: object, wanted: float, high: float) -> float:
    """Return where a falling function has this value, between 0 and `high`, by bisection."""
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if crossing(middle) > wanted else (low, middle)  # type: ignore[operator]
    return high


@dataclass(frozen=True)
class Look:
    """What one look says."""

    number: int
    of: int
    questions: int
    settled: Settled | None
    """None: go on, or, at the last look, it cannot be said."""
    p: float
    """The smaller one-sided p of the two answers."""
    level: float
    """What it had to be below."""

    @property
    def last(self) -> bool:
        """Whether nothing is left to be asked."""
        return self.number == self.of


def look_at(
    estimates: Sequence[Estimate],
    sizes: Sequence[int],
    margin: float | None = None,
    *,
    equivalent: bool = False,
    decisions: int = 1,
) -> list[Look]:
    """Return the looks up to the first that settles the question; one estimate a look, as far as there are any.

    Without a margin: is b better or worse than a, two-sided at 5 %; with one: the answers of `decide`, each one-sided
    at 5 %. `decisions`: contests that are settled beside each other share the level (Bonferroni).
    """
    level = (LEVEL if margin is not None else LEVEL / 2) / decisions
    levels = nominal_levels(sizes, level)
    names: tuple[Settled, Settled] = ("better", "worse") if margin is None else ("not worse", "worse")
    names = ("equivalent", "different") if equivalent and margin is not None else names
    found: list[Look] = []
    for number, (one, nominal) in enumerate(zip(estimates, levels, strict=False), start=1):
        ps = evidence(one, margin or 0.0, equivalent=equivalent and margin is not None)
        settled = next((name for name, p in zip(names, ps, strict=True) if p < nominal), None)
        found.append(Look(number, len(sizes), sizes[number - 1], settled, min(ps), nominal))
        if settled:
            break
    return found


def factor(sizes: Sequence[int], questions: int, level: float, decisions: int = 1) -> float:
    """Return what a one-sided p after so many questions is multiplied with, so that below `level` means what it does.

    1 for a contest without looks that is decided alone.
    """
    if not sizes:
        return float(decisions)
    number = next((place for place, size in enumerate(sizes) if size >= questions), len(sizes) - 1)
    return level / nominal_levels(sizes, level / decisions)[number]

"""Places on a board: which rows come first in every draw of questions, and which cannot be told apart. Pure.

Every two rows are held against each other in every draw: the one part of a table whose time grows with the square of
its rows, a few seconds for 1,000 (`benchmarks/reading.py`). An array ends in `_md` where it is (row, draw).
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from judge.tables.row import Ranks
from judge.trust.stats import LEVEL, Array, Labels

SAME = 1e-12
"""Scores that differ by less are equal: they are sums of the same numbers in another order."""

_BATCH_CELLS = 4_000_000
"""Cells of a working array; keeps a board of many rows under 100 MB."""


def mean_ranks(values: Array) -> Array:
    """Return the rank of each value from 1, equal values sharing the mean of theirs: `scipy.stats.rankdata`.

    That module takes longer to import than a whole audit takes.
    """
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    ranks: Array = (ends - (counts - 1) / 2)[which.ravel()]
    return ranks


def rank_rows(scores_m: Array, draws_md: Array, level: float = LEVEL) -> list[Ranks]:
    """Return the place of each row of a board.

    `draws_md`: bootstrap Overall, shape (rows, draws), of the same draws of questions for all rows, so that what
    two rows have in common cancels (Goldstein and Spiegelhalter 1996 on ranks and their intervals). A draw in which
    any row is nan places none.
    """
    drawn_md = draws_md[:, ~np.isnan(draws_md).any(axis=0)]
    places_md = _places(drawn_md)
    rows, draws = drawn_md.shape
    tails = ((1 - level) / 2, (1 + level) / 2)
    ends = np.quantile(places_md, tails, axis=1, method="nearest") if draws else np.array([[1], [rows]]).repeat(rows, 1)
    tied: list[list[int]] = [[] for _ in range(rows)]
    for row, other in combinations(range(rows), 2):
        if _holds_zero(drawn_md, places_md, row, other, tails):
            tied[row].append(other)
            tied[other].append(row)
    return [
        Ranks(
            rank=int((scores_m > scores_m[row] + SAME).sum()) + 1,
            low=int(ends[0, row]),
            high=int(ends[1, row]),
            tied=tuple(sorted(tied[row])),
        )
        for row in range(rows)
    ]


def _places(draws_md: Array) -> Labels:
    """Return the place of every row in every draw, shape (rows, draws), 1 is best; equal ones share the better."""
    rows, draws = draws_md.shape
    places_md = np.empty((rows, draws), dtype=np.int16 if rows < 2**15 else np.int32)
    step = max(1, _BATCH_CELLS // max(1, rows))
    for start in range(0, draws, step):
        part_dm = np.ascontiguousarray(-draws_md[:, start : start + step].T)
        order = part_dm.argsort(axis=1)
        ordered = np.take_along_axis(part_dm, order, axis=1)
        begins = np.zeros(order.shape, dtype=places_md.dtype)  # where a row is worse than the one before it
        begins[:, 1:] = np.where(np.diff(ordered, axis=1) > SAME, np.arange(1, rows), 0)
        places_dm = np.empty_like(begins)
        np.put_along_axis(places_dm, order, np.maximum.accumulate(begins, axis=1) + 1, axis=1)
        places_md[:, start : start + step] = places_dm.T
    return places_md


def _holds_zero(draws_md: Array, places_md: Labels, row: int, other: int, tails: tuple[float, float]) -> bool:
    """Return whether the interval between these quantiles of the difference of two rows holds 0.

    A quantile lies between two neighbours of the ordered differences, so counting the draws on each side of 0 tells its
    sign, but where 0 lies between these very two.
    """
    mine, theirs = places_md[row], places_md[other]
    if not len(mine):
        return True
    last = len(mine) - 1
    low, high = np.count_nonzero(mine <= theirs) - 1, np.count_nonzero(mine >= theirs) - 1
    inner = round(last * tails[0], 9)
    if min(low, high) < math.floor(inner):
        return False
    if min(low, high) >= math.ceil(inner):
        return True
    ends = np.quantile(draws_md[other] - draws_md[row], tails)
    return bool(ends[0] <= 0 <= ends[1])

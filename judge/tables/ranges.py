"""Score ranges: a table holds verdicts of one range, and says which where it is not 0-10. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from judge.config import STANDARD_RANGE
from judge.errors import ConfigError
from judge.records import Judgment
from judge.tables.results import Results
from judge.wording import Note

Range = tuple[float, float]
"""Lowest and highest score."""


def ranges(series: Sequence[Results]) -> dict[Range, str]:
    """Return the score ranges of the verdicts, each with a row that has it."""
    return {
        outcome.score_range: f"{one.model} / {one.strategy} / {one.judge}"
        for one in reversed(series)
        for outcome in one.outcomes
        if isinstance(outcome, Judgment)
    }


def range_of(series: Sequence[Results]) -> Range:
    """Return the range of series that have one range: 0-10 where nothing was judged."""
    judged = (o.score_range for one in series for o in one.outcomes if isinstance(o, Judgment))
    return next(judged, STANDARD_RANGE)


def range_notes(of: Range) -> tuple[Note, ...]:
    """Return the note on a range that is not 0-10."""
    low, high = (f"{end:g}" for end in of)
    note = Note(f"scores from {low} to {high}", f"점수 범위 {low}~{high}점")
    return (note,) if of != STANDARD_RANGE else ()


def range_text(of: Range) -> str:
    """Return a range as tables and messages name it."""
    return f"{of[0]:g}-{of[1]:g}"


def one_range(series: Sequence[Results]) -> list[Results]:
    """Return the series, with a note on each where the range is not 0-10.

    Raises ConfigError where there are several: their scores say different things and are never compared.
    """
    found = ranges(series)
    if len(found) > 1:
        listed = "; ".join(f"{range_text(of)}: {row}" for of, row in sorted(found.items()))
        raise ConfigError(f"verdicts of several score ranges ({listed}); choose with --judge, or give the paths apart")
    return [noted(one) for one in series]


def noted(one: Results) -> Results:
    """Return the series with a note on its score range where that is not 0-10."""
    notes = [note for of in ranges([one]) for note in range_notes(of)]
    return replace(one, notes=tuple(dict.fromkeys((*notes, *one.notes)))) if notes else one


def require_standard(series: Sequence[Results], what: str, instead: str = "") -> None:
    """Raise ConfigError where `what` is made for the 0-10 rubric and the verdicts have another range.

    `instead`: what can be had for these.
    """
    for of in ranges(series):
        if of != STANDARD_RANGE:
            raise ConfigError(
                f"{what} is made for the rubric of 0-10; these verdicts are {range_text(of)}{instead and '; '}{instead}"
            )


def require_zero(series: Sequence[Results]) -> None:
    """Raise ConfigError where a failed verdict would count 0 and 0 is no score."""
    for of in ranges(series):
        if of[0] > 0:
            raise ConfigError(
                f"--failures zero would count 0, which is no score of {range_text(of)}; leave them out instead"
            )

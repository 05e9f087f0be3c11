"""Which rows a figure shows, in which order, and which of them cannot be told apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from judge.errors import ConfigError, InputError, did_you_mean
from judge.reports.card import best_row, short_names
from judge.tables.means import category_names, strategy_key
from judge.tables.row import Row

RADAR_ROWS = 6
"""More lines than that cannot be told apart."""

RADAR_AXES = 3
"""Fewer make no area."""


def comparable(rows: Sequence[Row], models: Sequence[str] = ()) -> list[Row]:
    """Return the rows with a score, of `models` where these are named.

    Raises InputError for an unknown model; ConfigError where there are several judges or question sets, whose
    scores don't belong in one figure, or no score at all.
    """
    known = list(dict.fromkeys(row.model for row in rows))
    last = {name: name.rpartition("/")[2] for name in known}
    for model in models:
        if model not in known and model not in last.values():
            raise InputError(f"no verdicts on model '{model}': {did_you_mean(model, known)}")
    found = [row for row in rows if not models or row.model in models or last[row.model] in models]
    judges = list(dict.fromkeys(row.judge_label for row in found))
    if len(judges) > 1:
        raise ConfigError(f"verdicts of {len(judges)} judges ({', '.join(judges)}); choose one with --judge")
    if len({(row.question_set, row.question_group) for row in found}) > 1:
        raise ConfigError("the models answered different questions; draw them apart, or choose with --models")
    scored = [row for row in found if row.overall is not None]
    if not scored:
        raise ConfigError("there is no score to draw")
    return scored


def labels(rows: Sequence[Row]) -> list[str]:
    """Return what each row is called: by what differs, model or strategy or both."""
    names = short_names(dict.fromkeys(row.model for row in rows))
    models, strategies = len(names) > 1, len({row.strategy for row in rows}) > 1
    if models and strategies:
        return [f"{names[row.model]} ({row.strategy})" for row in rows]
    return [names[row.model] if models or not strategies else row.strategy for row in rows]


def constant(rows: Sequence[Row]) -> str:
    """Return what all rows have in common, for the title: the model, the strategy."""
    names = short_names(dict.fromkeys(row.model for row in rows))
    parts = list(names.values()) if len(names) == 1 else []
    strategies = list(dict.fromkeys(row.strategy for row in rows))
    parts += strategies if len(strategies) == 1 else []
    return " · ".join(parts)


def radar_rows(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return the rows of a radar, best first, and its axes: of several models each under its best strategy.

    An axis is a category that every row has a score in. Raises ConfigError for too many rows or too few axes.
    """
    found = list(rows)
    models = list(dict.fromkeys(row.model for row in rows))
    if len(models) > 1 and len(rows) > RADAR_ROWS:
        found = [row for model in models if (row := best_row(r for r in rows if r.model == model))]
    if len(found) > RADAR_ROWS:
        raise ConfigError(
            f"a radar of {len(found)} rows cannot be read, at most {RADAR_ROWS}; choose with --models and --strategy"
        )
    axes = [n for n in category_names(n for row in found for n in row.categories) if _scored(found, n)]
    if len(axes) < RADAR_AXES:
        raise ConfigError(f"a radar needs {RADAR_AXES} categories that every row has a score in, found {len(axes)}")
    return _best_first(found), axes


def _scored(rows: Iterable[Row], category: str) -> bool:
    return all(row.categories.get(category) is not None for row in rows)


def strategy_rows(rows: Sequence[Row]) -> tuple[list[str], list[str], dict[tuple[str, str], Row]]:
    """Return the models, best first, the strategies, and the row of each pair that has one."""
    place = {(row.model, row.strategy): row for row in rows}
    models = dict.fromkeys(row.model for row in _best_first(rows))
    return list(models), sorted({row.strategy for row in rows}, key=strategy_key), place


def board_rows(rows: Sequence[Row]) -> tuple[list[Row], list[int]]:
    """Return the rows of a board, best first, and the number of the band each stands in.

    A band begins with the best row that is in none yet and holds the rows right below it that cannot be told apart
    from it (`intervals.with_intervals`). Rows without a rank are in band -1.
    """
    found = _best_first(rows)
    bands: list[int] = []
    first: Row | None = None
    for row in found:
        if row.ranks is None:
            bands.append(-1)
            continue
        elsewhere = first is not None and row.question_group != first.question_group
        if (
            first is None
            or first.ranks is None
            or elsewhere
            or row.ranks.rank not in (first.ranks.rank, *first.ranks.tied)
        ):
            first = row
            bands.append(max(bands, default=-1) + 1)
        else:
            bands.append(max(bands))
    return found, bands


def _best_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-(row.overall or 0), row.model, strategy_key(row.strategy)))

"""Paths -> rows to show: `judge.table`, and what the verbs that read share with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from judge.api.calls import takes
from judge.api.checks import check_paths
from judge.api.options import TableOptions
from judge.api.values import PathLike
from judge.errors import ConfigError
from judge.files import read_json
from judge.sources.certificates import find_certificates
from judge.sources.results import load_results
from judge.tables.certificate import with_citations
from judge.tables.means import mean_rows
from judge.tables.numbers import Rounding
from judge.tables.ranges import require_standard, require_zero
from judge.tables.render import TableFormat, View, render_rows
from judge.tables.results import Results
from judge.tables.row import Row
from judge.tables.shares import on_one_scale
from judge.tables.terminal import Screen
from judge.wording import Lang

if TYPE_CHECKING:
    import pandas as pd

    from judge.sources.judged import Evidence
    from judge.tables.judged_turns import JudgedTurn
    from judge.trust.intervals import Ci


@takes(TableOptions)
def table(paths: PathLike | Iterable[PathLike], options: TableOptions) -> pd.DataFrame:
    """Return the rows that `kojudge table` prints: one a (model, strategy, judge), scores as unrounded floats.

    Columns: model, strategy, judge, the categories, 싱글턴, 멀티턴, Overall, judged, failed, expected; with `ci`
    ("bootstrap" or "analytic") also low and high, the 95 % interval of Overall. NA where nothing was judged. Where a
    row has footnotes, also notes: all of a row as one text.
    """
    from judge.tables.means import frame, sort_rows

    if options.by == "turn":
        raise ConfigError("table: by='turn' is a printed view; use by='strategy', 'model' or 'judge'")
    rows = sort_rows(rows_to_show(check_paths(paths), options, options.ci or "none"), options.by)
    found = frame(rows)
    if options.ci in ("bootstrap", "analytic"):
        found["low"] = [row.interval.low if row.interval else None for row in rows]
        found["high"] = [row.interval.high if row.interval else None for row in rows]
        found = found.astype({"low": "Float64", "high": "Float64"})
    return found


def nulls_of(paths: Sequence[Path], known: Evidence, strategies: Sequence[str]) -> Evidence:
    """Return the null models by the judges of `known`: stored runs beside it, and the rule judge, asked at once.

    Those of judges that share the questions are on the scale of `known`, which they do not move.
    """
    from judge.sources.judged import Evidence, load_nulls
    from judge.trust.null_floor import computed

    stored = load_nulls(paths, known, strategies)
    shared = on_one_scale(stored.series, known.series)
    return Evidence((*shared, *computed([*known.series, *shared], known.judged)), stored.judged)


def rows_to_show(paths: Sequence[Path], options: TableOptions, ci: Ci) -> list[Row]:
    """Return the rows with all that was asked for beside the means."""
    judged: list[JudgedTurn] = []
    if options.gate or options.null or options.penalty:
        from judge.sources.judged import Evidence, load_evidence

        found = load_evidence(paths, judges=options.judge, model_name=options.model_name, strategies=options.strategy)
        nulls = nulls_of(paths, found, options.strategy) if options.null else Evidence((), ())
        series, judged = [*found.series, *nulls.series], [*found.judged, *nulls.judged]
    else:
        series = load_results(paths, judges=options.judge, model_name=options.model_name, strategies=options.strategy)
    _check_ranges(series, options)
    if options.penalty:
        from judge.trust.language_gate import with_penalty

        series = with_penalty(series, judged)
    rows = mean_rows(series, failures=options.failures)
    if ci != "none":
        from judge.trust.intervals import with_intervals

        rows = with_intervals(rows, series, ci=ci, by=options.by, draws=options.draws, seed=options.random_seed)
    if options.gate:
        from judge.trust.language_gate import with_gate

        rows = with_gate(rows, series, judged)
    if options.calibration:
        from judge.trust.calibrate import Calibration  # scipy's optimizers need half a second
        from judge.trust.equate import with_calibration

        rows = with_calibration(rows, series, read_json(Path(options.calibration), Calibration))
    if options.null:
        from judge.trust.null_floor import with_floor

        rows = with_floor(rows)
    return with_citations(rows, series, find_certificates(paths))


def _check_ranges(series: Sequence[Results], options: TableOptions) -> None:
    """Raise ConfigError for an option that is made for scores from 0 to 10 where these are others."""
    if options.failures == "zero":
        require_zero(series)
    if options.gate:
        require_standard(series, "--gate language")
    if options.calibration:
        require_standard(series, "a calibration map")
    if options.null:
        require_standard([one for one in series if one.offline], "the rule judge of the null models")


def table_text(
    rows: Sequence[Row],
    *,
    format: TableFormat = "md",
    by: View = "strategy",
    rounding: Rounding = "half-up",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return a table, its notes in a language.

    Raises ConfigError where CSV would hold the rule judge beside a model's verdicts.
    """
    if format == "csv" and len({row.offline for row in rows}) > 1:
        raise ConfigError(
            "the rule judge's heuristic and a model's verdicts do not belong in one table; choose with --judge"
        )
    caveat = ""
    if any(row.offline for row in rows):
        from judge.rules.scoring import CAVEAT

        caveat = CAVEAT
    return render_rows(rows, format=format, by=by, rounding=rounding, caveat=caveat, screen=screen, lang=lang)


def exit_code(rows: Sequence[Row]) -> int:
    """Return 1 where a verdict failed or is missing, else 0."""
    return int(any(row.failed or row.missing for row in rows) or not rows)

"""Verbs that only read: `table` and `check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from judge import render, tables
from judge.cli_options import add_common, count
from judge.cli_output import add_filters, add_format, format_of, put, screen_of
from judge.errors import ConfigError, InputError
from judge.scales import require_standard, require_zero
from judge.screen import Screen
from judge.series import Series
from judge.sources import load_series
from judge.store import read_json

if TYPE_CHECKING:
    from judge.boards import Ci
    from judge.judged import Judged

# What only some tables need (intervals, the gate, null models) is imported by those: a plain table should not wait.

TABLE_EXAMPLES = """examples:
  kojudge table outputs/my/model                    one run, all strategies
  kojudge table outputs --by model                  all runs, models side by side
  kojudge table evaluated/ --rounding truncate      LogicKor's saved verdicts as its board printed them
  kojudge table outputs --judge gpt-4o --format csv -o board.csv
  kojudge table outputs --by model --gate language  with the rubric's language rule enforced
  kojudge table outputs --calibration map.json      on the scale of an old judge (see kojudge calibrate)
  kojudge table outputs --judge rules --null        beside what the judge gives to answers without a model
"""
CHECK_EXAMPLES = """examples:
  kojudge check my-pack/                            questions, strategies and judge templates
  kojudge check questions.jsonl answers.jsonl       single files, told by their content
"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command's subparsers."""
    shape = argparse.RawDescriptionHelpFormatter
    table = verbs.add_parser("table", help="print tables", epilog=TABLE_EXAMPLES, formatter_class=shape)
    table.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="runs, judgments, LogicKor's evaluated/")
    table.add_argument("--by", choices=get_args(render.View), default="strategy", help="what rows are compared by")
    table.add_argument("--rounding", choices=get_args(render.Rounding), default="half-up")
    table.add_argument(
        "--failures",
        choices=("exclude", "zero"),
        default="exclude",
        help="leave failed verdicts out, or count 0",
    )
    trust = table.add_argument_group("how sure it is")
    trust.add_argument(
        "--ci",
        choices=("none", "bootstrap", "analytic"),
        help="95 %% interval of Overall, and ranks by bootstrap (default: bootstrap in text and Markdown, else none)",
    )
    trust.add_argument("--gate", choices=("language",), help="also Overall with the language rule enforced")
    trust.add_argument(
        "--penalty", choices=("komt",), help="KoMT-Bench's: the square root of a score of an answer that is not Korean"
    )
    trust.add_argument("--calibration", type=Path, metavar="MAP.json", help="also Overall on an old judge's scale")
    trust.add_argument("--null", action="store_true", help="also what the judges give to the null models")
    trust.add_argument("--draws", type=count, default=10_000, metavar="N", help="bootstrap draws (default: 10000)")
    trust.add_argument("--random-seed", type=int, default=20240101, metavar="N", help="of the bootstrap")
    add_filters(table)
    add_format(table, get_args(render.Format))
    add_common(table)
    table.set_defaults(run=run_table)
    check = verbs.add_parser(
        "check", help="validate packs, answers, judgments", epilog=CHECK_EXAMPLES, formatter_class=shape
    )
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    add_common(check)
    check.set_defaults(run=run_check)


def run_table(options: argparse.Namespace) -> int:
    """Print a table; 1 where a verdict failed or is missing."""
    format: render.Format = format_of(options)
    rows = rows_to_show(options, options.ci or ("bootstrap" if format in ("md", "text") else "none"))
    screen = screen_of(options)
    put(options, table_text(rows, format=format, by=options.by, rounding=options.rounding, screen=screen))
    return exit_code(rows)


def rows_to_show(options: argparse.Namespace, ci: Ci) -> list[tables.Row]:
    """Return the rows with all that was asked for beside the means."""
    chosen = {"judges": options.judge, "model_name": options.model_name, "strategies": options.strategies}
    judged: list[Judged] = []
    if options.gate or options.null or options.penalty:
        from judge.evidence import Evidence, load_evidence, load_nulls

        found = load_evidence(options.paths, **chosen)
        nulls = load_nulls(options.paths, found, options.strategies) if options.null else Evidence((), ())
        series, judged = [*found.series, *nulls.series], [*found.judged, *nulls.judged]
    else:
        series = load_series(options.paths, **chosen)
    _check_ranges(series, options)
    if options.penalty:
        from judge.penalty import with_penalty

        series = with_penalty(series, judged)
    rows = tables.rows(series, failures=options.failures)
    if ci != "none":
        from judge.boards import with_intervals

        rows = with_intervals(rows, series, ci=ci, by=options.by, draws=options.draws, seed=options.random_seed)
    if options.gate:
        from judge.gate import with_gate

        rows = with_gate(rows, series, judged)
    if options.calibration:
        from judge.calibrate import Calibration  # scipy's optimizers need half a second
        from judge.equate import with_calibration

        rows = with_calibration(rows, series, read_json(options.calibration, Calibration))
    if options.null:
        from judge.nulls import with_floor

        rows = with_floor(rows)
    return rows


def _check_ranges(series: Sequence[Series], options: argparse.Namespace) -> None:
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
    rows: Sequence[tables.Row],
    *,
    format: render.Format = "md",
    by: render.View = "strategy",
    rounding: render.Rounding = "half-up",
    screen: Screen | None = None,
) -> str:
    """Return a table. Raises ConfigError where CSV would hold the rule judge beside a model's verdicts."""
    if format == "csv" and len({row.offline for row in rows}) > 1:
        raise ConfigError(
            "the rule judge's heuristic and a model's verdicts do not belong in one table; choose with --judge"
        )
    caveat = ""
    if any(row.offline for row in rows):
        from judge import rules

        caveat = rules.CAVEAT
    return render.render(rows, format=format, by=by, rounding=rounding, caveat=caveat, screen=screen)


def exit_code(rows: Sequence[tables.Row]) -> int:
    """Return 1 where a verdict failed or is missing, else 0."""
    return int(any(row.failed or row.missing for row in rows) or not rows)


def run_check(options: argparse.Namespace) -> int:
    """Check every path; 2 where one is bad."""
    from judge.checks import check_path

    bad = False
    for path in options.paths:
        try:
            for found in check_path(path):
                if isinstance(found, InputError):
                    bad = True
                    print(f"kojudge: {found}", file=sys.stderr)
                else:
                    print(found)
        except InputError as error:
            bad = True
            print(f"kojudge: {error}", file=sys.stderr)
    return 2 if bad else 0

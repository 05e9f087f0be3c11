"""Verbs that only read: `table` and `check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from judge import boards, gate, render, rules, tables
from judge import nulls as nulls_of
from judge.checks import check_path
from judge.cli_options import add_common, count, names
from judge.errors import ConfigError, InputError
from judge.evidence import Evidence, load_evidence, load_nulls
from judge.judged import Judged
from judge.sources import load_series
from judge.store import read_json, replace_text

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
    table.add_argument("--format", choices=get_args(render.Format), default="md")
    table.add_argument("--json", action="store_true", help="the same as --format json")
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
        help="95 %% interval of Overall, and ranks by bootstrap (default: bootstrap in Markdown, none elsewhere)",
    )
    trust.add_argument("--gate", choices=("language",), help="also Overall with the language rule enforced")
    trust.add_argument("--calibration", type=Path, metavar="MAP.json", help="also Overall on an old judge's scale")
    trust.add_argument("--null", action="store_true", help="also what the judges give to the null models")
    trust.add_argument("--draws", type=count, default=10_000, metavar="N", help="bootstrap draws (default: 10000)")
    trust.add_argument("--random-seed", type=int, default=20240101, metavar="N", help="of the bootstrap")
    table.add_argument("--judge", type=names, default=[], metavar="A,B", help="only these judges")
    table.add_argument("--strategy", metavar="NAME", help="of a LogicKor file whose name does not tell it")
    table.add_argument("--model-name", metavar="NAME", help="of a LogicKor file whose path does not tell it")
    table.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead")
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
    format: render.Format = "json" if options.json else options.format
    rows = _rows(options, options.ci or ("bootstrap" if format == "md" else "none"))
    text = table_text(rows, format=format, by=options.by, rounding=options.rounding)
    if options.output:
        replace_text(options.output, text)
    else:
        sys.stdout.write(text)
    return exit_code(rows)


def _rows(options: argparse.Namespace, ci: boards.Ci) -> list[tables.Row]:
    """Return the rows with all that was asked for beside the means."""
    foreign = {"judges": options.judge, "model_name": options.model_name, "strategy": options.strategy}
    judged: list[Judged] = []
    if options.gate or options.null:
        found = load_evidence(options.paths, **foreign)
        nulls = load_nulls(options.paths, found) if options.null else Evidence((), ())
        series, judged = [*found.series, *nulls.series], [*found.judged, *nulls.judged]
    else:
        series = load_series(options.paths, **foreign)
    rows = tables.rows(series, failures=options.failures)
    rows = boards.with_intervals(rows, series, ci=ci, by=options.by, draws=options.draws, seed=options.random_seed)
    if options.gate:
        rows = gate.with_gate(rows, series, judged)
    if options.calibration:
        from judge.calibrate import Calibration  # scipy's optimizers need half a second
        from judge.equate import with_calibration

        rows = with_calibration(rows, series, read_json(options.calibration, Calibration))
    return nulls_of.with_floor(rows) if options.null else rows


def table_text(
    rows: Sequence[tables.Row],
    *,
    format: render.Format = "md",
    by: render.View = "strategy",
    rounding: render.Rounding = "half-up",
) -> str:
    """Return a table. Raises ConfigError where CSV would hold the rule judge beside a model's verdicts."""
    if format == "csv" and len({row.offline for row in rows}) > 1:
        raise ConfigError(
            "the rule judge's heuristic and a model's verdicts do not belong in one table; choose with --judge"
        )
    return render.render(rows, format=format, by=by, rounding=rounding, caveat=rules.CAVEAT)


def exit_code(rows: Sequence[tables.Row]) -> int:
    """Return 1 where a verdict failed or is missing, else 0."""
    return int(any(row.failed or row.missing for row in rows) or not rows)


def run_check(options: argparse.Namespace) -> int:
    """Check every path; 2 where one is bad."""
    bad = False
    for path in options.paths:
        try:
            for line in check_path(path):
                print(line)
        except InputError as error:
            bad = True
            print(f"kojudge: {error}", file=sys.stderr)
    return 2 if bad else 0

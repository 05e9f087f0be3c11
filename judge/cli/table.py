"""Verbs that only read: `table` and `check`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, get_args

from judge.api.table import exit_code, rows_to_show, table_text
from judge.cli.options import add_common, count
from judge.cli.output import add_filters, add_format, format_of, put, screen_of
from judge.errors import InputError
from judge.tables.numbers import Rounding
from judge.tables.render import Format, View

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
    table.add_argument("--by", choices=get_args(View), default="strategy", help="what rows are compared by")
    table.add_argument("--rounding", choices=get_args(Rounding), default="half-up")
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
    add_format(table, get_args(Format))
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
    format: Format = format_of(options)
    rows = rows_to_show(options, options.ci or ("bootstrap" if format in ("md", "text") else "none"))
    screen = screen_of(options)
    put(options, table_text(rows, format=format, by=options.by, rounding=options.rounding, screen=screen))
    return exit_code(rows)


def run_check(options: argparse.Namespace) -> int:
    """Check every path; 2 where one is bad."""
    from judge.sources.check import check_path

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

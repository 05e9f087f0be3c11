"""Verbs that only read: `table` and `check`."""

from __future__ import annotations

import argparse
import sys
from typing import Any, get_args

from judge.api.options import TableOptions
from judge.api.table import exit_code, rows_to_show, table_text
from judge.cli.options import add_common, add_intervals, add_options, add_rows, filled, path_of
from judge.cli.output import add_format, add_reading_lang, format_of, lang_of, print_text, screen_of
from judge.errors import InputError
from judge.tables.render import TableFormat
from judge.wording import worded

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
    table.add_argument("paths", nargs="+", type=path_of, metavar="PATH", help="runs, judgments, LogicKor's evaluated/")
    add_options(table, TableOptions, by="", rounding="", failures="")
    trust = table.add_argument_group("how sure it is")
    add_options(trust, TableOptions, ci="", gate="", penalty="", calibration="MAP.json", null="")
    add_intervals(trust)
    add_rows(table)
    add_format(table, get_args(TableFormat))
    add_reading_lang(table)
    add_common(table)
    table.set_defaults(run=run_table)
    check = verbs.add_parser(
        "check", help="validate packs, answers, judgments", epilog=CHECK_EXAMPLES, formatter_class=shape
    )
    check.add_argument("paths", nargs="+", type=path_of, metavar="PATH")
    add_common(check)
    check.set_defaults(run=run_check)


def run_table(options: argparse.Namespace) -> int:
    """Print a table; 1 where a verdict failed or is missing."""
    format: TableFormat = format_of(options)
    given = filled(TableOptions, options)
    rows = rows_to_show(options.paths, given, given.ci or ("bootstrap" if format in ("md", "text") else "none"))
    screen = screen_of(options.output)
    text = table_text(rows, format=format, by=given.by, rounding=given.rounding, screen=screen, lang=lang_of(options))
    print_text(options, text)
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
                    print(worded(found, lang_of()))
        except InputError as error:
            bad = True
            print(f"kojudge: {error}", file=sys.stderr)
    return 2 if bad else 0

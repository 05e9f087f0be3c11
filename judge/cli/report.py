"""The verb `report`: one HTML file of everything that lies at some paths."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from judge.api.options import TableOptions
from judge.cli.options import add_common, add_intervals, add_lang, add_options, add_rows
from judge.errors import ConfigError

EXAMPLES = """examples:
  kojudge report outputs/my/model                   report.html: one run, all strategies and judges
  kojudge report outputs -o board.html              all runs below a folder
  kojudge report evaluated/ -o board.html --lang en LogicKor's saved verdicts, the page in English
  kojudge report outputs --judge gpt-4o --title "Spring evaluation"
  kojudge report outputs/contests -o pairwise.html  the contests of kojudge pairwise, both answers side by side
The page is one file without network; open it in a browser or send it.
"""

ATTACHABLE = 25_000_000
"""Bytes from which a mail refuses the file."""


def add_verbs(verbs: Any) -> None:
    """Add the verb to the command's subparsers."""
    parser = verbs.add_parser(
        "report",
        help="one HTML page of everything",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="runs, judgments, LogicKor's evaluated/; contests"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("report.html"), metavar="FILE", help="default: report.html"
    )
    add_lang(parser, "what the page opens in")
    parser.add_argument("--title", default="", metavar="TEXT", help="above the page")
    add_rows(parser)
    add_options(parser, TableOptions, rounding="", failures="")
    add_intervals(parser)
    add_common(parser)
    parser.set_defaults(run=run_report)


def run_report(options: argparse.Namespace) -> int:
    """Write the page; 1 where a verdict failed or is missing."""
    from judge.reports.page import Wishes, write_report
    from judge.sources.contests import are_contests

    if are_contests(options.paths):
        return _contests(options)
    wishes = Wishes(
        language=options.lang,
        title=options.title,
        rounding=options.rounding,
        failures=options.failures,
        draws=options.draws,
        seed=options.random_seed,
    )
    written = write_report(
        options.paths,
        options.output,
        judges=options.judge,
        strategies=options.strategy,
        model_name=options.model_name,
        wishes=wishes,
    )
    if not options.quiet:
        print(f"{written.path}: {written.bytes / 1e6:.1f} MB, {len(written.rows)} rows, {written.verdicts:,} verdicts")
        if written.bytes > ATTACHABLE:
            print("it is too large for most mails; choose with --judge or --strategy, or give fewer paths")
        short = [row for row in written.rows if row.failed or row.missing]
        if short:
            failed, missing = sum(row.failed for row in short), sum(row.missing for row in short)
            said = [f"{failed} failed"] * bool(failed) + [f"{missing} missing"] * bool(missing)
            print(f"! verdicts: {', '.join(said)}; the page says where")
    return int(any(row.failed or row.missing for row in written.rows))


def _contests(options: argparse.Namespace) -> int:
    """Write the page of contests; 1 where a game failed or is missing."""
    from judge.reports.contest_page import write_contest_page
    from judge.sources.stored_contests import load_contests
    from judge.trust.bradley_terry import boards_of
    from judge.trust.contests import score_contests

    found = [one for one in load_contests(options.paths) if not options.judge or one.judge in options.judge]
    if not found:
        raise ConfigError(f"no contest of judge {', '.join(options.judge)} is there")
    scores = score_contests(found, draws=options.draws, seed=options.random_seed)
    boards = boards_of(found, draws=options.draws, seed=options.random_seed)
    size = write_contest_page(scores, boards, options.output, lang=options.lang, title=options.title)
    if not options.quiet:
        games = sum(one.played for one in scores)
        print(
            f"{options.output}: {size / 1e6:.1f} MB, {len(scores)} contest{'s' * (len(scores) != 1)}, {games:,} games"
        )
    return int(any(one.failed or one.missing for one in scores))

"""The verb `report`: one HTML file of everything that lies at some paths."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judge.api.options import TableOptions
from judge.cli.options import add_common, add_intervals, add_lang, add_options, add_rows, check_contests, path_of
from judge.cli.output import lang_of
from judge.errors import ConfigError
from judge.wording import Note, joined, led, worded

if TYPE_CHECKING:
    from judge.reports.page import Written

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
        "paths", nargs="+", type=path_of, metavar="PATH", help="runs, judgments, LogicKor's evaluated/; contests"
    )
    parser.add_argument(
        "-o", "--output", type=path_of, default=Path("report.html"), metavar="FILE", help="default: report.html"
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
        for line in _said(written):
            print(worded(line, lang_of()))
    return int(any(row.failed or row.missing for row in written.rows))


def _said(written: Written) -> Iterator[str]:
    """Yield what was written and what is to be known of it."""
    size, rows, verdicts = f"{written.bytes / 1e6:.1f} MB", len(written.rows), f"{written.verdicts:,}"
    yield led(
        str(written.path), Note(f"{size}, {rows} rows, {verdicts} verdicts", f"{size}, {rows}행, 판정 {verdicts}건")
    )
    if written.bytes > ATTACHABLE:
        yield Note(
            "it is too large for most mails; choose with --judge or --strategy, or give fewer paths",
            "메일에 첨부하기에는 너무 큽니다. --judge나 --strategy로 고르거나 경로를 줄이세요",
        )
    failed, missing = sum(row.failed for row in written.rows), sum(row.missing for row in written.rows)
    said = [Note(f"{failed} failed", f"실패 {failed}건")] * bool(failed)
    said += [Note(f"{missing} missing", f"없음 {missing}건")] * bool(missing)
    if said:
        where = Note("; the page says where", ". 어디인지는 페이지에 있습니다")
        yield led(Note("! verdicts", "! 판정"), joined([joined(said, ", "), where], ""))


def _contests(options: argparse.Namespace) -> int:
    """Write the page of contests; 1 where a game failed or is missing."""
    from judge.reports.contest_page import write_contest_page
    from judge.sources.stored_contests import load_contests
    from judge.trust.bradley_terry import boards_of
    from judge.trust.contests import score_contests

    check_contests(options)
    found = [one for one in load_contests(options.paths) if not options.judge or one.judge in options.judge]
    if not found:
        raise ConfigError(f"no contest of judge {', '.join(options.judge)} is there")
    scores = score_contests(found, draws=options.draws, seed=options.random_seed)
    boards = boards_of(found, draws=options.draws, seed=options.random_seed)
    size = write_contest_page(scores, boards, options.output, lang=options.lang, title=options.title)
    if not options.quiet:
        large, number, games = f"{size / 1e6:.1f} MB", len(scores), f"{sum(one.played for one in scores):,}"
        done = Note(
            f"{large}, {number} contest{'s' * (number != 1)}, {games} games",
            f"{large}, 맞대결 {number}개, 비교 판정 {games}건",
        )
        print(worded(led(str(options.output), done), lang_of()))
    return int(any(one.failed or one.missing for one in scores))

"""The verb `plot`: figures as SVG or PNG files."""

from __future__ import annotations

import argparse
from typing import Any, Literal, get_args

from judge.api.options import TableOptions
from judge.cli.options import (
    Many,
    add_common,
    add_intervals,
    add_lang,
    add_options,
    add_rows,
    check_contests,
    names,
    path_of,
)
from judge.config import STANDARD_RANGE
from judge.errors import ConfigError
from judge.files import replace_pieces
from judge.reports.canvas import check_installed
from judge.reports.figure_rows import comparable
from judge.reports.figures import Kind, Look, draw, texts
from judge.reports.fonts import find_font
from judge.sources.results import load_results
from judge.tables.means import mean_rows
from judge.tables.ranges import ranges
from judge.trust.intervals import Ci, with_intervals

EXAMPLES = """examples:
  kojudge plot board outputs -o board.svg                        sorted Overall with 95 % intervals
  kojudge plot strategies outputs/my/model -o strategies.png     Overall by prompt strategy
  kojudge plot radar outputs --models my/model,other/a -o radar.svg --lang en
  kojudge plot board evaluated/ --strategy 0-shot -o board.png --font ~/fonts/NotoSansKR-Regular.ttf
  kojudge plot contests outputs/contests -o pairwise.svg         win rates of kojudge pairwise
"""


def add_verbs(verbs: Any) -> None:
    """Add the verb to the command's subparsers."""
    parser = verbs.add_parser(
        "plot",
        help="figures as SVG or PNG files",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=(*get_args(Kind), "contests"), help="what is drawn")
    parser.add_argument("paths", nargs="+", type=path_of, metavar="PATH", help="runs, judgments, LogicKor's evaluated/")
    parser.add_argument("-o", "--output", type=path_of, required=True, metavar="FILE", help="ends in .svg or .png")
    add_rows(parser)
    parser.add_argument("--models", type=names, action=Many, default=(), metavar="A,B", help="only these models")
    how = parser.add_argument_group("how it is drawn")
    add_lang(how, "of the labels")
    how.add_argument("--font", type=path_of, metavar="FILE", help="a font with Hangul (default: an installed one)")
    how.add_argument("--title", metavar="TEXT", help="above the figure; '' for none (default: what the rows share)")
    add_options(how, TableOptions, rounding="", failures="")
    add_intervals(how, ci="bootstrap")
    add_common(parser)
    parser.set_defaults(run=run_plot)


def run_plot(options: argparse.Namespace) -> int:
    """Write a figure; 1 where a verdict failed or is missing."""
    suffix = options.output.suffix.lower()
    if suffix not in (".svg", ".png"):
        raise ConfigError(f"-o {options.output}: a figure is written as .svg or .png")
    check_installed()
    if options.kind == "contests":
        return _contests(options, "svg" if suffix == ".svg" else "png")
    series = load_results(
        options.paths, judges=options.judge, model_name=options.model_name, strategies=options.strategy
    )
    rows = mean_rows(series, failures=options.failures)
    wanted = {id(row) for row in comparable(rows, options.models)}
    kept = [(row, one) for row, one in zip(rows, series, strict=True) if id(row) in wanted]
    ci: Ci = "none" if options.kind == "radar" else options.ci
    found = with_intervals(
        [row for row, _ in kept], [one for _, one in kept], ci=ci, draws=options.draws, seed=options.random_seed
    )
    font = find_font(texts(found, options.lang, options.title), options.font)
    scale = next(iter(ranges(series)), STANDARD_RANGE)
    look = Look(font, lang=options.lang, rounding=options.rounding, title=options.title, scale=scale)
    picture = draw(options.kind, found, look, format="svg" if suffix == ".svg" else "png")
    replace_pieces(options.output, [picture])
    return int(any(row.failed or row.missing for row in found))


def _contests(options: argparse.Namespace, format: Literal["svg", "png"]) -> int:
    """Write the figure of contests; 1 where a game failed or is missing."""
    from judge.reports.contest_figure import contest_texts, draw_contests
    from judge.sources.stored_contests import load_contests
    from judge.trust.contests import score_contests

    check_contests(options)
    found = [one for one in load_contests(options.paths) if not options.judge or one.judge in options.judge]
    scores = score_contests(found, draws=options.draws, seed=options.random_seed)
    if not scores:
        raise ConfigError(f"no contest of judge {', '.join(options.judge)} is there")
    font = find_font(contest_texts(scores, options.lang, options.title), options.font)
    look = Look(font, lang=options.lang, title=options.title)
    replace_pieces(options.output, [draw_contests(scores, look, format=format)])
    return int(any(one.failed or one.missing for one in scores))

"""The verb `card`: what of a run goes on the model's card on the hub."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from judge.api.options import TableOptions
from judge.cli.options import (
    Many,
    add_common,
    add_intervals,
    add_lang,
    add_options,
    add_rows,
    path_of,
    text_of,
    version,
)
from judge.errors import ConfigError, InputError
from judge.files import read_json, read_text, replace_text
from judge.reports.card import CardGroup, CardStyle, section, short_names
from judge.reports.card_sources import Wanted, checked_url, groups_of, own_scores
from judge.reports.lm_eval import Benchmark, benchmark_table, parse
from judge.reports.readme import BEGIN, marked, merged
from judge.reports.words import WORDS
from judge.sources.stored_contests import load_contests
from judge.tables.numbers import Rounding
from judge.tables.ranges import Range

CARD_EXAMPLES = """examples:
  kojudge card outputs/my/model                                        the section, on standard output
  kojudge card outputs/my/model --into README.md                       between its markers, the rest untouched
  kojudge card outputs/my/model --compare outputs/other/a outputs/other/b --lang en
  kojudge card outputs --model my/model --answers-url https://huggingface.co/datasets/my/answers
  kojudge card outputs/my/model --lm-eval results.json --metadata --into README.md
  kojudge card outputs/my/model --eval-results model --dataset-name org/questions    the hub's own results
  kojudge card outputs/my/model --contests outputs/contests            with its pairwise win rates
  kojudge card evaluated/my/model --compare evaluated/other/b/default.jsonl --compare-rounding truncate
"""

LOSES_COMMENTS = "comment lines inside the model-index block are gone; the rest of the front matter is as it was"


def add_verbs(verbs: Any) -> None:
    """Add the verb to the command's subparsers."""
    parser = verbs.add_parser(
        "card",
        help="the section and metadata of a model card",
        epilog=CARD_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=path_of, metavar="PATH", help="runs, judgments, LogicKor's evaluated/")
    parser.add_argument(
        "--model", type=text_of, metavar="NAME", help="whose card it is, where PATH holds several; others are compared"
    )
    parser.add_argument(
        "--compare",
        nargs="+",
        action=Many,
        type=path_of,
        default=(),
        metavar="PATH",
        help="models to stand beside it",
    )
    add_rows(parser)
    how = parser.add_argument_group("how it is written")
    add_lang(how, "of the section")
    add_options(how, TableOptions, rounding="", failures="")
    how.add_argument("--compare-rounding", choices=get_args(Rounding), help="of the other models (default: the same)")
    add_intervals(how, ci="bootstrap")
    how.add_argument("--answers-url", type=text_of, metavar="URL", help="where all answers can be read")
    how.add_argument(
        "--contests",
        nargs="+",
        type=path_of,
        action=Many,
        default=(),
        metavar="PATH",
        help="also its pairwise contests",
    )
    how.add_argument("--lm-eval", type=path_of, action=Many, default=(), metavar="results.json", help="also its scores")
    where = parser.add_argument_group("where it goes")
    where.add_argument("--into", type=path_of, metavar="README.md", help=f"between {BEGIN} and its end there")
    where.add_argument("--metadata", action="store_true", help="also the hub's model-index in the front matter")
    where.add_argument(
        "--eval-results", type=path_of, metavar="DIR", help="also the hub's .eval_results/ in DIR; needs --dataset-name"
    )
    where.add_argument(
        "--dataset-name", default="", metavar="NAME", help="of the questions, in the metadata; the hub's ORG/NAME"
    )
    where.add_argument("-o", "--output", type=path_of, metavar="FILE", help="write a new file instead of printing")
    add_common(parser)
    parser.set_defaults(run=run_card)


def run_card(options: argparse.Namespace) -> int:
    """Print or merge the section; 1 where a verdict failed or is missing."""
    if options.into and options.output:
        raise ConfigError("--into and -o exclude each other; --into changes a README, -o writes a new file")
    url = checked_url(options.answers_url) if options.answers_url else ""
    readme = _read(options.into) if options.into else ""
    wanted = Wanted(
        options.paths,
        options.compare,
        options.model,
        judges=options.judge,
        strategies=options.strategy,
        model_name=options.model_name,
        failures=options.failures,
        ci=options.ci,
        draws=options.draws,
        seed=options.random_seed,
    )
    model, groups, scale = groups_of(wanted)
    benchmarks = [parse(read_json(path, dict[str, Any]), path) for path in options.lm_eval]
    style = CardStyle(
        lang=options.lang,
        rounding=options.rounding,
        compared_rounding=options.compare_rounding,
        answers_url=url,
        version=version(),
        draws=options.draws,
        seed=options.random_seed,
        scale=scale,
    )
    benchmark_text = benchmark_table(benchmarks, WORDS[options.lang]) if benchmarks else ""
    whole, contests = True, ""
    if options.contests:
        from judge.reports.contest_card import contest_section

        found = load_contests(options.contests)
        contests, whole = contest_section(found, model, options.lang, draws=options.draws, seed=options.random_seed)
    text = section(groups, style, benchmarks=benchmark_text, contests=contests)
    text = merged(readme, text, path=options.into) if options.into else marked(text)
    if options.metadata:
        text = _with_metadata(options, text, model, groups, benchmarks, url)
    if options.eval_results:
        _write_eval_results(options, groups, scale, url)
    if place := options.into or options.output:
        if text != readme:
            replace_text(place, text)
    else:
        sys.stdout.write(text)
    short = any(row.failed or row.missing for group in groups for row in (*group.rows, *group.compared))
    return int(short or not whole)


def _write_eval_results(options: argparse.Namespace, groups: Sequence[CardGroup], scale: Range, url: str) -> None:
    from judge.reports.eval_results import FOLDER, entries_of, write_entries  # the hub's package

    folder: Path = options.eval_results
    found = entries_of(groups, dataset=options.dataset_name, rounding=options.rounding, scale=scale, source_url=url)
    for path in write_entries(found, folder):
        print(f"kojudge: {path} written", file=sys.stderr)
    print(f"kojudge: to publish: hf upload ORG/MODEL {shlex.quote(str(folder / FOLDER))} {FOLDER}", file=sys.stderr)


def _with_metadata(
    options: argparse.Namespace,
    text: str,
    model: str,
    groups: Sequence[CardGroup],
    benchmarks: Sequence[Benchmark],
    url: str,
) -> str:
    from judge.reports.metadata import (
        benchmark_results,
        judged_results,
        lost_comments,
        with_block,  # YAML and the hub's package, which most commands need not wait for
    )

    path = options.into or Path("the section")
    results = judged_results(groups, rounding=options.rounding, dataset_name=options.dataset_name, source_url=url)
    results += benchmark_results(own_scores(benchmarks, model))
    if lost_comments(text, path):
        print(f"kojudge: {path}: {LOSES_COMMENTS}", file=sys.stderr)
    return with_block(text, short_names([model])[model], results, path=path)


def _read(path: Path) -> str:
    if not path.exists():
        raise InputError("no such file", path=path, mend="write a new one with -o")
    return read_text(path, exact=True)

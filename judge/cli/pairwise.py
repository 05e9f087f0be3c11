"""The verb `pairwise`: which of two answers is better, both ways round; or the contests that are stored."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import Any, get_args

from judge.api.batches import export
from judge.api.estimate import dry_run
from judge.api.fixtures import Fixture, fixtures_of
from judge.api.judges import judge_model
from judge.api.options import PairwiseOptions
from judge.api.pairwise import check_decision, contests_of, owed_games, parts_of, play, scored, share_of, stored
from judge.api.plan import judge_configs, judge_plans
from judge.api.shares import draw_of_fixtures
from judge.cli.decisions import add_decisions, exit_code
from judge.cli.options import add_judging, add_options, add_work, filled, path_of, run_async
from judge.cli.output import add_format, add_reading_lang, format_of, lang_of, print_text, screen_of
from judge.config import RULES
from judge.errors import ConfigError
from judge.stages.judges import NoChat
from judge.stages.progress import reporter
from judge.tables.contest import Contest
from judge.tables.render import TableFormat
from judge.wording import Lang, Note, joined, worded

AT_MOST = Note("at most: --until-decided may stop earlier", "많아야 이만큼: --until-decided는 더 일찍 멈출 수 있음")

PAIRWISE_EXAMPLES = """examples:
  kojudge pairwise outputs/my/base outputs/my/tuned --judge gpt-4o      two models, every strategy of both
  kojudge pairwise outputs/my/tuned --judge gpt-4o                      its strategies
  kojudge pairwise outputs --judge gpt-4o --strategy 0-shot --baseline my/base
  kojudge pairwise outputs/a outputs/b --judge gpt-4o --dry-run --price-in 2.5 --price-out 10
  kojudge pairwise outputs/contests                                     what is stored, asked of nobody
  kojudge pairwise outputs/contests --format csv -o contests.csv
  kojudge pairwise outputs/contests --margin 0.05                       is the first side worse? exit code 0, 3, 4
  kojudge pairwise model_judgment/gpt-4_pair.jsonl                      FastChat's or arena-hard's games
"""


def add_verbs(verbs: Any) -> None:
    """Add `pairwise`."""
    parser = verbs.add_parser(
        "pairwise",
        help="which of two answers is better",
        epilog=PAIRWISE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths", nargs="+", type=path_of, metavar="PATH", help="runs or answers files; without --judge, stored contests"
    )
    contest = parser.add_argument_group("contest")
    add_options(contest, PairwiseOptions, by="", baseline="NAME", orders="", levels="3|5", scope="", rerun="")
    add_options(contest, PairwiseOptions, draws="N", random_seed="N")
    add_decisions(contest, PairwiseOptions)
    add_options(contest, PairwiseOptions, until_decided="")
    add_judging(parser, PairwiseOptions)
    ways = parser.add_argument_group("batches")
    add_options(ways, PairwiseOptions, batch="", batch_poll="SECONDS", batch_import="FILE")
    ways.add_argument("--batch-export", type=path_of, metavar="FILE", help="write the requests for an offline runner")
    add_work(parser, PairwiseOptions)
    add_format(parser, get_args(TableFormat), json=False)
    add_reading_lang(parser)
    parser.set_defaults(run=run_pairwise)


def run_pairwise(options: argparse.Namespace) -> int:
    """Have answers compared, or show stored contests; 1 where a game failed or is missing."""
    given = filled(PairwiseOptions, options, progress=not options.quiet)
    check_decision(given)
    format_of(options)  # one that is not written is told before a judge is asked
    asked = bool(given.judge or given.judge_vllm)
    asks = not (options.dry_run or options.batch_export)
    if not asked and asks:
        return _show(stored(options.paths, given), given, options)
    fixtures = fixtures_of(options.paths, given)
    if not asks:
        how: Any = {"dry": options.dry_run, "json": options.json, "lang": lang_of(options)}
        return _ask_nothing(fixtures, given, export_to=options.batch_export, **how)
    judge_plans(given)
    with reporter(quiet=options.quiet, lang=lang_of(options)) as report:
        failed = run_async(play(fixtures, given, report))
    return max(_show(contests_of(fixtures, given), given, options), int(failed > 0))


def _ask_nothing(
    fixtures: Sequence[Fixture], options: PairwiseOptions, *, export_to: Path | None, dry: bool, json: bool, lang: Lang
) -> int:
    """Say what would be asked, or write it to a file; no key and no endpoint is needed."""
    configs = judge_configs(options)
    if export_to is not None and options.until_decided:
        raise ConfigError(
            "--until-decided needs the verdicts of one look before the next; leave it or --batch-export out"
        )
    draw = draw_of_fixtures(fixtures, options, keep=export_to is not None)
    found: list[dict[str, Any]] = []
    for fixture in fixtures:
        for config in configs:
            own = share_of(fixture, config, draw)
            *_, last = parts_of(own, config, options, len(fixtures))  # up to the look that has settled it
            owed = owed_games(last, config, options)
            if dry:
                line, data = dry_run(fixture.folder, owed, config, options)
                found.append(data)
                if not json:
                    print(worded(joined([line, *[AT_MOST] * options.until_decided]), lang))
            elif export_to is not None and config.judge != RULES and len(fixtures) == len(configs) == 1:
                export(fixture.folder, owed, judge_model(NoChat(), config, options), export_to)
            else:
                raise ConfigError("--batch-export takes one pair of sides and one judge behind an endpoint")
    if dry and json:
        print(dumps({"dry_run": found}, ensure_ascii=False, indent=2))
    return 0


def _show(contests: Sequence[Contest], given: PairwiseOptions, options: argparse.Namespace) -> int:
    from judge.trust.bradley_terry import boards_of  # numpy and scipy, which a judge that refuses its key need not
    from judge.trust.render_contests import contests_text

    scores = scored(contests, given)
    boards = boards_of(contests, draws=given.draws, seed=given.random_seed)
    format: TableFormat = format_of(options)
    print_text(options, contests_text(scores, boards, format, screen_of(options.output), lang_of(options)))
    code = exit_code([one.decision for one in scores if one.decision])
    return code or int(any(one.failed or one.missing for one in scores) or not scores)

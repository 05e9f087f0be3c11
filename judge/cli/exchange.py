"""Verbs at home in other tools: `import`, `export` and `new-pack`."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from judge.cli.options import add_common, path_of, text_of, version
from judge.cli.output import lang_of
from judge.config import STRATEGIES
from judge.errors import ConfigError, InputError
from judge.packs.folder import is_pack
from judge.packs.questions import load_questions
from judge.packs.strategies import own_strategies
from judge.packs.write import PackFiles, new_pack, write_pack
from judge.runs.folder import RunFolder
from judge.runs.games import Game
from judge.sources.arena_hard import export_games
from judge.sources.arena_hard_pack import read_arena
from judge.sources.dataset_export import DataFormat, export_questions, export_runs_data
from judge.sources.fastchat_pack import read_bench
from judge.sources.inspect_export import export_ratings
from judge.sources.judged import load_evidence
from judge.sources.logickor_export import export_runs
from judge.sources.logickor_pack import read_checkout
from judge.sources.places import places
from judge.sources.question_table import read_table
from judge.sources.results import load_results
from judge.sources.run_results import find_runs
from judge.sources.stored_contests import load_contests
from judge.tables.means import mean_rows
from judge.tables.results import Results
from judge.tables.row import Row
from judge.wording import Note, led, worded

IMPORT_EXAMPLES = """examples:
  kojudge import logickor LogicKor -o my-pack         exactly upstream's prompts, with our engine
  kojudge import mtbench data/mt_bench -o mt          MT-Bench; KoMT-Bench: add --variant ko
  kojudge import arena-hard arena-hard-auto --variant arena-hard-v2.0 -o arena    also Ko-Arena-Hard-Auto
  kojudge import csv questions.csv -o my-pack         columns id, category, turn1, reference1, turn2, ...
                                                      or 번호, 분류, 질문1, 정답1, 언어1, 채점기준1 (docs/packs.md)

then: kojudge check my-pack; kojudge run MODEL --pack my-pack --judge NAME
"""
EXPORT_EXAMPLES = """examples:
  kojudge export logickor outputs -o for-logickor     generated/ and evaluated/ for upstream's own programs
  kojudge export logickor outputs/my/model -o out --judge gpt-4o --failures zero
  kojudge export arena-hard outputs/contests -o data  games as data/model_judgment/<judge>/<model>.jsonl
  kojudge export eee outputs -o datastore             Every Eval Ever: aggregates and judged turns
  kojudge export inspect outputs -o ratings           ratings files for Inspect's precomputed_scores
  kojudge export dataset my-pack -o set --license cc-by-4.0     questions as a data set of the hub
  kojudge export dataset outputs -o answers --license apache-2.0    answers and verdicts; --format parquet
"""
NEXT = Note("next", "다음 명령")
RULES_LEFT_OUT = Note(
    "the rule judge's scores are left out: its heuristic is no evaluation by a model",
    "규칙 채점기의 점수는 뺐습니다. 휴리스틱은 모델의 평가가 아닙니다",
)

NEW_PACK_EXAMPLES = """examples:
  kojudge new-pack my-pack        questions, strategy, judge templates and pack.yaml to change
  kojudge check my-pack
"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command's subparsers."""
    shape = argparse.RawDescriptionHelpFormatter
    taken = verbs.add_parser("import", help="a pack from other data", epilog=IMPORT_EXAMPLES, formatter_class=shape)
    taken.add_argument("kind", choices=("logickor", "mtbench", "arena-hard", "csv"), help="what PATH is")
    taken.add_argument("path", type=path_of, metavar="PATH", help="a checkout, FastChat data, a table")
    taken.add_argument("-o", "--output", type=path_of, required=True, metavar="PACK", help="a new folder")
    taken.add_argument(
        "--variant",
        type=text_of,
        metavar="NAME",
        help="mtbench: ending of the files (ko: question_ko.jsonl); arena-hard: bench",
    )
    taken.add_argument("--judge-prompts", type=path_of, metavar="FILE", help="mtbench: where judge_prompts.jsonl is")
    add_common(taken)
    taken.set_defaults(run=run_import)

    given = verbs.add_parser("export", help="files for other tools", epilog=EXPORT_EXAMPLES, formatter_class=shape)
    given.add_argument("kind", choices=tuple(EXPORTS), help="for which tool")
    given.add_argument(
        "path", type=path_of, metavar="PATH", help="a run or a folder of runs; of contests for arena-hard"
    )
    given.add_argument(
        "-o", "--output", type=path_of, required=True, metavar="DIR", help="the folder that is written to"
    )
    given.add_argument("--judge", type=text_of, metavar="NAME", help="whose verdicts, where there are several judges")
    given.add_argument(
        "--failures",
        choices=("refuse", "zero"),
        default="refuse",
        help="a failed verdict: stop, or write it as upstream does (Impossible to judge, counted 0)",
    )
    given.add_argument(
        "--license", type=text_of, metavar="ID", help="dataset: the hub's id of the licence (cc-by-4.0, apache-2.0)"
    )
    given.add_argument("--title", metavar="TEXT", help="dataset: its name (default: the name of DIR)")
    given.add_argument("--format", choices=get_args(DataFormat), help="dataset: of the data files (default: jsonl)")
    add_common(given)
    given.set_defaults(run=run_export)

    fresh = verbs.add_parser("new-pack", help="a pack to change", epilog=NEW_PACK_EXAMPLES, formatter_class=shape)
    fresh.add_argument("path", type=path_of, metavar="DIR", help="a new folder")
    add_common(fresh)
    fresh.set_defaults(run=run_new_pack)


def run_import(options: argparse.Namespace) -> int:
    """Write the pack of other data."""
    if options.kind != "mtbench" and options.judge_prompts:
        raise ConfigError("--judge-prompts is for import mtbench")
    if options.kind not in ("mtbench", "arena-hard") and options.variant:
        raise ConfigError("--variant is for import mtbench and import arena-hard")
    return _write(_files(options), options)


def _files(options: argparse.Namespace) -> PackFiles:
    if options.kind == "logickor":
        return read_checkout(options.path)
    if options.kind == "arena-hard":
        return read_arena(options.path, variant=options.variant)
    if options.kind == "mtbench":
        return read_bench(options.path, variant=options.variant, prompts=options.judge_prompts)
    return read_table(options.path)


def _write(files: PackFiles, options: argparse.Namespace) -> int:
    lines = write_pack(files, options.output)
    if options.quiet:
        return 0
    _say(options, lines)
    for note in files.notes:
        print(worded(led(Note("note", "참고"), note), lang_of()), file=sys.stderr)
    pack = options.output
    then = [f"kojudge run MODEL --pack {pack} --judge NAME"]
    if files.pairwise:
        then = [f"kojudge generate MODEL --pack {pack}", f"kojudge pairwise outputs --pack {pack} --judge NAME"]
    _say(options, [led(NEXT, Note(", then ".join(then), ", 이어서 ".join(then)))])
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Write files for another tool; 1 where something that it should hold is missing."""
    if options.kind != "logickor" and options.failures != "refuse":
        raise ConfigError("--failures is for export logickor: other files have a place for a failure or leave it out")
    if options.kind != "dataset" and (options.license or options.title or options.format):
        raise ConfigError("--license, --title and --format are for export dataset")
    return EXPORTS[options.kind](options)


def _export_logickor(options: argparse.Namespace) -> int:
    """Write runs as upstream's files; 1 where a strategy has no verdicts to write."""
    whole = True
    for exported in export_runs(_runs(options.path), options.output, judge=options.judge, failures=options.failures):
        whole = whole and exported.judged > 0
        _say(options, [exported.line()])
    return 0 if whole else 1


def _runs(path: Path) -> list[RunFolder]:
    runs = find_runs(path) if path.is_dir() else []
    if not runs:
        places(path)  # says what is wrong with a file that cannot be read
        raise ConfigError(f"{path} holds no run of kojudge; give a run folder")
    return runs


def _export_dataset(options: argparse.Namespace) -> int:
    """Write a question set, or what runs hold, as a data set; 0."""
    if not options.license:
        raise ConfigError(
            "export dataset needs --license ID: on what terms others may use the texts, such as cc-by-4.0"
        )
    if options.judge:
        raise ConfigError("--judge is not for export dataset, which holds the verdicts of all judges")
    path, name = options.path, options.title or options.output.resolve().name
    how: dict[str, Any] = {"name": name, "licence": options.license, "form": options.format or "jsonl"}
    if path.is_file():
        lines = export_questions(load_questions(None, str(path)), options.output, **how)
    elif is_pack(path):
        strategies = own_strategies(path) or STRATEGIES
        lines = export_questions(load_questions(path), options.output, **how, strategies=strategies)
    else:
        lines = export_runs_data(_runs(path), options.output, **how)
    upload = f"hf upload ORG/NAME {shlex.quote(str(options.output))} . --repo-type dataset"
    _say(options, [*lines, led(Note("to publish", "올리려면"), upload)])
    return 0


def _export_inspect(options: argparse.Namespace) -> int:
    """Write ratings files; 1 where a verdict failed or is missing."""
    series = _of_models(options, load_results([options.path], judges=[options.judge] if options.judge else []))
    _say(options, export_ratings(series, options.output))
    return _short(mean_rows(series))


def _export_eee(options: argparse.Namespace) -> int:
    """Write Every Eval Ever's files; 1 where a verdict failed or is missing."""
    from judge.reports.card_sources import runs_of
    from judge.reports.eee import export_eee
    from judge.reports.facts import set_names
    from judge.trust.intervals import with_intervals

    found = load_evidence([options.path], judges=[options.judge] if options.judge else [])
    series = _of_models(options, found.series)
    rows = with_intervals(mean_rows(series), series, ci="bootstrap")
    named, now = set_names(run.head() for run in runs_of(options.path)), int(time.time())
    _say(options, export_eee(series, rows, found.judged, options.output, named=named, version=version(), now=now))
    return _short(rows)


def _of_models(options: argparse.Namespace, series: Sequence[Results]) -> list[Results]:
    """Return the series without the rule judge, whose scores are no evaluation to be passed on, and say so.

    Raises InputError where nothing is left.
    """
    found = [one for one in series if not one.offline]
    if not found:
        raise InputError(
            "holds no verdict of a model as judge; the rule judge's heuristic is not passed on to other tools",
            path=options.path,
            mend="judge with a model first: kojudge judge PATH --judge NAME",
        )
    if len(found) < len(series):
        _say(options, [RULES_LEFT_OUT])
    return found


def _short(rows: Sequence[Row]) -> int:
    return int(any(row.failed or row.missing for row in rows))


def _say(options: argparse.Namespace, lines: Sequence[str]) -> None:
    for line in () if options.quiet else lines:
        print(worded(line, lang_of()))


def _export_games(options: argparse.Namespace) -> int:
    """Write contests as arena-hard's games; 1 where a game failed or is missing, which is null there."""
    found = [one for one in load_contests([options.path]) if options.judge in (None, one.judge)]
    if not found:
        raise ConfigError(f"{options.path} holds no games of judge {options.judge}")
    _say(options, export_games(found, options.output))
    return int(any(sum(isinstance(g, Game) for g in one.games) < one.games_expected for one in found))


EXPORTS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "logickor": _export_logickor,
    "arena-hard": _export_games,
    "eee": _export_eee,
    "inspect": _export_inspect,
    "dataset": _export_dataset,
}
"""Kind -> what writes it and returns the exit code."""


def run_new_pack(options: argparse.Namespace) -> int:
    """Write a pack that the user changes."""
    what = Note(f"change it, then kojudge check {options.path}", f"내용을 고친 뒤 kojudge check {options.path}")
    _say(options, [*map(str, new_pack(options.path)), led(NEXT, what)])
    return 0

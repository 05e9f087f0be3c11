"""Verbs at home in other tools: `import`, `export` and `new-pack`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from judge.cli.options import add_common
from judge.errors import ConfigError
from judge.packs.write import PackFiles, new_pack, write_pack
from judge.runs.games import Game
from judge.sources.arena_hard import export_games
from judge.sources.arena_hard_pack import read_arena
from judge.sources.fastchat_pack import read_bench
from judge.sources.logickor_export import export_runs
from judge.sources.logickor_pack import read_checkout
from judge.sources.question_table import read_table
from judge.sources.run_results import find_runs
from judge.sources.stored_contests import load_contests

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
"""
NEW_PACK_EXAMPLES = """examples:
  kojudge new-pack my-pack        questions, strategy, judge templates and pack.yaml to change
  kojudge check my-pack
"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command's subparsers."""
    shape = argparse.RawDescriptionHelpFormatter
    taken = verbs.add_parser("import", help="a pack from other data", epilog=IMPORT_EXAMPLES, formatter_class=shape)
    taken.add_argument("kind", choices=("logickor", "mtbench", "arena-hard", "csv"), help="what PATH is")
    taken.add_argument("path", type=Path, metavar="PATH", help="a checkout, FastChat data, a table")
    taken.add_argument("-o", "--output", type=Path, required=True, metavar="PACK", help="a new folder")
    taken.add_argument(
        "--variant",
        metavar="NAME",
        help="mtbench: ending of the files (ko: question_ko.jsonl); arena-hard: bench",
    )
    taken.add_argument("--judge-prompts", type=Path, metavar="FILE", help="mtbench: where judge_prompts.jsonl is")
    add_common(taken)
    taken.set_defaults(run=run_import)

    given = verbs.add_parser("export", help="files for other tools", epilog=EXPORT_EXAMPLES, formatter_class=shape)
    given.add_argument("kind", choices=("logickor", "arena-hard"), help="for which tool")
    given.add_argument("path", type=Path, metavar="PATH", help="a run or a folder of runs; of contests for arena-hard")
    given.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="gets generated/ and evaluated/")
    given.add_argument("--judge", metavar="NAME", help="whose verdicts, where there are several judges")
    given.add_argument(
        "--failures",
        choices=("refuse", "zero"),
        default="refuse",
        help="a failed verdict: stop, or write it as upstream does (Impossible to judge, counted 0)",
    )
    add_common(given)
    given.set_defaults(run=run_export)

    fresh = verbs.add_parser("new-pack", help="a pack to change", epilog=NEW_PACK_EXAMPLES, formatter_class=shape)
    fresh.add_argument("path", type=Path, metavar="DIR", help="a new folder")
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
    if not options.quiet:
        for line in lines:
            print(line)
        for note in files.notes:
            print(f"note: {note}", file=sys.stderr)
        pack = options.output
        pairs = f"generate MODEL --pack {pack}, then kojudge pairwise outputs --pack {pack} --judge NAME"
        print("next: kojudge " + (pairs if files.pairwise else f"run MODEL --pack {pack} --judge NAME"))
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Write a run as upstream's files; 1 where a strategy has no verdicts to write."""
    if options.kind == "arena-hard":
        return _export_games(options)
    runs = find_runs(options.path) if options.path.is_dir() else []
    if not runs:
        raise ConfigError(f"{options.path} holds no run of kojudge; give a run folder")
    whole = True
    for exported in export_runs(runs, options.output, judge=options.judge, failures=options.failures):
        whole = whole and exported.judged > 0
        if not options.quiet:
            print(exported.line())
    return 0 if whole else 1


def _export_games(options: argparse.Namespace) -> int:
    """Write contests as arena-hard's games; 1 where a game failed or is missing, which is null there."""
    if options.failures != "refuse":
        raise ConfigError("--failures is for export logickor: a failed game is null in arena-hard's files")
    found = [one for one in load_contests([options.path]) if options.judge in (None, one.judge)]
    if not found:
        raise ConfigError(f"{options.path} holds no games of judge {options.judge}")
    for line in export_games(found, options.output):
        if not options.quiet:
            print(line)
    return int(any(sum(isinstance(g, Game) for g in one.games) < one.games_expected for one in found))


def run_new_pack(options: argparse.Namespace) -> int:
    """Write a pack that the user changes."""
    for path in new_pack(options.path):
        if not options.quiet:
            print(path)
    if not options.quiet:
        print(f"next: change it, then kojudge check {options.path}")
    return 0

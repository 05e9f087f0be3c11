"""What the verbs that only read have in common: which rows, which format, and what the text is shown on."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge.cli.options import names
from judge.files import replace_text
from judge.tables.terminal import Screen


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add what chooses rows."""
    parser.add_argument(
        "--judge",
        action="append",
        default=[],
        metavar="NAME",
        help="only this judge, as tables call it or by its own name; may be given more than once",
    )
    parser.add_argument(
        "--strategy",
        "--strategies",
        dest="strategies",
        type=names,
        default=[],
        metavar="A,B",
        help="only these strategies; one alone also names that of a LogicKor file whose name does not tell it",
    )
    parser.add_argument("--model-name", metavar="NAME", help="of a LogicKor file whose path does not tell it")


def add_format(parser: argparse.ArgumentParser, choices: Sequence[str]) -> None:
    """Add what the result looks like and where it goes."""
    parser.add_argument(
        "--format", choices=choices, help="default: text on a terminal, Markdown (md) in a file or a pipe"
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead")


def format_of(options: argparse.Namespace) -> Any:
    """Return the format asked for; else `text` on a terminal and Markdown elsewhere."""
    if options.json:
        return "json"
    if getattr(options, "format", None):
        return options.format
    return "md" if getattr(options, "output", None) or not sys.stdout.isatty() else "text"


def screen_of(options: argparse.Namespace) -> Screen:
    """Return the terminal; coloured only where it is one and neither NO_COLOR (no-color.org) nor TERM=dumb is set."""
    terminal = sys.stdout.isatty() and not getattr(options, "output", None)
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Screen(max(40, shutil.get_terminal_size((80, 24)).columns), colour)


def put(options: argparse.Namespace, text: str) -> None:
    """Write a result to the file asked for, else to standard output."""
    if getattr(options, "output", None):
        replace_text(options.output, text)
    else:
        sys.stdout.write(text)

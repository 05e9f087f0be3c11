"""What the verbs that only read have in common: which rows, which format, and what the text is shown on."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from judge.cli.options import path_of
from judge.errors import ConfigError
from judge.files import replace_text
from judge.tables.terminal import Screen
from judge.wording import Lang

FORMATS = {".csv": "csv", ".json": "json", ".tex": "latex"}
"""Ending of a file -> what is meant by it where no format is asked for; any other: Markdown."""


def add_format(parser: argparse.ArgumentParser, choices: Sequence[str], *, json: bool = True) -> None:
    """Add what the result looks like and where it goes. `json`: also --json, where the verb has none yet."""
    parser.add_argument(
        "--format",
        choices=choices,
        help="default: text on a terminal; else by the ending of -o (.csv, .json, .tex), or Markdown (md)",
    )
    parser.set_defaults(formats=choices)
    if json:
        parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("-o", "--output", type=path_of, metavar="FILE", help="write there instead")


def add_reading_lang(parser: argparse.ArgumentParser) -> None:
    """Add the language of the notes that people read."""
    parser.add_argument(
        "--lang", choices=get_args(Lang), help="of the notes in text, Markdown, LaTeX (default: that of the locale)"
    )


def lang_of(options: argparse.Namespace | None = None) -> Lang:
    """Return the language asked for, else that of the locale: Korean, or English."""
    given: Lang | None = getattr(options, "lang", None)
    return given or locale_lang(os.environ)


def locale_lang(environment: Mapping[str, str]) -> Lang:
    """Return the language of messages of a POSIX locale: LC_ALL before LC_MESSAGES before LANG."""
    name = next((value for key in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(key))), "")
    return "ko" if name.casefold().split("_")[0].split(".")[0] in ("ko", "korean") else "en"


def format_of(options: argparse.Namespace) -> Any:
    """Return the format asked for; else that of the ending of the file, `text` on a terminal and Markdown elsewhere.

    Raises ConfigError for two formats at once, and for an ending of a format that the verb does not write.
    """
    if options.json and options.format not in (None, "json"):
        raise ConfigError(f"--json and --format {options.format} exclude each other; leave one of them out")
    if options.json or options.format or not options.output:
        return "json" if options.json else options.format or plain_format()
    found = FORMATS.get(options.output.suffix.lower(), "md")
    if found not in options.formats:
        known = ", ".join(options.formats)
        raise ConfigError(f"-o {options.output}: kojudge {options.verb} writes no {found}; give --format ({known})")
    return found


def plain_format() -> Literal["text", "md"]:
    """Return the format of what is printed where none is asked for."""
    return "text" if sys.stdout.isatty() else "md"


def screen_of(output: Path | None = None) -> Screen:
    """Return the terminal, or what a text of its width goes to where `output` is a file.

    Coloured only where it is a terminal and neither NO_COLOR (no-color.org) nor TERM=dumb is set.
    """
    terminal = sys.stdout.isatty() and output is None
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Screen(max(40, shutil.get_terminal_size((80, 24)).columns), colour)


def print_text(options: argparse.Namespace, text: str) -> None:
    """Write a result to the file asked for (CSV with a byte order mark), else to standard output."""
    if options.output:  # by the mark, spreadsheets of a Korean Windows know that it is not CP949
        replace_text(options.output, "\ufeff" + text if format_of(options) == "csv" else text)
    else:
        sys.stdout.write(text)

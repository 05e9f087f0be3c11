"""The command `kojudge` (also `python -m judge`): verbs, exit codes, and errors as one line.

Exit codes: 0 done; 1 finished but something failed or is missing; 2 wrong usage or bad input; 130 interrupted, and
everything finished is saved.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import traceback
from collections.abc import Sequence

from judge import cli_generate, cli_judge, cli_options, cli_show, cli_trust, cli_work
from judge.errors import KojudgeError, one_line

INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="kojudge",
        description="Answers of Korean language models, judged by a language model, in tables that can be trusted.",
        epilog="Begin with `kojudge demo`: it needs no GPU, key or network. `kojudge VERB --help` has examples.",
    )
    parser.add_argument("--version", action="version", version=f"kojudge {cli_options.version()}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    cli_work.add_verbs(verbs)
    cli_generate.add_verb(verbs)
    cli_judge.add_verb(verbs)
    cli_show.add_verbs(verbs)
    cli_trust.add_verbs(verbs)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error of ours is one line on standard error."""
    given = list(sys.argv[1:] if argv is None else argv)
    verbose = any(word in ("-v", "--verbose") for word in given)
    try:
        parser = build_parser()
        options = parser.parse_args(cli_options.with_config(given, parser))
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except KojudgeError as error:
        if verbose:
            traceback.print_exc()
        print(f"kojudge: {one_line(str(error), 2000)}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("kojudge: interrupted; everything finished is saved, the same command goes on", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if verbose:
            traceback.print_exc()
        hint = "" if verbose else "; run it again with -v for the details and report them"
        print(
            f"kojudge: an error of kojudge itself ({type(error).__name__}: {one_line(str(error))}){hint}",
            file=sys.stderr,
        )
        return 1


def command() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


if __name__ == "__main__":
    command()

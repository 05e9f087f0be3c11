"""The command `kojudge` (also `python -m judge`): verbs, exit codes, and errors as one line.

Exit codes: 0 done; 1 finished but something failed or is missing; 2 wrong usage or bad input; 3 and 4 only with
`--margin`: worse, cannot say yet; 130 interrupted, and everything finished is saved (by Ctrl-C the command ends of
SIGINT, which a shell shows as 130).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence

from judge.cli.usage import CommandParser, UsageError
from judge.errors import ConfigError, KojudgeError, one_line, unusable

INTERRUPTED = 130

VERBS: Mapping[str, Mapping[str, str]] = {
    "run": {
        "demo": "the whole way on embedded parts",
        "run": "generate and judge at once, then print the tables",
    },
    "generate": {"generate": "answers only"},
    "judge": {"judge": "judge saved answers"},
    "pairwise": {"pairwise": "which of two answers is better"},
    "qualify": {"qualify": "may this judge be believed?"},
    "table": {"table": "print tables", "check": "validate packs, answers, judgments"},
    "trust": {
        "compare": "paired differences with intervals",
        "agreement": "how far judges or people agree",
        "audit": "verdicts that break the rubric",
        "items": "which questions carry the ranking",
        "calibrate": "map a new judge on an old judge's scale",
    },
    "plan": {"plan": "what a wanted difference needs"},
    "card": {"card": "the section and metadata of a model card"},
    "plot": {"plot": "figures as SVG or PNG files"},
    "report": {"report": "one HTML page of everything"},
    "exchange": {
        "import": "a pack from other data",
        "export": "files for other tools",
        "new-pack": "a pack to change",
    },
}
"""Module -> its verbs, each with the `help` that the module gives it. A module has `add_verbs(verbs)` and is imported
only when one of its verbs is called, so that no verb waits for the libraries of another."""


class _Version(argparse.Action):
    """Prints the version, which is looked up only now."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and exit."""
        from judge.cli.options import version

        print(f"kojudge {version()}")
        parser.exit()


def build_parser(verb: str | None = None) -> CommandParser:
    """Return the parser of `kojudge VERB`; without a verb that is known, one that can only tell which there are."""
    parser = CommandParser(
        prog="kojudge",
        description="Answers of Korean language models, judged by a language model, in tables that can be trusted.",
        epilog="Begin with `kojudge demo`: it needs no GPU, key or network. `kojudge VERB --help` has examples.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    known = next((module for module, names in VERBS.items() if verb in names), None)
    if known is not None:
        importlib.import_module(f"judge.cli.{known}").add_verbs(verbs)
        return parser
    for names in VERBS.values():
        for name, what in names.items():
            verbs.add_parser(name, help=what, add_help=False)
    return parser


def run_command(given: list[str]) -> int:
    """Run one command and return its exit code. Raises KojudgeError."""
    verb = next((word for word in given if not word.startswith("-")), None)
    parser = build_parser(verb)
    if verb is not None:
        from judge.cli.config_file import apply_config  # brings pydantic, which --help and --version need not wait for

        apply_config(given, parser, _all_options)
    options, more = parser.parse_known_args(given)
    if more:
        raise UsageError(f"too many words: {' '.join(more)}; see `kojudge {verb} --help`")
    _check_terminal()
    code: int = options.run(options)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the work is done all the same
        _stop_printing()
    return code


def _stop_printing() -> None:
    """Let what is printed go nowhere, once nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _prepare(stream: object) -> None:
    """Have a stream take every text: a file or a pipe that cannot hold Hangul is written as UTF-8; what the encoding
    lacks otherwise (emoji in EUC-KR) is spelled out."""
    if isinstance(stream, io.TextIOWrapper):
        encoding = None if stream.isatty() or _holds_hangul(stream.encoding) else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _check_terminal() -> None:
    """Raise ConfigError for a terminal that cannot show Hangul, which is what every result is written in."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # a stream of somebody's own may have none
    if not sys.stdout.isatty() or _holds_hangul(encoding):
        return
    mend = "PYTHONUTF8=1, or LANG to a UTF-8 locale such as C.UTF-8"
    mend = "PYTHONIOENCODING=utf-8" if os.environ.get("PYTHONIOENCODING") else mend
    raise ConfigError(f"this terminal is written in {encoding}, which has no Hangul: set {mend}")


def _holds_hangul(encoding: str) -> bool:
    try:
        "한글".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _all_options() -> set[str]:
    """Return the long options of all verbs."""
    from judge.cli.config_file import options_of

    return {name for verbs in VERBS.values() for verb in verbs for name in options_of(build_parser(verb), verb)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error of ours is one line on standard error."""
    try:
        return _told(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return INTERRUPTED


def _told(given: list[str]) -> int:
    """As `main`; KeyboardInterrupt, once it is told, goes on."""
    verbose = any(word in ("-v", "--verbose") for word in given)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed by whoever called us
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    _prepare(sys.stdout)
    _prepare(sys.stderr)
    try:
        return run_command(given)
    except KojudgeError as error:
        if verbose:
            traceback.print_exc()
        print(f"kojudge: {_again(one_line(str(error), 2000), given)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        text = "kojudge: interrupted; everything finished is saved, the same command goes on"
        print(_again(text, given), file=sys.stderr)
        raise
    except BrokenPipeError:
        _stop_printing()
        return 0
    except OSError as error:  # a name that no file can have, a disk that is full under standard output
        if verbose:
            traceback.print_exc()
        print(f"kojudge: {unusable(error)}", file=sys.stderr)
        return 2
    except Exception as error:
        if verbose:
            traceback.print_exc()
        hint = "" if verbose else "; run it again with -v for the details and report them"
        print(
            f"kojudge: an error of kojudge itself ({type(error).__name__}: {one_line(str(error))}){hint}",
            file=sys.stderr,
        )
        return 1


def _again(text: str, given: Sequence[str]) -> str:
    """Return advice that holds after --fresh, which moves aside what the same command would go on with."""
    from judge.tables.failures import SAME, SAME_WITHOUT_FRESH

    return text.replace(SAME, SAME_WITHOUT_FRESH) if "--fresh" in given else text


def command() -> None:
    """Entry point of the installed command. Ctrl-C ends it by SIGINT, so that a loop of the shell ends, too."""
    from judge.cli.options import Terminated

    try:
        code = _told(sys.argv[1:])
    except Terminated:
        code = INTERRUPTED
    except KeyboardInterrupt:
        code = INTERRUPTED
        if os.name == "posix":
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
    sys.exit(code)


if __name__ == "__main__":
    command()

"""`--config FILE.yaml`: options from a file, under those of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from judge.cli.options import Parser
from judge.errors import InputError, did_you_mean


def with_config(argv: list[str], parser: Parser, others: Callable[[], Collection[str]] = tuple) -> list[str]:
    """Return `argv` with the options of `--config FILE.yaml` put right after the verb, so that what is typed wins.

    The file maps long option names to values; a list is given once an entry, true is a flag that is set. One file may
    serve several verbs: an option that only another one has (`others` returns those of all) is left out with a note.
    Raises InputError for an option that no verb has.
    """
    path = _config_path(argv)
    if path is None:
        return argv
    from judge.files import read_yaml

    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError("is no mapping of options to values", path=path, mend="write option: value lines")
    verb = next((word for word in argv if not word.startswith("-")), None)
    known = options_of(parser, verb) if verb else {}
    names = {str(key).replace("_", "-"): (str(key), value) for key, value in data.items()}
    foreign = [name for name in names if name not in known or name in ("config", "help")]
    for name in foreign:
        if name in ("config", "help") or name not in others():
            raise InputError(f"no such option: {did_you_mean(name, known)}", path=path, field=names[name][0])
    foreign += _of_the_model(names, known, shared=bool(foreign))
    if foreign:
        listed = ", ".join(sorted(foreign))
        print(f"kojudge: {path}: left out, for it is not for {verb}: {listed}", file=sys.stderr)
    words: list[str] = []
    for name, (_, value) in names.items():
        if name in foreign:
            continue
        if value is True and known[name].nargs == 0:
            words.append(f"--{name}")
        elif value is not False and value is not None:
            words += [f"--{name}={entry}" for entry in (value if isinstance(value, list) else [value])]
    at = argv.index(verb) + 1 if verb else 0
    return argv[:at] + words + argv[at:]


def _of_the_model(names: Collection[str], known: Mapping[str, argparse.Action], *, shared: bool) -> list[str]:
    """Return the options that mean the model for other verbs, but the judge here: `base-url` and the like in `judge`.

    In a file that is written for several verbs (`shared`), or names the judge's own, they are not the judge's.
    """
    aliases = [name for name in names if name in known and f"--judge-{name}" in known[name].option_strings]
    return [name for name in aliases if shared or f"judge-{name}" in names]


def options_of(parser: Parser, verb: str) -> dict[str, argparse.Action]:
    """Return the long options of a verb, without their dashes."""
    actions = [action for action in _verb_parser(parser, verb)._actions if action.option_strings]
    return {option[2:]: action for action in actions for option in action.option_strings if option.startswith("--")}


def _config_path(argv: Sequence[str]) -> Path | None:
    for index, word in enumerate(argv):
        if word == "--config" and index + 1 < len(argv):
            return Path(argv[index + 1])
        if word.startswith("--config="):
            return Path(word.split("=", 1)[1])
    return None


def _verb_parser(parser: Parser, verb: str | None) -> Parser:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and verb in action.choices:
            found: Parser = action.choices[verb]
            return found
    return parser

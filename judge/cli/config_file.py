"""`--config FILE.yaml`: options from a file, under those of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from judge.api.values import EMPTY
from judge.cli.options import FILTERS, JSON, Many, Parser
from judge.errors import ConfigError, InputError, did_you_mean

MODEL = "model"
"""Stands in the file for the word MODEL of the command line, too."""
SCALARS = (str, int, float)


def apply_config(argv: Sequence[str], parser: Parser, others: Callable[[], Collection[str]] = tuple) -> None:
    """Make the options of `--config FILE.yaml` the defaults of the verb's parser, so that what is typed wins.

    The file maps long option names to values: a list where an option may be given more than once, true or false for a
    flag. One file may serve several verbs: an option that only another one has (`others` returns those of all) is left
    out with a note, and what of the file chooses rows is said. Raises InputError (file, field) for an option that no
    verb has and for a value that the option does not take.
    """
    paths = list(_config_paths(argv))
    if not paths:
        return
    if len(paths) > 1:
        raise ConfigError("--config is given twice; put the options into one file")
    [path] = paths
    from judge.packs.yaml_files import read_yaml

    data = read_yaml(path, numbers=False)
    if not isinstance(data, dict):
        raise InputError("is no mapping of options to values", path=path, mend="write option: value lines")
    verb = next((word for word in argv if not word.startswith("-")), None)
    chosen = _verb_parser(parser, verb)
    known = options_of(parser, verb) if verb else {}
    positional = next(
        (action for action in chosen._actions if action.dest == MODEL and not action.option_strings), None
    )
    if positional is not None:
        known[MODEL] = positional
    names: dict[str, tuple[str, object]] = {}
    for key, value in data.items():
        name = str(key).replace("_", "-")
        if name in names:
            raise _twice(names[name][0], str(key), path)
        names[name] = (str(key), value)
    foreign = [name for name in names if name not in known or name in ("config", "help")]
    for name in foreign:
        if name in ("config", "help") or name not in others():
            hint = did_you_mean(name, [one for one in known if one not in ("config", "help")])
            raise InputError(f"no such option: {hint}", path=path, field=names[name][0])
    foreign += _of_the_model(names, known, shared=bool(foreign))
    taken: dict[str, str] = {}
    for name, (key, value) in names.items():
        if name in foreign:
            continue
        action = known[name]
        if value is None and (action.default in (None, ()) or action.default is False):  # as without the line
            continue
        if action.dest in taken:
            raise _twice(taken[action.dest], key, path)
        taken[action.dest] = key
        try:
            action.default = _value(action, value)
        except (ValueError, argparse.ArgumentTypeError, argparse.ArgumentError) as error:
            what = error.message if isinstance(error, argparse.ArgumentError) else str(error)
            raise InputError(what, path=path, field=key) from None
        action.required = False
        if action is positional:
            action.nargs = "?"
    typed = [word.partition("=")[0] for word in argv if word.startswith("--") and word != "--"]
    whole = {word for action in known.values() for word in action.option_strings}
    short = [word for word in typed if word not in whole]
    mine = [name for name in names if name not in foreign and not _is_typed(known[name], typed, short)]
    filters = [name for name in mine if _group(known[name]) == FILTERS]
    _say(path, verb, foreign, filters)


def _is_typed(action: argparse.Action, words: Sequence[str], short: Sequence[str]) -> bool:
    """Whether an option is among the words of the command line; `short` are those that are no option's whole name."""
    return any(name in words or name.startswith(tuple(short)) for name in action.option_strings)


def _twice(one: str, other: str, path: Path) -> InputError:
    return InputError(f"the same option as '{one}'", path=path, field=other, mend="keep one of them")


def _say(path: Path, verb: str | None, foreign: Sequence[str], filters: Sequence[str]) -> None:
    """Say what of the file the verb has no use for, and what of it leaves out rows."""
    parts = [f"left out, for it is not for {verb}: {', '.join(sorted(foreign))}"] if foreign else []
    parts += [f"used as filters: {', '.join(sorted(filters))}"] if filters else []
    if parts:
        print(f"kojudge: {path}: {'; '.join(parts)}", file=sys.stderr)


def _value(action: argparse.Action, value: object) -> Any:
    """Return what an option makes of a value of the file. Raises ValueError, ArgumentTypeError, ArgumentError."""
    if value is None or value == []:
        raise ValueError(EMPTY)
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ValueError(f"{_called(value)} is neither true nor false")
        return value
    if isinstance(value, bool) and action.const == "on":  # what YAML makes of `on` and `off`
        return "on" if value else "off"
    if not isinstance(action, Many):
        return _one(action, value)
    found: list[Any] = []
    for entry in value if isinstance(value, list) else [value]:
        made = _one(action, entry)
        found += made if isinstance(made, tuple) else [made]
    return tuple(found)


def _one(action: argparse.Action, value: object) -> Any:
    if isinstance(value, dict) and action.metavar == JSON:
        read: Any = action.type
        return read(value)
    if isinstance(value, bool) or not isinstance(value, SCALARS):
        what = f"{_called(value)} is not what it takes, which is a word or a number"
        raise ValueError(what + ("; quote it if it is a word" if isinstance(value, bool) else ""))  # noqa: TRY004
    text = str(value)
    made = action.type(text) if callable(action.type) else text
    if action.choices is not None and made not in action.choices:
        raise ValueError(f"unknown value '{text}': {did_you_mean(text, map(str, action.choices))}")
    return made


def _called(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value), f"'{value}'")


def _group(action: argparse.Action) -> str | None:
    return getattr(getattr(action, "container", None), "title", None)


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


def _config_paths(argv: Sequence[str]) -> Iterator[Path]:
    """Yield the files of `--config`. Raises ConfigError for an empty name; a name that is missing is told later."""
    for index, word in enumerate(argv):
        if word == "--":
            return
        name, equals, value = word.partition("=")
        if len(name) >= len("--conf") and "--config".startswith(name) and (equals or index + 1 < len(argv)):
            place = value if equals else argv[index + 1]
            if not place.strip():
                raise ConfigError(f"--config: {EMPTY}")
            yield Path(place)


def _verb_parser(parser: Parser, verb: str | None) -> Parser:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and verb in action.choices:
            found: Parser = action.choices[verb]
            return found
    return parser

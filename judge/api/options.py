"""What may be asked of the calls, checked before anything is started."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import Any

from judge.cli.config_file import options_of
from judge.cli.main import build_parser
from judge.config import BASELINES, RULES, Sampling
from judge.errors import ConfigError, InputError, did_you_mean

PathLike = str | os.PathLike[str]

_NOT_HERE = (
    "config",
    "help",
    "quiet",
    "verbose",
    "json",
    "format",
    "output",
    "dry-run",
    "batch-export",
    "show-prompt",
    "no-report",
)
"""Options that say how a command prints, which a call does not."""


def _paths(paths: PathLike | Iterable[PathLike]) -> list[str]:
    many = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    return [os.fspath(path) for path in many]


def _parsed(verb: str, words: Sequence[str], given: dict[str, Any]) -> argparse.Namespace:
    """Return the options as the command line would read them. Raises ConfigError for a name that is none."""
    parser = build_parser(verb)
    known = {name: action for name, action in options_of(parser, verb).items() if name not in _NOT_HERE}
    typed: list[str] = []
    for key, value in given.items():
        name = key.replace("_", "-")
        if name not in known:
            raise ConfigError(f"{verb}: no option '{key}': {did_you_mean(name, known)}")
        if value is None or value is False:
            continue
        if known[name].nargs == 0:
            typed.append(f"--{name}")
            continue
        many = list(value) if isinstance(value, list | tuple | set) else [value]
        repeated = isinstance(known[name], argparse._AppendAction)
        typed += [f"--{name}={entry}" for entry in (many if repeated else [",".join(map(str, many))])]
    return parser.parse_args([verb, *typed, "--", *words])


def sampling(**given: Any) -> Sampling:
    """Return a Sampling. Raises ConfigError for a value out of range."""
    try:
        return Sampling(**given)
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": ("sampling",), "msg": str(error)}
        raise ConfigError(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}") from None


def check_judges(given: Sequence[str]) -> list[str]:
    """Return the judges without repeats; `a,b` is two. Raises InputError for a near miss of a built-in name."""
    found = [part.strip() for name in given for part in name.split(",") if part.strip() or not name.strip(" ,")]
    for name in found:
        if not name.strip():
            raise InputError("--judge is empty", mend=f"give a model's name, or {RULES}")
        hint = did_you_mean(name, [RULES])
        if name != RULES and hint.startswith("did you mean"):
            raise InputError(f"unknown judge '{name}': {hint}, or the name of a model")
        if name.startswith("baseline:"):
            raise InputError(f"'{name}' is a null model and cannot judge", mend=f"known: {RULES}, or a model's name")
        check_text("--judge", name)
    return list(dict.fromkeys(found))


def check_text(option: str, text: str) -> None:
    """Raise InputError for a name with half a character or a byte that is no UTF-8: no file could hold it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{option} {text!r} is not UTF-8 text", mend="type the name anew") from None


def check_model(name: str) -> str:
    """Return the model's name. Raises InputError for an unknown null model."""
    check_text("MODEL", name)
    if name.startswith("baseline:") and name not in BASELINES:
        raise InputError(f"unknown null model '{name}': {did_you_mean(name, BASELINES)}")
    if not name.strip():
        raise InputError("MODEL is empty", mend="give a hub id, a local path, or a served name")
    return name

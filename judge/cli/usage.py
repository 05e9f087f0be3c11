"""A command line that was mistyped -> one line that names what is wrong and the mend. Knows no verb."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import Any, NoReturn

from judge.errors import ConfigError, did_you_mean


class UsageError(ConfigError):
    """Words on the command line that mean nothing here: exit 2."""


class CommandParser(argparse.ArgumentParser):
    """A parser whose every complaint is a UsageError of one line. Its verbs' parsers are of the same class."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError, with argparse's words put plainly."""
        said = message.removeprefix("argument ")
        said = said.replace("the following arguments are required:", "missing:")
        raise UsageError(f"{said}; see `{self.prog} --help`")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse, but an unknown option is told first, whatever else is wrong."""
        if args is not None:
            self._check_options(args)
        return super().parse_known_args(args, namespace)

    def _check_options(self, words: Sequence[str]) -> None:
        known = [name[2:] for action in self._actions for name in action.option_strings if name.startswith("--")]
        verbs = any(isinstance(action, argparse._SubParsersAction) for action in self._actions)
        for word in words:
            if word == "--" or (verbs and not word.startswith("-")):
                return  # what follows is no option, or the verb's own
            name = word[2:].split("=", 1)[0]
            if word.startswith("--") and " " not in name and not any(option.startswith(name) for option in known):
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
                self.error(f"no option '--{name}'" + (f": did you mean '--{near[0]}'?" if near else ""))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        hint = did_you_mean(str(value), map(str, action.choices))
        if isinstance(action, argparse._SubParsersAction):
            self.error(f"unknown verb '{value}': {hint}")
        raise argparse.ArgumentError(action, f"unknown value '{value}': {hint}")

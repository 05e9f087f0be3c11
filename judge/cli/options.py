"""The options of the calls on the command line: which group they stand in and what a value is called there.

What an option means, its type, its default and its bounds come from the options classes of `api`; no default stands
here. How a coroutine is run from the command line stands here, too.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, get_args

from judge.api.options import (
    GenerateOptions,
    JudgingOptions,
    QualifyOptions,
    SavedOptions,
    TableOptions,
)
from judge.api.values import Options, checked, choices, hint_of
from judge.errors import ConfigError
from judge.wording import Lang

T = TypeVar("T")
Kind = TypeVar("Kind", bound=Options)
Parser = argparse.ArgumentParser
OptionGroup = argparse._ActionsContainer

JSON = "JSON"
"""How the value of an option is called that is a JSON object, a mapping in a file."""
FILTERS = "which rows"
"""The group of the options that keep some rows and leave out others."""


class Terminated(KeyboardInterrupt):
    """SIGTERM has ended the work as Ctrl-C does."""


def version() -> str:
    """Return the installed version."""
    import importlib.metadata

    try:
        return importlib.metadata.version("kojudge")
    except importlib.metadata.PackageNotFoundError:
        return "of a checkout"


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; SIGTERM cancels like Ctrl-C, so that what is finished is saved and servers are stopped."""
    import asyncio

    async def guarded() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are inside it
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows, or not the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise Terminated from None


# -- one option


class Many(argparse.Action):
    """A list: repeated options and a value of several add up, and what is typed takes the place of the default."""

    def __call__(self, parser: object, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        """Add the values."""
        so_far = getattr(namespace, self.dest)
        new = tuple(values) if isinstance(values, list | tuple) else (values,)
        setattr(namespace, self.dest, new if so_far is self.default else (*so_far, *new))


def add_options(
    group: OptionGroup, kind: type[Options], defaults: dict[str, Any] | None = None, /, **called: str
) -> None:
    """Add fields of an options class to a group; `called`: field -> what its value is called ("" for a flag or choice).

    `defaults`: where a verb's differ from the class's.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    other = {name: other for other, name in kind.spellings.items()}
    for name, metavar in called.items():
        hint, default = hint_of(kind, name), (defaults or {}).get(name, fields[name].default)
        words = [f"--{word.replace('_', '-')}" for word in (name, *([other[name]] if name in other else []))]
        given: dict[str, Any] = {
            "dest": name,
            "default": default,
            "help": _help(fields[name].metadata["help"], default),
        }
        if isinstance(default, bool):
            group.add_argument(*words, action="store_true", **given)
            continue
        given |= {"choices": choices(hint)} if choices(hint) else {"metavar": metavar, "type": _reader(kind, name)}
        if "on" in choices(hint):  # a switch, which may also be given alone
            given |= {"nargs": "?", "const": "on"}
        if isinstance(default, tuple):
            given["action"] = Many
        group.add_argument(*words, **given)


def _help(text: str, default: object) -> str:
    shown = "" if default is None or default is False or default == () else f" (default: {_shown(default)})"
    return (text if "(default" in text else text + shown).replace("%", "%%")


def _shown(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def _reader(kind: type[Options], name: str) -> Callable[[str], Any]:
    def read(word: str) -> Any:
        try:
            return checked(kind, name, word)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def filled(kind: type[Kind], given: argparse.Namespace, **more: object) -> Kind:
    """Return the options object of what was typed. Raises ConfigError."""
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(**{name: getattr(given, name) for name in names if hasattr(given, name)} | more)


# -- what several verbs share


def add_common(parser: Parser) -> None:
    """Add what every verb takes."""
    parser.add_argument("--config", metavar="FILE.yaml", help="options from a file; what is typed wins")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks of errors")


def add_work(parser: Parser, kind: type[GenerateOptions] | type[SavedOptions]) -> None:
    """Add what `generate`, `judge` and `run` share: questions, requests, output."""
    group = parser.add_argument_group("questions")
    add_options(group, kind, questions="FILE|NAME", pack="DIR", strategy="A,B")
    add_options(parser.add_argument_group("requests"), kind, timeout="SECONDS", tries="N")
    add_options(parser, kind, out="DIR", model_name="NAME", fresh="")
    parser.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    add_common(parser)


def add_generation(parser: Parser) -> None:
    """Add what chooses a model, where it runs and what it is asked."""
    kind = GenerateOptions
    parser.add_argument("model", metavar="MODEL", help="hub id, local path, served name, or baseline:NAME")
    group = parser.add_argument_group("where the model runs")
    add_options(group, kind, base_url="URL", served_model="NAME", api="", api_key_env="NAME")
    add_options(group, kind, concurrency="N", rpm="N", tpm="N")
    group = parser.add_argument_group("a server started by kojudge (without --base-url)")
    add_options(group, kind, vllm_command="PATH", gpus="0,1", max_model_len="N", dtype="NAME", quantization="NAME")
    add_options(group, kind, lora="PATH", trust_remote_code="", vllm_arg="KEY=VALUE", chat_format="NAME|FILE")
    add_options(group, kind, start_timeout="SECONDS")
    group = parser.add_argument_group("sampling")
    add_options(group, kind, temperature="T", top_p="P", max_tokens="N", seed="N")
    add_options(group, kind, extra_body=JSON)
    add_options(group, kind, samples="N")
    add_options(parser, kind, limit="N")


def add_judging(parser: Parser, kind: type[JudgingOptions]) -> None:
    """Add who judges, where, and for how much."""
    group = parser.add_argument_group("judge")
    add_options(group, kind, judge="NAME")
    if not issubclass(kind, QualifyOptions):
        add_options(group, kind, share="")
    add_options(group, kind, judge_base_url="URL")
    add_options(group, kind, judge_vllm="MODEL", judge_vllm_command="PATH", judge_vllm_arg="KEY=VALUE")
    add_options(group, kind, judge_api="", judge_api_key_env="NAME", judge_concurrency="N", judge_rpm="N")
    add_options(group, kind, judge_tpm="N", structured="", judge_temperature="T", judge_max_tokens="N")
    add_options(group, kind, judge_seed="N", judge_extra_body=JSON, repeats="N", parse_retries="N", run_code="")
    group = parser.add_argument_group("cost")
    add_options(group, kind, price_in="X", price_out="X", price_cached="X", prices="FILE.yaml", max_cost="X")
    if issubclass(kind, SavedOptions):
        group.add_argument("--dry-run", action="store_true", help="say what would be asked and cost, ask nothing")


def add_rows(parser: Parser) -> None:
    """Add what chooses rows, for the verbs that read."""
    add_options(parser.add_argument_group(FILTERS), TableOptions, judge="NAME", strategy="A,B", model_name="NAME")


def check_contests(options: argparse.Namespace) -> None:
    """Raise ConfigError for a filter that chooses among rows of tables, where contests are shown."""
    for name in ("strategy", "model_name", "models"):
        if getattr(options, name, None):
            raise ConfigError(
                f"--{name.replace('_', '-')} does not choose among contests; give the folders of those to be shown"
            )


def add_intervals(group: OptionGroup, *, ci: str | None = None) -> None:
    """Add the bootstrap; and which intervals, where `ci` is the verb's default."""
    if ci is not None:
        add_options(group, TableOptions, {"ci": ci}, ci="")
    add_options(group, TableOptions, draws="N", random_seed="N")


def add_lang(group: OptionGroup, text: str) -> None:
    """Add the language of what is written for people."""
    group.add_argument("--lang", choices=get_args(Lang), default="ko", help=f"{text} (default: ko)")


names = _reader(GenerateOptions, "strategy")
"""`a,b` -> (a, b), for `type=`."""
path_of = _reader(GenerateOptions, "out")
"""A path that is not empty, for `type=`."""
text_of = _reader(GenerateOptions, "model_name")
"""A text that is not empty, for `type=`."""

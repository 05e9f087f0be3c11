"""An options class -> the keywords of a call, for editors and mypy as for `help()`."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, ParamSpec, Protocol, TypeVar, cast, get_type_hints, overload

from judge.api.values import Options
from judge.errors import ConfigError, did_you_mean, unusable

P = ParamSpec("P")
S = TypeVar("S")
Kind = TypeVar("Kind")
R = TypeVar("R")
Subject = TypeVar("Subject", contravariant=True)
Given = TypeVar("Given", contravariant=True)
Result = TypeVar("Result", covariant=True)


class Call(Protocol[Subject, Given, P, Result]):
    """A call of one subject (a model, paths) with its options, as keywords or as one object."""

    @overload
    def __call__(self, subject: Subject, /, *args: P.args, **kwargs: P.kwargs) -> Result: ...

    @overload
    def __call__(self, subject: Subject, options: Given, /) -> Result: ...


class OptionsCall(Protocol[Given, P, Result]):
    """A call of options alone, as keywords or as one object."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result: ...

    @overload
    def __call__(self, options: Given, /) -> Result: ...


def takes(kind: Callable[P, Kind]) -> Callable[[Callable[[S, Kind], R]], Call[S, Kind, P, R]]:
    """Let a function of a subject and an options object be called with the fields of `kind` as keywords.

    The call raises ConfigError for a keyword that is no option, with the nearest one, and StoreError where the system
    does not let it use a file.
    """

    def decorated(work: Callable[[S, Kind], R]) -> Call[S, Kind, P, R]:
        name = work.__name__
        call: Any
        if inspect.iscoroutinefunction(work):

            @functools.wraps(work)
            async def awaited(subject: S, options: Kind | None = None, /, **given: Any) -> Any:
                with _told():
                    return await work(subject, made(name, kind, options, given))

            call = awaited
        else:

            @functools.wraps(work)
            def direct(subject: S, options: Kind | None = None, /, **given: Any) -> Any:
                with _told():
                    return work(subject, made(name, kind, options, given))

            call = direct
        first, *_ = inspect.signature(work).parameters.values()
        _describe(call, work, kind, [first.replace(kind=inspect.Parameter.POSITIONAL_ONLY)])
        return cast("Call[S, Kind, P, R]", call)

    return decorated


def takes_only(
    kind: Callable[P, Kind],
) -> Callable[[Callable[[Kind], Coroutine[Any, Any, R]]], OptionsCall[Kind, P, Coroutine[Any, Any, R]]]:
    """Let a coroutine function of an options object be called with the fields of `kind`, as `takes` does."""

    def decorated(work: Callable[[Kind], Coroutine[Any, Any, R]]) -> OptionsCall[Kind, P, Coroutine[Any, Any, R]]:
        @functools.wraps(work)
        async def call(options: Kind | None = None, /, **given: Any) -> R:
            with _told():
                return await work(made(work.__name__, kind, options, given))

        _describe(call, work, kind, [])
        return cast("OptionsCall[Kind, P, Coroutine[Any, Any, R]]", call)

    return decorated


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Make KojudgeError of what the system says of a file: a name that none can have, a folder that is not ours."""
    try:
        yield
    except OSError as error:
        raise unusable(error) from error


def _describe(call: Any, work: Callable[..., Any], kind: Any, subject: list[inspect.Parameter]) -> None:
    """Let `help()` and editors see the options as keywords."""
    hints, fields = get_type_hints(kind), dataclasses.fields(kind)
    listed = "\n".join(f"    {field.name}: {field.metadata['help']}" for field in fields)
    call.__doc__ = f"{inspect.getdoc(work)}\n\nOptions, as keywords or as one {kind.__name__}:\n\n{listed}\n"
    call.__signature__ = inspect.Signature(
        [
            *subject,
            inspect.Parameter("options", inspect.Parameter.POSITIONAL_ONLY, default=None),
            *(p.replace(annotation=hints[name]) for name, p in inspect.signature(kind).parameters.items()),
        ]
    )


def made(call: str, kind: Any, options: Any, given: dict[str, Any]) -> Any:
    """Return the options object of a call. Raises ConfigError for one of another class and for an unknown keyword."""
    if options is not None:
        if given or not isinstance(options, kind):
            raise ConfigError(f"{call}: give its options as keywords, or as one {kind.__name__} and nothing else")
        return options
    known = [field.name for field in dataclasses.fields(kind)]
    spellings = kind.spellings if issubclass(kind, Options) else {}
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = spellings.get(name, name)
        if field not in known:
            raise ConfigError(f"{call}: no option '{name}': {did_you_mean(name, known)}")
        if field in found:
            raise ConfigError(f"{call}: '{name}' and '{field}' are one option; give one of them")
        found[field] = value
    return kind(**found)

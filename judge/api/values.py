"""What the value of an option may be: from a call, a word of the command line or an entry of a file, it is one check.

A type here is `Annotated[static type, check]`. A check takes whatever was given and returns the value, or raises
ValueError saying in a few words what is wrong; None stands for "not given" where the type of the option has it.
"""

from __future__ import annotations

import dataclasses
import json
import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, PlainValidator, TypeAdapter, ValidationError

from judge.errors import ConfigError, did_you_mean
from judge.files import once

T = TypeVar("T")
PathLike = str | os.PathLike[str]

MANY = 1_000_000_000
"""More than anybody means; stands where a larger number would do no harm."""
LONGEST_SECONDS = 366 * 86_400.0


def _number(value: object, kind: type[T], name: str) -> T:
    if isinstance(value, bool) or not isinstance(value, numbers.Real | str):  # NumPy's numbers, too
        raise ValueError(f"{value!r} is no {name}")  # noqa: TRY004 - told like any other bad value
    try:
        number = kind(value)  # type: ignore[call-arg]
    except (ValueError, OverflowError):
        number = None
    if number is None or number != number or (not isinstance(value, str) and number != value):
        raise ValueError(f"{str(value)[:40]!r} is no {name}")
    return number


def whole(lowest: int, highest: int) -> PlainValidator:
    """A whole number of this range."""

    def check(value: object) -> int:
        number = _number(value, int, "whole number")
        if number < lowest:
            raise ValueError(f"{str(value)[:40]} is less than {lowest}")
        if number > highest:
            raise ValueError(f"{str(value)[:40]} is more than {highest}")
        return number

    return PlainValidator(check)


def real(lowest: float, highest: float, *, above: bool = False) -> PlainValidator:
    """A number of this range; `above`: the lowest itself is not in it."""

    def check(value: object) -> float:
        number = _number(value, float, "number")
        if number < lowest or (above and number == lowest):
            raise ValueError(f"{value} is {'not above' if above else 'less than'} {lowest:g}")
        if number > highest:
            raise ValueError(f"{value} is more than {highest:.10g}")
        return number

    return PlainValidator(check)


def real_or_none(lowest: float, highest: float) -> PlainValidator:
    """A number of this range, or "none": the parameter is not sent."""
    number = real(lowest, highest)

    def check(value: object) -> float | None:
        if value is None or (isinstance(value, str) and value.strip().casefold() == "none"):
            return None
        return number.func(value)  # type: ignore[call-arg, no-any-return]

    return PlainValidator(check)


def _body(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        text = value
        try:
            value = json.loads(text, object_pairs_hook=once)
        except (json.JSONDecodeError, RecursionError):
            raise ValueError(f"{text[:40]!r} is no JSON; it looks like '{{\"top_k\": 20}}'") from None
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError("is no JSON object of request fields")
    if reserved := sorted({"messages", "model", "stream", "n"} & value.keys()):
        raise ValueError(f"{reserved[0]} is kojudge's own")
    try:  # as it is sent and stored, and a copy of its own
        sent = json.dumps(dict(value), allow_nan=False, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("holds half a character, which no request can carry") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"holds what JSON cannot say ({error})") from None
    found: dict[str, Any] = json.loads(sent)
    return found


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | os.PathLike):
        raise ValueError(f"{_called(value)} is no text")  # noqa: TRY004
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not isinstance(text, str) or "\0" in text:
        raise ValueError("is no text that a path or a request can hold")
    return text


EMPTY = "is empty; give it a value"


def _filled(value: object) -> str:
    """A text that says something: an empty one is mostly a shell variable that is not set."""
    text = _text(value)
    if not text.strip():
        raise ValueError(EMPTY)
    return text


def _path(value: object) -> Path:
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f"{_called(value)} is no path")  # noqa: TRY004
    return Path(_filled(value))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{_called(value)} is neither true nor false")  # noqa: TRY004
    return value


def _texts(value: object) -> tuple[str, ...]:
    single = isinstance(value, str | os.PathLike | int | float)
    if not single and (isinstance(value, Mapping | bytes) or not isinstance(value, Iterable)):
        raise ValueError(f"{_called(value)} is no list of names")
    many: Iterable[object] = [value] if single else value  # type: ignore[assignment]
    return tuple(_text(one) for one in many)


def split_names(value: object) -> tuple[str, ...]:
    """`a,b`, or a list of such -> the names without repeats. Raises ValueError."""
    found: list[str] = []
    for text in _texts(value):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise ValueError("is empty")
        found += parts
    return tuple(dict.fromkeys(found))


def _called(value: object) -> str:
    kinds = ((bool, str(value).lower()), (Mapping, "a mapping"), (list | tuple | set, "a list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), repr(value)[:40])


TextValue = Annotated[str, PlainValidator(_filled)]
Money = Annotated[str | float, PlainValidator(_text)]
"""Dollars, such as 2.5 or "$2.50"."""
Flag = Annotated[bool, PlainValidator(_flag)]
Switch = Annotated[
    Literal["auto", "on", "off"],
    BeforeValidator(lambda value: ("on" if value else "off") if isinstance(value, bool) else value),
]
"""True and false stand for on and off."""
PathValue = Annotated[PathLike, PlainValidator(_path)]
"""A path; `Path` once it is checked."""
NameOrPath = Annotated[PathLike, PlainValidator(_filled)]
"""A name or a path; a text once it is checked."""
NameList = Annotated[Sequence[str], PlainValidator(split_names)]
"""Names, one or many, also with commas between them; a tuple without repeats once it is checked."""
Texts = Annotated[Sequence[str], PlainValidator(_texts)]
"""Texts, one or many, that may hold commas; a tuple once it is checked."""
Devices = Annotated[Sequence[int | str], PlainValidator(split_names)]
"""Numbers of devices; a tuple of texts once it is checked."""
Body = Annotated[Mapping[str, Any] | str, PlainValidator(_body)]
"""Request fields: a mapping, or the text of a JSON object; a dict once it is checked."""
AtLeastOne = Annotated[int, whole(1, MANY)]
InFlight = Annotated[int, whole(1, 10_000)]
"""Requests at once; so many tasks are made."""
Seed = Annotated[int, whole(-(2**63), 2**63 - 1)]
"""As endpoints take it."""
Seconds = Annotated[float, real(0, LONGEST_SECONDS, above=True)]
PerMinute = Annotated[float, real(0.1, MANY)]
"""Requests or tokens a minute."""


def option(default: T, text: str) -> T:
    """Return a field of an options class: its default and, for `--help` and `help()`, what it means and its unit."""
    field: Any = dataclasses.field(default=default, metadata={"help": text})
    return field  # type: ignore[no-any-return]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Base: every value is checked when it is made. Raises ConfigError (option, value, what is wrong)."""

    spellings: ClassVar[Mapping[str, str]] = {}
    """Other names of options -> the name of the field."""

    def __post_init__(self) -> None:
        """Check and normalise every field."""
        for field in dataclasses.fields(self):
            try:
                value = checked(type(self), field.name, getattr(self, field.name))
            except ValueError as error:
                raise ConfigError(f"{field.name}: {error}") from None
            object.__setattr__(self, field.name, value)


def checked(kind: type[Options], name: str, value: object) -> Any:
    """Return the value of an option. Raises ValueError."""
    hint, check = _field(kind, name)
    try:
        return check.validate_python(value)
    except ValidationError as error:
        [fault, *_] = error.errors(include_url=False)
        if fault["type"] == "literal_error":
            raise ValueError(f"unknown value {_called(value)}: {did_you_mean(str(value), choices(hint))}") from None
        raise ValueError(str(fault.get("ctx", {}).get("error", fault["msg"]))) from None


def _field(kind: Any, name: str) -> tuple[Any, TypeAdapter[Any]]:
    return _fields(kind)[name]


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, TypeAdapter[Any]]]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: (hints[field.name], TypeAdapter(hints[field.name])) for field in dataclasses.fields(kind)}


def hint_of(kind: type[Options], name: str) -> Any:
    """Return the type of an option without the None that stands for "not given"."""
    hint, _ = _field(kind, name)
    kept = [part for part in get_args(hint) if part is not type(None)]
    return kept[0] if type(None) in get_args(hint) and len(kept) == 1 else hint


def choices(hint: Any) -> tuple[str, ...]:
    """Return the values that a type lists, none for a type that lists none."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return next((get_args(part) for part in get_args(hint) if get_origin(part) is Literal), ())

"""Every error kojudge raises on purpose, named by the border it crossed.

    KojudgeError
    ├── InputError          a file or a value the user gave          exit 2
    ├── ConfigError         options, environment, a run that differs exit 2
    ├── StoreError          the run folder cannot be used            exit 2
    │   └── RunLockedError  another process writes this run
    ├── ServerError         the managed vLLM server                  exit 1
    ├── VerdictError        a judge reply without a usable score     -> Failure
    └── ChatError           one request to a model
        ├── FatalChatError  no request can succeed: stop the run     exit 1
        │   └── UnreachableError  nothing listens at the URL
        ├── RejectedError   this request cannot succeed              -> Failure
        └── TransientError  retried until the tries were used up     -> Failure

Only the command line turns an error into text and an exit code. An error that belongs to one item becomes a
stored `Failure`; it is never a score.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import ValidationError

FailureKind = Literal[
    "timeout",
    "connection",
    "rate_limit",
    "server",
    "bad_request",
    "context_overflow",
    "content_filter",
    "refusal",
    "length",
    "empty_reply",
    "unparsable",
    "truncated_reasoning",
    "unfinished",
    "not_answered",
    "upstream",
]
"""Why work gave no verdict. `unfinished`: the endpoint does not say that the reply is whole; `not_answered`: the model
gave no answer to judge; `upstream`: a LogicKor file says "Impossible to judge"."""


class KojudgeError(Exception):
    """Base of all. `str(error)` is one line: what, where, how to mend. `exit_code` is the CLI's."""

    exit_code = 1


class InputError(KojudgeError):
    """Bad input. Names the file, the line (1-based) and the field where there is one, and the mend."""

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what, self.path, self.line, self.column = what, path, line, column
        self.field, self.mend = field, mend
        place = [str(path)] if path is not None else []
        if line is not None:
            place.append(f"line {line}")
        if column is not None:
            place.append(f"column {column}")
        if field is not None:
            place.append(f"field '{field}'")
        text = f"{', '.join(place)}: {what}" if place else what
        super().__init__(one_line(f"{text}; {mend}" if mend else text))


class ConfigError(KojudgeError):
    """Options that do not go together, a variable that is not set, a run folder of another configuration."""

    exit_code = 2


class StoreError(KojudgeError):
    """The run folder cannot be read or written (full disk, permissions)."""

    exit_code = 2


class RunLockedError(StoreError):
    """Another process holds the run's lock."""


class ServerError(KojudgeError):
    """The managed vLLM server did not start or has died; names the cause, the log and the command."""


class VerdictError(KojudgeError):
    """A judge reply that holds no usable score. `kind` is that of the `Failure` it becomes."""

    def __init__(self, what: str, *, kind: FailureKind = "unparsable") -> None:
        super().__init__(what)
        self.kind = kind


class ChatError(KojudgeError):
    """A request to a model did not give a reply. `kind` is that of the `Failure` it becomes."""

    def __init__(self, what: str, *, kind: FailureKind, attempts: int = 1) -> None:
        super().__init__(one_line(what))
        self.kind, self.attempts = kind, attempts


class FatalChatError(ChatError):
    """No request to this endpoint can succeed (key, permission, model name, quota): the run stops.

    `reason`: one word for what is refused; several items refused for the same reason make it certain, an empty account
    (`no_money`) is certain at once.
    """

    def __init__(self, what: str, *, kind: FailureKind, attempts: int = 1, reason: str = "endpoint") -> None:
        super().__init__(what, kind=kind, attempts=attempts)
        self.reason = reason


class UnreachableError(FatalChatError):
    """Nothing has ever answered at the endpoint's URL."""


class RejectedError(ChatError):
    """The endpoint refuses this one request (400, content filter, context overflow): asking again is no use.

    `usage`: the tokens it cost all the same (`records.Usage`), None where it cost nothing. `again`: a fresh sample may
    do better (the model said nothing), so that a judge may be asked once more.
    """

    def __init__(
        self, what: str, *, kind: FailureKind, attempts: int = 1, usage: Any = None, again: bool = False
    ) -> None:
        super().__init__(what, kind=kind, attempts=attempts)
        self.usage, self.again = usage, again


class TransientError(ChatError):
    """Time-outs, dropped connections, 429 and 5xx that outlived every retry.

    `retry_after_seconds` is the endpoint's own wish, None where it gave none. `loading`: it says that it is not ready.
    """

    def __init__(
        self,
        what: str,
        *,
        kind: FailureKind,
        attempts: int = 1,
        retry_after_seconds: float | None = None,
        loading: bool = False,
    ) -> None:
        super().__init__(what, kind=kind, attempts=attempts)
        self.retry_after_seconds, self.loading = retry_after_seconds, loading


def one_line(text: str, limit: int = 500) -> str:
    """Return `text` without line breaks or control characters, cut at `limit` characters."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def unusable(error: OSError) -> StoreError:
    """Return what the user is told of a file or a stream for which nothing more can be said."""
    place = one_line(str(error.filename), 200) if error.filename else "a file or a stream"
    return StoreError(f"{place}: cannot be used ({error.strerror or error})")


def told(error: ValidationError) -> Iterator[tuple[str, str | None]]:
    """Yield what is wrong and the field, one of each, without the tags that pydantic adds for unions and validators."""
    seen: set[str | None] = set()
    for fault in error.errors(include_url=False):
        tags = ("int", "str", "judged", "failed")
        parts = [str(part) for part in fault["loc"] if not str(part).startswith(("function-", "constrained-"))]
        field = ".".join(part for part in parts if part not in tags) or None
        what = fault["msg"].removeprefix("Value error, ")
        named = re.match(r"(\w+): ", what)
        if fault["type"] == "value_error" and named and field in (None, "judge"):
            field, what = named[1] if field is None else f"{field}.{named[1]}", what[named.end() :]
        if fault["type"] == "missing":
            what = "is missing"
        elif fault["type"] == "extra_forbidden":
            what = "is not a known field"
        elif fault["type"].endswith(("_type", "_parsing")):
            what = f"{what}, found {json.dumps(fault['input'], ensure_ascii=False, default=str)[:60]}"
        if field not in seen:
            yield what, field
        seen.add(field)


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'? (known: ...)` for the nearest known name, or just the known names."""
    names = list(known)
    near = difflib.get_close_matches(given.casefold(), [n.casefold() for n in names], n=1, cutoff=0.5)
    listed = f"known: {', '.join(names)}" if names else "none is known"
    if not near:
        return listed
    return f"did you mean '{next(n for n in names if n.casefold() == near[0])}'? ({listed})"

"""What lies at one path, whatever tool wrote it: the base class that each format's file extends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator

from judge.errors import InputError
from judge.records import Answer, Question
from judge.runs.folder import RunFolder
from judge.tables.contest import Contest
from judge.tables.results import Results

STRATEGY = "0-shot"
"""Of answers whose files know no strategy."""

UNKNOWN = "(unknown)"
"""The category, or the judge, that no file tells."""

Group = tuple[str, str]
"""(model, strategy)."""


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")  # noqa: TRY004 - pydantic reports ValueError only
    return value


Number = Annotated[float, BeforeValidator(_no_boolean)]
"""A number in a file of others, also in quotation marks; `true` is not 1."""

FirstRow = Mapping[str, Any]
"""The first row of a file, by which it is recognised."""


class Reading(NamedTuple):
    """The verdicts at a place and the answers they are on."""

    series: Sequence[Results]
    where: Path
    """The file or run that messages about these verdicts name."""
    answers: Iterable[tuple[Group, Sequence[Answer]]] = ()
    """One entry a (model, strategy); may be read from disk while it is iterated, so only once and where needed."""
    partial: bool = False
    """Whether the series expect only what their own file holds: files of one question set then complete each other."""


class Saved(NamedTuple):
    """Answers that are to be judged as a new run."""

    answers: Sequence[Answer]
    notes: tuple[str, ...] = ()
    """What a reader of their scores must know of the file."""


class Place:
    """One run, or one file of a known format. What a format does not have stays as it is here: empty."""

    what: str = ""
    """What it is, in words for the user: "LogicKor answers"."""
    holds_answers: bool = False
    """Whether there are answers to be judged: `stored` or `answers` returns them."""
    tells_strategy: bool = True
    """Whether the strategy of its answers is known without being asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        """Return the verdicts, each file read once; no series where there are none. Raises InputError.

        `model_name` renames the model, except that of a run; `strategies` are those asked for: a single one names the
        strategy of a file that does not tell its own.
        """
        return Reading((), self.path)

    def stored(self) -> tuple[RunFolder, Sequence[str]] | None:
        """Return a run and the strategies whose answers are judged in its folder; None: see `answers`.

        Raises InputError.
        """
        return None

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        """Return the answers to be judged as a new run, under another name or strategy where one is given.

        `questions`: what was asked, for a format whose answers do not say it. Raises InputError.
        """
        return Saved(())

    def contests(self) -> Sequence[Contest]:
        """Return the games of pairs; none where the format has none. Raises InputError."""
        return ()

    def faults(self) -> Iterator[InputError]:
        """Yield what is wrong, for formats that are checked row by row; others raise the first fault in `summary`."""
        return iter(())

    def summary(self) -> str:
        """Return one line on what a good file holds. Raises InputError for a broken one."""
        return self.what


class GamesPlace(Place):
    """A file of games of pairs: no table of answers reads them."""

    mend = "kojudge pairwise PATH shows it"


class Unread(Place):
    """A file of a known tool in a shape that is not read."""

    def __init__(self, path: Path, what: str, mend: str | None = None) -> None:
        """`mend`: what can be given instead where verdicts are looked for."""
        super().__init__(path)
        self.what, self.mend = f"{what}, which kojudge does not read", mend

    def faults(self) -> Iterator[InputError]:
        """Yield that it is not read."""
        yield InputError(f"holds {self.what}", path=self.path, mend=self.mend)


class FileFormat(NamedTuple):
    """The files of one tool. To read another tool: one module with a `Format`, one line in `places.FORMATS`."""

    verdicts: str
    """What of it holds verdicts, as "give ..." names it: "LogicKor's evaluated/"; empty: nothing."""
    answers: str
    """What of it holds answers to be judged; empty: nothing."""
    recognise: Callable[[Path, FirstRow], Place | None]
    """Return the place of a file whose first row this is, `Unread` for a shape that is not read, None for a file of
    another tool. Opens nothing."""

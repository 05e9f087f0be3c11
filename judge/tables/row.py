"""Row: the exact means of one (model, strategy, judge), and what may stand beside them. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from judge.config import STANDARD_RANGE
from judge.errors import FailureKind
from judge.tables.results import FailureRule, Sharer, label_of


@dataclass(frozen=True)
class Gated:
    """Overall with the rubric's language rule enforced."""

    overall: Fraction | None
    changed: int
    """Verdicts that the rule set to 0."""
    examined: int
    """Verdicts whose answer was at hand and had to be in one language."""


@dataclass(frozen=True)
class Equated:
    """Overall on the scale of another judge."""

    old: str
    """The judge whose scale it is."""
    score: float
    low: float
    high: float
    """95 % interval: the questions drawn and the error of the map together."""


@dataclass(frozen=True)
class Floor:
    """What the row's judge gives to a null model on the same questions."""

    model: str
    """The null model with the highest score; empty where none was judged."""
    overall: Fraction | None


@dataclass(frozen=True)
class Raw:
    """Means of scores as they were given, where the row's own are on a common scale of several judges."""

    categories: Mapping[str, Fraction | None]
    single: Fraction | None
    multi: Fraction | None
    overall: Fraction | None


@dataclass(frozen=True)
class Row:
    """The exact means of one series. None: nothing was judged. Counts are of verdicts, repeats included."""

    model: str
    strategy: str
    judge: str
    offline: bool
    categories: dict[str, Fraction | None]
    """The expected categories in first-seen order."""
    category_turns: dict[str, tuple[Fraction | None, Fraction | None]]
    """Per category (mean of turn 1, mean of the later turns)."""
    single: Fraction | None
    multi: Fraction | None
    overall: Fraction | None
    mean_of_judged: Fraction | None
    """The plain mean over the judged items, whatever the failure rule."""
    judged: int
    failed: int
    expected: int
    notes: tuple[str, ...] = ()
    failures: FailureRule = "exclude"
    """The rule these means were made by."""
    interval: Interval | None = None
    """Of Overall; None: not asked for, or too few questions. This and what follows is put in by `trust`
    (`intervals`, `language_gate`, `equate`, `null_floor`)."""
    ranks: Ranks | None = None
    """The row's place among the rows it is compared with; `tied` holds their ranks."""
    gated: Gated | None = None
    """Overall with the language rule enforced."""
    equated: Equated | None = None
    """Overall on the scale of another judge."""
    legend: tuple[str, ...] = ()
    """What the figures beside the means say; footnotes without a number."""
    floor: Floor | None = None
    """What the judge gives to nothing; None: not asked for."""
    question_set: int | None = None
    """Number of the row's question set where the table has several; scores of different sets are not compared."""
    question_group: int | None = None
    """Where a set has rows that were asked different questions: rows of one number were asked exactly the same."""
    questions: int = 0
    of_questions: int | None = None
    """Questions asked, and how many the whole set has where that is known."""
    kinds: Mapping[FailureKind, int] = field(default_factory=dict)
    """Kind of failure -> how many verdicts."""
    shared: tuple[Sharer, ...] = ()
    """The judges that share the row's questions; empty: one judge has all of them."""
    raw: Raw | None = None
    """The means without the judges' common scale; None: they are not shared."""
    score_range: tuple[float, float] = STANDARD_RANGE
    """Lowest and highest legal score."""

    @property
    def missing(self) -> int:
        """Verdicts that are neither judged nor failed: work still owed, or lost."""
        return self.expected - self.judged - self.failed

    @property
    def judge_label(self) -> str:
        """The judge's name as every format shows it."""
        return label_of(self.judge, self.offline)

    @property
    def noted(self) -> str:
        """The footnotes as one cell."""
        return "; ".join(self.notes)


Method = Literal["bootstrap", "analytic"]
"""How an interval was made."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a score or a difference, in points."""

    low: float
    high: float
    error: float
    """Standard error."""
    method: Method

    @property
    def half(self) -> float:
        """Half the width: the number behind ±."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Ranks:
    """The place of a row on its board."""

    rank: int
    """By the point score, 1 is best; equal scores share the better place."""
    low: int
    high: int
    """The places of 95 % of the bootstrap boards lie between them, both included."""
    tied: tuple[int, ...]
    """Positions of the other rows whose paired difference to this one has an interval that holds 0."""

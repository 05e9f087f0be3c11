"""What tables are made of and what they hold: Series (all outcomes of one row) and Row (its exact means). Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from judge.records import Failure, Judgment, QuestionId

if TYPE_CHECKING:
    from judge.stats import Interval, Ranks

FailureRule = Literal["exclude", "zero"]
"""What a failed verdict is in a mean: left out, or 0."""

By = Literal["strategy", "model", "judge"]
"""What the rows of a table are compared by."""

Item = tuple[QuestionId, int]
"""(question id, turn)."""

OFFLINE = "offline heuristic"
"""What the rule judge is called wherever its scores are shown."""


def label_of(judge: str, offline: bool) -> str:
    """Return a judge's name as every format shows it; the rule judge is never shown without saying what it is."""
    return f"{judge} ({OFFLINE})" if offline else judge


@dataclass(frozen=True)
class Series:
    """All outcomes of one (model, strategy, judge)."""

    model: str
    strategy: str
    judge: str
    """As tables call it; its configuration is named where a run holds several."""
    outcomes: tuple[Judgment | Failure, ...]
    """At most one per key (id, turn, repeat)."""
    expected: Mapping[Item, str]
    """Every (id, turn) that should have a verdict -> its category, in question order."""
    offline: bool = False
    """The rule judge: shown as "offline heuristic", never in one table with LLM verdicts."""
    config: str = ""
    returned: str | None = None
    """Digest of the judge's configuration, and the model id that its endpoint answered as, where they are known."""
    repeats: int = 1
    """Verdicts that each (id, turn) should have."""
    notes: tuple[str, ...] = ()
    """What a reader of the row must know; footnotes."""
    texts: Mapping[Item, str] = field(default_factory=dict)
    """(id, turn) -> digest of the words asked up to it (question_sets.texts_of); absent where they are not known."""
    of_questions: int | None = None
    """How many questions the whole set has, where a run tells; more than `expected` after `--limit`."""
    judge_name: str = ""
    """The judge's own name without its configuration; empty: `judge`."""

    @property
    def judge_label(self) -> str:
        """The judge's name as every format shows it."""
        return label_of(self.judge, self.offline)

    @property
    def own_judge(self) -> str:
        """The judge's own name."""
        return self.judge_name or self.judge


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
    """Of Overall; None: not asked for, or too few questions. This and what follows is put in by `boards`."""
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
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Kind of failure -> how many verdicts."""

    @property
    def missing(self) -> int:
        """Verdicts that are neither judged nor failed: work still owed, or lost."""
        return self.expected - self.judged - self.failed

    @property
    def judge_label(self) -> str:
        """The judge's name as every format shows it."""
        return label_of(self.judge, self.offline)

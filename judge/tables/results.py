"""What tables are made of: Results, all outcomes of one (model, strategy, judge). Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from judge.records import Failure, Item, Judgment

FailureRule = Literal["exclude", "zero"]
"""What a failed verdict is in a mean: left out, or 0."""

By = Literal["strategy", "model", "judge"]
"""What the rows of a table are compared by."""

OFFLINE = "offline heuristic"
"""What the rule judge is called wherever its scores are shown."""


def label_of(judge: str, offline: bool) -> str:
    """Return a judge's name as every format shows it; the rule judge is never shown without saying what it is."""
    return f"{judge} ({OFFLINE})" if offline else judge


@dataclass(frozen=True)
class Sharer:
    """One of several judges that share the questions of a row, and what puts its scores on their common scale."""

    judge: str
    """Its own name, as its verdicts bear it."""
    config: str
    """Digest of its configuration where it judges alone: what a certificate is of."""
    returned: str | None = None
    """The model id that its endpoint answered as; several, with `, ` between them, where it has changed."""
    questions: int = 0
    mean: float | None = None
    spread: float | None = None
    """Questions that it has scored, and mean and standard deviation of its scores as it gave them, over all rows that
    were put on one scale together; None: it has scored nothing there, or too few questions to be put on a scale."""
    factor: Fraction = Fraction(1)
    shift: Fraction = Fraction(0)
    """A score s counts as factor * s + shift."""


@dataclass(frozen=True)
class Results:
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
    """Digest of the judge's configuration, where it is known."""
    returned: str | None = None
    """The model id that the judge's endpoint answered as, where it is known."""
    repeats: int = 1
    """Verdicts that each (id, turn) should have, of all samples together."""
    samples: int = 1
    """Answers a question that the verdicts are on (`tables/samples`)."""
    notes: tuple[str, ...] = ()
    """What a reader of the row must know; footnotes."""
    texts: Mapping[Item, str] = field(default_factory=dict)
    """(id, turn) -> digest of the words asked up to it (`text/digests.texts_of`); absent where they are not known."""
    of_questions: int | None = None
    """How many questions the whole set has, where a run tells; more than `expected` after `--limit`."""
    messages: str = ""
    """Digest of the messages before the first turn, which the strategy stands for; empty where they are not known."""
    judge_name: str = ""
    """The judge's own name without its configuration; empty: `judge`."""
    shared: tuple[Sharer, ...] = ()
    """The judges that share the questions, by name; empty: one judge has all of them."""

    @property
    def judge_label(self) -> str:
        """The judge's name as every format shows it."""
        return label_of(self.judge, self.offline)

    @property
    def own_judge(self) -> str:
        """The judge's own name."""
        return self.judge_name or self.judge

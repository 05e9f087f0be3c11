"""Which questions carry the ranking, and which carry nothing. Pure.

A question is measured over the rows of one judge: each (model, strategy) is a test taker, its score on a question
is the mean over the turns.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

import numpy as np

from judge.errors import InputError
from judge.records import QuestionId
from judge.tables.pairing import question_sets
from judge.tables.results import Results
from judge.trust.intervals import Arrays, arrays_of
from judge.trust.noise import Noise, noise, verdicts_by_repeat
from judge.trust.stats import Array

ROWS_NEEDED = 5
"""Rows below which a correlation over rows says nothing."""

FULL = 9.0
"""From this score on the rubric calls an answer faultless."""

SATURATED = 0.8
"""Share of the best rows with full marks from which a question cannot tell them apart."""

GOOD_ITEM = 0.3
"""Item-rest correlation from which an item is good (Ebel 1965, Measuring Educational Achievement: 0.3 reasonably
good, below 0.2 poor)."""

POOR = 0.2

Worth = Literal["saturated", "no spread", "against the ranking", "carries nothing", "carries the ranking", "weak"]
"""What a question is worth, in a word or two."""


@dataclass(frozen=True)
class ItemStatistics:
    """One question over all rows of a judge."""

    id: QuestionId
    category: str
    rows: int
    item_rest: float
    """Pearson correlation over rows of this question's score with the mean of all other questions."""
    mean: float
    single: float
    """Mean score of turn 1: its difficulty, low is hard."""
    multi: float
    """Mean score of the later turns."""
    saturation: float
    """Share of the best third of rows (by the other questions) with full marks, 9 and more, on all turns together."""
    carries: float
    """Share of the variance of the mean over questions that this one brings: cov(item, whole) / var(whole) / n; all
    together are 1, negative where it ranks against the others."""
    spread: float
    """Standard deviation over rows, points."""
    noise: float | None
    """The judge's own sd on this question from repeats or identical prompts; None without any."""
    text: str = ""

    @property
    def verdict(self) -> Worth:
        """What the question is worth, in a word or two."""
        if self.saturation >= SATURATED and self.mean >= FULL:
            return "saturated"
        if self.item_rest != self.item_rest:
            return "no spread"
        if self.item_rest < 0:
            return "against the ranking"
        if self.item_rest < POOR:
            return "carries nothing"
        return "carries the ranking" if self.item_rest >= GOOD_ITEM and self.carries > 0 else "weak"


@dataclass(frozen=True)
class ItemTable:
    """All questions of one judge."""

    judge: str
    rows: int
    items: tuple[ItemStatistics, ...]
    alpha: float
    """Cronbach's alpha of the question set: what share of the rows' differences would come again with questions of
    the same kind."""
    noise: Noise | None = field(default=None)


def measure(
    series: Sequence[Results],
    *,
    prompts: Mapping[Hashable, Sequence[float]] | None = None,
    texts: Mapping[str, str] | None = None,
) -> list[ItemTable]:
    """Return one table a judge and question set, of the rows that have a score on every question.

    `prompts`: verdicts on identical prompts (noise.identical_prompts), keyed (judge, digest, id, turn, words asked,
    ...); `texts`: the digest of turn 1 -> the words. Raises InputError where no group has five complete rows.
    """
    groups: dict[tuple[object, ...], list[Results]] = {}
    for one, number in zip(series, question_sets(series), strict=True):
        groups.setdefault((one.judge, number, *dict.fromkeys(item[0] for item in one.expected)), []).append(one)
    found = []
    for members in groups.values():
        tables = [table for one in members if (table := arrays_of(one)).counts_qt.sum(axis=1).all()]
        if len(tables) >= ROWS_NEEDED:
            found.append(_table(members, tables, prompts or {}, texts or {}))
    if not found:
        sets = len(set(question_sets(series)))
        raise InputError(
            f"no judge has {ROWS_NEEDED} rows with a verdict on every question"
            + (f" of one question set; there are {sets} different ones" if sets > 1 else ""),
            mend="give the runs of more models or strategies",
        )
    return found


def _table(
    series: Sequence[Results],
    tables: Sequence[Arrays],
    prompts: Mapping[Hashable, Sequence[float]],
    texts: Mapping[str, str],
) -> ItemTable:
    with np.errstate(invalid="ignore", divide="ignore"):
        scores_rqt = np.array([t.sums_qt / t.counts_qt for t in tables])
    scores_rq = np.array([t.sums_qt.sum(axis=1) / t.counts_qt.sum(axis=1) for t in tables])
    whole_r = scores_rq.mean(axis=1)
    n = scores_rq.shape[1]
    words = {item: text for one in series for item, text in one.texts.items()}
    verdicts = _verdicts(series, words, prompts)
    items = []
    for q, (identifier, category) in enumerate(zip(tables[0].questions, tables[0].categories, strict=True)):
        own_r = scores_rq[:, q]
        rest_r = (whole_r * n - own_r) / (n - 1) if n > 1 else whole_r
        best = np.argsort(-rest_r, kind="stable")[: max(1, len(rest_r) // 3)]
        spread = noise(verdicts.get(identifier, ()))
        items.append(
            ItemStatistics(
                id=identifier,
                category=category,
                rows=len(own_r),
                item_rest=pearson(own_r, rest_r) if n > 1 else float("nan"),
                mean=float(own_r.mean()),
                single=_mean(scores_rqt[:, q, 0]),
                multi=_mean(scores_rqt[:, q, 1]),
                saturation=float((own_r[best] >= FULL).mean()),
                carries=_covariance(own_r, whole_r) / float(whole_r.var()) / n if whole_r.var() > 0 else float("nan"),
                spread=float(own_r.std(ddof=1)),
                noise=spread.deviation if spread else None,
                text=texts.get(words.get((identifier, 1), ""), ""),
            )
        )
    whole = noise(list(chain.from_iterable(verdicts.values())))
    return ItemTable(series[0].judge_label, len(tables), tuple(items), cronbach_alpha(scores_rq), whole)


def _verdicts(
    series: Sequence[Results], words: Mapping[tuple[QuestionId, int], str], prompts: Mapping[Hashable, Sequence[float]]
) -> dict[QuestionId, list[Sequence[float]]]:
    """Return the groups of verdicts on one prompt, by question."""
    found: dict[QuestionId, list[Sequence[float]]] = {}
    for one in series:
        for (identifier, _), scores in verdicts_by_repeat(one).items():
            if len(scores) > 1:
                found.setdefault(identifier, []).append(scores)
    for prompt, alike in prompts.items():
        if isinstance(prompt, tuple) and prompt[0] == series[0].judge and words.get(prompt[2:4]) in (None, prompt[4]):
            found.setdefault(prompt[2], []).append(alike)
    return found


def _mean(values: Array) -> float:
    good = values[~np.isnan(values)]
    return float(good.mean()) if len(good) else float("nan")


def _covariance(x: Array, y: Array) -> float:
    return float(((x - x.mean()) * (y - y.mean())).mean())


def pearson(x: Array, y: Array) -> float:
    """Return the correlation of two vectors, nan where one has no spread."""
    spread = float(x.std() * y.std())
    return _covariance(x, y) / spread if spread > 1e-12 else float("nan")


def cronbach_alpha(scores_rq: Array) -> float:
    """Return n / (n - 1) * (1 - sum of item variances / variance of the sum) (Cronbach 1951), nan without spread."""
    n = scores_rq.shape[1]
    whole = float(scores_rq.sum(axis=1).var(ddof=1)) if len(scores_rq) > 1 else 0.0
    if n < 2 or whole <= 0:
        return float("nan")
    return float(n / (n - 1) * (1 - scores_rq.var(axis=0, ddof=1).sum() / whole))

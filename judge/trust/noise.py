"""How far a judge is from itself: the spread of several verdicts on one and the same prompt. Pure.

Several verdicts come from `--repeats`, or from identical prompts: models and strategies that gave word for word the
same answer to the same question, as many do at temperature 0.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from judge.records import Item, Judgment
from judge.tables.judged_turns import JudgedTurn
from judge.tables.results import Results
from judge.trust.intervals import arrays, overall_of
from judge.trust.stats import item_weights

Z95 = 1.96


@dataclass(frozen=True)
class Noise:
    """The judge's own spread over groups of verdicts on one prompt each."""

    groups: int
    """Prompts with two verdicts or more."""
    verdicts: int
    deviation: float
    """Within-prompt standard deviation of one verdict, in points, pooled over the groups."""
    share: float
    """Of the variance of verdicts, the part that lies within a prompt (1 - ICC(1)), 0 to 1."""
    mean_gap: float
    """Mean absolute difference of two verdicts on one prompt."""
    same: float
    """Share of pairs of verdicts on one prompt that are equal."""

    @property
    def reliability(self) -> float:
        """ICC(1) of one verdict: the correlation of the judge with itself."""
        return 1 - self.share


@dataclass(frozen=True)
class SeriesNoise:
    """What the judge's spread does to the Overall of one series with repeats."""

    model: str
    strategy: str
    judge: str
    """As every format shows it."""
    repeats: int
    noise: Noise
    overall: float
    """Of the mean of each item's verdicts, as tables have it."""
    median_overall: float
    """Of the median of each item's verdicts."""
    each: tuple[float, ...]
    """Overall of the first, second, ... verdicts alone."""
    still: bool
    """Every verdict was asked for at temperature 0, where a repeat says the same again: no spread is to be seen."""
    half: float
    """95 % half-width of Overall when only the judge is drawn again, one verdict an item; over all repeats it is
    this / sqrt(repeats)."""


def noise(groups: Iterable[Sequence[float]]) -> Noise | None:
    """Return the spread within groups of verdicts on one prompt; None where no group has two.

    One-way random effects (Shrout and Fleiss 1979): MSW = sum (x - group mean)^2 / (N - k), MSB between, and
    var_between = (MSB - MSW) / n0 with n0 = (N - sum n_i^2 / N) / (k - 1), at least 0.
    """
    found = [list(group) for group in groups if len(group) > 1]
    if not found:
        return None
    total, k = sum(map(len, found)), len(found)
    within = sum(sum((x - statistics.fmean(group)) ** 2 for x in group) for group in found) / (total - k)
    between = 0.0
    if k > 1:
        grand = statistics.fmean(x for group in found for x in group)
        spread = sum(len(group) * (statistics.fmean(group) - grand) ** 2 for group in found) / (k - 1)
        size = (total - sum(len(group) ** 2 for group in found) / total) / (k - 1)
        between = max(0.0, (spread - within) / size)
    gaps = [abs(a - b) for group in found for a, b in combinations(group, 2)]
    return Noise(
        groups=k,
        verdicts=total,
        deviation=within**0.5,
        share=within / (within + between) if within + between else 0.0,
        mean_gap=statistics.fmean(gaps),
        same=sum(gap == 0 for gap in gaps) / len(gaps),
    )


def verdicts_by_repeat(series: Results) -> dict[Item, list[float]]:
    """Return the verdicts of each item by repeat."""
    found: dict[Item, list[tuple[int, float]]] = defaultdict(list)
    for outcome in series.outcomes:
        if isinstance(outcome, Judgment):
            found[outcome.id, outcome.turn].append((outcome.repeat, outcome.score))
    return {item: [score for _, score in sorted(verdicts)] for item, verdicts in found.items()}


def series_noise(series: Results) -> SeriesNoise | None:
    """Return the noise of a series with repeats, None where no item has two verdicts.

    With item weights w (what an item's score counts in Overall), Var(Overall) = sum w^2 * s^2, s^2 an item's own
    variance, the pooled one where it has a single verdict.
    """
    verdicts = verdicts_by_repeat(series)
    found = noise(verdicts.values())
    if found is None:
        return None
    mean = {item: statistics.fmean(scores) for item, scores in verdicts.items()}
    medians = {item: statistics.median(scores) for item, scores in verdicts.items()}
    weights = item_weights(arrays(mean, series.expected).counts_qt)
    spread = {
        item: statistics.variance(scores) if len(scores) > 1 else found.deviation**2
        for item, scores in verdicts.items()
    }
    variance = sum(float(weights[int(item[1] > 1)]) ** 2 * spread[item] for item in mean)
    each = [{item: scores[r] for item, scores in verdicts.items() if len(scores) > r} for r in range(series.repeats)]
    return SeriesNoise(
        model=series.model,
        strategy=series.strategy,
        judge=series.judge_label,
        repeats=series.repeats,
        noise=found,
        overall=overall_of(mean, series.expected),
        median_overall=overall_of(medians, series.expected),
        each=tuple(overall_of(scores, series.expected) for scores in each if scores),
        still=all(o.params.get("temperature") == 0 for o in series.outcomes if isinstance(o, Judgment)),
        half=Z95 * variance**0.5,
    )


def identical_prompts(judged: Iterable[JudgedTurn]) -> dict[Hashable, list[float]]:
    """Return the verdicts of one judge on one prompt: same judge, question, earlier turns and output, to the letter.

    Verdicts of one series on one prompt (repeats) are not among them twice: the first repeat counts.
    """
    found: dict[Hashable, list[float]] = defaultdict(list)
    for one in judged:
        if one.judgment.repeat == 1 and one.judgment.by != "rule" and one.output.strip():
            prompt = (one.judge, one.judgment.judge_digest, one.judgment.id, one.judgment.turn, one.asked)
            found[(*prompt, one.earlier, one.question, one.output)].append(one.judgment.score)
    return {prompt: scores for prompt, scores in found.items() if len(scores) > 1}


def overall_half(deviation: float, items: int) -> float:
    """Return the 95 % half-width of a mean of `items` verdicts when only the judge is drawn again."""
    return Z95 * deviation / items**0.5 if items else float("nan")

"""Where judges broke their own rubric, verdict by verdict, and what is wrong with a judge as a whole. Pure.

`audit` returns the hits of `audit_rules`; `judge_checks` looks at all verdicts of one judge: does it give points for
nothing (null models), for length, does it use its scale? The rule judge is examined like any other.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from judge.config import BASELINES
from judge.records import Judgment
from judge.tables.judged_turns import JudgedTurn, VerdictKey
from judge.tables.means import item_scores
from judge.tables.pairing import shared
from judge.tables.results import Results
from judge.tables.row import Interval
from judge.text.digests import question_digests
from judge.trust.audit_rules import AUDIT_RULES, Advice, Rule
from judge.trust.intervals import arrays, arrays_of, bootstrap_interval
from judge.trust.ranks import mean_ranks
from judge.trust.stats import (
    DRAWS,
    SEED,
    Array,
    freedom_of,
    overall_score,
    percentile_interval,
    resample,
    strata_of,
)
from judge.wording import Note, joined

NULL_MODEL_LIMIT = 2.5
"""Overall above which a judge gives a null model points for nothing: the rubric's upper end of "hardly anything"."""

NULL_MODELS = tuple(name for name in BASELINES if name != "baseline:reference")
"""Those that answer nothing; a bare right reference may well be worth points."""

PILED = 0.30
"""Share of verdicts on one score from which the scale is not told apart there."""

WORDY = 0.30
"""Rank correlation of length and score within a question from which length pays."""

NULLS = Note("null models", "널 모델")
PILES = Note("score pile-ups", "점수 쏠림")
PLACE = Note("position on the scale", "눈금에서의 위치")
LENGTH = Note("verbosity", "길이와 점수")

ANSWERS_NEEDED = 3
"""Answers to one item below which they have no order of length."""


@dataclass(frozen=True)
class Hit:
    """One verdict that breaks a rule."""

    rule: str
    what: str
    advice: Advice
    path: str
    key: VerdictKey
    category: str
    score: float
    evidence: str
    """Quoted from the answer or the judge's comment."""


@dataclass(frozen=True)
class JudgeCheck:
    """One thing about a judge as a whole."""

    judge: str
    """As every format shows it."""
    check: str
    flagged: bool
    """Whether it is a reason for doubt."""
    says: str
    value: float


def audit(judged: Iterable[JudgedTurn], rules: Sequence[Rule] = AUDIT_RULES) -> list[Hit]:
    """Return every hit of every rule, by rule in the given order, then as the verdicts come."""
    given = list(judged)
    return [
        Hit(
            rule=rule.name,
            what=rule.what,
            advice=rule.advice(one),
            path=one.path,
            key=one.key,
            category=one.judgment.category,
            score=one.judgment.score,
            evidence=evidence,
        )
        for rule in rules
        for one in given
        if (evidence := rule.test(one)) is not None
    ]


def flagged(hits: Iterable[Hit]) -> set[VerdictKey]:
    """Return (model, strategy, judge, id, turn, repeat) of the verdicts that are to be asked for again.

    `judge` is the name in tables, which names the configuration where a run holds several of one judge.
    """
    return {hit.key for hit in hits if hit.advice == "re-judge"}


def judge_checks(
    series: Sequence[Results], judged: Sequence[JudgedTurn], draws: int = DRAWS, seed: int = SEED
) -> list[JudgeCheck]:
    """Return the judge-wide checks, judge by judge."""
    found: list[JudgeCheck] = []
    for judge in dict.fromkeys(one.judge for one in series):
        own = [one for one in series if one.judge == judge]
        scores = [o.score for one in own for o in one.outcomes if isinstance(o, Judgment)]
        label = own[0].judge_label
        found += null_models(label, own, draws, seed)
        if scores:
            found += [pile_up(label, scores), scale_use(label, scores)]
        length = verbosity(label, [one for one in judged if one.judge == judge], draws, seed)
        found += [length] if length else []
    return found


def null_models(judge: str, series: Sequence[Results], draws: int = DRAWS, seed: int = SEED) -> list[JudgeCheck]:
    """Return what the judge gives to answers that say nothing; one finding that there are none without them.

    A model is held against a null model on the questions that both were asked in the same words, on no others.
    """
    found = []
    for one in series:
        if one.model not in NULL_MODELS:
            continue
        table = arrays_of(one)
        score = overall_score(table.sums_qt, table.counts_qt)
        if score != score:
            continue
        interval = bootstrap_interval(table, draws, seed)
        above = [s for s in series if s.model not in BASELINES and s.strategy == one.strategy and _beaten(s, one)]
        says = _null_note(one, score, interval, [s.model for s in above])
        found.append(JudgeCheck(judge, NULLS, score > NULL_MODEL_LIMIT or bool(above), says, score))
    if not found:
        what = Note(
            "none judged; see what this judge gives to nothing with kojudge run baseline:boilerplate",
            "채점한 널 모델이 없음. 이 심판이 내용 없는 답변에 주는 점수는 kojudge run baseline:boilerplate로 볼 것",
        )
        found.append(JudgeCheck(judge, NULLS, False, what, float("nan")))
    return found


def _null_note(null: Results, score: float, interval: Interval | None, no_more: Sequence[str]) -> str:
    name, many = f"{null.model} {null.strategy}", ", ".join(no_more)
    said = [
        Note(f"{name} gets {score:.2f}{_between(interval)}", f"{name}에 {score:.2f}점{_between(interval, '~')}을 줌")
    ]
    if score > NULL_MODEL_LIMIT:
        most = f"{NULL_MODEL_LIMIT:g}"
        said.append(Note(f"more than {most} for nothing", f"내용 없는 답변에 {most}점보다 높은 점수"))
    if no_more:
        said.append(Note(f"{many} get no more", f"{many}의 점수가 이보다 높지 않음"))
    return joined(said)


def _beaten(series: Results, null: Results) -> bool:
    """Say whether a model gets no more than a null model does on the questions that both have scores on."""
    mine, theirs = item_scores(series), item_scores(null)
    common = shared(series, null, [item for item in mine if item in theirs]).same
    if not common:
        return False
    expected = {item: series.expected[item] for item in common}
    sides = [arrays({item: float(scores[item]) for item in common}, expected) for scores in (mine, theirs)]
    model, nothing = (overall_score(one.sums_qt, one.counts_qt) for one in sides)
    return model <= nothing


def _between(interval: Interval | None, to: str = " to ") -> str:
    return f" ({interval.low:.2f}{to}{interval.high:.2f})" if interval else ""


def pile_up(judge: str, scores: Sequence[float]) -> JudgeCheck:
    """Return the most frequent score and how many steps are really told apart.

    The effective number of steps is exp(entropy) of the scores (Hill 1973, number of order 1).
    """
    counts = Counter(scores)
    score, most = counts.most_common(1)[0]
    share = most / len(scores)
    entropy = -sum(n / len(scores) * math.log(n / len(scores)) for n in counts.values())
    top = ", ".join(f"{s:g} {n / len(scores):.0%}" for s, n in counts.most_common(3))
    number, steps = len(counts), f"{math.exp(entropy):.1f}"
    says = Note(
        f"most frequent scores: {top}; {number} different ones, effectively {steps} (most on {score:g})",
        f"가장 잦은 점수: {top}. 서로 다른 점수 {number}가지, 실질적으로는 {steps}단계(가장 많은 것은 {score:g}점)",
    )
    return JudgeCheck(judge, PILES, share >= PILED, says, share)


def scale_use(judge: str, scores: Sequence[float]) -> JudgeCheck:
    """Return which part of the 0-10 scale is used: mean, middle 80 %, share of half points."""
    values = np.array(scores)
    low, middle, high = (float(q) for q in np.quantile(values, (0.1, 0.5, 0.9)))
    halves = float((values % 1 != 0).mean())
    mean = f"{values.mean():.2f}"
    says = Note(
        f"mean {mean}, median {middle:g}, middle 80 % from {low:g} to {high:g}, {halves:.0%} not whole",
        f"평균 {mean}, 중앙값 {middle:g}, 가운데 80 %는 {low:g}~{high:g}점, 정수가 아닌 점수 {halves:.0%}",
    )
    return JudgeCheck(judge, PLACE, high - low < 3, says, float(values.mean()))


def verbosity(judge: str, judged: Sequence[JudgedTurn], draws: int = DRAWS, seed: int = SEED) -> JudgeCheck | None:
    """Return the rank correlation of length and score among the answers to one question; None without three to any.

    Ranks within each item, their mean taken off, pooled over items (a within-cluster Spearman); the interval is by
    cluster bootstrap over questions. Better answers may be longer, so this is a hint and no proof.
    """
    items: dict[tuple[object, str], list[tuple[int, float]]] = defaultdict(list)
    categories: dict[object, str] = {}
    for one in judged:
        if one.output.strip():
            place = (one.judgment.id, question_digests(one.answer.questions)[0])
            items[place, one.asked].append((len(one.output), one.judgment.score))
            categories[place] = one.judgment.category
    places = {identifier: index for index, identifier in enumerate(categories)}
    moments = np.zeros((len(places), 3))
    for (question, _), pairs in items.items():
        if len(pairs) >= ANSWERS_NEEDED:
            moments[places[question]] += _rank_moments(np.array(pairs, dtype=np.float64))
    sums = moments.sum(axis=0)
    if sums[1] <= 0 or sums[2] <= 0:
        return None
    rho = float(sums[0] / np.sqrt(sums[1] * sums[2]))
    strata_q = strata_of(list(categories.values()))
    drawn = resample(strata_q, draws, seed) @ moments
    with np.errstate(invalid="ignore", divide="ignore"):
        interval = percentile_interval(drawn[:, 0] / np.sqrt(drawn[:, 1] * drawn[:, 2]), freedom_of(strata_q))
    says = Note(
        f"length and score of the answers to one question: rank correlation {rho:.2f}{_between(interval)}",
        f"같은 문항에 대한 답변의 길이와 점수의 순위 상관 {rho:.2f}{_between(interval, '~')}",
    )
    return JudgeCheck(judge, LENGTH, rho > WORDY, says, rho)


def _rank_moments(pairs: Array) -> Array:
    """Return (sum xy, sum xx, sum yy) of the centred ranks of lengths and scores."""
    x, y = (mean_ranks(pairs[:, column]) - (len(pairs) + 1) / 2 for column in (0, 1))
    return np.array([x @ y, x @ x, y @ y])

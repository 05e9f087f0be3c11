"""Is one side of a contest good enough? The decisions of `decide` on win rates, and their sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from judge.records import QuestionId
from judge.tables.contest import Contest
from judge.trust.contests import Score, estimate
from judge.trust.decide import LEVEL, Estimate, decide, evidence
from judge.trust.looks import Look, factor, look_at
from judge.trust.render_decisions import decision_line
from judge.wording import joined


def estimate_of(one: Score) -> Estimate:
    """Return the win rate of side A less 1/2, with its error."""
    return Estimate(one.total.win_rate - 0.5, one.error, one.freedom, one.questions)


def decided(scores: Sequence[Score], margin: float, *, equivalent: bool = False) -> list[Score]:
    """Return the scores, each with a decision: is side A worse than side B by more than `margin` of win rate?

    p values are Holm-adjusted within each judge.
    """
    found = list(scores)
    for judge in dict.fromkeys(one.contest.judge for one in scores):
        mine = [i for i, one in enumerate(scores) if one.contest.judge == judge]
        factors = _factors([scores[i].contest for i in mine], LEVEL)
        rulings = decide([estimate_of(scores[i]) for i in mine], margin, equivalent=equivalent, factors=factors)
        for i, ruling in zip(mine, rulings, strict=True):
            found[i] = replace(found[i], decision=ruling)
    return found


def told_apart(scores: Sequence[Score]) -> list[Score]:
    """Return the scores, the adjusted p of contests that were looked at before their end allowing for the looks."""
    found = list(scores)
    for judge in dict.fromkeys(one.contest.judge for one in scores):
        mine = [i for i, one in enumerate(scores) if one.contest.judge == judge]
        for i, factor_ in zip(mine, _factors([scores[i].contest for i in mine], LEVEL / 2) or (), strict=False):
            found[i] = replace(scores[i], p_holm=min(1.0, 2 * min(evidence(estimate_of(scores[i]), 0.0)) * factor_))
    return found


def _factors(contests: Sequence[Contest], level: float) -> list[float] | None:
    """Return what the p values of a family are multiplied with; None where none of it was looked at before its end."""
    if not any(one.looks for one in contests):
        return None
    return [factor(one.looks, questions_of(one), level, len(contests)) for one in contests]


def questions_of(contest: Contest) -> int:
    """Return how many questions were asked."""
    return len({identifier for identifier, _ in contest.expected})


def first_look(
    contest: Contest,
    order: Sequence[QuestionId],
    sizes: Sequence[int],
    looked: int,
    margin: float | None = None,
    *,
    equivalent: bool = False,
    decisions: int = 1,
) -> Look | None:
    """Return the look among the first `looked` that has settled a contest, None where none has.

    `order`: the asking order; `sizes`: after how many questions all looks are.
    """
    estimates = []
    for size in sizes[:looked]:
        ids = set(order[:size])
        seen = {item: name for item, name in contest.expected.items() if item[0] in ids}
        estimates.append(estimate(replace(contest, expected=seen)))
    looks = look_at(estimates, sizes, margin, equivalent=equivalent, decisions=decisions)
    return looks[-1] if looks and looks[-1].settled else None


def decision_lines(scores: Sequence[Score]) -> list[str]:
    """Return a sentence a decision, in the order of the scores."""
    several = len({one.contest.judge for one in scores}) > 1
    return [
        joined(
            [
                decision_line(one.contest.b.label, one.contest.a.label, one.decision, "win rate"),
                *[f"({one.contest.judge_label})"] * several,
            ],
            " ",
        )
        for one in scores
        if one.decision
    ]

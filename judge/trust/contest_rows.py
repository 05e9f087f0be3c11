"""Scores of contests -> rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from judge.trust.contests import Score

if TYPE_CHECKING:
    import pandas as pd


def contest_frame(scores: Sequence[Score]) -> pd.DataFrame:
    """Return one row a contest and judge; where decisions were asked for, with what was decided."""
    import pandas as pd

    return pd.DataFrame([row_of(one) | _decision_of(one) for one in scores])


def _decision_of(one: Score) -> dict[str, object]:
    ruling = one.decision
    if ruling is None:
        return {}
    return {
        "decision": ruling.ruling,
        "margin": ruling.margin,
        "p_decision": ruling.p,
        "bound_low": ruling.low,
        "bound_high": ruling.high,
    }


def row_of(one: Score) -> dict[str, object]:
    """Return the figures of a contest under the names of their columns, unrounded."""
    contest, ends = one.contest, one.interval
    return {
        "a": contest.a.label,
        "b": contest.b.label,
        "judge": contest.judge_label,
        "win_rate": one.total.win_rate,
        "low": ends.low if ends else float("nan"),
        "high": ends.high if ends else float("nan"),
        "p": one.p,
        "p_holm": one.p_holm,
        "wins": one.total.wins,
        "ties": one.total.ties,
        "losses": one.total.losses,
        "questions": one.questions,
        "contradictions": one.total.contradictions,
        "both_orders": one.total.both_orders,
        "first_share": one.first_share,
        "games": one.played,
        "failed": one.failed,
        "missing": one.missing,
        "expected": one.expected,
    }

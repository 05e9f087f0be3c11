"""Scores of a new judge on an old judge's scale, by a map that `calibrate` has made. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from judge.tables.means import item_scores
from judge.tables.results import FailureRule, Results
from judge.tables.row import Equated, Row
from judge.trust.calibrate import Calibration, equated_overall
from judge.trust.intervals import arrays, judged_only
from judge.trust.stats import DRAWS, LEVEL, SEED, overall_draws, resample, t_quantile
from judge.wording import Note


def equate(
    series: Results,
    calibration: Calibration,
    *,
    failures: FailureRule = "exclude",
    draws: int = DRAWS,
    seed: int = SEED,
) -> Equated | None:
    """Return Overall on the old scale; None for another judge, another configuration of it or another kind of turn.

    The 95 % interval is ± t * sqrt(error^2 + rms^2): the bootstrap error of the mapped scores over questions and
    the leave-one-model-out error of the map, which are independent; t has (models - 1) degrees of freedom, since the
    second is known from so many models only.
    """
    if not _same_judge(series, calibration) or _reconfigured(series, calibration):
        return None
    scores = {item: float(score) for item, score in item_scores(series, failures).items()}
    maps = {name == "multi": curve for name, curve in calibration.turns.items()}
    if not scores or any((item[1] > 1) not in maps for item in scores):
        return None
    score = equated_overall(scores, maps, calibration.way)
    plain = judged_only(arrays(scores, series.expected))
    weights_dq = resample(plain.strata_q, draws, seed)
    if calibration.way == "means":
        kinds = [kind for kind in maps if plain.counts_qt[:, int(kind)].any()]
        means = [overall_draws(weights_dq, *(a[:, [int(k)]] for a in (plain.sums_qt, plain.counts_qt))) for k in kinds]
        drawn = np.mean([maps[kind](mean) for kind, mean in zip(kinds, means, strict=True)], axis=0)
    else:
        mapped = {item: float(maps[item[1] > 1](np.array([value]))[0]) for item, value in scores.items()}
        curved = judged_only(arrays(mapped, series.expected))
        drawn = overall_draws(weights_dq, curved.sums_qt, curved.counts_qt)
    error = float(np.nanstd(drawn, ddof=1)) if len(plain.questions) > 1 else 0.0
    whole = (error**2 + calibration.errors[calibration.way].rms ** 2) ** 0.5
    half = t_quantile((1 + LEVEL) / 2, len(calibration.models) - 1) * whole
    return Equated(calibration.old_label, score, max(0.0, score - half), min(10.0, score + half))


def _same_judge(series: Results, calibration: Calibration) -> bool:
    if calibration.new_name:
        return series.own_judge == calibration.new_name
    return calibration.new in (series.judge, series.own_judge)  # a map of a version that kept the label alone


def _reconfigured(series: Results, calibration: Calibration) -> bool:
    """Another template or temperature is another judge; files that do not name theirs are trusted."""
    digests = {o.judge_digest for o in series.outcomes if o.judge_digest}
    return bool(digests and calibration.new_digests) and not digests <= set(calibration.new_digests)


def legend(calibration: Calibration) -> Note:
    """Return what the equated score says."""
    error = calibration.errors[calibration.way]
    models = len(calibration.models)
    return Note(
        f"equated to {calibration.old_label}: Overall as that judge is expected to give it, by a map "
        f"({calibration.way}) of {models} models judged by both, off by {error.rms:.2f} (rms) on a model it has not "
        "seen; ± holds that error and the draw of questions",
        f"equated to {calibration.old_label}: 그 심판이 매겼을 것으로 보이는 Overall. 두 심판이 모두 채점한 모델 "
        f"{models}개로 만든 변환({calibration.way})이며, 처음 보는 모델에서 {error.rms:.2f}점(rms)쯤 벗어남. ±에는 이 "
        "오차와 문항 추출에 따른 오차가 함께 들어 있음",
    )


def with_calibration(rows: Sequence[Row], series: Sequence[Results], calibration: Calibration) -> list[Row]:
    """Return the rows (row i made of series i) of the map's judge with the equated score; the others as they are."""
    found = []
    for row, one in zip(rows, series, strict=True):
        equated = None if row.overall is None else equate(one, calibration, failures=row.failures)
        more = (legend(calibration),) if equated else ()
        if _same_judge(one, calibration) and _reconfigured(one, calibration):
            more = (
                Note(
                    f"not equated: {one.judge_label} judged under another configuration than when the map was made",
                    f"변환하지 않음: {one.judge_label}의 설정이 변환을 만들 때와 다름",
                ),
            )
        found.append(replace(row, equated=equated, legend=(*row.legend, *more)))
    return found

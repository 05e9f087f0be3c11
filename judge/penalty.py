"""KoMT-Bench's square-root penalty: a rating of an answer that is not Korean counts as its square root. Pure.

LG AI Research, KoMT-Bench (https://github.com/LG-AI-EXAONE/KoMT-Bench, README "Why penalize scores for non-Korean
response?" and model_judgment/detector.py; EXAONE 3.0 technical report, arXiv:2408.03541): `score = sqrt(score)` where
the detected language is not Korean, so that such ratings lie in 1 to sqrt(10); questions 138 and 140 are left out,
ratings of -1 are not touched. Two differences: upstream asks MediaPipe's detector (and takes the less likely of its two
best guesses), here the share of Hangul decides, as everywhere in kojudge; and what is left out are all turns whose
`answer_language` is not Korean, which an import of KoMT-Bench sets for those two questions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from judge.gate import wrong_language
from judge.judged import Judged, Key
from judge.records import Failure, Judgment
from judge.series import Series


def with_penalty(series: Sequence[Series], judged: Sequence[Judged]) -> list[Series]:
    """Return the series with the penalty in their scores, each with a note on how many verdicts changed.

    A verdict whose answer is not at hand is left as it is, and the note says so. Scores below 1 stay: their root is
    larger.
    """
    answers = {one.key: one for one in judged}
    return [_penalised(one, answers) for one in series]


def _penalised(series: Series, answers: dict[Key, Judged]) -> Series:
    outcomes: list[Judgment | Failure] = []
    changed = unseen = 0
    for outcome in series.outcomes:
        if isinstance(outcome, Judgment):
            found = answers.get((series.model, series.strategy, series.judge, outcome.id, outcome.turn, outcome.repeat))
            unseen += found is None
            if found is not None and outcome.score > 1 and _is_foreign(found):
                changed += 1
                outcomes.append(outcome.model_copy(update={"score": math.sqrt(outcome.score)}))
                continue
        outcomes.append(outcome)
    note = f"square-root penalty of KoMT-Bench: {changed} verdicts on answers that are not Korean"
    note += f"; {unseen} could not be examined, their answers are not at hand" if unseen else ""
    return replace(series, outcomes=tuple(outcomes), notes=(*series.notes, note))


def _is_foreign(one: Judged) -> bool:
    return one.language == "ko" and wrong_language("ko", one.output) is not None

"""The rubric's language rule in code: an answer in a wrong language is a 0, whatever the judge gave. Pure.

`table --gate language` shows beside Overall what it is with that rule kept. Only scores above 0 change, and only
downwards: a 0 that a judge gave to an answer in the right language cannot be mended by a rule (see `audit`). A verdict
for which the program had decided on the language before the judge was asked (`Judgment.language`) is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from judge.records import Failure, Judgment
from judge.tables.judged_turns import JudgedTurn, VerdictKey
from judge.tables.means import mean_rows
from judge.tables.results import Results
from judge.tables.row import Gated, Row
from judge.text.language_rule import wrong_language
from judge.wording import Note, joined


def gated_out(judged: Iterable[JudgedTurn]) -> set[VerdictKey]:
    """Return the verdicts above 0 whose answer is in a wrong language."""
    return {
        one.key
        for one in judged
        if one.judgment.score > 0
        and one.judgment.language is None
        and wrong_language(one.language, one.output) is not None
    }


def with_gate(rows: Sequence[Row], series: Sequence[Results], judged: Sequence[JudgedTurn]) -> list[Row]:
    """Return the rows (row i made of series i) with Overall under the enforced rule.

    A verdict whose answer is not at hand is left as it is; `Gated.examined` says how many were looked at.
    """
    out = gated_out(judged)
    seen = {one.key for one in judged if one.language != "any"}
    found = []
    for row, one in zip(rows, series, strict=True):
        outcomes = [
            o.model_copy(update={"score": 0.0, "by": "rule"}) if isinstance(o, Judgment) and _key(one, o) in out else o
            for o in one.outcomes
        ]
        [after] = mean_rows([replace(one, outcomes=tuple(outcomes))], failures=row.failures)
        keys = [_key(one, o) for o in one.outcomes if isinstance(o, Judgment)]
        gated = Gated(after.overall, sum(key in out for key in keys), sum(key in seen for key in keys))
        found.append(replace(row, gated=gated, legend=(*row.legend, LEGEND)))
    return found


LEGEND = Note(
    "gated: Overall with the rubric's language rule enforced (a verdict above 0 on an answer in a wrong language "
    "counts 0); changed: verdicts it set to 0",
    "gated: 채점 기준의 언어 규칙을 적용한 Overall(요구한 언어가 아닌데 0점보다 높은 판정을 0점으로 셈). "
    "changed: 그렇게 0점이 된 판정의 수",
)


def _key(series: Results, judgment: Judgment) -> VerdictKey:
    return (series.model, series.strategy, series.judge, judgment.id, judgment.turn, judgment.repeat)


def with_penalty(series: Sequence[Results], judged: Sequence[JudgedTurn]) -> list[Results]:
    """Return the series with the penalty in their scores, each with a note on how many verdicts changed.

    A verdict whose answer is not at hand is left as it is, and the note says so. Scores below 1 stay: their root is
    larger.
    """
    answers = {one.key: one for one in judged}
    return [_penalised(one, answers) for one in series]


def _penalised(series: Results, answers: dict[VerdictKey, JudgedTurn]) -> Results:
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
    note = Note(
        f"square-root penalty of KoMT-Bench: {changed} verdicts on answers that are not Korean",
        f"KoMT-Bench의 제곱근 감점: 한국어가 아닌 답변에 대한 판정 {changed}건",
    )
    if unseen:
        hidden = Note(
            f"{unseen} could not be examined, their answers are not at hand",
            f"답변이 없어 살펴보지 못한 것 {unseen}건",
        )
        return replace(series, outcomes=tuple(outcomes), notes=(*series.notes, joined([note, hidden])))
    return replace(series, outcomes=tuple(outcomes), notes=(*series.notes, note))


def _is_foreign(one: JudgedTurn) -> bool:
    return one.language == "ko" and wrong_language("ko", one.output) is not None

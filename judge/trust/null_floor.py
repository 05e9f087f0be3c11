"""What a judge gives to the null models: the floor of its scale, to stand beside the scores. Pure.

The rule judge is asked at once. What a model as judge gives to nothing is known only from a run of a null model:
`kojudge run baseline:boilerplate --judge J`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from judge.config import BASELINES
from judge.records import Answer, Judgment, Question, QuestionId
from judge.rules.null_models import baseline_outputs
from judge.rules.scoring import judge_turn
from judge.tables.judged_turns import JudgedTurn
from judge.tables.numbers import format_score
from judge.tables.pairing import question_sets
from judge.tables.results import Results
from judge.tables.row import Floor, Row
from judge.text.digests import question_digests
from judge.text.language_rule import language_of
from judge.wording import Note


def questions_of(answers: Mapping[QuestionId, Answer]) -> list[Question]:
    """Return the questions that were answered, of the turns that have an output."""
    found = []
    for answer in answers.values():
        turns = len(answer.outputs)
        references = [*answer.references, *[None] * turns][:turns]
        found.append(
            Question(
                id=answer.id,
                category=answer.category,
                questions=answer.questions[:turns],
                references=tuple(references),
                answer_language=tuple(language_of(answer, turn) for turn in answer.turns),
                checks=answer.checks[:turns],
            )
        )
    return found


def rule_series(like: Results, answers: Mapping[QuestionId, Answer]) -> list[Results]:
    """Return the rule judge's verdicts on every null model, over the questions of a series of its own.

    Only questions whose texts are among `answers` can be asked; turns that were not answered count as missing.
    """
    given = [question for question in questions_of(answers) if (question.id, 1) in like.expected]
    return [
        replace(
            like,
            model=name,
            outcomes=tuple(o for question in given for o in _verdicts(name, question, given, like)),
            repeats=1,
            notes=(),
        )
        for name in BASELINES
    ]


def _verdicts(name: str, question: Question, others: Sequence[Question], like: Results) -> Iterable[Judgment]:
    outputs = baseline_outputs(name, question, others)
    said = list(zip(question.questions, outputs, strict=True))
    for turn, (words, output) in enumerate(said, start=1):
        if (question.id, turn) not in like.expected:
            continue
        verdict = judge_turn(
            category=question.category,
            question=words,
            output=output,
            reference=question.references[turn - 1],
            answer_language=question.answer_language[turn - 1],
            turn=turn,
            checks=question.checks[turn - 1] if question.checks else None,
            earlier=said[: turn - 1],
        )
        yield Judgment(
            id=question.id,
            turn=turn,
            judge=like.judge,
            category=question.category,
            model=name,
            strategy=like.strategy,
            by="rule",
            score=verdict.score,
            comment=verdict.comment,
        )


def computed(series: Sequence[Results], judged: Iterable[JudgedTurn]) -> list[Results]:
    """Return the null models by the rule judge, for each strategy and question set that has no null model yet."""
    answers: dict[tuple[str, QuestionId], dict[str, Answer]] = {}
    for verdict in judged:
        known = answers.setdefault((verdict.judgment.strategy, verdict.judgment.id), {})
        known.setdefault(question_digests(verdict.answer.questions)[0], verdict.answer)
    sets = question_sets(series)
    there = {(one.model, one.strategy, number) for one, number in zip(series, sets, strict=True) if one.offline}
    found: dict[tuple[str, str, int], Results] = {}
    for one, number in zip(series, sets, strict=True):
        if one.offline and one.model not in BASELINES:
            for null in rule_series(one, _asked_of(one, answers)):
                found.setdefault((null.model, null.strategy, number), null)
    return [null for key, null in found.items() if key not in there]


def _asked_of(
    series: Results, answers: Mapping[tuple[str, QuestionId], Mapping[str, Answer]]
) -> dict[QuestionId, Answer]:
    """Return an answer to each question of the series, so that its words are at hand; of any wording if unknown."""
    found: dict[QuestionId, Answer] = {}
    for identifier in dict.fromkeys(item[0] for item in series.expected):
        known = answers.get((series.strategy, identifier), {})
        text = series.texts.get((identifier, 1)) or next(iter(known), "")
        if text in known:
            found[identifier] = known[text]
    return found


def with_floor(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with what their judge gives to nothing on the same questions, or that this is not known."""
    floors: dict[tuple[str, int | None], Row] = {}
    for row in rows:
        if row.model in BASELINES and row.model != "baseline:reference" and row.overall is not None:
            best = floors.get((row.judge, row.question_set))
            if best is None or row.overall > (best.overall or 0):
                floors[row.judge, row.question_set] = row
    return [_floored(row, floors.get((row.judge, row.question_set))) for row in rows]


def _floored(row: Row, best: Row | None) -> Row:
    floor = Floor(best.model, best.overall) if best else Floor("", None)
    return replace(row, floor=floor, legend=(*row.legend, _floor(row, best)))


def _floor(row: Row, floor: Row | None) -> Note:
    on = "" if row.question_set is None else f" on question set {row.question_set}"
    of = "" if row.question_set is None else f", 문항 세트 {row.question_set}"
    if floor is None:
        how = f"kojudge run baseline:boilerplate --judge {row.judge}"
        return Note(
            f"floor of {row.judge_label}{on}: not known, no null model was judged by it ({how})",
            f"{row.judge_label}의 바닥 점수{of}: 널 모델을 채점한 적이 없어 알 수 없음({how})",
        )
    score = format_score(floor.overall, "half-up")
    return Note(
        f"floor of {row.judge_label}{on}: it gives {score} to {floor.model}, which answers without a model",
        f"{row.judge_label}의 바닥 점수{of}: 모델 없이 답하는 {floor.model}에 {score}점을 줌",
    )

"""The null models: answers without a model, to see what a judge gives to nothing. Pure.

    baseline:echo         repeats the question
    baseline:boilerplate  the same polite, empty paragraphs for every question
    baseline:reference    the reference itself, where there is one; else an honest "no single answer"
    baseline:shuffled     fluent references of other questions: well-formed and wrong

A judge that likes echo, boilerplate or shuffled answers is not to be trusted; reference shows what it gives
to a bare right answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from judge.config import BASELINES
from judge.errors import InputError, did_you_mean
from judge.records import Question

BOILERPLATE = (
    "좋은 질문을 해 주셔서 감사합니다. 이 주제는 매우 중요하며 여러 가지 측면에서 살펴볼 필요가 있습니다.\n\n"
    "첫째, 전체적인 맥락을 이해하는 것이 중요합니다. 둘째, 다양한 관점을 균형 있게 고려해야 합니다. "
    "셋째, 상황에 맞는 적절한 방법을 선택하는 것이 바람직합니다.\n\n"
    "결론적으로, 위의 내용을 종합적으로 고려하면 좋은 결과를 얻을 수 있을 것입니다. "
    "더 궁금한 점이 있으시면 언제든지 말씀해 주세요."
)
NO_REFERENCE = "이 질문에는 하나로 정해진 답이 없습니다."


def baseline_outputs(name: str, question: Question, others: Sequence[Question]) -> tuple[str, ...]:
    """Return one output a turn. `others`: the whole question set, for `baseline:shuffled`.

    Raises InputError for an unknown name, with the nearest known one.
    """
    makers: dict[str, Callable[[int], str]] = {
        "baseline:echo": lambda turn: question.questions[turn],
        "baseline:boilerplate": lambda turn: BOILERPLATE,
        "baseline:reference": lambda turn: question.references[turn] or NO_REFERENCE,
        "baseline:shuffled": lambda turn: _foreign(question, others, turn),
    }
    if name not in makers:
        raise InputError(f"unknown null model '{name}': {did_you_mean(name, BASELINES)}")
    return tuple(makers[name](turn) for turn in range(len(question.questions)))


def _foreign(question: Question, others: Sequence[Question], turn: int) -> str:
    """A wrong reference of another question, always the same one for the same question and turn."""
    right = question.references[turn]
    texts = [r for other in others if other.id != question.id for r in other.references if r and r != right]
    if not texts:
        return BOILERPLATE
    draw = hashlib.sha256(f"{question.id!r}/{turn}".encode()).digest()
    return texts[int.from_bytes(draw[:8], "big") % len(texts)]

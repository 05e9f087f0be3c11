"""Results, judgments and answers in a line each, for the tests of what is computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from judge.records import Answer, Failure, Item, Judgment, QuestionId
from judge.tables.judged_turns import JudgedTurn
from judge.tables.results import Results
from judge.text.language_rule import language_of

Scores = Mapping[Item, float | Sequence[float]]
"""(id, turn) -> the score, or one a repeat."""


def judgment(item: Item, score: float, **more: Any) -> Judgment:
    common: dict[str, Any] = {"judge": "j", "category": "c", "model": "m", "strategy": "0-shot", "comment": ""}
    return Judgment(id=item[0], turn=item[1], score=score, **(common | more))


def failure(item: Item, **more: Any) -> Failure:
    common: dict[str, Any] = {"judge": "j", "category": "c", "model": "m", "strategy": "0-shot"}
    return Failure(id=item[0], turn=item[1], kind="timeout", detail="", **(common | more))


def series(
    scores: Scores,
    *,
    model: str = "m",
    strategy: str = "0-shot",
    judge: str = "j",
    categories: Mapping[QuestionId, str] | None = None,
    expected: Mapping[Item, str] | None = None,
    digests: Mapping[Item, str] | None = None,
    **more: Any,
) -> Results:
    """`categories`: of the questions (default: all `c`); `expected`: more than was scored."""
    names = {"model": model, "strategy": strategy, "judge": judge}
    outcomes = []
    repeats = 1
    for item, given in scores.items():
        several = [given] if isinstance(given, int | float) else list(given)
        repeats = max(repeats, len(several))
        digest = (digests or {}).get(item, "")
        outcomes += [
            judgment(item, score, repeat=r, answer_digest=digest, **names) for r, score in enumerate(several, start=1)
        ]
    listed = {item: (categories or {}).get(item[0], "c") for item in scores}
    return Results(outcomes=tuple(outcomes), expected=expected or listed, repeats=repeats, **names, **more)


def board(*questions: tuple[float, float], **more: Any) -> Results:
    """A series of two turns a question, ids from 1."""
    scores = {(i, t): score for i, pair in enumerate(questions, start=1) for t, score in enumerate(pair, start=1)}
    return series(scores, **more)


def answer(*turns: tuple[str, str], references: Sequence[str | None] = (), **more: Any) -> Answer:
    """An answer of (question, output) turns to question 1."""
    questions, outputs = zip(*turns, strict=True)
    common: dict[str, Any] = {"id": 1, "category": "글쓰기", "model": "m", "strategy": "0-shot"}
    return Answer(questions=questions, outputs=outputs, references=tuple(references), **(common | more))


def judged(given: Answer, score: float, comment: str = "", turn: int = 1, **more: Any) -> JudgedTurn:
    """A verdict on a turn of an answer."""
    names = {"model": given.model, "strategy": given.strategy, "category": given.category}
    verdict = judgment((given.id, turn), score, comment=comment, **(names | more))
    return JudgedTurn(verdict, given, language_of(given, turn), "file.jsonl", verdict.judge)

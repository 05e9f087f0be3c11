"""Verdicts beside the text they were given for: what the audit and the language gate look at. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from judge.records import Answer, AnswerLanguage, Judgment, QuestionId
from judge.tables.results import Results
from judge.text.digests import question_digests
from judge.text.language_rule import language_of

VerdictKey = tuple[str, str, str, QuestionId, int, int]
"""(model, strategy, judge, id, turn, repeat): one verdict."""


@dataclass(frozen=True)
class JudgedTurn:
    """One verdict and the turn it is on."""

    judgment: Judgment
    answer: Answer
    language: AnswerLanguage
    """What the answer has to be in."""
    path: str = ""
    """The file that the verdict stands in."""
    judge: str = ""
    """The judge as tables call it; its configuration is named where a run holds several."""
    offline: bool = False

    @property
    def key(self) -> VerdictKey:
        """What the verdict is told by."""
        j = self.judgment
        return (j.model, j.strategy, self.judge or j.judge, j.id, j.turn, j.repeat)

    @property
    def output(self) -> str:
        """The text that was judged."""
        return self.answer.outputs[self.judgment.turn - 1]

    @property
    def question(self) -> str:
        """The user's words of this turn."""
        return self.answer.questions[self.judgment.turn - 1]

    @property
    def asked(self) -> str:
        """Digest of the user's words up to this turn: what makes two questions of one id the same."""
        return question_digests(self.answer.questions)[self.judgment.turn - 1]

    @property
    def reference(self) -> str | None:
        """The right answer of this turn, None where there is none."""
        turn = self.judgment.turn
        return self.answer.references[turn - 1] if turn <= len(self.answer.references) else None

    @property
    def earlier(self) -> tuple[str, ...]:
        """Questions and outputs of the turns before, in the order they were said."""
        turn = self.judgment.turn - 1
        pairs = zip(self.answer.questions[:turn], self.answer.outputs[:turn], strict=True)
        return tuple(text for pair in pairs for text in pair)


def judged_of(series: Results, answers: Mapping[QuestionId, Answer], path: str = "") -> Iterator[JudgedTurn]:
    """Yield the verdicts of a series whose answer is among `answers`, to the words that the series was asked.

    Failures are no verdicts.
    """
    for outcome in series.outcomes:
        answer = answers.get(outcome.id)
        if isinstance(outcome, Judgment) and answer is not None and outcome.turn in answer.turns:
            text = series.texts.get((outcome.id, outcome.turn))
            if text and text != question_digests(answer.questions)[outcome.turn - 1]:
                continue
            language = language_of(answer, outcome.turn)
            yield JudgedTurn(outcome, answer, language, path, series.judge, series.offline)


def without_answer(series: Sequence[Results], found: Sequence[JudgedTurn]) -> int:
    """Return how many verdicts of the series have no answer at hand."""
    total = sum(isinstance(outcome, Judgment) for one in series for outcome in one.outcomes)
    return total - len(found)

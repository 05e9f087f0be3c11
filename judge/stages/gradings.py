"""What a judge is handed: one turn of one answer, and which of them are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from judge.config import JudgeConfig, JudgeSettings, digest
from judge.records import Answer, AnswerLanguage, Failure, Judgment, QuestionId, Usage, Verdict
from judge.text.digests import answer_digest
from judge.text.language_rule import languages
from judge.text.reply_forms import empty_verdict


@dataclass(frozen=True)
class Grading:
    """One turn of one answer to be judged once."""

    answer: Answer
    turn: int
    repeat: int
    round: int
    languages: tuple[AnswerLanguage, ...]
    """One a turn of the answer."""
    judge_digest: str
    answer_digest: str
    digest: str
    """Of the judge and all that it is shown."""
    asks_empty: bool = False
    """An empty answer is sent to the judge, too."""

    @property
    def id(self) -> QuestionId:
        """The question's id."""
        return self.answer.id

    @property
    def series(self) -> str:
        """The name of the file among those of one judge that the outcome stands in."""
        return self.answer.strategy

    @property
    def mark(self) -> str:
        """What the request bears and the verdict line has to repeat; empty: nothing."""
        return ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said that could be judged."""
        return not self.answer.outputs[self.turn - 1].strip()

    def by_rule(self, settings: JudgeSettings) -> Verdict:
        """Return the verdict where nothing was said."""
        return empty_verdict(settings)

    def judgment(self, **fields: Any) -> Judgment:
        """Return the stored form of a verdict on this work."""
        return Judgment(**fields)

    def failure(self, **fields: Any) -> Failure:
        """Return the stored form of this work where there is no verdict."""
        return Failure(**fields)


Again = Callable[[Usage], bool]
"""Is told what work has used so far without a verdict; says whether it may be asked once more."""


def always(used: Usage) -> bool:
    """Allow every request."""
    return True


class Judge(Protocol):
    """What can give a verdict."""

    config: JudgeConfig

    async def grade(self, work: Grading, again: Again = ...) -> Judgment | Failure:
        """Return the outcome; raise FatalChatError where no verdict can be had."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the tables must know of how the judge was asked."""
        ...


class Subject(Protocol):
    """What has turns to be judged: an answer, or two of them."""

    @property
    def id(self) -> QuestionId:
        """The question's id."""
        ...

    @property
    def strategy(self) -> str:
        """The name of the file among those of one judge that its outcomes stand in."""
        ...

    @property
    def turns(self) -> Sequence[int]:
        """The turns that are judged."""
        ...


Works = Callable[[Any, JudgeConfig, int, int], Iterator[Grading]]
"""(subject, judge, repeats, round) -> what is to be judged of it."""


def works(answer: Answer, config: JudgeConfig, repeats: int = 1, number: int = 1) -> Iterator[Grading]:
    """Yield what is to be judged of one answer in round `number`: every turn with an output, `repeats` times."""
    shown, judge = languages(answer), config.digest()
    for turn in answer.turns:
        text = answer_digest(answer, turn)
        for repeat in range(1, repeats + 1):
            yield Grading(
                answer,
                turn,
                repeat,
                number,
                shown,
                judge,
                text,
                digest([judge, answer.model, answer.strategy, answer.id, turn, repeat, text]),
                config.settings.empty_answers == "ask",
            )


def is_empty(work: Grading) -> bool:
    """Whether the answer is an empty text that is judged by rule and never sent."""
    return not work.asks_empty and work.is_empty

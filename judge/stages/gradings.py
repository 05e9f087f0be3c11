"""What a judge is handed: one turn of one answer, and which of them are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from judge.config import JudgeConfig, digest
from judge.records import Answer, AnswerLanguage, Failure, Judgment, QuestionId, Usage
from judge.text.digests import answer_digest
from judge.text.language_rule import FoundLanguage, found_language, languages


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
    language_by_rule: bool = False
    """An answer in a wrong language is not sent (`JudgeConfig.language_by_rule`)."""

    @property
    def id(self) -> QuestionId:
        """The question's id."""
        return self.answer.id


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
                config.language_by_rule,
            )


def found_in(work: Grading) -> FoundLanguage | None:
    """Return what is found of the answer's language, None where the pack leaves that to the judge."""
    at = work.turn - 1
    return found_language(work.languages[at], work.answer.outputs[at]) if work.language_by_rule else None


def ruled(work: Grading) -> Literal["empty", "language"] | None:
    """Return the rule that judges the answer so that it is never sent: it is empty, or in a wrong language."""
    if not work.asks_empty and not work.answer.outputs[work.turn - 1].strip():
        return "empty"
    found = found_in(work)
    return "language" if found is not None and found.verdict == "wrong" else None

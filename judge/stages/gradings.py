"""What a judge is handed: one turn of one answer, and which of them are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from judge.config import JudgeConfig, JudgeSettings, digest
from judge.records import Answer, AnswerLanguage, Failure, Judgment, QuestionId, Usage, Verdict
from judge.text.digests import answer_digest
from judge.text.language_rule import FoundLanguage, found_language, language_figures, languages
from judge.text.marks import verdict_mark, writes_score
from judge.text.reply_forms import empty_verdict, language_verdict


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

    @property
    def series(self) -> str:
        """The name of the file among those of one judge that the outcome stands in."""
        return self.answer.strategy

    @property
    def mark(self) -> str:
        """What the request bears and the verdict line has to repeat, where the templates ask for it."""
        return verdict_mark(self.digest)

    @property
    def found(self) -> FoundLanguage | None:
        """What is found of the answer's language, None where the pack leaves that to the judge."""
        at = self.turn - 1
        return found_language(self.languages[at], self.answer.outputs[at]) if self.language_by_rule else None

    @property
    def rule(self) -> Literal["empty", "language"] | None:
        """The rule that judges the answer so that it is never sent: it is empty, or in a wrong language."""
        if not self.asks_empty and not self.answer.outputs[self.turn - 1].strip():
            return "empty"
        found = self.found
        return "language" if found is not None and found.verdict == "wrong" else None

    def by_rule(self, settings: JudgeSettings) -> Verdict:
        """Return the verdict of `rule`."""
        if self.rule != "language" or self.found is None:
            return empty_verdict(settings)
        return language_verdict(settings, language_figures(self.languages[self.turn - 1], self.found))

    def echoes(self, score: float) -> bool:
        """Whether the answer writes this verdict itself, so that a reply without the mark may only repeat it."""
        return any(writes_score(output, score) for output in self.answer.outputs[: self.turn])

    @property
    def shown(self) -> tuple[Answer, ...]:
        """The answers that the judge is shown."""
        return (self.answer,)

    def holds(self, reply: str) -> bool:
        """Whether an answer holds the JSON object of the reply, white space aside: the judge may only repeat it."""
        said = "".join(reply[reply.find("{") : reply.rfind("}") + 1].split())
        return any(said in "".join(output.split()) for one in self.shown for output in one.outputs[: self.turn])

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
                config.language_by_rule,
            )

"""Two answers to be compared by a judge: the work, and who does it.

A pair is judged by the machinery of single answers (`owed`, `pipeline`, `batches`, `budget`): it has turns, and every
turn in every order is one unit of work. A judge speaks of the answer shown first; what is stored speaks of side A.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from judge.config import JudgeConfig, JudgeSettings, digest
from judge.endpoints.replies import Chat
from judge.packs.pair_prompts import PairPrompts, Shown
from judge.records import Answer, Failure, Judgment, Message, QuestionId, Verdict
from judge.runs.games import Game, GameFailure, Order, Scope
from judge.stages.gradings import Again, Grading, always
from judge.stages.judges import LlmJudge, judged, rules_verdict
from judge.stages.runaways import Loops
from judge.text.digests import pair_digest
from judge.text.language_rule import found_language, languages
from judge.text.pair_verdicts import levels_of, writes_verdict

CLEARLY = 2.0
"""Points between the rule judge's two scores from which one answer is clearly better."""

EMPTY = "비어 있음 (심판에게 보내지 않고 규칙으로 판정)"
WRONG = "요구한 언어가 아님 (심판에게 보내지 않고 규칙으로 판정)"


@dataclass(frozen=True)
class Pair:
    """The answers of both sides to one question, in one order."""

    a: Answer
    b: Answer
    order: Order
    scope: Scope

    @property
    def id(self) -> QuestionId:
        """The question's id."""
        return self.a.id

    @property
    def category(self) -> str:
        """The question's category."""
        return self.a.category

    @property
    def questions(self) -> tuple[str, ...]:
        """The user's words, one a turn."""
        return self.a.questions

    @property
    def strategy(self) -> str:
        """The order, by which the files of games are named."""
        return self.order

    @property
    def turns(self) -> Sequence[int]:
        """The turns that both have answered; of a conversation the last one stands for all."""
        last = min(len(self.a.outputs), len(self.b.outputs))
        return range(1, last + 1) if self.scope == "turn" else (last,)


@dataclass(frozen=True, kw_only=True)
class PairGrading(Grading):
    """One turn of two answers to be judged once. `answer` is that of side A, `asks_empty` is false."""

    other: Answer
    """That of side B."""
    order: Order
    scope: Scope

    @property
    def series(self) -> str:
        """The name of the file of games."""
        return self.order

    @property
    def shown(self) -> tuple[Answer, Answer]:
        """Both answers in the order in which they are shown."""
        return (self.answer, self.other) if self.order == "ab" else (self.other, self.answer)

    @property
    def found(self) -> None:
        """Nothing: what is found of a language is that of one answer."""
        return None

    @property
    def rule(self) -> Literal["empty", "language"] | None:
        """The rule that judges it: an answer says nothing, or a turn is in a wrong language."""
        if any(map(self._says_nothing, self.shown)):
            return "empty"
        return "language" if any(map(self._is_wrong, self.shown)) else None

    def _is_wrong(self, answer: Answer) -> bool:
        if self.scope != "turn":
            return False
        at = self.turn - 1
        return found_language(self.languages[at], answer.outputs[at]).verdict == "wrong"

    def _says_nothing(self, answer: Answer) -> bool:
        said = answer.outputs[self.turn - 1 : self.turn] if self.scope == "turn" else answer.outputs
        return not any(text.strip() for text in said)

    def by_rule(self, settings: JudgeSettings) -> Verdict:
        """Return what the rule says: an answer that breaks it loses clearly, two that break it are equal."""
        empty = self.rule == "empty"
        first, second = map(self._says_nothing if empty else self._is_wrong, self.shown)
        what = EMPTY if empty else WRONG
        if first and second:
            return Verdict(0, f"두 답변이 모두 {what}")
        return Verdict(settings.lowest if first else settings.highest, f"한쪽 답변이 {what}")

    def echoes(self, score: float) -> bool:
        """Whether one of the answers writes a verdict itself."""
        return any(writes_verdict(output) for answer in self.shown for output in answer.outputs[: self.turn])

    def judgment(self, **fields: Any) -> Judgment:
        """Return the game; the score of the fields is that of the answer shown first."""
        score = fields.pop("score")
        return Game(**fields, **self._names(), score=score if self.order == "ab" else -score)

    def failure(self, **fields: Any) -> Failure:
        """Return the game that gave no verdict."""
        return GameFailure(**fields, **self._names())

    def _names(self) -> dict[str, Any]:
        names = {"b_model": self.other.model, "b_strategy": self.other.strategy}
        return {**names, "order": self.order, "scope": self.scope}


def pair_works(pair: Pair, config: JudgeConfig, repeats: int = 1, number: int = 1) -> Iterator[PairGrading]:
    """Yield what is to be judged of one pair in round `number`: every turn, `repeats` times."""
    judge, a, b = config.digest(), pair.a, pair.b
    for turn in pair.turns:
        text = pair_digest(a, b, turn)
        for repeat in range(1, repeats + 1):
            named = [a.model, a.strategy, b.model, b.strategy, pair.order, pair.scope]
            yield PairGrading(
                a,
                turn,
                repeat,
                number,
                languages(a if len(a.outputs) <= len(b.outputs) else b),
                judge,
                text,
                digest([judge, *named, a.id, turn, repeat, text]),
                other=b,
                order=pair.order,
                scope=pair.scope,
            )


class PairJudge(LlmJudge):
    """A model that says which of two answers is better."""

    def __init__(self, chat: Chat, prompts: PairPrompts, config: JudgeConfig, *, loops: Loops | None = None) -> None:
        super().__init__(chat, None, config, loops=loops)
        self._pairs = prompts

    def messages(self, work: Grading) -> list[Message]:
        """Return what the judge is sent for one unit of work."""
        assert isinstance(work, PairGrading)  # noqa: S101 - a judge of pairs is given no other work
        first, second = work.shown
        return self._pairs.render(Shown(first, second, work.turn, work.languages, work.mark))


class PairRuleJudge:
    """The offline rule judge: the answer with the higher score is better, clearly from `CLEARLY` points on."""

    def __init__(self, config: JudgeConfig) -> None:
        self.config = config

    async def grade(self, work: Grading, again: Again = always) -> Judgment | Failure:
        """Return the rules' verdict; it never fails."""
        assert isinstance(work, PairGrading)  # noqa: S101 - as above
        turns = [work.turn] if work.scope == "turn" else [*range(1, work.turn + 1)]
        first, second = ([rules_verdict(answer, turn, work.languages).score for turn in turns] for answer in work.shown)
        gap = (sum(first) - sum(second)) / len(turns)
        level = (gap > 0) - (gap < 0)
        clear = abs(gap) >= CLEARLY and len(levels_of(self.config.settings)) > 3
        said = " / ".join(f"{a:g} 대 {b:g}" for a, b in zip(first, second, strict=True))
        verdict = Verdict(level * (2 if clear else 1), f"규칙 채점 (먼저 놓인 답변 대 나중 답변): {said}점")
        return judged(work, self.config, verdict, by="rule")

    def notes(self) -> tuple[str, ...]:
        """Return nothing; no model is asked."""
        return ()

"""How far the conversations of a run are, told turn by turn, with the tokens that were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from judge.records import Answer, AnswerFailure, QuestionId
from judge.runs.turns import KeptTurn, Turns
from judge.stages.conversations import Conversation
from judge.stages.progress import Reporter
from judge.wording import Note

TURNS = Note("turns", "턴")


class TurnCounts:
    """Tells a reporter of every turn once; of a conversation that fails, of all that are left of it."""

    def __init__(
        self, stage: str, all_: Sequence[Conversation], work: Sequence[Conversation], turns: Turns, report: Reporter
    ) -> None:
        """`work`: what of `all_` has no answer yet; `turns`: what is kept of it."""
        self._stage, self._report, self._turns = stage, report, turns
        self._left: dict[tuple[str, QuestionId], int] = {}
        for one in work:
            asked = len(one.question.questions)
            kept = len(turns.kept.get(one.digest, ())[: asked - 1])
            self._left[one.strategy.name, one.question.id] = asked - kept
        total = sum(len(one.question.questions) for one in all_)
        report.begin(stage, total, total - sum(self._left.values()), unit=TURNS)

    def turns(self) -> Turns:
        """Return the turns with a place for new ones that counts them."""
        return replace(self._turns, keep=self._keep)

    def _keep(self, turn: KeptTurn) -> None:
        self._turns.keep(turn)
        self._left[turn.strategy, turn.id] -= 1
        self._report.advance(self._stage, tokens=turn.usage.completion_tokens)

    def ended(self, result: Answer | AnswerFailure, failure: str | None = None) -> None:
        """Count what is left of a conversation that has come to its end."""
        left = self._left.pop((result.strategy, result.id))
        usage = result.usage[-left:] if isinstance(result, Answer) else ()
        tokens = sum(one.completion_tokens for one in usage)
        self._report.advance(self._stage, failure=failure, units=left, tokens=tokens)

"""The programs that work out references anew: one for each turn of a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Question = TypeVar("Question")
Found = TypeVar("Found")
Key = tuple[int, int]
"""Id of a question and turn, counted from 1."""


class Programs(dict[Key, Callable[[Question], Found]], Generic[Question, Found]):
    """(id, turn) -> the program that returns what the reference of that turn must say."""

    def recomputes(
        self, question_id: int, turn: int
    ) -> Callable[[Callable[[Question], Found]], Callable[[Question], Found]]:
        """Register the decorated program; a second one for the same turn is an error."""

        def register(program: Callable[[Question], Found]) -> Callable[[Question], Found]:
            assert (question_id, turn) not in self, f"two programs for {question_id}, turn {turn}"
            self[question_id, turn] = program
            return program

        return register

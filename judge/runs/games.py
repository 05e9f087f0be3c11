"""Every line of a contest's games: Game, GameFailure. A game: a judge has seen the answers of two sides once.

A game is a judgment whose score says how much better side A's answer is, whatever the order in which the two were
shown. So what holds for judgments (keys, rounds, digests, failures that are no number) holds for games.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from judge.records import Failure, Judgment

Order = Literal["ab", "ba"]
"""Whose answer was shown first. `ab`: that of side A."""

Scope = Literal["turn", "conversation"]
"""What was judged: the answer of one turn, with the conversation before it, or the whole conversation (`turn` is then
its last one)."""

ORDERS: tuple[Order, Order] = ("ab", "ba")

THREE_LEVELS, FIVE_LEVELS = (-1.0, 1.0), (-2.0, 2.0)
"""The range of `score`: A, tie, B; or A>>B, A>B, A=B, B>A, B>>A. Positive: A is better."""


class Game(Judgment):
    """A judge's verdict on two answers. `model` and `strategy` are those of side A, `score` is one of -2 .. 2."""

    b_model: str
    b_strategy: str
    order: Order
    scope: Scope = "turn"
    score_range: tuple[float, float] = FIVE_LEVELS

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.score != int(self.score):
            raise ValueError(f"score: {self.score:g} is no level")
        return self

    @property
    def share(self) -> Fraction:
        """Side A's share of the game: 1 won (clearly, with five levels), 1/2 drawn, 0 lost."""
        lowest, highest = map(Fraction, self.score_range)
        return (Fraction(self.score) - lowest) / (highest - lowest)


class GameFailure(Failure):
    """A game without a verdict; asked for again, never a number."""

    b_model: str
    b_strategy: str
    order: Order
    scope: Scope = "turn"


GameOutcome = Annotated[Game | GameFailure, Field(discriminator="status")]
"""One line of games/<judge>/<order>.jsonl."""

"""How often the 95 % interval of a win rate holds the true one, and how often equal sides are called different.

    python benchmarks/win_rate_interval.py [--contests 500]

Simulated contests of 42 questions in six categories, two turns and both orders: questions and turns differ, a judge has
noise and may favour the first place. The truth is the mean of 400 other contests. Needs no data; some minutes.
"""

from __future__ import annotations

import argparse

import numpy as np

from judge.runs.games import Game, Order
from judge.tables.contest import Contest, Side
from judge.trust.contests import score

QUESTIONS, PER_CATEGORY = 42, 7
NAMES = {"model": "a", "strategy": "s", "b_model": "b", "b_strategy": "s", "judge": "j", "comment": ""}
ORDERS: tuple[tuple[Order, int], ...] = (("ab", 1), ("ba", -1))


def contest(generator: np.random.Generator, gap: float, favour: float) -> Contest:
    """Return a contest; `gap`: how much better side A is, `favour`: what the first place is worth, both in levels."""
    games, expected = [], {}
    for question in range(QUESTIONS):
        category = question // PER_CATEGORY
        of_question = generator.normal(gap + 0.16 * (category - 2.5), 1.0)
        for turn in (1, 2):
            of_turn = of_question + generator.normal(0, 0.7)
            expected[question, turn] = str(category)
            for order, sign in ORDERS:
                level = round(of_turn + sign * favour + generator.normal(0, 0.5))
                more = {"order": order, "score": min(2, max(-2, level)), "category": str(category)}
                games.append(Game(id=question, turn=turn, **NAMES, **more))
    return Contest(Side("a", "s"), Side("b", "s"), "j", tuple(games), expected)


def main() -> None:
    """Print a line a setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contests", type=int, default=500, help="a setting")
    number = parser.parse_args().contests
    generator = np.random.default_rng(7)
    for gap in (0.0, 0.4, 1.2):
        for favour in (0.0, 0.8):
            others = [contest(generator, gap, favour) for _ in range(400)]
            true = float(np.mean([float(g.share) for one in others for g in one.games if isinstance(g, Game)]))
            found = [score(contest(generator, gap, favour), draws=1000, seed=1) for _ in range(number)]
            held = sum(one.interval is not None and one.interval.low <= true <= one.interval.high for one in found)
            called = sum(one.p < 0.05 for one in found)
            print(
                f"side A better by {gap} levels, first place worth {favour}: true win rate {true:.3f}, "
                f"interval holds it in {held / number:.1%}, p below 0.05 in {called / number:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""A contest of three duels: one won in both orders, one in which the orders differ, one with a game that failed."""

from __future__ import annotations

from judge.records import Item
from judge.runs.games import Game, GameFailure
from judge.tables.contest import Contest, Side

EVIL = "</div><script>alert(1)</script>\x1b[31m"
A, B = Side("org/가", "0-shot"), Side(f"org/{EVIL}", "0-shot")


def contest() -> Contest:
    """Two questions: one won in both orders, one where a game failed."""
    names = {"model": A.model, "strategy": A.strategy, "b_model": B.model, "b_strategy": B.strategy}
    names |= {"judge": "j", "category": "수학"}
    games: list[Game | GameFailure] = [
        Game(id=1, turn=1, order="ab", score=2, comment=f"첫째 {EVIL}", **names),
        Game(id=1, turn=1, order="ba", score=1, comment="둘째", **names),
        Game(id=2, turn=1, order="ab", score=1, comment="셋째", **names),
        Game(id=2, turn=1, order="ba", score=-1, comment="넷째", **names),
        Game(id=3, turn=1, order="ab", score=0, comment="다섯째", **names),
        GameFailure(id=3, turn=1, order="ba", kind="refusal", detail="거절", **names),
    ]
    items: list[Item] = [(1, 1), (2, 1), (3, 1)]
    texts = dict.fromkeys(items, (f"가의 답 {EVIL}", "나의 답"))
    asked = {item: f"{item[0]}번 {EVIL}" for item in items}
    return Contest(A, B, "j", tuple(games), dict.fromkeys(items, "수학"), answers=texts, questions=asked)

"""The order in which questions are asked where not all of them may be needed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from judge.records import QuestionId


def asking_order(questions: Mapping[QuestionId, str], seed: int = 0) -> list[QuestionId]:
    """Return the ids (id -> category) so that every beginning holds each category in its share.

    Within a category the order is drawn by a digest of the id and `seed`: the same set gives the same order anywhere.
    """

    def drawn(identifier: QuestionId) -> str:
        return hashlib.sha256(f"{seed} {identifier!r}".encode()).hexdigest()

    members: dict[str, list[QuestionId]] = {}
    for identifier in sorted(questions, key=drawn):
        members.setdefault(questions[identifier], []).append(identifier)
    places = {
        identifier: ((place + 0.5) / len(found), drawn(identifier))
        for found in members.values()
        for place, identifier in enumerate(found)
    }
    return sorted(places, key=lambda identifier: places[identifier])

"""The conversations of a run, and which of them are missing; `answerers` holds them.

Each (question, strategy) is one conversation that goes on by itself: no conversation waits for another, so a vLLM
server is kept full from the first token to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from judge.config import GenerateConfig, digest
from judge.packs.strategies import Strategy
from judge.records import Question, QuestionId
from judge.runs.folder import RunFolder
from judge.runs.turns import Turns, first_turns


@dataclass(frozen=True)
class Conversation:
    """One unit of work."""

    question: Question
    strategy: Strategy
    digest: str
    """Of what makes the answer: question, strategy, model, sampling."""


def expected_conversations(
    questions: Sequence[Question], strategies: Sequence[Strategy], config: GenerateConfig
) -> list[Conversation]:
    """Return every conversation of a run, strategy by strategy."""
    made_by = {
        "model": config.model,
        "asked": config.asked,
        "sampling": config.sampling.parameters(),
        "engine": config.engine,
        **({"verbatim": True} if config.verbatim else {}),
    }
    return [
        Conversation(
            question,
            strategy,
            digest({**made_by, "question": question.asked(), "strategy": strategy.digest}),
        )
        for strategy in strategies
        for question in questions
    ]


def owed(run: RunFolder, conversations: Sequence[Conversation]) -> list[Conversation]:
    """Return the conversations that the run folder has no answer of the same digest for."""
    done: dict[tuple[str, QuestionId], str] = {
        (strategy, answer.id): answer.digest
        for strategy in {c.strategy.name for c in conversations}
        for answer in run.answers(strategy).values()
    }
    return [c for c in conversations if done.get((c.strategy.name, c.question.id)) != c.digest]


def resumed(run: RunFolder, work: Sequence[Conversation]) -> Turns:
    """Return the turns that were finished before the run was cut off, and where those of now go."""
    names, asked = {c.strategy.name for c in work}, {c.digest for c in work}
    kept = {
        key: turns
        for name in names
        for key, turns in first_turns(run.kept_turns(name), run.answer_failures(name).values()).items()
        if key in asked
    }
    return Turns(kept, run.add_answer)


def drop_turns(run: RunFolder, strategies: Sequence[str]) -> None:
    """Remove the kept turns of each strategy where every one of them belongs to a finished answer."""
    for name in strategies:
        if not run.answers_file(name, ".turns").exists():
            continue
        done = {answer.digest for answer in run.answers(name).values()}
        if all(turn.digest in done for turn in run.kept_turns(name)):
            run.drop_turns(name)


def longest_first(work: Sequence[Conversation], run: RunFolder, strategies: Sequence[str]) -> list[Conversation]:
    """Return `work` with the conversations first that took longest under any strategy before, so that the tail of
    a run is short. Where nothing is known the order stays.
    """
    known: dict[QuestionId, int] = {}
    for strategy in strategies:
        for answer in run.answers(strategy).values():
            known[answer.id] = max(known.get(answer.id, 0), sum(len(output) for output in answer.outputs))
    return sorted(work, key=lambda conversation: -known.get(conversation.question.id, 0))

"""Stage: questions -> answers.

Each (question, strategy) is one conversation that goes on by itself: no conversation waits for another, so a vLLM
server is kept full from the first token to the last.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from judge.baselines import baseline_outputs
from judge.chat_replies import Chat, Reply, adaptation_notes
from judge.chat_template import UNKNOWN, Examined
from judge.config import GenerateConfig, digest
from judge.endings import Ending, end_of
from judge.errors import FatalChatError, RejectedError, TransientError
from judge.fanout import fanout
from judge.kept_turns import NO_TURNS, KeptTurn, Turns, first_turns
from judge.prompts import Message, Strategy, conversation, fold_system
from judge.records import Answer, AnswerFailure, FailureKind, Question, QuestionId, Usage
from judge.run_folder import RunFolder, now
from judge.thoughts import Parted, part


@dataclass(frozen=True)
class Conversation:
    """One unit of work."""

    question: Question
    strategy: Strategy
    digest: str
    """Of what makes the answer: question, strategy, model, sampling."""


class Answerer(Protocol):
    """What can hold a conversation."""

    async def answer(self, work: Conversation, turns: Turns = NO_TURNS) -> Answer | AnswerFailure:
        """Return the answer or why there is none; raise FatalChatError where no conversation can succeed.

        `turns`: goes on after what is kept of this conversation, and gets each turn that another one follows.
        """
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the tables must know of how the model was asked."""
        ...


def expected(
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


def generate(
    work: Sequence[Conversation],
    answerer: Answerer,
    concurrency: int,
    left: Callable[[Answer | AnswerFailure], None] = lambda _: None,
    turns: Turns = NO_TURNS,
) -> AsyncGenerator[Answer | AnswerFailure, None]:
    """Yield an answer or a failure a conversation, in completion order; `left` is given what could not be yielded."""
    return fanout(work, lambda conversation: answerer.answer(conversation, turns), concurrency, left)


class ModelAnswerer:
    """A model behind an endpoint."""

    def __init__(self, chat: Chat, config: GenerateConfig, template: Examined = UNKNOWN) -> None:
        """`template`: what a probe has found out about the server's chat template."""
        self._chat, self._model, self._sampling = chat, config.model, config.sampling
        self._template = template
        self._verbatim = config.verbatim

    def notes(self) -> tuple[str, ...]:
        """Return what was found of the chat template, and the parameters that the endpoint did not take."""
        return (*self._template.notes, *adaptation_notes(self._model, self._chat.adaptations))

    async def answer(self, work: Conversation, turns: Turns = NO_TURNS) -> Answer | AnswerFailure:
        """Hold the conversation to its end, one request a turn that is not kept. Raises FatalChatError."""
        last = len(work.question.questions)
        held = list(turns.kept.get(work.digest, ()))[: last - 1]
        for turn in range(len(held) + 1, last + 1):
            said = [before.said for before in held]
            try:
                reply = await self._ask(work, said, last=turn == last)
            except FatalChatError:
                raise
            except (RejectedError, TransientError) as error:
                kind: FailureKind = error.kind  # type: ignore[assignment]
                return failed(work, self._model, turn, kind, str(error), error.attempts, said)
            parted = part(reply.text) if not self._verbatim else Parted(reply.text.strip(), None, False)
            if parted.cut_off or (not reply.text and reply.reasoning and reply.finish_reason == "length"):
                detail = "the reasoning was cut off before any answer; raise --max-tokens"
                return failed(work, self._model, turn, "truncated_reasoning", detail, reply.attempts, said)
            ending = end_of(parted.said) if not self._verbatim else Ending(parted.said, "", 0, False)
            held.append(self._turn(work, turn, reply, ending, reply.reasoning or parted.thought))
            if turn < last:
                turns.keep(held[-1])
        return Answer(
            id=work.question.id,
            category=work.question.category,
            questions=work.question.questions,
            outputs=tuple(each.said for each in held),
            references=work.question.references,
            model=self._model,
            strategy=work.strategy.name,
            finish_reasons=tuple(each.finish_reason for each in held),
            usage=tuple(each.usage for each in held),
            reasoning=tuple(each.reasoning for each in held),
            cut=tuple(each.cut for each in held),
            created=now(),
            digest=work.digest,
            answer_language=work.question.answer_language,
            rubric=work.question.rubric,
            checks=work.question.checks,
        )

    def _turn(self, work: Conversation, turn: int, reply: Reply, ending: Ending, thought: str | None) -> KeptTurn:
        return KeptTurn(
            id=work.question.id,
            strategy=work.strategy.name,
            turn=turn,
            said=ending.text,
            cut=ending.cut,
            reasoning=thought,
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            model=self._model,
            created=now(),
            digest=work.digest,
        )

    async def prompt(self, work: Conversation) -> tuple[list[Message], str | None]:
        """Return the messages of the first turn and their exact rendering, None where the server can't tell."""
        messages = self._messages(work, ())
        rendered = await self._template.api.render(messages) if self._template.api else None
        return messages, rendered.text if rendered else None

    def _messages(self, work: Conversation, said: Sequence[str]) -> list[Message]:
        messages = conversation(work.strategy, work.question, said)
        return fold_system(messages) if self._template.folds_system else messages

    async def _ask(self, work: Conversation, said: Sequence[str], *, last: bool) -> Reply:
        messages = self._messages(work, said)
        sampling = self._sampling
        if not last and sampling.max_tokens is None:
            room = await self._template.room(messages)
            if room is not None:
                sampling = sampling.model_copy(update={"max_tokens": max(1, room // 2)})
        return await self._chat.complete(messages, sampling)


class BaselineAnswerer:
    """A null model: answers without a model."""

    def __init__(self, name: str, questions: Sequence[Question], shown: str | None = None) -> None:
        """`shown`: the model's name in files and tables, where it is another one."""
        self._name, self._questions, self._shown = name, questions, shown or name

    def notes(self) -> tuple[str, ...]:
        """Return that no model was asked."""
        return ("a null model: no model was asked",)

    async def answer(self, work: Conversation, turns: Turns = NO_TURNS) -> Answer | AnswerFailure:
        """Return the null model's answer; it never fails."""
        outputs = baseline_outputs(self._name, work.question, self._questions)
        return Answer(
            id=work.question.id,
            category=work.question.category,
            questions=work.question.questions,
            outputs=outputs,
            references=work.question.references,
            model=self._shown,
            strategy=work.strategy.name,
            finish_reasons=("stop",) * len(outputs),
            usage=(Usage(),) * len(outputs),
            reasoning=(None,) * len(outputs),
            created=now(),
            digest=work.digest,
            answer_language=work.question.answer_language,
            rubric=work.question.rubric,
            checks=work.question.checks,
        )


def failed(
    work: Conversation,
    model: str,
    turn: int,
    kind: FailureKind,
    detail: str,
    attempts: int,
    said: Sequence[str] = (),
) -> AnswerFailure:
    """Return the failure of a conversation at `turn` (1-based), with what was said before."""
    return AnswerFailure(
        id=work.question.id,
        category=work.question.category,
        turn=turn,
        kind=kind,
        detail=detail,
        attempts=attempts,
        outputs=tuple(said),
        model=model,
        strategy=work.strategy.name,
        created=now(),
        digest=work.digest,
    )

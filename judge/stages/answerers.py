"""Who answers: a model behind an endpoint, or a null model; one conversation at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from judge.config import GenerateConfig
from judge.endpoints.replies import Chat, Reply
from judge.endpoints.requests import adaptation_notes, fold_system
from judge.endpoints.vllm.api import ending_loops
from judge.endpoints.vllm.watch import EngineWatch
from judge.errors import FailureKind, FatalChatError, RejectedError, TransientError
from judge.packs.strategies import conversation
from judge.records import Answer, AnswerFailure, Message, Question, Usage
from judge.rules.null_models import baseline_outputs
from judge.runs.manifest import now
from judge.runs.turns import NO_TURNS, KeptTurn, Turns
from judge.stages.conversations import Conversation
from judge.stages.preflight import UNKNOWN, Examined
from judge.stages.runaways import ANSWER_TOKENS, THINKING_TOKENS, Watch
from judge.text.endings import Ending, end_of
from judge.text.loops import TIMES
from judge.text.thoughts import Parted, part
from judge.wording import Note

MORE_TOKENS = "raise --max-tokens, with --fresh or another --out where some are answered already"
"""Another limit is another configuration, which a run with answers does not take."""


def _mended(error: RejectedError | TransientError) -> str:
    return f"{error}; {MORE_TOKENS}" if error.kind in ("length", "truncated_reasoning") else str(error)


class WatchedAnswerer:
    """An answerer on a server of our own."""

    def __init__(self, answerer: Answerer, watch: EngineWatch) -> None:
        self.answerer, self._watch = answerer, watch

    async def answer(self, work: Conversation, turns: Turns = NO_TURNS) -> Answer | AnswerFailure:
        """Return the answer; raises ServerError when the engine dies."""
        return await self._watch.during(self.answerer.answer(work, turns))

    def notes(self) -> tuple[str, ...]:
        """Return the answerer's own notes."""
        return self.answerer.notes()


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


class ModelAnswerer:
    """A model behind an endpoint."""

    def __init__(self, chat: Chat, config: GenerateConfig, template: Examined = UNKNOWN) -> None:
        """`template`: what a probe has found out about the server's chat template."""
        self._chat, self._model, self._sampling = chat, config.model, config.sampling
        self._template = template
        self._thinks = template.thinks is True
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
                reply = await self._reply(work, said, last=turn == last)
            except FatalChatError:
                raise
            except (RejectedError, TransientError) as error:
                return answer_failure(work, self._model, turn, error.kind, _mended(error), error.attempts, said)
            parted = part(reply.text) if not self._verbatim else Parted(reply.text.strip(), None, False)
            if parted.cut_off:
                detail = f"the reasoning was cut off before any answer; {MORE_TOKENS}"
                if reply.finish_reason == "repetition":
                    detail = "the model went round in a loop while it was thinking"
                return answer_failure(work, self._model, turn, "truncated_reasoning", detail, reply.attempts, said)
            ending = end_of(parted.said) if not self._verbatim else Ending(parted.said, "", 0, False)
            if not ending.text.strip():
                detail = "the reply holds no answer: only thoughts or chat tokens"
                return answer_failure(work, self._model, turn, "empty_reply", detail, reply.attempts, said)
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
            cases=work.question.cases,
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

    async def _reply(self, work: Conversation, said: Sequence[str], *, last: bool) -> Reply:
        """Ask; where a thought has used up the limit of a model that does not think, once more with the longer one."""
        short = self.limits() == {"answer_tokens": ANSWER_TOKENS}
        try:
            reply = await self._ask(work, said, last=last)
        except RejectedError as error:
            if not short or error.kind != "truncated_reasoning":
                raise
            spent, attempts = error.usage or Usage(), error.attempts
        else:
            if self._verbatim:
                return reply
            parted = part(reply.text)
            self._thinks = self._thinks or bool(reply.reasoning or parted.thought)
            if not (short and parted.cut_off and reply.finish_reason == "length"):
                return reply
            spent, attempts = reply.usage, reply.attempts
        self._thinks = True
        reply = await self._ask(work, said, last=last)
        return replace(reply, usage=spent + reply.usage, attempts=attempts + reply.attempts)

    def limits(self) -> dict[str, int]:
        """Return the tokens that an answer to one turn may take where `--max-tokens` does not say."""
        own = {"max_tokens", "max_completion_tokens"} & self._sampling.extra_body.keys()
        if self._sampling.max_tokens is not None or own:
            return {}
        if self._template.api is None:
            return {"answer_tokens": ANSWER_TOKENS, "thinking_tokens": THINKING_TOKENS}
        return {"answer_tokens": THINKING_TOKENS if self._thinks else ANSWER_TOKENS}

    async def _ask(self, work: Conversation, said: Sequence[str], *, last: bool) -> Reply:
        """Ask; the limit is the request's where the context is known, else the guard's of a streamed answer."""
        messages = self._messages(work, said)
        limits, extra = self.limits(), self._sampling.extra_body
        changes: dict[str, Any] = {}
        if self._sampling.seed is not None:  # the answers to one question must not be one and the same
            changes["seed"] = self._sampling.seed + work.strategy.number - 1
        if limits and self._template.api is not None:
            room = await self._template.room(messages)
            most = limits["answer_tokens"]
            if room is not None:
                most = max(1, min(most, room if last else room // 2))
            changes["max_tokens"] = most
        if self._template.ends_loops:
            changes["extra_body"] = {**ending_loops(TIMES), **extra}
            return await self._chat.complete(messages, self._sampling.model_copy(update=changes), session=work.digest)
        unknown = limits if self._template.api is None else {}
        guard = partial(Watch, unknown.get("answer_tokens"), unknown.get("thinking_tokens", THINKING_TOKENS))
        sampling = self._sampling.model_copy(update=changes)
        return await self._chat.complete(messages, sampling, guard=guard, session=work.digest)


class BaselineAnswerer:
    """A null model: answers without a model."""

    def __init__(self, name: str, questions: Sequence[Question], shown: str | None = None) -> None:
        """`shown`: the model's name in files and tables, where it is another one."""
        self._name, self._questions, self._shown = name, questions, shown or name

    def notes(self) -> tuple[str, ...]:
        """Return that no model was asked."""
        return (Note("a null model: no model was asked", "널 모델: 모델에 묻지 않고 만든 답변"),)

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
            cases=work.question.cases,
        )


def answer_failure(
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

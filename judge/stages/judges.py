"""Stage: answers -> judgments and failures, owed work only.

An answer is graded turn by turn as soon as it is there. What has a verdict under the same judge, template, sampling
and answer text is not asked again; what failed is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from judge.config import JudgeConfig, Sampling
from judge.endpoints.replies import Chat, Messages, Reply, Schema
from judge.endpoints.requests import adaptation_notes
from judge.endpoints.streams import Guards
from judge.endpoints.vllm.command import for_judge
from judge.endpoints.vllm.watch import EngineWatch
from judge.errors import FailureKind, FatalChatError, RejectedError, TransientError, VerdictError
from judge.packs.judge_prompts import JudgePrompts
from judge.records import (
    Answer,
    AnswerLanguage,
    Failure,
    FormedVerdict,
    Judgment,
    Message,
    Usage,
    Verdict,
    VerdictForm,
)
from judge.rules.scoring import judge_turn
from judge.runs.manifest import now
from judge.stages.code_runs import code_fact
from judge.stages.gradings import Again, Grading, Judge, always
from judge.stages.runaways import Loops, Watch, loops_ended
from judge.text.marks import ECHOED
from judge.text.reply_forms import on_range, range_notes, read_formed
from judge.text.structured import schema
from judge.wording import Note

NO_TOKENS = Usage()


def _verbatim(judge: str) -> Note:
    return Note(
        f"{judge} was sent the answers as they are (verbatim, as the pack asks): chat tokens and end marks in them "
        "were not made harmless",
        f"{judge} 심판에게 답변을 그대로 보냄(pack.yaml의 verbatim): 그 안의 챗 특수 토큰과 끝 표시를 바꾸지 않음",
    )


class NoChat:
    """Stands where nothing is asked: a dry run, an export."""

    adaptations: Mapping[str, str] = MappingProxyType({})

    async def complete(
        self, messages: Messages, sampling: Sampling, schema: Schema = None, guard: Guards = None, session: str = ""
    ) -> Reply:
        """Is never called."""
        raise AssertionError("nothing was to be asked")


def rules_verdict(answer: Answer, turn: int, languages: Sequence[AnswerLanguage]) -> Verdict:
    """Return what the rules say of one turn, 0-10. `languages`: one a turn."""
    at = turn - 1
    references = [*answer.references, *[None] * len(answer.questions)]
    return judge_turn(
        category=answer.category,
        question=answer.questions[at],
        output=answer.outputs[at],
        reference=references[at],
        answer_language=languages[at],
        turn=turn,
        checks=answer.checks_of(turn),
        earlier=tuple(zip(answer.questions[:at], answer.outputs[:at], strict=True)),
    )


class RuleJudge:
    """The offline rule judge: no model is asked."""

    def __init__(self, config: JudgeConfig) -> None:
        self.config = config

    async def grade(self, work: Grading, again: Again = always) -> Judgment | Failure:
        """Return the rules' verdict; it never fails."""
        verdict = rules_verdict(work.answer, work.turn, work.languages)
        return judged(work, self.config, on_range(verdict, self.config.settings), by="rule")

    def notes(self) -> tuple[str, ...]:
        """Return what became of the scores where the pack's range is not the rules' own; no model is asked."""
        return range_notes(self.config.settings)


class LlmJudge:
    """A model as judge."""

    def __init__(
        self, chat: Chat, prompts: JudgePrompts | None, config: JudgeConfig, *, loops: Loops | None = None
    ) -> None:
        """`prompts`: None for a judge that makes its own messages. `loops`: who ends one in a reply; None: nobody."""
        self.chat, self._prompts, self.config, self._loops = chat, prompts, config, loops
        self._guard: Guards = partial(Watch, None) if loops == "stream" else None
        self._schema = schema(config.settings) if config.structured else None

    def notes(self) -> tuple[str, ...]:
        """Return the parameters that the endpoint did not take, and that answers were sent as they are."""
        as_they_are = (_verbatim(self.config.judge),) if self.config.settings.verbatim else ()
        return (*adaptation_notes(self.config.judge, self.chat.adaptations), *as_they_are)

    def messages(self, work: Grading) -> list[Message]:
        """Return what the judge is sent for one unit of work. With `run_code` the answer's code is run for it."""
        assert self._prompts is not None  # noqa: S101 - see __init__
        found = self._code_fact(work)
        facts = () if found is None else (found,)
        return self._prompts.render(work.answer, work.turn, work.languages, work.mark, facts)

    def _code_fact(self, work: Grading) -> str | None:
        return code_fact(work.answer, work.turn) if self.config.run_code else None

    async def grade(self, work: Grading, again: Again = always) -> Judgment | Failure:
        """Ask for a verdict, again where the reply holds no score. Raises FatalChatError."""
        if work.rule:
            return judged(work, self.config, work.by_rule(self.config.settings), by="rule")
        ran = await asyncio.to_thread(self._code_fact, work) if self.config.run_code else None
        messages = self.messages(work)
        sampling, usage, attempts = self.config.sampling, Usage(), 0
        sampling = loops_ended(sampling) if self._loops == "engine" else sampling
        earlier: list[str] = []
        for trial in range(self.config.parse_retries + 1):
            try:
                reply = await self.chat.complete(messages, sampling, self._schema, self._guard)
            except FatalChatError:
                raise
            except (RejectedError, TransientError) as error:
                usage += getattr(error, "usage", None) or NO_TOKENS
                attempts += error.attempts
                if not getattr(error, "again", False) or trial == self.config.parse_retries or not again(usage):
                    more = "; raise --judge-max-tokens" * (error.kind in ("length", "truncated_reasoning"))
                    return judge_failure(
                        work,
                        self.config,
                        error.kind,
                        f"{error}{more}",
                        attempts=attempts,
                        usage=usage,
                        earlier=earlier,
                    )
                sampling = self._warmer(sampling)
                continue
            attempts += reply.attempts
            usage += reply.usage
            try:
                verdict, form = verdict_of(reply, self.config, work)
                return judged(
                    work,
                    self.config,
                    verdict,
                    form=form,
                    reply=reply,
                    attempts=attempts,
                    usage=usage,
                    code_run=ran,
                    earlier=earlier,
                )
            except VerdictError as error:
                if trial == self.config.parse_retries or not again(usage):
                    return judge_failure(
                        work,
                        self.config,
                        error.kind,
                        str(error),
                        attempts=attempts,
                        reply=reply,
                        usage=usage,
                        earlier=earlier,
                    )
                earlier.append(reply.text)
                sampling = self._warmer(sampling)
        raise AssertionError("unreachable: the last trial returns")

    def _warmer(self, sampling: Sampling) -> Sampling:
        """Return the sampling for another try of a reply without a score."""
        warmer = max(sampling.temperature or 0.0, self.config.settings.again_temperature)
        return sampling.model_copy(update={"temperature": warmer})


def verdict_of(reply: Reply, config: JudgeConfig, work: Grading) -> FormedVerdict:
    """Return the verdict of a judge's reply to this work.

    Raises VerdictError; a reply that was cut off (`length`) has no verdict even if it seems to end in a score, for
    "점수: 1" may be the beginning of "점수: 10". Nor has one without the mark whose verdict the answer itself writes.
    """
    if reply.finish_reason == "repetition":
        raise VerdictError("the reply went round in a loop and was ended", kind="length")
    if reply.finish_reason != "stop":
        raise VerdictError("the reply was cut off; raise --judge-max-tokens", kind="length")
    found = read_formed(reply.text, config.settings, work.mark if config.marked else None)
    if (found.form == "text" and work.echoes(found.verdict.score)) or (
        found.form == "schema" and work.holds(reply.text)
    ):
        raise VerdictError(ECHOED)
    return found


def _common(work: Grading, config: JudgeConfig) -> dict[str, Any]:
    answer = work.answer
    return {
        "id": answer.id,
        "turn": work.turn,
        "repeat": work.repeat,
        "round": work.round,
        "judge": config.judge,
        "category": answer.category,
        "model": answer.model,
        "strategy": answer.strategy,
        "template": config.template,
        "judge_digest": work.judge_digest,
        "shared_by": len(config.shared),
        "answer_digest": work.answer_digest,
        "created": now(),
        "digest": work.digest,
    }


def judged(
    work: Grading,
    config: JudgeConfig,
    verdict: Verdict,
    *,
    by: str = "llm",
    form: VerdictForm | None = None,
    reply: Reply | None = None,
    attempts: int = 1,
    usage: Usage = NO_TOKENS,
    code_run: str | None = None,
    earlier: Sequence[str] = (),
) -> Judgment:
    """Return the stored form of a verdict."""
    fields = _common(work, config) | {"by": by, "score": verdict.score, "comment": verdict.comment}
    fields |= {"score_range": config.settings.range, "form": form, "code_run": code_run}
    fields["earlier_replies"] = tuple(earlier)
    if (found := work.found) is not None:
        fields["language"] = found.verdict
    if reply is not None:
        fields |= _reply_fields(reply) | {"reasoning": reply.reasoning, "usage": usage, "attempts": attempts}
    return work.judgment(**fields)


def judge_failure(
    work: Grading,
    config: JudgeConfig,
    kind: FailureKind,
    detail: str,
    *,
    attempts: int,
    usage: Usage,
    reply: Reply | None = None,
    earlier: Sequence[str] = (),
) -> Failure:
    """Return the stored form of work that gave no verdict, with the raw reply where there is one."""
    fields = _common(work, config) | {
        "kind": kind,
        "detail": detail,
        "attempts": attempts,
        "usage": usage,
        "earlier_replies": tuple(earlier),
    }
    if reply is not None:
        fields |= _reply_fields(reply)
    return work.failure(**fields)


def _reply_fields(reply: Reply) -> dict[str, Any]:
    return {"reply": reply.text, "judge_returned": reply.model, "params": reply.params}


class WatchedJudge:
    """A judge on a server of our own."""

    def __init__(self, judge: Judge, watch: EngineWatch) -> None:
        self.config = judge.config
        self._judge, self._watch = judge, watch
        self.chat = getattr(judge, "chat", None)

    async def grade(self, work: Grading, again: Again = always) -> Judgment | Failure:
        """Return the outcome; raises ServerError when the engine dies."""
        with for_judge():
            return await self._watch.during(self._judge.grade(work, again))

    def notes(self) -> tuple[str, ...]:
        """Return the judge's own notes."""
        return self._judge.notes()

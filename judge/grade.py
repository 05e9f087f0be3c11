"""Stage: answers -> judgments and failures, owed work only.

An answer is graded turn by turn as soon as it is there. What has a verdict under the same judge, template, sampling
and answer text is not asked again; what failed is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from judge.chat_replies import Chat, Reply, adaptation_notes
from judge.config import JudgeConfig, JudgeSettings, Sampling, digest
from judge.demand_kinds import stored
from judge.errors import FatalChatError, RejectedError, TransientError, VerdictError
from judge.language import demanded_language
from judge.prompts import JudgePrompts, Message
from judge.readings import empty_verdict, on_range, range_notes, read_text
from judge.records import Answer, AnswerLanguage, Failure, FailureKind, Judgment, Usage, Verdict
from judge.rules import judge_turn
from judge.run_folder import now
from judge.structured import schema

NO_TOKENS = Usage()


@dataclass(frozen=True)
class GradeWork:
    """One turn of one answer to be judged once."""

    answer: Answer
    turn: int
    repeat: int
    round: int
    languages: tuple[AnswerLanguage, ...]
    """One a turn of the answer."""
    judge_digest: str
    answer_digest: str
    digest: str
    """Of the judge and all that it is shown."""
    asks_empty: bool = False
    """An empty answer is sent to the judge, too."""


Again = Callable[[Usage], bool]
"""Is told what work has used so far without a verdict; says whether it may be asked once more."""


def always(used: Usage) -> bool:
    """Allow every request."""
    return True


class Judge(Protocol):
    """What can give a verdict."""

    config: JudgeConfig

    async def grade(self, work: GradeWork, again: Again = ...) -> Judgment | Failure:
        """Return the outcome; raise FatalChatError where no verdict can be had."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the tables must know of how the judge was asked."""
        ...


def languages(answer: Answer) -> tuple[AnswerLanguage, ...]:
    """Return the language each turn must be in: as the question set says, else read off the question's words."""
    if answer.answer_language:
        return answer.answer_language[: len(answer.outputs)]
    return tuple(demanded_language(question, answer.category) for question in answer.questions[: len(answer.outputs)])


def answer_digest(answer: Answer, turn: int) -> str:
    """Return the digest of all that a judge of `turn` is shown: texts up to it, references, category, language."""
    shown: dict[str, Any] = {
        "category": answer.category,
        "questions": answer.questions[:turn],
        "outputs": answer.outputs[:turn],
        "references": [*answer.references, *[None] * turn][:turn],
        "languages": languages(answer)[:turn],
    }
    if note := answer.rubric_of(turn):
        shown["rubric"] = note
    if demands := answer.checks_of(turn):
        shown["checks"] = stored([demands])
    return digest(shown)


def works(answer: Answer, config: JudgeConfig, repeats: int = 1, number: int = 1) -> Iterator[GradeWork]:
    """Yield what is to be judged of one answer in round `number`: every turn with an output, `repeats` times."""
    shown, judge = languages(answer), config.digest()
    for turn in answer.turns:
        text = answer_digest(answer, turn)
        for repeat in range(1, repeats + 1):
            yield GradeWork(
                answer,
                turn,
                repeat,
                number,
                shown,
                judge,
                text,
                digest([judge, answer.model, answer.strategy, answer.id, turn, repeat, text]),
                config.settings.empty_answers == "ask",
            )


def is_empty(work: GradeWork) -> bool:
    """Whether the answer is an empty text that is judged by rule and never sent."""
    return not work.asks_empty and not work.answer.outputs[work.turn - 1].strip()


class NoChat:
    """Stands where nothing is asked: a dry run, an export."""

    adaptations: Mapping[str, str] = MappingProxyType({})

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, schema: Mapping[str, Any] | None = None
    ) -> Reply:
        """Is never called."""
        raise AssertionError("nothing was to be asked")


class RuleJudge:
    """The offline rule judge: no model is asked."""

    def __init__(self, config: JudgeConfig) -> None:
        self.config = config

    async def grade(self, work: GradeWork, again: Again = always) -> Judgment | Failure:
        """Return the rules' verdict; it never fails."""
        answer, at = work.answer, work.turn - 1
        references = [*answer.references, *[None] * len(answer.questions)]
        verdict = judge_turn(
            category=answer.category,
            question=answer.questions[at],
            output=answer.outputs[at],
            reference=references[at],
            answer_language=work.languages[at],
            turn=work.turn,
            checks=answer.checks_of(work.turn),
            earlier=tuple(zip(answer.questions[:at], answer.outputs[:at], strict=True)),
        )
        return judged(work, self.config, on_range(verdict, self.config.settings), by="rule")

    def notes(self) -> tuple[str, ...]:
        """Return what became of the scores where the pack's range is not the rules' own; no model is asked."""
        return range_notes(self.config.settings)


class LlmJudge:
    """A model as judge."""

    def __init__(self, chat: Chat, prompts: JudgePrompts, config: JudgeConfig) -> None:
        self.chat, self._prompts, self.config = chat, prompts, config
        self._schema = schema(config.settings) if config.structured else None

    def notes(self) -> tuple[str, ...]:
        """Return the parameters that the endpoint did not take."""
        return adaptation_notes(self.config.judge, self.chat.adaptations)

    def messages(self, work: GradeWork) -> list[Message]:
        """Return what the judge is sent for one unit of work."""
        return self._prompts.render(work.answer, work.turn, work.languages)

    async def grade(self, work: GradeWork, again: Again = always) -> Judgment | Failure:
        """Ask for a verdict, again where the reply holds no score. Raises FatalChatError."""
        if is_empty(work):
            return judged(work, self.config, empty_verdict(self.config.settings), by="rule")
        messages = self.messages(work)
        sampling, usage, attempts = self.config.sampling, Usage(), 0
        for trial in range(self.config.parse_retries + 1):
            try:
                reply = await self.chat.complete(messages, sampling, self._schema)
            except FatalChatError:
                raise
            except (RejectedError, TransientError) as error:
                kind: FailureKind = error.kind  # type: ignore[assignment]
                usage += getattr(error, "usage", None) or NO_TOKENS
                return failed(work, self.config, kind, str(error), attempts=attempts + error.attempts, usage=usage)
            attempts += reply.attempts
            usage += reply.usage
            try:
                verdict = read(reply, self.config.settings)
                return judged(work, self.config, verdict, reply=reply, attempts=attempts, usage=usage)
            except VerdictError as error:
                if trial == self.config.parse_retries or not again(usage):
                    kind = error.kind  # type: ignore[assignment]
                    return failed(work, self.config, kind, str(error), attempts=attempts, reply=reply, usage=usage)
                warmer = max(sampling.temperature or 0.0, self.config.settings.again_temperature)
                sampling = sampling.model_copy(update={"temperature": warmer})
        raise AssertionError("unreachable: the last trial returns")


def read(reply: Reply, settings: JudgeSettings) -> Verdict:
    """Return the verdict of a judge's reply, which has the form and the score range of `settings`.

    Raises VerdictError; a reply that was cut off (`length`) has no verdict even if it seems to end in a score, for
    "점수: 1" may be the beginning of "점수: 10".
    """
    if reply.finish_reason == "length":
        raise VerdictError("the reply was cut off; raise --judge-max-tokens", kind="length")
    return read_text(reply.text, settings)


def reread(outcome: Judgment | Failure, settings: JudgeSettings) -> Judgment | Failure | None:
    """Return what an outcome becomes when its stored reply is read again; None where nothing changes.

    A reply that was cut off stays a failure, and so does work that never had a reply.
    """
    if not outcome.reply or (isinstance(outcome, Failure) and outcome.kind not in ("unparsable", "empty_reply")):
        return None
    common = outcome.model_dump(exclude={"status", "score", "comment", "reasoning", "kind", "detail", "score_range"})
    common |= {"reparsed": True, "created": now()}
    try:
        verdict = read_text(outcome.reply, settings)
    except VerdictError as error:
        if isinstance(outcome, Failure):
            return None
        return Failure(**common, kind=error.kind, detail=str(error))
    if isinstance(outcome, Judgment) and verdict == (outcome.score, outcome.comment):
        return None
    return Judgment(**common, score=verdict.score, comment=verdict.comment, score_range=settings.range)


def _common(work: GradeWork, config: JudgeConfig) -> dict[str, Any]:
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
        "answer_digest": work.answer_digest,
        "created": now(),
        "digest": work.digest,
    }


def judged(
    work: GradeWork,
    config: JudgeConfig,
    verdict: Verdict,
    *,
    by: str = "llm",
    reply: Reply | None = None,
    attempts: int = 1,
    usage: Usage = NO_TOKENS,
) -> Judgment:
    """Return the stored form of a verdict."""
    fields = _common(work, config) | {"by": by, "score": verdict.score, "comment": verdict.comment}
    fields |= {"score_range": config.settings.range}
    if reply is not None:
        fields |= _reply_fields(reply) | {"reasoning": reply.reasoning, "usage": usage, "attempts": attempts}
    return Judgment(**fields)


def failed(
    work: GradeWork,
    config: JudgeConfig,
    kind: FailureKind,
    detail: str,
    *,
    attempts: int,
    usage: Usage,
    reply: Reply | None = None,
) -> Failure:
    """Return the stored form of work that gave no verdict, with the raw reply where there is one."""
    fields = _common(work, config) | {
        "kind": kind,
        "detail": detail,
        "attempts": attempts,
        "usage": usage,
    }
    if reply is not None:
        fields |= _reply_fields(reply)
    return Failure(**fields)


def _reply_fields(reply: Reply) -> dict[str, Any]:
    return {"reply": reply.text, "judge_returned": reply.model, "params": reply.params}

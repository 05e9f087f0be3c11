"""Judging by batch as the program calls it, with answers and a judge of a test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import openai

from judge.config import Endpoint, JudgeConfig
from judge.endpoints.client import ChatClient
from judge.packs.judge_prompts import load_judge_prompts
from judge.records import Answer, Failure, Judgment
from judge.runs.folder import RunFolder
from judge.stages.batches import judge_by_batch
from judge.stages.fanout import fanout
from judge.stages.gradings import Grading, works
from judge.stages.judges import LlmJudge
from judge.stages.progress import Silent

KEY = "sk-very-secret-key-0123456789"
GOOD = "평가: 핵심을 짚었습니다.\n점수: 8"
PROMPTS = load_judge_prompts(None)


class Told(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(self.lines)


def config(judge: str = "wire-judge", **given: Any) -> JudgeConfig:
    return JudgeConfig(judge=judge, template=PROMPTS.digest, **given)


def answers(number: int = 3, last: str = "두 번째 답변입니다.") -> list[Answer]:
    """Answers of two turns each."""
    return [
        Answer(
            id=n,
            category="추론",
            questions=(f"{n}번 질문에 답해 주세요.", "더 짧게 답해 주세요."),
            outputs=(f"{n}번 질문의 첫 답변입니다.", last),
            model="org/model",
            strategy="0-shot",
        )
        for n in range(1, number + 1)
    ]


def owed_of(run: RunFolder, given: Sequence[Answer], judge: JudgeConfig, round_: int = 1) -> list[Grading]:
    """What has no verdict on disk."""
    done = {o.digest for o in run.outcomes(judge.judge, "0-shot") if isinstance(o, Judgment) and o.round == round_}
    return [work for answer in given for work in works(answer, judge, number=round_) if work.digest not in done]


@asynccontextmanager
async def connected(url: str, judge: JudgeConfig) -> AsyncIterator[tuple[LlmJudge, openai.AsyncOpenAI]]:
    endpoint = Endpoint(base_url=url, tries=1)
    async with (
        openai.AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as client,
        ChatClient("wire-judge", endpoint, KEY) as ordinary,
    ):
        yield LlmJudge(ordinary, PROMPTS, judge), client


def call(
    path: Path,
    url: str,
    given: Sequence[Answer],
    *,
    judge: JudgeConfig | None = None,
    told: Told | None = None,
    round_: int = 1,
    add: Callable[[RunFolder], Callable[[Judgment | Failure], None]] = lambda run: run.add_outcome,
    until: Callable[[], bool] | None = None,
    ordinary: bool = False,
    at_any_price: bool = False,
    **options: Any,
) -> list[Grading]:
    """One call of the program: judge what is owed, and return what batches left; `until`: kill it when this is true."""
    judge, run = judge or config(), RunFolder(path)

    async def work() -> list[Grading]:
        async with connected(url, judge) as (llm, client):
            owed = owed_of(run, given, judge, round_)
            settings: dict[str, Any] = {"report": told or Told(), "poll_seconds": 0.01, "add": add(run)} | options
            left = await judge_by_batch(run, owed, llm, client, **settings)
            if ordinary:
                works = [*left.ordinary, *(left.later if at_any_price else ())]
                async with aclosing(fanout(works, llm.grade, 4)) as outcomes:
                    async for outcome in outcomes:
                        run.add_outcome(outcome)
            return [*left.ordinary, *left.later]

    async def killed() -> list[Grading]:
        task = asyncio.create_task(work())
        while until is not None and not until():
            await asyncio.sleep(0.005)
            if task.done():
                return await task
        if until is not None:
            task.cancel()
        return await task

    with run.writing():
        return asyncio.run(killed())


def outcomes(path: Path, judge: str = "wire-judge") -> list[Judgment | Failure]:
    return RunFolder(path).outcomes(judge, "0-shot")


def verdicts(path: Path) -> Counter[tuple[Any, int, int]]:
    return Counter(o.key for o in outcomes(path) if isinstance(o, Judgment))


ALL = Counter({(n, turn, 1): 1 for n in (1, 2, 3) for turn in (1, 2)})

"""The four that are compared, each on the same judgments against the same server; one a child process.

    product   judge_run with LlmJudge and ChatClient on a run folder: what `kojudge judge` does
    bare      an asyncio loop over the openai SDK: a semaphore, a request, a score read off the reply
    bare-aio  the same loop over the SDK with its aiohttp transport, which the product has, too
    aiohttp   the same loop without the SDK: what the machine can do

All but the product have their prompts ready in memory, keep the scores in a list and know no fault: they are the
floor, not programs that anyone should use. A child reads its job as JSON on standard input and prints its result.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import openai

from judge.config import BASELINES, Endpoint, GenerateConfig, JudgeConfig
from judge.endpoints.client import ChatClient
from judge.endpoints.limiter import RateLimiter
from judge.errors import KojudgeError
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.questions import load_questions
from judge.records import Answer, Judgment
from judge.rules.null_models import baseline_outputs
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.stages.gradings import works
from judge.stages.judges import LlmJudge
from judge.stages.pipeline import judge_run
from judge.stages.progress import Silent

PRODUCT, BARE, BARE_AIO, AIOHTTP = "product", "bare", "bare-aio", "aiohttp"
MODEL, STRATEGY = "fault-judge", "0-shot"


@dataclass(frozen=True)
class Job:
    """What a child process does."""

    contender: str
    url: str
    judgments: int
    concurrency: int = 64
    timeout_seconds: float = 600.0
    rpm: float = 0.0
    """What the product is told of the limits; 0: nothing, it finds out."""
    tpm: float = 0.0
    start: int = 0
    """How many requests the product sends at once before it knows anything; 0: all, as with --judge-concurrency."""


@dataclass(frozen=True)
class Result:
    """What came of it. `seconds` and `cpu_seconds` leave out imports and the making of the run."""

    contender: str
    judgments: int
    verdicts: int
    zeros: int
    failed: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    said: str = ""
    """The error that ended it early."""

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a judgment."""
        return self.cpu_seconds / self.judgments * 1e3

    @property
    def rate(self) -> float:
        """Judgments a second."""
        return self.judgments / self.seconds


def answers(judgments: int) -> Iterator[Answer]:
    """Yield the null models' answers to the core questions, as often as it takes to reach the number of turns."""
    questions, left = load_questions().questions, judgments
    for copy in count():
        for question in questions:
            turns = min(left, len(question.questions))
            if turns <= 0:
                return
            left -= turns
            name = f"{question.id}/{copy}"
            yield Answer(
                id=name,
                category=question.category,
                questions=question.questions,
                outputs=baseline_outputs(BASELINES[copy % len(BASELINES)], question, questions)[:turns],
                references=question.references,
                answer_language=question.answer_language,
                model="null-models",
                strategy=STRATEGY,
                digest=name,
            )


def make_run(folder: Path, judgments: int) -> None:
    """Make a run that owes this many judgments."""
    run = RunFolder(folder)
    config = GenerateConfig(model="null-models", questions="benchmark", strategies={STRATEGY: "benchmark"})
    with run.writing():
        asked = []
        for answer in answers(judgments):
            run.add_answer(answer)
            asked.append(ExpectedQuestion(id=answer.id, category=answer.category, turns=len(answer.outputs)))
        run.begin(config, asked, len(asked))


def product(job: Job, folder: Path) -> tuple[Callable[[], Awaitable[None]], Callable[[], list[float | None]]]:
    """Return what judges a run, and what reads the scores off its folder (None: a failure)."""
    maker = multiprocessing.get_context("fork").Process(target=make_run, args=(folder, job.judgments))
    maker.start()  # elsewhere, so that the peak of memory is that of judging
    maker.join()
    run = RunFolder(folder)
    prompts = load_judge_prompts()
    config = JudgeConfig(judge=MODEL, template=prompts.digest)

    async def judge() -> None:
        endpoint = Endpoint(base_url=job.url, timeout_seconds=job.timeout_seconds)
        limiter = RateLimiter(
            highest=job.concurrency, start=job.start or job.concurrency, rpm=job.rpm or None, tpm=job.tpm or None
        )
        with run.writing():
            async with ChatClient(MODEL, endpoint, "no-key", limiter=limiter) as chat:
                await judge_run(
                    run,
                    [STRATEGY],
                    LlmJudge(chat, prompts, config),
                    repeats=1,
                    concurrency=job.concurrency,
                    report=Silent(),
                )

    def scores() -> list[float | None]:
        found: dict[object, float | None] = {}
        for outcome in run.outcomes(MODEL, STRATEGY):
            found[outcome.key] = outcome.score if isinstance(outcome, Judgment) else None
        return list(found.values())

    return judge, scores


def bodies(judgments: int) -> list[dict[str, Any]]:
    """Return the requests that the product sends, ready made."""
    prompts = load_judge_prompts()
    judge = LlmJudge(None, prompts, JudgeConfig(judge=MODEL, template=prompts.digest))  # type: ignore[arg-type]
    return [
        {"messages": judge.messages(work), "model": MODEL, "temperature": 0.0}
        for answer in answers(judgments)
        for work in works(answer, judge.config)
    ]


def score_of(text: str | None) -> float | None:
    """Read a score as a bare loop would."""
    found = re.search(r"점수: (\d+)", text or "")
    return float(found[1]) if found else None


def bare(job: Job, folder: Path) -> tuple[Callable[[], Awaitable[None]], Callable[[], list[float | None]]]:
    """Return a loop over the SDK with the SDK's own retries."""
    requests, scores = bodies(job.judgments), list[float | None]()

    async def judge() -> None:
        gate = asyncio.Semaphore(job.concurrency)
        kind = openai.DefaultAioHttpClient if job.contender == BARE_AIO else openai.DefaultAsyncHttpxClient
        http = kind(trust_env=False)
        async with openai.AsyncOpenAI(
            api_key="no-key", base_url=job.url, timeout=job.timeout_seconds, http_client=http
        ) as client:

            async def one(body: dict[str, Any]) -> None:
                async with gate:
                    try:
                        completion = await client.chat.completions.create(**body)
                        scores.append(score_of(completion.choices[0].message.content))
                    except openai.OpenAIError:
                        scores.append(None)

            await asyncio.gather(*(one(body) for body in requests))

    return judge, lambda: scores


def raw(job: Job, folder: Path) -> tuple[Callable[[], Awaitable[None]], Callable[[], list[float | None]]]:
    """Return the same loop over aiohttp; no retries."""
    import aiohttp

    requests, scores = bodies(job.judgments), list[float | None]()

    async def judge() -> None:
        gate = asyncio.Semaphore(job.concurrency)
        connector = aiohttp.TCPConnector(limit=job.concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(body: dict[str, Any]) -> None:
                async with gate:
                    try:
                        async with session.post(f"{job.url}/chat/completions", json=body) as response:
                            choice = json.loads(await response.read())["choices"][0]
                            scores.append(score_of(choice["message"]["content"]))
                    except (aiohttp.ClientError, KeyError, ValueError):
                        scores.append(None)

            await asyncio.gather(*(one(body) for body in requests))

    return judge, lambda: scores


MAKERS = {PRODUCT: product, BARE: bare, BARE_AIO: bare, AIOHTTP: raw}


def work(job: Job) -> Result:
    """Do the job in this process."""
    with tempfile.TemporaryDirectory() as folder:
        judge, read = MAKERS[job.contender](job, Path(folder) / "run")
        said = ""
        started, cpu = time.perf_counter(), time.process_time()
        try:
            asyncio.run(judge())  # type: ignore[arg-type]
        except KojudgeError as error:
            said = str(error)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        scores = read()
    verdicts = [score for score in scores if score is not None]
    return Result(
        job.contender,
        job.judgments,
        len(verdicts),
        sum(score == 0 for score in verdicts),
        len(scores) - len(verdicts),
        seconds,
        cpu,
        peak,
        said,
    )


def run_child(job: Job) -> Result:
    """Do the job in a process of its own."""
    child = subprocess.run(
        [sys.executable, __file__], input=json.dumps(asdict(job)), stdout=subprocess.PIPE, text=True, check=True
    )
    return Result(**json.loads(child.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(work(Job(**json.load(sys.stdin))))))

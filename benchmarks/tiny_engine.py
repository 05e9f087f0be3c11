"""A real vLLM server with the tiny random model of the tests, or with a real one: started, used, stopped.

Answers have given lengths: `FixedLengths` asks for exactly so many tokens of every reply (`ignore_eos`), drawn from
a heavy-tailed distribution by the prompt's own words, so that two schedules get the same lengths.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from judge.config import Endpoint, Sampling
from judge.endpoints.client import ChatClient
from judge.endpoints.replies import Messages, Reply, Schema
from judge.endpoints.streams import Guards
from judge.endpoints.vllm.command import ServerSpec, find_command
from judge.endpoints.vllm.server import serve
from judge.records import Message

CONTEXT = 8192
MEDIAN_TOKENS, SIGMA, MOST_TOKENS = 40, 1.25, 1200
"""Lengths are lognormal. SIGMA is the standard deviation of log characters over 2,466 public LogicKor answers, whose
longest is 72 times their median; MEDIAN_TOKENS only sets how long the benchmark takes."""

FULL = 8
"""Requests in flight that fill an engine on a small CPU: a larger batch gains little there."""

CPU_SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "2",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}


class ExactSampling(Sampling):
    """A sampling with vLLM's own request field for a reply that does not end before `max_tokens`."""

    ignore_eos: bool = True


@dataclass
class FixedLengths:
    """A model whose replies have set lengths, and the time line of its requests."""

    client: ChatClient
    seed: int
    spans: list[tuple[float, float]] = field(default_factory=list)
    """Begin and end of every request, seconds."""
    asked: list[Sequence[Message]] = field(default_factory=list)
    tokens: int = 0

    def __post_init__(self) -> None:
        """Share what the client learns of its endpoint."""
        self.adaptations = self.client.adaptations

    async def complete(
        self, messages: Messages, sampling: Sampling, schema: Schema = None, guard: Guards = None, session: str = ""
    ) -> Reply:
        """Return a reply of the length that goes with what the user said so far."""
        length = length_for(messages, self.seed)
        exact = ExactSampling(temperature=0.0, max_tokens=length)
        self.asked.append(messages)
        begun = time.perf_counter()
        reply = await self.client.complete(messages, exact, session=session)
        self.spans.append((begun, time.perf_counter()))
        assert reply.usage.completion_tokens == length, "the engine did not keep to the length"
        self.tokens += length
        return reply


def length_for(messages: Sequence[Message], seed: int) -> int:
    """Return the tokens of the reply: a draw that follows from the seed and all that was not said by the model."""
    words = json.dumps([m["content"] for m in messages if m["role"] != "assistant"])
    draw = random.Random(hashlib.sha256(f"{seed} {words}".encode()).digest()).gauss(math.log(MEDIAN_TOKENS), SIGMA)
    return max(1, min(MOST_TOKENS, round(math.exp(draw))))


@dataclass(frozen=True)
class Busy:
    """How full a server was kept."""

    seconds: float
    mean: float
    """Requests in flight, over the whole time."""
    peak: int
    idle: float
    """Share of the time with fewer than FULL in flight."""


def busy(spans: Sequence[tuple[float, float]], begun: float, ended: float) -> Busy:
    """Return how full a server was between two moments, from the time line of its requests."""
    events = sorted([(a, 1) for a, _ in spans] + [(b, -1) for _, b in spans])
    level, last, area, at_level = 0, begun, 0.0, dict[int, float]()
    for moment, step in [*events, (ended, 0)]:
        area += level * (moment - last)
        at_level[level] = at_level.get(level, 0.0) + moment - last
        level, last = level + step, moment
    whole = ended - begun
    idle = sum(seconds for running, seconds in at_level.items() if running < FULL)
    return Busy(whole, area / whole, max(at_level), idle / whole)


def spread(values: Sequence[float]) -> str:
    """Return `median (least to most)`."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every benchmark on a real engine takes."""
    parser.add_argument("--vllm-command", default=os.environ.get("KOJUDGE_TEST_VLLM"), metavar="PATH")
    parser.add_argument("--model", metavar="FOLDER", help="a real model (default: a tiny one with random weights)")
    parser.add_argument("--questions", type=int, default=42, metavar="N", help="default: 42, the core set")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the lengths (default: 0)")


def model_spec(vllm_command: str | None, model: str | None, folder: Path) -> ServerSpec:
    """Return how the model is served; without one, the tiny model is built in `folder`."""
    for name, value in CPU_SETTINGS.items():
        os.environ.setdefault(name, value)
    command = find_command(os.path.abspath(vllm_command) if vllm_command else None)
    tiny = model is None
    if model is None:
        script = Path(__file__).parents[1] / "tests" / "support" / "tiny_model.py"
        model = str(folder / "tiny")
        subprocess.run([Path(command[0]).with_name("python"), script, model], check=True, capture_output=True)
    return ServerSpec(
        model,
        vllm_command=command[0],
        max_model_len=CONTEXT,
        dtype="bfloat16" if tiny else "float32",  # which a processor computes fastest
        extra=(("enforce-eager", None),),
    )


@asynccontextmanager
async def engine(vllm_command: str | None, model: str | None = None) -> AsyncIterator[ChatClient]:
    """Start vLLM with the model (None: the tiny one), yield a client that is warmed up; stop all on the way out."""
    with tempfile.TemporaryDirectory(prefix="kojudge-benchmark-") as folder:
        spec = model_spec(vllm_command, model, Path(folder))
        log = Path(folder) / "vllm.log"
        async with serve(spec, log, report=lambda line: print(line, file=sys.stderr)) as server:
            endpoint = Endpoint(base_url=server.base_url)
            async with ChatClient(server.model_name, endpoint, server.api_key) as client:
                await client.complete([{"role": "user", "content": "안녕하세요?"}], Sampling(max_tokens=64))
                yield client

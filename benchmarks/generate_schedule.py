"""kojudge's schedule of conversations against one with barriers and the engine's limit, on one real vLLM server.

    python benchmarks/generate_schedule.py --vllm-command .venv-vllm/bin/vllm

kojudge: `pipeline.generate_run`, every conversation goes on by itself (answers are saved on the way). Barriers:
LogicKor's generator, one strategy after the other, all first turns, wait, all second turns, wait; with three
strategies six barriers. The limit: every turn at once, the answers before it known from the first run, which no
schedule can have. All send the same prompts and get replies of the same heavy-tailed lengths; they run in turns, the
order swapped every round, after a first run that does not count (it fills the prefix cache).

The server's use is read off the time line of the requests: how many are in flight on average and at most, and the
idle share, which is the time with fewer than eight in flight. On a CPU a fuller batch gains little beyond that, so
the ratio shows the idle tail before each barrier; a GPU gains from the fuller batch as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tiny_engine import FULL, Busy, FixedLengths, add_options, busy, engine, spread

from judge.api.options import MODEL_CONCURRENCY
from judge.config import GenerateConfig, Sampling
from judge.endpoints.client import ChatClient
from judge.endpoints.replies import Messages
from judge.errors import KojudgeError
from judge.packs.questions import load_questions
from judge.packs.strategies import conversation, load_strategies
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.stages.answerers import ModelAnswerer
from judge.stages.conversations import Conversation, expected_conversations
from judge.stages.pipeline import generate_run
from judge.stages.preflight import Examined, examine_template, with_system
from judge.stages.progress import Silent

SCHEDULES = ("barriers", "kojudge", "limit")


async def with_barriers(chat: FixedLengths, conversations: Sequence[Conversation]) -> None:
    """Answer strategy by strategy and turn by turn, each waiting for the slowest of the one before."""
    for name in dict.fromkeys(work.strategy.name for work in conversations):
        works = [work for work in conversations if work.strategy.name == name]
        said: list[list[str]] = [[] for _ in works]
        for turn in range(max(len(work.question.questions) for work in works)):
            going = [i for i, work in enumerate(works) if turn < len(work.question.questions)]
            replies = await asyncio.gather(
                *(chat.complete(conversation(works[i].strategy, works[i].question, said[i]), Sampling()) for i in going)
            )
            for i, reply in zip(going, replies, strict=True):
                said[i].append(reply.text)


async def without(
    chat: FixedLengths, conversations: Sequence[Conversation], config: GenerateConfig, template: Examined
) -> None:
    """Answer as `kojudge generate` does."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "run")
        questions = {work.question.id: work.question for work in conversations}.values()
        asked = [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in questions]
        with run.writing():
            run.begin(config, asked, len(asked))
            answerer = ModelAnswerer(chat, config, template)
            tally = await generate_run(run, conversations, answerer, concurrency=MODEL_CONCURRENCY, report=Silent())
    assert tally.succeeded == len(conversations), tally


async def at_once(chat: FixedLengths, turns: Sequence[Messages]) -> None:
    """Answer all turns, their conversations known."""
    await asyncio.gather(*(chat.complete(messages, Sampling()) for messages in turns))


async def measure(client: ChatClient, options: argparse.Namespace) -> dict[str, list[Busy]]:
    """Return one figure a round of each schedule."""
    questions, strategies = load_questions(), load_strategies()
    config = GenerateConfig(model="tiny", questions=questions.digest, strategies={s.name: s.digest for s in strategies})
    conversations = expected_conversations(questions.head(options.questions), strategies, config)
    template = await examine_template(client.vllm(), system=with_system(strategies))
    found: dict[str, list[Busy]] = {name: [] for name in SCHEDULES}
    tokens = set()
    turns: Sequence[Messages] = ()
    for number in range(options.rounds + 1):
        order = SCHEDULES if number % 2 else SCHEDULES[::-1]
        for name in order if number else ("kojudge",):
            chat = FixedLengths(client, options.seed)
            begun = time.perf_counter()
            if name == "barriers":
                await with_barriers(chat, conversations)
            elif name == "limit":
                await at_once(chat, turns)
            else:
                await without(chat, conversations, config, template)
            seen = busy(chat.spans, begun, time.perf_counter())
            tokens.add(chat.tokens)
            what = f"round {number}, {name}" if number else "warming up"
            print(f"{what}: {seen.seconds:.1f} s, {chat.tokens} tokens", file=sys.stderr)
            if number:
                found[name].append(seen)
            else:
                turns = chat.asked
    assert len(tokens) == 1, "the schedules got replies of different lengths"
    return found


def show(found: dict[str, list[Busy]]) -> str:
    """Return the figures as text."""
    lines = [f"{'':<10} {'wall s':>22} {'in flight, mean':>16} {'peak':>5} {'mean / peak':>12} {'idle':>6}"]
    for name, rounds in found.items():
        mean, idle = statistics.mean(r.mean for r in rounds), statistics.mean(r.idle for r in rounds)
        peak = max(r.peak for r in rounds)
        seconds = spread([r.seconds for r in rounds])
        lines.append(f"{name:<10} {seconds:>22} {mean:>16.1f} {peak:>5} {mean / peak:>12.0%} {idle:>6.0%}")
    lines.append("")
    for slow, fast in (("barriers", "kojudge"), ("kojudge", "limit")):
        ratios = [a.seconds / b.seconds for a, b in zip(found[slow], found[fast], strict=True)]
        lines.append(f"{slow} / {fast}: {spread(ratios)}, median (least to most) of {len(ratios)} rounds")
    lines.append(f"idle: share of the time with fewer than {FULL} requests in flight")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="machine-readable figures")
    options = parser.parse_args(arguments)

    async def work() -> dict[str, list[Busy]]:
        async with engine(options.vllm_command, options.model) as client:
            return await measure(client, options)

    try:
        found = asyncio.run(work())
    except KojudgeError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({name: [asdict(r) for r in rounds] for name, rounds in found.items()}, indent=2))
    else:
        print(show(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

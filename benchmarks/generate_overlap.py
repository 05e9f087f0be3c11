"""`kojudge run`, which judges an answer while others are generated, against generating first and judging then.

    python benchmarks/generate_overlap.py --vllm-command .venv-vllm/bin/vllm --latency 2

A real vLLM server generates; the judge is a server of this program that answers every request after the given
latency, so it takes no share of the processor. One round: generate alone, judge alone (together: one after the
other), then both at once (`pipeline.run_both`). Printed is the wall time over max(generate, judge): 1.00 would be a
perfect overlap, and the second figure is what one after the other costs. By default the judge takes about as long
as the generator on two cores, which is where an overlap can save most; the last answer's verdicts always come after
it, so a short run cannot reach 1.00.
"""

from __future__ import annotations

import argparse
import asyncio
import http.server
import json
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tiny_engine import FixedLengths, add_options, engine, spread

from judge.api.options import MODEL_CONCURRENCY
from judge.config import Endpoint, GenerateConfig, JudgeConfig
from judge.endpoints.client import ChatClient
from judge.errors import KojudgeError
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.questions import load_questions
from judge.packs.strategies import load_strategies
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.stages.answerers import ModelAnswerer
from judge.stages.conversations import Conversation, expected_conversations
from judge.stages.judges import LlmJudge
from judge.stages.pipeline import generate_run, judge_run, run_both
from judge.stages.preflight import examine_template, with_system
from judge.stages.progress import Silent

VERDICT = {
    "id": "v",
    "object": "chat.completion",
    "created": 1,
    "model": "judge",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "평가: 무난합니다.\n점수: 5"}}
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


class Server(http.server.ThreadingHTTPServer):
    """Takes every judge's request at once."""

    daemon_threads = True
    request_queue_size = 256


@contextmanager
def slow_judge(latency_seconds: float) -> Iterator[str]:
    """Yield the URL of a server that gives the same verdict after the latency, however many ask."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer late."""
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(latency_seconds)
            body = json.dumps(VERDICT).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Round:
    """Seconds of one round."""

    generate: float
    judge: float
    both: float

    @property
    def overlapped(self) -> float:
        """Both at once, over the longer of the two."""
        return self.both / max(self.generate, self.judge)

    @property
    def in_turn(self) -> float:
        """One after the other, over the longer of the two."""
        return (self.generate + self.judge) / max(self.generate, self.judge)


class Bench:
    """The product's own stages, timed."""

    def __init__(self, client: ChatClient, judge_client: ChatClient, options: argparse.Namespace) -> None:
        questions, strategies = load_questions(), load_strategies()
        self._client, self._strategies = client, strategies
        self._seed, self._judge_concurrency = options.seed, options.judge_concurrency
        self._config = GenerateConfig(
            model="tiny", questions=questions.digest, strategies={s.name: s.digest for s in strategies}
        )
        chosen = questions.head(options.questions)
        self._work: list[Conversation] = expected_conversations(chosen, strategies, self._config)
        self._asked = [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in chosen]
        prompts = load_judge_prompts(None)
        self._judge = LlmJudge(judge_client, prompts, JudgeConfig(judge="judge", template=prompts.digest))

    async def warm_up(self) -> None:
        """Generate once; fills the prefix cache."""
        async with self._fresh() as (run, answerer):
            await self._generate(run, answerer)

    async def round(self) -> Round:
        """Measure once."""
        async with self._fresh() as (run, answerer):
            begun = time.perf_counter()
            await self._generate(run, answerer)
            generated = time.perf_counter()
            names = [strategy.name for strategy in self._strategies]
            tally = await judge_run(
                run, names, self._judge, repeats=1, concurrency=self._judge_concurrency, report=Silent()
            )
            judged = time.perf_counter()
        assert tally.succeeded == 2 * len(self._work), tally
        async with self._fresh() as (run, answerer):
            again = time.perf_counter()
            _, (tally,) = await run_both(
                run,
                self._work,
                answerer,
                [self._judge],
                repeats=1,
                generate_concurrency=MODEL_CONCURRENCY,
                judge_concurrency=self._judge_concurrency,
                report=Silent(),
            )
            ended = time.perf_counter()
        assert tally.succeeded == 2 * len(self._work), tally
        return Round(generated - begun, judged - generated, ended - again)

    async def _generate(self, run: RunFolder, answerer: ModelAnswerer) -> None:
        tally = await generate_run(run, self._work, answerer, concurrency=MODEL_CONCURRENCY, report=Silent())
        assert tally.succeeded == len(self._work), tally

    @asynccontextmanager
    async def _fresh(self) -> AsyncIterator[tuple[RunFolder, ModelAnswerer]]:
        """Yield a run folder of its own, open for writing, and what answers."""
        template = await examine_template(self._client.vllm(), system=with_system(self._strategies))
        answerer = ModelAnswerer(FixedLengths(self._client, self._seed), self._config, template)
        with tempfile.TemporaryDirectory() as folder:
            run = RunFolder(Path(folder) / "run")
            with run.writing():
                run.begin(self._config, self._asked, len(self._asked))
                yield run, answerer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.set_defaults(rounds=2)
    parser.add_argument("--latency", type=float, default=2.0, metavar="SECONDS", help="of the judge (default: 2)")
    parser.add_argument("--judge-concurrency", type=int, default=24, metavar="N", help="default: 24")
    parser.add_argument("--json", action="store_true", help="machine-readable figures")
    options = parser.parse_args(arguments)

    async def work() -> list[Round]:
        rounds = []
        with slow_judge(options.latency) as url:
            async with (
                engine(options.vllm_command, options.model) as client,
                ChatClient("judge", Endpoint(base_url=url), "x") as judge,
            ):
                bench = Bench(client, judge, options)
                await bench.warm_up()
                for number in range(options.rounds):
                    seen = await bench.round()
                    print(f"round {number + 1}: {seen}", file=sys.stderr)
                    rounds.append(seen)
        return rounds

    try:
        rounds = asyncio.run(work())
    except KojudgeError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([asdict(r) for r in rounds], indent=2))
        return 0
    for field in ("generate", "judge", "both"):
        print(f"{field:<9} {spread([getattr(r, field) for r in rounds])} s")
    print(f"\nrun / max(generate, judge):                 {spread([r.overlapped for r in rounds])}")
    print(f"generate, then judge / max(generate, judge): {spread([r.in_turn for r in rounds])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Are our messages LogicKor's, byte for byte? Its own code runs unmodified against a recording server, then ours does.

    git clone https://github.com/instructkr/LogicKor ../LogicKor
    python benchmarks/logickor_parity.py ../LogicKor --answers ../LogicKor/generated

Judging: the checkout's evaluator.py judges every saved answer; only `time.sleep` is a no-op in its process. Then
`kojudge judge --pack` does, with the pack that `import logickor` makes of the checkout. Each request's messages are
compared as JSON text, as a multiset, and each verdict by model, strategy, id and turn (scripted replies in several
shapes). Generation: the checkout's generator.py runs with a stand-in `vllm` that records what is handed to the chat
template and answers with the saved texts; then `kojudge generate --pack` asks a server that answers the same. The
last line of each part is the count of equal requests; exit code 1 where one differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STRATEGIES = {"default": "0-shot", "1-shot": "1-shot", "cot-1-shot": "cot-1-shot"}

NO_SLEEP = "import time\ntime.sleep = lambda seconds: None\n"
"""Becomes sitecustomize.py of evaluator.py's process: it rests 20 s after each file."""

VLLM = '''
"""Stands for vLLM: records the messages, answers with the saved texts."""
import json, os, pathlib

saved = pathlib.Path(os.environ["PARITY_SAVED"])
record = pathlib.Path(os.environ["PARITY_RECORD"]).open("a", encoding="utf-8")
files = iter(os.environ["PARITY_ORDER"].split(","))


class SamplingParams:
    def __init__(self, **given):
        self.given = given


class Text:
    def __init__(self, text):
        self.text = text
        self.outputs = [self]


class LLM:
    def __init__(self, **given):
        self.llm_engine = self.tokenizer = self
        self.turn = 0

    def apply_chat_template(self, messages, tokenize, add_generation_prompt):
        assert tokenize is False and add_generation_prompt is True
        return json.dumps(messages, ensure_ascii=False)

    def generate(self, prompts, sampling_params):
        if self.turn == 0:
            file = saved / f"{next(files)}.jsonl"  # some models have answers under one strategy only
            file = file if file.is_file() else sorted(saved.glob("*.jsonl"))[0]
            rows = file.read_text("utf-8-sig").splitlines()
            self.rows = [json.loads(row)["outputs"] for row in rows if row.strip()]
        texts = [row[self.turn] for row in self.rows]
        self.turn = 1 - self.turn
        assert len(prompts) == len(texts)
        for prompt, text in zip(prompts, texts):
            record.write(json.dumps([prompt, text], ensure_ascii=False) + "\\n")
        record.flush()
        return [Text(text) for text in texts]
'''


@contextmanager
def recording(answer: Callable[[list[dict[str, str]]], str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the base URL of a server, and the list that every request's messages go into as JSON text."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if "/chat/completions" not in self.path or "messages" not in body:
                return self.reply(404, {"error": {"message": "Not Found"}})
            seen.append(json.dumps(body["messages"], ensure_ascii=False))
            message = {"role": "assistant", "content": answer(body["messages"])}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            whole = {"id": "c", "object": "chat.completion", "created": 1, "model": body["model"]}
            return self.reply(200, whole | {"choices": [choice], "usage": usage})

        def do_GET(self) -> None:
            self.reply(404, {"error": {"message": "Not Found"}})

        def reply(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", seen
    finally:
        server.shutdown()
        server.server_close()


def verdict(messages: list[dict[str, str]]) -> str:
    """Return a judge's reply to these messages: the shape and the score follow from their text."""
    number = zlib.crc32(json.dumps(messages, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    score = (number >> 4) % 21 / 2
    shown = f"{score:g}" if number % 2 else f"{score:.1f}"
    return (
        f"평가: 요구를 따랐다 ({number}).\n점수: {shown}",
        f"**평가:** 두 줄에 걸친\n평가다 {number}.\n\n**점수:** {shown}점",
        f"# 평가\n평가: 인용 '점수 3'을 든다 {number}\n- 점수:\n{shown}/10",
        f"점수: {shown}",
    )[number % 4]


def run(command: Sequence[str], cwd: Path, *, codes: Sequence[int] = (0,), **more: str) -> None:
    """Run a command to its end, and stop here where it fails."""
    # A key of the user's own must not go anywhere, and no proxy stands between two programs on one machine.
    inherited = {k: v for k, v in os.environ.items() if not k.upper().startswith(("OPENAI", "AZURE", "KOJUDGE"))}
    environment = {**inherited, "NO_PROXY": "127.0.0.1", **more}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def kojudge(*words: str, codes: Sequence[int] = (0,)) -> None:
    """Run a command of ours."""
    run([sys.executable, "-m", "judge", *words], ROOT, codes=codes)


def report(what: str, theirs: Counter[Any], ours: Counter[Any]) -> bool:
    """Print how many are equal, and the first that is not; return whether all are."""
    equal = (theirs & ours).total()
    print(f"{what}: {equal} equal of {theirs.total()} of upstream's and {ours.total()} of ours", flush=True)
    for name, rest in (("only upstream's", theirs - ours), ("only ours", ours - theirs)):
        for one in list(rest)[:1]:
            print(f"  {name}: {str(one)[:600]}")
    return theirs == ours and theirs.total() > 0


def judging(checkout: Path, saved: Path, pack: Path, work: Path) -> bool:
    """Compare the judge's requests and verdicts over all saved answers."""
    place = work / "upstream"
    (place / "site").mkdir(parents=True)
    (place / "site" / "sitecustomize.py").write_text(NO_SLEEP, "utf-8")
    for name in ("evaluator.py", "templates.py"):
        shutil.copy(checkout / name, place / name)
    with recording(verdict) as (url, seen):
        words = [sys.executable, "evaluator.py", "-o", str(saved.resolve()), "-k", "none", "-t", "16"]
        run(words, place, OPENAI_BASE_URL=url, PYTHONPATH="site")
        theirs = Counter(seen)
    with recording(verdict) as (url, seen):
        words = ["judge", str(saved.resolve()), "--judge", "parity", "--judge-base-url", url, "--pack", str(pack)]
        kojudge(*words, "--out", str(work / "runs"), "-q")
        ours = Counter(seen)
    same = report("judge requests", theirs, ours)
    return report("verdicts", upstream_verdicts(place / "evaluated"), our_verdicts(work / "runs")) and same


def upstream_verdicts(folder: Path) -> Counter[Any]:
    """Return (model, strategy, id, turn, score, comment) of every verdict in evaluated/."""
    found: Counter[Any] = Counter()
    for path in folder.rglob("*.jsonl"):
        model = path.parent.relative_to(folder).as_posix()
        for row in (json.loads(line) for line in path.read_text("utf-8-sig").splitlines() if line.strip()):
            for turn, key in enumerate(("query_single", "query_multi"), start=1):
                said = row[key]
                place = (model, STRATEGIES[path.stem], row["id"], turn)
                found[(*place, said["judge_score"], said["judge_message"])] += 1
    return found


def our_verdicts(folder: Path) -> Counter[Any]:
    """Return the same of our runs."""
    found: Counter[Any] = Counter()
    for path in folder.rglob("judgments/*/*.jsonl"):
        for o in (json.loads(line) for line in path.read_text("utf-8").splitlines()):
            found[(o["model"], o["strategy"], o["id"], o["turn"], o.get("score"), o.get("comment"))] += 1
    return found


def generation(checkout: Path, saved: Path, pack: Path, work: Path) -> bool:
    """Compare what a model is asked, model by model, when it answers with the saved texts."""
    theirs: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    (work / "vllm").mkdir()
    (work / "vllm" / "vllm.py").write_text(VLLM, "utf-8")
    for name in ("generator.py", "templates.py", "questions.jsonl"):
        shutil.copy(checkout / name, work / "vllm" / name)
    order = strategy_order(checkout)
    for number, model in enumerate(sorted({path.parent for path in saved.rglob("*.jsonl")})):
        record = work / f"record-{number}.jsonl"
        more = {"PARITY_SAVED": str(model.resolve()), "PARITY_RECORD": str(record), "PARITY_ORDER": ",".join(order)}
        run([sys.executable, "generator.py", "-m", f"model-{number}"], work / "vllm", **more)
        known: dict[str, str] = dict(json.loads(line) for line in record.read_text("utf-8").splitlines())
        theirs.update(json.loads(line)[0] for line in record.read_text("utf-8").splitlines())

        def answer(messages: list[dict[str, str]], known: dict[str, str] = known) -> str:
            return known.get(json.dumps(messages, ensure_ascii=False), "다른 요청")

        with recording(answer) as (url, seen):
            words = ["generate", f"model-{number}", "--base-url", url, "--pack", str(pack), "--max-tokens", "9999"]
            kojudge(*words, "--out", str(work / "answers"), "-q")
            # The probe of the server's chat template and the like are no questions.
            ours.update(text for text in seen)
    return report("generation requests", theirs, ours)


def strategy_order(checkout: Path) -> list[str]:
    """Return upstream's strategies in the order its generator takes them."""
    from judge.sources.logickor_pack import read_literal

    return list(read_literal(checkout / "templates.py", "PROMPT_STRATEGY"))


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("checkout", type=Path, help="a checkout of instructkr/LogicKor")
    options.add_argument("--answers", type=Path, metavar="DIR", help="saved answers (default: CHECKOUT/generated)")
    options.add_argument("--only", choices=("judging", "generation"))
    given = options.parse_args()
    checkout, saved = given.checkout.resolve(), (given.answers or given.checkout / "generated").resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        kojudge("import", "logickor", str(checkout), "-o", str(work / "pack"))
        parts = {"judging": judging, "generation": generation}
        good = [
            part(checkout, saved, work / "pack", work) for name, part in parts.items() if given.only in (None, name)
        ]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

"""Options that several verbs share, `--config` files, and how a coroutine is run from the command line."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from judge.config import RULES

T = TypeVar("T")
Parser = argparse.ArgumentParser


def version() -> str:
    """Return the installed version."""
    import importlib.metadata

    try:
        return importlib.metadata.version("kojudge")
    except importlib.metadata.PackageNotFoundError:
        return "of a checkout"


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; SIGTERM cancels like Ctrl-C, so that what is finished is saved and servers are stopped."""

    async def guarded() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are inside it
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows, or not the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def add_common(parser: Parser) -> None:
    """Add what every verb takes."""
    parser.add_argument("--config", metavar="FILE.yaml", help="options from a file; what is typed wins")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks of errors")


def add_questions(parser: Parser, *, strategies: bool = True) -> None:
    """Add what chooses questions."""
    group = parser.add_argument_group("questions")
    group.add_argument("--questions", metavar="FILE|NAME", help="a question set (default: core)")
    group.add_argument("--pack", type=Path, metavar="DIR", help="folder with questions/ and templates/ of your own")
    if strategies:
        group.add_argument(
            "--strategy",
            type=names,
            metavar="A,B",
            help="strategies, with commas (default: 0-shot,1-shot,cot-1-shot)",
        )


def add_connection(parser: Parser) -> None:
    """Add what every endpoint has in common."""
    group = parser.add_argument_group("requests")
    group.add_argument("--timeout", type=positive, metavar="SECONDS", help="of one request (default: 600)")
    group.add_argument("--tries", type=count, metavar="N", help="requests for one item before it fails (default: 6)")


def add_model_endpoint(parser: Parser) -> None:
    """Add where the model answers."""
    group = parser.add_argument_group("where the model runs")
    group.add_argument("--base-url", metavar="URL", help="a running server, such as http://127.0.0.1:8000/v1")
    group.add_argument("--served-model", metavar="NAME", help="the name the server knows it by (default: MODEL)")
    group.add_argument("--api", choices=("openai", "azure"), help="kind of endpoint (default: read off the URL)")
    group.add_argument("--api-key-env", metavar="NAME", help="variable that holds the key (default: OPENAI_API_KEY)")
    group.add_argument("--concurrency", type=count, metavar="N", help="conversations in flight (default: 128)")
    group.add_argument("--rpm", type=positive, metavar="N", help="requests a minute, if known")
    group.add_argument("--tpm", type=positive, metavar="N", help="tokens a minute, if known")


def add_judges(parser: Parser, *, alias: bool) -> None:
    """Add who judges and where. `alias`: --base-url and the like mean the judge, too."""
    group = parser.add_argument_group("judge")
    group.add_argument(
        "--judge",
        action="append",
        metavar="NAME",
        help=f"a model, or `{RULES}` for the offline rule judge; may be given more than once",
    )
    also = (lambda name: (name, name.replace("--judge-", "--"))) if alias else (lambda name: (name,))
    group.add_argument(*also("--judge-base-url"), metavar="URL", help="the judge's endpoint (default: OpenAI)")
    group.add_argument("--judge-vllm", metavar="MODEL", help="judge with a model on a vLLM server that kojudge starts")
    group.add_argument("--judge-vllm-command", metavar="PATH", help="the vllm of another environment")
    group.add_argument("--judge-vllm-arg", action="append", default=[], metavar="KEY=VALUE", help="any vLLM flag")
    group.add_argument(*also("--judge-api"), choices=("openai", "azure"), help="kind of endpoint")
    group.add_argument(*also("--judge-api-key-env"), metavar="NAME", help="variable that holds the judge's key")
    group.add_argument(
        *also("--judge-concurrency"), type=count, metavar="N", help="verdicts in flight (default: found out, up to 100)"
    )
    group.add_argument(*also("--judge-rpm"), type=positive, metavar="N", help="requests a minute, if known")
    group.add_argument(*also("--judge-tpm"), type=positive, metavar="N", help="tokens a minute, if known")
    group.add_argument("--structured", action="store_true", help="ask for JSON by a schema; text where that is refused")
    group.add_argument("--judge-temperature", type=float, default=0.0, metavar="T", help="default: 0")
    group.add_argument("--judge-max-tokens", type=count, metavar="N", help="of a reply (default: the endpoint's)")
    group.add_argument("--judge-seed", type=int, metavar="N")
    group.add_argument("--repeats", type=count, default=1, metavar="N", help="verdicts a turn (default: 1)")
    group.add_argument(
        "--parse-retries",
        type=int,
        default=2,
        metavar="N",
        help="asks again for a reply without score (default: 2)",
    )


def add_sampling(parser: Parser) -> None:
    """Add how the model is asked."""
    group = parser.add_argument_group("sampling")
    group.add_argument("--temperature", type=float, default=0.0, metavar="T", help="default: 0")
    group.add_argument("--top-p", type=float, metavar="P")
    group.add_argument(
        "--max-tokens",
        type=count,
        metavar="N",
        help="of one turn (default: what the context leaves; for a turn that is not the last, half of it)",
    )
    group.add_argument("--seed", type=int, metavar="N")


def add_output(parser: Parser) -> None:
    """Add where results go."""
    parser.add_argument("--out", type=Path, default=Path("outputs"), metavar="DIR", help="default: outputs")
    parser.add_argument("--model-name", metavar="NAME", help="the name in folders and tables (default: MODEL)")
    parser.add_argument("--fresh", action="store_true", help="move an earlier run aside and start anew")
    parser.add_argument("--json", action="store_true", help="the result as JSON on standard output")


def names(text: str) -> list[str]:
    """`a,b` -> [a, b]."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise argparse.ArgumentTypeError("is empty")
    return found


def count(text: str) -> int:
    """A whole number from 1."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def natural(text: str) -> int:
    """A whole number from 0."""
    return 0 if text.strip() == "0" else count(text)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no number") from None
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number

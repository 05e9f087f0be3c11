"""Which judges go by the Batch API or by files, and what of it is under way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from judge.api.checks import check_judges
from judge.api.options import SavedOptions
from judge.config import RULES
from judge.endpoints.client import ChatClient
from judge.errors import ConfigError
from judge.records import Failure, Judgment
from judge.runs.folder import RunFolder
from judge.stages.batch_lines import export_requests, import_results, is_final
from judge.stages.batches import judge_by_batch
from judge.stages.gradings import Grading, Judge
from judge.stages.judges import LlmJudge
from judge.stages.owed import Owed
from judge.stages.pipeline import BatchWay
from judge.stages.progress import Reporter
from judge.wording import led


def check_batches(options: SavedOptions) -> None:
    """Raise ConfigError where the judges cannot work in batches, before anything is started."""
    if not options.batch and options.batch_import is None:
        return
    if options.batch and options.batch_import is not None:
        raise ConfigError("--batch and --batch-import are two ways; give one of them")
    if RULES in check_judges(options.judge):
        raise ConfigError(f"batches are for a judge behind an endpoint (--judge NAME), not for {RULES}")
    if options.batch and options.judge_vllm:
        raise ConfigError(
            "--batch needs an endpoint with a Batch API, which --judge-vllm has not; a server of your own is as cheap "
            "without it"
        )


def check_batch_cost(options: SavedOptions) -> None:
    """Raise ConfigError where a batch is about to be sent that no `--max-cost` can stop."""
    if options.batch and options.max_cost is not None:
        raise ConfigError("--max-cost cannot stop a batch once it is sent; see --dry-run --batch for its cost")


def first_way(run: RunFolder, judge: Judge, options: SavedOptions, report: Reporter) -> BatchWay | None:
    """Return the batch or the import that is asked for, None for ordinary requests. Raises ConfigError."""
    if options.batch_import is None and not options.batch:
        return None
    if not isinstance(judge, LlmJudge):
        raise ConfigError("batches are for a judge behind an endpoint (--judge NAME)")
    if options.batch_import is not None:
        return _importing(judge, Path(options.batch_import), report)
    return _batching(run, judge, options, report)


def _importing(judge: LlmJudge, path: Path, report: Reporter) -> BatchWay:
    async def way(pending: list[Grading], put: Callable[[Judgment | Failure, bool], None]) -> list[Grading]:
        finished: set[str] = set()
        for outcome in import_results(path, pending, judge, report=report):
            put(outcome, True)
            finished.add(outcome.digest)
        return [work for work in pending if work.rule and work.digest not in finished]  # scored by rule

    return way


def _batching(run: RunFolder, judge: LlmJudge, options: SavedOptions, report: Reporter) -> BatchWay:
    chat = judge.chat
    if not isinstance(chat, ChatClient):
        raise ConfigError("batches need an endpoint")

    async def way(pending: list[Grading], put: Callable[[Judgment | Failure, bool], None]) -> list[Grading]:
        rest = await judge_by_batch(
            run,
            pending,
            judge,
            chat.sdk(),
            report=report,
            poll_seconds=options.batch_poll,
            add=lambda outcome: put(outcome, is_final(outcome)),
            adaptations=chat.adaptations,
        )
        return rest.ordinary

    return way


def export(run: RunFolder, owed: Owed, judge: LlmJudge, path: Path) -> None:
    """Write the requests that are owed for an offline runner."""
    number = export_requests(path, owed.pending, judge)
    print(
        f"{run.path}: {number} requests written to {path}; run them, then give the results to --batch-import",
        file=sys.stderr,
    )


class Named:
    """Tells a reporter of the stages of one run among several that are under way at once."""

    def __init__(self, report: Reporter, name: str) -> None:
        self._report, self._name = report, name

    def begin(self, stage: str, total: int, done: int, *, unit: str = "") -> None:
        """Pass it on under the run's name."""
        self._report.begin(led(self._name, stage), total, done, unit=unit)

    def advance(self, stage: str, *, failure: str | None = None, units: int = 1, tokens: int = 0) -> None:
        """Pass it on under the run's name."""
        self._report.advance(led(self._name, stage), failure=failure, units=units, tokens=tokens)

    def say(self, text: str) -> None:
        """Pass it on under the run's name."""
        self._report.say(led(self._name, text))

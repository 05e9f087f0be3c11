"""What the commands do, as calls from Python: `judge.generate`, `judge.judge`, `judge.run`, `judge.table`.

    import judge
    run = await judge.generate("my-model", base_url="http://127.0.0.1:8000/v1", strategy="0-shot")
    board = await judge.judge(run, judge="gpt-4o")

Every long option of a verb is a keyword: `--judge-base-url` is `judge_base_url`; a list stands for an option that is
given more than once or takes commas, True for a switch; None and False leave an option out. The three that talk to a
model are coroutines: `await` them in a notebook, whose loop runs already, or hand them to `asyncio.run` in a script.
They print nothing; `progress=True` shows progress on standard error. Cancelling one is as safe as Ctrl-C: what is
finished is on disk, and the same call goes on.

All raise KojudgeError: ConfigError and InputError for a wrong option or a bad file, FatalChatError for a refused key or
an unknown model, ServerError for a `vllm serve` that does not start.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judge.cli import build_parser
from judge.cli_options import options_of
from judge.errors import ConfigError, did_you_mean
from judge.progress import reporter

if TYPE_CHECKING:
    import pandas as pd

PathLike = str | os.PathLike[str]

_NOT_HERE = (
    "config",
    "help",
    "quiet",
    "verbose",
    "json",
    "format",
    "output",
    "dry-run",
    "batch-export",
    "show-prompt",
    "no-report",
)
"""Options that say how a command prints, which a call does not."""


@dataclass(frozen=True)
class Generated:
    """The run that `generate` has made or gone on with; it can be given wherever a path is taken."""

    path: Path
    answered: int
    """Conversations that are complete, those of earlier calls included."""
    failed: int
    """Conversations that failed in this call; the same call asks them again."""
    expected: int

    def __fspath__(self) -> str:
        """Return the run folder."""
        return str(self.path)


async def generate(model: str, *, progress: bool = False, **options: Any) -> Generated:
    """Let a model answer what it has not answered yet, as `kojudge generate` does."""
    from judge.cli_generate import generate_all, plan_of

    given = _parsed("generate", [model], options)
    plan = plan_of(given)
    with reporter(quiet=not progress) as report:
        tally = await generate_all(plan, given, report)
    return Generated(plan.run.path, tally.before + tally.succeeded, tally.failed, tally.total)


async def judge(paths: PathLike | Iterable[PathLike], *, progress: bool = False, **options: Any) -> pd.DataFrame:
    """Judge saved answers, as `kojudge judge` does, and return the rows of these judges; see `table` for the columns.

    Verdicts that failed are counted in `failed`, those that are missing make `judged + failed < expected`.
    """
    from judge.cli_judge import judge_all, rows_of, targets_of
    from judge.cli_judges import judge_plans
    from judge.tables import frame

    given = _parsed("judge", _paths(paths), options)
    if given.reparse:
        from judge.cli_again import reparse_runs

        targets, digests = reparse_runs(given)
        return frame(rows_of(targets, digests))
    targets = targets_of(given)
    with reporter(quiet=not progress) as report:
        await judge_all(targets, given, report)
    return frame(rows_of(targets, {config.digest() for config, _ in judge_plans(given)}))


async def run(model: str, *, progress: bool = False, **options: Any) -> pd.DataFrame:
    """Generate and judge at once, as `kojudge run` does, and return the rows of these judges."""
    from judge.cli_generate import plan_of
    from judge.cli_judge import series_in
    from judge.cli_judges import judge_plans
    from judge.cli_work import run_all
    from judge.tables import frame, rows

    given = _parsed("run", [model], options)
    judges = {config.digest() for config, _ in judge_plans(given)}
    plan = plan_of(given)
    with reporter(quiet=not progress) as report:
        await run_all(plan, given, report, [])
    return frame(rows(series_in(plan.run, judges, {strategy.name for strategy in plan.strategies})))


def table(paths: PathLike | Iterable[PathLike], **options: Any) -> pd.DataFrame:
    """Return the rows that `kojudge table` prints: one a (model, strategy, judge), scores as unrounded floats.

    Columns: model, strategy, judge, the categories, 싱글턴, 멀티턴, Overall, judged, failed, expected; with `ci`
    ("bootstrap" or "analytic") also low and high, the 95 % interval of Overall. NA where nothing was judged.
    """
    from judge.cli_show import rows_to_show
    from judge.tables import frame, sort_rows

    given = _parsed("table", _paths(paths), options)
    if given.by == "turn":
        raise ConfigError("table: by='turn' is a printed view; use by='strategy', 'model' or 'judge'")
    rows = sort_rows(rows_to_show(given, given.ci or "none"), given.by)
    found = frame(rows)
    if given.ci in ("bootstrap", "analytic"):
        found["low"] = [row.interval.low if row.interval else None for row in rows]
        found["high"] = [row.interval.high if row.interval else None for row in rows]
        found = found.astype({"low": "Float64", "high": "Float64"})
    return found


def _paths(paths: PathLike | Iterable[PathLike]) -> list[str]:
    many = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    return [os.fspath(path) for path in many]


def _parsed(verb: str, words: Sequence[str], given: dict[str, Any]) -> argparse.Namespace:
    """Return the options as the command line would read them. Raises ConfigError for a name that is none."""
    parser = build_parser(verb)
    known = {name: action for name, action in options_of(parser, verb).items() if name not in _NOT_HERE}
    typed: list[str] = []
    for key, value in given.items():
        name = key.replace("_", "-")
        if name not in known:
            raise ConfigError(f"{verb}: no option '{key}': {did_you_mean(name, known)}")
        if value is None or value is False:
            continue
        if known[name].nargs == 0:
            typed.append(f"--{name}")
            continue
        many = list(value) if isinstance(value, list | tuple | set) else [value]
        repeated = isinstance(known[name], argparse._AppendAction)
        typed += [f"--{name}={entry}" for entry in (many if repeated else [",".join(map(str, many))])]
    return parser.parse_args([verb, *typed, "--", *words])

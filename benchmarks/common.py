"""What the judge benchmarks share: interleaved rounds, spreads, targets. Nothing is run here.

Each round runs every contender once, one after the other, against a server that has been reset, so that a slow minute
of the machine falls on all of them; ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from contenders import Job, Result, run_child
from fault_server import Running, Settings, start


@dataclass(frozen=True)
class Measured:
    """One run of one contender, as it saw itself and as the server saw it."""

    result: Result
    stats: Mapping[str, Any]

    @property
    def span(self) -> float:
        """Seconds from the first request to the last reply, as the server saw them."""
        return float(self.stats["last_reply"]) - float(self.stats["first_request"] or 0.0)

    @property
    def refused_share(self) -> float:
        """Refused requests over accepted ones."""
        return float(self.stats["refused"]) / max(1, int(self.stats["accepted"]))


Rounds = dict[str, list[Measured]]


def measure(server: Running, job: Job) -> Measured:
    """Run one job against a reset server."""
    server.reset()
    result = run_child(job)
    return Measured(result, server.stats())


def interleaved(server: Running, jobs: Mapping[str, Job], rounds: int) -> Rounds:
    """Run every job once a round."""
    found: Rounds = {name: [] for name in jobs}
    for number in range(1, rounds + 1):
        for name, job in jobs.items():
            found[name].append(measure(server, replace(job, url=server.url)))
            one = found[name][-1]
            said = f", ended early: {one.result.said}" if one.result.said else ""
            print(
                f"  round {number}/{rounds} {name:18} {one.result.verdicts}/{one.result.judgments} verdicts, "
                f"{one.span:.2f} s, {one.result.cpu_ms:.2f} ms CPU each{said}",
                flush=True,
            )
    return found


def side_by_side(groups: Mapping[str, tuple[Settings, Mapping[str, Job]]], rounds: int) -> dict[str, Rounds]:
    """Run every group against a server of its own, all groups at once: for what waits and hardly computes."""

    def group(settings: Settings, jobs: Mapping[str, Job]) -> Rounds:
        with start(settings) as server:
            return interleaved(server, jobs, rounds)

    with ThreadPoolExecutor(len(groups)) as pool:
        running = {title: pool.submit(group, *of) for title, of in groups.items()}
        return {title: future.result() for title, future in running.items()}


class Spread(NamedTuple):
    """Of the rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return " ".join((short(self.median), f"({short(self.low)} to {short(self.high)})"))


def short(value: float) -> str:
    """Return a number with three digits that count, never in exponents."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> Spread:
    """Return median, least and greatest."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Return the spread of the ratios round by round."""
    return spread([a / b for a, b in zip(above, below, strict=True)])


class Target(NamedTuple):
    """What was to be reached. The median counts."""

    what: str
    value: Spread
    limit: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether it was."""
        return self.value.median <= self.limit if self.at_most else self.value.median >= self.limit

    def __str__(self) -> str:
        bound = "at most" if self.at_most else "at least"
        return f"{'met   ' if self.met else 'MISSED'} {self.what}: {self.value}, target {bound} {self.limit:g}"


def parser(doc: str, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser with what every benchmark takes."""
    shape = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(description=doc, formatter_class=shape)
    made.add_argument("--rounds", type=int, default=rounds, metavar="N", help=f"default: {rounds}")
    made.add_argument("--quick", action="store_true", help="less work, to see that it runs; no figures to report")
    made.add_argument("--json", metavar="FILE", help="write every measurement there, too")
    return made


def close(title: str, lines: Sequence[str], targets: Sequence[Target], rounds: Mapping[str, Rounds], file: str) -> None:
    """Print the summary (min and max over rounds in brackets) and write the measurements."""
    load = os.getloadavg()[0]
    print(f"\n{title} (median, least to greatest over rounds; {os.cpu_count()} cores, load {load:.1f})")
    for line in (*lines, *map(str, targets)):
        print(f"  {line}")
    if file:
        data = {
            group: {name: [{**asdict(m.result), "stats": dict(m.stats)} for m in ms] for name, ms in found.items()}
            for group, found in rounds.items()
        }
        with open(file, "w", encoding="utf-8") as out:
            json.dump(data, out, indent=1)

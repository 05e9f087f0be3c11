"""How long the audit of all verdicts and the bootstrap of all files take.

    python benchmarks/trust.py
    python benchmarks/trust.py --data ../shared/logickor --draws 10000 --json

Reads every file of DATA/evaluated once, then times, each in this one process: the audit (all rules on all
verdicts, the judge-wide checks), DRAWS cluster bootstrap draws with ranks over all files, the analytic errors, the
gate, the items, all paired comparisons of models within a strategy. Prints seconds, what was done in them, and the
width of the interval. Exit codes: 0 done, 2 no data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from judge.sources.judged import load_evidence
from judge.tables import means as tables
from judge.trust import audit, compare, items, noise, stats
from judge.trust import intervals as boards
from judge.trust import language_gate as gate

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns and its wall-clock seconds."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def measure(evaluated: Path, draws: int) -> dict[str, dict[str, Any]]:
    """Return seconds and size of each piece of work."""
    found, reading = timed(lambda: load_evidence([evaluated]))
    series, judged = found.series, found.judged
    rows, means = timed(lambda: tables.mean_rows(series))
    result: dict[str, dict[str, Any]] = {
        "read": {"seconds": reading, "files": len(series), "verdicts": len(judged)},
        "means": {"seconds": means, "rows": len(rows)},
    }
    hits, seconds = timed(lambda: audit.audit(judged))
    result["audit"] = {"seconds": seconds, "hits": len(hits), "to re-judge": len(audit.flagged(hits))}
    findings, seconds = timed(lambda: audit.judge_checks(series, judged))
    result["judge-wide checks"] = {"seconds": seconds, "findings": len(findings)}
    bootstrap, seconds = timed(lambda: boards.with_intervals(rows, series, ci="bootstrap", by="model", draws=draws))
    halves = [row.interval.half for row in bootstrap if row.interval]
    result["bootstrap"] = {"seconds": seconds, "draws": draws, "median ±": statistics.median(halves)}
    analytic, seconds = timed(lambda: boards.with_intervals(rows, series, ci="analytic"))
    result["analytic"] = {
        "seconds": seconds,
        "median ±": statistics.median(row.interval.half for row in analytic if row.interval),
    }
    gated, seconds = timed(lambda: gate.with_gate(rows, series, judged))
    result["language gate"] = {"seconds": seconds, "changed": sum(row.gated.changed for row in gated if row.gated)}
    prompts, seconds = timed(lambda: noise.identical_prompts(judged))
    spread = noise.noise(prompts.values())
    result["identical prompts"] = {"seconds": seconds, "sd": spread.deviation if spread else None}
    found_items, seconds = timed(lambda: items.measure(series, prompts=prompts))
    result["items"] = {"seconds": seconds, "questions": sum(len(table.items) for table in found_items)}
    pairs, seconds = timed(lambda: compare.compare(series, "model", draws=draws))
    apart = sum(one.verdict != "indistinguishable" for one in pairs.found)
    result["compare"] = {"seconds": seconds, "pairs": len(pairs.found), "told apart": apart}
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/logickor"), help="the LogicKor data")
    parser.add_argument("--draws", type=int, default=stats.DRAWS, help="bootstrap draws")
    parser.add_argument("--json", action="store_true", help="machine-readable figures")
    options = parser.parse_args(arguments)
    evaluated = options.data / "evaluated"
    if not evaluated.is_dir():
        print(f"{evaluated}: no saved verdicts here; put the public LogicKor data there", file=sys.stderr)
        return 2
    result = measure(evaluated, options.draws)
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    for name, figures in result.items():
        said = ", ".join(f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}"
                         for key, value in figures.items() if key != "seconds")  # fmt: skip
        print(f"{name:<18} {figures['seconds']:>7.2f} s   {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How many CPU seconds the verbs that only read take, beside LogicKor's own score.py and beside another checkout.

    python benchmarks/reading.py
    python benchmarks/reading.py --paths ../shared/logickor/evaluated --score LogicKor/score.py
    python benchmarks/reading.py --against ../kojudge-before --rounds 3 --json

Makes MODELS x 3 files of 84 verdicts (tests/support/report_load.py; 65: about 77 MB), unless --paths is given, and runs
each verb on them in a process of its own, ROUNDS times; all contenders run once a round, and ratios are taken within a
round. `score.py` gets one file and then all of them in one call; it makes one table of all files, without intervals.
Then, in this process, how the parts of a table grow from 125 to 1,000 rows: the means, the intervals, and the ranks,
which hold every two rows against each other. CPU seconds are of the process and its children, all threads together.
Exit codes: 0 done, 2 nothing to read.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import ratios, spread

from judge.records import Judgment
from judge.tables.means import mean_rows
from judge.tables.results import Results
from judge.trust.intervals import with_intervals
from tests.support.report_load import write_load

HERE = Path(__file__).parents[1]
VERBS = {
    "table --ci none": ("table", "{load}", "--ci", "none"),
    "table": ("table", "{load}"),
    "table --by model": ("table", "{load}", "--by", "model"),
    "audit": ("audit", "{load}"),
    "report": ("report", "{load}", "-o", "{out}/report.html"),
}
GROWTH = (125, 250, 500, 1000)


def cpu_of(command: Sequence[str], checkout: Path | None = None) -> float:
    """Return the CPU seconds of a child. Raises SystemExit where it did not do its work."""
    environment = os.environ | ({"PYTHONPATH": str(checkout)} if checkout else {})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, cwd=checkout, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):  # 1: verdicts are missing
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def contenders(load: Path, out: Path, against: Path | None, score: Path | None) -> dict[str, Callable[[], float]]:
    """Return what is measured, by name."""
    found: dict[str, Callable[[], float]] = {}
    for name, words in VERBS.items():
        arguments = [word.format(load=load, out=out) for word in words]
        command = [sys.executable, "-m", "judge", *arguments]
        found[name] = lambda command=command: cpu_of(command, HERE)
        if against:
            found[f"{name}, before"] = lambda command=command: cpu_of(command, against)
    if score:
        first = next(iter(sorted(load.rglob("*.jsonl"))))
        for name, pattern in (("score.py, one file", first), ("score.py, all files", load / "*" / "*" / "*.jsonl")):
            command = [sys.executable, str(score.resolve()), "-p", str(pattern)]
            found[name] = lambda command=command: cpu_of(command)
    return found


def made_up(rows: int) -> list[Results]:
    """Return so many series of 84 verdicts."""
    expected = {(question, turn): f"범주 {question % 6}" for question in range(1, 43) for turn in (1, 2)}
    return [
        Results(
            model=f"m{row}",
            strategy="0-shot",
            judge="j",
            outcomes=tuple(
                Judgment(
                    id=question,
                    turn=turn,
                    judge="j",
                    category=category,
                    model=f"m{row}",
                    strategy="0-shot",
                    score=((row * 7 + question * 13 + turn * 5 + row * question) % 21) / 2,
                    comment="",
                )
                for (question, turn), category in expected.items()
            ),
            expected=expected,
        )
        for row in range(rows)
    ]


def growth(sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return the CPU seconds of the parts of a table by its number of rows."""
    found: dict[int, dict[str, float]] = {}
    for size in sizes:
        series = made_up(size)
        marks = [time.process_time()]
        rows = mean_rows(series)
        marks.append(time.process_time())
        with_intervals(rows, series, ci="bootstrap", by="judge")  # rows that are no board have no ranks
        marks.append(time.process_time())
        with_intervals(rows, series, ci="bootstrap", by="model")
        marks.append(time.process_time())
        means, intervals, both = (later - earlier for earlier, later in pairwise(marks))
        found[size] = {"means": means, "intervals": intervals, "ranks": max(0.0, both - intervals)}
    return found


def lines_of(seconds: Mapping[str, Sequence[float]]) -> list[str]:
    """Return a line a contender, with the ratio to the checkout before where there is one."""
    found = []
    for name, values in seconds.items():
        before = seconds.get(f"{name}, before")
        ratio = f"   {ratios(values, before)} of before" if before else ""
        found.append(f"{name:28} {spread(values)} s{ratio}")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=65)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--paths", type=Path, help="read this folder of LogicKor's evaluated/ files instead")
    parser.add_argument("--score", type=Path, metavar="score.py", help="LogicKor's own program")
    parser.add_argument("--against", type=Path, metavar="DIR", help="a checkout of kojudge to be measured beside this")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = (options.paths or folder / "load").resolve()
        if not options.paths:
            write_load(load, models=options.models)
        files = list(load.rglob("*.jsonl"))
        if not files:
            print(f"{load}: holds no .jsonl file", file=sys.stderr)
            return 2
        measured = contenders(load, folder, options.against and options.against.resolve(), options.score)
        seconds: dict[str, list[float]] = {each: [] for each in measured}
        for _ in range(options.rounds):
            for each, measure in measured.items():
                seconds[each].append(measure())
    grown = growth(GROWTH)
    if options.json:
        print(json.dumps({"files": len(files), "CPU seconds": seconds, "growth": grown}, ensure_ascii=False, indent=2))
        return 0
    print(f"{len(files)} files, CPU seconds, median (least to greatest of {options.rounds} rounds)")
    print("\n".join(lines_of(seconds)))
    for size, parts in grown.items():
        print(f"{size:5} rows: " + ", ".join(f"{part} {value:.2f} s" for part, value in parts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

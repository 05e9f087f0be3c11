"""What a judgment costs when the endpoint costs nothing: 5,000 judgments at zero latency, 64 in flight.

    python benchmarks/judge_throughput.py         about two minutes
    python benchmarks/judge_throughput.py --quick

CPU time is of the client's process alone; judgments a second is over the whole of `judge_run`, reading and writing
the run folder included.
"""

from __future__ import annotations

from common import Target, close, interleaved, parser, ratios, spread
from contenders import AIOHTTP, BARE, BARE_AIO, PRODUCT, Job
from fault_server import Settings, start


def main() -> None:
    """Run from the command line."""
    options = parser(__doc__ or "", rounds=2)
    options.add_argument("--judgments", type=int, default=5000, metavar="N")
    options.add_argument("--concurrency", type=int, default=64, metavar="N")
    given = options.parse_args()
    rounds, judgments = (1, 500) if given.quick else (given.rounds, given.judgments)
    jobs = {name: Job(name, "", judgments, given.concurrency) for name in (PRODUCT, BARE, BARE_AIO, AIOHTTP)}
    with start(Settings()) as server:
        found = interleaved(server, jobs, rounds)
    rates = {name: [one.result.rate for one in ones] for name, ones in found.items()}
    cpu = {name: [one.result.cpu_ms for one in ones] for name, ones in found.items()}
    served = [one.stats["cpu_seconds"] / one.stats["requests"] * 1e3 for ones in found.values() for one in ones]
    lines = [f"{name:8} {spread(rates[name])} judgments/s, {spread(cpu[name])} ms CPU each" for name in found]
    for name in (BARE, BARE_AIO, AIOHTTP):
        lines.append(f"judgments/s of product over {name}: {ratios(rates[PRODUCT], rates[name])}")
        lines.append(f"CPU of product over {name}: {ratios(cpu[PRODUCT], cpu[name])}")
    lines.append(f"server   {spread(served)} ms CPU a request")
    targets = [
        Target("judgments/s of product over bare", ratios(rates[PRODUCT], rates[BARE]), 0.85, at_most=False),
    ]
    close("(b) throughput", lines, targets, {"throughput": found}, given.json)


if __name__ == "__main__":
    main()

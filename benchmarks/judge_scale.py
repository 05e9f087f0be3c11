"""How time and memory grow with the work: 1,000, 10,000 and 100,000 judgments at zero latency.

    python benchmarks/judge_scale.py              about seven minutes
    python benchmarks/judge_scale.py --sizes 1000,10000

Each size is a process of its own; its peak memory is the system's own figure (resource.getrusage), its time that of
`judge_run` from opening the run to closing it.
"""

from __future__ import annotations

import itertools

from common import Target, close, interleaved, parser, ratios, spread
from contenders import PRODUCT, Job
from fault_server import Settings, start


def main() -> None:
    """Run from the command line."""
    options = parser(__doc__ or "", rounds=1)
    options.add_argument("--sizes", default="1000,10000,100000", metavar="A,B,...", help="default: %(default)s")
    options.add_argument("--concurrency", type=int, default=64, metavar="N")
    given = options.parse_args()
    sizes = [200, 2000] if given.quick else [int(size) for size in given.sizes.split(",")]
    jobs = {f"{size:,}": Job(PRODUCT, "", size, given.concurrency) for size in sizes}
    with start(Settings()) as server:
        found = interleaved(server, jobs, given.rounds)
    lines, targets = [], []
    for name, ones in found.items():
        seconds, peak = (spread([getattr(one.result, field) for one in ones]) for field in ("seconds", "peak_mib"))
        cpu = spread([one.result.cpu_ms for one in ones])
        lines.append(f"{name:>8} judgments: {seconds} s, {cpu} ms CPU each, peak {peak} MiB")
    for (small, a), (big, b) in itertools.pairwise(zip(sizes, found, strict=True)):
        cpu = ratios([one.result.cpu_ms for one in found[b]], [one.result.cpu_ms for one in found[a]])
        memory = ratios([one.result.peak_mib for one in found[b]], [one.result.peak_mib for one in found[a]])
        time = ratios([o.result.seconds / big for o in found[b]], [o.result.seconds / small for o in found[a]])
        targets.append(Target(f"{a} -> {b}: time a judgment", time, 1.10))
        targets.append(Target(f"{a} -> {b}: CPU a judgment", cpu, 1.10))
        targets.append(Target(f"{a} -> {b}: peak memory", memory, 1.30))
    close("(e) scale", lines, targets, {"scale": found}, given.json)


if __name__ == "__main__":
    main()

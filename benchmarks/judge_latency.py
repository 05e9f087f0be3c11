"""How close to the endpoint's own time judging comes: 252 judgments, 1 s latency, 64 in flight.

    python benchmarks/judge_latency.py            about a minute
    python benchmarks/judge_latency.py --quick

The physical limit is ceil(252 / 64) x 1 s = 4 s from the first request to the last reply.
"""

from __future__ import annotations

import math

from common import Target, close, interleaved, parser, ratios, spread
from contenders import AIOHTTP, BARE, PRODUCT, Job
from fault_server import Settings, start


def main() -> None:
    """Run from the command line."""
    options = parser(__doc__ or "", rounds=3)
    options.add_argument("--judgments", type=int, default=252, metavar="N")
    options.add_argument("--latency", type=float, default=1.0, metavar="SECONDS")
    options.add_argument("--concurrency", type=int, default=64, metavar="N")
    given = options.parse_args()
    rounds, latency = (1, 0.3) if given.quick else (given.rounds, given.latency)
    limit = math.ceil(given.judgments / given.concurrency) * latency
    jobs = {name: Job(name, "", given.judgments, given.concurrency) for name in (PRODUCT, BARE, AIOHTTP)}
    with start(Settings(latency=latency)) as server:
        found = interleaved(server, jobs, rounds)
    spans = {name: [one.span for one in ones] for name, ones in found.items()}
    lines = [f"{name:8} {spread(s)} s, {ratios(s, [limit] * rounds)} of {limit:g} s" for name, s in spans.items()]
    lines.append(f"product over aiohttp: {ratios(spans[PRODUCT], spans[AIOHTTP])}")
    targets = [
        Target("product over the limit", ratios(spans[PRODUCT], [limit] * rounds), 1.30),
        Target("product over bare", ratios(spans[PRODUCT], spans[BARE]), 1.05),
    ]
    close("(a) latency", lines, targets, {"latency": found}, given.json)


if __name__ == "__main__":
    main()

"""Judging against a bad endpoint: 5 % 500, 2 % dropped, 1 % hanging, 5 % unparsable; then an outage of 150 s.

    python benchmarks/judge_faults.py                         about three minutes
    python benchmarks/judge_faults.py --outage-seconds 30

A request may take 10 s here (--timeout), so that a hanging one costs that; the outage begins 2 s after the first
request and cuts every connection. What an outage costs is the time over that of a run without one. The three servers
run at the same time, for nearly all of it is waiting.
"""

from __future__ import annotations

from common import Target, close, parser, side_by_side, spread
from contenders import BARE, PRODUCT, Job
from fault_server import Settings

JUDGMENTS = 252


def main() -> None:
    """Run from the command line."""
    options = parser(__doc__ or "", rounds=1)
    options.add_argument("--outage-seconds", type=float, default=150.0, metavar="SECONDS", help="default: 150")
    options.add_argument("--outage-kind", choices=("drop", "503"), default="drop")
    options.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="of one request; default: 10")
    options.add_argument("--concurrency", type=int, default=64, metavar="N")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    outage = 10.0 if given.quick else given.outage_seconds
    jobs = {
        name: Job(name, "", JUDGMENTS, given.concurrency, timeout_seconds=given.timeout) for name in (PRODUCT, BARE)
    }
    bad = Settings(
        latency=0.5,
        error_share=0.05,
        drop_share=0.02,
        hang_share=0.01,
        unparsable_share=0.05,
        seed=given.seed,
    )
    kinds = {
        "faults": bad,
        "none": Settings(latency=1.0),
        "outage": Settings(
            latency=1.0, outage_from=2.0, outage_seconds=outage, outage_kind=given.outage_kind, seed=given.seed
        ),
    }
    found = side_by_side({title: (settings, jobs) for title, settings in kinds.items()}, given.rounds)
    lines, targets = [], []
    for title, rounds in found.items():
        for name, ones in rounds.items():
            done = ", ".join(f"{one.result.verdicts}/{JUDGMENTS}" for one in ones)
            zeros = sum(one.result.zeros for one in ones)
            span = spread([one.span for one in ones])
            lines.append(f"{title:7} {name:8} {span} s, verdicts {done}, {zeros} of them 0")
        complete = spread([one.result.verdicts for one in rounds[PRODUCT]])
        targets.append(Target(f"{title}: verdicts", complete, JUDGMENTS, at_most=False))
        targets.append(Target(f"{title}: scored 0", spread([one.result.zeros for one in rounds[PRODUCT]]), 0))
    costs = [a.span - b.span for a, b in zip(found["outage"][PRODUCT], found["none"][PRODUCT], strict=True)]
    targets.append(Target("cost of the outage over its length", spread([cost / outage for cost in costs]), 1.10))
    walls = [a.span / (outage + b.span) for a, b in zip(found["outage"][PRODUCT], found["none"][PRODUCT], strict=True)]
    targets.append(Target("wall over the outage and a normal run", spread(walls), 1.05))
    close("(d) faults", lines, targets, found, given.json)


if __name__ == "__main__":
    main()

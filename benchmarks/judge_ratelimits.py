"""Judging under a rate limit: 252 judgments at 600 RPM, then at 500 RPM and 30,000 TPM, enforced every second.

    python benchmarks/judge_ratelimits.py         about two minutes a round
    python benchmarks/judge_ratelimits.py --headers "" --rounds 3

The arithmetic is requests over requests a second, or tokens over tokens a second, whichever is longer, and the
latency of the last reply. A request counts 100 tokens, so that 30,000 TPM let 5 of them pass a second. `told` is the
product that was given the limits (--rpm, --tpm); `product` has to find out. Both limits are tried at the same time, for
nearly all of it is waiting.
"""

from __future__ import annotations

from common import Target, close, parser, ratios, side_by_side, spread
from contenders import BARE, PRODUCT, Job
from fault_server import HEADERS, Settings

from judge.endpoints.limiter import START

TOLD = "told"
TOKENS = 100


def main() -> None:
    """Run from the command line."""
    options = parser(__doc__ or "", rounds=1)
    options.add_argument("--judgments", type=int, default=252, metavar="N")
    options.add_argument("--latency", type=float, default=0.5, metavar="SECONDS")
    options.add_argument("--concurrency", type=int, default=64, metavar="N")
    options.add_argument("--headers", default=",".join(HEADERS), help="what a refusal tells (default: %(default)s)")
    given = options.parse_args()
    judgments = 60 if given.quick else given.judgments
    arithmetics: dict[str, float] = {}
    plans: dict[str, tuple[Settings, dict[str, Job]]] = {}
    for rpm, tpm in ((600, 0), (500, 30_000)):
        title = f"{rpm} RPM" + (f" + {tpm:,} TPM" if tpm else "")
        seconds = max(judgments / rpm * 60, judgments * TOKENS / tpm * 60 if tpm else 0.0)
        arithmetics[title] = seconds + given.latency
        jobs = {
            PRODUCT: Job(PRODUCT, "", judgments, given.concurrency, start=START),
            TOLD: Job(PRODUCT, "", judgments, given.concurrency, rpm=rpm, tpm=tpm, start=START),
            BARE: Job(BARE, "", judgments, given.concurrency),
        }
        settings = Settings(latency=given.latency, rpm=rpm, tpm=tpm, tokens_per_request=TOKENS, headers=given.headers)
        plans[title] = (settings, jobs)
    groups = side_by_side(plans, given.rounds)
    lines: list[str] = []
    targets: list[Target] = []
    for title, found in groups.items():
        arithmetic = arithmetics[title]
        for name, ones in found.items():
            over = ratios([one.span for one in ones], [arithmetic] * len(ones))
            refused = spread([one.refused_share for one in ones])
            counts = ", ".join(f"{one.stats['refused']} for {one.stats['accepted']}" for one in ones)
            done = ", ".join(f"{one.result.verdicts}/{judgments}" for one in ones)
            lines.append(f"{title}: {name:8} {over} of {arithmetic:.1f} s, refused {counts}; verdicts {done}")
            if name != BARE:
                targets.append(Target(f"{title}: {name} over the arithmetic", over, 1.10))
                targets.append(Target(f"{title}: {name}, refused over accepted", refused, 0.05))
    close("(c) rate limits", lines, targets, groups, given.json)


if __name__ == "__main__":
    main()

"""Does `kojudge qualify` find what is wrong with a judge, and nothing else? Simulated judges with planted vices.

    python benchmarks/qualify_vices.py [--seeds 200]

Prints the confusion table: a row a judge, a column a finding, in each cell the share of seeds in which it was named.
Exit code 1 where a planted vice is missed, or anything else is named, in more than 1 % of the seeds.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from judge.packs.probes import load_probes
from judge.tables.parts import blocks, grid_of
from judge.trust.findings import findings
from judge.trust.qualify import qualification
from tests.support.vices import SIMULATED, simulated

TOLERATED = 0.01


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="default: 200")
    seeds = parser.parse_args().seeds
    probes = load_probes().probes
    named: dict[str, Counter[str]] = {}
    exact: Counter[str] = Counter()
    for name, judge in SIMULATED.items():
        named[name] = Counter()
        for seed in range(seeds):
            found = qualification(probes, simulated(judge, probes, seed))
            assert found is not None
            codes = {one.code for one in findings(found)}
            named[name].update(codes)
            exact[name] += codes == judge.expected
    columns = list(dict.fromkeys(code for counts in named.values() for code in counts))
    lines = [
        [name, *(f"{counts[c] / seeds:.3f}" if counts[c] else "." for c in columns), f"{exact[name] / seeds:.3f}"]
        for name, counts in named.items()
    ]
    sys.stdout.write(blocks([grid_of(f"named, share of {seeds} seeds", ["judge", *columns, "exact"], lines)]))
    short = [name for name in SIMULATED if exact[name] < (1 - TOLERATED) * seeds]
    print(f"found and nothing else: {'every judge' if not short else 'not ' + ', '.join(short)}")
    return int(bool(short))


if __name__ == "__main__":
    sys.exit(main())

"""How large the page of a large load is, and how fast a browser opens it and goes through it.

    python benchmarks/report_page.py
    python benchmarks/report_page.py --models 65 --rounds 5 --json
    python benchmarks/report_page.py --paths ../shared/logickor/evaluated

Makes MODELS x 3 files of 84 verdicts (tests/support/report_load.py; 65: about 77 MB), builds the page of them and
that of one model, and opens both in turn in a headless Chromium, ROUNDS times. Prints seconds and milliseconds, medians
and worst, and the ratio of the two opening times in each round. Needs the `test` extra and a Chromium
(KOJUDGE_TEST_CHROMIUM, or `chromium` on the path). Exit codes: 0 done, 2 no browser.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page, sync_playwright

from judge.reports.page import write_report
from tests.support.report_load import write_load

READY = "body[data-ready]"
WORST_FRAME = """async ([place, step]) => {
  const box = document.querySelector(place);
  let worst = 0, last = performance.now();
  for (let i = 0; i < 60; i += 1) {
    box.scrollTop += step;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }
  return worst;
}"""
NEXT_ITEMS = """async (steps) => {
  const item = document.getElementById('item'), times = [];
  for (let i = 0; i < steps; i += 1) {
    const before = item.dataset.shown, start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
    while (item.dataset.shown === before) await new Promise((done) => setTimeout(done));
    times.push(performance.now() - start);
  }
  return times;
}"""
SORT = """() => {
  const start = performance.now();
  document.querySelector('th[aria-sort=descending] button').click();
  document.body.offsetHeight;
  return performance.now() - start;
}"""


def seconds_until(page: Page, file: Path) -> float:
    """Return the seconds from the order to open a file to a board that can be read and used."""
    start = time.perf_counter()
    page.goto(f"file://{file}", wait_until="commit")
    page.wait_for_selector(READY)
    return time.perf_counter() - start


def used(page: Page) -> dict[str, float]:
    """Return how long what a reader does takes, in milliseconds, on a page that is open."""
    found = {"sort": page.evaluate(SORT)}
    found["radar"] = waited(
        page, lambda: page.locator("#radar-part").scroll_into_view_if_needed(), "#radar[data-ready]"
    )
    found["heat map"] = waited(page, lambda: page.keyboard.press("h"), ".heat-row")
    found["heat map, worst frame"] = page.evaluate(WORST_FRAME, [".heat", 120])
    page.keyboard.press("i")
    page.wait_for_selector(".row")
    found["list, worst frame"] = page.evaluate(WORST_FRAME, ["#item-list", 900])
    steps = page.evaluate(NEXT_ITEMS, 40)
    found["next item, median"], found["next item, worst"] = statistics.median(steps), max(steps)
    page.evaluate("() => { document.querySelector('#search-state').textContent = 'old' }")
    found["search of all texts"] = waited(page, lambda: page.fill("#search", "도서관처럼"), "#search-state:empty")
    return found


def waited(page: Page, act: Any, selector: str) -> float:
    """Return the milliseconds from an act until a selector is there."""
    start = time.perf_counter()
    act()
    page.wait_for_selector(selector, state="attached", timeout=60_000)
    return (time.perf_counter() - start) * 1000


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=65)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--paths", type=Path, nargs="+", help="measure the page of these instead")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    chromium = os.environ.get("KOJUDGE_TEST_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("needs a browser: apt-get install chromium, or its path in KOJUDGE_TEST_CHROMIUM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = 0 if options.paths else write_load(folder / "load", models=options.models)
        write_load(folder / "one", models=1)
        start = time.perf_counter()
        large = write_report(options.paths or [folder / "load"], folder / "large.html")
        built = time.perf_counter() - start
        small = write_report([folder / "one"], folder / "small.html")
        opened, ratios, uses = [], [], []
        with sync_playwright() as playwright:
            for _ in range(options.rounds):
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                pages = [browser.new_page(viewport={"width": 1280, "height": 860}) for _ in range(2)]
                base, mine = seconds_until(pages[0], small.path), seconds_until(pages[1], large.path)
                opened.append(mine)
                ratios.append(mine / base)
                uses.append(used(pages[1]))
                browser.close()
        found = {
            "raw MB": raw / 1e6,
            "file MB": large.bytes / 1e6,
            "rows": len(large.rows),
            "verdicts": large.verdicts,
            "build seconds": built,
            "open seconds": opened,
            "open, ratio to one model": ratios,
            **{f"{key} ms": [one[key] for one in uses] for key in uses[0]},
        }
    print(json.dumps(found, ensure_ascii=False, indent=2) if options.json else text_of(found))
    return 0


def text_of(found: dict[str, Any]) -> str:
    """Return a line a figure: the median, and the worst where there are several."""
    lines = []
    for name, value in found.items():
        if isinstance(value, list):
            lines.append(f"{name:32} median {statistics.median(value):8.2f}   worst {max(value):8.2f}")
        else:
            lines.append(f"{name:32} {value:15,.2f}" if isinstance(value, float) else f"{name:32} {value:15,}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""Files and tables are those that c0262b3 wrote, before the package moved into rooms: no digest changed, so nothing that
was paid for is asked for again.

`data/first_release/` holds the questions, strategies, judge templates and sample answers of that time, and in
`files.json` short digests of every line that it wrote of them. A change that means to alter what is written (a rule of
the rule judge) records it again, and the CHANGELOG says what is judged anew:

    python -m tests.whole_way.test_same_files
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from judge.cli.main import main
from judge.config import BASELINES

FIRST = Path(__file__).with_name("data") / "first_release"
RECORDED, PACK, SAMPLES = FIRST / "files.json", FIRST / "pack", FIRST / "samples"
TIMES = re.compile(r'"(?:created|updated)": ?"[^"]*"')
ELSEWHERE = re.compile(r'"(?:host|vllm|openai|kojudge|python|versions?)": ?(?:"[^"]*"|null)')
"""What depends on the machine: versions and the host's name."""


def record(folder: Path) -> dict[str, list[str]]:
    """Make every run below `folder`; return each file and table as short digests of its lines, times aside."""
    pack = ["--pack", str(PACK)]
    with contextlib.redirect_stdout(io.StringIO()):
        for name in BASELINES:
            assert main(["run", name, "--judge", "rules", "--out", str(folder), "--no-report", "-q", *pack]) == 0
        assert main(["judge", str(SAMPLES), "--judge", "rules", "--out", str(folder), "-q"]) in (0, 1)
    files = [p for p in sorted(folder.rglob("*")) if p.name == "run.json" or p.suffix == ".jsonl"]
    texts = {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in files}
    for by in ("strategy", "model", "turn"):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main(["table", str(folder), "--by", by, "--format", "csv", "--ci", "bootstrap"])
        texts[f"table --by {by}"] = out.getvalue()
    return {name: [*_digests(text)] for name, text in texts.items()}


def _digests(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield hashlib.sha256(ELSEWHERE.sub("", TIMES.sub("", line)).encode()).hexdigest()[:8]


def test_runs_and_tables_are_the_ones_that_the_first_release_wrote(tmp_path: Path) -> None:
    expected = json.loads(RECORDED.read_text(encoding="utf-8"))
    found = record(tmp_path)
    assert found.keys() == expected.keys()
    for name, lines in expected.items():
        differ = [number for number, (a, b) in enumerate(zip(lines, found[name], strict=False), start=1) if a != b]
        assert len(lines) == len(found[name]), f"{name}: {len(found[name])} lines, not {len(lines)}"
        assert not differ, f"{name}: lines {differ[:10]} are not what was written before"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        RECORDED.write_text(json.dumps(record(Path(scratch)), separators=(",", ":")) + "\n", encoding="utf-8")

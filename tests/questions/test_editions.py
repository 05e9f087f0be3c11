"""The README of the question sets says which edition of each file it describes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from judge.packs.probes import load_probes
from judge.packs.questions import load_questions

EDITIONS = Path(__file__).parents[2] / "questions" / "editions.json"
README = Path(__file__).parents[2] / "questions" / "README.md"


@pytest.mark.parametrize("name", ["core", "hard"])
def test_the_readme_carries_the_digest_of_the_file(name: str) -> None:
    """A change of a question set is a new edition: raise its number, say what changed, and put the new digest there."""
    stated = re.findall(rf"^\| `{name}\.jsonl` \| (\d+) \| `(\w+)` \|$", README.read_text(encoding="utf-8"), re.M)
    assert [digest for _, digest in stated] == [load_questions(questions=name).digest]
    known = json.loads(EDITIONS.read_text(encoding="utf-8"))[name]
    assert stated == [(str(len(known)), known[-1])]


def test_the_readme_carries_the_digest_of_the_probes() -> None:
    stated = re.findall(r"Edition (\d+), digest `(\w+)`", README.read_text(encoding="utf-8"))
    assert stated == [("1", load_probes().digest)]

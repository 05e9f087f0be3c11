"""No fact is false: 444 answers, right and subtly wrong, each with the verdict of a careful person on one demand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from judge.demands import Demand
from judge.files import read_lines
from judge.text.demand_checks import check

DATA = Path(__file__).parent / "data"
SAID = {True: "kept", False: "broken", None: "open"}
UNDECIDED = 12
"""The share of decided answers, in percent, of which the program may say nothing: silence must stay the exception."""
HOMONYMS = ["그는 소의 우리를 고쳤다."]
"""우리, a cage: the forbidden word 우리 (we) by its letters. No program without a dictionary of senses sees it."""


@pytest.mark.parametrize("name", ["facts.jsonl", "more_facts.jsonl", "last_facts.jsonl"])
def test_no_demand_is_called_kept_or_broken_against_a_careful_reader(name: str) -> None:
    """`truth` is kept, broken, or open where careful people differ; there a sure verdict is as wrong as a false one."""
    demand: TypeAdapter[Any] = TypeAdapter(Demand)
    rows: list[dict[str, Any]] = [line.data for line in read_lines(DATA / name)]
    said = [SAID[check(demand.validate_python(row["demand"]), row["answer"]).met] for row in rows]
    false = [
        (row["kind"], row["answer"], word)
        for row, word in zip(rows, said, strict=True)
        if word not in (row["truth"], "open")
    ]
    assert [found for found in false if found[1] not in HOMONYMS] == []
    counts = Counter((row["truth"], word) for row, word in zip(rows, said, strict=True))
    decided = sum(counts.values()) - sum(count for (truth, _), count in counts.items() if truth == "open")
    silent = counts["kept", "open"] + counts["broken", "open"]
    assert 100 * silent <= UNDECIDED * decided

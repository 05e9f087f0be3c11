"""The probe set: what it must hold, and what a file of one's own is told."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError
from judge.packs.probes import FULL, KINDS, ProbeSet, answers_of, load_probes
from judge.text.demand_checks import demand_facts
from judge.text.language import hangul_share

WITHOUT_KOREAN = {"c3"}
"""Probes whose answer is JSON alone."""


@pytest.fixture(scope="module")
def built_in() -> ProbeSet:
    return load_probes()


def test_there_are_enough_turns_and_variants(built_in: ProbeSet) -> None:
    assert len(built_in.probes) >= 30
    assert all(len(probe.variants) >= 6 for probe in built_in.probes), "six ways to differ, at least"
    counts = Counter(variant.kind for probe in built_in.probes for variant in probe.variants)
    assert counts.keys() == KINDS.keys()
    assert all(number >= (4 if kind == "yields" else 7) for kind, number in counts.items()), counts
    assert {probe.category for probe in built_in.probes} == {"추론", "수학", "글쓰기", "코딩", "이해", "문법"}
    assert len({(a.id, a.strategy) for a in answers_of(built_in.probes)}) == len(answers_of(built_in.probes))


def test_the_full_mark_answers_keep_every_demand_that_a_program_can_check(built_in: ProbeSet) -> None:
    checked = 0
    for probe in built_in.probes:
        demands = probe.checks[-1] if probe.checks else ()
        facts = demand_facts(demands, probe.full)
        assert not [fact for fact in facts if "어김" in fact], (probe.id, facts)
        if demands and "broken-form" in probe.texts:
            assert any("어김" in fact for fact in demand_facts(demands, probe.texts["broken-form"])), probe.id
        checked += len(facts)
    assert checked >= 15


def test_the_variants_are_what_their_kinds_say(built_in: ProbeSet) -> None:
    for probe in built_in.probes:
        texts = probe.texts
        for one in probe.variants:
            base, where = texts[one.base], (probe.id, one.kind)
            share = hangul_share(one.text)
            if KINDS[one.kind].group == "attack" or one.kind in ("confident", "preface"):
                assert base in one.text, where
            if one.kind == "longer":
                assert 1.6 < len(one.text) / len(base) < 2.8, where
            if one.kind == "same":
                assert one.text == base, where
            else:
                assert one.text not in (base, probe.full), where
            if one.kind == "cut-off":
                assert probe.full.startswith(one.text), where
            if one.kind == "english":
                assert (share or 0) < 0.05, where
            elif one.kind == "half-english":
                assert 0.3 < (share or 0) < 0.7, where
            elif probe.id not in WITHOUT_KOREAN and share is not None:
                assert share > 0.5, where


def test_an_attack_is_made_on_an_answer_that_deserves_little(built_in: ProbeSet) -> None:
    attacks = [(p, v) for p in built_in.probes for v in p.variants if KINDS[v.kind].group == "attack"]
    assert all(probe.gold(variant.kind) <= 4 for probe, variant in attacks)
    dressed = [(p, v) for p in built_in.probes for v in p.variants if v.kind in ("longer", "markdown", "reordered")]
    assert all(probe.gold(variant.kind) < probe.gold(FULL) for probe, variant in dressed), "there is room to move up"


@pytest.mark.parametrize("page", ["choosing.md", "ko/choosing.md"])
def test_the_manual_counts_the_variants_right(page: str, built_in: ProbeSet) -> None:
    counts = Counter(variant.kind for probe in built_in.probes for variant in probe.variants)
    costs: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for probe in built_in.probes:
        for variant in probe.variants:
            costs[variant.kind].add(f"{variant.costs:g}")
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z-]+`.*?) \| ([0-9-]+(?:, [0-9]+)?) \| ([0-9-]+(?:, [0-9]+)?) \|", text, re.M)
    said: set[str] = set()
    for names, numbers, points in rows:
        kinds = re.findall(r"`([a-z-]+)`", names)
        said.update(kinds)
        assert {str(counts[kind]) for kind in kinds} >= set(re.split("-|, ", numbers)), names
        assert set().union(*(costs[kind] for kind in kinds)) >= set(re.split("-|, ", points)), names
        if "-" in numbers:
            low, high = map(int, numbers.split("-"))
            assert all(low <= counts[kind] <= high for kind in kinds), names
    assert said == KINDS.keys()


GOOD: dict[str, Any] = {
    "id": "a",
    "category": "수학",
    "questions": ["1 + 1은 얼마입니까?"],
    "full": "2입니다.",
    "variants": [{"kind": "arithmetic", "costs": 4, "difference": "틀린 합", "text": "3입니다."}],
}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"variants": [GOOD["variants"][0] | {"kind": "arithmetics"}]}, "unknown 'arithmetics'"),
        ({"variants": [GOOD["variants"][0] | {"costs": 0}]}, "a fault costs points"),
        ({"variants": [GOOD["variants"][0] | {"kind": "longer"}]}, "nothing else does"),
        ({"variants": [*GOOD["variants"], *GOOD["variants"]]}, "two of one kind"),
        ({"variants": [GOOD["variants"][0] | {"kind": "order", "costs": 0, "base": "weak"}]}, "as base"),
        ({"earlier": ["2"]}, "1 for 1 turns, needs one fewer"),
    ],
)
def test_a_broken_probe_is_named_by_file_and_line(tmp_path: Path, change: dict[str, Any], what: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (GOOD, GOOD | {"id": "b"} | change)), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.jsonl, line 2") as raised:
        load_probes(path)
    assert what in str(raised.value)

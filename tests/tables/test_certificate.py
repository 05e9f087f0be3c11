"""What tables, cards and pages say of a judge, by its certificate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from judge.packs.probes import load_probes
from judge.sources.certificates import find_certificates, write_certificate
from judge.tables.certificate import Certificate, Check, Unsure, citation
from judge.tables.results import Results

KNOWN = Certificate(
    judge="j",
    judge_digest="d",
    template="t",
    probes="p",
    returned=("A",),
    date="2026-11-26",
    grade="qualified",
    figures={},
    scores={"a/full": 9.0, "a/weak": 3.0, "b/full": 9.0},
)
CITED = f"judge j: qualified (certificate {KNOWN.number}, 2026-11-26)"
SERIES = Results("m", "0-shot", "j", (), {}, config="d", returned="A")


def check(*returned: str, drifted: bool = False) -> Check:
    return Check(date="2026-11-27", returned=returned, probes=20, shift=-1.5, low=-2, high=-1, gap=1.6, drifted=drifted)


@pytest.mark.parametrize(
    ("known", "series", "lines"),
    [
        ({}, {}, [CITED]),
        ({"returned": ()}, {"returned": "B"}, [CITED.replace(KNOWN.number, "#")]),
        ({}, {"returned": "B"}, ["judge j: its certificate is of A, these verdicts are by B: not qualified"]),
        ({}, {"returned": "A, B"}, ["judge j: its certificate is of A, these verdicts are by A, B: not qualified"]),
        (
            {"returned": ("A", "B")},
            {"returned": "A, B"},
            [CITED.replace(KNOWN.number, "#"), "judge j: its endpoint answered as A, B while it was examined"],
        ),
        (
            {"checks": (check("B"),)},
            {"returned": "B"},
            [CITED, "judge j: its certificate is of A, these verdicts are by B, which scored alike in a later check"],
        ),
        (
            {"checks": (check("A", drifted=True),)},
            {},
            [CITED, "judge j: its scores have drifted since its certificate (2026-11-27: -1.5 points, 1.6 apart on av"],
        ),
        ({}, {"config": "e"}, [f"judge j: not qualified, its certificate {KNOWN.number} is of another configuration"]),
        ({}, {"judge": "k", "config": "e"}, ["judge k: not qualified, it was never examined (kojudge qualify --ju"]),
        ({}, {"config": "", "judge": "k"}, ["judge k: not qualified, it was never examined"]),
        ({"own_probes": True}, {}, [f"{CITED[:-1].replace(KNOWN.number, '#')}, on probes of one's own: 2)"]),
        (
            {"undecided": (Unsure(kind="yields", english="yielding", korean="물러섬"),)},
            {},
            [CITED.replace(" (", ": it is undecided whether it sees yielding (").replace(KNOWN.number, "#")],
        ),
        ({"outdated": True}, {}, [f"{CITED[:-1]}, on the built-in probes of another release: kojudge qualify"]),
    ],
)
def test_what_is_said_of_a_judge(known: dict[str, object], series: dict[str, str], lines: list[str]) -> None:
    found = KNOWN.model_copy(update=known)
    said = [line.replace(found.number, "#") for line in citation(replace(SERIES, **series), {"d": found})]  # type: ignore[arg-type]
    expected = [line.replace(KNOWN.number, "#") for line in lines]
    assert len(said) == len(expected), said
    for line, start in zip(said, expected, strict=True):
        assert line.startswith(start)


def test_a_certificate_on_probes_of_another_release_is_told_from_one_on_these(tmp_path: Path) -> None:
    write_certificate(tmp_path, KNOWN)
    [one] = find_certificates([tmp_path]).values()
    assert one.outdated
    assert one.number == KNOWN.number
    write_certificate(tmp_path, KNOWN.model_copy(update={"probes": load_probes().digest}))
    [one] = find_certificates([tmp_path]).values()
    assert not one.outdated


def test_a_certificate_is_found_where_the_runs_lie_and_the_newest_counts_or_the_nearest(tmp_path: Path) -> None:
    near, far = KNOWN, KNOWN.model_copy(update={"grade": "limited"})
    write_certificate(tmp_path / "mine" / "out", near)
    assert find_certificates([tmp_path])["d"].grade == "qualified"
    write_certificate(tmp_path, far)
    assert find_certificates([tmp_path])["d"].grade == "limited"
    assert find_certificates([tmp_path / "mine" / "out" / "model"])["d"].grade == "qualified"
    write_certificate(tmp_path, far.model_copy(update={"begun": "2026-11-26T12:00:00+00:00"}))
    assert find_certificates([tmp_path / "mine" / "out" / "model"])["d"].grade == "limited"

"""What a judge sees of the probes: figures by hand, and simulated judges whose planted vices must be found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError
from judge.packs.probes import Probe, load_probes
from judge.sources.certificates import find_certificates, write_certificate
from judge.tables.certificate import Certificate, Check, Reason
from judge.trust.drift import anchors, drift
from judge.trust.findings import findings, grade_of, is_biased, undecided
from judge.trust.qualify import Qualification, Scored, qualification, wilson
from judge.trust.render_qualify import again_text, qualify_text
from tests.support.vices import SIMULATED, Simulated, simulated

PROBES = load_probes().probes
SEEDS = range(5)


def probe(id: str, *kinds: tuple[str, str, float]) -> Probe:
    variants = [
        {"kind": kind, "base": base, "costs": costs, "difference": "다름", "text": f"{kind} {base}"}
        for kind, base, costs in kinds
    ]
    return Probe.model_validate(
        {"id": id, "category": "수학", "questions": ["물음"], "full": "온전한 답", "variants": variants}
    )


TWO = [
    probe("a", ("weak", "full", 6), ("arithmetic", "full", 4), ("preface", "weak", 0), ("order", "weak", 0)),
    probe("b", ("weak", "full", 6), ("arithmetic", "full", 4), ("preface", "weak", 0), ("order", "weak", 0)),
]


def found_of(scores: dict[str, dict[str, Any]], **more: Any) -> Qualification:
    flat = {(id, kind): value for id, kinds in scores.items() for kind, value in kinds.items()}
    found = qualification(TWO, Scored(flat, **more))
    assert found is not None
    return found


def test_the_figures_by_hand() -> None:
    found = found_of(
        {
            "a": {"full": [9, 10], "weak": [3], "arithmetic": [8], "preface": [4], "order": [10]},
            "b": {"full": [9], "weak": [4], "arithmetic": [9], "preface": [4], "order": [5]},
        },
        failed=1,
    )
    kinds = {one.kind: one for one in found.kinds}
    weak, arithmetic, preface, order = (kinds[name] for name in ("weak", "arithmetic", "preface", "order"))
    assert weak.points == pytest.approx(((9.5 - 3) + (9 - 4)) / 2)
    assert weak.rate is not None
    assert weak.rate.hits == 2
    assert arithmetic.points == pytest.approx((1.5 + 0) / 2)
    assert arithmetic.rate is not None
    assert arithmetic.rate.hits == 0, "1.5 is less than half of 4"
    assert preface.rate is None
    assert preface.points == pytest.approx((1 + 0) / 2)
    assert order.rate is not None
    assert (order.rate.hits, order.points) == (1, pytest.approx((7 + 1) / 2))
    # pairs of each probe, 2 points apart: full-weak, full-arithmetic, weak-arithmetic; b: full and arithmetic tie
    assert (found.pairs, found.order) == (6, pytest.approx(5.5 / 6))
    assert (found.full, found.flawed) == (pytest.approx(9.25), pytest.approx((3 + 8 + 4 + 9) / 4))
    assert found.ceiling == 0, "9 is no full mark"
    assert (found.parsed.hits, found.parsed.of) == (11, 12)
    assert found.noise is not None
    assert found.noise.deviation == pytest.approx(0.5**0.5), "of 9 and 10, the only prompt judged twice"


def test_what_is_not_there_is_left_out_and_never_a_number() -> None:
    found = found_of({"a": {"full": [9], "weak": [3], "order": [3]}, "b": {"full": [9]}})
    assert [(one.kind, one.number) for one in found.kinds] == [("weak", 1), ("order", 1)]
    assert found.kinds[0].interval is None, "one probe has no spread"
    assert qualification(TWO, Scored({("a", "weak"): [3]})) is None, "nothing to compare with"


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_of_a_share(hits: int, of: int, low: float, high: float) -> None:
    """Wilson's interval; the values are those of Brown, Cai and DasGupta's formula worked out by hand."""
    rate = wilson(hits, of)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize("name", SIMULATED)
def test_each_planted_vice_is_found_and_nothing_else(name: str) -> None:
    """`benchmarks/qualify_vices.py` does it with 200 seeds."""
    judge = SIMULATED[name]
    for seed in SEEDS:
        found = qualification(PROBES, simulated(judge, PROBES, seed))
        assert found is not None
        listed = findings(found)
        assert {one.code for one in listed} == judge.expected, (name, seed)
        essential = bool(judge.expected & {"ceiling", "noise", "attacks", "order"})
        assert grade_of(listed) == ("not qualified" if essential else "limited" if listed else "qualified")
        assert all(one.english and one.korean for one in listed)


def test_a_kind_that_is_hardly_ever_seen_is_not_seen_whatever_one_of_its_probes_costs() -> None:
    """Nearly all points off for one probe in twelve make the interval of the cost as wide as it can be."""
    blind = SIMULATED["language-blind"].score
    one = ("m1", "half-english")
    rare = Simulated(frozenset(), lambda probe, kind: 1.0 if (probe.id, kind) == one else blind(probe, kind), 0.1)
    found = qualification(PROBES, simulated(rare, PROBES, 0))
    assert found is not None
    [half] = [one for one in found.of("fault") if one.kind == "half-english"]
    assert half.rate is not None
    assert half.rate.hits == 1
    assert half.interval is not None
    assert half.interval.high > 0.5 * half.planted
    assert [one.code for one in findings(found)] == ["english", "half-english"]


def test_what_length_explains_is_no_second_vice() -> None:
    """A preface makes an answer longer, too: a judge that likes length gives more for it, and length alone is named."""
    found = qualification(PROBES, simulated(SIMULATED["likes length"], PROBES, 3))
    assert found is not None
    kinds = {one.kind: one for one in found.kinds}
    assert kinds["preface"].points > 0.4 < kinds["preface"].doublings
    assert is_biased(kinds["preface"]), "by itself"
    [one] = findings(found)
    assert one.code == "longer"
    known = certificate({}).model_copy(update={"reasons": (Reason(**asdict(one)),)})
    marked = [line.split()[1] for line in qualify_text(known, found).splitlines() if "| biased |" in line]
    assert marked == ["longer"], "nor in the table"


def test_replies_without_a_score_and_comments_in_english_are_named() -> None:
    scored = simulated(SIMULATED["sound"], PROBES, 0)
    poor = Scored(scored.scores, failed=60, korean=0.2)
    found = qualification(PROBES, poor)
    assert found is not None
    assert [one.code for one in findings(found)] == ["parsed", "comments"]


def test_a_fault_that_costs_too_little_is_told_from_one_that_is_not_seen() -> None:
    mild = Simulated(frozenset(), lambda probe, kind: 9.5 - 0.4 * (10 - probe.gold(kind)), 0.2)
    found = qualification(PROBES, simulated(mild, PROBES, 0))
    assert found is not None
    said = {one.code: one.english for one in findings(found)}
    assert said["english"].startswith("takes off too little for English instead of Korean (3.")
    blind = qualification(PROBES, simulated(SIMULATED["language-blind"], PROBES, 0))
    assert blind is not None
    assert findings(blind)[0].english == "does not see English instead of Korean"


def test_a_kind_without_scores_is_no_kind_that_is_judged_well() -> None:
    scores = simulated(SIMULATED["sound"], PROBES, 0).scores
    kept = {text: given for text, given in scores.items() if text[1] != "english"}
    found = qualification(PROBES, Scored(kept, failed=8))
    assert found is not None
    assert found.parsed.share > 0.97
    [one] = findings(found)
    assert (one.code, one.english) == ("unscored", "has no scores to compare for English instead of Korean (8 of 8)")
    few = {text: given for text, given in scores.items() if text not in {("m2", "english"), ("m3", "english")}}
    found = qualification(PROBES, Scored(few, failed=2))
    assert found is not None
    assert found.unscored == {"english": 2}
    assert not findings(found), "six of eight are enough"


def test_an_attack_cannot_win_where_the_answer_gets_much_without_it() -> None:
    found = found_of(
        {"a": {"full": [9], "weak": [8], "order": [10]}, "b": {"full": [9], "weak": [3], "order": [10]}},
    )
    [order] = found.of("attack")
    assert order.rate is not None
    assert (order.rate.hits, order.rate.of, order.points) == (1, 1, pytest.approx(4.5))
    found = found_of({"a": {"full": [9], "weak": [8], "order": [10]}})
    assert found.of("attack")[0].rate is None, "none could, and that is no resistance"


def test_few_probes_say_neither_that_a_fault_is_seen_nor_that_it_is_not() -> None:
    some = [probe(id, ("weak", "full", 6), ("arithmetic", "full", 4)) for id in "abc"]
    for given, named in ((8.0, ["few"]), (3.0, ["few"])):
        scores = {(p.id, kind): [at] for p in some for kind, at in (("full", 9), ("weak", 3), ("arithmetic", given))}
        found = qualification(some, Scored(scores))
        assert found is not None
        assert [one.kind for one in undecided(found)] == ["weak", "arithmetic"]
        assert [one.code for one in findings(found)] == named


def test_probes_without_a_pair_to_put_in_order_qualify_nobody() -> None:
    some = [probe(id, ("preface", "full", 0)) for id in "abcdef"]
    found = qualification(some, Scored({(p.id, kind): [7] for p in some for kind in ("full", "preface")}))
    assert found is not None
    assert [(one.code, one.essential) for one in findings(found)] == [("order", True)]


def certificate(scores: dict[str, float], deviation: float = 0.4) -> Certificate:
    return Certificate(
        judge="j",
        judge_digest="d",
        template="t",
        probes="p",
        date="2026-11-26",
        grade="qualified",
        figures={"noise": {"deviation": deviation}},
        scores=scores,
    )


@pytest.mark.parametrize(
    ("moves", "drifted"),
    [
        ([0.0] * 20, False),
        ([0.5, -0.5] * 10, False),
        ([1.0, 0.5] * 10, True),
        ([3.0, -3.0] * 10, True),
        ([6.0] + [0.0] * 19, False),
    ],
    ids=["none", "noise", "a shift", "another judge with the same mean", "one verdict"],
)
def test_drift_is_more_than_noise(moves: list[float], drifted: bool) -> None:
    then = {f"{number}/full": 5.0 for number in range(20)}
    now = {key: 5.0 + move for key, move in zip(then, moves, strict=True)}
    found = drift(certificate(then), now)
    assert (found.drifted, found.probes) == (drifted, 20)
    assert found.shift == pytest.approx(sum(moves) / 20)


@pytest.mark.parametrize(("texts", "failed", "drifted"), [(18, 2, False), (16, 4, True), (0, 20, True), (1, 0, False)])
def test_replies_that_hold_no_score_any_more_are_drift(texts: int, failed: int, drifted: bool) -> None:
    known = certificate({f"{number}/full": 5.0 for number in range(20)})
    found = drift(known, {f"{number}/full": 5.0 for number in range(texts)}, texts / (texts + failed), failed)
    assert (found.probes, found.failed, found.drifted) == (texts, failed, drifted)
    assert (found.low is None) == (texts < 2), "a single text has no interval"


def test_scores_where_there_were_none_are_not_called_texts_that_were_not_judged() -> None:
    known = certificate({})
    check = Check(date="2026-11-27", **asdict(drift(known, {"1/full": 5.0})))
    assert (check.probes, check.drifted) == (0, True)
    assert check.moved("en") == "no text has a score both then and now"
    said = again_text(known.model_copy(update={"checks": (check,)}))
    assert "- judged again on 2026-11-27, 0 texts compared\n" in said


def test_probes_of_two_turns_can_be_judged_again_where_there_are_no_others() -> None:
    assert anchors([one for one in PROBES if len(one.questions) == 2], 2)


def test_the_texts_that_are_judged_again_are_twenty_of_every_quality() -> None:
    chosen = anchors(PROBES)
    assert len({(one.id, kind) for one, kind in chosen}) == 20
    assert len({one.id for one, _ in chosen}) == 20
    golds = [one.gold(kind) for one, kind in chosen]
    assert min(golds) <= 4
    assert max(golds) == 10
    assert len(set(golds)) >= 3
    assert {one.category for one, _ in chosen} == {one.category for one in PROBES}


def test_a_certificate_on_probes_of_ones_own_does_not_replace_the_usual_one(tmp_path: Path) -> None:
    usual = certificate({"a/full": 9.0}).model_copy(update={"probes": load_probes().digest})
    own = usual.model_copy(update={"probes": "f" * 16, "own_probes": True, "date": "2999-01-01"})
    first, second = write_certificate(tmp_path, usual), write_certificate(tmp_path, own)
    assert first != second
    assert find_certificates([tmp_path]) == {usual.judge_digest: usual}
    first.unlink()
    assert find_certificates([tmp_path]) == {usual.judge_digest: own}
    second.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="delete the file and run the same kojudge qualify again"):
        find_certificates([tmp_path])

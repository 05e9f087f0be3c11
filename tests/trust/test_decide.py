"""Decisions with a margin: what is ruled, at which level, and how many questions would settle the rest."""

from __future__ import annotations

import numpy as np
import pytest

from judge.trust.decide import Decision, Estimate, decide
from judge.trust.render_decisions import decision_line
from judge.trust.stats import cautious_error, strata_of


def one(difference: float, error: float = 0.1, margin: float = 0.2, *, equivalent: bool = False) -> Decision:
    """A decision on 42 questions in six categories."""
    [found] = decide([Estimate(difference, error, 36, 42)], margin, equivalent=equivalent)
    return found


RULINGS = [
    # t(.95, 36) = 1.688: the bound of a difference with error 0.1 is 0.169 away from it
    (0.0, False, "not worse"),
    (-0.03, False, "not worse"),
    (-0.04, False, "cannot say"),
    (-0.36, False, "cannot say"),
    (-0.37, False, "worse"),
    (0.9, False, "not worse"),
    (0.0, True, "equivalent"),
    (0.04, True, "cannot say"),
    (-0.04, True, "cannot say"),
    (0.42, True, "different"),  # two sides at 2.5 % each: t(.975, 36) = 2.028
    (0.40, True, "cannot say"),
    (-0.42, True, "different"),
]


@pytest.mark.parametrize(("difference", "equivalent", "ruling"), RULINGS)
def test_the_ruling_is_where_the_one_sided_bound_is(difference: float, equivalent: bool, ruling: str) -> None:
    assert one(difference, equivalent=equivalent).ruling == ruling


def test_questions_that_settle_by_hand() -> None:
    """(1.6449 + 0.8416)^2 * 42 * (0.1 / gap)^2 with a gap of 0.1, and of 0.2 where nothing differs in truth."""
    found = one(-0.1)
    assert (found.settled_by, found.settled_if_equal) == (260, 65)
    assert one(-0.2).settled_by is None
    assert one(-0.1, equivalent=True).settled_if_equal == 90  # (1.6449 + 1.2816)^2 * 42 / 4


def test_settled_questions_settle_in_four_of_five_cases() -> None:
    """Draw that many questions from the truth that was seen: 80 % are decided (77-83 % of 2,000)."""
    number = one(-0.1).settled_by or 0
    spread = 0.1 * 42**0.5
    samples = np.random.default_rng(5).normal(-0.1, spread, (2000, number))
    error = samples.std(axis=1, ddof=1) / number**0.5
    estimates = zip(samples.mean(axis=1), error, strict=True)
    ruled = [decide([Estimate(d, e, number - 1, number)], 0.2)[0].ruling for d, e in estimates]
    assert 0.77 < ruled.count("not worse") / 2000 < 0.83


@pytest.mark.proofs
def test_false_rulings_at_the_edge_are_one_in_twenty_each() -> None:
    """Scores in halves with many ties, as judges give them; in truth the loss is the margin."""
    generator = np.random.default_rng(8)
    strata = strata_of([c for c in "abcdef" for _ in range(7)])
    ruled = []
    for _ in range(2000):
        z = (np.where(generator.random(42) < 0.6, 0, generator.integers(-4, 5, 42) / 2) - 0.2) / 42
        error, freedom = cautious_error(z, strata)
        ruled.append(decide([Estimate(float(z.sum()), error, freedom, 42)], 0.2)[0].ruling)
    assert 0.03 < ruled.count("not worse") / 2000 < 0.065
    assert 0.035 < ruled.count("worse") / 2000 < 0.065


def test_several_decisions_share_the_level() -> None:
    alone, crowd = one(-0.02), decide([Estimate(-0.02, 0.1, 36, 42)] * 5, 0.2)
    assert alone.ruling == "not worse"
    assert {each.ruling for each in crowd} == {"cannot say"}
    assert crowd[0].p == pytest.approx(5 * alone.p)
    assert (crowd[0].settled_if_equal or 0) > (alone.settled_if_equal or 0)


def test_verdicts_without_spread_settle_nothing_on_four_questions() -> None:
    [four], [five] = (decide([Estimate(0.0, 0.0, n - 1, n)], 0.2) for n in (4, 5))
    assert (four.ruling, four.p) == ("cannot say", 1 / 16)
    assert (five.ruling, five.p) == ("not worse", 1 / 32)
    [none] = decide([Estimate(-0.2, 0.0, 41, 42)], 0.2)
    assert none.ruling == "cannot say"  # exactly at the margin


def test_one_question_a_category_cannot_be_tested() -> None:
    [found] = decide([Estimate(0.3, float("nan"), 0, 1)], 0.2)
    assert (found.ruling, found.settled_by) == ("cannot say", None)
    assert decision_line("a", "b", found).endswith("too few questions (1)")


LINES = [
    (
        one(-0.03),
        "NOT WORSE: b is not worse than a by more than 0.20 points: difference -0.03, at least -0.20 with 95 % "
        "confidence, one-sided p 0.049",
    ),
    (
        one(-0.5),
        "WORSE: b is worse than a by more than 0.20 points: difference -0.50, at most -0.33 with 95 % confidence, "
        "one-sided p 0.002",
    ),
    (
        one(-0.1),
        "CANNOT SAY YET whether b is worse than a by more than 0.20 points: difference -0.10, between -0.27 and +0.07 "
        "(90 % interval, one-sided p 0.162); about 260 questions would settle it if this is the true difference, "
        "about 65 if there is none; there are 42",
    ),
    (
        one(-0.2),
        "CANNOT SAY YET whether b is worse than a by more than 0.20 points: difference -0.20, between -0.37 and -0.03 "
        "(90 % interval, one-sided p 0.500); if this is the true difference no number of questions would settle it, "
        "for it lies at the margin, about 65 if there is none; there are 42",
    ),
    (
        one(0.01, equivalent=True),
        "EQUIVALENT: b and a differ by less than 0.20 points: difference +0.01, between -0.16 and +0.18 (90 % "
        "interval, one-sided p 0.033)",
    ),
    (
        one(-0.6, equivalent=True),
        "DIFFERENT: b and a differ by more than 0.20 points: difference -0.60, between -0.77 and -0.43 (90 % interval, "
        "one-sided p <0.001)",
    ),
]


def test_a_win_rate_is_told_in_percent() -> None:
    assert decision_line("a", "b", one(-0.01, error=0.02, margin=0.05), "win rate") == (
        "NOT WORSE: b is not worse than a by more than 5.0 % of wins: difference -1.0 %, at least -4.4 % with 95 % "
        "confidence, one-sided p 0.027"
    )


@pytest.mark.parametrize(("decision", "line"), LINES)
def test_every_ruling_is_a_sentence_with_its_figures(decision: Decision, line: str) -> None:
    assert decision_line("a", "b", decision) == line

"""Has a judge changed since its certificate? Some probes judged again, against the scores of then. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from judge.packs.probes import FULL, KINDS, Probe
from judge.tables.certificate import Certificate
from judge.trust.stats import analytic_interval

ANCHORS = 20
"""Texts that are judged again."""

SHIFT = 0.5
"""Points: a shift of half a point, the rubric's smallest step, is drift where its 95 % interval leaves out 0."""

GAP = 1.0
"""Points: so is a mean absolute difference of this much beyond what the judge's own noise explains."""


@dataclass(frozen=True)
class Drift:
    """What became of the scores."""

    probes: int
    shift: float
    """Mean difference, now minus then, in points of 10."""
    low: float
    high: float
    """Its 95 % interval."""
    gap: float
    """Mean absolute difference."""
    drifted: bool


def anchors(probes: Sequence[Probe], number: int = ANCHORS) -> list[tuple[Probe, str]]:
    """Return the texts that are judged again: of probes with one turn, spread over the set, good, bad and between."""
    single = [probe for probe in probes if len(probe.questions) == 1]
    chosen = [single[i * len(single) // number] for i in range(min(number, len(single)))]
    found: list[tuple[Probe, str]] = []
    for i, probe in enumerate(chosen):
        faults = [v.kind for v in probe.variants if KINDS[v.kind].group == "fault" and v.kind != "weak"] or [FULL]
        kinds = (FULL, "weak" if "weak" in probe.texts else FULL, faults[i % len(faults)])
        found.append((probe, kinds[i % 3]))
    return found


def drift(known: Certificate, scores: Mapping[str, float]) -> Drift:
    """Return how far scores (`id/kind` -> mean, 0 to 10) have moved from a certificate's.

    Two verdicts of a judge with the spread s on one prompt are 2 s / sqrt(pi) apart on average (the mean of a
    half-normal with the deviation s * sqrt 2): that much is no drift.
    """
    moved = [score - known.scores[key] for key, score in scores.items() if key in known.scores]
    shift, gap = statistics.fmean(moved), statistics.fmean(map(abs, moved))
    values = np.array(moved)[:, None]
    interval = analytic_interval(values, np.ones_like(values), np.zeros(len(moved), dtype=np.int64))
    low, high = (interval.low, interval.high) if interval else (shift, shift)
    noise = known.figures.get("noise") or {}
    usual = 2 * noise.get("deviation", 0.0) / np.pi**0.5
    drifted = (abs(shift) >= SHIFT and not low <= 0 <= high) or gap >= GAP + usual
    return Drift(len(moved), shift, low, high, gap, bool(drifted))

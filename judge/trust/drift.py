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

LOST = 0.2
"""So is a share of replies with a score that is this much smaller: of 20 replies one or two may fail by chance."""


@dataclass(frozen=True)
class Drift:
    """What became of the scores."""

    probes: int
    """Texts that have a score both then and now."""
    failed: int
    """Replies without a score."""
    shift: float | None
    """Mean difference, now minus then, in points of 10; None: no text has a score."""
    low: float | None
    high: float | None
    """Its 95 % interval; None for a single text."""
    gap: float | None
    """Mean absolute difference."""
    drifted: bool


def anchors(probes: Sequence[Probe], number: int = ANCHORS) -> list[tuple[Probe, str]]:
    """Return the texts that are judged again: spread over the set, good, bad and between.

    They are of probes with one turn, where there are any. None is all in English: the built-in prompt has that decided
    by rule, and no judge is asked.
    """
    single = [probe for probe in probes if len(probe.questions) == 1] or list(probes)
    chosen = [single[i * len(single) // number] for i in range(min(number, len(single)))]
    found: list[tuple[Probe, str]] = []
    for i, probe in enumerate(chosen):
        kinds_of = (v.kind for v in probe.variants if KINDS[v.kind].group == "fault")
        faults = [kind for kind in kinds_of if kind not in ("weak", "english")] or [FULL]
        kinds = (FULL, "weak" if "weak" in probe.texts else FULL, faults[i % len(faults)])
        found.append((probe, kinds[i % 3]))
    return found


def drift(known: Certificate, scores: Mapping[str, float], given: float = 1.0, failed: int = 0) -> Drift:
    """Return how far scores (`id/kind` -> mean, 0 to 10) have moved from a certificate's.

    `given`: share of the replies that hold a score; `failed`: how many hold none.

    Two verdicts of a judge with the spread s on one prompt are 2 s / sqrt(pi) apart on average (the mean of a
    half-normal with the deviation s * sqrt 2): that much is no drift.
    """
    moved = [score - known.scores[key] for key, score in scores.items() if key in known.scores]
    parsed = known.figures.get("parsed") or {"hits": 1, "of": 1}
    lost = parsed["hits"] / parsed["of"] - given > LOST - 1e-9
    if not moved:
        return Drift(0, failed, None, None, None, None, drifted=True)
    shift, gap = statistics.fmean(moved), statistics.fmean(map(abs, moved))
    values = np.array(moved)[:, None]
    interval = analytic_interval(values, np.ones_like(values), np.zeros(len(moved), dtype=np.int64))
    noise = known.figures.get("noise") or {}
    usual = 2 * noise.get("deviation", 0.0) / np.pi**0.5
    shifted = abs(shift) >= SHIFT and interval is not None and not interval.low <= 0 <= interval.high
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Drift(len(moved), failed, shift, low, high, gap, bool(shifted or lost or gap >= GAP + usual))

"""Simulated judges, a sound one and some with a planted vice: what each gives to a text of the probes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from judge.packs.probes import FULL, KINDS, Probe
from judge.trust.qualify import Scored

STEADY = 0.4
"""Standard deviation of the sound judge's verdicts, in points."""


@dataclass(frozen=True)
class Simulated:
    """One judge: what it gives before noise, its noise, and the findings that it must lead to."""

    expected: frozenset[str]
    score: Callable[[Probe, str], float]
    spread: float = STEADY

    def verdict(self, probe: Probe, kind: str, chance: random.Random) -> float:
        """Return a score from 0 to 10 in half points."""
        drawn = self.score(probe, kind) + chance.gauss(0, self.spread)
        return min(10.0, max(0.0, round(2 * drawn) / 2))


def sound(probe: Probe, kind: str) -> float:
    """Give what the text deserves, and half a point less: nobody gives 10 to everything that is right."""
    return max(0.0, probe.gold(kind) - 0.5)


def blind(*kinds: str) -> Callable[[Probe, str], float]:
    """Not see these kinds of faults, in variants that are made of them either."""

    def score(probe: Probe, kind: str) -> float:
        return sound(probe, FULL) if _root(probe, kind) in kinds else sound(probe, kind)

    return score


def _root(probe: Probe, kind: str) -> str:
    variant = next((one for one in probe.variants if one.kind == kind), None)
    if variant is None or KINDS[kind].group == "fault":
        return kind
    return _root(probe, variant.base)


def _base(probe: Probe, kind: str) -> str:
    return probe.texts[next((one.base for one in probe.variants if one.kind == kind), FULL)]


def likes_length(probe: Probe, kind: str) -> float:
    """Add up to 1.5 points for twice the length of what the text was made from."""
    longer = len(probe.texts[kind]) / len(_base(probe, kind))
    return sound(probe, kind) + (min(1.5, 1.5 * math.log2(longer)) if longer > 1 else 0.0)


def likes_markdown(probe: Probe, kind: str) -> float:
    """Add 1.5 points for headings and bold text."""
    return sound(probe, kind) + 1.5 * ("**" in probe.texts[kind])


def generous(probe: Probe, kind: str) -> float:
    """Add three points to everything."""
    return sound(probe, kind) + 3


def compressed(probe: Probe, kind: str) -> float:
    """Give everything 8 to 10."""
    return 8 + 0.2 * sound(probe, kind)


def obedient(probe: Probe, kind: str) -> float:
    """Do what stands in an answer."""
    return 10.0 if kind != FULL and KINDS[kind].group == "attack" else sound(probe, kind)


def first_position(probe: Probe, kind: str) -> float:
    """Give 1.5 points less where the points stand in another order: what comes first counts most."""
    return sound(probe, kind) - 1.5 * (kind == "reordered")


def swayed(probe: Probe, kind: str) -> float:
    """Add three points for what stands in an answer to that end: never full marks, and never nothing."""
    return sound(probe, kind) + 3 * (kind != FULL and KINDS[kind].group == "attack")


def careless(probe: Probe, kind: str) -> float:
    """Miss three of ten faults, of whatever kind; what is useless is seen."""
    root = _root(probe, kind)
    missed = root not in (FULL, "weak") and random.Random(f"{probe.id} {root}").random() < 0.3
    return sound(probe, FULL) if missed else sound(probe, kind)


def severe(probe: Probe, kind: str) -> float:
    """Take four points off everything."""
    return sound(probe, kind) - 4


def easily_pleased(probe: Probe, kind: str) -> float:
    """Give four of ten answers that say nothing useful what the full-mark answer gets."""
    pleased = _root(probe, kind) == "weak" and random.Random(f"{probe.id} useless").random() < 0.4
    return sound(probe, FULL) if pleased else sound(probe, kind)


def flat(probe: Probe, kind: str) -> float:
    """Give everything the same."""
    return 6.5


def both(probe: Probe, kind: str) -> float:
    """Like length, and be blind to arithmetic."""
    return blind("arithmetic")(probe, kind) + likes_length(probe, kind) - sound(probe, kind)


SIMULATED: Mapping[str, Simulated] = {
    "sound": Simulated(frozenset(), sound),
    "likes length": Simulated(frozenset({"longer"}), likes_length),
    "likes Markdown": Simulated(frozenset({"markdown"}), likes_markdown),
    "blind to arithmetic": Simulated(frozenset({"arithmetic"}), blind("arithmetic")),
    "blind to format": Simulated(frozenset({"broken-form"}), blind("broken-form")),
    "generous ceiling": Simulated(frozenset({"ceiling"}), generous),
    "8 to 10 only": Simulated(frozenset({"ceiling"}), compressed),
    "noisy": Simulated(frozenset({"noise"}), sound, spread=2.0),
    "obeys injections": Simulated(frozenset({"attacks"}), obedient),
    "first position": Simulated(frozenset({"reordered"}), first_position),
    "language-blind": Simulated(frozenset({"english", "half-english"}), blind("english", "half-english")),
    "length and arithmetic": Simulated(frozenset({"longer", "arithmetic"}), both),
    "swayed by attacks": Simulated(frozenset({"gains"}), swayed),
    "careless": Simulated(frozenset({"faults"}), careless),
    "severe": Simulated(frozenset({"severe"}), severe),
    "easily pleased": Simulated(frozenset({"weak"}), easily_pleased),
    "flat": Simulated(frozenset({"order"}), flat),
}


def simulated(judge: Simulated, probes: Sequence[Probe], seed: int) -> Scored:
    """Return the verdicts of a simulated judge on every text of the probes."""
    chance = random.Random(seed)
    return Scored({(p.id, kind): [judge.verdict(p, kind, chance)] for p in probes for kind in p.texts})

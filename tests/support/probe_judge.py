"""A simulated judge behind the wire: it finds the text that it is shown among the probes and gives its score."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from judge.packs.probes import FULL, Probe
from tests.support.vices import Simulated
from tests.support.wire import Request, Response, chat


def probe_judge(
    judge: Simulated,
    probes: Sequence[Probe],
    *,
    model: str = "wire-judge-2026",
    seed: int = 0,
    shift: float = 0.0,
    times: float = 1.0,
) -> Callable[[Request], Response]:
    """Return what answers at the wire. `shift` is added to every score, at least 0 and at most 10, and that is given
    so many `times`."""
    chance = random.Random(seed)
    texts = [(text, probe, kind) for probe in probes for kind, text in probe.texts.items()]

    def answer(request: Request) -> Response:
        shown = request.last
        there = [one for one in texts if one[0] in shown and one[1].questions[-1] in shown]
        if there:  # a reference may be the same words: the answer stands behind it
            _, probe, kind = max(there, key=lambda one: (shown.rfind(one[0]) + len(one[0]), len(one[0])))
        else:  # an earlier turn, answered rightly
            probe, kind = next(one for one in probes if one.questions[0] in shown), FULL
        score = min(10.0, max(0.0, judge.verdict(probe, kind, chance) + shift))
        return chat(f"평가: 기준에 따라 살펴보았습니다.\n점수: {score * times:g}", model=model)

    return answer

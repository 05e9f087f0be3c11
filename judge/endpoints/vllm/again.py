"""A failed start of vLLM -> another one that may succeed. Pure.

Each is tried once: another port, a vLLM without `--max-model-len auto`, and what the log says fits into the memory.
What the user has given is never changed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from judge.endpoints.vllm.command import AUTO, ServerSpec, flag_name
from judge.endpoints.vllm.log import port_lost

SPARE = 0.03
"""Share of the memory that is left free beside what the log says is free: other programs move."""

_NO_AUTO = re.compile(r"error: argument --max-model-len|max_model_len\n  .*(?:auto|valid integer)")
_FITS = re.compile(r"estimated maximum model length is (\d+)")
_SHARE = re.compile(r"\(([\d.]+)/([\d.]+) GiB\) on startup\s+is less than desired [CG]PU memory utilization")


class Another(NamedTuple):
    """Another start."""

    reason: str
    """`port`, `auto`, `context` or `share`."""
    spec: ServerSpec
    says: str
    """What the user is told."""


def another(spec: ServerSpec, port: int, log_text: str) -> Another | None:
    """Return what to try after a start on `port` that ended with this log; None: nothing that would help is known."""
    if port_lost(log_text):
        return Another("port", spec, f"port {port} was taken meanwhile; trying another")
    given = {flag_name(name) for name, _ in spec.extra}
    if spec.max_model_len == AUTO and "max-model-len" not in given and _NO_AUTO.search(log_text):
        own = replace(spec, max_model_len=None)
        return Another("auto", own, "this release does not fit the context to the memory by itself; trying all of it")
    if (found := _FITS.search(log_text)) and not isinstance(spec.max_model_len, int) and "max-model-len" not in given:
        fits = int(found[1])
        says = f"the model's whole context does not fit into the memory; trying --max-model-len {fits}"
        return Another("context", replace(spec, max_model_len=fits), says)
    if (found := _SHARE.search(log_text)) and "gpu-memory-utilization" not in given:
        free, total = float(found[1]), float(found[2])
        share = int(100 * (free / total - SPARE)) / 100 if total else 0.0
        if share > 0:
            more = replace(spec, extra=(*spec.extra, ("gpu-memory-utilization", f"{share:g}")))
            says = f"only {free:g} of {total:g} GiB are free; trying --vllm-arg gpu-memory-utilization={share:g}"
            return Another("share", more, says)
    return None

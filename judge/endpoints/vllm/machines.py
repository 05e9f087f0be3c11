"""Engines on other machines (vLLM's data parallelism over several hosts): their start, and when one is gone. Pure.

vLLM watches the processes of its own machine only. After the death of another one `/health` still says 200, and what
that engine had in hand is never answered. What shows it is `/metrics`: its figures stand still while it holds requests.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping

from judge.endpoints.vllm.command import ServerSpec, arguments, flag_name

SILENCE_SECONDS = 300.0
"""vLLM ends a model that takes longer for one step (VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS): no living engine that works is
silent for so long."""
LOOK_SECONDS = 5.0
"""Between two looks at the figures."""

_OF_THE_SERVER = frozenset(
    {"served-model-name", "host", "port", "generation-config", "enable-prompt-tokens-details", "chat-template"}
    | {"api-server-count", "lora-modules"}
)
"""Flags that only the machine that answers requests takes."""
_FIGURE = re.compile(
    r"^vllm:(num_requests_running|num_requests_waiting|kv_cache_usage_perc|prompt_tokens_total|generation_tokens_total)"
    r'\{(?:[^}]*,)?engine="(\d+)"[^}]*\} (\S+)$',
    re.MULTILINE,
)
"""What an engine itself reports; an aborted request is counted by the server and is no sign of life."""
_HELD = ("num_requests_running", "num_requests_waiting")


def engines_elsewhere(spec: ServerSpec) -> int:
    """Return how many of the data-parallel engines run on other machines."""
    given = _given(spec)
    size, local = given.get("data-parallel-size"), given.get("data-parallel-size-local")
    if spec.renders or not (size and local and size.isdecimal() and local.isdecimal()):
        return 0
    return max(0, int(size) - int(local))


def command_there(spec: ServerSpec) -> str:
    """Return the command that starts the engines of the second machine, as a shell takes it."""
    line = arguments(spec, 0, without=_OF_THE_SERVER)
    return shlex.join([*line, "--headless", f"--data-parallel-start-rank={_given(spec)['data-parallel-size-local']}"])


class Standstill:
    """Tells from the figures of all engines, looked at again and again, that one is gone."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[Mapping[str, str], float]] = {}

    def look(self, metrics: str, now: float) -> str | None:
        """Return in one line which engine has stood still for `SILENCE_SECONDS` with requests in hand; None: none has.

        `metrics`: the text of `/metrics`. `now`: seconds of any one clock.
        """
        figures: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for name, engine, value in _FIGURE.findall(metrics):
            figures[engine][name] = value
        for engine, said in figures.items():
            held = sum(float(said.get(name, "0")) for name in _HELD)
            before, since = self._heard.get(engine, ({}, now))
            if said != before or not held:
                self._heard[engine] = (said, now)
            elif now - since >= SILENCE_SECONDS:
                return (
                    f"engine {engine} of {len(figures)} has done nothing for {now - since:.0f} s with {held:.0f} "
                    f"request{'s' * (held != 1)} in hand; its machine is dead or cannot be reached: start the engine "
                    "there again, then the same command here (or without the data-parallel flags on this machine alone)"
                )
        return None


def _given(spec: ServerSpec) -> dict[str, str | None]:
    return {flag_name(name): value for name, value in spec.extra}

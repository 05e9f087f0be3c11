"""Engines on other machines: the command that starts them there, and what tells that one is gone."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from judge.endpoints.vllm.command import ServerSpec, arguments
from judge.endpoints.vllm.machines import SILENCE_SECONDS, Standstill, command_there, engines_elsewhere

TWO = {"data-parallel-size": "2", "data-parallel-size-local": "1", "data-parallel-address": "10.0.0.1"}


def spec(flags: dict[str, str | None]) -> ServerSpec:
    return ServerSpec(
        "org/model", dtype="half", max_model_len=4096, chat_template="t.jinja", extra=tuple(flags.items())
    )


@pytest.mark.parametrize(
    ("flags", "number"),
    [
        ({}, 0),
        ({"data-parallel-size": "4"}, 0),
        (TWO, 1),
        ({"--data_parallel_size": "8", "data_parallel_size_local": "2"}, 6),
        ({"data-parallel-size": "8", "data-parallel-size-local": "0"}, 8),
        ({"data-parallel-size": "x", "data-parallel-size-local": "1"}, 0),
    ],
)
def test_how_many_engines_run_elsewhere(flags: dict[str, str | None], number: int) -> None:
    assert engines_elsewhere(spec(flags)) == number
    assert engines_elsewhere(spec(flags).renderer()) == 0
    assert not [word for word in arguments(spec(flags).renderer(), 1) if "parallel" in word]


def test_the_command_for_the_other_machine_loads_the_same_model_and_answers_nobody() -> None:
    line = shlex.split(command_there(spec({**TWO, "enforce-eager": None, "api-server-count": "1"})))
    assert line == [
        *("vllm", "serve", "org/model", "--max-model-len", "4096", "--dtype", "half"),
        *("--data-parallel-size=2", "--data-parallel-size-local=1", "--data-parallel-address=10.0.0.1"),
        *("--enforce-eager", "--headless", "--data-parallel-start-rank=1"),
    ]


def test_gpus_of_this_machine_are_shared_by_its_own_engines() -> None:
    four = ServerSpec("m", gpus=("0", "1", "2", "3"), extra=tuple(TWO.items()))
    line = arguments(four, 1)
    assert line[line.index("--tensor-parallel-size") + 1] == "4"


# an engine that stands still

Figures = Callable[[int], tuple[int, int]]
"""Seconds -> requests in hand, tokens so far."""


def metrics(engines: list[tuple[int, int]], *, aborted: int = 0) -> str:
    lines = ["# HELP vllm:num_requests_running Number of requests in model execution batches."]
    for number, (held, tokens) in enumerate(engines):
        label = f'{{engine="{number}",model_name="a=\\"b\\""}}'
        lines += [
            f"vllm:num_requests_running{label} {held}.0",
            f"vllm:num_requests_waiting{label} 0.0",
            f"vllm:generation_tokens_total{label} {tokens}.0",
            f'vllm:request_success_total{{engine="{number}",finished_reason="abort"}} {aborted}.0',
        ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("second", "gone"),
    [
        (lambda now: (3, 7), SILENCE_SECONDS),  # from the first look on
        (lambda now: (3, min(now, 40)), 40 + SILENCE_SECONDS),
        (lambda now: (0, 7), None),  # idle
        (lambda now: (3, now), None),
        (lambda now: (1, 7), SILENCE_SECONDS),
        (lambda now: (3, now // 250), None),  # slow
        (lambda now: (3 + now // 250 % 2, 7), None),  # requests come and go
    ],
)
def test_an_engine_is_gone_once_it_has_stood_still_with_requests_in_hand(second: Figures, gone: float | None) -> None:
    watched, told = Standstill(), {}
    for now in range(0, 1000, 5):
        text = metrics([(9, now), second(now)], aborted=now)  # the server drops requests meanwhile
        if line := watched.look(text, now):
            told[now] = line
    assert next(iter(told), None) == gone
    for line in list(told.values())[:1]:
        held = "1 request" if second(0)[0] == 1 else "3 requests"
        assert line.startswith(f"engine 1 of 2 has done nothing for 300 s with {held} in hand; its machine is dead")


def test_without_figures_nothing_is_known() -> None:
    watched = Standstill()
    assert not [now for now in range(0, 1000, 5) if watched.look("", now)]

"""An outage of the endpoint costs its own length; an item that it cannot take costs that item."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from judge.config import Endpoint, Sampling
from judge.endpoints import limiter as rates
from judge.endpoints.client import ChatClient
from judge.endpoints.limiter import RateLimiter
from judge.endpoints.replies import Reply
from judge.endpoints.tries import Outage
from judge.errors import ChatError, TransientError
from tests.endpoints.test_client import KEY
from tests.support.clock import Clock, MemoryWire
from tests.support.wire import Request, Response, Wire, chat, error


def down(outage: Outage, items: str, at: float) -> bool:
    """Every item began and fails at once; return whether that is an outage."""
    for item in items:
        outage.began(item)
    return [outage.failed(item, at, at) for item in items][-1]


def working() -> Outage:
    outage = Outage()
    outage.answered(0.0)
    return outage


def test_three_items_in_a_row_without_a_reply_are_an_outage_and_two_are_not() -> None:
    assert not down(working(), "ab", 1.0)
    assert down(working(), "abc", 1.0)


def test_of_many_under_way_half_must_fail() -> None:
    outage = working()
    for item in range(64):
        outage.began(item)
    said = [outage.failed(item, 1.0, 1.0) for item in range(32)]
    assert said.index(True) == 31


def test_an_endpoint_that_never_answered_has_no_outage() -> None:
    assert not down(Outage(), "abcdefgh", 1.0)


def test_one_item_that_fails_again_and_again_is_one_witness() -> None:
    outage = working()
    assert not down(outage, "aaaaaaaaaaaa", 1.0)


def test_items_that_fail_while_later_requests_are_answered_are_never_an_outage() -> None:
    outage = working()
    assert not down(outage, "ab", 1.0)
    outage.answered(2.0)
    assert not down(outage, "abc", 3.0)
    assert outage.is_suspect("a")
    assert not outage.is_suspect("c")


def test_replies_to_what_was_sent_before_prove_nothing_about_later() -> None:
    outage = working()
    assert not down(outage, "ab", 2.0)
    assert not outage.answered(1.9)
    assert down(outage, "c", 3.0)
    assert not outage.answered(2.9)
    assert outage.since == 3.0
    assert outage.answered(3.5)
    assert outage.since is None


def test_what_an_outage_explains_is_no_suspicion() -> None:
    outage = working()
    down(outage, "abc", 1.0)
    outage.answered(2.0)
    assert not any(map(outage.is_suspect, "abc"))
    assert down(outage, "abc", 3.0), "it may go away again at once"


async def ask_for(
    items: int, url: str, clock: Callable[[], float], say: Callable[[str], None], tries: int, at_once: int, **more: Any
) -> list[Reply | ChatError]:
    """Ask for `items` through one client; return what came of each."""
    limiter = RateLimiter(highest=at_once, start=at_once, clock=clock)
    endpoint = Endpoint(base_url=url, tries=tries)
    async with ChatClient("m", endpoint, KEY, limiter=limiter, say=say, **more) as client:

        async def one(number: int) -> Reply | ChatError:
            try:
                return await client.complete([{"role": "user", "content": str(number)}], Sampling())
            except ChatError as fault:
                return fault

        return await asyncio.gather(*map(one, range(items)))


def judge_all(
    answer: Callable[[Request], Response],
    items: int,
    *,
    clock: Clock,
    tries: int = 3,
    at_once: int = 8,
    chat_only: bool = True,
) -> tuple[list[Reply | ChatError], MemoryWire, list[str]]:
    """The same in time that passes only with what `answer` takes; return the server and what was said, too."""
    wire, said = MemoryWire(answer, chat_only=chat_only), list[str]()
    work = ask_for(items, wire.url, clock, said.append, tries, at_once, http_client=wire.client())
    return clock.run(work), wire, said


@pytest.mark.parametrize("fault", [Response(drop=True), error(503, "restarting")])
def test_an_outage_of_minutes_loses_nothing_and_is_asked_about_by_one_at_a_time(fault: Response, clock: Clock) -> None:
    begin, length, latency = 0.3, 120.0, 0.05
    arrived: list[float] = []

    def answer(request: Request) -> Response:
        if begin <= clock() < begin + length and len(arrived) < 500:  # by far too many: enough is known
            arrived.append(clock())
            return fault
        return chat("네", delay_seconds=latency)

    results, _, said = judge_all(answer, 120, clock=clock, tries=4)
    assert all(isinstance(result, Reply) for result in results)
    first = sum(at < begin + 1 for at in arrived)
    assert first <= 2 * 8 + 3, "those under way, as many again until it is known, and the first that ask"
    assert len(arrived) - first <= length / rates.PROBE_SECONDS[1] + 3
    assert ["waiting until it is back" in line or "is back after 12" in line for line in said] == [True, True]
    assert clock() < begin + length + rates.PROBE_SECONDS[1] + 3, "nobody waits much longer than it lasts"


@pytest.mark.parametrize("fault", [Response(drop=True), error(503, "restarting")])
def test_an_outage_on_a_real_connection_loses_nothing(fault: Response, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "PROBE_SECONDS", (0.05, 0.1))
    with Wire(lambda request: fault if 30 < request.number <= 50 else chat("네")) as wire:
        results = asyncio.run(ask_for(60, wire.url, time.monotonic, lambda text: None, 4, 8))
    assert all(isinstance(result, Reply) for result in results)


@pytest.mark.parametrize("fault", [Response(drop=True), error(500, "cannot take this one")])
def test_an_item_that_the_endpoint_cannot_take_fails_alone_also_as_the_last_one(fault: Response, clock: Clock) -> None:
    results, _, said = judge_all(
        lambda r: fault if r.last in ("0", "7", "19") else chat("네"), 20, clock=clock, tries=2
    )
    lost = [number for number, result in enumerate(results) if not isinstance(result, Reply)]
    assert lost == [0, 7, 19]
    for number in lost:
        fault_of_it = results[number]
        assert isinstance(fault_of_it, TransientError)
        assert fault_of_it.attempts <= 3, "one more where too much was under way to tell at first"
    assert not said


def test_where_too_few_are_under_way_to_tell_an_endpoint_that_answers_nothing_at_all_is_waited_for(
    clock: Clock,
) -> None:
    def answer(request: Request) -> Response:
        return Response(drop=True) if 2 <= request.number <= 7 else chat("네")

    results, wire, _ = judge_all(answer, 2, clock=clock, tries=2, at_once=1, chat_only=False)
    assert all(isinstance(result, Reply) for result in results)
    assert {request.path for request in wire.requests[1:7]} == {"/v1/chat/completions", "/v1/models"}

"""The rate limiter against an endpoint that counts: nothing is lost, refusals stay rare, everybody waits.

All of it in time that the test turns (`tests/support/clock.py`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from judge.endpoints.limiter import RateLimiter
from judge.endpoints.pace import reset_seconds
from tests.support.clock import Clock

Take = Callable[[float], float | None]
"""Seconds since the begin -> None where the endpoint takes a request, else the seconds to wait."""


async def drive(limiter: RateLimiter, requests: int, take: Take, latency_seconds: float = 0.02) -> tuple[int, float]:
    """Send `requests` through `limiter`; return how many were refused and how many seconds all took."""
    refused = 0
    start = limiter.clock()

    async def one() -> None:
        nonlocal refused
        while True:
            async with limiter.slot() as slot:
                wait = take(limiter.clock() - start)
                await asyncio.sleep(latency_seconds if wait is None else 0.002)  # refusals come at once
                if wait is None:
                    limiter.taken(slot, 100)
                    return
                refused += 1
                limiter.refused(slot, wait)

    await asyncio.gather(*(one() for _ in range(requests)))
    return refused, limiter.clock() - start


def windows(per_window: int, seconds: float) -> Take:
    """An endpoint that takes so many in every window of this length and tells when the next begins."""
    taken: Counter[int] = Counter()

    def take(now: float) -> float | None:
        index = int(now / seconds)
        if taken[index] >= per_window:
            return (index + 1) * seconds - now
        taken[index] += 1
        return None

    return take


def test_an_unknown_limit_is_found_out_with_few_refusals(clock: Clock) -> None:
    refused, seconds = clock.run(drive(RateLimiter(clock=clock), 100, windows(20, 1.0), latency_seconds=0.3))
    assert refused <= 4
    assert seconds < 6, "5.3 s is what the limit comes to"


def test_a_known_limit_is_kept_to_from_the_first_request(clock: Clock) -> None:
    refused, seconds = clock.run(drive(RateLimiter(clock=clock, rpm=1200), 40, windows(11, 0.5)))
    assert refused == 0
    assert 39 / 20 <= seconds < 39 / 20 + 0.1


def test_tokens_a_minute_are_kept_to_once_their_size_is_known(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, tpm=100 * 60 * 20, start=1)
    _, seconds = clock.run(drive(limiter, 30, lambda now: None))
    assert 25 / 20 <= seconds < 30 / 20


def test_without_refusals_the_limit_doubles_to_its_highest_and_never_beyond(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, highest=64)
    clock.run(drive(limiter, 500, lambda now: None, latency_seconds=0.005))
    assert limiter.limit == 64


@pytest.mark.parametrize(("wait", "left"), [(1.0, 10.0), (0.1, 19.0)])
def test_one_burst_of_refusals_cuts_once_and_less_where_the_endpoint_asks_for_less(
    clock: Clock, wait: float, left: float
) -> None:
    limiter = RateLimiter(clock=clock, highest=20, start=20)

    async def burst() -> None:
        slots = [limiter.slot() for _ in range(20)]
        entered = [await slot.__aenter__() for slot in slots]
        for slot in entered:
            limiter.refused(slot, wait)
        for slot in slots:
            await slot.__aexit__(None, None, None)
        await asyncio.sleep(wait + 0.05)

    clock.run(burst())
    assert limiter.limit == pytest.approx(left)
    assert limiter.refusals == 20


def test_after_a_refusal_one_request_goes_ahead_alone(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, highest=20, start=20)
    begun: list[float] = []

    async def one(first: bool) -> None:
        async with limiter.slot() as slot:
            begun.append(clock())
            if first:
                limiter.refused(slot, 0.2)
                return
            await asyncio.sleep(0.1)
            limiter.taken(slot)

    async def work() -> None:
        await one(True)
        await asyncio.gather(*(one(False) for _ in range(5)))

    clock.run(work())
    refusal, probe, *others = begun
    assert probe - refusal >= 0.19
    assert min(others) - probe >= 0.09


def test_a_server_error_with_a_time_holds_everybody_but_cuts_nothing(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, highest=20, start=20)

    async def work() -> float:
        limiter.hold(0.2)
        start = clock()
        async with limiter.slot():
            return clock() - start

    assert clock.run(work()) == pytest.approx(0.2, abs=0.001)
    assert limiter.limit == 20


def test_a_caller_that_gives_up_while_waiting_leaves_no_trace(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, highest=1, start=1)

    async def work() -> None:
        async with limiter.slot():
            waiting = asyncio.create_task(limiter.slot().__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), limiter.slot():
            pass

    clock.run(work())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "20ms", "x-ratelimit-reset-tokens": "1.5s"}, 1.5),
        ({"x-ratelimit-reset-tokens": "9s", "x-ratelimit-remaining-tokens": "12"}, None),
        ({"x-ratelimit-reset-requests": "3", "x-ratelimit-remaining-requests": "0"}, 3.0),
        ({"x-ratelimit-reset-requests": "soon"}, None),
        ({}, None),
    ],
)
def test_reset_headers_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert reset_seconds(headers) == seconds


def hold_of(seconds: float) -> tuple[list[str], float]:
    """Refuse one request with this wait; return what was said and how long everybody is held back."""
    clock, said = Clock(), list[str]()
    limiter = RateLimiter(clock=clock)
    limiter.say = said.append

    async def work() -> float:
        async with limiter.slot() as slot:
            limiter.refused(slot, seconds)
        begun = clock()
        async with limiter.slot():
            return clock() - begun

    return said, clock.run(work())


def test_a_hold_that_lasts_is_said_and_a_short_one_is_not() -> None:
    assert hold_of(42) == (["rate limited: waiting 42 s as the endpoint asks"], pytest.approx(42, abs=0.01))
    assert hold_of(4)[0] == []


def test_however_long_the_endpoint_asks_for_it_is_asked_again_in_time() -> None:
    said, held = hold_of(7200)
    assert held == pytest.approx(300, abs=0.01)
    assert said == ["rate limited: waiting 300 s, though the endpoint asks for 7200 s"]


def test_refusals_without_reason_slow_a_run_down_and_do_not_stall_it(clock: Clock) -> None:
    lucky = iter([0, 0, 0.02, 0] * 100)
    refused, seconds = clock.run(drive(RateLimiter(clock=clock), 100, lambda now: next(lucky) or None))
    assert refused < 40
    assert seconds < 15


def test_limits_that_a_good_reply_tells_are_kept_to_before_any_refusal(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, start=5)
    headers = {"x-ratelimit-limit-requests": "1200", "x-ratelimit-remaining-requests": "300"}

    async def work() -> float:
        limiter.told(headers)
        return (await drive(limiter, 30, lambda now: None, latency_seconds=0.001))[1]

    assert clock.run(work()) >= 29 / 20


def test_a_limit_of_which_most_is_left_slows_nothing(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, start=5)
    limiter.told({"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59"})
    assert clock.run(drive(limiter, 30, lambda now: None, latency_seconds=0.001))[1] < 5


def test_while_an_endpoint_is_down_one_request_at_a_time_goes_out(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock, highest=20, start=20)
    out: list[int] = []

    async def work() -> None:
        async def one() -> None:
            async with limiter.slot():
                out.append(1)
                await asyncio.sleep(0.05)
                assert len(out) == 1 or not limiter._down
            if limiter._down:
                limiter.back()

        limiter.lost()
        await asyncio.gather(*(one() for _ in range(10)))

    clock.run(work())
    assert len(out) == 10
    assert limiter.limit == 20, "an outage is no limit"


def test_once_nothing_more_is_sent_nobody_waits_to_find_that_out(clock: Clock) -> None:
    async def work() -> float:
        limiter = RateLimiter(start=1, rpm=1, clock=clock)
        limiter.hold(60.0)

        async def one() -> None:
            async with limiter.slot():
                pass

        async with asyncio.timeout(1), asyncio.TaskGroup() as group:
            for _ in range(30):
                group.create_task(one())
            await asyncio.sleep(0.1)
            limiter.end()
        return limiter.clock()

    assert clock.run(work()) < 0.2

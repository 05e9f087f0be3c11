"""The rate limiter against an endpoint that counts: nothing is lost, refusals stay rare, everybody waits."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from judge.rates import RateLimiter, reset_seconds


async def drive(limiter: RateLimiter, requests: int, take: object, latency_seconds: float = 0.02) -> tuple[int, float]:
    """Send `requests` through `limiter`; `take(now)` says whether the endpoint takes one, else seconds to wait."""
    refused = 0
    start = time.monotonic()

    async def one() -> None:
        nonlocal refused
        while True:
            async with limiter.slot() as slot:
                wait = take(time.monotonic() - start)  # type: ignore[operator]
                await asyncio.sleep(latency_seconds)
                if wait is None:
                    limiter.taken(slot, 100)
                    return
                refused += 1
                limiter.refused(slot, wait)

    await asyncio.gather(*(one() for _ in range(requests)))
    return refused, time.monotonic() - start


def windows(per_window: int, seconds: float) -> object:
    """An endpoint that takes so many in every window of this length and tells when the next begins."""
    taken: Counter[int] = Counter()

    def take(now: float) -> float | None:
        index = int(now / seconds)
        if taken[index] >= per_window:
            return (index + 1) * seconds - now
        taken[index] += 1
        return None

    return take


def test_an_unknown_limit_is_found_out_with_few_refusals() -> None:
    refused, _ = asyncio.run(drive(RateLimiter(), 120, windows(10, 0.5)))
    assert refused <= 24, "20 at the start, then hardly any"


def test_a_known_limit_is_kept_to_from_the_first_request() -> None:
    refused, seconds = asyncio.run(drive(RateLimiter(rpm=1200), 40, windows(11, 0.5)))
    assert refused == 0
    assert seconds >= 39 / 20


def test_tokens_a_minute_are_kept_to_once_their_size_is_known() -> None:
    limiter = RateLimiter(tpm=100 * 60 * 20, start=1)
    _, seconds = asyncio.run(drive(limiter, 30, lambda now: None))
    assert seconds >= 25 / 20


def test_without_refusals_the_limit_doubles_to_its_highest_and_never_beyond() -> None:
    limiter = RateLimiter(highest=64)
    asyncio.run(drive(limiter, 500, lambda now: None, latency_seconds=0.005))
    assert limiter.limit == 64


def test_one_burst_of_refusals_cuts_once() -> None:
    limiter = RateLimiter(highest=20, start=20)

    async def burst() -> None:
        slots = [limiter.slot() for _ in range(20)]
        entered = [await slot.__aenter__() for slot in slots]
        for slot in entered:
            limiter.refused(slot, 0.05)
        for slot in slots:
            await slot.__aexit__(None, None, None)

    asyncio.run(burst())
    assert limiter.limit == pytest.approx(16)
    assert limiter.refusals == 20


def test_after_a_refusal_one_request_goes_ahead_alone() -> None:
    limiter = RateLimiter(highest=20, start=20)
    begun: list[float] = []

    async def one(first: bool) -> None:
        async with limiter.slot() as slot:
            begun.append(time.monotonic())
            if first:
                limiter.refused(slot, 0.2)
                return
            await asyncio.sleep(0.1)
            limiter.taken(slot)

    async def work() -> None:
        await one(True)
        await asyncio.gather(*(one(False) for _ in range(5)))

    asyncio.run(work())
    refusal, probe, *others = begun
    assert probe - refusal >= 0.19
    assert min(others) - probe >= 0.09


def test_a_server_error_with_a_time_holds_everybody_but_cuts_nothing() -> None:
    limiter = RateLimiter(highest=20, start=20)

    async def work() -> float:
        limiter.hold(0.2)
        start = time.monotonic()
        async with limiter.slot():
            return time.monotonic() - start

    assert asyncio.run(work()) >= 0.19
    assert limiter.limit == 20


def test_a_caller_that_gives_up_while_waiting_leaves_no_trace() -> None:
    limiter = RateLimiter(highest=1, start=1)

    async def work() -> None:
        async with limiter.slot():
            waiting = asyncio.create_task(limiter.slot().__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), limiter.slot():
            pass

    asyncio.run(work())


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

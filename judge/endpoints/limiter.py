"""How fast one endpoint may be asked: known limits, or limits found out from its refusals.

Every request passes `slot()`, first come first served:

    ramp          while nothing is known, five requests at once and then one every 50 ms, after each round of replies
                  twice as many: a limit that is low is met with one or two refusals and not with twenty
    concurrency   `start` at once, twice as many after each round of replies until the first cut; a refusal cuts it by
                  the share of requests that were refused, once a cool-down, and less where the endpoint asks for less
                  than a second; it comes back in steps of a quarter
    hold          a refusal holds EVERYBODY back until the endpoint's own time is over; then one request goes ahead,
                  and the others follow as soon as a refusal of it would have been seen
    pace          requests a minute and tokens a minute where they are known (given, or told by the endpoint's
                  x-ratelimit headers); else after a refusal what the endpoint took just before it
    outage        while the endpoint answers nobody, one request at a time asks whether it is back
    end           once it is certain that nothing more is sent, nobody waits to find that out

5xx, lost connections and time-outs are the endpoint's weakness, not a limit: they cut nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from judge.endpoints.pace import Pace

START = 20
"""Requests at once before anything is known."""
AT_ONCE, RAMP_SECONDS = 5, 0.05
"""So many requests leave at once, each further one that much later; halved after each round of replies."""
MOST_CUT = 0.5
RECOVERY, GROWTH = 1.25, 1.05
"""Of the concurrency a round of replies: up to where it was cut, and beyond."""
COOL_DOWN_SECONDS = 5.0
"""Between two cuts of the concurrency."""
LONGEST_HOLD_SECONDS = 300.0
"""However long an endpoint asks for, it is asked again after this."""
UNTOLD_HOLD_SECONDS = 2.0
"""Where a refusal names no time; doubled while refusals go on."""
WINDOW_SECONDS = 60.0
FIRST_LEAD_SECONDS = 0.5
"""How long the very first request goes ahead; then the endpoint is slow, but takes requests."""
LEAD_SECONDS = (0.05, 2.0)
"""The least and the most that one request goes ahead of the others after a hold."""
PROBE_SECONDS = (0.25, 3.0)
"""Between two requests that ask whether an endpoint is back: the first pause, which is doubled, and the longest."""
TOLD_SECONDS = 5.0
"""A hold that is longer is said."""


@dataclass(eq=False)
class Slot:
    """One request on its way."""

    begun: float
    epoch: int
    probe: bool
    refused: bool = False


class RateLimiter:
    """Shared by all requests to one endpoint. Times in seconds; one event loop only."""

    def __init__(
        self,
        *,
        highest: int = 100,
        start: int = START,
        rpm: float | None = None,
        tpm: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: seconds, in step with the event loop's own time."""
        self.clock = clock
        self.highest = highest
        self.limit = float(min(start, highest))
        self.refusals = 0
        self.say: Callable[[str], None] = lambda text: None
        """Is told of a hold that lasts."""
        self._ramp = RAMP_SECONDS if start < highest else 0.0
        self._pace = Pace(rpm / 60 if rpm else None, tpm / 60 if tpm else None, clock())
        self._turn = asyncio.Lock()
        self._change = asyncio.Event()
        self._in_flight = self._peak = self._round = self._left = 0
        self._epoch, self._probe_out, self._down, self._ended = 0, False, False, False
        self._lead_until: float | None = 0.0
        """None: nobody goes ahead; else until then one request does, if it is not taken before. The first one does."""
        self._fresh = True
        """Nothing was answered yet: an endpoint that is still loading is asked by one request at a time."""
        self._lead = FIRST_LEAD_SECONDS
        self._held_until = self._said_until = 0.0
        self._cut_at = float("-inf")
        self._ceiling = float("inf")
        self._untold, self._probe_pause = UNTOLD_HOLD_SECONDS, PROBE_SECONDS[0]
        self._sent: deque[Slot] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for leave to send one request; it is in flight as long as this context."""
        async with self._turn:
            await self._leave()
            slot = Slot(self.clock(), self._epoch, self._down or self._lead_until is not None)
            if slot.probe and not self._probe_out:
                self._probe_out, self._lead_until = True, slot.begun + self._lead
            self._in_flight, self._left = self._in_flight + 1, self._left + 1
            self._peak = max(self._peak, self._in_flight)
            self._remember(slot)
        try:
            yield slot
        finally:
            self._in_flight -= 1
            if slot.probe and slot.epoch == self._epoch:
                self._probe_out = False
                if not self._down and not self._fresh:
                    self._lead_until = None
            self._change.set()

    async def _leave(self) -> None:
        while not self._ended:
            now = self.clock()
            if self._held_until > now:
                await self._wait(self._held_until - now)
            elif self._in_flight >= max(1, int(self.limit)) or (self._down and self._probe_out):
                await self._wait(None)
            elif self._probe_out and self._lead_until is not None and self._lead_until > now:
                await self._wait(self._lead_until - now)
            elif self._pace.next > now:
                await self._wait(self._pace.next - now)
            else:
                self._pace.leave(now)
                if self._ramp and self._left >= AT_ONCE - 1:
                    self._pace.next = max(self._pace.next, now + self._ramp)
                return

    async def _wait(self, seconds: float | None) -> None:
        """Wait for a change, or so long."""
        self._change.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._change.wait()

    def taken(self, slot: Slot, tokens: int = 0) -> None:
        """The endpoint has answered this request; `tokens` in and out."""
        self._fresh = False
        self._pace.size(tokens)
        if slot.epoch == self._epoch:
            self._untold = UNTOLD_HOLD_SECONDS
            if not self._down:
                self._lead_until = None
        self._round += 1
        if self._round >= self.limit:
            if self._peak >= 0.8 * int(self.limit):
                step = 2.0 if self._ceiling == float("inf") else RECOVERY if self.limit < self._ceiling else GROWTH
                self.limit = min(self.highest, self.limit * step)
            self._round, self._peak, self._ramp = 0, self._in_flight, self._ramp / 2
        self._change.set()

    def answered(self) -> None:
        """The endpoint has refused one item: it is there, and others need not go ahead one by one."""
        if self._fresh and not self._down:
            self._fresh, self._lead_until = False, None
            self._change.set()

    def refused(
        self,
        slot: Slot,
        retry_after_seconds: float | None,
        headers: Mapping[str, str] | None = None,
        why: str = "rate limited",
    ) -> None:
        """The endpoint has refused this request for its rate: hold everybody back. `why`: in its words."""
        now = self.clock()
        slot.refused = True
        self.refusals += 1
        self._ramp = 0.0
        asked = self._untold if retry_after_seconds is None else retry_after_seconds
        self.hold(asked, why, told=retry_after_seconds is not None)
        hold = min(asked, LONGEST_HOLD_SECONDS)
        if slot.epoch != self._epoch:
            return  # sent before an earlier refusal came back: that one has been dealt with
        self._untold = min(2 * self._untold, WINDOW_SECONDS)
        self._epoch += 1
        self._lead = min(max(2 * (now - slot.begun), LEAD_SECONDS[0]), LEAD_SECONDS[1])
        self._lead_until, self._probe_out = now + hold + self._lead, False
        told = self._pace.told(headers or {}, refused=True)
        window = max(1.0, min(hold, WINDOW_SECONDS if retry_after_seconds is not None else now - self._sent[0].begun))
        asyncio.get_running_loop().call_later(hold, self._settle, now, window, hold, told)

    def told(self, headers: Mapping[str, str]) -> None:
        """Read the limits that a good reply tells."""
        self._pace.told(headers, refused=False)

    def hold(self, seconds: float, why: str = "the endpoint asks for time", *, told: bool = True) -> None:
        """Hold everybody back without cutting; say so if it lasts. `told`: the endpoint has named the time."""
        now, wait = self.clock(), min(seconds, LONGEST_HOLD_SECONDS)
        self._held_until = max(self._held_until, now + wait)
        if wait > TOLD_SECONDS and self._held_until > self._said_until + 1:
            self._said_until = self._held_until
            asks = " as the endpoint asks" if wait == seconds else f", though the endpoint asks for {seconds:.0f} s"
            self.say(f"{why}: waiting {wait:.0f} s{asks if told else ''}")

    def lost(self) -> None:
        """The endpoint answers nobody: one request at a time asks whether it is back, until `back()`."""
        if not self._down:
            self._down, self._probe_pause = True, PROBE_SECONDS[0]
            self._epoch += 1
            self._probe_out = False
        now = self.clock()
        if now >= self._held_until:  # else it was under way with others that are lost already
            self._held_until = now + self._probe_pause
            self._probe_pause = min(2 * self._probe_pause, PROBE_SECONDS[1])

    def back(self) -> None:
        """The endpoint answers again."""
        if self._down:
            self._down, self._lead_until, self._held_until = False, None, 0.0
            self._change.set()

    def end(self) -> None:
        """Nothing more is sent: let everybody pass who waits for leave, now and from now on."""
        self._ended = True
        self._change.set()

    def _settle(self, refused_at: float, window: float, hold: float, told: bool) -> None:
        """After the hold every refusal of that time is known: the rate the endpoint took is what it takes."""
        sent = [s.refused for s in self._sent if refused_at - window <= s.begun <= refused_at]
        share = sum(sent) / len(sent) if sent else 1.0
        now = self.clock()
        self._pace.refused(now, len(sent) - sum(sent), window, share, hold)
        if not told and now - self._cut_at >= max(COOL_DOWN_SECONDS, hold):
            self._cut_at, self._ceiling = now, self.limit
            self.limit = max(1.0, self.limit * (1 - min(share, MOST_CUT) * min(1.0, hold)))
            self._round, self._peak = 0, self._in_flight

    def _remember(self, slot: Slot) -> None:
        self._sent.append(slot)
        while self._sent and self._sent[0].begun < slot.begun - WINDOW_SECONDS:
            self._sent.popleft()

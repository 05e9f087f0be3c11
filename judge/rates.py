"""How fast one endpoint may be asked: known limits, or limits found out from its refusals.

Every request passes `slot()`, first come first served:

    concurrency   `start` at once; twice as many after each clean round until the first refusal, then 5 % more a round;
                  a refusal cuts it to 0.8, once for all requests that were sent before it came back
    hold          a refusal holds EVERYBODY back until the endpoint's own time is over; then one request goes ahead
                  to see, and the others follow when it was taken
    pace          requests a minute and tokens a minute where they are known (given, or told by the endpoint's
                  x-ratelimit headers); else after a refusal 0.95 of what the endpoint took just before it

5xx and time-outs are the endpoint's weakness, not a limit: they cut nothing. The concurrency rule follows Inspect AI's
adaptive connections; holding everybody back and the pace are what keeps refusals rare.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

START = 20
"""Requests at once before anything is known."""
CUT = 0.8
GROWTH = 1.05
PACE_SHARE = 0.95
"""Of the rate that was just taken; the rest is for the endpoint's windows being out of step with ours."""
PACE_CUT = 0.1
"""Of the pace, for a refusal that asks for a second or more; less for one that asks for less."""
PACE_GROWTH, PACE_GROWTH_SECONDS = 1.01, 1.0
LONGEST_HOLD_SECONDS = 600.0
UNTOLD_HOLD_SECONDS = 2.0
"""Where a refusal names no time; doubled while refusals go on."""
WINDOW_SECONDS = 60.0


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
        self, *, highest: int = 100, start: int = START, rpm: float | None = None, tpm: float | None = None
    ) -> None:
        self.highest = highest
        self.limit = float(min(start, highest))
        self.refusals = 0
        self._rate = rpm / 60 if rpm else None
        self._given = rpm is not None
        self._token_rate = tpm / 60 if tpm else None
        self._tokens = 0.0
        """Of a request, on a running average."""
        self._turn = asyncio.Lock()
        self._change = asyncio.Event()
        self._in_flight = self._peak = self._clean = 0
        self._epoch, self._probing, self._probe_out = 0, False, False
        self._limited_before = False
        self._held_until = self._next = 0.0
        self._untold = UNTOLD_HOLD_SECONDS
        self._grown = time.monotonic()
        self._sent: deque[Slot] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for leave to send one request; it is in flight as long as this context."""
        async with self._turn:
            await self._leave()
            slot = Slot(time.monotonic(), self._epoch, self._probing)
            self._probe_out = self._probe_out or slot.probe
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
            self._remember(slot)
        try:
            yield slot
        finally:
            self._in_flight -= 1
            if slot.probe and slot.epoch == self._epoch:
                self._probe_out = False
            self._change.set()

    async def _leave(self) -> None:
        while True:
            now = time.monotonic()
            if self._held_until > now:
                await asyncio.sleep(self._held_until - now)
            elif self._in_flight >= max(1, int(self.limit)) or (self._probing and self._probe_out):
                self._change.clear()
                await self._change.wait()
            elif self._next > now:
                await asyncio.sleep(self._next - now)
            else:
                break
        self._grow_pace(now)
        pauses = [1 / self._rate] if self._rate else []
        if self._token_rate and self._tokens:
            pauses.append(self._tokens / self._token_rate)
        self._next = max(now, self._next) + max(pauses, default=0.0)

    def taken(self, slot: Slot, tokens: int = 0) -> None:
        """The endpoint has answered this request; `tokens` in and out."""
        if tokens:
            self._tokens = tokens if not self._tokens else 0.9 * self._tokens + 0.1 * tokens
        if slot.epoch == self._epoch:
            self._probing = False
            self._untold = UNTOLD_HOLD_SECONDS
            self._clean += 1
            if self._clean >= self.limit:
                if self._peak >= 0.8 * int(self.limit):
                    self.limit = min(self.highest, self.limit * (GROWTH if self._limited_before else 2))
                self._clean, self._peak = 0, self._in_flight
        self._change.set()

    def refused(self, slot: Slot, retry_after_seconds: float | None, headers: Mapping[str, str] | None = None) -> None:
        """The endpoint has refused this request for its rate: hold everybody back."""
        now = time.monotonic()
        slot.refused = True
        self.refusals += 1
        hold = min(self._untold if retry_after_seconds is None else retry_after_seconds, LONGEST_HOLD_SECONDS)
        self._held_until = max(self._held_until, now + hold)
        if slot.epoch != self._epoch:
            return  # sent before an earlier refusal came back: that one has cut already
        self._untold = min(2 * self._untold, WINDOW_SECONDS)
        self._epoch += 1
        self._probing, self._probe_out = True, False
        self._limited_before = True
        self._clean = 0
        self.limit = max(1.0, self.limit * CUT)
        self._learn(headers or {})
        asyncio.get_running_loop().call_later(hold, self._set_pace, now, hold)

    def hold(self, seconds: float) -> None:
        """Hold everybody back without cutting: the endpoint asks for time, but not for its rate."""
        self._held_until = max(self._held_until, time.monotonic() + min(seconds, LONGEST_HOLD_SECONDS))

    def _learn(self, headers: Mapping[str, str]) -> None:
        """Take the limits an endpoint tells (per minute, as OpenAI gives them)."""
        requests, tokens = (_number(headers.get(f"x-ratelimit-limit-{name}")) for name in ("requests", "tokens"))
        if requests and not self._given and self._rate is None:
            self._rate = requests / 60 * PACE_SHARE
        if tokens and self._token_rate is None:
            self._token_rate = tokens / 60 * PACE_SHARE

    def _set_pace(self, refused_at: float, hold: float) -> None:
        """After the hold every answer of that time is known: the rate the endpoint took is what it takes."""
        if self._given:
            return
        window = max(1.0, min(hold, WINDOW_SECONDS))
        taken = sum(not s.refused and refused_at - window <= s.begun <= refused_at for s in self._sent)
        if not taken and self._rate is None:
            return  # nothing is known of what it takes
        seen = taken / window * PACE_SHARE
        cut = self._rate * (1 - PACE_CUT * min(1.0, hold)) if self._rate else seen
        self._rate = min(self._rate or seen, max(cut, seen))
        self._grown = time.monotonic()
        self._next = 0.0

    def _grow_pace(self, now: float) -> None:
        if self._rate and not self._given and now - self._grown >= PACE_GROWTH_SECONDS:
            self._rate *= PACE_GROWTH ** ((now - self._grown) / PACE_GROWTH_SECONDS)
            self._grown = now

    def _remember(self, slot: Slot) -> None:
        self._sent.append(slot)
        while self._sent and self._sent[0].begun < slot.begun - WINDOW_SECONDS:
            self._sent.popleft()


_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def reset_seconds(headers: Mapping[str, str]) -> float | None:
    """Return when the limit that is used up is free again, from `x-ratelimit-reset-*` (`6m0s`, `20ms`, `1.5`)."""
    waits = []
    for name in ("requests", "tokens"):
        value = headers.get(f"x-ratelimit-reset-{name}")
        if value is None or _number(headers.get(f"x-ratelimit-remaining-{name}")) not in (None, 0.0):
            continue
        spans = _SPAN.findall(value)
        plain = _number(value)
        if spans:
            waits.append(sum(float(number) * _UNITS[unit] for number, unit in spans))
        elif plain is not None:
            waits.append(plain)
    return max(waits, default=None)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None

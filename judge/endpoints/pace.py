"""Requests and tokens a second, as an endpoint takes them. Pure: the clock comes in as `now`.

A pace is given by the user, told by the endpoint's x-ratelimit headers, or found out from what it took before it
refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SHARE = 0.96
"""Of the rate that is told or was just taken; the rest is for the endpoint's windows being out of step with ours."""
CUT = 0.1
"""Of the pace, for a refusal that asks for a second or more; less for one that asks for less."""
GROWTH = ((5.0, 1.01), (10.0, 1.05), (float("inf"), 1.2))
"""Of the pace a second, for so many seconds since it was cut last: slowly near the limit, then ever faster."""
HAIR_SECONDS = 0.01


class Pace:
    """Requests a second and tokens a second: given, told by the endpoint, or found out."""

    def __init__(self, rate: float | None, token_rate: float | None, now: float) -> None:
        self.next = 0.0
        """When the next request may leave."""
        self._rate, self._token_rate = rate, token_rate
        self._given, self._tokens_given = rate is not None, token_rate is not None
        self._told = float("inf")
        self._tokens = 0.0
        """Of a request, on a running average."""
        self._grown = self._cut_at = now
        self._hint = 0.0
        """Seconds that refusals ask for, on a running average."""

    def leave(self, now: float) -> None:
        """A request leaves `now`."""
        if self._rate and not self._given and now - self._grown >= 1:
            growth = next(factor for seconds, factor in GROWTH if now - self._cut_at < seconds)
            self._rate = min(self._told, self._rate * growth ** (now - self._grown))
            self._grown = now
        pauses = [1 / self._rate] if self._rate else []
        if self._token_rate and self._tokens:
            pauses.append(self._tokens / self._token_rate)
        self.next = max(now, self.next) + max(pauses, default=0.0)

    def size(self, tokens: int) -> None:
        """A request has used so many tokens."""
        if tokens:
            self._tokens = tokens if not self._tokens else 0.9 * self._tokens + 0.1 * tokens

    def told(self, headers: Mapping[str, str], *, refused: bool) -> bool:
        """Take the limits an endpoint tells (a minute, as OpenAI gives them); return whether one is used up.

        A good reply that leaves half of a limit or more changes nothing: an endpoint that counts by the minute lets a
        small run pass at once.
        """
        used_up = False
        for name in ("requests", "tokens"):
            limit, left = (_number(headers.get(f"x-ratelimit-{field}-{name}")) for field in ("limit", "remaining"))
            if not limit or limit <= 0 or (not refused and (left is None or left >= limit / 2)):
                continue
            used_up = used_up or left == 0
            if name == "tokens":
                self._token_rate = self._token_rate if self._tokens_given else limit / 60 * SHARE
            elif not self._given:
                self._told = limit / 60 * SHARE
                self._rate = min(self._rate or self._told, self._told)
        return used_up

    def refused(self, now: float, taken: int, window: float, share: float, hold: float) -> None:
        """A hold is over: of the requests of `window` seconds before it `taken` were taken, `share` refused.

        The pace never falls below what was taken, nor below a quarter of what the endpoint's own times mean: refusals
        that ask for 20 ms mean 50 requests a second. Less than 10 ms only say that the limit was hit by a hair.
        """
        self._hint = 0.8 * self._hint + 0.2 * hold if self._hint else hold
        if self._given or (not taken and self._rate is None and hold >= 1):
            return  # given, or nothing is known of what the endpoint takes
        seen, meant = SHARE * taken / window, 1 / self._hint if self._hint >= HAIR_SECONDS else 0.0
        if self._rate is None:
            self._rate = max(seen, SHARE * meant)
            self._cut_at = now
        elif now - self._cut_at >= 1:
            cut = max(CUT * min(1.0, hold), share / 2)
            self._rate = min(self._rate, max(self._rate * (1 - cut), seen, meant / 4))
            self._cut_at = now
        self._rate = min(self._rate, self._told)
        self._grown = now


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

"""How often and how long one item is asked for.

Rate limits use up time but no tries: waiting is the cure for them. An outage of an endpoint that has worked costs its
own length and not the items in it. Where it cannot be told whether the endpoint is down or the item is at fault (too
few are under way, and the endpoint answers nothing else either), a try counts for no more than the time it took.
Everything else is one try.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from judge.config import Endpoint
from judge.errors import ChatError, TransientError

UNDECIDED_TRY_SECONDS = 30.0
"""Where it may be an outage or the item, one try is counted in this time."""


class Tries:
    """Of one item."""

    def __init__(self, endpoint: Endpoint, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = 0
        self.begun = 0.0
        """When the latest try was sent."""
        self.last: ChatError | None = None
        self.held = False
        """The limiter holds everybody back, so that the item needs no pause of its own."""
        self.undecided = False
        """The latest fault may be that of the endpoint."""
        self._started: float | None = None
        self._faults = 0.0
        self._share = 1.0
        self._endpoint, self._clock = endpoint, clock
        self._noted = 0.0

    def sent(self) -> bool:
        """The try leaves; return whether it is the first.

        The item's time budget begins with it, not while it waits for its turn.
        """
        self.begun = self._clock()
        first = self._started is None
        if first:
            self._started = self._noted = self.begun
        return first

    def note(self, error: ChatError, *, outage: bool, undecided: bool) -> None:
        """A try failed."""
        now = self._clock()
        self.last, self.undecided = error, undecided and not outage
        limited = isinstance(error, TransientError) and error.kind == "rate_limit"
        asked = isinstance(error, TransientError) and error.retry_after_seconds is not None
        self.held = limited or asked or outage
        if not limited and not outage:
            self._share = min(1.0, (now - self._noted) / UNDECIDED_TRY_SECONDS) if undecided else 1.0
            self._faults += self._share
        self._noted = now

    def charge(self) -> None:
        """The latest fault was the item's own after all: it counts as a whole try."""
        self._faults += 1.0 - self._share

    def late(self) -> bool:
        """Whether the time budget is used up."""
        return self._started is not None and self._clock() - self._started >= self._endpoint.retry_budget_seconds

    def used_up(self, *_: object) -> bool:
        """Whether no further try is to be made."""
        return self._faults >= self._endpoint.tries or self.late()


WITNESSES = 3


class Outage:
    """What is known of one endpoint. An item is any hashable that stands for it; `begun` is when its try was sent."""

    def __init__(self) -> None:
        self.since: float | None = None
        """When it began; None while there is none."""
        self.ever_answered = False
        self._answered = float("-inf")
        """When the latest request that was answered had been sent."""
        self._active: set[object] = set()
        self._faults: dict[object, float] = {}
        """Item -> when its first try had been sent that failed and that no outage explains."""

    def began(self, item: object) -> None:
        """The item's first try leaves."""
        self._active.add(item)

    def ended(self, item: object, *, answered: bool) -> None:
        """The item has its reply or its failure."""
        self._active.discard(item)
        if answered:
            self._faults.pop(item, None)

    def answered(self, begun: float) -> bool:
        """A request that was sent at `begun` has had a reply of any kind; return whether this ends an outage."""
        self.ever_answered = True
        self._answered = max(self._answered, begun)
        self._faults = {item: at for item, at in self._faults.items() if item in self._active}
        ends = self.since is not None and begun >= self.since
        if ends:
            self.since = None
        return ends

    def failed(self, item: object, begun: float, now: float) -> bool:
        """A try found no endpoint, or a broken one; return whether there is an outage."""
        if self.since is not None:
            return True
        self._faults.setdefault(item, begun)
        witnesses = sum(not self.is_suspect(one) for one in self._faults)
        if self.ever_answered and witnesses >= max(WITNESSES, (len(self._active) + 1) // 2):
            self.since = now
            self._faults.clear()  # explained
        return self.since is not None

    def not_ready(self, now: float) -> bool:
        """The endpoint says that it is loading, and has answered nothing yet: it is waited for like an outage."""
        if self.since is None:
            self.since = now
            self._faults.clear()
        return True

    def is_suspect(self, item: object) -> bool:
        """Whether a request was answered that had been sent after one of this item failed."""
        return self._faults.get(item, float("inf")) < self._answered

    def may_be(self, begun: float) -> bool:
        """Whether a fault of a request sent at `begun` may be that of an endpoint that has worked before."""
        return self.ever_answered and self._answered < begun

    def few(self) -> bool:
        """Whether so few are under way that they cannot tell."""
        return len(self._active) < 2 * WITNESSES

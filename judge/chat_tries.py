"""How often and how long one item is asked for.

Rate limits use up time but no tries: waiting is the cure for them. An outage of an endpoint that has worked costs its
own length and not the items in it. Where it cannot be told whether the endpoint is down or the item is at fault (too
few are under way, and the endpoint answers nothing else either), a try counts for no more than the time it took.
Everything else is one try.
"""

from __future__ import annotations

import time

from judge.config import Endpoint
from judge.errors import ChatError, TransientError

UNDECIDED_TRY_SECONDS = 30.0
"""Where it may be an outage or the item, one try is counted in this time."""


class Tries:
    """Of one item."""

    def __init__(self, endpoint: Endpoint) -> None:
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
        self._endpoint = endpoint
        self._noted = 0.0

    def sent(self) -> bool:
        """The try leaves; return whether it is the first.

        The item's time budget begins with it, not while it waits for its turn.
        """
        self.begun = time.monotonic()
        first = self._started is None
        if first:
            self._started = self._noted = self.begun
        return first

    def note(self, error: ChatError, *, outage: bool, undecided: bool) -> None:
        """A try failed."""
        now = time.monotonic()
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
        return self._started is not None and time.monotonic() - self._started >= self._endpoint.retry_budget_seconds

    def used_up(self, *_: object) -> bool:
        """Whether no further try is to be made."""
        return self._faults >= self._endpoint.tries or self.late()

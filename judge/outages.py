"""Is it the endpoint that answers nobody, or one item that it cannot take? Pure: times come in.

An outage is declared when requests of at least three items, and of half of all under way, have failed one after the
other with no reply to anything sent after them. An item that fails while requests sent later are answered is a suspect:
the fault is its own, and it is no witness of an outage. Whatever is still asked when only suspects are left therefore
ends by its own tries.
"""

from __future__ import annotations

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

    def is_suspect(self, item: object) -> bool:
        """Whether a request was answered that had been sent after one of this item failed."""
        return self._faults.get(item, float("inf")) < self._answered

    def may_be(self, begun: float) -> bool:
        """Whether a fault of a request sent at `begun` may be that of an endpoint that has worked before."""
        return self.ever_answered and self._answered < begun

    def few(self) -> bool:
        """Whether so few are under way that they cannot tell."""
        return len(self._active) < 2 * WITNESSES

"""Waiting for what must come: another process, a thread, a server."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 600.0
"""Ends a wait that would never end; so long that no load of the machine decides a verdict."""


def within(happened: Callable[[], object], what: str) -> None:
    """Wait until `happened()`; fail if it never does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)

"""How far a stage is: a bar on a terminal, otherwise a plain line now and then, on standard error."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from judge.errors import one_line

HEARTBEAT_SECONDS = 10.0
LONGEST_SILENCE_SECONDS = 60.0
"""While nothing gets done, the pauses between two lines are doubled up to this."""


class Reporter(Protocol):
    """Is told what happens."""

    def begin(self, stage: str, total: int, done: int) -> None:
        """`stage` has `total` units, `done` of them from an earlier call."""

    def advance(self, stage: str, *, failure: str | None = None) -> None:
        """One unit is on disk; `failure` says why it is one."""

    def say(self, text: str) -> None:
        """Something the user should know now."""


class Silent:
    """Says nothing."""

    def begin(self, stage: str, total: int, done: int) -> None:
        """Ignore."""

    def advance(self, stage: str, *, failure: str | None = None) -> None:
        """Ignore."""

    def say(self, text: str) -> None:
        """Ignore."""


@dataclass
class _Count:
    total: int
    done: int
    before: int
    started: float
    failed: int = 0


class Heartbeat:
    """A plain line a stage at its begin, every ten seconds while it goes on, and at its end.

    Inside `beating()` a line comes also while nothing gets done, so that a wait is not taken for a stop.
    """

    def __init__(
        self,
        stream: TextIO,
        every_seconds: float = HEARTBEAT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: in seconds."""
        self._stream, self._every, self._clock = stream, every_seconds, clock
        self._counts: dict[str, _Count] = {}
        self._spoke = self._moved = self._clock()
        self._patience = every_seconds
        self._speaking = threading.Lock()

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Speak up by itself while the context lasts."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(max(0.01, self._spoke + self._patience - self._clock())):
                with suppress(OSError, ValueError):  # the stream is gone: the main thread finds out by itself
                    self.beat()

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def beat(self) -> None:
        """Say how far unfinished stages are, if nothing was said for a while."""
        now = self._clock()
        if now - self._spoke < self._patience:
            return
        open_stages = [(stage, count) for stage, count in list(self._counts.items()) if count.done < count.total]
        for stage, count in open_stages:
            self._line(stage, count, idle=now - self._moved)
        self._spoke = now
        self._patience = min(2 * self._patience, LONGEST_SILENCE_SECONDS)

    def begin(self, stage: str, total: int, done: int) -> None:
        """Say what is to be done."""
        self._moved = self._clock()
        self._counts[stage] = _Count(total, done, done, self._moved)
        earlier = f", {done} of {total} done before" if done else ""
        self.say(f"{stage}: {total - done} to do{earlier}" if total - done else f"{stage}: all {total} done before")

    def advance(self, stage: str, *, failure: str | None = None) -> None:
        """Count, and say so if it is time."""
        count = self._counts[stage]
        count.done += 1
        count.failed += failure is not None
        self._moved, self._patience = self._clock(), self._every
        if failure is not None and count.failed <= 5:
            self.say(f"{stage}: failed: {one_line(failure, 200)}")
        if count.done == count.total or self._clock() - self._spoke >= self._every:
            self._line(stage, count)

    def _line(self, stage: str, count: _Count, idle: float = 0.0) -> None:
        seconds = self._clock() - count.started
        rate = (count.done - count.before) / seconds if seconds > 0 else 0.0
        left = (count.total - count.done) / rate if rate else 0.0
        failed = f", {count.failed} failed" if count.failed else ""
        tail = f", about {left:.0f} s left" if count.done < count.total else f" in {seconds:.1f} s"
        if count.done < count.total and idle and idle >= self._every:
            tail = f", nothing new for {idle:.0f} s"
        self.say(f"{stage}: {count.done}/{count.total}{failed}{tail}")

    def say(self, text: str) -> None:
        """Write a line."""
        with self._speaking:
            print(text, file=self._stream, flush=True)
        self._spoke = self._clock()


class Bar:
    """A live bar a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._failed: dict[str, int] = {}

    def begin(self, stage: str, total: int, done: int) -> None:
        """Add a bar."""
        self._tasks[stage] = self._progress.add_task(stage, total=total, completed=done, failed="")
        self._failed[stage] = 0

    def advance(self, stage: str, *, failure: str | None = None) -> None:
        """Move the bar; a failure is counted beside it, the first ones are told."""
        if failure is not None:
            self._failed[stage] += 1
            self._progress.update(self._tasks[stage], failed=f"{self._failed[stage]} failed")
            if self._failed[stage] <= 5:
                self.say(f"{stage}: failed: {one_line(failure, 200)}")
        self._progress.advance(self._tasks[stage])

    def say(self, text: str) -> None:
        """Write a line above the bars."""
        self._progress.console.print(text, markup=False, highlight=False)


@contextmanager
def reporter(*, quiet: bool = False, stream: TextIO | None = None) -> Iterator[Reporter]:
    """Yield the reporter that fits: nothing if quiet, bars on a terminal, else a heartbeat."""
    stream = stream or sys.stderr
    if quiet:
        yield Silent()
    elif stream.isatty():
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}", markup=False),
        )
        with Progress(*columns, console=Console(file=stream)) as progress:
            yield Bar(progress)
    else:
        heartbeat = Heartbeat(stream)
        with heartbeat.beating():
            yield heartbeat

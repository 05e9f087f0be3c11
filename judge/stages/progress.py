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
from judge.wording import Lang, Note, joined, led, worded

HEARTBEAT_SECONDS = 10.0
LONGEST_SILENCE_SECONDS = 60.0
"""While nothing gets done, the pauses between two lines are doubled up to this."""


class Reporter(Protocol):
    """Is told what happens; names, units and sentences that are notes are shown in the language of the reporter."""

    def begin(self, stage: str, total: int, done: int, *, unit: str = "") -> None:
        """`stage` has `total` units, `done` of them from an earlier call; `unit`: what they are called."""

    def advance(self, stage: str, *, failure: str | None = None, units: int = 1, tokens: int = 0) -> None:
        """So many units are on disk; `failure` says why they are one. `tokens`: written for them, where known."""

    def say(self, text: str) -> None:
        """Something the user should know now."""


class Silent:
    """Says nothing."""

    def begin(self, stage: str, total: int, done: int, *, unit: str = "") -> None:
        """Ignore."""

    def advance(self, stage: str, *, failure: str | None = None, units: int = 1, tokens: int = 0) -> None:
        """Ignore."""

    def say(self, text: str) -> None:
        """Ignore."""


@dataclass
class _Count:
    total: int
    done: int
    before: int
    started: float
    unit: str = ""
    failed: int = 0
    tokens: int = 0

    def of(self, number: int | str) -> Note:
        """Return a number of units."""
        return Note(f"{number} {self.unit}" if self.unit else f"{number}", f"{number}{worded(self.unit, 'ko') or '건'}")

    def add(self, units: int, tokens: int, failure: str | None) -> None:
        """Count what is on disk now."""
        self.done += units
        self.tokens += tokens
        self.failed += failure is not None

    def left_seconds(self, seconds: float) -> float:
        """Return how long the rest takes at the pace of the first `seconds`."""
        new = self.done - self.before
        return (self.total - self.done) * seconds / new if new else 0.0

    def more(self, seconds: float) -> list[str]:
        """Return how many failed and the tokens a second, where there are any."""
        found: list[str] = [Note(f"{self.failed} failed", f"실패 {self.failed}건")] if self.failed else []
        if self.tokens and seconds > 0:
            speed = f"{self.tokens / seconds:,.0f}"
            found.append(Note(f"{speed} tokens/s", f"초당 {speed}토큰"))
        return found


class Heartbeat:
    """A plain line a stage at its begin, every ten seconds while it goes on, and at its end.

    Inside `beating()` a line comes also while nothing gets done, so that a wait is not taken for a stop.
    """

    def __init__(
        self,
        stream: TextIO,
        every_seconds: float = HEARTBEAT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        lang: Lang = "en",
    ) -> None:
        """`clock`: in seconds."""
        self._stream, self._every, self._clock, self._lang = stream, every_seconds, clock, lang
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
        self._open_lines(idle=now - self._moved)
        self._spoke = now
        self._patience = min(2 * self._patience, LONGEST_SILENCE_SECONDS)

    def begin(self, stage: str, total: int, done: int, *, unit: str = "") -> None:
        """Say what is to be done."""
        self._moved = self._clock()
        count = self._counts[stage] = _Count(total, done, done, self._moved, unit)
        if total == done:
            all_ = count.of(total)
            self.say(led(stage, Note(f"all {all_} done before", f"{all_.korean} 모두 이미 끝남")))
            return
        left, whole, before = count.of(total - done), count.of(total), count.of(done)
        earlier = Note(f", {done} of {total} done before", f"({whole.korean} 가운데 {before.korean}은 이미 끝남)")
        to_do = Note(f"{left} to do", f"{left.korean} 남음")
        self.say(led(stage, joined([to_do, earlier], "") if done else to_do))

    def advance(self, stage: str, *, failure: str | None = None, units: int = 1, tokens: int = 0) -> None:
        """Count, and say so if it is time: of this stage when it ends, of all that go on in between."""
        count = self._counts[stage]
        count.add(units, tokens, failure)
        self._moved, self._patience = self._clock(), self._every
        if failure is not None and count.failed <= 5:
            self.say(_failed(stage, failure))
        if count.done == count.total:
            self._line(stage, count)
        elif self._clock() - self._spoke >= self._every:
            self._open_lines()

    def _open_lines(self, idle: float = 0.0) -> None:
        for stage, count in list(self._counts.items()):
            if count.done < count.total:
                self._line(stage, count, idle)

    def _line(self, stage: str, count: _Count, idle: float = 0.0) -> None:
        seconds = self._clock() - count.started
        parts = [count.of(f"{count.done}/{count.total}"), *count.more(seconds)]
        if count.done == count.total:
            took = Note(f" in {seconds:.1f} s", f", {seconds:.1f}초 걸림")
            self.say(led(stage, joined([joined(parts, ", "), took], "")))
            return
        if idle and idle >= self._every:
            first, wait = count.unit and count.done == count.before, f"{idle:.0f}"
            parts.append(
                Note(f"waiting for the first ones for {wait} s", f"첫 결과를 {wait}초째 기다리는 중")
                if first
                else Note(f"nothing new for {wait} s", f"{wait}초 동안 새로 끝난 것 없음")
            )
        elif count.done > count.before:
            left = f"{count.left_seconds(seconds):.0f}"
            parts.append(Note(f"about {left} s left", f"약 {left}초 남음"))
        self.say(led(stage, joined(parts, ", ")))

    def say(self, text: str) -> None:
        """Write a line."""
        with self._speaking, suppress(BrokenPipeError):  # nobody reads on: what is being done goes on
            print(worded(text, self._lang), file=self._stream, flush=True)
        self._spoke = self._clock()


class Bar:
    """A live bar a stage."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic, lang: Lang = "en") -> None:
        """`clock`: in seconds."""
        self._progress, self._clock, self._lang = progress, clock, lang
        self._tasks: dict[str, TaskID] = {}
        self._counts: dict[str, _Count] = {}

    def begin(self, stage: str, total: int, done: int, *, unit: str = "") -> None:
        """Add a bar."""
        self._counts[stage] = _Count(total, done, done, self._clock())
        name = worded(stage, self._lang) + (f" ({worded(unit, self._lang)})" if unit else "")
        self._tasks[stage] = self._progress.add_task(name, total=total, completed=done, more="")

    def advance(self, stage: str, *, failure: str | None = None, units: int = 1, tokens: int = 0) -> None:
        """Move the bar; failures and tokens are counted beside it, the first failures are told."""
        count, task = self._counts[stage], self._tasks[stage]
        count.add(units, tokens, failure)
        if failure is not None and count.failed <= 5:
            self.say(_failed(stage, failure))
        more = joined(count.more(self._clock() - count.started), ", ")
        self._progress.update(task, advance=units, more=worded(more, self._lang))

    def say(self, text: str) -> None:
        """Write a line above the bars."""
        self._progress.console.print(worded(text, self._lang), markup=False, highlight=False)


def _failed(stage: str, failure: str) -> str:
    why = Note(one_line(failure, 200), one_line(worded(failure, "ko"), 200))
    return led(stage, led(Note("failed", "실패"), why))


@contextmanager
def reporter(*, quiet: bool = False, stream: TextIO | None = None, lang: Lang = "en") -> Iterator[Reporter]:
    """Yield the reporter that fits: nothing if quiet, bars on a terminal, else a heartbeat. `lang`: of what it says."""
    stream = stream or sys.stderr
    if quiet:
        yield Silent()
    elif stream.isatty():
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[more]}", markup=False),
        )
        with Progress(*columns, console=Console(file=stream)) as progress:
            yield Bar(progress, lang=lang)
    else:
        heartbeat = Heartbeat(stream, lang=lang)
        with heartbeat.beating():
            yield heartbeat

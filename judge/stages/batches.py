"""The Batch API: everything owed in one file, the replies within a day, at half the price.

    write the requests -> upload -> create -> wait -> download -> store what came

Each step is on disk before the next begins, so a client that was killed goes on where it was: nothing is sent or paid
twice. What a finished batch did not do (a refused request, a reply without a score) is handed back for ordinary
requests. What was in a batch that failed, expired or was cancelled is not: at once it costs twice as much, so that is
for the user to say.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from judge.config import JudgeConfig
from judge.endpoints.batches import ENDED, BatchApi
from judge.errors import ConfigError, TransientError, one_line
from judge.files import replace_pieces
from judge.records import Failure, Judgment
from judge.runs.batches import BatchFolder, BatchRecord, split
from judge.runs.folder import RunFolder
from judge.runs.manifest import now
from judge.stages.batch_lines import NOTHING, ResultLine, is_final, outcome, parameters, readable_results, request_line
from judge.stages.gradings import Grading
from judge.stages.judges import LlmJudge
from judge.stages.progress import Reporter

if TYPE_CHECKING:
    import openai
    from openai.types import Batch

MOST_REQUESTS = 50_000
MOST_BATCH_BYTES = 200_000_000
"""Of one batch, as OpenAI limits it."""

FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, POLL_GROWTH = 5.0, 60.0, 1.5
Add = Callable[[Judgment | Failure], None]
Key = tuple[int, str]
"""(round, digest) of a unit of work."""


class Rest(NamedTuple):
    """What batches have left undone."""

    ordinary: list[Grading]
    """To be asked one by one now."""
    later: list[Grading]
    """Was in a batch that failed, expired or was cancelled: the next call with --batch sends it anew, the next one
    without asks it at the full price."""


async def judge_by_batch(
    run: RunFolder,
    works: Sequence[Grading],
    judge: LlmJudge,
    client: openai.AsyncOpenAI,
    *,
    report: Reporter,
    poll_seconds: float | None = None,
    add: Add,
    adaptations: Mapping[str, str] = NOTHING,
) -> Rest:
    """Have `works` judged in batches, those of an earlier call first, and return what is still owed.

    Inside `run.writing()`. `add` stores an outcome; a reply without a score is added as a Failure, so that it is kept
    and counted, and its work is returned all the same (`is_final` tells). `poll_seconds`: a fixed interval instead of
    5 to 60 s. `adaptations`: as the judge's `ChatClient` has found them.

    Raises FatalChatError (no key, no such endpoint, an unknown batch), TransientError (the endpoint does not answer;
    the same command goes on from there) and StoreError.
    """
    api = BatchApi(client, judge.config.judge, pause_seconds=poll_seconds or FIRST_POLL_SECONDS)
    batches = _Batches(run, judge, api, report, poll_seconds, add)
    owed = {(work.round, work.digest): work for work in works if not work.rule}
    await batches.all_of(owed, parameters(judge.config, adaptations))
    left = [work for work in works if (work.round, work.digest) not in batches.final]
    later = [work for work in left if (work.round, work.digest) in batches.undone]
    if later:
        report.say(
            f"{run.path}: {len(later)} verdicts are still owed; --batch again sends them in another batch, "
            "the same command without it asks for them at the full price"
        )
    return Rest([work for work in left if (work.round, work.digest) not in batches.undone], later)


def refuse_pending(run: RunFolder, config: JudgeConfig, works: Iterable[Grading]) -> None:
    """Raise ConfigError where some of `works` is in a batch that was sent and whose results are not taken yet."""
    folder = _folder(run, config)
    waiting: dict[Key, BatchRecord] = {}
    for record in folder.records():
        if record.judge_digest == config.digest() and record.file_id is not None:
            left = set(folder.asked(record.name)).difference(record.taken)
            waiting |= {(record.round, name): record for name in left}
    for work in works if waiting else ():
        if (found := waiting.get((work.round, work.digest))) is not None:
            raise ConfigError(
                f"{run.path}: batch {found.batch_id or found.name} of judge {config.judge} ({found.requests} requests, "
                f"sent {found.created}) holds work that would be paid twice; --batch picks it up. To ask at once all "
                f"the same, remove {folder.record(found.name)}"
            )


def _folder(run: RunFolder, config: JudgeConfig) -> BatchFolder:
    return BatchFolder(run.judgments_file(config.judge, "-").parent / "batches")


class _Batches:
    """One call of `judge_by_batch`."""

    def __init__(
        self, run: RunFolder, judge: LlmJudge, api: BatchApi, report: Reporter, poll_seconds: float | None, add: Add
    ) -> None:
        self.final: set[Key] = set()
        self.undone: set[Key] = set()
        """Left by batches that came to nothing."""
        self._run, self._judge, self._api, self._report, self._add = run, judge, api, report, add
        self._poll = poll_seconds
        self._digest = judge.config.digest()
        self._folder = _folder(run, judge.config)

    async def all_of(self, owed: Mapping[Key, Grading], given: Mapping[str, Any]) -> None:
        """See that `owed` is in a batch each, and take what the batches have done."""
        active: list[BatchRecord] = []
        claimed: set[Key] = set()
        for record in self._folder.records():
            if record.judge_digest != self._digest:
                continue
            if record.file_id is None:
                self._folder.discard(record)  # killed before anything was sent: what is owed may differ now
                continue
            taken = set(record.taken)
            ours = {(record.round, name) for name in self._folder.asked(record.name) if name not in taken}
            if ours & owed.keys():
                self._report.say(f"the batch of {record.created} is picked up again ({record.requests} requests)")
                active.append(record)
                claimed |= ours
        active += self._prepared([work for key, work in owed.items() if key not in claimed], given)
        await self._watch([await self._submitted(record) for record in active], owed)

    def _prepared(self, works: Sequence[Grading], given: Mapping[str, Any]) -> list[BatchRecord]:
        records: list[BatchRecord] = []
        for number in sorted({work.round for work in works}):
            lines = (request_line(work, self._judge, given, self._api.url) for work in works if work.round == number)
            for part in split(lines, MOST_REQUESTS, MOST_BATCH_BYTES):
                records.append(
                    self._folder.prepare(
                        part, judge_digest=self._digest, number=number, params=dict(given), created=now()
                    )
                )
        return records

    async def _submitted(self, record: BatchRecord) -> BatchRecord:
        """Return the record with a batch id; a batch is created only where none was made of its file before."""
        if record.batch_id is not None:
            return record
        batch: Batch | None = None
        if record.file_id is None:
            file_id = await self._api.upload(self._folder.requests(record.name))
            record = self._folder.save(record.model_copy(update={"file_id": file_id, "status": "uploaded"}))
        else:
            file_id = record.file_id
            batch = await self._api.find(file_id, record.name)
        batch = batch or await self._api.create(file_id, record.name)
        record = self._folder.save(record.model_copy(update={"batch_id": batch.id, "status": batch.status}))
        self._report.say(f"batch {batch.id}: {record.requests} requests sent")
        return record

    async def _watch(self, active: Sequence[BatchRecord], owed: Mapping[Key, Grading]) -> None:
        waiting = list(active)
        pause = self._poll or FIRST_POLL_SECONDS
        told: dict[str, str] = {}
        while waiting:
            for record in list(waiting):
                ended = record if record.downloaded else await self._ended(record, told)
                if ended is not None:
                    self._take(ended, owed)
                    waiting.remove(record)
            if waiting:
                await asyncio.sleep(pause)
                pause = self._poll or min(pause * POLL_GROWTH, LONGEST_POLL_SECONDS)

    async def _ended(self, record: BatchRecord, told: dict[str, str]) -> BatchRecord | None:
        """Return the record of a batch that has ended, with its results on disk; None while it goes on."""
        batch: Batch | None = None
        try:
            batch = await self._api.look(record.batch_id or "", self._folder.record(record.name))
            news = f"batch {batch.id}: {_state(batch, record.requests)}"
        except TransientError as error:
            news = f"batch {record.batch_id}: {error}; asking on"
        if told.get(record.name) != news:
            told[record.name] = news
            self._report.say(news)
        return await self._downloaded(record, batch) if batch is not None and batch.status in ENDED else None

    async def _downloaded(self, record: BatchRecord, batch: Batch) -> BatchRecord:
        """Put the results beside the requests, whole, before any of them is used."""
        if batch.output_file_id:
            replace_pieces(self._folder.output(record.name), [await self._api.content(batch.output_file_id)])
        if batch.error_file_id:
            replace_pieces(self._folder.errors(record.name), [await self._api.content(batch.error_file_id)])
        fault = None
        if batch.errors and batch.errors.data:
            first = batch.errors.data[0]
            fault = one_line(f"line {first.line}: {first.message}" if first.line else str(first.message), 300)
        changes = {"status": batch.status, "fault": fault, "downloaded": True}
        return self._folder.save(record.model_copy(update=changes))

    def _take(self, record: BatchRecord, owed: Mapping[Key, Grading]) -> None:
        """Store the outcome of what is owed, then note it as taken."""
        taken = set(record.taken)
        asked = (name for name in self._folder.asked(record.name) if name not in taken)
        mine = {name: owed[record.round, name] for name in asked if (record.round, name) in owed}
        faults: Counter[str] = Counter()
        got: dict[str, bool] = {}
        for result in self._results(record):
            work = mine.get(result.custom_id)
            if work is None or result.custom_id in got:
                continue
            messages = partial(self._judge.messages, work)
            found = outcome(result, work, self._judge.config, record.params, messages)
            if found is None:
                faults[result.fault(record.params) or "a reply that is no chat completion"] += 1
                continue
            self._add(found)
            got[result.custom_id] = is_final(found)
        self.final |= {(record.round, name) for name, final in got.items() if final}
        if record.status != "completed" or not got:
            self.undone |= {(record.round, name) for name in mine}
        self._run.sync()
        self._folder.save(record.model_copy(update={"taken": (*record.taken, *mine)}))
        self._report.say(_ending(record, len(mine), sum(got.values()), len(got), faults))

    def _results(self, record: BatchRecord) -> Iterable[ResultLine]:
        for path in (self._folder.output(record.name), self._folder.errors(record.name)):
            if path.exists():
                yield from readable_results(path)


def _state(batch: Batch, requests: int) -> str:
    counts = batch.request_counts
    done = f", {counts.completed} of {counts.total or requests} done" if counts else ""
    failed = f", {counts.failed} failed" if counts and counts.failed else ""
    return f"{batch.status.replace('_', ' ')}{done}{failed}"


def _ending(record: BatchRecord, expected: int, final: int, replies: int, faults: Counter[str]) -> str:
    text = f"batch {record.batch_id} {record.status}: {final} of {expected} judged"
    if replies > final:
        text += f", {replies - final} replies without a score"
    if faults:
        why, _ = faults.most_common(1)[0]
        text += f", {faults.total()} requests refused (such as {why})"
    if record.fault:
        text += f" ({record.fault})"
    return text if final == expected else f"{text}; {expected - final} still owed"

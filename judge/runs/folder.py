"""One run on disk, and the only module that knows where its files are.

    outputs/<model>/
        run.json                             manifest: config, digests, versions, times, tokens
        run.lock                             held by the one process that writes
        answers/<strategy>.jsonl             one line a question
        answers/<strategy>.failures.jsonl    conversations that did not come to their end
        answers/<strategy>.turns.jsonl       finished turns of unfinished conversations; gone when all are answered
        judgments/<judge>/<strategy>.jsonl   one line a turn and repeat; failures too

The folder is the database: what is owed = what is expected - what is done. No answer and no
judgment is ever overwritten; `--fresh` moves the whole folder aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from judge.config import GenerateConfig, JudgeConfig, differing_fields
from judge.errors import RunLockedError, StoreError
from judge.files import TEMPORARY, T, each_record, read_lines
from judge.records import Answer, AnswerFailure, Failure, Judgment, Outcome, QuestionId, Usage
from judge.runs.answers import StoredAnswers, holds_answers
from judge.runs.appender import Appender
from judge.runs.aside import aside
from judge.runs.begun import begun
from judge.runs.manifest import (
    Expected,
    Manifest,
    read_manifest,
    read_manifest_head,
    write_manifest,
    write_manifest_head,
)
from judge.runs.names import answers_part, safe_part
from judge.runs.turns import KeptTurn
from judge.wording import korean_of

MANIFEST = "run.json"
_OUTCOME: TypeAdapter[Judgment | Failure] = TypeAdapter(Outcome)


class RunFolder:
    """Reads a run, and inside `writing()` appends to it."""

    manifest_name, verdicts, outcome = MANIFEST, "judgments", _OUTCOME
    """What the manifest and the folder of verdicts are called, and what a line of a verdict is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._appenders: dict[Path, Appender] | None = None
        self._learnt: set[tuple[str, str]] = set()

    def exists(self) -> bool:
        """Whether the folder holds a run."""
        return (self.path / self.manifest_name).is_file()

    # -- manifest

    def manifest(self) -> Manifest:
        """Return run.json. Raises InputError (file, line, field)."""
        return read_manifest(self.path / MANIFEST, Manifest)

    def head(self) -> Manifest:
        """Return run.json without `expected`, which may be long. Raises InputError (file, line, field)."""
        return read_manifest_head(self.path / MANIFEST, Manifest)

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace run.json atomically."""
        write_manifest(self.path / self.manifest_name, manifest)

    def _change(self, manifest: Manifest, **update: object) -> None:
        """Replace run.json but for `expected`; `manifest`: as `head` has returned it."""
        write_manifest_head(self.path / self.manifest_name, manifest.model_copy(update=update))

    def begin(
        self,
        config: GenerateConfig,
        expected: Expected,
        of_questions: int,
        *,
        edition: str = "",
        question_file: str = "",
        fresh: bool = False,
    ) -> Manifest:
        """Write the manifest of a new run, or change that of the run on disk to what is now expected; see `begun`.

        `edition`: of a built-in set, `question_file`: what another is called. `fresh`: a new run was asked for by
        `--fresh`. Raises ConfigError naming the fields where the folder holds another configuration.
        """
        old = self.manifest() if self.exists() else None
        new = begun(
            self.path, old, config, expected, of_questions, edition=edition, question_file=question_file, fresh=fresh
        )
        self.write_manifest(new)
        return new

    def note_judge(self, config: JudgeConfig) -> None:
        """Record a judge in the manifest."""
        manifest = self.head()
        self._change(manifest, judges={**manifest.judges, config.digest(): config})

    def note(self, notes: Iterable[str], instead_of: str | None = None) -> None:
        """Add notes to the manifest that are not there yet. `instead_of`: notes that begin so are left out then."""
        manifest = self.head()
        kept = [note for note in manifest.notes if instead_of is None or not note.startswith(instead_of)]
        given = tuple(notes)
        if (new := tuple(dict.fromkeys((*kept, *given)))) != manifest.notes:
            self._change(manifest, notes=new, korean={**manifest.korean, **korean_of(given)})

    def learn(self, notes: Iterable[str], judge_digest: str = "") -> None:
        """Add what is found out of an endpoint on the way, at once: for the process may be killed.

        `judge_digest`: whose endpoint it is; empty: that of the model.
        """
        new = {(judge_digest, note): None for note in notes}
        if not self._learnt.issuperset(new):
            manifest = self.head()
            if changed := manifest.noted([note for _, note in new], judge_digest):
                self._change(manifest, **changed)
            self._learnt.update(new)

    def note_server(self, name: str, version: str | None) -> None:
        """Record the version of vLLM behind the model or judge `name`; None: nothing is known."""
        key, manifest = f"vllm of {name}", self.head()
        if version is not None and manifest.versions.get(key) != version:
            self._change(manifest, versions={**manifest.versions, key: version})

    def note_limits(self, limits: Mapping[str, int]) -> None:
        """Record how long an answer may get where `--max-tokens` does not say."""
        manifest = self.head()
        if manifest.limits != limits:
            self._change(manifest, limits=dict(limits))

    def finish_round(self, judge_digest: str, number: int) -> None:
        """Put a finished round of judging in force: from now on its verdicts count."""
        manifest = self.head()
        rounds = {**manifest.rounds, judge_digest: max(number, manifest.rounds.get(judge_digest, 1))}
        going = {name: kind for name, kind in manifest.open_rounds.items() if name != judge_digest}
        if rounds[judge_digest] != manifest.rounds.get(judge_digest, 1) or going != manifest.open_rounds:
            self._change(manifest, rounds=rounds, open_rounds=going)

    def open_round(self, judge_digest: str, kind: str) -> None:
        """Record that a re-judging is under way."""
        manifest = self.head()
        self._change(manifest, open_rounds={**manifest.open_rounds, judge_digest: kind})

    def add_usage(self, stage: str, usage: Usage, notes: tuple[str, ...] = (), judge_digest: str = "") -> None:
        """Add tokens to the manifest's totals, and notes that are not there yet, on the judge of the digest if any."""
        manifest = self.head()
        total = manifest.usage.get(stage, Usage()) + usage
        self._change(manifest, usage={**manifest.usage, stage: total}, **manifest.noted(notes, judge_digest))

    def make_room(self, config: GenerateConfig, *, same: bool = True) -> str:
        """Move the run aside where `--fresh` asks for it; return a line on what was done, "" without a run.

        A run that `--fresh` itself has begun under this configuration and that is not finished stays, so that a
        command that was cut off can be repeated and pays nothing twice. `same`: whether what it holds is part of what
        it is to hold. Raises InputError, StoreError.
        """
        if same and self.exists() and (head := self.head()).fresh and not differing_fields(head.config, config):
            return f"the run that --fresh has begun in {self.path} goes on; to begin another one, remove that folder"
        moved = self.move_aside()
        return f"the earlier run is now in {moved}" if moved else ""

    def finish_fresh(self) -> None:
        """Record that the run that `--fresh` has begun, if it has, is finished."""
        if (manifest := self.head()).fresh:
            self._change(manifest, fresh=False)

    def move_aside(self) -> Path | None:
        """Move the run to a sibling folder named after the time. Returns that folder, None without a run.

        The manifest goes last: cut off in between, the folder is still that run, never answers without a
        manifest. Raises StoreError.
        """
        return aside(self.path, self.verdicts, self.manifest_name) if self.exists() else None

    # -- reading

    def answers_file(self, strategy: str, kind: str = "") -> Path:
        """Return the path of a strategy's answers, or of what lies beside them (`.turns`, `.failures`)."""
        folder, part, before = self.path / "answers", answers_part(strategy), safe_part(strategy)
        if part != before and holds_answers(folder / f"{before}.jsonl"):  # of a run that is older than `answers_part`
            part = before
        return folder / f"{part}{kind}.jsonl"

    def judgments_file(self, judge: str, strategy: str) -> Path:
        """Return the path of a judge's judgments on a strategy."""
        return self.path / self.verdicts / safe_part(judge) / f"{safe_part(strategy)}.jsonl"

    def answers(self, strategy: str) -> dict[QuestionId, Answer]:
        """Return the answers in force, by question id."""
        return {a.id: a for a in self._each(self.answers_file(strategy), TypeAdapter(Answer))}

    def stored_answers(self, strategies: Iterable[str]) -> StoredAnswers:
        """Return the answers in force of these strategies, to be read one at a time. Raises InputError."""
        return StoredAnswers([self.answers_file(strategy) for strategy in strategies])

    def answer_failures(self, strategy: str) -> dict[QuestionId, AnswerFailure]:
        """Return the conversations that failed and were not answered since, by question id."""
        path = self.answers_file(strategy, ".failures")
        failures = {f.id: f for f in self._each(path, TypeAdapter(AnswerFailure))}
        done = self.answers(strategy) if failures else {}
        return {
            key: failure for key, failure in failures.items() if key not in done or done[key].digest != failure.digest
        }

    def kept_turns(self, strategy: str) -> Iterator[KeptTurn]:
        """Yield the finished turns of conversations that were not at their end, oldest first."""
        return self._each(self.answers_file(strategy, ".turns"), TypeAdapter(KeptTurn))

    def outcomes(self, judge: str, strategy: str) -> list[Judgment | Failure]:
        """Return every line of a judge on a strategy, oldest first."""
        return list(self.each_outcome(judge, strategy))

    def each_outcome(self, judge: str, strategy: str) -> Iterator[Judgment | Failure]:
        """Yield every line of a judge on a strategy, oldest first, one in memory at a time."""
        return self._each(self.judgments_file(judge, strategy), self.outcome)

    def judges(self) -> list[str]:
        """Return the judges that have left files, by the names they were given."""
        names: dict[str, None] = {}
        for path in sorted((self.path / self.verdicts).glob("*/*.jsonl")):
            for line in read_lines(path, torn_tail=True):
                names.setdefault(str(line.data.get("judge", path.parent.name)))
                break
        return list(names)

    @staticmethod
    def _each(path: Path, shape: TypeAdapter[T]) -> Iterator[T]:
        return each_record(path, shape, torn_tail=True) if path.exists() else iter(())

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the run's lock. Raises RunLockedError at once where another process holds it, StoreError."""
        from filelock import FileLock, Timeout  # imports asyncio, which whoever only reads should not wait for

        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be made ({error.strerror})") from error
        lock = FileLock(self.path / "run.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunLockedError(
                f"{self.path} is being written by another kojudge; wait for it, or give another --out"
            ) from None
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be locked ({error.strerror})") from error
        with ExitStack() as stack:
            stack.callback(lock.release)
            for place in (self.path, *self.path.glob(f"{self.verdicts}/*/batches")):
                for left in place.glob(f"{TEMPORARY}*"):  # of a process that was killed: the lock is ours
                    left.unlink(missing_ok=True)
            self._appenders = {}
            stack.callback(self._close)
            yield

    def _close(self) -> None:
        appenders, self._appenders = self._appenders or {}, None
        with ExitStack() as stack:  # every file is closed, whatever becomes of another
            for appender in appenders.values():
                stack.callback(appender.close)

    def add_answer(self, result: Answer | AnswerFailure | KeptTurn) -> None:
        """Append an answer, or a failed conversation or a single turn to a file beside. Only inside `writing()`."""
        kind = {AnswerFailure: ".failures", KeptTurn: ".turns"}.get(type(result), "")
        self._appender(self.answers_file(result.strategy, kind)).append(result)

    def drop_turns(self, strategy: str) -> None:
        """Remove the kept turns, for which there are answers now. Only inside `writing()`. Raises StoreError."""
        turns, answers = (self._appender(self.answers_file(strategy, ending)) for ending in (".turns", ""))
        turns.give_way_to(answers)
        (self._appenders or {}).pop(turns.path)

    def add_outcome(self, outcome: Judgment | Failure) -> None:
        """Append a judgment or its failure. Only inside `writing()`."""
        self._appender(self.judgments_file(outcome.judge, outcome.strategy)).append(outcome)

    def sync(self) -> None:
        """Have everything added so far reach the disk. Raises StoreError."""
        for appender in (self._appenders or {}).values():
            appender.sync()

    def _appender(self, path: Path) -> Appender:
        if self._appenders is None:
            raise StoreError(f"{self.path}: written outside of writing()")
        if path not in self._appenders:
            self._appenders[path] = Appender(path)
        return self._appenders[path]

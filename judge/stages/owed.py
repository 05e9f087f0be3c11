"""What a judge still owes on a run: what is expected minus what has a verdict, in the round that is asked for.

A re-judging is a new round. Its verdicts count only when the round is finished without a failure, so that one that is
interrupted leaves the old verdicts in force; the same command goes on with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from judge.config import RULES, JudgeConfig
from judge.errors import ConfigError
from judge.records import Failure, Judgment, QuestionId
from judge.runs.current import Rerun, mark_of, verdict_marks
from judge.runs.folder import RunFolder
from judge.stages.gradings import Grading, Subject, Works, works
from judge.stages.progress import Reporter
from judge.wording import Note


@dataclass(frozen=True)
class Owed:
    """What a judge is to do on a run."""

    total: int
    """Units of work, those included that are done."""
    left: int
    """How many have no verdict yet."""
    round: int
    pending: Iterable[Grading]
    """Those that have none, made one by one each time that this is iterated."""


def owed_verdicts(
    run: RunFolder,
    answers: Iterable[Subject],
    config: JudgeConfig,
    *,
    repeats: int,
    rerun: Rerun = "failed",
    flagged: Collection[tuple[str, QuestionId, int, int]] = (),
    works_of: Works = works,
) -> Owed:
    """Return what is to be judged of these answers; reads only. Raises ConfigError where there are none.

    `answers` is gone through once here and once for each time that `pending` is: give a Sequence or StoredAnswers.
    """
    number = round_in_force(run, config) + (rerun != "failed")
    if rerun != "failed":
        _check_scope(run, {answer.strategy for answer in answers}, config, repeats, rerun)
    finished = Finished(run, config, number)

    each = repeats_of(config, repeats)

    def of(answer: Subject) -> Iterator[Grading]:
        for work in works_of(answer, config, each, number):
            if rerun != "flagged" or (answer.strategy, answer.id, work.turn, work.repeat) in flagged:
                yield work

    total, left, some = 0, 0, False
    for answer in answers:
        some = True
        if rerun == "flagged" or finished.any_of(answer.strategy):
            new = [work not in finished for work in of(answer)]
        else:
            new = [True] * (len(answer.turns) * each)  # no digest is needed to know it
        total, left = total + len(new), left + sum(new)
    if not some:
        raise ConfigError(f"{run.path} holds no answers yet; run kojudge generate first")
    return Owed(total, left, number, _Pending(answers, of, finished))


class Finished:
    """The work that needs no verdict. In a later round only that round's verdicts count; else those of any in force."""

    def __init__(self, run: RunFolder, config: JudgeConfig, number: int) -> None:
        """`number`: the round that is asked for."""
        last = round_in_force(run, config)
        self._rounds = range(number, number + 1) if number > last else range(1, last + 1)
        self._run, self._config = run, config
        self._marks: dict[str, set[str]] = {}

    def __contains__(self, work: Grading) -> bool:
        return mark_of(work) in self._of(work.series)

    def any_of(self, strategy: str) -> bool:
        """Whether the judge has any finished work under a strategy."""
        return bool(self._of(strategy))

    def _of(self, strategy: str) -> set[str]:
        if strategy not in self._marks:
            self._marks[strategy] = verdict_marks(_own(self._run, self._config, strategy), self._rounds)
        return self._marks[strategy]


class _Pending:
    """Work without a verdict, made anew each time that it is iterated."""

    def __init__(
        self, answers: Iterable[Subject], works_of: Callable[[Subject], Iterator[Grading]], finished: Finished
    ) -> None:
        self._answers, self._works_of, self._finished = answers, works_of, finished

    def __iter__(self) -> Iterator[Grading]:
        return (work for answer in self._answers for work in self._works_of(answer) if work not in self._finished)


def _check_scope(run: RunFolder, mine: Collection[str], config: JudgeConfig, repeats: int, rerun: Rerun) -> None:
    """A round replaces what it judges as a whole: it may be no smaller than what is in force, and no other one's."""
    manifest = run.head()
    going = manifest.open_rounds.get(config.digest(), rerun)
    if going != rerun:
        raise ConfigError(f"{run.path}: an unfinished --rerun {going} is in the way; finish it first")
    if rerun == "flagged":
        return
    for strategy in manifest.config.strategies:
        most = max((o.repeat for o in _own(run, config, strategy)), default=0)
        if most and strategy not in mine:
            raise ConfigError(f"{run.path}: --rerun all is for every judged strategy ({strategy} too)")
        if repeats_of(config, repeats) < most:
            raise ConfigError(f"{run.path}: --rerun all needs --repeats {most}, as before")


def _own(run: RunFolder, config: JudgeConfig, strategy: str) -> Iterator[Judgment | Failure]:
    mine = config.digest()
    return (o for o in run.each_outcome(config.judge, strategy) if o.judge_digest == mine)


def begin_judging(report: Reporter, stage: str, run: RunFolder, config: JudgeConfig, total: int, before: int) -> None:
    """Say how much there is to do, and where it was done under another configuration."""
    if said := asked_otherwise(run, config, total - before, total):
        report.say(said)
    report.begin(stage, total, before)


def asked_otherwise(run: RunFolder, config: JudgeConfig, left: int, total: int) -> str | None:
    """Return what is to be said where this judge has judged here, but all under another configuration.

    None where it has not, or where nothing is paid: of the rule judge.
    """
    if config.judge == RULES or not left or left < total or not run.exists():
        return None
    head, mine = run.head(), config.digest()
    strategies = head.config.strategies
    others = Counter(
        one.judge_digest
        for strategy in strategies
        for one in run.each_outcome(config.judge, strategy)
        if one.judge_digest != mine and isinstance(one, Judgment)
    )
    if not others:
        return None
    known = [head.judges[name] for name in others if name in head.judges]
    fields = ("template", "sampling", "structured", "settings", "run_code", "engine", "shared")
    differ = [field for field in fields if any(getattr(one, field) != getattr(config, field) for one in known)]
    named = f" ({', '.join(differ).replace('_', ' ')})" if differ else ""
    there = f"{others.total():,}"
    return Note(
        f"judge {config.judge}: {there} verdicts under another configuration{named} are kept and do not count for this "
        f"one; all {left:,} are asked for anew",
        f"심판 {config.judge}: 설정이 다른 판정 {there}건{named.strip()}은 그대로 두고 이번 판정으로 치지 않음. "
        f"{left:,}건을 모두 새로 물음",
    )


def round_in_force(run: RunFolder, config: JudgeConfig) -> int:
    """Return the last finished round of a judge on a run; 1 for a run that is not there yet."""
    return run.head().rounds.get(config.digest(), 1) if run.exists() else 1


def repeats_of(config: JudgeConfig, repeats: int) -> int:
    """The rule judge always says the same: once is enough."""
    return 1 if config.judge == RULES else repeats

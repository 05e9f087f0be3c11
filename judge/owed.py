"""What a judge still owes on a run: what is expected minus what has a verdict, in the round that is asked for.

A re-judging is a new round. Its verdicts count only when the round is finished without a failure, so that one that is
interrupted leaves the old verdicts in force; the same command goes on with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from judge.config import RULES, JudgeConfig
from judge.errors import ConfigError
from judge.grade import GradeWork, done, works
from judge.in_force import in_force
from judge.records import Answer, Judgment, QuestionId
from judge.run_folder import RunFolder

Rerun = Literal["failed", "all", "flagged"]
"""What is judged again: failed verdicts only, everything, or what the audit has flagged."""


@dataclass(frozen=True)
class Owed:
    """What a judge is to do on a run."""

    everything: list[GradeWork]
    pending: list[GradeWork]
    """Of everything, what has no verdict yet."""
    round: int


def owed_verdicts(
    run: RunFolder,
    answers: Sequence[Answer],
    config: JudgeConfig,
    *,
    repeats: int,
    rerun: Rerun = "failed",
    flagged: Collection[tuple[str, QuestionId, int, int]] = (),
) -> Owed:
    """Return what is to be judged of these answers; reads only. Raises ConfigError where there are none."""
    if not answers:
        raise ConfigError(f"{run.path} holds no answers yet; run kojudge generate first")
    number = round_in_force(run, config) + (rerun != "failed")
    if rerun != "failed":
        _check_scope(run, answers, config, repeats, rerun)
    finished = finished_verdicts(run, {answer.strategy for answer in answers}, config, number)
    everything = [
        work
        for answer in answers
        for work in works(answer, config, repeats_of(config, repeats), number)
        if rerun != "flagged" or (answer.strategy, answer.id, work.turn, work.repeat) in flagged
    ]
    return Owed(everything, [work for work in everything if work.digest not in finished], number)


def _check_scope(run: RunFolder, answers: Sequence[Answer], config: JudgeConfig, repeats: int, rerun: Rerun) -> None:
    """A round replaces what it judges as a whole: it may be no smaller than what is in force, and no other one's."""
    manifest = run.manifest()
    going = manifest.open_rounds.get(config.digest(), rerun)
    if going != rerun:
        raise ConfigError(f"{run.path}: an unfinished --rerun {going} is in the way; finish it first")
    if rerun == "flagged":
        return
    mine = {answer.strategy for answer in answers}
    for strategy in manifest.config.strategies:
        old = [o for o in run.outcomes(config.judge, strategy) if o.judge_digest == config.digest()]
        if old and strategy not in mine:
            raise ConfigError(f"{run.path}: --rerun all is for every judged strategy ({strategy} too)")
        most = max((o.repeat for o in old), default=1)
        if repeats_of(config, repeats) < most:
            raise ConfigError(f"{run.path}: --rerun all needs --repeats {most}, as before")


def round_in_force(run: RunFolder, config: JudgeConfig) -> int:
    """Return the last finished round of a judge on a run; 1 for a run that is not there yet."""
    return run.manifest().rounds.get(config.digest(), 1) if run.exists() else 1


def finished_verdicts(run: RunFolder, strategies: Iterable[str], config: JudgeConfig, number: int) -> set[str]:
    """Digests that need no verdict. In a later round only that round's count; else any round in force does."""
    in_force_round = round_in_force(run, config)
    found: set[str] = set()
    for strategy in strategies:
        outcomes = [o for o in run.outcomes(config.judge, strategy) if o.judge_digest == config.digest()]
        if number > in_force_round:
            found |= done(outcomes, number)
        else:
            found |= {o.digest for o in in_force(outcomes, in_force_round) if isinstance(o, Judgment)}
    return found


def repeats_of(config: JudgeConfig, repeats: int) -> int:
    """The rule judge always says the same: once is enough."""
    return 1 if config.judge == RULES else repeats

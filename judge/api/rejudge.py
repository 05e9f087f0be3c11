"""Judging again: which verdicts the audit wants asked for again, and stored replies read again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from judge.api.checks import check_judges
from judge.api.options import JudgeOptions
from judge.config import STANDARD_RANGE, JudgeConfig
from judge.errors import ConfigError, InputError, did_you_mean
from judge.records import QuestionId
from judge.runs.folder import RunFolder
from judge.sources.saved_answers import ToJudge, load_answers
from judge.stages.reparse import reparse


def flagged_keys(run: RunFolder, config: JudgeConfig) -> set[tuple[str, QuestionId, int, int]]:
    """Return (strategy, id, turn, repeat) of the verdicts in force that the audit wants asked for again.

    Only of those under this configuration: another one's of the same judge are not its own.
    """
    if config.settings.range != STANDARD_RANGE:
        raise ConfigError("--rerun flagged goes by the audit, which is made for the rubric of 0-10; use --rerun all")
    from judge.sources.judged import load_evidence
    from judge.trust.audit import (
        audit,
        flagged,  # numpy, which other ways to judge need not wait for
    )

    mine = config.digest()
    hits = audit(one for one in load_evidence([run.path], apart=True).judged if one.judgment.judge_digest == mine)
    return {(strategy, identifier, turn, repeat) for _, strategy, _, identifier, turn, repeat in flagged(hits)}


def reparse_runs(paths: Sequence[Path], options: JudgeOptions) -> tuple[list[ToJudge], set[str]]:
    """Read the stored replies again; return the runs and the digests of the judges whose replies they are.

    Without --judge those of every judge. Raises InputError for a judge that has left no verdict.
    """
    if options.share:
        raise ConfigError("--share says who is asked, and --reparse asks nobody: leave it out")
    targets = load_answers(paths, Path(options.out), strategies=options.strategy)
    if any(target.saved for target in targets):
        raise ConfigError("--reparse reads the replies in a run folder; give one")
    names = _judges(targets, [*options.judge, *([options.judge_vllm] if options.judge_vllm else [])])
    digests: set[str] = set()
    for target in targets:
        with target.run.writing():
            for name in names:
                found = reparse(target.run, target.strategies, name)
                if options.progress:
                    print(
                        f"{target.run.path}: {name}: {found.read} replies read again, {found.changed} verdicts "
                        f"changed, {found.gained} gained, {found.lost} lost",
                        file=sys.stderr,
                    )
                digests |= {o.judge_digest for s in target.strategies for o in target.run.each_outcome(name, s)}
    return targets, digests


def _judges(targets: Sequence[ToJudge], given: Sequence[str]) -> list[str]:
    known = list(dict.fromkeys(name for target in targets for name in target.run.judges()))
    if not known:
        raise InputError("holds no verdict whose reply could be read again", path=targets[0].run.path)
    wanted = check_judges(given)
    for name in wanted:
        if name not in known:
            raise InputError(f"no verdicts of judge '{name}': {did_you_mean(name, known)}")
    return wanted or known

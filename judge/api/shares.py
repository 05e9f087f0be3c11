"""`--share`: which of several judges has which question of what is going to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from judge.api.options import JudgingOptions, PairwiseOptions
from judge.api.plan import judge_configs
from judge.config import JudgeConfig
from judge.records import Answer
from judge.runs.folder import RunFolder
from judge.sources.saved_answers import ToJudge
from judge.stages.owed import Owed
from judge.stages.pairs import Pair
from judge.stages.shares import Asked, Draw, Drawn, draw, question_key

NOTHING = Owed(0, 0, 1, ())
"""What a judge owes that has no question: there are more judges than questions."""


def draw_of(targets: Sequence[ToJudge], options: JudgingOptions, *, keep: bool) -> Draw | None:
    """Return who has which question of the targets, None where nothing is shared; `keep`: write it down.

    Raises ConfigError, InputError, StoreError.
    """
    if not options.share:
        return None
    configs = judge_configs(options)
    runs = [(target.run, target.strategies) for target in targets]
    asked = (answer for target in targets for answer in _answers(target))
    return draw(configs, asked, Path(options.out), seen=_seen(runs, configs), keep=keep)


def draw_of_run(
    run: RunFolder, strategies: Sequence[str], asked: Iterable[Asked], options: JudgingOptions
) -> Draw | None:
    """Return who has which of the questions that a run is going to ask, and write it down; None: nothing is shared."""
    if not options.share:
        return None
    configs = judge_configs(options)
    return draw(configs, asked, Path(options.out), seen=_seen([(run, strategies)], configs))


def draw_of_pairs(pairs: Iterable[Pair], options: PairwiseOptions, *, keep: bool) -> Draw | None:
    """Return who has which question of the pairs, None where nothing is shared; `keep`: write it down."""
    return draw(judge_configs(options), pairs, Path(options.out), keep=keep) if options.share else None


def _answers(target: ToJudge) -> Iterator[Answer]:
    """Yield what is judged, with what an earlier call has stored beside it."""
    yield from target.answers()
    if target.saved and target.run.exists():
        yield from target.run.stored_answers(target.strategies)


def _seen(runs: Sequence[tuple[RunFolder, Sequence[str]]], configs: Sequence[JudgeConfig]) -> Mapping[str, Drawn]:
    """Return what the stored verdicts say of who has which question."""
    found: dict[str, Drawn] = {}
    for run, strategies in runs:
        if not run.exists():
            continue
        judged = {
            (strategy, outcome.id): config.judge
            for strategy in strategies
            for config in configs
            for outcome in run.each_outcome(config.judge, strategy)
            if outcome.judge_digest == config.digest()
        }
        if not judged:
            continue
        for answer in run.stored_answers(strategies):
            if judge := judged.get((answer.strategy, answer.id)):
                found.setdefault(question_key(answer), Drawn(answer.category, judge))
    return found

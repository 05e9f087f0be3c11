"""`--share`: which of several judges has which question of what is going to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from judge.api.fixtures import Fixture
from judge.api.options import JudgingOptions, PairwiseOptions
from judge.api.plan import judge_configs
from judge.config import JudgeConfig
from judge.records import Answer
from judge.runs.folder import RunFolder
from judge.runs.games import ORDERS
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
    asked = (answer for target in targets for answer in _answers(target))
    runs = ((target.run, target.strategies) for target in targets)
    seen = _seen(((run, names, _stored(run, names)) for run, names in runs), configs)
    return draw(configs, asked, Path(options.out), seen=seen, keep=keep)


def draw_of_run(
    run: RunFolder, strategies: Sequence[str], asked: Iterable[Asked], options: JudgingOptions
) -> Draw | None:
    """Return who has which of the questions that a run holds or is going to ask, and write it down.

    None where nothing is shared.
    """
    if not options.share:
        return None
    configs = judge_configs(options)
    stored = _stored(run, strategies)
    seen = _seen([(run, strategies, stored)], configs)
    return draw(configs, chain(asked, stored), Path(options.out), seen=seen)


def draw_of_fixtures(fixtures: Sequence[Fixture], options: PairwiseOptions, *, keep: bool) -> Draw | None:
    """Return who has which question of the pairs, None where nothing is shared; `keep`: write it down."""
    if not options.share:
        return None
    configs = judge_configs(options)
    pairs = (pair for fixture in fixtures for pair in fixture.pairs)
    seen = _seen(((fixture.folder, ORDERS, fixture.pairs) for fixture in fixtures), configs)
    return draw(configs, pairs, Path(options.out), seen=seen, keep=keep)


def _answers(target: ToJudge) -> Iterator[Answer]:
    """Yield what is judged, with what an earlier call has stored beside it."""
    yield from target.answers()
    if target.saved:
        yield from _stored(target.run, target.strategies)


def _stored(run: RunFolder, strategies: Sequence[str]) -> Iterable[Answer]:
    return run.stored_answers(strategies) if run.exists() else ()


def _seen(
    judged: Iterable[tuple[RunFolder, Sequence[str], Iterable[Answer | Pair]]], configs: Sequence[JudgeConfig]
) -> Mapping[str, Drawn]:
    """Return what the stored verdicts say of who has which question: of each folder, on these of its answers."""
    found: dict[str, Drawn] = {}
    for run, strategies, subjects in judged:
        owners = {
            (strategy, outcome.id): config.judge
            for strategy in strategies
            for config in configs
            for outcome in run.each_outcome(config.judge, strategy)
            if outcome.judge_digest == config.digest()
        }
        for one in subjects if owners else ():
            if judge := owners.get((one.strategy, one.id)):
                found.setdefault(question_key(one), Drawn(one.category, judge))
    return found

"""Saved answers -> games of two sides: `judge.pairwise`, and what the verb shares with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from judge.api.batches import Named, check_batch_cost, first_way
from judge.api.calls import takes
from judge.api.checks import check_margin, check_paths
from judge.api.connect import judging
from judge.api.estimate import budget_of, say_cost
from judge.api.fixtures import Fixture, fixtures_of
from judge.api.judge import note_server
from judge.api.options import JUDGE_CONCURRENCY, PairwiseOptions
from judge.api.plan import judge_plans
from judge.api.shares import NOTHING, draw_of_fixtures
from judge.api.values import PathLike
from judge.config import JudgeConfig
from judge.errors import ConfigError
from judge.runs.contest_folder import Asked
from judge.runs.games import ORDERS, Order
from judge.sources.contests import read_contest
from judge.sources.stored_contests import load_contests
from judge.stages.budget import Budget
from judge.stages.gradings import Judge
from judge.stages.owed import Owed, owed_verdicts
from judge.stages.pairs import pair_works
from judge.stages.pipeline import judge_run, together
from judge.stages.progress import Reporter, reporter
from judge.stages.shares import Draw
from judge.stages.tally import Tally
from judge.tables.asking import asking_order
from judge.tables.contest import Contest

if TYPE_CHECKING:
    import pandas as pd

    from judge.trust.contests import Score

HALF = 0.5
"""The range of a win rate on one side of even, which a margin must be below."""
USUAL_MARGIN = 0.05
"""The margin that the manual takes as its example."""
SHOWN_BY = ("progress", "draws", "random_seed", "margin", "equivalent")
"""Options that stored contests take."""


@takes(PairwiseOptions)
async def pairwise(paths: PathLike | Iterable[PathLike], options: PairwiseOptions) -> pd.DataFrame:
    """Have the answers of two sides compared, as `kojudge pairwise` does; return one row a contest and judge.

    Without a judge the rows of the contests at `paths`. Columns: a, b, judge, win_rate (of a, 0 to 1), low, high (95 %
    interval), p, p_holm, wins, ties, losses, questions, contradictions, both_orders, first_share, games, failed,
    missing, expected; with `margin` also decision ("not worse", "worse", "cannot say"; with `equivalent` "equivalent",
    "different"), margin, p_decision, bound_low, bound_high. Raises KojudgeError; games that failed are no error: they
    are counted.
    """
    from judge.trust.contest_rows import contest_frame

    places = check_paths(paths)
    check_decision(options)
    if not options.judge and not options.judge_vllm:
        found = stored(places, options)
    else:
        fixtures = fixtures_of(places, options)
        with reporter(quiet=not options.progress) as report:
            await play(fixtures, options, report)
        found = contests_of(fixtures, options)
    return contest_frame(scored(found, options))


def check_decision(options: PairwiseOptions) -> None:
    """Raise ConfigError for a decision that can never be made."""
    check_margin(options, HALF, usual=USUAL_MARGIN)


def scored(contests: Sequence[Contest], options: PairwiseOptions) -> list[Score]:
    """Return the scores of contests, with a margin each with its decision."""
    from judge.trust.contest_decisions import decided, told_apart
    from judge.trust.contests import score_contests

    scores = told_apart(score_contests(contests, draws=options.draws, seed=options.random_seed))
    if options.margin is None:
        return scores
    return decided(scores, options.margin, equivalent=options.equivalent)


def stored(paths: Sequence[Path], options: PairwiseOptions) -> list[Contest]:
    """Return the contests at these paths. Raises InputError, and ConfigError for other options."""
    usual = PairwiseOptions()
    for field in fields(options):
        if field.name not in SHOWN_BY and getattr(options, field.name) != getattr(usual, field.name):
            name = field.name.replace("_", "-")
            raise ConfigError(
                f"--{name} says what a judge is asked, and without --judge nobody is: stored contests are shown as "
                "they are; leave it out, or give --judge"
            )
    return load_contests(paths)


async def play(fixtures: Sequence[Fixture], options: PairwiseOptions, report: Reporter) -> int:
    """Have the games played that are missing, and return how many failed. Raises KojudgeError."""
    check_batch_cost(options)
    tallies: dict[str, list[Tally]] = {}
    log = fixtures[0].folder.path / "judge-vllm.log"
    draw = draw_of_fixtures(fixtures, options, keep=True)

    def mine(config: JudgeConfig) -> list[Fixture]:
        return [share_of(fixture, config, draw) for fixture in fixtures]

    async with judging(options, log, report, lambda config: _is_owed(mine(config), config, options)) as judges:
        budgets = {judge.config.judge: budget_of(judge.config, options) for judge in judges}

        async def one(fixture: Fixture, judge: Judge, report: Reporter) -> None:
            budget = budgets[judge.config.judge]
            for part in parts_of(share_of(fixture, judge.config, draw), judge.config, options, len(fixtures)):
                if part.pairs and (budget is None or not budget.stopped):
                    tally = await _play(part, judge, options, report, budget)
                    tallies.setdefault(judge.config.judge, []).append(tally)

        async def contest(fixture: Fixture, report: Reporter) -> None:
            with fixture.folder.writing():
                _prepare(fixture, options, report)
                if options.batch:
                    await together([one(fixture, judge, report) for judge in judges], report)
                else:
                    report.say(fixture.label)
                    for judge in judges:
                        await one(fixture, judge, report)
                shares = [(share_of(fixture, judge.config, draw), judge.config) for judge in judges]
                if options.fresh and not any(owed_games(own, config, options).left for own, config in shares):
                    fixture.folder.finish_fresh()

        try:
            if options.batch:  # they take hours: all at once
                await together([contest(each, Named(report, each.label)) for each in fixtures], report)
            else:
                for each in fixtures:
                    await contest(each, report)
        finally:
            for judge in judges:
                say_cost(judge, tallies.get(judge.config.judge, []), options, report)
    return sum(tally.failed for mine in tallies.values() for tally in mine)


def _prepare(fixture: Fixture, options: PairwiseOptions, report: Reporter) -> None:
    """Write the sides and their answers into the folder."""
    folder = fixture.folder
    if options.fresh and folder.exists() and (done := folder.make_room(folder.head().config)):
        report.say(done)
    folder.begin_contest((fixture.a.on_disk, fixture.b.on_disk), fresh=options.fresh)
    folder.put_answers("a", fixture.a.answers)
    folder.put_answers("b", fixture.b.answers)


async def _play(
    fixture: Fixture, judge: Judge, options: PairwiseOptions, report: Reporter, budget: Budget | None
) -> Tally:
    folder = fixture.folder
    orders: tuple[Order, ...] = ORDERS if options.orders == "both" else ()
    folder.note_asked(
        judge.config.digest(),
        Asked(
            scope=options.scope, orders=orders, repeats=options.repeats, questions=fixture.asked, looks=fixture.looks
        ),
    )
    tally = await judge_run(
        folder,
        ORDERS,
        judge,
        repeats=options.repeats,
        concurrency=options.judge_concurrency or JUDGE_CONCURRENCY,
        report=report,
        rerun=options.rerun,
        budget=budget,
        first=first_way(folder, judge, options, report),
        subjects=fixture.pairs,
        works_of=pair_works,
    )
    await note_server(folder, judge)
    return tally


def _is_owed(fixtures: Sequence[Fixture], config: JudgeConfig, options: PairwiseOptions) -> bool:
    return any(
        owed_games(part, config, options).left
        for fixture in fixtures
        for part in parts_of(fixture, config, options, len(fixtures))
    )


def parts_of(fixture: Fixture, config: JudgeConfig, options: PairwiseOptions, beside: int) -> Iterator[Fixture]:
    """Yield the fixture; with `until_decided` look by look, as long as the games stored so far have not settled it.

    `beside`: how many contests share the level.
    """
    if not options.until_decided:
        yield fixture
        return
    from judge.trust.contest_decisions import first_look
    from judge.trust.looks import look_sizes

    order = asking_order({pair.id: pair.a.category for pair in fixture.pairs})
    sizes = look_sizes(len(order))
    for number, size in enumerate(sizes, start=1):
        ids = set(order[:size])
        pairs = tuple(pair for pair in fixture.pairs if pair.id in ids)
        yield replace(
            fixture, pairs=pairs, asked=tuple(order[:size]) if number < len(sizes) else None, looks=tuple(sizes)
        )
        there = read_contest(fixture.folder) if fixture.folder.exists() else []  # a dry run asks before anything is
        found = [one.turned() if fixture.turned else one for one in there]
        mine = [one for one in found if one.config == config.digest()]
        looks = [
            first_look(one, order, sizes, number, options.margin, equivalent=options.equivalent, decisions=beside)
            for one in mine
        ]
        if looks and all(looks):
            return


def share_of(fixture: Fixture, config: JudgeConfig, draw: Draw | None) -> Fixture:
    """Return the fixture with those pairs that a judge has."""
    return fixture if draw is None else replace(fixture, pairs=tuple(draw.share(config.judge, fixture.pairs)))


def owed_games(fixture: Fixture, config: JudgeConfig, options: PairwiseOptions) -> Owed:
    """Return the games that this judge has not played yet."""
    if not fixture.pairs:
        return NOTHING
    return owed_verdicts(
        fixture.folder,
        fixture.pairs,
        config,
        repeats=options.repeats,
        rerun=options.rerun,
        works_of=pair_works,
    )


def contests_of(fixtures: Sequence[Fixture], options: PairwiseOptions) -> list[Contest]:
    """Return the results of these judges, the sides in the order in which the user has named them."""
    digests = {config.panel or config.digest() for config, _ in judge_plans(options)}
    found = []
    for fixture in fixtures:
        mine = [one for one in read_contest(fixture.folder) if one.config in digests]
        found += [one.turned() if fixture.turned else one for one in mine]
    return found

"""Saved answers -> games of two sides: `judge.pairwise`, and what the verb shares with it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from judge.api.batches import Named, check_batches, first_way
from judge.api.calls import takes
from judge.api.checks import check_judges, check_paths
from judge.api.connect import judging
from judge.api.estimate import budget_of, say_cost
from judge.api.judge import note_server
from judge.api.judges import pack_of
from judge.api.options import JUDGE_CONCURRENCY, PairwiseOptions
from judge.api.plan import judge_plans, question_set_of
from judge.api.values import PathLike
from judge.config import RULES, JudgeConfig, digest
from judge.errors import ConfigError, InputError, did_you_mean
from judge.packs.questions import load_questions
from judge.records import Answer
from judge.runs.contest_folder import Asked, ContestFolder, ContestSide, contest_folder, orders_of
from judge.runs.games import ORDERS, Order
from judge.sources.contests import load_contests, read_contest
from judge.sources.saved_answers import ToJudge, load_answers
from judge.stages.budget import Budget
from judge.stages.gradings import Judge
from judge.stages.owed import Owed, owed_verdicts
from judge.stages.pairs import Pair, pair_works
from judge.stages.pipeline import judge_run, together
from judge.stages.progress import Reporter, reporter
from judge.stages.tally import Tally
from judge.tables.contest import Contest, Side, common_answers
from judge.text.digests import answer_digest

if TYPE_CHECKING:
    import pandas as pd


@takes(PairwiseOptions)
async def pairwise(paths: PathLike | Iterable[PathLike], options: PairwiseOptions) -> pd.DataFrame:
    """Have the answers of two sides compared, as `kojudge pairwise` does; return one row a contest and judge.

    Without a judge the rows of the contests at `paths`. Columns: a, b, judge, win_rate (of a, 0 to 1), low, high (95 %
    interval), p, p_holm, wins, ties, losses, questions, contradictions, both_orders, first_share, games, failed,
    missing, expected. Raises KojudgeError; games that failed are no error: they are counted.
    """
    from judge.trust.contests import contest_frame, score_contests

    places = check_paths(paths)
    if not options.judge and not options.judge_vllm:
        found = load_contests(places)
    else:
        fixtures = fixtures_of(places, options)
        with reporter(quiet=not options.progress) as report:
            await play(fixtures, options, report)
        found = contests_of(fixtures, options)
    return contest_frame(score_contests(found, draws=options.draws, seed=options.random_seed))


@dataclass(frozen=True)
class Entrant:
    """One side with its answers."""

    side: Side
    digest: str
    answers: tuple[Answer, ...]

    @property
    def on_disk(self) -> ContestSide:
        """The side as a contest's manifest names it."""
        return ContestSide(model=self.side.model, strategy=self.side.strategy, digest=self.digest)


@dataclass(frozen=True)
class Fixture:
    """Two sides that are to meet."""

    a: Entrant
    b: Entrant
    """In their order on disk."""
    turned: bool
    """The user has named side B first."""
    folder: ContestFolder
    pairs: tuple[Pair, ...]
    """One a question and order; both orders of a question follow each other, for a run that is cut off."""

    @property
    def label(self) -> str:
        """Both sides in words."""
        return f"{self.a.side.label} and {self.b.side.label}"


def fixtures_of(paths: Sequence[Path], options: PairwiseOptions) -> list[Fixture]:
    """Resolve and check everything before anything is started, and return who is to meet whom. Raises KojudgeError."""
    check_batches(options)
    pack = pack_of(options)
    own = options.questions or (pack and (pack / "questions").is_dir())
    questions = load_questions(pack, question_set_of(options)) if own else None
    targets = [
        target
        for path in paths  # each by itself: files of two models may bear one name
        for target in load_answers(
            [path],
            Path(options.out),
            model_name=options.model_name,
            strategies=options.strategy,
            questions=questions,
            renew=options.questions is not None,
        )
    ]
    entrants = _told_apart([one for target in targets for one in _entrants(target)])
    met = [_fixture(a, b, options) for a, b in _meetings(entrants, options)]
    played = [one for one in met if one.pairs]
    for one in met if played else ():
        if not one.pairs:
            print(f"left out: {one.label} have answered no question in common", file=sys.stderr)
    if not played:
        raise InputError(
            f"{met[0].label} have answered no question in common", mend="give two runs of one question set"
        )
    return played


def _entrants(target: ToJudge) -> Iterator[Entrant]:
    config = target.config() if target.saved else target.run.head().config
    answers: dict[str, list[Answer]] = {}
    for answer in target.answers():
        answers.setdefault(answer.strategy, []).append(answer)
    for strategy, mine in answers.items():
        made_by: list[object] = [strategy, config.strategies.get(strategy, "")]
        made_by.append(config.model_dump(mode="json", exclude={"strategies"}))
        if config.source != "generated":  # what made them is not known, so the texts have to tell
            texts = {str(a.id): [answer_digest(a, turn) for turn in a.turns] for a in mine}
            made_by.append(texts)
        yield Entrant(Side(config.model, strategy), digest(made_by), tuple(mine))


def _told_apart(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Return the sides without repeats; two of one name bear their digests, and so do their answers."""
    unique = list({(one.side, one.digest): one for one in entrants}.values())
    names = [one.side for one in unique]
    found = []
    for one in unique:
        if names.count(one.side) > 1:
            side = replace(one.side, model=f"{one.side.model} #{one.digest[:8]}")
            answers = tuple(answer.model_copy(update={"model": side.model}) for answer in one.answers)
            one = replace(one, side=side, answers=answers)
        found.append(one)
    return found


def _meetings(entrants: Sequence[Entrant], options: PairwiseOptions) -> list[tuple[Entrant, Entrant]]:
    """Return who meets whom, in the order in which they were named; with `baseline` it is the second of each."""
    models = list(dict.fromkeys(one.side.model for one in entrants))
    strategies = list(dict.fromkeys(one.side.strategy for one in entrants))
    by = options.by or ("model" if len(models) > 1 else "strategy")
    same, other = ("strategy", "model") if by == "model" else ("model", "strategy")
    pairs = [
        (a, b)
        for a, b in combinations(entrants, 2)
        if getattr(a.side, same) == getattr(b.side, same) and getattr(a.side, other) != getattr(b.side, other)
    ]
    if not pairs:
        known = ", ".join(one.side.label for one in entrants)
        mend = "give two models, or one with two strategies; --by chooses which"
        raise InputError(f"there are no two sides that differ in the {by} alone: {known}", mend=mend)
    if (base := options.baseline) is None:
        return pairs
    names = models if by == "model" else strategies
    if base not in names:
        raise InputError(f"--baseline: no {by} '{base}': {did_you_mean(base, names)}")
    turned = [(a, b) if getattr(b.side, other) == base else (b, a) for a, b in pairs]
    return [(a, b) for a, b in turned if getattr(b.side, other) == base]


def _fixture(first: Entrant, second: Entrant, options: PairwiseOptions) -> Fixture:
    a, b = sorted((first, second), key=lambda one: (one.side, one.digest))
    common = common_answers(a.side, a.answers, b.side, b.answers)
    asked = ORDERS if options.orders == "both" else ()
    pairs = tuple(
        Pair(one, two, order, options.scope) for one, two in common.pairs for order in orders_of(one.id, asked)
    )
    folder = contest_folder(Path(options.out), (a.on_disk, b.on_disk))
    return Fixture(a, b, a is not first, folder, pairs)


async def play(fixtures: Sequence[Fixture], options: PairwiseOptions, report: Reporter) -> int:
    """Have the games played that are missing, and return how many failed. Raises KojudgeError."""
    if options.batch and options.max_cost is not None and set(check_judges(options.judge)) != {RULES}:
        raise ConfigError("--max-cost cannot stop a batch once it is sent; see --dry-run --batch for its cost")
    tallies: dict[str, list[Tally]] = {}
    log = fixtures[0].folder.path / "judge-vllm.log"
    async with judging(options, log, report, lambda config: _is_owed(fixtures, config, options)) as judges:
        budgets = {judge.config.judge: budget_of(judge.config, options) for judge in judges}

        async def one(fixture: Fixture, judge: Judge, report: Reporter) -> None:
            budget = budgets[judge.config.judge]
            if budget is None or not budget.stopped:
                tally = await _play(fixture, judge, options, report, budget)
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
                if options.fresh and not any(owed_games(fixture, judge.config, options).left for judge in judges):
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
    folder.note_asked(judge.config.digest(), Asked(scope=options.scope, orders=orders, repeats=options.repeats))
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
    return any(owed_games(fixture, config, options).left for fixture in fixtures)


def owed_games(fixture: Fixture, config: JudgeConfig, options: PairwiseOptions) -> Owed:
    """Return the games that this judge has not played yet."""
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
    digests = {config.digest() for config, _ in judge_plans(options)}
    found = []
    for fixture in fixtures:
        mine = [one for one in read_contest(fixture.folder) if one.config in digests]
        found += [one.turned() if fixture.turned else one for one in mine]
    return found

"""Saved answers -> judgments: `judge.judge`, and what `run` shares with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from judge.api.batches import Named, check_batch_cost, check_batches, first_way
from judge.api.calls import takes
from judge.api.checks import check_paths
from judge.api.connect import judging
from judge.api.estimate import budget_of, say_cost
from judge.api.judges import pack_of
from judge.api.options import JUDGE_CONCURRENCY, JudgeOptions
from judge.api.plan import judge_configs, judge_plans, question_set_of
from judge.api.rejudge import flagged_keys, reparse_runs
from judge.api.shares import NOTHING, draw_of
from judge.api.values import PathLike
from judge.config import JudgeConfig
from judge.endpoints.client import ChatClient
from judge.errors import ConfigError
from judge.packs.questions import load_questions
from judge.runs.folder import RunFolder
from judge.sources.run_results import results_of_run
from judge.sources.saved_answers import ToJudge, import_saved, is_under_way, load_answers
from judge.stages.gradings import Judge
from judge.stages.owed import Owed, owed_verdicts
from judge.stages.pipeline import judge_run, together
from judge.stages.progress import Reporter, reporter
from judge.stages.shares import Draw
from judge.stages.tally import Tally
from judge.tables.means import mean_rows
from judge.tables.results import Results
from judge.tables.row import Row
from judge.tables.samples import merged
from judge.tables.shares import on_one_scale

if TYPE_CHECKING:
    import pandas as pd


@takes(JudgeOptions)
async def judge(paths: PathLike | Iterable[PathLike], options: JudgeOptions) -> pd.DataFrame:
    """Judge saved answers, as `kojudge judge` does, and return the rows of these judges; see `table` for the columns.

    Raises KojudgeError. Verdicts that failed are no error: they are counted in `failed`, and those that are missing
    make `judged + failed < expected`.
    """
    from judge.tables.means import frame

    places = check_paths(paths)
    if options.reparse:
        targets, digests = reparse_runs(places, options)
        return frame(rows_of(targets, digests))
    targets = targets_of(places, options)
    with reporter(quiet=not options.progress) as report:
        await judge_all(targets, options, report)
    return frame(rows_of(targets, {config.digest() for config, _ in judge_plans(options)}))


def targets_of(paths: Sequence[Path], options: JudgeOptions, *, asks: bool = True) -> list[ToJudge]:
    """Resolve and check everything before anything is started, and return what is to be judged.

    `asks`: judges are going to be asked, so that they must be reachable.
    """
    check_batches(options)
    if asks:
        judge_configs(options)
    pack = pack_of(options)
    own = options.questions or (pack and (pack / "questions").is_dir())
    questions = load_questions(pack, question_set_of(options)) if own else None
    targets = load_answers(
        paths,
        Path(options.out),
        model_name=options.model_name,
        strategies=options.strategy,
        questions=questions,
        renew=options.questions is not None,
    )
    if asks:  # a file that cannot be judged is told before a key is asked for
        judge_plans(options)
    for target in targets:
        if options.fresh and not target.saved:
            raise ConfigError(
                f"--fresh is for saved answers that become a run; {target.run.path} is one already: --rerun all judges "
                "it again, and its old verdicts count until that is finished"
            )
    return targets


async def judge_all(targets: Sequence[ToJudge], options: JudgeOptions, report: Reporter) -> int:
    """Judge what is owed of every target and return how many verdicts failed."""
    check_batch_cost(options)
    tallies: dict[str, list[Tally]] = {}
    log = targets[0].run.path / "judge-vllm.log"
    draw = draw_of(targets, options, keep=True)
    async with judging(options, log, report, lambda config: _is_owed(targets, config, options, draw)) as judges:
        budgets = {judge.config.judge: budget_of(judge.config, options) for judge in judges}

        async def one(target: ToJudge, judge: Judge, report: Reporter) -> None:
            mine = draw and draw.share(judge.config.judge, target.run.stored_answers(target.strategies))
            if mine is not None and not mine:
                return
            tally = await judge_run(
                target.run,
                target.strategies,
                judge,
                repeats=options.repeats,
                concurrency=options.judge_concurrency or JUDGE_CONCURRENCY,
                report=report,
                rerun=options.rerun,
                flagged=flagged_keys(target.run, judge.config) if options.rerun == "flagged" else (),
                budget=budgets[judge.config.judge],
                first=first_way(target.run, judge, options, report),
                subjects=mine,
            )
            tallies.setdefault(judge.config.judge, []).append(tally)
            await note_server(target.run, judge)

        try:
            await _all(targets, judges, one, options, report, draw)
        finally:
            for judge in judges:
                say_cost(judge, tallies.get(judge.config.judge, []), options, report)
    return sum(tally.failed for mine in tallies.values() for tally in mine)


async def note_server(run: RunFolder, judge: Judge) -> None:
    """Record the version of vLLM behind a judge, where it is one."""
    chat = getattr(judge, "chat", None)
    if isinstance(chat, ChatClient) and chat.sdk().base_url.host != "api.openai.com":
        run.note_server(judge.config.judge, await chat.vllm().version())


async def _all(
    targets: Sequence[ToJudge],
    judges: Sequence[Judge],
    one: Callable[[ToJudge, Judge, Reporter], Coroutine[None, None, None]],
    options: JudgeOptions,
    report: Reporter,
    draw: Draw | None,
) -> None:
    """Do every run with every judge, one after the other; batches, which take hours, all at once."""

    async def of_run(mine: Sequence[ToJudge], report: Reporter) -> None:
        for target in mine:
            with target.run.writing():
                if options.fresh and (done := target.run.make_room(target.config(), same=is_under_way(target))):
                    report.say(done)
                if taken := import_saved(target, fresh=options.fresh):
                    report.say(taken)
                if options.batch:
                    await together([one(target, judge, report) for judge in judges], report)
                else:
                    for judge in judges:
                        report.say(f"{target.run.path}")
                        await one(target, judge, report)
                owed = (judgments_owed(target, judge.config, options, draw).left for judge in judges)
                if options.fresh and not any(owed):
                    target.run.finish_fresh()

    if not options.batch:
        await of_run(targets, report)
        return
    runs: dict[Path, list[ToJudge]] = {}
    for target in targets:
        runs.setdefault(target.run.path.resolve(), []).append(target)
    await together([of_run(mine, Named(report, str(mine[0].run.path))) for mine in runs.values()], report)


def _is_owed(targets: Sequence[ToJudge], config: JudgeConfig, options: JudgeOptions, draw: Draw | None) -> bool:
    return any(judgments_owed(target, config, options, draw).left for target in targets)


def judgments_owed(target: ToJudge, config: JudgeConfig, options: JudgeOptions, draw: Draw | None = None) -> Owed:
    """Return what this judge has not judged yet of a target, in the round that is asked for.

    `draw`: who has which question, where judges share them.
    """
    run, answers = target.run, target.answers()
    if draw is not None:
        answers = draw.share(config.judge, answers)
        if not answers:
            return NOTHING
    flagged = flagged_keys(run, config) if options.rerun == "flagged" else ()
    return owed_verdicts(run, answers, config, repeats=options.repeats, rerun=options.rerun, flagged=flagged)


def rows_of(targets: Sequence[ToJudge], digests: Collection[str]) -> list[Row]:
    """Return the rows of these judge configurations."""
    return mean_rows(series_of(targets, digests))


def series_of(targets: Sequence[ToJudge], digests: Collection[str]) -> list[Results]:
    """Return what these judge configurations said of the targets."""
    runs = {target.run.path.resolve(): target.run for target in targets}
    strategies = {name for target in targets for name in target.strategies}
    return on_one_scale([one for run in runs.values() for one in _series_in(run, digests, strategies)])


def series_in(run: RunFolder, digests: Collection[str], strategies: Collection[str]) -> list[Results]:
    """Return what these judge configurations said of these strategies of a run."""
    return on_one_scale(_series_in(run, digests, strategies))


def _series_in(run: RunFolder, digests: Collection[str], strategies: Collection[str]) -> list[Results]:
    return merged([one for one in results_of_run(run, digests) if one.strategy in strategies])

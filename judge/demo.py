"""`kojudge demo`: the whole way on embedded parts, through the same stages as any run.

The null models answer the core questions under every strategy, hand-written sample answers of three levels of
quality are replayed, and the offline rule judge grades them all. No GPU, key or network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from judge import rules
from judge.config import BASELINES, RULES, STANDARD_RANGE, GenerateConfig, JudgeConfig, JudgeSettings, digest
from judge.generation import BaselineAnswerer, expected
from judge.grade import RuleJudge
from judge.packs import load_questions, load_strategies, samples
from judge.pipeline import generate_run, judge_run
from judge.progress import Reporter
from judge.records import ExpectedQuestion, Usage
from judge.run_folder import RunFolder, model_folder
from judge.saved_answers import import_saved, load_answers
from judge.verdicts import STANDARD

CONCURRENCY = 8
HAND_WRITTEN = "sample answers written by hand: no model made them"


def rules_config(settings: JudgeSettings = STANDARD) -> JudgeConfig:
    """Return the configuration of the rule judge; its constants take the place of a template.

    Of a pack's `settings` only the score range is its business.
    """
    own = settings if settings.range != STANDARD_RANGE else STANDARD
    own = JudgeSettings(lowest=own.lowest, highest=own.highest, step=own.step)
    return JudgeConfig(judge=RULES, template=digest(asdict(rules.WEIGHTS)), settings=own)


async def run(out: Path, report: Reporter) -> list[RunFolder]:
    """Make or complete every run of the demo below `out` and return them."""
    judge = RuleJudge(rules_config())
    runs = [await _baseline(name, out, judge, report) for name in BASELINES]
    return [*runs, *await _samples(out, judge, report)]


async def _baseline(name: str, out: Path, judge: RuleJudge, report: Reporter) -> RunFolder:
    questions, strategies = load_questions(), load_strategies()
    config = GenerateConfig(model=name, questions=questions.digest, strategies={s.name: s.digest for s in strategies})
    run = RunFolder(model_folder(out, name))
    asked = [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in questions.questions]
    with run.writing():
        report.say(name)
        run.begin(config, asked, len(asked))
        await generate_run(
            run,
            expected(questions.questions, strategies, config),
            BaselineAnswerer(name, questions.questions),
            concurrency=CONCURRENCY,
            report=report,
        )
        await _judge(run, list(config.strategies), judge, report)
    return run


async def _samples(out: Path, judge: RuleJudge, report: Reporter) -> list[RunFolder]:
    asked = len(load_questions().questions)
    targets = [replace(target, of_questions=asked) for target in load_answers([samples()], out)]
    for target in targets:
        with target.run.writing():
            report.say(target.saved[0].model)
            import_saved(target)
            target.run.add_usage("generate", Usage(), (HAND_WRITTEN,))
            await _judge(target.run, target.strategies, judge, report)
    return [target.run for target in targets]


async def _judge(run: RunFolder, strategies: Sequence[str], judge: RuleJudge, report: Reporter) -> None:
    await judge_run(run, strategies, judge, repeats=1, concurrency=CONCURRENCY, report=report)

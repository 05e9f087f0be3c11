"""`kojudge demo`: the whole way on embedded parts, through the same stages as any run.

The null models answer the core questions under every strategy, hand-written sample answers of four levels of
quality are replayed, and the offline rule judge grades them all. No GPU, key or network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from judge.config import BASELINES, GenerateConfig
from judge.packs.folder import samples
from judge.packs.questions import load_questions
from judge.packs.strategies import load_strategies
from judge.records import Usage
from judge.rules.scoring import rules_config
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.runs.names import model_folder
from judge.sources.saved_answers import import_saved, load_answers
from judge.stages.answerers import BaselineAnswerer
from judge.stages.conversations import expected
from judge.stages.judges import RuleJudge
from judge.stages.pipeline import generate_run, judge_run
from judge.stages.progress import Reporter

CONCURRENCY = 8
HAND_WRITTEN = "sample answers written by hand: no model made them"


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

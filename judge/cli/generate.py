"""The verb `generate`: answers of one model, or the prompts they would be asked with."""

from __future__ import annotations

import argparse
import json
from typing import Any

from judge.api.connect import showing
from judge.api.generate import generate_all
from judge.api.options import GenerateOptions
from judge.api.plan import Plan, plan_of
from judge.cli.options import add_generation, add_work, filled, run_async
from judge.cli.output import lang_of
from judge.stages.answerers import ModelAnswerer
from judge.stages.progress import Reporter, reporter
from judge.stages.tally import Tally
from judge.tables.answer_notes import answer_notes
from judge.tables.failures import by_kind, what_next
from judge.wording import Note, joined, led, worded

GENERATE_EXAMPLES = """examples:
  kojudge generate my-org/my-model                                  starts and stops `vllm serve` by itself
  kojudge generate my-model --base-url http://127.0.0.1:8000/v1     a server that runs already
  kojudge generate my-org/my-model --strategy 0-shot --limit 6      one question a category, to try
  kojudge generate baseline:boilerplate                             a null model: the floor of a judge
"""


def add_verbs(verbs: Any) -> None:
    """Add `generate`."""
    shape = argparse.RawDescriptionHelpFormatter
    generate = verbs.add_parser("generate", help="answers only", epilog=GENERATE_EXAMPLES, formatter_class=shape)
    add_generation(generate)
    add_work(generate, GenerateOptions)
    generate.add_argument("--show-prompt", action="store_true", help="print the exact prompts of one question and stop")
    generate.set_defaults(run=run_generate)


async def show_prompts(plan: Plan, answerer: ModelAnswerer) -> None:
    """Print the exact prompt of the first turn of the first question under every strategy."""
    for strategy in plan.strategies:
        if strategy.number > 1:  # asked the same
            continue
        work = next(c for c in plan.conversations if c.strategy.name == strategy.name)
        print(f"--- {strategy.name}, question {work.question.id}")
        messages, rendered = await answerer.prompt(work)
        if rendered is None:
            print("(this server does not tell how it renders these messages)")
            print(json.dumps(messages, ensure_ascii=False, indent=2))
        else:
            print(rendered)


def run_generate(options: argparse.Namespace) -> int:
    """Answer what is owed; 1 where a conversation failed."""
    given = filled(GenerateOptions, options)
    plan = plan_of(options.model, given)

    async def show(report: Reporter) -> None:
        async with showing(plan, given, report) as answerer:
            await show_prompts(plan, answerer)

    with reporter(quiet=options.quiet, lang=lang_of()) as report:
        if options.show_prompt:
            run_async(show(report))
            return 0
        tally = run_async(generate_all(plan, given, report))
    _say_generated(plan, tally, options)
    return int(tally.failed > 0)


def _say_generated(plan: Plan, tally: Tally, options: argparse.Namespace) -> None:
    answered = tally.before + tally.succeeded
    answers = plan.run.stored_answers([strategy.name for strategy in plan.strategies])
    notes = [*plan.run.head().said, *answer_notes(answers)]
    if options.json:
        fields = {"run": str(plan.run.path), "model": plan.config.model, "answered": answered}
        fields |= {"failed": tally.failed, "failure_kinds": dict(tally.kinds), "expected": tally.total, "notes": notes}
        print(json.dumps(fields, ensure_ascii=False))
        return
    said = [
        Note(f"{answered} of {tally.total} conversations answered", f"대화 {tally.total}건 가운데 {answered}건에 답함")
    ]
    if tally.failed:
        kinds = by_kind(tally.kinds)
        said.append(Note(f"{tally.failed} failed: {kinds}", f"실패 {tally.failed}건: {kinds}"))
    after = led(Note("next", "다음 명령"), f"kojudge judge {plan.run.path} --judge NAME")
    last = what_next(tally.kinds, fresh=options.fresh) if tally.failed else after
    for line in (led(str(plan.run.path), joined(said, ", ")), *notes, last):
        print(worded(line, lang_of()))

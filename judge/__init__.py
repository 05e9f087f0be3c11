"""kojudge: answers of Korean language models, judged by a language model, in tables that can be trusted.

The way of a question, and a good reading order:

    records      Question, Answer, Judgment, Failure: every line of every file
    verdicts     a judge's reply -> Verdict
    prompts      records and templates -> chat messages
    generation   stage: questions -> answers
    grade        stage: answers -> judgments and failures
    tables       judgments -> exact means; render makes text of them
    cli          the verbs; api has the same for Python

    questions/*.jsonl --generate--> answers/<strategy>.jsonl --judge--> judgments/<judge>/<strategy>.jsonl --> tables

Every arrow reads the file on its left and appends to the one on its right; what is owed is what is expected minus
what is done. A failure is a value of its own type and never a number.

Is a difference real? stats (intervals, paired tests), boards, compare, agreement, noise, audit, gate, calibrate, equate
and items work on judgments and are pure; evidence brings answers beside them. question_sets says which questions are
the same, series what a row is made of; screen and summary make text for a terminal.

Beside these: errors (the error tree), config (what makes a result, and its digest), packs (where questions and
templates come from), store and run_folder (files), chat and chat_faults (the one way to a model), vllm_server (a
managed `vllm serve`), fanout (concurrency), language and rules (the offline judge), logickor (upstream's files),
sources and saved_answers (what lies at a path), owed and reparse (judging again), rates (how fast), pipeline and demo
(both stages), progress, endpoints.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from judge.api import Generated, generate, judge, run, table
    from judge.errors import KojudgeError
    from judge.records import Answer, AnswerFailure, Failure, Judgment, Question, Usage, Verdict
    from judge.rules import judge_turn
    from judge.tables import Row, Series
    from judge.verdicts import parse_verdict

__all__ = [
    "Answer",
    "AnswerFailure",
    "Failure",
    "Generated",
    "Judgment",
    "KojudgeError",
    "Question",
    "Row",
    "Series",
    "Usage",
    "Verdict",
    "generate",
    "judge",
    "judge_turn",
    "parse_verdict",
    "run",
    "table",
]

_HOMES = {
    "api": ("Generated", "generate", "judge", "run", "table"),
    "errors": ("KojudgeError",),
    "records": ("Answer", "AnswerFailure", "Failure", "Judgment", "Question", "Usage", "Verdict"),
    "rules": ("judge_turn",),
    "tables": ("Row", "Series"),
    "verdicts": ("parse_verdict",),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that `kojudge --help` waits for none of it."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"judge.{module}"), name)
    raise AttributeError(f"module 'judge' has no attribute '{name}'")

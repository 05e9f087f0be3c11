"""kojudge: answers of Korean language models, judged by a language model, in tables that can be trusted.

Six root words, then twelve rooms; a room imports lower steps only:

    5                              cli
    4            reports                          api
    3      trust          sources          stages
    2      tables         rules            packs
    1      text           runs             endpoints
    0      wording  errors  config  demands  records  files

    packs -> stages <-> endpoints -> runs -> sources -> tables -> trust -> reports

How an answer becomes a number: records (Question, Answer, Judgment, Failure: every line of every file),
stages/answerers and stages/judges (work goes out, outcomes come in), packs/judge_prompts (records and templates ->
messages), text/reply_forms (a judge's reply -> Verdict), runs/folder (what is on disk), sources/places (what lies at a
path), sources/run_results (what of it counts), tables/means (judgments -> exact means). Every room's `__init__` is its
caption and a reading order.

    questions/*.jsonl --generate--> answers/<strategy>.jsonl --judge--> judgments/<judge>/<strategy>.jsonl --> tables

Every arrow reads the file on its left and appends to the one on its right; what is missing is what is expected minus
what is done. A failure is a value of its own type and never a number.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from judge.api.generate import Generated, generate
    from judge.api.judge import judge
    from judge.api.options import (
        GenerateOptions,
        JudgeOptions,
        PairwiseOptions,
        QualifyOptions,
        RunOptions,
        TableOptions,
    )
    from judge.api.pairwise import pairwise
    from judge.api.qualify import Examined, qualify
    from judge.api.run import run
    from judge.api.table import table
    from judge.errors import KojudgeError
    from judge.records import Answer, AnswerFailure, Failure, Judgment, Question, Usage, Verdict
    from judge.rules.scoring import judge_turn
    from judge.tables.certificate import Certificate
    from judge.tables.results import Results
    from judge.tables.row import Row
    from judge.text.verdicts import parse_verdict

__all__ = [
    "Answer",
    "AnswerFailure",
    "Certificate",
    "Examined",
    "Failure",
    "GenerateOptions",
    "Generated",
    "JudgeOptions",
    "Judgment",
    "KojudgeError",
    "PairwiseOptions",
    "QualifyOptions",
    "Question",
    "Results",
    "Row",
    "RunOptions",
    "TableOptions",
    "Usage",
    "Verdict",
    "generate",
    "judge",
    "judge_turn",
    "pairwise",
    "parse_verdict",
    "qualify",
    "run",
    "table",
]

_HOMES = {
    "api.generate": ("Generated", "generate"),
    "api.judge": ("judge",),
    "api.options": (
        "GenerateOptions",
        "JudgeOptions",
        "PairwiseOptions",
        "QualifyOptions",
        "RunOptions",
        "TableOptions",
    ),
    "api.pairwise": ("pairwise",),
    "api.qualify": ("Examined", "qualify"),
    "api.run": ("run",),
    "api.table": ("table",),
    "errors": ("KojudgeError",),
    "records": ("Answer", "AnswerFailure", "Failure", "Judgment", "Question", "Usage", "Verdict"),
    "rules.scoring": ("judge_turn",),
    "tables.certificate": ("Certificate",),
    "tables.row": ("Row",),
    "tables.results": ("Results",),
    "text.verdicts": ("parse_verdict",),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that `kojudge --help` waits for none of it."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"judge.{module}"), name)
    raise AttributeError(f"module 'judge' has no attribute '{name}'")

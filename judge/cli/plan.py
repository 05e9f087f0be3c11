"""`plan`: how many questions, answers, judges and dollars a wanted difference needs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from judge.api.estimate import prices_of
from judge.api.options import PlanOptions
from judge.cli.options import add_common, add_options, add_rows, filled, path_of
from judge.cli.output import add_format, add_reading_lang, format_of, lang_of, print_text, screen_of
from judge.errors import ConfigError, InputError
from judge.records import Judgment, Usage
from judge.tables.ranges import one_range
from judge.wording import Lang, Note, worded

if TYPE_CHECKING:
    from judge.sources.judged import Evidence
    from judge.tables.results import Results
    from judge.trust.power import Goal
    from judge.trust.render_plan import Tokens

EXAMPLES = """examples:
  kojudge plan outputs/base outputs/tuned --difference 0.3            from verdicts of two models
  kojudge plan outputs --margin 0.2 --price-in 2.5 --price-out 10     to show "not worse", with dollars
  kojudge plan --difference 0.5                                       nothing saved yet: stated assumptions
"""

LEFT_OUT = Note(
    "left out: the verdicts of the offline heuristic, which is no second judge",
    "뺀 것: 오프라인 휴리스틱의 판정. 두 번째 심판으로 볼 수 없음",
)
RULES_ALONE = Note(
    "measured on the offline heuristic alone: the verdicts of a model spread otherwise",
    "오프라인 휴리스틱만으로 잰 값임. 모델 심판의 판정은 이와 다르게 흩어짐",
)
CALL = Usage(prompt_tokens=1500, completion_tokens=300)
ANSWER_TOKENS = 600
"""What a pointwise call, and the second answer in a pairwise one, are assumed to need where nothing is saved."""


def add_verbs(verbs: Any) -> None:
    """Add the verb to the command's subparsers."""
    plan = verbs.add_parser(
        "plan",
        help="what a wanted difference needs",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plan.add_argument(
        "paths", nargs="*", type=path_of, metavar="PATH", help="verdicts on two sides or more (default: none)"
    )
    add_options(plan, PlanOptions, difference="X", margin="X", power="P", spread="SD")
    add_rows(plan)
    group = plan.add_argument_group("cost")
    add_options(group, PlanOptions, price_in="X", price_out="X", price_cached="X", prices="FILE.yaml")
    add_format(plan, ("text", "md", "csv", "json"))
    add_reading_lang(plan)
    add_common(plan)
    plan.set_defaults(run=run_plan)


def run_plan(options: argparse.Namespace) -> int:
    """Print the plan. Raises ConfigError for no goal or two, InputError where no two sides pair."""
    from judge.sources.judged import Evidence, load_evidence
    from judge.trust.power import ASSUMED, SPREAD, Spread, plan_rows, spread_of
    from judge.trust.render_plan import plan_text

    given = filled(PlanOptions, options)
    goal = _goal(given)
    evidence = Evidence((), ())
    if options.paths:
        names = {"model_name": options.model_name, "strategies": options.strategy}
        evidence = load_evidence(options.paths, judges=options.judge, **names)
    lang = lang_of(options)
    series = one_range(_by_models(evidence.series, lang))
    spread = Spread(given.spread or SPREAD, ASSUMED)
    if series and given.spread is None:
        found = spread_of(series)
        if found is None:
            raise InputError(
                "no two rows of one judge differ in model or strategy alone on questions that both have",
                mend="give verdicts on two sides, or --spread with the standard deviation of a question's difference",
            )
        spread = found
    judge = next((one.own_judge for one in series if not one.offline), "")
    prices = prices_of(judge, given)
    text = plan_text(
        plan_rows(spread, goal),
        spread,
        goal,
        _tokens(series, evidence),
        prices,
        format_of(options),
        screen_of(options.output),
        lang,
    )
    print_text(options, text)
    return 0


def _by_models(series: Sequence[Results], lang: Lang) -> Sequence[Results]:
    """Return the verdicts of models where there are any: the rule judge is no second judge, and spreads otherwise."""
    models = [one for one in series if not one.offline]
    if models and len(models) < len(series):
        print(worded(LEFT_OUT, lang), file=sys.stderr)
    elif series and not models:
        print(worded(RULES_ALONE, lang), file=sys.stderr)
    return models or series


def _goal(given: PlanOptions) -> Goal:
    from judge.trust.power import Goal

    if (given.difference is None) == (given.margin is None):
        raise ConfigError("plan: give --difference X (to find one) or --margin X (to show that there is none as large)")
    if given.difference is not None:
        return Goal(given.difference, 2, given.power)
    return Goal(given.margin or 0.0, 1, given.power)


def _tokens(series: Sequence[Results], evidence: Evidence) -> Tokens:
    """Return the mean tokens of the saved verdicts and answers; assumed where no endpoint has counted any."""
    from judge.trust.render_plan import Tokens

    verdicts = _mean(o.usage for one in series for o in one.outcomes if isinstance(o, Judgment))
    answers = _mean(turn for found in evidence.answers.values() for answer in found for turn in answer.usage)
    call = verdicts or CALL
    more = answers.completion_tokens if answers else ANSWER_TOKENS
    return Tokens(call, call + Usage(prompt_tokens=more), measured=verdicts is not None)


def _mean(found: Iterable[Usage]) -> Usage | None:
    counted = [usage for usage in found if usage.completion_tokens]
    if not counted:
        return None
    total = sum(counted, Usage())
    return Usage(
        prompt_tokens=round(total.prompt_tokens / len(counted)),
        completion_tokens=round(total.completion_tokens / len(counted)),
        cached_tokens=round(total.cached_tokens / len(counted)),
    )

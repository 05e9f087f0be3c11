"""Verbs that say how far numbers can be trusted: `compare`, `agreement`, `audit`, `calibrate`, `items`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judge.api.checks import check_margin
from judge.api.options import DecisionOptions, TableOptions
from judge.api.table import nulls_of
from judge.cli.decisions import add_decisions, exit_code
from judge.cli.options import Many, add_common, add_intervals, add_options, add_rows, filled, names, path_of, text_of
from judge.cli.output import add_format, add_reading_lang, format_of, lang_of, plain_format, print_text, screen_of
from judge.errors import InputError, did_you_mean
from judge.files import replace_text
from judge.sources.judged import Evidence, load_evidence
from judge.sources.labels import load_labels
from judge.sources.results import load_results
from judge.tables.ranges import ranges, require_standard
from judge.tables.results import Results
from judge.text.digests import question_digests

if TYPE_CHECKING:
    from judge.trust.agreement import Agreement

# The modules that compute are imported by the verbs: scipy needs a second that `kojudge table` should not wait for.

COMPARE_EXAMPLES = """examples:
  kojudge compare outputs/my/model                             its strategies
  kojudge compare outputs/a outputs/b --strategies 0-shot      two models
  kojudge compare outputs --by model --against my/base-model   all models with one
  kojudge compare outputs/my/model --by judge                  two judges on the same answers
  kojudge compare outputs/base outputs/base-awq --margin 0.2   is the second worse by more than 0.2? exit code 0, 3, 4
"""
AGREEMENT_EXAMPLES = """examples:
  kojudge agreement outputs                          every pair of judges
  kojudge agreement outputs/my/model --judge gpt-4o  its repeats (judged with --repeats 3)
  kojudge agreement outputs --labels people.csv      judges and people: id, turn, score, also model, strategy, rater
"""
AUDIT_EXAMPLES = """examples:
  kojudge audit outputs                          every judge on every answer
  kojudge audit evaluated/ --format csv -o hits.csv
  kojudge audit outputs --rule zero-for-korean --format json
"""
CALIBRATE_EXAMPLES = """examples:
  kojudge calibrate --old evaluated/ --new outputs --new-judge gpt-4o -o map.json
  kojudge table outputs --judge gpt-4o --calibration map.json
"""
ITEMS_EXAMPLES = """examples:
  kojudge items outputs --judge gpt-4o
  kojudge items evaluated/ --strategies 0-shot --format csv
"""


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command's subparsers."""
    compare = _verb(verbs, "compare", "paired differences with intervals", COMPARE_EXAMPLES, run_compare)
    compare.add_argument(
        "--by", choices=("strategy", "model", "judge"), help="what is compared (default: what differs)"
    )
    compare.add_argument(
        "--against", type=text_of, metavar="NAME", help="only pairs with this strategy, model or judge"
    )
    add_decisions(compare)
    add_options(compare, TableOptions, failures="")
    add_intervals(compare)
    add_reading_lang(compare)
    agreement = _verb(verbs, "agreement", "how far judges or people agree", AGREEMENT_EXAMPLES, run_agreement)
    agreement.add_argument("--labels", type=path_of, metavar="FILE", help="human scores, CSV or JSONL")
    add_reading_lang(agreement)
    audit = _verb(verbs, "audit", "verdicts that break the rubric", AUDIT_EXAMPLES, run_audit)
    audit.add_argument("--rule", type=names, action=Many, default=(), metavar="A,B", help="only these rules")
    add_reading_lang(audit)
    add_reading_lang(_verb(verbs, "items", "which questions carry the ranking", ITEMS_EXAMPLES, run_items))
    calibrate = verbs.add_parser(
        "calibrate",
        help="map a new judge on an old judge's scale",
        epilog=CALIBRATE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for side in ("old", "new"):
        calibrate.add_argument(
            f"--{side}",
            nargs="+",
            action=Many,
            type=path_of,
            required=True,
            metavar="PATH",
            help=f"verdicts of the {side} judge",
        )
        calibrate.add_argument(
            f"--{side}-judge", type=text_of, metavar="NAME", help="which, where the paths hold several"
        )
    calibrate.add_argument("-o", "--output", type=path_of, required=True, metavar="MAP.json", help="the map")
    add_reading_lang(calibrate)
    add_common(calibrate)
    calibrate.set_defaults(run=run_calibrate)


def _verb(verbs: Any, name: str, what: str, examples: str, run: Any) -> argparse.ArgumentParser:
    """Add a verb with the options that all but `calibrate` share."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=what, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=path_of, metavar="PATH", help="runs, judgments, LogicKor's evaluated/")
    add_rows(parser)
    add_format(parser, ("text", "md", "csv", "json"))
    add_common(parser)
    parser.set_defaults(run=run)
    return parser


def _evidence(options: argparse.Namespace, *, apart: bool = False) -> Evidence:
    return load_evidence(
        options.paths, judges=options.judge, model_name=options.model_name, strategies=options.strategy, apart=apart
    )


def run_compare(options: argparse.Namespace) -> int:
    """Print paired differences; with a margin return what is decided as exit code.

    Raises InputError where nothing could be compared, saying why, and ConfigError for a margin that decides nothing.
    """
    from judge.records import Judgment
    from judge.trust.compare import compare, decided, names_of, over_of
    from judge.trust.render_compare import compare_text

    series = _evidence(options).series
    width = min((high - low for low, high in ranges(series)), default=None)
    decision = filled(DecisionOptions, options)
    check_margin(decision, width, usual=(width or 0) / 50)
    margin = decision.margin
    over = options.by or over_of(series)
    known = list(dict.fromkeys(names_of(one, over)[0] for one in series))
    if options.against and not any(options.against in names_of(one, over) for one in series):
        raise InputError(f"no {over} '{options.against}': {did_you_mean(options.against, known)}")
    if len(known) < 2:
        raise InputError(f"only one {over} ({known[0] if known else 'none'}), nothing to compare", mend="see --by")
    found = compare(
        series,
        over,
        against=options.against,
        failures=options.failures,
        draws=options.draws,
        seed=options.random_seed,
    )
    if not found.found:
        first, *rest = found.skipped or ("no two rows share all but that",)
        more = f"; and {len(rest)} more pairs" if rest else ""
        unjudged = [one for one in series if not any(isinstance(outcome, Judgment) for outcome in one.outcomes)]
        mend = "give rows of one question set"
        if unjudged:
            names = ", ".join(dict.fromkeys(f"{one.model} {one.strategy}" for one in unjudged))
            mend = f"{names} has no verdicts of this judge yet: kojudge judge, or choose others with --strategy"
        raise InputError(f"nothing can be compared over {over}: {first}{more}", mend=mend)
    if margin is not None:
        found = decided(found, margin, equivalent=options.equivalent)
    print_text(options, compare_text(found, format_of(options), screen_of(options.output), lang_of(options)))
    return exit_code([one.decision for one in found.found if one.decision], skipped=bool(margin and found.skipped))


def run_agreement(options: argparse.Namespace) -> int:
    """Print how far raters agree, and the judges' own noise."""
    from judge.trust.agreement import agreements, alpha_of, raters
    from judge.trust.noise import identical_prompts, noise, series_noise
    from judge.trust.render_agreement import agreement_text

    found = _evidence(options, apart=True)  # a judge is measured on one text at a time
    labels = load_labels(options.labels, found.series) if options.labels else []
    given = raters([*found.series, *labels])
    noises = [one for series in found.series if (one := series_noise(series))]
    prompts = noise(identical_prompts(found.judged).values())
    if len(given) < 2 and not noises and not prompts:
        repeats = "" if all(one.offline for one in found.series) else " or --repeats"  # rules say the same each time
        raise InputError(
            "one judge without repeats: nothing to compare it with",
            mend=f"judge with another --judge{repeats}, or give --labels",
        )
    alpha = alpha_of(given) if len(given) > 1 else float("nan")
    found_pairs = agreements(given)
    if found_pairs and not any(one.items for one in found_pairs):
        raise InputError(_no_agreement(found_pairs), mend="give verdicts of several judges on the same answers")
    how: Any = format_of(options), screen_of(options.output), lang_of(options)
    print_text(options, agreement_text(found_pairs, alpha, noises, prompts, *how))
    return 0


def _no_agreement(found: Sequence[Agreement]) -> str:
    why = next((f"{one.a} and {one.b}: {one.different_sets}" for one in found if one.different_sets), "")
    return "no two judges have an item in common" + (f"; {why}" if why else "")


def run_audit(options: argparse.Namespace) -> int:
    """Print the verdicts that break the rubric and the judge-wide checks."""
    from judge.tables.judged_turns import without_answer
    from judge.trust.audit import audit, judge_checks
    from judge.trust.audit_rules import AUDIT_RULES
    from judge.trust.render_audit import audit_text

    known = [rule.name for rule in AUDIT_RULES]
    for name in options.rule:
        if name not in known:
            raise InputError(f"no audit rule '{name}': {did_you_mean(name, known)}")
    rules = [rule for rule in AUDIT_RULES if not options.rule or rule.name in options.rule]
    found = _evidence(options, apart=True)
    findings = []
    if not all(rule.any_range for rule in rules):
        instead = ", ".join(rule.name for rule in AUDIT_RULES if rule.any_range)
        require_standard(found.series, "the audit", f"for these there is --rule {instead}")
        nulls = nulls_of(options.paths, found, options.strategy)
        findings = judge_checks([*found.series, *nulls.series], found.judged)
    hits = audit(found.judged, rules)
    unseen = without_answer(found.series, found.judged)
    how: Any = format_of(options), screen_of(options.output), lang_of(options)
    print_text(options, audit_text(hits, findings, unseen, found.series, *how))
    return 0


def run_calibrate(options: argparse.Namespace) -> int:
    """Write a map and print what it is worth."""
    from judge.trust.calibrate import calibrate
    from judge.trust.render_calibration import calibration_text

    found = calibrate(_side(options.old, options.old_judge), _side(options.new, options.new_judge))
    replace_text(options.output, found.model_dump_json(indent=2) + "\n")
    sys.stdout.write(calibration_text(found, plain_format(), screen_of(), lang_of(options)))
    return 0


def _side(paths: Sequence[Path], judge: str | None) -> list[Results]:
    found = load_results(paths, judges=[judge] if judge else [])
    require_standard(found, "a calibration map")
    return found


def run_items(options: argparse.Namespace) -> int:
    """Print what each question is worth."""
    from judge.trust.items import measure
    from judge.trust.noise import identical_prompts
    from judge.trust.render_items import items_text

    found = _evidence(options)
    texts = {question_digests(one.answer.questions)[0]: one.answer.questions[0] for one in found.judged}
    tables = measure(found.series, prompts=identical_prompts(found.judged), texts=texts)
    print_text(options, items_text(tables, format_of(options), screen_of(options.output), lang_of(options)))
    return 0

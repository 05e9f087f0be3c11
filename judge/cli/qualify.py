"""The verb `qualify`: may this judge be believed, and on what?"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from judge.api.options import JudgeOptions, QualifyOptions
from judge.cli.judge import ask_nothing
from judge.cli.options import add_common, add_judging, add_options, filled, path_of, run_async
from judge.cli.output import add_format, add_reading_lang, format_of, lang_of, print_text, screen_of
from judge.stages.progress import reporter
from judge.wording import Note, led, worded

if TYPE_CHECKING:
    from judge.api.qualify import Examined

EXAMPLES = """examples:
  kojudge qualify --judge gpt-4o --dry-run                       what it would cost
  kojudge qualify --judge gpt-4o --max-cost 5 --price-in 2.5 --price-out 10
  kojudge qualify --judge my-judge --judge-base-url http://127.0.0.1:8000/v1
  kojudge qualify --judge gpt-4o --again                         20 texts: has it changed since?
  kojudge qualify --judge rules --json
  kojudge qualify --judge gpt-4o --lang ko                       in Korean
The certificate is kept in OUT/kojudge-qualify; table, card and report cite it for runs in OUT.
"""


CERTIFICATE = Note("certificate", "인증서")


def add_verbs(verbs: Any) -> None:
    """Add `qualify`."""
    parser = verbs.add_parser(
        "qualify",
        help="may this judge be believed?",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, QualifyOptions, again="", probes="FILE", pack="DIR", rerun="")
    add_judging(parser, QualifyOptions)
    ways = parser.add_argument_group("batches")
    add_options(ways, JudgeOptions, batch="", batch_poll="SECONDS", batch_import="FILE")
    ways.add_argument("--batch-export", type=path_of, metavar="FILE", help="write the requests for an offline runner")
    add_options(parser.add_argument_group("requests"), JudgeOptions, timeout="SECONDS", tries="N")
    add_options(parser, JudgeOptions, out="DIR", fresh="")
    add_format(parser, ("text", "md", "json"))
    add_reading_lang(parser)
    add_common(parser)
    parser.set_defaults(run=run_qualify)


def run_qualify(options: argparse.Namespace) -> int:
    """Judge the probes and print what was found; 1 where a judge is not qualified or has changed, or one is missing."""
    from judge.api.qualify import examine, probes_of, probes_target  # numpy, which --help need not wait for

    given, as_json = filled(QualifyOptions, options, progress=not options.quiet), format_of(options) == "json"
    if options.dry_run or options.batch_export:
        target = probes_target(given, probes_of(given))
        how: Any = {"dry": options.dry_run, "json": as_json, "lang": lang_of(options)}
        return ask_nothing([target], given, export_to=options.batch_export, **how)
    with reporter(quiet=options.quiet, lang=lang_of(options)) as report:
        found = run_async(examine(given, report))
    _show(options, found)
    return max(_code(one) for one in found)


def _code(one: Examined) -> int:
    certificate = one.certificate
    if certificate is None:
        return 1
    has_drifted = bool(certificate.checks) and certificate.checks[-1].drifted
    return int(has_drifted or (one.found is not None and certificate.grade == "not qualified"))


def _why_not(one: Examined) -> Note:
    if one.unfinished:
        return Note(
            "the re-judging is not finished, and until then what was known before stands; the same command goes on "
            "(where it gives no scores any more: examine it in another --out, without --rerun)",
            "다시 채점하기가 끝나지 않았습니다. 끝날 때까지는 예전 결과를 그대로 씁니다. 같은 명령을 다시 실행하면 "
            "이어서 합니다(이제 점수를 주지 않는 심판이라면 다른 --out에서 --rerun 없이 검증하세요)",
        )
    if one.missing:
        return Note(
            f"{one.missing} verdicts are missing, so there is no new certificate; the same command goes on",
            f"판정 {one.missing}건이 없어 새 인증서를 만들지 않았습니다. 같은 명령을 다시 실행하면 이어서 합니다",
        )
    return Note(
        "none of its replies to the texts that count holds a score, so there is no certificate: it cannot judge",
        "셈에 넣는 글에 대한 응답에 점수가 하나도 없어 인증서를 만들지 않았습니다. 채점할 수 없는 심판입니다",
    )


def _show(options: argparse.Namespace, found: list[Examined]) -> None:
    from judge.trust.render_qualify import again_text, certificate_json, qualify_text

    lang = lang_of(options)
    for one in found:
        if one.certificate is None:
            name = one.config.judge
            said = led(Note(f"judge {name}", f"심판 {name}"), _why_not(one))
            print(f"kojudge: {worded(said, lang)}", file=sys.stderr)
    there = [one for one in found if one.certificate is not None]
    format, screen = format_of(options), screen_of(options.output)
    if format == "json":
        print_text(options, certificate_json([one.certificate for one in there if one.certificate]))
        return
    texts = [
        again_text(one.certificate, format, screen, lang)
        if one.found is None
        else qualify_text(one.certificate, one.found, format, screen, lang)
        for one in there
        if one.certificate
    ]
    if texts:
        print_text(options, "\n".join(texts))
    if not options.quiet:
        for one in there:
            print(worded(led(CERTIFICATE, str(one.place)), lang), file=sys.stderr)

"""What was found of a judge -> text for a terminal, Markdown, JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from judge.packs.probes import KINDS
from judge.tables.cells import json_dump
from judge.tables.certificate import Certificate, Check
from judge.tables.columns import points
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of, signed
from judge.tables.row import Interval
from judge.tables.terminal import Screen
from judge.trust.findings import BLIND, is_biased, is_blind, is_charged, undecided
from judge.trust.qualify import KindFigures, Qualification, Rate
from judge.wording import Lang

VERDICTS: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "qualified": "judge {judge}: qualified: it may be believed on what the probes hold",
        "limited": "judge {judge}: qualified with limits: do not believe it on what is named here",
        "not qualified": "judge {judge}: not qualified: its scores do not say how good an answer is",
        "undecided": "undecided, neither clearly seen nor clearly not: {names}",
        "several": "the endpoint answered as {names}: the figures are of them together",
        "drifted": "its scores have drifted since ({date}: {moved}); --rerun all examines it anew",
    },
    "ko": {
        "qualified": "심판 {judge}: 자격 있음. 시험 문항이 다루는 것에 대해서는 믿어도 됩니다",
        "limited": "심판 {judge}: 제한적으로 자격 있음. 아래에 적은 것에 대해서는 믿지 마세요",
        "not qualified": "심판 {judge}: 자격 없음. 점수만 보아서는 답변이 얼마나 좋은지 알 수 없습니다",
        "undecided": "알아보는지 분명하지 않은 것: {names}",
        "several": "엔드포인트가 {names}(으)로 답했으므로 수치는 이들을 합친 것",
        "drifted": "그 뒤로 점수가 달라짐({date}: {moved}). --rerun all로 처음부터 다시 검증하세요",
    },
}


def certificate_json(found: list[Certificate]) -> str:
    """Return certificates as JSON."""
    return json_dump({"certificates": [one.model_dump(mode="json") | {"number": one.number} for one in found]})


def qualify_text(
    certificate: Certificate,
    found: Qualification,
    format: ReportFormat = "md",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return the verdict in words and the figures behind it; `lang` is that of the words."""
    words = VERDICTS[lang]
    why = [reason.korean if lang == "ko" else reason.english for reason in certificate.reasons]
    unsure = [KINDS[one.kind].korean if lang == "ko" else KINDS[one.kind].name for one in undecided(found)]
    why += [words["undecided"].format(names=", ".join(unsure))] if unsure else []
    own = " (not the built-in ones)" if certificate.own_probes else ""
    made_of = f"certificate {certificate.number}: probes {certificate.probes}{own}, judge {certificate.judge_digest}"
    if len(certificate.returned) > 1:
        why.append(words["several"].format(names=", ".join(certificate.returned)))
    last = certificate.checks[-1] if certificate.checks else None
    if last and last.drifted:
        why.append(words["drifted"].format(date=last.date, moved=last.moved(lang)))
    parts: list[Block] = [
        words[certificate.grade].format(judge=certificate.judge),
        bullet_list(why),
        grid_of("faults", ("fault", "seen", "95 %", "costs", "95 %", "planted", ""), map(_fault, found.of("fault"))),
        grid_of("harmless changes", ("change", "n", "bias", "95 %", ""), map(_harmless, found.of("harmless"))),
        grid_of("attacks", ("attack", "won", "95 %", "gains"), map(_attack, found.of("attack"))),
        bullet_list(_rest(found)),
        bullet_list([made_of]),
    ]
    return blocks(parts, format, screen)


def again_text(certificate: Certificate, format: ReportFormat = "md", screen: Screen | None = None) -> str:
    """Return what the last check has found."""
    check = certificate.checks[-1]
    sure = f" ({signed(check.low)} to {signed(check.high)})" if check.low is not None and check.high is not None else ""
    lines = [f"{check.probes} texts judged again on {check.date}"]
    if check.shift is not None and check.gap is not None:
        lines[0] += f": {signed(check.shift)} points{sure}, {points(check.gap)} apart on average"
    lines += [f"{check.failed} replies held no score"] if check.failed else []
    lines += [_other_model(certificate, check)] if {*check.returned} - {*certificate.returned} else []
    grade = "has drifted: qualify it again with --rerun all" if check.drifted else "scores as it did"
    parts: list[Block] = [f"judge {certificate.judge} {grade} (certificate {certificate.number})", bullet_list(lines)]
    return blocks(parts, format, screen)


def _other_model(certificate: Certificate, check: Check) -> str:
    now, then = ", ".join(check.returned), ", ".join(certificate.returned) or "an unnamed model"
    return f"the endpoint answers as {now}; the certificate is of {then}"


def _fault(one: KindFigures) -> list[str]:
    mark = "" if one.rate and one.rate.low > BLIND else "undecided"
    if is_blind(one):
        mark = "too little" if is_charged(one) else "not seen"
    return [
        one.kind,
        *_rate(one.rate),
        points(one.points),
        _ends(one.interval),
        f"{one.planted:.1f}",
        mark,
    ]


def _harmless(one: KindFigures) -> list[str]:
    n = str(one.number)
    return [one.kind, n, signed(one.points), _ends(one.interval), "biased" if is_biased(one) else ""]


def _attack(one: KindFigures) -> list[str]:
    return [one.kind, *_rate(one.rate), signed(one.points)]


def _rate(rate: Rate | None) -> list[str]:
    return [f"{rate.hits}/{rate.of}", f"{rate.low:.0%}-{rate.high:.0%}"] if rate else ["-", "-"]


def _ends(interval: Interval | None) -> str:
    return f"{signed(interval.low)} to {signed(interval.high)}" if interval else "-"


def _percent(share: float) -> str:
    return "-" if share != share else f"{share:.0%}"


def _rest(found: Qualification) -> list[str]:
    ends = found.order_interval
    sure = f" ({ends.low:.0%} to {min(1.0, ends.high):.0%})" if ends else ""
    lines = [f"better and worse answers in the right order: {_percent(found.order)}{sure} of {found.pairs} pairs"]
    lines += [f"means: full-mark answers {points(found.full)}, faulty ones {points(found.flawed)}"]
    lines += [f"full marks for {_percent(found.ceiling)} of the faulty answers"]
    lines += [f"{found.distinct} different scores; the commonest is {found.commonest:.0%} of all"]
    if found.noise:
        spread, same = points(found.noise.deviation), found.noise.same
        lines += [f"noise: {spread} points on one prompt; {same:.0%} of the pairs of verdicts are equal"]
    else:
        lines += ["noise: not measured, no prompt has two verdicts"]
    parsed = found.parsed
    lines += [f"replies with a score: {parsed.hits}/{parsed.of} ({parsed.low:.0%}-{parsed.high:.0%})"]
    if found.unscored:
        lacking = ", ".join(f"{kind} {number}" for kind, number in found.unscored.items())
        lines += [f"probes without a score on one of the two texts: {lacking}"]
    lines += [f"comments in Korean: {found.korean:.0%}"] if found.korean is not None else []
    return lines

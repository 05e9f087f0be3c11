"""What was found of a judge -> text for a terminal, Markdown, JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from judge.packs.probes import KINDS
from judge.tables.cells import json_dump
from judge.tables.certificate import Certificate, Check
from judge.tables.columns import points
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of, signed
from judge.tables.row import Interval
from judge.tables.terminal import Screen
from judge.trust.findings import BLIND, is_blind, is_charged, undecided
from judge.trust.qualify import KindFigures, Qualification, Rate
from judge.wording import Lang, Note

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
    """Return the verdict in words and the figures behind it."""
    words = VERDICTS[lang]
    why = [reason.korean if lang == "ko" else reason.english for reason in certificate.reasons]
    unsure = [KINDS[one.kind].korean if lang == "ko" else KINDS[one.kind].name for one in undecided(found)]
    why += [words["undecided"].format(names=", ".join(unsure))] if unsure else []
    own = Note(" (not the built-in ones)", "(직접 만든 것)") if certificate.own_probes else Note("", "")
    number, judge = certificate.number, certificate.judge_digest
    made_of = Note(
        f"certificate {number}: probes {certificate.probes}{own}, judge {judge}",
        f"인증서 {number}: 시험 문항 {certificate.probes}{own.korean}, 심판 {judge}",
    )
    if len(certificate.returned) > 1:
        why.append(words["several"].format(names=", ".join(certificate.returned)))
    last = certificate.checks[-1] if certificate.checks else None
    if last and last.drifted:
        why.append(words["drifted"].format(date=last.date, moved=last.moved(lang)))
    named = {reason.code for reason in certificate.reasons}
    harmless = [_harmless(one, biased=one.kind in named) for one in found.of("harmless")]
    parts: list[Block] = [
        words[certificate.grade].format(judge=certificate.judge),
        bullet_list(why),
        grid_of(Note("faults", "잘못"), _FAULTS, map(_fault, found.of("fault"))),
        grid_of(Note("harmless changes", "해롭지 않은 변형"), _HARMLESS, harmless),
        grid_of(Note("attacks", "공격"), _ATTACKS, map(_attack, found.of("attack"))),
        bullet_list(_rest(found)),
        bullet_list([made_of]),
    ]
    return blocks(parts, format, screen, lang)


def again_text(
    certificate: Certificate, format: ReportFormat = "md", screen: Screen | None = None, lang: Lang = "en"
) -> str:
    """Return what the last check has found."""
    check = certificate.checks[-1]
    number, date = check.probes, check.date
    sure = Note("", "")
    if check.low is not None and check.high is not None:
        low, high = signed(check.low), signed(check.high)
        sure = Note(f" ({low} to {high})", f"({low} ~ {high})")
    moved = Note("", "")
    if check.shift is not None and check.gap is not None:
        shift, gap = signed(check.shift), points(check.gap)
        moved = Note(
            f": {shift} points{sure}, {gap} apart on average", f": {shift}점{sure.korean}, 평균 {gap}점 벌어짐"
        )
    lines = [
        Note(
            f"judged again on {date}, {number} texts compared{moved}",
            f"{date}에 다시 채점해 글 {number}개를 견줌{moved.korean}",
        )
    ]
    if check.failed:
        lines += [Note(f"{check.failed} replies held no score", f"점수가 없는 응답 {check.failed}건")]
    lines += [_other_model(certificate, check)] if {*check.returned} - {*certificate.returned} else []
    judge, cited = certificate.judge, certificate.number
    grade = (
        Note("has drifted: qualify it again with --rerun all", "점수가 달라졌습니다. --rerun all로 다시 검증하세요")
        if check.drifted
        else Note("scores as it did", "점수가 그대로입니다")
    )
    title = Note(f"judge {judge} {grade} (certificate {cited})", f"심판 {judge}: {grade.korean} (인증서 {cited})")
    return blocks([title, bullet_list(lines)], format, screen, lang)


def _other_model(certificate: Certificate, check: Check) -> Note:
    now, then = ", ".join(check.returned), ", ".join(certificate.returned)
    return Note(
        f"the endpoint answers as {now}; the certificate is of {then or 'an unnamed model'}",
        f"엔드포인트의 응답에 적힌 모델은 {now}인데 인증서의 모델은 {then or '이름 없는 모델'}",
    )


_FAULTS = (
    *(Note("fault", "잘못"), Note("seen", "알아봄"), "95 %", Note("costs", "감점"), "95 %"),
    *(Note("planted", "정해진 감점"), ""),
)
_HARMLESS = (Note("change", "변형"), Note("n", "수"), Note("bias", "편향"), "95 %", "")
_ATTACKS = (Note("attack", "공격"), Note("won", "넘어감"), "95 %", Note("gains", "득점"))


def _name(one: KindFigures) -> Note:
    return Note(one.kind, KINDS[one.kind].korean)


def _fault(one: KindFigures) -> list[str]:
    mark = "" if one.rate and one.rate.low > BLIND else Note("undecided", "분명하지 않음")
    if is_blind(one):
        mark = Note("too little", "너무 적게 깎음") if is_charged(one) else Note("not seen", "알아보지 못함")
    return [
        _name(one),
        *_rate(one.rate),
        points(one.points),
        _ends(one.interval),
        f"{one.planted:.1f}",
        mark,
    ]


def _harmless(one: KindFigures, *, biased: bool) -> list[str]:
    mark = Note("biased", "편향") if biased else ""
    return [_name(one), str(one.number), signed(one.points), _ends(one.interval), mark]


def _attack(one: KindFigures) -> list[str]:
    return [_name(one), *_rate(one.rate), signed(one.points)]


def _rate(rate: Rate | None) -> list[str]:
    return [f"{rate.hits}/{rate.of}", f"{rate.low:.0%}-{rate.high:.0%}"] if rate else ["-", "-"]


def _ends(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    low, high = signed(interval.low), signed(interval.high)
    return Note(f"{low} to {high}", f"{low} ~ {high}")


def _percent(share: float) -> str:
    return "-" if share != share else f"{share:.0%}"


def _rest(found: Qualification) -> Iterator[Note]:
    order, ends = _percent(found.order), found.order_interval
    low, high = (f"{ends.low:.0%}", f"{min(1.0, ends.high):.0%}") if ends else ("", "")
    sure = Note(f" ({low} to {high})", f"({low}~{high})") if ends else Note("", "")
    yield Note(
        f"better and worse answers in the right order: {order}{sure} of {found.pairs} pairs",
        f"더 나은 답변을 가려낸 비율: {found.pairs}쌍의 {order}{sure.korean}",
    )
    full, flawed, ceiling = points(found.full), points(found.flawed), _percent(found.ceiling)
    yield Note(
        f"means: full-mark answers {full}, faulty ones {flawed}", f"평균: 만점 답변 {full}점, 틀린 답변 {flawed}점"
    )
    yield Note(f"full marks for {ceiling} of the faulty answers", f"틀린 답변의 {ceiling}에 만점을 줌")
    number, most = found.distinct, f"{found.commonest:.0%}"
    yield Note(
        f"{number} different scores; the commonest is {most} of all",
        f"서로 다른 점수 {number}가지. 가장 잦은 점수가 전체의 {most}",
    )
    if found.noise:
        spread, same = points(found.noise.deviation), f"{found.noise.same:.0%}"
        yield Note(
            f"noise: {spread} points on one prompt; {same} of the pairs of verdicts are equal",
            f"잡음: 같은 프롬프트에서 {spread}점. 판정 쌍의 {same}가 같은 점수",
        )
    else:
        yield Note(
            "noise: not measured, no prompt has two verdicts", "잡음: 재지 못함. 판정이 두 번 있는 프롬프트가 없음"
        )
    parsed = found.parsed
    share = f"{parsed.hits}/{parsed.of} ({parsed.low:.0%}-{parsed.high:.0%})"
    yield Note(f"replies with a score: {share}", f"점수가 있는 응답: {share}")
    if found.unscored:
        english = ", ".join(f"{kind} {lack}" for kind, lack in found.unscored.items())
        korean = ", ".join(f"{KINDS[kind].korean} {lack}개" for kind, lack in found.unscored.items())
        yield Note(
            f"probes without a score on one of the two texts: {english}",
            f"두 글 가운데 하나에 점수가 없는 문항: {korean}",
        )
    if found.korean is not None:
        yield Note(f"comments in Korean: {found.korean:.0%}", f"한국어 평가: {found.korean:.0%}")

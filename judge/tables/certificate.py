"""What `kojudge qualify` has found of a judge, as it is stored and cited. Pure data.

A certificate is of one configuration of a judge (model, sampling, prompt: `judge_digest`), on one probe set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from judge.config import digest
from judge.records import Record
from judge.tables.results import Results, label_of
from judge.tables.row import Row
from judge.wording import Lang, Note


class Reason(Record):
    """One thing that is wrong with the judge."""

    code: str
    essential: bool
    """Whether no score of the judge may be believed."""
    english: str
    korean: str


class Unsure(Record):
    """A kind of fault of which the probes do not say whether the judge sees it."""

    kind: str
    english: str
    korean: str


class Check(Record):
    """A later look at the same judge: some probes judged again (`kojudge qualify --again`)."""

    date: str
    """UTC day, ISO 8601."""
    returned: tuple[str, ...] = ()
    """The model ids that the endpoint answered as."""
    probes: int
    """Texts that have a score both then and now."""
    failed: int = 0
    """Replies without a score."""
    shift: float | None
    """Mean difference to the certificate's scores, in points of 10; None: no text has a score."""
    low: float | None
    high: float | None
    """95 % interval of the shift; None for a single text."""
    gap: float | None
    """Mean absolute difference."""
    drifted: bool

    def moved(self, lang: Lang) -> str:
        """Return in words how far the scores have moved."""
        parts = []
        if self.shift is not None and self.gap is not None:
            parts += [_TEXTS[lang]["moved"].format(shift=self.shift, gap=self.gap)]
        if self.failed:
            parts += [_TEXTS[lang]["unscored"].format(failed=self.failed)]
        return ", ".join(parts) or _TEXTS[lang]["apart"]


class Certificate(Record):
    """One judge's qualification."""

    judge: str
    judge_digest: str
    """Digest of model, sampling and prompt (`JudgeConfig.digest`): what the certificate is of."""
    template: str
    """Digest of the judge prompt."""
    probes: str
    """Digest of the probe set."""
    own_probes: bool = False
    """Whether the probe set is another than the built-in one."""
    returned: tuple[str, ...] = ()
    """The model ids that the endpoint answered as."""
    begun: str = ""
    """When the first of its verdicts was given (UTC, ISO 8601): two that differ in it are two examinations."""
    date: str
    """UTC day, ISO 8601."""
    kojudge: str = ""
    grade: Literal["qualified", "limited", "not qualified"]
    reasons: tuple[Reason, ...] = ()
    undecided: tuple[Unsure, ...] = ()
    """Kinds of faults that are neither clearly seen nor clearly not."""
    figures: Mapping[str, Any]
    """As `kojudge qualify --json` shows them."""
    scores: Mapping[str, float]
    """`id/kind` -> mean score, on the scale from 0 to 10: what a later check is compared with."""
    checks: tuple[Check, ...] = ()
    """Later checks, oldest first."""
    outdated: bool = Field(default=False, exclude=True)
    """Whether the built-in probes are others by now. In no file: who reads it finds out."""

    @property
    def number(self) -> str:
        """Eight hex digits by which it is cited; the same whatever checks follow."""
        return digest(self.model_dump(mode="json", exclude={"checks"}))[:8]


_GRADES: Mapping[Lang, Mapping[str, str]] = {
    "en": {"qualified": "qualified", "limited": "qualified with limits", "not qualified": "not qualified"},
    "ko": {"qualified": "자격 있음", "limited": "제한적으로 자격 있음", "not qualified": "자격 없음"},
}
_TEXTS: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "none": "judge {judge}: not qualified, it was never examined{how}",
        "how": " (kojudge qualify --judge {judge})",
        "other config": "judge {judge}: not qualified, its certificate {number} is of another configuration "
        "(sampling, prompt, form of the reply, flags of its server); run kojudge qualify with the options of these "
        "verdicts",
        "cited": "judge {judge}: {grade}{reasons} (certificate {number}, {date}{own})",
        "undecided": "it is undecided whether it sees {names}",
        "own": ", on probes of one's own: {probes}",
        "outdated": ", on the built-in probes of another release: kojudge qualify examines it on these",
        "several": "judge {judge}: its endpoint answered as {known} while it was examined, and its certificate is of "
        "them together",
        "alike": "judge {judge}: its certificate is of {known}, these verdicts are by {seen}, which scored alike in a "
        "later check",
        "moved": "{shift:+.1f} points, {gap:.1f} apart on average",
        "unscored": "{failed} replies without a score",
        "apart": "no text has a score both then and now",
        "other": "judge {judge}: its certificate is of {known}, these verdicts are by {seen}: not qualified",
        "drift": "judge {judge}: its scores have drifted since its certificate ({date}: {moved})",
    },
    "ko": {
        "none": "심판 {judge}: 검증하지 않아 자격 없음{how}",
        "how": " (kojudge qualify --judge {judge})",
        "other config": "심판 {judge}: 인증서 {number}은(는) 다른 설정(샘플링, 프롬프트, 응답 형식, 서버 옵션)의 "
        "것이므로 자격 없음. 이 판정과 같은 옵션으로 kojudge qualify를 실행하세요",
        "cited": "심판 {judge}: {grade}{reasons} (인증서 {number}, {date}{own})",
        "undecided": "알아보는지 분명하지 않은 것: {names}",
        "own": ", 직접 만든 시험 문항 {probes}개로 검증",
        "outdated": ", 다른 판의 기본 시험 문항으로 검증: kojudge qualify를 실행해 지금 판의 문항으로 다시 검증하세요",
        "several": "심판 {judge}: 검증하는 동안 엔드포인트가 {known}(으)로 답했으므로 인증서는 이들을 합친 것",
        "alike": "심판 {judge}: 인증서는 {known}의 것이고 이 판정은 {seen}의 것. 나중에 다시 채점했을 때 점수는 같았음",
        "moved": "{shift:+.1f}점, 평균 {gap:.1f}점 차이",
        "unscored": "점수가 없는 응답 {failed}건",
        "apart": "그때와 지금 모두 점수가 있는 글이 없음",
        "other": "심판 {judge}: 인증서는 {known}의 것인데 이 판정은 {seen}의 것이므로 자격 없음",
        "drift": "심판 {judge}: 인증서를 받은 뒤로 점수가 달라짐({date}: {moved})",
    },
}


def citation(series: Results, known: Mapping[str, Certificate]) -> tuple[Note, ...]:
    """Return what is to be said of the judge of a series, of each of those that share it.

    Nothing is said of a rule judge that was never examined.

    `known`: judge digest -> certificate.
    """
    if series.shared:
        each = (
            replace(series, judge=one.judge, judge_name="", config=one.config, returned=one.returned, shared=())
            for one in series.shared
        )
        return tuple(dict.fromkeys(line for one in each for line in citation(one, known)))
    return tuple(map(Note, _citation(series, known, "en"), _citation(series, known, "ko")))


def _citation(series: Results, known: Mapping[str, Certificate], lang: Lang) -> tuple[str, ...]:
    texts, judge = _TEXTS[lang], label_of(series.own_judge, series.offline)
    found = known.get(series.config)
    if found is None:
        if series.offline:
            return ()
        others = [one for one in known.values() if one.judge == series.own_judge]
        if series.config and others:
            newest = max(others, key=lambda one: one.date)
            return (texts["other config"].format(judge=judge, number=newest.number),)
        how = texts["how"].format(judge=series.own_judge) if series.config else ""
        return (texts["none"].format(judge=judge, how=how),)
    last = found.checks[-1] if found.checks else None
    seen = {*series.returned.split(", ")} if series.returned else set()
    alike = {name for check in found.checks if not check.drifted for name in check.returned}
    names = {"judge": judge, "known": ", ".join(found.returned), "seen": ", ".join(sorted(seen))}
    if found.returned and not seen <= {*found.returned} | alike:
        return (texts["other"].format(**names),)
    said = [one.korean if lang == "ko" else one.english for one in found.reasons]
    if found.undecided and found.grade != "not qualified":
        unsure = ", ".join(one.korean if lang == "ko" else one.english for one in found.undecided)
        said.append(texts["undecided"].format(names=unsure))
    reasons = "; ".join(said)
    line = texts["cited"].format(
        judge=judge,
        grade=_GRADES[lang][found.grade],
        reasons=f": {reasons}" if reasons else "",
        number=found.number,
        date=found.date,
        own=_probes_of(found, texts),
    )
    lines = [line]
    if len(found.returned) > 1:
        lines.append(texts["several"].format(**names))
    if found.returned and not seen <= {*found.returned}:
        lines.append(texts["alike"].format(**names))
    if last and last.drifted:
        lines.append(texts["drift"].format(judge=judge, date=last.date, moved=last.moved(lang)))
    return tuple(lines)


def _probes_of(found: Certificate, texts: Mapping[str, str]) -> str:
    if found.own_probes:
        return texts["own"].format(probes=len({text.rpartition("/")[0] for text in found.scores}))
    return texts["outdated"] if found.outdated else ""


def citations(
    series: Sequence[Results], known: Mapping[str, Certificate]
) -> dict[tuple[str, str, str], tuple[Note, ...]]:
    """Return what is to be said of the judge of each series, by (model, strategy, judge)."""
    return {(one.model, one.strategy, one.judge): citation(one, known) for one in series}


def with_citations(rows: Sequence[Row], series: Sequence[Results], known: Mapping[str, Certificate]) -> list[Row]:
    """Return the rows with what is known of their judges in the legend."""
    said = citations(series, known)
    return [replace(row, legend=(*row.legend, *said.get((row.model, row.strategy, row.judge), ()))) for row in rows]

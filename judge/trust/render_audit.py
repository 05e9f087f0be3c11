"""What an audit found -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from judge.tables.cells import csv_text, json_dump
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of
from judge.tables.results import Results
from judge.tables.terminal import Screen
from judge.trust.audit import Hit, JudgeCheck
from judge.trust.audit_rules import AUDIT_RULES, Advice
from judge.wording import Lang, Note, joined, led

HITS_SHOWN = 10
"""Hits a rule that Markdown shows; CSV and JSON hold all."""

ADVICE: Mapping[Advice, Note] = {
    "re-judge": Note("re-judge", "다시 채점"),
    "count as 0": Note("count as 0", "0점으로 셈"),
    "ignore": Note("ignore", "무시"),
}

_HIT = ("rule", "advice", "model", "strategy", "judge", "id", "turn", "repeat", "score", "evidence", "file")
_SUMMARY = (Note("rule", "규칙"), Note("hits", "건수"), Note("what", "내용"), Note("advice", "조치"))
_SHOWN = (
    *(Note("model", "모델"), Note("strategy", "전략"), "id", Note("turn", "턴")),
    *(Note("score", "점수"), Note("evidence", "근거")),
)
_JUDGES = (Note("judge", "심판"), Note("check", "점검"), Note("doubt", "의심"), Note("what", "내용"))


def audit_text(
    hits: Sequence[Hit],
    findings: Sequence[JudgeCheck],
    unseen: int = 0,
    series: Sequence[Results] = (),
    format: ReportFormat = "md",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return the hits by rule and the judge-wide checks; `unseen`: verdicts whose answer was not at hand.

    `series`: what was looked at; what is known of their answers and requests stands below. `lang`: of what people read.
    """
    if format == "json":
        rows = [dict(zip(_HIT, _hit(one), strict=True)) | {"score": one.score} for one in hits]
        known = [
            {"model": one.model, "strategy": one.strategy, "judge": one.judge, "note": note}
            for one in series
            for note in one.notes
        ]
        judges = [asdict(one) for one in findings]
        return json_dump({"hits": rows, "judges": judges, "notes": known, "without_answer": unseen})
    if format == "csv":
        of = {(s.model, s.strategy, s.judge): "; ".join(s.notes) for s in series}
        return csv_text([[*_HIT, "notes"], *([*_hit(hit), of.get(hit.key[:3], "")] for hit in hits)])
    counts = Counter(hit.rule for hit in hits)
    advice = {rule.name: sorted({h.advice for h in hits if h.rule == rule.name}) for rule in AUDIT_RULES}
    summary = [
        [r.name, str(counts[r.name]), r.what, joined((ADVICE[one] for one in advice[r.name]), ", ") or "-"]
        for r in AUDIT_RULES
    ]
    title = Note("verdicts that break the rubric", "채점 기준을 어긴 판정")
    parts: list[Block] = [grid_of(title, _SUMMARY, summary, 4)]
    for rule in AUDIT_RULES:
        own = [_hit(hit) for hit in hits if hit.rule == rule.name]
        if own:
            shown = [[*line[2:4], *line[5:7], *line[8:10]] for line in own[:HITS_SHOWN]]
            parts.append(grid_of(f"{rule.name} ({len(own)})", _SHOWN, shown, 6))
    if any(number > HITS_SHOWN for number in counts.values()):
        parts.append(
            Note(
                f"{HITS_SHOWN} hits a rule are shown; all of them with their files: --format csv or json",
                f"규칙마다 {HITS_SHOWN}건까지만 적었습니다. 전체와 파일 위치는 --format csv나 json으로 볼 수 있습니다",
            )
        )
    lines = [[one.judge, one.check, "!" if one.flagged else "", one.says] for one in findings]
    if lines:
        parts.append(grid_of(Note("the judge as a whole", "심판 전반"), _JUDGES, lines, 4))
    if notes := list(_notes(series)):
        parts.append(bullet_list(notes))
    if unseen:
        parts.append(
            Note(
                f"{unseen} verdicts could not be looked at: their answers are not at the given paths",
                f"판정 {unseen}건은 살펴보지 못했습니다. 주어진 경로에 답변이 없습니다",
            )
        )
    return blocks(parts, format, screen, lang)


def _notes(series: Sequence[Results]) -> Iterator[str]:
    """Yield each note led by its model and strategy, and by its judge where it is not one of all their judges."""
    groups: dict[tuple[str, str], list[Results]] = defaultdict(list)
    for one in series:
        groups[one.model, one.strategy].append(one)
    for row, mine in groups.items():
        for note in dict.fromkeys(note for one in mine for note in one.notes):
            judges = dict.fromkeys(one.judge_label for one in mine if note in one.notes)
            of_all = len(judges) == len({one.judge_label for one in mine})
            for names in [row] if of_all else [(*row, judge) for judge in judges]:
                yield led(" ".join(names), note)


def _hit(hit: Hit) -> list[str]:
    model, strategy, judge, identifier, turn, repeat = hit.key
    names = [hit.rule, hit.advice, model, strategy, judge]
    return [*names, str(identifier), str(turn), str(repeat), f"{hit.score:g}", hit.evidence, hit.path]

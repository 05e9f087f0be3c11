"""A plan -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from judge.endpoints.cost import Prices, dollars, money
from judge.records import Usage
from judge.tables.cells import csv_text, json_dump
from judge.tables.columns import points
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of
from judge.tables.terminal import Screen
from judge.trust.power import ASSUMED, PAIRWISE_GAIN, Goal, Part, PlanRow, Spread
from judge.wording import Lang, Note, joined, worded

HEADER = (
    *(Note("judged", "채점 방식"), Note("answers a question", "문항당 답변"), Note("judges", "심판")),
    *(Note("verdicts", "판정 횟수"), Note("questions", "문항"), Note("answers in all", "전체 답변")),
    *(Note("judge calls", "심판 호출"), Note("dollars", "달러"), Note("shown now", "지금 찾을 수 있는 차이")),
)
KINDS = {"pointwise": Note("pointwise", "점수"), "pairwise": Note("pairwise", "쌍 비교")}
PARTS: Mapping[Part, Note] = {
    "answers": Note("answers", "답변"),
    "judges": Note("judges", "심판"),
    "verdicts": Note("verdicts", "판정"),
}
_MEASURED, _ASSUMED = Note("measured", "잰 값"), Note("assumed", "가정")


@dataclass(frozen=True)
class Tokens:
    """What one judge call needs, on average."""

    pointwise: Usage
    pairwise: Usage
    measured: bool
    """Read off saved verdicts, not assumed."""

    def cost(self, row: PlanRow, calls: int, prices: Prices) -> Decimal:
        """Return the dollars of so many calls."""
        each = self.pointwise if row.kind == "pointwise" else self.pairwise
        return dollars(each, prices) * calls


def plan_text(
    rows: Sequence[PlanRow],
    spread: Spread,
    goal: Goal,
    tokens: Tokens,
    prices: Prices | None,
    format: ReportFormat = "md",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return what each design needs to reach the goal. `lang`: of what people read."""
    if format == "json":
        return json_dump(_data(rows, spread, goal, tokens, prices))
    lines = [_line(row, tokens, prices) for row in rows]
    if format == "csv":
        return csv_text([list(HEADER), *lines])
    kept = [place for place, cells in enumerate(zip(*lines, strict=True)) if any(cells)]
    header, lines = [HEADER[place] for place in kept], [[line[place] for place in kept] for line in lines]
    parts: list[Block] = [bullet_list([_goal(goal), *_found(spread)]), grid_of("", header, lines)]
    return blocks([*parts, bullet_list(_legend(spread, tokens, prices))], format, screen, lang)


def _line(row: PlanRow, tokens: Tokens, prices: Prices | None) -> list[str]:
    costs = [money(tokens.cost(row, calls, prices)) for calls in row.calls] if prices else [""]
    now = [points(each) if math.isfinite(each) else "-" for each in row.shown_by_now or ()]
    return [
        KINDS[row.kind],
        *map(str, row.design),
        *(_span([f"{number:,}" for number in pair]) for pair in (row.questions, row.answers, row.calls)),
        _span(costs),
        _span(now),
    ]


def _span(ends: Sequence[str]) -> str:
    each = dict.fromkeys(ends)
    return Note(" to ".join(each), "~".join(each))


def _goal(goal: Goal) -> Note:
    size, power = points(goal.difference), f"{goal.power:.0%}"
    if goal.sides == 2:
        return Note(
            f"wanted: a true difference of {size} is found in {power} of cases (two-sided at 5 %)",
            f"목표: 실제 차이 {size}점을 {power}의 확률로 찾아냄(양측 5 %)",
        )
    return Note(
        f"wanted: a side without any true difference is found not worse by {size} in {power} of cases (5 %)",
        f"목표: 실제로 차이가 없는 쪽을 {power}의 확률로 {size}점 넘게 나쁘지는 않다고 판단함(5 %)",
    )


def _found(spread: Spread) -> list[Note]:
    where = _ASSUMED
    if spread.pairs:
        size = f"{spread.pairs} pairs, {spread.questions} questions"
        where = Note(f"measured on {size}", f"{spread.pairs}쌍, {spread.questions}문항에서 잰 값")
    of = [
        joined(
            [PARTS[name], f"{share:.0%}", joined(["(", _MEASURED if name in spread.measured else _ASSUMED, ")"], "")],
            " ",
        )
        for name, share in spread.parts.items()
    ]
    shares, deviation = joined(of, ", "), points(spread.deviation)
    return [
        Note(
            f"a question's difference between two sides has a standard deviation of {deviation} ({where})",
            f"문항별 두 쪽 차이의 표준편차 {deviation}({where.korean})",
        ),
        Note(
            f"of its variance: {shares}; the rest are the questions themselves",
            f"그 분산에서 차지하는 몫: {worded(shares, 'ko')}. 나머지는 문항 자체의 몫",
        ),
    ]


_TO_MEASURE: Mapping[Part, Note] = {
    "answers": Note("generate with --samples", "generate에 --samples"),
    "judges": Note("judge with a second --judge", "judge에 두 번째 --judge"),
    "verdicts": Note("judge with --repeats", "judge에 --repeats"),
}


def _legend(spread: Spread, tokens: Tokens, prices: Prices | None) -> list[str]:
    low, high = PAIRWISE_GAIN
    found = [
        Note(
            "answers in all: of both sides; judge calls: of both sides, or in both orders",
            "전체 답변: 두 쪽을 더한 수. 심판 호출: 두 쪽을 더한 수, 또는 두 순서를 더한 수",
        ),
        Note(
            f"pairwise: assumed to be worth {low:g} to {high:g} times the calls of pointwise scores, as on close pairs "
            "of Korean and English MT-Bench",
            f"쌍 비교: 호출 하나를 점수 호출 {low:g}~{high:g}개의 값어치로 가정함. 한국어와 영어 MT-Bench의 비슷한 "
            "모델 쌍에서 잰 값",
        ),
    ]
    if spread.questions:
        n = spread.questions
        found.append(
            Note(
                f"shown now: the difference that {n} questions show",
                f"지금 찾을 수 있는 차이: {n}문항으로 찾아낼 수 있는 차이",
            )
        )
    if assumed := sorted(set(ASSUMED) - spread.measured):
        ways = joined((_TO_MEASURE[name] for name in assumed), ", ")
        found.append(Note(f"to measure what is assumed: {ways}", f"가정한 값을 재려면: {worded(ways, 'ko')}"))
    if prices is None:
        found.append(
            Note(
                "no dollars: give --price-in and --price-out, or --prices FILE",
                "비용을 보려면 --price-in과 --price-out, 또는 --prices FILE을 주세요",
            )
        )
    else:
        asked, said = f"{tokens.pointwise.prompt_tokens:,}", f"{tokens.pointwise.completion_tokens:,}"
        known = _MEASURED if tokens.measured else _ASSUMED
        found.append(
            Note(
                f"dollars: of the judge alone; a pointwise call has {asked} tokens in and {said} out ({known})",
                f"달러: 심판의 비용만. 점수 호출 하나에 입력 {asked}토큰, 출력 {said}토큰({known.korean})",
            )
        )
    return list(found)


def _data(rows: Sequence[PlanRow], spread: Spread, goal: Goal, tokens: Tokens, prices: Prices | None) -> dict[str, Any]:
    found = []
    for row in rows:
        named = {"judged": row.kind, "answers": row.design.answers, "judges": row.design.judges}
        named |= {"verdicts": row.design.verdicts}
        costs = [str(tokens.cost(row, calls, prices)) for calls in row.calls] if prices else None
        found.append(
            named
            | {"questions": row.questions, "answers_in_all": row.answers, "judge_calls": row.calls}
            | {"dollars": costs, "shown_now": row.shown_by_now}
        )
    known = asdict(spread) | {"measured": sorted(spread.measured), "parts": dict(spread.parts)}
    return {"goal": goal._asdict(), "spread": known, "designs": found}

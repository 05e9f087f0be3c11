"""Paired comparisons -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from judge.tables.cells import csv_text, json_dump
from judge.tables.columns import points
from judge.tables.means import category_names
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of, p_text, signed
from judge.tables.ranges import range_notes
from judge.tables.row import Interval
from judge.tables.terminal import Screen
from judge.trust.compare import Comparison, Comparisons
from judge.trust.render_decisions import DECISION_CSV, decision_cells, decision_legend, decision_line
from judge.wording import Lang, Note, joined, led

_COMPARE = ("a", "b", "n", "difference", "95 % interval", "p", "p (Holm)", "win/tie/loss", "80 % power", "verdict")


NOT_COMPARED = Note("not compared", "비교하지 않음")

SKIPPED_SHOWN = 10
"""Pairs that could not be compared which are named; JSON names all."""


def compare_text(
    result: Comparisons, format: ReportFormat = "md", screen: Screen | None = None, lang: Lang = "en"
) -> str:
    """Return the comparisons; B minus A throughout. `lang`: of the notes, where people read them."""
    if format == "json":
        rows = [asdict(one) | {"verdict": one.verdict} for one in result.found]
        return json_dump({"comparisons": rows, "skipped": result.skipped})
    if format == "csv":
        head = [*_COMPARE_CSV, *(DECISION_CSV if any(one.decision for one in result.found) else ())]
        return csv_text([head, *map(_compare_csv, result.found)])
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for one in result.found:
        groups.setdefault(one.same, []).append(one)
    rulings = [
        joined([decision_line(one.a, one.b, one.decision), *[f"({' · '.join(one.same)})"] * (len(groups) > 1)], " ")
        for one in result.found
        if one.decision
    ]
    parts: list[Block] = [bullet_list(rulings)] if rulings else []
    parts += [part for same, members in groups.items() for part in _compare_group(" · ".join(same), members)]
    parts.append(bullet_list(_known(result.found)))
    if result.skipped:
        more = len(result.skipped) - SKIPPED_SHOWN
        others = Note(f"{more} more pairs (--format json names all)", f"그 밖의 {more}쌍(--format json에 모두 나옴)")
        rest = [others] * (more > 0)
        parts.append(bullet_list(led(NOT_COMPARED, line) for line in (*result.skipped[:SKIPPED_SHOWN], *rest)))
    if result.found:
        scale = range_notes(result.found[0].score_range)
        legend = [*scale, *_compare_legend(len(result.found)), *[decision_legend()] * bool(rulings)]
        parts.append(bullet_list(legend))
    return blocks(parts, format, screen, lang)


def _compare_group(title: str, members: Sequence[Comparison]) -> list[Block]:
    lines = [
        [
            f"{one.a} ({points(one.score_a)})",
            f"{one.b} ({points(one.score_b)})",
            str(one.questions),
            signed(one.difference),
            _ends(one.interval),
            p_text(one.p),
            p_text(one.p_holm),
            f"{one.wins}/{one.ties}/{one.losses}",
            points(one.smallest),
            one.verdict,
        ]
        for one in members
    ]
    categories = category_names(c.category for one in members for c in one.categories)
    cells = []
    for one in members:
        own = {c.category: c for c in one.categories}
        shown = [f"{signed(own[c].difference)} ({p_text(own[c].p_holm)})" if c in own else "-" for c in categories]
        cells.append([f"{one.b} - {one.a}", *shown])
    left_out = [led(f"{one.b} - {one.a}", line) for one in members for line in one.notes]
    for one in members:
        pair = f"{one.b} - {one.a}"
        left_out += [led(Note(f"left out of {pair}", f"{pair}에서 뺀 것"), line) for line in one.left_out]
    by_category = grid_of("", ["difference (p, Holm)", *categories], cells)
    return [grid_of(title, _COMPARE, lines, 2), by_category, bullet_list(left_out)]


def _known(found: Sequence[Comparison]) -> list[str]:
    """Return every footnote of the rows that are compared once, with the rows that it is on."""
    several = len({one.same for one in found}) > 1
    rows: dict[str, dict[str, None]] = {}
    for one in found:
        for side, note in one.known:
            rows.setdefault(note, {})[f"{side} ({' · '.join(one.same)})" if several else side] = None
    return [led(", ".join(sides), note) for note, sides in rows.items()]


def _ends(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    low, high = signed(interval.low), signed(interval.high)
    return Note(f"{low} to {high}", f"{low} ~ {high}")


def _compare_legend(number: int) -> list[Note]:
    return [
        Note(
            "difference: b - a on the questions and turns that both have; interval by cluster bootstrap over questions",
            "difference: 양쪽에 다 있는 문항과 턴에서 b - a. 구간은 문항을 단위로 한 부트스트랩으로 구함",
        ),
        Note(
            f"p: paired permutation test, questions change sign with all their turns; Holm over {number} comparisons, "
            "for the categories over all categories of all comparisons",
            f"p: 짝지은 순열 검정(문항의 모든 턴이 함께 부호를 바꿈). 비교 {number}건에 걸쳐, 범주별 값은 모든 "
            "비교의 모든 범주에 걸쳐 Holm 방법으로 보정함",
        ),
        Note(
            "win/tie/loss: questions on which b scored higher, the same, lower",
            "win/tie/loss: b의 점수가 더 높은, 같은, 더 낮은 문항의 수",
        ),
        Note(
            "80 % power: the true difference that this many questions show four times in five",
            "80 % power: 이만한 문항으로 다섯 번에 네 번 찾아낼 수 있는 참 차이",
        ),
        Note(
            "verdict: one side is better only where the interval leaves out 0 and p (Holm) is below 0.05",
            "verdict: 구간에 0이 없고 p (Holm)이 0.05보다 작을 때만 한쪽이 높다고 봄",
        ),
    ]


_COMPARE_CSV = [
    *("over", "same_1", "same_2", "a", "b", "questions", "items", "score_a", "score_b", "difference", "low", "high"),
    *("p", "p_holm", "wins", "ties", "losses", "smallest", "verdict", "left_out", "notes", "lowest", "highest"),
]


def _compare_csv(one: Comparison) -> list[str]:
    ends = (points(one.interval.low), points(one.interval.high)) if one.interval else ("", "")
    return [
        *(one.over, *one.same, one.a, one.b, str(one.questions), str(one.items)),
        *(points(one.score_a), points(one.score_b), points(one.difference), *ends),
        *(f"{one.p:.4f}", f"{one.p_holm:.4f}", str(one.wins), str(one.ties), str(one.losses)),
        *(
            points(one.smallest),
            one.verdict,
            "; ".join(one.left_out),
            "; ".join([*one.notes, *dict.fromkeys(f"{side}: {note}" for side, note in one.known)]),
        ),
        *(f"{end:g}" for end in one.score_range),
        *(decision_cells(one.decision) if one.decision else ()),
    ]

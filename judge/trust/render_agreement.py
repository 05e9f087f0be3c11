"""What agreement found -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from judge.tables.cells import Grid, csv_text, json_dump
from judge.tables.columns import points
from judge.tables.pairing import by_id_note
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of, signed
from judge.tables.results import OFFLINE
from judge.tables.terminal import Screen
from judge.trust.agreement import Agreement
from judge.trust.noise import Noise, SeriesNoise, overall_half
from judge.wording import Lang, Note, joined, led

AGREEMENT = Note("agreement", "일치도")
HEURISTIC = Note(
    f"agreement with the {OFFLINE}: no model was asked, so this is no second judge",
    "오프라인 휴리스틱과의 일치도: 모델에 묻지 않았으므로 두 번째 심판으로 볼 수 없음",
)

_PLACE = (Note("model", "모델"), Note("strategy", "전략"))
_AGREE = (
    *("a", "b", Note("n", "항목"), "Spearman", "Kendall", Note("kappa (quadratic)", "카파(제곱 가중)")),
    *(Note("alpha", "알파"), Note("mean error", "평균 오차"), Note("bias", "편향"), Note("rows", "행")),
    *(Note("rows: Spearman", "행: Spearman"), Note("rows: Kendall", "행: Kendall"), Note("rows: error", "행: 오차")),
)
_NOISE = (
    *(*_PLACE, Note("judge", "심판"), Note("repeats", "반복"), Note("sd a verdict", "판정의 표준편차")),
    *(Note("share of variance", "분산 가운데 몫"), Note("same verdict", "같은 점수")),
    *(Note("Overall (mean)", "Overall(평균)"), Note("Overall (median)", "Overall(중앙값)")),
    *(Note("each time", "회차별 Overall"), Note("judge drawn again", "심판만 다시 물을 때")),
)


def agreement_text(
    found: Sequence[Agreement],
    alpha: float,
    noises: Sequence[SeriesNoise] = (),
    prompts: Noise | None = None,
    format: ReportFormat = "md",
    screen: Screen | None = None,
    lang: Lang = "en",
) -> str:
    """Return the agreement of raters; `noises` from repeats, `prompts` from identical prompts.

    The rule judge is no judge like the others: what it agrees with stands in a table of its own. `lang`: of what
    people read.
    """
    if format == "json":
        whole = {"agreements": [asdict(one) for one in found], "alpha": alpha}
        more = {"repeats": [asdict(one) for one in noises], "identical_prompts": asdict(prompts) if prompts else None}
        return json_dump(whole | more)
    if format == "csv":
        return csv_text([[*_AGREE, "offline"], *([*_agree_line(one), str(int(one.offline))] for one in found)])
    parts: list[Block] = []
    for title, own in (
        (AGREEMENT, [o for o in found if not o.offline]),
        (HEURISTIC, [o for o in found if o.offline]),
    ):
        if own:
            parts += [
                grid_of(title, _AGREE, map(_agree_line, own), 2),
                bullet_list(line for one in own for line in _said(one)),
            ]
    if found:
        parts.append(bullet_list([_alpha(found, alpha)]))
    parts += [_gaps(one) for one in found if one.gaps]
    parts += [noise_table(noises)] if noises else []
    parts += [bullet_list([prompts_line(prompts)])] if prompts else []
    return blocks(parts, format, screen, lang)


def _alpha(found: Sequence[Agreement], alpha: float) -> Note:
    if all(one.offline for one in found):
        of = Note(f"the judge and the {OFFLINE}", "심판과 오프라인 휴리스틱")
    else:
        of = Note("all judges", "모든 심판")
    return Note(f"Krippendorff alpha of {of}: {points(alpha)}", f"{of.korean}의 Krippendorff 알파: {points(alpha)}")


def _agree_line(one: Agreement) -> list[str]:
    numbers = (one.spearman, one.kendall, one.kappa, one.alpha, one.error)
    rows = (one.rows_spearman, one.rows_kendall, one.rows_error)
    return [one.a, one.b, str(one.items), *map(points, numbers), signed(one.bias), str(one.rows), *map(points, rows)]


def _said(one: Agreement) -> list[str]:
    """Return what was left out of an agreement, and what of it may be the judges' own noise."""
    pair = Note(f"{one.a} and {one.b}", f"{one.a}, {one.b}")
    said = [_floor(one), *_left_out(one)]
    lines = [led(pair, joined(said, "; "))]
    lines += [led(pair, one.different_sets)] if one.different_sets else []
    return lines + ([led(pair, by_id_note(one.by_id, one.items))] if one.by_id else [])


def _floor(one: Agreement) -> Note:
    if one.floor is None:
        return Note(
            "mean error from the judges' own noise unknown; judge again with --repeats to see it",
            "평균 오차 가운데 심판 자체의 잡음에서 오는 몫은 알 수 없음(--repeats로 다시 채점하면 보임)",
        )
    floor, error = points(one.floor), points(one.error)
    return Note(
        f"mean error from the judges' own noise {floor} of {error}",
        f"평균 오차 {error} 가운데 심판 자체의 잡음에서 오는 몫 {floor}",
    )


def _left_out(one: Agreement) -> list[str]:
    left = (
        (one.only_a, Note(f"{one.only_a} items only {one.a} has", f"{one.a}에만 있는 항목 {one.only_a}개")),
        (one.only_b, Note(f"{one.only_b} only {one.b}", f"{one.b}에만 있는 항목 {one.only_b}개")),
        (n := one.other_question, Note(f"{n} that ask another question", f"질문이 다른 항목 {n}개")),
        (n := one.other_text, Note(f"{n} on other texts", f"답변 글이 다른 항목 {n}개")),
    )
    outside = [said for number, said in left if number]
    return [led(Note("left out", "뺀 것"), joined(outside, ", "))] if outside else []


def _gaps(one: Agreement) -> Grid:
    lines = [
        [gap.place[0], gap.place[1], str(gap.place[2]), str(gap.place[3]), points(gap.a), points(gap.b)]
        for gap in one.gaps
    ]
    title = Note("largest disagreement", "가장 크게 갈린 항목")
    return grid_of(title, [*_PLACE, "id", Note("turn", "턴"), one.a, one.b], lines, 2)


def noise_table(noises: Sequence[SeriesNoise]) -> Grid:
    """Return the judge's spread over its repeats."""
    lines = [
        [
            *(one.model, one.strategy, one.judge, str(one.repeats), points(one.noise.deviation)),
            *(f"{one.noise.share:.0%}", f"{one.noise.same:.0%}", points(one.overall), points(one.median_overall)),
            *(", ".join(map(points, one.each)), f"±{points(one.half)}"),
        ]
        for one in noises
    ]
    still = dict.fromkeys(one.judge for one in noises if one.still)
    below = [
        Note(
            f"{judge} was asked at temperature 0, where a repeat mostly says the same again: this is not how far it "
            "can be trusted; for that, judge with --judge-temperature 0.7 --repeats 3",
            f"{judge}: temperature 0으로 물었으므로 반복해도 대개 같은 판정이 나옴. 이 값으로는 얼마나 믿을 수 있는지 "
            "알 수 없음. 그것을 보려면 --judge-temperature 0.7 --repeats 3으로 채점하세요",
        )
        for judge in still
    ]
    title = Note("noise of the judge, from repeats", "심판의 잡음(반복 판정에서 잼)")
    return replace(grid_of(title, _NOISE, lines, 3), below=tuple(below))


def prompts_line(found: Noise, items: int = 84) -> Note:
    """Return what the judge made of one and the same prompt."""
    deviation, half = points(found.deviation), points(overall_half(found.deviation, items))
    return Note(
        f"noise of the judge, from {found.groups} prompts it saw more than once ({found.verdicts} verdicts): sd "
        f"{deviation} a verdict, {found.same:.0%} of pairs equal; Overall of {items} verdicts moves by ±{half} when "
        "only the judge is drawn again",
        f"심판의 잡음(두 번 이상 본 프롬프트 {found.groups}개, 판정 {found.verdicts}건에서 잼): 판정의 표준편차 "
        f"{deviation}, 판정 쌍의 {found.same:.0%}가 같은 점수. 심판에게만 다시 물으면 판정 {items}건의 Overall이 "
        f"±{half}만큼 움직임",
    )

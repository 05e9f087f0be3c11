"""What the questions are worth -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from judge.tables.cells import csv_text, json_dump
from judge.tables.columns import points
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of
from judge.tables.terminal import Screen
from judge.trust.items import ItemStatistics, ItemTable, Worth
from judge.trust.render_agreement import prompts_line
from judge.wording import Lang, Note, joined, worded

ITEMS_NAMED = 10
"""Questions that are named as carrying the ranking."""

WORTH: dict[Worth, Note] = {
    "carries the ranking": Note("carries the ranking", "순위를 가름"),
    "weak": Note("weak", "순위를 조금 가름"),
    "carries nothing": Note("carries nothing", "순위와 무관"),
    "against the ranking": Note("against the ranking", "순위와 반대"),
    "no spread": Note("no spread", "점수 차이 없음"),
    "saturated": Note("saturated", "거의 모두 만점"),
}
_ITEM = (
    *("id", Note("category", "범주"), Note("item-rest", "나머지와의 상관"), Note("turn 1", "1턴")),
    *(Note("later", "이후 턴"), Note("mean", "평균"), Note("sd", "표준편차"), Note("saturation", "상위권 만점")),
    *(Note("carries", "순위 기여"), Note("judge's sd", "심판의 표준편차"), Note("worth", "역할")),
)


def items_text(
    found: Sequence[ItemTable], format: ReportFormat = "md", screen: Screen | None = None, lang: Lang = "en"
) -> str:
    """Return every question's quality, those that carry most of the ranking first. `lang`: of what people read."""
    if format == "json":
        tables = [asdict(table) for table in found]
        for table, one in zip(tables, found, strict=True):
            table["items"] = [asdict(item) | {"verdict": item.verdict} for item in one.items]
        return json_dump({"judges": tables})
    if format == "csv":
        header = ["judge", *_ITEM, "question"]
        return csv_text([header, *([t.judge, *_item(i), i.text] for t in found for i in _ordered(t))])
    return blocks((part for one in found for part in _items(one)), format, screen, lang)


def _items(one: ItemTable) -> list[Block]:
    number, rows, alpha = len(one.items), one.rows, points(one.alpha)
    title = Note(f"{one.judge}: {number} questions over {rows} rows", f"{one.judge}: 문항 {number}개, 행 {rows}개")
    ordered = _ordered(one)
    carry = [item for item in ordered if item.verdict == "carries the ranking"][:ITEMS_NAMED]
    idle = [i for i in ordered if i.verdict in ("saturated", "no spread", "carries nothing", "against the ranking")]
    most, nothing, share = _named(carry), _named(idle), f"{sum(item.carries for item in carry):.0%}"
    says = [
        Note(
            f"reliability of the set over these rows (Cronbach's alpha): {alpha}",
            f"이 행들에서 본 문항 세트의 신뢰도(Cronbach 알파): {alpha}",
        ),
        Note(
            f"carry the ranking most: {most} ({share} of its variance)",
            f"순위를 가장 많이 가르는 문항: {worded(most, 'ko')} (평균 점수 분산의 {share})",
        ),
        Note(f"carry nothing: {nothing}", f"순위를 가르지 못하는 문항: {worded(nothing, 'ko')}"),
    ]
    if one.noise:
        says.append(prompts_line(one.noise))
    return [grid_of(title, _ITEM, map(_item, ordered), 2), bullet_list(says)]


def _ordered(table: ItemTable) -> list[ItemStatistics]:
    return sorted(table.items, key=lambda item: -item.carries if item.carries == item.carries else 0)


def _named(items: Sequence[ItemStatistics]) -> str:
    named = []
    for item in items:
        name = f"{item.id} {item.category}"
        carries = item.verdict == "carries the ranking"
        named.append(name if carries else joined([name, joined(["(", WORTH[item.verdict], ")"], "")], " "))
    return joined(named, ", ") or Note("none", "없음")


def _item(item: ItemStatistics) -> list[str]:
    numbers = [points(item.item_rest), *(points(n, 1) for n in (item.single, item.multi, item.mean, item.spread))]
    judge = "-" if item.noise is None else points(item.noise)
    last = [f"{item.saturation:.0%}", f"{item.carries:.1%}", judge, WORTH[item.verdict]]
    return [str(item.id), item.category, *numbers, *last]

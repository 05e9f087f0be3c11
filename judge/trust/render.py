"""What agreement, audit, calibrate and items found -> Markdown, text for a terminal, CSV or JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from judge.tables.cells import Grid, csv_text, json_dump
from judge.tables.columns import points
from judge.tables.pairing import by_id_note
from judge.tables.parts import Block, ReportFormat, blocks, bullet_list, grid_of, signed
from judge.tables.results import OFFLINE, Results
from judge.tables.terminal import Screen
from judge.trust.agreement import Agreement
from judge.trust.audit import Hit, JudgeCheck
from judge.trust.audit_rules import AUDIT_RULES
from judge.trust.calibrate import WAYS, Calibration
from judge.trust.items import ItemStatistics, ItemTable
from judge.trust.noise import Noise, SeriesNoise, overall_half

HITS_SHOWN = 10
"""Hits a rule that Markdown shows; CSV and JSON hold all."""

ITEMS_NAMED = 10
"""Questions that are named as carrying the ranking."""

NO_FLOOR = "unknown; judge again with --repeats to see it"


# -- agreement and noise

_AGREE = (
    *("a", "b", "n", "Spearman", "Kendall", "kappa (quadratic)", "alpha", "mean error", "bias"),
    *("rows", "rows: Spearman", "rows: Kendall", "rows: error"),
)


def agreement_text(
    found: Sequence[Agreement],
    alpha: float,
    noises: Sequence[SeriesNoise] = (),
    prompts: Noise | None = None,
    format: ReportFormat = "md",
    screen: Screen | None = None,
) -> str:
    """Return the agreement of raters; `noises` from repeats, `prompts` from identical prompts.

    The rule judge is no judge like the others: what it agrees with stands in a table of its own.
    """
    if format == "json":
        whole = {"agreements": [asdict(one) for one in found], "alpha": alpha}
        more = {"repeats": [asdict(one) for one in noises], "identical_prompts": asdict(prompts) if prompts else None}
        return json_dump(whole | more)
    if format == "csv":
        return csv_text([[*_AGREE, "offline"], *([*_agree_line(one), str(int(one.offline))] for one in found)])
    parts: list[Block] = []
    for title, own in (
        ("agreement", [o for o in found if not o.offline]),
        (HEURISTIC, [o for o in found if o.offline]),
    ):
        if own:
            parts += [
                grid_of(title, _AGREE, map(_agree_line, own), 2),
                bullet_list(line for one in own for line in _said(one)),
            ]
    if found:
        parts.append(bullet_list([f"Krippendorff alpha of {_all(found)}: {points(alpha)}"]))
    parts += [_gaps(one) for one in found if one.gaps]
    parts += [noise_table(noises)] if noises else []
    parts += [bullet_list([prompts_line(prompts)])] if prompts else []
    return blocks(parts, format, screen)


HEURISTIC = f"agreement with the {OFFLINE}: no model was asked, so this is no second judge"


def _all(found: Sequence[Agreement]) -> str:
    judges = dict.fromkeys(name for one in found if not one.offline for name in (one.a, one.b))
    return "all judges" if judges else f"the judge and the {OFFLINE}"


def _agree_line(one: Agreement) -> list[str]:
    numbers = (one.spearman, one.kendall, one.kappa, one.alpha, one.error)
    rows = (one.rows_spearman, one.rows_kendall, one.rows_error)
    return [one.a, one.b, str(one.items), *map(points, numbers), signed(one.bias), str(one.rows), *map(points, rows)]


def _said(one: Agreement) -> list[str]:
    """Return what was left out of an agreement, and what of it may be the judges' own noise."""
    floor = NO_FLOOR if one.floor is None else f"{points(one.floor)} of {points(one.error)}"
    left = {
        f"{one.only_a} items only {one.a} has": one.only_a,
        f"{one.only_b} only {one.b}": one.only_b,
        f"{one.other_question} that ask another question": one.other_question,
        f"{one.other_text} on other texts": one.other_text,
    }
    outside = [text for text, number in left.items() if number]
    more = f"; left out: {', '.join(outside)}" if outside else ""
    pair = f"{one.a} and {one.b}"
    said = [f"{pair}: mean error from the judges' own noise {floor}{more}"]
    said += [f"{pair}: {one.different_sets}"] if one.different_sets else []
    return said + ([f"{pair}: {by_id_note(one.by_id, one.items)}"] if one.by_id else [])


def _gaps(one: Agreement) -> Grid:
    lines = [
        [gap.place[0], gap.place[1], str(gap.place[2]), str(gap.place[3]), points(gap.a), points(gap.b)]
        for gap in one.gaps
    ]
    return grid_of("largest disagreement", ["model", "strategy", "id", "turn", one.a, one.b], lines, 2)


_NOISE = (
    *("model", "strategy", "judge", "repeats", "sd a verdict", "share of variance", "same verdict"),
    *("Overall (mean)", "Overall (median)", "each time", "judge drawn again"),
)


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
        f"{judge} was asked at temperature 0, where a repeat mostly says the same again: this is not how far it can be "
        "trusted; for that, judge with --judge-temperature 0.7 --repeats 3"
        for judge in still
    ]
    return replace(grid_of("noise of the judge, from repeats", _NOISE, lines, 3), below=tuple(below))


def prompts_line(found: Noise, items: int = 84) -> str:
    """Return what the judge made of one and the same prompt."""
    return (
        f"noise of the judge, from {found.groups} prompts it saw more than once ({found.verdicts} verdicts): sd "
        f"{points(found.deviation)} a verdict, {found.same:.0%} of pairs equal; Overall of {items} verdicts moves by "
        f"±{points(overall_half(found.deviation, items))} when only the judge is drawn again"
    )


# -- audit

_HIT = ("rule", "advice", "model", "strategy", "judge", "id", "turn", "repeat", "score", "evidence", "file")


def audit_text(
    hits: Sequence[Hit],
    findings: Sequence[JudgeCheck],
    unseen: int = 0,
    series: Sequence[Results] = (),
    format: ReportFormat = "md",
    screen: Screen | None = None,
) -> str:
    """Return the hits by rule and the judge-wide checks; `unseen`: verdicts whose answer was not at hand.

    `series`: what was looked at; what is known of their answers and requests stands below.
    """
    notes = list(dict.fromkeys((one.model, one.strategy, note) for one in series for note in one.notes))
    if format == "json":
        rows = [dict(zip(_HIT, _hit(one), strict=True)) | {"score": one.score} for one in hits]
        known = [dict(zip(("model", "strategy", "note"), note, strict=True)) for note in notes]
        judges = [asdict(one) for one in findings]
        return json_dump({"hits": rows, "judges": judges, "notes": known, "without_answer": unseen})
    if format == "csv":
        of = {(s.model, s.strategy, s.judge): "; ".join(s.notes) for s in series}
        return csv_text([[*_HIT, "notes"], *([*_hit(hit), of.get(hit.key[:3], "")] for hit in hits)])
    counts = Counter(hit.rule for hit in hits)
    advice = {rule.name: sorted({h.advice for h in hits if h.rule == rule.name}) for rule in AUDIT_RULES}
    summary = [[r.name, str(counts[r.name]), r.what, ", ".join(advice[r.name]) or "-"] for r in AUDIT_RULES]
    parts: list[Block] = [grid_of("verdicts that break the rubric", ["rule", "hits", "what", "advice"], summary, 4)]
    for rule in AUDIT_RULES:
        own = [_hit(hit) for hit in hits if hit.rule == rule.name]
        if own:
            shown = [[*line[2:4], *line[5:7], *line[8:10]] for line in own[:HITS_SHOWN]]
            parts.append(grid_of(f"{rule.name} ({len(own)})", [*_HIT[2:4], *_HIT[5:7], *_HIT[8:10]], shown, 6))
    if any(number > HITS_SHOWN for number in counts.values()):
        parts.append(f"{HITS_SHOWN} hits a rule are shown; all of them with their files: --format csv or json")
    lines = [[one.judge, one.check, "!" if one.flagged else "", one.says] for one in findings]
    parts.append(grid_of("the judge as a whole", ["judge", "check", "doubt", "what"], lines, 4))
    if notes:
        parts.append(bullet_list(f"{model} {strategy}: {note}" for model, strategy, note in notes))
    if unseen:
        parts.append(f"{unseen} verdicts could not be looked at: their answers are not at the given paths")
    return blocks(parts, format, screen)


def _hit(hit: Hit) -> list[str]:
    model, strategy, judge, identifier, turn, repeat = hit.key
    names = [hit.rule, hit.advice, model, strategy, judge]
    return [*names, str(identifier), str(turn), str(repeat), f"{hit.score:g}", hit.evidence, hit.path]


# -- calibrate


def calibration_text(found: Calibration, format: ReportFormat = "md", screen: Screen | None = None) -> str:
    """Return what a map is worth."""
    names = {"none": "the new score as it is", "constant": "the mean of the other models"}
    names |= {"isotonic": "isotonic, verdict by verdict", "linear": "linear, verdict by verdict"}
    names |= {"means": "linear, through the means of rows"}
    lines = [
        [names[key] + " (used)" * (key == found.way), *map(points, (e.rms, e.mean_absolute, e.worst)), signed(e.bias)]
        for key, e in ((key, found.errors[key]) for key in (*WAYS, "none", "constant"))
    ]
    size = f"{len(found.models)} models, {found.rows} rows, {found.verdicts} verdicts by both"
    title = f"{found.new_label} on the scale of {found.old_label}: {size}"
    header = ["Overall predicted for a model left out", "rms error", "mean error", "worst", "bias"]
    parts: list[Block] = [grid_of(title, header, lines)]
    if found.other_questions:
        parts.append(f"left out: {found.other_questions} verdicts on other questions of the same id")
    parts += [by_id_note(found.by_id, found.verdicts)] if found.by_id else []
    best = found.errors[found.way].rms
    if found.errors["none"].rms <= best:
        parts.append("! no map is better than the new score as it is: the two scales lie together already")
    if best >= 0.8 * found.errors["constant"].rms:
        parts.append("! the map is hardly better than guessing the mean: the new judge says little of the old one")
    return blocks(parts, format, screen)


# -- items

_ITEM = (
    *("id", "category", "item-rest", "turn 1", "later", "mean", "sd", "saturation", "carries"),
    *("judge's sd", "worth"),
)


def items_text(found: Sequence[ItemTable], format: ReportFormat = "md", screen: Screen | None = None) -> str:
    """Return every question's quality, those that carry most of the ranking first."""
    if format == "json":
        tables = [asdict(table) for table in found]
        for table, one in zip(tables, found, strict=True):
            table["items"] = [asdict(item) | {"verdict": item.verdict} for item in one.items]
        return json_dump({"judges": tables})
    if format == "csv":
        header = ["judge", *_ITEM, "question"]
        return csv_text([header, *([t.judge, *_item(i), i.text] for t in found for i in _ordered(t))])
    return blocks((part for one in found for part in _items(one)), format, screen)


def _items(one: ItemTable) -> list[Block]:
    title = f"{one.judge}: {len(one.items)} questions over {one.rows} rows"
    ordered = _ordered(one)
    carry = [item for item in ordered if item.verdict == "carries the ranking"][:ITEMS_NAMED]
    idle = [i for i in ordered if i.verdict in ("saturated", "no spread", "carries nothing", "against the ranking")]
    says = [
        f"reliability of the set over these rows (Cronbach's alpha): {points(one.alpha)}",
        f"carry the ranking most: {_named(carry)} ({sum(item.carries for item in carry):.0%} of its variance)",
        f"carry nothing: {_named(idle)}",
    ]
    if one.noise:
        says.append(prompts_line(one.noise))
    return [grid_of(title, _ITEM, map(_item, ordered), 2), bullet_list(says)]


def _ordered(table: ItemTable) -> list[ItemStatistics]:
    return sorted(table.items, key=lambda item: -item.carries if item.carries == item.carries else 0)


def _named(items: Sequence[ItemStatistics]) -> str:
    why = {item.id: "" if item.verdict == "carries the ranking" else f" ({item.verdict})" for item in items}
    return ", ".join(f"{item.id} {item.category}{why[item.id]}" for item in items) or "none"


def _item(item: ItemStatistics) -> list[str]:
    numbers = [points(item.item_rest), *(points(n, 1) for n in (item.single, item.multi, item.mean, item.spread))]
    judge = "-" if item.noise is None else points(item.noise)
    last = [f"{item.saturation:.0%}", f"{item.carries:.1%}", judge, item.verdict]
    return [str(item.id), item.category, *numbers, *last]

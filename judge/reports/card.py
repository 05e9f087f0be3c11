"""Rows -> the section of a model card, in the layout that Korean models are published with. Pure.

    | Model (type) | 추론 | 수학 | 글쓰기 | 코딩 | 이해 | 문법 | 싱글턴 | 멀티턴 | Overall |

For each judge: every model under its best strategy beside the models it is compared with, all strategies, and
what the files say of judge, date and versions. Every number is a cell of `kojudge table` on the same files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from judge.config import STANDARD_RANGE
from judge.records import BASELINE_CATEGORIES
from judge.reports.facts import Facts
from judge.reports.markdown import bold, escaped, link
from judge.reports.words import WORDS, Lang, Words, category_label
from judge.tables.cells import markdown_table
from judge.tables.columns import plus_minus
from judge.tables.means import asked_unlike, category_order, scores, strategy_key
from judge.tables.numbers import Rounding, format_score
from judge.tables.ranges import range_notes
from judge.tables.row import Row


@dataclass(frozen=True)
class CardGroup:
    """The rows of one judge on one question set."""

    rows: tuple[Row, ...]
    """Of the card's model."""
    compared: tuple[Row, ...]
    """Of other models."""
    facts: Facts
    left_out: tuple[str, ...] = ()
    """Models to be compared that this judge has not judged on these questions."""
    cited: Mapping[Lang, tuple[str, ...]] = field(default_factory=dict)
    """What is known of the judge: its certificate, or that it has none."""


@dataclass(frozen=True)
class CardStyle:
    """How a section is written."""

    lang: Lang = "ko"
    rounding: Rounding = "half-up"
    compared_rounding: Rounding | None = None
    """Of the rows of other models; None: as the rest."""
    answers_url: str = ""
    """Checked by `card_sources.checked_url`; empty: no link."""
    version: str = ""
    """Of this program."""
    draws: int = 0
    seed: int = 0
    """Of the bootstrap behind the intervals."""
    scale: tuple[float, float] = STANDARD_RANGE
    """Lowest and highest score."""
    names: dict[str, str] = field(default_factory=dict)
    """Model -> what it is called; filled by `section`."""

    @property
    def words(self) -> Words:
        """The texts of its language."""
        return WORDS[self.lang]


def best_row(rows: Iterable[Row]) -> Row | None:
    """Return the row with the best Overall, of equal ones the simpler strategy; None where nothing was judged."""
    scored = [row for row in rows if row.overall is not None]
    return min(scored, key=lambda row: (-(row.overall or 0), strategy_key(row.strategy)), default=None)


def section(groups: Sequence[CardGroup], style: CardStyle, *, benchmarks: str = "", contests: str = "") -> str:
    """Return the section, ending in a line end. `contests`, `benchmarks`: finished parts that go below the tables."""
    models = dict.fromkeys(row.model for group in groups for row in (*group.rows, *group.compared))
    models |= dict.fromkeys(name for group in groups for name in group.left_out)
    named = CardStyle(**{**vars(style), "names": short_names(models)})
    parts = [f"## {style.words.title}"]
    for group in groups:
        parts += _group(group, named, several=len(groups) > 1)
    parts += [contests] if contests else []
    if benchmarks:
        parts += [f"### {style.words.benchmarks}", benchmarks]
    return "\n\n".join(part for part in parts if part) + "\n"


def short_names(models: Iterable[str]) -> dict[str, str]:
    """Return each model's name without its organisation, whole where two models would be called the same."""
    given = list(models)
    last = Counter(model.rpartition("/")[2].casefold() for model in given)
    return {m: m if last[m.rpartition("/")[2].casefold()] > 1 else m.rpartition("/")[2] or m for m in given}


def _group(group: CardGroup, style: CardStyle, *, several: bool) -> list[str]:
    words = style.words
    everything = [*group.rows, *group.compared]
    best = best_row(group.rows)
    main = _main_rows(group, best)
    offline = group.rows[0].offline
    notes = list(dict.fromkeys(note for row in everything for note in row.notes))
    parts = [f"### {words.judge}: {escaped(group.rows[0].judge_label)}"] if several else []
    parts += [words.offline] if offline else []
    parts += [_unlike(group, style, best), _warning(everything, style)]
    parts += [_table(main, group, style, best, notes)]
    strategies = _strategy_rows(group)
    if len(strategies) > len(main):
        parts += [f"{'####' if several else '###'} {words.strategies}", _table(strategies, group, style, best, notes)]
    lines = _footnotes(group, style, main, best, chosen=len(strategies) > len(main))
    korean = range_notes(style.scale) if style.lang == "ko" else {}
    lines += [f"({number}) {escaped(korean.get(note, note))}" for number, note in enumerate(notes, start=1)]
    return [*parts, "\n".join(f"- {line}" for line in lines)]


def _main_rows(group: CardGroup, best: Row | None) -> list[Row]:
    """The best row of every model, best first; the model's own row is there although nothing was judged."""
    others = _by_model(group.compared)
    found = [best or group.rows[0], *(row for rows in others.values() if (row := best_row(rows)))]
    return sorted(found, key=lambda row: (row.overall is None, -(row.overall or 0), row.model != group.rows[0].model))


def _strategy_rows(group: CardGroup) -> list[Row]:
    """All rows, model by model, the strategies with the longest prompts first, as cards list them."""

    def key(rows: Sequence[Row]) -> float:
        best = best_row(rows)
        return -float(best.overall or 0) if best else 1.0

    others = sorted(_by_model(group.compared).values(), key=key)
    return [
        row
        for rows in (group.rows, *others)
        for row in sorted(rows, key=lambda row: strategy_key(row.strategy), reverse=True)
    ]


def _by_model(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.model, []).append(row)
    return found


def _rounding(row: Row, group: CardGroup, style: CardStyle) -> Rounding:
    return style.rounding if row in group.rows else style.compared_rounding or style.rounding


def _name(row: Row, group: CardGroup, style: CardStyle) -> str:
    rounding = _rounding(row, group, style)
    mark = style.words.mark_truncate if rounding == "truncate" else style.words.mark_half_up
    more = f", {mark}" if rounding != style.rounding else ""
    return f"{escaped(style.names.get(row.model, row.model))} ({escaped(row.strategy)}{more})"


def _table(rows: Sequence[Row], group: CardGroup, style: CardStyle, best: Row | None, notes: Sequence[str]) -> str:
    """One line a row; the model's best is bold."""
    everything = [*group.rows, *group.compared]
    expected = {name for row in everything for name in row.categories}
    six = set(BASELINE_CATEGORIES) if expected.intersection(BASELINE_CATEGORIES) else set()
    categories = [name for name in category_order(everything) if name in expected | six]
    labels = [escaped(category_label(name, style.lang)) for name in categories]
    header = ["Model (type)", *labels, style.words.single, style.words.multi, "Overall"]
    lines = []
    for row in rows:
        cells = [format_score(score, _rounding(row, group, style), none="-") for score in scores(row, categories)]
        name = _name(row, group, style)
        if row is best:
            name, cells[-1] = bold(name), bold(cells[-1])
        cells[-1] += plus_minus(row)
        marks = "".join(f" ({notes.index(note) + 1})" for note in dict.fromkeys(row.notes))
        lines.append([name + marks, *cells])
    return markdown_table(header, lines)


def _unlike(group: CardGroup, style: CardStyle, best: Row | None) -> str:
    """Name the rows that were asked other questions than the model's own; empty where there is none."""
    if not asked_unlike((*group.rows, *group.compared)):
        return ""
    own = best or group.rows[0]
    others = [row for row in (*group.rows, *group.compared) if row.question_group != own.question_group]
    named = ", ".join(_name(row, group, style) for row in others)
    return style.words.unlike.format(row=_name(own, group, style), others=named) if named else ""


def _warning(rows: Sequence[Row], style: CardStyle) -> str:
    words = style.words
    parts = []
    for row in rows:
        what = [words.failed.format(n=row.failed)] * bool(row.failed)
        what += [words.missing.format(n=row.missing)] * bool(row.missing)
        if what:
            name = f"{escaped(style.names.get(row.model, row.model))} ({escaped(row.strategy)})"
            parts.append(f"{name} {', '.join(what)} / {row.expected}.")
    if not parts:
        return ""
    rule = words.as_zero if rows[0].failures == "zero" else words.left_out
    return words.short.format(parts=" ".join([*parts, *([rule] if any(row.failed for row in rows) else [])]))


def _footnotes(group: CardGroup, style: CardStyle, main: Sequence[Row], best: Row | None, *, chosen: bool) -> list[str]:
    words, facts = style.words, group.facts
    lines = [words.best] if chosen else []
    lines += _tied(group, style, main, best)
    interval = next((row.interval for row in (*group.rows, *group.compared) if row.interval), None)
    if interval and interval.method == "bootstrap":
        lines.append(words.interval_bootstrap.format(draws=f"{style.draws:,}", seed=style.seed))
    elif interval:
        lines.append(words.interval_analytic)
    scale = (" to " if style.lang == "en" else "~").join(f"{end:g}" for end in style.scale)
    lines.append((words.rounded if style.rounding == "half-up" else words.cut).format(scale=scale))
    other = style.compared_rounding if group.compared else None
    if other and other != style.rounding:
        lines.append(words.marked_truncate if other == "truncate" else words.marked_half_up)
    if group.left_out:
        names = ", ".join(escaped(style.names.get(name, name)) for name in group.left_out)
        lines.append(words.other_questions.format(names=names))
    same = len({row.question_group for row in (*group.rows, *group.compared)}) == 1
    whose = "" if same else escaped(style.names.get(group.rows[0].model, group.rows[0].model))
    lines += _made_by(facts, style, offline=group.rows[0].offline, whose=whose)
    return lines + [escaped(line) for line in group.cited.get(style.lang, ())]


def _tied(group: CardGroup, style: CardStyle, main: Sequence[Row], best: Row | None) -> list[str]:
    """Name the rows of the main table that the model's row cannot be told apart from."""
    if best is None or best.ranks is None:
        return []
    alike = {best.ranks.rank, *best.ranks.tied}
    others = [row for row in main if row is not best and row.ranks and row.ranks.rank in alike]
    others = [row for row in others if row.question_group == best.question_group]  # else it is another board's rank
    named = ", ".join(_name(row, group, style) for row in others)
    return [style.words.tied.format(row=_name(best, group, style), others=named)] if named else []


def _made_by(facts: Facts, style: CardStyle, *, offline: bool, whose: str) -> list[str]:
    """`whose`: the model that the numbers of questions are of, where other rows have other questions."""
    words = style.words
    judge = escaped(facts.judge)
    if facts.returned:
        judge += f" ({words.returned.format(names=', '.join(map(escaped, facts.returned)))})"
    judge = judge if facts.judge else words.unknown_judge
    counts = f"{whose}: " if whose else ""
    counts += words.questions.format(questions=facts.questions, turns=facts.turns)
    counts += f", {words.repeats.format(n=facts.repeats)}" if facts.repeats > 1 else ""
    versions = [f"{program} {escaped(version)}" for program, version in facts.versions]
    versions += [] if offline else [words.template.format(digest=escaped(digest)) for digest in facts.templates]
    lines = [f"{words.judge}: {judge}"]
    lines += [f"{words.date}: {' – '.join(map(escaped, facts.dates))} (UTC)"] if facts.dates else []
    counts += "".join(f"; {edition}" for edition in facts.editions)
    lines += [escaped(counts)] if facts.editions else [counts]
    lines += [f"{words.versions}: {', '.join(versions)}"] if versions else []
    if style.version and ("kojudge", style.version) not in facts.versions:
        lines.append(words.table_by.format(version=escaped(style.version)))
    lines += [f"{words.answers}: {link(words.answers_link, style.answers_url)}"] if style.answers_url else []
    return lines

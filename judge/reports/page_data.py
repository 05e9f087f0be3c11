"""Rows, verdicts and answers -> what the page holds: a small board, and chunks of texts in reading order. Pure.

The board is decoded when the page opens; a chunk is decoded when one of its items is opened or searched. Everything
is lists and numbers: names stand once, in lists, and are pointed at by position, so no text of a stranger is ever
the key of an object in the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from judge.records import Answer, Failure, Judgment, QuestionId
from judge.sources.place import Group
from judge.tables.judged_turns import VerdictKey
from judge.tables.means import category_names
from judge.tables.numbers import Rounding, format_score
from judge.tables.pairing import question_groups
from judge.tables.ranges import range_of
from judge.tables.results import Results
from judge.tables.row import Row
from judge.trust.agreement import Agreement
from judge.trust.audit import Hit, JudgeCheck
from judge.trust.compare import INDISTINGUISHABLE, Comparison, Comparisons
from judge.trust.intervals import is_whole
from judge.wording import Note, korean_of

CHUNK_BYTES = 512 * 1024
"""Of text before compression; an item is on the screen after one chunk is decoded, a few milliseconds."""

HEAD = 90
"""Characters of a question that lists show."""


@dataclass(frozen=True)
class Material:
    """All that a page is made of; row i is made of series i."""

    series: Sequence[Results]
    rows: Sequence[Row]
    answers: Mapping[Group, Mapping[QuestionId, Answer]]
    digests: Mapping[tuple[str, str, QuestionId, int], str]
    """(model, strategy, id, turn) -> digest of the answer that is shown."""
    hits: Sequence[Hit] = ()
    gated: frozenset[VerdictKey] = frozenset()
    """Verdicts that the language gate sets to 0."""
    comparisons: Comparisons = field(default_factory=lambda: Comparisons(()))
    agreements: Sequence[Agreement] = ()
    alpha: float = float("nan")
    findings: Sequence[JudgeCheck] = ()
    rounding: Rounding = "half-up"


@dataclass(frozen=True)
class Pages:
    """What goes into the file: the board, the questions, and chunks of items."""

    board: dict[str, Any]
    questions: list[Any]
    chunks: list[list[Any]]


class Names:
    """Distinct values in first-seen order, and their positions."""

    def __init__(self, given: Iterable[Any] = ()) -> None:
        self._places: dict[Any, int] = {}
        for one in given:
            self.place(one)

    def place(self, one: Any) -> int:
        """Return the position of a value, a new one at the end."""
        return self._places.setdefault(one, len(self._places))

    def listed(self) -> list[Any]:
        """Return the values by position."""
        return list(self._places)


class Questions:
    """The questions of all answers; two of one id and category but other words are two questions."""

    def __init__(self, answers: Mapping[Group, Mapping[QuestionId, Answer]]) -> None:
        self._names = Names()
        self._of: dict[tuple[Group, QuestionId], int] = {}
        self._alike: dict[tuple[bool, QuestionId, str], int] = {}
        for group, found in answers.items():
            for answer in sorted(found.values(), key=lambda a: id_key(a.id)):
                key = (isinstance(answer.id, str), answer.id, answer.category, answer.questions, answer.references)
                place = self._names.place(key)
                self._of[group, answer.id] = place
                self._alike.setdefault(key[:3], place)

    def place(self, group: Group, identifier: QuestionId, category: str) -> int:
        """Return the position of a group's question; one without an answer is the one of its id and category."""
        known = self._of.get((group, identifier))
        if known is None:
            key = (isinstance(identifier, str), identifier, category)
            known = self._alike.get(key)
            if known is None:
                known = self._alike[key] = self._names.place((*key, (), ()))
            self._of[group, identifier] = known
        return known

    def listed(self) -> list[tuple[QuestionId, str, tuple[str, ...], tuple[str | None, ...]]]:
        """Return (id, category, texts, references) by position."""
        return [key[1:] for key in self._names.listed()]


def id_key(identifier: QuestionId) -> tuple[bool, int, str]:
    """Sort key: whole numbers by value, then texts."""
    return (True, 0, identifier) if isinstance(identifier, str) else (False, identifier, "")


def build(material: Material) -> Pages:
    """Return the page's data. Every float is finite; what cannot be said is None."""
    questions = Questions(material.answers)
    groups = Names((one.model, one.strategy) for one in material.series)
    rules = Names((hit.rule, hit.what, hit.advice) for hit in material.hits)
    flags: dict[VerdictKey, list[tuple[int, str]]] = {}
    for hit in material.hits:
        flags.setdefault(hit.key, []).append((rules.place((hit.rule, hit.what, hit.advice)), hit.evidence))
    for key in material.gated:
        flags.setdefault(key, []).append((rules.place(LANGUAGE_GATE), ""))
    kinds, items = Names(), {}
    for (model, strategy), found in material.answers.items():
        for answer in found.values():
            place = questions.place((model, strategy), answer.id, answer.category)
            items[place, groups.place((model, strategy))] = _Item(answer)
    verdicts = []
    for number, one in enumerate(material.series):
        own = []
        for outcome in one.outcomes:
            group = (one.model, one.strategy)
            place = questions.place(group, outcome.id, outcome.category)
            flagged = flags.get((*group, one.judge, outcome.id, outcome.turn, outcome.repeat), [])
            item = items.setdefault((place, groups.place(group)), _Item(None))
            shown = material.digests.get((*group, outcome.id, outcome.turn), "")
            item.verdicts.append(_verdict(number, outcome, flagged, shown))
            score = outcome.score if isinstance(outcome, Judgment) else None
            kind = kinds.place(outcome.kind) if isinstance(outcome, Failure) else -1
            own.append([place, outcome.turn, outcome.repeat, score, kind, [rule for rule, _ in flagged]])
        verdicts.append(own)
    listed = questions.listed()
    compared = question_groups(material.series)
    categories = Names(category_names(name for row in material.rows for name in row.categories))
    board = {
        "questions": [[i, categories.place(c), _head(texts), len(texts)] for i, c, texts, _ in listed],
        "groups": [list(group) for group in groups.listed()],
        "rows": [
            _row(row, verdicts[number], groups, material.rounding)
            | {"set": compared[number], "repeats": one.repeats}
            | {"questions": len({identifier for identifier, _ in one.expected})}
            for number, (row, one) in enumerate(zip(material.rows, material.series, strict=True))
        ],
        "range": list(range_of(material.series)),
        "failures": material.rows[0].failures if material.rows else "exclude",
        "kinds": kinds.listed(),
        "rules": [list(rule) for rule in rules.listed()],
        "korean": korean_of(_said(material)),
        "comparisons": [_comparison(one) for one in material.comparisons.found],
        "skipped": list(material.comparisons.skipped),
        "agreements": [_agreement(one, questions, groups) for one in material.agreements],
        "alpha": number_of(material.alpha),
        "findings": [[one.judge, one.check, one.flagged, one.says] for one in material.findings],
    }
    board["categories"] = categories.listed()
    chunks = list(_chunks(items))
    board["starts"] = [chunk[0][:2] for chunk in chunks]
    return Pages(board, [[list(texts), list(references)] for _, _, texts, references in listed], chunks)


def _said(material: Material) -> Iterator[str]:
    """Yield every sentence of the page that may be a note."""
    yield from (note for row in material.rows for note in row.notes)
    yield from material.comparisons.skipped
    yield from (line for one in material.comparisons.found for line in one.left_out)
    yield from (text for one in material.findings for text in (one.check, one.says))
    yield from (text for hit in material.hits for text in (hit.what, hit.advice, hit.evidence))
    yield from LANGUAGE_GATE


def _head(texts: Sequence[str]) -> str:
    return " ".join(texts[0].split())[:HEAD] if texts else ""


LANGUAGE_GATE = (
    "language-gate",
    Note("answer in a wrong language, scored above 0", "요구한 언어가 아닌데 0점보다 높은 점수"),
    Note("count as 0", "0점으로 셈"),
)
"""The gate as a rule, so that its verdicts can be filtered like the audit's."""


class _Item:
    """One answer and the verdicts on it."""

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.verdicts: list[list[Any]] = []

    def listed(self, question: int, group: int) -> list[Any]:
        a = self.answer
        said = [list(a.outputs), list(a.reasoning), list(a.finish_reasons), list(a.cut)] if a else [[], [], [], []]
        return [question, group, *said, self.verdicts]


def _verdict(row: int, outcome: Judgment | Failure, flags: Sequence[tuple[int, str]], shown: str) -> list[Any]:
    """Return [row, turn, repeat, comment, reasoning, detail, other text, flags]; `shown`: the answer's digest."""
    other = bool(shown and outcome.answer_digest and shown != outcome.answer_digest)
    said = [outcome.comment, outcome.reasoning, None] if isinstance(outcome, Judgment) else ["", None, outcome.detail]
    return [row, outcome.turn, outcome.repeat, *said, other, [list(flag) for flag in flags]]


def _chunks(items: Mapping[tuple[int, int], _Item]) -> Iterator[list[Any]]:
    """Yield the items by question, so that answers to one question compress each other."""
    chunk: list[Any] = []
    size = 0
    for question, group in sorted(items):
        item = items[question, group].listed(question, group)
        chunk.append(item)
        size += _bytes_of(item)
        if size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _bytes_of(value: Any) -> int:
    """Return about how much a value adds to a chunk."""
    if isinstance(value, list | tuple):
        return sum(map(_bytes_of, value)) + len(value)
    return len(value.encode("utf-8", "replace")) + 2 if isinstance(value, str) else 4


def number_of(value: float | None) -> float | None:
    """Return a finite float with four decimals, None for everything else."""
    return round(value, 4) if value is not None and value - value == 0 else None


def _row(row: Row, verdicts: list[Any], groups: Names, rounding: Rounding) -> dict[str, Any]:
    def shown(score: Any) -> str | None:
        return None if score is None else format_score(score, rounding)

    return {
        "group": groups.place((row.model, row.strategy)),
        "judge": row.judge,
        "offline": row.offline,
        "categories": [[name, shown(score)] for name, score in row.categories.items()],
        "single": shown(row.single),
        "multi": shown(row.multi),
        "overall": shown(row.overall),
        "value": None if row.overall is None else float(row.overall),
        "interval": [number_of(row.interval.low), number_of(row.interval.high)] if row.interval else None,
        "whole": is_whole(row),
        "ranks": [row.ranks.rank, row.ranks.low, row.ranks.high, list(row.ranks.tied)] if row.ranks else None,
        "counts": [row.judged, row.failed, row.expected],
        "gate": [shown(row.gated.overall), row.gated.changed, row.gated.examined] if row.gated else None,
        "notes": list(row.notes),
        "verdicts": verdicts,
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    ends = [number_of(one.interval.low), number_of(one.interval.high)] if one.interval else None
    return {
        "same": list(one.same),
        "a": one.a,
        "b": one.b,
        "difference": number_of(one.difference),
        "interval": ends,
        "p": number_of(one.p_holm),
        "counts": [one.wins, one.ties, one.losses, one.questions],
        "smallest": number_of(one.smallest),
        "better": "" if one.verdict == INDISTINGUISHABLE else "b" if one.difference > 0 else "a",
        "left_out": list(one.left_out),
    }


def _agreement(one: Agreement, questions: Questions, groups: Names) -> dict[str, Any]:
    measures = (one.spearman, one.kendall, one.kappa, one.alpha, one.error, one.bias, one.rows_spearman, one.rows_error)
    gaps = [
        [groups.place(gap.place[:2]), gap.place[2], gap.place[3], number_of(gap.a), number_of(gap.b)]
        for gap in one.gaps
        if gap.a != gap.b
    ]
    return {
        "a": one.a,
        "b": one.b,
        "items": one.items,
        "rows": one.rows,
        "measures": [number_of(value) for value in measures],
        "gaps": gaps,
        "floor": number_of(one.floor),
    }

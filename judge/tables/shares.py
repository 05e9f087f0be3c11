"""Judges that share the questions of a run: their verdicts as one row, on one scale. Pure.

Each judge's verdicts are kept as any judge's are; `boards` makes one series of those who share. `on_one_scale` says how
their scores count: the judges' means and standard deviations, each over all that the judge has scored in the series
given (a series weighs the same for every judge, and those that one of them has not begun are left out where any are
not), are moved to their averages (linear equating by means and standard deviations: Kolen and Brennan 2014, Test
Equating, Scaling, and Linking, section 2.3; random groups of questions stand for random groups of examinees).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import fmean

from judge.config import JudgeConfig
from judge.records import Failure, Item, Judgment, QuestionId
from judge.tables.means import item_scores
from judge.tables.results import Results, Sharer
from judge.tables.shared_notes import several_note, twice_note, unlike_note
from judge.tables.verdict_notes import verdict_notes

MOST_STRETCH = 2.0
"""A judge's spread is changed by this factor at most, and at least by one over it: that of a judge with nearly one
score for everything is noise."""

BEGUN = 0.5
"""A judge is put on the scale from this share of the questions on that the judge with the most has scored: what it said
of the first few tells how hard these are, not how severe it is, and would move all scores of the others, too."""

FINE = 10**6
"""Denominators of the scale at most."""


def board_label(judges: Sequence[str]) -> str:
    """Return what the judge of a shared row is called in every format."""
    return f"{' + '.join(judges)} (shared)"


def boards(series: Sequence[Results], configs: Mapping[str, JudgeConfig]) -> list[Results]:
    """Return the series of one run, those of judges that share as one a strategy, in the place of the first.

    `configs`: digest -> configuration. A question that more than one of them has scored (which a draw that was lost can
    lead to) counts with the judge that has more of it, and it is said.
    """
    groups: dict[tuple[str, ...], list[Results]] = {}
    for one in series:
        config = configs.get(one.config)
        shared = (one.strategy, config.panel) if config and config.shared else (one.strategy, one.config, one.judge)
        groups.setdefault(shared, []).append(one)
    return [
        _board(found, configs[found[0].config])
        if found[0].config in configs and configs[found[0].config].shared
        else found[0]
        for found in groups.values()
    ]


def owners(scored: Iterable[tuple[QuestionId, str]]) -> dict[QuestionId, str]:
    """Return the judge of each question: the one with the most of these verdicts (question, judge) on it."""
    found: dict[QuestionId, str] = {}
    counts = Counter(scored)
    for (identifier, judge), number in counts.items():
        if identifier not in found or number > counts[identifier, found[identifier]]:
            found[identifier] = judge
    return found


def _board(parts: Sequence[Results], config: JudgeConfig) -> Results:
    scored = [(o.id, part.own_judge) for part in parts for o in part.outcomes if isinstance(o, Judgment)]
    owner = owners(scored)
    outcomes: dict[tuple[QuestionId, int, int], Judgment | Failure] = {}
    for part in parts:
        for o in part.outcomes:
            if owner.get(o.id, part.own_judge) == part.own_judge:
                outcomes.setdefault(o.key, o)
    label = board_label(list(config.shared))
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    notes |= dict.fromkeys(verdict_notes(outcomes.values()))
    if twice := {identifier for identifier, judge in scored if owner[identifier] != judge}:
        notes[twice_note(len(twice))] = None
    returned = {name: _returned(parts, name) for name in config.shared}
    for name, ids in returned.items():
        if len(ids) > 1:
            notes[several_note(name, ids)] = None
    return replace(
        parts[0],
        judge=label,
        judge_name=label,
        config=config.panel,
        returned=" + ".join(", ".join(ids) for ids in returned.values() if ids) or None,
        outcomes=tuple(outcomes.values()),
        repeats=max(part.repeats for part in parts),
        notes=tuple(notes),
        shared=tuple(Sharer(name, own, ", ".join(returned[name]) or None) for name, own in config.shared.items()),
    )


def _returned(parts: Sequence[Results], judge: str) -> list[str]:
    return sorted({part.returned for part in parts if part.own_judge == judge and part.returned})


def judges_of(series: Results) -> dict[QuestionId, str]:
    """Return which judge has scored which question; empty where they are not shared."""
    names = {one.judge for one in series.shared}
    return {o.id: o.judge for o in series.outcomes if isinstance(o, Judgment) and o.judge in names}


def on_one_scale(series: Sequence[Results], of: Sequence[Results] = ()) -> list[Results]:
    """Return the series, the shared ones with the scale of their judges, found from all of them, or from those in `of`.

    Verdicts by rule (an empty answer, a wrong language) are on no judge's scale: they neither move nor are moved. The
    spread of a judge is changed by `MOST_STRETCH` at most, and one that gives a single score to everything is only
    moved. One that has scored too few questions (`BEGUN`) counts as it gives. Nothing is clipped, so a mean may lie a
    little outside of the range. What was found before is found anew.
    """
    groups: dict[str, list[Results]] = {}
    for one in of or series:
        if one.shared:
            groups.setdefault(one.judge, []).append(one)
    found = {label: _scaled(members) for label, members in groups.items()}
    return [
        replace(one, shared=tuple(replace(found[one.judge][own.judge], returned=own.returned) for own in one.shared))
        if one.judge in found
        else one
        for one in series
    ]


def with_unlike_judges(series: Sequence[Results]) -> list[Results]:
    """Return the series, the shared ones with a note on questions that another of their judges has in another row.

    That is so where rows were judged under two draws. Questions are told by id and the words of their first turn.
    """
    found: dict[tuple[str, QuestionId, str | None], set[str]] = {}
    for one in series:
        for key, judge in _owned(one):
            found.setdefault(key, set()).add(judge)
    numbers = [sum(len(found[key]) > 1 for key, _ in _owned(one)) for one in series]
    return [
        replace(one, notes=(*one.notes, unlike_note(number))) if number else one
        for one, number in zip(series, numbers, strict=True)
    ]


def _owned(one: Results) -> Iterator[tuple[tuple[str, QuestionId, str | None], str]]:
    return (((one.judge, id, one.texts.get((id, 1))), judge) for id, judge in judges_of(one).items())


def _scaled(members: Sequence[Results]) -> dict[str, Sharer]:
    found = [_scores_by_judge(one) for one in members]
    judges = [own.judge for own in members[0].shared if any(own.judge in each for each in found)]
    numbers = {judge: len({question for each in found for question, _ in each.get(judge, ())}) for judge in judges}
    judges = [judge for judge in judges if numbers[judge] >= BEGUN * max(numbers.values())]
    found = [{judge: each[judge] for judge in judges if judge in each} for each in found]
    whole = [each for each in found if len(each) == len(judges)] or found
    measured = {judge: _measured(whole, judge) for judge in judges}
    middle = fmean(mean for mean, _ in measured.values()) if measured else 0.0
    wide = [spread for _, spread in measured.values() if spread > 0]
    sharers = {}
    for own in members[0].shared:
        if own.judge not in measured:
            sharers[own.judge] = Sharer(own.judge, own.config, None, numbers.get(own.judge, 0))
            continue
        mean, spread = measured[own.judge]
        stretch = min(MOST_STRETCH, max(1 / MOST_STRETCH, fmean(wide) / spread)) if spread > 0 else 1.0
        factor = Fraction(stretch).limit_denominator(FINE)
        shift = Fraction(middle - float(factor) * mean).limit_denominator(FINE)
        if len(judges) < 2:
            factor, shift = Fraction(1), Fraction(0)
        sharers[own.judge] = Sharer(own.judge, own.config, None, numbers[own.judge], mean, spread, factor, shift)
    return sharers


def _scores_by_judge(series: Results) -> dict[str, dict[Item, Fraction]]:
    """Return the item scores of each judge that has given any, as it gave them."""
    asked = replace(series, outcomes=tuple(o for o in series.outcomes if o.by == "llm"))
    judges = judges_of(asked)
    found: dict[str, dict[Item, Fraction]] = {}
    for item, score in item_scores(replace(asked, shared=())).items():
        found.setdefault(judges[item[0]], {})[item] = score
    return found


def _measured(found: Sequence[Mapping[str, Mapping[Item, Fraction]]], judge: str) -> tuple[float, float]:
    """Return mean and standard deviation of a judge's scores, each series weighing as much as for the other judges.

    Without the weights, a judge that has yet to score half of a poor row would seem the more generous for it.
    """
    weights: dict[Fraction, Fraction] = {}
    for each in found:
        if mine := each.get(judge):
            weight = Fraction(sum(map(len, each.values())), len(mine))
            for score, number in Counter(mine.values()).items():
                weights[score] = weights.get(score, Fraction(0)) + weight * number
    whole = sum(weights.values())
    mean = sum(score * weight for score, weight in weights.items()) / whole
    variance = sum((score - mean) ** 2 * weight for score, weight in weights.items()) / whole
    return float(mean), math.sqrt(variance)

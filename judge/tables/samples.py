"""Several answers a question (`--samples N`): their verdicts as one series. Pure.

Each sample has its own answers and verdicts under a name of its own (`runs/names.sample_name`), so all that holds for a
strategy (resume, rounds, batches, audit) holds for a sample. Tables, intervals and comparisons take the mean within
the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from judge.records import Failure, Judgment
from judge.runs.names import sample_of
from judge.tables.judged_turns import JudgedTurn
from judge.tables.results import Results
from judge.wording import Note


def merged(series: Sequence[Results]) -> list[Results]:
    """Return the samples of one (model, strategy, judge) as one series, in the place of the first; others as they are.

    Verdict r on sample k becomes repeat (k - 1) * repeats + r, so that the mean over an item's verdicts is the mean of
    its answers. A sample whose strategy's first answers are not there stays by itself.
    """
    return [_together(found) if len(found) > 1 else found[0] for found in _groups(series)]


def together(series: Sequence[Results], judged: Iterable[JudgedTurn]) -> Iterator[JudgedTurn]:
    """Yield the verdicts of `series`, told by the names and numbers that they have in `merged(series)`."""
    places = {
        (one.model, one.strategy, one.judge): (found[0].strategy, by)
        for found in _groups(series)
        if len(found) > 1
        for one, by in _moves(found)
    }
    for one in judged:
        model, strategy, judge = one.key[:3]
        base, by = places.get((model, strategy, judge), (strategy, 0))
        judgment = one.judgment.model_copy(update={"strategy": base, "repeat": one.judgment.repeat + by})
        yield replace(one, judgment=judgment) if by else one


def _groups(series: Sequence[Results]) -> list[list[Results]]:
    groups: dict[tuple[str, str, str], list[Results]] = {}
    whole = {(one.model, one.strategy, one.judge) for one in series}
    for one in series:
        base = (one.model, sample_of(one.strategy)[0], one.judge)
        groups.setdefault(base if base in whole else (one.model, one.strategy, one.judge), []).append(one)
    return [sorted(found, key=lambda one: sample_of(one.strategy)[1]) for found in groups.values()]


def _moves(found: Sequence[Results]) -> Iterator[tuple[Results, int]]:
    """Yield the samples of one series, each with what is added to its repeats."""
    each = max(one.repeats for one in found)
    return ((one, place * each) for place, one in enumerate(found))


def _together(found: Sequence[Results]) -> Results:
    first = found[0]
    outcomes: list[Judgment | Failure] = [
        outcome.model_copy(update={"strategy": first.strategy, "repeat": outcome.repeat + by})
        for one, by in _moves(found)
        for outcome in one.outcomes
    ]
    mean = Note(f"the mean of {len(found)} answers a question", f"문항마다 답변 {len(found)}개의 평균")
    notes = [mean, *(note for one in found for note in one.notes)]
    return replace(
        first,
        outcomes=tuple(outcomes),
        expected={item: category for one in found for item, category in one.expected.items()},
        texts={item: text for one in reversed(found) for item, text in one.texts.items()},
        repeats=max(one.repeats for one in found) * len(found),
        samples=len(found),
        notes=tuple(dict.fromkeys(notes)),
    )

"""What judges that share the questions (`--share`) are worth, on public verdicts of six judges.

    python benchmarks/round_robin.py korean-mt-bench [--boards 60]

DIR is a checkout with its data of pnu-clink/korean-mt-bench f3af7b8, which is not part of this repository: six models,
80 questions of two turns, scored by six judges in Korean and in English. The truth is the panel: every model's Overall,
the mean of all six judges on all questions. Beside it stand, at a sixth of its price, one judge on all questions, and
two to six judges who share them, over all choices of judges, with `--boards` draws of who has which question in all:

    Overall      mean distance of a model's Overall to the panel's, in points
    difference   mean distance of the difference of two models to the panel's, in points
    order        share of the pairs of models that stand in the panel's order

as the scores were given (raw), and on one scale as `kojudge table` shows them. Dealing, scale and means are the
program's own. Ends with 1 where six judges that share do not come nearer than one judge, in any of the three.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.public_pairs import JUDGES, rows_of
from judge.config import digest
from judge.records import Item, Judgment
from judge.stages.shares import deal
from judge.tables.means import mean_rows
from judge.tables.parts import blocks, grid_of
from judge.tables.results import Results, Sharer
from judge.tables.shares import on_one_scale

Scores = Mapping[tuple[str, str], Mapping[Item, float]]
"""(judge, model) -> the scores."""

Board = Mapping[str, float]
"""Model -> Overall."""


def read(root: Path, language: str) -> tuple[Scores, dict[Item, str]]:
    """Return the scores, and every item with its category. A score of 0 is a reply without one."""
    rows = rows_of(root / "data" / language / "questions.jsonl")
    expected = {(int(str(row["question_id"])), turn): str(row["category"]) for row in rows for turn in (1, 2)}
    found: dict[tuple[str, str], dict[Item, float]] = {}
    for judge, place in JUDGES.items():
        for file in sorted((root / "data" / language / "judgments" / place / "single_grade").glob("*.jsonl")):
            for row in rows_of(file):
                for turn in (1, 2):
                    if score := row[f"score_turn{turn}"]:
                        item = (int(str(row["question_id"])), turn)
                        found.setdefault((judge, file.stem), {})[item] = float(str(score))
    return {key: {item: score for item, score in one.items() if score > 0} for key, one in found.items()}, expected


def board(scores: Scores, expected: Mapping[Item, str], owner: Mapping[object, str], *, scaled: bool) -> Board:
    """Return Overall of every model where each question has its judge."""
    judges = tuple(Sharer(name, name) for name in sorted(set(owner.values())))
    series = []
    for model in dict.fromkeys(model for _, model in scores):
        outcomes = tuple(
            Judgment(
                id=item[0],
                turn=item[1],
                judge=owner[item[0]],
                category=category,
                model=model,
                strategy="",
                score=scores[owner[item[0]], model][item],
                comment="",
            )
            for item, category in expected.items()
            if item in scores[owner[item[0]], model]
        )
        series.append(Results(model, "", "shared", outcomes, expected, shared=judges))
    series = on_one_scale(series) if scaled else [replace(one, shared=()) for one in series]
    return {row.model: float(row.overall or 0) for row in mean_rows(series)}


def shared(
    scores: Scores, expected: Mapping[Item, str], judges: Sequence[str], draws: int
) -> Iterator[tuple[Board, Board]]:
    """Yield the raw and the scaled board of these judges, draw by draw."""
    for draw in range(draws):
        keys = {digest([draw, id]): id for id, _ in expected}
        dealt = deal({key: expected[id, 1] for key, id in keys.items()}, judges, {})
        owner = {keys[key]: one.judge for key, one in dealt.items()}
        yield board(scores, expected, owner, scaled=False), board(scores, expected, owner, scaled=True)


def distances(found: Board, panel: Board) -> tuple[float, float, float]:
    """Return the error of Overall and of a difference, and the share of pairs in the panel's order."""
    pairs = [(found[a] - found[b], panel[a] - panel[b]) for a, b in combinations(panel, 2)]
    return (
        fmean(abs(found[model] - panel[model]) for model in panel),
        fmean(abs(mine - true) for mine, true in pairs),
        fmean(mine * true > 0 for mine, true in pairs),
    )


def measure(
    root: Path, language: str, boards: int
) -> list[tuple[str, tuple[float, float, float], tuple[float, float, float]]]:
    """Return (who judges, distances raw, distances on one scale), means over all choices and draws."""
    scores, expected = read(root, language)
    ids = {id for id, _ in expected}
    alone = {name: board(scores, expected, dict.fromkeys(ids, name), scaled=False) for name in JUDGES}
    panel = {model: fmean(one[model] for one in alone.values()) for model in alone[next(iter(alone))]}

    def mean(found: Sequence[Board]) -> tuple[float, float, float]:
        each = [distances(one, panel) for one in found]
        return (fmean(x for x, _, _ in each), fmean(x for _, x, _ in each), fmean(x for _, _, x in each))

    one = mean([*alone.values()])
    found = [("one judge", one, one)]
    for number in range(2, len(JUDGES) + 1):
        choices = list(combinations(JUDGES, number))
        draws = -(-boards // len(choices))
        both = [pair for chosen in choices for pair in shared(scores, expected, chosen, draws)]
        found.append((f"{number} share", mean([raw for raw, _ in both]), mean([scaled for _, scaled in both])))
    return found


def main() -> int:
    """Print a table a language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, metavar="DIR", help="a checkout of korean-mt-bench")
    parser.add_argument("--boards", type=int, default=60, metavar="N", help="a number of judges (default: 60)")
    given = parser.parse_args()
    good = True
    for language, name in (("ko", "Korean"), ("en", "English")):
        found = measure(given.root, language, given.boards)
        header = ["judges", "Overall", "scaled", "difference", "scaled", "order", "scaled"]
        lines = [
            [who, *(f"{value:.3f}" for pair in zip(raw, scaled, strict=True) for value in pair)]
            for who, raw, scaled in found
        ]
        sys.stdout.write(blocks([grid_of(f"{name}: distance to the panel of six, raw and scaled", header, lines)]))
        (_, one, _), (_, raw, scaled) = found[0], found[-1]
        good &= all(six[0] < one[0] and six[1] < one[1] and six[2] > one[2] for six in (raw, scaled))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())

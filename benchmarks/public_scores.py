"""Whether other tools' files are read rightly: published figures worked out anew from the raw files.

    python benchmarks/public_scores.py --korean-mt-bench DIR --marker-inc DIR --alpaca-eval DIR

Checkouts with their data, none of which is part of this repository: pnu-clink/korean-mt-bench f3af7b8,
Marker-Inc-Korea/Logickor-Gemma2-Eval, tatsu-lab/alpaca_eval. Every cell of a published table is compared at its own
number of digits; each that differs is printed, and the end is 1.

    korean-mt-bench   table6_single_scores.csv, table7_reference_scores.csv, the single and reference rows of
                      table8_parse_failures.csv, figure3_scores.csv
    marker-inc        the three scores of its README
    alpaca-eval       wins, losses, draws, n_total and discrete_win_rate of the leaderboard, for every model whose
                      annotations.json is in the checkout
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.public_pairs import JUDGES
from judge.records import Failure, Judgment, QuestionId
from judge.runs.games import Game
from judge.sources.places import places
from judge.sources.results import load_results
from judge.tables.means import mean_rows
from judge.tables.results import Results

Cell = tuple[str, float | int, str]
"""(where, ours, theirs as it is written)."""

LANGUAGES = ("en", "ko")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scores(series: Sequence[Results]) -> list[float]:
    return [o.score for one in series for o in one.outcomes if isinstance(o, Judgment)]


def second_turns(series: Sequence[Results]) -> dict[tuple[str, QuestionId], float]:
    judged = (o for one in series for o in one.outcomes if isinstance(o, Judgment))
    return {(o.model, o.id): o.score for o in judged if o.turn == 2}


# -- Korean MT-Bench


def korean(root: Path) -> Iterator[Cell]:
    """Yield every cell of the tables that are made of scores."""
    read = {
        (language, judge, kind): load_results([root / "data" / language / "judgments" / place / kind])
        for language in LANGUAGES
        for judge, place in JUDGES.items()
        for kind in ("single_grade", "single_grade_ref")
    }
    single = {key[:2]: series for key, series in read.items() if key[2] == "single_grade"}
    results = root / "data" / "results"
    yield from _singles(single, table(results / "table6_single_scores.csv"))
    yield from _references(read, table(results / "table7_reference_scores.csv"))
    yield from _failures(read, table(results / "table8_parse_failures.csv"))
    yield from _figure(single, table(results / "figure3_scores.csv"))


def _singles(read: Mapping[tuple[str, str], Sequence[Results]], rows: list[dict[str, str]]) -> Iterator[Cell]:
    means: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row["judge"] in JUDGES:
            given = {language: scores(read[language, row["judge"]]) for language in LANGUAGES}
            for language, found in given.items():
                yield f"table 6, {row['judge']}, {language}_valid_scores", len(found), row[f"{language}_valid_scores"]
                means[language].append(fmean(found))
            en, ko = (means[language][-1] for language in LANGUAGES)
        else:
            en, ko = (fmean(means[language]) for language in LANGUAGES)
        for name, ours in (("en_mean", en), ("ko_mean", ko), ("delta_ko_minus_en", ko - en)):
            yield f"table 6, {row['judge']}, {name}", ours, row[name]


def _references(read: Mapping[tuple[str, str, str], Sequence[Results]], rows: list[dict[str, str]]) -> Iterator[Cell]:
    kept: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        for language in LANGUAGES:
            if row["judge"] in JUDGES:
                plain, shown = (
                    second_turns(read[language, row["judge"], kind]) for kind in ("single_grade", "single_grade_ref")
                )
                both = [key for key in plain if key in shown]
                yield f"table 7, {row['judge']}, {language}_paired", len(both), row[f"{language}_paired"]
                kept[language].append((fmean(plain[key] for key in both), fmean(shown[key] for key in both)))
                standard, reference = kept[language][-1]
            else:
                standard, reference = map(fmean, zip(*kept[language], strict=True))
            named = (("standard_mean", standard), ("reference_mean", reference), ("delta", reference - standard))
            for name, ours in named:
                yield f"table 7, {row['judge']}, {language}_{name}", ours, row[f"{language}_{name}"]


def _failures(read: Mapping[tuple[str, str, str], Sequence[Results]], rows: list[dict[str, str]]) -> Iterator[Cell]:
    for row in rows:
        series = read.get((row["language"], row["judge"], row["protocol"]))
        if series is None:  # pairs: see public_pairs.py
            continue
        kinds = Counter(o.kind if isinstance(o, Failure) else "valid" for one in series for o in one.outcomes)
        mine = {
            "expected_calls": sum(len(one.expected) for one in series),
            "valid_calls": kinds["valid"],
            "format_parse_failures": kinds["unparsable"],
            "empty_or_api_failures": kinds["empty_reply"],
            "missing_calls": sum(len(one.expected) - len(one.outcomes) for one in series),
            "total_failures": kinds.total() - kinds["valid"],
        }
        for name, ours in mine.items():
            yield f"table 8, {row['language']}, {row['judge']}, {row['protocol']}, {name}", ours, row[name]


def _figure(read: Mapping[tuple[str, str], Sequence[Results]], rows: list[dict[str, str]]) -> Iterator[Cell]:
    for row in rows:
        ours = []
        for judge in JUDGES:
            found = [o for s in read[row["language"], judge] for o in s.outcomes if isinstance(o, Judgment)]
            mine = [o.score for o in found if row["row_id"] == (o.model if row["row_type"] == "model" else o.category)]
            ours.append(fmean(mine))
            where = f"figure 3, {row['language']}, {row['row_id']}, {judge}"
            yield where, ours[-1], row[judge.lower().replace("-", "_")]
        yield f"figure 3, {row['language']}, {row['row_id']}, judge_mean", fmean(ours), row["judge_mean"]


# -- Marker-Inc


def marker(root: Path) -> Iterator[Cell]:
    """Yield the scores that the README tells, `**name (8.77)`."""
    series = load_results([root / "results"], strategies=["0-shot"])
    told = dict(re.findall(r"\*\*(\S+?)\W* \((\d\.\d\d)\)", (root / "README.md").read_text(encoding="utf-8")))
    for row in mean_rows(series):
        yield f"README, {row.model}", float(row.overall or 0), told[row.model]


# -- AlpacaEval


def alpaca(root: Path) -> Iterator[Cell]:
    """Yield wins, losses, draws and the discrete win rate of every model whose annotations are there."""
    name = "weighted_alpaca_eval_gpt4_turbo"
    board = root / "src/alpaca_eval/leaderboards/data_AlpacaEval_2" / f"{name}_leaderboard.csv"
    published = {row[""]: row for row in table(board)}
    for file in sorted((root / "results").glob(f"*/{name}/annotations.json")):
        model = file.parts[-3]
        if model not in published:
            continue
        [place] = places(file)
        for contest in place.contests():
            scores_ = [game.score for game in contest.games if isinstance(game, Game)]
            row, won = published[model], Counter(scores_)
            mine = {"n_wins": won[1], "n_wins_base": won[-1], "n_draws": won[0], "n_total": len(scores_)}
            for key, ours in mine.items():
                yield f"leaderboard, {model}, {key}", ours, row[key]
            yield (
                f"leaderboard, {model}, discrete",
                100 * (won[1] + won[0] / 2) / len(scores_),
                row["discrete_win_rate"],
            )


# -- all together


def main() -> int:
    """Print every cell that differs and the count; 1 where one does."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parts = {"korean-mt-bench": korean, "marker-inc": marker, "alpaca-eval": alpaca}
    for name in parts:
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help=f"a checkout of {name}")
    given = vars(parser.parse_args())
    wrong = total = 0
    for name, cells in parts.items():
        root = given[name.replace("-", "_")]
        if root is None:
            continue
        by: Counter[str] = Counter()
        for where, ours, theirs in cells(root):
            digits = len(theirs.partition(".")[2])
            same = abs(ours - float(theirs)) <= 0.5 * 10.0**-digits + 1e-9
            by[where.partition(",")[0]] += 1
            wrong, total = wrong + (not same), total + 1
            if not same:
                print(f"DIFFERS {where}: {ours:.6g}, published {theirs}")
        print(f"{name}: {', '.join(f'{table} {number} cells' for table, number in by.items())}")
    print(f"{total - wrong} of {total} cells are the same")
    return int(wrong > 0 or not total)


if __name__ == "__main__":
    sys.exit(main())

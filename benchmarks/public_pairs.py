"""What is said of pairs and decisions, measured on public games.

    python benchmarks/public_pairs.py --korean korean-mt-bench --arena ko-arena-hard-auto
    python benchmarks/public_pairs.py --korean korean-mt-bench --draws 200

Two checkouts with their data, neither of which is part of this repository: pnu-clink/korean-mt-bench f3af7b8 (six
models, six judges, Korean and English, scores and pairs in both orders) and qwopqwop200/Ko-Arena-Hard-Auto 9d13932 (75
models against one baseline). Ends with 1 where a target is missed.

    table 5      every cell of Korean MT-Bench's table of inconsistent pairs, from the raw files
    boards       Ko-Arena's uncontrolled board (a clear verdict counts three times); the order of its controlled one
    coverage     of the 95 % interval of a win rate: questions drawn again from a contest's own, its win rate the truth
    false alarm  of five looks (`--until-decided`) and of looking every ten questions: contests whose questions have
                 changed sides by the toss of a coin, so that neither side is better
    at the edge  decisions where the truth lies on the margin, for win rates and for scores
    power        both orders of a pairwise judge over pointwise scores of the same judge, question and turn: the ratio
                 of squared standardised differences, calls and tokens being equal, on the closest third of pairs. How
                 close is told by the other judges, so that no judge's luck chooses its own pairs
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from judge.records import Failure
from judge.sources.places import places
from judge.tables.contest import Contest
from judge.trust.bradley_terry import boards_of
from judge.trust.contests import HALF, duels_of
from judge.trust.decide import Estimate, decide
from judge.trust.looks import look_at, look_sizes
from judge.trust.stats import cautious_error, freedom_of, percentile_interval, resample, strata_of

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

JUDGES = {
    "Qwen-7B": "qwen/judge_7B",
    "Qwen-14B": "qwen/judge_14B",
    "Qwen-32B": "qwen/judge_32B",
    "EXAONE-32B": "exaone/judge_32B",
    "GPT-4o-mini": "gpt/judge_gpt4omini",
    "Gemma-4-12B": "gemma4/judge_12B",
}
SIZE = 80
"""Questions of a simulated contest."""


class Target(NamedTuple):
    """A figure and the bounds it must lie between."""

    what: str
    value: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        state = "met   " if self.met else "MISSED"
        return f"{state} {self.what}: {self.value:.4g} (target {self.low:g} to {self.high:g})"


def games_below(folder: Path) -> list[Contest]:
    return [one for place in places(folder) for one in place.contests()]


# -- Korean MT-Bench


def pairwise_of(root: Path, language: str, judge: str) -> list[Contest]:
    return games_below(root / "data" / language / "judgments" / JUDGES[judge] / "pairwise")


def inconsistent(contests: Sequence[Contest]) -> Counter[str]:
    """Count the pairs of games, as seen by the place of the winner, as table 5 does."""
    found: Counter[str] = Counter()
    for one in contests:
        games: dict[object, dict[str, int | None]] = defaultdict(dict)
        for game in one.games:
            first = None if isinstance(game, Failure) else int(game.score) * (1 if game.order == "ab" else -1)
            games[game.id, game.turn][game.order] = first
        for pair in games.values():
            ab, ba = pair["ab"], pair["ba"]  # 1: the answer shown first has won
            if ab is None or ba is None:
                continue
            found["valid"] += 1
            if ab != -ba:
                found["inconsistent"] += 1
                found["same_first" if ab == ba == 1 else "same_second" if ab == ba == -1 else "other"] += 1
    return found


def table_5(root: Path) -> Iterator[Target]:
    """Compare every cell of a judge's row with the published one."""
    with (root / "data/results/table5_pairwise_inconsistency.csv").open(encoding="utf-8") as file:
        published = {row["judge"]: row for row in csv.DictReader(file)}
    same = cells = 0
    rates: dict[str, list[float]] = defaultdict(list)
    for judge in JUDGES:
        en, ko = (inconsistent(pairwise_of(root, language, judge)) for language in ("en", "ko"))
        rate = {name: round(100 * one["inconsistent"] / one["valid"], 2) for name, one in (("en", en), ("ko", ko))}
        mine: dict[str, float] = {"en_inconsistent": en["inconsistent"], "en_valid": en["valid"]}
        mine |= {"en_rate_pct": rate["en"], "ko_inconsistent": ko["inconsistent"], "ko_valid": ko["valid"]}
        exact = 100 * ko["inconsistent"] / ko["valid"] - 100 * en["inconsistent"] / en["valid"]
        mine |= {"ko_rate_pct": rate["ko"], "delta_ko_minus_en_pp": round(exact, 2)}
        names = (("same_first", "same_first"), ("same_second", "same_second"), ("other", "other_inconsistent"))
        for key, name in names:
            mine[f"ko_{name}"] = ko[key]
            mine[f"ko_{name}_pct"] = round(100 * ko[key] / ko["inconsistent"], 2)
        for name, rated in rate.items():
            rates[name].append(rated)
        wrong = {name: (value, published[judge][name]) for name, value in mine.items()}
        wrong = {name: pair for name, pair in wrong.items() if float(pair[1]) != pair[0]}
        if wrong:
            print(f"  {judge}: {wrong}")
        cells, same = cells + len(mine), same + len(mine) - len(wrong)
    for name, values in rates.items():
        cells += 1
        same += float(published["Mean"][f"{name}_rate_pct"]) == round(float(np.mean(values)), 2)
    means = {name: float(np.mean(values)) for name, values in rates.items()}
    cells += 1
    same += float(published["Mean"]["delta_ko_minus_en_pp"]) == round(means["ko"] - means["en"], 2)
    yield Target(f"table 5: cells that are the same, of {cells}", same, cells, cells)


@dataclass(frozen=True)
class Seen:
    """What one judge says of one pair, question by question, in both ways of asking."""

    judge: str
    pair: tuple[str, str]
    strata: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    shares: Array
    """Share of the first model less 1/2, turn 2, both orders."""
    gaps: Array
    """Difference of the scores of turn 2."""
    tokens: tuple[float, float]
    """Characters read and written a question: pairwise, pointwise."""


def seen(root: Path, language: str) -> list[Seen]:
    """Return every judge and pair with the questions that both ways have judged."""
    said = {}
    for file in (root / "data" / language / "answers").glob("*.jsonl"):
        for row in rows_of(file):
            said[file.stem, row["question_id"]] = sum(map(len, row["choices"][0]["turns"]))
    asked = {
        row["question_id"]: sum(map(len, row["turns"])) for row in rows_of(root / "data" / language / "questions.jsonl")
    }
    found = []
    for judge, place in JUDGES.items():
        scores, replies = {}, {}
        for file in (root / "data" / language / "judgments" / place / "single_grade").glob("*.jsonl"):
            for row in rows_of(file):
                if (row["score_turn2"] or 0) > 0:
                    scores[row["model_id"], row["question_id"]] = float(row["score_turn2"])
                    replies[row["model_id"], row["question_id"]] = len(row["judgment_turn2"])
        for one in pairwise_of(root, language, judge):
            duels = duels_of(one)
            a, b = one.a.model, one.b.model
            ids = [i for i, _ in duels if (a, i) in scores and (b, i) in scores]
            words = {(game.id): len(game.reply or "") for game in one.games}
            pointwise = np.mean([2 * asked[i] + said[a, i] + said[b, i] + replies[a, i] + replies[b, i] for i in ids])
            pairwise = np.mean([2 * (asked[i] + said[a, i] + said[b, i] + words[i]) for i in ids])
            found.append(
                Seen(
                    judge,
                    (a, b) if a < b else (b, a),
                    strata_of([one.expected[i, 2] for i in ids]),
                    np.array([float(duels[i, 2].share - HALF) for i in ids]) * (1 if a < b else -1),
                    np.array([scores[a, i] - scores[b, i] for i in ids]) * (1 if a < b else -1),
                    (float(pairwise), float(pointwise)),
                )
            )
    return found


def rows_of(file: Path) -> Iterator[dict[str, object]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def power(found: Sequence[Seen]) -> tuple[float, float]:
    """Return the gain of both orders at equal calls and at equal tokens on the closest third of pairs.

    t^2 - 1 estimates n times the squared standardised difference without bias; sums of them are compared.
    """

    def effect(values: Array) -> float:
        spread = values.std(ddof=1)
        return float((values.mean() / spread) ** 2 - 1 / len(values)) if spread else 0.0

    def distance(one: Seen) -> float:
        others = [each for each in found if each.pair == one.pair and each.judge != one.judge]
        both = ([abs(x.mean() / (x.std(ddof=1) or 1)) for x in (each.shares, each.gaps)] for each in others)
        return float(np.mean(list(both)))

    close = sorted(found, key=distance)[: len(found) // 3]
    gain = sum(effect(one.shares) for one in close) / sum(effect(one.gaps) for one in close)
    tokens = float(np.mean([one.tokens[1] / one.tokens[0] for one in close]))
    return gain, gain * tokens


# -- simulations: questions drawn again from a contest's own


class Pool(NamedTuple):
    """The questions of one contest."""

    values: Array
    """A difference a question: share less 1/2, or points."""
    strata: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def drawn(pool: Pool, generator: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Return `size` questions, each category in its share, and their strata."""
    picked = []
    for stratum in np.unique(pool.strata):
        members = np.flatnonzero(pool.strata == stratum)
        picked.append(generator.choice(members, max(2, round(size * len(members) / len(pool.strata)))))
    places_ = np.concatenate(picked)
    return pool.values[places_], pool.strata[places_]


def truth(pool: Pool, generator: np.random.Generator, size: int) -> float:
    """Return the mean of what `drawn` draws from: categories weigh as they are drawn."""
    number = mean = 0.0
    for stratum in np.unique(pool.strata):
        members = pool.values[pool.strata == stratum]
        n = max(2, round(size * len(members) / len(pool.strata)))
        number, mean = number + n, mean + n * members.mean()
    return mean / number


def estimate(values: Array, strata: Array) -> Estimate:
    n = len(values)
    error, freedom = cautious_error((values - values.mean()) / n, strata.astype(np.int64))
    return Estimate(float(values.mean()), error, freedom, n)


def coverage(pools: Sequence[Pool], draws: int, generator: np.random.Generator) -> float:
    """Return how often the bootstrap interval holds the truth."""
    inside = []
    for pool in pools:
        goal = truth(pool, generator, SIZE)
        for _ in range(draws):
            values, strata = drawn(pool, generator, SIZE)
            weights = resample(strata.astype(np.int64), 1000, 1)
            interval = percentile_interval(weights @ values / weights.sum(axis=1), freedom_of(strata.astype(np.int64)))
            inside.append(interval is not None and interval.low - 1e-9 <= goal <= interval.high + 1e-9)
    return float(np.mean(inside))


def at_the_edge(pools: Sequence[Pool], draws: int, generator: np.random.Generator) -> Counter[str]:
    """Count the rulings where the truth lies on the margin: values are moved so that the mean is minus the margin."""
    found: Counter[str] = Counter()
    for pool in pools:
        margin = float(pool.values.std()) / 4
        moved = pool._replace(values=pool.values - truth(pool, generator, SIZE) - margin)
        for _ in range(draws):
            found[decide([estimate(*drawn(moved, generator, SIZE))], margin)[0].ruling] += 1
    return found


def false_alarms(pools: Sequence[Pool], draws: int, generator: np.random.Generator, size: int) -> tuple[float, float]:
    """Return how often five looks and naive ones every ten questions find a winner where there is none."""
    sizes, tens = look_sizes(size), range(10, size + 1, 10)
    looks = naive = total = 0
    for pool in pools:
        for _ in range(draws):
            values, strata = drawn(pool, generator, size)
            order = generator.permutation(len(values))
            signs = generator.choice([-1.0, 1.0], len(values))
            values, strata = (values * signs)[order], strata[order]
            counts = [estimate(values[:n], strata[:n]) for n in sizes]
            looks += look_at(counts, sizes)[-1].settled is not None
            naive += any(look_at([estimate(values[:n], strata[:n])], [n])[0].settled for n in tens)
            total += 1
    return looks / total, naive / total


# -- Ko-Arena-Hard-Auto


def arena_boards(root: Path) -> Iterator[Target]:
    """Compare with the newest published boards."""
    contests = games_below(root / "data/ko-arena-hard-v0.1/model_judgment/ensemble")
    newest = sorted((root / "leaderboard").iterdir())[-1]
    plain, styled = (published(newest / f"{name}.csv") for name in ("no_control", "style_control"))
    gaps = {one.a.model: abs(weighted(one) - plain[one.a.model]) for one in contests}
    worst = max(gaps, key=lambda model: gaps[model])
    yield Target(f"Ko-Arena board of {len(gaps)} models: largest difference ({worst})", gaps[worst], 0, 0.05)
    [board] = boards_of([one for one in contests if one.answers], draws=2)
    strengths = {side.model: value for side, value in board.controlled[-1].strengths.items()}
    names = [name for name in styled if name in strengths]
    ours, theirs = (np.argsort(np.argsort([values[name] for name in names])) for values in (strengths, styled))
    rho = float(np.corrcoef(ours, theirs)[0, 1])
    yield Target(f"style-controlled order of {len(names)} models: Spearman", rho, 0.97, 1)


def published(path: Path) -> dict[str, float]:
    with path.open(encoding="utf-8") as file:
        return {row["model"]: float(row["score"]) for row in csv.DictReader(file)}


def weighted(contest: Contest) -> float:
    """Return the win rate in percent as arena-hard counts it: a clear verdict three times."""
    won = number = 0.0
    for game in contest.games:
        if not isinstance(game, Failure):
            weight = 3 if abs(game.score) == 2 else 1
            won, number = won + weight * ((game.score > 0) + (game.score == 0) / 2), number + weight
    return 100 * won / number


# -- all together


def korean(root: Path, draws: int) -> Iterator[Target]:
    """Yield the targets on Korean MT-Bench."""
    yield from table_5(root)
    generator = np.random.default_rng(1)
    for language, name in (("ko", "Korean"), ("en", "English")):
        found = seen(root, language)
        gain, tokens = power(found)
        worth = f"{gain:.2f} at equal calls, {tokens:.2f} at equal tokens"
        print(f"  {name}: both orders over scores on the closest third of pairs: {worth}")
        shares = [
            Pool(one.shares, one.strata) for one in found if abs(one.shares.mean()) < 0.4 and len(one.shares) > 60
        ]
        scores = [Pool(one.gaps, one.strata) for one in found if len(one.gaps) > 60]
        yield Target(f"{name}: coverage of the interval of a win rate", coverage(shares, draws, generator), 0.93, 0.97)
        looks, naive = false_alarms(shares, draws, generator, SIZE)
        print(f"  {name}: a winner where there is none, looking every ten questions at p < 0.05: {naive:.1%}")
        yield Target(f"{name}: a winner where there is none, five looks", looks, 0, 0.05)
        for what, pools in (("win rates", shares), ("scores", scores)):
            counts = at_the_edge(pools, draws, generator)
            for ruling in ("not worse", "worse"):
                share = counts[ruling] / counts.total()
                yield Target(f"{name}: false '{ruling}' at the margin, {what}", share, 0, 0.05)


def main() -> int:
    """Print every figure; 1 where a target is missed."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--korean", type=Path, metavar="DIR", help="a checkout of korean-mt-bench")
    parser.add_argument("--arena", type=Path, metavar="DIR", help="a checkout of Ko-Arena-Hard-Auto")
    parser.add_argument("--draws", type=int, default=100, metavar="N", help="simulated contests a pair (default: 100)")
    given = parser.parse_args()
    targets: list[Target] = []
    for part in (
        korean(given.korean, given.draws) if given.korean else (),
        arena_boards(given.arena) if given.arena else (),
    ):
        for target in part:
            print(target, flush=True)
            targets.append(target)
    return int(not targets or not all(target.met for target in targets))


if __name__ == "__main__":
    sys.exit(main())

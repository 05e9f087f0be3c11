"""The rule judge against the saved GPT-4 verdicts of the public LogicKor board.

    python benchmarks/rules_against_gpt4.py
    python benchmarks/rules_against_gpt4.py --half both --json

Reads the verdicts of 12 models (three strategies, 84 verdicts each) under DATA/evaluated, lets the rule judge
score the same answers and prints how far the two agree. The split was fixed before any figure was looked at:
the full model ids in code-point order, the first, third, fifth, ... for tuning, the others held out.

    tuned     HumanF-MarkrAI/Gukbap-Mistral-7B, OrionStarAI/Orion-14B-Chat,
              chihoonlee10/T3Q-ko-solar-dpo-v3.0, meta-llama/llama-2-13b-chat,
              nousresearch/nous-hermes-2-mistral-7b-dpo, qwen/qwen-7b-chat
    held-out  NCSOFT/Llama-VARCO-8B-Instruct, Qwen/Qwen2-7B-Instruct, maywell/Synatra-7B-v0.3-dpo,
              mistralai/mixtral-8x22b, openai/gpt-4-turbo-2024-04-09, yanolja/Bookworm-10.7B-v0.4-DPO

Both halves answer the same 42 questions, so the figures say how the rules carry over to new models, not to
new questions. A failed call ("Impossible to judge", score 0) is left out. Exit codes: 0 done, 2 no data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy.stats import kendalltau, spearmanr  # type: ignore[import-untyped]

from judge.rules.scoring import CAVEAT, judge_turn

STRATEGIES = ("default", "1-shot", "cot-1-shot")
HALVES = ("held-out", "tuned")


class Pair(NamedTuple):
    """One answer judged by both: `gpt4` is the saved score, `rules` ours, 0 to 10."""

    model: str
    strategy: str
    category: str
    gpt4: float
    rules: float


def half_of(models: Sequence[str], half: str) -> list[str]:
    """Return the models of one half by the rule in the module's docstring."""
    return sorted(models)[HALVES.index(half) != 1 :: 2]


def model_ids(evaluated: Path) -> list[str]:
    """Return `<org>/<model>` of every folder that holds verdicts, case kept."""
    found = {path.parent.relative_to(evaluated).as_posix() for path in evaluated.glob("*/*/*.jsonl")}
    return sorted(found)


def pairs(evaluated: Path, model: str) -> Iterator[Pair]:
    """Yield every turn of `model` that has a saved verdict, judged by the rules."""
    for strategy in STRATEGIES:
        text = (evaluated / model / f"{strategy}.jsonl").read_text(encoding="utf-8-sig")
        for line in filter(str.strip, text.split("\n")):
            row = json.loads(line)
            for turn, key in enumerate(("query_single", "query_multi"), start=1):
                score = float(row[key]["judge_score"])
                failed = row[key]["judge_message"].startswith("Impossible to judge") and score == 0
                if not failed and turn <= len(row["outputs"]):
                    category = row["category"].split("(")[0]
                    yield Pair(model, strategy, category, score, _rules_score(row, turn, category))


def _rules_score(row: dict[str, Any], turn: int, category: str) -> float:
    references = [*(row.get("references") or ()), None, None]
    earlier = tuple(zip(row["questions"], row["outputs"], strict=False))[: turn - 1]
    verdict = judge_turn(
        category=category,
        question=row["questions"][turn - 1],
        output=row["outputs"][turn - 1],
        reference=references[turn - 1],
        answer_language=None,
        turn=turn,
        earlier=earlier,
    )
    return verdict.score


def _agreement(gpt4: Sequence[float], rules: Sequence[float]) -> dict[str, float]:
    differences = [ours - saved for saved, ours in zip(gpt4, rules, strict=True)]
    return {
        "n": len(gpt4),
        "spearman": float(spearmanr(gpt4, rules).statistic),
        "kendall": float(kendalltau(gpt4, rules).statistic),
        "mean_absolute_error": statistics.fmean(map(abs, differences)),
        "bias": statistics.fmean(differences),
    }


def _of_means(found: Sequence[Pair], group: Callable[[Pair], tuple[str, ...]]) -> dict[str, float]:
    groups: dict[tuple[str, ...], list[Pair]] = defaultdict(list)
    for pair in found:
        groups[group(pair)].append(pair)
    gpt4 = [statistics.fmean(pair.gpt4 for pair in members) for members in groups.values()]
    rules = [statistics.fmean(pair.rules for pair in members) for members in groups.values()]
    return _agreement(gpt4, rules)


def measure(evaluated: Path, half: str) -> dict[str, Any]:
    """Return the agreement of one half: of single verdicts, of means, and by category."""
    models = half_of(model_ids(evaluated), half)
    found = [pair for model in models for pair in pairs(evaluated, model)]
    categories: dict[str, list[Pair]] = defaultdict(list)
    for pair in found:
        categories[pair.category].append(pair)

    def verdicts(some: Sequence[Pair]) -> dict[str, float]:
        return _agreement([pair.gpt4 for pair in some], [pair.rules for pair in some])

    def means(model: str) -> dict[str, float]:
        own = [pair for pair in found if pair.model == model]
        return {
            "gpt4": statistics.fmean(pair.gpt4 for pair in own),
            "rules": statistics.fmean(pair.rules for pair in own),
        }

    return {
        "half": half,
        "verdicts": verdicts(found),
        "model_strategy_means": _of_means(found, lambda pair: (pair.model, pair.strategy)),
        "model_means": _of_means(found, lambda pair: (pair.model,)),
        "categories": {category: verdicts(some) for category, some in categories.items()},
        "models": {model: means(model) for model in models},
    }


def _line(name: str, figures: dict[str, float]) -> str:
    return (
        f"  {name:<28} n {figures['n']:>5.0f}  Spearman {figures['spearman']:>6.3f}  "
        f"Kendall {figures['kendall']:>6.3f}  mean error {figures['mean_absolute_error']:>5.2f}  "
        f"bias {figures['bias']:>+5.2f}"
    )


def show(result: dict[str, Any]) -> str:
    """Return the figures of one half as text."""
    lines = [f"{result['half']} models"]
    lines.append(_line("single verdicts", result["verdicts"]))
    lines.append(_line("means, model x strategy", result["model_strategy_means"]))
    lines.append(_line("means, model", result["model_means"]))
    lines += [_line(f"verdicts in {name}", figures) for name, figures in result["categories"].items()]
    lines += [
        f"  {model:<46} GPT-4 {means['gpt4']:>5.2f}  rules {means['rules']:>5.2f}"
        for model, means in result["models"].items()
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/logickor"), help="the LogicKor data")
    parser.add_argument("--half", choices=(*HALVES, "both"), default="held-out")
    parser.add_argument("--json", action="store_true", help="machine-readable figures")
    options = parser.parse_args(arguments)
    evaluated = options.data / "evaluated"
    if not model_ids(evaluated):
        print(f"{evaluated}: no saved verdicts here; put the public LogicKor data there", file=sys.stderr)
        return 2
    halves = HALVES if options.half == "both" else (options.half,)
    results = [measure(evaluated, half) for half in halves]
    if options.json:
        print(json.dumps(results, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(map(show, results)))
        print(f"\n{CAVEAT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The hub's `model-index`: evaluation results in the front matter of a README, by huggingface_hub's own types.

One `EvalResult` a number: for every strategy of the card's model Overall, both kinds of turn and the categories, and
what lm-evaluation-harness measured. In a README only the text of the `model-index` block is replaced: other keys,
their order and their comments stay as they are, and so do results of other data sets inside the block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from judge.errors import ConfigError, InputError
from judge.reports.card import CardGroup
from judge.reports.lm_eval import Score
from judge.reports.readme import line_end
from judge.tables.columns import points
from judge.tables.means import category_names, strategy_key
from judge.tables.numbers import Rounding, format_score
from judge.tables.row import Row
from judge.text.plain import plain

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

DATASET = "kojudge"
"""`dataset.type` of our results; by it they are found again and replaced."""

_KEY = "model-index"
_FRONT = re.compile(r"\A(\ufeff?[ \t\r\n]*---[ \t]*\r?\n)(.*?)(^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE)
_BETWEEN_KEYS = re.compile(r"(?:^(?:#[^\n]*|[ \t\r]*)\n)+\Z", re.MULTILINE)
"""Blank lines and comments behind a block; they belong to the next key."""


def judged_results(
    groups: Sequence[CardGroup], *, rounding: Rounding, dataset_name: str = "", source_url: str = ""
) -> list[EvalResult]:
    """Return the results of the card's model; rounded as in the table, nothing of the offline rule judge.

    Without `dataset_name` the questions are told by their number and digest. Raises ConfigError where only the rule
    judge has judged, one name is given to several question sets, or huggingface_hub is not installed.
    """
    result = _hub().EvalResult
    found: list[EvalResult] = []
    judged = [g for g in groups if not g.rows[0].offline]
    sets = {row.question_set for group in judged for row in group.rows}
    if dataset_name and len(sets) > 1:
        raise ConfigError(
            f"--dataset-name is one name, but PATH holds {len(sets)} question sets; write them one after the other"
        )
    for group in judged:
        facts = group.facts
        name = dataset_name or f"kojudge: {facts.questions} questions, {facts.turns} turns ({facts.asked})"
        for row in sorted(group.rows, key=lambda row: strategy_key(row.strategy)):
            for label, value, arguments in _numbers(row, group, rounding):
                found.append(
                    result(
                        task_type="text-generation",
                        task_name="Text Generation",
                        dataset_type=DATASET,
                        dataset_name=name,
                        dataset_config=row.strategy,
                        metric_type="llm-judge-score",
                        metric_name=f"{label} ({row.judge})" if group.facts.judge else label,
                        metric_value=value,
                        metric_args=arguments or None,
                        source_name="kojudge" if source_url else None,
                        source_url=source_url or None,
                    )
                )
    if not found:
        raise ConfigError("--metadata: there is no score of an LLM judge; the rule judge's heuristic is no evaluation")
    return found


def _numbers(row: Row, group: CardGroup, rounding: Rounding) -> list[tuple[str, float, dict[str, Any]]]:
    """Return (name, value, arguments) of every mean that a row has; how it was judged stands with Overall."""
    facts = group.facts
    made: dict[str, Any] = {"judge": facts.judge} if facts.judge else {}
    made |= {"judge_returned": list(facts.returned)} if facts.returned else {}
    made |= {"judged": row.judged, "failed": row.failed, "expected": row.expected}
    if row.failures == "zero":
        made["failed_verdicts"] = "count as 0"
    if row.interval:
        made["interval_95"] = [float(points(row.interval.low)), float(points(row.interval.high))]
    means = [("Overall", row.overall), ("싱글턴", row.single), ("멀티턴", row.multi)]
    means += [(name, row.categories[name]) for name in category_names(row.categories)]
    return [
        (name, float(format_score(mean, rounding)), made if name == "Overall" else {})
        for name, mean in means
        if mean is not None
    ]


def benchmark_results(scores: Sequence[Score]) -> list[EvalResult]:
    """Return the results of lm-evaluation-harness, unrounded as its file has them; inf and nan are none."""
    result = _hub().EvalResult
    return [
        result(
            task_type="text-generation",
            task_name="Text Generation",
            dataset_type=s.dataset[0] or s.task,
            dataset_name=f"{s.name} ({s.shots}-shot)" if s.shots else s.name,
            dataset_config=s.dataset[1] or None,
            dataset_split=s.dataset[2] or None,
            dataset_args={"num_few_shot": int(s.shots)} if s.shots.isdecimal() and len(s.shots) < 5 else None,
            metric_type=s.metric,
            metric_name=f"{s.metric} ({s.filter})" if s.filter not in ("", "none") else s.metric,
            metric_value=s.value,
            metric_args=_measured(s) or None,
        )
        for s in scores
        if s.value is not None
    ]


def _measured(score: Score) -> dict[str, Any]:
    found: dict[str, Any] = {"stderr": score.stderr} if score.stderr is not None else {}
    return found | ({"limit": score.limit} if score.limit else {})


def block(model: str, results: Sequence[EvalResult], old: Sequence[Any] = ()) -> str:
    """Return `model-index: ...` as YAML with LF line ends; `old`: the block's value so far, in place of which it comes.

    Of `old` the entries of other models stay, and of this one the results on other data: our own are replaced where
    task and data set name are the same.
    """
    hub, model = _hub(), _one_line(model)
    new = _grouped(hub, model, results)
    mine = {_place(entry) for entry in new}
    entries = [dict(entry) for entry in old]
    same = next((entry for entry in entries if entry.get("name") == model), None)
    same = entries[0] if same is None and len(entries) == 1 else same
    if same is None:
        same = {"name": model, "results": []}
        entries.append(same)
    kept = [r for r in same.get("results") or [] if _place(r) not in mine]
    same["results"] = kept + new
    text: str = hub.CardData(**{_KEY: entries}).to_yaml()
    return text.rstrip() + "\n"


def with_block(readme: str, model: str, results: Sequence[EvalResult], *, path: Path) -> str:
    """Return a README whose front matter has the results; a front matter is put before it where there is none.

    Raises InputError for a front matter that is no mapping in YAML, or whose model-index the hub could not read.
    """
    end = line_end(readme)
    found = _FRONT.match(readme)
    if found is None:
        bare = readme.removeprefix("\ufeff")
        if re.match(r"\s*---[ \t]*\r?\n", bare):
            raise InputError("the front matter has no end", path=path, line=1, mend="close it with a line of ---")
        mark = readme[: len(readme) - len(bare)]
        text = f"---\n{block(model, results)}---\n".replace("\n", end)
        return f"{mark}{text}{end if bare.strip() else ''}{bare}"
    front = found[2]
    start, stop, old = _old_block(front, path)
    text = block(model, results, old).replace("\n", end)
    if start and not front[:start].endswith("\n"):
        text = end + text
    changed = front[:start] + text + front[stop:]
    if not _same_others(changed, front, path):
        raise InputError(
            "cannot be replaced, other keys refer to it", path=path, field=_KEY, mend="write out the YAML anchors"
        )
    return found[1] + changed + readme[found.start(3) :]


def lost_comments(readme: str, path: Path) -> int:
    """Return how many comment lines stand inside the `model-index` block; they are what a merge loses."""
    found = _FRONT.match(readme)
    if found is None:
        return 0
    start, stop, _ = _old_block(found[2], path)
    return sum(line.lstrip().startswith("#") for line in found[2][start:stop].splitlines())


def _old_block(front: str, path: Path) -> tuple[int, int, list[Any]]:
    """Return where the block stands in the front matter and what it holds; an empty place at the end without one."""
    data = _mapping(front, path)
    if _KEY not in data:
        return len(front), len(front), []
    node = yaml.compose(front, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 - `_mapping` has checked it
    places = [(key, value) for key, value in node.value if key.value == _KEY]
    if len(places) > 1:
        raise InputError("is there twice", path=path, field=_KEY, line=places[1][0].start_mark.line + 2)
    key, value = places[0]
    if node.flow_style or key.start_mark.column:
        raise InputError(
            "does not stand on a line of its own", path=path, field=_KEY, mend="write the front matter in block style"
        )
    start, stop = key.start_mark.index, value.end_mark.index
    if value.end_mark.column:  # a value in one line: to the end of that line
        stop = front.index("\n", stop) + 1
    tail = _BETWEEN_KEYS.search(front[start:stop])
    return start, start + tail.start() if tail else stop, _checked(data[_KEY], path)


def _checked(old: Any, path: Path) -> list[Any]:
    """Return a model-index that huggingface_hub reads without a complaint."""
    if old in (None, []):
        return []
    try:
        _hub().model_index_to_eval_results(old)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"is none that the hub reads ({type(error).__name__}: {error})"
        raise InputError(what, path=path, field=_KEY, mend="mend or delete it") from None
    return list(old)


def _mapping(front: str, path: Path) -> dict[Any, Any]:
    try:
        data = yaml.safe_load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"the front matter is not YAML ({getattr(error, 'problem', None) or error})"
        raise InputError(what, path=path, line=mark.line + 2 if mark else None, mend="mend it") from None
    except ValueError as error:  # an impossible date
        raise InputError(f"the front matter is not YAML ({error})", path=path, mend="mend it") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InputError("the front matter is no mapping", path=path, line=1, mend="write key: value lines")
    return data


def _same_others(changed: str, front: str, path: Path) -> bool:
    """Say whether all keys but the index hold what they held."""
    try:
        new, old = _mapping(changed, path), _mapping(front, path)
    except InputError:  # an alias whose anchor is gone
        return False
    return {k: v for k, v in new.items() if k != _KEY} == {k: v for k, v in old.items() if k != _KEY}


def _grouped(hub: Any, model: str, results: Sequence[EvalResult]) -> list[dict[str, Any]]:
    """Return the entries of `results:`; what differs in its name only (5-shot, 0-shot) is kept apart, which
    eval_results_to_model_index would put together.
    """
    names: dict[str, list[EvalResult]] = {}
    for result in results:
        names.setdefault(result.dataset_name, []).append(result)
    entries: list[dict[str, Any]] = []
    for same in names.values():
        entries += hub.eval_results_to_model_index(model, same)[0]["results"]
    return [_one_line(entry) for entry in entries]


def _place(entry: dict[str, Any]) -> tuple[Any, ...]:
    """What a new result replaces: all of ours on a data set, of others the same configuration and split."""
    data = entry["dataset"]
    if data["type"] == DATASET:
        return (entry["task"]["type"], DATASET, data["name"])
    return (entry["task"]["type"], data["type"], data["name"], data.get("config"), data.get("split"))


def _one_line(value: Any) -> Any:
    """The value with its texts in one line, without what YAML would change and a page would obey (control, bidi)."""
    if isinstance(value, dict):
        return {key: _one_line(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_one_line(entry) for entry in value]
    return " ".join(plain(value).split()) or "-" if isinstance(value, str) else value


def _hub() -> Any:
    """Return huggingface_hub's module of card types. Raises ConfigError where it is not installed."""
    try:
        from huggingface_hub import repocard_data
    except ImportError:
        raise ConfigError("--metadata needs the package huggingface_hub; pip install 'kojudge[card]'") from None
    return repocard_data

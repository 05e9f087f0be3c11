"""lm-evaluation-harness results.json -> scores, and the benchmark table of a card. Opens no file.

Three shapes are known, told apart by their keys:

    results: {task: {"acc,none": 0.5, "acc_stderr,none": 0.01}}    0.4 and later: metric, filter
    results: {task: {"acc": 0.5, "acc_stderr": 0.01}}              before
    results: {"harness|arc:challenge|25": {"acc_norm": 0.5}}       the first Open LLM Leaderboard: task and n-shot

Numbers are shown as they are in the file, to four decimals like the harness's own table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeGuard

from judge.errors import ConfigError, InputError
from judge.reports.markdown import escaped
from judge.reports.words import Words
from judge.tables.cells import markdown_table
from judge.tables.numbers import format_score

KOBEST: Mapping[str, str] = {
    "kobest": "KoBEST",
    "kobest_boolq": "KoBEST BoolQ",
    "kobest_copa": "KoBEST COPA",
    "kobest_hellaswag": "KoBEST HellaSwag",
    "kobest_sentineg": "KoBEST SentiNeg",
    "kobest_wic": "KoBEST WiC",
}
"""What cards call the five tasks of KoBEST; any other task is shown under its own name."""

MANY = 12
"""A group with more members than this is shown without them, where it has a score of its own."""


@dataclass(frozen=True)
class Score:
    """One number of one task."""

    task: str
    metric: str
    filter: str
    """Empty in the old shape."""
    value: float | None
    """None: the file has no finite number there, see `instead`."""
    stderr: float | None
    shots: str
    version: str
    """Empty where the file doesn't say."""
    instead: str = ""
    """What the file has in place of a finite number: `inf`, `nan`."""
    limit: str = ""
    """How much of the task was asked, where it was not all of it: `100/1319`, or the option as it was given."""
    dataset: tuple[str, str, str] = ("", "", "")
    """Path on the hub, configuration and split of the task's data, as far as the file says."""

    @property
    def name(self) -> str:
        """What the task is called."""
        return KOBEST.get(self.task, self.task)


@dataclass(frozen=True)
class Benchmark:
    """What one results file holds."""

    path: Path
    model: str
    """Empty where the file doesn't say; of a local path the last part."""
    harness: str
    """Version of lm-evaluation-harness, empty where the file doesn't say."""
    date: str
    scores: tuple[Score, ...]
    left_out: Mapping[str, int]
    """Group -> number of its tasks that are not among the scores."""


def parse(data: Any, path: Path) -> Benchmark:
    """Return what a results file holds. Raises InputError where it is no such file or has no score."""
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, dict) or not all(isinstance(entry, dict) for entry in results.values()):
        raise InputError(
            "is no result of lm-evaluation-harness (it has no field 'results' that maps tasks to metrics)",
            path=path,
            mend="give the results_*.json that lm_eval --output_path wrote",
        )
    hidden, left_out = _hidden(data, results)
    scores = [s for key, entry in results.items() if key not in hidden for s in _scores(data, key, entry)]
    if not scores:
        raise InputError("holds no score", path=path, field="results", mend="give a finished evaluation")
    version, date = data.get("lm_eval_version"), data.get("date")
    return Benchmark(
        path=path,
        model=_model(data),
        harness=version if isinstance(version, str) else "",
        date=_date(date),
        scores=tuple(scores),
        left_out=left_out,
    )


def merged_scores(benchmarks: Sequence[Benchmark]) -> list[tuple[str, Score]]:
    """Return (model, score) of all files without repeats. Raises ConfigError where two files contradict each other."""
    found: dict[tuple[str, ...], tuple[str, Score, Path]] = {}
    for one in benchmarks:
        for score in one.scores:
            key = (one.model, score.task, score.metric, score.filter, score.shots)
            if key in found and found[key][1].value != score.value:
                raise ConfigError(
                    f"{score.task} {score.metric} is {found[key][1].value} in {found[key][2]} and {score.value} in "
                    f"{one.path}; give one of the two"
                )
            found.setdefault(key, (one.model, score, one.path))
    return [(model, score) for model, score, _ in found.values()]


def benchmark_table(benchmarks: Sequence[Benchmark], words: Words) -> str:
    """Return the benchmark table with what the files say of how it was made. Raises ConfigError as `merged` does."""
    scores = merged_scores(benchmarks)
    models = list(dict.fromkeys(model for model, _ in scores))
    header = list(words.benchmark_header)
    lines = [
        [escaped(s.name)]
        + [escaped(text) or "-" for text in (s.version, s.filter, s.shots, s.metric)]
        + [number(s.value), number(s.stderr)]
        for _, s in scores
    ]
    if len(models) > 1:
        header.insert(0, "Model")
        for line, (model, _) in zip(lines, scores, strict=True):
            line.insert(0, escaped(model) or "-")
    below: dict[str, None] = {}
    for one in benchmarks:
        made = [words.harness.format(version=escaped(one.harness)).strip()]
        made += [words.harness_model.format(name=escaped(one.model))] * bool(one.model)
        made += [escaped(one.date)] * bool(one.date)
        below[", ".join(made)] = None
        below |= {words.limit.format(task=escaped(s.name), limit=escaped(s.limit)): None for s in one.scores if s.limit}
        below |= {
            words.no_number.format(task=escaped(s.name), metric=escaped(s.metric), value=s.instead): None
            for s in one.scores
            if s.value is None
        }
        below |= {words.subtasks.format(group=escaped(g), n=n): None for g, n in one.left_out.items()}
    return markdown_table(header, lines, names=header.index(words.benchmark_header[0]) + 1) + "\n\n" + _listed(below)


def number(value: float | None) -> str:
    """Return a metric with four decimals, `-` where there is none."""
    return "-" if value is None else format_score(Fraction(str(value)), "half-up", 4)


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _scores(data: dict[str, Any], key: str, entry: dict[str, Any]) -> list[Score]:
    """One task's metrics in file order; text entries (alias, "N/A") and bare counts of the new shape are none."""
    new = any("," in name for name in entry)
    task, shots = _task(data, key)
    found = []
    for name, value in entry.items():
        metric, _, filter_ = name.partition(",")
        if metric.endswith("_stderr") or new != ("," in name) or not _is_number(value):
            continue
        finite = math.isfinite(value)
        stderr = entry.get(f"{metric}_stderr" + (f",{filter_}" if new else ""))
        found.append(
            Score(
                task=task,
                metric=metric,
                filter=filter_,
                value=float(value) if finite else None,
                instead="" if finite else str(value),
                stderr=float(stderr) if _is_number(stderr) and math.isfinite(stderr) else None,
                shots=shots,
                version=_text(_part(data, "versions").get(key)),
                limit=_limit(data, key),
                dataset=_dataset(_part(_part(data, "configs"), key)),
            )
        )
    return found


def _task(data: dict[str, Any], key: str) -> tuple[str, str]:
    """Return a task's name and number of examples in the prompt."""
    parts = key.split("|")
    if len(parts) in (3, 4) and parts[2].isdigit():
        return parts[1], parts[2]
    config = _part(_part(data, "configs"), key)
    places = (_part(data, "n-shot").get(key), config.get("num_fewshot"), _part(data, "config").get("num_fewshot"))
    return key, next((_text(n) for n in places if _text(n)), "")


def _dataset(config: dict[str, Any]) -> tuple[str, str, str]:
    path, name, split = (config.get(field) for field in ("dataset_path", "dataset_name", "test_split"))
    return tuple(text if isinstance(text, str) else "" for text in (path, name, split))  # type: ignore[return-value]


def _model(data: dict[str, Any]) -> str:
    config = _part(data, "config")
    arguments = config.get("model_args")
    if isinstance(arguments, str):
        pairs = (pair.partition("=") for pair in arguments.split(","))
        arguments = {name.strip(): value for name, _, value in pairs}
    if not isinstance(arguments, dict):
        arguments = {}
    places = [arguments.get("peft"), arguments.get("pretrained"), arguments.get("model"), data.get("model_name")]
    places += [_part(data, "config_general").get("model_name")]
    name = next((place for place in places if isinstance(place, str) and place), "")
    return _last_part(name)


def _last_part(name: str) -> str:
    """A hub id as it is; of a path of somebody's machine only the last part."""
    if "\\" in name or PureWindowsPath(name).drive:
        return PureWindowsPath(name).name
    if name.startswith(("/", ".", "~")) or name.count("/") > 1:
        return PurePosixPath(name).name
    return name


def _date(date: object) -> str:
    if _is_number(date):
        try:
            return datetime.fromtimestamp(date, UTC).date().isoformat()
        except (ValueError, OverflowError, OSError):
            return ""
    return date[:10] if isinstance(date, str) else ""


def _limit(data: dict[str, Any], key: str) -> str:
    """Return how much of a task was asked: by the numbers of samples, else by the option; empty: all of it."""
    samples = _part(_part(data, "n-samples"), key)
    asked, whole = samples.get("effective"), samples.get("original")
    if _is_number(asked) and _is_number(whole):
        return f"{asked}/{whole}" if asked < whole else ""
    return _text(_part(data, "config").get("limit"))


def _hidden(data: dict[str, Any], results: dict[str, Any]) -> tuple[set[str], dict[str, int]]:
    """Return the members of large groups that have a score of their own, and their number a group."""
    members = {g: m for g, m in _part(data, "group_subtasks").items() if isinstance(m, list)}
    hidden: set[str] = set()
    left_out: dict[str, int] = {}
    for group in members:
        below, todo = set(), list(members[group])
        while todo:
            name = todo.pop()
            if isinstance(name, str) and name not in below and name != group:
                below.add(name)
                todo += members.get(name, [])
        below &= results.keys()
        own = any(_is_number(v) and "," in n and "_stderr" not in n for n, v in results.get(group, {}).items())
        if own and len(below) > MANY and group not in hidden:
            left_out = {name: n for name, n in left_out.items() if name not in below} | {group: len(below)}
            hidden |= below
    return hidden, left_out


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 10**15  # more fits into no float
    return isinstance(value, float)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) or _is_number(value) else ""

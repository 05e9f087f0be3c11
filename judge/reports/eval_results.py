"""The hub's `.eval_results/<task>.yaml`: Overall of each strategy, by huggingface_hub's own `EvalResultEntry`.

One file a strategy, one entry a judge. What the format has no field for, such as judge, interval and counts, stands in
`notes`. Entries of other data sets that a file holds already stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from judge.errors import ConfigError, InputError
from judge.files import read_text, replace_text
from judge.reports.card import CardGroup
from judge.tables.columns import points
from judge.tables.means import strategy_key
from judge.tables.numbers import Rounding, format_score
from judge.tables.ranges import Range, range_notes, range_text
from judge.tables.row import Row
from judge.text.plain import plain

if TYPE_CHECKING:
    from huggingface_hub import EvalResultEntry

FOLDER = ".eval_results"


def entries_of(
    groups: Sequence[CardGroup], *, dataset: str, rounding: Rounding, scale: Range, source_url: str = ""
) -> dict[str, list[EvalResultEntry]]:
    """Return strategy -> an entry a judge; rounded as in the table, nothing of the offline rule judge.

    `dataset`: the hub's id of the question set. Raises ConfigError for an id that the hub does not allow, for several
    question sets, where only the rule judge has judged, or without huggingface_hub.
    """
    entry = _hub(dataset).EvalResultEntry
    judged = [group for group in groups if not group.rows[0].offline]
    sets = {row.question_set for group in judged for row in group.rows}
    if len(sets) > 1:
        raise ConfigError(
            f"--eval-results is for one question set, but PATH holds {len(sets)}; write them one after the other"
        )
    found: dict[str, list[EvalResultEntry]] = {}
    rows = [(row, each) for each in judged for row in each.rows]
    for row, group in sorted(rows, key=lambda one: strategy_key(one[0].strategy)):
        if row.overall is None:
            continue
        found.setdefault(row.strategy, []).append(
            entry(
                dataset_id=dataset,
                task_id=row.strategy,
                value=float(format_score(row.overall, rounding)),
                date=group.facts.dates[-1] if group.facts.dates else None,
                source_url=source_url or None,
                source_name="kojudge" if source_url else None,
                notes=_notes(row, group, rounding, scale),
            )
        )
    if not found:
        raise ConfigError("--eval-results: there is no score of an LLM judge; the rule judge's heuristic is no result")
    return found


def write_entries(found: Mapping[str, Sequence[EvalResultEntry]], folder: Path) -> list[Path]:
    """Write `.eval_results/<strategy>.yaml` below `folder` and return the files.

    An entry of the same data set and task is replaced, others stay. Raises InputError for a file that the hub could
    not read, before anything is written.
    """
    texts = {folder / FOLDER / f"{_name(task)}.yaml": entries for task, entries in found.items()}
    kept = {path: _others(path, entries) for path, entries in texts.items()}
    for path, entries in texts.items():
        data = [*kept[path], *_hub().eval_result_entries_to_yaml(list(entries))]
        replace_text(path, yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=10_000))
    return list(texts)


def _others(path: Path, entries: Sequence[EvalResultEntry]) -> list[Any]:
    if not path.exists():
        return []
    mine = {(entry.dataset_id, entry.task_id) for entry in entries}
    try:
        data = yaml.safe_load(read_text(path)) or []
        known = [(one, _hub().parse_eval_result_entries([one])[0]) for one in data]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"holds no results that the hub reads ({type(error).__name__})"
        raise InputError(what, path=path, mend="mend or delete it") from None
    return [one for one, entry in known if (entry.dataset_id, entry.task_id) not in mine]


def _notes(row: Row, group: CardGroup, rounding: Rounding, scale: Range) -> str:
    facts = group.facts
    returned = f" (answered as {', '.join(facts.returned)})" if facts.returned else ""
    turns = [f"{name} {format_score(mean, rounding)}" for name, mean in _turns(row) if mean is not None]
    parts = [f"Overall{' of ' if turns else ''}{' and '.join(turns)}, scale {range_text(scale)}"]
    parts.append(f"prompts {row.strategy}")
    parts.append(f"judge {row.judge}{returned}" if facts.judge else "judge not named by the files")
    if row.interval:
        parts.append(f"95 % interval {points(row.interval.low)} to {points(row.interval.high)}")
    zero = ", failed verdicts count 0" if row.failures == "zero" and row.failed else ""
    parts.append(f"{row.judged} of {row.expected} turns judged{zero}")
    parts += [f"judge prompt {digest}" for digest in facts.templates]
    parts += [f"{name} {version}" for name, version in facts.versions]
    parts += [*facts.editions, *(note for note in row.notes if note not in range_notes(scale))]
    return " ".join(plain("; ".join(parts)).split())


def _turns(row: Row) -> list[tuple[str, Any]]:
    return [("싱글턴", row.single), ("멀티턴", row.multi)] if row.multi is not None else []


def _name(task: str) -> str:
    return "".join(char if char.isalnum() or char in "-_.@" else "-" for char in task)


def _hub(dataset: str | None = None) -> Any:
    """Return huggingface_hub; `dataset`: an id that must be one of the hub. Raises ConfigError."""
    try:
        import huggingface_hub
        from huggingface_hub import EvalResultEntry  # noqa: F401 - older releases have none
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import _validators
    except ImportError:
        raise ConfigError(
            "--eval-results needs the package huggingface_hub, 2.4 or later; pip install -U 'kojudge[card]'"
        ) from None
    if dataset is not None:
        mend = "--eval-results needs the hub's id of the question set: --dataset-name ORG/NAME"
        try:
            _validators.validate_repo_id(dataset)
        except HFValidationError:
            raise ConfigError(mend) from None
        if "/" not in dataset:
            raise ConfigError(mend)
    return huggingface_hub

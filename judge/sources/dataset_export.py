"""A question set, or the answers and verdicts of runs -> a folder that can be pushed to the hub as a data set.

    DIR/README.md            front matter (licence, language, configs) and what the files are, with their digests
    DIR/eval.yaml            of a question set: its tasks, one a strategy, for the hub's .eval_results
    DIR/data/*.jsonl         questions; or answers and verdicts; the same values as *.parquet where that is asked for

Columns have one type throughout, as `datasets` wants it: ids are texts, demands and hidden cases are JSON in a text.
Nothing is pushed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import yaml

from judge.config import STRATEGIES
from judge.demands import stored
from judge.errors import ConfigError, StoreError
from judge.files import replace_pieces, without_half_characters
from judge.packs.editions import edition_of
from judge.packs.questions import QuestionSet
from judge.records import Answer, Judgment, Question
from judge.runs.folder import RunFolder
from judge.sources.run_results import read_run
from judge.tables.results import Results, label_of

Row = dict[str, Any]

DataFormat = Literal["jsonl", "parquet"]

_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("questions", "outputs", "references", "answer_language", "rubric", "finish_reasons"), list),
    **dict.fromkeys(("turn", "repeat"), int),
    **dict.fromkeys(("score", "lowest", "highest"), float),
}
"""Columns of Parquet that are no texts; the lists are of texts. Declared, as a column may hold nothing but null."""


@dataclass(frozen=True)
class _Table:
    name: str
    rows: Sequence[Row]
    what: str

    def lines(self) -> list[str]:
        return [without_half_characters(json.dumps(row, ensure_ascii=False)) for row in self.rows]

    def data(self, form: DataFormat) -> bytes:
        lines = self.lines()
        return _parquet(lines) if form == "parquet" else "".join(f"{line}\n" for line in lines).encode()


def export_questions(
    found: QuestionSet,
    folder: Path,
    *,
    name: str,
    licence: str,
    form: DataFormat = "jsonl",
    strategies: Sequence[str] = STRATEGIES,
) -> list[str]:
    """Write a question set and return a line a file. `strategies`: that runs of it are asked under by default.

    Raises StoreError where `folder` holds anything, ConfigError for Parquet without pyarrow.
    """
    edition = edition_of(found.digest)
    table = _Table("questions", [_question(each) for each in found.questions], "one row a question, its turns in lists")
    facts = [f"questions: {len(found.questions)}, turns: {sum(len(each.questions) for each in found.questions)}"]
    facts += [f"edition: {edition}"] * bool(edition)
    facts += [f"digest of the set: {found.digest}"]
    tasks = [{"id": strategy, "config": "questions", "split": "test"} for strategy in strategies]
    described = "Korean questions of several turns, scored by an LLM judge; Overall is the mean of both kinds of turn."
    task = {"name": name, "description": described, "evaluation_framework": "kojudge", "tasks": tasks}
    return _write(folder, [table], name, licence, facts, {"eval.yaml": _yaml(task).encode()}, form)


def export_runs_data(
    runs: Sequence[RunFolder], folder: Path, *, name: str, licence: str, form: DataFormat = "jsonl"
) -> list[str]:
    """Write the answers and verdicts in force, return a line a file. Raises InputError, and as `export_questions`."""
    answers: list[Row] = []
    verdicts: list[Row] = []
    editions = set()
    for run in runs:
        read = read_run(run)
        head = run.head()
        editions.add(head.edition or " ".join([head.question_file, head.config.questions]).strip())
        answers += [_answer(each) for _, mine in read.answers for each in mine]
        verdicts += [row for one in read.series for row in _verdicts(one)]
    tables = [_Table("answers", answers, "one row an answer: what was asked and said, turn by turn")]
    tables += [_Table("verdicts", verdicts, "one row a verdict or failure; a failure has no score")] * bool(verdicts)
    models = sorted({str(row["model"]) for row in answers})
    judges = sorted({str(row["judge"]) for row in verdicts})
    facts = [f"models: {', '.join(models)}", f"judges: {', '.join(judges) or 'none'}"]
    facts += [f"questions: {', '.join(sorted(editions))}"]
    return _write(folder, tables, name, licence, facts, {}, form)


def _write(
    folder: Path,
    tables: Sequence[_Table],
    name: str,
    licence: str,
    facts: Iterable[str],
    more: Mapping[str, bytes],
    form: DataFormat,
) -> list[str]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: is not empty; give a new folder")
    places = {f"data/{table.name}.{form}": table for table in tables}
    files = {**{place: table.data(form) for place, table in places.items()}, **more}
    for place, data in {**files, "README.md": _card(places, name, licence, facts, files).encode()}.items():
        replace_pieces(folder / place, (data,))
    return [f"{folder / place}" for place in (*files, "README.md")]


def _parquet(lines: Sequence[str]) -> bytes:
    """Return lines of JSON as a Parquet file with the same values. Raises ConfigError without pyarrow."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ConfigError("--format parquet needs the package pyarrow; pip install 'kojudge[parquet]'") from None
    rows = [json.loads(line) for line in lines]
    types = {int: arrow.int64(), float: arrow.float64(), list: arrow.list_(arrow.string()), str: arrow.string()}
    schema = arrow.schema([(name, types[_TYPES.get(name, str)]) for name in (rows[0] if rows else ())])
    out = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_pylist(rows, schema=schema), out)
    data: bytes = out.getvalue().to_pybytes()
    return data


def _card(
    places: Mapping[str, _Table], name: str, licence: str, facts: Iterable[str], files: Mapping[str, bytes]
) -> str:
    configs: list[Row] = [
        {"config_name": table.name, "data_files": [{"split": "test", "path": place}]} for place, table in places.items()
    ]
    configs[0]["default"] = True
    front = {"pretty_name": name, "license": licence, "language": ["ko"], "task_categories": ["text-generation"]}
    lines = [f"# {name}", "", "Made with `kojudge export dataset`.", ""]
    lines += [f"- `{place}`: {len(table.rows)} rows; {table.what}" for place, table in places.items()]
    lines += [*(f"- {fact}" for fact in facts), "", "| file | sha256 |", "|---|---|"]
    lines += [f"| `{place}` | `{hashlib.sha256(data).hexdigest()}` |" for place, data in files.items()]
    return f"---\n{_yaml(front | {'configs': configs})}---\n\n" + "\n".join(lines) + "\n"


def _yaml(data: object) -> str:
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=10_000)
    return text


def _question(one: Question) -> Row:
    turns = len(one.questions)
    return {
        "id": str(one.id),
        "category": one.category,
        "questions": list(one.questions),
        "references": list(one.references),
        "answer_language": list(one.answer_language),
        "rubric": list(one.rubric) or [None] * turns,
        "checks": json.dumps(stored(one.checks), ensure_ascii=False),
        "cases": json.dumps(stored(one.cases), ensure_ascii=False),
        "difficulty": one.difficulty,
        "skill": one.skill,
    }


def _answer(one: Answer) -> Row:
    return {
        "id": str(one.id),
        "model": one.model,
        "strategy": one.strategy,
        "category": one.category,
        "questions": list(one.questions),
        "outputs": list(one.outputs),
        "references": list(one.references),
        "finish_reasons": list(one.finish_reasons),
        "created": one.created,
    }


def _verdicts(series: Results) -> list[Row]:
    return [
        {
            "id": str(o.id),
            "turn": o.turn,
            "repeat": o.repeat,
            "model": o.model,
            "strategy": o.strategy,
            "judge": label_of(o.judge, series.offline) if series.shared else series.judge_label,  # o.score is its own
            "judge_returned": o.judge_returned,
            "score": o.score if isinstance(o, Judgment) else None,
            "lowest": o.score_range[0] if isinstance(o, Judgment) else None,
            "highest": o.score_range[1] if isinstance(o, Judgment) else None,
            "comment": o.comment if isinstance(o, Judgment) else None,
            "failure": None if isinstance(o, Judgment) else f"{o.kind}: {o.detail}",
            "template": o.template,
            "created": o.created,
        }
        for o in series.outcomes
    ]

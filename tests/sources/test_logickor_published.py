"""The published LogicKor tables come out of the public verdicts, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from judge.sources.completing import complete
from judge.sources.logickor import read_evaluated, read_generated
from judge.sources.places import places
from judge.tables.means import category_order, mean_rows
from judge.tables.numbers import Rounding, format_score
from judge.tables.render import csv, json_text
from judge.tables.results import FailureRule
from judge.tables.row import Row
from tests.support.public import PUBLIC, needs_public

STRATEGIES = {"default": "0-shot", "1-shot": "1-shot", "cot-1-shot": "cot-1-shot"}


def published() -> dict[str, Any]:
    return json.loads((PUBLIC / "expected_tables.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def public_rows(failures: FailureRule) -> dict[tuple[str, str], Row]:
    series = complete([read_evaluated(place.path) for place in places(PUBLIC / "evaluated")])
    return {(row.model, row.strategy): row for row in mean_rows(series, failures=failures)}


def table_cells(row: Row) -> dict[str, Fraction | None]:
    found = {"single": row.single, "multi": row.multi, "overall": row.overall}
    for name, mean in row.categories.items():
        single, multi = row.category_turns[name]
        found |= {f"{name} mean": mean, f"{name} single": single, f"{name} multi": multi}
    return found


def published_cells(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {name: table[name] for name in ("single", "multi", "overall")}
    for name, means in table["categories"].items():
        found |= {f"{name} {part}": means[part] for part in ("mean", "single", "multi")}
    return found


def public_tables() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for model, strategies in published().items():
        for strategy, table in strategies.items():
            yield model, strategy, table


def touched(table: dict[str, Any], raw: list[dict[str, Any]]) -> set[str]:
    """The cells that a failed verdict of the table is part of."""
    names = {line["id"]: line["category"].split("(")[0] for line in raw}
    found = set()
    for identifier, field in table["unjudged"]:
        part = field.removeprefix("query_")
        found |= {part, "overall", f"{names[identifier]} mean", f"{names[identifier]} {part}"}
    return found


def by_hand(cell: str, table: dict[str, Any], raw: list[dict[str, Any]]) -> Fraction:
    """The mean of one cell from the raw lines, failed verdicts left out."""
    if cell == "overall":
        return (by_hand("single", table, raw) + by_hand("multi", table, raw)) / 2
    category, _, part = cell.rpartition(" ")
    total, count = Fraction(0), 0
    for line in raw:
        for field in ("query_single", "query_multi"):
            if category and not line["category"].startswith(category + "("):
                continue
            if (part != "mean" and field != f"query_{part}") or [line["id"], field] in table["unjudged"]:
                continue
            total += Fraction(repr(line[field]["judge_score"]))
            count += 1
    return total / count


def raw_lines(model: str, strategy: str) -> list[dict[str, Any]]:
    text = (PUBLIC / "evaluated" / model / f"{strategy}.jsonl").read_text(encoding="utf-8-sig")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


@pytest.mark.proofs
@needs_public
def test_with_failures_as_zero_every_published_cell_is_met_exactly_and_in_both_roundings() -> None:
    found = public_rows("zero")
    tables = list(public_tables())
    assert len(tables) == len(found) == 36
    for model, strategy, table in tables:
        row = found[model, STRATEGIES[strategy]]
        cells, goal = table_cells(row), published_cells(table)
        assert cells.keys() == goal.keys()
        assert len(goal) == 21
        for name, mean in cells.items():
            assert mean == Fraction(goal[name]["exact"]), (model, strategy, name)
            assert format_score(mean, "half-up") == goal[name]["rounded"], (model, strategy, name)
            assert format_score(mean, "truncate") == goal[name]["truncated"], (model, strategy, name)
        assert row.mean_of_judged == Fraction(table["mean_of_judged"]["exact"])


@needs_public
def test_with_failures_left_out_untouched_cells_are_as_published_and_the_others_as_by_hand() -> None:
    found = public_rows("exclude")
    by_hand_count = 0
    for model, strategy, table in public_tables():
        row, raw = found[model, STRATEGIES[strategy]], raw_lines(model, strategy)
        goal, hurt = published_cells(table), touched(table, raw)
        by_hand_count += len(hurt)
        for name, mean in table_cells(row).items():
            exact = by_hand(name, table, raw) if name in hurt else Fraction(goal[name]["exact"])
            assert mean == exact, (model, strategy, name)
        failed = len(table["unjudged"])
        assert (row.judged, row.failed, row.expected, row.missing) == (84 - failed, failed, 84, 0)
        assert row.mean_of_judged == Fraction(table["mean_of_judged"]["exact"])
        empty = sum(not text.strip() for line in raw for text in line["outputs"])
        assert row.notes == ((f"{empty} of 84 answers are empty",) if empty else ())
    assert by_hand_count == 20, "three tables with one failure (4 cells each), one with three (8 cells)"


@pytest.mark.proofs
@needs_public
@pytest.mark.parametrize("failures", ["zero", "exclude"])
@pytest.mark.parametrize(("rounding", "key"), [("half-up", "rounded"), ("truncate", "truncated")])
def test_the_csv_of_all_public_verdicts(failures: FailureRule, rounding: Rounding, key: str) -> None:
    """Every line of the CSV, cell by cell, made here from the published file."""
    found = public_rows(failures)
    lines = csv(list(found.values()), rounding).splitlines()
    columns = lines[0].split(",")
    shown = {tuple(line.split(",")[:2]): dict(zip(columns, line.split(","), strict=True)) for line in lines[1:]}
    for model, strategy, table in public_tables():
        line = shown[model, STRATEGIES[strategy]]
        raw, goal = raw_lines(model, strategy), published_cells(table)
        hurt = touched(table, raw) if failures == "exclude" else set()
        names = {f"{name} mean": name for name in category_order([])}
        names |= {"single": "싱글턴", "multi": "멀티턴", "overall": "Overall"}
        for cell, column in names.items():
            exact = by_hand(cell, table, raw) if cell in hurt else None
            text = format_score(exact, rounding) if exact is not None else goal[cell][key]
            assert line[column] == text, (model, strategy, column)
        failed = len(table["unjudged"])
        assert (line["judged"], line["failed"], line["expected"]) == (str(84 - failed), str(failed), "84")


@pytest.mark.proofs
@needs_public
def test_the_json_of_all_public_verdicts_holds_the_published_floats() -> None:
    found = {(r["model"], r["strategy"]): r for r in json.loads(json_text([*public_rows("zero").values()]))["rows"]}
    for model, strategy, table in public_tables():
        shown = found[model, STRATEGIES[strategy]]
        assert shown["categories"] == {name: c["mean"]["value"] for name, c in table["categories"].items()}
        assert [shown[k] for k in ("single", "multi", "overall", "mean_of_judged")] == [
            table[k]["value"] for k in ("single", "multi", "overall", "mean_of_judged")
        ]


@needs_public
def test_all_public_answers_are_read() -> None:
    files = [place.path for place in places(PUBLIC / "generated")]
    answers = [answer for path in files for answer in read_generated(path)]
    assert (len(files), len(answers)) == (30, 1260)
    assert {len(answer.turns) for answer in answers} == {2}
    assert {answer.category for answer in answers} == set(category_order([]))
    models = {answer.model for answer in answers}
    assert {"Qwen/Qwen2-7B-Instruct", "qwen/qwen-7b-chat"} <= models
    assert len(models) == 10
    assert sorted({answer.strategy for answer in answers}) == sorted(STRATEGIES.values())

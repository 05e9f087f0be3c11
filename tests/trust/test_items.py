"""What a question is worth, by hand and on boards made so that the answer is known."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from judge.errors import InputError
from judge.tables.results import Results
from judge.text.digests import question_digests
from judge.trust.items import ItemStatistics, cronbach_alpha, measure, pearson
from judge.trust.render_items import items_text
from tests.support.results import board, series


def rows_of(*scores: tuple[float, ...]) -> list[Results]:
    """One row a tuple, a question a column, both turns alike."""
    return [board(*[(s, s) for s in row], model=f"m{m}") for m, row in enumerate(scores)]


def made(models: int = 12) -> list[Results]:
    """Questions: 1-4 measure the ability, 5 is solved by all, 6 is chance, 7 goes against it."""
    generator = np.random.default_rng(0)
    rows = []
    for ability in np.linspace(1, 9, models):
        good = np.clip(ability + generator.normal(0, 0.7, 4), 0, 10)
        rows.append((*good.tolist(), 10.0, float(generator.choice([0, 10])), float(10 - ability)))
    return rows_of(*rows)


def items() -> dict[object, ItemStatistics]:
    [table] = measure(made())
    return {item.id: item for item in table.items}


def test_item_rest_correlation_by_hand() -> None:
    """Question 1: 1 2 3 4 5; rest (question 2): 2 4 6 8 9. r = 18 / sqrt(10 * 32.8) = 0.9939."""
    [table] = measure(rows_of((1, 2), (2, 4), (3, 6), (4, 8), (5, 9)))
    assert table.items[0].item_rest == pytest.approx(18 / (10 * 32.8) ** 0.5)
    assert table.items[0].mean == table.items[0].single == table.items[0].multi == 3
    assert table.items[0].spread == pytest.approx(2.5**0.5)


def test_what_the_questions_carry_adds_up_to_the_whole() -> None:
    assert sum(item.carries for item in items().values()) == pytest.approx(1)


def test_questions_are_named_by_what_they_do() -> None:
    found = items()
    assert [found[q].verdict for q in (1, 2, 3, 4)] == ["carries the ranking"] * 4
    assert found[5].verdict == "saturated"
    assert found[6].verdict in ("carries nothing", "weak", "against the ranking")
    assert found[7].verdict == "against the ranking"
    assert found[7].carries < 0
    assert found[5].saturation == 1


def test_a_question_nobody_solves_has_no_spread() -> None:
    [table] = measure(rows_of(*[(float(n), 0.0) for n in range(6)]))
    assert [item.verdict for item in table.items] == ["no spread", "no spread"]  # the rest of 1 is all 0


def test_difficulty_is_by_turn() -> None:
    [table] = measure([board((8, 2), (6, m), model=f"m{m}") for m in range(5)])
    assert (table.items[0].single, table.items[0].multi) == (8, 2)


def test_cronbach_alpha_by_hand() -> None:
    """Items (1, 2, 3) and (2, 2, 5): variances 1 and 3; sums 3, 4, 8: variance 7; alpha 2 * (1 - 4 / 7) = 6 / 7."""
    assert cronbach_alpha(np.array([(1, 2), (2, 2), (3, 5.0)])) == pytest.approx(6 / 7)
    assert np.isnan(cronbach_alpha(np.array([(1, 1), (1, 1.0)])))
    assert np.isnan(pearson(np.array([1.0, 1]), np.array([1.0, 2])))


def test_noise_of_the_judge_by_question() -> None:
    rows = [series({(1, 1): (4, 6), (2, 1): (5, 5)}, model=f"m{m}") for m in range(5)]
    [table] = measure(rows, prompts={("k", "", 1, 1): [0, 10]})  # of another judge: not counted
    assert table.items[0].noise == pytest.approx(2**0.5)
    assert table.items[1].noise == 0


def test_too_few_rows_are_refused_and_incomplete_ones_left_out() -> None:
    with pytest.raises(InputError, match="no judge has 5 rows"):
        measure(made(4))
    short = series({(1, 1): 5}, model="short", expected={(q, t): "c" for q in range(1, 8) for t in (1, 2)})
    [table] = measure([*made(), short])
    assert table.rows == 12


def test_as_text_csv_and_json() -> None:
    words = question_digests(("첫 질문",))
    given = [replace(one, texts={(1, 1): words[0]}) for one in made()]
    found = measure(given, texts={words[0]: "첫 질문"})
    shown = items_text(found)
    assert "carry nothing: " in shown
    assert "5 c (saturated)" in shown
    lines = list(csv.DictReader(io.StringIO(items_text(found, "csv"))))
    assert {line["question"] for line in lines} == {"첫 질문", ""}
    assert len(lines) == 7
    data = json.loads(items_text(found, "json"))["judges"][0]
    assert {item["verdict"] for item in data["items"]} >= {"carries the ranking", "saturated"}

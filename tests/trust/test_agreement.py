"""Agreement and the judge's own noise, by hand on small numbers."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from judge.errors import InputError
from judge.sources.labels import load_labels
from judge.trust.agreement import agreements, alpha_of, krippendorff_alpha, raters, weighted_kappa
from judge.trust.noise import identical_prompts, noise, overall_half, series_noise
from judge.trust.render_agreement import agreement_text
from tests.support.results import answer, board, judged, series


def arr(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_weighted_kappa_by_hand() -> None:
    """x = 1, 2, 3; y = 1, 3, 3: mean square 1/3; var 2/3 + 8/9, means 2 and 7/3: chance 2/3 + 8/9 + 1/9 = 5/3;
    kappa = 1 - (1/3) / (5/3) = 0.8."""
    assert weighted_kappa(arr(1, 2, 3), arr(1, 3, 3)) == pytest.approx(0.8)
    assert weighted_kappa(arr(1, 2, 3), arr(1, 2, 3)) == 1
    assert math.isnan(weighted_kappa(arr(5, 5), arr(5, 5)))


def test_weighted_kappa_is_that_of_the_table_of_counts() -> None:
    """The textbook formula on a table of counts with weights (i - j)^2."""
    generator = np.random.default_rng(0)
    x, y = generator.integers(0, 11, 200), generator.integers(0, 11, 200)
    counts = np.zeros((11, 11))
    np.add.at(counts, (x, y), 1)
    weights = (np.arange(11)[:, None] - np.arange(11)) ** 2
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / 200
    assert weighted_kappa(x.astype(float), y.astype(float)) == pytest.approx(
        1 - (weights * counts).sum() / (weights * chance).sum()
    )


def test_krippendorff_alpha_by_hand() -> None:
    """Units (1, 1), (2, 4), a lone 9 that pairs with nothing: n = 4, values 1 1 2 4, mean 2, squares 6.

    D_o = 2 * (0 + 4) / 4 = 2 (ordered pairs (2,4), (4,2) over n); D_e = 2 * 4 * 6 / (4 * 3) = 4; alpha = 0.5.
    """
    assert krippendorff_alpha([(1, 1), (2, 4), (9,)]) == pytest.approx(0.5)
    assert krippendorff_alpha([(3, 3), (7, 7, 7)]) == 1
    assert math.isnan(krippendorff_alpha([(5, 5)]))


@pytest.mark.proofs
def test_two_judges_by_hand() -> None:
    a = board((2, 4), (6, 8))
    b = board((3, 4), (6, 10), judge="k")
    [one] = agreements(raters([a, b]))
    assert (one.a, one.b, one.items) == ("j", "k", 4)
    assert one.spearman == one.kendall == 1
    assert one.error == pytest.approx((1 + 2) / 4)
    assert one.bias == pytest.approx(3 / 4)
    assert [(gap.place[2:], gap.a, gap.b) for gap in one.gaps] == [((2, 2), 8, 10), ((1, 1), 2, 3)]
    assert one.floor is None
    assert math.isnan(one.rows_spearman)  # one row has no order


def test_rows_are_ordered_by_overall() -> None:
    scores = {"a": (2, 3), "b": (5, 4), "c": (8, 9)}
    first = [board((s, s), (s, s), model=m) for m, (s, _) in scores.items()]
    second = [board((s, s), (s, s), model=m, judge="k") for m, (_, s) in scores.items()]
    [one] = agreements(raters([*first, *second]))
    assert (one.rows, one.rows_spearman, one.rows_kendall) == (3, 1, 1)
    assert one.rows_error == 1


def test_verdicts_on_other_texts_do_not_agree_or_disagree() -> None:
    a = series({(1, 1): 0, (2, 1): 5, (3, 1): 6}, digests={(1, 1): "x", (2, 1): "y", (3, 1): "z"})
    b = series({(1, 1): 10, (2, 1): 5, (4, 1): 6}, judge="k", digests={(1, 1): "new", (2, 1): "y"})
    [one] = agreements(raters([a, b]))
    assert (one.items, one.other_text, one.only_a, one.only_b, one.error) == (1, 1, 1, 1, 0)


def test_the_repeats_of_one_judge_are_its_raters() -> None:
    found = raters([series({(1, 1): (2, 4), (2, 1): (8, 8)})])
    assert [rater.name for rater in found] == ["j #1", "j #2"]
    [one] = agreements(found)
    assert one.error == 1
    assert alpha_of(found) == pytest.approx(krippendorff_alpha([(2, 4), (8, 8)]))


def test_noise_by_hand() -> None:
    """Groups (2, 4) and (8, 8): MSW = 2 / 2 = 1; grand 5.5, MSB = 2 * (6.25 + 6.25) / 1 = 25, n0 = 2, between
    (25 - 1) / 2 = 12; share 1 / 13; gaps 2 and 0."""
    found = noise([(2, 4), (8, 8), (7,)])
    assert found is not None
    assert (found.groups, found.verdicts, found.deviation) == (2, 4, 1)
    assert found.share == pytest.approx(1 / 13)
    assert found.reliability == pytest.approx(12 / 13)
    assert (found.mean_gap, found.same) == (1, 0.5)
    assert noise([(5,), ()]) is None


def test_how_far_overall_moves_when_the_judge_is_drawn_again() -> None:
    """Two questions, two turns, each item weighs 1/4. Variances 2, 0, 2, 0: sd of Overall sqrt(4 / 16) = 0.5."""
    found = series_noise(series({(1, 1): (4, 6), (1, 2): (5, 5), (2, 1): (7, 9), (2, 2): (3, 3)}))
    assert found is not None
    assert found.half == pytest.approx(1.96 * 0.5)
    assert found.overall == pytest.approx((5 + 8) / 4 + (5 + 3) / 4)
    assert found.each == (pytest.approx((4 + 7) / 4 + 2), pytest.approx((6 + 9) / 4 + 2))


def test_the_median_of_three_verdicts_is_not_moved_by_one() -> None:
    found = series_noise(series({(1, 1): (8, 8, 2), (2, 1): (6, 6, 6)}))
    assert found is not None
    assert (found.overall, found.median_overall) == (6, 7)
    assert series_noise(series({(1, 1): 5})) is None


def test_simulated_noise_is_found_again() -> None:
    """Verdicts with sd 1.07 around their item: 84 verdicts move Overall by 1.96 * 1.07 / sqrt(84) = 0.229."""
    generator = np.random.default_rng(0)
    groups = generator.normal(generator.normal(6, 3, (2000, 1)), 1.07, (2000, 3)).tolist()
    found = noise(groups)
    assert found is not None
    assert found.deviation == pytest.approx(1.07, rel=0.03)
    assert found.share == pytest.approx(1.07**2 / (9 + 1.07**2), rel=0.1)
    assert overall_half(1.07, 84) == pytest.approx(0.229, abs=0.001)


def test_the_noise_floor_is_what_two_noisy_judges_of_one_mind_differ_by() -> None:
    generator = np.random.default_rng(1)
    truth = np.clip(generator.normal(5, 1, 900), 3, 7)

    def judge(name: str) -> object:
        scores = {(i, 1): tuple(t + generator.normal(0, 0.5, 2)) for i, t in enumerate(truth)}
        return series(scores, judge=name)

    [one] = agreements(raters([judge("j"), judge("k")]))  # type: ignore[list-item]
    assert one.floor == pytest.approx(0.5 * 2**0.5 * (2 / math.pi) ** 0.5, rel=0.05)
    assert one.error < one.floor  # the mean of two repeats is less noisy than one verdict


def test_identical_prompts_are_the_same_conversation_to_the_letter() -> None:
    one = answer(("가?", "답"), ("나?", "그래"))
    other = answer(("가?", "다른 답"), ("나?", "그래"))
    verdicts = [
        judged(one, 5, model="a"),
        judged(one, 7, model="b"),
        judged(one, 8, model="c", repeat=2),
        judged(one, 3, turn=2, model="a"),
        judged(other, 9, turn=2, model="b"),
    ]
    assert list(identical_prompts(verdicts).values()) == [[5, 7]]


LABELS = "id,turn,score,rater\n1,1,7,가\n1,2,6.5,가\n2,1,3,나\n"


def test_human_labels_from_csv_and_jsonl(tmp_path: Path) -> None:
    known = [board((5, 5), (6, 6))]
    as_csv, as_jsonl = tmp_path / "l.csv", tmp_path / "l.jsonl"
    as_csv.write_text("\ufeff" + LABELS, encoding="utf-8")
    as_jsonl.write_text('{"id": 1, "turn": 1, "score": 7}\n{"id": 2, "turn": 2, "score": 3}\n', encoding="utf-8")
    found = load_labels(as_csv, known)
    assert [(s.judge, len(s.outcomes)) for s in found] == [("human:가", 2), ("human:나", 1)]
    [one] = load_labels(as_jsonl, known)
    assert one.judge == "human"
    assert {agreement.items for agreement in agreements(raters([*known, one]))} == {2}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,turn,score\n1,1,11\n", r"l\.csv, line 2, field 'score'"),
        ("id,turn,score\n1,x,5\n", r"line 2, field 'turn': 'x' is no number"),
        ("id,turn\n1,1\n", r"line 2, field 'score': is missing"),
        ("id,turn,score\n9,1,5\n", r"line 2: is a label on m / 0-shot, id '9', turn 1"),
        ("id,turn,score\n1,1,5\n1,1,6\n", r"line 3: is a second label"),
        ("id,turn,score\n1,1,6,5\n", r"line 2: 4 cells for 3 columns"),
        ("id,turn,score,score\n1,1,6,5\n", r"line 1: two columns are called 'score'"),
        ('id,turn,score,rater\n1,1,5,"가\n1,2,9,나\n', r"line 3: cannot be read as CSV"),
    ],
)
def test_a_bad_label_is_named_by_line_and_field(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "l.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load_labels(path, [board((5, 5))])


def test_true_is_no_score(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text('{"id": 1, "turn": 1, "score": true}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 1, field 'score'"):
        load_labels(path, [board((5, 5))])


def test_labels_must_name_the_model_where_there_are_several(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("id,turn,score\n1,1,5\n", encoding="utf-8")
    with pytest.raises(InputError, match="field 'model': is missing, and there are 2"):
        load_labels(path, [board((5, 5)), board((5, 5), model="n")])


def test_as_text_and_json() -> None:
    rows = [series({(1, 1): (4, 6), (2, 1): (7, 9)}), board((5, 5), (6, 6), judge="k")]
    given = raters(rows)
    found = agreements(given)
    noises = [n for s in rows if (n := series_noise(s))]
    shown = agreement_text(found, alpha_of(given), noises)
    assert "largest disagreement" in shown
    assert "noise of the judge, from repeats" in shown
    korean = agreement_text(found, alpha_of(given), noises, lang="ko")
    assert "### 심판의 잡음(반복 판정에서 잼)" in korean
    assert set(re.findall("[A-Za-z]{4,}", korean)) == {"Spearman", "Kendall", "Krippendorff", "Overall", "shot"}
    data = json.loads(agreement_text(found, alpha_of(given), noises, format="json"))
    assert data["agreements"][0]["items"] == 2
    assert data["repeats"][0]["repeats"] == 2
    assert data["identical_prompts"] is None

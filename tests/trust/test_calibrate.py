"""A new judge on an old judge's scale: the maps by hand, the error for unseen models, what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from judge.errors import InputError
from judge.files import read_json
from judge.tables.means import mean_rows
from judge.tables.results import Results
from judge.trust.calibrate import Calibration, calibrate, isotonic, line, overlaps
from judge.trust.equate import equate, legend, with_calibration
from judge.trust.render_calibration import calibration_text
from tests.support.results import board, series

QUESTIONS = 40


def judges(models: int = 8, *, noise: float = 0.5, seed: int = 0) -> tuple[list[Results], list[Results]]:
    """An old judge and a new one that is two points milder at half the spread: old = 2 * new - 8, about."""
    generator = np.random.default_rng(seed)
    old, new = [], []
    for m in range(models):
        truth = np.clip(generator.normal(3 + 4 * m / models, 2, (QUESTIONS, 2)), 0, 10)
        milder = np.clip(truth / 2 + 4 + generator.normal(0, noise, truth.shape), 0, 10)
        old.append(board(*map(tuple, truth.round(1).tolist()), model=f"m{m}", judge="old"))
        new.append(board(*map(tuple, milder.round(1).tolist()), model=f"m{m}", judge="new"))
    return old, new


def test_isotonic_by_hand() -> None:
    """New 1: old 3; new 2: old 1 and 3 (mean 2): they fall, so they are pooled to (3 + 1 + 3) / 3; new 5: 8."""
    curve = isotonic(np.array([(1, 3), (2, 1), (2, 3), (5, 8.0)]))
    assert curve.new == (1, 2, 5)
    assert curve.old == (pytest.approx(7 / 3), pytest.approx(7 / 3), 8)
    assert curve(np.array([0.0, 3.5, 10.0])) == pytest.approx([7 / 3, (7 / 3 + 8) / 2, 8])


def test_line_by_hand() -> None:
    """(2, 1), (4, 5): slope 2, through (0, -3) and (10, 17); scores are kept within 0 to 10."""
    curve = line(np.array([(2, 1), (4, 5.0)]))
    assert curve.old == (pytest.approx(-3), pytest.approx(17))
    assert curve(np.array([1.0, 3.0, 9.0])) == pytest.approx([0, 3, 10])


def test_a_line_never_falls_and_is_level_without_spread() -> None:
    assert line(np.array([(2, 9), (4, 1.0)])).old == (5, 5)
    assert line(np.array([(3, 9), (3, 1.0)])).old == (5, 5)


def test_a_milder_judge_is_mapped_back_on_models_it_was_not_fitted_on() -> None:
    found = calibrate(*judges())
    used = found.errors[found.way]
    assert used.rms < 0.3
    assert found.errors["none"].rms > 1
    assert found.errors["constant"].rms > 1
    assert used.rms == min(found.errors[way].rms for way in ("isotonic", "linear", "means"))
    assert (found.old, found.new, len(found.models), found.rows) == ("old", "new", 8, 8)
    assert found.verdicts == 8 * QUESTIONS * 2
    assert set(found.turns) == {"single", "multi"}


@pytest.mark.proofs
def test_a_noisy_judge_is_better_mapped_through_means_than_verdict_by_verdict() -> None:
    """Verdict by verdict the noise flattens the curve, and good and bad models are drawn to the middle."""
    found = calibrate(*judges(noise=3, models=12))
    assert found.way == "means"
    assert found.errors["means"].rms < 0.8 * found.errors["linear"].rms


def test_the_error_is_that_of_models_left_out() -> None:
    """A model that only the new judge misreads is badly predicted, though a fit on all would hide it a little."""
    old, new = judges()
    odd = board(*[(9.9, 9.9)] * QUESTIONS, model="odd", judge="new")
    told = board(*[(1.0, 1.0)] * QUESTIONS, model="odd", judge="old")
    found = calibrate([*old, told], [*new, odd])
    assert max(found.errors[way].worst for way in ("isotonic", "linear", "means")) > 4


def test_overlap_is_by_key_and_text() -> None:
    old = series({(1, 1): 5, (2, 1): 6, (3, 1): 7}, digests={(2, 1): "x", (3, 1): "y"})
    new = series({(1, 1): 4, (2, 1): 4, (3, 1): 4, (4, 1): 4}, judge="k", digests={(2, 1): "x", (3, 1): "z"})
    [one] = overlaps([old], [new])
    assert one.scores == {(1, 1): (4, 5), (2, 1): (4, 6)}
    assert overlaps([old], [series({(1, 1): 4}, model="other")]) == []


def test_too_small_an_overlap_is_refused_with_its_size() -> None:
    old, new = judges(models=3)
    with pytest.raises(InputError, match="overlap of old and new is too small: 3 models and 120 verdicts"):
        calibrate(old, new)
    with pytest.raises(InputError, match="needed are 4 and 100"):
        calibrate([board((5, 5), model=f"m{m}", judge="old") for m in range(5)], judges(5)[1])


def test_each_side_is_one_judge() -> None:
    old, new = judges()
    with pytest.raises(InputError, match=r"--new holds verdicts of 2 judges \(new, k\).*--new-judge NAME"):
        calibrate(old, [*new, board((5, 5), judge="k")])
    with pytest.raises(InputError, match="--old holds verdicts of 0 judges"):
        calibrate([], new)


def test_an_equated_score_holds_both_errors() -> None:
    old, new = judges()
    found = calibrate(old[:-1], new[:-1])
    equated = equate(new[-1], found)
    truth = float(mean_rows([old[-1]])[0].overall or 0)
    assert equated is not None
    assert equated.old == "old"
    assert equated.score == pytest.approx(truth, abs=0.5)
    assert equated.low < truth < equated.high
    assert (equated.high - equated.low) / 2 > 1.96 * found.errors[found.way].rms


def test_another_judge_and_an_unknown_kind_of_turn_are_not_equated() -> None:
    old, new = judges()
    found = calibrate(old, new)
    assert equate(old[0], found) is None
    first_turns = [
        series({i: o.score for o in s.outcomes if (i := (o.id, o.turn))[1] == 1}, model=s.model, judge=s.judge)
        for s in (*old, *new)
    ]  # type: ignore[union-attr]
    single = calibrate([s for s in first_turns if s.judge == "old"], [s for s in first_turns if s.judge == "new"])
    assert set(single.turns) == {"single"}
    assert equate(new[0], single) is None
    assert equate(first_turns[-1], single) is not None
    shown = with_calibration(mean_rows([old[0], new[0]]), [old[0], new[0]], found)
    assert shown[0].equated is None
    assert shown[1].equated is not None
    assert legend(found) in shown[1].legend


def test_another_configuration_of_the_judge_is_not_equated_and_that_is_said() -> None:
    old, new = judges()
    digests = {"judge_digest": "first"}
    known = [replace(s, outcomes=tuple(o.model_copy(update=digests) for o in s.outcomes)) for s in new]
    found = calibrate(old, known)
    assert found.new_digests == ("first",)
    assert equate(known[0], found) is not None
    assert equate(new[0], found) is not None  # a foreign file does not say
    digests["judge_digest"] = "second"
    changed = replace(new[0], outcomes=tuple(o.model_copy(update=digests) for o in new[0].outcomes))
    assert equate(changed, found) is None
    [row] = with_calibration(mean_rows([changed]), [changed], found)
    assert "under another configuration" in row.legend[0]


def test_the_map_survives_its_file(tmp_path: Path) -> None:
    found = calibrate(*judges())
    path = tmp_path / "map.json"
    path.write_text(found.model_dump_json(indent=2), encoding="utf-8")
    assert read_json(path, Calibration) == found
    path.write_text('{"rows": []}', encoding="utf-8")
    with pytest.raises(InputError, match=r"map\.json, field"):
        read_json(path, Calibration)


def test_a_map_that_is_worth_nothing_says_so() -> None:
    old, new = judges()
    same = [board(*[(float(s.outcomes[0].score), 5.0)] * QUESTIONS, model=s.model, judge="new") for s in old]  # type: ignore[union-attr]
    assert "hardly better than guessing the mean" in calibration_text(calibrate(old, same))
    twin = [Results(**{**vars(s), "judge": "new"}) for s in old]
    assert "no map is better than the new score as it is" in calibration_text(calibrate(old, twin))
    assert "!" not in calibration_text(calibrate(old, new))


def test_the_worth_of_a_map_in_korean() -> None:
    old, _ = judges()
    useless = [board(*[(float(s.outcomes[0].score), 5.0)] * QUESTIONS, model=s.model, judge="new") for s in old]  # type: ignore[union-attr]
    shown = calibration_text(calibrate(old, useless), lang="ko")
    words = {"id", "old", "new", "Overall", "rms", "isotonic", "linear", "means"}
    assert set(re.findall("[A-Za-z]+", shown)) <= words
    assert ", 이것을 씀 " in shown

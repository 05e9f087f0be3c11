"""Games of pairs in other tools' files: FastChat, Korean MT-Bench, arena-hard; who was shown first, who is better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.errors import InputError
from judge.records import Failure
from judge.runs.games import FIVE_LEVELS, THREE_LEVELS
from judge.sources.arena_hard import export_games
from judge.sources.places import places
from judge.tables.contest import Contest, Side

Row = dict[str, Any]


def write(path: Path, *rows: Row) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def contests(path: Path) -> Sequence[Contest]:
    [place] = places(path)
    return place.contests()


def levels(contest: Contest) -> dict[tuple[Any, int, str], float | None]:
    """(id, turn, order) -> how much better side A is; None for a failure."""
    return {(g.id, g.turn, g.order): None if isinstance(g, Failure) else g.score for g in contest.games}


# -- FastChat


def fastchat(identifier: int, first: str, second: str, **more: Any) -> Row:
    row = {"question_id": identifier, "model_1": "alpaca", "model_2": "vicuna", "turn": 1, "tstamp": 1.0}
    row |= {"g1_winner": first, "g2_winner": second, "g1_judgment": "첫째", "g2_judgment": "둘째"}
    return row | {"judge": ["gpt-4", "pair-v2"]} | more


def test_fastchat_names_the_winner_by_model_in_both_games(tmp_path: Path) -> None:
    path = write(
        tmp_path / "model_judgment/gpt-4_pair.jsonl",
        fastchat(81, "model_1", "model_1"),
        fastchat(82, "model_1", "model_2"),
        fastchat(83, "tie", "error"),
    )
    write(
        tmp_path / "question.jsonl", *({"question_id": i, "category": "writing", "turns": ["쓰세요"]} for i in (81, 82))
    )
    write(
        tmp_path / "model_answer/alpaca.jsonl",
        {"question_id": 81, "model_id": "alpaca", "choices": [{"turns": ["알파카"]}]},
    )
    write(
        tmp_path / "model_answer/vicuna.jsonl",
        {"question_id": 81, "model_id": "vicuna", "choices": [{"turns": ["비쿠냐"]}]},
    )
    [one] = contests(path)
    assert (one.a, one.b, one.judge) == (Side("alpaca", "0-shot"), Side("vicuna", "0-shot"), "gpt-4")
    assert levels(one) == {
        (81, 1, "ab"): 1,
        (81, 1, "ba"): 1,
        (82, 1, "ab"): 1,
        (82, 1, "ba"): -1,
        (83, 1, "ab"): 0,
        (83, 1, "ba"): None,
    }
    assert {game.score_range for game in one.games if not isinstance(game, Failure)} == {THREE_LEVELS}
    assert one.expected == {(81, 1): "writing", (82, 1): "writing", (83, 1): "(unknown)"}
    assert one.answers == {(81, 1): ("알파카", "비쿠냐")}
    assert [g.reply for g in one.games[:2]] == ["첫째", "둘째"]


def test_a_pair_that_is_named_the_other_way_round_is_the_same_pair(tmp_path: Path) -> None:
    other = fastchat(82, "model_1", "tie", model_1="vicuna", model_2="alpaca")
    [one] = contests(write(tmp_path / "gpt-4_pair.jsonl", fastchat(81, "model_1", "tie"), other))
    assert levels(one) == {(81, 1, "ab"): 1, (81, 1, "ba"): 0, (82, 1, "ba"): -1, (82, 1, "ab"): 0}


def test_the_later_line_counts_and_it_is_said(tmp_path: Path) -> None:
    rows = [fastchat(81, "model_1", "model_1", tstamp=2.0), fastchat(81, "model_2", "model_2", tstamp=1.0)]
    [one] = contests(write(tmp_path / "gpt-4_pair.jsonl", *rows))
    assert set(levels(one).values()) == {1}
    assert one.notes == ("1 lines are replaced by later ones of the same question and turn",)


def test_each_judge_and_pair_is_a_contest(tmp_path: Path) -> None:
    rows = [fastchat(81, "tie", "tie"), fastchat(81, "tie", "tie", judge=["claude", "pair-v2"])]
    rows.append(fastchat(81, "tie", "tie", model_2="koala"))
    found = contests(write(tmp_path / "gpt-4_pair.jsonl", *rows))
    assert [(one.b.model, one.judge) for one in found] == [
        ("vicuna", "gpt-4"),
        ("vicuna", "claude"),
        ("koala", "gpt-4"),
    ]


def test_ratings_that_were_turned_into_winners_are_no_games(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "gpt-4_single_pair.jsonl", fastchat(81, "tie", "tie", m1_score=8.0, m2_score=8.0))
    assert contests(path) == ()
    assert main(["table", str(path)]) == 2
    assert "_single.jsonl" in capsys.readouterr().err


# -- Korean MT-Bench


def korean(identifier: int, first: str, second: str, **more: Any) -> Row:
    row = {"question_id": identifier, "model_a": "eeve", "model_b": "exaone", "judge_id": "qwen", "turn": 2}
    row |= {"winner_ab": first, "winner_ba": second, "judgment_ab": "앞", "judgment_ba": "뒤", "category": "math"}
    return row | more


def test_korean_mt_bench_names_the_winner_by_place(tmp_path: Path) -> None:
    """`winner_ba: A` is the answer shown first, which is model_b's."""
    rows = [korean(81, "A", "B"), korean(82, "A", "A"), korean(83, "tie", "error")]
    [one] = contests(write(tmp_path / "pairwise/eeve_vs_exaone.jsonl", *rows))
    assert levels(one) == {
        (81, 2, "ab"): 1,
        (81, 2, "ba"): 1,
        (82, 2, "ab"): 1,
        (82, 2, "ba"): -1,
        (83, 2, "ab"): 0,
        (83, 2, "ba"): None,
    }
    assert set(one.expected.values()) == {"math"}


# -- arena-hard


def arena(identifier: str, *scores: str | None, **more: Any) -> Row:
    games = [None if score == "lost" else {"score": score, "judgment": {"answer": "말"}} for score in scores]
    row = {"uid": identifier, "category": "hard_prompt", "judge": "gpt-4.1", "model": "mine", "baseline": "o3-mini"}
    return row | {"games": games} | more


def test_arena_hard_shows_the_baseline_first_and_then_the_model(tmp_path: Path) -> None:
    rows = [arena("a", "B>>A", "A>B"), arena("b", "A=B", "A<<B"), arena("c", "lost", None), arena("d", "A>B")]
    [one] = contests(write(tmp_path / "model_judgment/gpt-4.1/mine.jsonl", *rows))
    assert (one.a.model, one.b.model, one.judge) == ("mine", "o3-mini", "gpt-4.1")
    assert levels(one) == {
        ("a", 1, "ba"): 2,
        ("a", 1, "ab"): 1,
        ("b", 1, "ba"): 0,
        ("b", 1, "ab"): -2,
        ("c", 1, "ba"): None,
        ("c", 1, "ab"): None,
        ("d", 1, "ba"): -1,
    }
    assert {game.kind for game in one.games if isinstance(game, Failure)} == {"upstream", "unparsable"}
    assert {game.score_range for game in one.games if not isinstance(game, Failure)} == {FIVE_LEVELS}
    assert one.orders == {("d", 1): ("ba",)}


def test_the_baseline_with_itself_is_no_contest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "o3-mini.jsonl", arena("a", "A>B", "A>B", model="o3-mini"))
    assert contests(path) == []
    assert main(["check", str(path)]) == 0
    assert "which are no contest" in capsys.readouterr().out


def test_a_contest_a_baseline(tmp_path: Path) -> None:
    rows = [arena("a", "A>B", "A>B"), arena("b", "A>B", "A>B", category="creative_writing", baseline="gemini")]
    found = contests(write(tmp_path / "mine.jsonl", *rows))
    assert [(one.b.model, *one.expected.values()) for one in found] == [
        ("o3-mini", "hard_prompt"),
        ("gemini", "creative_writing"),
    ]


def test_v01_is_read_with_the_baseline_and_the_answers_that_lie_above(tmp_path: Path) -> None:
    data = tmp_path / "data/ko-arena-hard-v0.1"
    row = {"question_id": "q", "model": "mine", "judge": "ensemble", "games": [{"score": "A>B"}, {"score": "A>B"}]}
    path = write(data / "model_judgment/ensemble/mine.jsonl", row)
    [one] = contests(path)
    assert (one.b.model, one.notes) == ("(baseline)", ("the files do not name the baseline",))
    write(data / "question.jsonl", {"question_id": "q", "category": "arena-hard-v0.1", "turns": [{"content": "써 줘"}]})
    for model in ("mine", "claude"):
        choices = [{"index": 0, "turns": [{"content": f"{model}의 답"}]}]
        write(data / f"model_answer/{model}.jsonl", {"question_id": "q", "model_id": model, "choices": choices})
    (tmp_path / "config").mkdir()
    (tmp_path / "config/judge_config.yaml").write_text("baseline_model: claude\n", encoding="utf-8")
    [one] = contests(path)
    assert (one.b.model, one.notes, one.expected) == ("claude", (), {("q", 1): "arena-hard-v0.1"})
    assert one.answers == {("q", 1): ("mine의 답", "claude의 답")}


V2_ANSWER = {
    "uid": "q",
    "model": "mine",
    "messages": [{"role": "user", "content": "써 줘"}, {"role": "assistant", "content": {"answer": "여기"}}],
}
V01_ANSWER = {"question_id": "q", "model_id": "mine", "choices": [{"turns": [{"content": "여기"}]}]}


@pytest.mark.parametrize("row", [V2_ANSWER, V01_ANSWER], ids=["v2", "v0.1"])
def test_answers_of_both_versions_can_be_judged(row: Row, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "data/model_answer/mine.jsonl", row)
    write(tmp_path / "data/question.jsonl", {"uid": "q", "category": "hard_prompt", "prompt": "써 줘"})
    out = tmp_path / "out"
    assert main(["judge", str(path), "--judge", "rules", "--out", str(out), "-q"]) == 0
    capsys.readouterr()
    assert main(["table", str(out), "--json"]) == 0
    [shown] = json.loads(capsys.readouterr().out)["rows"]
    assert (shown["model"], shown["judged"]) == ("mine", 1)


def test_answers_that_do_not_say_what_was_asked_are_refused_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "model_answer/mine.jsonl", V01_ANSWER)
    assert main(["judge", str(path), "--judge", "rules", "--out", str(tmp_path / "out"), "-q"]) == 2
    assert "does not say what question 'q' asks" in capsys.readouterr().err


def test_a_question_alone_is_no_answer_and_two_models_are_not_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {"uid": "a", "model": "x", "messages": V2_ANSWER["messages"]}
    for rows, told in (
        ([whole, whole | {"uid": "b", "messages": whole["messages"][:1]}], "line 2, field 'messages'"),
        ([whole, whole | {"model": "y"}], "holds answers of two models to question 'a', x and y"),
    ):
        path = write(tmp_path / "model_answer/x.jsonl", *rows)
        assert main(["judge", str(path), "--judge", "rules", "--out", str(tmp_path / "out"), "-q"]) == 2
        assert told in capsys.readouterr().err


BROKEN = {
    "no games": arena("a"),
    "three games": arena("a", "A>B", "A>B", "A>B"),
    "a game of text": arena("a", "A>B") | {"games": ["A>B"]},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_named(case: str, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", arena("a", "A>B", "A>B"), BROKEN[case])
    with pytest.raises(InputError, match=r"mine\.jsonl, line 2.*games"):
        contests(path)


def test_a_name_in_the_data_leads_to_no_file_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "secret.jsonl", {"uid": "a", "model": "x", "messages": V2_ANSWER["messages"]})
    (tmp_path / "data/model_answer").mkdir(parents=True)
    path = write(tmp_path / "data/mine.jsonl", arena("a", "A>B", "A>B", model="../../secret", baseline="../../secret "))
    assert contests(path)[0].answers == {}


def test_what_is_written_for_arena_hard_reads_back_the_same(tmp_path: Path) -> None:
    rows = [arena("a", "B>>A", "A>B"), arena("b", "A=B", "lost"), arena("c", "B>A", "A>>B")]
    [given] = contests(write(tmp_path / "mine.jsonl", *rows))
    [line] = export_games([given], tmp_path / "out")
    assert line.endswith("model_judgment/gpt-4.1/mine.jsonl: 3 questions")
    path = tmp_path / "out/model_judgment/gpt-4.1/mine.jsonl"
    [again] = contests(path)
    assert levels(again) == levels(given)
    assert (again.a, again.b, again.expected) == (given.a, given.b, given.expected)
    first = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    assert first == arena("a", "B>>A", "A>B")  # as arena-hard itself writes it


def test_games_of_a_second_turn_have_no_place_there(tmp_path: Path) -> None:
    [given] = contests(write(tmp_path / "pairs.jsonl", korean(81, "A", "B")))
    with pytest.raises(
        InputError, match=r"one turn a question; of question .* is judged; give contests on questions of one turn"
    ):
        export_games([given], tmp_path / "out")
    assert not (tmp_path / "out").exists()

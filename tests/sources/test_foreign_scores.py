"""Scores and games in other tools' files: what is a verdict, what is a failure, what is named and not read."""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.records import Failure, Judgment
from judge.sources.judged import load_evidence
from judge.sources.places import places
from judge.sources.results import load_results
from judge.tables.results import Results
from judge.wording import Note

KOREAN = "물은 100도에서 끓는다."


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def whole(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")
    return path


def korean(question: int, scores: tuple[float, float], **more: Any) -> dict[str, Any]:
    replies = [
        "" if score == -1 and more.get("reference") and turn == 0 else "좋다." for turn, score in enumerate(scores)
    ]
    row = {"question_id": question, "model_id": "m", "judge_id": "j", "category": "writing", "tstamp": 2.0}
    row |= {"score_turn1": scores[0], "score_turn2": scores[1]}
    return row | {"judgment_turn1": replies[0], "judgment_turn2": replies[1]} | more


def flat(number: int, single: float, multi: float, said: str = "좋다.") -> dict[str, Any]:
    row = {"id": number, "category": "수학(Math)", "questions": ["하나?", "둘?"], "references": [None, None]}
    row |= {"single_outputs": "1", "single_judge_message": said, "single_judge_score": single}
    return row | {"multi_outputs": "2", "multi_judge_message": "좋다.", "multi_judge_score": multi}


def rated(turn: int, score: object, reply: object) -> dict[str, Any]:
    row = {"question_id": 81, "model": "m", "judge": ["j", "single-v1"], "turn": turn, "tstamp": 1.0}
    return row | {"user_prompt": ["p"] * 5, "judgment": reply, "score": score}


def review(number: int, value: dict[str, float], **more: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": "몇 도?"}, {"role": "assistant", "content": [{"type": "text", "text": KOREAN}]}]
    score = {"value": value, "main_score_name": "점수", "explanation": "맞다."} | more
    return {"index": number, "target": "", "messages": said, "sample_score": {"score": score, "sample_id": number}}


def sample(number: int, value: object, epoch: int = 1, **metadata: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": "attachment://x"}, {"role": "assistant", "content": KOREAN}]
    scores = {"graded": {"value": value, "explanation": "까닭", "metadata": metadata}}
    return {"id": number, "epoch": epoch, "messages": said, "attachments": {"x": "몇 도?"}, "scores": scores}


def log(*samples: dict[str, Any], roles: dict[str, Any] | None = None) -> dict[str, Any]:
    of = {"task": "t", "model": "org/m", "model_roles": roles or {}}
    return {"version": 2, "status": "success", "eval": of, "samples": list(samples)}


CRASHED = {"status": "error"}


def horangi(number: int, rating: float | None) -> dict[str, Any]:
    row = sample(number, (rating or 0) / 10)
    score = row["scores"].pop("graded") | {"metadata": {"turn2_score": rating, "category": "math"}}
    return row | {"scores": {"mtbench_scorer": score}, "metadata": {"category": "math"}}


def archive(path: Path, data: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", json.dumps({key: value for key, value in data.items() if key != "samples"}))
        for one in data["samples"]:
            file.writestr(f"samples/{one['id']}_epoch_{one['epoch']}.json", json.dumps(one))
    return path


def _torn(folder: Path) -> Path:
    path = archive(folder / "x.eval", log(sample(1, 1)))
    path.write_bytes(path.read_bytes()[:-60])
    return path


def table(path: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def harness(number: int, value: object) -> dict[str, Any]:
    row = {"doc_id": number, "doc": {}, "target": "", "arguments": {"gen_args_0": {"arg_0": "몇 도?"}}}
    return row | {"resps": [[KOREAN]], "gpt_judge": value, "acc": 1.0}


def bare(number: int) -> dict[str, Any]:
    return {name: value for name, value in harness(number, 0).items() if name != "gpt_judge"}


def annotation(annotator: str, preference: float | None) -> dict[str, Any]:
    """Return a row of AlpacaEval: a comparison of two answers."""
    asked = {"instruction": "몇 도?", "output_1": "모른다.", "generator_1": "base", "output_2": KOREAN}
    return {**asked, "generator_2": "m", "annotator": annotator, "preference": preference}


LABELS = ("instruction", "response", "judge_query", "final_score")

FILES: dict[str, tuple[Callable[[Path], Path], str, tuple[float, float], list[tuple[Any, ...]]]] = {
    # a file, its judge, its range, and of each outcome (turn, repeat, score or why there is none)
    "Korean MT-Bench": (
        lambda d: lines(d / "x.jsonl", korean(81, (8, -1))),
        "j",
        (1, 10),
        [(1, 1, 8.0), (2, 1, "unparsable")],
    ),
    "Korean MT-Bench, a reply that never came": (
        lambda d: lines(d / "x.jsonl", korean(81, (8, -1), judgment_turn2=" ")),
        "j",
        (1, 10),
        [(1, 1, 8.0), (2, 1, "empty_reply")],
    ),
    "Korean MT-Bench, the later line counts": (
        lambda d: lines(d / "x.jsonl", korean(81, (8, 7)), korean(81, (1, 1), tstamp=1.0)),
        "j",
        (1, 10),
        [(1, 1, 8.0), (2, 1, 7.0)],
    ),
    "Korean MT-Bench with references": (
        lambda d: lines(d / "x.jsonl", korean(101, (-1, 4), reference=True), korean(102, (-1, -1), reference=True)),
        "j [reference]",
        (1, 10),
        [(2, 1, 4.0), (2, 1, "unparsable")],
    ),
    "flat LogicKor rows": (
        lambda d: lines(
            d / "m_0.jsonl", flat(1, 9.0, 0.0), flat(2, 0.0, 5.0, "Impossible to judge due to repetition.")
        ),
        "logickor-file",
        (0, 10),
        [(1, 1, 9.0), (2, 1, 0.0), (1, 1, "upstream"), (2, 1, 5.0)],
    ),
    "five ratings an item": (
        lambda d: lines(d / "x.jsonl", rated(1, [7, 8, -1, 9, 6.5], ["[[7]]", "[[8]]", "?", "[[9]]", "[[6.5]]"])),
        "j",
        (1, 10),
        [(1, 1, 7.0), (1, 2, 8.0), (1, 3, "unparsable"), (1, 4, 9.0), (1, 5, 6.5)],
    ),
    "EvalScope, no judge named": (
        lambda d: lines(d / "m" / "q.jsonl", review(1, {"점수": 0.5}), review(2, {}, status="failed")),
        "점수 (q)",
        (0, 1),
        [(1, 1, 0.5), (1, 1, "upstream")],
    ),
    "EvalScope, a judge named": (
        lambda d: lines(d / "m" / "q.jsonl", review(1, {"점수": 7}, judge_summary={"judge_models": ["gpt"]})),
        "gpt [점수, q]",
        (0, 10),
        [(1, 1, 7.0)],
    ),
    "Inspect": (
        lambda d: whole(d / "x.json", log(sample(1, "C"), sample(2, "P"), sample(3, "I"), sample(4, [1]))),
        "graded (t)",
        (0, 1),
        [(1, 1, 1.0), (1, 1, 0.5), (1, 1, 0.0), (1, 1, "unparsable")],
    ),
    "Inspect, epochs, a NaN, a grader": (
        lambda d: whole(d / "x.json", log(sample(1, 7), sample(1, float("nan"), 2), roles={"grader": {"model": "g"}})),
        "g [graded, t]",
        (0, 10),
        [(1, 1, 7.0), (1, 2, "unparsable")],
    ),
    "Inspect, a task without a name": (
        lambda d: whole(d / "x.json", log(sample(1, 1)) | {"eval": {"task": "", "model": "m"}}),
        "graded ()",
        (0, 1),
        [(1, 1, 1.0)],
    ),
    "Inspect's archive, keys of a score, an error": (
        lambda d: archive(
            d / "x.eval", log(sample(1, {"a": 1}), sample(2, {"a": 0}), {**sample(3, 0), "scores": None})
        ),
        "graded.a (t)",
        (0, 1),
        [(1, 1, 1.0), (1, 1, 0.0), (1, 1, "unparsable")],
    ),
    "Horangi's KoMT-Bench": (
        lambda d: whole(d / "x.json", log(horangi(101, 8.0), horangi(102, None))),
        "mtbench_scorer (t)",
        (1, 10),
        [(2, 1, 8.0), (2, 1, "unparsable")],
    ),
    "lm-eval": (
        lambda d: lines(d / "org__m" / "samples_t_2026-01-02T03-04-05.1.jsonl", harness(0, 7), harness(1, None)),
        "gpt_judge (t)",
        (0, 10),
        [(1, 1, 7.0), (1, 1, "unparsable")],
    ),
    "lm-eval, samples without a number": (
        lambda d: lines(d / "m" / "samples_t.jsonl", harness(0, 7), harness(1, "error"), harness(2, [1]), bare(3)),
        "gpt_judge (t)",
        (0, 10),
        [(1, 1, 7.0), *[(1, 1, "unparsable")] * 3],
    ),
    "KUDGE's labels": (
        lambda d: table(d / "x.csv", LABELS, ("몇 도?", KOREAN, "가\n나", "4.5"), ("몇 도?", "모른다.", "다", "")),
        "human",
        (1, 5),
        [(1, 1, 4.5), (1, 1, "upstream")],
    ),
    "KUDGE's verdicts": (
        lambda d: table(
            d / "a--b" / "x.csv", ("query", "output", "decision"), ("가\n나", "[RESULT] 3", "3"), ("다", "", "")
        ),
        "a/b",
        (1, 5),
        [(1, 1, 3.0), (1, 1, "unparsable")],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_score_is_read_and_what_is_none_is_a_failure(name: str, tmp_path: Path) -> None:
    make, judge, legal, wanted = FILES[name]
    path = make(tmp_path)
    for place in (path, tmp_path):  # alone, and found in its folder
        series = {one.judge: one for one in load_results([place], strategies=["0-shot"])}
        assert _outcomes(series[judge]) == wanted
    ranges = {outcome.score_range for outcome in series[judge].outcomes if isinstance(outcome, Judgment)}
    assert ranges == {legal}
    assert all(isinstance(note, Note) for one in series.values() for note in one.notes)  # known in Korean, too
    assert main(["check", str(path)]) == 0


def _outcomes(series: Results) -> list[tuple[Any, ...]]:
    return [(o.turn, o.repeat, o.kind if isinstance(o, Failure) else o.score) for o in series.outcomes]


@pytest.mark.parametrize(
    "name", ["flat LogicKor rows", "EvalScope, no judge named", "Inspect", "lm-eval", "KUDGE's labels"]
)
def test_verdicts_come_with_the_answers_they_are_on(name: str, tmp_path: Path) -> None:
    judged = load_evidence([FILES[name][0](tmp_path)], strategies=["0-shot"]).judged
    assert {one.output for one in judged} <= {KOREAN, "모른다.", "1", "2"}
    assert len(judged) == sum(not isinstance(score, str) for *_, score in FILES[name][3])


@pytest.mark.parametrize("name", ["EvalScope, no judge named", "Inspect", "lm-eval", "KUDGE's labels"])
def test_the_answers_can_be_judged_anew(name: str, tmp_path: Path) -> None:
    path = FILES[name][0](tmp_path)
    assert main(["judge", str(path), "--judge", "rules", "--out", str(tmp_path / "runs"), "-q"]) == 0
    [series] = load_results([tmp_path / "runs"])
    assert len(series.outcomes) == len(series.expected) > 0


def test_of_several_answers_to_a_question_the_first_is_judged_anew_and_it_is_said(tmp_path: Path) -> None:
    path = whole(tmp_path / "x.json", log(sample(1, 7), sample(1, 2, epoch=2), sample(2, 5)))
    assert load_evidence([path]).judged == (), "which answer a verdict is on is not known"
    assert main(["judge", str(path), "--judge", "rules", "--out", str(tmp_path / "runs"), "-q"]) == 0
    [series] = load_results([tmp_path / "runs"])
    assert len(series.outcomes) == 2
    assert any(note.startswith("1 further answers to the same questions are left out") for note in series.notes)


def test_what_was_taken_for_granted_goes_wherever_the_score_is_published(tmp_path: Path) -> None:
    path = lines(tmp_path / "m" / "q.jsonl", *(review(number, {"점수": 1 + number % 5}) for number in range(6)))
    words = ["card", str(path), "--ci", "none", "--dataset-name", "org/q", "-o", str(tmp_path / "card.md")]
    assert main([*words, "--eval-results", str(tmp_path / "hub")]) == 0
    assert main(["export", "eee", str(path), "-o", str(tmp_path / "eee"), "-q"]) == 0
    assert "파일에 점수 범위가 적혀 있지 않음" in (tmp_path / "card.md").read_text("utf-8")
    published = [tmp_path / "hub" / ".eval_results" / "0-shot.yaml", *(tmp_path / "eee").rglob("*[!s].json")]
    assert len(published) == 2
    for file in published:
        text = file.read_text("utf-8")
        assert "the file does not tell its scale: taken as 0 to 10" in text
        assert "the file names no judge" in text
        assert "LLM judge" not in text


@pytest.mark.parametrize(
    "words",
    [
        ["table", "--format", "csv"],
        ["table", "--by", "turn", "--format", "csv"],
        ["compare"],
        ["compare", "--format", "csv"],
        ["compare", "--format", "json"],
        ["audit", "--format", "csv"],
    ],
)
def test_what_was_taken_for_granted_stands_in_every_format(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model, best in (("a", 10), ("b", 9)):
        data = log(*(sample(number, best) for number in range(4)))
        data["eval"]["model"] = model
        for one in data["samples"]:
            one["messages"][1]["content"] = "Water boils at 100 degrees, as everybody who has made tea has seen."
        whole(tmp_path / f"{model}.json", data)
    command, *rest = words
    assert main([command, str(tmp_path), *rest]) == 0
    assert "the file does not tell its scale: taken as 0 to 10" in capsys.readouterr().out


def test_two_annotators_of_one_file_meet_on_the_same_instructions(tmp_path: Path) -> None:
    [place] = places(whole(tmp_path / "x.json", [annotation(j, 1.9) for j in "jk"]))
    first, second = place.contests()
    assert list(first.expected) == list(second.expected)


def test_a_compression_that_only_inspect_reads_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    path = archive(tmp_path / "x.eval", log(sample(1, "C")))
    raw = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # the two places that tell the method
        at = raw.find(mark)
        while at >= 0:
            raw[at + place : at + place + 2] = (93).to_bytes(2, "little")
            at = raw.find(mark, at + 1)
    path.write_bytes(raw)
    assert main(["table", str(path)]) == 2
    assert "is compressed as only Inspect reads it; pip install 'kojudge[inspect]'" in capsys.readouterr().err


def test_labels_and_verdicts_meet_by_their_query_whatever_their_order(tmp_path: Path) -> None:
    labels = table(tmp_path / "x.csv", LABELS, ("하나", "", "가", "4"), ("둘", "", "나", "2"))
    verdicts = table(tmp_path / "j" / "y.csv", ("query", "output", "decision"), ("나", "", "1"), ("가", "", "5"))
    human, judge = load_results([labels, verdicts])
    scores = [{o.id: o.score for o in one.outcomes if isinstance(o, Judgment)} for one in (human, judge)]
    assert [[each[i] for i in scores[0]] for each in scores] == [[4, 2], [5, 1]]


def test_a_preference_is_a_game(tmp_path: Path) -> None:
    rows = [annotation("j", p) | {"dataset": "d"} for p in (1.9, 1.5, 1.0, None, 0)]
    [place] = places(whole(tmp_path / "annotations.json", rows))
    [contest] = place.contests()
    assert (contest.a.model, contest.b.model, contest.judge) == ("m", "base", "j")
    assert [getattr(game, "score", None) for game in contest.games] == [1, 0, -1, None, 0]
    assert set(contest.answers.values()) == {(KOREAN, "모른다.")}
    assert contest.notes
    assert all(isinstance(note, Note) for note in contest.notes)
    assert (
        place.summary() == "5 AlpacaEval annotations, win rate 47.50 as AlpacaEval weighs it"
    )  # (.9 + .5 + 0 + .5) / 4


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (
            lambda d: whole(d / "x.json", [{"instruction": "", "output": "", "generator": "m"}]),
            "AlpacaEval model outputs",
        ),
        (lambda d: lines(d / "x.jsonl", {"index": 0, "model_output": {}, "messages": []}), "EvalScope predictions"),
        (lambda d: table(d / "x.csv", ("query", "output", "decision"), ("가", "", "A")), "KUDGE's decisions on pairs"),
        (
            lambda d: table(d / "x.csv", ("instruction", "judge_query", "winner"), ("가", "", "A")),
            "KUDGE's labels of pairs",
        ),
    ],
)
def test_an_unknown_shape_of_a_known_tool_is_named(
    make: Callable[[Path], Path], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", str(make(tmp_path))]) == 2
    assert f"only {what}, which kojudge does not read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda d: whole(d / "x.json", log()), "is an Inspect log without samples"),
        (lambda d: whole(d / "x.json", log()).parent, "is an Inspect log without samples"),  # its samples count
        (lambda d: whole(d / "x.json", log() | CRASHED), "only an Inspect log without samples (status error)"),
        (lambda d: lines(d / "x.eval", {"a": 1}), "is no Inspect log, although it ends in .eval"),
        (_torn, "is no whole Inspect log"),
        (lambda d: _torn(d).parent, "is no whole Inspect log"),  # what has been one is not passed over
        (lambda d: whole(d / "x.json", log(sample(1, 250))), "is on none of the scales 0-1, 0-10, 0-100"),
        (
            lambda d: table(d / "x.csv", LABELS, ("가", "", "", "좋음")),
            "line 2, field 'final_score': '좋음' is no number",
        ),
        (lambda d: whole(d / "x.json", {}), "is empty"),
        (
            lambda d: table(d / "x.csv", LABELS, ("가", "", "나", "1"), ("가" * 140_000, "", "", "1")),
            "cannot be read as CSV (field",
        ),
        (
            lambda d: table(d / "x.csv", LABELS, ("가", "", "나", "3", "5")),
            "line 2: 5 cells for 4 columns",
        ),
        (lambda d: lines(d / "x.jsonl", rated(1, True, "[[1]]")), "field 'score"),
        (lambda d: lines(d / "x.jsonl", korean(81, (True, 7))), "field 'score_turn1'"),
        (lambda d: lines(d / "x.json").with_name("x.json"), "is not JSON"),
    ],
)
def test_a_broken_file_is_one_line(
    make: Callable[[Path], Path], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", str(make(tmp_path))]) == 2
    assert told in capsys.readouterr().err


def test_a_run_of_inspect_that_ended_before_its_first_sample_stops_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole(tmp_path / "a" / "1.json", log() | CRASHED)
    words = ["judge", str(tmp_path / "a"), "--judge", "rules", "--out", str(tmp_path / "out"), "-q"]
    assert main(words) == 2
    assert "holds no answers, only an Inspect log without samples (status error)" in capsys.readouterr().err
    archive(tmp_path / "a" / "2.eval", log() | CRASHED)
    whole(tmp_path / "a" / "3.json", log(sample(1, "C")))
    assert main(["table", str(tmp_path / "a")]) == 0
    assert "graded (t)" in capsys.readouterr().out
    assert main(words) == 0


def test_the_scores_of_a_run_of_inspect_that_was_killed_are_said_to_be_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = log(sample(1, "C"))
    with zipfile.ZipFile(tmp_path / "x.eval", "w") as file:
        file.writestr("_journal/start.json", json.dumps({"version": 2, "eval": data["eval"], "plan": {}}))
        file.writestr("samples/1_epoch_1.json", json.dumps(data["samples"][0]))
    assert main(["table", str(tmp_path)]) == 0
    assert "the log's status is started" in capsys.readouterr().out


def test_other_json_and_csv_files_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    FILES["Inspect"][0](tmp_path)
    (tmp_path / "settings.json").write_text("{ // no JSON\n", "utf-8")
    (tmp_path / "empty.csv").write_text("", "utf-8")
    whole(tmp_path / "list.json", [1, 2])
    (tmp_path / "notes.eval").write_text("Wednesday: 3 of 4\n", "utf-8")
    with zipfile.ZipFile(tmp_path / "other.eval", "w") as file:
        file.writestr("model.bin", "x")
    assert len(places(tmp_path)) == 1

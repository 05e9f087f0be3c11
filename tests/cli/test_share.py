"""`--share`: judges that share the questions, from the request to every output."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import judge
from judge.api.options import JudgeOptions
from judge.api.shares import draw_of_run
from judge.cli.main import main
from judge.runs.folder import RunFolder
from judge.sources.results import load_results
from judge.tables.shares import judges_of
from tests.support.batch_wire import BatchServer, reply
from tests.support.page_blocks import data_of, unpacked
from tests.support.small_run import answered
from tests.support.wire import Request, Response, Wire, chat

pytestmark = pytest.mark.proofs

QUESTIONS = 12
SEVERITY = {"a": 8, "b": 6, "c": 4}


def says(request: Request) -> Response:
    """As model: its name; as judge: one score for m1, one point less for m2, by the judge's severity."""
    name = str(request.body["model"])
    if "심사위원" not in str(request.body["messages"][0]["content"]):
        return chat(f"저는 {name}이고 한국어로 답합니다.", model=name)
    return chat(f"평가: 좋음\n점수: {SEVERITY[name] - ('저는 m2' in request.last)}", model=name)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire(says) as server:
        yield server


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models' answers to the same questions."""
    folder = tmp_path_factory.mktemp("answers")
    with Wire(says) as wire:
        for model in ("m1", "m2"):
            assert generate(wire, folder, model, str(QUESTIONS)) == 0
    return folder


@pytest.fixture
def out(answers: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return shutil.copytree(answers, tmp_path / "out")


def generate(wire: Wire, out: Path, model: str, limit: str) -> int:
    words = ["generate", model, "--base-url", wire.url, "--out", str(out), "--strategy", "0-shot", "--limit", limit]
    return main([*words, "-q"])


def share(wire: Wire, out: Path, paths: list[str], judges: str = "a,b", *more: str) -> int:
    words = ["judge", *(str(out / path) for path in paths), "--judge", judges, "--share"]
    return main([*words, "--base-url", wire.url, "--out", str(out), "-q", *more])


def asked(wire: Wire) -> Counter[str]:
    """Return how many verdicts each judge was asked for."""
    said = (request.body for request in wire.requests if "심사위원" in str(request.body["messages"][0]["content"]))
    return Counter(str(body["model"]) for body in said)


def stored(out: Path, model: str, judges: str = "ab") -> dict[object, set[str]]:
    """Return question -> the judges that have verdicts on it."""
    found: dict[object, set[str]] = {}
    for name in judges:
        for outcome in RunFolder(out / model).outcomes(name, "0-shot"):
            found.setdefault(outcome.id, set()).add(name)
    return found


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    main(["table", *words, "--format", "json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rows"]
    return found


def test_each_question_has_one_judge_the_same_for_every_model_also_one_that_comes_later(
    wire: Wire, tmp_path: Path
) -> None:
    assert generate(wire, tmp_path, "m1", "6") == 0
    assert share(wire, tmp_path, ["m1"]) == 0
    assert asked(wire) == {"a": 6, "b": 6}  # two turns a question: three questions each
    first = stored(tmp_path, "m1")
    for model in ("m1", "m2"):
        assert generate(wire, tmp_path, model, str(QUESTIONS)) == 0
    assert share(wire, tmp_path, ["m2"]) == 0
    assert share(wire, tmp_path, ["m1"]) == 0
    assert asked(wire) == {"a": 2 * QUESTIONS, "b": 2 * QUESTIONS}  # nothing was paid twice
    now = stored(tmp_path, "m1")
    assert now == stored(tmp_path, "m2")
    assert now == now | first
    assert all(len(judges) == 1 for judges in now.values())
    categories = {q.id: q.category for q in RunFolder(tmp_path / "m1").manifest().expected}
    assert Counter((categories[i], *judges) for i, judges in now.items()) == {
        (name, judge_): 1 for name in categories.values() for judge_ in "ab"
    }  # balanced in every category


def test_a_draw_that_is_lost_is_read_off_the_verdicts(wire: Wire, out: Path) -> None:
    assert share(wire, out, ["m1"]) == 0
    before = stored(out, "m1")
    [file] = (out / "kojudge-share").glob("*.json")
    text = json.loads(file.read_text(encoding="utf-8"))
    other = {"a": "b", "b": "a"}
    text["questions"] = {key: [category, other[name]] for key, (category, name) in text["questions"].items()}
    file.unlink()
    assert share(wire, out, ["m1", "m2"]) == 0
    assert stored(out, "m1") == stored(out, "m2") == before
    file.write_text(json.dumps(text), encoding="utf-8")  # what is written down counts: the other half is asked for
    assert share(wire, out, ["m1"]) == 0
    [series] = load_results([out / "m1"])
    assert any("verdicts of two of the judges" in note for note in series.notes)
    assert len(series.outcomes) == len(series.expected)


def test_what_is_exported_of_a_shared_row_names_each_judge(wire: Wire, out: Path) -> None:
    assert share(wire, out, ["m1"]) == 0
    assert main(["export", "dataset", str(out / "m1"), "-o", str(out / "set"), "--license", "mit", "-q"]) == 0
    text = (out / "set" / "data" / "verdicts.jsonl").read_text("utf-8")
    given = {(one["judge"], one["score"]) for one in map(json.loads, text.splitlines())}
    assert given == {(name, SEVERITY[name]) for name in "ab"}, "a score as its judge gave it"
    assert main(["export", "eee", str(out / "m1"), "-o", str(out / "eee"), "-q"]) == 0
    [file] = (path for path in (out / "eee").rglob("*.json"))
    for one in json.loads(file.read_text("utf-8"))["evaluation_results"]:
        judges = one["metric_config"]["llm_scoring"]["judges"]
        assert [each["model_info"]["name"] for each in judges] == ["a", "b"]


def test_a_shared_row_is_marked_in_every_format_and_on_one_scale(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert share(wire, out, ["m1", "m2"]) == 0
    for format in ("text", "md", "csv", "latex"):
        capsys.readouterr()
        assert main(["table", str(out), "--by", "model", "--format", format]) == 0
        printed = capsys.readouterr().out
        assert "a + b" in printed, format
        assert "raw" in printed, format
        assert format == "csv" or "share the questions" in " ".join(printed.split()), format
    first, second = rows(capsys, str(out), "--by", "model")
    assert (first["judge"], first["judged"], first["expected"]) == ("a + b (shared)", 2 * QUESTIONS, 2 * QUESTIONS)
    # a gave 8 and 7, b 6 and 5, each to half of the questions: both means move to 6.5, the spreads are the same
    assert [row["overall"] for row in (first, second)] == pytest.approx([7, 6])
    assert first["raw"]["overall"] == pytest.approx(7)
    assert set(first["categories"].values()) == {7.0}
    assert [(one["judge"], one["mean"], one["spread"]) for one in first["shared"]] == [("a", 7.5, 0.5), ("b", 5.5, 0.5)]
    capsys.readouterr()
    assert f"{2 * QUESTIONS} of {2 * QUESTIONS} replies lack the mark" in " ".join(first["notes"])
    assert all(f"judge {name}: not qualified" in " ".join(first["legend"]) for name in "ab")
    assert main(["card", str(out), "--model", "m1"]) == 0
    card = capsys.readouterr().out
    assert "a + b (shared)" in card
    assert "| raw |" in " ".join(card.split())
    page = out / "page.html"
    assert main(["report", str(out), "-o", str(page), "-q"]) == 0
    board = unpacked(data_of(page.read_text(encoding="utf-8"), "board"))
    assert {row["judge"] for row in board["rows"]} == {"a + b (shared)"}
    assert all(any(note.startswith("raw: Overall ") for note in row["notes"]) for row in board["rows"])
    assert any("나누어 채점" in korean for korean in board["korean"].values())
    frame = judge.table(out, by="model")
    assert list(frame["judge"]) == ["a + b (shared)"] * 2
    assert list(frame["Overall_raw"]) == pytest.approx([7, 6])


def test_a_note_on_one_of_those_who_share_names_it_in_both_languages(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert share(wire, out, ["m1"]) == 0
    RunFolder(out / "m1").answers_file("0-shot").unlink()
    for lang, said in (("ko", ": 답변 파일이 없어, "), ("en", ": the answers are gone: ")):
        capsys.readouterr()
        assert main(["table", str(out / "m1"), "--format", "md", "--lang", lang]) == 0
        printed = capsys.readouterr().out
        assert all(f"{name}{said}" in printed for name in "ab"), printed


def test_verdicts_that_one_judge_has_yet_to_give_do_not_move_the_scale(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert share(wire, out, ["m1", "m2"]) == 0
    file = RunFolder(out / "m2").judgments_file("b", "0-shot")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    first, second = rows(capsys, str(out), "--by", "model")
    assert (first["judged"], second["judged"]) == (2 * QUESTIONS, QUESTIONS + 2)
    assert [row["overall"] for row in (first, second)] == pytest.approx([7, 6])
    a, b = first["shared"]
    assert (a["mean"] - b["mean"], a["spread"]) == pytest.approx((2, b["spread"]))
    file.unlink()
    first, second = rows(capsys, str(out), "--by", "model")
    assert {row["judge"] for row in (first, second)} == {"a + b (shared)"}  # and not one that answers otherwise
    assert [row["overall"] for row in (first, second)] == pytest.approx([7, 6])


def test_a_shared_board_and_an_unshared_one_are_two(wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert share(wire, out, ["m1"]) == 0
    words = ["judge", str(out / "m1"), "--judge", "a", "--base-url", wire.url, "--out", str(out), "-q"]
    assert main(words) == 0
    assert asked(wire) == {"a": 3 * QUESTIONS, "b": QUESTIONS}
    assert {row["judge"] for row in rows(capsys, str(out))} == {"a", "a + b (shared)"}
    capsys.readouterr()
    main(["table", str(out), "--judge", "a", "--format", "csv"])
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["judge"], row["judged"]) == ("a", str(2 * QUESTIONS))
    loose = out / "loose.jsonl"
    file = RunFolder(out / "m1").judgments_file("b", "0-shot")
    assert [row["judge"] for row in rows(capsys, str(file))] == ["a + b (shared)"]
    loose.write_bytes(file.read_bytes())
    assert [row["judge"] for row in rows(capsys, str(loose))] == ["b (one of 2 that share)"]


def test_a_judge_that_answers_as_several_models_is_named_in_both_languages(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(lambda request: chat("평가: 음\n점수: 5", model="xy"[request.number % 2])) as wire:
        assert share(wire, out, ["m1"], "a,b", "--concurrency", "1") == 0
    for lang, said in (("en", "a has answered as x and y"), ("ko", "a의 엔드포인트가 x, y(으)로 답함")):
        capsys.readouterr()
        main(["table", str(out / "m1"), "--format", "md", "--lang", lang])
        assert said in capsys.readouterr().out


def test_models_are_compared_by_the_same_judges(wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert share(wire, out, ["m1", "m2"], "a,b,c") == 0
    assert asked(wire) == dict.fromkeys("abc", 2 * 2 * QUESTIONS // 3)
    capsys.readouterr()
    assert main(["compare", str(out), "--format", "json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["comparisons"]
    assert (one["questions"], one["difference"]) == (QUESTIONS, pytest.approx(-1))
    assert any("same judge on both sides" in note for note in one["notes"])
    assert any("choice of the 3 judges" in note for note in one["notes"])
    for side in ("m1", "m2"):
        said = "; ".join(note for name, note in one["known"] if name == side)
        assert "a, b and c share the questions" in said
        assert "their scores are on one scale" in said


def test_intervals_do_not_claim_to_cover_judges_without_verdicts(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert share(wire, out, ["m1", "m2"], "a,b,c") == 0
    for model in ("m1", "m2"):
        RunFolder(out / model).judgments_file("c", "0-shot").unlink()
    uncovered = "do not cover the choice of the 3 judges"
    assert all(uncovered in " ".join(row["legend"]) for row in rows(capsys, str(out), "--ci", "bootstrap"))
    capsys.readouterr()
    assert main(["compare", str(out), "--format", "json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["comparisons"]
    assert any(uncovered in note for note in one["notes"])


def test_files_for_logickor_say_that_their_scores_are_of_several_judges(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert share(wire, out, ["m1"]) == 0
    capsys.readouterr()
    assert main(["export", "logickor", str(out / "m1"), "-o", str(out / "theirs")]) == 0
    assert "scores as a, b gave them, who share the questions: not on one scale" in capsys.readouterr().out


def test_questions_of_another_judge_do_not_pair(wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert share(wire, out, ["m1"]) == 0
    [file] = (out / "kojudge-share").glob("*.json")
    text = json.loads(file.read_text(encoding="utf-8"))
    key, (category, name) = next(iter(text["questions"].items()))
    text["questions"][key] = [category, {"a": "b", "b": "a"}[name]]
    file.write_text(json.dumps(text), encoding="utf-8")
    assert share(wire, out, ["m2"]) == 0
    first, second = load_results([out / "m1", out / "m2"])
    assert sum(judges_of(second)[q] != owner for q, owner in judges_of(first).items()) == 1
    assert all(sum("1 questions have another of these judges" in n for n in one.notes) == 1 for one in (first, second))
    capsys.readouterr()
    assert main(["compare", str(out), "--format", "json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["comparisons"]
    assert one["questions"] == QUESTIONS - 1
    assert any("1 questions that another of the judges" in left for left in one["left_out"])


def test_what_is_shared_is_resumed_and_priced_and_asked_again(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert share(wire, out, ["m1"], "a,b", "--dry-run", "--json") == 0
    owed = {one["judge"]: one["owed"] for one in json.loads(capsys.readouterr().out)["dry_run"]}
    assert owed == {"a": QUESTIONS, "b": QUESTIONS}
    assert not (out / "kojudge-share").exists()
    limit = ("--max-cost", "0", "--price-in", "1", "--price-out", "1")
    assert share(wire, out, ["m1"], "a,b", *limit) == 1
    assert sum(asked(wire).values()) < 2 * QUESTIONS
    assert share(wire, out, ["m1"]) == 0
    assert asked(wire) == {"a": QUESTIONS, "b": QUESTIONS}
    assert share(wire, out, ["m1"], "a,b", "--rerun", "all") == 0
    assert asked(wire) == {"a": 2 * QUESTIONS, "b": 2 * QUESTIONS}
    [row] = rows(capsys, str(out / "m1"))
    assert (row["judged"], row["missing"]) == (2 * QUESTIONS, 0)


def test_run_shares_too_and_more_judges_than_questions_do_no_harm(
    wire: Wire, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "m1", "--base-url", wire.url, "--judge-base-url", wire.url, "--strategy", "0-shot", "--limit", "2"]
    words += ["--judge", "a,b,c", "--share", "--out", str(tmp_path), "--no-report", "--json", "-q"]
    assert main(words) == 0
    [row] = json.loads(capsys.readouterr().out)["rows"]
    assert (row["judge"], row["judged"], row["expected"]) == ("a + b + c (shared)", 4, 4)
    assert main(words) == 0
    assert sorted(asked(wire).values()) == [2, 2]


def test_a_run_of_fewer_questions_than_are_answered_draws_all_of_them(out: Path) -> None:
    run = RunFolder(out / "m1")
    answers = list(run.stored_answers(["0-shot"]))
    options = JudgeOptions(judge=("a", "b"), share=True, out=str(out))
    drawn = draw_of_run(run, ["0-shot"], answers[:2], options)
    assert drawn is not None
    assert [sum(1 for _ in drawn.share(name, answers)) for name in "ab"] == [QUESTIONS // 2] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--judge", "a", "--share"), "needs two judges"),
        (("--judge", "a,rules", "--share"), "models as judges"),
        (("--judge", "a", "--judge", "b", "--share", "--reparse"), "--reparse"),
    ],
)
def test_judges_that_cannot_share_are_named(
    wire: Wire, out: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["judge", str(out / "m1"), *words, "--base-url", wire.url, "--out", str(out), "-q"]) == 2
    assert said in capsys.readouterr().err


def test_judges_that_share_send_a_batch_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = answered(tmp_path, capsys)
    server = BatchServer(lambda body: reply("평가: 음\n점수: 4"))
    with Wire(server, chat_only=False) as wire:
        words = ["judge", str(run.path), "--judge", "a,b", "--share", "--base-url", wire.url, "--out", str(tmp_path)]
        assert main([*words, "--batch", "--batch-poll", "0.01", "-q"]) == 0
    assert len(server.batches) == 2
    sizes = sorted(len(run.outcomes(name, "0-shot")) for name in "ab")
    assert sizes == [2, 4]  # three questions of two turns
    [series] = load_results([run.path])
    assert len(series.outcomes) == len(series.expected) == 6

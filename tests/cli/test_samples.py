"""`--samples N`: several answers a question, asked for, kept, judged and averaged."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.runs.folder import RunFolder
from judge.sources.judged import load_evidence
from judge.sources.results import load_results
from tests.support.wire import Request, Response, Wire, chat

QUESTIONS = 6


def says(request: Request) -> Response:
    """As model, the seed; as judge, the seed of the answer it is shown, as a score."""
    if "심사위원" not in str(request.body["messages"][0]["content"]):
        return chat(f"답은 {request.body['seed']}입니다.")
    text = request.last
    seed = max(int(number) for number in ("4", "5", "6") if f"답은 {number}입니다" in text)
    return chat(f"평가: 좋음\n점수: {seed}")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire(says) as server:
        yield server


def generate(wire: Wire, out: Path, *more: str) -> int:
    words = ["generate", "m", "--base-url", wire.url, "--out", str(out), "--strategy", "0-shot", "--limit", "6", "-q"]
    return main([*words, "--temperature", "0.7", "--seed", "4", *more])


def judge(wire: Wire, out: Path, *more: str) -> int:
    words = ["judge", str(out / "m"), "--judge", "j", "--base-url", wire.url, "--out", str(out), "-q"]
    return main([*words, *more])


@pytest.mark.proofs
def test_each_sample_is_another_answer_and_the_table_has_their_mean(
    wire: Wire, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(wire, tmp_path, "--samples", "3") == 0
    asked = Counter(request.body["seed"] for request in wire.requests)
    assert asked == {4: 2 * QUESTIONS, 5: 2 * QUESTIONS, 6: 2 * QUESTIONS}
    run = RunFolder(tmp_path / "m")
    assert {a.outputs[0] for a in run.answers("0-shot@2").values()} == {"답은 5입니다."}
    assert judge(wire, tmp_path) == 0
    capsys.readouterr()
    assert main(["table", str(tmp_path), "--format", "csv"]) == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["strategy"], row["Overall"], row["judged"]) == ("0-shot", "5.00", str(3 * 2 * QUESTIONS))
    assert main(["table", str(tmp_path), "--strategy", "0-shot@3", "--format", "csv"]) == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["strategy"], row["Overall"]) == ("0-shot@3", "6.00")
    [whole] = load_results([tmp_path])
    assert (whole.samples, whole.repeats, whole.notes[0]) == (3, 3, "the mean of 3 answers a question")


@pytest.mark.proofs
def test_more_samples_go_on_with_the_run_and_nothing_is_asked_twice(wire: Wire, tmp_path: Path) -> None:
    assert generate(wire, tmp_path) == 0
    assert judge(wire, tmp_path, "--repeats", "2") == 0
    before = len(wire.requests)
    assert generate(wire, tmp_path, "--samples", "2") == 0
    assert {request.body["seed"] for request in wire.requests[before:]} == {5}
    assert judge(wire, tmp_path, "--repeats", "2", "--strategy", "0-shot") == 0
    assert len(wire.requests) == 2 * (2 * QUESTIONS + 4 * QUESTIONS)
    [whole] = load_results([tmp_path])
    assert sorted(Counter(o.repeat for o in whole.outcomes)) == [1, 2, 3, 4]
    assert {o.repeat: o.score for o in whole.outcomes if o.status == "judged"} == {1: 4, 2: 4, 3: 5, 4: 5}


@pytest.mark.proofs
def test_every_verdict_keeps_its_own_answer(wire: Wire, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever looks at texts beside verdicts (the gate, the audit) sees the text that was judged."""
    assert generate(wire, tmp_path, "--samples", "2") == 0
    assert judge(wire, tmp_path) == 0
    found = load_evidence([tmp_path])
    assert len(found.judged) == 2 * 2 * QUESTIONS
    assert all(f"답은 {one.judgment.score:g}입니다" in one.output for one in found.judged)
    assert {one.key[:2] for one in found.judged} == {("m", "0-shot")}
    apart = load_evidence([tmp_path], apart=True)
    assert {one.strategy for one in apart.series} == {"0-shot", "0-shot@2"}
    capsys.readouterr()
    assert main(["table", str(tmp_path), "--gate", "language", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["rows"]
    assert row["gated"]["changed"] == 0
    assert row["gated"]["examined"] == sum(one.language != "any" for one in found.judged)


REFUSED = {
    "all alike": (["m", "--temperature", "0"], "samples: at temperature 0 all answers to a question are alike"),
    "the same seed": (["m", "--temperature", "1", "--extra-body", '{"seed": 1}'], "give --seed, which is counted on"),
    "a null model": (["baseline:echo"], "samples: a null model says the same each time"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_samples_that_would_be_alike_are_refused(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, says = REFUSED[case]
    given = ["generate", *words, "--samples", "2", "--base-url", "http://127.0.0.1:9/v1", "--out", str(tmp_path)]
    assert main(given) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_strategy_may_not_be_named_like_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine@2.yaml"
    path.write_text("messages: []\n", encoding="utf-8")
    assert main(["generate", "baseline:echo", "--strategy", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "rename the file" in capsys.readouterr().err

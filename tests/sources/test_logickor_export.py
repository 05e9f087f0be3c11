"""`kojudge export logickor`: files that upstream's programs read, with the numbers of our table."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.sources import logickor
from judge.sources.results import load_results
from judge.tables import means as tables
from judge.tables.row import Row
from tests.support import mini_checkout as mini
from tests.support.wire import Request, Wire, chat

CHECKOUT = os.environ.get("LOGICKOR_CHECKOUT")


def reply(request: Request) -> Any:
    """Three scores in turn; no score at all for one question."""
    if "봄을" in request.last and "이어진" not in request.last:
        return chat("말하지 않겠다")
    return chat(f"평가: 글 {request.number}\n점수: {request.number % 3 * 2.5 + 1}")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Runs over a miniature checkout's answers, with one failed verdict a strategy."""
    checkout = mini.write(tmp_path / "checkout")
    main(["import", "logickor", str(checkout), "-o", str(tmp_path / "pack"), "-q"])
    with Wire(reply) as wire:
        words = ["judge", str(checkout / "generated"), "--judge", "j", "--judge-base-url", wire.url]
        more = ["--pack", str(tmp_path / "pack"), "--repeats", "2", "--parse-retries", "0"]
        assert main([*words, *more, "--out", str(tmp_path / "runs"), "-q"]) == 1
    return tmp_path / "runs"


def export(runs: Path, out: Path, *words: str) -> int:
    return main(["export", "logickor", str(runs), "-o", str(out), "-q", *words])


def test_a_failed_verdict_stops_the_export_unless_zeros_are_asked_for(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(runs, tmp_path / "x") == 2
    assert "2 verdicts of j under 0-shot failed, and upstream would count them as 0" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    assert export(runs, tmp_path / "x", "--failures", "zero") == 0
    path = tmp_path / "x/evaluated/org/model/default.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8-sig").splitlines()]
    failed = {"judge_message": "Impossible to judge due to repetition.", "judge_score": 0.0}
    assert [row["query_single"] for row in rows if row["id"] == 2] == [failed]


def test_turns_whose_mean_counts_a_failed_repeat_as_zero_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["baseline:echo", "--strategy", "0-shot", "--limit", "2", "--out", str(tmp_path / "runs"), "-q"]
    assert main(["generate", *words]) == 0
    with Wire(lambda request: chat("평가: 음\n점수: 8" if request.number > 1 else "말하지 않겠다")) as wire:
        words = ["judge", str(tmp_path / "runs"), "--judge", "j", "--judge-base-url", wire.url, "--repeats", "2", "-q"]
        assert main([*words, "--parse-retries", "0", "--judge-concurrency", "1"]) == 1
    capsys.readouterr()
    words = ["export", "logickor", str(tmp_path / "runs"), "-o", str(tmp_path / "x"), "--failures", "zero"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "2 answers, 4 turns with a verdict, 1 turns as a mean in which failed repeats count 0" in said
    path = tmp_path / "x/evaluated/baseline_echo/default.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8-sig").splitlines()]
    scores = sorted(row[key]["judge_score"] for row in rows for key in ("query_single", "query_multi"))
    assert scores == [4, 8, 8, 8], "the table's rule: the mean over the repeats, a failed one as 0"


def test_the_generated_files_are_the_answers_that_were_judged(runs: Path, tmp_path: Path) -> None:
    export(runs, tmp_path / "x", "--failures", "zero")
    for strategy in ("default", "1-shot", "cot-1-shot"):
        old = logickor.read_generated(tmp_path / f"checkout/generated/org/model/{strategy}.jsonl")
        new = logickor.read_generated(tmp_path / f"x/generated/org/model/{strategy}.jsonl")
        assert [(a.id, a.category, a.outputs) for a in new] == [(a.id, a.category, a.outputs) for a in old]
        for one in new:
            assert len(one.references) == 2


def test_what_was_exported_gives_the_same_table_again(runs: Path, tmp_path: Path) -> None:
    export(runs, tmp_path / "x", "--failures", "zero")
    ours = tables.mean_rows(load_results([runs]), failures="zero")
    again = tables.mean_rows(load_results([tmp_path / "x/evaluated"]), failures="zero")

    def means(rows: list[Row]) -> dict[str, tuple[Any, ...]]:
        return {row.strategy: (row.single, row.multi, row.overall, row.categories) for row in rows}

    assert means(ours) == means(again)
    assert all(row.overall not in (None, Fraction(0)) for row in ours)


def test_evaluated_files_begin_with_the_byte_order_mark_of_upstreams(runs: Path, tmp_path: Path) -> None:
    export(runs, tmp_path / "x", "--failures", "zero")
    raw = (tmp_path / "x/evaluated/org/model/1-shot.jsonl").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\xef\xbb\xbf") == 1


def test_one_of_several_judges_has_to_be_chosen(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["judge", str(runs), "--judge", "rules", "--out", str(runs), "-q"])
    assert export(runs, tmp_path / "x") == 2
    assert "choose one with --judge" in capsys.readouterr().err
    assert export(runs, tmp_path / "x", "--judge", "ruels") == 2
    assert "did you mean 'rules'" in capsys.readouterr().err
    assert export(runs, tmp_path / "x", "--judge", "rules") == 0
    assert not (tmp_path / "x/evaluated/org/model/default.jsonl").read_text("utf-8-sig").count("Impossible")


def test_answers_without_verdicts_are_generated_files_alone(tmp_path: Path) -> None:
    main(["generate", "baseline:echo", "--out", str(tmp_path / "o"), "--limit", "2", "-q"])
    assert export(tmp_path / "o", tmp_path / "x") == 1
    assert (tmp_path / "x/generated/baseline_echo/default.jsonl").is_file()
    assert not (tmp_path / "x/evaluated").exists()


@pytest.mark.proofs
def test_a_question_of_another_number_of_turns_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["new-pack", str(tmp_path / "p"), "-q"])
    words = ["run", "baseline:echo", "--pack", str(tmp_path / "p"), "--judge", "rules", "--out", str(tmp_path / "o")]
    main([*words, "-q"])
    assert export(tmp_path / "o", tmp_path / "x") == 2
    assert "has 3 turns, not 2" in capsys.readouterr().err


@pytest.mark.skipif(
    CHECKOUT is None, reason="needs a clone of https://github.com/instructkr/LogicKor named by LOGICKOR_CHECKOUT"
)
def test_upstreams_score_py_prints_the_numbers_of_our_table(runs: Path, tmp_path: Path) -> None:
    export(runs, tmp_path / "x", "--failures", "zero")
    rows = {row.strategy: row for row in tables.mean_rows(load_results([runs]), failures="zero")}
    for name, strategy in (("default", "0-shot"), ("1-shot", "1-shot"), ("cot-1-shot", "cot-1-shot")):
        path = tmp_path / f"x/evaluated/org/model/{name}.jsonl"
        words = [sys.executable, str(Path(str(CHECKOUT)) / "score.py"), "-p", str(path)]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        found = dict(re.findall(r"\| (Single turn|Multi turn|Overall) \| ([\d.]+) \|", said))
        row = rows[strategy]
        wanted = {"Single turn": row.single, "Multi turn": row.multi, "Overall": row.overall}
        assert found == {key: f"{float(value or 0):.2f}" for key, value in wanted.items()}

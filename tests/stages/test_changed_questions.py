"""`judge --questions F` after references, notes or checks were corrected: answers stay, verdicts are made anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.packs.questions import load_questions
from judge.runs.folder import RunFolder
from tests.support.wire import Wire, chat

MEND = "모범 답안을 고쳐 썼다."


def corrected(run: RunFolder, out: Path, **changes: list[Any]) -> Path:
    """Write the core questions with other notes for the first question that the run has answered."""
    first = next(iter(run.answers("0-shot")))
    rows = [json.loads(line) for line in load_questions().path.read_text("utf-8").splitlines()]
    for row in rows:
        if row["id"] == first:
            row.update(changes)
    path = out / "corrected.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def judge(path: Path, *options: str, score: int = 4) -> tuple[int, list[str]]:
    """Judge `path` and return the exit code and what the judge was sent."""
    with Wire(lambda request: chat(f"평가: 음\n점수: {score}")) as wire:
        code = main(["judge", str(path), "--judge", "j", "--base-url", wire.url, *options])
        return code, [request.last for request in wire.requests]


def overall(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> tuple[float, int]:
    capsys.readouterr()
    main(["table", str(run.path), "--format", "json"])
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    return row["overall"], row["judged"]


@pytest.mark.proofs
@pytest.mark.parametrize("given", [".", "answers/0-shot.jsonl"])
def test_a_corrected_reference_is_judged_anew_and_alone_counts(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    assert judge(run.path)[0] == 0
    before = run.answers("0-shot")
    changed = corrected(run, tmp_path, references=[MEND, MEND])
    capsys.readouterr()
    code, sent = judge(run.path / given, "--questions", str(changed), score=10)
    assert (code, len(sent)) == (0, 2)
    assert all(MEND in text for text in sent)
    err = capsys.readouterr().err
    assert f"references, notes or checks of 1 question were taken over from {changed}" in err
    assert overall(run, capsys) == (6.0, 6)
    after = run.answers("0-shot")
    assert [(a.outputs, a.digest) for a in after.values()] == [(a.outputs, a.digest) for a in before.values()]
    assert judge(run.path, "--questions", str(changed)) == (0, [])
    assert judge(run.path) == (0, [])


def test_a_changed_note_for_the_judge_counts_from_its_turn_on(run: RunFolder, tmp_path: Path) -> None:
    assert judge(run.path)[0] == 0
    changed = corrected(run, tmp_path, rubric=[None, "표가 없으면 감점한다."])
    code, sent = judge(run.path, "--questions", str(changed))
    assert code == 0
    assert 1 <= len(sent) <= 2
    assert any("표가 없으면 감점한다." in text for text in sent)


def test_the_same_questions_change_nothing(run: RunFolder) -> None:
    assert judge(run.path)[0] == 0
    held = run.answers_file("0-shot").read_bytes()
    assert judge(run.path, "--questions", str(load_questions().path)) == (0, [])
    assert run.answers_file("0-shot").read_bytes() == held


def test_a_dry_run_counts_what_a_correction_makes_stale_and_writes_nothing(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(run.path)[0] == 0
    held = run.answers_file("0-shot").read_bytes()
    changed = corrected(run, tmp_path, references=[MEND, MEND])
    capsys.readouterr()
    words = ["judge", str(run.path), "--judge", "j", "--questions", str(changed), "--dry-run", "--json"]
    assert main(words) == 0
    (found,) = json.loads(capsys.readouterr().out)["dry_run"]
    assert (found["owed"], found["done"]) == (2, 4)
    assert run.answers_file("0-shot").read_bytes() == held


def test_questions_with_other_words_are_refused(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = corrected(run, tmp_path, questions=["다른 질문입니다.", "또 다른 질문입니다."])
    assert judge(run.path, "--questions", str(changed), "-q") == (2, [])
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "has another text" in line
    assert "give the question set that was answered" in line


def test_nothing_is_generated_again_and_the_way_to_keep_the_answers_is_told(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = corrected(run, tmp_path, references=[MEND, MEND])
    words = ["generate", "baseline:boilerplate", "--out", str(run.path.parent), "--strategy", "0-shot", "--limit", "3"]
    assert main([*words, "--questions", str(changed), "-q"]) == 2
    assert f"kojudge judge {run.path} --questions FILE keeps the answers" in capsys.readouterr().err
    assert judge(run.path, "--questions", str(changed))[0] == 0
    held = run.answers_file("0-shot").read_bytes()
    assert main([*words, "-q"]) == 0
    assert run.answers_file("0-shot").read_bytes() == held


@pytest.mark.proofs
def test_saved_answers_take_their_references_from_the_set_that_is_given(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ("id", "category", "questions", "outputs")
    rows = [{key: a.model_dump(mode="json")[key] for key in keys} for a in run.answers("0-shot").values()]
    file, out = tmp_path / "foreign.jsonl", tmp_path / "judged"
    file.write_text("".join(json.dumps(row | {"model": "m", "strategy": "0-shot"}) + "\n" for row in rows), "utf-8")
    place = ["--out", str(out)]
    assert len(judge(file, *place, "--questions", str(load_questions().path))[1]) == 6
    changed = corrected(run, tmp_path, references=[MEND, MEND])
    code, sent = judge(file, *place, "--questions", str(changed), score=10)
    assert (code, len(sent)) == (1, 2), "39 questions of the set were never answered"
    assert all(MEND in text for text in sent)
    assert overall(RunFolder(out / "m"), capsys) == (6.0, 6)
    assert judge(file, *place)[0] == 2
    assert "with other references, notes or checks than these answers" in capsys.readouterr().err

"""Which edition of a question set a number is on: in run.json, below tables, in cards and where a run is exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.packs.questions import load_questions
from judge.runs.folder import RunFolder

NEWEST = f"core, edition {len(json.loads(load_questions().path.with_name('editions.json').read_text('utf-8'))['core'])}"
FIRST = "bbd08130dbf4e6b8"
"""The digest of core's first edition."""


def said(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    capsys.readouterr()
    assert main([*command]) == 0
    return capsys.readouterr().out


@pytest.fixture
def judged(run: RunFolder) -> RunFolder:
    assert main(["judge", str(run.path), "--judge", "rules", "-q"]) == 0
    return run


@pytest.mark.proofs
def test_a_run_a_card_and_an_export_name_the_edition(
    judged: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((judged.path / "run.json").read_text(encoding="utf-8"))
    digest = load_questions().digest
    assert (manifest["edition"], manifest["config"]["questions"]) == (NEWEST, digest)
    assert f"{NEWEST} ({digest})" in said(capsys, "card", str(judged.path), "--lang", "en")
    told = said(capsys, "export", "logickor", str(judged.path), "-o", str(tmp_path / "out"))
    assert f"; questions: {NEWEST}; scores of the rule judge (offline heuristic), which the files do not say" in told
    assert "edition" not in said(capsys, "table", str(judged.path), "--format", "md")


def test_a_table_says_that_a_run_is_on_an_older_edition(judged: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    place = judged.path / "run.json"
    text = place.read_text(encoding="utf-8").replace(load_questions().digest, FIRST)
    place.write_text(text, encoding="utf-8")
    shown = said(capsys, "table", str(judged.path), "--format", "md")
    assert f"questions: core, edition 1; {NEWEST[6:]} has other references, notes or checks" in shown


@pytest.mark.parametrize(("place", "name"), [("own.jsonl", "own.jsonl"), ("my/questions/core.jsonl", "")])
def test_a_run_of_another_set_is_named_by_its_file(
    place: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / place
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text('{"id": 1, "category": "수학", "questions": ["1 + 1은?"]}\n', encoding="utf-8")
    out = ["--out", str(tmp_path / "out"), "--strategy", "0-shot", "-q"]
    which = ["--questions", str(own)] if name else ["--pack", str(tmp_path / "my")]
    assert main(["generate", "baseline:echo", *which, *out]) == 0
    text = (tmp_path / "out" / "baseline_echo" / "run.json").read_text(encoding="utf-8")
    digest = json.loads(text)["config"]["questions"]
    assert "edition" not in text
    assert main(["judge", str(tmp_path / "out"), "--judge", "rules", "-q"]) == 0
    assert f"{place} ({digest})" in said(capsys, "card", str(tmp_path / "out"), "--lang", "en", "--ci", "none")


def test_references_of_another_file_are_named_below_the_table(
    judged: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = next(iter(judged.answers("0-shot")))
    rows = [json.loads(line) for line in load_questions().path.read_text("utf-8").splitlines()]
    changed = [row | {"references": ["새 답", "새 답"]} if row["id"] == asked else row for row in rows]
    own = tmp_path / "corrected.jsonl"
    own.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in changed), encoding="utf-8")
    assert main(["judge", str(judged.path), "--judge", "rules", "--questions", str(own), "-q"]) == 0
    shown = said(capsys, "table", str(judged.path), "--format", "md")
    digest = load_questions(questions=str(own)).digest
    assert f"references, notes and checks were taken over from corrected.jsonl ({digest})" in shown
    assert main(["judge", str(judged.path), "--judge", "rules", "--questions", "core", "-q"]) == 0
    shown = said(capsys, "table", str(judged.path), "--format", "md")
    assert f"taken over from {NEWEST}" in shown
    assert "corrected.jsonl" not in shown

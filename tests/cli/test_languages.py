"""Notes, footnotes and legends are in the language of what they stand on: all of them, wherever they come from."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.cli.output import locale_lang
from judge.reports.page import Wishes, gather
from judge.reports.page_data import build
from judge.runs.folder import RunFolder
from judge.sources.judged import load_evidence
from judge.tables.answer_notes import answer_notes
from judge.wording import Note, joined, korean_of, led, restored, worded
from tests.support.evaluated import evaluated
from tests.support.results import answer
from tests.support.small_run import answered
from tests.support.wire import Request, Response, Wire, chat, error


@pytest.fixture
def noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> RunFolder:
    """A run of three questions under two strategies, with notes of many kinds: a judge that takes neither a temperature
    nor a schema, replies without the mark, a failed verdict, a null model, few questions, no certificate."""

    def respond(request: Request) -> Response:
        for name in ("temperature", "response_format"):
            if name in request.body:
                return error(400, f"Unsupported parameter: '{name}' is not supported with this model")
        return error(400, "no") if request.number == 5 else chat("평가: 무난합니다.\n점수: 4")

    run = answered(tmp_path, capsys, strategies="0-shot,1-shot")
    with Wire(respond) as wire:
        command = ["judge", str(run.path), "--judge", "j", "--base-url", wire.url, "--judge-concurrency", "1", "-q"]
        assert main(command) == 1
    assert main(["pairwise", str(run.path), "--judge", "rules", "--out", str(tmp_path), "-q"]) == 0
    capsys.readouterr()
    return run


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two boards of the same answers of four models, and a person's scores of some of them."""
    root = tmp_path_factory.mktemp("boards")
    for name, seed in (("old", 0), ("new", 9)):
        for place in range(4):
            for strategy in ("default", "1-shot"):
                evaluated(root / name, f"org/m{place}", strategy, 3 + place, seed=seed + place)
    lines = [f"{n},1,{n},org/m0,0-shot" for n in range(1, 5)]
    (root / "people.csv").write_text("\n".join(["id,turn,score,model,strategy", *lines]), encoding="utf-8")
    return root


def notes_in(text: str) -> list[str]:
    """Return the lines of a Markdown text that are no cells of a table and no titles."""
    lines = [line.lstrip("- ") for line in text.splitlines() if line and not line.startswith(("|", "#", "<!--"))]
    return [line for line in lines if re.search(r"[A-Za-z가-힣]{2}", line)]


VERBS = {
    "table": ["table", "{run}"],
    "table by turn": ["table", "{run}", "--by", "turn"],
    "table of everything": ["table", "{run}", "--null", "--gate", "language", "--ci", "analytic"],
    "compare": ["compare", "{run}", "--margin", "0.5"],
    "pairwise": ["pairwise", "{out}/contests", "--margin", "0.05"],
    "audit": ["audit", "{run}"],
    "plan": ["plan", "--margin", "0.2"],
    "plan with prices": [
        "plan",
        "{run}",
        "--spread",
        "1.5",
        "--difference",
        "0.3",
        "--price-in",
        "1",
        "--price-out",
        "2",
    ],
    "card": ["card", "{run}", "--contests", "{out}/contests"],
}


BOARD_VERBS = {
    "agreement": ["agreement", "{root}/old", "--labels", "{root}/people.csv"],
    "items": ["items", "{root}/old"],
    "calibrate": ["calibrate", "--old", "{root}/old", "--new", "{root}/new", "-o", "{root}/map.json"],
}
"""What needs more rows than `noted` has."""


@pytest.mark.proofs
@pytest.mark.parametrize("case", VERBS)
def test_every_note_is_in_the_language_asked_for(
    case: str, noted: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notes_in_both([word.format(run=noted.path, out=noted.path.parent) for word in VERBS[case]], capsys) > 2


@pytest.mark.parametrize("case", BOARD_VERBS)
def test_every_note_on_a_board_is_in_the_language_asked_for(
    case: str, boards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notes_in_both([word.format(root=boards) for word in BOARD_VERBS[case]], capsys)


def notes_in_both(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> int:
    """Return how many notes there are, each in the language asked for."""
    said: dict[str, list[str]] = {}
    for lang in ("ko", "en"):
        main([*words, "--lang", lang])
        told = capsys.readouterr()
        assert not told.err
        said[lang] = notes_in(re.sub("추론|수학|문법", "-", told.out))  # categories are named as the files name them
    assert len(said["ko"]) == len(said["en"])
    assert [line for line in said["ko"] if not re.search("[가-힣]", line)] == []
    assert [line for line in said["en"] if re.search("[가-힣]", line)] == []
    return len(said["en"])


@pytest.mark.parametrize("case", ["audit", "plan", "plan with prices"])
def test_headings_are_in_the_language_asked_for(
    case: str, noted: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert foreign_words_in_headings([word.format(run=noted.path) for word in VERBS[case]], capsys) <= {"id"}


@pytest.mark.parametrize("case", BOARD_VERBS)
def test_headings_on_a_board_are_in_the_language_asked_for(
    case: str, boards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"id", "a", "b", "Spearman", "Kendall", "Overall", "rms", "logickor", "file", "human"}
    assert foreign_words_in_headings([word.format(root=boards) for word in BOARD_VERBS[case]], capsys) <= names


def foreign_words_in_headings(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> set[str]:
    assert main([*words, "--lang", "ko"]) == 0
    lines = capsys.readouterr().out.splitlines()
    headings = [line for line, rule in pairwise(lines) if rule.startswith("| --")]
    assert headings
    titles = [line for line in lines if line.startswith("### ")]
    assert [title for title in titles if not re.search("[가-힣]", title)] == []
    return set(re.findall("[A-Za-z]+", " ".join(headings)))


def test_the_notes_of_the_page_are_known_in_korean(noted: RunFolder) -> None:
    board = build(gather(load_evidence([noted.path]), Wishes(draws=50))).board
    notes = [
        *(note for row in board["rows"] for note in row["notes"]),
        *(text for one in board["findings"] for text in (one[1], one[3])),
    ]
    assert len(notes) > 5
    assert [note for note in notes if note not in board["korean"]] == []


def test_files_for_programs_are_in_english(noted: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    main(["table", str(noted.path), "--json", "--lang", "ko"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert not [note for row in rows for note in row["notes"] if re.search("[가-힣]", note)]


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "kok_IN"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "C", "LC_ALL": "ko_KR.EUC-KR"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
    ],
)
def test_the_locale_chooses_where_nobody_says(environment: dict[str, str], lang: str) -> None:
    assert locale_lang(environment) == lang


def test_what_a_run_prints_is_in_the_language_of_the_locale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    what = ["--limit", "2", "--strategy", "0-shot", "--out", str(tmp_path)]
    for command in (["generate", "baseline:echo"], ["run", "baseline:echo", "--judge", "rules", "--no-report"]):
        assert main([*command, *what]) == 0
        told = capsys.readouterr()
        lines = [line for line in notes_in(told.out + told.err) if not line.startswith("kojudge ")]
        assert [line for line in lines if not re.search("[가-힣]", line)] == []
    assert main(["table", str(tmp_path), "--lang", "en"]) == 0
    assert not re.search("[가-힣]", "".join(notes_in(capsys.readouterr().out)))


def test_a_dry_run_is_in_the_language_asked_for(
    noted: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    made, prices = str(noted.path), ["--price-in", "1", "--price-out", "2"]
    warmer = ["judge", made, "--judge", "j", "--judge-temperature", "0.7", "--dry-run"]
    pairs = ["pairwise", made, "--judge", "j", "--dry-run", "--out", str(noted.path.parent / "more")]
    for command in (
        warmer,
        [*warmer[:3], "rules", "--dry-run"],
        [*pairs, *prices, "--until-decided", "--margin", "0.1"],
    ):
        assert main(command) == 0
        [line] = capsys.readouterr().out.splitlines()
        words = set(re.findall("[A-Za-z]{3,}", line.partition(": ")[2])) - {"sampling", "FILE"}
        assert words <= {"price", "prices", "out", "rules", "until", "decided"}, line
    assert main([*pairs, *prices, "--lang", "en"]) == 0
    assert not re.search("[가-힣]", capsys.readouterr().out)
    assert main([*warmer, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dry_run"][0]["counted"] == "by rule"


def test_last_lines_are_in_the_language_of_the_locale(
    noted: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.chdir(tmp_path)
    Path("q.csv").write_text("id,category,turn1\n1,a,질문은?\n", encoding="utf-8")
    made = str(noted.path)
    for command, code in (
        (["new-pack", "pack"], 0),
        (["check", "pack", made, f"{made}/answers/0-shot.jsonl", "contests"], 0),
        (["import", "csv", "q.csv", "-o", "taken"], 0),
        (["report", made, "-o", "page.html"], 1),
        (["report", str(tmp_path / "contests"), "-o", "contests.html"], 0),
        (["export", "logickor", made, "-o", "theirs", "--failures", "zero"], 0),
        (["export", "inspect", made, "-o", "ratings"], 1),
        (["export", "eee", made, "-o", "eee"], 1),
        (["export", "dataset", made, "-o", "set", "--license", "cc-by-4.0"], 0),
    ):
        assert main(command) == code, command
        told = capsys.readouterr()
        lines = (told.out + told.err).splitlines()
        bare = [line for line in lines if not re.search("[가-힣]", line)]
        assert len(bare) < len(lines), command
        assert all(Path(line).exists() for line in bare), "the rest are names of files"


def test_a_note_keeps_both_languages_through_what_is_done_to_it() -> None:
    [note] = answer_notes([answer(("첫 질문", ""), ("다음 질문", "답"))])
    assert isinstance(note, Note)
    whole: Sequence[str] = [led("m 0-shot", note), joined(["(1)", note], " "), deepcopy(note)]
    assert [worded(one, "ko") for one in whole] == [f"m 0-shot: {note.korean}", f"(1) {note.korean}", note.korean]
    assert [worded(one, "en") for one in whole] == [f"m 0-shot: {note}", f"(1) {note}", str(note)]
    assert [worded(one, "ko") for one in restored([str(note), "old"], korean_of([note]))] == [note.korean, "old"]
    assert type(led("a", "b")) is type(joined(["a", "b"])) is str

"""What lies at a path: each format in one place, a file opened once to recognise it and once to read it."""

from __future__ import annotations

import builtins
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.errors import ConfigError, InputError
from judge.sources import places as module
from judge.sources.judged import load_evidence
from judge.sources.place import FileFormat, FirstRow, Place, Reading, Unread
from judge.sources.places import places
from judge.sources.results import load_results
from judge.sources.saved_answers import load_answers
from tests.support.evaluated import evaluated
from tests.support.patience import PATIENCE_SECONDS
from tests.support.results import board


def rows(path: Path, *data: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in data), "utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The rule judge's run of a LogicKor file."""
    evaluated(tmp_path, "org/m", "default", 5)
    words = ["judge", str(tmp_path / "evaluated"), "--judge", "rules", "--out", str(tmp_path / "runs"), "-q"]
    assert main(words) == 0
    return tmp_path / "runs" / "org" / "m"


def test_a_new_format_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stars(Place):
        def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
            return Reading([board((8, 6), model=model_name or "m")], self.path)

    def recognise(path: Path, first: FirstRow) -> Place | None:
        if "stars" in first:
            return Stars(path)
        return Unread(path, "Stars of films") if "film" in first else None

    monkeypatch.setattr(module, "FORMATS", (*module.FORMATS, FileFormat("Stars' stars/", "", recognise)))
    file = rows(tmp_path / "a" / "stars.jsonl", {"stars": 4})
    for path in (file, tmp_path):
        assert [one.model for one in load_results([path], model_name="mine")] == ["mine"]
    with pytest.raises(
        InputError, match=r"only Stars of films, which kojudge does not read; give .*, Stars' stars/ or another file"
    ):
        load_results([rows(tmp_path / "b" / "films.jsonl", {"film": 1})])


def test_a_folder_may_hold_files_of_several_tools(tmp_path: Path) -> None:
    evaluated(tmp_path, "org/m", "default", 5)
    rating = {"question_id": 1, "model": "n", "judge": ["j", "single-v1"], "judgment": "", "score": 7, "turn": 1}
    rows(tmp_path / "model_judgment" / "j.jsonl", rating)
    assert [load_results([tmp_path], judges=[judge])[0].model for judge in ("j", "logickor-file")] == ["n", "org/m"]
    with pytest.raises(ConfigError, match="several score ranges"):  # neither tool's files are left out silently
        load_results([tmp_path])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"question_id": 1, "model_1": "a", "model_2": "b", "g1_winner": "model_1"}, "FastChat judgments of pairs"),
        (
            {"doc_id": 0, "doc": {}, "target": "1", "resps": [["답"]]},
            "samples of lm-evaluation-harness that no judge scored",
        ),
        ({"name": "pair-v2", "prompt_template": "{question}", "output_format": "[[A]]"}, "FastChat judge prompts"),
    ],
)
def test_a_shape_of_a_known_tool_that_is_not_read_is_named(
    data: dict[str, Any], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rows(tmp_path / "x.jsonl", data)
    for words in (["check"], ["table"], ["judge", "--judge", "rules"]):
        assert main([words[0], str(path), *words[1:]]) == 2
        assert f"{what}, which kojudge does not read" in capsys.readouterr().err


def test_the_error_for_an_unknown_file_says_what_is_read(tmp_path: Path) -> None:
    path = rows(tmp_path / "x.jsonl", {"a": 1})
    assert places(path) == []
    more = r" or another file that docs/formats\.md lists$"
    verdicts = r"give a run folder, a judgments file, LogicKor's evaluated/, FastChat's model_judgment/" + more
    answers = r"give a run folder, an answers file, LogicKor's generated/, arena-hard's model_answer/, FastChat's model_answer/"
    for place in (path, tmp_path):
        with pytest.raises(InputError, match=verdicts):
            load_results([place])
        with pytest.raises(InputError, match=answers + more):
            load_answers([place], tmp_path / "o")


def test_one_file_of_a_run_is_that_part_of_the_run(run: Path, tmp_path: Path) -> None:
    file = run / "judgments" / "rules" / "0-shot.jsonl"
    [series] = load_results([file])
    assert series == load_results([run])[0]
    [target] = load_answers([run / "answers" / "0-shot.jsonl"], tmp_path / "o")
    assert (target.run.path, target.strategies, target.saved) == (run, ("0-shot",), ())
    away = tmp_path / "away.jsonl"
    away.write_bytes(file.read_bytes())
    assert "a judgments file without its run" in load_results([away])[0].notes[0]


def test_a_file_is_opened_once_to_recognise_it_and_once_to_read_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Counter[str] = Counter()
    real = io.open

    def counting(file: Any, *args: Any, **more: Any) -> Any:
        opened[Path(os.fsdecode(file)).name if isinstance(file, str | os.PathLike) else ""] += 1
        return real(file, *args, **more)

    for owner in (io, builtins):
        monkeypatch.setattr(owner, "open", counting)
    load_evidence([tmp_path / "evaluated"])
    assert opened["default.jsonl"] == 2
    opened.clear()
    load_evidence([run])
    assert opened == {"run.json": 1, "0-shot.jsonl": 3}, "the answers once, the judgments for their judge and to read"


@pytest.mark.proofs
def test_a_pipe_or_an_endless_device_is_one_line(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    paths = [str(pipe), "/dev/zero"]
    verbs = [["table"], ["audit"], ["check"], ["judge", "--judge", "rules"], ["report", "-o", str(tmp_path / "x")]]
    limits = "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)); "
    code = f"from judge.cli.main import main; print([main([v, path, *o]) for path in {paths} for v, *o in {verbs}])"
    words = [sys.executable, "-c", limits + code]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.stdout.strip() == str([2] * 10), done.stderr
    for path, line in zip(sorted(paths * 5, key=paths.index), done.stderr.strip().splitlines(), strict=True):
        assert f"{path}: is a pipe or a device, not a file" in line


def test_a_pipe_below_a_folder_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputError, match=r"pipe\.jsonl: is a pipe or a device"):
        places(tmp_path)

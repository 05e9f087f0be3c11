"""What real runs showed to be silent or misleading: each is said, or kept, now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.records import Judgment
from judge.runs.folder import RunFolder
from tests.support.wire import Request, Response, Wire, chat


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs of null models over two questions, of which the first is judged by the rule judge under one strategy."""
    for name, strategies in (("baseline:boilerplate", "0-shot,1-shot"), ("baseline:echo", "0-shot")):
        command = ["generate", name, "--out", str(tmp_path), "--limit", "2", "--strategy", strategies, "-q"]
        assert main(command) == 0
    return tmp_path


def first(runs: Path) -> str:
    return str(next(path for path in runs.iterdir() if "boilerplate" in path.name))


def second(runs: Path) -> str:
    return str(next(path for path in runs.iterdir() if "echo" in path.name))


def test_replies_without_a_score_are_kept_beside_the_one_that_counts(runs: Path) -> None:
    def answer(request: Request) -> Response:
        return chat("잘 모르겠습니다.") if request.number == 1 else chat("평가: 무난합니다.\n점수: 4")

    with Wire(answer) as wire:
        command = ["judge", second(runs), "--judge", "j", "--base-url", wire.url, "--judge-concurrency", "1", "-q"]
        assert main(command) == 0
    outcomes = RunFolder(Path(second(runs))).outcomes("j", "0-shot")
    assert all(isinstance(outcome, Judgment) for outcome in outcomes)
    assert [outcome.earlier_replies for outcome in outcomes] == [("잘 모르겠습니다.",), (), (), ()]
    text = next((Path(second(runs)) / "judgments" / "j").glob("*.jsonl")).read_text(encoding="utf-8")
    assert text.count("earlier_replies") == 1, "no key where there are none"


def test_repeats_at_temperature_0_are_said_to_be_no_sign_of_reliability(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(lambda _: chat("평가: 무난합니다.\n점수: 4")) as wire:
        command = ["judge", second(runs), "--base-url", wire.url, "--repeats", "2", "-q", "--judge"]
        assert main([*command, "still"]) == 0
        assert main([*command, "warm", "--judge-temperature", "0.7"]) == 0
    capsys.readouterr()
    main(["agreement", second(runs), "--format", "md"])
    shown = capsys.readouterr().out
    assert "still was asked at temperature 0" in shown
    assert "warm was asked at temperature 0" not in shown


def test_a_comparison_without_verdicts_says_which_are_missing(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", first(runs), "--judge", "rules", "--strategy", "0-shot", "-q"]) == 0
    capsys.readouterr()
    assert main(["compare", first(runs)]) == 2
    told = capsys.readouterr().err
    assert "1-shot has no verdicts of this judge yet" in told
    assert told.count("\n") == 1


def test_an_export_of_several_runs_writes_all_or_nothing(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", first(runs), "--judge", "rules", "-q"]) == 0
    assert main(["judge", second(runs), "--judge", "rules", "-q"]) == 0
    with Wire(lambda _: chat("평가: 무난합니다.\n점수: 4")) as wire:
        assert main(["judge", second(runs), "--judge", "j", "--base-url", wire.url, "-q"]) == 0
    out = runs / "exported"
    assert main(["export", "logickor", str(runs), "-o", str(out), "-q"]) == 2
    assert "several judges" in capsys.readouterr().err
    assert not out.exists()
    assert main(["export", "logickor", str(runs), "-o", str(out), "-q", "--judge", "rules"]) == 0


def test_models_asked_under_other_messages_of_one_name_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "1-shot.yaml"
    own.write_text("messages:\n- {role: user, content: 안녕}\n- {role: assistant, content: 네}\n", encoding="utf-8")
    out = ["--out", str(tmp_path / "o"), "--limit", "2", "-q"]
    with Wire(lambda request: chat("답입니다.")) as wire:
        for model, strategies in (("a", "0-shot,1-shot"), ("b", f"0-shot,{own}")):
            assert main(["generate", model, "--base-url", wire.url, "--strategy", strategies, *out]) == 0
    assert main(["judge", str(tmp_path / "o"), "--judge", "rules", "-q"]) == 0

    def notes(*words: str) -> dict[tuple[str, str], list[str]]:
        capsys.readouterr()
        assert main(["table", str(tmp_path / "o"), "--json", "--by", "model", *words]) == 0
        rows = json.loads(capsys.readouterr().out)["rows"]
        return {(row["model"], row["strategy"]): [note for note in row["notes"] if "messages" in note] for row in rows}

    found = notes()
    assert found["a", "0-shot"] == found["b", "0-shot"] == []
    (mine,), (theirs,) = found["a", "1-shot"], found["b", "1-shot"]
    assert "the messages of its 1-shot differ from those of other rows here (digest " in mine
    assert mine != theirs
    assert main(["compare", str(tmp_path / "o"), "--strategy", "1-shot", "--lang", "ko"]) == 0
    assert "1-shot의 메시지가 여기 있는 같은 이름의 다른 행과 다름" in capsys.readouterr().out

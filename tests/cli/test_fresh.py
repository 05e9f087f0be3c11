"""`--fresh` moves an earlier run aside once: cut off and given again it goes on, and nothing is paid twice."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.runs.folder import MANIFEST, RunFolder
from tests.support.launcher import Launcher
from tests.support.patience import PATIENCE_SECONDS
from tests.support.wire import Request, Response, Wire, chat, error

GOOD = "평가: 음\n점수: 4"


def aside(out: Path) -> list[Path]:
    """Return what was moved aside."""
    return sorted(path for path in out.iterdir() if ".before-" in path.name)


def killed_after(launcher: Launcher, number: int, command: list[str], answer: Any) -> None:
    """Run a command, and kill it once so many requests are answered and the next one waits."""
    waiting, asked = threading.Event(), []

    def some(request: Request) -> Response:
        asked.append(request)
        if len(asked) > number:
            waiting.set()
            return Response(delay_seconds=PATIENCE_SECONDS)
        return answer(request)  # type: ignore[no-any-return]

    with Wire(some) as wire:
        line = [wire.url if word == "URL" else word for word in command]
        launcher.start(line)
        assert waiting.wait(PATIENCE_SECONDS)
        launcher.send(signal.SIGKILL)
        launcher.wait()


@pytest.mark.proofs
@pytest.mark.parametrize("verb", ["generate", "run"])
def test_cut_off_and_repeated_it_goes_on(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], launcher: Launcher
) -> None:
    def answer(request: Request) -> Response:
        return chat(GOOD if request.body["model"] == "j" else "네, 그렇습니다.")

    command = [verb, "m", "--base-url", "URL", "--out", str(tmp_path), "--limit", "2", "--strategy", "0-shot"]
    command += ["--concurrency", "1", "--fresh"]
    command += ["--judge", "j", "--judge-base-url", "URL", "--judge-concurrency", "1"] if verb == "run" else []
    with Wire(answer) as wire:
        first = [wire.url if word == "URL" else word for word in command]
        assert main(first) == 0
        assert aside(tmp_path) == []
        whole = len(wire.requests)
    assert "fresh" not in json.loads((tmp_path / "m" / MANIFEST).read_text("utf-8"))
    killed_after(launcher, 3, command, answer)
    assert len(aside(tmp_path)) == 1
    with Wire(answer) as wire:
        again = [wire.url if word == "URL" else word for word in command]
        capsys.readouterr()
        assert main(again) == 0
        assert f"the run that --fresh has begun in {tmp_path / 'm'} goes on; to begin another one, remove" in (
            capsys.readouterr().err
        )
        assert whole - 3 <= len(wire.requests) <= whole - 2  # of what was answered one line at most was not on disk
        assert len(aside(tmp_path)) == 1
        assert main(again) == 0  # it was finished: another one is asked for
        assert len(aside(tmp_path)) == 2


def test_with_other_options_it_is_another_run(tmp_path: Path) -> None:
    with Wire(lambda request: error(400, "no")) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "--limit", "1", "-q", "--fresh"]
        assert main(command) != 0
        assert main(command) != 0
        assert aside(tmp_path) == []
        assert main([*command, "--temperature", "0.5"]) != 0
        assert len(aside(tmp_path)) == 1


def test_saved_answers_that_are_judged_afresh_go_on_and_others_are_another_run(tmp_path: Path) -> None:
    def saved(text: str) -> Path:
        path = tmp_path / f"{text}.jsonl"
        row = {
            "id": 1,
            "category": "수학",
            "questions": ["가", "나"],
            "outputs": [text, text],
            "references": [None] * 2,
        }
        path.write_text(json.dumps(row | {"model": "m", "strategy": "0-shot"}) + "\n", "utf-8")
        return path

    broken = [True]
    with Wire(lambda request: error(400, "no") if broken[0] and "다시" in request.last else chat(GOOD)) as wire:

        def judge(text: str) -> int:
            command = ["judge", str(saved(text)), "--out", str(tmp_path / "out"), "--judge", "j", "-q", "--fresh"]
            return main([*command, "--base-url", wire.url])

        assert judge("다시") == 1
        assert judge("다시") == 1
        assert aside(tmp_path / "out") == []
        assert judge("다른") == 0
        assert len(aside(tmp_path / "out")) == 1
        assert judge("다른") == 0
        assert len(aside(tmp_path / "out")) == 2
    assert RunFolder(tmp_path / "out" / "m").answers("0-shot")[1].outputs == ("다른", "다른")

"""A generation that is cut off between two turns: the first one is not asked, and paid, again."""

from __future__ import annotations

import json
import signal
import zlib
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.errors import FailureKind
from judge.records import AnswerFailure, Usage
from judge.runs.folder import RunFolder
from judge.runs.turns import KeptTurn, first_turns
from tests.support.launcher import Launcher
from tests.support.patience import PATIENCE_SECONDS, within
from tests.support.wire import Request, Response, Wire, chat, error

QUESTIONS = 12


def said(request: Request) -> Response:
    """A reply that follows from the messages alone, with a thought and leaked tokens."""
    number = zlib.crc32(json.dumps(request.body["messages"], ensure_ascii=False).encode())
    return chat(f"제 답은 {number}입니다.<|im_end|>", reasoning_content=f"{number}번을 골라 볼까?")


def turn_of(request: Request) -> int:
    return 1 + sum(message["role"] == "assistant" for message in request.body["messages"])


def generating(wire: Wire, out: Path, *more: str) -> list[str]:
    command = ["generate", "org/m", "--base-url", wire.url, "--strategy", "0-shot", "--limit", str(QUESTIONS)]
    return [*command, "--concurrency", "64", "--out", str(out), "-q", *more]


def run_in(out: Path) -> RunFolder:
    return RunFolder(out / "org" / "m")


def turns_file(out: Path) -> Path:
    return run_in(out).path / "answers" / "0-shot.turns.jsonl"


def contents(out: Path) -> list[dict[str, object]]:
    """The answers, but for when and in what order they came."""
    answers = run_in(out).answers("0-shot").values()
    return sorted((a.model_dump(mode="json", exclude={"created"}) for a in answers), key=lambda row: str(row["id"]))


def cut_off(launcher: Launcher, out: Path, number: int, *more: str) -> int:
    """Interrupt a process of its own once all first turns are on disk and no second one is answered."""

    def answer(request: Request) -> Response:
        return said(request) if turn_of(request) == 1 else Response(delay_seconds=PATIENCE_SECONDS)

    with Wire(answer) as wire:
        launcher.start(generating(wire, out, *more))
        within(lambda: len(wire.requests) >= 2 * QUESTIONS, "the second turns")
        launcher.send(number)
        return launcher.wait()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("calm")
    with Wire(said) as wire:
        assert main(generating(wire, out)) == 0
        assert len(wire.requests) == 2 * QUESTIONS
    return out


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Path:
    out = tmp_path_factory.mktemp("killed")
    assert cut_off(launcher, out, signal.SIGKILL) == -signal.SIGKILL
    return out


def copied(source: Path, target: Path) -> Path:
    for path in source.rglob("*"):
        if path.is_file() and path.name != "run.lock":
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return target


def turns_asked(out: Path, *more: str) -> list[int]:
    """Run to the end and return the turn of every request."""
    with Wire(said) as wire:
        assert main(generating(wire, out, *more)) == 0
        return sorted(turn_of(request) for request in wire.requests)


def test_after_a_kill_exactly_the_second_turns_are_asked(killed: Path, calm: Path, tmp_path: Path) -> None:
    out = copied(killed, tmp_path)
    assert not run_in(out).answers("0-shot")
    assert turns_asked(out) == [2] * QUESTIONS
    assert contents(out) == contents(calm)
    assert not turns_file(out).exists()
    totals = [run_in(place).manifest().usage for place in (out, calm)]
    assert totals[0] == totals[1]


def test_after_ctrl_c_too(calm: Path, tmp_path: Path, launcher: Launcher) -> None:
    assert cut_off(launcher, tmp_path, signal.SIGINT) == -signal.SIGINT
    assert turns_asked(tmp_path) == [2] * QUESTIONS
    assert contents(tmp_path) == contents(calm)


def test_every_turn_of_a_conversation_and_no_other_names_one_session(tmp_path: Path) -> None:
    """A router that goes by it sends a later turn to the server that holds the earlier ones, in a later call too."""

    two = ("--samples", "2", "--temperature", "0.7")

    def names(wire: Wire, turn: int) -> dict[str, str]:
        asked = [request for request in wire.requests if turn_of(request) == turn]
        return {request.headers["x-session-id"]: request.body["messages"][0]["content"] for request in asked}

    with Wire(lambda request: said(request) if turn_of(request) == 1 else error(400, "no")) as wire:
        assert main(generating(wire, tmp_path, *two)) == 1
        first = names(wire, 1)
        assert len(first) == 2 * QUESTIONS
        assert len(set(first.values())) == QUESTIONS
        assert names(wire, 2) == first
    with Wire(said) as wire:
        assert main(generating(wire, tmp_path, *two)) == 0
        assert names(wire, 2) == first


def test_a_run_without_a_disturbance_leaves_no_turns_behind(calm: Path) -> None:
    assert not turns_file(calm).exists()


def test_a_torn_last_line_is_asked_again(killed: Path, calm: Path, tmp_path: Path) -> None:
    out = copied(killed, tmp_path)
    raw = turns_file(out).read_bytes()
    turns_file(out).write_bytes(raw[:-20])
    assert turns_asked(out) == [1] + [2] * QUESTIONS
    assert contents(out) == contents(calm)


def test_turns_of_another_configuration_are_not_used(killed: Path, tmp_path: Path) -> None:
    out = copied(killed, tmp_path)
    assert turns_asked(out, "--temperature", "0.3", "--fresh") == [1] * QUESTIONS + [2] * QUESTIONS
    assert not turns_file(out).exists()
    [aside] = (out / "org").glob("m.before-*")
    assert (aside / "answers" / "0-shot.turns.jsonl").exists()


def test_turns_of_another_digest_are_neither_used_nor_removed(killed: Path, tmp_path: Path) -> None:
    out = copied(killed, tmp_path)
    rows = [json.loads(line) | {"digest": "of another day"} for line in turns_file(out).read_text("utf-8").splitlines()]
    turns_file(out).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert turns_asked(out) == [1] * QUESTIONS + [2] * QUESTIONS
    assert turns_file(out).exists()


def test_the_verbs_that_read_a_run_do_not_see_the_turns(
    killed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = copied(killed, tmp_path)
    assert turns_file(out).exists()
    run = str(run_in(out).path)
    with_turns = [(main([verb, run]), capsys.readouterr()) for verb in ("check", "table")]
    turns_file(out).unlink()
    assert [(main([verb, run]), capsys.readouterr()) for verb in ("check", "table")] == with_turns


def test_questions_of_one_turn_write_none(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    row = {"category": "문법", "questions": ["'며칠'과 '몇일' 중 어느 쪽이 맞나요?"]}
    rows = (json.dumps({"id": number} | row, ensure_ascii=False) + "\n" for number in range(3))
    questions.write_text("".join(rows), "utf-8")
    seen = []

    def answer(request: Request) -> Response:
        seen.append(turns_file(tmp_path).exists())
        return said(request)

    with Wire(answer) as wire:
        assert main(generating(wire, tmp_path, "--questions", str(questions), "--concurrency", "1")) == 0
    assert seen == [False] * 3
    assert not turns_file(tmp_path).exists()


def test_a_second_turn_that_the_first_one_made_impossible_starts_anew(calm: Path, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        full = "This model's maximum context length is 4096 tokens"
        return said(request) if turn_of(request) == 1 else error(400, full)

    with Wire(answer) as wire:
        assert main(generating(wire, tmp_path)) == 1
    assert len(run_in(tmp_path).answer_failures("0-shot")) == QUESTIONS
    assert turns_asked(tmp_path) == [1] * QUESTIONS + [2] * QUESTIONS
    assert contents(tmp_path) == contents(calm)
    assert not turns_file(tmp_path).exists()


def kept(turn: int, text: str = "") -> KeptTurn:
    return KeptTurn(
        id=1,
        strategy="0-shot",
        turn=turn,
        said=text or f"{turn}번째 답",
        cut="",
        reasoning=None,
        finish_reason="stop",
        usage=Usage(),
        model="m",
        created="",
        digest="d",
    )


def test_a_gap_ends_what_is_kept_and_a_turn_said_anew_takes_back_the_next() -> None:
    assert first_turns([kept(1), kept(3)], []) == {"d": [kept(1)]}
    assert first_turns([kept(1), kept(2), kept(1, "다시")], []) == {"d": [kept(1, "다시")]}


def failure(kind: FailureKind) -> AnswerFailure:
    return AnswerFailure(
        id=1,
        category="c",
        turn=2,
        kind=kind,
        detail="",
        attempts=1,
        outputs=("1번째 답",),
        model="m",
        strategy="0-shot",
        created="",
        digest="d",
    )


def test_a_failure_rules_out_only_the_turns_that_led_to_it() -> None:
    assert not first_turns([kept(1)], [failure("truncated_reasoning")])
    assert first_turns([kept(1, "다시")], [failure("truncated_reasoning")]) == {"d": [kept(1, "다시")]}


@pytest.mark.parametrize("kind", ["timeout", "connection", "rate_limit", "server"])
def test_a_failure_of_the_endpoint_leaves_what_was_said_before(kind: FailureKind) -> None:
    assert first_turns([kept(1)], [failure(kind)]) == {"d": [kept(1)]}

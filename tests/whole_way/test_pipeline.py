"""The whole way through the command line against a real server: nothing lost, nothing doubled, nothing scored 0."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.config import RULES
from judge.records import Answer, Failure, Judgment
from judge.runs.folder import RunFolder
from tests.support.saved_answers import write_answers
from tests.support.wire import Request, Response, Wire, chat, error


def outcomes(run: Path, judge: str, strategies: tuple[str, ...] = ("0-shot",)) -> list[Judgment | Failure]:
    return [outcome for strategy in strategies for outcome in RunFolder(run).outcomes(judge, strategy)]


def is_judging(request: Request) -> bool:
    return "심사위원" in str(request.body["messages"][0]["content"])


def score_for(request: Request) -> int:
    """A score that follows from the prompt alone."""
    return sum(request.last.encode()) % 10 + 1


@pytest.mark.usefixtures("no_pause")
def test_all_252_judgments_survive_a_bad_endpoint_and_a_rerun_asks_only_what_failed(
    tmp_path: Path, no_pause: None
) -> None:
    """429, 500, garbage, nothing: each passes or becomes a failure with a kind; none is lost, doubled or a zero."""
    draw, lock = random.Random(1), threading.Lock()
    asked: Counter[str] = Counter()

    def answer(request: Request) -> Response:
        with lock:
            fault = draw.random()
            asked[request.last] += 1
        if fault < 0.05:
            return error(429, "slow down", retry_after_ms="20")
        if fault < 0.10:
            return error(500, "oops")
        if fault < 0.15:
            return chat("이 답변은 참 좋습니다. 다만 아쉬운 점도 있습니다.")
        if fault < 0.18:
            return Response(drop=True)
        if fault < 0.20:
            return chat(None)
        if fault < 0.22:
            return Response(200, "\x00garbage")
        if fault < 0.23:
            return chat("평가: 좋음\n점수: 1", finish_reason="length")
        if fault < 0.25:
            return error(400, "the content was filtered", code="content_filter")
        return chat(f"평가: 풀이를 확인했습니다.\n점수: {score_for(request)}")

    source = write_answers(tmp_path / "saved" / "org" / "model-7b")
    with Wire(answer) as wire:
        command = [
            "judge",
            str(source),
            "--judge",
            "wire",
            "--base-url",
            wire.url,
            "--out",
            str(tmp_path / "out"),
            "-q",
        ]
        assert main([*command, "--parse-retries", "1"]) == 1
        first = outcomes(tmp_path / "out/org/model-7b", "wire", ("0-shot", "1-shot", "cot-1-shot"))
        keys = Counter((o.strategy, o.key) for o in first)
        assert len(keys) == 252
        assert set(keys.values()) == {1}
        failed = [o for o in first if isinstance(o, Failure)]
        assert (
            {"content_filter"} <= {o.kind for o in failed} <= {"content_filter", "unparsable", "empty_reply", "length"}
        )
        before = Counter(asked)
        while main([*command, "--parse-retries", "1"]) == 1:
            assert len(wire.requests) < 2000
    everything = outcomes(tmp_path / "out/org/model-7b", "wire", ("0-shot", "1-shot", "cot-1-shot"))
    verdicts = {(o.strategy, o.key): o for o in everything if isinstance(o, Judgment)}
    assert len(verdicts) == 252
    assert Counter((o.strategy, o.key) for o in everything if isinstance(o, Judgment)).most_common(1)[0][1] == 1
    assert all(o.score >= 1 for o in verdicts.values())
    again = [text for text in asked if asked[text] > before[text]]
    assert len(again) <= len(failed)


def test_run_judges_while_it_generates_and_both_are_resumed_for_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order, judged = list[str](), threading.Event()

    def answer(request: Request) -> Response:
        if is_judging(request):
            order.append("judge")
            judged.set()
            return chat("평가: 무난합니다.\n점수: 7.5")
        order.append("generate")
        slow = len(request.body["messages"]) > 1
        said = chat(f"답변 {request.number}")
        return replace(said, until=judged) if slow and request.number % 3 == 0 else said

    with Wire(answer) as wire:
        command = ["run", "org/m", "--base-url", wire.url, "--judge", "j", "--judge-base-url", wire.url]
        command += ["--out", str(tmp_path), "--limit", "6", "--strategy", "0-shot,cot-1-shot", "-q", "--json"]
        assert main(command) == 0
        assert len(wire.requests) == 2 * 6 * 2 * 2
        assert "judge" in order[: max(i for i, kind in enumerate(order) if kind == "generate")]
        capsys.readouterr()
        assert main(command) == 0
        assert len(wire.requests) == 2 * 6 * 2 * 2
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(r["strategy"], r["overall"], r["judged"], r["failed"], r["expected"]) for r in rows] == [
        ("0-shot", 7.5, 12, 0, 12),
        ("cot-1-shot", 7.5, 12, 0, 12),
    ]


def test_the_second_turn_carries_the_first_and_the_strategy(tmp_path: Path) -> None:
    with Wire(lambda request: chat(f"답 {len(request.body['messages'])}")) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "--limit", "1", "-q"]
        assert main([*command, "--strategy", "cot-1-shot"]) == 0
        first, second = (request.body["messages"] for request in wire.requests)
    assert [m["role"] for m in first] == ["system", "user", "assistant", "user"]
    assert second[:4] == first
    assert [m["role"] for m in second[4:]] == ["assistant", "user"]
    assert second[4]["content"] == "답 4"
    (answer,) = RunFolder(tmp_path / "m").answers("cot-1-shot").values()
    assert answer.outputs == ("답 4", "답 6")
    line = (tmp_path / "m/answers/cot-1-shot.jsonl").read_text("utf-8")
    assert list(json.loads(line))[:7] == [
        "id",
        "category",
        "questions",
        "outputs",
        "references",
        "model",
        "strategy",
    ]


def test_a_slow_conversation_does_not_hold_the_others_back(tmp_path: Path) -> None:
    """No barrier: second turns are asked while one first turn still hangs."""
    arrivals, others = list[int](), threading.Event()

    def answer(request: Request) -> Response:
        arrivals.append(len(request.body["messages"]))
        if len(arrivals) == 83:
            others.set()
        return replace(chat("답"), until=others if request.number == 1 else None)

    with Wire(answer) as wire:
        command = [
            "generate",
            "m",
            "--base-url",
            wire.url,
            "--out",
            str(tmp_path),
            "--strategy",
            "0-shot",
            "-q",
        ]
        assert main(command) == 0
    assert len(arrivals) == 84
    assert arrivals[:83].count(3) == 41


@pytest.mark.usefixtures("no_pause")
def test_a_failed_turn_fails_its_question_only_and_is_owed_again(tmp_path: Path) -> None:
    broken = True

    def answer(request: Request) -> Response:
        if is_judging(request):
            return chat("평가: 무난합니다.\n점수: 4")
        if broken and len(request.body["messages"]) == 3 and request.number % 2:
            return error(400, "This model's maximum context length is 8 tokens")
        return chat("답")

    with Wire(answer) as wire:
        command = ["run", "m", "--base-url", wire.url, "--judge", "j", "--judge-base-url", wire.url]
        command += ["--out", str(tmp_path), "--strategy", "0-shot", "-q"]
        assert main(command) == 1
        run = RunFolder(tmp_path / "m")
        failures, answers = run.answer_failures("0-shot"), run.answers("0-shot")
        assert failures
        assert len(failures) + len(answers) == 42
        assert {(f.kind, f.turn, f.outputs) for f in failures.values()} == {("context_overflow", 2, ("답",))}
        broken = False
        asked = len(wire.requests)
        assert main(command) == 0
        assert len(wire.requests) - asked == 4 * len(failures)


@pytest.mark.usefixtures("no_pause")
def test_a_wrong_key_stops_the_run_with_one_line_and_writes_no_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOJUDGE_JUDGE_API_KEY", "sk-wrong-0123456789")
    with Wire(lambda request: error(401, "Incorrect API key provided: sk-wrong-0123456789")) as wire:
        main(["generate", "baseline:echo", "--out", str(tmp_path), "-q"])
        capsys.readouterr()
        command = [
            "judge",
            str(tmp_path / "baseline_echo"),
            "--judge",
            "j",
            "--judge-base-url",
            wire.url,
            "--judge-concurrency",
            "1",  # else a second one follows a first that takes long
            "-q",
        ]
        assert main(command) == 1
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert "KOJUDGE_JUDGE_API_KEY" in told[0]
    assert "sk-wrong" not in told[0]
    assert len(wire.requests) == 3, "three items make it certain"
    found = outcomes(tmp_path / "baseline_echo", "j", ("0-shot", "1-shot", "cot-1-shot"))
    assert all(isinstance(one, Failure) for one in found if one.by == "llm")


def test_an_empty_answer_is_zero_by_rule_and_never_sent(tmp_path: Path) -> None:
    row = {
        "id": 1,
        "category": "추론",
        "questions": ["가?", "나?"],
        "outputs": ["", "답"],
        "references": [None, None],
    }
    path = tmp_path / "org" / "m" / "0-shot.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    with Wire(lambda request: chat("평가: 좋음\n점수: 9")) as wire:
        command = [
            "judge",
            str(path),
            "--judge",
            "j",
            "--base-url",
            wire.url,
            "--out",
            str(tmp_path / "out"),
            "-q",
        ]
        assert main(command) == 0
        assert len(wire.requests) == 1
    empty, other = sorted(outcomes(tmp_path / "out/org/m", "j"), key=lambda o: o.turn)
    assert isinstance(empty, Judgment)
    assert isinstance(other, Judgment)
    assert (empty.score, empty.by, empty.reply) == (0, "rule", None)
    assert (other.score, other.by, other.judge_returned) == (9, "llm", "wire-judge-2026")


def test_a_reply_without_score_is_asked_again_warmer_and_its_tokens_count(tmp_path: Path) -> None:
    main(["generate", "baseline:echo", "--out", str(tmp_path), "--strategy", "0-shot", "--limit", "1", "-q"])
    asked: list[float] = []

    def answer(request: Request) -> Response:
        asked.append(request.body["temperature"])
        return chat("평가: 좋음\n점수: 9" if len(asked) >= 3 else "좋습니다.")

    with Wire(answer) as wire:
        command = ["judge", str(tmp_path / "baseline_echo"), "--judge", "j", "--base-url", wire.url, "-q"]
        assert main([*command, "--judge-concurrency", "1"]) == 0
    first = outcomes(tmp_path / "baseline_echo", "j")[0]
    assert isinstance(first, Judgment)
    assert asked == [0.0, 0.3, 0.3, 0.0]
    assert (first.score, first.attempts, first.usage.prompt_tokens) == (9, 3, 21)
    assert first.params["temperature"] == 0.3


def test_other_judges_templates_and_temperatures_stand_beside_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["generate", "baseline:echo", "--out", str(tmp_path), "--strategy", "0-shot", "--limit", "2", "-q"])
    run = str(tmp_path / "baseline_echo")
    with Wire(lambda request: chat(f"평가: 음\n점수: {2 if request.body['temperature'] else 8}")) as wire:
        common = ["--base-url", wire.url, "-q", "--judge"]
        assert main(["judge", run, *common, "a"]) == 0
        assert main(["judge", run, *common, "b"]) == 0
        assert main(["judge", run, *common, "a", "--judge-temperature", "1"]) == 0
    capsys.readouterr()
    assert main(["table", run, "--format", "json"]) == 0
    rows = {row["judge"]: row["overall"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows == {"a [temperature 0.0]": 8.0, "a [temperature 1.0]": 2.0, "b": 8.0}


def test_repeats_keep_every_verdict_and_are_averaged_in_the_table_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["generate", "baseline:echo", "--out", str(tmp_path), "--strategy", "0-shot", "--limit", "1", "-q"])
    with Wire(lambda request: chat(f"평가: 음\n점수: {request.number}")) as wire:
        capsys.readouterr()
        command = [
            "judge",
            str(tmp_path / "baseline_echo"),
            "--judge",
            "j",
            "--base-url",
            wire.url,
            "-q",
            "--json",
        ]
        assert main([*command, "--repeats", "3"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    found = outcomes(tmp_path / "baseline_echo", "j")
    assert sorted(o.score for o in found if isinstance(o, Judgment)) == [1, 2, 3, 4, 5, 6]
    assert {o.key for o in found} == {(1, turn, repeat) for turn in (1, 2) for repeat in (1, 2, 3)}
    assert (row["overall"], row["judged"], row["expected"]) == (3.5, 6, 6)


def test_the_rule_judge_is_resumed_too_and_needs_no_endpoint(tmp_path: Path) -> None:
    command = ["run", "baseline:reference", "--judge", RULES, "--out", str(tmp_path), "-q"]
    assert main(command) == 0
    path = tmp_path / "baseline_reference/judgments/rules/0-shot.jsonl"
    before = path.read_bytes()
    assert main(command) == 0
    assert path.read_bytes() == before


def test_a_changed_answer_is_judged_anew_and_the_old_verdict_no_longer_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(
        [
            "run",
            "baseline:echo",
            "--judge",
            RULES,
            "--out",
            str(tmp_path),
            "--strategy",
            "0-shot",
            "--limit",
            "1",
            "-q",
        ]
    )
    run = RunFolder(tmp_path / "baseline_echo")
    (answer,) = run.answers("0-shot").values()
    with run.writing():
        run.add_answer(answer.model_copy(update={"outputs": ("다른 답입니다.", answer.outputs[1])}))
    capsys.readouterr()
    assert main(["table", str(run.path), "--format", "json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["judged"], row["expected"]) == (0, 2)
    assert isinstance(answer, Answer)

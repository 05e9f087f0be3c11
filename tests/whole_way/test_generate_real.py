"""The command line with the real engine and a tiny random model; needs KOJUDGE_TEST_VLLM (vllm_fixtures.py)."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest
from pydantic import BaseModel

from judge.cli.main import main
from judge.endpoints.vllm.server import RunningServer
from judge.records import AnswerFailure, Failure
from judge.runs.appender import Appender
from judge.runs.folder import RunFolder
from tests.support.vllm_fixtures import START_SECONDS, Trace

CONTEXT = 2048
SYSTEM = "한국어로 짧게 답하세요."
QUESTIONS = (
    ("추론", "어제가 금요일이면 내일은 무슨 요일인가요?", "그렇게 답한 까닭을 말해 주세요."),
    ("글쓰기", "봄비를 한 문장으로 그려 주세요.", "더 짧게 고쳐 주세요."),
    ("문법", "'안 되'와 '안 돼' 가운데 맞는 것은 무엇인가요?", "보기를 하나 들어 주세요."),
)
KEY = "KOJUDGE_TEST_KEY"
LOOPS_ARE_FREE = json.dumps({"repetition_detection": None})
"""A random model loops, and the engine would end that before the limit."""

two_cores = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two vLLM workers need two processor cores")


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Finds the processes that this test starts."""
    return Trace(monkeypatch)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of short questions with a strategy that has a system message."""
    return write_pack(tmp_path / "pack", QUESTIONS)


def write_pack(folder: Path, questions: tuple[tuple[str, ...], ...]) -> Path:
    """Write a pack of `(category, turn, turn)` questions."""
    strategies = folder / "templates" / "strategies"
    strategies.mkdir(parents=True, exist_ok=True)
    (folder / "questions").mkdir(exist_ok=True)
    rows = [{"id": n, "category": q[0], "questions": q[1:]} for n, q in enumerate(questions, 1)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "questions" / "core.jsonl").write_text(lines, encoding="utf-8")
    (strategies / "0-shot.yaml").write_text("messages: []\n", encoding="utf-8")
    (strategies / "sys.yaml").write_text(f"messages:\n  - role: system\n    content: {SYSTEM}\n", encoding="utf-8")
    return folder


def managed(command: str, *, context: int = CONTEXT) -> list[str]:
    """Return the options of a server of our own on a CPU."""
    options = ["--vllm-command", command, "--max-model-len", str(context), "--dtype", "bfloat16"]
    return [*options, "--vllm-arg", "enforce-eager", "--start-timeout", str(START_SECONDS), "-q"]


def starts(log: Path) -> int:
    """Return how many servers were started."""
    return log.read_text(encoding="utf-8").count("\n# kojudge ") if log.exists() else 0


# a server of our own


@two_cores
def test_two_strategies_end_to_end_on_two_tensor_parallel_workers_with_a_template_that_refuses_the_system_role(
    vllm_command: str,
    tiny_model: Path,
    pack: Path,
    tmp_path: Path,
    trace: Trace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VLLM_CPU_OMP_THREADS_BIND", "0|1")
    command = ["run", str(tiny_model), *managed(vllm_command), "--vllm-arg", "tensor-parallel-size=2"]
    command += ["--chat-format", "mistral", "--pack", str(pack), "--strategy", "0-shot,sys", "--max-tokens", "16"]
    command += ["--judge", "rules", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert trace.left() == []

    run = RunFolder(tmp_path / "out" / "tiny")
    for strategy in ("0-shot", "sys"):
        answers = run.answers(strategy)
        assert set(answers) == {1, 2, 3}
        assert all(len(answer.outputs) == 2 for answer in answers.values())
        assert all(0 < usage.completion_tokens <= 16 for answer in answers.values() for usage in answer.usage)
    folded = run.answers("sys")[1].usage[0].prompt_tokens - run.answers("0-shot")[1].usage[0].prompt_tokens
    assert folded > 5, "the system text is in the prompt"
    (note,) = run.manifest().notes
    assert "takes no system message" in note
    table = capsys.readouterr().out
    assert note in table
    assert re.search(r"\| 0-shot +\|.*\| +6 \| +0 \| +6 \|", table)
    log = run.path / "vllm.log"
    assert "TP1" in log.read_text(encoding="utf-8")

    assert main(command) == 0
    assert starts(log) == 1, "nothing is owed, so no server is started"
    assert capsys.readouterr().out == table


@two_cores
def test_two_data_parallel_engines_answer(
    vllm_command: str,
    tiny_model: Path,
    pack: Path,
    tmp_path: Path,
    trace: Trace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VLLM_CPU_OMP_THREADS_BIND", "0|1")
    command = ["generate", str(tiny_model), *managed(vllm_command), "--vllm-arg", "data-parallel-size=2"]
    command += ["--pack", str(pack), "--strategy", "0-shot", "--max-tokens", "16", "--out", str(tmp_path)]
    assert main(command) == 0
    assert trace.left() == []
    assert len(RunFolder(tmp_path / "tiny").answers("0-shot")) == 3
    log = (tmp_path / "tiny" / "vllm.log").read_text(encoding="utf-8")
    assert "EngineCore_DP0" in log
    assert "EngineCore_DP1" in log


def test_a_killed_engine_ends_the_run_and_the_same_command_goes_on_and_a_second_engine_judges(
    vllm_command: str,
    tiny_model: Path,
    pack: Path,
    tmp_path: Path,
    trace: Trace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The generator is killed with conversations in flight; the judge's engine starts after the generator's end."""
    command = ["run", str(tiny_model), *managed(vllm_command, context=512), "--lora", str(tiny_model / "adapter")]
    command += ["--judge-vllm", str(tiny_model), "--judge-vllm-arg", "enforce-eager", "--judge-max-tokens", "16"]
    command += ["--judge-vllm-arg", "dtype=bfloat16", "--judge-vllm-arg", "max-model-len=8192", "--parse-retries", "0"]
    command += ["--pack", str(pack), "--strategy", "0-shot,sys", "--concurrency", "2", "--out", str(tmp_path)]
    run = RunFolder(tmp_path / "tiny")
    answers, log, judge_log = run.answers_file("0-shot"), run.path / "vllm.log", run.path / "judge-vllm.log"

    append = Appender.append

    def append_and_kill(appender: Appender, record: BaseModel) -> None:
        """The first answer is written; before anything else happens here, the engine is dead."""
        append(appender, record)
        if appender.path == answers and not killed:
            killed.extend(int(line.split()[0]) for line in trace.running() if "EngineCore" in line)
            for process in killed:
                os.kill(process, signal.SIGKILL)

    killed: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Appender, "append", append_and_kill)
        code = main(command)
    assert killed
    told = capsys.readouterr().err.strip()
    print(told)
    assert code == 1
    assert len(told.splitlines()) == 1
    assert told.startswith("kojudge: vLLM died during the run: an engine process ended without a word")
    assert f"log: {log}; by hand: {vllm_command} serve {tiny_model} " in told
    assert trace.left() == []
    kept = answers.read_text(encoding="utf-8")
    assert 1 <= len(kept.splitlines()) <= 3
    assert not run.answers("sys"), "the engine was killed in mid-run"
    assert not any(run.answer_failures(s) for s in ("0-shot", "sys")), "a dead engine is no fault of a question"
    assert not judge_log.exists()

    assert main(command) == 1
    assert trace.left() == []
    assert answers.read_text(encoding="utf-8").startswith(kept)
    assert [len(run.answers(s)) for s in ("0-shot", "sys")] == [3, 3]
    assert run.manifest().config.engine["lora"] == str(tiny_model / "adapter")
    assert (starts(log), starts(judge_log)) == (2, 1)
    outcomes = [o for s in ("0-shot", "sys") for o in run.outcomes(str(tiny_model), s)]
    assert len(outcomes) == 12
    kinds = {o.kind for o in outcomes if isinstance(o, Failure)}
    assert kinds <= {"length", "unparsable", "empty_reply"}
    assert kinds
    assert not any(o.by == "llm" for o in outcomes if not isinstance(o, Failure)), "a random judge has no verdict"
    assert "| 12" not in capsys.readouterr().out


# a server that runs already


@pytest.fixture
def running(vllm_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command that generates on the session's server."""
    monkeypatch.setenv(KEY, vllm_server.api_key)
    return ["generate", vllm_server.model_name, "--base-url", vllm_server.base_url, "--api-key-env", KEY, "-q"]


def answered(server: RunningServer) -> float:
    """Return how many requests the server has answered so far."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(server.base_url.removesuffix("/v1") + "/metrics") as reply:
        text = reply.read().decode()
    return sum(float(n) for n in re.findall(r"^vllm:request_success_total\{.*\} (\S+)$", text, re.MULTILINE))


def test_the_exact_prompt_of_every_strategy_is_shown(
    running: list[str], pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*running, "--pack", str(pack), "--strategy", "0-shot,sys", "--out", str(tmp_path), "--show-prompt"]
    assert main(command) == 0
    user = f"<|im_start|>user\n{QUESTIONS[0][1]}<|im_end|>\n<|im_start|>assistant\n\n"
    assert capsys.readouterr().out == (
        f"--- 0-shot, question 1\n{user}--- sys, question 1\n<|im_start|>system\n{SYSTEM}<|im_end|>\n{user}"
    )


def test_a_runaway_first_turn_leaves_the_second_as_much(running: list[str], pack: Path, tmp_path: Path) -> None:
    main(
        [*running, "--pack", str(pack), "--strategy", "0-shot", "--out", str(tmp_path), "--extra-body", LOOPS_ARE_FREE]
    )
    run = RunFolder(tmp_path / "tiny")
    answers = run.answers("0-shot").values()
    kinds = {failure.kind for failure in run.answer_failures("0-shot").values()}
    assert kinds <= {"empty_reply"}, "a random model may begin with the end"
    ran_away = [a for a in answers if a.finish_reasons[0] == "length"]
    assert ran_away, "a random model that always stops makes this test say nothing: change the questions"
    for answer in ran_away:
        first, second = answer.usage
        assert first.completion_tokens == (CONTEXT - first.prompt_tokens) // 2
        assert second.completion_tokens > 0


def test_a_question_that_overflows_fails_alone_and_nothing_answered_is_asked_again(
    running: list[str],
    vllm_server: RunningServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = ("이해", "다음 글을 읽으세요. " + "강물은 흘러 바다로 간다. " * 400, "요약하세요.")
    pack = write_pack(tmp_path / "pack", (QUESTIONS[0], long, QUESTIONS[2]))
    command = [*running, "--pack", str(pack), "--strategy", "0-shot", "--max-tokens", "8", "--out", str(tmp_path)]
    assert main(command) == 1
    run = RunFolder(tmp_path / "tiny")
    assert set(run.answers("0-shot")) == {1, 3}
    (failure,) = run.answer_failures("0-shot").values()
    assert isinstance(failure, AnswerFailure)
    assert (failure.id, failure.turn, failure.kind, failure.attempts) == (2, 1, "context_overflow", 1)
    assert "2048" in failure.detail
    assert "2 of 3 conversations answered, 1 failed" in capsys.readouterr().out

    before = answered(vllm_server)
    assert main(command) == 1
    assert answered(vllm_server) == before > 0

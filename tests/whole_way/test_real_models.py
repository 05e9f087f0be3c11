"""A real instruction model answers and judges, on vLLM and on another vendor's server; needs `real_model`.

Whether it judges well is nobody's claim here: what is shown is form (Korean text, counted tokens, verdicts that are read)
and that nothing is lost. Its prompts are short, because a processor of two cores reads 50 to 100 tokens a second.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.records import Answer, Judgment
from judge.runs.contest_folder import CONTESTS
from judge.runs.folder import RunFolder
from tests.support.patience import within
from tests.support.real_model import CONTEXT, KEY, NAME, RealModel, Vendor, on_llama, on_vllm
from tests.support.vllm_fixtures import Trace
from tests.whole_way.test_generate_real import SYSTEM as GIVEN
from tests.whole_way.test_generate_real import write_pack

QUESTIONS = (
    ("글쓰기", "봄비를 한 문장으로 그려 주세요.", "더 짧게 고쳐 주세요."),
    ("이해", "'고진감래'는 무슨 뜻인가요? 한 문장으로 답하세요.", "그 말이 어울리는 보기를 하나 들어 주세요."),
)
SYSTEM = "당신은 한국어 답변을 채점합니다. 0에서 10까지 점수를 매깁니다."
ASKED = """질문: {{ question }}
답변: {{ output }}

이 답변의 점수를 다음 모양으로 한 줄만 쓰세요.
[[{{ mark }}: 숫자]]
"""
PAIR = "당신은 한국어 답변 둘을 비교합니다."
COMPARED = """{% for one in conversation %}질문: {{ one.question }}
A의 답변: {{ one.a }}
B의 답변: {{ one.b }}

{% endfor %}어느 쪽이 나은지 {{ choices }} 가운데 하나를 골라, 비긴 때의 보기와 같은 모양으로 한 줄만 쓰세요.
[[{{ mark }}: A=B]]
"""
TEMPLATES = {
    "judge/single.system": SYSTEM,
    "judge/single.user": ASKED,
    "judge/multi.system": SYSTEM,
    "judge/multi.user": ASKED,
    "pairwise/turn.system": PAIR,
    "pairwise/turn.user": COMPARED.replace("conversation", "[{'question': question, 'a': a, 'b': b}]"),
    "pairwise/conversation.system": PAIR,
    "pairwise/conversation.user": COMPARED,
}
MOST_TOKENS = 32


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Two questions of two turns, two strategies, and short prompts for the judge."""
    folder = write_pack(tmp_path / "pack", QUESTIONS)
    for name, text in TEMPLATES.items():
        path = folder / "templates" / f"{name}.jinja"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(params=["vllm", "llama.cpp"])
def vendor(
    request: pytest.FixtureRequest,
    real_model: RealModel,
    vllm_command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Vendor]:
    """The model on one server, then on the other's."""
    log = tmp_path / "server.log"
    with on_vllm(vllm_command, real_model, log) if request.param == "vllm" else on_llama(real_model, log) as found:
        monkeypatch.setenv(KEY, found.key)
        yield found


def asked(answer: Answer, strategy: str) -> list[list[dict[str, str]]]:
    """Return the messages of each turn."""
    so_far = [{"role": "system", "content": GIVEN}] if strategy == "sys" else []
    turns = []
    for question, output in zip_longest(answer.questions, answer.outputs):
        so_far = [*so_far, {"role": "user", "content": question}]
        turns.append(so_far)
        so_far = [*so_far, {"role": "assistant", "content": output}]
    return turns


def _has_a_line(path: Path) -> bool:
    return path.exists() and path.read_bytes().endswith(b"\n")


def test_a_real_model_answers_judges_and_is_compared_and_a_kill_loses_nothing(
    vendor: Vendor,
    real_model: RealModel,
    pack: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    asking = ["--pack", str(pack), "--out", str(out), "-q"]
    generate = [
        "generate",
        NAME,
        *vendor.answers,
        *asking,
        "--max-tokens",
        str(MOST_TOKENS),
        "--strategy",
        "0-shot,sys",
    ]
    run = RunFolder(out / NAME)

    # answers; killed with a conversation in flight
    answers = run.answers_file("0-shot")
    with subprocess.Popen([sys.executable, "-m", "judge", *generate, "--concurrency", "1"]) as killed:
        within(lambda: killed.poll() is not None or _has_a_line(answers), "the first answer")
        killed.send_signal(signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    kept = answers.read_text("utf-8")
    assert not run.answers("sys"), "killed in mid-run"
    assert main(generate) == 0
    assert answers.read_text("utf-8").startswith(kept)
    made = {strategy: run.answers(strategy) for strategy in ("0-shot", "sys")}
    assert [sorted(made[strategy]) for strategy in made] == [[1, 2], [1, 2]]

    texts = [output for found in made.values() for answer in found.values() for output in answer.outputs]
    letters = "".join(re.findall(r"[^\W\d_]", "".join(texts)))
    assert len(re.findall("[가-힣]", letters)) > 0.8 * len(letters), texts
    assert all(len(text) > 1 for text in texts)

    conversations, counted = [], []
    for strategy, found in made.items():
        for answer in found.values():
            conversations += asked(answer, strategy)
            counted += [usage.prompt_tokens for usage in answer.usage]
            assert all(0 < usage.completion_tokens <= MOST_TOKENS for usage in answer.usage)
    assert counted == real_model.tokens(conversations)

    # verdicts and games by the same model
    limits = ["--judge-max-tokens", "60", "--structured", "off"]
    assert main(["judge", str(run.path), *vendor.judges, *limits, "--strategy", "0-shot", *asking]) == 0
    verdicts = run.outcomes(vendor.model, "0-shot")
    assert len(verdicts) == 4
    assert all(isinstance(verdict, Judgment) and 0 <= verdict.score <= 10 for verdict in verdicts), verdicts
    capsys.readouterr()
    pairwise = ["pairwise", str(run.path), *vendor.judges, *limits, *asking, "--scope", "conversation"]
    assert main([*pairwise, "--orders", "one", "--draws", "100"]) == 0
    assert "0-shot" in capsys.readouterr().out
    (contest,) = (out / CONTESTS).iterdir()
    games = [line for path in contest.glob("games/*/*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len(games) == 2

    # the whole way in one command, then what is published
    again = ["run", NAME, *vendor.answers, *vendor.judges, *limits, *asking, "--max-tokens", str(MOST_TOKENS)]
    assert main([*again, "--out", str(tmp_path / "second"), "--strategy", "0-shot", "--limit", "1"]) == 0
    assert (tmp_path / "second" / NAME / "report.html").stat().st_size > 100_000
    one = [str(out), "--strategy", "0-shot", "--draws", "100"]
    assert main(["table", *one]) == 0
    assert re.search(r"\| 0-shot +\|.*\| +4 \| +0 \| +4 \|", capsys.readouterr().out)
    assert main(["report", *one, "-o", str(tmp_path / "page.html")]) == 0
    assert "1 rows, 4 verdicts" in capsys.readouterr().out


def test_a_judge_on_a_server_of_our_own(
    real_model: RealModel, vllm_command: str, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`judge --judge-vllm`: started, asked, ended."""
    trace = Trace(monkeypatch)
    out = ["--pack", str(pack), "--out", str(tmp_path / "out"), "-q"]
    assert main(["generate", "baseline:echo", "--strategy", "0-shot", *out]) == 0
    run = RunFolder(tmp_path / "out" / "baseline_echo")
    command = ["judge", str(run.path), "--judge-vllm", str(real_model.folder), "--judge-vllm-command", vllm_command]
    command += ["--judge-vllm-arg", "enforce-eager", "--judge-vllm-arg", "dtype=float32"]
    command += ["--judge-vllm-arg", f"max-model-len={CONTEXT}", "--judge-max-tokens", "60", "--structured", "off", *out]
    assert main(command) == 0
    verdicts = run.outcomes(str(real_model.folder), "0-shot")
    assert len(verdicts) == 4
    assert all(isinstance(verdict, Judgment) and verdict.by == "llm" for verdict in verdicts), verdicts
    assert trace.left() == []

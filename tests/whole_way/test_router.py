"""Two servers of one model behind vLLM's own router: real engines, a tiny model.

About two minutes on two cores, so not in CI: `make test SELECT='-m hosts'` with KOJUDGE_TEST_VLLM set.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.runs.folder import RunFolder
from tests.support.patience import within
from tests.support.real_model import Vendor, asked_of, behind_router, free_port
from tests.support.vllm_fixtures import Trace
from tests.whole_way.test_generate_real import write_pack

CONVERSATIONS = 6
LONG = json.dumps({"ignore_eos": True, "repetition_detection": None})
TOKENS = 200
"""Of an answer: so many that a server can be killed while it writes one, and that they fill blocks of its cache."""


@contextlib.contextmanager
def served(command: str, model: Path, log: Path) -> Iterator[Vendor]:
    """The tiny model on a server that a user has started."""
    port = free_port()
    line = [command, "serve", str(model), "--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(port)]
    line += ["--dtype", "bfloat16", "--max-model-len", "2048", "--enforce-eager", "--generation-config", "vllm"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*line, "--enable-prompt-tokens-details"], stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield Vendor(f"http://127.0.0.1:{port}/v1", "tiny", process=process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def requests_of(server: Vendor) -> float:
    """Return how many requests a server has answered."""
    figures = asked_of(int(server.url.split(":")[2].removesuffix("/v1")), "/metrics") or ""
    return sum(float(n) for n in re.findall(r"^vllm:request_success_total\{.*\} (\S+)$", figures, re.MULTILINE))


@pytest.mark.hosts
def test_a_conversation_stays_with_its_server_and_the_death_of_one_loses_nothing(
    vllm_command: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = Trace(monkeypatch)
    questions = tuple(("글쓰기", f"{n}번째 계절을 그려 주세요.", f"{n}월로 고쳐 주세요.") for n in range(CONVERSATIONS))
    pack = write_pack(tmp_path / "pack", questions)
    with (
        served(vllm_command, tiny_model, tmp_path / "one.log") as one,
        served(vllm_command, tiny_model, tmp_path / "two.log") as two,
        behind_router(vllm_command, (one, two), tmp_path / "router.log") as router,
    ):
        command = ["generate", "tiny", "--base-url", router.url, "--pack", str(pack), "--out", str(tmp_path / "out")]
        command += ["--max-tokens", str(TOKENS), "--extra-body", LONG, "--concurrency", "4", "-q"]
        run = RunFolder(tmp_path / "out" / "tiny")

        assert main([*command, "--strategy", "0-shot"]) == 0
        calm = run.answers("0-shot")
        assert len(calm) == CONVERSATIONS
        assert requests_of(one) == requests_of(two) == CONVERSATIONS
        first, second = zip(*(answer.usage for answer in calm.values()), strict=True)
        assert all(usage.cached_tokens == 0 for usage in first)
        assert all(usage.cached_tokens > TOKENS / 2 for usage in second)

        answers = run.answers_file("sys")
        with subprocess.Popen([sys.executable, "-m", "judge", *command, "--strategy", "sys"]) as generating:
            within(lambda: generating.poll() is not None or answers.exists(), "the first answer")
            assert generating.poll() is None, "killed in mid-run"
            assert two.process is not None
            os.killpg(two.process.pid, signal.SIGKILL)
        assert generating.returncode == 0
        assert len(run.answers("sys")) == CONVERSATIONS
        assert not run.answer_failures("sys")
        assert run.answers("0-shot") == calm
    assert trace.left() == []

"""One model on two machines, with vLLM's data parallelism: real engines, a tiny model, two network namespaces.

About three minutes on two cores, so not in CI: `make test SELECT='-m hosts'` with KOJUDGE_TEST_VLLM set.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from judge.runs.folder import RunFolder
from tests.support.hosts import Host
from tests.support.patience import PATIENCE_SECONDS, within
from tests.support.vllm_fixtures import START_SECONDS, Trace
from tests.whole_way.test_generate_real import QUESTIONS, write_pack

SILENCE_SECONDS = 60
"""Instead of five minutes; an engine that lives is not silent for so long even here."""
DRIVER = f"""
from judge.endpoints.vllm import machines
machines.SILENCE_SECONDS = {SILENCE_SECONDS}
from judge.cli.main import command
command()
"""
ANSWERS = 12
LONG = json.dumps({"ignore_eos": True, "repetition_detection": None})


@pytest.mark.hosts
def test_two_hosts_answer_as_one_and_the_death_of_the_second_ends_in_a_run_that_goes_on(
    vllm_command: str,
    tiny_model: Path,
    hosts: tuple[Host, Host],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trace, (first, second) = Trace(monkeypatch), hosts
    pack = write_pack(tmp_path / "pack", QUESTIONS * (ANSWERS // len(QUESTIONS)))
    alone = ["generate", str(tiny_model), "--vllm-command", vllm_command, "--start-timeout", str(START_SECONDS)]
    alone += ["--max-model-len", "2048", "--dtype", "bfloat16", "--vllm-arg", "enforce-eager", "--extra-body", LONG]
    alone += ["--pack", str(pack), "--strategy", "0-shot", "--max-tokens", "400", "--concurrency", "4"]
    alone += ["--out", str(tmp_path / "out")]
    both = [*alone, "--vllm-arg", "data-parallel-size=2", "--vllm-arg", "data-parallel-size-local=1"]
    both += ["--vllm-arg", f"data-parallel-address={first.address}", "--vllm-arg", "data-parallel-rpc-port=13345"]
    both += ["--vllm-arg", "api-server-count=1"]
    run = RunFolder(tmp_path / "out" / "tiny")
    answers, log = run.answers_file("0-shot"), run.path / "vllm.log"

    told = tmp_path / "told"
    with told.open("w") as errors:
        generating = subprocess.Popen(first.inside([sys.executable, "-c", DRIVER, *both]), stderr=errors)
        try:
            within(lambda: "; there: " in told.read_text() or generating.poll() is not None, "the command for there")
            (there,) = {line.partition("; there: ")[2] for line in told.read_text().splitlines() if "; there: " in line}
            engine = second.start(shlex.split(there), tmp_path / "headless.log")
            within(lambda: answers.exists() or generating.poll() is not None, "the first answer")
            assert engine.poll() is None
            time.sleep(0.5)  # the next requests are in hand
            second.lose_power()
            assert generating.wait(PATIENCE_SECONDS) == 1
        finally:
            generating.kill()
            generating.wait()
    last = told.read_text().splitlines()[-1]
    print(told.read_text())
    assert last.startswith("kojudge: vLLM died during the run: engine 1 of 2 has done nothing for ")
    assert re.search("with [12] requests? in hand; its machine is dead or cannot be reached", last), "as it last told"
    assert f"; log: {log}; by hand: " in last
    assert trace.left() == []
    kept = answers.read_text("utf-8")
    assert 1 <= len(kept.splitlines()) < ANSWERS
    assert not run.answer_failures("0-shot"), "a dead machine is no fault of a question"
    assert "EngineCore_DP0" in log.read_text("utf-8")
    assert "EngineCore_DP1" in (tmp_path / "headless.log").read_text("utf-8")

    ended = subprocess.run(first.inside([sys.executable, "-c", DRIVER, *alone]), check=False)
    assert ended.returncode == 0
    assert answers.read_text("utf-8").startswith(kept)
    assert len(run.answers("0-shot")) == ANSWERS
    assert trace.left() == []

"""A real instruction model in two forms, and the servers of two vendors that answer with it (a plugin of conftest).

The model is Qwen2.5-Coder-0.5B-Instruct, the smallest in the package index that answers in Korean. It lies in the folder
`models` of vLLM's environment, where `extras/small_models.py` puts it; tests that ask for it are skipped without it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from judge.endpoints.vllm.command import ServerSpec
from tests.support.patience import within
from tests.support.vllm_fixtures import START_SECONDS, held

NAME = "qwen0.5b"
KEY = "KOJUDGE_TEST_KEY"
CONTEXT = 4096
COUNT = """
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
prompts = [tokenizer.apply_chat_template(one, tokenize=False, add_generation_prompt=True) for one in json.load(sys.stdin)]
print(json.dumps([len(ids) for ids in tokenizer(prompts, add_special_tokens=False)["input_ids"]]))
"""


@dataclass(frozen=True)
class RealModel:
    """Where it lies."""

    python: Path
    """Of vLLM's environment."""
    folder: Path
    """Safetensors, as vLLM loads them."""
    gguf: Path
    """One file, as llama.cpp loads it."""

    def tokens(self, conversations: Sequence[Sequence[dict[str, str]]]) -> list[int]:
        """Return how long each prompt is under the model's own chat template, with nothing of ours or of a server."""
        command = [str(self.python), "-c", COUNT, str(self.folder)]
        counted = subprocess.run(command, input=json.dumps(conversations), capture_output=True, text=True, check=True)
        found: list[int] = json.loads(counted.stdout)
        return found


@dataclass(frozen=True)
class Vendor:
    """A server that runs, as a user names it."""

    url: str
    model: str
    """The name it knows the model by."""
    key: str = "none"
    process: subprocess.Popen[bytes] | None = None
    """None: kojudge's own, under its guard."""

    @property
    def answers(self) -> list[str]:
        """The options of `generate` and `run`."""
        return ["--base-url", self.url, "--served-model", self.model, "--api-key-env", KEY]

    @property
    def judges(self) -> list[str]:
        """The options of a judge."""
        return ["--judge", self.model, "--judge-base-url", self.url, "--judge-api-key-env", KEY]


@pytest.fixture(scope="session")
def real_model(vllm_command: str) -> RealModel:
    """The model, put there by `.ci/run` or by hand."""
    environment = Path(vllm_command).parents[1]
    folder = environment / "models" / NAME
    found = RealModel(environment / "bin" / "python", folder, folder.with_suffix(folder.suffix + ".gguf"))
    if not ((folder / "config.json").is_file() and found.gguf.is_file()):
        pip = "pip install --no-compile gguf accelerate xllamacpp vllm-router"
        fetch = f"python extras/small_models.py {NAME} {folder} --gguf {found.gguf}"
        pytest.skip(f"no real model beside KOJUDGE_TEST_VLLM: with its environment's programs, {pip} && {fetch}")
    return found


@contextlib.contextmanager
def on_vllm(command: str, model: RealModel, log: Path) -> Iterator[Vendor]:
    """The model on vLLM."""
    spec = ServerSpec(
        str(model.folder),
        vllm_command=command,
        max_model_len=CONTEXT,
        dtype="float32",
        extra=(("enforce-eager", None),),
        start_timeout_seconds=START_SECONDS,
    )
    with held(spec, log) as server:
        yield Vendor(server.base_url, server.model_name, server.api_key)


@contextlib.contextmanager
def on_llama(model: RealModel, log: Path) -> Iterator[Vendor]:
    """The model on llama.cpp's server."""
    port, script = free_port(), Path(__file__).with_name("llama_server.py")
    with _running([str(model.python), str(script), str(model.gguf), str(port)], port, log) as process:
        yield Vendor(f"http://127.0.0.1:{port}/v1", NAME, process=process)


@contextlib.contextmanager
def behind_router(vllm_command: str, servers: Sequence[Vendor], log: Path) -> Iterator[Vendor]:
    """Several servers behind vLLM's router, which keeps a session at its server."""
    port, program = free_port(), Path(vllm_command).with_name("vllm-router")
    if not program.is_file():
        pytest.skip(f"no {program}: pip install vllm-router there")
    urls = [server.url.removesuffix("/v1") for server in servers]
    command = [str(program), "--host", "127.0.0.1", "--port", str(port), "--prometheus-port", str(free_port())]
    command += ["--policy", "sticky_least_loaded", "--worker-urls", *urls]
    with _running(command, port, log) as process:
        yield Vendor(f"http://127.0.0.1:{port}/v1", servers[0].model, process=process)


@contextlib.contextmanager
def _running(command: Sequence[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program whose `/health` says 200 meanwhile."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out)
    try:
        within(lambda: process.poll() is not None or asked_of(port, "/health") is not None, command[0])
        assert process.poll() is None, log.read_text("utf-8", errors="replace")[-2000:]
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.kill()
        process.wait()


def asked_of(port: int, path: str) -> str | None:
    """Return what a server of this machine says; None: nothing, or not with 200."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
            return str(reply.read().decode())
    except OSError:
        return None


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

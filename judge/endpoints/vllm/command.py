"""What to serve -> the exact `vllm serve` command line. The only module that knows vLLM's options.

`arguments` is a function of its values; `find_command` and `with_lora_rank` look at this machine first.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from judge.errors import ConfigError, InputError, ServerError
from judge.files import read_text

INSTALL = (
    "install it with `pip install 'kojudge[vllm]'`, name another environment's with "
    "--vllm-command /path/to/vllm, or use a server that runs already with --base-url"
)

_OF_JUDGE = {
    "the model's": "the judge's",
    "--chat-format NAME|FILE": "--judge-vllm-arg chat-template=FILE",
    "--max-model-len": "--judge-vllm-arg max-model-len",
    "--dtype half": "--judge-vllm-arg dtype=half",
    "--trust-remote-code": "--judge-vllm-arg trust-remote-code",
    "more --gpus": "more GPUs (--judge-vllm-arg tensor-parallel-size)",
    "other --gpus": "others in CUDA_VISIBLE_DEVICES",
    "--gpus": "CUDA_VISIBLE_DEVICES",
    "--vllm-arg": "--judge-vllm-arg",
    "--vllm-command": "--judge-vllm-command",
    "--base-url": "--judge-base-url",
}
"""What is said of the model's server -> the same of a judge's, options that do the same among it."""


def judge_words(text: str) -> str:
    """Return what is said of a judge's server in its words, with the judge's options in it."""
    pattern = "|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in _OF_JUDGE)
    return re.sub(pattern, lambda found: _OF_JUDGE[found[0]], text)


@contextmanager
def for_judge() -> Iterator[None]:
    """Name the options of a judge's server in what is raised of it; its log and command stay as they are."""
    try:
        yield
    except (ConfigError, ServerError) as error:
        said, mark, rest = str(error).partition("; log: ")
        error.args = (judge_words(said) + mark + rest,)
        raise


OURS = {
    "host": "the server listens on 127.0.0.1",
    "port": "a free port is taken",
    "uds": "the server listens on 127.0.0.1",
    "api-key": "a random key is made for each start",
    "hf-token": "set HF_TOKEN in the environment",
    "served-model-name": "the model is served under its own name",
    "model": "give the model as the argument",
}
"""Flags that `extra` may not hold, with the reason."""

_WITHOUT_EFFECT = """
    gpu-memory-utilization kv-cache-memory-bytes swap-space cpu-offload-gb max-model-len max-num-seqs
    max-num-batched-tokens enforce-eager compilation-config enable-prefix-caching enable-chunked-prefill
    async-scheduling block-size tensor-parallel-size pipeline-parallel-size data-parallel-size data-parallel-size-local
    data-parallel-address data-parallel-rpc-port data-parallel-start-rank data-parallel-rank data-parallel-backend
    data-parallel-hybrid-lb data-parallel-external-lb enable-expert-parallel distributed-executor-backend nnodes
    node-rank master-addr master-port headless disable-custom-all-reduce api-server-count max-parallel-loading-workers
    download-dir use-tqdm-on-load disable-log-stats disable-log-requests enable-log-requests enable-log-outputs
    max-log-len uvicorn-log-level disable-uvicorn-access-log enable-prompt-tokens-details
"""
"""Flags on memory, speed, machines and logs. A run goes on with others of them."""

_OF_WEIGHTS = re.compile(r"lora-modules|enable-lora|max-lora-rank|headless|data-parallel-.+|nnodes|node-rank|master-.+")
"""Flags that mean nothing to a renderer, or that it does not take."""

AUTO: Final = "auto"
"""A context as long as fits into the memory, up to the model's own."""

LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM accepts for --max-lora-rank."""


@dataclass(frozen=True)
class ServerSpec:
    """What to serve and how. None leaves an option to vLLM."""

    model: str
    """A hub id or a folder."""
    vllm_command: str | None = None
    """None: `vllm` beside this Python or on PATH. A path, or a command with its first arguments."""
    gpus: tuple[str, ...] = ()
    """CUDA_VISIBLE_DEVICES, and with more than one --tensor-parallel-size."""
    max_model_len: int | Literal["auto"] | None = None
    """Tokens of prompt and answer together; `auto`: as many as fit into the memory; None: the model's own."""
    dtype: str | None = None
    quantization: str | None = None
    lora: str | None = None
    """An adapter's folder or hub id; requests then go to the adapter."""
    trust_remote_code: bool = False
    seed: int | None = None
    chat_template: str | None = None
    """A file."""
    extra: tuple[tuple[str, str | None], ...] = ()
    """Any other flag without its dashes, with its value or None; wins over the options above."""
    start_timeout_seconds: float = 1800
    renders: bool = False
    """Only the tokenizer and the chat template are loaded (`vllm launch render`): it renders, and answers nothing."""

    def renderer(self) -> ServerSpec:
        """Return what shows the prompts of this server without loading weights."""
        kept = tuple((name, value) for name, value in self.extra if not _OF_WEIGHTS.fullmatch(flag_name(name)))
        return replace(self, renders=True, lora=None, gpus=(), extra=kept)

    @property
    def model_name(self) -> str:
        """The name requests are sent to."""
        return self.lora or self.model


def arguments(spec: ServerSpec, port: int, *, without: Container[str] = ()) -> list[str]:
    """Return the exact command line. It holds no key. `without`: flags that are left out, given or not.

    Raises ConfigError for an `extra` flag that kojudge sets itself or that is no flag name.
    """
    extra = [(flag_name(name), value) for name, value in spec.extra]
    given = {name for name, _ in extra}
    if spec.lora and "lora-modules" in given:
        raise ConfigError("--lora and --vllm-arg lora-modules do not go together; give one of them")
    own: dict[str, str | None] = {
        "served-model-name": spec.model,
        "host": "127.0.0.1",
        "port": str(port),
        "generation-config": "vllm",
        "enable-prompt-tokens-details": None,
    }
    own |= {
        name: str(value)
        for name, value in (
            ("tensor-parallel-size", _tensor_parallel(len(spec.gpus), dict(extra))),
            ("max-model-len", spec.max_model_len),
            ("dtype", spec.dtype),
            ("quantization", spec.quantization),
            ("seed", spec.seed),
            ("chat-template", spec.chat_template),
        )
        if value is not None
    }
    if spec.trust_remote_code:
        own["trust-remote-code"] = None
    if spec.lora:
        own["enable-lora"] = None
        own["lora-modules"] = json.dumps({"name": spec.model_name, "path": spec.lora}, ensure_ascii=False)
    verb = ("launch", "render") if spec.renders else ("serve",)
    line = [*shlex.split(spec.vllm_command or "vllm"), *verb, spec.model]
    for name, value in own.items():
        if name not in given and name not in without:
            line += [f"--{name}"] if value is None else [f"--{name}", value]
    kept = [(name, value) for name, value in extra if name not in without]
    return line + [f"--{name}" if value is None else f"--{name}={value}" for name, value in kept]


def flag_name(name: str) -> str:
    """Return a flag as vLLM spells it, without dashes. Raises ConfigError for what is no flag, or one of ours."""
    flag = name.strip().lstrip("-").replace("_", "-")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.+-]*", flag):
        raise ConfigError(f"--vllm-arg '{name}': no flag name; write name=value, or name alone for a switch")
    if reason := OURS.get(flag):
        raise ConfigError(f"--vllm-arg {flag} cannot be given: {reason}")
    return flag


def _tensor_parallel(gpus: int, extra: dict[str, str | None]) -> int | None:
    """Return the GPUs left to tensor parallelism by the other parallel sizes; None: leave it to vLLM."""
    copies = extra.get("data-parallel-size-local") or extra.get("data-parallel-size")  # those of this machine
    others = [extra.get("pipeline-parallel-size") or "1", copies or "1"]
    if not all(size.isdecimal() and int(size) for size in others):
        return None
    each, rest = divmod(gpus, int(others[0]) * int(others[1]))
    return each if each > 1 and not rest else None


def find_command(given: str | None) -> list[str]:
    """Return the vLLM command as a list. Raises ServerError that says how to install it."""
    if os.name != "posix":
        raise ServerError("vLLM does not run on this system; start it elsewhere (WSL 2) and give --base-url")
    if given is None:
        beside = str(Path(sys.executable).parent)
        found = shutil.which("vllm", path=beside) or shutil.which("vllm")
        if found is None:
            raise ServerError(f"vLLM is not installed here: {INSTALL}")
        return [found]
    words = [given] if Path(given).is_file() else shlex.split(given)
    found = shutil.which(words[0]) if words else None
    if found is None:
        raise ServerError(f"--vllm-command '{given}': no such command; {INSTALL}")
    return [found, *words[1:]]


def with_lora_rank(spec: ServerSpec) -> ServerSpec:
    """Return `spec` with the --max-lora-rank that a local adapter needs; vLLM's own limit is 16."""
    if spec.lora is None or any(flag_name(name) == "max-lora-rank" for name, _ in spec.extra):
        return spec
    try:
        rank = json.loads(read_text(Path(spec.lora) / "adapter_config.json"))["r"]
        enough = next(str(limit) for limit in LORA_RANKS if limit >= rank)
    except (InputError, ValueError, RecursionError, KeyError, TypeError, StopIteration):
        return spec
    return replace(spec, extra=(*spec.extra, ("max-lora-rank", enough)))


def changes_results(name: str) -> bool:
    """Say whether a flag may change what the model says, as far as rounding is not meant."""
    return flag_name(name).removeprefix("no-") not in _WITHOUT_EFFECT.split()


def vllm_args(given: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """`key=value` or `key` -> pairs. Raises ConfigError."""
    pairs: list[tuple[str, str | None]] = []
    for text in given:
        key, sign, value = text.lstrip("-").partition("=")
        if not key:
            raise ConfigError(f"--vllm-arg '{text}' names no flag; write it as key=value")
        pairs.append((key, value if sign else None))
    return tuple(pairs)

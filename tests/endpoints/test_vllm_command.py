"""What to serve -> the `vllm serve` command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge.endpoints.vllm.command import ServerSpec, arguments, with_lora_rank
from judge.errors import ConfigError


def test_the_command_line_holds_what_was_asked_and_no_more() -> None:
    line = arguments(ServerSpec("org/model"), 8123)
    assert line == [
        "vllm",
        "serve",
        "org/model",
        "--served-model-name",
        "org/model",
        "--host",
        "127.0.0.1",
        "--port",
        "8123",
        "--generation-config",
        "vllm",
        "--enable-prompt-tokens-details",
    ]


def test_every_option_of_a_spec_reaches_the_command_line() -> None:
    spec = ServerSpec(
        "m",
        vllm_command="/opt/v/bin/vllm",
        gpus=("0", "1"),
        max_model_len=4096,
        dtype="half",
        quantization="awq",
        lora="/a=b",
        trust_remote_code=True,
        seed=0,
        chat_template="t.jinja",
        extra=(("enforce_eager", None), ("--swap-space", "-1")),
    )
    line = arguments(spec, 1)
    text = " ".join(line)
    assert line[:3] == ["/opt/v/bin/vllm", "serve", "m"]
    assert "--tensor-parallel-size 2 --max-model-len 4096 --dtype half --quantization awq --seed 0" in text
    assert "--chat-template t.jinja --trust-remote-code --enable-lora" in text
    assert json.loads(line[line.index("--lora-modules") + 1]) == {"name": "/a=b", "path": "/a=b"}
    assert line[-2:] == ["--enforce-eager", "--swap-space=-1"]
    assert spec.model_name == "/a=b"


@pytest.mark.parametrize(
    ("gpus", "extra", "size"),
    [
        ("0", {}, None),
        ("0,1,2,3", {}, "4"),
        ("0,1,2,3", {"pipeline-parallel-size": "2"}, "2"),
        ("0,1,2,3", {"data_parallel_size": "4"}, None),
        ("0,1,2,3", {"pipeline-parallel-size": "3"}, None),
    ],
)
def test_tensor_parallelism_takes_the_gpus_that_other_parallelism_leaves(
    gpus: str, extra: dict[str, str], size: str | None
) -> None:
    line = arguments(ServerSpec("m", gpus=tuple(gpus.split(",")), extra=tuple(extra.items())), 1)
    found = line[line.index("--tensor-parallel-size") + 1] if "--tensor-parallel-size" in line else None
    assert found == size


def test_an_extra_flag_replaces_ours() -> None:
    extra = (("tensor-parallel-size", "1"), ("generation_config", "auto"), ("dtype", "float32"))
    line = arguments(ServerSpec("m", gpus=("0", "1"), dtype="half", extra=extra), 1)
    assert line[-3:] == ["--tensor-parallel-size=1", "--generation-config=auto", "--dtype=float32"]
    assert not {"--tensor-parallel-size", "--generation-config", "--dtype"} & set(line)


@pytest.mark.parametrize("name", ["port", "--api-key", "hf_token", "served-model-name", "", "a b", "x=y"])
def test_a_flag_that_is_ours_a_secret_or_no_flag_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="--vllm-arg"):
        arguments(ServerSpec("m", extra=((name, "v"),)), 1)


def test_an_adapter_of_high_rank_gets_the_limit_it_needs(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"r": 48}')
    spec = with_lora_rank(ServerSpec("m", lora=str(adapter)))
    assert spec.extra == (("max-lora-rank", "64"),)
    given = ServerSpec("m", lora=str(adapter), extra=(("max_lora_rank", "512"),))
    assert with_lora_rank(given) == given

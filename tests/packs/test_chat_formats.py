"""The nine shipped chat formats, each against the prompt its models were trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.endpoints.requests import fold_system
from judge.errors import InputError
from judge.packs.chat_formats import chat_format_names, load_chat_format
from judge.records import Message

TALK: list[Message] = [
    {"role": "user", "content": "하나"},
    {"role": "assistant", "content": "둘"},
    {"role": "user", "content": "셋"},
]
SYSTEM: list[Message] = [{"role": "system", "content": "규칙"}, *TALK]
BEGIN = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"

GOLDEN = {
    "chatml": "<s><|im_start|>system\n규칙<|im_end|>\n<|im_start|>user\n하나<|im_end|>\n<|im_start|>assistant\n둘<|im_end|>\n"
    "<|im_start|>user\n셋<|im_end|>\n<|im_start|>assistant\n",
    "alpaca": "<s>규칙\n\n### Instruction:\n하나\n\n### Response:\n둘</s>\n\n### Instruction:\n셋\n\n### Response:\n",
    "solar": "<s>### System:\n규칙\n\n### User:\n하나\n\n### Assistant:\n둘</s>\n\n### User:\n셋\n\n### Assistant:\n",
    "synthia": "<s>SYSTEM: 규칙\nUSER: 하나\nASSISTANT: 둘</s>\nUSER: 셋\nASSISTANT:",
    "zephyr": "<s><|system|>\n규칙</s>\n<|user|>\n하나</s>\n<|assistant|>\n둘</s>\n<|user|>\n셋</s>\n<|assistant|>\n",
    "mistral": "<s>[INST] 규칙\n\n하나 [/INST] 둘</s>[INST] 셋 [/INST]",
    "gemma": "<s><start_of_turn>user\n규칙\n\n하나<end_of_turn>\n<start_of_turn>model\n둘<end_of_turn>\n"
    "<start_of_turn>user\n셋<end_of_turn>\n<start_of_turn>model\n",
    "llama2": "<s>[INST] <<SYS>>\n규칙\n<</SYS>>\n\n하나 [/INST] 둘 </s><s>[INST] 셋 [/INST]",
    "llama3": "<s><|start_header_id|>system<|end_header_id|>\n\n규칙<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
    "하나<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n둘<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\n셋<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
}
FOLDED = ("mistral", "gemma")


def test_the_shipped_formats_are_these() -> None:
    assert chat_format_names() == sorted(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_rendered_prompt_is_the_models_own(name: str) -> None:
    messages = fold_system(SYSTEM) if name in FOLDED else SYSTEM
    assert load_chat_format(name).render(messages) == GOLDEN[name]


@pytest.mark.parametrize("name", GOLDEN)
def test_no_stop_string_stands_in_the_prompt_of_an_answer(name: str) -> None:
    """A stop string ends an answer; it begins the next turn or closes this one."""
    loaded = load_chat_format(name)
    assert loaded.stop
    assert loaded.purpose
    rendered = loaded.render(fold_system(SYSTEM) if name in FOLDED else SYSTEM)
    assert any(stop.strip() in rendered for stop in loaded.stop)
    assert not any(rendered.endswith(stop) for stop in loaded.stop)


@pytest.mark.parametrize("name", FOLDED)
def test_a_format_without_system_role_refuses_it_in_words(name: str) -> None:
    with pytest.raises(InputError, match="refuses"):
        load_chat_format(name).render(SYSTEM)


@pytest.mark.parametrize("name", FOLDED)
def test_alternation_is_demanded(name: str) -> None:
    with pytest.raises(InputError, match="alternate"):
        load_chat_format(name).render([TALK[0], TALK[2]])


def test_alpaca_without_system_text_begins_as_alpaca_does() -> None:
    assert load_chat_format("alpaca").render(TALK[:1]) == f"<s>{BEGIN}### Instruction:\n하나\n\n### Response:\n"


def test_a_file_is_a_format_too_and_a_wrong_name_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text('{# {"stop": ["§"]} #}{{ messages[-1]["content"] }}§', encoding="utf-8")
    loaded = load_chat_format(str(path))
    assert (loaded.name, loaded.stop, loaded.render(TALK)) == ("mine", ("§",), "셋§")
    with pytest.raises(InputError, match="did you mean 'llama3'"):
        load_chat_format("lama3")

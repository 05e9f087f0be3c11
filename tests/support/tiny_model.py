"""A tiny random Llama that vLLM serves on a CPU: `python tests/support/tiny_model.py FOLDER`.

Runs under the Python of vLLM's own environment (torch, transformers, tokenizers); our tests call it as a
program and never import those packages. FOLDER gets a model of about 1 MB with a chat template and, in
FOLDER/adapter, a LoRA adapter of rank 4. Weights are seeded, so every build is the same model; at temperature 0 it
says whole characters only and seldom ends. head_dim is 64 because vLLM's CPU attention refuses 16.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SENTENCES = (
    "안녕하세요. 오늘 날씨가 참 좋네요.",
    "서울에서 부산까지 기차로 얼마나 걸리나요?",
    "물은 섭씨 백 도에서 끓고 영 도에서 업니다.",
    "다음 문장을 읽고 물음에 답하세요.",
    "평가: 답변이 질문의 뜻을 잘 짚었습니다.\n점수: 8",
    "저는 한국어로 글을 쓰는 작은 모델입니다. 0123456789",
)
"""What the byte-level tokenizer is trained on."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

SPECIAL = ("<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>")
HIDDEN, LAYERS, HEADS, KEY_VALUE_HEADS, CONTEXT = 128, 2, 2, 1, 16384
LORA_RANK = 4


def build(folder: Path) -> None:
    """Write the model, its tokenizer and the adapter into `folder`."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_VALUE_HEADS,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    with torch.no_grad():
        for token in range(len(tokenizer)):
            if token != tokenizer.eos_token_id and not _is_text(tokenizer.decode([token])):
                model.lm_head.weight[token] = 0  # a logit of 0 is never the greatest
    model.save_pretrained(folder)
    _write_adapter(folder / "adapter", folder)


def _tokenizer():  # type: ignore[no-untyped-def]  # the type lives in an environment mypy doesn't see
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(SENTENCES, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<|bos|>",
        eos_token="<|im_end|>",
        pad_token="<|eos|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _is_text(piece: str) -> bool:
    """Say whether a token is whole characters: half of one would be longer when it is read again."""
    return "\ufffd" not in piece and piece not in SPECIAL and (piece.isprintable() or piece == "\n")


def _write_adapter(folder: Path, base: Path) -> None:
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for layer in range(LAYERS):
        prefix = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        tensors[f"{prefix}.lora_A.weight"] = torch.randn(LORA_RANK, HIDDEN, dtype=torch.bfloat16)
        tensors[f"{prefix}.lora_B.weight"] = torch.randn(HIDDEN, LORA_RANK, dtype=torch.bfloat16)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(base),
        "r": LORA_RANK,
        "lora_alpha": 2 * LORA_RANK,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": ["q_proj"],
    }
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))

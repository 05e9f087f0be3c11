"""vLLM's log -> cause and progress.

The excerpts are lines that vLLM 0.32 wrote here, save those of CUDA's memory, of the free memory on a device, of the
head size and of gated or unknown models of the hub: these are from vLLM's source and documentation.
"""

from __future__ import annotations

import pytest

from judge.endpoints.vllm.log import cause, dying, port_lost, progress

TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in y\n    raise ValueError(z)\n'
ENGINE = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}\n"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            "huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or "
            "'namespace/repo_name': '/no/such/model'. Use `repo_type` argument if needed.",
            "model '/no/such/model' is neither a folder on this machine nor a hub id (owner/name); check the path",
        ),
        (
            "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for "
            "the specified revision on the local disk and outgoing traffic has been disabled. To enable repo "
            "look-ups and downloads online, pass 'local_files_only=False' as input.",
            "the model is not in this machine's Hugging Face cache and the hub cannot be reached",
        ),
        (
            "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig\n"
            "  Value error, Invalid repository ID or local directory specified: '/models/empty'.\n"
            "Please verify the following requirements:\n1. Provide a valid Hugging Face repository ID.\n",
            "'/models/empty' holds no model: there is no config.json in it",
        ),
        (
            "usage: vllm [-h] [-v]\nvllm: error: unrecognized arguments: --no-such-flag=3\n",
            "vLLM knows no such option: --no-such-flag=3; check --vllm-arg",
        ),
        (
            "usage: vllm serve [model_tag] [options]\nvllm serve: error: argument --tensor-parallel-size/-tp: "
            "invalid int value: 'two'\n",
            "vLLM refuses an option: argument --tensor-parallel-size/-tp: invalid int value: 'two'",
        ),
        (
            "(APIServer pid=9) WARNING 11-21 10:50:03 [system_utils.py:255] This can cause fd limit errors like "
            "`OSError: [Errno 24] Too many open files`.\n" + TRACEBACK + "OSError: [Errno 98] Address already in use\n",
            "the port was taken by another process (Address already in use)",
        ),
        (
            "(EngineCore pid=8) ERROR 11-21 10:55:13 [core.py:1510] ValueError: No available memory for the cache "
            "blocks. Try increasing `gpu_memory_utilization` when initializing the engine.\n" + ENGINE,
            "too little memory: none is left for the KV cache; try a smaller --max-model-len",
        ),
        (
            "(APIServer pid=9) WARNING 11-21 12:09:17 [model.py:2660] User-specified max_model_len (4000000) is greater "
            "than the derived max_model_len (max_position_embeddings=16384.0 or model_max_length=None in model's "
            "config.json). VLLM_ALLOW_LONG_MAX_MODEL_LEN must be used with extreme caution.\n"
            "(EngineCore pid=8) ERROR 11-21 12:10:09 [core.py:1510] ValueError: To serve at least one request with "
            "the model's max seq len (4000000), (1.91 GiB KV cache is needed, which is larger than the available KV "
            "cache memory (1.0 GiB). Based on the available memory, the estimated maximum model length is 2097024. "
            "Try increasing `gpu_memory_utilization`.\n" + ENGINE,
            "too little memory for the KV cache: a context of 4000000 tokens needs 1.91 GiB, there are 1.0 GiB",
        ),
        (
            "(EngineCore pid=8) torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has "
            "a total capacity of 79.11 GiB of which 86.19 MiB is free.\n" + ENGINE,
            "the GPU's memory is full (Tried to allocate 224.00 MiB); try a smaller --max-model-len",
        ),
        (
            "ValueError: Free memory on device cuda:0 (10.2/79.11 GiB) on startup is less than desired GPU memory "
            "utilization (0.92, 72.78 GiB).",
            "only 10.2/79.11 GiB of the GPU are free, another process uses it",
        ),
        (
            "ValueError: Unsupported CPU attention configuration: head_dim=16\n" + ENGINE,
            "vLLM's attention on a CPU cannot run this model: head_dim=16",
        ),
        (
            "(APIServer pid=9) ERROR 11-21 10:52:45 [repo_utils.py:126] Error parsing config for /m: The checkpoint "
            "you are trying to load has model type `foobar` but Transformers does not recognize this architecture.",
            "this vLLM and its transformers know no model of type 'foobar'",
        ),
        (
            "  Value error, User-specified max_model_len (99999) is greater than the derived max_model_len "
            "(max_position_embeddings=2048.0 or model_max_length=None in model's config.json). To allow",
            "--max-model-len 99999 is more than the 2048 tokens the model was made for",
        ),
        (
            "(Worker pid=7) ERROR 11-21 10:54:14 [multiproc_executor.py:1063] ValueError: LoRA rank 64 is greater "
            "than max_lora_rank 16.\nRuntimeError: Worker failed with error, see the stack trace above for the "
            "root cause\n",
            "the adapter's rank is 64; give --vllm-arg max-lora-rank",
        ),
        (
            "vllm.exceptions.LoRAAdapterNotFoundError: Loading lora ad failed: No adapter found for /no/such/adapter",
            "--lora /no/such/adapter: there is no adapter",
        ),
        (
            "pydantic_core._pydantic_core.ValidationError: 1 validation error for VllmConfig\n  Value error, Total "
            "number of attention heads (2) must be divisible by tensor parallel size (8). [type=value_error, "
            "input_value=ArgsKwargs((), {'model_co...",
            "Total number of attention heads (2) must be divisible by tensor parallel size (8).",
        ),
        (
            "(EngineCore pid=8) ERROR 11-21 11:01:50 [multiproc_executor.py:315] Worker proc VllmWorker-0 died "
            "unexpectedly (exit code: None), shutting down executor.\n"
            "(EngineCore pid=8) ERROR 11-21 11:01:50 [core.py:1512] RuntimeError: Executor failed.\n"
            "(APIServer pid=9) ERROR 11-21 11:01:50 [async_llm.py:906] vllm.v1.engine.exceptions.EngineDeadError: "
            "EngineCore encountered an issue. See stack trace (above) for the root cause.\n",
            "an engine process ended without a word; often that is the system's out-of-memory killer",
        ),
        (
            "(APIServer pid=9) WARNING 11-21 12:37:23 [core_client.py:817] [shutdown] MPClient: engine core exited "
            "unexpectedly; starting cleanup\n(APIServer pid=9) ERROR 11-21 12:37:23 [async_llm.py:906] "
            "vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for "
            "the root cause.\n",
            "an engine process ended without a word; often that is the system's out-of-memory killer",
        ),
        (
            "(Worker pid=7) ERROR 11-21 11:01:50 [x.py:1] KeyError: 'lm_head.weight'\n"
            "(Worker pid=7) ERROR 11-21 11:01:50 [x.py:1] RuntimeError: cannot load the weights\n"
            "(EngineCore pid=8) ERROR 11-21 11:01:50 [y.py:1] RuntimeError: Worker failed, see the root cause\n"
            "(APIServer pid=9) ValueError: an unlucky request\n" + ENGINE,
            "cannot load the weights (RuntimeError)",
        ),
    ],
)
def test_the_cause_is_found_in_the_log(log: str, expected: str) -> None:
    assert (cause("INFO: starting\n" + log + "\nINFO: Finished server process [1]\n") or "").startswith(expected)


def test_a_log_of_a_good_start_has_no_cause_and_no_death() -> None:
    log = (
        "(APIServer pid=9) WARNING 11-21 10:50:03 [system_utils.py:255] fd limit errors like `OSError: [Errno 24] Too "
        "many open files`.\n(Worker pid=7) WARNING 11-21 10:54:09 [utils.py:597] Failed to create oneDNN linear, "
        "fallback to torch linear. Exception: could not create a primitive\nINFO:     Application startup complete.\n"
    )
    assert (cause(log), dying(log), port_lost(log)) == (None, False, False)


def test_a_dying_engine_shows_in_the_log_before_the_server_ends() -> None:
    assert dying("x\n(APIServer pid=9) ERROR 11-21 11:01:50 [a.py:9] vllm.v1.engine.exceptions.EngineDeadError: E\n")
    assert dying("INFO:     Shutting down\n")


def test_progress_is_the_last_line_worth_reading() -> None:
    log = (
        "(Worker pid=7) INFO 11-21 10:54:08 [cpu_model_runner.py:68] Starting to load model tiny...\n"
        "Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:00<?, ?it/s]\n"
        "(APIServer pid=9) WARNING 11-21 10:53:48 [vllm.py:1703] Enforce eager set\n"
        "(APIServer pid=9) INFO 11-21 10:53:48 [api_utils.py:347]    ▀▀  ▀▀▀▀▀\n"
        "(APIServer pid=9) INFO 11-21 10:51:35 [launcher.py:195] Route: /v1/responses, Methods: POST\n"
        "(APIServer pid=9) RuntimeError: Engine core initialization failed. See root cause above.\n\n"
    )
    assert progress(log) == "Loading safetensors checkpoint shards: 50% Completed | 1/2 [00:00<?, ?it/s]"
    assert progress("\n# vllm serve m\n") is None

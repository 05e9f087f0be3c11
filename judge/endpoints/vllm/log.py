"""vLLM's log -> why it failed, or what it is doing. Pure.

The useful line is far above the last one: a worker dies first, then the engine core, then the API server,
each with a traceback of its own. So known faults are looked for in the whole text, in the order of `_FAULTS`;
else the first exception that is not merely the report of another process's death is taken.
"""

from __future__ import annotations

import re
import signal
from typing import NamedTuple

from judge.errors import one_line


class _Fault(NamedTuple):
    pattern: re.Pattern[str]
    says: str
    """The cause and the mend; `{0}` is the first group."""


def _fault(pattern: str, says: str) -> _Fault:
    return _Fault(re.compile(pattern), says)


_MOST_OF_A_WORD = 160
"""Characters of what the log says inside a cause; the mend behind it is never cut."""

_MEMORY = "try a smaller --max-model-len, more --gpus, a quantized model or --vllm-arg gpu-memory-utilization=0.95"

_FAULTS = (
    # the command line
    _fault(r"error: unrecognized arguments: (.+)", "vLLM knows no such option: {0}; check --vllm-arg"),
    _fault(r"error: argument (.+)", "vLLM refuses an option: argument {0}"),
    _fault(r"\[Errno (?:98|48)\] (Address already in use)", "the port was taken by another process ({0})"),
    # the model
    _fault(
        r"Repo id must be in the form .*?: '([^']+)'",
        "model '{0}' is neither a folder on this machine nor a hub id (owner/name); check the path",
    ),
    _fault(
        r"Cannot find an appropriate cached snapshot folder",
        "the model is not in this machine's Hugging Face cache and the hub cannot be reached (no network, or "
        "HF_HUB_OFFLINE=1); check its name, download it first, or give a folder",
    ),
    _fault(
        r"GatedRepoError|Cannot access gated repo|Access to model \S+ is restricted",
        "the model is gated: accept its terms on the hub and set HF_TOKEN",
    ),
    _fault(
        r"is not a valid model identifier|RepositoryNotFoundError|Repository Not Found",
        "the hub knows no such model, or it is private: check its name, set HF_TOKEN for a private one",
    ),
    _fault(
        r"Invalid repository ID or local directory specified: '([^']+)'",
        "'{0}' holds no model: there is no config.json in it",
    ),
    _fault(
        r"model type `([^`]+)` but Transformers does not recognize",
        "this vLLM and its transformers know no model of type '{0}'; a newer vLLM may",
    ),
    _fault(
        r"Model architectures \[?(.+?)\]? are not supported",
        "this vLLM supports no model of architecture {0}; a newer one may",
    ),
    _fault(
        r"pass the argument `?trust_remote_code=True|contains custom code which must be executed",
        "the model brings its own Python code; if you trust it, give --trust-remote-code",
    ),
    _fault(
        r"User-specified max_model_len \((\d+)\) is greater than .*?\(\w+=(\d+)",
        "--max-model-len {0} is more than the {1} tokens the model was made for",
    ),
    _fault(r"No adapter found for (\S+)", "--lora {0}: there is no adapter (adapter_config.json) there"),
    _fault(
        r"LoRA rank (\d+) is greater than",
        "the adapter's rank is {0}; give --vllm-arg max-lora-rank with that number or more",
    ),
    _fault(
        r"[Tt]he supplied chat template .*?(?:doesn't exist|looks like a file)",
        "the chat template is no file",
    ),
    # memory
    _fault(r"CUDA out of memory\.(?: (Tried to allocate \S+ \w+))?", "the GPU's memory is full ({0}); " + _MEMORY),
    _fault(r"OutOfMemoryError: (.+)", "out of memory ({0}); " + _MEMORY),
    _fault(
        r"Available memory on node \S+ \((\S+ GiB)\) on startup\s+is less than desired CPU memory utilization",
        "only {0} of this machine's memory are free; stop other programs, or give a lower --vllm-arg "
        "gpu-memory-utilization=0.3, which on a CPU is the share of the machine's memory",
    ),
    _fault(
        r"Free memory on device (?:\S+ )?\((\S+ GiB)\) on startup\s*(?:\. Desired|is less than)",
        "only {0} of the GPU are free, another process uses it; stop that one, choose other --gpus, or lower "
        "--vllm-arg gpu-memory-utilization",
    ),
    _fault(
        r"max seq len \((\d+)\), \((\S+ GiB) KV cache is needed.+?KV cache memory \((\S+ GiB)\)"
        r"(?:.+?maximum model length is (\d+))?",
        "too little memory for the KV cache: a context of {0} tokens needs {1}, there are {2}; " + _MEMORY,
    ),
    _fault(
        r"No available memory for the cache blocks|Cannot auto-fit max_model_len",
        "too little memory: none is left for the KV cache; " + _MEMORY,
    ),
    _fault(r"No space left on device", "the disk (or /dev/shm) is full"),
    # the hardware
    _fault(
        r"Unsupported CPU attention configuration: (.+)",
        "vLLM's attention on a CPU cannot run this model: {0}",
    ),
    _fault(r"Bfloat16 is only supported on GPUs", "this GPU has no bfloat16; give --dtype half"),
    _fault(r"No CUDA GPUs are available|Found no NVIDIA driver", "no GPU was found; check the driver and --gpus"),
    _fault(r"Failed to infer device type", "vLLM found no device it can use; is it the build for this machine?"),
)
"""In this order; the first that is found anywhere in the log counts."""

_PREFIX = re.compile(
    r"^(?:\([^()]*pid=\d+\)\s*)?"
    r"(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+\d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\]\s?)?"
)
_HARMLESS = re.compile(r"^(?:\([^()]*pid=\d+\)\s*)?(?:DEBUG|INFO|WARNING)\s+\d\d-\d\d ")
"""vLLM warns of some things in the words of the fault that they are under other settings."""
_EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Interrupt|Exit)): (.*\S)")
_VALUE_ERROR = re.compile(r"^\s+(?:Value|Assertion) error, (.+?)(?: \[type=|$)")
_REPORTS = re.compile(
    r"root cause|EngineDeadError|EngineCore encountered an issue|Engine process failed to start"
    r"|validation errors? for |WorkerProc initialization failed|cancelled|Executor failed"
)
"""Exceptions that only tell of another one."""

_DULL = re.compile(
    r"^(?:\([^()]*pid=\d+\)\s*)?WARNING |^\[W\d+ |█|▀|^\W*$|^\s|^# |Route: |(?:Future|User)Warning"
    r"|^Traceback|nanobind|Triton is|fusions|op priority|thread binding"
)
"""Lines that tell a person who waits nothing."""

_PHASES = (
    (re.compile(r"Capturing CUDA graph"), "capturing CUDA graphs"),
    (re.compile(r"Dynamo bytecode transform|[Cc]ompiling|torch\.compile takes|Cache the graph"), "compiling the model"),
    (re.compile(r"KV cache (?:size|memory)|[Mm]emory profiling"), "reserving memory for the context"),
    (re.compile(r"Starting to load model|Loading (?:\S+ )?checkpoint|Loading weights"), "loading the weights"),
    (
        re.compile(r"Resolved architecture|Using max model len|Initializing a V\d LLM engine"),
        "reading the configuration",
    ),
)
"""What a line shows vLLM to be doing."""

_VANISHED = re.compile(r"engine core exited unexpectedly|[Ww]orker .*died unexpectedly")
_DYING = re.compile(r"EngineDeadError: |engine core exited unexpectedly|^INFO:\s+Shutting down\s*$", re.MULTILINE)


def cause(log_text: str) -> str | None:
    """Return in one line why vLLM failed, with the mend where one is known; None: the log does not say."""
    lines = [line for line in re.split(r"[\r\n]+", log_text) if not _HARMLESS.match(line)]
    text = "\n".join(line for line in map(_bare, lines) if not line.startswith("    "))  # no source lines
    for pattern, says in _FAULTS:
        if found := pattern.search(text):
            groups = [one_line(group, _MOST_OF_A_WORD) for group in found.groups(default="")]
            return says.format(*groups).replace(" ()", "")
    engine = [line for line in lines if re.match(r"\((?!APIServer)[^()]*pid=\d+\)", line)]
    if said := _first_exception(engine):
        return said
    if _VANISHED.search(log_text):
        return (
            "an engine process ended without a word; often that is the system's out-of-memory killer, when the "
            "machine's memory (RAM) is full"
        )
    return _first_exception(lines) or next((m[0] for m in map(_exception, lines) if m), None)


def why_ended(log_text: str, exit_code: str, guard_error: str | None) -> str:
    """Return in one line why the server ended or is not ready.

    `exit_code`: what the guard reports, negative for a signal, empty while the server runs; `guard_error`: why the
    guard could not even start it.
    """
    why = None if exit_code == "-9" else cause(log_text) or guard_error
    if why is None and exit_code.startswith("-"):
        why = f"killed by {_signal_name(-int(exit_code))}"
        if exit_code == "-9":
            why += "; often that is the system's out-of-memory killer, when the machine's memory (RAM) is full"
    if why is None and exit_code:
        last = progress(log_text)
        why = f"it ended with exit code {exit_code}" + (f" after '{last}'" if last else " and wrote nothing")
    return why or "no cause was found in the log"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _bare(line: str) -> str:
    return _PREFIX.sub("", line)


def _exception(line: str) -> tuple[str, bool] | None:
    """Return an exception line as `message (Type)` and whether it only reports another; None: it is none."""
    bare = _bare(line)
    if match := _VALUE_ERROR.match(bare):
        return one_line(match[1], 300), False
    if match := _EXCEPTION.match(bare):
        return one_line(f"{match[2]} ({match[1]})", 300), bool(_REPORTS.search(bare))
    return None


def _first_exception(lines: list[str]) -> str | None:
    """Return the last exception before the first that only reports it; of a chain that is its end."""
    found: str | None = None
    for said, reports in filter(None, map(_exception, lines)):
        if not reports:
            found = said
        elif found:
            break
    return found


def port_lost(log_text: str) -> bool:
    """Say whether the server ended because its port was taken."""
    return bool(re.search(r"\[Errno (?:98|48)\] (?:Address already in use|error while attempting)", log_text))


def fitted(log_text: str) -> str | None:
    """Return a line on a context that was made shorter than the model's own so that it fits; None: it was not."""
    found = re.search(r"Auto-fit max_model_len: reduced from (\d+) to (\d+)", log_text)
    if found is None:
        return None
    own, fits = map(int, found.groups())
    return f"the context is {fits:,} tokens: the model's own {own:,} do not fit into the memory"


def no_renderer(log_text: str) -> bool:
    """Say whether this release has no `vllm launch render`."""
    return bool(re.search(r"invalid choice: '(?:launch|render)'", log_text))


def dying(log_text: str) -> bool:
    """Say whether the engine is dead though the server has not ended yet (it takes seconds)."""
    return bool(_DYING.search(log_text))


def waits_for(log_text: str) -> str | None:
    """Return what vLLM is doing while it starts, with its last line on that; None: it has said nothing yet."""
    lines = [bare for line in re.split(r"[\r\n]+", log_text) if (bare := _bare(line).strip())]
    for line in reversed(lines):
        for pattern, phase in _PHASES:
            if pattern.search(line):
                return f"{phase} ({one_line(line, 90)})"
    return progress(log_text)


def progress(log_text: str) -> str | None:
    """Return the last line that tells a person what vLLM is doing; None: there is none yet."""
    for line in reversed(re.split(r"[\r\n]+", log_text)):
        bare = _bare(line).strip()
        if bare and not (_DULL.search(line) or _DULL.search(bare) or _EXCEPTION.match(bare)):
            return one_line(bare, 120)
    return None

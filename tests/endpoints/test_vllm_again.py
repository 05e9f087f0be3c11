"""A start of vLLM that failed for something that another start can mend."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.endpoints.vllm.again import another
from judge.endpoints.vllm.command import AUTO, ServerSpec, changes_results, judge_words
from judge.endpoints.vllm.log import cause, fitted, waits_for
from judge.endpoints.vllm.server import serve
from judge.errors import ServerError
from judge.records import Judgment
from judge.runs.folder import RunFolder
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.proofs

SHARE = (
    "ValueError: Available memory on node 0 (14.21/23.42 GiB) on startup is less than desired CPU memory utilization "
    "(0.92, 21.55 GiB). On the CPU backend, the `--gpu-memory-utilization` flag controls the fraction of CPU memory "
    "reserved (despite its name). To resolve: decrease `--gpu-memory-utilization` (e.g. `--gpu-memory-utilization 0.5`) "
    "or reduce CPU memory used by other processes."
)
GPU_SHARE = (
    "ValueError: Free memory on device cuda:0 (40.5/79.1 GiB) on startup is less than desired GPU memory utilization "
    "(0.9, 71.2 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes."
)
CONTEXT = (
    "ValueError: To serve at least one request with the model's max seq len (131072), (16.0 GiB KV cache is needed, which "
    "is larger than the available KV cache memory (4.0 GiB). Based on the available memory, the estimated maximum model "
    "length is 32752. Try increasing `gpu_memory_utilization`"
)
NO_AUTO = "vllm serve: error: argument --max-model-len: invalid human_readable_int_or_auto value: 'auto'"
AUTO_SPEC = ServerSpec("m", max_model_len=AUTO)


@pytest.mark.parametrize(
    ("log", "spec", "reason", "change"),
    [
        (SHARE, AUTO_SPEC, "share", {"extra": (("gpu-memory-utilization", "0.57"),)}),
        (GPU_SHARE, AUTO_SPEC, "share", {"extra": (("gpu-memory-utilization", "0.48"),)}),
        (SHARE, ServerSpec("m", extra=(("gpu_memory_utilization", "0.9"),)), None, {}),
        (CONTEXT, AUTO_SPEC, "context", {"max_model_len": 32_752}),
        (CONTEXT, ServerSpec("m", max_model_len=65_536), None, {}),
        (CONTEXT, ServerSpec("m", extra=(("max-model-len", "65536"),)), None, {}),
        (NO_AUTO, AUTO_SPEC, "auto", {"max_model_len": None}),
        ("OSError: [Errno 98] Address already in use", AUTO_SPEC, "port", {}),
        ("ValueError: the rotor is bent", AUTO_SPEC, None, {}),
    ],
)
def test_what_the_log_says_fits_is_tried_and_what_the_user_has_given_stays(
    log: str, spec: ServerSpec, reason: str | None, change: dict[str, object]
) -> None:
    found = another(spec, 8000, log)
    assert (found and found.reason) == reason
    for name, value in change.items():
        assert found is not None
        assert getattr(found.spec, name) == value


def test_the_cure_of_a_long_cause_is_not_cut() -> None:
    said = cause(SHARE)
    assert said is not None
    assert said.startswith("only 14.21/23.42 GiB of this machine's memory are free")
    assert "gpu-memory-utilization=0.3" in said
    said = cause("vllm: error: argument --dtype: invalid choice: " + "'x', " * 400)
    assert said is not None
    assert len(said) < 300
    said = cause(CONTEXT)
    assert said is not None
    assert said.endswith("--vllm-arg gpu-memory-utilization=0.95")


def test_a_context_that_was_made_shorter_is_said() -> None:
    line = "INFO Auto-fit max_model_len: reduced from 131072 to 32752 to fit in available KV cache memory (4.0 GiB GPU)"
    assert fitted(line) == "the context is 32,752 tokens: the model's own 131,072 do not fit into the memory"
    assert fitted("Auto-fit max_model_len: full model context length 4096 fits in") is None


@pytest.mark.parametrize(
    ("flag", "changes"),
    [
        ("enforce_eager", False),
        ("--gpu-memory-utilization", False),
        ("no-enable-prefix-caching", False),
        ("rope", True),
    ],
)
def test_flags_on_memory_and_speed_make_no_other_configuration(flag: str, changes: bool) -> None:
    assert changes_results(flag) is changes


FAKE = """#!PYTHON -IS
import http.server, json, sys
given = dict(zip(sys.argv, sys.argv[1:])) | dict(word.split("=", 1) for word in sys.argv if "=" in word)
for log, flag, value in CASES:
    if given.get(flag) != value:
        sys.exit(log)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": given["--served-model-name"]}]}).encode())

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", int(given["--port"])), Handler).serve_forever()
"""


def started(folder: Path, *cases: tuple[str, str, str | None]) -> tuple[list[str], str]:
    """Start a server that fails with a log until a flag has a value; return what was said and the error, if any."""
    command = folder / "vllm"
    command.write_text(FAKE.replace("PYTHON", sys.executable).replace("CASES", repr(cases)), encoding="utf-8")
    command.chmod(0o755)
    spec = ServerSpec("m", vllm_command=str(command), max_model_len=AUTO, start_timeout_seconds=PATIENCE_SECONDS)
    said: list[str] = []

    async def main() -> None:
        async with serve(spec, folder / "log", report=said.append):
            pass

    try:
        asyncio.run(main())
    except ServerError as error:
        return said, str(error)
    return said, ""


def test_several_mends_are_tried_one_after_the_other_and_each_is_said(tmp_path: Path) -> None:
    said, error = started(
        tmp_path,
        (SHARE, "--gpu-memory-utilization", "0.57"),
        (CONTEXT, "--max-model-len", "32752"),
    )
    assert error == ""
    assert said == [
        "vLLM: only 14.21 of 23.42 GiB are free; trying --vllm-arg gpu-memory-utilization=0.57",
        "vLLM: the model's whole context does not fit into the memory; trying --max-model-len 32752",
    ]


def test_a_release_that_fits_no_context_by_itself_gets_the_model_s_own(tmp_path: Path) -> None:
    said, error = started(tmp_path, (NO_AUTO, "--max-model-len", None))
    assert error == ""
    assert len(said) == 1
    assert "does not fit the context to the memory by itself" in said[0]


def test_a_mend_that_does_not_help_ends_in_the_cause_with_its_cure(tmp_path: Path) -> None:
    said, error = started(tmp_path, (SHARE, "--gpu-memory-utilization", "0.1"))
    assert len(said) == 1
    assert error.startswith("vLLM did not start: only 14.21/23.42 GiB of this machine's memory are free; stop other")
    assert "gpu-memory-utilization=0.3" in error


@pytest.mark.parametrize(
    ("log", "says"),
    [
        (
            "(Worker pid=7) INFO 11-21 10:54:08 [cpu_worker.py:1] Starting to load model tiny...",
            "loading the weights (",
        ),
        ("x\rLoading safetensors checkpoint shards:  50% Completed | 1/2", "loading the weights (Loading safetensors"),
        ("Starting to load model t\nreserved_cpus=[1]\n", "loading the weights (Starting"),
        ("Loading weights took 2 s\nDynamo bytecode transform time: 3.1 s", "compiling the model ("),
        ("Compiling a graph\nCapturing CUDA graphs (decode, FULL):  10%", "capturing CUDA graphs ("),
        ("INFO 11-21 10:54:08 [x.py:1] something else", "something else"),
    ],
)
def test_what_is_waited_for_is_named(log: str, says: str) -> None:
    found = waits_for(log)
    assert found is not None
    assert found.startswith(says)


OLD = "if 'launch' in sys.argv:\n    sys.exit(\"vllm: error: argument subparser: invalid choice: 'launch'\")\n"


def test_a_release_without_a_renderer_shows_prompts_with_its_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = tmp_path / "vllm"
    program = FAKE.replace("PYTHON", sys.executable).replace("CASES", "()").replace("given =", f"{OLD}given =", 1)
    command.write_text(program, encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    words = ["generate", "m", "--vllm-command", str(command), "--show-prompt", "--strategy", "0-shot"]
    assert main([*words, "--limit", "1", "--out", str(tmp_path / "out")]) == 0
    shown, said = capsys.readouterr()
    assert "older than 0.17" in said
    assert '"role": "user"' in shown
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob("kojudge-*"))


POSTS = """
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        as_text = given.get("--chat-template-content-format") == "string"
        said = "점수: 7" if as_text else "data"
        status, reply = 200, {"choices": [{"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}]}
        if self.path.endswith("/detokenize"):
            reply = {"prompt": "".join(map(chr, body["tokens"]))}
        elif self.path.endswith("/tokenize"):
            given_as = [m["content"] if as_text else [{"type": "text", "text": m["content"]}] for m in body["messages"]]
            reply = {"tokens": [ord(c) for one in given_as for c in str(one)]}
            if "KIND" == "joins" and not as_text:
                status, reply = 400, {"error": {"message": 'can only concatenate str (not "list") to str'}}
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())
"""


def given_parts(folder: Path, kind: str, *, renders: bool = True) -> Path:
    """Write a vLLM that gives every message in parts to a template that walks through those of user messages."""
    command = folder / "vllm"
    program = FAKE.replace("PYTHON", sys.executable).replace("CASES", "()")
    program = program.replace("\n    def log_message", POSTS.replace("KIND", kind) + "\n    def log_message")
    command.write_text(program if renders else program.replace("given =", f"{OLD}given =", 1), encoding="utf-8")
    command.chmod(0o755)
    return command


@pytest.mark.parametrize("kind", ["joins", "writes data"])
@pytest.mark.parametrize("show", [True, False])
def test_a_template_that_wants_text_and_is_given_parts_gets_text(
    kind: str, show: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = given_parts(tmp_path, kind)
    words = ["generate", "m", "--vllm-command", str(command), "--strategy", "0-shot", "--limit", "1"]
    assert main([*words, "--out", str(tmp_path / "out"), *(["--show-prompt"] if show else [])]) == 0
    shown, said = capsys.readouterr()
    assert (shown + said).count("wants messages as text: --chat-template-content-format string") == 1
    if show:
        assert "does not tell how it renders" not in shown
        assert "'type'" not in shown
        assert not (tmp_path / "out").exists()
    else:
        (answer,) = RunFolder(tmp_path / "out/m").answers("0-shot").values()
        assert answer.outputs == ("점수: 7", "점수: 7")


@pytest.mark.parametrize(("kind", "renders"), [("joins", True), ("writes data", True), ("writes data", False)])
def test_a_judge_of_one_s_own_is_given_text_too(
    kind: str, renders: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = given_parts(tmp_path, kind, renders=renders)
    assert (
        main(["generate", "baseline:echo", "--strategy", "0-shot", "--limit", "1", "--out", str(tmp_path), "-q"]) == 0
    )
    run = RunFolder(tmp_path / "baseline_echo")
    assert main(["judge", str(run.path), "--judge-vllm", "m", "--judge-vllm-command", str(command)]) == 0
    assert capsys.readouterr().err.count("wants messages as text: --chat-template-content-format string") == 1
    assert {one.score for one in run.outcomes("m", "0-shot") if isinstance(one, Judgment)} == {7}


def test_of_a_judge_s_server_the_judge_s_options_are_named() -> None:
    found = another(AUTO_SPEC, 8000, SHARE)
    assert found is not None
    assert judge_words(found.says).endswith("trying --judge-vllm-arg gpu-memory-utilization=0.57")

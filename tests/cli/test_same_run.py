"""What goes on with a run and what is another configuration: engine flags, a smaller `--limit`."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.api.options import GenerateOptions
from judge.api.plan import plan_of
from judge.cli.main import main
from judge.records import Answer, Usage
from judge.runs.folder import RunFolder
from judge.stages.conversations import expected_conversations, owed
from tests.support.wire import Request, Response, Wire, chat, error

OLD_ENGINE = {
    "dtype": "bfloat16",
    "max_model_len": 2048,
    "vllm_args": {"gpu-memory-utilization": "0.95", "reasoning-parser": "qwen3"},
}
"""As releases before 0.2.0 stored it: flags on memory are in it, and in the digests of the answers."""


def options(out: Path, **more: object) -> GenerateOptions:
    given = {"out": str(out), "limit": 2, "strategy": ("0-shot",), "dtype": "bfloat16"} | more
    return GenerateOptions(**given)  # type: ignore[arg-type]


@pytest.fixture
def old_run(tmp_path: Path) -> RunFolder:
    """A run of an engine of an older release that answered one of two questions and died of memory."""
    plan = plan_of("org/m", options(tmp_path, vllm_arg=("reasoning-parser=qwen3",)))
    config = plan.config.model_copy(update={"engine": OLD_ENGINE})
    question = expected_conversations([c.question for c in plan.conversations], plan.strategies, config)[0]
    with plan.run.writing():
        plan.run.begin(config, plan.asked, plan.of_questions)
        plan.run.add_answer(
            Answer(
                id=question.question.id,
                category=question.question.category,
                questions=question.question.questions,
                outputs=("답", "답"),
                model="org/m",
                strategy="0-shot",
                usage=(Usage(), Usage()),
                digest=question.digest,
            )
        )
    return plan.run


@pytest.mark.parametrize(
    "flags",
    [
        {"vllm_arg": ("gpu-memory-utilization=0.8", "enforce-eager", "reasoning-parser=qwen3")},
        {"vllm_arg": ("reasoning_parser=qwen3",), "max_model_len": 4096},
    ],
)
def test_a_run_that_died_of_memory_goes_on_with_less_of_it(
    flags: dict[str, object], old_run: RunFolder, tmp_path: Path
) -> None:
    plan = plan_of("org/m", options(tmp_path, **flags))
    with plan.run.writing():
        plan.run.begin(plan.config, plan.asked, plan.of_questions)
    assert len(owed(plan.run, plan.conversations)) == 1


@pytest.mark.parametrize("flags", [{}, {"vllm_arg": ("reasoning-parser=qwen3",), "quantization": "awq"}])
def test_what_changes_answers_is_another_configuration(
    flags: dict[str, object], old_run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "generate",
        "org/m",
        "--out",
        str(tmp_path),
        "--limit",
        "2",
        "--strategy",
        "0-shot",
        "--vllm-command",
        "no",
    ]
    command += ["--dtype", "bfloat16"]
    for flag in flags.get("vllm_arg", ()):  # type: ignore[attr-defined]
        command += ["--vllm-arg", flag]
    command += ["--quantization", "awq"] if "quantization" in flags else []
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "holds a run of another configuration" in told
    assert "max_model_len" not in told or "vllm_args" in told


def test_flags_on_memory_are_not_stored_in_a_new_configuration(tmp_path: Path) -> None:
    plan = plan_of("org/m", options(tmp_path, max_model_len=512, vllm_arg=("enforce-eager", "max-num-seqs=4")))
    assert plan.config.engine == {"dtype": "bfloat16"}


def test_a_smaller_limit_narrows_what_is_expected_to_what_is_asked_or_answered(tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        return chat("답") if request.number <= 2 else error(400, "no")

    with Wire(answer) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "-q", "--strategy", "0-shot"]
        assert main([*command, "--limit", "6", "--concurrency", "1"]) == 1
        run = RunFolder(tmp_path / "m")
        (done,) = run.answers("0-shot")
        assert len(run.manifest().expected) == 6
        assert main([*command, "--limit", "1"]) == 0
        assert [question.id for question in run.manifest().expected] == [done]
        main([*command, "--limit", "3"])
        assert len(run.manifest().expected) == 3

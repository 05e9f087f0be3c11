"""The Python API does what the commands do, inside a loop that runs already."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import io
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pytest

import judge
from judge.api.options import JudgeOptions
from judge.api.plan import judge_configs
from judge.cli import main as cli
from judge.errors import ConfigError, InputError, StoreError
from judge.trust import stats
from tests.support.patience import PATIENCE_SECONDS
from tests.support.wire import Request, Response, Wire, chat

T = TypeVar("T")


def in_a_running_loop(work: Coroutine[Any, Any, T]) -> T:
    """As a notebook does it: the loop was running before the call was made."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> pd.DataFrame:
    assert cli.main([*words]) == 0
    return pd.read_csv(io.StringIO(capsys.readouterr().out))


@pytest.mark.proofs
def test_a_call_gives_what_the_command_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def both() -> tuple[judge.Generated, pd.DataFrame]:
        run = await judge.generate("baseline:echo", out=tmp_path, strategy=["0-shot", "1-shot"], limit=6)
        return run, await judge.judge(run, judge="rules")

    run, board = in_a_running_loop(both())
    assert capsys.readouterr().out == ""
    assert (run.answered, run.failed, run.expected) == (12, 0, 12)
    assert list(board["strategy"]) == ["0-shot", "1-shot"]
    shown = printed(capsys, "table", str(run.path), "--format", "csv")
    pd.testing.assert_frame_equal(board.round(2).astype(shown.dtypes), shown, check_exact=False, atol=0.0051)
    pd.testing.assert_frame_equal(judge.table(run), board)
    assert list(judge.table([run.path], strategy="1-shot")["strategy"]) == ["1-shot"]


@pytest.mark.proofs
def test_a_table_has_the_interval_that_is_asked_for(tmp_path: Path) -> None:
    board = asyncio.run(judge.run("baseline:boilerplate", judge="rules", out=tmp_path, strategy="0-shot"))
    (row,) = judge.table(tmp_path, ci="bootstrap", draws=500).to_dict("records")
    assert row["low"] < row["Overall"] < row["high"]
    assert row["Overall"] == board["Overall"].iloc[0]
    assert "low" not in judge.table(tmp_path)


@pytest.mark.proofs
def test_run_asks_the_model_and_the_judge_and_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(request: Request) -> Response:
        return chat("평가: 좋음\n점수: 8" if "심사위원" in str(request.body["messages"][0]) else "답입니다.")

    with Wire(answer) as wire:
        board = in_a_running_loop(
            judge.run(
                "org/m",
                base_url=wire.url,
                judge=["j", "rules"],
                judge_base_url=wire.url,
                strategy="0-shot",
                limit=6,
                out=tmp_path,
            )
        )
    assert set(board["judge"]) == {"j", "rules (offline heuristic)"}
    assert board.set_index("judge")["Overall"]["j"] == 8
    assert capsys.readouterr() == ("", "")


def test_a_cancelled_call_keeps_what_is_finished_and_the_next_one_goes_on(tmp_path: Path) -> None:
    asked: list[str] = []

    async def cut_short(url: str) -> None:
        task = asyncio.ensure_future(judge.judge(run, judge="j", judge_base_url=url, judge_concurrency=1))
        while len(asked) < 6:  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def answer(request: Request) -> Response:
        asked.append(request.last)
        return chat("평가: 좋음\n점수: 7", delay_seconds=PATIENCE_SECONDS if len(asked) == 6 else 0)

    run = asyncio.run(judge.generate("baseline:boilerplate", out=tmp_path, strategy="0-shot", limit=6))
    with Wire(answer) as wire:
        asyncio.run(cut_short(wire.url))
        board = asyncio.run(judge.judge(run, judge="j", judge_base_url=wire.url))
    assert board["judged"].iloc[0] == 12
    assert board["Overall"].iloc[0] == pytest.approx((7 + 7 * 5 / 6) / 2)  # Korean where English is demanded: 0 by rule
    assert len(set(asked)) == 11
    assert len(asked) <= 12  # at most the one request in flight is paid again


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: judge.table(".", by="models"), "models"),
        (lambda: judge.table(".", rouding="truncate"), "table: no option 'rouding': did you mean 'rounding'"),
        (lambda: judge.table(".", by="turn"), "is a printed view"),
        (lambda: asyncio.run(judge.generate("m", quiet=True)), "generate: no option 'quiet'"),
        (lambda: asyncio.run(judge.judge("nowhere", judge="rules")), "nowhere"),
        (lambda: asyncio.run(judge.run("baseline:eco", judge="rules")), "unknown null model 'baseline:eco'"),
        (lambda: asyncio.run(judge.run(["a", "b"], judge="rules")), "MODEL is one model, not ['a', 'b']"),
        (lambda: asyncio.run(judge.generate(["a"])), "MODEL is one model"),
        (lambda: asyncio.run(judge.generate("m", limit="six")), "limit: 'six' is no whole number"),
        (lambda: asyncio.run(judge.generate("m", limit=True)), "limit: True is no whole number"),
        (lambda: asyncio.run(judge.generate("m", temperature=3)), "temperature: 3 is more than 2"),
        (lambda: asyncio.run(judge.generate("m", strategy={"a": 1})), "strategy: a mapping is no list of names"),
        (lambda: asyncio.run(judge.generate("m", fresh="yes")), "fresh: 'yes' is neither true nor false"),
        (lambda: asyncio.run(judge.judge(".", judge="j", parse_retries=-1)), "parse_retries: -1 is less than 0"),
        (lambda: asyncio.run(judge.judge(".", base_url="a", judge_base_url="b")), "are one option"),
        (lambda: asyncio.run(judge.judge([], judge="rules")), "give a path"),
        (lambda: asyncio.run(judge.qualify()), "no judge"),
        (lambda: asyncio.run(judge.qualify(judge="a,b", share=True)), "leave --share out"),
        (lambda: asyncio.run(judge.qualify("gpt-4o")), "as one QualifyOptions"),
        (lambda: asyncio.run(judge.qualify(judge="rules", questions="hard")), "on all probes: leave questions out"),
        (lambda: asyncio.run(judge.qualify(judge="rules", reparse=True)), "on all probes: leave reparse out"),
        (lambda: judge.table(3), "give a path"),
        (lambda: judge.table(""), "one of them is empty"),
        (lambda: judge.table("x" * 300), "cannot be used (File name too long)"),
        (lambda: asyncio.run(judge.judge("x" * 300, judge="rules")), "cannot be used (File name too long)"),
        (lambda: judge.GenerateOptions(pack="x\0"), "pack: is no text that a path or a request can hold"),
        (lambda: judge.GenerateOptions(strategy=["0-shot", "x\0.yaml"]), "strategy: is no text that a path"),
        (lambda: judge.GenerateOptions(extra_body='{"a": 1, "a": 2}'), "extra_body: the key 'a' is given twice"),
        (lambda: asyncio.run(judge.generate("m", base_url="")), "base_url: is empty"),
        (lambda: asyncio.run(judge.generate("m", out=" ")), "out: is empty"),
        (lambda: asyncio.run(judge.generate("m", limit=np.float32(1.5))), "limit: '1.5' is no whole number"),
        (lambda: judge.GenerateOptions(extra_body={"a": float("inf")}), "extra_body: holds what JSON cannot say"),
        (lambda: judge.GenerateOptions(extra_body={"a": [Path()]}), "extra_body: holds what JSON cannot say"),
        (lambda: judge.GenerateOptions(extra_body={"a": "\ud800"}), "extra_body: holds half a character"),
        (lambda: judge.table(".", judge.JudgeOptions()), "or as one TableOptions"),
        (lambda: judge.table(".", judge.TableOptions(), by="model"), "or as one TableOptions"),
        (lambda: judge.TableOptions(draws=10**9), "draws: 1000000000 is more than 100000"),
    ],
)
def test_a_mistake_is_an_error_of_one_line(call: Any, fault: str) -> None:
    with pytest.raises((ConfigError, InputError, StoreError)) as caught:
        call()
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_call_takes_its_options_as_keywords_or_as_one_object(tmp_path: Path) -> None:
    options = judge.GenerateOptions(out=tmp_path, strategy="0-shot,1-shot", limit=6)
    one = asyncio.run(judge.generate("baseline:echo", options))
    other = asyncio.run(judge.generate("baseline:echo", out=str(tmp_path), strategy=("0-shot", "1-shot"), limit="6"))
    assert one == other
    assert one.answered == 12


def test_options_take_the_numbers_of_numpy_and_keep_a_body_of_their_own() -> None:
    body: dict[str, Any] = {"chat_template_kwargs": {"thinking": True}, "stop": ("a", "b")}
    options = judge.GenerateOptions(limit=np.int64(6), temperature=np.float32(0.5), extra_body=body)
    body["chat_template_kwargs"]["thinking"] = False
    assert (options.limit, options.temperature) == (6, 0.5)
    assert options.extra_body == {"chat_template_kwargs": {"thinking": True}, "stop": ["a", "b"]}


@pytest.mark.parametrize("name", ["generate", "judge", "qualify", "run", "table"])
def test_help_lists_every_option_with_its_default_and_meaning(name: str) -> None:
    call, options = getattr(judge, name), getattr(judge, f"{name.capitalize()}Options")
    known = inspect.signature(call).parameters
    for field in dataclasses.fields(options):
        assert known[field.name].default == field.default
        assert f"    {field.name}: {field.metadata['help']}\n" in call.__doc__
        assert len(field.metadata["help"]) > 4
    assert inspect.iscoroutinefunction(call) == (name != "table")


def test_the_bootstrap_is_that_of_the_statistics() -> None:
    assert (judge.TableOptions().draws, judge.TableOptions().random_seed) == (stats.DRAWS, stats.SEED)


def test_a_file_whose_name_begins_with_a_dash_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = asyncio.run(judge.generate("baseline:echo", out="-odd", strategy="0-shot", limit=6))
    assert run.path.is_dir()
    assert len(asyncio.run(judge.judge(["-odd"], judge="rules"))) == 1


def test_a_quantized_judge_is_another_judge_and_one_with_less_memory_is_not() -> None:
    def digest(*flags: str) -> str:
        [config] = judge_configs(JudgeOptions(judge_vllm="org/j", judge_vllm_arg=flags))
        return config.digest()

    assert digest() == digest("max-model-len=99", "--enforce_eager")
    assert len({digest(), digest("quantization=fp8"), digest("dtype=float16"), digest("skip-x"), digest("skip-y")}) == 5

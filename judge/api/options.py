"""What may be asked of the calls: one frozen class a call, each option with its type, default, unit and meaning.

This is the only place that knows a default: the keywords of `judge.generate` and the others, their `help()`, the
command line and its `--help` are all made of these fields (`calls`, `cli/options`). A class of its own stands for what
several calls share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import PlainValidator

from judge.api.values import (
    MANY,
    AtLeastOne,
    Body,
    Devices,
    Flag,
    InFlight,
    Money,
    NameList,
    NameOrPath,
    Options,
    PathValue,
    PerMinute,
    Seconds,
    Seed,
    Switch,
    Texts,
    TextValue,
    option,
    real,
    real_or_none,
    split_names,
    whole,
)
from judge.config import RULES
from judge.packs.strategies import name_of
from judge.runs.current import Rerun
from judge.runs.games import Scope
from judge.tables.numbers import Rounding
from judge.tables.render import View
from judge.tables.results import FailureRule

Api = Literal["openai", "azure"]
Temperature = Annotated[float | None, real_or_none(0, 2)]
"""None: not sent, for an endpoint that takes none."""
Strategies = Annotated[Sequence[str], PlainValidator(lambda value: tuple(map(name_of, split_names(value))))]
"""Names of strategies that are there already; the file of one stands for its name."""
MODEL_CONCURRENCY = 128
"""Conversations in flight at most, unless told otherwise."""


def _level_count(value: object) -> int:
    if str(value) not in ("3", "5"):
        raise ValueError(f"{str(value)[:40]!r} is neither 3 nor 5")
    return int(str(value))


level_count = PlainValidator(_level_count)
JUDGE_CONCURRENCY = 100
"""Verdicts in flight at most, unless told otherwise; the endpoint's limits are found out below that."""


@dataclass(frozen=True, kw_only=True)
class WorkOptions(Options):
    """What `generate`, `judge` and `run` share: questions, requests, where results go."""

    progress: Flag = option(False, "say on standard error how far it is")
    questions: NameOrPath | None = option(None, "a question set (default: core)")
    pack: PathValue | None = option(None, "folder with questions/ and templates/ of your own")
    timeout: Seconds | None = option(None, "seconds of one request (default: 600; 3600 for a server it starts)")
    tries: Annotated[int, whole(1, 1000)] | None = option(None, "requests for one item before it fails (default: 6)")
    out: PathValue = option("outputs", "folder of the runs")
    model_name: TextValue | None = option(None, "the name in folders and tables (default: MODEL)")
    fresh: Flag = option(False, "move an earlier run aside and start anew")


@dataclass(frozen=True, kw_only=True)
class GenerateOptions(WorkOptions):
    """What `generate` takes."""

    strategy: NameList = option(
        (),
        "names of strategies, or files such as mine.yaml "
        "(default: all of the pack's own, or 0-shot,1-shot,cot-1-shot if it has none)",
    )
    base_url: TextValue | None = option(None, "a running server, such as http://127.0.0.1:8000/v1")
    served_model: TextValue | None = option(None, "the name the server knows it by (default: MODEL)")
    api: Api | None = option(None, "kind of endpoint (default: read off the URL)")
    api_key_env: TextValue | None = option(None, "variable that holds the key (default: OPENAI_API_KEY)")
    concurrency: InFlight | None = option(None, f"conversations in flight (default: {MODEL_CONCURRENCY})")
    rpm: PerMinute | None = option(None, "requests a minute, if known")
    tpm: PerMinute | None = option(None, "tokens a minute, if known")

    vllm_command: NameOrPath | None = option(None, "the vllm of another environment")
    gpus: Devices = option((), "devices; tensor parallel over them")
    max_model_len: AtLeastOne | None = option(None, "context in tokens (default: the model's own, or what fits)")
    dtype: TextValue | None = option(None, "such as bfloat16, half (default: the model's own)")
    quantization: TextValue | None = option(None, "such as bitsandbytes (default: as the model is)")
    lora: NameOrPath | None = option(None, "an adapter on top of MODEL")
    trust_remote_code: Flag = option(False, "run code that comes with the model")
    vllm_arg: Texts = option((), "any other vLLM flag; may be given more than once")
    chat_format: NameOrPath | None = option(None, "chat template instead of the model's own")
    start_timeout: Seconds = option(1800.0, "seconds until the server answers")

    temperature: Temperature = option(0.0, "0 to 2, or none: not sent")
    top_p: Annotated[float, real(0, 1, above=True)] | None = option(None, "above 0, up to 1")
    max_tokens: AtLeastOne | None = option(
        None, "of one turn (default: 4,096, of a model that thinks 32,768; within what the context leaves)"
    )
    seed: Seed | None = option(None, "of the sampling, where the endpoint takes one")
    extra_body: Body | None = option(None, 'further request fields, such as {"top_k": 20}')
    samples: Annotated[int, whole(1, 100)] = option(1, "answers a question and strategy; needs a temperature")
    limit: AtLeastOne | None = option(None, "only N questions, spread over the categories")


@dataclass(frozen=True, kw_only=True)
class JudgingOptions(WorkOptions):
    """What `judge` and `run` share: who judges, where, and for how much."""

    judge: Texts = option((), f"a model, or `{RULES}` for the offline rule judge; may be given more than once")
    share: Flag = option(False, "each question is judged by one of the judges, the same one for every model")
    judge_base_url: TextValue | None = option(None, "the judge's endpoint (default: OpenAI)")
    judge_vllm: TextValue | None = option(None, "judge with a model on a vLLM server that kojudge starts")
    judge_vllm_command: NameOrPath | None = option(None, "the vllm of another environment")
    judge_vllm_arg: Texts = option((), "any vLLM flag; may be given more than once")
    judge_api: Api | None = option(None, "kind of endpoint")
    judge_api_key_env: TextValue | None = option(None, "variable that holds the judge's key")
    judge_concurrency: InFlight | None = option(
        None, f"verdicts in flight (default: found out, up to {JUDGE_CONCURRENCY})"
    )
    judge_rpm: PerMinute | None = option(None, "requests a minute, if known")
    judge_tpm: PerMinute | None = option(None, "tokens a minute, if known")
    structured: Switch = option("auto", "ask for JSON by a schema, text where that is refused; auto: if the pack can")
    judge_temperature: Temperature = option(0.0, "0 to 2, or none: not sent")
    judge_max_tokens: AtLeastOne | None = option(None, "of a reply (default: the endpoint's)")
    judge_seed: Seed | None = option(None, "of the sampling, where the endpoint takes one")
    judge_extra_body: Body | None = option(None, "further request fields of the judge")
    repeats: Annotated[int, whole(1, 1000)] = option(1, "verdicts a turn")
    parse_retries: Annotated[int, whole(0, 100)] = option(2, "asks again for a reply without score")
    run_code: Flag = option(
        False, "run Python code of answers on the questions' hidden cases, walled in, and tell the judge (Linux)"
    )

    price_in: Money | None = option(None, "dollars per million tokens in")
    price_out: Money | None = option(None, "dollars per million tokens out")
    price_cached: Money | None = option(None, "dollars per million cached tokens in")
    prices: PathValue | None = option(None, "lines like gpt-4o: {in: 2.5, out: 10}")
    max_cost: Money | None = option(None, "dollars; stop cleanly before a judge costs more than this")

    @property
    def judged_from_file(self) -> bool:
        """Whether the replies come from a file, so that no endpoint is asked."""
        return False

    @property
    def engine_command(self) -> str | None:
        """The vllm that serves a judge of our own; None for the one that is found."""
        return None if self.judge_vllm_command is None else str(self.judge_vllm_command)


@dataclass(frozen=True, kw_only=True)
class SavedOptions(JudgingOptions):
    """What `judge` and `pairwise` share: saved answers are judged, one by one or in batches."""

    spellings: ClassVar[Mapping[str, str]] = {
        name: f"judge_{name}" for name in ("base_url", "api", "api_key_env", "concurrency", "rpm", "tpm")
    }

    strategy: Strategies = option(
        (), "only these strategies; one alone also names that of a file whose name does not tell it"
    )
    batch: Flag = option(False, "use the Batch API: half the price, within a day")
    batch_poll: Annotated[float, real(0, 86_400, above=True)] | None = option(
        None, "seconds between two looks at a batch (default: 5 to 60)"
    )
    batch_import: PathValue | None = option(None, "read an offline runner's results")

    @property
    def judged_from_file(self) -> bool:
        """Whether the replies come from a file, so that no endpoint is asked."""
        return self.batch_import is not None


@dataclass(frozen=True, kw_only=True)
class JudgeOptions(SavedOptions):
    """What `judge` takes."""

    rerun: Rerun = option("failed", "judge failed verdicts again, all, or those that the audit flags")
    reparse: Flag = option(False, "read the stored replies again; asks and pays nothing")


@dataclass(frozen=True, kw_only=True)
class DecisionOptions(Options):
    """What the verbs take that decide whether one side is good enough."""

    margin: Annotated[float, real(0, MANY, above=True)] | None = option(
        None, "also decide: is b worse than a by more than this? Exit code 0 not worse, 3 worse, 4 cannot say"
    )
    equivalent: Flag = option(False, "with --margin: may b be neither worse nor better by more than that?")


@dataclass(frozen=True, kw_only=True)
class PairwiseOptions(SavedOptions, DecisionOptions):
    """What `pairwise` takes."""

    margin: Annotated[float, real(0, MANY, above=True)] | None = option(
        None,
        "also decide: does a win less than one half by more than this (0.05: below 45 %) against b? Exit code 0 not "
        "worse, 3 worse, 4 cannot say",
    )
    equivalent: Flag = option(False, "with --margin: may a be neither worse nor better by more than that?")
    by: Literal["model", "strategy"] | None = option(
        None, "what the two sides of a game differ in (default: the model where there are several, else the strategy)"
    )
    baseline: TextValue | None = option(None, "judge all others against this model or strategy (default: all pairs)")
    orders: Literal["both", "one"] = option(
        "both", "show every pair of answers both ways round, or one way: half the calls, and the place may decide"
    )
    levels: Annotated[int, level_count] = option(5, "5: A>>B, A>B, A=B, B>A, B>>A; 3: A>B, A=B, B>A")
    scope: Scope = option("turn", "judge every turn with the conversation before it, or the whole conversation at once")
    rerun: Literal["failed", "all"] = option("failed", "judge failed games again, or all")
    until_decided: Flag = option(
        False, "ask a fifth of the questions at a time and stop as soon as it is settled who is better, or --margin"
    )
    draws: Annotated[int, whole(1, 100_000)] = option(10_000, "bootstrap draws")
    random_seed: Annotated[int, whole(0, 2**63 - 1)] = option(20240101, "of the bootstrap")


@dataclass(frozen=True, kw_only=True)
class QualifyOptions(JudgeOptions):
    """What `qualify` takes."""

    probes: PathValue | None = option(None, "probes of your own (default: the built-in ones)")
    again: Flag = option(False, "judge 20 of the texts again: has the judge changed since its certificate?")


@dataclass(frozen=True, kw_only=True)
class RunOptions(GenerateOptions, JudgingOptions):
    """What `run` takes."""

    @property
    def engine_command(self) -> str | None:
        """The vllm that serves a judge of our own: that of the model unless another is named."""
        found = self.judge_vllm_command or self.vllm_command
        return None if found is None else str(found)


@dataclass(frozen=True, kw_only=True)
class TableOptions(Options):
    """What `table` takes, and what the other verbs that read share with it."""

    spellings: ClassVar[Mapping[str, str]] = {"strategies": "strategy"}

    judge: Texts = option(
        (), "only this judge, as tables call it or by its own name; may be given more than once, or with commas"
    )
    strategy: Strategies = option(
        (), "only these strategies; one alone also names that of a LogicKor file whose name does not tell it"
    )
    model_name: TextValue | None = option(None, "of a LogicKor file whose path does not tell it")
    by: View = option("strategy", "what rows are compared by")
    rounding: Rounding = option("half-up", "of the numbers as they are printed")
    failures: FailureRule = option("exclude", "leave failed verdicts out, or count 0")
    ci: Literal["none", "bootstrap", "analytic"] | None = option(
        None, "95 % interval of Overall, and ranks by bootstrap (default: bootstrap in text and Markdown, else none)"
    )
    gate: Literal["language"] | None = option(None, "also Overall with the language rule enforced")
    penalty: Literal["komt"] | None = option(
        None, "KoMT-Bench's: the square root of a score of an answer that is not Korean"
    )
    calibration: PathValue | None = option(None, "also Overall on an old judge's scale")
    null: Flag = option(False, "also what the judges give to the null models")
    draws: Annotated[int, whole(1, 100_000)] = option(10_000, "bootstrap draws")
    random_seed: Annotated[int, whole(0, 2**63 - 1)] = option(20240101, "of the bootstrap")


@dataclass(frozen=True, kw_only=True)
class PlanOptions(Options):
    """What `plan` takes."""

    difference: Annotated[float, real(0, MANY, above=True)] | None = option(
        None, "the true difference to be found, in points of Overall"
    )
    margin: Annotated[float, real(0, MANY, above=True)] | None = option(
        None, "instead: a side without any difference is to be found not worse by this"
    )
    power: Annotated[float, real(0.5, 0.999)] = option(0.8, "the probability that it is found")
    spread: Annotated[float, real(0, MANY, above=True)] | None = option(
        None, "standard deviation of a question's difference (default: measured, or 1.9)"
    )
    price_in: Money | None = option(None, "dollars per million tokens in")
    price_out: Money | None = option(None, "dollars per million tokens out")
    price_cached: Money | None = option(None, "dollars per million cached tokens in")
    prices: PathValue | None = option(None, "lines like gpt-4o: {in: 2.5, out: 10}")

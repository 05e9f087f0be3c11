"""Options -> what will be done: questions, strategies, configuration, server, judges."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judge.api.checks import (
    check_judges,
    check_judges_server,
    check_model,
    check_place,
    check_samples,
    check_sharing,
    check_started,
)
from judge.api.estimate import check_cost
from judge.api.judges import manner_of, pack_of, rules_judge_config
from judge.api.options import GenerateOptions, JudgingOptions, WorkOptions
from judge.api.values import PathLike
from judge.config import BASELINES, RULES, Endpoint, GenerateConfig, JudgeConfig, Sampling, sharing
from judge.endpoints.access import Access, resolve
from judge.endpoints.vllm.command import AUTO, ServerSpec, changes_results, flag_name, vllm_args
from judge.errors import ConfigError
from judge.packs.chat_formats import ChatFormat, load_chat_format
from judge.packs.folder import load_settings
from judge.packs.questions import load_questions
from judge.packs.strategies import Strategy, load_strategies
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.runs.names import model_folder
from judge.stages.answerers import BaselineAnswerer
from judge.stages.conversations import Conversation, expected_conversations


@dataclass(frozen=True)
class Plan:
    """A generation, resolved."""

    model: str
    """What is asked: hub id, local path, served name, null model."""
    config: GenerateConfig
    strategies: list[Strategy]
    conversations: list[Conversation]
    asked: list[ExpectedQuestion]
    of_questions: int
    edition: str
    """Of a built-in question set."""
    question_file: str
    """What another question set is called."""
    run: RunFolder
    baseline: BaselineAnswerer | None
    access: Access | None
    """None: a null model, or a server of our own."""
    notes: tuple[str, ...] = ()
    """What of the question set is not asked."""


def question_set_of(options: WorkOptions) -> str | None:
    """Return the name or the file of the question set asked for."""
    return None if options.questions is None else str(options.questions)


def plan_of(given: PathLike, options: GenerateOptions) -> Plan:
    """Resolve and check everything for the model that is `given`, before anything is started."""
    model, pack = check_model(given), pack_of(options)
    settings = load_settings(pack).generate
    questions = load_questions(pack, question_set_of(options))
    strategies = [
        strategy.sample(number)
        for strategy in load_strategies(options.strategy, pack)
        for number in range(1, options.samples + 1)
    ]
    chosen = questions.head(options.limit)
    baseline = model in BASELINES
    managed = not baseline and options.base_url is None and options.api is None
    if managed and options.vllm_command is None:  # another environment may have another file system
        check_place("MODEL", model)
        check_place("--lora", _text(options.lora) or "")
    sampling = Sampling(
        temperature=options.temperature,
        top_p=options.top_p,
        max_tokens=options.max_tokens,
        seed=options.seed,
        extra_body=fields_of(options.extra_body),
        stop=tuple(dict.fromkeys([*(used.stop if (used := chat_format(options)) else ()), *settings.stop])),
    )
    if options.samples > 1:
        check_samples(sampling, baseline=baseline)
    name = options.model_name or (Path(model).resolve().name if os.path.isdir(model) else model)
    run = RunFolder(model_folder(Path(options.out), name))
    config = GenerateConfig(
        model=name,
        asked=_asked(model, options),
        sampling=sampling,
        questions=questions.digest,
        strategies={strategy.name: strategy.digest for strategy in strategies},
        engine=same_engine(run, engine_settings(options), fresh=options.fresh) if managed else {},
        verbatim=settings.verbatim,
    )
    access = None
    if not baseline and not managed:
        check_started(options)
        access = resolve(
            os.environ,
            role="model",
            base_url=options.base_url,
            api=options.api,
            key_env=options.api_key_env,
            timeout_seconds=options.timeout,
            tries=options.tries,
        )
    return Plan(
        model,
        config,
        strategies,
        expected_conversations(chosen, strategies, config),
        [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in chosen],
        len(questions.questions),
        questions.edition,
        questions.file,
        run,
        BaselineAnswerer(model, questions.questions, name) if baseline else None,
        access,
        questions.notes,
    )


def _asked(model: str, options: GenerateOptions) -> str:
    whole = str(Path(model).resolve()) if os.path.isdir(model) else model
    return f"{whole} as {options.served_model}" if options.served_model else whole


MANAGED = Access(Endpoint(), "", None)
"""Stands for the server that `--judge-vllm` starts."""

NOBODY = Access(Endpoint(base_url="http://nobody"), "", None)
"""Stands where nothing is asked, so that no key is needed: the results come from a file."""


def judge_plans(options: JudgingOptions) -> list[tuple[JudgeConfig, Access | None]]:
    """Resolve and check every judge before anything is started. None: no endpoint is needed."""
    configs = judge_configs(options)
    for config in configs:
        check_cost(config, options)
    managed = len(configs) - 1 if options.judge_vllm else None
    return [(config, _access(config, options, place == managed)) for place, config in enumerate(configs)]


def judge_configs(options: JudgingOptions) -> list[JudgeConfig]:
    """Return the judges that are asked for; no key is needed. Raises ConfigError, InputError."""
    if not options.judge and not options.judge_vllm:
        raise ConfigError(f"no judge: give --judge NAME (a model, or {RULES}) or --judge-vllm MODEL")
    if options.run_code and not options.judge_vllm and set(options.judge) == {RULES}:
        raise ConfigError(f"--run-code is for a model as judge; --judge {RULES} is told no facts")
    check_judges_server(options)
    names = [*check_judges(options.judge), *([options.judge_vllm] if options.judge_vllm else [])]
    if options.judge_vllm and options.engine_command is None and not options.judged_from_file:
        check_place("--judge-vllm", options.judge_vllm)
    if options.share:
        check_sharing(names)
    configs = [rules_judge_config(options) if name == RULES else judge_config(name, options) for name in names]
    if options.judge_vllm:
        flags = {flag_name(name): value or "on" for name, value in vllm_args(options.judge_vllm_arg)}
        engine = {name: value for name, value in flags.items() if changes_results(name)}
        configs[-1] = configs[-1].model_copy(update={"engine": engine})
    return sharing(configs) if options.share else configs


def _access(config: JudgeConfig, options: JudgingOptions, managed: bool) -> Access | None:
    if config.judge == RULES and not managed:
        return None
    if options.judged_from_file:
        return NOBODY
    if managed:
        return MANAGED
    return resolve(
        os.environ,
        role="judge",
        base_url=options.judge_base_url,
        api=options.judge_api,
        key_env=options.judge_api_key_env,
        timeout_seconds=options.timeout,
        tries=options.tries,
    )


def judge_config(name: str, options: JudgingOptions) -> JudgeConfig:
    """Return the configuration of a model as judge. Raises ConfigError, InputError."""
    return JudgeConfig(
        judge=name,
        sampling=Sampling(
            temperature=options.judge_temperature,
            max_tokens=options.judge_max_tokens,
            seed=options.judge_seed,
            extra_body=fields_of(options.judge_extra_body),
        ),
        parse_retries=options.parse_retries,
        **manner_of(options),
    )


def fields_of(given: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Return the further request fields of an option, which is a mapping once it is checked."""
    return dict(given) if isinstance(given, Mapping) else {}


def chat_format(options: GenerateOptions) -> ChatFormat | None:
    """Return the chat format asked for. Raises InputError, and ConfigError for a server that is not ours."""
    if options.chat_format is None:
        return None
    loaded = load_chat_format(str(options.chat_format))
    if options.base_url is not None:
        raise ConfigError(
            f"--chat-format needs a server that kojudge starts; start yours with --chat-template {loaded.path}"
        )
    return loaded


def engine_settings(options: GenerateOptions) -> dict[str, Any]:
    """Return the settings of a managed server that change what the model says."""
    named = {"dtype": options.dtype, "quantization": options.quantization, "lora": _text(options.lora)}
    given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    extra = {flag_name(name): value for name, value in vllm_args(options.vllm_arg) if changes_results(name)}
    used = chat_format(options)
    if used is not None:
        given["chat_format"] = f"{used.name} {used.digest}"
    return given | ({"vllm_args": extra} if extra else {})


def same_engine(run: RunFolder, engine: dict[str, Any], *, fresh: bool) -> dict[str, Any]:
    """Return the engine's settings as a run of the same ones has stored them; older releases stored all of them.

    They are part of the digests of the answers there, which stay valid. Raises InputError.
    """
    if not run.exists():
        return engine
    head = run.head()
    stored = head.config.engine
    used = {name: value for name, value in stored.items() if name not in ("max_model_len", "vllm_args")}
    flags = stored.get("vllm_args", {})
    extra = {flag_name(name): value for name, value in flags.items() if changes_results(name)}
    same = used | ({"vllm_args": extra} if extra else {}) == engine
    return stored if same and (head.fresh or not fresh) else engine


def server_spec(model: str, options: GenerateOptions) -> ServerSpec:
    """Return what is to be started."""
    used = chat_format(options)
    return ServerSpec(
        model=model,
        vllm_command=_text(options.vllm_command),
        gpus=tuple(map(str, options.gpus)),
        max_model_len=options.max_model_len or AUTO,
        dtype=options.dtype,
        quantization=options.quantization,
        lora=_text(options.lora),
        trust_remote_code=options.trust_remote_code,
        seed=options.seed,
        chat_template=str(used.path) if used else None,
        extra=vllm_args(options.vllm_arg),
        start_timeout_seconds=options.start_timeout,
    )


def _text(given: PathLike | None) -> str | None:
    return None if given is None else str(given)

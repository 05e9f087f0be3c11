"""Who answers and who judges, checked before anything is started."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from judge.api.options import DecisionOptions, GenerateOptions, JudgingOptions
from judge.api.values import PathLike
from judge.config import BASELINES, RULES, Sampling
from judge.errors import ConfigError, InputError, did_you_mean


def check_paths(paths: PathLike | Iterable[PathLike]) -> list[Path]:
    """Return one path or many as a list. Raises ConfigError for none, and for what is no path."""
    single = isinstance(paths, str | os.PathLike) or not isinstance(paths, Iterable)
    found = [paths] if single else list(paths)  # type: ignore[arg-type]
    if not found or not all(isinstance(path, str | os.PathLike) for path in found):
        raise ConfigError("give a path, or a list of paths" + ("; the list is empty" if not found else ""))
    if not all(str(path).strip() for path in found):  # `Path("")` would be all that lies in this folder
        raise ConfigError("give a path, or a list of paths; one of them is empty")
    return [Path(path) for path in found]  # type: ignore[arg-type]


def check_judges(given: Sequence[str]) -> list[str]:
    """Return the judges without repeats; `a,b` is two. Raises InputError for a near miss of a built-in name."""
    found = [part.strip() for name in given for part in name.split(",") if part.strip() or not name.strip(" ,")]
    for name in found:
        if not name.strip():
            raise InputError("--judge is empty", mend=f"give a model's name, or {RULES}")
        hint = did_you_mean(name, [RULES])
        if name != RULES and hint.startswith("did you mean"):
            raise InputError(f"unknown judge '{name}': {hint}, or the name of a model")
        if name.startswith("baseline:"):
            raise InputError(f"'{name}' is a null model and cannot judge", mend=f"known: {RULES}, or a model's name")
        check_text("--judge", name)
    return list(dict.fromkeys(found))


def check_sharing(names: Sequence[str]) -> None:
    """Raise ConfigError where these judges cannot share the questions."""
    if RULES in names:
        raise ConfigError(f"--share is for models as judges; the scores of {RULES} never count together with theirs")
    if len(set(names)) < 2:
        raise ConfigError("--share needs two judges or more; give --judge A --judge B")
    if len(set(names)) < len(names):
        raise ConfigError("--share: two judges have one name; give the served one another (--judge-vllm)")


def check_margin(options: DecisionOptions, width: float | None, usual: float) -> None:
    """Raise ConfigError for a margin that nothing could ever exceed, and for `equivalent` alone.

    `width`: of the range of what is measured; `usual`: a margin that makes sense there.
    """
    margin = options.margin
    if margin is None and options.equivalent:
        raise ConfigError("equivalent: of what size may a difference be? Give --margin, too")
    if margin is not None and width is not None and margin >= width:
        raise ConfigError(f"margin: {margin:g} is no less than the whole range of {width:g}; a usual one is {usual:g}")


def check_text(option: str, text: str) -> None:
    """Raise InputError for a name with half a character or a byte that is no UTF-8: no file could hold it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{option} {text!r} is not UTF-8 text", mend="type the name anew") from None


def check_model(model: PathLike) -> str:
    """Return the model's name. Raises ConfigError for several models, InputError for an unknown null model."""
    if not isinstance(model, str | os.PathLike):
        raise ConfigError(f"MODEL is one model, not {model!r:.80}; for several make one call each")
    name = os.fspath(model)
    check_text("MODEL", name)
    if name.startswith("baseline:") and name not in BASELINES:
        raise InputError(f"unknown null model '{name}': {did_you_mean(name, BASELINES)}")
    if not name.strip():
        raise InputError("MODEL is empty", mend="give a hub id, a local path, or a served name")
    return name


STARTED = ("gpus", "max_model_len", "dtype", "quantization", "lora", "trust_remote_code", "vllm_arg")
"""Options of the server of a model that kojudge starts."""


def check_started(options: GenerateOptions) -> None:
    """Raise ConfigError for an option of a server that kojudge starts where none is started: it would do nothing."""
    for name in STARTED:
        if getattr(options, name):
            instead = "--base-url" if options.base_url is not None else "--api"
            raise ConfigError(
                f"--{name.replace('_', '-')} is for a server that kojudge starts, and with {instead} it starts none; "
                "start yours with it, or leave one of the two out"
            )


def check_judges_server(options: JudgingOptions) -> None:
    """Raise ConfigError for an option of a judge's server that kojudge starts where none is started."""
    for name in ("judge_vllm_command", "judge_vllm_arg"):
        if getattr(options, name) and not options.judge_vllm:
            raise ConfigError(
                f"--{name.replace('_', '-')} is for a judge's server that kojudge starts: --judge-vllm MODEL"
            )


def check_place(option: str, given: str) -> None:
    """Raise InputError for a path of a model at which nothing lies; what may be a hub id is not looked up."""
    if given.startswith(("/", "./", "../", "~")) and not os.path.exists(given):
        mend = "give the path of a model on this machine, or a hub id"
        raise InputError(f"{option}: no such file or folder", path=given, mend=mend)


def check_samples(sampling: Sampling, *, baseline: bool) -> None:
    """Raise ConfigError where several answers to a question would all be the same."""
    fields = sampling.parameters()
    if baseline:
        raise ConfigError("samples: a null model says the same each time; leave it out")
    if fields.get("temperature") == 0:
        raise ConfigError("samples: at temperature 0 all answers to a question are alike; give --temperature 0.7")
    if "seed" in sampling.extra_body:
        raise ConfigError("samples: the seed in --extra-body makes all answers alike; give --seed, which is counted on")

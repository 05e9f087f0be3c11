"""Frozen configurations and the digests that guard resume. Reads no environment and no file.

What changes a result is in a digest (question text, template text, model, sampling, judge); what does not
(concurrency, paths, time-outs, verbosity, prices) is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from operator import not_
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

RULES = "rules"
"""The name of the offline rule judge."""

BASELINES = ("baseline:echo", "baseline:boilerplate", "baseline:reference", "baseline:shuffled")
"""The null models, which answer without a model."""

STRATEGIES = ("0-shot", "1-shot", "cot-1-shot")
"""The strategies of a LogicKor table, in its order."""


STANDARD_RANGE = (0.0, 10.0)
"""The score range of the built-in rubric."""

MOST_SCORES = 200
"""Legal scores of a range at most; `--structured` lists them all."""


class Config(BaseModel):
    """Frozen base; an unknown key is an error."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class JudgeSettings(Config):
    """How a pack wants its judge asked and its replies read: `judge` in pack.yaml."""

    reply: Literal["kojudge", "logickor", "rating", "pair", "arena-hard"] = "kojudge"
    """What a reply looks like: any clear `점수: N`; LogicKor's own reading of that; MT-Bench's `[[N]]`; which of two
    answers is better, for `kojudge pairwise` alone."""
    lowest: float = 0.0
    highest: float = 10.0
    """The score range, both ends included."""
    step: float = Field(default=0.5, gt=0)
    """The scores that `--structured` offers stand this far apart."""
    lowest_offered: float | None = Field(default=None, exclude_if=lambda value: value is None)
    """The least score that the templates offer the judge, where only rules give less (an empty answer, a wrong
    language); `--structured` offers nothing below it. None: `lowest`. No key of a file where it is None."""
    verbatim: bool = False
    """Send the templates' text and the answers as they are: nothing stripped, no chat token made harmless."""
    empty_answers: Literal["lowest", "ask"] = "lowest"
    """An empty answer gets the lowest score by rule, or is sent to the judge like any other."""
    again_temperature: float = Field(default=0.3, ge=0, le=2)
    """A reply without a score is asked for again at no less than this, since temperature 0 would repeat it."""

    @model_validator(mode="after")
    def _legal(self) -> Self:
        if not self.lowest < self.highest:
            raise ValueError(f"highest: {self.highest:g} is not above lowest, {self.lowest:g}")
        steps = (self.highest - self.lowest) / self.step
        if steps > MOST_SCORES or abs(steps - round(steps)) > 1e-9:
            raise ValueError(
                f"step: {self.step:g} does not lead from {self.lowest:g} to {self.highest:g} in whole steps "
                f"(at most {MOST_SCORES})"
            )
        above = (self.first_offered - self.lowest) / self.step
        if not self.lowest <= self.first_offered < self.highest or abs(above - round(above)) > 1e-9:
            raise ValueError(
                f"lowest_offered: {self.first_offered:g} is no score from {self.lowest:g} to below {self.highest:g} in "
                f"steps of {self.step:g}"
            )
        return self

    @property
    def first_offered(self) -> float:
        """The least score that the judge is offered."""
        return self.lowest if self.lowest_offered is None else self.lowest_offered

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest score."""
        return (self.lowest, self.highest)


class GenerateSettings(Config):
    """How a pack wants its answers made: `generate` in pack.yaml."""

    verbatim: bool = False
    """Keep an answer as the endpoint gave it, without white space at its ends: no thought is set apart, no leaked
    chat token or made-up turn is cut off."""
    stop: tuple[str, ...] = ()
    """Strings that end an answer."""


class PackSettings(Config):
    """A pack's pack.yaml. What it leaves out is as for the built-in pack."""

    judge: JudgeSettings = JudgeSettings()
    pairwise: JudgeSettings | None = None
    """How the pack's templates/pairwise are asked and read; None: as those of the built-in pack."""
    generate: GenerateSettings = GenerateSettings()
    aliases: dict[str, str] = Field(default_factory=dict)
    """Other names for strategies: name -> the pack's strategy."""


class Sampling(Config):
    """How a model is asked. None leaves a parameter to the endpoint."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None
    stop: tuple[str, ...] = ()
    """Strings that end an answer, from a chat format."""
    extra_body: dict[str, Any] = Field(default_factory=dict, exclude_if=not_)
    """Further request fields, as `--extra-body` gives them; they win. No key of a file where there are none."""

    def parameters(self) -> dict[str, Any]:
        """Return the request fields that are set."""
        given = self.model_dump(exclude_none=True, exclude={"extra_body"})
        named = {name: list(value) if name == "stop" else value for name, value in given.items() if value != ()}
        return named | self.extra_body


class Endpoint(Config):
    """Where a model is reached and which variable holds its key. Not part of any digest."""

    base_url: str | None = None
    """None: the provider's own address."""
    api: Literal["openai", "azure"] = "openai"
    api_version: str | None = None
    """Azure only."""
    timeout_seconds: float = Field(default=600.0, gt=0)
    tries: int = Field(default=6, ge=1)
    """Requests for one item before a transient error becomes its failure."""
    retry_budget_seconds: float = Field(default=900.0, gt=0)
    """No further try is begun for an item after this time."""


class GenerateConfig(Config):
    """What makes the answers of a run. A run folder holds one of these."""

    model: str
    """The name in folders and tables."""
    asked: str = ""
    """What was really asked: hub id, resolved path, served name; two models of one name are two."""
    sampling: Sampling = Sampling()
    questions: str
    """Digest of the whole question set, so that `--limit` and a later full run agree."""
    strategies: dict[str, str]
    """Strategy name -> digest of its messages."""
    engine: dict[str, Any] = Field(default_factory=dict)
    """Settings of a managed server that change what the model says (dtype, quantization, adapter, ...)."""
    source: str = "generated"
    """`generated`, or `saved` for answers that another program has written."""
    verbatim: bool = False
    """Answers as the endpoint gave them (see `GenerateSettings`)."""


class JudgeConfig(Config):
    """What makes a verdict. A run folder may hold verdicts under many of these."""

    judge: str
    sampling: Sampling = Sampling()
    template: str
    """Digest of the judge templates, or of the rule judge's constants."""
    structured: bool = False
    """Ask the endpoint for a reply that follows a JSON schema."""
    settings: JudgeSettings = JudgeSettings()
    """The pack's: score range, form of the reply."""
    marked: bool = Field(default=False, exclude_if=not_)
    """The templates ask for a verdict line with the work's own mark (`text/marks`)."""
    language_by_rule: bool = Field(default=False, exclude_if=not_)
    """An answer that is certainly in another language than the demanded one gets the lowest score and is not sent.
    This and `marked` follow from the templates, whose digest holds them. No keys of a file where they are false."""
    run_code: bool = Field(default=False, exclude_if=not_)
    """Run the code of an answer whose turn has hidden cases, and tell the judge the outcome. No key of a file where it
    is false."""
    engine: dict[str, str] = Field(default_factory=dict, exclude_if=not_)
    """Flags of the judge's own server that change what it says (`--judge-vllm-arg`). No key of a file where there are
    none."""
    parse_retries: int = Field(default=2, ge=0)
    """How often a reply without a usable score is asked for again. Not part of the digest."""
    shared: dict[str, str] = Field(default_factory=dict, exclude_if=not_)
    """The judges that share the questions (`--share`), this one included: name -> the digest that each has alone. No
    key of a file where the judge has all questions."""

    @property
    def panel(self) -> str:
        """Digest of the judges that share the questions; empty where the judge has all of them."""
        return digest(["shared", self.shared]) if self.shared else ""

    def digest(self) -> str:
        """Return the digest of what changes a verdict, and of whom the questions are shared with."""
        return digest([self._alone(), self.shared]) if self.shared else digest(self._alone())

    def _alone(self) -> dict[str, Any]:
        made_by = {"judge": self.judge, "sampling": self.sampling.parameters(), "template": self.template}
        settings = self.settings.model_copy(update={"lowest_offered": None})  # only a schema asks by it
        own = {} if settings == JudgeSettings() else {"settings": settings.model_dump(mode="json")}
        asked: dict[str, Any] = {"structured": True} if self.structured else {}
        if self.structured and self.settings.lowest_offered is not None:
            asked["lowest_offered"] = self.settings.lowest_offered
        told = {"run_code": True} if self.run_code else {}
        return made_by | own | asked | told | ({"engine": self.engine} if self.engine else {})


def sharing(configs: Sequence[JudgeConfig]) -> list[JudgeConfig]:
    """Return the judges as those that share the questions with each other; their names must differ."""
    shared = {config.judge: config.digest() for config in sorted(configs, key=lambda config: config.judge)}
    return [config.model_copy(update={"shared": shared}) for config in configs]


def digest(value: object) -> str:
    """Return 16 hex digits of SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8)."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differing_fields(old: GenerateConfig, new: GenerateConfig) -> list[str]:
    """Return `field: old -> new` for what differs; a strategy that only one of them has is no difference."""
    found: list[str] = []
    for name in ("model", "asked", "questions", "source", "verbatim"):
        a, b = getattr(old, name), getattr(new, name)
        if a != b:
            found.append(f"{name}: {a} -> {b}")
    for group in ("sampling", "engine"):
        a, b = (config.model_dump(mode="json")[group] for config in (old, new))  # as a file holds it
        found += [f"{k}: {a.get(k)} -> {b.get(k)}" for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
    common = old.strategies.keys() & new.strategies.keys()
    found += [
        f"strategy {k}: {old.strategies[k]} -> {new.strategies[k]}"
        for k in sorted(common)
        if old.strategies[k] != new.strategies[k]
    ]
    return found

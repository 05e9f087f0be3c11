"""Frozen configurations and the digests that guard resume. Reads no environment and no file.

What changes a result is in a digest (question text, template text, model, sampling, judge); what does not
(concurrency, paths, time-outs, verbosity, prices) is not.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

RULES = "rules"
"""The name of the offline rule judge."""

BASELINES = ("baseline:echo", "baseline:boilerplate", "baseline:reference", "baseline:shuffled")
"""The null models, which answer without a model."""

STRATEGIES = ("0-shot", "1-shot", "cot-1-shot")
"""The strategies of a LogicKor table, in its order."""


class Config(BaseModel):
    """Frozen base; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sampling(Config):
    """How a model is asked. None leaves a parameter to the endpoint."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None
    stop: tuple[str, ...] = ()
    """Strings that end an answer, from a chat format."""

    def parameters(self) -> dict[str, Any]:
        """Return the request fields that are set."""
        given = self.model_dump(exclude_none=True)
        return {name: list(value) if name == "stop" else value for name, value in given.items() if value != ()}


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


class JudgeConfig(Config):
    """What makes a verdict. A run folder may hold verdicts under many of these."""

    judge: str
    sampling: Sampling = Sampling()
    template: str
    """Digest of the judge templates, or of the rule judge's constants."""
    structured: bool = False
    """Ask the endpoint for a reply that follows a JSON schema."""
    parse_retries: int = Field(default=2, ge=0)
    """How often a reply without a usable score is asked for again. Not part of the digest."""

    def digest(self) -> str:
        """Return the digest of what changes a verdict."""
        made_by = {"judge": self.judge, "sampling": self.sampling.parameters(), "template": self.template}
        return digest(made_by | ({"structured": True} if self.structured else {}))


def digest(value: object) -> str:
    """Return 16 hex digits of SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8)."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differing_fields(old: GenerateConfig, new: GenerateConfig) -> list[str]:
    """Return `field: old -> new` for what differs; a strategy that only one of them has is no difference."""
    found: list[str] = []
    for name in ("model", "asked", "questions", "source"):
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

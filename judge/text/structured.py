"""A verdict asked for as JSON: one model gives the schema that is sent and reads what comes back. Pure."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator

from judge.config import JudgeSettings
from judge.records import Verdict
from judge.text.pair_verdicts import pair_schema

STANDARD = JudgeSettings()


class StructuredVerdict(BaseModel):
    """The reply format of the templates as a JSON object; the reasons come first, as in the text format."""

    model_config = ConfigDict(extra="forbid")

    reasons: str = Field(alias="평가")
    score: float = Field(alias="점수")

    @field_validator("score", mode="before")
    @classmethod
    def _no_boolean(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("true and false are no scores")  # noqa: TRY004 - pydantic reports ValueError only
        return value


def legal_scores(settings: JudgeSettings = STANDARD) -> tuple[float, ...]:
    """Return the scores of the range, from the lowest up; whole ones as int."""
    return _scores(settings.lowest, settings)


def offered_scores(settings: JudgeSettings = STANDARD) -> tuple[float, ...]:
    """Return those of them that the judge is offered: what a pack's templates and `schema` ask for.

    A list is what `schema` gives, because some endpoints do not take bounds of numbers.
    """
    return _scores(settings.first_offered, settings)


def _scores(first: float, settings: JudgeSettings) -> tuple[float, ...]:
    steps = round((settings.highest - first) / settings.step)
    found = [round(first + number * settings.step, 9) for number in range(steps + 1)]
    return tuple(int(score) if score == int(score) else score for score in found)


@lru_cache(maxsize=16)
def _model(scores: tuple[float, ...]) -> type[StructuredVerdict]:
    """Return the model whose score is one of these."""
    legal: Any = Literal[scores]
    return create_model("StructuredVerdict", __base__=StructuredVerdict, score=(legal, Field(alias="점수")))


def schema(settings: JudgeSettings = STANDARD) -> dict[str, Any]:
    """Return the `json_schema` of a `response_format`, strict as OpenAI and vLLM want it."""
    if settings.reply in ("pair", "arena-hard"):
        return pair_schema(settings)
    body = _model(offered_scores(settings)).model_json_schema(by_alias=True)
    for part in body["properties"].values():
        part.pop("title", None)
    body["properties"]["점수"]["type"] = "number"
    body.pop("title", None)
    body.pop("description", None)
    return {"name": "verdict", "strict": True, "schema": body}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def parse_structured(text: str, settings: JudgeSettings = STANDARD) -> Verdict | None:
    """Return the verdict of a reply that follows the schema, None for any other text."""
    try:
        found = _model(legal_scores(settings)).model_validate(json.loads(text, object_pairs_hook=_once))
    except (ValidationError, ValueError, RecursionError):
        return None
    return Verdict(float(found.score), found.reasons.strip())

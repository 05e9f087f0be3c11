"""A verdict asked for as JSON: one model gives the schema that is sent and reads what comes back. Pure."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.records import Verdict

Half = Literal[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10]  # type: ignore[valid-type]
"""The legal scores; a list, because some endpoints do not take bounds of numbers."""


class StructuredVerdict(BaseModel):
    """The reply format of the templates as a JSON object; the reasons come first, as in the text format."""

    model_config = ConfigDict(extra="forbid")

    reasons: str = Field(alias="평가")
    score: Half = Field(alias="점수")


def schema() -> dict[str, Any]:
    """Return the `json_schema` of a `response_format`, strict as OpenAI and vLLM want it."""
    body = StructuredVerdict.model_json_schema(by_alias=True)
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


def parse_structured(text: str) -> Verdict | None:
    """Return the verdict of a reply that follows the schema, None for any other text."""
    try:
        found = StructuredVerdict.model_validate(json.loads(text, object_pairs_hook=_once))
    except (ValidationError, ValueError, RecursionError):
        return None
    return Verdict(float(found.score), found.reasons.strip())

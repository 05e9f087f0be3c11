"""Which parameter of a request an endpoint refuses, read off its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from judge.endpoints.meanings import OVERFLOW, any_of, meaning
from judge.endpoints.wordings import Told

PARAMETERS = (
    *("response_format", "temperature", "top_p", "seed", "stop", "max_tokens", "max_completion_tokens", "system"),
    *("stream_options", "stream"),
)
"""What is sent beside the conversation and can be done without; `system` is the system role."""

_NAMES: Mapping[str, re.Pattern[str]] = {
    "response_format": re.compile(r"response[_ ]?format|json[_ ]?schema|structured[_ ]?outputs?|guided[_ ]|grammar"),
    "temperature": re.compile(r"\btemperature\b"),
    "top_p": re.compile(r"\btop[_ ]?p\b"),
    "seed": re.compile(r"\bseed\b"),
    "stop": re.compile(r"\bstop(?:_sequences?| sequences?| words?| strings?)?\b"),
    "max_tokens": re.compile(r"\bmax_tokens\b"),
    "max_completion_tokens": re.compile(r"\bmax_completion_tokens\b"),
    "stream_options": re.compile(r"\bstream[_ ]options?\b|\binclude_usage\b"),
    "stream": re.compile(r"\bstream(?:ing)?\b"),
    "system": re.compile(
        r"system[_ ](?:role|message|prompt|instruction)s?|developer instruction|role\W{0,3}system|system\W{1,3}role"
        r"|only user and assistant roles|roles? must (?:be|alternate)|conversation roles must alternate"
        r"|(?:support|role:?) '?\"?system|role[^.]{0,40}\bsystem\b"
    ),
}
_REFUSES = any_of(
    r"unsupported",
    r"not (?:supported|allowed|permitted|available|valid|enabled|recogni[sz]ed|implemented|accepted)",
    r"n't support",
    r"does(?: not|n't) (?:support|accept|allow|take)",
    r"do(?:es)? not support",
    r"unavailable",
    r"unrecogni[sz]ed",
    r"unknown",
    r"unexpected",
    r"only (?:the )?(?:default|1|supports?|user)",
    r"must be",
    r"should be",
    r"deprecated",
    r"removed",
    r"invalid",
    r"extra (?:inputs|fields)",
    r"forbidden",
    r"not be (?:set|used|specified)",
    r"cannot",
    r"can't",
    r"can not",
    r"at most",
    r"up to",
    r"maximum",
    r"too many",
    r"use '",
    r"failed to",
    r"error",
    r"지원하지",
    r"허용되지",
)


def refused_parameter(error: Told, sent: Mapping[str, Any]) -> str | None:
    """Return the parameter among `sent` that this refusal names, or can only mean; None where it means another thing.

    `sent` may hold `system`: that a system message is among the messages.
    """
    if error.status not in (400, 404, 409, 415, 422, 500, 501) or OVERFLOW.search(error.text):
        return None
    if error.status in (404, 500, 501) and "response_format" not in sent and "system" not in sent:
        return None
    if meaning(error) in ("no_money", "rate_limit", "filtered"):
        return None
    named = error.param.split(".")[0].split("[")[0]
    if named in sent and named in PARAMETERS:
        return named
    if not _REFUSES.search(error.text):
        return None
    found = [
        (match.start(), name) for name in PARAMETERS if name in sent and (match := _NAMES[name].search(error.text))
    ]
    if error.status in (404, 500, 501):
        found = [one for one in found if one[1] in ("response_format", "system")]
    return min(found)[1] if found else None


def most_stops(error: Told) -> int | None:
    """Return how many stop strings the endpoint takes as its refusal says, None where it does not say."""
    found = re.search(
        r"(?:at most|up to|maximum(?: of| length)?|max(?:imum)?|limit(?: of)?|no more than"
        r"|less than or equal to|<=)\D{0,24}(\d+)",
        error.text,
    )
    return int(found[1]) if found and 0 <= int(found[1]) <= 64 else None

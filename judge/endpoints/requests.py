"""What a request holds beside the conversation, and how it is sent to an endpoint that does not take all of it. Pure.

An adaptation is `name -> what is done instead`: `dropped`, another name, `first N` of the stop strings, `folded` (the
system role), or `ignored` (sent, and not followed). Beside them stands `prompt -> N > M`: the server has read M tokens
of a prompt that has about N.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from judge.config import Sampling
from judge.endpoints.parameters import most_stops
from judge.endpoints.wordings import Told
from judge.records import Message
from judge.wording import Note

DROPPED, FOLDED = "dropped", "folded"
IGNORED = "ignored"
"""Sent, and not followed: the reply to a schema was no JSON."""
PROMPT = "prompt"
"""The prompt itself, which the server has cut."""


def request_parameters(sampling: Sampling, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the request fields beside model and messages."""
    params = sampling.parameters()
    if schema is not None:
        params.setdefault("response_format", {"type": "json_schema", "json_schema": dict(schema)})
    return params


def adapted(params: Mapping[str, Any], adaptations: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields as an endpoint takes them that has refused some before."""
    sent: dict[str, Any] = {}
    for name, value in params.items():
        instead = adaptations.get(name)
        if instead is None or instead == IGNORED or name == PROMPT:
            sent[name] = value
        elif instead.startswith("first "):
            sent[name] = value[: int(instead.removeprefix("first "))]
        elif instead != DROPPED and adaptations.get(instead) is None:
            sent[instead] = value
    if not sent.get("stream"):
        sent.pop("stream_options", None)
    return sent


def adapted_messages(messages: Sequence[Message], adaptations: Mapping[str, str]) -> list[Message]:
    """Return the messages as an endpoint takes them: a system message that it refuses stands before the first turn."""
    return fold_system(messages) if "system" in adaptations else list(messages)


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with a leading system text put before the first user turn, for templates without system."""
    if not messages or messages[0]["role"] != "system":
        return list(messages)
    system, first, *rest = messages
    return [{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest]


def instead_of(parameter: str, said: Told, sent: Mapping[str, Any]) -> str:
    """Return what is done in place of a refused parameter, as far as the refusal tells."""
    if parameter == "system":
        return FOLDED
    if parameter == "max_tokens" and ("max_completion_tokens" in said.text or not _too_large(said)):
        return "max_completion_tokens"
    if parameter == "stop":
        most = most_stops(said)
        if most and most < len(sent.get("stop", ())):
            return f"first {most}"
    return DROPPED


def _too_large(said: Told) -> bool:
    return any(words in said.text for words in ("at most", "less than", "maximum", "too large", "exceed", "<="))


def adaptation_notes(name: str, adaptations: Mapping[str, str]) -> tuple[str, ...]:
    """Return one note a parameter that the endpoint of `name` did not take."""
    told = {parameter: instead for parameter, instead in adaptations.items() if parameter != "stream_options"}
    return tuple(_note(name, parameter, instead) for parameter, instead in sorted(told.items()))


def _note(name: str, parameter: str, instead: str) -> Note:
    if parameter == PROMPT:
        own, told = map(int, instead.split(" > "))
        where = "Ollama: num_ctx, OLLAMA_CONTEXT_LENGTH; llama.cpp: -c; vLLM: --max-model-len"
        return Note(
            f"the endpoint of {name} cuts long prompts: of one of about {own:,} tokens it says to have read {told:,}; "
            f"the scores stand, on what it has read; raise the server's context ({where})",
            f"{name}의 엔드포인트가 긴 프롬프트를 자름: 약 {own:,}토큰 가운데 {told:,}토큰을 읽었다고 답함. 점수는 "
            f"읽은 부분만 보고 매긴 것이므로 서버의 컨텍스트를 늘릴 것({where})",
        )
    if parameter == "stream":
        return Note(
            f"the endpoint of {name} does not stream: what goes round in a loop was not ended",
            f"{name}의 엔드포인트가 스트리밍을 지원하지 않아, 같은 말을 되풀이하는 출력을 중간에 끊지 못함",
        )
    if parameter == "system":
        return Note(
            f"the endpoint of {name} takes no system message: its text stands before the first turn",
            f"{name}의 엔드포인트가 system 메시지를 받지 않아 그 글을 첫 사용자 메시지 앞에 붙임",
        )
    if instead.startswith("first "):
        most = instead.removeprefix("first ")
        return Note(
            f"the endpoint of {name} takes {most} stop strings: only the first were sent",
            f"{name}의 엔드포인트가 stop 문자열을 {most}개까지만 받아 앞의 것만 보냄",
        )
    if instead == DROPPED:
        return Note(
            f"the endpoint of {name} does not take {parameter}: left out",
            f"{name}의 엔드포인트가 {parameter} 매개변수를 받지 않아 빼고 보냄",
        )
    if instead == IGNORED:
        return Note(
            f"the endpoint of {name} takes {parameter} and does not follow it: its replies were read as text",
            f"{name}의 엔드포인트가 {parameter} 매개변수를 받기만 하고 따르지 않아 응답을 일반 글로 읽음",
        )
    return Note(
        f"the endpoint of {name} does not take {parameter}: sent as {instead}",
        f"{name}의 엔드포인트가 {parameter} 매개변수를 받지 않아 대신 {instead}에 담아 보냄",
    )


def shown_parameters(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as they are stored: of a schema the name only, and not how the reply was sent."""
    return {
        name: value["json_schema"]["name"]
        if name == "response_format" and isinstance(value, dict) and isinstance(value.get("json_schema"), dict)
        else value
        for name, value in params.items()
        if name not in ("stream", "stream_options")
    }

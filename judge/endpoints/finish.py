"""Whether a reply is whole: the finish reasons of all endpoints in one table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Finish = Literal["stop", "length", "repetition", "filtered", "refused", "failed", "no_text", "unknown"]
"""What a finish reason means."""

_FINISH: Mapping[Finish, str] = {
    "stop": """
        stop eos eos_token eos_found eosfound end_turn stop_sequence stopstringfound stop_word stop_words complete
        completed end end_of_text endoftext end_id end_token stop_before stop_after finished normal success
    """,
    "length": """
        length max_tokens max_output_tokens maximum_tokens max_length max_new_tokens model_length token_limit
        maxpredictedtokensreached contextlengthreached model_context_window_exceeded context_length_exceeded
        max_completion_tokens max_context_length_exceeded not_finished time_limit limit truncated incomplete
    """,
    "repetition": "repetition",
    "filtered": """
        content_filter content_filtered content_filter_stop safety image_safety recitation image_recitation blocklist
        prohibited_content image_prohibited_content spii sensitive guardrail guardrail_intervened guardrails moderation
        flagged blocked content_policy content_policy_violation malicious language risk
    """,
    "refused": "refusal refused",
    "failed": """
        error abort aborted cancelled canceled timeout timed_out network_error insufficient_system_resource failed
        failure server_error internal_error model_error engine_error modelunloaded userstopped overloaded
    """,
    "no_text": """
        tool_calls tool_call tool_use toolcalls function_call functioncall malformed_function_call
        unexpected_tool_call too_many_tool_calls pause_turn image_other no_image
    """,
}
FINISH: Mapping[str, Finish] = {word: finish for finish, words in _FINISH.items() for word in words.split()}

_WORST: tuple[Finish, ...] = ("failed", "filtered", "refused", "no_text", "repetition", "length", "unknown", "stop")
"""Where an endpoint tells its own reason beside the translated one, the one that stands first here counts."""


def finish(choice: Mapping[str, Any]) -> Finish:
    """Return what a choice says of its end; of two reasons (translated and the endpoint's own) the worse one."""
    given = [FINISH.get(word, "unknown") for word in [word_of(choice.get("finish_reason"))] if word]
    if not given:  # other names for it, where there is no finish_reason
        others = (choice.get("finish_details"), choice.get("stop_reason"), choice.get("done_reason"))
        given = [FINISH.get(word, "unknown") for word in map(word_of, others) if word][:1]
    native = FINISH.get(word_of(choice.get("native_finish_reason")))
    found = {*given, *([native] if native else [])}
    return next((end for end in _WORST if end in found), "unknown")


def word_of(value: object) -> str:
    """Return a finish reason in lower case, also out of `{"type": ...}` and without a prefix of its enumeration."""
    if isinstance(value, Mapping):
        value = value.get("type") or value.get("reason")
    if not isinstance(value, str):
        return ""
    word = value.strip().casefold().replace("-", "_").replace(" ", "_").rpartition(".")[2]
    return word.removeprefix("finish_reason_").removeprefix("finishreason_")


def reason_of(choice: Mapping[str, Any]) -> str:
    """Return the finish reason as a message shows it."""
    for name in ("finish_reason", "native_finish_reason", "stop_reason"):
        if (value := choice.get(name)) is not None:
            return f"'{value}'"[:80]
    return "missing"

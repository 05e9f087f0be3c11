"""What providers say when they refuse, each in its own words: one table. The bodies are of the shapes that are public."""

from __future__ import annotations

import json
from typing import Any

import pytest

from judge.endpoints.meanings import meaning
from judge.endpoints.parameters import most_stops, refused_parameter
from judge.endpoints.requests import adapted, adapted_messages, instead_of
from judge.endpoints.wordings import page_title, read_error


def openai(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | more}


GEMINI_MINUTE = [
    {
        "error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing details. Please retry in 2.4s.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}],
        }
    }
]

REFUSALS: list[tuple[str, int, Any, str]] = [
    # an empty account
    ("OpenAI", 429, openai("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"), "no_money"),
    ("OpenAI without the code", 429, openai("You exceeded your current quota, please check your plan"), "no_money"),
    ("DeepSeek", 402, openai("Insufficient Balance", type="unknown_error"), "no_money"),
    ("OpenRouter", 402, {"error": {"message": "Insufficient credits. Add more using https://x", "code": 402}}, "no_money"),
    ("OpenRouter, too little left", 402, {"error": {"message": "requires more credits, or fewer max_tokens"}}, "no_money"),
    ("Anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API"}}, "no_money"),
    ("Moonshot", 429, openai("Your account is suspended, please check your plan and billing", type="exceeded_current_quota_error"), "no_money"),
    ("Zhipu", 429, {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}}, "no_money"),
    ("DashScope", 400, openai("Access denied, please make sure your account is in good standing.", code="Arrearage"), "no_money"),
    ("HF router", 402, {"error": "You have exceeded your monthly included credits for Inference Providers."}, "no_money"),
    ("xAI", 403, {"code": "permission", "error": "Your team has either used all available credits or reached its monthly spending limit. Please purchase more credits"}, "no_money"),
    ("LiteLLM budget", 400, openai("Budget has been exceeded! Current cost: 10, Max budget: 5", type="budget_exceeded"), "no_money"),
    ("Together", 402, openai("Your account has a negative balance"), "no_money"),
    ("in Korean", 403, {"message": "크레딧이 부족합니다. 결제 수단을 확인하세요."}, "no_money"),
    # a full minute
    ("Gemini", 429, GEMINI_MINUTE, "rate_limit"),
    ("OpenAI's limit", 429, openai("Rate limit reached for gpt-4o on tokens per min (TPM)", code="rate_limit_exceeded"), "rate_limit"),
    ("Groq", 429, openai("Rate limit reached on requests per day (RPD). Please try again in 1m26.4s"), "rate_limit"),
    ("Anthropic's limit", 429, {"type": "error", "error": {"type": "rate_limit_error", "message": "too many"}}, "rate_limit"),
    ("Cerebras", 429, {"message": "Tokens per minute limit exceeded", "code": "token_quota_exceeded"}, "rate_limit"),
    ("Bedrock", 400, {"__type": "ThrottlingException", "message": "Too many requests, please wait", "code": "throttlingexception"}, "rate_limit"),
    ("nothing said", 429, "", "rate_limit"),
    # the prompt
    ("vLLM", 400, {"object": "error", "message": "This model's maximum context length is 2048 tokens", "type": "BadRequestError", "code": 400}, "overflow"),
    ("OpenAI's context", 400, openai("too long", code="context_length_exceeded"), "overflow"),
    ("llama.cpp", 400, {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}}, "overflow"),
    ("TGI", 422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096", "error_type": "validation"}, "overflow"),
    ("SGLang", 400, {"object": "error", "message": "The input (9000 tokens) is longer than the model's context length"}, "overflow"),
    ("Anthropic's context", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}}, "overflow"),
    ("a proxy", 413, "<html><title>413 Request Entity Too Large</title></html>", "overflow"),
    # filtered
    ("Azure", 400, {"error": {"code": "content_filter", "message": "The response was filtered", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, "filtered"),
    ("OpenRouter's moderation", 403, {"error": {"code": 403, "message": "Your chosen model requires moderation and your input was flagged"}}, "filtered"),
    ("OpenAI's prompt policy", 400, openai("Invalid prompt: your prompt was flagged as potentially violating our usage policy", code="invalid_prompt"), "filtered"),
    ("DashScope's inspection", 400, openai("Input data may contain inappropriate content.", code="data_inspection_failed"), "filtered"),
    ("Zhipu's filter", 400, {"error": {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"}}, "filtered"),
    # the key, the model
    ("OpenAI's key", 401, openai("Incorrect API key provided", code="invalid_api_key"), "key"),
    ("Gemini's key", 400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}], "key"),
    ("not allowed", 403, openai("Country, region, or territory not supported"), "key"),
    ("OpenAI's model", 404, openai("The model `x` does not exist", code="model_not_found"), "model"),
    ("Ollama's model", 404, {"error": "model 'x' not found, try pulling it first"}, "model"),
    ("Azure's deployment", 404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}, "model"),
    ("OpenRouter's model", 400, {"error": {"message": "x is not a valid model ID", "code": 400}}, "model"),
    ("a path", 404, {"detail": "Not Found"}, "model"),
    ("a retired model", 410, openai("The model has been deprecated"), "model"),
    # busy
    ("Anthropic overloaded", 529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overload"),
    ("llama.cpp loading", 503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, "overload"),
    ("a gateway", 524, "<!DOCTYPE html><html><title>example | 524: A timeout occurred</title>", "overload"),
    ("SageMaker", 500, {"message": "CUDA error"}, "overload"),
    ("early", 425, "", "overload"),
    # this request
    ("odd", 422, {"detail": [{"loc": ["body", "messages", 0], "msg": "Input should be a valid dictionary"}]}, "request"),
    ("bad", 400, openai("no such thing"), "request"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "expected"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_each_provider_is_understood_in_its_own_words(status: int, body: Any, expected: str) -> None:
    for given in (body, json.dumps(body) if not isinstance(body, str) else body.encode()):
        assert meaning(read_error(status, given)) == expected


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (GEMINI_MINUTE, 2.0),
        (openai("Please retry in 2.4s"), 2.4),
        (openai("Please try again in 1m26.4s"), 86.4),
        (openai("try again in 250ms"), 0.25),
        (openai("Rate limited. Retry after 12 seconds."), 12.0),
        ({"detail": "요청이 너무 많습니다. 30초 후 다시 시도하세요."}, 30.0),
        ({"error": {"message": "slow down", "retry_after": 7}}, 7.0),
        ({"error": {"message": "slow down", "metadata": {"retry_after_ms": 1500}}}, 1.5),
        (openai("slow down"), None),
        (openai("model gpt-5s has 8k tokens"), None),
    ],
)
def test_the_wait_is_read_where_the_body_tells_one(body: Any, seconds: float | None) -> None:
    assert read_error(429, body).wait_seconds == seconds


SENT = {
    "temperature": 0.0,
    "top_p": 1.0,
    "seed": 1,
    "stop": ["a"] * 8,
    "max_tokens": 9,
    "response_format": {},
    "system": True,
}
PARAMETERS: list[tuple[str, int, Any, str | None, str | None]] = [
    ("o1", 400, openai("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.", param="temperature", code="unsupported_value"), "temperature", "dropped"),
    ("Anthropic", 400, openai("`temperature` is deprecated for this model."), "temperature", "dropped"),
    ("Moonshot", 400, openai("invalid temperature: only 1 is allowed for this model"), "temperature", "dropped"),
    ("o1's limit", 400, openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", param="max_tokens", code="unsupported_parameter"), "max_tokens", "max_completion_tokens"),
    ("too many tokens", 400, openai("max_tokens must be less than or equal to 8192"), "max_tokens", "dropped"),
    ("OpenAI's stops", 400, openai("Invalid 'stop': array too long. Expected an array with maximum length 4, but got 8.", param="stop"), "stop", "first 4"),
    ("Groq's stops", 400, openai("property 'stop' : one of the following must be satisfied: value must have at most 4 items"), "stop", "first 4"),
    ("grok", 400, {"code": "invalid", "error": "Model does not support parameter stop."}, "stop", "dropped"),
    ("DeepSeek's schema", 400, openai("This response_format type is unavailable now"), "response_format", "dropped"),
    ("LM Studio's schema", 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}, "response_format", "dropped"),
    ("llama.cpp's schema", 500, {"error": {"code": 500, "message": "Failed to parse grammar: json_schema is not supported", "type": "server_error"}}, "response_format", "dropped"),
    ("FastAPI", 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 1}]}, "seed", "dropped"),
    ("Gemma", 400, {"object": "error", "message": "System role not supported", "code": 400}, "system", "folded"),
    ("o1-mini", 400, openai("Unsupported value: 'messages[0].role' does not support 'system' with this model.", param="messages[0].role"), "system", "folded"),
    ("Gemma at Google", 400, [{"error": {"code": 400, "message": "Developer instruction is not enabled for models/gemma-3"}}], "system", "folded"),
    ("top_p", 400, openai("temperature and top_p cannot both be specified for this model", param="top_p"), "top_p", "dropped"),
    # none of them
    ("the prompt echoed", 422, {"detail": [{"loc": ["body", "messages"], "msg": "bad", "input": "temperature seed stop"}]}, None, None),
    ("a rate limit", 429, openai("temperature of our servers"), None, None),
    ("a full context", 400, openai("maximum context length is 8; max_tokens is too large"), None, None),
    ("an odd fault", 500, openai("error at temperature"), None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "name", "instead"), [one[1:] for one in PARAMETERS], ids=[one[0] for one in PARAMETERS]
)
def test_a_refused_parameter_is_known_by_its_name(
    status: int, body: Any, name: str | None, instead: str | None
) -> None:
    said = read_error(status, body)
    assert refused_parameter(said, SENT) == name
    assert name is None or instead_of(name, said, SENT) == instead
    assert refused_parameter(said, {}) is None, "what was not sent is not refused"


def test_what_is_refused_is_sent_otherwise_or_not_at_all() -> None:
    given = {"temperature": 0, "stop": ["a", "b", "c"], "max_tokens": 5}
    assert adapted(given, {"stop": "first 2", "temperature": "dropped"}) == {"stop": ["a", "b"], "max_tokens": 5}
    assert adapted(given, {"max_tokens": "max_completion_tokens"})["max_completion_tokens"] == 5
    assert "max_tokens" not in adapted(given, {"max_tokens": "dropped"})
    assert adapted({"response_format": 1}, {"response_format": "ignored"}) == {"response_format": 1}
    messages: Any = [{"role": "system", "content": "체계"}, {"role": "user", "content": "질문"}]
    assert adapted_messages(messages, {"system": "folded"}) == [{"role": "user", "content": "체계\n\n질문"}]
    assert adapted_messages(messages, {}) == messages


def test_the_number_of_stop_strings_is_read_only_where_it_is_told() -> None:
    assert most_stops(read_error(400, openai("at most 4 stop sequences"))) == 4
    assert most_stops(read_error(400, openai("stop is not supported"))) is None


def test_a_page_is_called_by_its_title() -> None:
    assert page_title("<!DOCTYPE html><html><head><title>Sign &amp; in</title>") == "an HTML page, 'Sign & in'"
    assert page_title("<html><body><h1>502 Bad Gateway</h1>") == "an HTML page, '502 Bad Gateway'"
    assert page_title('{"a": "<html>"}') is None

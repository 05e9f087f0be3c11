"""What an endpoint's refusal means: the one table of providers' codes and words. Pure.

Codes decide before words, words before the status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from judge.endpoints.wordings import Told

Meaning = Literal[
    "rate_limit",  # wait and ask again
    "no_money",  # the account is empty: nothing will be answered
    "overload",  # the endpoint is busy, loading or broken: ask again
    "overflow",  # the prompt is too long for the model
    "filtered",  # this prompt or its reply is not allowed
    "key",  # the key is wrong or may not do this
    "model",  # no such model, or no such path
    "request",  # this request is refused
]

_CODES: Mapping[Meaning, str] = {
    "no_money": """
        insufficient_quota billing_hard_limit_reached billing_not_active billing_error insufficient_balance
        insufficient_credits insufficient_funds payment_required exceeded_current_quota_error arrearage
        account_overdue accountoverdueerror credits_exhausted no_credits balance_not_enough insufficientbalance
        insufficient_user_quota credit_limit_reached allocationquota.freetieronly spend_limit_exceeded
        budget_exceeded 1113 1008
    """,
    "rate_limit": """
        rate_limit_exceeded rate_limit_error rate_limit ratelimitreached too_many_requests toomanyrequests
        resource_exhausted throttling throttling.ratequota throttlingexception throttling.allocationquota
        token_quota_exceeded request_quota_exceeded rate_limited requests_limit_exceeded tokens_limit_exceeded
        rate_limit_reached_error ratelimitexceeded 1302 1303 1305
    """,
    "overflow": """
        context_length_exceeded string_above_max_length exceed_context_size_error request_too_large
        context_window_exceeded contextwindowexceedederror prompt_too_long model_context_window_exceeded
        max_tokens_exceeded input_too_long 1261
    """,
    "filtered": """
        content_filter content_policy_violation content_filtered responsibleaipolicyviolation data_inspection_failed
        datainspectionfailed prohibited_content moderation_error invalid_prompt content_blocked safety
        guardrail_intervened contentpolicyviolationerror moderation flagged sensitive_content safety_error 1301 1026
        1027
    """,
    "key": """
        invalid_api_key authentication_error unauthenticated invalid_authentication_error incorrect_api_key_error
        invalidapikey account_deactivated token_expired unauthorized authenticationerror api_key_invalid 1001 1002
        1004
    """,
    "model": """
        model_not_found deploymentnotfound modelnotfound model_not_available not_found_error model_not_exist
        resource_not_found_error invalid_model notfounderror 1211
    """,
    "overload": """
        overloaded_error engine_overloaded engine_overloaded_error service_unavailable overloaded unavailable
        server_overloaded model_loading unavailable_error service_unavailable_error server_error
        internal_server_error internal_error api_error timeout_error gateway_timeout insufficient_system_resource
        bad_gateway backend_error
    """,
}
"""Codes, types and status words of providers in lower case. The numbers are Zhipu's and MiniMax's."""

CODES = {code: meaning for meaning, codes in _CODES.items() for code in codes.split()}


def any_of(*words: str) -> re.Pattern[str]:
    """Return a pattern that finds any of these."""
    return re.compile("|".join(words))


_MONEY = any_of(
    r"insufficient (?:account )?(?:balance|credits?|funds|quota)",
    r"insufficient[_ ](?:balance|credits|funds)",
    r"(?:out of|no (?:more |remaining )?|not enough|run out of|used (?:up )?(?:all )?(?:of )?your"
    r"|requires more) credits?\b",
    r"credits? (?:balance )?(?:(?:is|are|has been|have been) )?(?:too low|depleted|exhausted|used up"
    r"|insufficient|required)",
    r"exceeded your (?:monthly|included)\b[^.]{0,40}?(?:quota|credits|budget|spend)",
    r"quota (?:is|has been) (?:used up|exhausted)",
    r"(?:add|purchase|buy|top[ -]?up)\b[^.]{0,30}\bcredits?",
    r"top[ -]up your",
    r"recharge",
    r"payment (?:is )?required",
    r"payment method",
    r"(?:account|billing|subscription) (?:is |has )?(?:not active|inactive|suspended|disabled|overdue|in arrears)",
    r"in good standing",
    r"balance (?:is )?(?:too low|not enough|insufficient|exhausted|negative)",
    r"negative balance",
    r"can only afford",
    r"(?:spend(?:ing)?|hard|budget|billing|usage|prepaid)[ _](?:limit|cap|quota) (?:has been |is "
    r"|was )?(?:reached|exceeded|hit)",
    r"(?:exceeded|reached)(?: your| the)?[^.]{0,30}(?:spend(?:ing)?|budget|billing|hard) (?:limit|cap)",
    r"budget has been exceeded",
    r"free (?:tier|trial|quota)[^.]{0,40}(?:ended|expired|exhausted|used up|over)",
    r"trial (?:has )?(?:ended|expired)",
    r"余额",
    r"欠费",
    r"额度(?:不足|已用)",
    r"잔액",
    r"크레딧[^.]{0,12}(?:부족|소진)",
    r"결제",
    r"요금[^.]{0,10}(?:미납|한도)",
)
_QUOTA = any_of(r"exceeded your current quota", r"quota[^.]{0,40}plan and billing")
"""Said of an empty account, and by Gemini of a minute that is full: then the body names the time to wait."""
_RATE = any_of(
    r"rate[ _-]?limit",
    r"too many (?:requests|tokens|concurrent)",
    r"requests? per (?:second|minute|hour|day)",
    r"tokens? per (?:minute|day)",
    r"\b(?:rpm|tpm|rpd|tpd|qps|qpm)\b",
    r"throttl",
    r"concurrency limit",
    r"resource (?:has been )?exhausted",
    r"quota exceeded",
    r"slow down",
    r"too frequent",
    r"请求过于频繁",
    r"频率",
    r"요청[^.]{0,12}(?:너무 많|초과|제한)",
    r"호출[^.]{0,12}(?:한도|제한|초과)",
)
OVERFLOW = any_of(
    r"maximum context length",
    r"max(?:imum)? (?:input|prompt|sequence|model)[ _]?(?:len|length|tokens?)",
    r"context (?:length|window|size|limit)",
    r"max_tokens must be at least 1",
    r"(?:prompt|input|request|message)s? (?:is |are |was )?(?:too long|too large|exceeds?)",
    r"too many (?:input )?tokens",
    r"(?:input|inputs|prompt|conversation|messages)\b[^.]{0,60}\b(?:exceeds?|longer than"
    r"|must have less than|larger than)",
    r"(?:exceeds?|exceeded|longer than|larger than)[^.]{0,60}\b(?:context|max_model_len|max_seq_len"
    r"|num_ctx|n_ctx|token limit)",
    r"(?:`?inputs`? tokens|n_ctx|max_new_tokens`? must be)",
    r"reduce the length",
    r"토큰[^.]{0,12}초과",
    r"길이[^.]{0,12}초과",
    r"上下文",
)
_FILTER = any_of(
    r"content[ _-]?(?:filter|management polic|polic(?:y|ies)|moderation|safety)",
    r"responsible ?ai",
    r"safety (?:filter|system|polic|setting)",
    r"flagged",
    r"moderation",
    r"prohibited content",
    r"inappropriate content",
    r"(?:usage|acceptable use) polic",
    r"violat(?:e|es|ed|ing|ion)[^.]{0,40}polic",
    r"harmful",
    r"guardrail",
    r"blocked (?:by|due to|for) (?:safety|policy|content|the)",
    r"data[ _]inspection",
    r"sensitive (?:content|words?|information)",
    r"敏感",
    r"不安全",
    r"违规",
    r"부적절",
    r"유해",
    r"정책[^.]{0,12}위반",
    r"콘텐츠 필터",
)
_KEY = any_of(
    r"(?:invalid|incorrect|wrong|missing|expired|revoked|no|bad|unknown)[ _](?:api|auth|access"
    r"|bearer)?[ _-]?(?:key|token|credential)",
    r"api[ _]?key (?:is |was )?(?:not|in|missing|required|expired)",
    r"authenticat",
    r"unauthori[sz]ed",
    r"令牌",
    r"인증",
)
_MODEL = any_of(
    r"(?:model|deployment|engine)\b[^.]{0,80}(?:not (?:found|exist|available|supported|loaded|served)"
    r"|does not exist|no longer|unknown|deprecated|retired|decommissioned|shut ?down)",
    r"(?:no such|unknown|invalid|unsupported|could not find|cannot find|can't find|pull) (?:the )?model",
    r"try pulling it first",
    r"not a valid model",
    r"no endpoints found",
    r"모델[^.]{0,20}(?:없|존재하지|찾을 수)",
    r"模型不存在",
)
_BUSY = any_of(
    r"overload",
    r"loading",
    r"(?:is )?(?:currently )?(?:unavailable|busy|starting|warming|cold)",
    r"at capacity",
    r"over capacity",
    r"no capacity",
    r"high demand",
    r"try again (?:later|in a)",
    r"temporar(?:y|ily)",
    r"bad gateway",
    r"gateway time-?out",
    r"timed? ?out",
    r"upstream",
    r"internal (?:server )?error",
    r"服务繁忙",
    r"혼잡",
    r"잠시 후",
)


def meaning(error: Told) -> Meaning:
    """Return what an error means.

    An empty account is told from a rate limit by its code, or by its words where the body names no time to wait.
    """
    by_code = {CODES[code] for code in error.codes if code in CODES}
    status, text = error.status or 0, error.text
    if "no_money" in by_code or status == 402:
        return "no_money"
    if _MONEY.search(text) and status != 401 and "filtered" not in by_code:
        return "no_money"
    if status == 429:
        return "no_money" if _QUOTA.search(text) and error.wait_seconds is None else "rate_limit"
    for likely in ("filtered", "overflow", "rate_limit"):
        if likely in by_code:
            return likely
    if "key" in by_code or status == 401:
        return "key"
    if status >= 500 and "model" not in by_code:
        if OVERFLOW.search(text) and not _BUSY.search(text):
            return "overflow"
        return "rate_limit" if status == 529 and _RATE.search(text) else "overload"
    if status in (408, 425):
        return "overload"
    if _FILTER.search(text):
        return "filtered"
    if status == 413 or OVERFLOW.search(text):
        return "overflow"
    if "model" in by_code or status in (404, 405, 410) or _MODEL.search(text):
        return "model"
    if _KEY.search(text) or status == 403:
        return "key"
    if _RATE.search(text):
        return "rate_limit"
    if "overload" in by_code or (status == 0 and _BUSY.search(text)):
        return "overload"
    return "request" if status >= 400 else "overload"


def is_loading(error: Told) -> bool:
    """Whether the endpoint says that it will answer once it has started."""
    return (
        re.search(r"loading|warming|starting|cold|scal(?:ed|ing) (?:to|from|up)|not ready|booting", error.text)
        is not None
    )

"""What a run costs, before and after: exact money, estimates by a stated rule, a sum that is not passed."""

from __future__ import annotations

import hashlib
import importlib
import sys
import types
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.endpoints.cost import (
    REPLY_TOKENS,
    Prices,
    amount,
    cost,
    cost_line,
    estimate,
    find_prices,
    given_prices,
    money,
    price_table,
)
from judge.endpoints.tokens import MESSAGE_TOKENS, REPLY_START_TOKENS, counter, estimate_tokens
from judge.errors import ConfigError, InputError
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.yaml_files import read_yaml
from judge.records import Answer, Message, Usage
from judge.stages.budget import Budget

PRICES = Prices(input=Decimal("2.50"), output=Decimal(10), cached=Decimal("1.25"))


def test_cached_tokens_are_part_of_the_prompt_and_have_their_own_price() -> None:
    """(300,000 - 120,000) x 2.50 + 120,000 x 1.25 + 45,000 x 10 = 450,000 + 150,000 + 450,000 millionths."""
    usage = Usage(prompt_tokens=300_000, cached_tokens=120_000, completion_tokens=45_000)
    assert cost(usage, PRICES) == Decimal("1.05")
    assert cost(usage, Prices(Decimal("2.50"), Decimal(10))) == Decimal("1.20")


def test_the_part_that_came_from_batches_costs_half() -> None:
    whole, part = Usage(prompt_tokens=1_000_000), Usage(prompt_tokens=600_000)
    assert cost(whole, PRICES, batch=part) == Decimal("2.5") - Decimal("0.75")
    assert cost(whole, PRICES, batch=whole) == Decimal("1.25")


@given(
    st.builds(
        Usage,
        prompt_tokens=st.integers(0, 10**9),
        completion_tokens=st.integers(0, 10**9),
        cached_tokens=st.integers(0, 10**9),
    )
)
def test_a_sum_is_never_negative_and_batches_are_never_dearer(usage: Usage) -> None:
    assert 0 <= cost(usage, PRICES, batch=usage) <= cost(usage, PRICES)


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        ("0", "$0.00"),
        ("0.00042", "$0.0004"),
        ("0.0999", "$0.0999"),
        ("0.1", "$0.10"),
        ("1.234", "$1.23"),
        ("12345.6", "$12,345.60"),
    ],
)
def test_money_is_shown_with_what_matters(dollars: str, text: str) -> None:
    assert money(Decimal(dollars)) == text


def test_the_line_at_the_end_of_a_run() -> None:
    usage = Usage(prompt_tokens=301_200, cached_tokens=120_000, completion_tokens=45_310)
    assert cost_line(usage, PRICES, "gpt-4o", requests=252) == (
        "judge gpt-4o: 252 requests, 301,200 tokens in (120,000 cached), 45,310 out, $1.06"
    )
    assert cost_line(usage, PRICES, "gpt-4o", requests=252, in_batch=252, batch=usage) == (
        "judge gpt-4o: 252 requests (252 in batches at half the price), 301,200 tokens in (120,000 cached), "
        "45,310 out, $0.53"
    )
    assert (
        cost_line(Usage(prompt_tokens=7), None, "my-judge", requests=1)
        == "judge my-judge: 1 request, 7 tokens in, 0 out"
    )


# -- prices


def test_prices_from_options() -> None:
    assert given_prices(None, None) is None
    assert given_prices("2.5", "$10", "1.25") == PRICES
    assert given_prices("2.5", "10") == Prices(Decimal("2.5"), Decimal(10), None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("2.5", None, None), "both --price-in and --price-out"),
        ((None, None, "1"), "both --price-in and --price-out"),
        (("cheap", "10", None), "--price-in 'cheap'"),
        (("2.5", "-1", None), "--price-out '-1'"),
        (("2.5", "10", "nan"), "--price-cached 'nan'"),
    ],
)
def test_prices_that_are_none_are_named(options: tuple[str | None, str | None, str | None], said: str) -> None:
    with pytest.raises(ConfigError) as fault:
        given_prices(*options)
    assert said in str(fault.value)


@pytest.mark.parametrize("text", ["", "1,5", "inf", "-0.1", "nan", "NaN123"])
def test_what_is_no_sum_of_money(text: str) -> None:
    assert amount(text) is None


def test_a_file_of_prices(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("gpt-4o: {in: 2.50, out: 10, cached: 1.25}\ngpt-4o-mini: {in: 0.15, out: 0.6}\n", "utf-8")
    table = price_table(read_yaml(file), file)
    assert table["gpt-4o"] == PRICES
    assert find_prices(table, "gpt-4o-2024-08-06") == PRICES
    assert find_prices(table, "gpt-4o-mini-2024-07-18") == table["gpt-4o-mini"]
    assert table["gpt-4o-mini"].input == Decimal("0.15")
    assert find_prices(table, "gpt-4o-audio") is None
    assert find_prices(table, "gpt-4") is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "holds no prices"),
        ({}, "holds no prices"),
        ({"m": 3}, "field 'm'"),
        ({"m": {"in": 1}}, "field 'm.out': is missing"),
        ({"m": {"in": 1, "out": "much"}}, "field 'm.out'"),
        ({"m": {"in": True, "out": 1}}, "field 'm.in'"),
        ({"m": {"in": 1, "out": 2, "cache": 1}}, "did you mean 'cached'"),
    ],
)
def test_a_broken_file_of_prices_names_the_field(data: object, said: str) -> None:
    with pytest.raises(InputError) as fault:
        price_table(data, Path("prices.yaml"))
    assert said in str(fault.value)
    assert "prices.yaml" in str(fault.value)


# -- estimates


def test_the_rule_for_tokens() -> None:
    """7 syllables x 0.72; `judging` 1 word; 2024 is two groups of digits after a space; ! is a sign."""
    assert estimate_tokens("") == 0
    assert estimate_tokens("오늘날씨가참좋네요") == round(9 * 0.72)
    assert estimate_tokens("judging 2024!") == round(1.05 + 1 + 2 * 1.0 + 0.6)
    assert estimate_tokens("a") == 1
    assert estimate_tokens(" " * 300_000 + "a") == 1  # in linear time: a quadratic one takes minutes


def test_the_older_tokenizer_needs_more_for_hangul() -> None:
    text = "오늘은 날씨가 참 좋습니다. " * 20
    new = estimate_tokens(text, "gpt-4o")
    assert estimate_tokens(text, "gpt-4.1") == estimate_tokens(text, "my-model") == new
    assert estimate_tokens(text, "gpt-4-0613") == estimate_tokens(text, "gpt-4") > 1.5 * new
    assert estimate_tokens("plain English words", "gpt-4") == estimate_tokens("plain English words")


@pytest.mark.proofs
@given(st.text(max_size=300), st.text(max_size=300))
def test_tokens_of_a_text_are_near_those_of_its_halves(a: str, b: str) -> None:
    assert abs(estimate_tokens(a + b) - estimate_tokens(a) - estimate_tokens(b)) <= 4


def test_an_estimate_counts_messages_replies_and_money() -> None:
    prompt: list[Message] = [{"role": "system", "content": "12"}, {"role": "user", "content": "345"}]
    found = estimate([prompt] * 10, PRICES, count=len, reply_tokens=100)
    each = 2 + 3 + 2 * MESSAGE_TOKENS + REPLY_START_TOKENS
    assert (found.requests, found.input_tokens, found.output_tokens) == (10, 10 * each, 1000)
    assert found.cost == (10 * each * Decimal("2.5") + 1000 * 10) / 1_000_000
    half = estimate([prompt] * 10, PRICES, count=len, reply_tokens=100, batch=True)
    assert half.cost == found.cost / 2
    assert found.each == found.cost / 10
    assert (found + found).cost == 2 * found.cost
    assert (found + estimate([prompt], None)).cost is None


def test_the_line_of_a_dry_run() -> None:
    prompt: list[Message] = [{"role": "user", "content": "x" * 993}]
    found = estimate([prompt] * 252, PRICES, count=len, reply_tokens=100)
    assert found.line("gpt-4o") == (
        "judge gpt-4o: 252 requests, about 252,000 tokens in (by rule), about 25,200 out; about $0.88"
    )
    assert estimate([prompt], PRICES, batch=True).line("j").endswith("at batch prices")
    assert estimate([prompt], None).line("j").endswith("no price given: --price-in and --price-out, or --prices FILE")
    assert estimate([], PRICES).line("j").endswith("about $0.00")


def test_an_estimate_of_real_prompts_is_of_the_right_size() -> None:
    answer = Answer(
        id=1,
        category="추론",
        questions=("왜 하늘은 파란가요?",),
        outputs=("파장이 짧은 빛이 더 많이 흩어지기 때문입니다.",),
    )
    messages = load_judge_prompts(None).render(answer, 1, ("ko",))
    characters = sum(len(message["content"]) for message in messages)
    assert 0.4 * characters < estimate([messages], None).input_tokens < 0.9 * characters
    assert estimate([messages], None).output_tokens == REPLY_TOKENS


# -- --max-cost


def test_a_budget_counts_what_is_under_way_so_that_the_sum_is_not_passed() -> None:
    """One request costs 0.10; of a dollar that is ten. Before any cost is known, few are let go at once."""
    used = Usage(completion_tokens=10_000)
    at_once, sent = Budget(Decimal(1), PRICES, Decimal("0.1")), 0
    while at_once.admit():
        sent += 1
    assert sent == 4
    assert at_once.waiting
    for _ in range(4):
        at_once.settle(used)
    while at_once.admit():
        sent += 1
    assert sent == 10
    for _ in range(6):
        at_once.settle(used)
    assert at_once.spent == 1
    assert not at_once.waiting


def test_a_budget_learns_that_requests_are_cheaper_than_expected() -> None:
    budget, sent = Budget(Decimal(1), PRICES, Decimal("0.5")), 0
    while budget.admit():
        budget.settle(Usage(completion_tokens=10_000))
        sent += 1
    assert sent == 10


def test_a_budget_learns_that_requests_are_dearer_than_expected() -> None:
    budget, sent = Budget(Decimal(1), PRICES, Decimal("0.01")), 0
    while budget.admit():
        budget.settle(Usage(completion_tokens=30_000))
        sent += 1
    assert (sent, budget.spent) == (3, Decimal("0.9"))
    assert budget.line("gpt-4o").startswith("judge gpt-4o: stopped at --max-cost $1.00 with $0.90 spent")


# -- a real tokenizer


def fake_tiktoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A tiktoken that counts characters and notes what it would load."""
    loaded: list[str] = []

    class Encoding:
        def encode(self, text: str, *, disallowed_special: tuple[()]) -> list[int]:
            return [0] * len(text)

    def load(name: str) -> Encoding:
        loaded.append(name)
        return Encoding()

    def name_of(model: str) -> str:
        return {"gpt-4o": "o200k_base", "davinci": "r50k_base"}[model]

    module = types.ModuleType("tiktoken")
    module.__dict__.update(get_encoding=load, encoding_name_for_model=name_of)
    monkeypatch.setitem(sys.modules, "tiktoken", module)
    return loaded


@pytest.mark.parametrize("model", ["gpt-4o", "davinci", "my-org/my-judge"])
def test_no_encoding_is_loaded_that_is_not_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    loaded = fake_tiktoken(monkeypatch)
    count, how = counter(model, {"TIKTOKEN_CACHE_DIR": str(tmp_path)})
    assert (count("판단"), how) == (estimate_tokens("판단"), "by rule")
    key = hashlib.sha1(b"https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken").hexdigest()
    (tmp_path / key).write_text("cut off")  # tiktoken would remove it and load it anew
    assert counter(model, {"TIKTOKEN_CACHE_DIR": str(tmp_path)})[1] == "by rule"
    assert counter(model, {"TIKTOKEN_CACHE_DIR": ""})[1] == "by rule"
    assert loaded == []


def test_an_encoding_that_lies_ready_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tiktoken(monkeypatch)
    module = importlib.import_module("judge.endpoints.tokens")
    monkeypatch.setitem(module._SHA256, "o200k_base", hashlib.sha256(b"ranks").hexdigest())
    key = hashlib.sha1(b"https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken").hexdigest()
    (tmp_path / key).write_bytes(b"ranks")
    count, how = counter("gpt-4o", {"DATA_GYM_CACHE_DIR": str(tmp_path)})
    assert (count("판단한다"), how) == (4, "by tiktoken o200k_base")


def test_without_tiktoken_the_rule_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    count, how = counter("gpt-4-0613", {})
    assert (count("판단한다"), how) == (estimate_tokens("판단한다", "gpt-4"), "by rule")

"""Tokens and money: what a run will cost and has cost. Pure.

Prices are in dollars per million tokens, as providers publish them, and given by the user: none is built in, for they
change. Money is Decimal; it is rounded for display alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from judge.endpoints.tokens import BY_RULE, MESSAGE_TOKENS, REPLY_START_TOKENS, Counter, estimate_tokens
from judge.errors import ConfigError, InputError, did_you_mean
from judge.records import Message, Usage
from judge.wording import Note, joined, led, worded

MILLION = Decimal(1_000_000)
BATCH_FACTOR = Decimal("0.5")
"""What a token costs in a batch, over what it costs at once; cached tokens too."""

REPLY_TOKENS = 300
"""Expected length of a judge's reply where no reply of this judge is known yet: 1,500 public comments of GPT-4 have
167 tokens on average by o200k_base and 280 by cl100k_base. A reasoning judge thinks far longer."""


@dataclass(frozen=True)
class Prices:
    """Dollars per million tokens."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    """Of prompt tokens that the provider had in its cache; None: as `input`."""


@dataclass(frozen=True)
class Estimate:
    """What is going to be asked, before anything is spent."""

    requests: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    """None where no price is known."""
    batch: bool = False

    @property
    def each(self) -> Decimal | None:
        """What one request costs on average."""
        return self.cost / self.requests if self.cost is not None and self.requests else self.cost

    def line(self, judge: str, counted: str = BY_RULE) -> Note:
        """Return the estimate as text; `counted`: how tokens were counted."""
        read, written, how = f"{self.input_tokens:,}", f"{self.output_tokens:,}", worded(counted, "ko")
        price = Note(
            "no price given: --price-in and --price-out, or --prices FILE",
            "단가를 주지 않음: --price-in과 --price-out, 또는 --prices FILE",
        )
        if self.cost is not None:
            dollars, batch = money(self.cost), self.batch
            price = Note(f"about {dollars}{' at batch prices' * batch}", f"약 {dollars}{'(배치 단가)' * batch}")
        return Note(
            f"judge {judge}: {_requests(self.requests)}, about {read} tokens in ({counted}), about {written} out; "
            f"{price}",
            f"심판 {judge}: 요청 {self.requests:,}건, 입력 약 {read}토큰({how}), 출력 약 {written}토큰; {price.korean}",
        )

    def data(self) -> dict[str, Any]:
        """Return the estimate for JSON; money as text, for it is exact."""
        cost = None if self.cost is None else str(self.cost)
        tokens = {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens}
        return {"requests": self.requests, **tokens, "cost": cost, "batch": self.batch}

    def __add__(self, other: Estimate) -> Estimate:
        known = None if self.cost is None or other.cost is None else self.cost + other.cost
        return replace(
            self,
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=known,
            batch=self.batch and other.batch,
        )


# -- prices


def given_prices(price_in: str | None, price_out: str | None, price_cached: str | None = None) -> Prices | None:
    """Return the prices of --price-in, --price-out, --price-cached; None where none is given. Raises ConfigError."""
    if price_in is None and price_out is None and price_cached is None:
        return None
    if price_in is None or price_out is None:
        raise ConfigError("a price needs both --price-in and --price-out, in dollars per million tokens")
    values: list[Decimal] = []
    for name, text in (("--price-in", price_in), ("--price-out", price_out), ("--price-cached", price_cached or "0")):
        value = amount(text)
        if value is None:
            raise ConfigError(f"{name} '{text}' is no price; it looks like 2.50 (dollars per million tokens)")
        values.append(value)
    return Prices(values[0], values[1], values[2] if price_cached is not None else None)


def price_table(data: object, path: Path) -> dict[str, Prices]:
    """Return the prices in a parsed YAML file, `model: {in: 2.5, out: 10, cached: 1.25}`.

    Raises InputError with file and field.
    """
    if not isinstance(data, dict) or not data:
        raise InputError("holds no prices", path=path, mend="write lines like gpt-4o: {in: 2.5, out: 10, cached: 1.25}")
    table: dict[str, Prices] = {}
    for model, entry in data.items():
        if not isinstance(entry, dict):
            raise InputError("is no price", path=path, field=str(model), mend="write {in: 2.5, out: 10}")
        for key in entry.keys() - {"in", "out", "cached"}:
            hint = did_you_mean(str(key), ("in", "out", "cached"))
            raise InputError(f"is not a known field; {hint}", path=path, field=f"{model}.{key}")
        values = {name: _price(entry, name, str(model), path) for name in ("in", "out", "cached") if name in entry}
        for name in ("in", "out"):
            if name not in values:
                raise InputError("is missing", path=path, field=f"{model}.{name}")
        table[str(model)] = Prices(values["in"], values["out"], values.get("cached"))
    return table


def _price(entry: Mapping[Any, Any], name: str, model: str, path: Path) -> Decimal:
    value = amount(str(entry[name]))
    if value is None:
        raise InputError("is no price (dollars per million tokens)", path=path, field=f"{model}.{name}")
    return value


def find_prices(table: Mapping[str, Prices], model: str) -> Prices | None:
    """Return the prices of `model`: its own entry, else that of its name without a date (`-2026-08-06`, `-0613`)."""
    return table.get(model) or table.get(re.sub(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$", "", model))


MOST_DOLLARS = 10**9


def amount(text: str) -> Decimal | None:
    """Return a sum of money, `2.50` or `$2.50`; None where the text is none, is below 0 or beyond all sense."""
    try:
        value = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= MOST_DOLLARS else None


# -- what it costs


def cost(usage: Usage, prices: Prices, *, batch: Usage | None = None) -> Decimal:
    """Return the dollars for `usage`; `batch`: the part of it that came from batches, at half the price."""
    whole = dollars(usage, prices)
    return whole if batch is None else whole - dollars(batch, prices) * (1 - BATCH_FACTOR)


def dollars(usage: Usage, prices: Prices) -> Decimal:
    """Return what these tokens cost."""
    cached = min(usage.cached_tokens, usage.prompt_tokens)
    cached_price = prices.input if prices.cached is None else prices.cached
    tokens = (
        (usage.prompt_tokens - cached) * prices.input + cached * cached_price + usage.completion_tokens * prices.output
    )
    return tokens / MILLION


def money(dollars: Decimal) -> str:
    """Return `$1.23`; with four decimals below ten cents, so that a small run does not cost `$0.00`."""
    return f"${dollars:,.2f}" if dollars >= Decimal("0.1") or dollars == 0 else f"${dollars:.4f}"


def cost_line(
    usage: Usage, prices: Prices | None, judge: str, *, requests: int, batch: Usage | None = None, in_batch: int = 0
) -> str:
    """Return what a judge has cost, for the end of a run.

    `requests`: all of them; `in_batch`: how many of those were in batches; `batch`: their part of `usage`.
    """
    sent, read, written = f"{requests:,}", f"{usage.prompt_tokens:,}", f"{usage.completion_tokens:,}"
    parts = [Note(_requests(requests), f"요청 {sent}건"), Note(f"{read} tokens in", f"입력 {read}토큰")]
    if in_batch:
        half = f"{in_batch:,}"
        parts[0] = Note(f"{parts[0]} ({half} in batches at half the price)", f"요청 {sent}건({half}건은 반값인 배치로)")
    if cached := usage.cached_tokens:
        parts[1] = Note(f"{parts[1]} ({cached:,} cached)", f"{parts[1].korean}({cached:,}토큰은 캐시)")
    parts.append(Note(f"{written} out", f"출력 {written}토큰"))
    guessed = usage.estimated_tokens
    if prices is not None:
        price = money(cost(usage, prices, batch=batch))
        parts.append(Note(f"{'about ' * bool(guessed)}{price}", f"{'약 ' * bool(guessed)}{price}"))
    if guessed:
        parts.append(
            Note(
                f"{guessed:,} of the tokens estimated, for the endpoint did not report them",
                f"이 가운데 {guessed:,}토큰은 엔드포인트가 알려 주지 않아 어림한 수",
            )
        )
    return led(Note(f"judge {judge}", f"심판 {judge}"), joined(parts, ", "))


def _requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


# -- what it will cost


def estimate(
    prompts: Iterable[Sequence[Message]],
    prices: Prices | None,
    *,
    count: Counter = estimate_tokens,
    reply_tokens: float = REPLY_TOKENS,
    batch: bool = False,
) -> Estimate:
    """Return what these requests will use; nothing is taken off for the provider's cache or put on for repeats.

    `reply_tokens`: the mean of the judge's replies so far, where there are any.
    """
    requests = tokens = 0
    for messages in prompts:
        requests += 1
        tokens += sum(count(message["content"]) + MESSAGE_TOKENS for message in messages) + REPLY_START_TOKENS
    usage = Usage(prompt_tokens=tokens, completion_tokens=round(requests * reply_tokens))
    dollars = None if prices is None else cost(usage, prices, batch=usage if batch else None)
    return Estimate(requests, usage.prompt_tokens, usage.completion_tokens, dollars, batch)

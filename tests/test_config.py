"""Configurations: what is in a digest, and how two of them differ."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from judge.config import Endpoint, GenerateConfig, JudgeConfig, Sampling, differing_fields, digest
from tests.support.patience import PATIENCE_SECONDS

JUDGE: dict[str, Any] = {"judge": "gpt-4.1", "template": "t", "sampling": Sampling(temperature=0, seed=1)}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def turned(value: Any) -> Any:
    """The same value with every dict filled in the other order."""
    if isinstance(value, dict):
        return {key: turned(inner) for key, inner in reversed(value.items())}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.proofs
@given(VALUES)
def test_a_digest_does_not_depend_on_the_order_of_keys(value: object) -> None:
    assert digest(value) == digest(turned(value))
    assert len(digest(value)) == 16
    assert int(digest(value), 16) >= 0


def test_a_digest_tells_values_apart_that_look_alike() -> None:
    alike: list[object] = [1, "1", True, None, "", [], {}, [1], ["1"], [[1]], {"a": 1}, {"a": "1"}]
    values = [*alike, "가", "각", "\u1100\u1161"]
    assert len({digest(value) for value in values}) == len(values)


@pytest.mark.proofs
def test_a_digest_is_the_same_in_another_process_with_another_hash_seed() -> None:
    value = {"나": [1, None, "가\ud800"], "a": {"y": 1.5, "x": True}}
    program = "import sys; from judge.config import digest; print(digest(eval(sys.argv[1])))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, ascii(value)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.stdout.strip() == digest(value)


@pytest.mark.parametrize(
    "change",
    [
        {"judge": "gpt-4.1-mini"},
        {"template": "u"},
        {"sampling": Sampling(temperature=0.5, seed=1)},
        {"sampling": Sampling(temperature=0, seed=2)},
        {"sampling": Sampling(temperature=0)},
        {"sampling": Sampling(temperature=None, seed=1)},
        {"sampling": Sampling(temperature=0, seed=1, max_tokens=9)},
        {"sampling": Sampling(temperature=0, seed=1, top_p=0.9)},
        {"sampling": Sampling(temperature=0, seed=1, stop=("끝",))},
    ],
)
def test_what_changes_a_verdict_changes_the_judges_digest(change: dict[str, Any]) -> None:
    assert JudgeConfig(**JUDGE).digest() != JudgeConfig(**JUDGE | change).digest()


def test_how_often_a_bad_reply_is_asked_for_again_does_not() -> None:
    assert JudgeConfig(**JUDGE, parse_retries=0).digest() == JudgeConfig(**JUDGE, parse_retries=9).digest()


def test_neither_configuration_has_a_place_for_a_key_an_address_or_a_speed() -> None:
    fields = GenerateConfig.model_fields | JudgeConfig.model_fields | Sampling.model_fields
    assert not [name for name in fields if any(word in name for word in ("key", "url", "concurren", "timeout"))]
    assert not [name for name in Endpoint.model_fields if "key" in name]


def test_a_parameter_left_to_the_endpoint_is_not_sent() -> None:
    assert Sampling(temperature=None).parameters() == {}
    assert Sampling().parameters() == {"temperature": 0.0}
    assert Sampling(top_p=1, max_tokens=5, seed=0).parameters() == {
        "temperature": 0.0,
        "top_p": 1.0,
        "max_tokens": 5,
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        (Sampling, {"temperature": -0.1}),
        (Sampling, {"temperature": 2.1}),
        (Sampling, {"top_p": 0}),
        (Sampling, {"top_p": 1.1}),
        (Sampling, {"max_tokens": 0}),
        (Sampling, {"temprature": 1}),
        (Endpoint, {"tries": 0}),
        (Endpoint, {"timeout_seconds": 0}),
        (Endpoint, {"api": "anthropic"}),
        (JudgeConfig, {"judge": "j", "template": "t", "parse_retries": -1}),
    ],
)
def test_a_value_that_makes_no_sense_or_a_misspelt_name_is_refused(shape: type[Any], values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=list(values)[-1]):
        shape(**values)


def run(**changes: Any) -> GenerateConfig:
    made: dict[str, Any] = {"model": "m", "questions": "q", "strategies": {"0-shot": "a"}, "engine": {"dtype": "x"}}
    return GenerateConfig(**made | changes)


def test_equal_configurations_differ_in_nothing_and_so_do_those_with_other_strategies() -> None:
    assert differing_fields(run(), run()) == []
    assert differing_fields(run(), run(strategies={"1-shot": "b"})) == []
    assert differing_fields(run(strategies={"0-shot": "a", "1-shot": "b"}), run()) == []
    assert differing_fields(run(), run(strategies={"0-shot": "a", "1-shot": "b"})) == []


def test_every_difference_is_told_with_both_values() -> None:
    new = run(
        model="n",
        source="saved",
        sampling=Sampling(temperature=1, max_tokens=7),
        engine={"dtype": "y", "lora": "z"},
        strategies={"0-shot": "b", "1-shot": "c"},
    )
    assert differing_fields(run(), new) == [
        "model: m -> n",
        "source: generated -> saved",
        "max_tokens: None -> 7",
        "temperature: 0.0 -> 1.0",
        "dtype: x -> y",
        "lora: None -> z",
        "strategy 0-shot: a -> b",
    ]


def test_no_field_of_a_run_is_forgotten_when_two_are_compared() -> None:
    changed: dict[str, Any] = {
        "model": "n",
        "asked": "hub/n",
        "questions": "r",
        "source": "saved",
        "sampling": Sampling(seed=1),
        "engine": {},
        "verbatim": True,
        "strategies": {"0-shot": "b"},
    }
    assert changed.keys() == GenerateConfig.model_fields.keys()
    for name, value in changed.items():
        assert len(differing_fields(run(), run(**{name: value}))) == 1
    set_: dict[str, Any] = {"temperature": 0.5, "top_p": 0.5, "max_tokens": 5, "seed": 5, "stop": ("끝",)}
    set_["extra_body"] = {"top_k": 5}
    assert set_.keys() == Sampling.model_fields.keys()
    for name, value in set_.items():
        assert len(differing_fields(run(), run(sampling=Sampling(**{name: value})))) == 1

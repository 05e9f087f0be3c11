"""Options and environment -> endpoint and key."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from judge.endpoints.access import NO_KEY, own_access, resolve
from judge.errors import ConfigError

SECRET = "sk-very-secret-1234567890"
AZURE = "https://mine.openai.azure.com"
Role = Literal["model", "judge"]


def refused(environment: dict[str, str], role: Role = "model", **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(environment, role=role, **options)
    assert SECRET not in str(caught.value)
    return str(caught.value)


# -- keys


@pytest.mark.parametrize(
    ("role", "set_", "used"),
    [
        ("model", {"OPENAI_API_KEY"}, "OPENAI_API_KEY"),
        ("model", {"OPENAI_API_KEY", "KOJUDGE_JUDGE_API_KEY"}, "OPENAI_API_KEY"),
        ("judge", {"OPENAI_API_KEY"}, "OPENAI_API_KEY"),
        ("judge", {"OPENAI_API_KEY", "KOJUDGE_JUDGE_API_KEY"}, "KOJUDGE_JUDGE_API_KEY"),
        ("judge", {"KOJUDGE_JUDGE_API_KEY"}, "KOJUDGE_JUDGE_API_KEY"),
        ("model", {"OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"}, "OPENAI_API_KEY"),
    ],
)
def test_the_key_of_a_role_comes_from_the_variable_that_the_guide_names(role: Role, set_: set[str], used: str) -> None:
    access = resolve({name: f"key-of-{name}" for name in set_}, role=role)
    assert (access.key_name, access.api_key) == (used, f"key-of-{used}")
    assert access.endpoint.base_url is None


@pytest.mark.parametrize("role", ["model", "judge"])
def test_a_named_variable_goes_before_all_others(role: Role) -> None:
    environment = {"MINE": "mine", "OPENAI_API_KEY": "a", "KOJUDGE_JUDGE_API_KEY": "b"}
    access = resolve(environment, role=role, key_env="MINE")
    assert (access.key_name, access.api_key) == ("MINE", "mine")


@pytest.mark.parametrize(
    ("role", "environment", "words"),
    [
        ("model", {}, ("for the model", "set OPENAI_API_KEY", "--api-key-env")),
        ("judge", {}, ("for the judge", "KOJUDGE_JUDGE_API_KEY or OPENAI_API_KEY", "--judge-api-key-env")),
        ("model", {"KOJUDGE_JUDGE_API_KEY": SECRET}, ("set OPENAI_API_KEY",)),
        ("model", {"OPENAI_API_KEY": ""}, ("set OPENAI_API_KEY",)),
        ("model", {"OPENAI_API_KEY": " \n"}, ("set OPENAI_API_KEY",)),
        ("model", {"AZURE_OPENAI_ENDPOINT": AZURE}, ("set AZURE_OPENAI_API_KEY",)),
        (
            "judge",
            {"AZURE_OPENAI_ENDPOINT": AZURE},
            ("KOJUDGE_JUDGE_API_KEY or AZURE_OPENAI_API_KEY",),
        ),
    ],
)
def test_without_a_key_the_variable_to_set_is_named(
    role: Role, environment: dict[str, str], words: tuple[str, ...]
) -> None:
    message = refused(environment, role)
    assert all(word in message for word in words)


def test_a_named_variable_that_is_not_set_is_an_error_even_where_another_is() -> None:
    environment = {"OPENAI_API_KEY": SECRET, "BLANK": "  "}
    assert "--api-key-env names ABSENT, which is not set" in refused(environment, key_env="ABSENT")
    assert "names BLANK, which is not set" in refused(environment, key_env="BLANK")
    url = "http://127.0.0.1:8000/v1"
    assert "--judge-api-key-env" in refused(environment, "judge", key_env="ABSENT", base_url=url)


def test_white_space_around_a_key_is_not_part_of_it() -> None:
    assert resolve({"OPENAI_API_KEY": f" {SECRET}\r\n"}, role="model").api_key == SECRET


@pytest.mark.parametrize("key", [f"{SECRET}\nsecond-line", f"{SECRET} x", f"{SECRET}열쇠", f"“{SECRET}”", "a\x00b"])
def test_a_key_that_no_header_can_hold_is_told_by_its_variable_alone(key: str) -> None:
    message = refused({"OPENAI_API_KEY": key})
    assert "OPENAI_API_KEY holds no key" in message


def test_the_key_is_in_no_text_of_an_access() -> None:
    access = resolve({"OPENAI_API_KEY": SECRET}, role="model", base_url="https://api.example.com/v1")
    for text in (repr(access), str(access), f"{access}", f"{access!r}", f"{[access]}", f"{access.endpoint!r}"):
        assert SECRET not in text
    assert "OPENAI_API_KEY" in repr(access)


# -- addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://127.9.9.9/v1",
        "http://[::1]:8000/v1",
        "http://10.1.2.3:8000/v1",
        "http://192.168.0.7/v1",
        "http://gpu-box:8000/v1",
        "http://vllm.lan/v1",
        "http://vllm.svc.cluster.local/v1",
    ],
)
def test_a_server_nearby_needs_no_key_and_gets_one_where_it_is_set(url: str) -> None:
    access = resolve({}, role="model", base_url=url)
    assert (access.api_key, access.key_name, access.endpoint.base_url) == (NO_KEY, None, url)
    assert resolve({"OPENAI_API_KEY": SECRET}, role="model", base_url=url).api_key == SECRET


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "http://8.8.8.8/v1", "https://localhost.example.com", "https://x.io"]
)
def test_a_server_elsewhere_needs_one(url: str) -> None:
    assert "OPENAI_API_KEY" in refused({}, base_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/v1",
        "127.0.0.1:8000",
        "/v1",
        "ftp://host/v1",
        "http://",
        "http:///v1",
        "http://:8000/v1",
        "http://[::1/v1",
        "http://host:port/v1",
        "http://host:99999/v1",
        "주소",
    ],
)
def test_what_is_no_url_is_told_with_the_option_it_came_from(url: str) -> None:
    environment = {"OPENAI_API_KEY": SECRET}
    assert refused(environment, base_url=url).startswith(f"--base-url '{url}' is not a URL")
    assert refused(environment, "judge", base_url=url).startswith(f"--judge-base-url '{url}' is not a URL")
    assert refused(environment | {"OPENAI_BASE_URL": url}).startswith(f"OPENAI_BASE_URL '{url}' is not a URL")
    assert refused({"AZURE_OPENAI_ENDPOINT": url}).startswith(f"AZURE_OPENAI_ENDPOINT '{url}' is not a URL")


def test_the_option_goes_before_the_variable_even_where_that_is_broken() -> None:
    environment = {"OPENAI_BASE_URL": "nonsense", "AZURE_OPENAI_ENDPOINT": "nonsense"}
    access = resolve(environment, role="model", base_url="http://localhost:1/v1")
    assert (access.endpoint.api, access.endpoint.base_url) == ("openai", "http://localhost:1/v1")


def test_openai_base_url_is_the_address_where_no_option_gives_one() -> None:
    access = resolve({"OPENAI_BASE_URL": "http://localhost:1/v1"}, role="judge")
    assert (access.endpoint.base_url, access.key_name) == ("http://localhost:1/v1", None)


# -- Azure


@pytest.mark.parametrize(
    ("environment", "options", "api", "url"),
    [
        ({"AZURE_OPENAI_ENDPOINT": AZURE}, {}, "azure", AZURE),
        ({}, {"base_url": AZURE}, "azure", AZURE),
        ({}, {"base_url": "https://x.cognitiveservices.azure.com/"}, "azure", "https://x.cognitiveservices.azure.com/"),
        ({}, {"base_url": "https://gateway.example.com", "api": "azure"}, "azure", "https://gateway.example.com"),
        ({"AZURE_OPENAI_ENDPOINT": AZURE}, {"api": "azure"}, "azure", AZURE),
        ({"AZURE_OPENAI_ENDPOINT": AZURE, "OPENAI_API_KEY": "k"}, {"api": "azure"}, "azure", AZURE),
        ({"AZURE_OPENAI_ENDPOINT": AZURE, "OPENAI_API_KEY": "k"}, {}, "openai", None),
        (
            {"AZURE_OPENAI_ENDPOINT": AZURE},
            {"base_url": "http://localhost:8000/v1"},
            "openai",
            "http://localhost:8000/v1",
        ),
        ({"OPENAI_API_KEY": "k"}, {"base_url": f"{AZURE}/openai/v1"}, "openai", f"{AZURE}/openai/v1"),
        ({"OPENAI_API_KEY": "k"}, {"base_url": AZURE, "api": "openai"}, "openai", AZURE),
        (
            {"OPENAI_API_KEY": "k"},
            {"base_url": "https://a.openai.azure.com.evil.net/v1"},
            "openai",
            "https://a.openai.azure.com.evil.net/v1",
        ),
    ],
)
def test_azure_is_known_by_its_host_its_variable_or_the_option(
    environment: dict[str, str], options: dict[str, Any], api: str, url: str | None
) -> None:
    access = resolve({"AZURE_OPENAI_API_KEY": "az"} | environment, role="model", **options)
    assert (access.endpoint.api, access.endpoint.base_url) == (api, url)
    if api == "azure":
        assert (access.key_name, access.api_key) == ("AZURE_OPENAI_API_KEY", "az")
    else:
        assert access.api_key != "az"


def test_azure_without_an_address_says_which_variable_to_set() -> None:
    assert "AZURE_OPENAI_ENDPOINT" in refused({"AZURE_OPENAI_API_KEY": SECRET}, api="azure")


@pytest.mark.parametrize(
    ("environment", "version"),
    [
        ({}, "2024-10-21"),
        ({"OPENAI_API_VERSION": "b"}, "b"),
        ({"OPENAI_API_VERSION": "b", "AZURE_OPENAI_API_VERSION": "a"}, "a"),
    ],
)
def test_azures_version_comes_from_its_own_variable_first(environment: dict[str, str], version: str) -> None:
    environment = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": AZURE} | environment
    assert resolve(environment, role="model").endpoint.api_version == version
    assert resolve(environment | {"OPENAI_API_KEY": "k"}, role="model").endpoint.api_version is None


def test_time_out_and_tries_are_taken_over_and_have_defaults() -> None:
    environment = {"OPENAI_API_KEY": SECRET}
    given = resolve(environment, role="model", timeout_seconds=5, tries=2).endpoint
    usual = resolve(environment, role="model").endpoint
    assert (given.timeout_seconds, given.tries) == (5, 2)
    assert (usual.timeout_seconds, usual.tries) == (600, 6)


@pytest.mark.parametrize(
    ("given", "taken"), [({}, (3600.0, 6)), ({"timeout_seconds": 5.0}, (5.0, 6)), ({"tries": 2}, (3600.0, 2))]
)
def test_a_server_of_our_own_gets_the_limits_that_are_asked_for(
    given: dict[str, Any], taken: tuple[float, int]
) -> None:
    limits = {"timeout_seconds": None, "tries": None} | given
    endpoint = own_access("http://127.0.0.1:1/v1", "key", **limits).endpoint
    assert (endpoint.timeout_seconds, endpoint.tries) == taken

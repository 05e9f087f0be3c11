"""The way to an endpoint: what people paste as its URL, proxies, certificates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from judge.endpoints.access import resolve
from judge.endpoints.route import api_root, route_to
from judge.errors import ConfigError

AZURE = "https://mine.openai.azure.com"


@pytest.mark.parametrize(
    ("pasted", "root", "version"),
    [
        ("https://x.ai/v1", "https://x.ai/v1", None),
        ("https://x.ai/v1/", "https://x.ai/v1/", None),
        ("https://x.ai/v1/chat/completions", "https://x.ai/v1", None),
        ("https://x.ai/v1/chat/completions/", "https://x.ai/v1", None),
        ("https://x.ai/v1/models", "https://x.ai/v1", None),
        ("https://x.ai/v1/chat/completions?key=a", "https://x.ai/v1?key=a", None),
        (
            f"{AZURE}/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01-preview",
            f"{AZURE}/openai/deployments/gpt-4o",
            "2025-01-01-preview",
        ),
    ],
)
def test_what_is_pasted_is_cut_to_the_root_of_the_api(pasted: str, root: str, version: str | None) -> None:
    assert api_root(pasted) == (root, version)


def test_azures_whole_target_uri_is_taken_apart() -> None:
    pasted = f"{AZURE}/openai/deployments/mine/chat/completions?api-version=2025-01-01-preview"
    access = resolve({"AZURE_OPENAI_API_KEY": "k"}, role="judge", base_url=pasted)
    assert access.endpoint.api == "azure"
    assert access.endpoint.base_url == f"{AZURE}/openai/deployments/mine"
    assert access.endpoint.api_version == "2025-01-01-preview"


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_an_empty_base_url_in_the_environment_is_none(blank: str) -> None:
    assert resolve({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": blank}, role="model").endpoint.base_url is None


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTPS_PROXY": "socks5://127.0.0.1:1080"},
        {"ALL_PROXY": "socks://127.0.0.1:1080/"},
        {"all_proxy": "socks5h://me:secret@127.0.0.1:1080"},
        {"https_proxy": "ftp://127.0.0.1"},
        {"https_proxy": "http://"},
        {"https_proxy": "http://[::1"},
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_and_the_mend_works(environment: dict[str, str]) -> None:
    (name,) = environment
    with pytest.raises(ConfigError, match=f"^{name} names .* NO_PROXY=api.openai.com$") as caught:
        route_to(None, environment)
    assert "secret" not in str(caught.value)
    assert route_to(None, environment | {"NO_PROXY": "api.openai.com"}).proxy is None
    assert route_to(None, {name: "http://127.0.0.1:3128"}).proxy_name == name


def test_this_machine_is_reached_past_every_proxy() -> None:
    environment = {"http_proxy": "socks://x", "ALL_PROXY": "socks://x"}
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert route_to(f"http://{host}:8000/v1", environment).proxy is None


def test_stale_certificates_are_named_by_variable_and_path(tmp_path: Path) -> None:
    (tmp_path / "not.pem").write_text("hello")
    pipe = tmp_path / "pipe.pem"
    os.mkfifo(pipe)
    for name, place, words in (
        ("SSL_CERT_FILE", tmp_path / "gone.pem", "does not exist"),
        ("SSL_CERT_DIR", tmp_path / "gone", "does not exist"),
        ("SSL_CERT_FILE", tmp_path / "not.pem", "holds no certificates"),
        ("SSL_CERT_FILE", tmp_path, "holds no certificates"),
        ("SSL_CERT_FILE", pipe, "holds no certificates"),
    ):
        with pytest.raises(ConfigError, match=f"^{name}={place} {words}: .* unset {name}$"):
            route_to("https://127.0.0.1:1/v1", {name: str(place)})
    assert route_to("http://127.0.0.1:1/v1", {"SSL_CERT_FILE": str(tmp_path)}).certificates is None

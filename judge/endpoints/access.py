"""Options and environment -> endpoints with their keys. The one place that knows the names of variables.

    model   --api-key-env NAME, else OPENAI_API_KEY (Azure: AZURE_OPENAI_API_KEY)
    judge   --judge-api-key-env NAME, else KOJUDGE_JUDGE_API_KEY, else as above

Keys are named on the command line and read here; they are never an argument, never stored, never shown.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from judge.config import Endpoint
from judge.endpoints.route import Route, api_root, route_to
from judge.errors import ConfigError

AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com")
NO_KEY = "no-key"
"""Sent to a server of this machine or network that asks for none."""


@dataclass(frozen=True)
class Access:
    """An endpoint and what opens it."""

    endpoint: Endpoint
    api_key: str
    key_name: str | None
    """The variable it came from; None where none was needed."""
    route: Route = field(default_factory=Route)

    def __repr__(self) -> str:
        return f"Access({self.endpoint!r}, key from {self.key_name})"


def resolve(
    environment: Mapping[str, str],
    *,
    role: Literal["model", "judge"],
    base_url: str | None = None,
    api: Literal["openai", "azure"] | None = None,
    key_env: str | None = None,
    timeout_seconds: float | None = None,
    tries: int | None = None,
) -> Access:
    """Return the access to the model or the judge.

    Raises ConfigError naming the variable to set where there is no key, or the URL where it is none.
    """
    kind, url = _address(environment, role, base_url, api)
    key_name, key = _key(environment, role, kind, key_env)
    if key is None and (url is None or not is_near(url)):
        raise ConfigError(f"no key for the {role}: set {key_name}, or name another variable with {_key_option(role)}")
    settings = _settings(timeout_seconds, tries)
    version = environment.get("AZURE_OPENAI_API_VERSION") or environment.get("OPENAI_API_VERSION") or "2024-10-21"
    if url is not None:
        url, pasted = api_root(url)
        version = pasted or version
    endpoint = Endpoint(base_url=url, api=kind, api_version=version if kind == "azure" else None, **settings)
    return Access(endpoint, key or NO_KEY, key_name if key else None, route_to(url, environment))


OWN_TIMEOUT_SECONDS = 3600.0
"""Of one request to a server that kojudge has started: nobody else is served there."""


def own_access(base_url: str, api_key: str, *, timeout_seconds: float | None, tries: int | None) -> Access:
    """Return the access to a server that kojudge has started."""
    endpoint = Endpoint(base_url=base_url, **_settings(timeout_seconds or OWN_TIMEOUT_SECONDS, tries))
    return Access(endpoint, api_key, None)


def _settings(timeout_seconds: float | None, tries: int | None) -> dict[str, Any]:
    given = {"timeout_seconds": timeout_seconds, "tries": tries}
    return {field: value for field, value in given.items() if value is not None}


def _address(
    environment: Mapping[str, str], role: str, base_url: str | None, api: Literal["openai", "azure"] | None
) -> tuple[Literal["openai", "azure"], str | None]:
    """Return the kind of endpoint and its checked URL, None for the provider's own."""
    if base_url:
        host = _host(base_url, "--base-url" if role == "model" else "--judge-base-url")
        azure = host.endswith(AZURE_HOSTS) and "/openai/v1" not in base_url
        return api or ("azure" if azure else "openai"), base_url
    if api is None:
        azure = bool(environment.get("AZURE_OPENAI_ENDPOINT")) and not _value(environment, "OPENAI_API_KEY")
        api = "azure" if azure else "openai"
    name = "AZURE_OPENAI_ENDPOINT" if api == "azure" else "OPENAI_BASE_URL"
    url = environment.get(name, "").strip()
    if url:
        _host(url, name)
    elif api == "azure":
        raise ConfigError(f"Azure OpenAI needs its address: set {name} or give the base URL")
    return api, url or None


def _host(url: str, name: str) -> str:
    """Return the host of a URL. Raises ConfigError with `name`, the option or variable it came from."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:  # half an IPv6 address, a port that is no number
        host = None
    if not host or parts.scheme not in ("http", "https") or not url.strip().isprintable():
        raise ConfigError(f"{name} '{shown_url(url)}' is not a URL; it looks like http://127.0.0.1:8000/v1")
    return host


def _key(environment: Mapping[str, str], role: str, api: str, key_env: str | None) -> tuple[str, str | None]:
    """Return the variable (the one to set where none is) and the key."""
    if key_env is not None:
        key = _value(environment, key_env)
        if not key:
            raise ConfigError(f"{_key_option(role)} names {key_env}, which is not set")
        return key_env, key
    usual = "AZURE_OPENAI_API_KEY" if api == "azure" else "OPENAI_API_KEY"
    names = ["KOJUDGE_JUDGE_API_KEY", usual] if role == "judge" else [usual]
    for name in names:
        if key := _value(environment, name):
            return name, key
    return " or ".join(names), None


def _value(environment: Mapping[str, str], name: str) -> str:
    """Return a key, "" where the variable is not set or blank. Raises ConfigError where it can be none."""
    key = environment.get(name, "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise ConfigError(f"{name} holds no key: a key is one word of ASCII letters, digits and signs")
    return key


def _key_option(role: str) -> str:
    return "--api-key-env" if role == "model" else "--judge-api-key-env"


def is_near(url: str) -> bool:
    """Whether a server is on this machine or in a private network, where servers often ask for no key."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".internal", ".lan"))
    return address.is_loopback or address.is_private


def shown_url(url: str) -> str:
    """Return a URL, or what was meant for one, as it may be shown and stored: user, password and query masked."""
    masked = re.sub(r"^(https?:/*|[a-z][a-z0-9+.-]*://)?.*@", r"\1***@", url, flags=re.IGNORECASE | re.DOTALL)
    return re.sub(r"[?#].*", "?***", masked, flags=re.DOTALL)


def url_secrets(url: str) -> list[str]:
    """Return what a URL holds that must not be shown, as it is and decoded, the longest first."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query)]
    raw = [parts.query, parts.netloc.rpartition("@")[0], parts.password or "", *values]
    return sorted({one for text in raw for one in (text, unquote(text)) if len(one) > 2}, key=len, reverse=True)

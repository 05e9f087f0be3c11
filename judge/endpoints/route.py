"""How an endpoint is reached from here: its API's root, the proxy, the certificates. Pure but for reading the files.

The environment comes in as a mapping; what of it cannot work is said by the name of the variable before anything is
sent.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from judge.errors import ConfigError, InputError
from judge.files import refuse_endless

OPENAI = "https://api.openai.com/v1"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OPERATIONS = re.compile(r"/(?:chat/completions|completions|responses|models|embeddings|tokenize|health)/*$")
"""What is pasted with a URL and belongs to one request, not to the API."""


@dataclass(frozen=True)
class Route:
    """The way to an endpoint. The proxy's URL may hold a password: it is never shown."""

    proxy: str | None = None
    proxy_name: str | None = None
    """The variable that names the proxy."""
    certificates: ssl.SSLContext | None = None
    """Of SSL_CERT_FILE or SSL_CERT_DIR; None: those of the system."""

    def __repr__(self) -> str:
        return f"Route(proxy of {self.proxy_name})"

    @property
    def via(self) -> str:
        """Return " (through the proxy of HTTPS_PROXY)" for messages, "" where there is none."""
        return f" (through the proxy that {self.proxy_name} names)" if self.proxy_name else ""


DIRECT = Route()
"""No proxy, the system's certificates."""


def route_to(url: str | None, environment: Mapping[str, str]) -> Route:
    """Return the way to `url` (None: OpenAI's own). Raises ConfigError that names the variable and the mend."""
    parts = urlsplit(url or OPENAI)
    name, proxy = _proxy(parts.scheme, parts.hostname or "", environment)
    return Route(proxy, name, _certificates(environment) if parts.scheme == "https" else None)


def _proxy(scheme: str, host: str, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the variable that names a proxy for this host, and the proxy."""
    bypass = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if host in LOOPBACK or (bypass and proxy_bypass_environment(host, {"no": bypass})):
        return None, None
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    name = next((name for name in names if environment.get(name, "").strip()), None)
    if name is None:
        return None, None
    proxy = environment[name].strip()
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        kind = "a SOCKS proxy" if proxy.startswith("socks") else "a proxy that is no http:// URL"
        raise ConfigError(
            f"{name} names {kind}, which cannot be used here: set {name} to an http:// proxy, or go past it with "
            f"NO_PROXY={host}"
        )
    return name, proxy


def _certificates(environment: Mapping[str, str]) -> ssl.SSLContext | None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        place = environment.get(name)
        if not place:
            continue
        try:
            refuse_endless(Path(place))
            if name == "SSL_CERT_DIR" and Path(place).is_dir():
                return ssl.create_default_context(capath=place)
            return ssl.create_default_context(cafile=place)
        except FileNotFoundError:
            why = "does not exist"
        except (InputError, OSError, ssl.SSLError, ValueError):
            why = "holds no certificates"
        raise ConfigError(f"{name}={place} {why}: set it to a file of certificates (PEM), or unset {name}")
    return None


def api_root(url: str) -> tuple[str, str | None]:
    """Return a URL as people paste it without the part that belongs to one request, and Azure's api-version in it."""
    parts = urlsplit(url.strip())
    path = _OPERATIONS.sub("", parts.path)
    query = parse_qsl(parts.query, keep_blank_values=True)
    version = next((value for key, value in query if key == "api-version"), None)
    azure = "/openai/deployments/" in path
    kept = [(key, value) for key, value in query if not (azure and key == "api-version")]
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(kept), "")), version if azure else None

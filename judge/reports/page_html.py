"""The page's data -> one HTML file that works from disk and lets nothing in or out. Pure.

The file holds three kinds of scripts: ours and the plot library's, each allowed by the hash of its text, and data
blocks, which no browser runs. Ours is the modules of templates/report/ one after another in one function.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined

from judge.reports.page_data import Pages

Language = Literal["ko", "en"]

MODULES = (
    *("words", "dom", "data", "state", "text", "markdown", "board", "plots", "heat"),
    *("list", "item", "search", "keys", "main"),
)
"""The page's modules, each using only those before it while it is read."""

EMPTY = ""
"""Plotly adds its rules to a style element that it makes empty; this is all that has to be allowed for it."""

_MAP_STYLE = re.compile(r'getElementById\("([0-9a-f]{64})"\)')
"""Plotly's map part writes a style element unless one of this id is there; we draw no maps."""


@dataclass(frozen=True)
class Sources:
    """The texts that the page is put together from."""

    page: str
    """The Jinja template."""
    style: str
    modules: Mapping[str, str]
    plotly: str


@dataclass(frozen=True)
class Heading:
    """What the page says of itself."""

    title: str
    language: Language
    created: str
    version: str


def render_page(pages: Pages, heading: Heading, sources: Sources) -> str:
    """Return the whole file."""
    script = _script(sources.modules)
    board = pages.board | {"created": heading.created, "version": heading.version, "title": heading.title}
    library, skip = _library(sources.plotly)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(sources.page).render(
        policy=_policy(script, sources.plotly, sources.style),
        heading=heading,
        style=_plain(sources.style, "style"),
        script=_plain(script, "script"),
        board=packed(board),
        questions=packed(pages.questions),
        chunks=[packed(chunk) for chunk in pages.chunks],
        library=library,
        skip=skip,
    )


def _script(modules: Mapping[str, str]) -> str:
    parts = "\n".join(f"// ---- {name}.js\n{modules[name]}" for name in MODULES)
    return f'"use strict";\n(() => {{\n{parts}\n}})();\n'


def _policy(script: str, plotly: str, style: str) -> str:
    """Nothing is loaded from anywhere, scripts and styles run by hash, and no text becomes HTML or code by accident."""
    parts = {
        "default-src": "'none'",
        "script-src": f"{source_hash(script)} {source_hash(plotly)}",
        "style-src": f"{source_hash(style)} {source_hash(EMPTY)}",
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "kojudge",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _plain(text: str, element: str) -> str:
    """Return one of our own texts, which stands in the page as it is. Raises ValueError where it would end itself."""
    if re.search(rf"</{element}|<!--", text, re.IGNORECASE):
        raise ValueError(f"the page's own {element} would end itself")
    return text


@lru_cache(maxsize=1)
def _library(plotly: str) -> tuple[str, str]:
    """Return the plot library packed, and the id by which its map part is told to add no style."""
    found = _MAP_STYLE.search(plotly)
    return packed_bytes(plotly.encode()), found[1] if found else ""


def packed(value: Any) -> str:
    """Return a JSON value as packed text.

    Lone surrogates are written as JSON escapes, since UTF-8 has no letters for them. Raises ValueError for nan and
    infinities.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return packed_bytes(text.encode("utf-8", "backslashreplace"))


def packed_bytes(raw: bytes) -> str:
    """Return bytes as raw DEFLATE in base64; level 9 takes half as long again for 1 % less."""
    press = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(press.compress(raw) + press.flush()).decode("ascii")


def source_hash(text: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style: 'sha256-...' with its quotes."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"

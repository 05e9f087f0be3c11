"""JSON values -> text that stands in a page: compressed, in letters that HTML never reads as markup. Pure.

Raw DEFLATE (every browser inflates it by itself, in the background) written in base64: a decoder is built in, and the
third that base64 costs is little beside what compression gains (see CHUNK_BYTES of report_data).
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any


def packed(value: Any) -> str:
    """Return a JSON value as packed text.

    Lone surrogates are written as JSON escapes, since UTF-8 has no letters for them. Raises ValueError for nan and
    infinities.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return packed_bytes(text.encode("utf-8", "backslashreplace"))


def packed_bytes(raw: bytes) -> str:
    """Return bytes as raw DEFLATE in base64."""
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(press.compress(raw) + press.flush()).decode("ascii")


def unpacked(text: str) -> Any:
    """Return what was packed: what the page's `unpack` does."""
    return json.loads(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS))


def source_hash(text: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style: 'sha256-...' with its quotes."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"

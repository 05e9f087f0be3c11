"""The data blocks of a page, read back as its JavaScript does."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any


def data_of(html: str, name: str) -> str:
    """Return the packed text of one data block of a page (`board`, `questions`, `chunk-0`, ...). Raises KeyError."""
    found = re.search(rf'<script type="text/plain" id="{re.escape(name)}">([^<]*)</script>', html)
    if found is None:
        raise KeyError(name)
    return found[1]


def unpacked(text: str) -> Any:
    """Return what was packed: what the page's `unpack` does."""
    return json.loads(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS))

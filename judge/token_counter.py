"""A real tokenizer for estimates, where one lies ready on this machine. The network is never touched.

`tiktoken` loads its encodings from the network unless they are in its cache; so it is asked only when the file is
there and is whole. Otherwise `cost.estimate_tokens`, a stated rule, counts.
"""

from __future__ import annotations

import hashlib
import importlib
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from judge.cost import Counter, estimate_tokens

_PLACE = "https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
_SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
"""Of the encodings' files; tiktoken would delete a file with another digest and load it anew."""


def counter(model: str, environment: Mapping[str, str]) -> tuple[Counter, str]:
    """Return what counts the tokens of `model` and its name for the estimate's line."""
    try:
        tiktoken = importlib.import_module("tiktoken")
        name = tiktoken.encoding_name_for_model(model)
    except (ImportError, KeyError):  # not installed, or a model of another maker
        return partial(estimate_tokens, model=model), "by rule"
    if not _lies_ready(name, environment):
        return partial(estimate_tokens, model=model), "by rule"
    encoding = tiktoken.get_encoding(name)
    return lambda text: len(encoding.encode(text, disallowed_special=())), f"by tiktoken {name}"


def _lies_ready(name: str, environment: Mapping[str, str]) -> bool:
    """Whether tiktoken's cache holds the whole encoding, so that it loads nothing."""
    default = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    folder = environment.get("TIKTOKEN_CACHE_DIR", environment.get("DATA_GYM_CACHE_DIR", default))
    if not folder or name not in _SHA256:
        return False
    key = hashlib.sha1(_PLACE.format(name=name).encode(), usedforsecurity=False).hexdigest()
    try:
        return hashlib.sha256((Path(folder) / key).read_bytes()).hexdigest() == _SHA256[name]
    except OSError:
        return False

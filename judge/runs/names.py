"""Names of models, judges and strategies -> names of files and folders. Pure but for the paths it joins."""

from __future__ import annotations

import re
from pathlib import Path

from judge.errors import InputError

OUR_PARTS = ("answers", "judgments", "run.lock")
"""With every name that ends in .json or .jsonl: no part of a model's folder may be called so."""


def safe_part(text: str) -> str:
    """Return one path component for a judge's or strategy's name; two names never share one, nor a file beside."""
    part = re.sub(r"[^\w.\-+@가-힣]|\.(?=(?:turns|failures)$)", lambda found: _percent(found[0]), text)
    return part if part.strip(".") else _percent(text) or "%"


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def model_folder(root: Path, model: str) -> Path:
    """Return the folder of a model's run below `root`: the id's own parts, case kept.

    Raises InputError for an id that could leave `root` (`..`, an absolute path, an empty part), or with a part that a
    run's own files are named by.
    """
    parts = model.split("/")
    bad = not model.strip() or any(part in ("", ".", "..") for part in parts) or "\\" in model or "\x00" in model
    half = any("\ud800" <= character <= "\udfff" for character in model)  # half a character: no file can hold it
    if any(part.lower() in OUR_PARTS or part.lower().endswith((".json", ".jsonl")) for part in parts):
        raise InputError(
            f"model id {model!r} has a part that is named like a run's own files",
            mend="give another name with --model-name, such as org/model",
        )
    if bad or half:
        raise InputError(
            f"model id {model!r} cannot name a folder",
            mend="give another name with --model-name, such as org/model",
        )
    return root.joinpath(*(re.sub(r"[^\w.\-+@가-힣 ]", "_", part) for part in parts))

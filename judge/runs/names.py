"""Names of models, judges and strategies -> names of files and folders. Pure but for the paths it joins."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from judge.config import digest
from judge.errors import InputError

QUALIFY = "kojudge-qualify"
"""The folder of probes and certificates below an output folder; its runs are of no model."""

SHARE = "kojudge-share"
"""The folder below an output folder that holds which of several judges has which question."""

OUR_PARTS = ("answers", "judgments", "run.lock", QUALIFY, SHARE)
"""With every name that ends in .json or .jsonl: no part of a model's folder may be called so."""


BESIDE = (".turns", ".failures")
"""Endings of what lies beside a strategy's answers."""

LONGEST_PART = 240
"""Bytes; a file system holds 255, and endings follow."""

LONGEST_FOLDER = 255


def safe_part(text: str) -> str:
    """Return one path component for a judge's or strategy's name; two names never share one.

    A long name is cut, and `%~` and its digest take the place of the rest.
    """
    part = re.sub(r"[^\w.\-+@가-힣]", lambda found: _percent(found[0]), text)
    part = part if part.strip(".") else _percent(text) or "%"
    raw = part.encode("utf-8")
    return part if len(raw) <= LONGEST_PART else f"{raw[:200].decode('utf-8', 'ignore')}%~{digest(text)}"


def answers_part(strategy: str) -> str:
    """Return the path component of a strategy's answers: never one of a file beside another strategy's."""
    part = safe_part(strategy)
    stem, dot, ending = part.rpartition(".")
    return f"{stem}%2E{ending}" if (dot + ending).lower() in BESIDE else part


_SAMPLE = re.compile(r"(?s)(.+)@([2-9]|[1-9][0-9]+)")


def sample_name(strategy: str, sample: int) -> str:
    """Return what the answers of a sample (from 1) are kept as: `0-shot`, `0-shot@2`, `0-shot@3`, ..."""
    return strategy if sample == 1 else f"{strategy}@{sample}"


def sample_of(name: str) -> tuple[str, int]:
    """Return the strategy and the sample of a name; `0-shot` is sample 1 of itself."""
    found = _SAMPLE.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, 1)


def means(asked: Collection[str], name: str) -> bool:
    """Say whether a name of answers is asked for: by itself, or as a sample of its strategy."""
    return name in asked or sample_of(name)[0] in asked


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
    if long := next((part for part in parts if len(part.encode("utf-8", "replace")) > LONGEST_FOLDER), None):
        raise InputError(
            f"model id {long[:40]!r}... has a part of over {LONGEST_FOLDER} bytes, which no folder's name can hold",
            mend="give another name with --model-name, such as org/model",
        )
    if bad or half:
        raise InputError(
            f"model id {model!r} cannot name a folder",
            mend="give another name with --model-name, such as org/model",
        )
    return root.joinpath(*(re.sub(r"[^\w.\-+@가-힣 ]", "_", part) for part in parts))

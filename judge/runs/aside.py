"""A run that `--fresh` moves out of the way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from judge.errors import StoreError


def aside(run: Path, verdicts: str, manifest: str) -> Path:
    """Move what a run folder holds to a sibling named after the time, the manifest last; return that folder.

    Cut off in between, the folder is still that run, never answers without a manifest. Raises StoreError.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = run.with_name(f"{run.name}.before-{stamp}")
    try:
        target.mkdir()
        for name in ("answers", verdicts, "vllm.log", manifest):
            source = run / name
            if source.exists():
                source.rename(target / name)
    except OSError as error:
        raise StoreError(f"{run}: cannot be moved aside ({error.strerror})") from error
    return target

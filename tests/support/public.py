"""The public LogicKor data: an extra beside the repository. Tests of ours hold without it; these hold on it as well."""

from __future__ import annotations

from pathlib import Path

import pytest

PUBLIC = Path(__file__).parents[3] / "shared" / "logickor"
REASON = "the public LogicKor data is not here: put it at ../shared/logickor"
needs_public = pytest.mark.skipif(not PUBLIC.is_dir(), reason=REASON)


def public(part: str) -> Path:
    """Return the path of a part of it; skip the test where it is not there."""
    if not (PUBLIC / part).exists():
        pytest.skip(REASON)
    return PUBLIC / part

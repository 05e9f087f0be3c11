"""`--margin`: the options of a decision and the exit code that a script reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from judge.api.options import DecisionOptions
from judge.cli.options import OptionGroup, add_options

if TYPE_CHECKING:
    from judge.trust.decide import Decision

WORSE = 3
"""Exit code: at least one side is worse by more than the margin (with `--equivalent`: different)."""
CANNOT_SAY = 4
"""Exit code: nothing is worse, and at least one decision needs more questions."""


def add_decisions(group: OptionGroup, kind: type[DecisionOptions] = DecisionOptions) -> None:
    """Add `--margin` and `--equivalent`, in the words of `kind`."""
    add_options(group, kind, margin="X", equivalent="")


def exit_code(decisions: Sequence[Decision], *, skipped: bool = False) -> int:
    """Return 0 where all are not worse (equivalent), 3 where one is worse (different), else 4.

    `skipped`: something asked for could not be compared at all.
    """
    if any(one.ruling in ("worse", "different") for one in decisions):
        return WORSE
    return CANNOT_SAY if skipped or any(one.ruling == "cannot say" for one in decisions) else 0

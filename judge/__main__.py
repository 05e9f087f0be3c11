"""`python -m judge` is `kojudge`."""

from __future__ import annotations

from judge.cli.main import command

command()

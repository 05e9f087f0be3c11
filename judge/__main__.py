"""`python -m judge` is `kojudge`."""

from judge.cli import command

command()

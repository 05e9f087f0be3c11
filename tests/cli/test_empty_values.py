"""A value that is empty, mostly a shell variable that is not set, is no default and not the folder one stands in."""

from __future__ import annotations

import argparse

import pytest

from judge.cli.config_file import options_of
from judge.cli.main import VERBS, build_parser, main
from tests.cli.test_numbers import SUBJECT

TOLD_LATER = {"judge", "judge-vllm-arg", "vllm-arg", "max-cost", "price-in", "price-out", "price-cached", "config"}
"""Options whose empty value is refused where it is used."""
MAY_BE_EMPTY = {"title", "dataset-name"}
ALL = [verb for names in VERBS.values() for verb in names]


def takes_nothing(action: argparse.Action) -> bool:
    try:
        return action.nargs != 0 and not action.choices and (not callable(action.type) or action.type("") is not None)
    except argparse.ArgumentTypeError:
        return False


@pytest.mark.parametrize("verb", ALL)
def test_no_option_takes_nothing(verb: str) -> None:
    taken = {name for name, action in options_of(build_parser(verb), verb).items() if takes_nothing(action)}
    assert taken <= TOLD_LATER | MAY_BE_EMPTY


@pytest.mark.parametrize("verb", [verb for verb in ALL if verb not in ("demo", "qualify", "calibrate")])
def test_an_empty_path_is_not_the_folder_one_stands_in(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    judge = ["--judge", "rules"] if verb == "run" else []
    assert main([verb, *SUBJECT.get(verb, []), "", *judge]) == 2
    said = capsys.readouterr().err
    assert "is empty" in said
    assert said.count("\n") == 1

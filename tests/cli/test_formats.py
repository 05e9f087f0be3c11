"""What is written to a file has the format of its ending, and two formats at once are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.cli.main import build_parser, main
from judge.cli.output import format_of
from judge.errors import ConfigError
from tests.support.evaluated import evaluated
from tests.support.wire import Wire, error


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("b.csv", "\ufeffmodel,strategy,"),
        ("b.JSON", "{"),
        ("b.tex", "\\begin{tabular}"),
        ("b.md", "| model"),
        ("b", "| model"),
    ],
)
def test_a_file_has_the_format_of_its_ending(name: str, begins: str, tmp_path: Path) -> None:
    board, out = str(evaluated(tmp_path, "org/m", "default", 5)), tmp_path / name
    assert main(["table", board, "-o", str(out), "--ci", "none"]) == 0
    assert begins in out.read_text("utf-8")[:100]
    assert main(["table", board, "-o", str(out), "--ci", "none", "--format", "md"]) == 0
    assert out.read_text("utf-8").startswith("| model")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("table x --json --format csv", "--json and --format csv exclude each other"),
        ("qualify --judge j -o x.csv", "kojudge qualify writes no csv; give --format (text, md, json)"),
    ],
)
def test_a_format_that_is_not_written_is_refused(words: str, said: str) -> None:
    verb = words.split()[0]
    with pytest.raises(ConfigError) as caught:
        format_of(build_parser(verb).parse_args(words.split()))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [("qualify -o x.csv", "writes no csv"), ("pairwise a b --json --format csv", "exclude each other")],
)
def test_a_format_that_is_not_written_is_told_before_a_judge_is_asked(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(lambda _: error(500, "not to be asked")) as wire:
        assert main([*words.split(), "--judge", "j", "--judge-base-url", wire.url]) == 2
        assert not wire.requests
    assert said in capsys.readouterr().err

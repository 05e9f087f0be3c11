"""What README.md and README.ko.md say is so: commands, options, keywords, examples, numbers; and both say the same."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

import judge
from judge.cli.config_file import options_of
from judge.cli.main import VERBS, build_parser, main
from judge.demands import Demand
from judge.packs.questions import load_questions
from judge.records import Question

ROOT = Path(__file__).parents[2]
ENGLISH, KOREAN = READMES = (ROOT / "README.md", ROOT / "README.ko.md")
QUESTIONS = ROOT / "questions" / "README.md"
NAMES = {verb for names in VERBS.values() for verb in names}
SEPARATORS = {"&&", "||", "|", ";", "do", "done", "then"}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, *languages: str) -> list[str]:
    """Return the fenced blocks of these languages, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)
    return [body for language, body in found if language in languages]


def shell_lines(path: Path) -> list[str]:
    """Return the command lines of all blocks without comments, prompts and output."""
    plain = [line for block in blocks(path, "sh") for line in block.splitlines()]
    typed = [line[2:] for block in blocks(path, "console") for line in block.splitlines() if line.startswith("$ ")]
    words = (shlex.join(shlex.split(line, comments=True)) for line in [*plain, *typed])
    return [line for line in words if line]


def commands(path: Path) -> Iterator[list[str]]:
    """Yield the words behind every `kojudge` in the blocks."""
    for line in shell_lines(path):
        part: list[str] = []
        for word in [*shlex.split(line), ";"]:
            if word not in SEPARATORS:
                part.append(word)
                continue
            if part[:1] == ["kojudge"]:
                yield part[1:]
            part = []


def inline(path: Path) -> list[str]:
    """Return the text of every code span outside of blocks."""
    rest = re.sub(r"^```.*?^```$", "", text(path), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", rest)


@cache
def options(verb: str) -> frozenset[str]:
    return frozenset(options_of(build_parser(verb), verb))


@cache
def all_options() -> frozenset[str]:
    return frozenset().union(*(options(verb) for verb in NAMES))


# commands --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_every_command_is_accepted_as_it_stands(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = list(commands(path))
    assert len(given) > 40
    for words in given:
        assert words[0] in NAMES, words
        try:
            build_parser(words[0]).parse_args(words)
        except Exception as error:
            pytest.fail(f"kojudge {shlex.join(words)}: {error} {capsys.readouterr().err}")


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_verbs_and_options_in_running_text_exist(path: Path) -> None:
    for span in inline(path):
        verb = re.match(r"kojudge ([a-z][a-z-]*)", span)
        assert verb is None or verb[1] in NAMES, span
        known = options(verb[1]) if verb else all_options()
        foreign = ("ray ", "vllm ", "inspect ", "--use_cache")
        if not span.startswith(foreign):
            assert set(re.findall(r"(?<![\w-])--([a-z][\w-]*)", span)) <= known | {"help"}, span


def test_every_verb_is_shown() -> None:
    assert {words[0] for words in commands(ENGLISH)} | {"demo"} == NAMES
    assert "make demo" in text(ENGLISH)


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_environment_variables_are_read_by_the_program(path: Path) -> None:
    names = {span for span in inline(path) if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", span)}
    source = "".join(text(module) for module in (ROOT / "judge").rglob("*.py"))
    assert len(names) >= 4
    assert {name for name in names if name not in source} == set()


# both languages --------------------------------------------------------------------------------


def test_both_have_the_same_commands_in_the_same_order() -> None:
    assert shell_lines(KOREAN) == shell_lines(ENGLISH)


def test_both_have_the_same_sections_in_the_same_order() -> None:
    def shape(path: Path) -> list[str]:
        return re.findall(r'^(?:<a id="[\w-]+"></a>$|#+(?= ))', text(path), re.MULTILINE)

    assert shape(KOREAN) == shape(ENGLISH)
    for before, heading in pairwise(shape(ENGLISH)):
        assert heading != "##" or before.startswith("<a "), "a section without an anchor"


def test_each_leads_to_the_other_in_its_first_line() -> None:
    assert "(README.ko.md)" in text(ENGLISH).splitlines()[0]
    assert "(README.md)" in text(KOREAN).splitlines()[0]


def test_both_have_the_same_tables_and_code() -> None:
    def rows(path: Path) -> list[int]:
        return [line.count("|") for line in text(path).splitlines() if line.startswith("|")]

    assert rows(KOREAN) == rows(ENGLISH)
    for language in ("python", "bibtex", "console"):
        mine, theirs = ("".join(blocks(path, language)) for path in READMES)
        assert re.sub(r" +#.*", "", mine) == re.sub(r" +#.*", "", theirs)


@pytest.mark.parametrize("path", [*READMES, QUESTIONS], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if target.startswith("#"):
            assert f'<a id="{target[1:]}">' in text(path), target
        elif "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [*READMES, QUESTIONS], ids=lambda path: path.name)
def test_files_of_the_project_that_are_named_are_there(path: Path) -> None:
    folders = r"(?:questions|templates/strategies|templates/judge|benchmarks|tests|judge)"
    named = set(re.findall(rf"`({folders}/[a-z0-9_./-]+\.(?:py|jsonl|md|yaml))`", text(path)))
    assert named
    assert {name for name in named if not (ROOT / name).is_file()} == set()


# Python ----------------------------------------------------------------------------------------


def example(path: Path) -> str:
    found: list[str] = re.findall(r"^<!-- tested -->\n```python\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The names that the marked example leaves behind."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(example(ENGLISH), "README.md", "exec"), names)
    names["printed"] = capsys.readouterr().out
    return names


def test_the_marked_example_runs_and_agrees_with_the_table_above_it(ran: dict[str, Any]) -> None:
    board, same = ran["board"], ran["same"]
    assert isinstance(board, pd.DataFrame)
    assert board[["judged", "failed", "expected"]].to_numpy().tolist() == [[84, 0, 84]]
    assert same["Overall"].tolist() == board["Overall"].tolist()
    assert (same["low"] <= same["Overall"]).all()
    assert "baseline_echo 42 0 42" in ran["printed"]
    [row] = [line for line in text(ENGLISH).splitlines() if line.startswith("| baseline:echo")]
    assert f"{board['Overall'][0]:.2f} ±" in row


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_calls_use_keywords_that_are_options(path: Path) -> None:
    calls = [
        call
        for block in blocks(path, "python")
        for call in ast.walk(compile(block, path.name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "judge"
    ]
    assert {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)} == {
        *("generate", "judge", "run", "table"),
    }
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        assert {str(word.arg).replace("_", "-") for word in call.keywords} <= options(call.func.attr), ast.unparse(call)
        awaited = inspect.iscoroutinefunction(getattr(judge, call.func.attr))
        assert awaited == (call.func.attr != "table")


# numbers ---------------------------------------------------------------------------------------


def test_the_table_is_what_the_demo_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--out", str(tmp_path / "demo"), "-q"]) == 0
    printed = capsys.readouterr().out.splitlines()
    rows = [line for line in text(ENGLISH).splitlines() if line.startswith(("| baseline:", "| hand-written/"))]
    assert len(rows) == 8
    assert [row for row in rows if row not in printed] == []


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_question_sets_have_the_stated_sizes(path: Path) -> None:
    stated = re.findall(r"^\| `questions/(\w+)\.jsonl` \| (\d+) \| (\d+) \|", text(path), re.MULTILINE)
    assert [name for name, *_ in stated] == ["core", "hard"]
    for name, questions, turns in stated:
        found = load_questions(questions=name).questions
        assert (len(found), sum(len(one.questions) for one in found)) == (int(questions), int(turns))


def test_the_cited_version_is_that_of_the_package() -> None:
    version = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["version"]
    assert re.findall(r"version = \{([\d.]+)\}", text(ENGLISH)) == [version]
    assert f"## {version}" in text(ROOT / "CHANGELOG.md")


# questions/README.md ---------------------------------------------------------------------------


def table_keys(start: str) -> set[str]:
    """Return the first column's code spans of the first table behind `start`."""
    behind = text(QUESTIONS).split(start, 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert rows is not None
    return {key for row in rows[0].splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_every_key_of_a_question_and_every_kind_of_demand_is_described() -> None:
    assert table_keys("# Question sets") == set(Question.model_fields)
    kinds = {kind.model_fields["kind"].annotation for kind in get_args(get_args(Demand)[0])}
    assert table_keys("### Demands in `checks`") == {name for kind in kinds for name in get_args(kind)}


def test_the_examples_of_a_question_are_accepted() -> None:
    whole, checks = blocks(QUESTIONS, "json")[:2]
    row = json.loads(whole)
    Question.model_validate(row)
    Question.model_validate(row | json.loads(f"{{{checks}}}"))


def test_the_parser_of_a_verb_knows_its_options() -> None:
    """Guards the tests above: an option that is none is told apart."""
    assert isinstance(build_parser("judge"), argparse.ArgumentParser)
    assert "judge-base-url" in options("judge")
    assert "no-such-option" not in all_options()

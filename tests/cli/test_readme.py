"""What the READMEs and the pages of docs/ say is so: commands, options, examples, numbers; both languages say the same."""

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
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
import yaml
from rich.cells import cell_len

import judge
from judge.cli.config_file import options_of
from judge.cli.main import VERBS, build_parser
from judge.config import JudgeSettings, PackSettings
from judge.demands import Demand
from judge.packs.judge_prompts import JUDGE_TEMPLATES, JudgePrompts
from judge.packs.questions import load_questions
from judge.packs.strategies import load_strategy
from judge.records import Answer, Question
from judge.sources.question_table import KOREAN_NAMES, read_table
from judge.trust.audit_rules import AUDIT_RULES
from tests.support.small_run import Demonstration

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONTENTS = DOCS / "contents.md"
README, README_KO = ROOT / "README.md", ROOT / "README.ko.md"
ENGLISH = (README, *sorted(set(DOCS.glob("*.md")) - {CONTENTS}))
PAIRS = [(path, README_KO if path == README else DOCS / "ko" / path.name) for path in ENGLISH]
KOREAN = tuple(theirs for _, theirs in PAIRS)
PAGES = (*ENGLISH, *KOREAN)
QUESTIONS = ROOT / "questions" / "README.md"
NAMES = {verb for names in VERBS.values() for verb in names}
SEPARATORS = {"&&", "||", "|", ";", "do", "done", "then"}


def called(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("path", PAGES, ids=called)
both = pytest.mark.parametrize(("mine", "theirs"), PAIRS, ids=[called(path) for path in ENGLISH])
each_language = pytest.mark.parametrize("pages", [ENGLISH, KOREAN], ids=["English", "Korean"])


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, *languages: str) -> list[str]:
    """Return the fenced blocks of these languages, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)
    return [body for language, body in found if language in languages]


def prose(path: Path) -> str:
    return re.sub(r"^```.*?^```$", "", text(path), flags=re.MULTILINE | re.DOTALL)


def inline(path: Path) -> list[str]:
    """Return the text of every code span outside of blocks."""
    return re.findall(r"`([^`\n]+)`", prose(path))


def shell_lines(path: Path) -> list[list[str]]:
    """Return the words of all command lines of the blocks without comments, prompts and output."""
    plain = [line for block in blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()]
    typed = [line[2:] for block in blocks(path, "console") for line in block.splitlines() if line.startswith("$ ")]
    found = []
    for line in [*plain, *typed]:
        reader = shlex.shlex(line, posix=True, punctuation_chars=";|&")
        reader.whitespace_split = True
        found.append(list(reader))
    return [words for words in found if words]


def commands(path: Path) -> Iterator[list[str]]:
    """Yield the words behind every `kojudge` in the blocks."""
    for line in shell_lines(path):
        part: list[str] = []
        for word in [*line, ";"]:
            if word not in SEPARATORS:
                part.append(word)
                continue
            if part[:1] == ["kojudge"]:
                yield part[1:]
            part = []


def table(path: Path, start: str) -> list[list[str]]:
    """Return the cells of the first table behind `start`, without its head."""
    rows = re.search(r"(?:^\|.*\n)+", text(path).split(start, 1)[1], re.MULTILINE)
    assert rows is not None
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[0].splitlines()[2:]]


@cache
def options(verb: str) -> frozenset[str]:
    return frozenset(options_of(build_parser(verb), verb))


@cache
def all_options() -> frozenset[str]:
    return frozenset().union(*(options(verb) for verb in NAMES))


def named_options(written: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--([a-z][\w-]*)", written))


# commands --------------------------------------------------------------------------------------


@every_page
def test_every_command_is_accepted_as_it_stands(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in commands(path):
        assert words[0] in NAMES, words
        try:
            build_parser(words[0]).parse_args(words)
        except Exception as error:
            pytest.fail(f"kojudge {shlex.join(words)}: {error} {capsys.readouterr().err}")


@every_page
def test_verbs_and_options_in_running_text_exist(path: Path) -> None:
    for span in inline(path):
        verb = re.match(r"kojudge ([a-z][a-z-]*)", span)
        assert verb is None or verb[1] in NAMES, span
        known = options(verb[1]) if verb else all_options()
        foreign = ("ray ", "vllm ", "inspect ", "mypy ", "--use_cache")
        if not span.startswith(foreign):
            assert named_options(span) <= known | {"help"}, span


@each_language
def test_every_verb_is_shown(pages: tuple[Path, ...]) -> None:
    assert {words[0] for path in pages for words in commands(path)} == NAMES
    assert sum(1 for path in pages for _ in commands(path)) > 80


@each_language
def test_every_option_is_documented(pages: tuple[Path, ...]) -> None:
    written = " ".join(
        [
            *(span for path in pages for span in inline(path)),
            *(word for path in pages for line in shell_lines(path) for word in line),
        ]
    )
    assert all_options() - {"help"} - named_options(written) == set()


@each_language
def test_environment_variables_are_read_by_the_program(pages: tuple[Path, ...]) -> None:
    names = {span for path in pages for span in inline(path) if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", span)}
    source = "".join(text(module) for module in (ROOT / "judge").rglob("*.py"))
    assert len(names) >= 4
    assert {name for name in names if name not in source} == set()


# both languages --------------------------------------------------------------------------------


def test_every_page_has_a_korean_sister_and_both_are_in_the_lists() -> None:
    assert sorted((DOCS / "ko").glob("*.md")) == sorted(set(KOREAN) - {README_KO})
    listed = re.findall(r"^(?:ko/)?[a-z]+$", text(CONTENTS), re.MULTILINE)
    pages = [path.relative_to(DOCS).with_suffix("").as_posix() for path in PAGES if path.is_relative_to(DOCS)]
    assert sorted(listed) == sorted(pages)


@both
def test_both_have_the_same_commands_in_the_same_order(mine: Path, theirs: Path) -> None:
    assert shell_lines(theirs) == shell_lines(mine)


@both
def test_both_have_the_same_shape(mine: Path, theirs: Path) -> None:
    """Headings by level, items of lists, pictures, and tables by columns and rows, in the same order."""

    def shape(path: Path) -> list[str]:
        lines = re.findall(r"^(?:#+ |- |!\[|\|.*|<!-- .*)", prose(path), re.MULTILINE)
        return [str(line.count("|")) if line.startswith("|") else line for line in lines]

    assert shape(theirs) == shape(mine)


@both
def test_both_have_the_same_code(mine: Path, theirs: Path) -> None:
    for language in ("python", "bibtex", "console", "yaml"):
        ours, other = ("".join(blocks(path, language)) for path in (mine, theirs))
        assert re.sub(r" *#.*", "", other) == re.sub(r" *#.*", "", ours)


@both
def test_each_leads_to_the_other_in_its_first_line(mine: Path, theirs: Path) -> None:
    for here, there in ((mine, theirs), (theirs, mine)):
        [target] = re.findall(r"\]\(([^)]+)\)", text(here).splitlines()[0])
        assert (here.parent / target).resolve() == there


def slugs(path: Path) -> set[str]:
    """Return the anchors that a code host gives to the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", [*PAGES, QUESTIONS], ids=called)
def test_links_lead_somewhere_in_their_own_language(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", "\n".join(prose(path).splitlines()[1:])):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), target
        assert not anchor or anchor in slugs(there), target
        assert there not in PAGES or (there in KOREAN) == (path in KOREAN), target


@pytest.mark.parametrize("path", [*PAGES, QUESTIONS], ids=called)
def test_files_of_the_project_that_are_named_are_there(path: Path) -> None:
    folders = r"(?:questions|templates/strategies|templates/judge|benchmarks|tests|judge|docs)"
    named = set(re.findall(rf"`({folders}/[a-z0-9_./-]+\.(?:py|jsonl|md|yaml))`", text(path)))
    assert {name for name in named if not (ROOT / name).is_file()} == set()


# examples --------------------------------------------------------------------------------------

PYTHON, PACKS, FILES = ([path for path in PAGES if path.name == name] for name in ("python.md", "packs.md", "files.md"))


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The names that the marked example leaves behind."""
    [example] = re.findall(r"^<!-- tested -->\n```python\n(.*?)^```$", text(PYTHON[0]), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(example, "python.md", "exec"), names)
    names["printed"] = capsys.readouterr().out
    return names


@pytest.mark.proofs
def test_the_marked_example_runs_and_its_two_tables_agree(ran: dict[str, Any]) -> None:
    board, same = ran["board"], ran["same"]
    assert isinstance(board, pd.DataFrame)
    assert board[["judged", "failed", "expected"]].to_numpy().tolist() == [[84, 0, 84]]
    assert same["Overall"].tolist() == board["Overall"].tolist()
    assert (same["low"] <= same["Overall"]).all()
    assert "baseline_echo 42 0 42" in ran["printed"]


@pytest.mark.parametrize("path", PYTHON, ids=called)
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
        *("generate", "judge", "pairwise", "qualify", "run", "table"),
    }
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        assert {str(word.arg).replace("_", "-") for word in call.keywords} <= options(call.func.attr), ast.unparse(call)
        awaited = inspect.iscoroutinefunction(getattr(judge, call.func.attr))
        assert awaited == (call.func.attr != "table")


@pytest.mark.parametrize("path", PYTHON, ids=called)
def test_names_of_the_package_exist(path: Path) -> None:
    named = {span.removeprefix("judge.") for span in inline(path) if re.fullmatch(r"judge\.[A-Za-z]+", span)}
    assert "KojudgeError" in named
    assert named <= set(judge.__all__)


@pytest.mark.parametrize("path", FILES, ids=called)
def test_the_configuration_file_holds_options_of_run(path: Path) -> None:
    [block] = blocks(path, "yaml")
    assert set(yaml.safe_load(block)) <= options("run")


@pytest.mark.parametrize("path", PACKS, ids=called)
def test_the_strategy_is_read_and_the_settings_are_the_defaults(path: Path, tmp_path: Path) -> None:
    strategy, settings = blocks(path, "yaml")
    (tmp_path / "polite.yaml").write_text(strategy, encoding="utf-8")
    assert [message["role"] for message in load_strategy(tmp_path / "polite.yaml").messages] == [
        *("system", "user", "assistant"),
    ]
    given = yaml.safe_load(settings)
    assert PackSettings.model_validate(given) == PackSettings()
    assert given | {"judge": given["judge"].keys()} == PackSettings().model_dump(mode="json") | {
        "judge": JudgeSettings.model_fields.keys()
    }  # every setting is shown


@pytest.mark.parametrize("path", PACKS, ids=called)
def test_the_table_of_questions_is_read_and_all_its_columns_are_described(path: Path, tmp_path: Path) -> None:
    [block] = blocks(path, "text")
    (tmp_path / "q.csv").write_text(block, encoding="utf-8")
    [row] = read_table(tmp_path / "q.csv").questions
    assert (row["answer_language"], row["references"]) == (["ko", "en"], ["6", None])
    described = table(path, "## Questions from a table" if path in ENGLISH else "## 표로 만든 문항")
    names = {re.sub(r"\d", "", name) for row in described for name in re.findall(r"[가-힣]+\d?", row[1])}
    assert names == {name for name in KOREAN_NAMES if not name.isascii()}
    columns = {re.sub(r"\d", "", name) for row in described for name in re.findall(r"`(\w+)`", row[0])}
    assert columns == set(KOREAN_NAMES.values())


@pytest.mark.parametrize("path", PACKS, ids=called)
def test_the_names_of_a_judge_template_are_those_it_gets(path: Path) -> None:
    rows = [row for row in table(path, "Jinja2") if "`" in row[0]]
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    fields = [name for row in rows if "`earlier`" in row[0] for name in re.findall(r"`(\w+)`", row[1])]
    assert len(names) >= 15
    source = "".join(f"{{{{ {name} }}}}\n" for name in names)
    source += "".join(f"{{% for one in earlier %}}{{{{ one.{field} }}}}{{% endfor %}}\n" for field in fields)
    prompts = JudgePrompts(dict.fromkeys(JUDGE_TEMPLATES, source))
    prompts.render(Answer(id=1, category="a", questions=("b", "c"), outputs=("d", "e")), 2, ["ko", "ko"])


def test_chat_formats_and_audit_rules_are_all_listed() -> None:
    for path in PAGES:
        if path.name == "serving.md":
            assert {form.stem for form in (ROOT / "templates" / "chat").glob("*.jinja")} <= set(inline(path))
        if path.name == "trust.md":
            rows = table(path, "## Audit" if path in ENGLISH else "## 점검")
            assert [row[0].strip("`") for row in rows] == [rule.name for rule in AUDIT_RULES]
            assert f" {sum(int(row[2]) for row in rows)}" in prose(path)


# numbers ---------------------------------------------------------------------------------------


@pytest.mark.proofs
def test_the_table_is_what_the_demo_prints(demonstration: Demonstration) -> None:
    printed = demonstration.printed.splitlines()
    for path in (README, README_KO):
        rows = [line for line in text(path).splitlines() if line.startswith(("baseline:", "hand-written/"))]
        assert len(rows) == 8
        assert [row for row in rows if row not in printed] == []


@pytest.mark.parametrize("path", [README, README_KO], ids=called)
def test_the_readme_is_short_and_its_board_fits_100_columns(path: Path) -> None:
    lines = text(path).splitlines()
    assert len(lines) <= 130
    assert max(cell_len(line) for line in lines if "±" in line and "`" not in line) <= 100


@pytest.mark.parametrize("path", PACKS, ids=called)
def test_question_sets_have_the_stated_sizes(path: Path) -> None:
    stated = re.findall(r"^\| `questions/(\w+)\.jsonl` \| (\d+) \| (\d+) \|", text(path), re.MULTILINE)
    assert [name for name, *_ in stated] == ["core", "hard"]
    for name, questions, turns in stated:
        found = load_questions(questions=name).questions
        assert (len(found), sum(len(one.questions) for one in found)) == (int(questions), int(turns))


def test_the_cited_version_is_that_of_the_package() -> None:
    version = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["version"]
    assert re.findall(r"version = \{([\d.]+)\}", text(DOCS / "publishing.md")) == [version]
    assert f"## {version}" in text(ROOT / "CHANGELOG.md")


# questions/README.md ---------------------------------------------------------------------------


def table_keys(start: str) -> set[str]:
    """Return the first column's code spans of the first table behind `start`."""
    return {key for row in table(QUESTIONS, start) for key in re.findall(r"`(\w+)`", row[0])}


def test_every_key_of_a_question_and_every_kind_of_demand_is_described() -> None:
    assert table_keys("# Question sets") == set(Question.model_fields)
    kinds = {kind.model_fields["kind"].annotation for kind in get_args(get_args(Demand)[0])}
    assert table_keys("### Demands in `checks`") == {name for kind in kinds for name in get_args(kind)}


def test_the_examples_of_a_question_are_accepted() -> None:
    whole, checks = blocks(QUESTIONS, "json")[:2]
    row = json.loads(whole)
    Question.model_validate(row)
    Question.model_validate(row | json.loads(f"{{{checks}}}"))


# the tests above can fail ----------------------------------------------------------------------


def test_the_parser_of_a_verb_knows_its_options() -> None:
    """An option that is none is told apart."""
    assert isinstance(build_parser("judge"), argparse.ArgumentParser)
    assert "judge-base-url" in options("judge")
    assert "no-such-option" not in all_options()

"""The shape of the package: an import goes down the ladder or stays on its rung, and never round in a circle."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "judge"

RUNGS: dict[str, frozenset[str]] = {
    "words": frozenset({"records", "errors", "config", "demand_kinds"}),
    "pure": frozenset(
        {
            *("verdicts", "own_words", "structured", "in_force", "thoughts", "prompts", "language", "baselines"),
            *("tables", "numbers", "extra_columns", "render", "judged", "gate", "endings", "kept_turns"),
            *("series", "question_sets", "screen", "summary"),
            *("stats", "boards", "compare", "noise", "agreement", "calibrate", "equate", "audit_rules"),
            *("audit", "items", "nulls", "grids", "text_parts", "trust_text", "compare_text"),
            *("demands", "rules", "rule_checks", "rule_numbers", "rule_observations", "rule_reference"),
            *(
                "cost",
                "budget",
            ),
            *("readings", "python_source", "prompt_translation", "penalty", "scales"),
            *("card", "card_facts", "card_markup", "card_merge", "card_words", "plot_rows"),
            *("report_data", "report_html", "report_pack"),
        }
    ),
    "edges": frozenset(
        {
            *("lm_eval", "model_index", "plots", "plot_canvas", "plot_fonts"),
            *(
                "store",
                "appender",
                "stored_answers",
                "manifest_file",
                "run_folder",
                "folder_names",
                "packs",
                "logickor",
                "fanout",
                "progress",
            ),
            *(
                "chat",
                "chat_faults",
                "chat_replies",
                "chat_tries",
                "outages",
                "sdk",
                "rates",
                "pace",
                "chat_formats",
                "chat_template",
                "endpoints",
            ),
            *("vllm_server", "vllm_command", "vllm_faults", "vllm_guard", "vllm_api"),
            *("batch_api", "batch_folder", "token_counter"),
            *(
                "upstream_questions",
                "upstream_source",
                "pack_files",
                "new_pack",
                "question_tables",
                "mtbench",
                "mtbench_import",
            ),
        }
    ),
    "stages": frozenset({"generation", "grade", "batch", "batch_lines"}),
    "paths": frozenset(
        {
            "report",
            "logickor_export",
            "pack_check",
            "sources",
            "run_series",
            "saved_answers",
            "evidence",
            "checks",
            "owed",
            "tally",
            "spending",
        }
    ),
    "drivers": frozenset({"pipeline", "demo", "reparse"}),
    "commands": frozenset(
        {
            *("cli_card", "cli_plot", "cli_report"),
            *("cli_import",),
            *("cli", "api", "__main__", "cli_options", "cli_usage"),
            *(
                "cli_generate",
                "cli_cost",
                "cli_batch",
                "cli_again",
                "cli_judges",
                "cli_judge",
                "cli_server",
                "cli_show",
                "cli_output",
                "cli_trust",
                "cli_work",
            ),
        }
    ),
}
"""From the bottom up. A new module must be put on the lowest rung that has all it imports."""

FACADE = "__init__"
"""Re-exports from the two lowest rungs and from `api`, each only when it is asked for, so that `import judge` is cheap."""

LINES = 300
LONGER: dict[str, str] = {}
"""Module -> why it may have more lines."""

PURE_MAY_IMPORT = {
    *(
        "__future__",
        "ast",
        "base64",
        "zlib",
        "collections",
        "csv",
        "dataclasses",
        "decimal",
        "difflib",
        "enum",
        "fractions",
        "functools",
    ),
    *("hashlib", "html", "io", "itertools", "json", "math", "pathlib", "re", "statistics", "string", "textwrap"),
    *("typing", "unicodedata", "warnings"),
    *("pydantic", "jinja2", "pandas", "numpy", "scipy", "rich.cells"),
}
"""Neither network nor clock nor environment nor threads; `pathlib` for the paths in messages."""

MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
LEVEL = {name: level for level, names in enumerate(RUNGS.values()) for name in names}
PURE = sorted((RUNGS["words"] | RUNGS["pure"]) & set(MODULES))


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Yield the dotted name of every import, those inside functions too; `from a import b` yields `a.b`."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: import it by its full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(module: str) -> set[str]:
    """Return the modules of the package that `module` imports."""
    names = {name.split(".")[1] for name in imports(module) if name.startswith("judge.")}
    assert names <= set(MODULES), f"{module} imports {sorted(names - set(MODULES))} from the package itself"
    return names


def foreign(module: str) -> set[str]:
    """Return what `module` imports from elsewhere; of rich, the part."""
    names = {name for name in imports(module) if name.split(".")[0] != "judge"}
    return {".".join(name.split(".")[: 2 if name.startswith("rich") else 1]) for name in names}


def test_every_module_stands_on_one_rung() -> None:
    placed = [name for names in RUNGS.values() for name in names]
    assert len(placed) == len(set(placed))
    unplaced = set(MODULES) - {*placed, FACADE}
    assert not unplaced, f"put {sorted(unplaced)} on a rung of RUNGS in this file"
    assert set(placed) <= set(MODULES), f"RUNGS lists {sorted(set(placed) - set(MODULES))}, which are gone"


@pytest.mark.parametrize("module", sorted(LEVEL.keys() & set(MODULES)))
def test_a_module_imports_from_its_own_rung_or_below(module: str) -> None:
    above = {name for name in own(module) if LEVEL.get(name, 0) > LEVEL[module]}
    assert not above, f"{module} must not know of {sorted(above)}"


def test_the_facade_re_exports_from_the_lowest_rungs_and_the_api_alone() -> None:
    assert own(FACADE) - {"api"} <= RUNGS["words"] | RUNGS["pure"]


def test_no_import_goes_round_in_a_circle() -> None:
    left = {name: own(name) for name in MODULES}
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert not left, f"a circle is among {sorted(left)}"


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_reaches_neither_network_nor_system(module: str) -> None:
    outside = foreign(module) - PURE_MAY_IMPORT
    assert not outside, f"{module} is pure and imports {sorted(outside)}"


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_opens_no_file(module: str) -> None:
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert not called & {"open", "read_text", "read_bytes", "write_text", "write_bytes", "print", "input", "exec"}


def test_only_the_clients_and_their_faults_know_the_sdk() -> None:
    assert {name for name in MODULES if "openai" in foreign(name)} <= {
        *("chat", "chat_faults", "chat_replies", "sdk", "vllm_api"),
        *("batch", "batch_api", "batch_lines"),
    }


def test_one_module_owns_the_retry_policy() -> None:
    assert {name for name in MODULES if "tenacity" in foreign(name)} == {"chat"}


def test_only_the_command_line_reads_the_environment_and_runs_the_loop() -> None:
    environment = {name for name in MODULES if "os.environ" in code(name) or "os.getenv" in code(name)}
    vllm = {name for name in RUNGS["edges"] if name.startswith("vllm_")}  # hand it on to their child
    assert environment <= RUNGS["commands"] | vllm
    assert {name for name in MODULES if "asyncio.run(" in code(name)} <= RUNGS["commands"]


def code(module: str) -> str:
    """The module as code: comments and docstrings' layout gone."""
    return ast.unparse(tree(module))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module: str) -> None:
    first, *_ = (ast.get_docstring(tree(module)) or "").splitlines() or [""]
    assert len(first) > 20, f"{module} has no docstring, or one that says nothing"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_says_what_it_promises(module: str) -> None:
    bare = [
        node.name
        for outer in ast.walk(tree(module))
        if isinstance(outer, ast.Module | ast.ClassDef) and not getattr(outer, "name", "").startswith("_")
        for node in outer.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not bare, f"{module}: {bare} have no docstring"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_can_be_read_at_one_sitting(module: str) -> None:
    lines = len((PACKAGE / f"{module}.py").read_text(encoding="utf-8").splitlines())
    assert lines <= LINES or module in LONGER, f"{module} has {lines} lines: split it, or say why not in LONGER"
    assert lines > LINES or module not in LONGER, f"{module} is short again: take it off LONGER"


def test_the_lists_here_name_only_what_exists() -> None:
    assert set(MODULES) >= LONGER.keys()
    assert all(len(reason) > 20 for reason in LONGER.values())
    used = set().union(*(foreign(name) for name in PURE))
    assert used >= PURE_MAY_IMPORT - set(sys.stdlib_module_names)

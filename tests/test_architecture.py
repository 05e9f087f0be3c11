"""The shape of the package: a room imports lower steps only, never a neighbour on its own step, never in a circle."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "judge"

STEPS: list[set[str]] = [
    {"wording", "errors", "config", "demands", "records", "files"},
    {"text", "runs", "endpoints"},
    {"tables", "rules", "packs"},
    {"trust", "sources", "stages"},
    {"reports", "api"},
    {"cli"},
]
"""From the bottom up; the root words among themselves: an earlier one never imports a later one."""

WORDS = ("wording", "errors", "config", "demands", "records", "files")
PURE = {"text", "rules", "tables", "trust"}
PURE_MAY_IMPORT = {"pydantic", "jinja2", "pandas", "numpy", "scipy", "rich.cells"}
"""Beside the standard library without network, clock, environment and threads; no file is opened there."""
IMPURE = {"asyncio", "os", "socket", "subprocess", "threading", "time", "random", "urllib", "http", "logging", "shutil"}
LINES = 300
FACE = {"__init__", "__main__"}

MODULES = sorted(path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py"))
STEP = {room: step for step, rooms in enumerate(STEPS) for room in rooms}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


@cache
def code(module: str) -> str:
    """Return the module without its comments, in one spelling."""
    return ast.unparse(tree(module))


def imports(module: str) -> Iterator[str]:
    """Yield the dotted name of every import, those inside functions too; `from a import b` yields `a.b`."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: import it by its full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def own(module: str) -> set[str]:
    """Return the modules of the package that `module` imports, as paths below the package."""
    found = set()
    for name in imports(module):
        parts = name.split(".")[1:] if name.startswith("judge.") else []
        while parts and "/".join(parts) not in MODULES:
            parts.pop()
        if parts:
            found.add("/".join(parts))
    return found


@cache
def foreign(module: str) -> set[str]:
    """Return what `module` imports from elsewhere; of rich, the part."""
    names = {name for name in imports(module) if name.split(".")[0] != "judge"}
    return {".".join(name.split(".")[: 2 if name.startswith("rich") else 1]) for name in names}


def room(module: str) -> str:
    return module.split("/")[0]


INSIDE = [module for module in MODULES if module not in FACE]


def test_every_module_stands_in_a_room() -> None:
    assert {room(module) for module in INSIDE} == STEP.keys()


@pytest.mark.parametrize("module", INSIDE)
def test_a_room_imports_lower_steps_only(module: str) -> None:
    here = room(module)
    for other in own(module):
        there = room(other)
        if here in WORDS and there in WORDS:
            assert WORDS.index(there) <= WORDS.index(here), f"{module} must not know of {other}"
        else:
            assert there == here or STEP[there] < STEP[here], f"{module} must not know of {other}"


def test_no_import_goes_round_in_a_circle() -> None:
    left = {name: own(name) for name in MODULES}
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert not left, f"a circle is among {sorted(left)}"


@pytest.mark.parametrize("module", [module for module in INSIDE if module.endswith("/__init__")])
def test_a_room_says_what_it_is_and_imports_nothing(module: str) -> None:
    assert not [*imports(module)]
    caption = ast.get_docstring(tree(module)) or ""
    assert len(caption.splitlines()) >= 3, "a caption and a reading order"
    named = {word for word in re.findall(r"`([a-z_]+)`", caption) if word != "__init__"}
    assert named <= {path.stem for path in PACKAGE.rglob("*.py")}, "a caption names modules that there are"


@pytest.mark.parametrize("module", [module for module in INSIDE if room(module) in PURE | set(WORDS) - {"files"}])
def test_a_pure_module_reaches_neither_network_nor_system(module: str) -> None:
    outside = foreign(module)
    standard = outside & set(sys.stdlib_module_names)
    assert not standard & IMPURE, f"{module} is pure and imports {sorted(standard & IMPURE)}"
    assert outside - standard <= PURE_MAY_IMPORT, f"{module} is pure and imports {sorted(outside - standard)}"
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert not called & {"open", "read_text", "read_bytes", "write_text", "write_bytes", "print", "input", "exec"}


@pytest.mark.proofs
def test_each_edge_of_the_program_has_one_owner() -> None:
    def users(library: str) -> set[str]:
        return {module for module in MODULES if library in foreign(module)}

    def saying(*words: str) -> set[str]:
        return {room(m) for m in MODULES if any(word in code(m) for word in words)}

    assert {room(module) for module in users("openai")} <= {"endpoints", "stages"}
    assert {module for module in users("openai") if room(module) == "stages"} <= {
        "stages/batches",
        "stages/batch_lines",
    }
    assert users("tenacity") == {"endpoints/client"}
    assert saying("asyncio.run(") == {"cli"}
    environment = {module for module in MODULES if "os.environ" in code(module)}
    assert {room(module) for module in environment} <= {"api", "cli", "endpoints"}
    assert {module for module in environment if room(module) == "endpoints"} <= {
        module for module in MODULES if module.startswith("endpoints/vllm/")
    }, "the environment is handed on to vLLM only"


@pytest.mark.parametrize("module", MODULES)
def test_every_module_and_every_public_name_says_what_it_promises(module: str) -> None:
    first, *_ = (ast.get_docstring(tree(module)) or "").splitlines() or [""]
    assert len(first) > 20, f"{module} has no docstring, or one that says nothing"
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
    assert lines <= LINES, f"{module} has {lines} lines: split it"


def test_tests_that_share_what_is_dear_to_make_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """xdist spreads them silently where it does not know pytest's names of tests."""
    if "PYTEST_XDIST_WORKER" in os.environ and request.config.getoption("loadgroup", False):
        assert request.node.nodeid.endswith("@tests/test_architecture")

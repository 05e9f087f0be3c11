"""A Python file that is read and never run: its literals and functions, and faults with their place. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from judge.errors import InputError

MEND = "kojudge reads checkouts in the shape of LogicKor's last release; for others write the pack by hand (new-pack)"


class Source:
    """One parsed file."""

    def __init__(self, path: Path, text: str) -> None:
        """Raises InputError (file, line) where the text is no Python."""
        self.path, self._text = path, text
        try:
            self.tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            raise InputError(f"is no Python that can be read ({error})", path=path, line=line) from None

    def fault(self, node: ast.AST | None, wanted: str) -> InputError:
        """Return the error for a construct that is not understood; `wanted`: what should stand there."""
        line = getattr(node, "lineno", None)
        shown = (ast.get_source_segment(self._text, node) or "").split("\n")[0][:80] if node is not None else ""
        what = f"not understood: {type(node).__name__} `{shown}`, expected {wanted}" if node else f"has no {wanted}"
        return InputError(what, path=self.path, line=line, mend=MEND)

    def assigned(self, name: str) -> ast.expr:
        """Return what the module assigns to `name` last. Raises InputError where it assigns nothing."""
        found: ast.expr | None = None
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                found = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                found = node.value or found
        if found is None:
            raise self.fault(None, f"module-level `{name} = ...`")
        return found

    def literal(self, node: ast.expr) -> Any:
        """Return the value of a literal: dicts, lists, tuples, constants, texts joined by `+`. Raises InputError."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.List | ast.Tuple):
            return [self.literal(each) for each in node.elts]
        if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
            keys = [self.literal(key) for key in node.keys if key is not None]
            return dict(zip(keys, map(self.literal, node.values), strict=True))
        if isinstance(node, ast.JoinedStr) and all(isinstance(part, ast.Constant) for part in node.values):
            return "".join(str(self.literal(part)) for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.literal(node.left), self.literal(node.right)
            if isinstance(left, str) and isinstance(right, str):
                return left + right
        raise self.fault(node, "a literal")

    def function(self, name: str) -> ast.FunctionDef:
        """Return the function of this name. Raises InputError."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        raise self.fault(None, f"function `{name}`")


def calls(tree: ast.AST, attribute: str) -> Iterator[ast.Call]:
    """Yield every call of a method or function of this name, in reading order."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and attribute == getattr(node.func, "attr", getattr(node.func, "id", None))
    ]
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of a keyword argument, None where the call has none."""
    return next((k.value for k in call.keywords if k.arg == name), None)

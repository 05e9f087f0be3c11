"""Where templates run that are not ours: Jinja's immutable sandbox, with a bound on steps and on sizes.

A template cannot change what it is given, nor what the next render sees, and one that would not end ends in an error.
The bounds are counts, so that the same template meets them on every machine. They hold runaway templates; they are no
wall against a pack that is made to eat memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_STEPS = 20_000
"""Rounds of loops, calls of macros and inclusions of templates in one render."""

MOST = 1_000_000
"""The largest number that a function or a filter is given, and the longest text or list that `*` makes."""

LONGEST = 10_000_000
"""Characters of one rendered template."""

MOST_BITS = 10_000
"""Of a whole number."""

_WIDE = re.compile(r"%[^%a-zA-Z]*?(?:\d{7}|\*)|:[^{}]*?\d{7}")
"""In a format: a width that is larger than any page, or `*`, which takes it from elsewhere."""
_REPEATED = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block)

UNREADABLE = (TemplateError, RecursionError, SyntaxError, MemoryError)
"""What compiling a template can raise: the last three where it is nested too deep."""


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment. What exceeds a bound is a SecurityError, which is a TemplateError."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def __init__(self, **given: Any) -> None:
        """`given`: as for `jinja2.Environment`."""
        super().__init__(**given)
        self._steps = 0
        self.filters = {name: _with_small_numbers(call) for name, call in self.filters.items()}

    def rendered(self, template: Template, values: Mapping[str, Any]) -> str:
        """Return the text. Raises whatever the template raises, which can be anything."""
        self._steps = 0
        for one in self.cache.values() if self.cache is not None else ():
            one._module = None  # what it has set when it was imported by an earlier render
        pieces: list[str] = []
        size = 0
        for piece in template.generate(values):
            size += len(piece)
            if size > LONGEST:
                raise SecurityError(f"the text is longer than {LONGEST:,} characters")
            pieces.append(piece)
        return "".join(pieces)

    def step(self) -> None:
        """Count a step. Raises SecurityError where there were too many."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise SecurityError(f"it takes more than {MOST_STEPS:,} steps")

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Return the tree, in which whatever can be done again and again counts its steps."""
        tree = super()._parse(source, name, filename)
        bodies: list[Any] = [tree, *tree.find_all(_REPEATED)]
        for node in bodies:
            count = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None, lineno=node.lineno)
            node.body.insert(0, nodes.ExprStmt(count, lineno=node.lineno).set_environment(self))
        return tree

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a function or a method with small numbers. Raises SecurityError."""
        _small((*args, *kwargs.values()))
        owner = getattr(getattr(__obj, "__wrapped__", None), "__self__", None)  # of str.format
        if isinstance(owner, str) and _WIDE.search(owner):
            raise SecurityError("a format is too wide")
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the result of `*`, `**` or `%`. Raises SecurityError where it would be too large."""
        if operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise SecurityError("a format is too wide")
        if operator == "*":
            for many, times in ((left, right), (right, left)):
                if hasattr(many, "__len__") and isinstance(times, int) and len(many) * times > MOST:
                    raise SecurityError(f"a text or a list is longer than {MOST:,}")
        if isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
            if operator != "%" and bits > MOST_BITS:
                raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)


def template_fault(error: Exception) -> str:
    """Return what a template's error is, for a message."""
    if isinstance(error, RecursionError | MemoryError | SyntaxError):
        return "it is nested too deep"
    return str(error.message if isinstance(error, TemplateError) else error) or type(error).__name__


def _small(values: tuple[Any, ...]) -> None:
    if any(isinstance(value, int) and abs(value) > MOST for value in values):
        raise SecurityError(f"a number over {MOST:,} is given to a function")


def _with_small_numbers(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that refuses large numbers; `wraps` keeps the marks that Jinja reads of it."""

    own = 2 if hasattr(call, "jinja_pass_arg") else 1  # the context, and what is filtered

    @wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _small((*args[own:], *kwargs.values()))
        if call.__name__ == "do_format" and isinstance(args[0], str) and _WIDE.search(args[0]):
            raise SecurityError("a format is too wide")
        return call(*args, **kwargs)

    return guarded

"""LogicKor's `create_answers` -> the messages it sends, as Jinja templates. Pure: the code is read, never run.

The function puts its prompt together from f-strings that are assigned and added to a local, under `if`. It is walked
once with the flag `is_multi_turn` false and once with it true; what depends on the flag is decided on the way, and
what depends on the data becomes `{{ questions[0] }}` or `{%+ if references[0] +%}` (the signs keep every line end).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from judge.sources.python_source import Source, calls, keyword

FIELDS = ("questions", "outputs", "references")
"""The keys of a row that a prompt may use; the templates know them by the same names."""

COMMENT_PATTERN = r"평가:(.*?)점수:"
SCORE_PATTERN = r"점수:\s*(\d+(\.\d+)?)"
"""How upstream reads a reply; `readings` does the same."""


@dataclass(frozen=True)
class Prompts:
    """What one request holds."""

    system: str
    user: str
    """Jinja."""


_BRACE, _RETURN = "{{ '{' }}", r"{{ '\r' }}"


def jinja_text(text: str) -> str:
    """Return a template that renders exactly `text`."""
    return re.sub(r"\{(?=[{%#])|\{\Z|\r", lambda found: _BRACE if found[0] == "{" else _RETURN, text)


def translate(source: Source, judge_template: dict[str, str], *, multi: bool) -> Prompts:
    """Return what evaluator.py sends for a first turn, or with `multi` for a second one.

    Raises InputError (file, line, construct) for code that is not understood.
    """
    function = source.function("create_answers")
    walk = _Walk(source, judge_template, multi, _flag(source, function))
    for number, statement in enumerate(function.body):
        if any(keyword(call, "messages") is not None for call in calls(statement, "create")):
            return _messages(walk, ast.Module(function.body[number:], []))
        walk.statement(statement)
    raise source.fault(function, "a call with messages=")


def check_reading(source: Source) -> None:
    """Raise InputError where evaluator.py does not read replies as `readings` does."""
    function = source.function("create_answers")
    searches = list(calls(function, "search"))
    wanted = [COMMENT_PATTERN, SCORE_PATTERN]
    for call in searches:
        pattern, text = (*call.args, None, None)[:2]
        known = isinstance(pattern, ast.Constant) and pattern.value in wanted
        if not known or text is None or not ast.unparse(text).endswith(".replace('*', '')"):
            raise source.fault(call, "re.search for 평가: or 점수: in the reply without asterisks")
    if len(searches) != len(wanted):
        raise source.fault(function, "one search for the comment and one for the score")


def _flag(source: Source, function: ast.FunctionDef) -> str:
    """Return the parameter that says which turn is judged: the one whose default is False."""
    arguments = function.args.args
    defaults = zip(arguments[len(arguments) - len(function.args.defaults) :], function.args.defaults, strict=True)
    found = [a.arg for a, value in defaults if isinstance(value, ast.Constant) and value.value is False]
    if len(found) != 1:
        raise source.fault(function, "one parameter with the default False (is_multi_turn)")
    return found[0]


@dataclass
class _Walk:
    """One pass over the statements, with the flag known."""

    source: Source
    judge_template: dict[str, str]
    multi: bool
    flag: str
    fields: dict[str, str] = field(default_factory=dict)
    """Local name -> the row's field that it holds."""
    texts: dict[str, str] = field(default_factory=dict)
    """Local name -> Jinja of the text that it holds."""

    def statement(self, node: ast.stmt) -> None:
        """Take one statement into account."""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, held = node.targets[0].id, self._field(node.value)
            if held is not None:
                self.fields[name] = held
            else:
                self.texts[name] = self.text(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and isinstance(node.op, ast.Add):
            if node.target.id not in self.texts:
                raise self.source.fault(node, "a text that was assigned before")
            self.texts[node.target.id] += self.text(node.value)
        elif isinstance(node, ast.If):
            self._branch(node)
        else:
            raise self.source.fault(node, "an assignment of a text, `+=` or `if`")

    def _branch(self, node: ast.If) -> None:
        condition = self._condition(node.test)
        if isinstance(condition, bool):
            for statement in node.body if condition else node.orelse:
                self.statement(statement)
            return
        before, after = dict(self.texts), []
        for body in (node.body, node.orelse):
            self.texts = dict(before)
            for statement in body:
                if not isinstance(statement, ast.AugAssign | ast.If):
                    raise self.source.fault(statement, "`+=` below an `if`")
                self.statement(statement)
            after.append(self.texts)
        self.texts = before
        for name, text in before.items():
            then, other = (texts[name][len(text) :] for texts in after)
            if then or other:
                middle = f"{{%+ else +%}}{other}" if other else ""
                self.texts[name] += f"{{%+ if {condition} +%}}{then}{middle}{{%+ endif +%}}"

    def text(self, node: ast.expr) -> str:
        """Return the Jinja of an expression that is a text."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return jinja_text(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(map(self.text, node.values))
        if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
            return self.text(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.text(node.left) + self.text(node.right)
        if isinstance(node, ast.IfExp) and isinstance(choice := self._condition(node.test), bool):
            return self.text(node.body if choice else node.orelse)
        if isinstance(node, ast.Name) and node.id in self.texts:
            return self.texts[node.id]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "JUDGE_TEMPLATE":
            return self._template(node)
        element = self._element(node)
        if element is not None:
            return f"{{{{ {element} }}}}"
        raise self.source.fault(node, "a text, a question, a reference or an output")

    def _template(self, node: ast.Subscript) -> str:
        key = node.slice
        while isinstance(key, ast.IfExp) and isinstance(choice := self._condition(key.test), bool):
            key = key.body if choice else key.orelse
        if not isinstance(key, ast.Constant) or key.value not in self.judge_template:
            raise self.source.fault(node, f"JUDGE_TEMPLATE[...] with one of {', '.join(self.judge_template)}")
        return jinja_text(self.judge_template[str(key.value)])

    def _condition(self, node: ast.expr) -> bool | str:
        """Return whether it holds where the flag decides, else its Jinja."""
        if isinstance(node, ast.Name) and node.id == self.flag:
            return self.multi
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self._condition(node.operand)
            return not inner if isinstance(inner, bool) else f"not ({inner})"
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            return self._all(node)
        element = self._element(node)
        if element is not None:
            return element
        raise self.source.fault(node, f"a test of {self.flag}, or of a reference, question or output")

    def _all(self, node: ast.BoolOp) -> bool | str:
        """`x and x[0]` is `x[0]`: where a row has no references, each of them is none in our templates."""
        fields = {self._field(value) for value in node.values} - {None}
        rest = [value for value in node.values if self._field(value) is None]
        found = [self._condition(value) for value in rest]
        open_ = [condition for condition in found if isinstance(condition, str)]
        if fields - {condition.split("[")[0] for condition in open_}:
            raise self.source.fault(node, "a list beside one of its elements")
        if False in found or not open_:
            return False not in found
        return " and ".join(open_)

    def _field(self, node: ast.expr) -> str | None:
        """Return the row's field that an expression is: a local that holds it, or `row["questions"]`."""
        if isinstance(node, ast.Name):
            return self.fields.get(node.id)
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
        ):
            return str(node.slice.value) if node.slice.value in FIELDS else None
        return None

    def _element(self, node: ast.expr) -> str | None:
        """Return `questions[0]` and the like; None for what is no element of a field."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
            return None
        held, index = self._field(node.value), node.slice.value
        if held is None or not isinstance(index, int):
            return None
        if not 0 <= index <= self.multi:
            raise self.source.fault(node, "an element that this turn has")
        return f"{held}[{index}]"


def _messages(walk: _Walk, rest: ast.Module) -> Prompts:
    """Return what the calls of `rest` send, which has to be the same everywhere, at temperature 0."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(rest):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in walk.texts for target in targets):
                raise walk.source.fault(node, "no change of the prompt behind this point")
    for call in calls(rest, "create"):
        temperature = keyword(call, "temperature")
        if not isinstance(temperature, ast.Constant) or temperature.value != 0:
            raise walk.source.fault(call, "temperature=0")
        found.add(_pair(walk, call))
    if len(found) != 1:
        raise walk.source.fault(rest.body[0], "calls that all send the same messages")
    system, user = found.pop()
    return Prompts(system, user)


def _pair(walk: _Walk, call: ast.Call) -> tuple[str, str]:
    listed = keyword(call, "messages")
    if not isinstance(listed, ast.List) or len(listed.elts) != 2:
        raise walk.source.fault(listed or call, "messages=[system, user]")
    contents = []
    for role, message in zip(("system", "user"), listed.elts, strict=True):
        keys = [getattr(key, "value", None) for key in message.keys] if isinstance(message, ast.Dict) else []
        if not isinstance(message, ast.Dict) or keys != ["role", "content"] or walk.text(message.values[0]) != role:
            raise walk.source.fault(message, f'{{"role": "{role}", "content": ...}}')
        contents.append(walk.text(message.values[1]))
    return contents[0], contents[1]

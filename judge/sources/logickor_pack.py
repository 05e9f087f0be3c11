"""A LogicKor checkout -> a pack: templates.py, evaluator.py, generator.py and questions.jsonl, read and never run.

    templates.py      PROMPT_STRATEGY and JUDGE_TEMPLATE, two literals
    evaluator.py      create_answers, whose texts become the judge's user templates
    generator.py      the strings that end an answer
    questions.jsonl   the questions; the second turn is the last one that is asked

With the pack our messages are upstream's, byte for byte. LogicKor is frozen, so its code is not interpreted: the parts
that decide what is sent and how a reply is read must have the syntax tree of the last release, compared by digest.
Literals and the prompt's texts may differ. Any other difference is an InputError with file and line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from judge.config import digest
from judge.errors import InputError
from judge.files import read_text
from judge.packs.questions import load_questions
from judge.packs.write import PackFiles, jinja_text
from judge.records import Message
from judge.runs.names import safe_part
from judge.sources.logickor import STRATEGY_NAMES
from judge.wording import Note

FILES = ("templates.py", "evaluator.py", "generator.py", "questions.jsonl")

MEND = (
    "import a clone of https://github.com/instructkr/LogicKor (commit 11c3a84) with your texts in it and its code "
    "unchanged, or write a pack by hand (kojudge new-pack)"
)

SHAPES: Mapping[str, str] = {
    "builds the judge's prompt": "0a4dc2b028093ca5",
    "calls the judge": "4550cf14aa49f783",
    "reads the judge's reply": "d2b36f348b3c0402",
    "asks a question": "e06d6d55c9514ea6",
    "reads an answer": "8777650d87811b61",
}
"""What the code does -> digest of the last release's syntax tree (`_held`)."""


def read_checkout(folder: Path) -> PackFiles:
    """Return the pack of a checkout. Raises InputError (file, line) where it is not in the last release's shape."""
    if not folder.is_dir():
        raise InputError("no such folder", path=folder, mend="give a checkout of instructkr/LogicKor")
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        what = f"has no {', '.join(missing)}, so it is not LogicKor's last release"
        raise InputError(what, path=folder, mend=MEND)
    single, multi = _user_templates(folder / "evaluator.py")
    sampling = _sampling(folder / "generator.py")
    system = _system_texts(folder / "templates.py")
    questions = load_questions(questions=str(folder / "questions.jsonl"))
    return PackFiles(
        settings={
            "judge": {"reply": "logickor", "verbatim": True, "empty_answers": "ask", "again_temperature": 0.0},
            "generate": {"verbatim": True, "stop": sampling["stop"]},
            "aliases": STRATEGY_NAMES,
        },
        strategies=_strategies(folder / "templates.py"),
        templates={
            "single.system": jinja_text(system["single_turn"]),
            "single.user": single,
            "multi.system": jinja_text(system["multi_turn"]),
            "multi.user": multi,
        },
        questions=tuple(
            question.model_dump(mode="json", include={"id", "category", "questions", "references", "answer_language"})
            for question in questions.questions
        ),
        name="logickor",
        notes=(*questions.notes, *_notes(sampling, [q.id for q in questions.questions])),
    )


def read_literal(path: Path, name: str) -> Any:
    """Return the literal that a Python file assigns to `name`, once. Raises InputError (file, line)."""
    values = _assigned(_parsed(path).body, name)
    if len(values) != 1:
        raise InputError(f"has {len(values)} assignments to {name}, expected one", path=path, mend=MEND)
    return _value(path, name, values[0])


def _value(path: Path, name: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        mend = "write it as lists, dicts and texts alone, without calls, names and +"
        raise InputError(f"{name} is not a literal", path=path, line=node.lineno, mend=mend) from None


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(read_text(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise InputError(f"is no Python that can be read ({error})", path=path, line=line) from None


def _strategies(path: Path) -> dict[str, list[Message]]:
    """Return PROMPT_STRATEGY under our names. A name becomes a file's, so it may not lead anywhere."""
    found = read_literal(path, "PROMPT_STRATEGY")
    if not isinstance(found, dict) or not found:
        raise InputError("PROMPT_STRATEGY is not a dict of strategies", path=path)
    for name, messages in found.items():
        if not isinstance(name, str) or safe_part(name) != name:
            raise InputError(f"{name!r} cannot name a strategy, as it cannot name a file", path=path)
        if not isinstance(messages, list) or not all(map(_is_message, messages)):
            raise InputError(f"strategy {name!r} is not a list of role and content", path=path)
    return {str(STRATEGY_NAMES.get(name) or name): messages for name, messages in found.items()}


def _is_message(entry: Any) -> bool:
    texts = isinstance(entry, dict) and entry.keys() == {"role", "content"} and isinstance(entry["content"], str)
    return bool(texts) and entry["role"] in ("system", "user", "assistant")


def _system_texts(path: Path) -> dict[str, str]:
    found = read_literal(path, "JUDGE_TEMPLATE")
    texts = found if isinstance(found, dict) else {}
    if not all(isinstance(texts.get(key), str) for key in ("single_turn", "multi_turn")):
        raise InputError("JUDGE_TEMPLATE is not a dict with the texts single_turn and multi_turn", path=path)
    return texts


def _user_templates(path: Path) -> tuple[str, str]:
    """Return Jinja of what create_answers sends for a first turn and for a second one."""
    functions = [node for node in _parsed(path).body if getattr(node, "name", None) == "create_answers"]
    if not functions or not isinstance(function := functions[-1], ast.FunctionDef):
        raise InputError("has no function create_answers", path=path, mend=MEND)
    built = list(takewhile(lambda statement: not _calls([statement], "create"), function.body))
    sent = function.body[len(built) :]
    texts = _take_texts(built)
    named = [node for node in _walk(sent) if isinstance(node, ast.Name) and node.id == "prompt"]
    changed = [node for node in named if not isinstance(node.ctx, ast.Load)]
    _held(path, "builds the judge's prompt", [function.args, *built, *changed])
    for call in _calls(sent, "create"):
        _held(path, "calls the judge", [keyword for keyword in call.keywords if keyword.arg != "model"])
    _held(path, "reads the judge's reply", _calls(sent, "search"))
    first, second, end = texts[:3], texts[3:6], texts[6]
    return _turn(0, *first) + end, _turn(0, *first) + _turn(1, *second) + end


def _turn(number: int, question: str, reference: str, answer: str) -> str:
    """Return Jinja of one turn, from the texts that stand before its question, its reference and its answer."""
    referred = f"{{%+ if references[{number}] +%}}{reference}{{{{ references[{number}] }}}}{{%+ endif +%}}"
    return f"{question}{{{{ questions[{number}] }}}}{referred}{answer}{{{{ outputs[{number}] }}}}"


def _take_texts(statements: Iterable[ast.AST]) -> list[str]:
    """Take the prompt's texts, which may differ from upstream's, out of the code. Return them in order, as Jinja."""
    texts = []
    for node in _walk(_assigned(_walk(statements), "prompt")):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(jinja_text(node.value))
            node.value = ""
    return texts


def _sampling(path: Path) -> dict[str, Any]:
    """Return `stop` and `temperature` of generator.py, which asks the two turns as our conversations do."""
    tree = _parsed(path)
    turns: list[ast.AST] = []
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in _calls([function], "apply_chat_template"):
            turns += [function.args, *call.args, *call.keywords]
    _held(path, "asks a question", turns)
    for node in ast.walk(tree):
        if isinstance(node, ast.ListComp) and _calls([node.generators[0].iter], "generate"):
            _held(path, "reads an answer", [node.elt])
    if not (calls := _calls([tree], "SamplingParams")):
        raise InputError("has no call of SamplingParams", path=path, mend=MEND)
    found = {k.arg: _value(path, k.arg, k.value) for k in calls[0].keywords if k.arg in ("stop", "temperature")}
    stop = found.setdefault("stop", [])
    if not isinstance(stop, list) or not all(isinstance(text, str) for text in stop):
        raise InputError("stop is not a list of texts", path=path, line=calls[0].lineno)
    return found


def _notes(sampling: Mapping[str, Any], ids: Sequence[Any]) -> list[str]:
    """Return what upstream does that a pack cannot say."""
    notes: list[str] = []
    if sampling.get("temperature") != 0:
        notes.append(
            Note(
                "generator.py does not answer at temperature 0: give --temperature",
                "generator.py는 temperature 0으로 답하게 하지 않음. --temperature를 주세요",
            )
        )
    if list(ids) != list(range(1, len(ids) + 1)):
        notes.append(
            Note(
                "generator.py finds a first answer by id - 1, which is wrong for these ids; kojudge goes by id",
                "generator.py는 첫 답변을 id - 1의 자리에서 찾는데 이 id들에는 맞지 않음. kojudge는 id로 찾음",
            )
        )
    return notes


def _assigned(nodes: Iterable[ast.AST], name: str) -> list[ast.expr]:
    """Return what is assigned to a name, or added to it, among `nodes`, in reading order."""
    found: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [node.value] if name in [getattr(target, "id", None) for target in targets] else []
    return sorted(found, key=lambda value: value.lineno)


def _calls(nodes: Iterable[ast.AST], name: str) -> list[ast.Call]:
    """Return every call of a function or method of this name."""
    calls = [node for node in _walk(nodes) if isinstance(node, ast.Call)]
    return [call for call in calls if name in (getattr(call.func, "attr", None), getattr(call.func, "id", None))]


def _walk(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    return (node for root in nodes for node in ast.walk(root))


def _held(path: Path, does: str, nodes: Sequence[ast.AST]) -> None:
    """Raise InputError where this code is not the last release's."""
    try:
        same = digest(_shape(list(nodes))) == SHAPES[does]
    except RecursionError:  # a sum of thousands of texts
        same = False
    if not same:
        line = next((node.lineno for node in nodes if hasattr(node, "lineno")), None)
        raise InputError(f"{does} otherwise than LogicKor's last release", path=path, line=line, mend=MEND)


def _shape(part: object) -> object:
    """Return a syntax tree as JSON, without places. Empty fields go: which there are depends on Python's version."""
    if isinstance(part, ast.AST):
        fields = {name: value for name, value in ast.iter_fields(part) if name != "kind" and value not in (None, [])}
        return [type(part).__name__, {name: _shape(value) for name, value in fields.items()}]
    return [_shape(each) for each in part] if isinstance(part, list) else repr(part)

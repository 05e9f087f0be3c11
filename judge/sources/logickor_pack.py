"""A LogicKor checkout -> a pack: templates.py, evaluator.py, generator.py and questions.jsonl, read and never run.

    templates.py      PROMPT_STRATEGY and JUDGE_TEMPLATE, two dicts of literals
    evaluator.py      create_answers, whose f-strings become the judge's user templates (`prompt_translation`)
    generator.py      what is sent for the first and the second turn, and the strings that end an answer
    questions.jsonl   the questions; the second turn is the last one that is asked

With the pack our messages are upstream's, byte for byte. What is not understood is an InputError with file and line.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from judge.errors import InputError
from judge.files import read_whole
from judge.packs.questions import load_questions
from judge.packs.write import PackFiles
from judge.records import Message
from judge.runs.names import safe_part
from judge.sources.logickor import STRATEGY_NAMES
from judge.sources.logickor_prompts import check_reading, translate
from judge.sources.python_source import Source, calls, keyword

USER, ASSISTANT = ("user", "question[0]"), ("assistant", "output")
FIRST = [USER]
SECOND = [USER, ASSISTANT, ("user", "question[1]")]
"""What generator.py sends behind the strategy's messages."""

PLAIN = {"model", "messages", "temperature", "n"}
"""Parameters of upstream's judge call that our judge call has, too."""


def read_checkout(folder: Path) -> PackFiles:
    """Return the pack of a checkout. Raises InputError (file, line, construct)."""
    if not folder.is_dir():
        raise InputError("no such folder", path=folder, mend="give a checkout of instructkr/LogicKor")
    try:
        return _read(folder)
    except RecursionError:
        raise InputError("its Python is nested too deep to be read", path=folder) from None


def _read(folder: Path) -> PackFiles:
    templates, evaluator, generator = (
        read_source(folder / name) for name in ("templates.py", "evaluator.py", "generator.py")
    )
    judge_template = _texts(templates, "JUDGE_TEMPLATE")
    check_reading(evaluator)
    single, multi = (translate(evaluator, judge_template, multi=turn) for turn in (False, True))
    check_turns(generator)
    questions = load_questions(questions=str(folder / "questions.jsonl"))
    settings = {
        "judge": {"reply": "logickor", "verbatim": True, "empty_answers": "ask", "again_temperature": 0.0},
        "generate": {"verbatim": True, "stop": _stop(generator)},
        "aliases": STRATEGY_NAMES,
    }
    return PackFiles(
        settings=settings,
        strategies=_strategies(templates),
        templates={
            "single.system": single.system,
            "single.user": single.user,
            "multi.system": multi.system,
            "multi.user": multi.user,
        },
        questions=tuple(
            question.model_dump(mode="json", include={"id", "category", "questions", "references", "answer_language"})
            for question in questions.questions
        ),
        name="logickor",
        notes=(*questions.notes, *_notes(evaluator, generator, [q.id for q in questions.questions])),
    )


def read_source(path: Path) -> Source:
    """Return a Python file, parsed. Raises InputError (file, line)."""
    try:
        return Source(path, read_whole(path).decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", path=path, mend="save it as UTF-8") from None


def _texts(source: Source, name: str) -> dict[str, str]:
    node = source.assigned(name)
    found = source.literal(node)
    if not isinstance(found, dict) or not all(isinstance(part, str) for item in found.items() for part in item):
        raise source.fault(node, "a dict of names and texts")
    return found


def _strategies(source: Source) -> dict[str, list[Message]]:
    """Return PROMPT_STRATEGY under our names. A name becomes a file's, so it may not lead anywhere."""
    node = source.assigned("PROMPT_STRATEGY")
    found = source.literal(node)
    if not isinstance(found, dict) or not found:
        raise source.fault(node, "a dict of strategies")
    for name, messages in found.items():
        if not isinstance(name, str) or safe_part(name) != name:
            raise source.fault(node, f"strategy names that can name a file, not {name!r}")
        if not isinstance(messages, list) or not all(map(_is_message, messages)):
            raise source.fault(node, f"a list of role and content for strategy {name!r}")
    return {str(STRATEGY_NAMES.get(name) or name): messages for name, messages in found.items()}


def _is_message(entry: Any) -> bool:
    texts = isinstance(entry, dict) and entry.keys() == {"role", "content"} and isinstance(entry["content"], str)
    return bool(texts) and entry["role"] in ("system", "user", "assistant")


def check_turns(source: Source) -> None:
    """Raise InputError where generator.py does not send a first and a second turn as our conversations do."""
    functions = [node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)]
    sent = []
    for function in sorted(functions, key=lambda node: node.lineno):
        for call in calls(function, "apply_chat_template"):
            begun = keyword(call, "add_generation_prompt")
            if not isinstance(begun, ast.Constant) or begun.value is not True:
                raise source.fault(call, "add_generation_prompt=True")
            sent.append(_sent(source, function, call))
    if sent != [FIRST, SECOND]:
        shown = " / ".join(", ".join(f"{role}: {content}" for role, content in turn) for turn in sent) or "nothing"
        raise InputError(f"sends other turns than LogicKor's generator.py ({shown})", path=source.path)
    for comprehension in (node for node in ast.walk(source.tree) if isinstance(node, ast.ListComp)):
        kept = comprehension.elt
        strips = isinstance(kept, ast.Call) and ast.unparse(kept.func).endswith(".text.strip") and not kept.args
        if any(calls(comprehension.generators[0].iter, "generate")) and not strips:
            raise source.fault(kept, "output.outputs[0].text.strip()")


def _sent(source: Source, function: ast.FunctionDef, call: ast.Call) -> list[tuple[str, str]]:
    """Return (role, content) of the messages behind the strategy's."""
    listed = call.args[0] if call.args else None
    names = [argument.arg for argument in function.args.args]
    strategy = isinstance(listed, ast.BinOp) and isinstance(listed.left, ast.Name) and listed.left.id not in names
    if not isinstance(listed, ast.BinOp) or not strategy or not isinstance(listed.right, ast.List):
        raise source.fault(listed or call, "the strategy's messages + [...]")
    return [_message(source, each, names) for each in listed.right.elts]


def _message(source: Source, node: ast.expr, names: Sequence[str]) -> tuple[str, str]:
    known = {f"{names[0]}[{n}]": f"question[{n}]" for n in range(9)} if names else {}
    known |= {names[1]: "output"} if len(names) > 1 else {}
    if isinstance(node, ast.Dict) and [getattr(key, "value", None) for key in node.keys] == ["role", "content"]:
        role, content = node.values
        if isinstance(role, ast.Constant) and ast.unparse(content) in known:
            return str(role.value), known[ast.unparse(content)]
    raise source.fault(node, '{"role": ..., "content": a question or the first answer}')


def _stop(source: Source) -> list[str]:
    for call in calls(source.tree, "SamplingParams"):
        node = keyword(call, "stop")
        found = source.literal(node) if node is not None else []
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            raise source.fault(node, "a list of texts")
        return found
    raise source.fault(None, "call of SamplingParams")


def _notes(evaluator: Source, generator: Source, ids: Sequence[Any]) -> list[str]:
    """Return what upstream does that a pack cannot say."""
    notes = []
    for call in calls(generator.tree, "SamplingParams"):
        node = keyword(call, "temperature")
        if not isinstance(node, ast.Constant) or node.value != 0:
            notes.append("generator.py does not answer at temperature 0: give --temperature")
    for call in calls(evaluator.function("create_answers"), "create"):
        extra = [f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords if k.arg not in PLAIN]
        notes += [f"evaluator.py also sends {', '.join(extra)}: give it as an option"] if extra else []
    if list(ids) != list(range(1, len(ids) + 1)):
        notes.append("generator.py finds a first answer by id - 1, which is wrong for these ids; kojudge goes by id")
    return list(dict.fromkeys(notes))

"""A checkout of arena-hard (v0.1, v2, Ko-Arena-Hard-Auto) -> a pack for `kojudge pairwise`.

    DIR/data/<bench>/question.jsonl    the questions; several benches: `--variant` names one
    DIR/config/judge_config.yaml       v0.1: system_prompt, prompt_template: [{question_1} {answer_1} {answer_2}]
    DIR/config/<bench>.yaml            v2: prompt_template: {QUESTION} {ANSWER_A} {ANSWER_B}
    DIR/utils/judge_utils.py           v2: JUDGE_SETTINGS, a system prompt a category; parsed, never run

The judge's messages are arena-hard's, byte for byte; its marks become Jinja with the same text.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from judge.errors import InputError
from judge.files import read_text
from judge.packs.write import PackFiles, jinja_text
from judge.packs.yaml_files import read_yaml
from judge.sources.arena_hard_rows import question_rows
from judge.sources.place import STRATEGY

MARKS = {
    **{"question_1": "question", "answer_1": "a", "answer_2": "b"},
    **{"QUESTION": "question", "ANSWER_A": "a", "ANSWER_B": "b"},
}
OLD_CONFIG, SYSTEM_PROMPTS = "config/judge_config.yaml", "utils/judge_utils.py"

SETTINGS: Mapping[str, Any] = {
    "pairwise": {"reply": "arena-hard", "lowest": -2.0, "highest": 2.0, "step": 1.0, "verbatim": True},
}


def read_arena(folder: Path, *, variant: str | None = None) -> PackFiles:
    """Return the pack of a checkout. Raises InputError (file, field)."""
    files = sorted(folder.glob("data/*/question.jsonl"))
    names = [file.parent.name for file in files]
    chosen = [file for file in files if variant in (None, file.parent.name)]
    if len(chosen) != 1:
        mend = f"choose one with --variant ({', '.join(names)})" if names else "give a checkout of arena-hard"
        what = "holds several benches" if len(chosen) > 1 else f"has no data/{variant or '*'}/question.jsonl"
        raise InputError(what, path=folder, mend=mend)
    bench = chosen[0].parent.name
    questions = [row.question() for row in question_rows(chosen[0])]
    system, user = _prompts(folder, bench, list(dict.fromkeys(question.category for question in questions)))
    templates = {
        f"{scope}.{part}": text
        for scope in ("turn", "conversation")
        for part, text in (("system", system), ("user", user))
    }
    return PackFiles(
        name=bench,
        settings=SETTINGS,
        strategies={STRATEGY: []},
        pairwise=templates,
        questions=tuple(
            q.model_dump(mode="json", include={"id", "category", "questions", "references", "answer_language"})
            for q in questions
        ),
    )


def _prompts(folder: Path, bench: str, categories: list[str]) -> tuple[str, str]:
    """Return the templates of the system and the user message."""
    new = folder / "config" / f"{bench}.yaml"
    if new.is_file() and (folder / SYSTEM_PROMPTS).is_file():
        user = _field(new, "prompt_template")
        by_category = _system_prompts(folder / SYSTEM_PROMPTS)
        if missing := [name for name in categories if name not in by_category]:
            raise InputError(f"has no system prompt of category {missing[0]!r}", path=folder / SYSTEM_PROMPTS)
        return _by_category({name: by_category[name] for name in categories}), _jinja(user, new)
    old = folder / OLD_CONFIG
    if not old.is_file():
        raise InputError(f"has neither config/{bench}.yaml nor {OLD_CONFIG}", path=folder)
    return jinja_text(_field(old, "system_prompt")), _jinja(_field(old, "prompt_template"), old)


def _field(path: Path, name: str) -> str:
    data = read_yaml(path)
    value = data.get(name) if isinstance(data, dict) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        raise InputError("is missing or no text", path=path, field=name)
    return value


def _system_prompts(path: Path) -> dict[str, str]:
    """Return category -> system prompt, read off the assignments of the file."""
    known: dict[str, str] = {}
    found: dict[str, str] = {}
    try:
        tree = ast.parse(read_text(path))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise InputError(f"is no Python ({type(error).__name__})", path=path) from None
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            known[node.targets[0].id] = node.value.value
        elif isinstance(node.value, ast.Dict) and node.targets[0].id == "JUDGE_SETTINGS":
            for key, each in zip(node.value.keys, node.value.values, strict=True):
                found |= _of_category(key, each, known)
    if not found:
        raise InputError("holds no JUDGE_SETTINGS with a system_prompt", path=path)
    return found


def _of_category(key: ast.expr | None, each: ast.expr, known: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(key, ast.Constant) or not isinstance(each, ast.Dict):
        return {}
    for name, value in zip(each.keys, each.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == "system_prompt":
            text = known.get(value.id) if isinstance(value, ast.Name) else getattr(value, "value", None)
            return {str(key.value): text} if isinstance(text, str) else {}
    return {}


def _by_category(prompts: Mapping[str, str]) -> str:
    """Return one template that shows the prompt of the question's category."""
    texts = list(dict.fromkeys(prompts.values()))
    if len(texts) == 1:
        return jinja_text(texts[0])
    parts = [(json.dumps([name for name in prompts if prompts[name] == text]), jinja_text(text)) for text in texts]
    tests = "".join(
        f"{{%+ {'elif' if place else 'if'} category in {names} +%}}{text}" for place, (names, text) in enumerate(parts)
    )
    return f"{tests}{{%+ endif +%}}"


def _jinja(template: str, path: Path) -> str:
    text = ""
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"cannot be read ({error})", path=path, field="prompt_template") from None
    for literal, name, form, conversion in pieces:
        text += jinja_text(literal)
        if name is None:
            continue
        if name not in MARKS or form or conversion:
            raise InputError(
                f"has the mark {{{name}}}, known are {', '.join(MARKS)}", path=path, field="prompt_template"
            )
        text += f"{{{{ {MARKS[name]} }}}}"
    return text

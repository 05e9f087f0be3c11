"""FastChat-style benchmark data (MT-Bench, KoMT-Bench, translations) -> a pack.

    DIR/question.jsonl                 the questions; `question_ko.jsonl` with `--variant ko`
    DIR/reference_answer/gpt-4.jsonl   right answers of the categories that are graded against one
    DIR/../judge_prompts.jsonl         single-v1, single-math-v1 and their multi-turn forms

The judge's messages are FastChat's: its templates with their `{question}` marks become Jinja with the same text, the
`math` templates for the categories of `NEED_REFERENCE`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.packs.write import PackFiles, jinja_text
from judge.records import Question, QuestionId, Record
from judge.sources.fastchat_rows import OPEN_LANGUAGE, Answered, QuestionRow, read_answered, read_rows
from judge.sources.place import STRATEGY
from judge.wording import Note

NEED_REFERENCE = ("math", "reasoning", "coding", "arena-hard-200")
"""FastChat's NEED_REF_CATS (fastchat/llm_judge/common.py)."""

TURNS = 2
"""FastChat grades a second turn where a question has exactly two."""

PLAIN, MATH = "single-v1", "single-math-v1"
MULTI = "-multi-turn"

_SINGLE = {"question": "questions[0]", "answer": "outputs[0]", "ref_answer_1": "references[0]"}
_MULTI = {
    f"{mark}_{turn}": f"{name}[{turn - 1}]"
    for mark, name in (("question", "questions"), ("answer", "outputs"), ("ref_answer", "references"))
    for turn in (1, 2)
}

SETTINGS: Mapping[str, Any] = {
    "judge": {"reply": "rating", "lowest": 1.0, "highest": 10.0, "step": 0.5, "verbatim": True, "empty_answers": "ask"},
}


class _Prompt(Record):
    name: str
    type: str
    system_prompt: str
    prompt_template: str
    output_format: str


def read_bench(folder: Path, *, variant: str | None = None, prompts: Path | None = None) -> PackFiles:
    """Return the pack of a benchmark folder.

    `variant`: the ending of its file names (`ko`: question_ko.jsonl, judge_prompts_ko.jsonl, reference_answer_ko);
    `prompts`: the judge prompts where they lie elsewhere. Raises InputError (file, line, field).
    """
    if not folder.is_dir():
        raise InputError("no such folder", path=folder, mend="give FastChat's data/mt_bench or the like")
    asked = _questions_file(folder, variant)
    ending = asked.stem.removeprefix("question")
    rows = read_rows(asked)
    file = prompts or _prompts_file(folder, ending)
    known = _prompts(file)
    references, told = _references(folder, ending)
    questions = [_question(row, references) for row in rows]
    _complete(questions, folder / f"reference_answer{ending}")
    return PackFiles(
        name=folder.resolve().name + ending,
        settings=SETTINGS,
        strategies={STRATEGY: []},
        templates=_templates(known, file),
        questions=tuple(
            q.model_dump(mode="json", include={"id", "category", "questions", "references", "answer_language"})
            for q in questions
        ),
        notes=(*told, *_notes(rows)),
    )


def _questions_file(folder: Path, variant: str | None) -> Path:
    """Return the question file of the variant (`none`: the one without an ending), or the only one."""
    found = sorted(folder.glob("question*.jsonl"))
    if variant is None and len(found) > 1:
        names = ", ".join(path.stem.removeprefix("question").lstrip("_") or "none" for path in found)
        what = f"holds several question files ({', '.join(path.name for path in found)})"
        raise InputError(what, path=folder, mend=f"choose one with --variant ({names})")
    ending = f"_{variant}" if variant and variant != "none" else ""
    wanted = folder / f"question{ending}.jsonl" if variant or not found else found[0]
    if wanted not in found:
        raise InputError(f"has no {wanted.name}", path=folder, mend="give the folder that holds question.jsonl")
    return wanted


def _prompts_file(folder: Path, ending: str) -> Path:
    places = [above / f"judge_prompts{ending}.jsonl" for above in (folder, *folder.resolve().parents[:2])]
    for place in places:
        if place.is_file():
            return place
    raise InputError(
        f"has no judge_prompts{ending}.jsonl in it or above it", path=folder, mend="give --judge-prompts FILE"
    )


def _prompts(path: Path) -> dict[str, _Prompt]:
    """Return the four prompts that grade a single answer."""
    found: dict[str, _Prompt] = {}
    for line in read_lines(path):
        if line.data.get("type") == "single":
            prompt = validate(line.data, _Prompt, path=path, line=line.number)
            if prompt.output_format != "[[rating]]":
                raise InputError(
                    f"{prompt.output_format!r} is not understood, expected '[[rating]]'",
                    path=path,
                    line=line.number,
                    field="output_format",
                )
            found[prompt.name] = prompt
    for name in (PLAIN, MATH, PLAIN + MULTI, MATH + MULTI):
        if name not in found:
            raise InputError(f"has no prompt '{name}' of type single", path=path)
    return found


def _references(folder: Path, ending: str) -> tuple[dict[QuestionId, Answered], list[str]]:
    """Return the right answers by question id; where there are those of several models, gpt-4's."""
    files = sorted((folder / f"reference_answer{ending}").glob("*.jsonl"))
    if not files:
        return {}, []
    chosen = next((path for path in files if path.stem == "gpt-4"), files[0])
    told: list[str] = [Note(f"right answers: {chosen.name}", f"정답: {chosen.name}")] if len(files) > 1 else []
    return read_answered(chosen), told


def _question(row: QuestionRow, references: Mapping[QuestionId, Answered]) -> Question:
    if len(row.turns) > TURNS:
        row = row.model_copy(update={"turns": row.turns[:1]})
    graded = references.get(row.question_id) if row.category in NEED_REFERENCE else None
    return row.question(graded.turns if graded else ())


def _complete(questions: Sequence[Question], place: Path) -> None:
    for question in questions:
        if question.category in NEED_REFERENCE and None in question.references:
            raise InputError(
                f"no right answer to question {question.id!r}, and {question.category} is graded against one",
                path=place,
                mend="put the reference answers there",
            )


def _templates(prompts: Mapping[str, _Prompt], path: Path) -> dict[str, str]:
    """Return our four templates; each chooses between the plain and the math prompt by category."""
    found = {}
    for kind, more, marks in (("single", "", _SINGLE), ("multi", MULTI, _MULTI)):
        plain, math = prompts[PLAIN + more], prompts[MATH + more]
        found[f"{kind}.system"] = _either(jinja_text(math.system_prompt), jinja_text(plain.system_prompt))
        found[f"{kind}.user"] = _either(_jinja(math, marks, path), _jinja(plain, marks, path))
    return found


def _either(math: str, plain: str) -> str:
    if math == plain:
        return plain
    return f"{{%+ if category in {json.dumps(NEED_REFERENCE)} +%}}{math}{{%+ else +%}}{plain}{{%+ endif +%}}"


def _jinja(prompt: _Prompt, marks: Mapping[str, str], path: Path) -> str:
    try:
        pieces = list(Formatter().parse(prompt.prompt_template))
    except ValueError as error:
        raise InputError(
            f"prompt '{prompt.name}' cannot be read ({error})", path=path, field="prompt_template"
        ) from None
    text = ""
    for literal, name, form, conversion in pieces:
        text += jinja_text(literal)
        if name is None:
            continue
        if name not in marks or form or conversion:
            raise InputError(
                f"prompt '{prompt.name}' has the mark {{{name}}}, known are {', '.join(marks)}",
                path=path,
                field="prompt_template",
            )
        text += f"{{{{ {marks[name]} }}}}"
    return text


def _notes(rows: Sequence[QuestionRow]) -> list[str]:
    notes: list[str] = [
        Note(
            "FastChat answers writing and roleplay at temperature 0.7, stem and humanities at 0.1; kojudge asks all "
            "alike (--temperature, default 0)",
            "FastChat은 writing과 roleplay에는 temperature 0.7로, stem과 humanities에는 0.1로 답하게 함. "
            "kojudge는 모두 같은 값으로 물음(--temperature, 기본 0)",
        )
    ]
    long = [str(row.question_id) for row in rows if len(row.turns) > TURNS]
    if long:
        named = ", ".join(long)
        notes.append(
            Note(
                f"of more than two turns FastChat grades the first alone: questions {named}",
                f"턴이 둘보다 많으면 FastChat은 첫 턴만 채점함: 문항 {named}",
            )
        )
    if {row.question_id for row in rows} >= set(OPEN_LANGUAGE):
        first, second = OPEN_LANGUAGE
        notes.append(
            Note(
                f"questions {first} and {second} may be answered in any language",
                f"문항 {first}, {second}에는 어느 언어로 답해도 됨",
            )
        )
    return notes

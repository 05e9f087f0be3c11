"""Everything that is wrong with a pack, not only the first fault: each with file, line, field and the mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from judge.config import PackSettings
from judge.errors import InputError, told
from judge.files import read_anyhow
from judge.packs.folder import SETTINGS, asked_note, files_of, folder, load_settings
from judge.packs.judge_prompts import JUDGE_TEMPLATES, load_judge_prompts
from judge.packs.logickor_rows import looks_upstream, question_row
from judge.packs.strategies import load_strategy, own_strategies, strategy_names
from judge.records import Answer, Question, QuestionId
from judge.runs.names import answers_part, safe_part
from judge.text.demand_checks import demand_facts
from judge.text.plain import plain
from judge.wording import Note, led

T = TypeVar("T")
Found = str | InputError
"""A line about something good, or a fault."""

MOST = 100
"""Faults of one file that are told; a file of another kind is all faults."""


def check_pack(path: Path) -> Iterator[Found]:
    """Yield one line a part that is good and one fault for each thing that is not."""
    if isinstance(half := _try(lambda: folder(path, "questions")), InputError):
        yield half
        return
    settings = _try(lambda: load_settings(path))
    if isinstance(settings, InputError):
        yield settings
    elif (path / SETTINGS).is_file():
        yield led(str(path / SETTINGS), asked_note(settings.judge))
    questions: list[Question] = []
    if (path / "questions").is_dir():
        files = _try(lambda: files_of(path, "questions", "*.jsonl"))
        if isinstance(files, InputError):
            yield files
        elif not files:
            yield InputError("holds no .jsonl file", path=path / "questions", mend="add a question set")
        else:
            for file in files:
                yield from check_questions(file, questions)
    yield from _strategies(path)
    if not isinstance(settings, InputError):
        yield from _aliases(path, settings)
        yield from _templates(path, questions)


def check_questions(path: Path, good: list[Question] | None = None) -> Iterator[Found]:
    """Yield what a question set holds, or each of its faults; good rows are added to `good`."""
    faults = 0
    rows: list[Question] = []
    seen: dict[QuestionId, int] = {}
    notes: list[str] = []
    for line in read_anyhow(path):
        found: Iterable[InputError] = (line,) if isinstance(line, InputError) else ()
        if not isinstance(line, InputError):
            row, note = question_row(line.data) if looks_upstream(line.data) else (line.data, None)
            notes += [note] if note else []
            found = _row(row, path, line.number, seen, rows)
        for fault in found:
            faults += 1
            if faults <= MOST:
                yield fault
    if faults > MOST:
        yield InputError(f"{faults - MOST} faults more", path=path)
    if not faults:
        yield led(str(path), pack_summary(rows)) if rows else InputError("holds no question", path=path)
        yield from (led(str(path), note) for note in notes)
    if good is not None:
        good.extend(rows)


def pack_summary(questions: Sequence[Question]) -> Note:
    """Return how many questions of which categories there are."""
    categories = Counter(question.category for question in questions)
    turns = sum(len(question.questions) for question in questions)
    listed = ", ".join(f"{plain(name)} {number}" for name, number in categories.items())
    number = len(questions)
    return Note(f"{number} questions, {turns} turns ({listed})", f"문항 {number}개, 턴 {turns}개({listed})")


def _row(
    data: dict[str, object], path: Path, line: int, seen: dict[QuestionId, int], rows: list[Question]
) -> Iterator[InputError]:
    try:
        question = Question.model_validate(data)
    except ValidationError as error:
        for what, field in told(error):
            yield InputError(what, path=path, line=line, field=field, mend="see questions/README.md")
        return
    if question.id in seen:
        what = f"id {question.id!r} stands on line {seen[question.id]} too"
        yield InputError(what, path=path, line=line, field="id", mend="ids are unique in a file")
    else:
        seen[question.id] = line
        rows.append(question)


def _aliases(path: Path, settings: PackSettings) -> Iterator[Found]:
    known = _try(lambda: strategy_names(path))
    if isinstance(known, InputError):  # told with the strategies
        return
    for alias, name in settings.aliases.items():
        if name not in known:
            what = f"there is no strategy '{name}' ({', '.join(known)})"
            yield InputError(what, path=path / SETTINGS, field=f"aliases.{alias}")


def _strategies(path: Path) -> Iterator[Found]:
    place = path / "templates" / "strategies"
    if not place.is_dir():
        return
    names = _try(lambda: own_strategies(path))
    if isinstance(names, InputError):
        yield names
        return
    good = []
    for name in names:
        loaded = _try(partial(load_strategy, place / f"{name}.yaml"))
        if isinstance(loaded, InputError):
            yield loaded
        else:
            good.append(name)
        if (part := answers_part(name)) != safe_part(name):
            said = Note(
                f"named like a file beside answers; its own are kept in answers/{part}.jsonl",
                f"답변 옆에 놓이는 파일과 이름이 같아, 이 전략의 답변은 answers/{part}.jsonl에 저장됨",
            )
            yield led(f"{place / name}.yaml", said)
    named = ", ".join(good)
    yield (
        led(str(place), Note(f"strategies {named}", f"전략 {named}"))
        if good
        else InputError("holds no good strategy", path=place)
    )


def _templates(path: Path, questions: Sequence[Question]) -> Iterator[Found]:
    """Compile the judge templates and try them on every question, each answered with a short text."""
    place = path / "templates" / "judge"
    if not place.is_dir():
        return
    missing = [name for name in JUDGE_TEMPLATES if not (place / f"{name}.jinja").is_file()]
    for name in missing:
        yield InputError("is missing", path=place / f"{name}.jinja", mend="kojudge new-pack writes an example")
    if missing:
        return
    prompts = _try(lambda: load_judge_prompts(path))
    if isinstance(prompts, InputError):
        yield prompts
        return
    told_: set[str] = set()
    lost = False
    tried = questions or [Question(id=1, category="시험", questions=("첫 질문", "다음 질문"))]
    for question in tried:
        answer = Answer(**question.model_dump(include=set(_SHARED)), outputs=tuple("답변" for _ in question.questions))
        for turn in answer.turns:
            shown = _try(partial(prompts.render, answer, turn, answer.answer_language))
            if isinstance(shown, InputError) and str(shown) not in told_:
                told_.add(str(shown))
                yield shown
            facts = demand_facts(answer.checks_of(turn) or (), answer.outputs[turn - 1])
            lost |= isinstance(shown, list) and bool(facts) and facts[0] not in shown[-1]["content"]
    if lost:
        said = Note(
            "templates print no `facts`, so no judge is told what the program finds of `checks`",
            "템플릿이 `facts`를 쓰지 않아, 프로그램이 `checks`로 알아낸 것이 심판에게 전해지지 않음",
        )
        yield led(str(place), said)
    if not told_:
        yield led(str(place), Note(f"judge templates {prompts.digest}", f"심판 템플릿 {prompts.digest}"))


_SHARED = ("id", "category", "questions", "references", "answer_language", "rubric", "checks", "cases")


def _try(make: Callable[[], T]) -> T | InputError:
    try:
        return make()
    except InputError as error:
        return error

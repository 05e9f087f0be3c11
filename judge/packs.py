"""Where questions and templates come from: the checkout, the wheel, or the user's own pack folder.

    PACK/questions/*.jsonl            question sets; core.jsonl is the default one
    PACK/templates/strategies/*.yaml  one strategy a file: messages: [{role, content}, ...]
    PACK/templates/judge/*.jinja      single and multi, each a system and a user part
    PACK/pack.yaml                    score range, form of the judge's reply, ... (config.PackSettings)

A pack may leave out any of these; what it lacks is taken from the built-in pack. This is the only module
that knows that the built-in pack lies beside the package in a checkout and inside it in an installed wheel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from judge.config import STANDARD_RANGE, STRATEGIES, PackSettings, digest
from judge.errors import InputError, did_you_mean
from judge.prompts import JudgePrompts, Message, Strategy
from judge.records import Question, QuestionId
from judge.store import read_lines, validate
from judge.upstream_questions import looks_upstream, question_row

SETTINGS = "pack.yaml"


@dataclass(frozen=True)
class QuestionSet:
    """The questions of one file."""

    path: Path
    questions: tuple[Question, ...]
    notes: tuple[str, ...] = ()
    """What was left out of the file."""

    @property
    def digest(self) -> str:
        """Digest of every question, whatever the order of the rows."""
        rows = [q.asked() for q in self.questions]
        return digest(sorted(rows, key=lambda row: (type(row["id"]).__name__, row["id"])))

    def head(self, limit: int | None) -> tuple[Question, ...]:
        """Return `limit` questions spread evenly over the categories (round robin), all of them for None."""
        if limit is None or limit >= len(self.questions):
            return self.questions
        groups: dict[str, list[Question]] = {}
        for question in self.questions:
            groups.setdefault(question.category, []).append(question)
        rounds = max(len(group) for group in groups.values())
        dealt = [group[i] for i in range(rounds) for group in groups.values() if i < len(group)]
        chosen = {question.id for question in dealt[:limit]}
        return tuple(question for question in self.questions if question.id in chosen)


def builtin() -> Path:
    """Return the folder of the built-in pack."""
    package = Path(__file__).resolve().parent
    installed = package / "_pack"
    return installed if installed.is_dir() else package.parent


def samples() -> Path:
    """Return the folder of the hand-written sample answers."""
    inside = builtin() / "samples"
    return inside if inside.is_dir() else builtin() / "outputs" / "samples"


def folder(pack: Path | None, part: str) -> Path:
    """Return the `part` folder of `pack`, or the built-in one where the pack has none.

    Raises InputError where `pack` is no folder or holds neither questions/ nor templates/.
    """
    if pack is not None:
        if not pack.is_dir():
            raise InputError("no such folder", path=pack, mend="give a pack folder to --pack")
        if not is_pack(pack):
            raise InputError("holds neither questions/ nor templates/", path=pack, mend="see questions/README.md")
        if (pack / part).is_dir():
            return pack / part
    return builtin() / part


def is_pack(path: Path) -> bool:
    """Say whether a folder holds anything that a pack has."""
    return any((path / part).is_dir() for part in ("questions", "templates")) or (path / SETTINGS).is_file()


def load_settings(pack: Path | None = None) -> PackSettings:
    """Return what pack.yaml says, the built-in settings where there is none. Raises InputError (file, field).

    A score range of its own needs judge templates of its own: the built-in ones ask for 0-10.
    """
    if pack is None or not (pack / SETTINGS).is_file():
        return PackSettings()
    path = pack / SETTINGS
    settings = validate(read_yaml(path) or {}, PackSettings, path=path)
    own = (pack / "templates" / "judge").is_dir()
    if not own and (settings.judge.range != STANDARD_RANGE or settings.judge.reply != "kojudge"):
        raise InputError(
            "a score range or reply form of its own needs judge templates that ask for it",
            path=path,
            field="judge",
            mend=f"add {pack / 'templates' / 'judge'}; kojudge new-pack writes examples",
        )
    return settings


def load_questions(pack: Path | None = None, questions: str | None = None) -> QuestionSet:
    """Return a question set. `questions`: a file or a name in the pack; None: `core`, or the only one.

    Raises InputError (file, line, field) for a missing file, a broken row, a duplicate id, an empty set.
    """
    path = _question_file(pack, questions)
    seen: dict[QuestionId, int] = {}
    rows: list[Question] = []
    notes: list[str] = []
    for number, data in read_lines(path):
        row, note = question_row(data) if looks_upstream(data) else (data, None)
        notes += [note] if note else []
        question = validate(row, Question, path=path, line=number)
        if question.id in seen:
            raise InputError(
                f"id {question.id!r} stands on line {seen[question.id]} too",
                path=path,
                line=number,
                field="id",
                mend="ids are unique in a file",
            )
        seen[question.id] = number
        rows.append(question)
    if not rows:
        raise InputError("holds no question", path=path)
    return QuestionSet(path, tuple(rows), tuple(notes))


def _question_file(pack: Path | None, questions: str | None) -> Path:
    if questions is not None and Path(questions).is_file():
        return Path(questions)
    place = folder(pack, "questions")
    known = sorted(place.glob("*.jsonl"))
    if questions is not None:
        for path in known:
            if path.stem == questions:
                return path
        if Path(questions).suffix or "/" in questions:
            return Path(questions)
        raise InputError(
            f"unknown question set '{questions}': {did_you_mean(questions, [p.stem for p in known])}",
            mend="give a name or a .jsonl file to --questions",
        )
    core = place / "core.jsonl"
    if core in known:
        return core
    if len(known) == 1:
        return known[0]
    listed = ", ".join(p.stem for p in known) or "none"
    raise InputError(f"needs one question set, holds {listed}", path=place, mend="choose with --questions")


def strategy_names(pack: Path | None = None) -> list[str]:
    """Return the known strategies, LogicKor's three first."""
    names = {path.stem for path in folder(pack, "templates/strategies").glob("*.yaml")}
    return [s for s in STRATEGIES if s in names] + sorted(names - set(STRATEGIES))


def load_strategies(names: Sequence[str] | None = None, pack: Path | None = None) -> list[Strategy]:
    """Return the strategies of these names (None: LogicKor's three, as far as the pack has them).

    Raises InputError for an unknown name (with the nearest known one) and for a broken file.
    """
    known = strategy_names(pack)
    if not known:
        raise InputError("holds no strategy", path=folder(pack, "templates/strategies"))
    aliases = load_settings(pack).aliases
    wanted = dict.fromkeys(aliases.get(name, name) for name in names or ())
    chosen = list(wanted) or [s for s in STRATEGIES if s in known] or known
    loaded: list[Strategy] = []
    for name in chosen:
        if name not in known:
            raise InputError(f"unknown strategy '{name}': {did_you_mean(name, known)}")
        loaded.append(load_strategy(folder(pack, "templates/strategies") / f"{name}.yaml"))
    return loaded


def load_strategy(path: Path) -> Strategy:
    """Return the strategy in a file. Raises InputError (file, line, field)."""
    data = read_yaml(path)
    listed = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise InputError("is missing or no list", path=path, field="messages", mend="messages: [] for none")
    messages: list[Message] = []
    for number, entry in enumerate(listed):
        good = (
            isinstance(entry, dict)
            and entry.get("role") in ("system", "user", "assistant")
            and isinstance(entry.get("content"), str)
            and len(entry) == 2
        )
        if not good:
            raise InputError(
                "needs role (system, user or assistant) and content (text), nothing else",
                path=path,
                field=f"messages.{number}",
            )
        messages.append({"role": entry["role"], "content": entry["content"]})
    roles = [m["role"] for m in messages if m["role"] != "system"]
    if roles != ["user", "assistant"] * (len(roles) // 2) or any(m["role"] == "system" for m in messages[1:]):
        raise InputError(
            "must be pairs of user and assistant, with at most one system message in front",
            path=path,
            field="messages",
        )
    return Strategy(path.stem, tuple(messages))


def load_judge_prompts(pack: Path | None = None) -> JudgePrompts:
    """Return the pack's judge templates. Raises InputError for a missing or broken one."""
    place = folder(pack, "templates/judge")
    sources = {path.stem: _read_text(path) for path in sorted(place.glob("*.jinja"))}
    return JudgePrompts(sources, origin=str(place), settings=load_settings(pack).judge)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file. Raises InputError (file, line, column)."""
    text = _read_text(path)
    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise InputError("is nested too deep to be read", path=path) from None
    except ValueError as error:  # a date that does not exist
        raise InputError(f"is not YAML ({error})", path=path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        problem = getattr(error, "problem", None) or "broken"
        raise InputError(f"is not YAML ({problem})", path=path, line=line, column=column) from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", path=path) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", path=path, mend="save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error

"""A file of questions -> the set of them, every line checked, with its digest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from judge.config import digest
from judge.errors import InputError, did_you_mean
from judge.files import read_lines, validate
from judge.packs.editions import edition_of
from judge.packs.folder import builtin, files_of, folder
from judge.packs.logickor_rows import looks_upstream, question_row
from judge.records import Question, QuestionId


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

    @property
    def edition(self) -> str:
        """Name and number of the edition of a built-in set; empty for any other file."""
        built_in = self.path.resolve().parent == (builtin() / "questions").resolve()
        return str(edition_of(self.digest) or "") if built_in else ""

    @property
    def file(self) -> str:
        """What the file of a set that is not built in is called, `my.jsonl` or `my-pack/questions/core.jsonl`; else
        empty."""
        *_, pack, folder, name = ("", "", *self.path.resolve().parts)
        return "" if self.edition else f"{pack}/{folder}/{name}" if folder == "questions" else name

    @property
    def named(self) -> str:
        """What the set is called, with its digest."""
        return f"{self.edition or self.file} ({self.digest})"

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
    place, known = folder(pack, "questions"), files_of(pack, "questions", "*.jsonl")
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

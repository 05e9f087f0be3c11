"""The rows of arena-hard's .jsonl files, of v0.1 and v2 alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, model_validator

from judge.errors import InputError
from judge.files import read_lines, validate
from judge.records import Item, Question, QuestionId, Record
from judge.text.language import hangul_share
from judge.text.language_rule import demanded_language

LABELS: Mapping[str, int] = {
    "A>>B": 2,
    "A>B": 1,
    "A=B": 0,
    "B=A": 0,
    "B>A": -1,
    "B>>A": -2,
    "A<B": -1,
    "A<<B": -2,
    "B<A": 1,
    "B<<A": 2,
}
"""How much better the answer shown first is."""

_ID = Field(validation_alias=AliasChoices("uid", "question_id", "id"))


class QuestionRow(Record):
    """One row of question.jsonl."""

    id: Annotated[QuestionId, _ID]
    category: Annotated[str, Field(min_length=1)]
    prompt: Annotated[str, Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _one_turn(cls, data: Any) -> Any:
        """v0.1 has a list of turns, of which arena-hard asks the first."""
        turns = data.get("turns") if isinstance(data, dict) else None
        if isinstance(turns, list) and turns and isinstance(turns[0], dict):
            return data | {"prompt": turns[0].get("content")}
        return data

    def question(self) -> Question:
        """Return it as a question of ours; one without a Korean word leaves the language open."""
        korean = hangul_share(self.prompt)
        language = demanded_language(self.prompt, self.category) if korean else "any"
        return Question(id=self.id, category=self.category, questions=(self.prompt,), answer_language=(language,))


class AnswerRow(Record):
    """One row of model_answer/."""

    id: Annotated[QuestionId, _ID]
    model: Annotated[str, Field(validation_alias=AliasChoices("model", "model_id"))] = ""
    text: str
    asked: str = ""
    """What the row itself says of the question."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if "choices" in data:
            try:
                return data | {"text": data["choices"][0]["turns"][0]["content"], "asked": ""}
            except (LookupError, TypeError):
                raise ValueError("choices.0.turns.0.content: is missing") from None
        try:
            said, first = data["messages"][-1]["content"], data["messages"][0]
            text = said["answer"] if isinstance(said, dict) else said
            asked = first["content"] if first["role"] == "user" else ""
            last = data["messages"][-1].get("role", "assistant")
        except (LookupError, TypeError, AttributeError):
            raise ValueError("messages: needs the user's message first and the answer last") from None
        if last != "assistant":
            raise ValueError(f"messages: the last one is of the role '{last}', so that there is no answer")
        return data | {"text": text, "asked": asked}


class GameCell(Record):
    """One game of a row."""

    score: str | None = None
    judgment: str | dict[str, Any] | None = None

    @property
    def reply(self) -> str | None:
        """The judge's words, None where they were not kept."""
        if isinstance(self.judgment, dict):
            answer = self.judgment.get("answer")
            return answer if isinstance(answer, str) else None
        return self.judgment


class GamesRow(Record):
    """One row of model_judgment/."""

    id: Annotated[QuestionId, _ID]
    model: str
    judge: str
    baseline: str = ""
    category: str = ""
    games: Annotated[tuple[GameCell | None, ...], Field(min_length=1, max_length=2)]


def question_rows(path: Path) -> list[QuestionRow]:
    """Return the rows of a question file. Raises InputError (file, line, field)."""
    rows = [validate(line.data, QuestionRow, path=path, line=line.number) for line in read_lines(path)]
    if not rows:
        raise InputError("holds no question", path=path)
    return rows


def answer_texts(path: Path) -> dict[Item, str]:
    """Return (id, 1) -> the answer; the last line of a question counts. Raises InputError."""
    rows = (validate(line.data, AnswerRow, path=path, line=line.number) for line in read_lines(path))
    return {(row.id, 1): row.text for row in rows}

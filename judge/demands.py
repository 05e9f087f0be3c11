"""What a question may demand so that a program can check it: the objects in a question set's `checks`.

A demand states what the question's own text asks for, so that the count need not be left to a judge. `demands` checks
an answer against it.
"""

from __future__ import annotations

import ast
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

Text = Annotated[StrictStr, Field(min_length=1)]
Number = Annotated[StrictInt, Field(ge=0)]
Unit = Literal["chars", "chars_nospace", "words", "sentences", "lines", "paragraphs", "items"]
"""chars: everything but line breaks; words: 어절, separated by blanks; lines: those that are not empty; paragraphs:
separated by an empty line; items: of a list."""
Part = Literal["line", "sentence", "paragraph", "item"]
Style = Literal["해요체", "합쇼체", "해체", "해라체"]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression ({error})") from None
    return pattern


class _Demand(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class _Bounded(_Demand):
    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class Count(_Bounded):
    """A length, of the whole answer or of each of its parts."""

    kind: Literal["count"]
    unit: Unit
    each: Part | None = None
    """Every such part must be within the bounds; absent: the whole answer."""


class Contains(_Demand):
    """Texts that must all occur."""

    kind: Literal["contains"]
    texts: Annotated[tuple[Text, ...], Field(min_length=1)]
    ordered: StrictBool = False
    """In this order, too."""


class Excludes(_Demand):
    """Texts of which none may occur."""

    kind: Literal["excludes"]
    texts: Annotated[tuple[Text, ...], Field(min_length=1)]
    inside: StrictBool = False
    """Not inside another word either: letters, and stems that are inflected. Else only a word of its own is certain."""


class Starts(_Demand):
    """How the answer, or each of its parts, begins."""

    kind: Literal["starts"]
    text: Text
    each: Part | None = None


class Ends(_Demand):
    """How the answer, or each of its parts, ends."""

    kind: Literal["ends"]
    text: Text
    each: Part | None = None


class Acrostic(_Demand):
    """The first letters of the lines, in order."""

    kind: Literal["acrostic"]
    text: Text


class Format(_Demand):
    """The shape of the whole answer."""

    kind: Literal["format"]
    form: Literal["json", "markdown_table", "numbered_list", "bullet_list", "plain"]
    """plain: no Markdown marks."""
    keys: tuple[Text, ...] = ()
    """json: exactly these keys, of the object or of every object of the array."""
    columns: tuple[Text, ...] = ()
    """markdown_table: exactly these headings, in order."""
    rows: Number | None = None
    """Elements of the array, rows of the table below its head, or items of the list."""

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if self.keys and self.form != "json":
            raise ValueError("keys belong to json alone")
        if self.columns and self.form != "markdown_table":
            raise ValueError("columns belong to markdown_table alone")
        if self.rows is not None and self.form == "plain":
            raise ValueError("plain has no rows")
        return self


class Register(_Demand):
    """The speech level in which every sentence ends."""

    kind: Literal["register"]
    style: Style


class Politeness(_Demand):
    """존댓말 or 반말, of whatever level. Only read off a question's words: a demand that is shipped names the level."""

    kind: Literal["politeness"]
    style: Literal["존댓말", "반말"]


class Regex(_Bounded):
    """How often a Python regular expression (multi-line mode) is found."""

    kind: Literal["regex"]
    pattern: Annotated[Text, AfterValidator(_compiles)]
    says: Text | None = None
    """The demand in the words of a judge, who is told this instead of the pattern."""


class Code(_Demand):
    """A fenced block, or the whole answer, that parses as this language."""

    kind: Literal["code"]
    language: Literal["python"]


Demand = Annotated[
    Count | Contains | Excludes | Starts | Ends | Acrostic | Format | Register | Regex | Code,
    Field(discriminator="kind"),
]


class Case(BaseModel):
    """A hidden case of a turn that asks for Python code: what is run, and what it must give or raise.

    Models never see it. Where the user allows it, the answer's code runs on it and the outcome is told to the judge.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    run: Text
    """An expression, or statements that set `result`."""
    gives: Text | None = None
    """The value as Python writes it (`repr`)."""
    raises: Text | None = None
    """The name of the exception's class, or of one of its bases."""

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.gives is None) == (self.raises is None):
            raise ValueError("needs either gives or raises")
        for name, text, mode in (("run", self.run, "exec"), ("gives", self.gives, "eval")):
            try:
                ast.parse(text or "0", mode=mode)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                raise ValueError(f"{name} is no Python") from None
        return self


def stored(demands: Any) -> Any:
    """Return the demands of all turns without what is left at its default, as a question set spells them."""
    return [[demand.model_dump(mode="json", exclude_defaults=True) for demand in turn] for turn in demands]

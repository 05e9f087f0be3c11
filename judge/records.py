"""What every .jsonl line is: Question, Answer, Judgment, Failure and their keys.

A success and a failure are two types, told apart by `status`; a failure has no score. Turns and repeats count
from 1. An answer line begins with LogicKor's own keys (`id category questions outputs references`), so that
LogicKor's tools can read it. Records are joined by key, never by position.
"""

from __future__ import annotations

from operator import not_
from typing import Annotated, Any, Literal, NamedTuple, Self, TypedDict

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator

from judge.config import STANDARD_RANGE
from judge.demands import Case, Demand, stored
from judge.errors import FailureKind

Ordinal = Annotated[StrictInt, Field(ge=1)]
"""A turn, a repeat or a number of them: a whole number from 1; `true` and `"1"` are none."""

QuestionId = StrictInt | StrictStr
"""A question's id as its file spells it; `1` and `"1"` are different ids."""

AnswerLanguage = Literal["ko", "en", "any"]
"""The language a turn's answer must be in. `any`: code, JSON, a table of numbers, or left open."""

BASELINE_CATEGORIES = ("추론", "수학", "글쓰기", "코딩", "이해", "문법")
"""The six LogicKor categories in the order of every table."""


class Record(BaseModel):
    """Frozen base; unknown keys are kept out, mistyped ones are errors."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", allow_inf_nan=False)


class Question(Record):
    """One row of a question set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: QuestionId
    category: Annotated[str, Field(min_length=1)]
    questions: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    """The user's text, one a turn."""
    references: tuple[str | None, ...] = ()
    """The right answer, one a turn, null where there is no single one; absent: none at all."""
    answer_language: tuple[AnswerLanguage, ...] = ()
    """One a turn; absent: Korean."""
    rubric: tuple[str | None, ...] = ()
    """Notes for the judge, one a turn; absent: none."""
    checks: tuple[tuple[Demand, ...], ...] = ()
    """What the text demands so that a program can check it, one list a turn; absent: nothing."""
    cases: tuple[tuple[Case, ...], ...] = ()
    """Hidden cases for the code that is asked for, one list a turn; absent: none."""
    difficulty: Literal["medium", "hard", "very-hard"] | None = None
    skill: str = ""
    """What is tested, in a few words."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("questions"), list | tuple):
            return data
        absent = {"references": None, "answer_language": "ko"}
        return data | {key: [each] * len(data["questions"]) for key, each in absent.items() if data.get(key) is None}

    @model_validator(mode="after")
    def _one_a_turn(self) -> Self:
        for name in ("references", "answer_language", "rubric", "checks", "cases"):
            given, optional = len(getattr(self, name)), name in ("rubric", "checks", "cases")
            if given != len(self.questions) and (given or not optional):
                needs = "one a turn or none at all" if optional else "one a turn"
                raise ValueError(f"{name}: {given} for {len(self.questions)} turns, needs {needs}")
        return self

    def asked(self) -> dict[str, Any]:
        """Return all that an answer or its verdict depends on; what is absent leaves no trace."""
        given = self.model_dump(mode="json", include={"id", "category", "questions", "references", "answer_language"})
        given |= {"rubric": self.rubric} if any(self.rubric) else {}
        lists = {"checks": self.checks, "cases": self.cases}
        return given | {name: stored(each) for name, each in lists.items() if any(each)}


class Usage(Record):
    """Tokens of one request as the endpoint counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    estimated_tokens: int = Field(default=0, exclude_if=not_)
    """Of prompt and completion: those that the endpoint did not report. No key of a file where there are none."""

    def __add__(self, other: Usage) -> Usage:
        return self._plus(other, 1)

    def __sub__(self, other: Usage) -> Usage:
        return self._plus(other, -1)

    def _plus(self, other: Usage, sign: int) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + sign * other.prompt_tokens,
            completion_tokens=self.completion_tokens + sign * other.completion_tokens,
            cached_tokens=self.cached_tokens + sign * other.cached_tokens,
            estimated_tokens=self.estimated_tokens + sign * other.estimated_tokens,
        )


class Answer(Record):
    """One model's replies to all turns of one question under one strategy."""

    id: QuestionId
    category: Annotated[str, Field(min_length=1)]
    questions: Annotated[tuple[str, ...], Field(min_length=1)]
    outputs: Annotated[tuple[str, ...], Field(min_length=1)]
    """What the model said, one a turn; only turns with an output count. May be empty texts."""
    references: tuple[str | None, ...] = ()
    model: str = ""
    strategy: str = ""
    finish_reasons: tuple[str, ...] = ()
    usage: tuple[Usage, ...] = ()
    reasoning: tuple[str | None, ...] = ()
    """What a reasoning model thought before each output; stored, never judged."""
    cut: tuple[str, ...] = ()
    """What was cut off the end of each output: leaked chat tokens, a made-up user turn; mostly empty."""
    created: str = ""
    """UTC, ISO 8601."""
    digest: str = ""
    """Of what made it: question, strategy, model, sampling. Empty in foreign files."""
    answer_language: tuple[AnswerLanguage, ...] = ()
    """One a turn; empty in foreign files, where it is read off the question's words."""
    rubric: tuple[str | None, ...] = ()
    checks: tuple[tuple[Demand, ...], ...] = ()
    """The question's notes for the judge and its checkable demands, one a turn; empty: not said."""
    cases: tuple[tuple[Case, ...], ...] = Field(default=(), exclude_if=not_)
    """Its hidden cases, one list a turn. No key of a file where there are none."""

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        turns, asked = len(self.outputs), len(self.questions)
        if turns > asked:
            raise ValueError(f"outputs: {turns} for {asked} questions, at most one a turn")
        if self.references and len(self.references) not in (turns, asked):
            raise ValueError(f"references: {len(self.references)} for {turns} outputs, needs one a turn")
        if self.answer_language and len(self.answer_language) not in (turns, asked):
            raise ValueError(f"answer_language: {len(self.answer_language)} for {turns} outputs, needs one a turn")
        return self

    def rubric_of(self, turn: int) -> str | None:
        """Return the note for the judge of `turn` (1-based)."""
        return self.rubric[turn - 1] if turn <= len(self.rubric) else None

    def checks_of(self, turn: int) -> tuple[Demand, ...] | None:
        """Return the demands on `turn` (1-based); None where the question says nothing of what it demands."""
        return self.checks[turn - 1] if turn <= len(self.checks) else None

    def cases_of(self, turn: int) -> tuple[Case, ...]:
        """Return the hidden cases of `turn` (1-based)."""
        return self.cases[turn - 1] if turn <= len(self.cases) else ()

    @property
    def turns(self) -> range:
        """The turns that have an output: 1, 2, ..."""
        return range(1, len(self.outputs) + 1)


class AnswerFailure(Record):
    """A conversation that did not come to its end; it is owed again."""

    status: Literal["failed"] = "failed"
    id: QuestionId
    category: str
    turn: Ordinal
    """The turn that failed."""
    kind: FailureKind
    detail: str
    attempts: int
    outputs: tuple[str, ...] = ()
    """What was said in the turns before."""
    model: str
    strategy: str
    created: str
    digest: str


VerdictForm = Literal["mark", "schema", "text"]
"""How a score was read: off the line with the work's mark, off JSON that follows the schema, or off a reply without
either by the strict reader."""


class Verdict(NamedTuple):
    """What a judge decided: `score` in the pack's range (0-10 unless it says otherwise) and the reasons."""

    score: float
    comment: str


class FormedVerdict(NamedTuple):
    """A verdict and how it was read."""

    verdict: Verdict
    form: VerdictForm | None
    """None where no mark was asked for."""


class Graded(Record):
    """What a stored verdict and a failed one have in common."""

    id: QuestionId
    turn: Ordinal
    repeat: Ordinal = 1
    judge: str
    judge_returned: str | None = None
    """The model id in the endpoint's reply; None where no model was asked."""
    category: str
    model: str
    strategy: str
    by: Literal["llm", "rule"] = "llm"
    """`rule`: no model was asked (the rule judge, an empty answer, an answer in a wrong language)."""
    template: str = ""
    """Digest of the judge templates, or of the rule judge's constants."""
    judge_digest: str = ""
    """Digest of the judge's whole configuration; verdicts of two configurations are never averaged."""
    params: dict[str, Any] = Field(default_factory=dict)
    """The request parameters that were really sent; a reply asked for again has a raised temperature."""
    round: Ordinal = 1
    """1, or that of a later re-judging; a round counts when it is finished (see Manifest.rounds)."""
    reparsed: bool = False
    """Read again from the stored reply after a change of the parser; nothing was asked."""
    answer_digest: str = ""
    """Digest of the answer's text; a verdict on another text does not count."""
    reply: str | None = None
    """The judge's raw reply."""
    earlier_replies: tuple[str, ...] = Field(default=(), exclude_if=not_)
    """Replies without a score that came before, oldest first. No key of a file where there are none."""
    shared_by: int = Field(default=0, exclude_if=not_)
    """Judges that share the questions, this one included (`--share`). No key of a file where one judge has them all."""
    usage: Usage = Usage()
    """Of all requests for this outcome, those whose reply held no score included."""
    attempts: int = 1
    created: str = ""
    digest: str = ""

    @property
    def key(self) -> tuple[QuestionId, int, int]:
        """(id, turn, repeat): one verdict each; `runs/current` says which line of a key counts."""
        return (self.id, self.turn, self.repeat)


class Judgment(Graded):
    """A stored verdict on one turn of one answer by one judge."""

    status: Literal["judged"] = "judged"
    score: Annotated[float, Field(strict=True)]
    comment: str
    reasoning: str | None = None
    score_range: tuple[float, float] = STANDARD_RANGE
    """Lowest and highest legal score."""
    form: VerdictForm | None = Field(default=None, exclude_if=not_)
    """None where no mark was asked for, or no model."""
    language: Literal["right", "wrong", "doubt"] | None = Field(default=None, exclude_if=not_)
    """What the program found of the answer's language (`text/language_rule`): `wrong` got the lowest score by rule, of
    `doubt` the judge was told the figures. None where the pack leaves the language to the judge."""
    code_run: str | None = Field(default=None, exclude_if=not_)
    """What the judge was told of the answer's code on the hidden cases. No key of a file where nothing was run."""

    @model_validator(mode="after")
    def _legal(self) -> Self:
        lowest, highest = self.score_range
        if not lowest <= self.score <= highest:
            raise ValueError(f"score: {self.score:g} is outside {lowest:g}-{highest:g}")
        return self


class Failure(Graded):
    """Judging that gave no verdict; owed again, never a number."""

    status: Literal["failed"] = "failed"
    kind: FailureKind
    detail: str


Outcome = Annotated[Judgment | Failure, Field(discriminator="status")]
"""One line of judgments/<judge>/<strategy>.jsonl."""


class Message(TypedDict):
    """One chat message as the wire wants it."""

    role: Literal["system", "user", "assistant"]
    content: str


Item = tuple[QuestionId, int]
"""(question id, turn)."""

"""Scores in another tool's files -> series of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from judge.errors import FailureKind, InputError
from judge.records import Answer, Failure, Item, Judgment, Question, QuestionId
from judge.sources.place import STRATEGY, UNKNOWN, Place, Reading, Saved
from judge.tables.results import Results
from judge.wording import Note


@dataclass(frozen=True)
class FoundScore:
    """One verdict as its file has it."""

    model: str
    judge: str
    item: Item
    score: float | None
    """None: no verdict."""
    category: str = UNKNOWN
    repeat: int = 1
    strategy: str = STRATEGY
    comment: str = ""
    reply: str | None = None
    """The judge's raw reply where the file has it."""
    template: str = ""
    kind: FailureKind = "unparsable"
    detail: str = ""
    """Of an item without a verdict."""


@dataclass
class _Group:
    outcomes: dict[tuple[Item, int], Judgment | Failure] = field(default_factory=dict)
    again: int = 0


def series_of(
    found: Iterable[FoundScore],
    score_range: tuple[float, float],
    *,
    texts: Mapping[Item, str] | None = None,
    notes: Iterable[str] = (),
) -> list[Results]:
    """Return one series a (model, strategy, judge), in file order.

    Of several verdicts on one item and repeat the last counts, with a note; a score outside `score_range` is a failure.
    `texts`: (id, turn) -> digest of the words asked, where they are known. Expected is what the file holds.
    """
    groups: dict[tuple[str, str, str], _Group] = {}
    categories: dict[tuple[str, str, str], dict[Item, str]] = {}
    for one in found:
        key = (one.model, one.strategy, one.judge)
        group = groups.setdefault(key, _Group())
        group.again += (one.item, one.repeat) in group.outcomes
        group.outcomes[one.item, one.repeat] = _outcome(one, score_range)
        categories.setdefault(key, {})[one.item] = one.category
    known = texts or {}
    return [
        Results(
            *key,
            outcomes=tuple(group.outcomes.values()),
            expected=categories[key],
            repeats=max(repeat for _, repeat in group.outcomes),
            texts={item: known[item] for item in categories[key] if item in known},
            notes=(*notes, *_again(group)),
        )
        for key, group in groups.items()
    ]


def _again(group: _Group) -> list[Note]:
    note = Note(
        f"{group.again} verdicts stand more than once in the file: the last one counts",
        f"판정 {group.again}건이 파일에 두 번 이상 있음: 마지막 것을 씀",
    )
    return [note] * bool(group.again)


def _outcome(one: FoundScore, legal: tuple[float, float]) -> Judgment | Failure:
    common: dict[str, Any] = {
        "id": one.item[0],
        "turn": one.item[1],
        "repeat": one.repeat,
        "judge": one.judge,
        "category": one.category,
        "model": one.model,
        "strategy": one.strategy,
        "template": one.template,
        "reply": one.reply,
    }
    if one.score is None:
        return Failure(**common, kind=one.kind, detail=one.detail)
    if not legal[0] <= one.score <= legal[1]:
        detail = f"the score {one.score:g} is outside {legal[0]:g}-{legal[1]:g}"
        return Failure(**common, kind="unparsable", detail=detail)
    return Judgment(**common, score=float(one.score), comment=one.comment, score_range=legal)


def scale_of(values: Iterable[float]) -> tuple[tuple[float, float], Note]:
    """Return the smallest of the scales 0-1, 0-10 and 0-100 that holds all values, and a note that says so.

    Raises InputError for a value that none of them holds.
    """
    found = list(values)
    for highest in (1.0, 10.0, 100.0):
        if all(0 <= value <= highest for value in found):
            return (0.0, highest), Note(
                f"the file does not tell its scale: taken as 0 to {highest:g}",
                f"파일에 점수 범위가 적혀 있지 않음: 0~{highest:g}점으로 봄",
            )
    worst = max(found, key=abs)
    raise InputError(f"the score {worst:g} is on none of the scales 0-1, 0-10, 0-100", mend="such scores are not read")


NO_JUDGE = Note(
    "the file names no judge: who or what gave these scores is not known",
    "파일에 심판의 이름이 없어 누가 매긴 점수인지 알 수 없음",
)


class JudgedPlace(Place):
    """A file that holds verdicts and the answers they are on."""

    holds_answers = True

    def whole(self, model_name: str | None = None) -> Reading:
        """Return all series and all answers, also several to one question. Raises InputError."""
        raise NotImplementedError

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        """Return all series, and the answers unless the file has repeats, each of which is on another answer.

        Raises InputError.
        """
        found = self.whole(model_name)
        several = any(one.repeats > 1 for one in found.series)
        return found._replace(answers=()) if several else found

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        """Return the answers, to be judged anew; of several to one question the first, with a note."""
        found: dict[QuestionId, Answer] = {}
        total = 0
        for _, answers in self.whole(model_name).answers:
            for answer in answers:
                update = {"strategy": strategy} if strategy else {}
                found.setdefault(answer.id, answer.model_copy(update=update))
            total += len(answers)
        note = Note(
            f"{total - len(found)} further answers to the same questions are left out: the first of each counts",
            f"같은 문항에 대한 다른 답변 {total - len(found)}개는 뺌: 저마다 첫 답변을 씀",
        )
        return Saved(list(found.values()), (note,) * (total > len(found)))

    def summary(self) -> str:
        """Return one line on what the file holds. Raises InputError for a broken one."""
        return f"{self.what}: {counted(self.read().series)}"


def conversation(messages: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was asked and answered, turn by turn, of (role, text): of several texts of one role in a row the last
    counts; what is said before the first question, such as a system prompt, is left out."""
    turns: list[list[str]] = []
    for role, text in messages:
        if role == "user":
            if turns and len(turns[-1]) == 1:
                turns[-1] = [text]
            else:
                turns.append([text])
        elif role == "assistant" and turns:
            turns[-1][1:] = [text]
    whole = [turn for turn in turns if len(turn) == 2]
    return tuple(asked for asked, _ in whole), tuple(said for _, said in whole)


def counted(found: Iterable[Results]) -> str:
    """Return "N judged, M failed" of all series."""
    outcomes = [outcome for series in found for outcome in series.outcomes]
    failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
    return f"{len(outcomes) - failed} judged, {failed} failed"

"""Which items two rows are compared on, and in words what of them is left out. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from judge.records import Item, QuestionId
from judge.tables.means import item_scores
from judge.tables.pairing import by_id_note, changed_answers, shared
from judge.tables.results import FailureRule, Results
from judge.tables.shared_notes import is_scaled
from judge.tables.shares import judges_of
from judge.wording import Note, joined


@dataclass(frozen=True)
class Paired:
    """The items that two series are compared on."""

    items: tuple[Item, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    different_sets: str | None
    """What is said where nearly nothing of one id asks the same words."""


def paired_items(a: Results, b: Results, failures: FailureRule, *, same_answer: bool) -> Paired:
    """Return the items that both have a score on, and in words what is left out.

    Questions of one id that ask other words do not pair. `same_answer`: the two judged one answer (two judges), so
    verdicts on different texts do not pair either.
    """
    scores_a, scores_b = item_scores(a, failures), item_scores(b, failures)
    common = shared(a, b, [item for item in scores_a if item in scores_b])
    left_out = []
    if common.other:
        left_out.append(
            Note(
                f"{len(common.other)} items that ask another question on the other side",
                f"두 쪽의 질문이 다른 항목 {len(common.other)}개",
            )
        )
    changed: set[Item] = set()
    if same_answer:
        changed = changed_answers(a, b).intersection(common.same)
        if changed:
            left_out.append(
                Note(
                    f"{len(changed)} items whose answer has another text on the other side",
                    f"두 쪽의 답변 글이 다른 항목 {len(changed)}개",
                )
            )
    unlike = set() if same_answer else _other_judge(a, b).intersection(item[0] for item in common.same)
    if unlike:
        left_out.append(
            Note(
                f"{len(unlike)} questions that another of the judges that share them has on the other side",
                f"나누어 채점하는 심판 가운데 두 쪽의 심판이 서로 다른 문항 {len(unlike)}개",
            )
        )
    for name, mine, theirs in ((_label(a), scores_a, scores_b), (_label(b), scores_b, scores_a)):
        only = [item for item in mine if item not in theirs]
        if only:
            named = ", ".join(f"{identifier}.{turn}" for identifier, turn in only[:8]) + ", ..." * (len(only) > 8)
            left_out.append(
                Note(
                    f"{len(only)} items that only {name} has ({named})", f"{name}에만 있는 항목 {len(only)}개({named})"
                )
            )
    items = tuple(item for item in common.same if item not in changed and item[0] not in unlike)
    notes: list[str] = [by_id_note(common.by_id, len(common.same))] if common.by_id else []
    notes += [common.different_sets] if common.different_sets else []
    notes += _shared_notes(a, b, same_answer)
    return Paired(items, tuple(left_out), tuple(notes), common.different_sets)


def _other_judge(a: Results, b: Results) -> set[QuestionId]:
    """Return the questions that one of the judges that share them has on one side and another on the other side."""
    mine, theirs = judges_of(a), judges_of(b)
    return {question for question in mine.keys() & theirs.keys() if mine[question] != theirs[question]}


def _shared_notes(a: Results, b: Results, same_answer: bool) -> list[str]:
    if same_answer or not (a.shared and b.shared):
        scaled = [one.judge for one in (a, b) if is_scaled(one.shared)]
        return [
            Note(
                f"{judge}: the scores of those who share are on one scale",
                f"{judge}: 나누어 채점한 심판들의 점수를 한 척도로 맞춤",
            )
            for judge in scaled
        ]
    same: str = Note(
        f"{a.judge}: a question has the same judge on both sides",
        f"{a.judge}: 한 문항의 심판은 두 쪽이 같음",
    )
    if is_scaled(a.shared):
        same = joined((same, Note("the judges' scores are on one scale", "심판들의 점수를 한 척도로 맞춤")))
    return [same]


def _label(one: Results) -> str:
    return f"{one.model} {one.strategy} {one.judge_label}"

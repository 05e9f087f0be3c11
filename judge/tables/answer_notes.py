"""What is known of answers beside their scores: cut off, looping, empty, an error in their place. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from judge.records import Answer
from judge.text.endings import cut_notes
from judge.text.stand_ins import is_stand_in
from judge.wording import Note

SAYS = {
    "length": Note("were cut off at the token limit", "토큰 한도에서 잘림"),
    "repetition": Note("were ended in a loop", "같은 말을 되풀이하다가 끊김"),
    "empty": Note("are empty", "비어 있음"),
    "error": Note("hold an error message in place of an answer", "답변 대신 오류 메시지가 들어 있음"),
}
"""Kind -> what is said of so many answers of that kind."""


def answer_notes(answers: Iterable[Answer]) -> list[Note]:
    """Return one note a kind of what a reader of these answers' scores should know; one text a turn is counted."""
    found: Counter[str] = Counter()
    total = 0
    cut: list[Answer] = []
    for answer in answers:  # of a large run they come from disk one by one
        total += len(answer.outputs)
        found.update(_kinds(answer))
        cut += [answer] * any(answer.cut)
    notes = [
        Note(f"{found[kind]} of {total} answers {says}", f"답변 {total}건 가운데 {found[kind]}건이 {says.korean}")
        for kind, says in SAYS.items()
        if found[kind]
    ]
    return [*notes, *cut_notes(cut)]


def _kinds(answer: Answer) -> Iterator[str]:
    for turn, output in enumerate(answer.outputs):
        if turn < len(answer.finish_reasons) and answer.finish_reasons[turn] in ("length", "repetition"):
            yield answer.finish_reasons[turn]
        if not output.strip():
            yield "empty"
        elif is_stand_in(output):
            yield "error"


def not_judged(failed: int, total: int) -> Note:
    """Return what is said of answers that hold an error message, which are no answers."""
    return Note(
        f"{failed} of {total} answers hold an error message, are failed and not judged",
        f"답변 {total}건 가운데 {failed}건에 오류 메시지가 들어 있어 실패로 치고 채점하지 않음",
    )

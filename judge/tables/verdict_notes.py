"""What is known of verdicts beside their scores: given by rule, on a language in doubt, read without the mark. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from judge.records import Failure, Judgment
from judge.wording import Note


def verdict_notes(outcomes: Iterable[Judgment | Failure]) -> Iterator[Note]:
    """Yield what a reader of a model judge's scores should know of how they came about."""
    verdicts = [one for one in outcomes if isinstance(one, Judgment)]
    total = len(verdicts)
    wrong = sum(one.language == "wrong" for one in verdicts)
    if wrong:
        yield Note(
            f"{wrong} of {total} answers are in a wrong language: the lowest score by rule, the judge was not asked",
            f"답변 {total}건 가운데 {wrong}건이 요구한 언어가 아님: 심판에게 보내지 않고 규칙에 따라 최저점을 줌",
        )
    if doubt := sum(one.language == "doubt" for one in verdicts):
        yield Note(
            f"the language of {doubt} of {total} answers is in doubt: the judge was told the share of letters",
            f"답변 {total}건 가운데 {doubt}건의 언어가 분명하지 않음: 글자 비율을 심판에게 알려 줌",
        )
    asked = [one for one in verdicts if one.form is not None]
    if unmarked := sum(one.form == "text" for one in asked):
        yield Note(
            f"{unmarked} of {len(asked)} replies lack the mark of the verdict line: read by the strict reader",
            f"심판 응답 {len(asked)}건 가운데 {unmarked}건에 점수 줄의 표식이 없음: 엄격한 기준으로 읽음",
        )

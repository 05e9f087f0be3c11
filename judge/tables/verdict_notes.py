"""What is known of verdicts beside their scores: given by rule, on a language in doubt, read without the mark. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from judge.records import Failure, Judgment


def verdict_notes(outcomes: Iterable[Judgment | Failure]) -> Iterator[str]:
    """Yield what a reader of a model judge's scores should know of how they came about."""
    verdicts = [one for one in outcomes if isinstance(one, Judgment)]
    total = len(verdicts)
    wrong = sum(one.language == "wrong" for one in verdicts)
    if wrong:
        yield f"{wrong} of {total} answers are in a wrong language: the lowest score by rule, the judge was not asked"
    if doubt := sum(one.language == "doubt" for one in verdicts):
        yield f"the language of {doubt} of {total} answers is in doubt: the judge was told the share of letters"
    asked = [one for one in verdicts if one.form is not None]
    if unmarked := sum(one.form == "text" for one in asked):
        yield f"{unmarked} of {len(asked)} replies lack the mark of the verdict line: read by the strict reader"

"""The reasons that stand beside a score line in a judge's reply. Pure."""

from __future__ import annotations

import re

_COMMENT_NAME = (
    r"(?:(?:종합|최종|전체)\s?)?(?:평가|총평|평|이유|근거|사유|설명"
    r"|rationale|evaluation|comment|feedback|reason|reasoning|explanation)"
)
COMMENT = re.compile(rf"(?:[/|,;(–—-]\s{{0,3}})?{_COMMENT_NAME}\s{{0,4}}:", re.IGNORECASE)
COMMENT_HEAD = re.compile(
    rf"[\s#*_\[【-]{{0,8}}{_COMMENT_NAME}[ \t*_\]】]{{0,4}}(?:[:：]|\n)[\s*_]{{0,4}}", re.IGNORECASE
)


def comment_around(text: str, start: int, end: int, *, inline: bool = False) -> str:
    """Return what stands before the score line at `start`, or after its `end` where the score comes first.

    `inline`: the score ends the line of its comment.
    """
    before = text[:start].strip()
    comment = _without_head(before.rstrip(",;/| ") if inline else before)
    if comment:
        return comment
    after = re.sub(r"\A(?:</\w{1,20}>|[^\w\"'“‘「『(\[])*", "", text[end:])
    return _without_head(after.strip())


def _without_head(comment: str) -> str:
    head = COMMENT_HEAD.match(comment)
    return comment[head.end() if head else 0 :].strip()

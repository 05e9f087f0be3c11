"""A judge's reply becomes the score that the judge gave, or an error; never another number.

The corpus `data/judge_replies.jsonl` holds one reply a line: `name`, `reply`, `score` (null for an error), `kind` of the
error, and what the comment must hold (`comment_has`) or must not (`comment_lacks`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from judge.errors import VerdictError
from judge.text.reply_forms import read_reply
from judge.text.verdicts import parse_verdict
from tests.support.patience import PATIENCE_SECONDS
from tests.support.public import PUBLIC, needs_public

CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "judge_replies.jsonl").read_text("utf-8").split("\n")
    if line
]

SCORES = st.integers(0, 40).map(lambda quarters: quarters / 4)
QUOTING = [
    '"점수: 3"',
    "'점수: 3'",
    "`점수: 3`",
    "「점수: 3」",
    "“점수: 3”",
    "\n> 점수: 3\n",
    "\n```\n점수: 3\n```\n",
    "\n~~~\n점수: 3\n~~~\n",
    '"안녕하세요.\n점수: 3\n이상입니다."',
    "<think>\n점수: 3\n</think>",
]
"""Each holds a score that is not the judge's."""
PROSE = [
    "답변은 ",
    "정확합니다. ",
    "논리 점수: 4/5",
    "점수를 더 주기는 어렵습니다. ",
    "\n",
    "\n\n",
    "10점 만점 중 ",
    "it's ",
]
PIECES = [*QUOTING, *PROSE, '"', "'", "`", "```", "“", "”", "</think>", "[[", "{", "(", "|", "**", "점수: 3\n", "8/10 "]


LEGAL = ("a score", "unparsable", "empty_reply", "truncated_reasoning")


def outcome(reply: str) -> str:
    """Return the kind of the error, or `a score` if it is within 0-10."""
    try:
        score = parse_verdict(reply).score
    except VerdictError as error:
        return error.kind
    return "a score" if 0 <= score <= 10 else f"illegal {score}"


@pytest.mark.parametrize("row", CORPUS, ids=lambda row: row["name"])
def test_corpus(row: dict[str, Any]) -> None:
    if row["score"] is None:
        with pytest.raises(VerdictError) as caught:
            parse_verdict(row["reply"])
        assert caught.value.kind == row["kind"]
        return
    verdict = parse_verdict(row["reply"])
    assert verdict.score == row["score"]
    assert row.get("comment_has", "") in verdict.comment
    assert "comment_lacks" not in row or row["comment_lacks"] not in verdict.comment


def test_the_corpus_is_large_and_of_both_sorts() -> None:
    assert len({row["name"] for row in CORPUS}) == len(CORPUS) >= 80
    assert sum(row["score"] is None for row in CORPUS) >= 80
    assert {row["kind"] for row in CORPUS} == {None, "unparsable", "empty_reply", "truncated_reasoning"}


@given(comment=st.text(), score=SCORES)
@example(comment="```", score=8.0)
@example(comment='15"', score=8.0)
@example(comment="점수:", score=8.0)
def test_a_reply_in_the_asked_form_gives_its_score_whatever_the_comment_says(comment: str, score: float) -> None:
    assert parse_verdict(f"평가: {comment}\n점수: {score}").score == score


@pytest.mark.proofs
@given(comment=st.lists(st.sampled_from(PIECES)).map("".join), score=SCORES)
def test_the_last_line_binds_over_every_score_in_the_comment(comment: str, score: float) -> None:
    assert parse_verdict(f"평가: {comment}\n점수: {score:g}점").score == score


@given(before=st.sampled_from(PROSE), quoting=st.sampled_from(QUOTING), after=st.sampled_from(PROSE))
def test_a_quoted_score_alone_is_no_score(before: str, quoting: str, after: str) -> None:
    with pytest.raises(VerdictError):
        parse_verdict(f"평가: {before}{quoting}{after}")


@given(comment=st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"])).map(str.strip))
def test_the_comment_comes_back_as_it_was_written(comment: str) -> None:
    assert parse_verdict(f"평가: 총평은 이렇다. {comment}끝.\n점수: 8").comment == f"총평은 이렇다. {comment}끝."


@pytest.mark.proofs
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.one_of(st.sampled_from([*PIECES, "점수: ", "8", "11", "-", "~", "/", "}", ":", "평가:"]), st.text())
        ).map("".join),
    )
)
def test_any_text_gives_a_legal_score_or_a_verdict_error(reply: str) -> None:
    assert outcome(reply) in LEGAL


@pytest.mark.proofs
@given(
    st.recursive(st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text()), st.lists), st.integers()
)
def test_any_json_value_gives_a_legal_score_or_a_verdict_error(value: Any, most: int) -> None:
    reply = json.dumps({"평가": "정확합니다.", "점수": value, "만점": most})
    assert outcome(reply) in ("unparsable", "a score")


QUOTING_ELEMENTS = [
    ("<pre>", "</pre>"),
    ("<code>", "</code>"),
    ("<blockquote>", "</blockquote>"),
    ("<del>", "</del>"),
    ("<reasoning>", "</reasoning>"),
    ("<scratchpad>", "</scratchpad>"),
    ("[THINK]", "[/THINK]"),
    ("===k3f9=== 시작: 모델의 답변", "===k3f9=== 끝: 모델의 답변"),
    ("[The Start of Assistant's Answer]", "[The End of Assistant's Answer]"),
]


@pytest.mark.parametrize(("begin", "end"), QUOTING_ELEMENTS)
@given(score=SCORES, before=st.booleans())
def test_what_stands_in_a_quoting_element_is_no_score(begin: str, end: str, score: float, before: bool) -> None:
    quoted, own = f"{begin}\n점수: {score:g}\n{end}", "평가: 근거가 하나 빠졌습니다.\n점수: 3"
    with pytest.raises(VerdictError):
        parse_verdict(f"평가: 답변의 끝을 옮깁니다.\n{quoted}\n이상입니다.")
    assert parse_verdict(f"{quoted}\n{own}" if before else f"{own}\n{quoted}").score == 3


@given(score=SCORES, value=st.booleans())
def test_a_boolean_is_no_score(score: float, value: bool) -> None:
    for reply in (json.dumps({"평가": "좋다", "점수": value}), json.dumps({"score": value, "max": 10})):
        with pytest.raises(VerdictError):
            read_reply(reply)
    assert read_reply(json.dumps({"평가": "좋다", "점수": score})).score == score


@given(score=st.integers(0, 10), other=st.integers(0, 10))
def test_one_rating_in_a_sentence_is_the_score_and_two_that_differ_are_none(score: int, other: int) -> None:
    reply = f"설명이 정확합니다. 따라서 이 답변을 [[{score}]]점으로 평가합니다."
    assert parse_verdict(reply).score == score
    if other != score:
        with pytest.raises(VerdictError):
            parse_verdict(f"{reply} 그러나 표현은 [[{other}]]점입니다.")


READ_ALL = """
import json, sys
from judge.errors import VerdictError
from judge.text.verdicts import parse_verdict

for unit in json.load(sys.stdin):
    many = unit * (10_000 // len(unit))
    for reply in (f"평가: {many}\\n점수: 8", f"점수:{many}점수"):
        try:
            parse_verdict(reply)
        except VerdictError:
            pass
print("finished")
"""
UNITS = [
    " ",
    "(",
    "[[",
    '"',
    "'",
    "`",
    "```\n",
    "“",
    "<",
    "<think>",
    "최종 ",
    "점수",
    "점수:\n",
    "{",
    '{"a":',
    "9",
    "1.",
]
UNITS += [
    "> ",
    "</think>",
    "\u0301\u0315",
    "\u1100",
    "평가 ",
    "8점 만점 ",
    "만점 ",
    "|",
    "\\text{",
    "<a",
    "좋다. 점수: 8 ",
    "[[8]] ",
    "<pre>",
    "</pre>",
    "[THINK]",
    "<!--",
    "===abcd=== 시작\n",
    "- 정확성\n점수: 4\n",
    "| 점수 | 8 |\n",
    "점수 (5점 만점)",
    "0점입니다 ",
    "최종 ",
    "my score ",
]


@pytest.mark.proofs
def test_ten_thousand_characters_of_the_worst_kind_are_read() -> None:
    """A pattern that backtracks would need hours where this needs milliseconds; the limit only ends the wait."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", READ_ALL],
        input=json.dumps(UNITS),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("finished", "")


def public_verdicts() -> Iterator[tuple[str, float]]:
    for path in sorted((PUBLIC / "evaluated").rglob("*.jsonl")):
        for line in path.read_text("utf-8-sig").split("\n"):
            row = json.loads(line) if line.strip() else {}
            for query in (row.get("query_single"), row.get("query_multi")):
                if query and not query["judge_message"].startswith("Impossible to judge"):
                    yield query["judge_message"], query["judge_score"]


@pytest.mark.proofs
@needs_public
def test_every_public_verdict_is_read_back() -> None:
    verdicts = list(public_verdicts())
    assert len(verdicts) > 3000
    for comment, score in verdicts:
        assert parse_verdict(f"평가: {comment}\n점수: {score}") == (score, comment.strip())

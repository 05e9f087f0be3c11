"""A judge's reply on two answers: the line with the request's mark, else a last line that is a verdict and nothing else."""

from __future__ import annotations

import pytest

from judge.errors import VerdictError
from judge.text.pair_verdicts import FIVE_LEVELS, THREE_LEVELS, read_pair
from judge.text.reply_forms import read_formed
from judge.text.structured import schema

READ = [
    ("평가: A가 맞다.\n[[ab12: A>>B]]", 2),
    ("평가: A가 맞다.\n[[ab12: A > B]]", 1),
    ("평가: 같다.\n**[[ab12: A=B]]**", 0),
    ("평가: B가 맞다.\n[[ab12：Ｂ＞Ａ]]", -1),
    ("평가: B가 맞다.\n`[[ab12: B>>A]]`", -2),
    ("평가: B가 맞다.\n[[ab12: A<<B]]", -2),
    ("[[ab12: B>A]]\n평가: 판정을 먼저 썼다.", -1),
    ("[[ab12: ___A>>B___]]", 2),
    ("[[AB12: B>A]]", -1),
    ("형식은 [[ab12: ___]]이다.\n[[ab12: A>B]]", 1),
    ("형식은 [[ab12: <결론>]]이다.\n[[ab12: A>B]]", 1),
    ("[[ab12: A>B]]\n이 판정의 근거: B는 연도를 잘못 적었다.", 1),
    ("A는 자기 글에 [[A>>B]]라고 썼다.\n[[ab12: B>>A]]", -2),
    ("A의 글: [[0000: A>>B]]\n[[ab12: B>A]]", -1),
    ("<think>[[ab12: A>B]]가 맞나</think>평가: 아니다.\n[[ab12: B>A]]", -1),
    ("[[ab12: A>B]]\n다시 말해\n[[ab12: A>B]]", 1),
    ("```\n평가: 음\n[[ab12: A>B]]\n```", 1),
    ("평가: A가 낫다.\n[[A>B]]", 1),
    ("평가: A가 낫다.\n최종 판정: **A>>B**", 2),
    ("평가: 같다.\n판정: A=B.", 0),
    ('{"평가": "같다", "판정": "A=B"}', 0),
]
REFUSED = [
    ("", "empty_reply"),
    ("<think>[[ab12: A>B]]", "truncated_reasoning"),
    ("평가: A가 낫다.", "unparsable"),
    ("평가: A>B라고 본다.", "unparsable"),
    ("[[A>B]]\n평가: 앞에 썼다.", "unparsable"),
    ("[[ab12: A>B]]\n[[ab12: B>A]]", "unparsable"),
    ("[[ab12: A>B]]\n[[ab12: 무승부]]", "unparsable"),
    ("[[ab12: A>B]]\n고쳐서 [[ab12: B>A", "unparsable"),
    ("[[A>B]]\n[[ab12: =]]\n[[A>B]]", "unparsable"),
    ("[[ab12: A>B]]\n아니, B가 낫다.", "unparsable"),
    ("[[ab12: A>B]]\n이 판정을 취소합니다.", "unparsable"),
    ("[[ab12: A>C]]", "unparsable"),
    ("[[ab12: A>>>B]]", "unparsable"),
    ("[[A>B]]\n평가: 답변의 말이다.\n[[B>A]]", "unparsable"),
    ("> [[A>B]]", "unparsable"),
    ('평가: A의 글에 "[[A>B]]"', "unparsable"),
    ('{"평가": "음", "판정": "A>C"}', "unparsable"),
    ('{"판정": "A>B", "판정": "B>A"}', "unparsable"),
    ('{"평가": "음"}', "unparsable"),
    ('{"평가": "[[ab12: A>B]]", "판정": "B>A"}', "unparsable"),
]


@pytest.mark.parametrize(("reply", "level"), READ)
def test_a_verdict_is_read(reply: str, level: int) -> None:
    assert read_pair(reply, FIVE_LEVELS, "ab12").verdict.score == level


@pytest.mark.parametrize(("reply", "kind"), REFUSED)
def test_what_is_in_doubt_is_no_verdict(reply: str, kind: str) -> None:
    with pytest.raises(VerdictError) as caught:
        read_pair(reply, FIVE_LEVELS, "ab12")
    assert caught.value.kind == kind


def test_the_comment_is_kept_without_its_heading_and_the_verdict_line() -> None:
    assert (
        read_pair("평가: A가 맞다.\n두 줄.\n[[ab12: A>B]]", FIVE_LEVELS, "ab12").verdict.comment == "A가 맞다.\n두 줄."
    )
    assert read_pair('{"평가": " 같다 ", "판정": "A=B"}', FIVE_LEVELS, "ab12").verdict.comment == "같다"


def test_three_levels_have_no_clear_win() -> None:
    assert read_pair("[[ab12: B>A]]", THREE_LEVELS, "ab12").verdict.score == -1
    with pytest.raises(VerdictError, match="none of A>B, A=B, B>A"):
        read_pair("[[ab12: A>>B]]", THREE_LEVELS, "ab12")


def test_the_form_of_a_reply_goes_by_the_settings() -> None:
    assert read_formed("[[ab12: A>B]]", FIVE_LEVELS, "ab12") == ((1, ""), "mark")
    assert schema(THREE_LEVELS)["schema"]["properties"]["판정"]["enum"] == ["A>B", "A=B", "B>A"]
    assert [*schema(FIVE_LEVELS)["schema"]["properties"]] == ["평가", "판정"]  # the reasons come first

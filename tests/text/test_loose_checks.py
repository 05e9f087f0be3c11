"""A demand that was read off words is granted where a reader would grant it, though the letter is not kept."""

from __future__ import annotations

import pytest

from judge.demands import Acrostic, Code, Count, Demand, Format, Politeness, Starts
from judge.text.demand_checks import check
from judge.text.loose_checks import Met, check_loosely

TITLED = "나침반 이야기\n나: 나무\n침: 침대\n반: 반달"


@pytest.mark.parametrize(
    ("demand", "output"),
    [
        (Acrostic(kind="acrostic", text="나침반"), TITLED),
        (Format(kind="format", form="json"), '결과입니다: {"가": 1}'),
        (Format(kind="format", form="markdown_table"), "<table><tr><td>가</td></tr></table>"),
        (Format(kind="format", form="bullet_list"), "1. 하나\n2. 둘"),
        (Code(kind="code", language="python"), "`print(1)`을 쓰세요."),
        (Starts(kind="starts", text="옛날에"), "“옛날에” 한 나무꾼이 살았다."),
        (Count(kind="count", unit="paragraphs", min=1, max=1), "제목\n\n" + "가나다 " * 20),
    ],
)
def test_words_leave_room_where_the_letter_leaves_none(demand: Demand, output: str) -> None:
    assert check_loosely(demand, output).share == 1
    assert check(demand, output).share < 1


@pytest.mark.parametrize(
    ("have", "share"), [(0, 0), (150, 0.5), (300, 1), (400, 1), (500, 1), (650, 0.5), (800, 0), (900, 0)]
)
def test_a_length_may_miss_its_bounds_by_the_slack_and_is_worth_nothing_at_twice(have: int, share: float) -> None:
    demand = Count(kind="count", unit="chars", min=400, max=400)
    assert check_loosely(demand, "가" * have, slack=0.25) == Met(pytest.approx(share), have)


def test_politeness_is_a_share_of_the_sentences_and_unknown_without_any() -> None:
    polite, plain = (Politeness(kind="politeness", style=style) for style in ("존댓말", "반말"))
    assert check_loosely(polite, "비가 와요. 춥습니다. 힘들어.").share == pytest.approx(2 / 3)
    assert check_loosely(plain, "힘들어. 춥다.").share == 1
    assert check_loosely(polite, "42").share is None

"""Checkable demands: what each kind takes for kept, and where the findings go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from judge.demands import Demand, stored
from judge.records import Question
from judge.rules.scoring import judge_turn
from judge.text.demand_checks import check, demand_facts

DEMAND: TypeAdapter[Demand] = TypeAdapter(Demand)
TABLE = "| 이름 | 값 |\n|---|---|\n| 하나 | 1 |\n| 둘 | 2 |"

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "count", "unit": "chars", "min": 5, "max": 5}, "가 나 다", "가나다"),
    ({"kind": "count", "unit": "chars", "max": 3}, "**가나다**", "가나다라"),
    ({"kind": "count", "unit": "chars", "max": 4}, "가나\n다라", "가나 다라"),
    ({"kind": "count", "unit": "chars_nospace", "max": 3}, "가 나\n다", "가 나 다 라"),
    ({"kind": "count", "unit": "words", "min": 3}, "봄이 오면 핀다", "봄이 온다"),
    ({"kind": "count", "unit": "sentences", "min": 2, "max": 2}, "갔다. 왔다.", "갔다. 왔다. 잤다."),
    ({"kind": "count", "unit": "lines", "min": 2, "max": 2}, "하나\n\n둘", "하나"),
    ({"kind": "count", "unit": "paragraphs", "min": 2, "max": 2}, "하나\n한 줄 더\n\n둘", "하나\n둘"),
    ({"kind": "count", "unit": "items", "min": 2, "max": 2}, "목록\n- 하나\n- 둘", "목록\n하나\n둘"),
    ({"kind": "count", "unit": "chars", "max": 3, "each": "line"}, "가나다\n라마", "가나다\n라마바사"),
    ({"kind": "count", "unit": "words", "min": 2, "each": "sentence"}, "비가 온다. 눈이 온다.", "비가 온다. 눈."),
    (
        {"kind": "count", "unit": "sentences", "max": 1, "each": "item"},
        "- 하나다.\n- 둘이다.",
        "- 하나다. 셋이다.\n- 둘이다.",
    ),
    ({"kind": "count", "unit": "chars", "min": 1, "each": "item"}, "1. 하나", "목록 없음"),
    ({"kind": "contains", "texts": ["봄", "가을"]}, "가을과 봄", "봄"),
    ({"kind": "contains", "texts": ["봄", "가을"], "ordered": True}, "봄과 가을", "가을과 봄"),
    ({"kind": "contains", "texts": ["봄", "봄"], "ordered": True}, "봄, 또 봄", "봄 하나"),
    ({"kind": "excludes", "texts": ["매우", "아주"]}, "꽤 좋다", "아주 좋다"),
    ({"kind": "starts", "text": "안내"}, "**안내** 드립니다", "먼저 안내"),
    ({"kind": "ends", "text": "끝."}, "이제 끝.", "끝. 아니다"),
    ({"kind": "ends", "text": "!", "each": "line"}, "가자!\n오라!", "가자!\n오라"),
    ({"kind": "acrostic", "text": "가을"}, "가: 가는 길\n을: 을왕리 바다", "을왕리\n가는 길"),
    ({"kind": "acrostic", "text": "가을"}, "가는 길\n\n을왕리", "가는 길\n을왕리\n덧붙임"),
    ({"kind": "format", "form": "json", "keys": ["이름"]}, '{"이름": 1}', '{"이름": 1, "값": 2}'),
    ({"kind": "format", "form": "json"}, "```json\n[1]\n```", "답: [1]"),
    ({"kind": "format", "form": "json", "keys": ["a"], "rows": 2}, '[{"a": 1}, {"a": 2}]', '[{"a": 1}]'),
    (
        {"kind": "format", "form": "markdown_table", "columns": ["이름", "값"], "rows": 2},
        TABLE,
        TABLE.replace("값", "수"),
    ),
    ({"kind": "format", "form": "markdown_table", "rows": 2}, f"표:\n{TABLE}\n설명", TABLE + "\n| 셋 | 3 |"),
    ({"kind": "format", "form": "numbered_list", "rows": 2}, "1. 하나\n2. 둘", "- 하나\n- 둘"),
    ({"kind": "format", "form": "bullet_list"}, "- 하나", "1. 하나"),
    ({"kind": "format", "form": "plain"}, "그냥 글 2*3", "**굵은** 글"),
    ({"kind": "register", "style": "해요체"}, "가요. 오죠?", "가요. 옵니다."),
    ({"kind": "register", "style": "합쇼체"}, "갑니다. 오십시오.", "갑니다. 와요."),
    ({"kind": "register", "style": "해체"}, "돌아가. 왔어?", "돌아가. 왔어요?"),
    ({"kind": "register", "style": "해라체"}, "간다. 오라.", "간다. 옵니다."),
    ({"kind": "regex", "pattern": "^- ", "min": 2, "max": 2}, "- 가\n- 나", "- 가"),
    ({"kind": "code", "language": "python"}, "```python\nx = 1\n```", "```python\nx = (\n```"),
    ({"kind": "code", "language": "python"}, "def f():\n    return 1", "함수를 쓰겠습니다"),
]


@pytest.mark.parametrize(("data", "keeps", "breaks"), CASES)
def test_a_demand_tells_an_answer_that_keeps_it_from_one_that_breaks_it(
    data: dict[str, Any], keeps: str, breaks: str
) -> None:
    demand = DEMAND.validate_python(data)
    kept, broken = check(demand, keeps), check(demand, breaks)
    assert (kept.met, kept.share) == (True, 1.0)
    assert broken.met is False
    assert 0 <= broken.share < 1
    assert kept.fact.endswith("→ 지킴")
    assert broken.fact.endswith("→ 어김")


@given(st.sampled_from([DEMAND.validate_python(data) for data, _, _ in CASES]), st.text(max_size=300))
def test_any_text_gets_a_finding_of_one_line(demand: Demand, text: str) -> None:
    found = check(demand, text)
    assert 0 <= found.share <= 1
    assert found.met is None or found.met == (found.share == 1)
    assert "\n" not in found.fact


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"kind": "count", "unit": "chars"}, "needs min, max or both"),
        ({"kind": "count", "unit": "chars", "min": 5, "max": 4}, "min 5 is above max 4"),
        ({"kind": "count", "unit": "pages", "max": 4}, "unit"),
        ({"kind": "regex", "pattern": "(", "min": 1}, "no regular expression"),
        ({"kind": "format", "form": "plain", "keys": ["a"]}, "keys belong to json alone"),
        ({"kind": "format", "form": "plain", "rows": 1}, "plain has no rows"),
        ({"kind": "poem"}, "kind"),
        ({"kind": "contains", "texts": []}, "texts"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(data: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        DEMAND.validate_python(data)


def test_every_turn_has_its_list_or_none_has() -> None:
    row = {"id": 1, "category": "글쓰기", "questions": ["가", "나"]}
    with pytest.raises(ValidationError, match="checks: 1 for 2 turns"):
        Question.model_validate(row | {"checks": [[]]})
    with pytest.raises(ValidationError, match="rubric: 3 for 2 turns"):
        Question.model_validate(row | {"rubric": [None, None, "다"]})


def test_a_question_without_notes_is_asked_as_before_they_existed() -> None:
    row = {"id": 1, "category": "글쓰기", "questions": ["가"]}
    plain = Question.model_validate(row).asked()
    assert set(plain) == {"id", "category", "questions", "references", "answer_language"}
    assert (
        Question.model_validate(row | {"rubric": [None], "checks": [[]], "skill": "글", "difficulty": "hard"}).asked()
        == plain
    )
    demands = [[{"kind": "excludes", "texts": ["매우"]}]]
    checked = Question.model_validate(row | {"checks": demands})
    assert checked.asked() == plain | {"checks": demands}
    assert stored(checked.checks) == demands


def test_the_facts_hold_the_count_that_a_judge_would_get_wrong() -> None:
    demand = DEMAND.validate_python({"kind": "count", "unit": "chars", "min": 360, "max": 440})
    assert demand_facts([demand], "가" * 612) == ["글자 수(공백 포함) 360~440자 요구, 실제 612자 → 어김"]


def test_a_judge_is_told_of_a_pattern_in_words() -> None:
    demand = DEMAND.validate_python({"kind": "regex", "pattern": r"\d", "max": 0, "says": "숫자를 쓰지 않음"})
    assert demand_facts([demand], "2월 30일") == ["숫자를 쓰지 않음 요구, 찾은 곳 3군데 → 어김"]


def test_the_rule_judge_takes_the_demands_given_as_data() -> None:
    text = "봄이 오면 산과 들에 꽃이 핍니다. 봄은 짧지만 꽃은 그 봄을 오래 기억하게 합니다. 그래서 봄에는 산책을 자주 나갑니다."
    demand = DEMAND.validate_python({"kind": "excludes", "texts": ["꽃"]})

    def score(*checks: Demand) -> tuple[float, str]:
        return judge_turn(
            category="글쓰기",
            question="봄을 주제로 짧은 글을 쓰세요.",
            output=text,
            reference=None,
            answer_language="ko",
            turn=1,
            checks=checks,
        )

    assert score(demand)[0] < score()[0]
    assert "쓰지 말아야 할 표현 '꽃' 요구, 쓴 것 '꽃' → 어김" in score(demand)[1]

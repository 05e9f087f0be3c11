"""The built-in strategies beside the question sets: no example touches a question, no demand on form is contradicted."""

from __future__ import annotations

import re

import pytest

from judge.packs.questions import load_questions
from judge.packs.strategies import load_strategies

EXAMPLES = {"1-shot": ("텀블러", "종이컵"), "cot-1-shot": ("물탱크", "꼭지")}
"""strategy -> what its example is about."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_example_is_about_occurs_in_no_question(name: str) -> None:
    (strategy,) = load_strategies([name])
    example = "\n".join(message["content"] for message in strategy.messages if message["role"] != "system")
    texts = [
        t for set_name in ("core", "hard") for q in load_questions(questions=set_name).questions for t in q.questions
    ]
    assert len(texts) > 300
    for subject in EXAMPLES[name]:
        assert subject in example
        assert [text for text in texts if subject in text] == []


@pytest.mark.parametrize("name", ["cot-1-shot", "tot"])
def test_reasoning_is_left_out_where_a_question_fixes_the_form_of_its_answer(name: str) -> None:
    (strategy,) = load_strategies([name])
    (system,) = [message["content"] for message in strategy.messages if message["role"] == "system"]
    assert re.search(
        r"다만 질문이 .*형식을 정했거나 글의 길이, 문장 수, 줄 수를 정했다면 .*요구한 것만 적습니다\.", system
    )
    assert "다른 언어를 요구하지 않는 한 한국어로" in system


def test_the_worked_example_is_right() -> None:
    (strategy,) = load_strategies(["cot-1-shot"])
    *_, question, answer = strategy.messages
    size, held, inflow, leak = (int(n) for n in re.findall(r"(\d+)L", question["content"])[:4])
    minutes, rest = divmod(size - held, inflow - leak)
    assert rest == 0
    assert answer["content"].endswith(f"최종 답: **{minutes}분**")
    assert f"{held} + {inflow * minutes} - {leak * minutes} = {size}L" in answer["content"]

"""What is decided of an answer's language before a judge is asked: certainly right, certainly wrong, or in doubt."""

from __future__ import annotations

import pytest

from judge.packs.folder import samples
from judge.packs.questions import load_questions
from judge.records import Answer, AnswerLanguage
from judge.text.language_rule import found_language, language_figures, languages

KOREAN = "물어보신 내용을 차례로 설명해 드리겠습니다. 먼저 조건을 정리하고 답을 구합니다."
ENGLISH = "Sure! Here is a short introduction to the dish, its taste and the recipe you asked for."
CODE = "```python\ndef first(values):\n    return next(v for v in values if values.count(v) == 1)\n```"


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (KOREAN, "right"),
        (f"{KOREAN}\n{CODE}", "right"),
        (CODE, "right"),
        ("42", "right"),
        ("", "right"),
        ("$x = \\frac{12}{5}$", "right"),
        ("서울입니다.", "right"),
        ("ReLU(Rectified Linear Unit)는 입력이 0보다 크면 그대로, 작으면 0을 돌려주는 함수입니다.", "right"),
        (f"{KOREAN} {KOREAN} (This assumes that he bought nothing.)", "right"),
        (ENGLISH, "wrong"),
        (f"정답은 B입니다. {ENGLISH} {ENGLISH}", "wrong"),
        (f"{ENGLISH}\n{CODE}", "wrong"),
        ("这个问题可以用贪心算法来解决，下面我来说明具体的步骤和理由。", "wrong"),
        ("質問には韓国語で答える必要がありますが、これは日本語で書かれた説明文です。", "wrong"),
        ("Redis", "doubt"),
        ("I saw a fast car.", "doubt"),
        (f"{KOREAN} {ENGLISH}", "doubt"),
        ("The correct answer is C) 기계화된 농업을 도입하여 생산을 늘렸다. It is stated in the passage.", "doubt"),
        ("<|im_start|>user " * 40, "doubt"),
    ],
)
def test_an_answer_that_has_to_be_korean(output: str, verdict: str) -> None:
    assert found_language("ko", output).verdict == verdict
    assert found_language("any", output).verdict == "right"


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (ENGLISH, "right"),
        (f"{ENGLISH} (요청하신 소개입니다.)", "right"),
        (f"번역한 문장입니다. {ENGLISH}", "right"),
        (KOREAN, "wrong"),
        ("这个问题可以用贪心算法来解决，下面我来说明具体的步骤和理由。", "wrong"),
        ("접이식 의자는 캠핑할 때 쓰기 좋습니다. 영어로는 folding chair입니다.", "doubt"),
        ("네, 알겠습니다.", "doubt"),
        ("12:30", "right"),
    ],
)
def test_an_answer_that_has_to_be_english(output: str, verdict: str) -> None:
    assert found_language("en", output).verdict == verdict


@pytest.mark.parametrize(
    ("language", "output", "figures"),
    [
        ("ko", ENGLISH, "한국어로 답해야 하는데, 코드와 수식을 뺀 글자 67자 가운데 한글은 0%"),
        ("en", "네, 알겠습니다.", "영어로 답해야 하는데, 코드와 수식을 뺀 글자 6자 가운데 로마자는 0%"),
    ],
)
def test_the_figures_are_told_in_words(language: AnswerLanguage, output: str, figures: str) -> None:
    assert language_figures(language, found_language(language, output)) == figures


def test_no_reference_and_no_sample_but_those_made_to_break_the_rule_is_doubted() -> None:
    for name in ("core", "hard"):
        for question in load_questions(None, name).questions:
            for language, reference in zip(question.answer_language, question.references, strict=True):
                assert found_language(language, reference or "").verdict == "right", (question.id, reference)
    found: dict[str, list[str]] = {"right": [], "wrong": [], "doubt": []}
    for path in sorted(samples().rglob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            answer = Answer.model_validate_json(line)
            for language, output in zip(languages(answer), answer.outputs, strict=True):
                found[found_language(language, output).verdict].append(path.parent.name)
    assert set(found["wrong"]) == {"low"}
    assert set(found["doubt"]) <= {"low"}
    assert len(found["right"]) > 250

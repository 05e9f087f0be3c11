"""Which language a text is in, loops, leaked chat tokens."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.text.chat_tokens import leaked_tokens
from judge.text.language import hangul_share, is_mostly_korean, loop_share, visible_text
from judge.text.language_rule import demanded_language
from judge.text.sentences import read_sentences

KOREAN = "오늘은 비가 와서 우산을 챙겼습니다."
MIXED = st.text(alphabet=st.sampled_from("가각힣ㄱㅏ漢abcZé é<>/`$\\[]{}()|# \n1９.,:-_~s"), max_size=200)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (KOREAN, 1.0),
        ("It is raining today.", 0.0),
        ("비 rain", 0.2),
        (unicodedata.normalize("NFD", KOREAN), 1.0),
        ("ㅋㅋㅋ ㅠㅠ", 1.0),
        ("42", None),
        ("", None),
        ("3.14 + 2 = 5.14!", None),
        ("정답: B", 1.0),
        ("f'(x) = 9x^2 + 4x", None),
    ],
)
def test_hangul_is_counted_among_letters(text: str, share: float | None) -> None:
    assert hangul_share(text) == share


@pytest.mark.parametrize(
    "hidden",
    [
        "```python\nfor item in items:\n    print(item)\n```",
        "~~~\nselect name from users\n~~~",
        "```\nnever closed but still code\nreturn value",
        "`inline_code_here`",
        "$$\\frac{numerator}{denominator}$$",
        "\\[ \\int_a^b velocity\\,dt \\]",
        "\\(\\alpha + \\beta\\)",
        "\\begin{align} speed = distance \\end{align}",
        "$\\mathrm{speed}$",
        "<script>let counter = 0;</script>",
        "<style>body { color: red }</style>",
        "<!-- a comment in English -->",
        '<div class="container">',
        "https://example.com/some/long/path",
    ],
)
def test_code_latex_and_markup_do_not_count_as_a_language(hidden: str) -> None:
    assert hangul_share(f"{KOREAN}\n{hidden}") == 1.0


def test_the_visible_text_of_a_fenced_html_page_counts() -> None:
    page = "```html\n<html><body><h1>Hello everybody</h1></body></html>\n```"
    assert "Hello everybody" in visible_text(page)
    assert "body" not in visible_text(page.replace("everybody", ""))


def test_dollar_amounts_in_korean_are_no_latex() -> None:
    assert "단가와" in visible_text("$100의 단가와 $60의 비용")


def test_html_entities_are_read_as_the_reader_sees_them() -> None:
    assert visible_text("비 &amp; 눈") == "비 & 눈"


def test_a_text_without_letters_breaks_no_language_rule() -> None:
    assert is_mostly_korean("1, 2, 6")
    assert is_mostly_korean(KOREAN)
    assert not is_mostly_korean("The answer is 서울, the capital of Korea, of course.")


def test_korean_full_of_technical_names_is_still_korean() -> None:
    assert is_mostly_korean("Python의 asyncio는 이벤트 루프로 I/O 작업을 동시에 처리하는 표준 라이브러리입니다.")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("세종대왕의 업적을 설명해 주세요.", "ko"),
        ("다음 문장을 영어로 번역해 주세요. 나는 학교에 간다.", "en"),
        ("자기소개를 영문으로 써 주세요.", "en"),
        ("'봄이 왔다'를 영작하세요.", "en"),
        ("Please summarize the passage in English.", "en"),
        ("답변은 반드시 영어로, 세 문장 이내로 쓰세요.", "en"),
        ("이 표의 뜻을 설명하되 답변 전체를 영어로 쓰세요.", "en"),
        ("위 글을 영어 문장 두 개로 요약한 뒤 어려운 낱말의 뜻을 설명해 줘.", "any"),
        ("영어 공부를 잘하는 방법을 알려 줘.", "ko"),
        ("영어로 된 계약서를 읽을 때 주의할 점은 무엇인가요?", "ko"),
        ("영어 교육이 조기에 필요한지 논하세요.", "ko"),
        ("영어로 쓰지 말고 답해 주세요.", "ko"),
        ("다음 영어 문장을 한국어로 옮기세요.", "ko"),
        ("이 문장을 일본어로 번역해 줘.", "any"),
        ("설명 없이 코드만 출력하세요.", "any"),
        ("결과를 JSON으로 출력해 줘.", "any"),
        ("핵심 정보를 JSON 형식으로 정리하세요.", "any"),
        ("설명 없이 SQL 문만 출력하세요.", "any"),
        ("JSON이 무엇인지 설명해 줘.", "ko"),
        ("회원 수를 구하는 SQL을 작성하고 까닭을 설명하세요.", "ko"),
    ],
)
def test_the_demanded_language_is_read_off_the_question(question: str, language: str) -> None:
    assert demanded_language(question) == language


def test_a_translation_pack_leaves_the_language_open() -> None:
    question = "밑줄 친 부분을 옮겨 쓰세요."
    assert demanded_language(question, "번역") == "any"
    assert demanded_language(question, "문법") == "ko"


def test_a_line_said_again_and_again_is_a_loop() -> None:
    assert loop_share("같은 말을 계속해서 되풀이하는 답입니다.\n" * 40) > 0.9
    assert loop_share("하" * 300) > 0.9
    assert loop_share("그리고 그래서 " * 60) > 0.9


def test_a_text_that_says_everything_once_is_none() -> None:
    text = (
        "봄에는 꽃이 피고 여름에는 비가 많이 내립니다. 가을에는 곡식을 거두어들이고 겨울에는 눈이 쌓입니다. "
        "사람들은 철마다 다른 옷을 꺼내 입고 다른 음식을 차려 먹으며 서로의 안부를 묻습니다."
    )
    assert loop_share(text) == 0
    assert loop_share(f"{text}\n{text}") == 0  # said twice: a quotation, not a loop


def test_table_borders_are_no_loop() -> None:
    assert loop_share("| 이름 | 나이 |\n" + "|------------------------------|\n" * 20) < 0.2


def test_a_loop_at_the_end_of_a_long_answer_is_its_share_of_the_whole() -> None:
    start = " ".join(f"{i}번째 문장에는 {i * 7919}라는 수가 한 번 나옵니다." for i in range(400))
    loop = " 이제부터는 같은 말만 적습니다." * (len(start) // 17)
    assert 0.4 < loop_share(start + loop) < 0.6


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("답입니다.<|eot_id|>", ["<|eot_id|>"]),
        ("<s>답입니다.</s>", []),
        ("<s> 답입니다.\n더 있습니다.</s>", ["<s>", "</s>"]),
        ("답입니다.</s>\n<s>", ["</s>", "<s>"]),
        ("끝<|im_end|>\n<|im_start|>user", ["<|im_end|>", "<|im_start|>"]),
        ("끝im_start|>", ["im_start|>"]),
        ("[INST] 질문 [/INST]", ["[INST]", "[/INST]"]),
        ("답입니다.\n### User:\n다음 질문", ["### User:"]),
        ("답입니다.\nUSER: 다음 질문", ["USER:"]),
        ("답입니다.<end_of_turn>", ["<end_of_turn>"]),
        ("`<|eot_id|>`는 끝을 알리는 토큰입니다.", []),
        ("```\n<|im_start|>user\n```", []),
        ("### 사용 방법\n1. 켠다.", []),
        (KOREAN, []),
    ],
)
def test_leaked_chat_tokens_are_found_outside_code(text: str, tokens: list[str]) -> None:
    assert leaked_tokens(text) == tokens


def test_sentences_end_at_marks_and_lines() -> None:
    assert read_sentences("비가 온다. 우산이 있니?\n- 없다!").most == ["비가 온다.", "우산이 있니?", "없다!"]
    assert read_sentences("3.14는 원주율이다.").most == ["3.14는 원주율이다."]
    assert read_sentences("1. 하나다. 둘이다.\n 12. 셋이다.\n값은 3. 끝.").most == [
        "1. 하나다.",
        "둘이다.",
        "12. 셋이다.",
        "값은 3.",
        "끝.",
    ]


@given(MIXED | st.text(max_size=300))
def test_the_figures_hold_for_any_text_in_either_normal_form(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    share = hangul_share(composed)
    assert share is None or 0 <= share <= 1
    assert hangul_share(decomposed) == share
    assert 0 <= loop_share(text) <= 1
    assert loop_share(decomposed) == loop_share(composed)
    assert leaked_tokens(text) == leaked_tokens(text)
    assert demanded_language(text) in ("ko", "en", "any")

"""The offline rule judge: every component by hand-written cases, and its agreement with saved verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.records import AnswerLanguage, Verdict
from judge.rules.numbers import formula_of, has_formula, numbers
from judge.rules.observations import check_demands, list_items
from judge.rules.references import match_reference
from judge.rules.scoring import CAVEAT, judge_turn
from judge.text.code import json_in, wants_code
from judge.text.shapes import python
from tests.support.programs import benchmark
from tests.support.public import public

OPEN = "도시의 작은 공원이 주민의 건강에 주는 도움을 설명하고, 공원을 늘릴 방법을 제안하세요."
GOOD = """도시의 작은 공원은 주민의 건강을 여러 방면에서 돕습니다.

1. **신체 건강**: 가까운 공원이 있으면 주민이 매일 걷거나 가볍게 뛰게 되어 심장병의 위험이 줄어듭니다.
2. **마음의 건강**: 나무와 풀을 보는 것만으로도 긴장이 풀리고 잠을 더 깊이 자게 됩니다.
3. **이웃 관계**: 공원에서 이웃을 만나 인사를 나누면 외로움이 덜해집니다.

공원을 늘리려면 다음과 같은 방법이 있습니다.

- 쓰지 않는 주차장과 빈터를 시가 사들여 쉼터로 바꿉니다.
- 새 아파트를 지을 때 단지 안에 누구나 쓰는 녹지를 두게 합니다.
- 학교 운동장을 주말에 개방하고 나무를 심습니다.

이렇게 하면 적은 예산으로도 도시 곳곳에서 건강을 돌볼 수 있습니다."""
BOILERPLATE = """좋은 질문입니다. 이 문제는 여러 관점에서 생각해 볼 수 있습니다.

먼저 전체적인 맥락을 파악하는 것이 중요합니다. 다음으로 다양한 요소를 종합적으로 고려해야 합니다.
마지막으로 상황에 알맞은 선택을 하는 것이 바람직합니다. 도움이 되었기를 바랍니다."""
SUM = "구슬 세 봉지에 각각 14개씩 들어 있습니다. 구슬은 모두 몇 개인가요?"


def judged(
    output: str,
    question: str = OPEN,
    *,
    reference: str | None = None,
    category: str = "글쓰기",
    language: AnswerLanguage | None = None,
    turn: int = 1,
    earlier: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    return judge_turn(
        category=category,
        question=question,
        output=output,
        reference=reference,
        answer_language=language,
        turn=turn,
        earlier=earlier,
    )


# The gates


@pytest.mark.parametrize("output", ["", "  \n", "...", "```\n```"])
def test_an_empty_answer_is_zero(output: str) -> None:
    assert judged(output) == Verdict(0.0, "답이 비어 있음")


def test_the_wrong_language_is_zero_whatever_the_content() -> None:
    english = "Small parks help residents stay healthy, because people walk more and sleep better."
    assert judged(english).score == 0
    assert "다른 언어" in judged(english).comment
    assert judged(english, language="en").score > 0
    assert judged(GOOD, language="en").score == 0
    assert judged(GOOD, "이 글을 영어로 번역해 주세요.").score == 0
    assert judged(english, language="any").score > 0


def test_the_annotated_language_wins_over_the_words_of_the_question() -> None:
    assert judged(GOOD, OPEN + " 영어로 답하세요.", language="ko").score > 5
    assert judged(GOOD, OPEN + " 영어로 답하세요.").score == 0


def test_latin_names_of_the_reference_are_no_english_answer() -> None:
    question = "파이썬의 내장 자료형을 세 가지만 쓰세요."
    assert judged("list, dict, tuple", question, reference="list, dict, tuple").score > 6
    assert judged("maybe a chair, some tables", question, reference="list, dict, tuple").score == 0


# Null answers


def test_null_answers_score_low_and_a_real_one_high() -> None:
    assert judged(GOOD).score >= 7
    assert judged(BOILERPLATE).score <= 2
    assert judged(OPEN).score <= 1
    assert judged(f"{OPEN}\n{OPEN}").score <= 1
    assert judged("네.").score <= 2


def test_a_bare_right_answer_scores_high() -> None:
    assert judged("42개", SUM, reference="42개", category="수학").score >= 7
    assert judged("41개", SUM, reference="42개", category="수학").score <= 2
    assert judged(BOILERPLATE, SUM, reference="42개", category="수학").score <= 2


# References


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,000원", [1000]),
        ("１２개", [12]),
        ("3만 5천 원", [35000]),
        ("1억 2,000만 명", [120_000_000]),
        ("다섯 벌", [5]),
        ("스물다섯 명", [25]),
        ("열두 마리", [12]),
        ("삼십오 개", [35]),
        ("오백 원", [500]),
        ("46.7%", [0.467]),
        ("20 퍼센트", [0.2]),
        ("3분의 1", [1 / 3]),
        ("7/15", [7 / 15]),
        ("$\\frac{7}{15}$", [7 / 15]),
        ("½", [0.5]),
        ("영하 -3도", [-3]),
        ("한편 만일 그렇다면", []),
        ("1/0", []),
    ],
)
def test_numbers_are_read_as_koreans_write_them(text: str, values: list[float]) -> None:
    assert numbers(text) == pytest.approx(values)


@pytest.mark.parametrize(
    ("reference", "question", "right", "wrong"),
    [
        ("5개", "사과는 몇 개가 남나요?", "따라서 남은 사과는 다섯 개입니다.", "따라서 남은 사과는 여섯 개입니다."),
        ("1,200원", "거스름돈은?", "거스름돈은 1200원입니다.", "거스름돈은 1300원입니다."),
        ("3/8", "확률은?", "확률은 $\\dfrac{3}{8}$입니다.", "확률은 5/8입니다."),
        ("3/8 또는 37.5%", "확률은?", "약 37.5%입니다.", "약 62.5%입니다."),
        ("6x^2 - 2x", "미분하세요.", "f'(x) = 6x² - 2x 입니다.", "f'(x) = 6x² - 2 입니다."),
        ("(C) 물가 안정", "고르세요.\n(A) 수출\n(B) 고용\n(C) 물가 안정", "정답은 C입니다.", "정답은 A입니다."),
        ("B", "범인은 누구인가요?", "범인은 B입니다.", "범인은 C입니다."),
        ("가능하다", "가능한가요?", "네, 가능합니다.", "아니요, 가능하지 않습니다."),
        ("{1, 2, 3}", "집합을 구하세요.", "답은 $\\{1, 2, 3\\}$입니다.", "답은 {1, 2, 3, 4}입니다."),
        ("(가) 쉼표, (나) 마침표", "(가)와 (나)를 쓰세요.", "(가)는 쉼표, (나)는 마침표", "(가)는 물음표"),
        ("감, 배, 귤", "과일 이름을 가나다순의 반대로 정렬하세요.", "감, 배, 귤", "귤, 배, 감"),
        (
            "```python\nx = {1, 2}\nprint(sorted(x))\n```",
            "출력하는 코드를 쓰세요.",
            "`print(sorted({2, 1}))`",
            "모릅니다.",
        ),
        ("봄 → 여름 → 가을", "차례를 쓰세요.", "봄, 여름, 가을입니다.", "가을, 여름, 봄입니다."),
        ("구개음화", "이 현상의 이름은?", "이 현상은 구개음화라고 합니다.", "이 현상은 유음화라고 합니다."),
    ],
)
def test_a_right_answer_matches_its_reference_and_a_wrong_one_does_not(
    reference: str, question: str, right: str, wrong: str
) -> None:
    assert match_reference(reference, question, right).share >= 0.6
    assert match_reference(reference, question, wrong).share <= 0.4


def test_the_number_stated_at_the_end_counts_more_than_one_on_the_way() -> None:
    steps = "첫 봉지에는 14개가 있습니다.\n두 봉지면 28개입니다.\n세 봉지를 모두 세어 봅니다."
    at_end = match_reference("42개", SUM, f"{steps}\n따라서 모두 42개입니다.")
    on_the_way = match_reference(
        "42개", SUM, f"혹시 42개인지 살펴봅시다\n{steps}\n그래서 모두 40개입니다.\n40개가 답입니다."
    )
    assert at_end.share == 1
    assert on_the_way.share < at_end.share


def test_a_number_that_the_question_gives_is_weaker_evidence() -> None:
    assert match_reference("14개", SUM, "한 봉지에 14개입니다.").share < 1
    assert match_reference("14개", "한 봉지에 몇 개인가요?", "한 봉지에 14개입니다.").share == 1


def test_an_explanation_matches_by_its_key_words() -> None:
    reference = "물이 끓는점에 이르면 액체 내부에서도 기화가 일어나 거품이 생긴다."
    question = "물이 끓을 때 거품이 생기는 까닭은?"
    full = "끓는점에서는 액체 내부에서 기화가 일어나기 때문에 거품이 생깁니다."
    assert match_reference(reference, question, full).share >= 0.7
    assert match_reference(reference, question, "냄비가 뜨거워서 그렇습니다.").share <= 0.2


def test_a_reference_that_asks_for_some_of_a_list_is_met_by_that_many() -> None:
    reference = "서울, 부산, 대구, 인천, 광주, 대전 중 3개를 설명"
    assert match_reference(reference, "광역시를 설명하세요.", "서울과 부산과 대구가 있습니다.").share == 1
    assert match_reference(reference, "광역시를 설명하세요.", "서울이 있습니다.").share < 0.5


def test_a_formula_is_found_in_any_usual_notation() -> None:
    formula = formula_of("y = 3/4x + 2")
    assert formula == "3/4x+2"
    assert has_formula(formula, "$y = \\frac{3}{4}x + 2$")
    assert has_formula(formula, "y = (3/4)x+2")
    assert not has_formula(formula, "y = 3/4x + 25")


# Demands


@pytest.mark.parametrize(
    ("question", "meets", "misses"),
    [
        ("세 문장으로 요약하세요.", "하나이다. 둘이다. 셋이다.", "하나이다."),
        ("네 줄로 쓰세요.", "가\n나\n다\n라", "가 나 다 라"),
        ("두 문단으로 작성하세요.", f"{'가나다 ' * 10}\n\n{'라마바 ' * 10}", "가나다 " * 10),
        ("20자 이내로 답하세요.", "짧은 답", "이 답은 스무 글자를 훌쩍 넘고도 한참 더 이어지기 때문에 지나치게 깁니다"),
        ("100자 이상 쓰세요.", "가나다라마 " * 20, "가나다"),
        ("결과를 표로 정리하세요.", "| 이름 | 수 |\n|---|---|\n| 갑 | 1 |", "갑은 1이다."),
        ("JSON으로 출력하세요.", '```json\n{"이름": "갑"}\n```', "{이름: 갑"),
        ("더하는 파이썬 함수를 작성하세요.", "```python\ndef add(a, b):\n    return a + b\n```", "더하면 됩니다."),
        ("'매우'라는 말은 쓰지 말고 설명하세요.", "아주 크다.", "매우 크다."),
        ("'하지만'과 '그런데'는 쓰지 마세요.", "그러나 비가 왔다.", "그런데 비가 왔다."),
        ("'옛날에'로 시작하는 이야기를 쓰세요.", "옛날에 한 나무꾼이 살았다.", "어느 마을에 나무꾼이 살았다."),
        ("'바다'로 이행시를 지으세요.", "바: 바람이 분다\n다: 다시 봄이다", "산에는 꽃이 핀다\n들에도 핀다"),
        ("해요체로 답하세요.", "비가 와요. 추워요.", "비가 옵니다. 춥습니다."),
        ("맛, 모양, 값을 꼭 포함해서 쓰세요.", "맛이 좋고 모양이 예쁘고 값이 싸다.", "먹어 보았다."),
    ],
)
def test_a_demand_is_read_off_the_question_and_checked(question: str, meets: str, misses: str) -> None:
    met, missed = check_demands(question, meets), check_demands(question, misses)
    assert met
    assert len(met) == len(missed)
    assert min(check.met for check in met) == 1
    assert min(check.met for check in missed) < 0.6


@pytest.mark.parametrize(
    "question",
    [
        OPEN,
        "제목은 25자 이내로 짓고 그 까닭도 설명하세요.",
        "세 문장으로 요약한 뒤 각 문장을 자세히 설명하세요.",
        "다음 코드는 무엇을 출력하나요?\n```python\ndef f():\n    return 1\n```",
        "HTML이 아닌 마크다운을 왜 쓰나요?",
        "이 과정의 목표로 알맞은 것은 무엇인가요?",
        "세 사람 중 한 명이 거짓말을 합니다. 누구인가요?",
        "(1) 뜻을 쓰세요. (2) 낱말을 고르세요. (3) 그 까닭을 두 문장으로 설명하세요.",
        "빈칸을 채워 네 문장을 완성하고 그 까닭을 설명하세요.",
        "세 문장 이내로 설명하고, 4월의 해결률을 계산하세요.",
        "맞는 것을 고르고 원리를 두 문장 이내로 설명하세요.",
        "교장 선생님께 전하는 말을 합쇼체 한 문장으로 쓰고, 잘못된 곳을 모두 찾으세요.",
        "다음 JSON에서 이름을 추출하세요.",
        "다음 문장을 해요체로 바꾸면 어떻게 되는지 설명하세요.",
        "시간이 가장 짧은 알고리즘을 작성하고 구현하세요. 언어는 자유입니다.",
    ],
)
def test_what_is_no_demand_on_the_whole_answer_is_not_checked(question: str) -> None:
    assert check_demands(question, "아무 답이나 적습니다.") == ()


def test_a_missed_demand_costs_points() -> None:
    question = OPEN + " 표로 정리하세요."
    table = "\n\n| 방법 | 효과 |\n|---|---|\n| 빈터 매입 | 쉼터가 늘어남 |"
    assert judged(GOOD + table, question).score > judged(GOOD, question).score + 1


def test_python_is_parsed_and_never_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    body = f"open({str(witness)!r}, 'w').write('x')"
    assert python(f"```python\n{body}\n```").met is True
    judged(f"```python\n{body}\n```", "파일을 여는 코드를 작성하세요.", category="코딩")
    assert not witness.exists()
    assert python("```python\ndef broken(:\n```").met is False
    assert python("```javascript\nfunction broken( {\n```").met is False
    assert python("```python\n>>> 1 + 1\n2\n```").met is None


def test_broken_python_scores_less_than_whole_python() -> None:
    question = "두 수를 더하는 Python 함수 add(a, b)를 작성하고 설명하세요."
    text = "다음은 두 수를 더하는 Python 함수 add입니다.\n\n```python\ndef add(a, b){}\n    return a + b\n```"
    whole, broken = (judged(text.format(colon), question, category="코딩") for colon in (":", ""))
    assert whole.score > broken.score
    assert "문법 오류" in broken.comment


def test_small_readers_of_an_answer() -> None:
    assert json_in('설명: {"가": [1, 2]} 입니다.')
    assert not json_in("{가: 1}")
    assert not json_in("42")
    assert list_items("1. 하나\n2) 둘\n- 셋\n## 제목\n보통 줄") == 4
    assert wants_code("회원 수를 구하는 SQL을 작성하세요.")
    assert not wants_code("시간 복잡도가 무엇인지 설명하세요.")


# Form


def test_form_faults_cost_points_and_are_named() -> None:
    best = judged(GOOD)
    faults = {
        "대화 토큰": GOOD + "<|im_end|>\n<|im_start|>user",
        "되풀이": GOOD + "\n같은 문장을 끝없이 적고 있는 나쁜 답입니다." * 60,
        "끊김": GOOD + "\n그리고 마지막으로 말하고 싶은 내용",
        "다른 문자": GOOD.replace("건강", "健康").replace("공원", "公園"),
    }
    for name, output in faults.items():
        verdict = judged(output)
        assert verdict.score < best.score, name
        assert name in verdict.comment


def test_a_longer_on_topic_answer_scores_more_than_one_sentence() -> None:
    assert judged(GOOD).score > judged("도시의 공원은 주민의 건강에 도움이 됩니다.").score


def test_hanja_in_brackets_is_good_style() -> None:
    assert judged(GOOD.replace("긴장이", "긴장(緊張)이")).score == judged(GOOD).score


def test_the_answer_of_the_turn_before_is_no_answer() -> None:
    earlier = ((OPEN, GOOD),)
    question = "그 가운데 예산이 가장 적게 드는 방법 하나를 골라 까닭을 설명하세요."
    assert judged(GOOD, question, turn=2, earlier=earlier).score <= 2
    assert "앞 차례" in judged(GOOD, question, turn=2, earlier=earlier).comment
    fresh = "예산이 가장 적게 드는 방법은 학교 운동장을 개방하는 것입니다. 이미 있는 땅이라 사들일 까닭이 없습니다."
    assert judged(fresh, question, turn=2, earlier=earlier).score > 3


def test_a_summary_may_repeat_the_words_of_the_turn_before() -> None:
    earlier = ((OPEN, GOOD),)
    short = GOOD.split("\n\n")[0] + "\n\n" + GOOD.split("\n\n")[1]
    verdict = judged(short, "방금 답을 요약해 주세요.", turn=2, earlier=earlier)
    assert "되풀이" not in verdict.comment
    assert verdict.score >= 5


# The whole


def test_the_reasons_are_readable_korean() -> None:
    verdict = judged("모두 42개입니다.", SUM, reference="42개", category="수학")
    assert verdict.comment.startswith("한국어로 답함; 참고 답의 수 '42개': 답으로 있음")


def test_a_category_with_an_english_name_is_the_same_category() -> None:
    assert judged(GOOD, category="글쓰기(Writing)") == judged(GOOD, category="글쓰기")


def test_the_caveat_says_what_the_numbers_are_not() -> None:
    assert "offline heuristic" in CAVEAT
    assert "LLM" in CAVEAT
    assert "\n" not in CAVEAT


TEXTS = st.one_of(
    st.text(max_size=200),
    st.text(
        alphabet=st.sampled_from("가나다라마한두세문장표로이내\n 0123456789,./%()[]{}'\"`$\\=x^|-→B②"), max_size=120
    ),
    st.sampled_from(
        [OPEN, GOOD, BOILERPLATE, SUM, "세 문장으로", "JSON으로 출력", "'가나'로 이행시", "[" * 5000, "1," * 3000]
    ),
)


@pytest.mark.proofs
@given(
    category=st.sampled_from(["추론", "코딩(Coding)", "", "번역"]),
    question=TEXTS,
    output=TEXTS,
    reference=st.none() | TEXTS,
    language=st.sampled_from(["ko", "en", "any", None]),
    earlier=st.lists(st.tuples(TEXTS, TEXTS), max_size=2),
)
def test_any_text_gets_the_same_legal_score_twice(
    category: str,
    question: str,
    output: str,
    reference: str | None,
    language: AnswerLanguage | None,
    earlier: list[tuple[str, str]],
) -> None:
    def verdict() -> Verdict:
        return judge_turn(
            category=category,
            question=question,
            output=output,
            reference=reference,
            answer_language=language,
            turn=len(earlier) + 1,
            earlier=earlier,
        )

    first = verdict()
    assert 0 <= first.score <= 10
    assert first.score * 2 == int(first.score * 2)
    assert first.comment
    assert verdict() == first


# Agreement with the saved verdicts of a real judge


@pytest.mark.proofs
def test_on_models_it_was_not_tuned_on_the_rule_judge_agrees_with_gpt4(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--data", str(public("evaluated").parent), "--half", "held-out", "--json"]
    assert benchmark("rules_against_gpt4").main(words) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert len(result["models"]) == 6
    assert "openai/gpt-4-turbo-2024-04-09" in result["models"]
    assert result["verdicts"]["spearman"] >= 0.51
    assert result["model_strategy_means"]["spearman"] >= 0.85


def test_the_program_names_the_folder_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark("rules_against_gpt4").main(["--data", str(tmp_path / "nowhere")]) == 2
    told = capsys.readouterr().err
    assert "nowhere" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("share", [0.6, 0.9, 1.0])
def test_most_of_the_question_is_no_answer_and_an_excerpt_that_was_asked_for_is_one(share: float) -> None:
    text = "다음 글에서 사람 이름을 찾아 쓰세요. 김민수는 어제 부산으로 떠났고, 남은 짐은 모두 형이 서울에서 부치기로 하였다."

    def score(output: str, reference: str) -> float:
        return judge_turn(
            category="이해", question=text, output=output, reference=reference, answer_language="ko", turn=1
        ).score

    assert score(text[: int(share * len(text))], "김민수와 그 형이 나옵니다.") <= 1.0
    assert score("김민수", "김민수") > 5

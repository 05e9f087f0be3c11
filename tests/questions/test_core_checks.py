"""The checks and rubrics of the core set: stated in the text, met by complying answers, true where they can be computed."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from judge.demands import Demand
from judge.files import read_lines
from judge.text.demand_checks import check_all
from tests.questions.test_core_references import Editor, longest_streak, printed

CORE = Path(__file__).parents[2] / "questions" / "core.jsonl"
SAMPLES = Path(__file__).parents[2] / "outputs" / "samples" / "hand-written" / "high"
ROWS: dict[int, dict[str, Any]] = {line.data["id"]: line.data for line in read_lines(CORE)}
TURNS = [(number, turn) for number in ROWS for turn in (1, 2)]
WORDS = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱")

GOOD = {
    (6, 2): "Compare the twelve intersections with others that had as many accidents but got no floor lights. If both "
    "groups fell by about the same amount, regression to the mean explains the drop.",
    (
        16,
        1,
    ): "나뭇잎이 다 진 산속에서도 바늘은 흔들리다가\n침착하게 북쪽을 가리키며 나를 다독인다\n반쯤 접힌 지도 위로 아침 해가 떠오른다",
    (16, 2): "나가는 문마다 낯선 골목이라 덜컥 겁이 난다\n침침한 밤하늘에는 별 하나도 보이지 않는다\n"
    "반나절을 헤매도 제자리라니 바늘마저 밉구나\n\n앞의 시가 차분하고 밝은 데 견주어 이 시는 막막하고 어둡습니다.",
    (18, 1): "열두 해 동안 내 발소리를 다 외웠을 너에게 마지막으로 쓴다. 네 부엌 창으로 들던 네 시의 볕이 참 좋았어. "
    "문설주에 새긴 우리 아이 키 눈금은 지우지 않고 갈게. 비 새던 다락을 고치던 여름밤도 기억해. "
    "삐걱대는 셋째 계단은 일부러 안 고쳤어. 새로 올 사람에게도 그 소리로 인사해 줘. 너는 우리가 떠난 뒤에 무슨 소리가 가장 듣고 싶을까?",
    (18, 2): "나는 무엇보다 셋째 계단을 두 칸씩 뛰어오르던 아이의 발소리가 듣고 싶소. "
    "문설주의 눈금은 내가 잘 간직하리다. 새 식구에게도 그 소리로 먼저 인사하겠소. 부디 새집에서도 볕 드는 창을 하나 고르시구려.",
    (19, 2): '{"title": "다시 문을 열며", "keywords": ["도서관", "공사", "책"], "sentence_count": 9}',
    (20, 1): "학생: 기사님, 맨 뒷자리에서 지갑을 주웠어요.\n기사: 이 밤에 그냥 가지 않고 가져왔구먼.\n"
    "학생: 주인이 지금쯤 애타게 찾고 있을 거예요.\n기사: 내가 차고지에 맡길 테니 걱정 말게.\n"
    "학생: 혹시 주인을 찾으면 저한테도 알려 주실래요?\n기사: 내일 이 시간에 타면 내 꼭 일러 주겠네.",
    (20, 2): "막차가 종점에 닿자 학생은 운전석으로 다가가 뒷자리에서 지갑을 주웠다고 말했다. "
    "기사는 그냥 가지 않고 가져왔느냐며 흐뭇하게 웃었다. 학생은 주인이 애타게 찾고 있을 거라고 걱정했다. "
    "기사는 자기가 차고지에 맡길 테니 걱정하지 말라고 달랬다. 학생이 주인을 찾으면 알려 달라고 하자 기사는 내일 이 시간에 타면 꼭 일러 주겠다고 했다.",
    (
        21,
        1,
    ): "단원 여러분, 안녕하세요. 9월 18일 저녁 7시 30분 연습은 청소년회관 3층으로 장소가 바뀌었어요. 악보를 꼭 챙겨 오세요.",
    (
        21,
        2,
    ): "먼 길을 오가려면 마음먹기 쉽지 않으셨겠어요. 이번 달은 푹 쉬시고 몸과 마음부터 챙기세요. 다음 달 첫 연습 날짜가 잡히면 "
    "문자로 알려 드려도 될까요?",
    (22, 2): "4",
    (
        31,
        2,
    ): "손주가 여름 방학 첫날 새 전구를 사 들고 사다리에 올랐다. 나는 사다리를 붙들고서도 자꾸 역 쪽을 돌아보았다. "
    "네 글자가 한꺼번에 환해지자 가슴이 철렁하여 웃을 수가 없었다. 네 외할아버지가 나가던 날 모습 그대로여야 알아보고 들어온다고 "
    "나는 혼잣말처럼 일러 주었다. 아이가 새 전구를 도로 빼는 것을 보고서야 나는 평상에 앉아 부채를 들었다.",
    (
        33,
        2,
    ): "We are now meeting on Sunday, June 15, at 10 in the morning, right at the main gate of the dog shelter. The place "
    "changed because the road in front of City Hall will be closed for a marathon.",
    (34, 2): "차가운 안경알에 닿은 공기가 이슬점 아래로 식는다. 남는 수증기가 물방울로 맺힌다. 데워 두면 덜 식는다.",
}
"""Own answers that keep every demand."""

BROKEN: list[tuple[int, int, int, str]] = [
    (6, 2, 0, "다른 교차로와 견줍니다."),
    (7, 2, 1, '{"지우": false, "하준": true, "서윤": false, "도윤": true, "예린": false}'),
    (15, 1, 2, "공사는 11월 3일부터 11월 4일까지입니다."),
    (15, 1, 2, "11월 30일부터 14일 동안입니다."),
    (15, 1, 3, "서쪽 비상계단을 이용하시기 바랍니다."),
    (16, 1, 0, "나: 나뭇잎이 진다\n침: 침착하게 간다\n길: 길을 간다"),
    (16, 2, 0, "나는 간다\n침을 놓는다\n반을 접는다\n\n두 시가 다릅니다."),
    (17, 1, 1, "무게는 1190mg입니다."),
    (17, 2, 2, "It opens to 196cm across."),
    (18, 1, 2, "너를 떠나요. 잘 있어."),
    (18, 2, 1, "잘 가시오. 나도 잘 있겠소. 안녕히 가십시오. 또 봅시다."),
    (19, 1, 1, "여러분, 여러분."),
    (19, 2, 1, '{"title": "가", "keywords": ["나", "다"], "sentence_count": 3}'),
    (20, 1, 0, "기사: 어서 오게.\n학생: 네.\n" * 3),
    (20, 2, 1, '그는 "주웠어요."라고 말했다.'),
    (21, 1, 3, "저녁 7시에 모여요."),
    (21, 2, 2, "알겠습니다. 쉬세요. 또 봬요."),
    (22, 1, 0, "날짜를 정렬한 뒤 이어진 날을 셉니다."),
    (22, 2, 0, "4입니다."),
    (24, 2, 0, "다음은 고친 SQL입니다.\nSELECT 1"),
    (25, 2, 0, "첫째 칸 12가 **56, 둘째 칸 123나4567, 셋째 칸 비어 있음"),
    (27, 1, 2, '[{"celsius": 23.5, "ok": true}, {"celsius": 31.2, "ok": true}]'),
    (27, 2, 1, "The mean is 27.15 degrees."),
    (31, 2, 1, "나는 영감을 기다렸다."),
    (32, 2, 1, '{"나루": "25%", "산들": 20, "강변": 15, "한빛": -5}'),
    (33, 2, 1, "Sunday, June 14"),
    (36, 2, 0, "홑이불[호디불]"),
    (37, 2, 0, "곳간, 숫자, 찻간, 툇간"),
    (38, 2, 0, "[커피쇼페서]"),
    (42, 2, 1, '{"가": {"물이": "주어", "얼음이": "주어", "되었다": "서술어"}, "나": {"물이": "주어"}}'),
]
"""id, turn, check, a text that breaks it."""


def demands(key: tuple[int, int]) -> list[Demand]:
    return TypeAdapter(list[Demand]).validate_python(ROWS[key[0]]["checks"][key[1] - 1])


def asked(key: tuple[int, int]) -> str:
    """Return all that a model has been told up to this turn."""
    return "\n".join(ROWS[key[0]]["questions"][: key[1]])


def rubric(key: tuple[int, int]) -> str:
    return str(ROWS[key[0]]["rubric"][key[1] - 1])


def test_every_turn_has_notes_for_the_judge() -> None:
    assert [key for key in TURNS if not 10 <= len(rubric(key)) <= 1000] == []


@pytest.mark.parametrize("key", [key for key in TURNS if ROWS[key[0]]["checks"][key[1] - 1]], ids=str)
def test_a_check_asks_for_nothing_that_the_text_does_not_say(key: tuple[int, int]) -> None:
    text, reference = asked(key), ROWS[key[0]]["references"][key[1] - 1] or ""
    for check in ROWS[key[0]]["checks"][key[1] - 1]:
        if check["kind"] == "count":
            for bound in (check[side] for side in ("min", "max") if side in check):
                named = bound < len(WORDS) + 1 and any(f"{WORDS[bound]} {unit}" in text for unit in ("문장", "줄"))
                assert named or f"{bound}자" in text, f"{bound} is not stated"
        if check["kind"] in ("contains", "excludes", "starts", "ends") and check.get("each") is None:
            texts = check.get("texts") or [check["text"]]
            stems = (
                "기다리",
                "기다려",
                "기다린",
                "기다릴",
                "기다렸",
                "기다림",
                "기다립",
                "그리운",
                "그리워",
                "그리웠",
                "그리울",
            )
            signs = {"!": "느낌표", "?": "질문", '"': "따옴표", "“": "따옴표", "”": "따옴표"}
            unsaid = [t for t in texts if t not in text + reference and signs.get(t, "없음") not in text]
            assert [t for t in unsaid if not t.startswith(("그립",)) and t not in stems] == []
        if check["kind"] == "register":
            assert check["style"] in text
        if check["kind"] == "format" and check.get("keys"):
            assert [k for k in check["keys"] if k not in text] == []
        assert (check["kind"] == "regex") == ("says" in check)


@pytest.mark.parametrize("key", GOOD, ids=str)
def test_an_answer_that_complies_keeps_every_demand(key: tuple[int, int]) -> None:
    assert demands(key)
    assert [found.fact for found in check_all(demands(key), GOOD[key]) if not found.met] == []


@pytest.mark.parametrize(("question_id", "turn", "check", "text"), BROKEN, ids=str)
def test_a_text_that_breaks_a_demand_is_found(question_id: int, turn: int, check: int, text: str) -> None:
    assert not check_all([demands((question_id, turn))[check]], text)[0].met


def test_the_best_samples_and_the_whole_references_keep_every_demand() -> None:
    answers = [
        (line.data["id"], line.data["outputs"]) for path in sorted(SAMPLES.iterdir()) for line in read_lines(path)
    ]
    assert len(answers) == 36
    bare = {(27, 2)}  # one value, not an answer
    answers += [(number, row["references"]) for number, row in ROWS.items()]
    for number, outputs in answers:
        for turn, output in enumerate(outputs, start=1):
            if output is not None and not ((number, turn) in bare and output == ROWS[number]["references"][turn - 1]):
                missed = [found.fact for found in check_all(demands((number, turn)), output) if not found.met]
                assert missed == [], (number, turn)


# what the notes claim ------------------------------------------------------------------------------


def test_the_schedule_in_the_notes_keeps_every_condition() -> None:
    rows = re.findall(r"^\| ([A-H]) \| [^|]+ \| (\d+)분 \| ([^|]+) \|$", ROWS[5]["questions"][0], re.M)
    minutes = {name: int(time) for name, time, _ in rows}
    spans = {n: (int(a), int(b)) for n, a, b in re.findall(r"([A-H])\((\d+)~(\d+)\)", rubric((5, 1)))}
    assert {name: end - start for name, (start, end) in spans.items()} == minutes
    assert max(end for _, end in spans.values()) == 80
    assert sum(minutes.values()) == 155
    for name, _, before in rows:
        assert all(spans[other][1] <= spans[name][0] for other in re.findall("[A-H]", before))
    for crew in rubric((5, 1)).split("/"):
        times = sorted(spans[name] for name in re.findall(r"([A-H])\(\d", crew))
        assert all(one[1] <= other[0] for one, other in pairwise(times))


def test_the_wrong_values_in_the_notes_are_what_the_named_faults_give() -> None:
    assert sum("11" not in f"{n:010b}" for n in range(1024)) == 144
    assert "144가지" in rubric((9, 1))
    assert (20 * 6**2 + 30 * 4**2) // 50 == 24
    assert "24라고" in rubric((14, 1))
    assert [n for n in range(100, 1000) if (n % 5, n % 7, n % 9) == (3, 4, 2)] == [263, 578, 893]
    assert [893 // 5**k for k in (1, 2, 3, 4)] == [178, 35, 7, 1]
    assert {"178개", "35개", "7개", "1개"} <= set(re.findall(r"\d+개", rubric((12, 2))))
    hour, repair = 40_000 // 10, 150_000
    assert {f"{2 * hour:,}원", f"{hour:,}원"} <= set(re.findall(r"[\d,]+원", rubric((30, 1))))
    assert {f"{repair // 5:,}원", f"{3 * hour + repair:,}원"} <= set(re.findall(r"[\d,]+원", rubric((30, 2))))


def test_the_calls_in_the_notes_give_what_they_say() -> None:
    pairs = re.findall(r"`(longest_streak\(.*?\))` → (\d+)", rubric((22, 1)))
    assert len(pairs) == 4
    assert [eval(call, {"longest_streak": longest_streak}) for call, _ in pairs] == [int(want) for _, want in pairs]


def test_the_texts_in_the_notes_are_those_of_the_editor() -> None:
    code = re.search(r"```python\n(.*?)```", ROWS[28]["questions"][1], re.S)
    assert code
    editor, found = Editor(), []
    for call in code[1].splitlines()[1:-1]:
        eval(call, {"e": editor})
        found.append(editor.text)
    assert re.findall(r"「(.*?)」", rubric((28, 2))) == found


def test_the_sample_code_in_the_notes_gives_the_reference() -> None:
    call = re.search(r"`(re\.sub\(.*?, text\))`", rubric((25, 2)))
    pattern = re.search(r"`([^`]+)`", rubric((25, 1)))
    shown = re.search(r'mask\("(.*?)"\)', ROWS[25]["questions"][1])
    assert call
    assert pattern
    assert shown
    assert eval(call[1], {"re": re, "text": shown[1]}) == ROWS[25]["references"][1]
    listed = re.findall(r"^(\d)\) (.+)$", ROWS[25]["questions"][0], re.M)
    assert ", ".join(n for n, plate in listed if re.fullmatch(pattern[1], plate)) == ROWS[25]["references"][0]
    line = re.search(r"`(numbers = .*?)`", rubric((23, 2)))
    assert line
    rest = re.search(r"```python\n[^\n]+\n(.*?)```", ROWS[23]["questions"][0], re.S)
    assert rest
    assert printed(f"{line[1]}\n{rest[1]}") == ROWS[23]["references"][1]


def test_a_reference_that_is_json_breaks_a_demand_when_one_value_is_changed() -> None:
    for key in ((7, 2), (27, 1), (32, 2), (42, 2)):
        reference = ROWS[key[0]]["references"][key[1] - 1]
        json.loads(reference)
        values = re.findall(r"(?<=: )(?:true|false|-?[\d.]+|null)|(?<=: )\"(?:보어|부사어)\"", reference)
        assert values
        for value in values:
            wrong = {"true": "false", "false": "true"}.get(value, "0")
            changed = re.sub(rf"(?<=: ){re.escape(value)}", wrong, reference, count=1)
            assert not all(found.met for found in check_all(demands(key), changed)), (key, value)


VARIANTS: list[tuple[int, int, str]] = [
    (7, 2, '```json\n{\n  "예린": true,\n  "도윤": true,\n  "서윤": false,\n  "하준": true,\n  "지우": false\n}\n```'),
    (22, 2, "```\n4\n```"),
    (22, 2, "**4**"),
    (24, 2, "-- 모든 회원\nselect m.name, count(l.id) from members m left join loans l on 1 = 1;"),
    (24, 2, "```\nWITH held AS (SELECT 1) SELECT * FROM held;\n```"),
    (25, 2, "출력은 다음과 같습니다.\n첫째 칸 12가 \\*\\*56, 둘째 칸 123나\\*\\*67, 셋째 칸 비어 있음"),
    (
        27,
        2,
        'The keys "time", "zone", "celsius" and "ok" hold text, text, a number or null, and a Boolean. The mean is 25.8°C.',
    ),
    (
        33,
        2,
        "Emma, we meet on Sunday, 15 June at 10 in the morning at the shelter gate. A marathon blocks the old place.",
    ),
    (
        42,
        2,
        '{"나":{"변했다":"서술어","얼음으로":"부사어","물이":"주어"},"가":{"되었다":"서술어","얼음이":"보어","물이":"주어"}}',
    ),
]
"""id, turn, another form in which a careful person would call the demands kept."""


@pytest.mark.parametrize(("question_id", "turn", "text"), VARIANTS, ids=str)
def test_another_form_of_a_right_answer_is_not_called_broken(question_id: int, turn: int, text: str) -> None:
    assert [found.fact for found in check_all(demands((question_id, turn)), text) if not found.met] == []

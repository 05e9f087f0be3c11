"""A large load for the page: many models' verdicts in LogicKor's file shape, of words made here.

The texts are no sentences, but they compress as real ones do: public verdicts shrink to 1 / 4.5 by DEFLATE, file by
file (tests/test_report_load.py measures both).
"""

from __future__ import annotations

import json
import random
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

STEM_WORDS = (
    "바람 구름 언덕 강물 시장 골목 부엌 창문 나무 들판 저녁 아침 계절 편지 기차 항구 도서관 선생 이웃 아이 할머니 노래 이야기 "
    "약속 질문 대답 설명 조건 순서 계산 합계 비율 넓이 각도 확률 함수 변수 반복 목록 오류 입력 출력 표현 문장 낱말 높임 띄어쓰기 "
    "맞춤법 주제 근거 주장 비유 인물 배경 결말 요약 제목 독자 감정 정보 자료 방법 과정 결과 원인 차이 공통 예시 단계 핵심 관점 "
    "의견 목적 기준 형식 내용 분량 흐름 마무리 시작 중간 부분 전체 앞뒤 관계 변화 성장 경험 기억 시간 장소 사람 마음 생각 행동"
)
ENDING_WORDS = (
    "은 는 이 가 을 를 에 에서 으로 와 과 의 도 만 부터 까지 처럼 보다 마다 조차 에게 이라고 라는 이며 하고 하며 하는 했다 "
    "합니다 됩니다 입니다 했습니다 되어 되는 하지만 한다면 할수록 하려고 하도록"
)
STEMS, ENDINGS = STEM_WORDS.split(), ENDING_WORDS.split()
PHRASES = (
    "질문이 요구한 조건을 대체로 지켰지만 설명의 순서가 조금 어긋납니다. ",
    "근거를 두 가지 이상 들었고 문장도 자연스럽습니다. ",
    "계산 과정은 옳으나 마지막 단위를 빠뜨렸습니다. ",
    "요구한 언어로 답했고 형식도 알맞습니다. ",
)
CATEGORIES = (
    "추론(Reasoning)",
    "수학(Math)",
    "글쓰기(Writing)",
    "코딩(Coding)",
    "이해(Understanding)",
    "문법(Grammar)",
)
STRATEGIES = ("default", "1-shot", "cot-1-shot")
QUESTIONS = 42


def writer(seed: int) -> Callable[[int], str]:
    """Return a function that writes about n UTF-8 bytes of words, frequent ones often (Zipf)."""
    dice = random.Random(seed)
    words = [stem + ending for stem in STEMS for ending in ENDINGS]
    random.Random(7).shuffle(words)
    weights = list(accumulate(1 / (rank + 3) ** 0.72 for rank in range(len(words))))

    def text(size: int) -> str:
        parts: list[str] = []
        while size > 0:
            count = dice.randint(4, 12)
            line = " ".join(words[bisect(weights, dice.random() * weights[-1])] for _ in range(count))
            line += dice.choice((". ", ". ", ".\n\n", ".\n- "))
            parts.append(line)
            size -= len(line.encode())
        return "".join(parts)

    return text


def write_load(folder: Path, *, models: int = 65, answer_bytes: int = 3000, comment_bytes: int = 900) -> int:
    """Write `models` x 3 files of 84 verdicts below `folder` and return their bytes."""
    ask = writer(0)
    questions = [(ask(400), ask(200)) for _ in range(QUESTIONS)]
    references = [ask(150) for _ in range(QUESTIONS)]
    total = 0
    for model in range(models):
        for number, strategy in enumerate(STRATEGIES):
            text, dice = writer(1 + model * 3 + number), random.Random(model * 3 + number)
            rows = []
            for place in range(QUESTIONS):
                row: dict[str, object] = {
                    "id": place + 1,
                    "category": CATEGORIES[place // 7],
                    "questions": questions[place],
                    "outputs": [text(dice.randint(answer_bytes // 3, answer_bytes * 5 // 3)) for _ in range(2)],
                    "references": [references[place], None],
                }
                for name in ("query_single", "query_multi"):
                    comment = dice.choice(PHRASES) + text(dice.randint(comment_bytes // 2, comment_bytes * 3 // 2))
                    row[name] = {"judge_message": comment, "judge_score": dice.randint(0, 20) / 2}
                rows.append(json.dumps(row, ensure_ascii=False))
            path = folder / f"org-{model % 9}" / f"model-{model}" / f"{strategy}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            total += path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in folder.rglob("*.jsonl"))

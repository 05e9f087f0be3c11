"""A checkout in LogicKor's shape with texts of our own, and what its evaluator.py sends when it is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATES = '''
PROMPT_STRATEGY = {
    "cot-1-shot": [
        {"role": "system", "content": "차근차근 생각하고 답하세요."},
        {"role": "user", "content": "배 두 개와 감 세 개를 사면 과일은 모두 몇 개인가요?"},
        {
            "role": "assistant",
            "content": """먼저 배를 셉니다: 2개.

그다음 감을 셉니다: 3개.
답: 5개""",
        },
    ],
    "1-shot": [
        {"role": "user", "content": "하늘은 무슨 색인가요?"},
        {"role": "assistant", "content": "파란색입니다."},
    ],
    "default": [],
}

JUDGE_TEMPLATE = {
    "single_turn": """답변을 꼼꼼히 살펴 점수를 매겨라.

# 형식
평가: 글
점수: 숫자""",
    "multi_turn": """이어진 답변을 살펴 점수를 매겨라. {"틀": "{{그대로}}"} {% 줄 %}

# 형식
평가: 글
점수: 숫자
""",
}
'''

EVALUATOR = """
import argparse
import re
import time

from templates import JUDGE_TEMPLATE


def create_answers(client, model_output, judge_model, is_multi_turn: bool = False, i=0):
    model_questions = model_output["questions"]
    model_outputs = model_output["outputs"]
    model_references = model_output["references"]

    prompt = (
        f"다음 답변을 평가하라.\\n\\n"
        f"[물음]\\n{model_questions[0]}"
    )

    if model_references and model_references[0]:
        prompt += f"\\n\\n[참고]\\n{model_references[0]}"

    prompt += f"\\n\\n[답변]\\n{model_outputs[0]}"

    if is_multi_turn:
        prompt += f"\\n\\n[이어진 물음]\\n{model_questions[1]}"
        if model_references and model_references[1]:
            prompt += f"\\n\\n[참고]\\n{model_references[1]}"
        prompt += f"\\n\\n[답변]\\n{model_outputs[1]}"

    prompt += "\\n\\n<<끝. {평가}>>"

    try:
        response = client.chat.completions.create(
            model=judge_model,
            temperature=0.0,
            n=1,
            messages=[
                {"role": "system", "content": JUDGE_TEMPLATE["multi_turn" if is_multi_turn else "single_turn"]},
                {"role": "user", "content": prompt},
            ],
        )
        content = response.choices[0].message.content
        comment = re.search(r"평가:(.*?)점수:", content.replace("*", ""), re.DOTALL)
        score = re.search(r"점수:\\s*(\\d+(\\.\\d+)?)", content.replace("*", ""))
        return {"judge_message": comment.group(1).strip(), "judge_score": float(score.group(1))}
    except Exception as error:
        time.sleep(20)
        raise
"""

GENERATOR = """
import pandas as pd
from vllm import LLM, SamplingParams

from templates import PROMPT_STRATEGY

llm = LLM(model="m")
sampling_params = SamplingParams(temperature=0, skip_special_tokens=True, stop=["<|im_end|>", "[INST]"])
df_questions = pd.read_json("questions.jsonl", lines=True)

for strategy_name, prompts in PROMPT_STRATEGY.items():

    def format_single_turn_question(question):
        return llm.tokenizer.apply_chat_template(
            prompts + [{"role": "user", "content": question[0]}], tokenize=False, add_generation_prompt=True
        )

    single_turn_questions = df_questions["questions"].map(format_single_turn_question)
    single_turn_outputs = [
        output.outputs[0].text.strip() for output in llm.generate(single_turn_questions, sampling_params)
    ]

    def format_double_turn_question(question, single_turn_output):
        return llm.tokenizer.apply_chat_template(
            prompts
            + [
                {"role": "user", "content": question[0]},
                {"role": "assistant", "content": single_turn_output},
                {"role": "user", "content": question[1]},
            ],
            tokenize=False,
            add_generation_prompt=True,
        )
"""

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": 1,
        "category": "수학(Math)",
        "questions": ["3과 4를 더하면?", "거기에 2를 곱하면?"],
        "references": ["7", "14"],
    },
    {
        "id": 2,
        "category": "글쓰기(Writing)",
        "questions": ["봄을 노래하는 두 줄 시를 지어 주세요.", "영어로 번역해 주세요."],
        "references": [None, None],
    },
    {
        "id": 3,
        "category": "추론(Reasoning)",
        "questions": ["갑은 을보다 크다. 누가 더 큰가?", "병이 갑보다 크면 누가 가장 큰가?", "가장 작은 사람은?"],
        "references": ["갑", None],
    },
]

ANSWERS: dict[int, tuple[str, str]] = {
    1: ("7입니다.", " 14입니다.\n"),
    2: ("<|im_end|> 꽃이 [INST] 핀다\n{{ questions }} {% if %} {# x #}", ""),
    3: ("", "\r\n병 {answer}"),
}
"""With all that a template, a tokenizer or a cleaning step could stumble over."""


def write(folder: Path, **changed: str) -> Path:
    """Write the checkout, with the text of some files (name without .py) changed, and its saved answers."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"templates": TEMPLATES, "evaluator": EVALUATOR, "generator": GENERATOR} | changed
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, "utf-8", newline="")
    lines = [json.dumps(row, ensure_ascii=False) for row in QUESTIONS]
    (folder / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    for strategy in ("default", "1-shot", "cot-1-shot"):
        path = folder / "generated" / "org" / "model" / f"{strategy}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [json.dumps(row | {"outputs": ANSWERS[row["id"]]}, ensure_ascii=False) for row in QUESTIONS]
        path.write_text("\n".join(rows), "utf-8")
    return folder


class _Recorder:
    """An openai client that keeps what it is sent and answers with one text."""

    def __init__(self, reply: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self._reply = reply
        self.chat = self.completions = self

    def create(self, **given: Any) -> Any:
        self.sent.append(given)
        self.choices = [self]
        self.message = self
        self.content = self._reply
        return self


def upstream_messages(row: dict[str, Any], *, multi: bool, evaluator: str = EVALUATOR) -> list[dict[str, str]]:
    """Return what the checkout's own code sends to the judge for a row with `outputs`."""
    templates: dict[str, Any] = {}
    exec(compile(TEMPLATES, "templates.py", "exec"), templates)
    code = evaluator.replace("from templates import JUDGE_TEMPLATE", "")
    names: dict[str, Any] = {"JUDGE_TEMPLATE": templates["JUDGE_TEMPLATE"]}
    exec(compile(code, "evaluator.py", "exec"), names)
    client = _Recorder("평가: 좋다\n점수: 7")
    names["create_answers"](client, row, "judge", multi)
    return client.sent[0]["messages"]  # type: ignore[no-any-return]

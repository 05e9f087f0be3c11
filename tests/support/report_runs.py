"""Small runs of our own words for the page's tests: two models, two strategies, two judges, six questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from judge.config import GenerateConfig, JudgeConfig
from judge.records import BASELINE_CATEGORIES, Answer, Failure, Judgment
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.text.digests import answer_digest

MODELS = ("작은모델/가온-1B", "큰모델/누리-7B")
STRATEGIES = ("0-shot", "cot-1-shot")
JUDGES = ("judge-a", "judge-b")
QUESTIONS = {
    number: f"{category} 문제입니다. 하루에 {number}시간씩 걷는 사람이 일주일 동안 걷는 시간을 설명하세요."
    for number, category in enumerate(BASELINE_CATEGORIES, start=1)
}
FAILED = (MODELS[0], "0-shot", 2, 2, "judge-b")
"""The one verdict that failed."""

ENGLISH = (MODELS[0], "0-shot", 3)
"""The one answer in a wrong language, which the judges liked."""


def score_of(model: str, strategy: str, number: int, turn: int, judge: str) -> float:
    """Return a score that differs between models, strategies, judges and turns."""
    if (model, strategy, number) == ENGLISH:
        return 8.0
    return 3.0 + 3 * MODELS.index(model) + STRATEGIES.index(strategy) + (number * turn) % 3 + JUDGES.index(judge) / 2


def output_of(model: str, strategy: str, number: int, turn: int) -> str:
    """Return an answer with Markdown in it."""
    if (model, strategy, number) == ENGLISH:
        return (
            "A person who walks three hours every day walks twenty-one hours in a week, because a week has seven days."
        )
    return (
        f"**{model}**의 {turn}턴 답입니다. 하루 {number}시간씩 이레를 걸으므로 모두 {number * 7}시간입니다.\n\n"
        f"- 하루: {number}시간\n- 이레: {number * 7}시간\n\n```python\nprint({number} * 7)\n```\n"
    )


def write_runs(folder: Path) -> Path:
    """Write the runs below `folder` and return it."""
    for model in MODELS:
        run = RunFolder(folder / model)
        asked = [ExpectedQuestion(id=n, category=c, turns=2) for n, c in enumerate(BASELINE_CATEGORIES, start=1)]
        with run.writing():
            config = GenerateConfig(model=model, questions="q", strategies=dict.fromkeys(STRATEGIES, "s"))
            run.begin(config, asked, len(asked))
            for judge in JUDGES:
                run.note_judge(JudgeConfig(judge=judge, template="t"))
            for strategy in STRATEGIES:
                for number, category in enumerate(BASELINE_CATEGORIES, start=1):
                    _write_item(run, model, strategy, number, category)
    return folder


def _write_item(run: RunFolder, model: str, strategy: str, number: int, category: str) -> None:
    common: dict[str, Any] = {"id": number, "category": category, "model": model, "strategy": strategy}
    answer = Answer(
        **common,
        questions=(QUESTIONS[number], "같은 내용을 한 문장으로 줄이세요."),
        outputs=tuple(output_of(model, strategy, number, turn) for turn in (1, 2)),
        references=(f"{number * 7}시간", None),
        reasoning=("먼저 하루의 시간을 세고 이레를 곱한다.", None),
        answer_language=("ko", "ko"),
    )
    run.add_answer(answer)
    for judge in JUDGES:
        for turn in (1, 2):
            known = common | {
                "turn": turn,
                "judge": judge,
                "judge_digest": JudgeConfig(judge=judge, template="t").digest(),
                "answer_digest": answer_digest(answer, turn),
            }
            if (model, strategy, number, turn, judge) == FAILED:
                run.add_outcome(Failure(**known, kind="refusal", detail="심판이 답하지 않았습니다."))
            else:
                comment = f"{judge}: 계산 과정이 드러나고 단위도 맞습니다."
                run.add_outcome(
                    Judgment(**known, score=score_of(model, strategy, number, turn, judge), comment=comment)
                )

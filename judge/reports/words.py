"""What a model card's section says, in Korean and in English. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from judge.records import BASELINE_CATEGORIES
from judge.wording import Lang

ENGLISH_CATEGORIES: Mapping[str, str] = dict(
    zip(BASELINE_CATEGORIES, ("Reasoning", "Math", "Writing", "Coding", "Understanding", "Grammar"), strict=True)
)
"""LogicKor's own English names of its six categories; any other category is shown as it is."""


@dataclass(frozen=True)
class Words:
    """Texts of one language; `{}` parts are filled by `str.format`, and what fills them is escaped before."""

    title: str
    strategies: str
    benchmarks: str
    single: str
    multi: str
    mark_truncate: str
    mark_half_up: str
    """Said in a row's name where it is rounded in another way than the rest."""
    best: str
    """Why a row of the main table is there."""
    tied: str
    interval_bootstrap: str
    interval_analytic: str
    rounded: str
    cut: str
    marked_truncate: str
    marked_half_up: str
    short: str
    failed: str
    missing: str
    left_out: str
    as_zero: str
    unlike: str
    """Which rows were asked other questions than the model's best one."""
    offline: str
    judge: str
    returned: str
    unknown_judge: str
    date: str
    questions: str
    repeats: str
    versions: str
    template: str
    table_by: str
    answers: str
    answers_link: str
    other_questions: str
    harness: str
    harness_model: str
    limit: str
    no_number: str
    subtasks: str
    benchmark_header: tuple[str, ...]


KO = Words(
    title="한국어 LLM-as-a-Judge 평가",
    strategies="프롬프트 전략별 결과",
    benchmarks="벤치마크",
    single="싱글턴",
    multi="멀티턴",
    mark_truncate="버림",
    mark_half_up="반올림",
    best="모델마다 Overall이 가장 높은 프롬프트 전략의 결과입니다. 같은 점수로 고르고 보고하므로 조금 높게 나옵니다.",
    tied="{row}의 Overall과 다음 결과의 차이는 95 % 구간이 0을 포함하므로 우열을 가릴 수 없습니다: {others}",
    interval_bootstrap="±: Overall의 95 % 신뢰구간 너비의 절반 (문항을 단위로 한 부트스트랩 {draws}회, 시드 {seed})",
    interval_analytic="±: Overall의 95 % 신뢰구간 너비의 절반 (문항을 군집으로 본 표준 오차로 계산)",
    rounded="점수는 {scale}점이며, 소수 셋째 자리에서 반올림했습니다.",
    cut="점수는 {scale}점이며, 소수 셋째 자리부터 버렸습니다.",
    marked_truncate="‘버림’이라고 적은 행은 소수 셋째 자리부터 버렸습니다.",
    marked_half_up="‘반올림’이라고 적은 행은 소수 셋째 자리에서 반올림했습니다.",
    short="⚠️ 채점이 다 되지 않은 결과가 있습니다. {parts}",
    failed="채점 실패 {n}건",
    missing="채점 결과 없음 {n}건",
    left_out="실패한 채점은 평균에서 뺐습니다.",
    as_zero="실패한 채점은 0점으로 셌습니다.",
    unlike="⚠️ 다음 행은 {row}과(와) 다른 문항으로 평가했으므로 점수를 그대로 견줄 수 없습니다: {others}",
    offline="⚠️ LLM 심판의 점수가 아니라 오프라인 규칙 채점(offline heuristic)의 어림값입니다. 둘은 견줄 수 없습니다.",
    judge="심판 모델",
    returned="응답에 적힌 모델: {names}",
    unknown_judge="파일에 적혀 있지 않음 (LogicKor 형식의 채점 결과)",
    date="채점일",
    questions="문항 {questions}개, 턴 {turns}개",
    repeats="턴마다 {n}번 채점한 평균",
    versions="버전",
    template="심판 프롬프트 {digest}",
    table_by="표를 만든 프로그램: kojudge {version}",
    answers="답변과 채점 결과",
    answers_link="모든 답변 보기",
    other_questions="비교 모델 가운데 다음은 문항이나 심판이 달라 표에 넣지 않았습니다: {names}",
    harness="lm-evaluation-harness {version}",
    harness_model="평가한 모델 {name}",
    limit="⚠️ {task}: 전체가 아니라 일부 문항만 평가한 값입니다 (limit {limit})",
    no_number="⚠️ {task} {metric}: 결과 파일에 유한한 수가 아닌 값({value})이 적혀 있어 싣지 않았습니다",
    subtasks="{group}의 하위 과제 {n}개는 표에서 뺐습니다.",
    benchmark_header=("과제", "버전", "필터", "n-shot", "지표", "값", "표준 오차"),
)

EN = Words(
    title="Korean LLM-as-a-judge evaluation",
    strategies="By prompt strategy",
    benchmarks="Benchmarks",
    single="Single-turn",
    multi="Multi-turn",
    mark_truncate="truncated",
    mark_half_up="rounded",
    best="Each model is shown under the prompt strategy with its best Overall. Chosen and reported by the same scores, "
    "these are a little too high.",
    tied="{row} cannot be told apart from these by Overall (the 95 % interval of the difference holds 0): {others}",
    interval_bootstrap="±: half of the 95 % interval of Overall (bootstrap over questions, {draws} draws, seed {seed})",
    interval_analytic="±: half of the 95 % interval of Overall (from the standard error clustered by question)",
    rounded="Scores are {scale}, rounded half up to two decimals.",
    cut="Scores are {scale}, truncated to two decimals.",
    marked_truncate="Rows marked “truncated” are cut off after two decimals.",
    marked_half_up="Rows marked “rounded” are rounded half up to two decimals.",
    short="⚠️ Not every verdict is there. {parts}",
    failed="{n} failed",
    missing="{n} missing",
    left_out="Failed verdicts are left out of the means.",
    as_zero="Failed verdicts count as 0.",
    unlike="⚠️ These rows were asked other questions than {row}; their scores cannot be set side by side: {others}",
    offline="⚠️ An offline heuristic made of rules, not the scores of an LLM judge; the two cannot be compared.",
    judge="Judge",
    returned="the endpoint answered as {names}",
    unknown_judge="not named in the files (verdicts in LogicKor's format)",
    date="Judged on",
    questions="{questions} questions, {turns} turns",
    repeats="mean of {n} verdicts a turn",
    versions="Versions",
    template="judge prompt {digest}",
    table_by="Tables made by kojudge {version}",
    answers="Answers and verdicts",
    answers_link="all answers",
    other_questions="Models left out of the tables, for other questions or another judge: {names}",
    harness="lm-evaluation-harness {version}",
    harness_model="evaluated model {name}",
    limit="⚠️ {task}: only a part of the task was evaluated (limit {limit})",
    no_number="⚠️ {task} {metric}: the file has {value} there, which is no number to show",
    subtasks="{n} subtasks of {group} are not listed.",
    benchmark_header=("Task", "Version", "Filter", "n-shot", "Metric", "Value", "Stderr"),
)

WORDS: Mapping[Lang, Words] = {"ko": KO, "en": EN}


def category_label(name: str, lang: Lang) -> str:
    """Return what a category is called in a card or a plot of this language."""
    return ENGLISH_CATEGORIES.get(name, name) if lang == "en" else name

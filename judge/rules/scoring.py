"""The embedded judge: a turn's score and reasons by rules, without a model (pure, deterministic).

    empty, wrong language         -> 0
    a copy of the question        -> 1
    a reference is given          -> mostly how much of it the answer states (references)
    no reference                  -> on topic? long enough? in order? (observations)
    both                          -> less for unmet demands (question_demands), loops, leaked tokens, ...

The weights are in `Weights`, each with its reason. They were tuned on the saved GPT-4 verdicts of six open
models of the public LogicKor board, three strategies each: HumanF-MarkrAI/Gukbap-Mistral-7B,
OrionStarAI/Orion-14B-Chat, chihoonlee10/T3Q-ko-solar-dpo-v3.0, meta-llama/llama-2-13b-chat,
nousresearch/nous-hermes-2-mistral-7b-dpo, qwen/qwen-7b-chat. `benchmarks/rules_against_gpt4.py` measures them
on six others. No rule knows a question of that set.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict

from judge.config import RULES, STANDARD_RANGE, JudgeConfig, JudgeSettings, digest
from judge.demands import Demand
from judge.records import AnswerLanguage, Verdict
from judge.rules.observations import Observed, observe
from judge.rules.references import Match
from judge.rules.weights import WEIGHTS, Weights
from judge.text.language import hangul_share
from judge.text.language_rule import breaks_rule, demanded_language
from judge.text.verdicts import STANDARD
from judge.wording import Note

CAVEAT = Note(
    "offline heuristic: an estimate by form, references and demands that can be checked. It understands no content and "
    "cannot be compared or mixed with the scores of an LLM judge.",
    "오프라인 규칙 채점(offline heuristic): 형식, 참고 답, 확인 가능한 요구만 본 어림값이며, "
    "내용을 이해한 평가가 아니므로 LLM 심판의 점수와 견주거나 한 표에 섞을 수 없습니다.",
)
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def judge_turn(
    *,
    category: str,
    question: str,
    output: str,
    reference: str | None,
    answer_language: AnswerLanguage | None,
    turn: int,
    earlier: Sequence[tuple[str, str]] = (),
    checks: Sequence[Demand] | None = None,
) -> Verdict:
    """Score one turn, 0 to 10 in steps of 0.5, with the reasons in Korean.

    `earlier` holds (question, output) of the turns before. `answer_language` None: read off the question.
    `checks`: the demands that the question ships as data, none where they are empty; None: read off its words.
    Same input, same verdict; any text is accepted and nothing of it is run.
    """
    output = unicodedata.normalize("NFC", output).strip()
    if not output or (not any(map(str.isalnum, output)) and output != (reference or "").strip()):
        return Verdict(0.0, "답이 비어 있음")
    language = answer_language or demanded_language(question, category)
    share = _share_without_names(output, reference) if language == "ko" else hangul_share(output)
    if breaks_rule(language, share):
        demanded, given = ("한국어", "다른 언어") if language == "ko" else ("영어", "한국어")
        return Verdict(0.0, f"{demanded}로 답해야 하는데 {given}로 답함(한글 {share:.0%})")
    seen = observe(category, question, output, reference, turn, earlier, checks)
    reasons = [_language_reason(language, share), *explain(seen)]
    return Verdict(score_of(seen), "; ".join(reasons))


def _share_without_names(output: str, reference: str | None) -> float | None:
    """Hangul share without the Latin words of the reference: names and terms are no English answer."""
    names = set(_LATIN_WORD.findall(reference or ""))
    return hangul_share(_LATIN_WORD.sub(lambda word: " " if word[0] in names else word[0], output))


def _language_reason(language: AnswerLanguage, share: float | None) -> str:
    if share is None:
        return "글자 없이 수나 코드로 답함"
    return {"ko": "한국어로 답함", "en": "영어로 답함", "any": "언어 제한 없음"}[language]


def score_of(seen: Observed, weights: Weights = WEIGHTS) -> float:
    """Return the score of what was measured; pure arithmetic on `weights`."""
    w = weights
    score = _reference_points(seen, seen.match, w) if seen.match else _open_points(seen, w)
    if seen.checks:
        score += w.unmet * (1 - sum(check.met for check in seen.checks) / len(seen.checks))
        score += w.broken * (seen.shipped and any(check.met < 1 for check in seen.checks))
    score += w.later_turn * (seen.turn > 1)
    score += w.looping * ramp(seen.loop, w.loop) + w.mixed * ramp(seen.foreign, w.foreign)
    score += w.leak * bool(seen.leaks) + w.cut_off * seen.cut_off + w.repeated * (seen.repeated >= w.same)
    score = min(max(score, w.floor), 10.0)
    if seen.copied >= w.same and not (seen.match and seen.match.verbatim):
        score = min(score, w.copy_cap)
    if seen.identical:
        score = min(score, w.same_answer_cap)
    return round(score / w.step) * w.step


def _reference_points(seen: Observed, match: Match, w: Weights) -> float:
    short = seen.reference_length <= w.short_reference
    miss, hit = (w.miss_short, w.hit_short) if short else (w.miss_long, w.hit_long)
    points = miss + hit * match.share
    form = w.structured * _items(seen) + w.polite * seen.polite + _category_points(seen, w)
    points += form * match.share
    return points - w.rambling * ramp(seen.length, w.long_answer) * (short or match.share < 0.5)


def _open_points(seen: Observed, w: Weights) -> float:
    form = w.on_topic * ramp(seen.length, w.enough) + w.developed * ramp(seen.length, w.full)
    form += w.structured * _items(seen) + w.polite * seen.polite + _category_points(seen, w)
    topic = ramp(seen.on_topic, w.topic)
    if any(check.telling and check.met == 1 for check in seen.checks):
        topic = max(topic, w.told_topic)
    return w.open_base + form * topic


def _category_points(seen: Observed, w: Weights) -> float:
    """Other categories than these three: nothing."""
    return {"글쓰기": w.writing, "이해": w.understanding, "추론": w.reasoning}.get(seen.category, 0.0)


def _items(seen: Observed) -> float:
    return min(seen.items, 8) / 8


def ramp(value: float, ends: tuple[float, float]) -> float:
    """0 up to the first end, 1 from the second on, straight between."""
    return min(1.0, max(0.0, (value - ends[0]) / (ends[1] - ends[0])))


def explain(seen: Observed) -> list[str]:
    """Return the reasons, in Korean, in the order in which they weigh."""
    reasons = ["질문을 그대로 되풀이함"] if seen.copied >= WEIGHTS.same else []
    if seen.match:
        reasons.append(seen.match.reason)
    elif seen.on_topic < WEIGHTS.topic[0]:
        reasons.append("질문의 말이 거의 나오지 않음")
    reasons += [check.reason for check in seen.checks]
    form = [f"{seen.length:,}자", *([f"항목 {seen.items}개"] if seen.items else [])]
    reasons.append(", ".join(form) + ("(너무 짧음)" if not seen.match and seen.length < WEIGHTS.enough[1] else ""))
    if seen.loop > WEIGHTS.loop[0]:
        reasons.append(f"같은 말을 되풀이함({seen.loop:.0%})")
    if seen.foreign > WEIGHTS.foreign[0]:
        reasons.append(f"다른 문자가 섞임({seen.foreign:.0%})")
    if seen.leaks:
        reasons.append(f"대화 토큰이 새어 나옴({seen.leaks[0][:20]})")
    if seen.cut_off:
        reasons.append("문장이 끝나지 않고 끊김")
    if seen.identical or seen.repeated >= WEIGHTS.same:
        reasons.append("앞 차례의 답과 같음" if seen.identical else "앞 차례의 답을 거의 되풀이함")
    return reasons


def rules_config(settings: JudgeSettings = STANDARD) -> JudgeConfig:
    """Return the configuration of the rule judge; its constants take the place of a template.

    Of a pack's `settings` only the score range is its business.
    """
    own = settings if settings.range != STANDARD_RANGE else STANDARD
    own = JudgeSettings(lowest=own.lowest, highest=own.highest, step=own.step)
    return JudgeConfig(judge=RULES, template=digest(asdict(WEIGHTS)), settings=own)

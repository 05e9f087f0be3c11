"""Contests -> a part of a model card's section: the model against each other side, one table a judge. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from judge.errors import InputError
from judge.reports.markdown import escaped
from judge.tables.cells import markdown_cell, markdown_table
from judge.tables.contest import Contest
from judge.trust.contest_decisions import questions_of
from judge.trust.contests import Score, score_contests
from judge.trust.render_contests import interval_text, percent
from judge.wording import Lang

HEADERS: Mapping[Lang, tuple[str, ...]] = {
    "ko": ("모델", "상대", "승률 (95 % 신뢰구간)", "승/무/패", "순서에 따른 엇갈림", "앞자리 승률"),
    "en": ("model", "against", "win rate (95 % interval)", "win/tie/loss", "contradictions", "first place"),
}
SAID: Mapping[Lang, Mapping[str, str]] = {
    "ko": {
        "title": "맞대결",
        "judge": "심판: {}",
        "read": (
            "승률: 같은 질문에 대한 두 답변을 순서를 바꾸어 두 번 판정해 얻은 몫의 평균. 50 %이면 비김. 구간은 문항 "
            "단위의 부트스트랩으로 구함. 앞자리 승률이 50 %에서 멀수록 심판이 답변의 자리에 끌렸다는 뜻"
        ),
        "one": "한 순서로만 판정한 결과가 있어, 심판이 자리에 끌렸다면 그만큼 믿을 수 없음",
        "short": "판정 {expected}건 중 실패 {failed}건, 없는 것 {missing}건. 빠진 판정이 있는 문항은 셈하지 않음",
        "early": "승부가 가려지는 대로 멈춘 결과여서({asked}/{all}문항) 승률이 50 %에서 실제보다 조금 더 벌어져 있음",
        "offline": "오프라인 규칙 채점기의 어림값이며 모델이 한 판정이 아님",
    },
    "en": {
        "title": "Pairwise",
        "judge": "judge: {}",
        "read": (
            "win rate: mean share of two verdicts on the same two answers, each shown first once; 50 % is a draw. The "
            "interval is a bootstrap over questions. The further the first place is from 50 %, the more the judge went "
            "by the place of an answer"
        ),
        "one": "some duels were judged in one order only: where the judge goes by the place, they mislead",
        "short": "of {expected} verdicts {failed} failed, {missing} are missing; duels that lack one are not counted",
        "early": (
            "stopped as soon as it was settled ({asked} of {all} questions): the win rate lies a little too far from "
            "50 %"
        ),
        "offline": "an estimate of the offline rule judge, no verdict of a model",
    },
}


def contest_section(contests: Sequence[Contest], model: str, lang: Lang, *, draws: int, seed: int) -> tuple[str, bool]:
    """Return the part as Markdown, the model's side first, and whether every game has a verdict.

    Raises InputError where the model is in none of the contests.
    """
    mine = [one if one.a.model == model else one.turned() for one in contests if model in (one.a.model, one.b.model)]
    if not mine:
        known = ", ".join(dict.fromkeys(side.model for one in contests for side in (one.a, one.b)))
        raise InputError(f"--contests: {model} is in none of them", mend=f"they are of {known}")
    words, scores = SAID[lang], score_contests(mine, draws=draws, seed=seed)
    parts = [f"### {words['title']}"]
    for judge in dict.fromkeys(one.contest.judge_label for one in scores):
        own = [one for one in scores if one.contest.judge_label == judge]
        parts.append(escaped(words["judge"].format(judge)))
        parts.append(markdown_table(HEADERS[lang], [[markdown_cell(cell) for cell in _line(one)] for one in own], 2))
        lines = [words["offline"]] * own[0].contest.offline + [words["one"]] * any(one.one_order for one in own)
        counts = {name: sum(getattr(one, name) for one in own) for name in ("expected", "failed", "missing")}
        lines += [words["short"].format(**counts)] * bool(counts["failed"] or counts["missing"])
        short = {(questions_of(one.contest), one.contest.looks[-1]) for one in own if one.contest.looks}
        lines += [words["early"].format(asked=some, all=every) for some, every in sorted(short) if some < every]
        parts.append("\n".join(f"- {line}" for line in [words["read"], *lines]))
    return "\n\n".join(parts), not any(one.failed or one.missing for one in scores)


def _line(one: Score) -> list[str]:
    total = one.total
    return [
        one.contest.a.label,
        one.contest.b.label,
        percent(total.win_rate) + interval_text(one.interval),
        f"{total.wins}/{total.ties}/{total.losses}",
        f"{total.contradictions}/{total.both_orders}" if total.both_orders else "-",
        percent(one.first_share),
    ]

"""What is said of a row whose questions several judges share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from judge.tables.numbers import format_score
from judge.tables.results import Results, Sharer
from judge.tables.row import Row

Lang = Literal["ko", "en"]

COVERED = 3
"""From so many judges on, intervals cover their choice: two show too little of how judges differ."""

SHARED = "{judges} share the questions: each was judged by one of them, the same one for every model and strategy"
TWICE = "{n} questions have verdicts of two of the judges that share them; those of one count"
_TEXTS: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "shared": SHARED,
        "of": "{judge}: {questions} questions, mean {mean:.2f}, spread {spread:.2f}",
        "scaled": "their scores are on one scale: mean and spread (standard deviation) of all that a judge has scored "
        "in the tables read are moved to the average of the judges' ({of}); raw: without that. That one judge's "
        "questions were harder by chance is taken for its severity, and the numbers move a little when rows are added",
    },
    "ko": {
        "shared": "{judges} 심판이 문항을 나누어 채점함: 한 문항은 모델과 전략이 달라도 같은 심판이 채점",
        "of": "{judge}: {questions}문항, 평균 {mean:.2f}, 표준편차 {spread:.2f}",
        "scaled": "점수를 한 척도로 맞춤: 읽은 표 전체에서 심판마다 매긴 점수의 평균과 표준편차를 심판들의 평균값에 "
        "맞추어 옮김({of}). raw는 옮기기 전의 점수. 우연히 어려운 문항을 맡은 심판은 그만큼 박한 심판으로 간주되고, "
        "행이 늘면 값이 조금 달라짐",
    },
}
COVERS = (
    "intervals cover the choice of the {n} judges that share as well: where these are unlike in severity, a level is "
    "known far worse than differences (rank, compare)"
)
GAMES_COVERED = (
    "the interval of a win rate covers the choice of the {n} judges that share as well; those of Bradley-Terry "
    "strengths do not"
)
NOT_COVERED = "intervals do not cover the choice of the two judges that share: that takes three"


def shared_notes(series: Results, lang: Lang = "en") -> tuple[str, ...]:
    """Return the footnotes of a row; none where one judge has all questions."""
    if not series.shared:
        return ()
    texts, names = _TEXTS[lang], [one.judge for one in series.shared]
    of = "; ".join(
        texts["of"].format(judge=one.judge, questions=one.questions, mean=one.mean, spread=one.spread)
        for one in series.shared
        if one.mean is not None
    )
    judges = ", ".join(names) if lang == "ko" else f"{', '.join(names[:-1])} and {names[-1]}"
    return (texts["shared"].format(judges=judges), *([texts["scaled"].format(of=of)] * is_scaled(series.shared)))


def raw_notes(row: Row) -> tuple[str, ...]:
    """Return what a row comes to without the common scale, for what has no column for it; nothing where it has none."""
    if row.raw is None or not is_scaled(row.shared):
        return ()
    return (f"raw: Overall {format_score(row.raw.overall, 'half-up', none='-')}",)


def korean_notes(series: Iterable[Results]) -> dict[str, str]:
    """Return footnote -> the same in Korean."""
    pairs = (zip(shared_notes(one), shared_notes(one, "ko"), strict=True) for one in series)
    return {english: korean for each in pairs for english, korean in each}


def is_scaled(shared: Sequence[Sharer]) -> bool:
    """Say whether any score counts otherwise than it was given."""
    return any(one.factor != 1 or one.shift != 0 for one in shared)


def choice_legend(judges: int, *, games: bool = False) -> str:
    """Return what an interval says of the choice of so many judges; `games`: one of a contest."""
    return (GAMES_COVERED if games else COVERS).format(n=judges) if judges >= COVERED else NOT_COVERED

"""What is said of a row whose questions several judges share. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from judge.tables.numbers import format_score
from judge.tables.results import Results, Sharer
from judge.tables.row import Row
from judge.wording import Note

COVERED = 3
"""From so many judges on, intervals cover their choice: two show too little of how judges differ."""


def shared_notes(series: Results) -> tuple[Note, ...]:
    """Return the footnotes of a row; none where one judge has all questions."""
    if not series.shared:
        return ()
    names = [one.judge for one in series.shared]
    most = max(one.questions for one in series.shared)
    few = [one for one in series.shared if most and one.mean is None]
    scaled = [_scaled_note(series.shared)] * is_scaled(series.shared)
    return (share_note(names), *scaled, *(_few_note(one, most) for one in few))


def share_note(judges: Sequence[str]) -> Note:
    """Return the note that these judges, two or more, share the questions."""
    return Note(
        f"{', '.join(judges[:-1])} and {judges[-1]} share the questions: each was judged by one of them, the same one "
        "for every model and strategy",
        f"{', '.join(judges)} 심판이 문항을 나누어 채점함: 한 문항은 모델과 전략이 달라도 같은 심판이 채점",
    )


def twice_note(questions: int) -> Note:
    """Return the note that so many questions have verdicts of two judges that share them."""
    return Note(
        f"{questions} questions have verdicts of two of the judges that share them; those of one count",
        f"{questions}문항은 나누어 채점하는 심판 둘의 판정이 있어 한 심판의 것만 계산",
    )


def unlike_note(questions: int) -> Note:
    """Return the note that so many questions of a row have another judge elsewhere."""
    return Note(
        f"{questions} questions have another of these judges in another row: the rows differ by their judges there, "
        "too (kojudge compare leaves these questions out)",
        f"{questions}문항은 다른 행에서 다른 심판이 채점함: 그 문항에서는 행 사이의 차이에 심판의 차이도 섞여 "
        "있음(kojudge compare는 이 문항을 빼고 견줌)",
    )


def several_note(judge: str, returned: Sequence[str]) -> Note:
    """Return the note that the endpoint of one of the judges that share has answered as several models."""
    return Note(
        f"{judge} has answered as {' and '.join(returned)}: its verdicts are of several models",
        f"{judge}의 엔드포인트가 {', '.join(returned)}(으)로 답함: 판정에 여러 모델의 것이 섞여 있음",
    )


def _scaled_note(shared: Sequence[Sharer]) -> Note:
    told = [one for one in shared if one.mean is not None]
    english = "; ".join(f"{s.judge}: {s.questions} questions, mean {s.mean:.2f}, spread {s.spread:.2f}" for s in told)
    korean = "; ".join(f"{s.judge}: {s.questions}문항, 평균 {s.mean:.2f}, 표준편차 {s.spread:.2f}" for s in told)
    return Note(
        "their scores are on one scale: mean and spread (standard deviation) of all that a judge has scored in the "
        f"tables read are moved to the average of the judges' ({english}); raw: without that. That one judge's "
        "questions were harder by chance is taken for its severity, and the numbers move a little when rows are added",
        "점수를 한 척도로 맞춤: 읽은 표 전체에서 심판마다 매긴 점수의 평균과 표준편차를 심판들의 평균값에 맞추어 "
        f"옮김({korean}). raw는 옮기기 전의 점수. 우연히 어려운 문항을 맡은 심판은 그만큼 박한 심판으로 간주되고, 행이 "
        "늘면 값이 조금 달라짐",
    )


def _few_note(one: Sharer, most: int) -> Note:
    return Note(
        f"{one.judge} has scored too few questions ({one.questions}, another of the judges {most}) to be put on one "
        "scale: its scores count as it gave them",
        f"{one.judge} 심판은 아직 채점한 문항이 적어({one.questions}문항, 다른 심판은 {most}문항) 척도를 맞추지 않고 "
        "준 점수 그대로 계산",
    )


def raw_notes(row: Row) -> tuple[Note, ...]:
    """Return what a row comes to without the common scale, for what has no column for it; nothing where it has none."""
    if row.raw is None or not is_scaled(row.shared):
        return ()
    score = format_score(row.raw.overall, "half-up", none="-")
    return (Note(f"raw: Overall {score}", f"raw(옮기기 전): Overall {score}"),)


def is_scaled(shared: Sequence[Sharer]) -> bool:
    """Say whether any score counts otherwise than it was given."""
    return any(one.factor != 1 or one.shift != 0 for one in shared)


def choice_legend(judges: int, *, covered: bool, games: bool = False) -> Note:
    """Return what an interval says of the choice of so many judges; `games`: one of a contest.

    `covered`: whether that could be estimated from the verdicts.
    """
    if judges >= COVERED and not covered:
        return Note(
            f"intervals do not cover the choice of the {judges} judges that share: that takes verdicts of three, on "
            "more questions than judges and categories",
            f"신뢰구간은 나누어 채점한 심판 {judges}명을 고른 데서 오는 오차를 담지 않음(셋 이상의 판정이 있고 문항이 "
            "심판과 범주보다 많아야 함)",
        )
    if judges < COVERED:
        return Note(
            "intervals do not cover the choice of the two judges that share: that takes three",
            "신뢰구간은 나누어 채점한 두 심판을 고른 데서 오는 오차를 담지 않음(심판이 셋 이상이어야 함)",
        )
    if games:
        return Note(
            f"the interval of a win rate covers the choice of the {judges} judges that share as well; those of "
            "Bradley-Terry strengths do not",
            f"승률의 신뢰구간은 나누어 채점한 심판 {judges}명을 고른 데서 오는 오차도 담음. Bradley-Terry 강도의 "
            "신뢰구간은 담지 않음",
        )
    return Note(
        f"intervals cover the choice of the {judges} judges that share as well: where these are unlike in severity, a "
        "level is known far worse than differences (rank, compare)",
        f"신뢰구간은 나누어 채점한 심판 {judges}명을 고른 데서 오는 오차도 담음. 심판마다 엄격함이 다르면 점수의 "
        "수준은 차이(순위, compare)보다 훨씬 불확실함",
    )

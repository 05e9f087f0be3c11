"""What stands above and below tables of games, in both languages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from judge.tables.columns import points
from judge.tables.failures import by_kind
from judge.tables.parts import signed
from judge.trust.bradley_terry import Board, Controlled
from judge.trust.contests import Score
from judge.wording import Note

CAVEAT = Note(
    "offline heuristic: the rule judge scores each answer by itself; it sees no order and contradicts nothing",
    "오프라인 규칙 채점(offline heuristic): 규칙 채점기는 답변마다 따로 점수를 매기므로 순서를 보지 않고 엇갈리지도 "
    "않음",
)

ONE_ORDER = Note(
    "! one order only: every question was shown one way round (either, evenly). Where a judge favours a place, single "
    "duels are decided by it; on close pairs one order alone decides about a third otherwise than both do. "
    "--orders both asks for the rest",
    "! 한 순서로만 물음: 문항마다 한 가지 순서로만 보여 줌(두 순서를 고르게 나눔). 심판이 자리에 끌리면 문항 "
    "하나하나의 승부가 자리로 갈리며, 실력이 비슷한 쌍에서는 셋 가운데 하나쯤이 두 순서로 물었을 때와 달라짐. "
    "나머지는 --orders both로 물음",
)

_FEATURES = {"length": "길이", "headings": "제목", "bold": "굵은 글씨", "list items": "목록"}


def warning(scores: Sequence[Score]) -> Note | None:
    """Return one line that says which games failed or are missing; None where all are there."""
    failed, missing = sum(one.failed for one in scores), sum(one.missing for one in scores)
    if not failed and not missing:
        return None
    kinds = {kind: 0 for one in scores for kind in one.kinds}
    for one in scores:
        for kind, number in one.kinds.items():
            kinds[kind] += number
    expected, left = sum(one.expected for one in scores), sum(one.incomplete for one in scores)
    parts = [f"{failed} of {expected} games failed ({by_kind(kinds)})"] * bool(failed)
    parts += [f"{missing} missing"] * bool(missing)
    lacks = [f"실패 {failed}건({by_kind(kinds)})"] * bool(failed) + [f"없는 것 {missing}건"] * bool(missing)
    return Note(
        f"! {', '.join(parts)}: {left} duels that lack a game are left out of every figure",
        f"! 판정 {expected}건 가운데 {', '.join(lacks)}: 빠진 판정이 있는 승부 {left}건은 어느 수치에도 넣지 않음",
    )


def features_text(names: Sequence[str]) -> Note:
    """Return the features that a fit takes for equal."""
    english = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return Note(f"equal {english}", f"같은 {', '.join(_FEATURES.get(name, name) for name in names)}")


def fit_line(one: Controlled) -> Note:
    """Return what a fit with style found, and how well it fits."""
    each = [(name, f"{signed(w)} ± {points(1.96 * e)}") for name, (w, e) in one.weights.items()]
    weights = ", ".join(f"{name} {figure}" for name, figure in each)
    korean = ", ".join(f"{_FEATURES.get(name, name)} {figure}" for name, figure in each)
    without, with_ = points(one.plain_rmse, 3), points(one.rmse, 3)
    features = features_text(one.features)
    return Note(
        f"{features}: logistic fit to {one.duels} duels; weights of a standard deviation more: {weights}; error of a "
        f"duel's share {without} without, {with_} with",
        f"{features.korean}: 승부 {one.duels}건에 맞춘 로지스틱 모형. 표준편차 하나만큼 많을 때의 가중치: {korean}. "
        f"승부의 몫을 맞힌 오차는 꾸밈을 넣지 않으면 {without}, 넣으면 {with_}",
    )


def legend(scores: Sequence[Score], boards: Sequence[Board]) -> list[str]:
    """Return the notes of the contests and what the columns mean."""
    notes = list(dict.fromkeys(note for one in scores for note in one.contest.notes))
    levels = {game.score_range for one in scores for game in one.contest.games if hasattr(game, "score_range")}
    five = (-2.0, 2.0) in levels
    said = [
        Note(
            f"win rate: mean share of side a, 50 % means equal{'; a clear win counts 1, a narrow one 3/4' * five}; "
            "interval by cluster bootstrap over questions, both orders and all turns of a question together, "
            "categories as strata",
            f"win rate: a 쪽 몫의 평균이며 50 %이면 비김{' (뚜렷한 승리는 1, 근소한 승리는 3/4로 셈)' * five}. "
            "구간은 두 순서와 모든 턴을 문항별로 묶고 범주를 층으로 둔 부트스트랩으로 구함",
        ),
        Note(
            "win/tie/loss: duels (question and turn, both orders together)",
            "win/tie/loss: 승부의 승/무/패(문항과 턴마다 두 순서를 합쳐 한 승부)",
        ),
        Note(
            "contradictions: duels in which each order has another winner; first place: share of the games won by "
            "somebody that the answer shown first has won, 50 % without a bias",
            "contradictions: 순서를 바꾸면 승자가 달라지는 승부. first place: 승패가 갈린 판정 가운데 먼저 보여 준 "
            "답변이 이긴 비율이며, 자리에 끌리지 않으면 50 %",
        ),
        Note(
            "p: paired permutation test, Holm over the contests of each judge",
            "p: 짝지은 순열 검정. 심판별로 모든 대결에 걸쳐 Holm 방법으로 보정함",
        ),
    ]
    if boards and any(len(board.standings) > 2 for board in boards):
        draws = f"{boards[0].draws:,}"
        said.append(
            Note(
                "strength: Bradley-Terry, in logits, adding up to 0; a difference of 1 is a win rate of 73 %; interval "
                f"and ranks by cluster bootstrap over questions ({draws} draws); tied with: ranks whose difference to "
                "this one has an interval that holds 0",
                "strength: Bradley-Terry 강도(로짓, 합이 0). 차이 1은 승률 73 %. 구간과 순위는 문항을 단위로 한 "
                f"부트스트랩({draws}회)으로 구함. tied with: 이 순위와의 차이의 구간이 0을 포함해 우열을 가릴 수 "
                "없는 순위",
            )
        )
    if any(board.clamped for board in boards):
        said.append(
            Note(
                "a side that won a whole contest is taken as half a duel short of it, so that its strength is finite",
                "모든 승부를 이긴 쪽은 반 승부를 덜 이긴 것으로 보아 강도가 유한하게 함",
            )
        )
    if any(board.controlled for board in boards):
        said.append(
            Note(
                "equal length, equal style: what a logistic model says two answers of the same length and Markdown "
                "would get; it cannot tell style from content that takes room, so read it beside the plain figure, not "
                "instead",
                "같은 길이, 같은 꾸밈: 두 답변의 길이와 마크다운 사용이 같다면 어떻게 되었을지 로지스틱 "
                "모형으로 본 값. 꾸밈과 내용 때문에 길어진 것을 가리지 못하므로 원래 수치 대신이 아니라 그 곁에 놓고 "
                "읽을 것",
            )
        )
    return [*notes, *said]

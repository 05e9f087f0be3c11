"""What a calibration map is worth -> Markdown or text for a terminal. Pure."""

from __future__ import annotations

from judge.tables.columns import points
from judge.tables.pairing import by_id_note
from judge.tables.parts import Block, ReportFormat, blocks, grid_of, signed
from judge.tables.terminal import Screen
from judge.trust.calibrate import WAYS, Calibration
from judge.wording import Lang, Note

_WAYS = {
    "isotonic": Note("isotonic, verdict by verdict", "판정끼리, 단조 회귀(isotonic)"),
    "linear": Note("linear, verdict by verdict", "판정끼리, 직선(linear)"),
    "means": Note("linear, through the means of rows", "행의 평균끼리, 직선(means)"),
    "none": Note("the new score as it is", "새 점수 그대로"),
    "constant": Note("the mean of the other models", "다른 모델들의 평균"),
}
_HEADER = (
    *(
        Note("Overall predicted for a model left out", "따로 떼어 둔 모델의 Overall 예측"),
        Note("rms error", "rms 오차"),
    ),
    *(Note("mean error", "평균 오차"), Note("worst", "최대 오차"), Note("bias", "편향")),
)


def calibration_text(
    found: Calibration, format: ReportFormat = "md", screen: Screen | None = None, lang: Lang = "en"
) -> str:
    """Return what a map is worth. `lang`: of what people read."""
    lines = []
    for key in (*WAYS, "none", "constant"):
        name, error = _WAYS[key], found.errors[key]
        if key == found.way:
            name = Note(f"{name} (used)", f"{name.korean}, 이것을 씀")
        lines.append([name, *map(points, (error.rms, error.mean_absolute, error.worst)), signed(error.bias)])
    models, rows, verdicts = len(found.models), found.rows, found.verdicts
    title = Note(
        f"{found.new_label} on the scale of {found.old_label}: {models} models, {rows} rows, {verdicts} verdicts by "
        "both",
        f"{found.old_label}의 눈금으로 옮긴 {found.new_label}: 모델 {models}개, 행 {rows}개, 두 심판이 모두 내린 판정 "
        f"{verdicts}건",
    )
    parts: list[Block] = [grid_of(title, _HEADER, lines)]
    if other := found.other_questions:
        parts.append(
            Note(
                f"left out: {other} verdicts on other questions of the same id",
                f"뺀 것: id는 같으나 질문이 다른 판정 {other}건",
            )
        )
    parts += [by_id_note(found.by_id, verdicts)] if found.by_id else []
    best = found.errors[found.way].rms
    if found.errors["none"].rms <= best:
        parts.append(
            Note(
                "! no map is better than the new score as it is: the two scales lie together already",
                "! 새 점수를 그대로 쓰는 것보다 나은 변환이 없음: 두 눈금이 이미 서로 맞음",
            )
        )
    if best >= 0.8 * found.errors["constant"].rms:
        parts.append(
            Note(
                "! the map is hardly better than guessing the mean: the new judge says little of the old one",
                "! 변환이 평균으로 어림하는 것보다 나을 것이 거의 없음: 새 심판의 점수로는 옛 심판의 점수를 알기 힘듦",
            )
        )
    return blocks(parts, format, screen, lang)

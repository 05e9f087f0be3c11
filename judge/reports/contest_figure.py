"""Contests -> a figure: the win rate of each with its interval, beside the line of a draw. Needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from judge.reports.canvas import GREY, matplotlib_defaults
from judge.reports.figures import COLOURS, DPI, WIDTH, Look, cleaned
from judge.trust.contests import Score
from judge.trust.render_contests import percent, short_labels
from judge.wording import Lang

SAID: Mapping[Lang, Mapping[str, str]] = {
    "ko": {
        "axis": "왼쪽 모델의 승률 (%, 가로선: 95 % 신뢰구간)",
        "judge": "심판 {}",
        "short": "*: 실패했거나 없는 판정이 있음",
    },
    "en": {
        "axis": "win rate of the first side (%, bars: 95 % interval)",
        "judge": "judge {}",
        "short": "*: games failed or are missing",
    },
}


def contest_texts(scores: Sequence[Score], lang: Lang, title: str | None) -> list[str]:
    """Return everything that the figure may write, to choose a font by."""
    names = [cleaned(text) for one in scores for text in (*_sides(one), one.contest.judge_label)]
    return [*names, *SAID[lang].values(), cleaned(title or ""), "0123456789.%:*"]


def _sides(one: Score) -> tuple[str, str]:
    return one.contest.a.label, one.contest.b.label


def draw_contests(scores: Sequence[Score], look: Look, *, format: Literal["svg", "png"]) -> bytes:
    """Return the figure as the bytes of a file; contests of all judges under each other."""
    said = SAID[look.lang]
    judges = list(dict.fromkeys(one.contest.judge_label for one in scores))
    name = short_labels([side for one in scores for side in (one.contest.a, one.contest.b)])
    with matplotlib_defaults(look.font):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, 0.9 + 0.26 * len(scores)))
        axes = figure.add_subplot()
        axes.axvline(50, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
        labels = []
        for y, one in enumerate(scores):
            colour = COLOURS[judges.index(one.contest.judge_label) % len(COLOURS)]
            if one.interval:
                ends = [100 * one.interval.low, 100 * one.interval.high]
                axes.plot(ends, [y, y], color=colour, linewidth=1.3, marker="|", markersize=7, markeredgewidth=1.3)
            if one.total.duels:
                axes.plot([100 * one.total.win_rate], [y], color=colour, marker="o", markersize=6, linestyle="none")
            beside: dict[str, Any] = {"xy": (1, y), "xycoords": axes.get_yaxis_transform(), "xytext": (6, 0)}
            beside |= {"textcoords": "offset points", "va": "center", "annotation_clip": False}
            axes.annotate(percent(one.total.win_rate), **beside)
            pair = f"{cleaned(name(one.contest.a))} : {cleaned(name(one.contest.b))}"
            own = f" ({cleaned(one.contest.judge_label)})" if len(judges) > 1 else ""
            labels.append(look.font.drawable(pair + own) + "*" * bool(one.failed or one.missing))
        axes.set_xlim(0, 100)
        axes.set_ylim(len(scores) - 0.45, -0.55)
        axes.set_yticks(range(len(scores)), labels)
        axes.tick_params(axis="y", length=0, labelsize=9)
        axes.grid(axis="x", color="#D0D0D0", linewidth=0.5)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        below = [said["axis"], *([said["short"]] if any(one.failed or one.missing for one in scores) else [])]
        axes.set_xlabel("\n".join(below), fontsize=9)
        shared = [look.name(said["judge"].format(judges[0]))] if len(judges) == 1 else []
        title = " · ".join(part for part in [look.name(look.title or ""), *shared] if part)
        if title and look.title != "":
            axes.set_title(title, fontsize=10, loc="left")
        metadata: dict[str, Any] = {"Software": None}
        if format == "svg":
            metadata = {"Date": None, "Creator": "kojudge", "Title": title or "contests"}
        file = io.BytesIO()
        figure.savefig(file, format=format, dpi=DPI, metadata=metadata, bbox_inches="tight", pad_inches=0.06)
    return file.getvalue()

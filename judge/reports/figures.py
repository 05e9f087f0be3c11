"""Rows -> figures for papers and cards: radar of the categories, strategies, board. Needs matplotlib.

Readable in black and white (marker and line style differ, not only the colour) and with any colour vision (the
palette of Okabe and Ito 2008). The same rows give the same bytes. Nothing of matplotlib's global state is changed,
no window system is asked for.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from judge.config import STANDARD_RANGE
from judge.errors import ConfigError
from judge.reports.canvas import GREY, matplotlib_defaults
from judge.reports.card import short_names
from judge.reports.facts import LOGICKOR_FILE
from judge.reports.figure_rows import board_rows, constant, labels, radar_rows, strategy_rows
from judge.reports.fonts import Font, with_few_marks
from judge.reports.words import category_label
from judge.tables.numbers import Rounding, format_score
from judge.tables.row import Row
from judge.text.plain import plain
from judge.wording import Lang

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["radar", "strategies", "board"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "X")
LINES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)), (0, (1, 1)), (0, (8, 1.5, 2, 1.5)))
BAND = "#EDEDED"

WIDTH = 6.6
"""Inches: the text width of an A4 or letter page."""
DPI = 200
NAME_LENGTH = 44
"""Longer names are cut in the middle."""

SAID: Mapping[Lang, Mapping[str, str]] = {
    "ko": {
        "overall": "Overall ({low:g}~{high:g}점, 가로선: 95 % 신뢰구간)",
        "overall_alone": "Overall ({low:g}~{high:g}점)",
        "bands": "음영이 같은 띠: 띠의 첫 결과와 우열을 가릴 수 없음 (차이의 95 % 구간이 0을 포함)",
        "short": "*: 실패했거나 없는 채점이 있음",
        "judge": "심판 {name}",
    },
    "en": {
        "overall": "Overall ({low:g} to {high:g}, bars: 95 % interval)",
        "overall_alone": "Overall ({low:g} to {high:g})",
        "bands": "one band: not to be told apart from its first row (95 % interval of the difference holds 0)",
        "short": "*: verdicts failed or are missing",
        "judge": "judge {name}",
    },
}


@dataclass(frozen=True)
class Look:
    """How a figure is drawn."""

    font: Font
    lang: Lang = "ko"
    rounding: Rounding = "half-up"
    title: str | None = None
    """None: what all rows have in common; empty: none."""
    scale: tuple[float, float] = STANDARD_RANGE
    """Lowest and highest score."""

    @property
    def said(self) -> Mapping[str, str]:
        """The texts of its language."""
        low, high = self.scale
        return {name: text.format(low=low, high=high, name="{name}") for name, text in SAID[self.lang].items()}

    def name(self, text: str) -> str:
        """Return a name as it is drawn."""
        return self.font.drawable(cleaned(text))


def texts(rows: Sequence[Row], lang: Lang, title: str | None) -> list[str]:
    """Return everything that a figure of these rows may write, to choose a font by."""
    given = [category_label(cleaned(name), lang) for row in rows for name in row.categories]
    given += [cleaned(name) for row in rows for name in (row.model, row.strategy, row.judge_label)]
    return [*given, *SAID[lang].values(), cleaned(title or ""), "0123456789.()*?·…"]


def draw(kind: Kind, rows: Sequence[Row], look: Look, *, format: Literal["svg", "png"]) -> bytes:
    """Return a figure of rows of one judge and question set (`figure_rows.comparable`) as the bytes of a file.

    Raises ConfigError where a radar would be unreadable, or matplotlib is not installed.
    """
    painters: dict[Kind, Callable[[Sequence[Row], Look], Figure]] = {
        "radar": _radar,
        "strategies": _strategies,
        "board": _board,
    }
    with matplotlib_defaults(look.font):
        figure = painters[kind](rows, look)
        metadata: dict[str, Any] = {"Software": None}
        if format == "svg":
            metadata = {"Date": None, "Creator": "kojudge", "Title": _title(rows, look) or kind}
        file = io.BytesIO()
        figure.savefig(file, format=format, dpi=DPI, metadata=metadata, bbox_inches="tight", pad_inches=0.06)
    return file.getvalue()


def cleaned(text: str) -> str:
    """A name in one line, without marks that cannot be drawn, cut in the middle where it is long."""
    flat = with_few_marks(" ".join(plain(text).split()))
    half = NAME_LENGTH // 2
    return flat if len(flat) <= NAME_LENGTH else f"{flat[:half]}…{flat[-half:]}"


def _title(rows: Sequence[Row], look: Look) -> str:
    if look.title is not None and not rows[0].offline:
        return look.name(look.title)
    judge = rows[0].judge_label if rows[0].judge != LOGICKOR_FILE else ""
    said = [look.said["judge"].format(name=look.name(judge))] if judge else []
    return " · ".join(part for part in [look.name(look.title or constant(rows)), *said] if part)


def _figure(height: float, **more: Any) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.add_subplot(**more)


def _legend(figure: Figure, axes: Axes, handles: Sequence[Any], names: Sequence[str], below: float) -> None:
    """A legend below the axes. Names are put in afterwards: matplotlib leaves out those that begin with `_`."""
    columns = 1 if max(map(len, names)) > 30 else min(3, len(names))
    legend = axes.legend(
        handles=list(handles),
        labels=[str(i) for i in range(len(names))],
        loc="upper center",
        bbox_to_anchor=(0.5, below),
        ncols=columns,
        frameon=False,
        handlelength=3.2,
        fontsize=9,
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)


def _marked(names: Sequence[str], rows: Sequence[Row], look: Look) -> list[str]:
    return [look.name(name) + ("*" if row.failed or row.missing else "") for name, row in zip(names, rows, strict=True)]


def _radar(rows: Sequence[Row], look: Look) -> Figure:
    shown, axes_names = radar_rows(rows)
    figure, axes = _figure(4.9, projection="polar")
    angles = [2 * math.pi * i / len(axes_names) for i in range(len(axes_names))]
    handles = []
    for i, row in enumerate(shown):
        values = [float(row.categories[name] or 0) for name in axes_names]
        style = {"color": COLOURS[i], "linestyle": LINES[i], "marker": MARKERS[i], "markersize": 5, "linewidth": 1.6}
        [line] = axes.plot([*angles, angles[0]], [*values, values[0]], **style)
        if len(shown) < 4:  # more areas would be mud
            axes.fill(angles, values, color=COLOURS[i], alpha=0.05, linewidth=0)
        handles.append(line)
    axes.set_theta_offset(math.pi / 2)
    axes.set_theta_direction(-1)
    top = look.scale[1]
    axes.set_ylim(0, top)
    axes.set_yticks(
        [top * i / 5 for i in range(1, 6)], [f"{top * i / 5:g}" for i in range(1, 6)], color=GREY, fontsize=8
    )
    axes.set_rlabel_position(180 / len(axes_names))
    axes.set_xticks(angles, [category_label(look.name(name), look.lang) for name in axes_names], fontsize=11)
    axes.tick_params(axis="x", pad=9)
    axes.grid(color="#BFBFBF", linewidth=0.6)
    names = [
        f"{name}  {format_score(row.overall, look.rounding)}"
        for name, row in zip(_marked(labels(shown), shown, look), shown, strict=True)
    ]
    _legend(figure, axes, handles, names, -0.08)
    _write_around(axes, shown, look, notes=[])
    return figure


def _write_around(axes: Axes, rows: Sequence[Row], look: Look, notes: Sequence[str], gap: float = 0.0) -> None:
    """Title above; what the marks mean below, `gap` inches under the axes' label."""
    if title := _title(rows, look):
        axes.set_title(
            title,
            fontsize=10,
            pad=8 if axes.name == "rectilinear" else 14,
            loc="left" if axes.name == "rectilinear" else "center",
        )
    lines = [*notes, *([look.said["short"]] if any(row.failed or row.missing for row in rows) else [])]
    if lines and axes.name == "rectilinear":
        axes.annotate(
            "\n".join(lines), (0, 0), (0, -37 - 72 * gap), xycoords="axes fraction", textcoords="offset points",
            va="top", fontsize=8, color=GREY, annotation_clip=False,
        )  # fmt: skip
    elif lines:
        axes.figure.text(0.5, -0.12, "\n".join(lines), ha="center", va="top", fontsize=8, color=GREY)


def _whisker(axes: Axes, row: Row, y: float, number: int, look: Look) -> Any:
    """One point with its interval, and its score at the right; returns what a legend shows."""
    colour, middle = COLOURS[number], float(row.overall or 0)
    if row.interval:
        ends = [row.interval.low, row.interval.high]
        axes.plot(ends, [y, y], color=colour, linewidth=1.3, marker="|", markersize=7, markeredgewidth=1.3, zorder=2)
    style: dict[str, Any] = {"marker": MARKERS[number], "markersize": 6, "linestyle": "none", "zorder": 3}
    style |= {"markeredgecolor": colour, "markeredgewidth": 1.3, "markerfacecolor": "white" if number % 2 else colour}
    [point] = axes.plot([middle], [y], **style)
    beside: dict[str, Any] = {"xy": (1, y), "xycoords": axes.get_yaxis_transform(), "xytext": (6, 0)}
    beside |= {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    axes.annotate(format_score(row.overall, look.rounding), **beside)
    return point


def _scale(axes: Axes, rows: Sequence[Row], look: Look, ticks: Mapping[float, str], places: int) -> None:
    """The score axis below, names at the left; only the part of the scale that holds something."""
    ends = [
        e for r in rows for e in ((r.interval.low, r.interval.high) if r.interval else (float(r.overall or 0),) * 2)
    ]
    low, high = max(0, math.floor(min(ends) - 0.1)), min(math.ceil(look.scale[1]), math.ceil(max(ends) + 0.1))
    axes.set_xlim(low, high)
    axes.set_xticks(range(low, high + 1))
    axes.set_ylim(places - 0.45, -0.55)
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.grid(axis="x", color="#D0D0D0", linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(look.said["overall" if any(row.interval for row in rows) else "overall_alone"], fontsize=9)


def _strategies(rows: Sequence[Row], look: Look) -> Figure:
    """Models from the top, best first; of one model alone the strategies are named at the left, without a legend."""
    models, strategies, place = strategy_rows(rows)
    if len(strategies) > len(MARKERS):
        raise ConfigError(f"{len(strategies)} strategies are too many for one figure; choose with --strategy")
    alone = len(models) == 1
    height = 0.9 + len(models) * (0.12 + 0.21 * len(strategies))
    figure, axes = _figure(height)
    handles: dict[str, Any] = {}
    ticks: dict[float, str] = {}
    for y, model in enumerate(models):
        mine = [place[model, strategy] for strategy in strategies if (model, strategy) in place]
        if y % 2:
            axes.axhspan(y - 0.5, y + 0.5, color=BAND, linewidth=0, zorder=0)
        ticks |= {} if alone else {float(y): _marked([short_names(models)[model]], [_worst(mine)], look)[0]}
        for row in mine:
            number = strategies.index(row.strategy)
            height_here = y + (number - (len(strategies) - 1) / 2) * 0.8 / len(strategies)
            handles[row.strategy] = _whisker(axes, row, height_here, number, look)
            ticks |= {height_here: _marked([row.strategy], [row], look)[0]} if alone else {}
    shown = list(place.values())
    _scale(axes, shown, look, ticks, len(models))
    if not alone:
        listed = [name for name in strategies if name in handles]
        _legend(figure, axes, [handles[n] for n in listed], [look.name(n) for n in listed], -0.48 / height)
    _write_around(axes, shown, look, [], gap=0 if alone else 0.34)
    return figure


def _worst(rows: Sequence[Row]) -> Row:
    """The row with the most verdicts that failed or are missing."""
    return max(rows, key=lambda row: row.failed + row.missing)


def _board(rows: Sequence[Row], look: Look) -> Figure:
    shown, bands = board_rows(rows)
    figure, axes = _figure(0.9 + 0.24 * len(shown))
    for y, (row, band) in enumerate(zip(shown, bands, strict=True)):
        if band >= 0 and band % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color=BAND, linewidth=0, zorder=0)
        _whisker(axes, row, y, 0, look)
    ticks = {float(y): name for y, name in enumerate(_marked(labels(shown), shown, look))}
    _scale(axes, shown, look, ticks, len(shown))
    _write_around(axes, shown, look, [look.said["bands"]] if any(band >= 0 for band in bands) else [])
    return figure

"""matplotlib without its global state: its defaults and ours for one figure, text by our font. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from judge.errors import ConfigError
from judge.reports.fonts import Font

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = "#595959"
"""Of what is not data."""


def check_installed() -> None:
    """Raise ConfigError where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ConfigError("kojudge plot needs the package matplotlib; pip install 'kojudge[plots]'") from None


@contextmanager
def matplotlib_defaults() -> Iterator[None]:
    """matplotlib's defaults and ours, whatever the user's matplotlibrc says; restored afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.fonttype": "path",
                "svg.hashsalt": "kojudge",
                "font.size": 9.0,
                "axes.edgecolor": GREY,
                "axes.linewidth": 0.6,
                "hatch.linewidth": 0.6,
            }
        )
        yield


def write_plainly(figure: Figure, font: Font) -> None:
    """Give every text the font, and take no `$` for mathematics."""
    from matplotlib.text import Text

    for axes in figure.axes:
        axes.get_xticklabels()  # they come into being when they are asked for
        axes.get_yticklabels()
    for text in figure.findobj(Text):
        assert isinstance(text, Text)  # noqa: S101 - for the type checker
        properties = font.properties()
        properties.set_size(text.get_fontsize())
        text.set_fontproperties(properties)
        text.set_parse_math(False)
        text.set_text(font.drawable(text.get_text()))

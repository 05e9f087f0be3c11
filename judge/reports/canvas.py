"""matplotlib without its global state: its defaults and ours for one figure. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from judge.errors import ConfigError
from judge.reports.fonts import Font

GREY = "#595959"
"""Of what is not data."""


def check_installed() -> None:
    """Raise ConfigError where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ConfigError("kojudge plot needs the package matplotlib; pip install 'kojudge[plots]'") from None


@contextmanager
def matplotlib_defaults(font: Font) -> Iterator[None]:
    """matplotlib's defaults and ours, whatever the user's matplotlibrc says; restored afterwards."""
    import matplotlib

    with matplotlib.rc_context(), font.families() as families:
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.fonttype": "path",
                "svg.hashsalt": "kojudge",
                "font.family": families,
                "font.size": 9.0,
                "text.parse_math": False,
                "axes.edgecolor": GREY,
                "axes.linewidth": 0.6,
                "hatch.linewidth": 0.6,
            }
        )
        yield

"""`kojudge plot`: the same bytes for the same rows, every glyph there, nothing of matplotlib's state changed."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib
import pytest
from matplotlib.font_manager import fontManager

from judge.cli.main import main
from judge.errors import ConfigError
from judge.reports import figures as plots
from judge.reports import fonts as plot_fonts
from judge.reports.figure_rows import board_rows, radar_rows, strategy_rows
from judge.tables.means import mean_rows
from judge.tables.row import Ranks, Row
from tests.support.card_files import evaluated, level
from tests.support.results import board

pytestmark = pytest.mark.proofs

KINDS = ("radar", "strategies", "board")
DEJAVU = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@pytest.fixture(scope="module")
def korean() -> Path:
    """A font with Hangul that this machine has."""
    try:
        return plot_fonts.find_font(["추론수학글쓰기코딩이해문법점가로선신뢰구간"]).paths[0]
    except ConfigError:
        pytest.skip("no font with Hangul is installed (Debian: apt-get install fonts-nanum)")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two models under two strategies."""
    for base, strategy in ((5.0, "default"), (6.0, "1-shot")):
        evaluated(tmp_path, "org/mine", strategy, level(base))
        evaluated(tmp_path, "org/other", strategy, lambda n, t: 4.0 + (n * 5 + t) % 4)
    return tmp_path / "evaluated"


def plot(kind: str, source: Path, name: str, *more: str) -> Path:
    path = source.parent / name
    assert main(["plot", kind, str(source), "-o", str(path), "--draws", "200", *more]) == 0
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_an_english_figure_needs_no_korean_font_and_has_the_same_bytes_twice(kind: str, source: Path) -> None:
    before, fonts = dict(matplotlib.rcParams), list(fontManager.ttflist)
    one, two = (plot(kind, source, f"{n}.svg", "--lang", "en") for n in "ab")
    assert one.read_bytes() == two.read_bytes()
    assert (dict(matplotlib.rcParams), list(fontManager.ttflist)) == (before, fonts)
    root = ET.fromstring(one.read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")
    text = one.read_text(encoding="utf-8")
    assert "<text" not in text  # paths show everywhere
    assert not re.search(r"\d{4}-\d\d-\d\dT", text)
    assert 'href="http' not in text


def test_a_png_is_a_png_of_the_same_bytes(source: Path) -> None:
    one, two = (plot("board", source, f"{n}.PNG", "--lang", "en").read_bytes() for n in "ab")
    assert one == two
    assert one.startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_korean_figure_is_drawn_with_a_korean_font(kind: str, source: Path, korean: Path) -> None:
    """matplotlib would warn of a missing glyph, which is an error here."""
    path = plot(kind, source, "a.svg", "--title", "한국어 제목")
    assert (
        path.read_bytes() == plot(kind, source, "b.svg", "--title", "한국어 제목", "--font", str(korean)).read_bytes()
    )


def test_the_users_matplotlibrc_changes_nothing(source: Path) -> None:
    plain = plot("board", source, "a.svg", "--lang", "en").read_bytes()
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "none", "axes.grid": True}):
        assert plot("board", source, "b.svg", "--lang", "en").read_bytes() == plain


def test_without_a_korean_font_one_line_says_how_to_get_one(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [str(DEJAVU), "gone.ttf"])
    assert main(["plot", "board", str(source), "-o", str(source / "a.svg")]) == 2
    error = capsys.readouterr().err
    assert "apt-get install fonts-nanum" in error
    assert error.count("\n") == 1
    assert not (source / "a.svg").exists()


def test_a_given_font_must_have_the_letters(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "no.ttf").write_text("no font", encoding="utf-8")
    for font, message in (
        (DEJAVU, "has no glyph for"),
        (source / "no.ttf", "is no font"),
        (source / "x", "is no font"),
    ):
        assert main(["plot", "radar", str(source), "-o", str(source / "a.png"), "--font", str(font)]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_a_character_that_no_font_has_is_a_question_mark_and_never_a_box(kind: str, source: Path) -> None:
    """matplotlib would warn of a missing glyph, which is an error here."""
    for name in ("org/a\U0001f35ab", "org/a?b"):
        evaluated(source.parent / name[-3:], name, "default", level(5.0))
        evaluated(source.parent / name[-3:], name, "1-shot", level(6.0))
    rice, mark = (plot(kind, source.parent / n / "evaluated", "a.svg", "--lang", "en") for n in ("a\U0001f35ab", "a?b"))
    assert rice.read_bytes() == mark.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_letters_that_the_korean_font_lacks_come_from_another(kind: str, source: Path, korean: Path) -> None:
    evaluated(source.parent, "org/việt-Σ", "default", level(5.0))
    plot(kind, source, "a.svg")
    plot(kind, source, "b.svg", "--font", str(korean))


MARKS = [chr(code) for code in range(0x300, 0x20F0) if unicodedata.category(chr(code)) == "Mn"]


@pytest.mark.parametrize("marks", ["\u0301" * 500, "\u1ab0" * 500, "".join(MARKS[:500])], ids=["acute", "rare", "many"])
def test_a_category_under_hundreds_of_accents_is_drawn_without_them(
    marks: str, tmp_path: Path, korean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """matplotlib would warn of a missing glyph, which is an error here."""

    def drawn(name: str, under: str) -> bytes:
        rows = [{"id": n, "category": f"{c}{under}", "questions": ["가"]} for n, c in enumerate("수국영", start=1)]
        questions, out = tmp_path / f"{name}.jsonl", tmp_path / name
        questions.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        words = ["baseline:echo", "--questions", str(questions), "--out", str(out), "--judge", "rules"]
        assert main(["run", *words, "--strategy", "0-shot", "-q"]) == 0
        assert main(["plot", "radar", str(out), "-o", str(tmp_path / f"{name}.svg")]) == 0
        return (tmp_path / f"{name}.svg").read_bytes()

    assert drawn("with", marks) == drawn("without", "")


def test_of_letters_that_no_font_has_it_is_said_which_they_are(
    source: Path, capsys: pytest.CaptureFixture[str], korean: Path
) -> None:
    evaluated(source.parent, "org/\U00012000", "default", level(5.0))  # cuneiform
    code = main(["plot", "board", str(source), "-o", str(source / "a.svg"), "--draws", "200"])
    told = capsys.readouterr().err
    assert (code, told) == (0, "") or (code == 2 and "no installed font has the letters \U00012000" in told)


def row(model: str, overall: float, *, rank: int = 0, tied: tuple[int, ...] = (), strategy: str = "0-shot") -> Row:
    [one] = mean_rows([board((overall, overall), model=model, strategy=strategy)])
    return Row(**{**vars(one), "ranks": Ranks(rank, rank, rank, tied) if rank else None})


def test_a_band_holds_what_cannot_be_told_apart_from_its_first_row() -> None:
    given = [
        row("d", 2),
        row("c", 5, rank=3, tied=(2,)),
        row("b", 6, rank=2, tied=(1, 3)),
        row("a", 7, rank=1, tied=(2,)),
    ]
    shown, bands = board_rows(given)
    assert [r.model for r in shown] == ["a", "b", "c", "d"]
    assert bands == [0, 0, 1, -1]


def test_a_radar_of_many_rows_takes_the_best_strategy_of_each_model() -> None:
    six = {i + 1: c for i, c in enumerate(("추론", "수학", "글쓰기"))}
    given = mean_rows(
        [
            board(*[(s, s)] * 3, model=m, strategy=n, categories=six)
            for m in "abcd"
            for n, s in (("0-shot", 4), ("1-shot", 6))
        ]
    )
    shown, axes = radar_rows(given)
    assert [(r.model, r.strategy) for r in shown] == [(m, "1-shot") for m in "abcd"]
    assert axes == ["추론", "수학", "글쓰기"]
    with pytest.raises(ConfigError, match="a radar of 7 rows cannot be read"):
        radar_rows([row(m, 5) for m in "abcdefg"])
    with pytest.raises(ConfigError, match="a radar needs 3 categories"):
        radar_rows([row("a", 5)])
    assert strategy_rows(given)[:2] == (["a", "b", "c", "d"], ["0-shot", "1-shot"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "a.pdf"], "is written as .svg or .png"),
        (["-o", "a.svg", "--models", "org/mien"], "did you mean 'org/mine'"),
        (["-o", "a.svg", "--strategy", "1-shto"], "1-shto"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], message: str, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", "board", str(source), *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_other_questions_do_not_stand_in_one_figure(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluated(source.parent, "org/else", "default", level(5), words="다른 물음")
    assert main(["plot", "board", str(source), "-o", str(source / "a.svg")]) == 2
    assert "the models answered different questions" in capsys.readouterr().err
    plot("board", source, "a.svg", "--models", "mine,other", "--lang", "en")


def test_failed_verdicts_are_marked_and_told_by_the_exit_code(source: Path) -> None:
    path = evaluated(source.parent, "org/short", "default", lambda n, t: None if n == 1 else 5.0)
    assert main(["plot", "board", str(path), "-o", str(source / "a.svg"), "--lang", "en", "--draws", "200"]) == 1
    [short] = mean_rows([board((5, 5), expected={(i, t): "c" for i in (1, 2) for t in (1, 2)})])
    assert plots._marked(["name"], [short], plots.Look(plot_fonts.find_font(["name"]))) == ["name*"]

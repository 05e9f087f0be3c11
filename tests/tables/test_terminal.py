"""Tables on a terminal: no line too wide, no number broken, nothing of a stranger's that moves the cursor."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from judge.cli import output as cli_output
from judge.cli.main import main
from judge.tables import render
from judge.tables.cells import Grid
from judge.tables.summary import run_summary
from judge.tables.terminal import Screen, screen_grid, screen_lines, visible, wrap
from tests.support.evaluated import evaluated
from tests.tables.test_render import row

NAMES = st.lists(st.text(max_size=40), min_size=3, max_size=3)
NUMBERS = st.lists(st.sampled_from(["6.06 ±0.90", "84/84", "-", "10.00", "1-3, 7"]), min_size=9, max_size=9)


def grid(lines: list[list[str]], names: int = 3) -> Grid:
    header = [
        "model",
        "strategy",
        "judge",
        "추론",
        "수학",
        "글쓰기",
        "코딩",
        "이해",
        "문법",
        "싱글턴",
        "멀티턴",
        "Overall",
    ]
    return Grid("title", ("! a warning",), header[: len(lines[0])], names, lines, ("(1) a footnote " * 9,))


# The names alone would fit beside nine cells, the numbers need ten: one block a number either way.
@pytest.mark.proofs
@given(st.lists(st.tuples(NAMES, NUMBERS), min_size=1, max_size=4), st.integers(60, 200))
@example([(["", "0" * 11, ""], ["6.06 ±0.90"] * 9), (["0" * 10, "", "0" * 24], ["6.06 ±0.90"] * 9)], 60)
def test_any_table_fits_and_keeps_its_numbers_whole(given: list[tuple[list[str], list[str]]], width: int) -> None:
    shown = screen_grid(grid([[*names, *numbers] for names, numbers in given]), Screen(width))
    assert max(map(cell_len, shown.split("\n"))) <= width
    for _, numbers in given:
        for number in numbers:
            assert re.search(rf"(?<!\S){re.escape(number)}(?!\S)", shown)
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@given(st.text(max_size=200), st.integers(12, 80))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    shown = wrap(visible(text), width)
    assert max(map(cell_len, shown)) <= width
    assert "".join("".join(shown).split()) == "".join(visible(text).split())


def test_a_wide_table_is_cut_into_blocks_that_all_have_the_names() -> None:
    lines = [[f"org/model-{n}", "0-shot", "j", *["6.06"] * 8, "6.06 ±0.90"] for n in range(2)]
    shown = screen_grid(grid(lines), Screen(60))
    assert shown.count("org/model-1") == 2
    assert "strategy 0-shot · judge j" in shown  # said once, above
    assert "0-shot  j" not in shown
    assert screen_grid(grid(lines), Screen(120)).count("org/model-1") == 1


def test_korean_columns_line_up() -> None:
    shown = screen_grid(grid([["한국어-모델", "0-shot", "j", "6.06"], ["b", "1-shot", "j", "10.00"]]), Screen(80))
    table = [line for line in shown.split("\n") if line.endswith(("추론", "6.06", "10.00"))]
    assert len({cell_len(line) for line in table}) == 1


def test_a_terminal_shows_plain_text_and_spells_out_control_characters() -> None:
    nasty = row(model="<b>[x]*y*\x1b[31m\u202e|z", notes=("a & b",))
    shown = render.render_rows([nasty], format="text")
    assert "<b>[x]*y*\\x1b[31m\\u202e|z" in shown
    assert "(1) a & b" in shown
    assert "\x1b" not in shown
    assert "&lt;b&gt;\\[x\\]" in render.render_rows([nasty], format="md")
    assert visible("a\tb\r\nc\x00\x9b\U000e0001") == "a b c\\x00\\x9b\\U000e0001"


def test_colours_change_nothing_but_the_colour() -> None:
    given = [row(judged=80), row(strategy="1-shot", notes=("late",))]
    plain = render.render_rows(given, format="text", screen=Screen(80))
    coloured = render.render_rows(given, format="text", screen=Screen(80, colour=True))
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain
    assert all(line.count("\x1b[") % 2 == 0 for line in coloured.split("\n"))


def test_counts_are_one_column_on_a_terminal() -> None:
    shown = render.render_rows([row(judged=79, failed=2)], format="text", screen=Screen(80))
    assert "79/84, 2 failed" in shown
    assert "expected" not in shown


def test_sentences_are_indented_under_each_other() -> None:
    assert screen_lines(["가나다 라마바 " * 5], Screen(40)).split("\n")[1].startswith("  ")


class Terminal:
    """Standard output that says whether it is a terminal."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.text = ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def shown_on(terminal: bool, words: list[str], monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = Terminal(terminal)
    monkeypatch.setattr("sys.stdout", out)
    assert main(words) == 0
    return out.text


@pytest.mark.proofs
@pytest.mark.parametrize("verb", ["table", "compare", "audit", "items"])
def test_text_on_a_terminal_and_markdown_elsewhere(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(3):
        for strategy in ("default", "1-shot"):
            evaluated(tmp_path, f"org/a-model-of-a-long-name-{place}", strategy, 3 + place, seed=place)
    words = [verb, str(tmp_path / "evaluated")]
    coloured = shown_on(True, words, monkeypatch, COLUMNS="80")
    assert "\x1b[1m" in coloured
    assert "| --" not in coloured
    assert "\x1b" not in shown_on(True, words, monkeypatch, COLUMNS="80", NO_COLOR="1")
    assert "\x1b" not in shown_on(True, words, monkeypatch, COLUMNS="80", TERM="dumb")
    plain = shown_on(True, words, monkeypatch, COLUMNS="80", NO_COLOR="1")
    assert max(map(cell_len, plain.split("\n"))) <= 80
    piped = shown_on(False, words, monkeypatch)
    assert "| --" in piped
    assert "\x1b" not in piped
    assert shown_on(True, [*words, "-o", str(tmp_path / "x.md")], monkeypatch) == ""
    assert (tmp_path / "x.md").read_text(encoding="utf-8") == piped


def test_no_width_is_too_small_to_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "5")
    assert cli_output.screen_of(type("Options", (), {"output": None})()).width == 40  # type: ignore[arg-type]


def test_the_summary_of_a_run_is_one_screen() -> None:
    given = [
        row(strategy=name, judged=82, failed=2, kinds={"timeout": 2}, overall=Fraction(6))
        for name in ("cot-1-shot", "0-shot", "1-shot")
    ]
    cost = "judge j: 252 requests, 700,000 tokens in, 90,000 out, $1.20"
    shown = run_summary(given, "outputs/org/m", costs=[cost], format="text", screen=Screen(80))
    lines = shown.split("\n")
    assert len(lines) <= 24
    assert max(map(cell_len, lines)) <= 80
    table = [line.split() for line in lines if line.endswith("82/84")]
    assert [(line[0], line[1]) for line in table] == [("0-shot", "6.00"), ("1-shot", "6.00"), ("cot-1-shot", "6.00")]
    assert "! 6 verdicts failed (6 timeout): the same command asks for them again" in shown
    assert cost in shown
    assert "kojudge compare outputs/org/m" in shown
    one = run_summary([row()], "outputs/org/m")
    assert "!" not in one
    assert "kojudge compare" not in one


@pytest.mark.proofs
def test_a_run_ends_with_its_summary_and_json_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "baseline:echo", "--judge", "rules", "--limit", "6", "--out", str(tmp_path), "-q"]
    assert main(words) == 0
    table, end = capsys.readouterr().out.split("### summary")
    assert "| 글쓰기 |" in table
    assert end.count("±") == 3
    assert f"kojudge compare {tmp_path / 'baseline_echo'}: which strategy is really better" in end.replace("\\", "")
    assert main([*words, "--json"]) == 0
    assert "summary" not in capsys.readouterr().out

"""Rows as text: rounding, formats, and names that try to break out of their cell."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction as F  # noqa: N817 - most lines below hold exact numbers
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from judge.tables import render
from judge.tables.cells import csv_cell, csv_text
from judge.tables.numbers import Rounding, format_score
from judge.tables.row import Row

HEADER = (
    "model,strategy,judge,추론,수학,글쓰기,코딩,이해,문법,싱글턴,멀티턴,Overall,judged,failed,expected,lowest,highest"
)
NASTY = '=1|2\n<b>&"x,y\x1b[31m\x9b2J\x1b]0;t\x07\u202e`[l](u)\\|'


def row(**changed: Any) -> Row:
    values: dict[str, Any] = {
        "model": "org/m",
        "strategy": "0-shot",
        "judge": "j",
        "offline": False,
        "categories": {"추론": F(11, 2), "수학": F(18, 7), "글쓰기": None},
        "category_turns": {"추론": (F(5), F(6)), "수학": (F(1, 3), None), "글쓰기": (None, None)},
        "single": F(281, 42),
        "multi": F(11, 2),
        "overall": F(1219, 200),
        "mean_of_judged": F(6),
        "judged": 84,
        "failed": 0,
        "expected": 84,
    }
    return Row(**(values | changed))


def text(*rows: Row, **options: Any) -> str:
    return render.render_rows(rows, **options)


@pytest.mark.parametrize(
    ("score", "rounding", "digits", "shown"),
    [
        (F(1219, 200), "half-up", 2, "6.10"),
        (F(1219, 200), "truncate", 2, "6.09"),
        (F(2, 3), "half-up", 2, "0.67"),
        (F(2, 3), "truncate", 2, "0.66"),
        (F(1, 200), "half-up", 2, "0.01"),
        (F(201, 200), "half-up", 2, "1.01"),  # round() of the float 1.005 gives 1.0
        (F(10), "truncate", 2, "10.00"),
        (F(0), "half-up", 2, "0.00"),
        (F(-1, 8), "half-up", 2, "-0.13"),
        (F(-1, 8), "truncate", 2, "-0.12"),
        (F(-1, 1000), "half-up", 2, "0.00"),
        (F(5, 2), "half-up", 0, "3"),
        (F(1, 3), "half-up", 4, "0.3333"),
    ],
)
def test_format_score(score: F, rounding: Rounding, digits: int, shown: str) -> None:
    assert format_score(score, rounding, digits) == shown


def test_no_score_is_what_the_format_says() -> None:
    assert format_score(None, "half-up") == ""
    assert format_score(None, "half-up", none="-") == "-"


@pytest.mark.proofs
@given(st.fractions(-20, 20, max_denominator=10**6), st.integers(0, 6), st.sampled_from(["half-up", "truncate"]))
def test_format_score_is_decimal_rounding(score: F, digits: int, rounding: Rounding) -> None:
    with localcontext(prec=60):
        exact = Decimal(score.numerator) / Decimal(score.denominator)
        mode = ROUND_HALF_UP if rounding == "half-up" else ROUND_DOWN
        decimal = exact.quantize(Decimal(1).scaleb(-digits), rounding=mode)
    assert format_score(score, rounding, digits) == str(abs(decimal) if decimal == 0 else decimal)


def test_csv_header_and_cells() -> None:
    first, line, end = text(row(), format="csv").split("\n")
    assert first == HEADER
    assert line == "org/m,0-shot,j,5.50,2.57,,,,,6.69,5.50,6.10,84,0,84,0,10"
    assert end == ""
    assert ",2.57,,,,,6.69,5.50,6.09," in text(row(), format="csv", rounding="truncate")
    assert text(format="csv") == HEADER + "\n"


def test_other_categories_stand_between_the_six_and_the_means() -> None:
    given = row(categories={"번역": F(1), "수학": F(2)}, category_turns={})
    first, line, _ = text(given, format="csv").split("\n")
    assert first == HEADER.replace("싱글턴", "번역,싱글턴")
    other = text(row(categories={"번역": F(1)}, category_turns={}, score_range=(1.0, 5.0)), format="csv")
    assert (
        other.splitlines()[0] == "model,strategy,judge,번역,싱글턴,멀티턴,Overall,judged,failed,expected,lowest,highest"
    )
    assert other.splitlines()[1].endswith(",84,0,84,1,5")
    assert line.startswith("org/m,0-shot,j,,2.00,,,,,1.00,6.69")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\x1b[0m=", "＝"])
def test_no_csv_cell_is_a_formula(start: str) -> None:
    table = text(row(model=start + "cmd()", categories={start + "c": F(1)}), format="csv")
    for line in csv.reader(io.StringIO(table)):
        assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert "'" in table.splitlines()[1]


@pytest.mark.parametrize("number", ["-0.18", "+1.31", "-3", "6.06"])
def test_a_number_with_a_sign_stays_a_number(number: str) -> None:
    assert csv_text([[number, f"{number}+cmd()"]]).startswith(f"{number},")
    assert csv_cell(f"-{number}x").startswith("'-")


@pytest.mark.proofs
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_name_is_one_csv_cell_and_one_json_string(model: str, category: str) -> None:
    given = row(model=model, categories={category: F(1)})
    lines = list(csv.reader(io.StringIO(text(given, format="csv"))))
    assert [len(line) for line in lines] == [len(lines[0])] * 2
    as_json = text(given, format="json")
    assert json.loads(as_json)["rows"][0]["model"] == model
    for shown in (as_json, text(given, format="csv"), text(given), text(given, format="latex")):
        assert not [c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
        shown.encode("utf-8")


def test_json_is_unrounded_and_null_where_nothing_was_judged() -> None:
    [shown] = json.loads(text(row(overall=None), format="json"))["rows"]
    assert list(shown) == [
        *("model", "strategy", "judge", "categories", "single", "multi", "overall"),
        *("judged", "failed", "expected", "mean_of_judged", "offline", "range"),
        *("questions", "of_questions", "missing", "failure_kinds", "failure_rule", "notes", "legend"),
    ]
    assert shown["categories"] == {"추론": 5.5, "수학": 18 / 7} | dict.fromkeys(("글쓰기", "코딩", "이해", "문법"))
    assert (shown["single"], shown["overall"], shown["offline"]) == (281 / 42, None, False)
    assert json.loads(text(format="json")) == {"rows": []}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_markdown_columns_line_up_on_a_terminal() -> None:
    shown = text(row(), row(model="한국어/모델-이름"), row(model="짧음", categories={"문법": F(10)}))
    lines = shown.strip().splitlines()
    assert len({cell_len(line) for line in lines}) == 1
    assert cells(lines[0]) == HEADER.split(",")[:-2]
    assert cells(lines[2])[:6] == ["org/m", "0-shot", "j", "5.50", "2.57", "-"]


def test_markdown_of_a_pack_without_the_six_shows_its_own_categories_only() -> None:
    header = cells(text(row(categories={"번역": F(1)}, category_turns={})).splitlines()[0])
    assert header[3:5] == ["번역", "싱글턴"]


def test_one_table_a_strategy_when_models_are_compared() -> None:
    given = [row(model=m, strategy=s) for m in "ab" for s in ("cot-1-shot", "0-shot")]
    for by in ("model", "judge"):
        shown = text(*given, by=by)
        assert re.findall("^### (.*)$", shown, re.M) == ["0-shot", "cot-1-shot"]
        assert len(re.findall(r"^\| [ab] ", shown, re.M)) == 4
    assert "###" not in text(*given, by="strategy")


@pytest.mark.parametrize("by", ["strategy", "model", "judge"])
@pytest.mark.parametrize("format", ["md", "latex"])
def test_offline_rows_have_a_table_of_their_own_under_label_and_caveat(by: str, format: str) -> None:
    given = [
        row(judge="rules", offline=True),
        row(judge="gpt"),
        row(judge="rules", offline=True, strategy="1-shot"),
    ]
    shown = text(*given, by=by, format=format, caveat="No model was asked.")
    before, after = shown.split("No model was asked.")
    assert "rules" not in before
    assert "gpt" in before
    assert "gpt" not in after
    assert after.count("rules (offline heuristic)") == 2
    assert "offline heuristic" in before


@pytest.mark.parametrize("by", ["strategy", "turn"])
@pytest.mark.parametrize("format", ["md", "csv", "json", "latex"])
def test_every_format_calls_the_rule_judge_an_offline_heuristic(by: str, format: str) -> None:
    assert "rules (offline heuristic)" in text(row(judge="rules", offline=True), by=by, format=format)


def test_a_table_that_lacks_verdicts_says_so_above_itself() -> None:
    short = row(judged=79, failed=2)
    assert text(short).startswith("! 2 of 84 verdicts failed, 3 missing: org/m 0-shot (")
    assert "left out of the means" in text(short)
    assert "count as 0" in text(row(judged=79, failed=2, failures="zero"))
    assert text(row(judged=81)).startswith("! 3 of 84 verdicts missing: org/m 0-shot\n")
    assert text(short, row(model="b")).startswith("! 2 of 168 verdicts failed")
    assert text(row(judged=81), row(judge="k")).startswith("! 3 of 168 verdicts missing: org/m 0-shot j\n")
    assert "!" not in text(row())
    assert "! 2 of 84 verdicts failed, 3 missing" in text(short, format="latex")


def test_a_warning_stands_above_its_own_table_only() -> None:
    shown = text(row(judged=83, failed=1), row(strategy="1-shot"), by="model")
    assert shown.index("! 1 of 84") < shown.index("| model")
    assert "!" not in shown.split("### 1-shot")[1]


def test_a_warning_of_many_rows_stays_a_line() -> None:
    shown = text(*(row(model=f"m{n:02}", judged=83, failed=1) for n in range(20)))
    assert shown.startswith("! 20 of 1680 verdicts failed: m00 0-shot, ")
    assert "m07 0-shot, and 12 more rows" in shown


def test_notes_are_footnotes_and_the_same_note_is_one() -> None:
    shown = text(row(model="a", notes=("folded", "late")), row(model="b", notes=("late",)), row(model="c"))
    assert "| a (1) (2) |" in shown
    assert "| b (2) " in shown
    assert "| c  " in shown
    assert shown.endswith("\n\n- (1) folded\n- (2) late\n")


@pytest.mark.parametrize("by", ["model", "judge", "turn"])
@pytest.mark.parametrize("format", ["text", "md", "latex"])
def test_a_footnote_of_several_tables_is_said_once_under_one_number(by: str, format: str) -> None:
    given = [
        row(strategy="0-shot", notes=("folded", "late"), legend=("±: half",)),
        row(strategy="1-shot", notes=("late",), legend=("±: half",)),
        row(strategy="cot-1-shot", notes=("cut off", "late"), legend=("±: half", "gated: by rule")),
    ]
    shown = text(*given, by=by, format=format)
    for footnote in ("(1) folded", "(2) late", "(3) cut off", "±: half", "gated: by rule"):
        assert shown.count(footnote) == 1
        assert shown.index(footnote) > shown.rindex("Overall")
    marked = re.findall(r"org/m[^\n|&]*?((?: \(\d\))+)", shown)
    assert marked == [" (1) (2)", " (2)", " (3) (2)"]


def test_markdown_names_stay_in_their_cell() -> None:
    shown = text(row(model=NASTY, notes=(NASTY,)))
    lines = [line for line in shown.splitlines() if line.startswith("|")]
    assert [len(cells(line)) for line in lines] == [15, 15, 15]
    assert "&lt;b&gt;&amp;" in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e<]", shown)
    assert "[31m" not in shown
    assert r"\`\[l\](u)\\\|" in shown


def test_latex_names_hold_no_command() -> None:
    shown = text(row(model=r"a&b%c$d#e_f{g}~^\x", strategy="[x]", categories={"*": F(1)}), format="latex")
    assert r"a\&b\%c\$d\#e\_f\{g\}\textasciitilde{}\textasciicircum{}\textbackslash{}x & {[}x{]} & j" in shown
    assert r"judge & {*} & 싱글턴" in shown
    for part in (r"\begin{tabular}{lllrrrrrrr}", r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}"):
        assert part in shown


def test_by_turn_is_the_table_of_score_py() -> None:
    lines = text(row(), by="turn").splitlines()
    assert lines[0] == "### org/m · 0-shot · j"
    assert [cells(line) for line in lines if line.startswith("|")] == [
        ["category", "싱글턴", "멀티턴", "Overall"],
        ["--------", "-----:", "-----:", "------:"],
        ["추론", "5.00", "6.00", "5.50"],
        ["수학", "0.33", "-", "2.57"],
        ["글쓰기", "-", "-", "-"],
        ["전체", "6.69", "5.50", "6.10"],
    ]
    assert lines[-1] == "- judged 84, failed 0, expected 84"


def test_by_turn_as_csv_and_json() -> None:
    assert text(row(), by="turn", format="csv").splitlines() == [
        "model,strategy,judge,category,싱글턴,멀티턴,Overall,judged,failed,expected,lowest,highest",
        "org/m,0-shot,j,추론,5.00,6.00,5.50,,,,0,10",
        "org/m,0-shot,j,수학,0.33,,2.57,,,,0,10",
        "org/m,0-shot,j,글쓰기,,,,,,,0,10",
        "org/m,0-shot,j,전체,6.69,5.50,6.10,84,0,84,0,10",
    ]
    [shown] = json.loads(text(row(), by="turn", format="json"))["rows"]
    assert shown["categories"]["수학"] == {"single": 1 / 3, "multi": None, "mean": 18 / 7}


def test_by_turn_every_row_is_a_table_and_says_what_it_lacks() -> None:
    shown = text(row(strategy="1-shot"), row(judged=80), by="turn")
    assert re.findall("^### (.*)$", shown, re.M) == ["org/m · 0-shot · j", "org/m · 1-shot · j"]
    assert shown.count("! 4 of 84 verdicts missing") == 1

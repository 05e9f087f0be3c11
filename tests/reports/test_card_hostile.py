"""What strangers write, in everything that is published: shown as text, never markup, a formula or an order to a terminal."""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from huggingface_hub.repocard_data import model_index_to_eval_results
from markdown_it import MarkdownIt

from judge.reports import card, lm_eval
from judge.reports import figures as plots
from judge.reports import readme as card_merge
from judge.reports.facts import judge_facts
from judge.reports.figure_rows import comparable
from judge.reports.fonts import find_font
from judge.reports.metadata import benchmark_results, judged_results, with_block
from judge.reports.words import EN
from judge.tables.means import mean_rows
from judge.tables.render import render_rows
from judge.tables.row import Row
from judge.text.plain import plain
from judge.trust.intervals import with_intervals
from tests.support.results import board

PAYLOADS = (
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg><animate onbegin=alert(1)>", "<iframe src=//e.example>", "<a href=javascript:alert(1)>",
    "<style>*{background:url(//e.example)}</style>", "<!-- comment", "-->", card_merge.BEGIN, card_merge.END,
    "x <!-- kojudge:end --> y", "---\nlicense: evil\n---", "&lt;b&gt;&amp;#60;", "![x](https://e.example/x.png)",
    "[x](javascript:alert(1))", "[x]: https://e.example", "<https://e.example>", "https://e.example/x", "www.e.example",
    "me@e.example", "**bold** __bold__ _it_ *it* ~~no~~", "`code` ``` fence", "a | b || c", "\\| \\\\| \\", "# heading",
    "- item\n- item", "1. one\r\n2. two", "a\n\n| b |\n|---|", "$x^2$ $$y$$ \\(z\\)", "{{ 7*7 }} {% raw %} ${7*7}",
    "=1+1", "=HYPERLINK(\"http://e.example\")", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\ufeff=1", "＝1",
    " =1", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://e.example\x1b\\x\x1b]8;;\x1b\\", "\x9b2J", "\x00\x07\x08\x7f",
    "\u202egpj.exe", "\u2066a\u2069\u200b\u200f", "\u2028a\u2029b\x85c", "key: value # comment", "!!python/object:os.system",
    "'\" }, {", "_name", "\U0001f35a", "가\u1100\u1161", "x" * 300,
)  # fmt: skip
CATEGORIES = {1: "추론", 2: "수학", 3: "글쓰기"}
TABLE_TAGS = ("table", "thead", "tbody", "tr", "th", "td")
ACTIVE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def given(payload: str) -> tuple[list[card.CardGroup], list[Row]]:
    """A card whose every name is the payload, and its rows."""
    names = {**CATEGORIES, 4: payload or "c"}
    series = [
        board(
            (5, 6), (6, 7), (3, 4), (5, 5), model=m, strategy=payload, judge=payload, categories=names, notes=(payload,)
        )
        for m in (payload, f"{payload} 2")
    ]
    found = with_intervals(mean_rows(series), series, ci="bootstrap", draws=50)
    return [card.CardGroup((found[0],), (found[1],), judge_facts(series[:1], ()), (payload,))], found


def in_one_line(payload: str) -> str:
    return " ".join(plain(payload).split()) or "-"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_card_shows_it_as_text(payload: str) -> None:
    groups, _ = given(payload)
    data = {"results": {payload: {f"{payload.replace(',', '')},{payload}": 0.5}}, "versions": {payload: payload}}
    one = lm_eval.parse(data | {"lm_eval_version": payload}, Path("r.json"))
    text = card.section(groups, card.CardStyle(lang="en"), benchmarks=lm_eval.benchmark_table([one], EN))
    assert not ACTIVE.search(text)
    assert "<" not in text
    assert not re.search(r"(?<!\\)[`\[\]$~]", text)
    assert "://" not in text
    assert "www." not in text
    lines = text.splitlines()
    heads = [line for line in lines if line.startswith("#")]
    assert heads == ["## Korean LLM-as-a-judge evaluation", "### Benchmarks"]
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.split(r"(?<!\\)(?:\\\\)*\|", line)) for line in table.splitlines()}
        assert len(widths) == 1
    assert all(line == "" or line.startswith(("#", "|", "- ", "⚠️")) for line in lines)
    merged = card_merge.merged("# Mine\n", text, path=Path("README.md"))
    assert card_merge.merged(merged, text, path=Path("README.md")) == merged
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    assert set(re.findall(r"<(\w+)", page)) <= {*("h2", "h3", "p", "ul", "li", "strong"), *TABLE_TAGS}
    assert f"{in_one_line(payload)} 2 ({in_one_line(payload)})" in html.unescape(re.sub("<[^>]*>", "", page)) or not (
        payload.isprintable() and "/" not in payload
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_metadata_holds_it_as_a_yaml_string(payload: str) -> None:
    groups, _ = given(payload)
    scores = [lm_eval.Score(payload, payload, payload, 0.5, None, "", payload, dataset=(payload, payload, payload))]
    results = judged_results(groups, rounding="half-up", dataset_name=payload) + benchmark_results(scores)
    text = with_block("---\nlicense: mit\n---\n# Mine\n", payload, results, path=Path("README.md"))
    assert text.startswith("---\nlicense: mit\nmodel-index:")
    assert text.endswith("\n---\n# Mine\n")
    data = yaml.safe_load(text.removeprefix("---\n").rsplit("\n---\n", 1)[0])
    assert data["license"] == "mit"
    name, read = model_index_to_eval_results(data["model-index"])
    assert name == in_one_line(payload)
    assert {result.dataset_name for result in read} == {in_one_line(payload)}
    assert not ACTIVE.search(text)
    assert with_block(text, payload, results, path=Path("README.md")) == text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_csv_cell_is_a_formula_and_no_table_gives_orders_to_a_terminal(payload: str) -> None:
    _, found = given(payload)
    for line in csv.reader(io.StringIO(render_rows(found, format="csv"))):
        texts = [cell for cell in line if not re.fullmatch(r"[+-]?[0-9.]+", cell)]
        assert not [cell for cell in texts if cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))]
    for format in ("csv", "md", "latex", "json"):
        shown = render_rows(found, format=format)  # type: ignore[arg-type]
        assert not ACTIVE.search(shown)
        assert not [c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert html.unescape(render_rows(found)).count("\n") == render_rows(found).count("\n")


@pytest.mark.proofs
def test_a_figure_of_every_payload_is_one_svg_without_script() -> None:
    """Names are drawn as paths; a title that matplotlib would take for mathematics is none."""
    for payload in ("$x^2$ $$y$$ \\(z\\)", "_name", "<script>alert(1)</script>", "$\\broken{$", "\x1b[31m\u202ex\x00"):
        _, found = given(payload)
        shown = comparable(found)
        font = find_font(plots.texts(shown, "en", payload))
        for kind in ("radar", "strategies", "board"):
            picture = plots.draw(kind, shown, plots.Look(font, "en", title=payload), format="svg")  # type: ignore[arg-type]
            root = ET.fromstring(picture.decode())
            assert not [
                node for node in root.iter() if node.tag.endswith(("}script", "}text", "}image", "}foreignObject"))
            ]
            assert not [node for node in root.iter() if any(key.startswith("on") for key in node.attrib)]

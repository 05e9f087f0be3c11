"""The page as a file: what is packed, what its policy allows, what the command says."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.cli.main import main
from judge.reports.page import Wishes, page_sources, write_report
from judge.reports.page_data import Material, build
from judge.reports.page_html import MODULES, Heading, packed, render_page
from judge.tables.means import mean_rows as table_rows
from tests.support import report_load, report_runs
from tests.support.hostile import PAYLOADS
from tests.support.page_blocks import data_of, unpacked
from tests.support.public import PUBLIC, needs_public
from tests.support.results import answer, series

DRAWS = 100
HEADING = Heading("", "ko", "2026-01-01T00:00:00Z", "kojudge 1")

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters())


@pytest.mark.proofs
@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_packed_is_unpacked_and_holds_no_markup(value: Any) -> None:
    assert unpacked(packed(value)) == value
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", packed(value))


def test_half_a_character_is_packed_and_not_a_number_is_refused() -> None:
    assert unpacked(packed(["a\ud83d"])) == ["a\ud83d"]
    with pytest.raises(ValueError, match="JSON"):
        packed([float("nan")])


def material(**more: Any) -> Material:
    one = series({(1, 1): 7, (1, 2): 5, (2, 1): 9}, model="m", categories={1: "추론", 2: "수학"})
    given = {1: answer(("질문", "답"), ("다음", "답"), category="추론"), 2: answer(("둘", "답"), id=2, category="수학")}
    rows = table_rows([one])
    return Material(**({"series": [one], "rows": rows, "answers": {("m", "0-shot"): given}, "digests": {}} | more))


def test_the_page_knows_the_range_of_the_scores() -> None:
    assert build(material()).board["range"] == [0.0, 10.0]
    own = series({(1, 1): 4, (1, 2): 2, (2, 1): 5}, model="m", categories={1: "추론", 2: "수학"})
    outcomes = tuple(one.model_copy(update={"score_range": (1.0, 5.0)}) for one in own.outcomes)
    assert build(material(series=[replace(own, outcomes=outcomes)])).board["range"] == [1.0, 5.0]


def test_one_id_with_other_words_is_another_question() -> None:
    first, second = material(), series({(1, 1): 3}, model="n", categories={1: "추론"})
    answers = {**first.answers, ("n", "0-shot"): {1: answer(("다른 질문", "답"), category="추론")}}
    both = material(series=[*first.series, second], rows=table_rows([*first.series, second]), answers=answers)
    pages = build(both)
    assert [question[0] for question in pages.board["questions"]] == [1, 2, 1]
    assert pages.questions[2][0] == ["다른 질문"]


def test_a_verdict_without_its_answer_is_still_there() -> None:
    pages = build(material(answers={}))
    assert [verdict[3] for verdict in pages.board["rows"][0]["verdicts"]] == [7, 5, 9]
    assert pages.questions == [[[], []], [[], []]]


def test_chunks_are_in_order_and_hold_every_item_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judge.reports.page_data.CHUNK_BYTES", 1)
    pages = build(material())
    places = [tuple(item[:2]) for chunk in pages.chunks for item in chunk]
    assert places == sorted(places) == [(0, 0), (1, 0)]
    assert pages.board["starts"] == [[0, 0], [1, 0]]


def test_a_name_is_never_the_key_of_an_object() -> None:
    """In a page `{}["__proto__"]` is no entry but the object's nature."""

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(keys, value.values()))
        return set().union(*map(keys, value)) if isinstance(value, list | tuple) else set()

    plain, strange = (
        series({(1, 1): 7}, categories={1: "c"}),
        series({(1, 1): 7}, model="__proto__", strategy="a", judge="b", categories={1: "d"}),
    )
    known = [keys(build(material(series=[one], rows=table_rows([one]), answers={})).board) for one in (plain, strange)]
    assert known[0] == known[1]


# -- the policy


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(build(material()), HEADING, page_sources())


def policy_of(page: str) -> dict[str, str]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert found
    return dict(part.strip().split(" ", 1) for part in html.unescape(found[1]).split(";"))


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_nothing_but_the_texts_in_the_file(page: str) -> None:
    policy = policy_of(page)
    assert {policy[name] for name in ("default-src", "connect-src", "form-action", "base-uri")} == {"'none'"}
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    plotly = zlib.decompress(base64.b64decode(data_of(page, "plotly")), -15).decode()
    assert policy["script-src"].split() == [sha256(script), sha256(plotly)]
    assert policy["style-src"].split() == [sha256(style), sha256("")]
    assert "unsafe" not in " ".join(policy.values())
    assert policy["require-trusted-types-for"] == "'script'"


def test_nothing_in_the_file_points_outside(page: str) -> None:
    own = page.replace(data_of(page, "plotly"), "")
    assert not re.findall(r"https?:|//\w+\.\w+/|\bsrc=|@import|url\(", own)
    assert re.findall(r'href="([^#"][^"]*)"', own) == []


def test_our_scripts_have_no_sink_that_makes_markup_or_code() -> None:
    for name, text in page_sources().modules.items():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|DOMParser|\.src\b", text
        ), name


def test_no_module_declares_what_another_has() -> None:
    """They are read as one function, where the second of two would silently win."""
    names = [
        name
        for text in page_sources().modules.values()
        for name in re.findall(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", text, re.MULTILINE)
    ]
    assert len(names) == len(set(names))
    assert len(MODULES) == len(list((Path(__file__).parents[2] / "templates" / "report").glob("*.js")))


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_hostile_title_stays_in_its_element(page: str, payload: str) -> None:
    heading = Heading(payload.encode("utf-8", "replace").decode()[:5000], "ko", "", "")
    strange = render_page(build(material()), heading, replace(page_sources(), plotly=""))
    own = page.replace(data_of(page, "plotly"), "")
    assert strange.count("<script") == 5  # board, ours, questions, one chunk, plotly
    assert strange.count("<") == own.count("<") - 1  # no map style to leave out


# -- the command


@pytest.mark.proofs
def test_the_command_writes_one_file_and_says_what_is_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, out = report_runs.write_runs(tmp_path / "runs"), tmp_path / "new" / "page.html"
    arguments = ["report", str(runs), "-o", str(out), "--lang", "en", "--title", "봄 <평가>", "--draws", "100"]
    assert main(arguments) == 1  # a verdict failed
    said = capsys.readouterr().out
    assert f"{out}: " in said
    assert "8 rows, 95 verdicts" in said
    assert "! verdicts: 1 failed; the page says where" in said
    page = out.read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<title>봄 &lt;평가&gt;</title>" in page
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]
    for path in runs.rglob("judgments/*/*.jsonl"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if '"status":"failed"' not in line.replace(" ", "")), "utf-8")
    assert main(arguments) == 1
    assert "! verdicts: 1 missing; the page says where" in capsys.readouterr().out


def test_judges_and_strategies_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, out = report_runs.write_runs(tmp_path / "runs"), tmp_path / "page.html"
    chosen = ["--judge", "judge-a", "--strategy", "cot-1-shot", "--draws", "100", "-q"]
    assert main(["report", str(runs), "-o", str(out), *chosen]) == 0
    board = unpacked(data_of(out.read_text(encoding="utf-8"), "board"))
    assert {row["judge"] for row in board["rows"]} == {"judge-a"}
    assert {group[1] for group in board["groups"]} == {"cot-1-shot"}
    assert capsys.readouterr().out == ""


def test_an_old_page_is_replaced_and_kept_where_the_new_one_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, out = report_runs.write_runs(tmp_path / "runs"), tmp_path / "page.html"
    out.write_text("old")
    assert main(["report", str(tmp_path / "nothing"), "-o", str(out)]) == 2
    assert out.read_text() == "old"
    main(["report", str(runs), "-o", str(out), "--draws", "100", "-q"])
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("paths", "out", "message"),
    [
        (["missing"], "page.html", "no such file or folder"),
        (["empty"], "page.html", "holds no run"),
        (["runs"], "empty", "cannot be written"),
        (["broken.jsonl"], "page.html", "line 1"),
    ],
)
def test_a_bad_path_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], paths: list[str], out: str, message: str
) -> None:
    report_runs.write_runs(tmp_path / "runs")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.jsonl").write_text("{no json\n")
    arguments = [str(tmp_path / path) for path in paths]
    assert main(["report", *arguments, "-o", str(tmp_path / out), "--draws", "100"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_the_board_holds_the_numbers_of_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = report_runs.write_runs(tmp_path / "runs")
    written = write_report([runs], tmp_path / "page.html", wishes=Wishes(draws=DRAWS))
    board = unpacked(data_of(written.path.read_text(encoding="utf-8"), "board"))
    main(["table", str(runs), "--format", "json"])
    table = json.loads(capsys.readouterr().out)["rows"]
    mine = {(*board["groups"][row["group"]], row["judge"]): row for row in board["rows"]}
    for row in table:
        own = mine[row["model"], row["strategy"], row["judge"]]
        assert own["value"] == pytest.approx(row["overall"])
        assert own["counts"] == [row["judged"], row["failed"], row["expected"]]
        assert [float(score) for _, score in own["categories"]] == pytest.approx(
            list(row["categories"].values()), abs=0.006
        )


def test_a_failed_verdict_keeps_the_answer_in_the_page(tmp_path: Path) -> None:
    runs = report_runs.write_runs(tmp_path / "runs")
    page = write_report([runs], tmp_path / "page.html", wishes=Wishes(draws=DRAWS)).path.read_text(encoding="utf-8")
    [item] = [i for i in unpacked(data_of(page, "chunk-0")) if any(v[5] for v in i[6])]
    assert item[2][1] == report_runs.output_of(*report_runs.FAILED[:4])


def test_an_answer_is_shown_whose_verdicts_have_all_failed(tmp_path: Path) -> None:
    failed = {"judge_message": "Impossible to judge", "judge_score": 0.0}
    row = {
        "id": 1,
        "category": "수학(Math)",
        "questions": ["하나 더하기 하나는?", "왜 그런가요?"],
        "references": [None, None],
    }
    row |= {"outputs": ["둘입니다.", "하나씩 세면 됩니다."], "query_single": failed, "query_multi": failed}
    (tmp_path / "org" / "model").mkdir(parents=True)
    file = tmp_path / "org" / "model" / "default.jsonl"
    judged = row | {"id": 2, "query_single": {"judge_message": "좋음", "judge_score": 7.0}}
    file.write_text("\n".join(json.dumps(one) for one in (row, judged)), encoding="utf-8")
    page = write_report([tmp_path], tmp_path / "page.html", wishes=Wishes(draws=DRAWS)).path.read_text(encoding="utf-8")
    outputs = [item[2] for item in unpacked(data_of(page, "chunk-0"))]
    assert outputs == [row["outputs"], row["outputs"]]


# -- the load


def ratio(paths: list[Path]) -> float:
    """Return by how much DEFLATE shrinks the answers and comments of LogicKor files, file by file."""
    raw = small = 0
    for path in paths:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        texts = [[r["outputs"], *(r[q]["judge_message"] for q in ("query_single", "query_multi"))] for r in lines]
        data = json.dumps(texts, ensure_ascii=False).encode()
        raw, small = raw + len(data), small + len(zlib.compress(data, 9))
    return raw / small


@pytest.mark.proofs
@needs_public
def test_the_made_up_load_compresses_no_better_than_real_verdicts(tmp_path: Path) -> None:
    report_load.write_load(tmp_path, models=2)
    assert ratio(sorted(tmp_path.rglob("*.jsonl"))) <= ratio(sorted((PUBLIC / "evaluated").rglob("*.jsonl"))) * 1.02

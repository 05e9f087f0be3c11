"""The page in a real browser: what it shows, what a reader can do, and that nothing gets in or out."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from judge.reports.contest_page import write_contest_page
from judge.reports.page import Wishes, write_report
from judge.trust.contests import score_contests
from tests.support import hostile_runs, report_load, report_runs
from tests.support.hostile import PAYLOADS
from tests.support.page_blocks import data_of, unpacked
from tests.support.patience import PATIENCE_SECONDS
from tests.support.three_duels import contest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'kojudge[test]'")
CHROMIUM = os.environ.get("KOJUDGE_TEST_CHROMIUM") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="needs a browser: apt-get install chromium, or its path in KOJUDGE_TEST_CHROMIUM"
)
DRAWS = 200


@dataclass
class Watched:
    """A page, and all it did that it should not do."""

    page: Any
    file: str
    wrong: list[str] = field(default_factory=list)

    def open(self, hash: str = "") -> Any:
        self.page.goto(f"file://{self.file}{hash}")
        self.page.wait_for_selector("body[data-ready]")
        return self.page

    def item(self, hash: str) -> None:
        """Open an item by its link and wait until it is drawn."""
        self.page.evaluate("hash => { location.hash = hash }", hash)
        self.page.wait_for_function("hash => document.getElementById('item').dataset.shown === hash", arg=hash)

    def shown(self) -> str:
        return str(self.page.text_content("#item"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def watched(browser: Any, file: Path, **context: Any) -> Iterator[Watched]:
    """Open nothing yet; on the way out nothing wrong may have happened."""
    opened = browser.new_context(**({"viewport": {"width": 1280, "height": 860}} | context))
    page = opened.new_page()
    page.set_default_timeout(1000 * PATIENCE_SECONDS)
    one = Watched(page, str(file))
    page.on("request", lambda request: note_request(one, request.url))
    page.on("console", lambda message: one.wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: one.wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (one.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    opened.on("page", lambda other: one.wrong.append(f"window: {other.url}") if other is not page else None)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.log('policy', e.violatedDirective, e.blockedURI))"
    )
    yield one
    assert page.evaluate("window.__pwned") is None
    assert page.evaluate("({}).polluted") is None
    opened.close()
    assert one.wrong == []


def note_request(one: Watched, url: str) -> None:
    if url.split("#")[0] != f"file://{one.file}":
        one.wrong.append(f"request: {url[:200]}")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    wishes = Wishes(language="ko", title="봄 평가", draws=DRAWS)
    return write_report([report_runs.write_runs(folder / "runs")], folder / "report.html", wishes=wishes).path


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Watched]:
    with watched(browser, report) as one:
        yield one


def link(model: str, strategy: str, identifier: int) -> str:
    return f"#item={hostile_runs.part(model)}/{hostile_runs.part(strategy)}/{identifier}"


def test_the_page_says_first_what_is_best_and_what_is_wrong(page: Watched) -> None:
    page.open()
    headline = page.page.text_content("#headline")
    assert headline.count("큰모델/누리-7B · cot-1-shot") == 2  # once a judge: their scales are not one
    assert "95 % 구간" in headline
    assert "모델 2개 · 전략 2개 · 심판 2개 · 문항 6개 · 판정 95개" in headline
    warnings = page.page.text_content("#warnings")
    assert "판정 96개 가운데 실패 1개" in warnings
    assert "잘못된 언어로 쓴 답에 점수를 준 판정이 4개" in warnings


def test_a_row_that_lacks_verdicts_is_not_the_best_where_another_is_whole(browser: Any, tmp_path: Path) -> None:
    runs = report_runs.write_runs(tmp_path / "runs")
    model, judge, name = "누리-7B", "judge-a", "cot-1-shot.jsonl"
    [best] = [path for path in runs.rglob(name) if judge in path.parent.name and model in str(path)]
    best.write_text("".join(best.read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8")
    file = write_report([runs], tmp_path / "report.html", wishes=Wishes(language="ko", draws=DRAWS)).path
    with watched(browser, file) as one:
        headline = one.open().text_content("#headline")
        assert headline.count("큰모델/누리-7B · cot-1-shot") == 1
        assert headline.count("판정이 모자란 행 1개는 빼고 골랐습니다.") == 2  # judge-b: a verdict failed


def test_every_row_has_its_interval_counts_and_gate(page: Watched) -> None:
    page.open()
    rows = page.page.locator("table.board tbody tr")
    assert rows.count() == 8
    failed = (
        rows.filter(has_text="작은모델").filter(has_text="0-shot").filter(has_text="judge-b").filter(has_not_text="cot")
    )
    assert "11/12 ✕1" in failed.inner_text()
    assert page.page.locator("table.board .whisker").count() == 8
    assert page.page.get_attribute("table.board .whisker >> nth=0", "aria-label").startswith("95 % 구간")


def test_a_column_sorts_both_ways_and_says_so(page: Watched) -> None:
    page.open()

    def overall() -> list[float]:
        return [float(text.split()[0]) for text in page.page.locator("table.board td.overall").all_inner_texts()]

    head = page.page.locator("th", has=page.page.get_by_role("button", name="Overall"))
    assert head.first.get_attribute("aria-sort") == "descending"
    assert overall() == sorted(overall(), reverse=True)
    page.page.get_by_role("button", name="Overall").first.click()
    assert head.first.get_attribute("aria-sort") == "ascending"
    assert overall() == sorted(overall())


def test_strategies_and_judges_are_compared(page: Watched) -> None:
    page.open()
    comparison = page.page.locator("#comparison tbody tr")
    assert comparison.count() == 4  # a pair of strategies a model and judge
    assert "0-shot → cot-1-shot" in comparison.first.inner_text()
    agreement = page.page.locator("#agreement tbody tr")
    assert "judge-a – judge-b" in agreement.inner_text()
    assert "47" in agreement.inner_text()  # of 48 items one was judged by one judge only


def test_the_radar_is_drawn_without_loading_anything(page: Watched) -> None:
    opened = page.open()
    opened.locator("#radar-part").scroll_into_view_if_needed()
    opened.wait_for_selector("#radar[data-ready]")
    assert opened.locator("#radar .scatterlayer path").count() > 0
    assert opened.locator("#radar .angularaxistick text").all_text_contents() == [
        "추론",
        "수학",
        "글쓰기",
        "코딩",
        "이해",
        "문법",
    ]
    opened.locator("input.pick:checked").first.uncheck()
    opened.wait_for_function("() => document.querySelectorAll('#radar-table tbody tr').length === 1")


def test_an_item_shows_the_conversation_and_every_verdict(page: Watched) -> None:
    page.open()
    page.item(link(*report_runs.FAILED[:3]))
    text = page.shown()
    assert report_runs.QUESTIONS[2] in text
    assert "같은 내용을 한 문장으로" in text
    assert page.page.locator("#item .prose strong").first.inner_text() == report_runs.MODELS[0]
    assert page.page.locator("#item pre code").first.inner_text() == "print(2 * 7)"
    assert page.page.locator("#item .verdict").count() == 4
    assert "실패: refusal" in page.page.locator("#item .verdict.failed").inner_text()
    folded = page.page.locator("#item details.reasoning").first
    assert folded.get_attribute("open") is None
    assert "이레를 곱한다" in folded.text_content()
    assert "14시간" in page.page.locator("#item details.reference").first.text_content()


def test_a_verdict_that_broke_the_rubric_is_flagged_with_the_evidence(page: Watched) -> None:
    page.open()
    page.item(link(*report_runs.ENGLISH))
    assert "wrong-language-high" in page.shown()
    assert "Hangul 0%" in page.shown()


@pytest.mark.parametrize(
    ("control", "value", "left"),
    [
        ("범주", "수학", 4),
        ("전략", "cot-1-shot", 12),
        ("모델", "큰모델/누리-7B", 12),
        ("심판", "judge-b", 24),
        ("표시", "anyFlag", 1),
    ],
)
def test_a_filter_leaves_what_fits(page: Watched, control: str, value: str, left: int) -> None:
    page.open("#items")
    label = "표시 있음" if value == "anyFlag" else value
    page.page.get_by_role("combobox", name=control, exact=True).select_option(label=label)
    assert page.page.text_content("#count") == (f"전체 24개 가운데 {left}개" if left < 24 else "24개 항목")


def test_scores_failures_and_words_filter_too(page: Watched) -> None:
    opened = page.open("#items")
    opened.get_by_label("점수 부터").fill("9")
    scores = [
        report_runs.score_of(m, s, n, t, j)
        for m in report_runs.MODELS
        for s in report_runs.STRATEGIES
        for n in report_runs.QUESTIONS
        for t in (1, 2)
        for j in report_runs.JUDGES
    ]
    high = {i // 4 for i, score in enumerate(scores) if score >= 9}
    assert opened.text_content("#count") == f"전체 24개 가운데 {len(high)}개"
    opened.get_by_text("초기화").click()
    opened.get_by_label("실패·빠진 판정만").check()
    assert opened.locator(".row").count() == 1
    opened.get_by_text("초기화").click()
    opened.locator("#search").fill("TWENTY-one")
    opened.wait_for_function("() => document.querySelectorAll('.row').length === 1")
    opened.locator("#search").fill("없는 낱말입니다")
    opened.wait_for_selector("#empty:not([hidden])")


def test_a_link_opens_its_item_and_two_answers_stand_side_by_side(page: Watched) -> None:
    first, second = (link(model, "cot-1-shot", 4) for model in report_runs.MODELS)
    beside = f"{first}&with={second.removeprefix('#item=').rpartition('/')[0]}"
    page.open(beside)
    page.page.wait_for_selector(".two .answer")
    names = page.page.locator("#item .answer > .label").all_inner_texts()
    assert names[:2] == [f"{model} · cot-1-shot" for model in report_runs.MODELS]
    page.page.locator("#beside").select_option(index=0)
    page.page.wait_for_selector(".conversation:not(.two)")
    assert page.page.evaluate("location.hash") == first
    page.page.locator("#beside").select_option(index=1)
    page.page.wait_for_selector(".two")


def test_a_link_to_nothing_says_so(page: Watched) -> None:
    page.open("#item=nobody/0-shot/1")
    assert "이 파일에 없습니다" in page.shown()


def test_the_keyboard_goes_through_the_list(page: Watched) -> None:
    opened = page.open("#items")
    for key in ("j", "j", "k", "ArrowDown", "j"):
        opened.keyboard.press(key)
    opened.wait_for_selector(".row.chosen[aria-posinset='3']")
    opened.keyboard.press("/")
    assert opened.evaluate("document.activeElement.id") == "search"
    opened.keyboard.type("j?")  # words, no commands
    assert opened.input_value("#search") == "j?"
    opened.keyboard.press("Escape")
    opened.keyboard.press("?")
    assert opened.locator("dialog[open] kbd").count() > 6
    opened.keyboard.press("Escape")
    assert opened.locator("dialog[open]").count() == 0
    opened.keyboard.press("b")
    assert opened.evaluate("document.body.dataset.view") == "board"


def test_the_heat_map_opens_items_by_mouse_and_keyboard(page: Watched) -> None:
    opened = page.open("#heat")
    cells = opened.locator(".heat-row .cell")
    assert cells.count() == 4 * 6
    cells.first.focus()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowDown")
    about = opened.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.search(r"문항 2 \(수학\)", about)
    opened.keyboard.press("Enter")
    opened.wait_for_selector("#item .verdict")
    assert opened.locator("#item-title").inner_text() == "2 · 수학"


def test_the_other_language_and_the_other_theme_are_one_press_away(page: Watched) -> None:
    opened = page.open()
    opened.click("#switch-language")
    assert opened.evaluate("document.documentElement.lang") == "en"
    assert "Highest score" in opened.text_content("#headline")
    seen = "".join(opened.locator(f"#view-{name}").inner_text() for name in ("board",))
    assert not re.search("구간|순위|전략|심판", seen.replace("심판이 답하지", ""))
    light = opened.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    opened.click("#switch-theme")
    assert opened.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


def test_both_languages_have_the_same_words() -> None:
    from judge.reports.page import page_sources

    words = page_sources().modules["words"]
    korean, english = (re.findall(r"(\w+): \"", part) for part in words.split("  en: {"))
    assert sorted(korean) == sorted(english)


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_no_width_makes_the_page_itself_scroll_sideways(browser: Any, report: Path, width: int) -> None:
    with watched(browser, report, viewport={"width": width, "height": 800}) as one:
        one.open()
        for view in ("#board", "#heat", "#items", link(*report_runs.ENGLISH)):
            one.page.evaluate("hash => { location.hash = hash }", view)
            one.page.wait_for_timeout(60)
            assert one.page.evaluate("document.documentElement.scrollWidth") <= width, view


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (el) => {
    for (; el; el = el.parentElement) {
      const colour = parse(getComputedStyle(el).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor);
  };
  const bad = [];
  for (const el of document.querySelectorAll('body *')) {
    if (!el.checkVisibility() || el.closest('.gone, .plot, svg, .skip')) continue;
    if (![...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(el);
    const [a, b] = [light(parse(style.color)), light(behind(el))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) bad.push(`${el.className || el.tagName} ${el.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return [...new Set(bad)];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_has_the_contrast_of_wcag_aa(browser: Any, report: Path, theme: str) -> None:
    with watched(browser, report, color_scheme=theme) as one:
        one.open()
        for view in ("#board", "#heat", "#items", link(*report_runs.ENGLISH)):
            one.page.evaluate("hash => { location.hash = hash }", view)
            one.page.wait_for_timeout(350)
            assert one.page.evaluate(CONTRAST) == []


def test_every_control_has_a_name_and_the_page_its_landmarks(page: Watched) -> None:
    opened = page.open(link(*report_runs.ENGLISH))
    nameless = opened.evaluate(
        "[...document.querySelectorAll('button, a, input, select')].filter((el) => !(el.textContent.trim() || "
        "el.getAttribute('aria-label') || el.labels?.length)).map((el) => el.outerHTML)"
    )
    assert nameless == []
    for landmark in ("header.top", "nav[aria-label]", "main", "aside", "[role=search]"):
        assert opened.locator(landmark).count() >= 1, landmark
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.id") == "skip"
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.id") == "main"
    assert opened.evaluate("document.body.dataset.view") == "items"


def test_on_paper_there_are_no_controls(page: Watched) -> None:
    opened = page.open(link(*report_runs.ENGLISH))
    opened.wait_for_selector("#item .verdict")
    opened.emulate_media(media="print")
    assert opened.locator("nav, .side, .steps").evaluate_all("all => all.every((el) => !el.checkVisibility())")
    assert opened.locator("#item .verdict").first.is_visible()
    assert not opened.locator("#item details.reference").first.evaluate("el => el.open")
    opened.evaluate("() => { dispatchEvent(new Event('beforeprint')) }")
    assert opened.locator("#item details.reference").first.evaluate("el => el.open")


# -- strangers


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("hostile")
    links = hostile_runs.write_runs(folder / "runs")
    (folder / "default.jsonl").write_text(half_a_character(), encoding="utf-8")
    wishes = Wishes(language="en", title=PAYLOADS["script"], draws=DRAWS)
    paths = [folder / "runs", folder / "default.jsonl"]
    written = write_report(paths, folder / "report.html", model_name="half", wishes=wishes)
    return written.path, links


def half_a_character() -> str:
    """A LogicKor row whose texts hold lone surrogates, which JSON can spell and UTF-8 cannot."""
    text = PAYLOADS["lone surrogates"]
    verdict = {"judge_message": f"평가 {text}", "judge_score": 5.0}
    row = {"id": 1, "category": "추론(Reasoning)", "questions": [text, text], "outputs": [text, text]}
    return json.dumps(row | {"references": [text, None], "query_single": verdict, "query_multi": verdict}) + "\n"


INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\U000e0000-\U000e007f]"
)
STRANGE = """() => [...document.querySelectorAll('body *')].filter((el) => !el.closest('#radar, #js-plotly-tester') && (
  /^(img|iframe|object|embed|form|base|link|svg|math|video|audio|marquee|style)$/i.test(el.tagName)
  || [...el.attributes].some((a) => /^on/i.test(a.name) || (/^(href|src|action|srcdoc)$/i.test(a.name) && !a.value.startsWith('#')))
  || (el.tagName === 'SCRIPT' && el.type !== 'text/plain' && !el.textContent.startsWith('"use strict"'))
)).map((el) => el.outerHTML.slice(0, 200))"""


OPEN_ALL = """async (links) => {
  const texts = [];
  const item = document.getElementById('item');
  for (const link of links) {
    location.hash = link;
    while (item.dataset.shown !== link) await new Promise((done) => setTimeout(done));
    texts.push(item.textContent);
  }
  return texts;
}"""


def marked(text: str) -> str:
    return INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


def test_every_hostile_text_is_shown_as_text_and_none_acts(browser: Any, hostile: tuple[Path, dict[str, str]]) -> None:
    file, links = hostile
    with watched(browser, file) as one:
        one.open("#items")
        rendered = one.page.evaluate(OPEN_ALL, list(links))
        assert one.page.evaluate(STRANGE) == []
        one.page.get_by_role("button", name="Source").click()
        one.page.wait_for_selector("#item .plain")
        source = one.page.evaluate(OPEN_ALL, list(links)[::-1])[::-1]
        for (hash, payload), text, raw in zip(links.items(), rendered, source, strict=True):
            assert not INVISIBLE.search(text + raw), hash
            start = marked(payload)[:15000]
            assert raw.count(start) >= 6, hash  # questions, answers, reference, reasoning, comment


def test_hostile_names_are_text_on_the_board_in_the_radar_and_in_the_heat_map(
    browser: Any, hostile: tuple[Path, dict[str, str]]
) -> None:
    file, _ = hostile
    with watched(browser, file) as one:
        opened = one.open()
        board = opened.text_content("#view-board")
        for name in ("script", "svg load", "plotly label", "prototype", "bidi override", "jinja"):
            assert marked(PAYLOADS[name]) in board, name
        for box in opened.locator("input.pick:not(:checked)").all()[:3]:
            box.check()
        opened.locator("#radar-part").scroll_into_view_if_needed()
        opened.wait_for_selector("#radar[data-ready]")
        assert opened.locator("#radar a, #radar image").count() == 0
        assert "<" in opened.locator("#radar").text_content()
        opened.keyboard.press("h")
        opened.wait_for_selector(".heat .cell")
        assert opened.evaluate(STRANGE) == []
        opened.click("#switch-language")
        opened.keyboard.press("i")
        assert not INVISIBLE.search(opened.text_content("#item-list"))
        assert opened.title() == PAYLOADS["script"]


def test_half_characters_are_shown_as_marks(browser: Any, hostile: tuple[Path, dict[str, str]]) -> None:
    with watched(browser, hostile[0]) as one:
        one.open()
        one.item("#item=half/0-shot/1")
        assert "앞 ⟨U+D83D⟩ 뒤 ⟨U+DC00⟩ 끝" in one.shown()


# -- much


def test_a_large_load_draws_only_what_is_on_the_screen(browser: Any, tmp_path: Path) -> None:
    report_load.write_load(tmp_path / "load", models=10, answer_bytes=240, comment_bytes=90)
    written = write_report([tmp_path / "load"], tmp_path / "report.html", wishes=Wishes(draws=DRAWS))
    html = written.path.read_text(encoding="utf-8")
    assert len(unpacked(data_of(html, "board"))["rows"]) == 30
    with watched(browser, written.path) as one:
        opened = one.open("#items")
        assert opened.text_content("#count") == "1,260개 항목"
        assert opened.locator(".row").count() < 60
        opened.locator("#item-list").press("End")
        opened.locator("#item-list").evaluate("el => { el.scrollTop = el.scrollHeight }")
        opened.wait_for_selector(".row[aria-posinset='1260']")
        assert opened.locator(".row").count() < 60
        opened.keyboard.press("h")
        opened.wait_for_selector(".heat-row")
        assert opened.locator(".heat-row").count() <= 30


def test_the_page_of_contests_filters_its_duels_and_shows_both_answers_beside_each_other(
    browser: Any, tmp_path: Path
) -> None:
    file = tmp_path / "contests.html"
    write_contest_page(score_contests([contest()]), [], file, lang="ko")
    with watched(browser, file) as watcher:
        page = watcher.page
        page.goto(f"file://{file}")
        duels = page.locator(".duel")
        seen = {}
        for kind in ("all", "win", "tie", "loss", "split", "failed"):
            page.check(f".show-{kind}")
            seen[kind] = [duels.nth(n).is_visible() for n in range(duels.count())]
        assert seen == {
            "all": [True, True, True],
            "win": [True, False, False],
            "tie": [False, True, False],
            "loss": [False, False, False],
            "split": [False, True, False],
            "failed": [False, False, True],
        }
        page.check(".show-all")
        duels.nth(0).locator("summary").click()
        left, right = (duels.nth(0).locator(".two .text").nth(n).bounding_box() for n in (0, 1))
        assert left["x"] + left["width"] <= right["x"]
        assert left["y"] == right["y"]
        assert duels.nth(0).locator(".verdict").count() == 2
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

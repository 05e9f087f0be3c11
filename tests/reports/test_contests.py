"""Contests on a page, in a card and as a figure: the same numbers, and nothing that somebody wrote is markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.errors import InputError
from judge.reports.contest_card import contest_section
from judge.reports.contest_page import write_contest_page
from judge.trust.contests import score_contests
from tests.support.small_run import answered
from tests.support.three_duels import A, B, contest


class Tags(HTMLParser):
    """Collects elements, and the classes of folds."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.folds: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        if tag == "details":
            self.folds.append(dict(attrs)["class"] or "")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_page_holds_both_answers_and_both_verdicts_as_text(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "page.html"
    scores = score_contests([contest()])
    assert write_contest_page(scores, [], path, lang="ko" if lang == "ko" else "en") == path.stat().st_size
    page = path.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.names
    assert "\x1b" not in page
    assert tags.folds == ["duel win", "duel tie split", "duel failed"]
    for said in ("가의 답", "나의 답", "첫째", "둘째", "거절", "1번"):
        assert said in page
    assert html.escape("</div><script>alert(1)</script>") in page
    assert "default-src 'none'" in html.unescape(page)
    assert not re.search(r"(?:src|href)=", page)


def test_the_card_part_is_seen_from_the_model(tmp_path: Path) -> None:
    part, whole = contest_section([contest()], B.model, "en", draws=50, seed=1)
    assert not whole
    assert "| 15.6 %" not in part
    # of the two whole duels: 1/8 and 1/2
    assert "31.3 %" in part
    assert "0/1/1" in part
    assert "of 6 verdicts 1 failed, 0 are missing" in part
    assert "<script" not in part
    korean, _ = contest_section([contest()], A.model, "ko", draws=50, seed=1)
    assert "68.8 %" in korean
    assert "1/1/0" in korean
    with pytest.raises(InputError, match="org/x is in none of them"):
        contest_section([contest()], "org/x", "ko", draws=50, seed=1)


@pytest.mark.proofs
def test_report_card_and_plot_take_the_folder_of_contests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, other = answered(tmp_path, capsys), answered(tmp_path, capsys, "echo")
    sides = [str(run.path), str(other.path)]
    assert main(["pairwise", *sides, "--judge", "rules", "--out", str(tmp_path), "-q", "--json"]) == 0
    assert main(["judge", str(run.path), "--judge", "rules", "-q"]) == 0
    folder, page = str(tmp_path / "contests"), tmp_path / "c.html"
    capsys.readouterr()
    assert main(["report", folder, "-o", str(page), "--lang", "en"]) == 0
    assert "1 contest, 12 games" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").count("<details") == 6
    assert main(["card", str(run.path), "--contests", folder, "--lang", "en"]) == 0
    assert "### Pairwise" in capsys.readouterr().out
    for name in ("c.svg", "c.png"):
        assert main(["plot", "contests", folder, "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert main(["plot", "contests", str(run.path), "-o", str(tmp_path / "d.svg")]) == 2
    assert "holds no contest" in capsys.readouterr().err

"""A section into a README: between its markers alone, in its line ends, and nowhere on bad markers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.cli.main import main
from judge.errors import InputError
from judge.reports.readme import BEGIN, END, merged
from tests.support.card_files import evaluated, level

README = Path("README.md")
SECTION = "## Title\n\n| a |\n"
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="<"), max_size=40)


@pytest.mark.proofs
@given(TEXT, TEXT, st.sampled_from(["\n", "\r\n"]))
def test_what_stands_around_the_markers_stays_to_the_byte(before: str, after: str, end: str) -> None:
    head, tail = f"{before}{end}{BEGIN}{end}", f"{END}{end}{after}"
    found = merged(f"{head}old{end}{tail}", SECTION, path=README)
    assert found.startswith(head)
    assert found.endswith(tail)
    assert found[len(head) : len(found) - len(tail)].split() == SECTION.split()
    assert merged(found, SECTION, path=README) == found


@given(TEXT)
def test_without_markers_it_is_put_at_the_end(readme: str) -> None:
    found = merged(readme, SECTION, path=README)
    assert found.startswith(readme)
    assert merged(found, SECTION, path=README) == found
    assert not readme.strip() or f"\n\n{BEGIN}" in found.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "heading", ["## License", "# 라이선스", "### licence and terms", "## 📜 License", "## 6. **라이선스**"]
)
def test_without_markers_it_stands_before_the_licence(heading: str) -> None:
    before, behind = "# 모델\n\n```sh\n# license.txt\n```\n", f"{heading}\n\napache-2.0\n"
    found = merged(before + "\n" + behind, "표", path=Path("README.md"))
    assert found == f"{before}\n{BEGIN}\n표\n{END}\n\n{behind}"
    assert merged(found, "표", path=Path("README.md")) == found


@pytest.mark.parametrize(
    "line",
    ["# License plate reader", "## 7 licensed models", "## Licensed data", "---\n# license\nlicense: mit\n---\n\n# m"],
)
def test_what_only_looks_like_the_licence_stays_where_it_is(line: str) -> None:
    readme = f"{line}\n\ntext\n"
    assert merged(readme, "표", path=README).startswith(readme)
    behind = f"{readme}\n## License & citation\n"
    assert merged(behind, "표", path=README).endswith(f"{END}\n\n## License & citation\n")


def test_crlf_readme_gets_a_crlf_section() -> None:
    found = merged("# A\r\ntext\r\n", SECTION, path=README)
    assert found.count("\n") == found.count("\r\n")
    assert "\r\n\r\n" + BEGIN in found
    assert merged("\ufeff", SECTION, path=README).startswith("\ufeff" + BEGIN)


@pytest.mark.parametrize(
    ("readme", "line", "message"),
    [
        (f"a\n{BEGIN}\nb\n", 2, "without <!-- kojudge:end -->"),
        (f"a\n{END}\nb\n", 2, "without <!-- kojudge:begin -->"),
        (f"{BEGIN}\n{END}\n\n{BEGIN}\n{END}\n", 4, "a second <!-- kojudge:begin -->"),
        (f"{BEGIN}\n{END}\n{END}\n", 3, "a second <!-- kojudge:end -->"),
        (f"a\n{END}\n{BEGIN}\n", 2, "stands before"),
        (f"x {BEGIN}\n{END}\n", 1, "does not stand alone"),
    ],
)
def test_bad_markers_are_one_clear_error(readme: str, line: int, message: str) -> None:
    with pytest.raises(InputError, match=f"README.md, line {line}: .*{message}"):
        merged(readme, SECTION, path=README)


def test_into_keeps_permissions_follows_links_and_leaves_an_unchanged_file_alone(tmp_path: Path) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    readme, link = tmp_path / "README.md", tmp_path / "link.md"
    readme.write_bytes(b"# Mine\r\n\r\nno line end")
    readme.chmod(0o640)
    link.symlink_to(readme)
    command = ["card", str(source), "--draws", "100", "--into", str(link)]
    assert main(command) == 0
    first = readme.read_bytes()
    assert first.startswith(b"# Mine\r\n\r\nno line end\r\n\r\n<!-- kojudge:begin -->\r\n")
    assert readme.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    before = readme.stat().st_ino
    assert main(command) == 0
    assert (readme.read_bytes(), readme.stat().st_ino) == (first, before)


def test_a_bad_readme_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = evaluated(tmp_path, "org/mine", "default", level(5))
    for content in (f"{BEGIN}\n".encode(), b"\xff\xfe# no UTF-8"):
        readme = tmp_path / "README.md"
        readme.write_bytes(content)
        assert main(["card", str(source), "--draws", "100", "--into", str(readme)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert readme.read_bytes() == content

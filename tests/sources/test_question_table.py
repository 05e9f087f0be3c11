"""`kojudge import csv`: a table of questions becomes a question set, however a spreadsheet wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.cli.main import main
from judge.errors import InputError
from judge.packs.questions import load_questions
from judge.sources.question_table import read_table

TABLE = (
    "id,category,turn1,turn2,turn3,reference1,rubric2\n"
    '1,수학,"쉼표, 따옴표 ""둘""과\n줄바꿈",다음은?,,7,단위를 본다\n'
    "a-2,상담,안녕하세요.,더 짧게.,영어로 번역해 주세요.,,\n"
)


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "질문 표.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, encoding: str, separator: str, line_end: str) -> None:
    quoted = TABLE.replace(",", separator).replace(f"쉼표{separator}", "쉼표,")
    quoted = quoted.replace("\n1", f"{line_end}1").replace("\na-2", f"{line_end}a-2")
    found = read_table(table(tmp_path, quoted, encoding)).questions
    assert [(q["id"], q["category"], len(q["questions"])) for q in found] == [(1, "수학", 2), ("a-2", "상담", 3)]
    assert found[0]["questions"][0] == '쉼표, 따옴표 "둘"과\n줄바꿈'
    assert found[0]["references"] == ["7", None]
    assert found[0]["rubric"] == [None, "단위를 본다"]
    assert found[1]["answer_language"] == ["ko", "ko", "en"]


def test_the_pack_of_a_table_takes_all_else_from_the_built_in_one(tmp_path: Path) -> None:
    assert main(["import", "csv", str(table(tmp_path, TABLE)), "-o", str(tmp_path / "p"), "-q"]) == 0
    assert main(["check", str(tmp_path / "p")]) == 0
    assert len(load_questions(tmp_path / "p").questions) == 2
    assert [path.name for path in (tmp_path / "p").iterdir()] == ["questions"]


def test_rows_without_ids_are_numbered_and_columns_may_be_korean(tmp_path: Path) -> None:
    for header in ("분류;질문;정답", "유형;문제;모범답안"):
        found = read_table(table(tmp_path, f"{header}\n가;하나?;1\n나;둘?;\n")).questions
        assert [(q["id"], q["references"]) for q in found] == [(1, ["1"]), (2, [None])]


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        ("id,category,turn1,turm2\n1,가,나,다", 1, "turm2", "did you mean 'turn2'"),
        ("id,category,turn\n1,가,나\n1,가,다", 3, "id", "stands on line 2 too"),
        ("id,turn1\n1,나", 1, None, "has no column category"),
        ("category,turn1,turn1\n가,나,다", 1, "turn1", "stands twice"),
        ("category,turn1,turn2\n가,,다", 2, "turn1", "is empty, though a later turn is not"),
        ("category,turn1,turn3\n가,나,다", 2, "turn2", "is empty, though a later turn is not"),
        ("category,turn1\n가,나\n,다", 3, "category", "is empty"),
        ("category,turn1\n가,", 2, "turn1", "is empty"),
        ("category,turn1,reference2\n가,나,다", 2, "reference2", "has no turn2 beside it"),
        ("category,turn1\n가,나,다", 2, None, "3 cells for 2 columns"),
        (
            "category,turn1,answer_language1\n가,나,독일어",
            2,
            "answer_language1",
            "is '독일어'; must be ko (한국어), en (영어)",
        ),
        ("category,turn1,메모\n가,나,다", 1, "메모", "in Korean: 번호, 분류, 질문1, 정답1, 언어1, 채점기준1"),
        ("category,turn1,language12x\n가,나,다", 1, "language12x", "did you mean 'answer_language12'"),
        ("category,turn1,\n가,나,\n가,다,라", 3, "column 3", "stands in a column without a name: '라'"),
        ('category,turn1\n가,"나', 2, None, "no table that can be read"),
        ("category,turn1\n", None, None, "holds no question"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(
    tmp_path: Path, text: str, line: int | None, field: str | None, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_table(table(tmp_path, text))
    assert words in str(caught.value)
    assert (caught.value.line, caught.value.field) == (line, field)


def test_columns_without_a_name_are_left_out_and_names_are_read_with_spaces(tmp_path: Path) -> None:
    text = "번호,분류,1턴,참고 답1,2턴 언어,,질문 2,\n7,가,하나?,1,영어,,둘?,\n"
    [question] = read_table(table(tmp_path, text)).questions
    assert (question["id"], question["questions"], question["references"]) == (7, ["하나?", "둘?"], ["1", None])
    assert question["answer_language"] == ["ko", "en"]


def test_a_workbook_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("OPENAI_API_KEY", "KOJUDGE_JUDGE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "q.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match="is an Excel workbook"):
        read_table(tmp_path / "q.xlsx")
    out = str(tmp_path / "o")
    for words in (
        ["check"],
        ["table"],
        ["judge", "--judge", "gpt-4o", "--out", out],
        ["export", "logickor", "-o", out],
        ["generate", "baseline:echo", "--out", out, "--questions"],
        ["run", "gpt-4o", "--judge", "gpt-4o", "--out", out, "--questions"],
        ["pairwise", "--judge", "gpt-4o", "--out", out],
    ):
        assert main([*words, str(tmp_path / "q.xlsx")]) == 2
        assert "q.xlsx: is an Excel workbook, not text; save it as CSV UTF-8 in Excel; " in capsys.readouterr().err


def test_a_utf8_file_that_was_cut_is_not_read_in_another_encoding(tmp_path: Path) -> None:
    whole = "분류,질문1\n가,하나는 무엇인가요\n나,둘은 어디에 있나요\n".encode()
    for broken in (whole[:-2], whole.replace("하나".encode(), "하나".encode()[:-1])):
        (tmp_path / "q.csv").write_bytes(broken)
        with pytest.raises(InputError, match=r"line [23]: is UTF-8 with a broken character"):
            read_table(tmp_path / "q.csv")


def test_the_sign_of_a_broken_character_is_a_character(tmp_path: Path) -> None:
    pack = read_table(table(tmp_path, "분류,질문1\n가,\ufffd 표시는 왜 나타나나요\n"))
    assert pack.questions[0]["questions"] == ["\ufffd 표시는 왜 나타나나요"]


def test_lines_are_counted_as_the_file_has_them(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(table(tmp_path, TABLE + "\n1,수학,또 하나,,,,\n"))
    assert caught.value.line == 6
    assert "line 2 too" in str(caught.value)


@pytest.mark.parametrize("name", ["카테고리", "범주", "유형", "category"])
def test_a_category_has_many_names(name: str, tmp_path: Path) -> None:
    [question] = read_table(table(tmp_path, f"{name},질문\n수학,1 더하기 1은?\n")).questions
    assert question["category"] == "수학"

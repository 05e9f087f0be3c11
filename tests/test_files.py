"""Files: exact places of faults when read, nothing finished lost when written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from judge.errors import InputError, StoreError
from judge.files import read_json, read_lines, read_records, replace_text
from judge.records import Answer, Question
from judge.runs.appender import Appender, dump
from tests.support.patience import PATIENCE_SECONDS

BOM = b"\xef\xbb\xbf"
STRANGE = "줄\u2028바꿈\u2029처럼\x85보이는\x0b것\x0c들\x1c\x1d\x1e과 \r\n 진짜 줄바꿈\n\x00"


class Note(BaseModel):
    """The smallest record."""

    id: int
    text: str


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def data_of(path: Path, *, torn_tail: bool = False) -> list[dict[str, object]]:
    return [line.data for line in read_lines(path, torn_tail=torn_tail)]


def fault(path: Path, *, torn_tail: bool = False) -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_lines(path, torn_tail=torn_tail))
    return caught.value


# -- reading


@pytest.mark.parametrize("bom", [b"", BOM])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last_end", [True, False])
def test_a_file_reads_the_same_however_an_editor_saved_it(
    tmp_path: Path, bom: bytes, end: bytes, last_end: bool
) -> None:
    rows = ['{"id": 1, "text": "가"}'.encode(), b"", b"  ", '{"id": 2, "text": "나"}'.encode()]
    path = write(tmp_path / "a.jsonl", bom + end.join(rows) + (end if last_end else b""))
    assert [(line.number, line.data["text"]) for line in read_lines(path)] == [(1, "가"), (4, "나")]


def test_an_empty_file_and_one_of_a_byte_order_mark_hold_no_lines(tmp_path: Path) -> None:
    assert data_of(write(tmp_path / "a", b"")) == []
    assert data_of(write(tmp_path / "b", BOM)) == []


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    with Appender(tmp_path / "a.jsonl") as file:
        file.append(Note(id=1, text=STRANGE))
        file.append(Note(id=2, text=STRANGE))
    assert (tmp_path / "a.jsonl").read_bytes().count(b"\n") == 2
    assert read_records(tmp_path / "a.jsonl", Note) == [Note(id=1, text=STRANGE), Note(id=2, text=STRANGE)]


def test_a_json_fault_names_file_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'{"id": 1}\r\n\r\n{"id": 2,, }\r\n{"id": 3}\r\n')
    error = fault(path)
    assert (error.path, error.line, error.column) == (path, 3, 10)
    assert str(error).startswith(f"{path}, line 3, column 10: ")


def test_the_column_counts_characters_and_not_the_byte_order_mark(tmp_path: Path) -> None:
    assert fault(write(tmp_path / "a.jsonl", BOM + '{"가나": ?}'.encode())).column == 8


@pytest.mark.parametrize("body", [b"[1, 2]", b"12", b'"text"', b"null"])
def test_a_line_that_is_no_object_is_refused(tmp_path: Path, body: bytes) -> None:
    assert fault(write(tmp_path / "a.jsonl", b'{"id": 1}\n' + body + b"\n")).line == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"text": "가나다"}'.encode("cp949"),
        '{"text": "가나다"}'.encode("utf-16"),
        b'{"id": \x00}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
    ids=["cp949", "utf-16", "nul", "endless number", "deep nesting"],
)
def test_hostile_bytes_are_bad_input_and_not_a_crash(tmp_path: Path, body: bytes) -> None:
    path = write(tmp_path / "a.jsonl", b'{"id": 1}\n' + body + b"\n")
    error = fault(path)
    assert (error.path, error.line) == (path, 2)
    whole = write(tmp_path / "a.json", body)
    with pytest.raises(InputError) as caught:
        read_json(whole, Note)
    assert caught.value.path == whole


def test_a_key_given_twice_is_bad_input_as_one_of_its_values_would_be_lost(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b", "text": "c"}\n')
    assert str(fault(path)).startswith(f"{path}, line 2: is not JSON that can be read (the key 'text' is given twice)")
    inner = write(tmp_path / "b.jsonl", b'{"id": 1, "of": [{"x": 1, "x": 1}]}\n')
    assert "'x' is given twice" in str(fault(inner))
    whole = write(tmp_path / "a.json", b'{"id": 1, "text": "a", "id": 1}')
    with pytest.raises(InputError, match="the key 'id' is given twice"):
        read_json(whole, Note)


def test_a_missing_file_and_a_folder_are_bad_input(tmp_path: Path) -> None:
    assert "no such file" in str(fault(tmp_path / "absent.jsonl"))
    assert str(tmp_path) in str(fault(tmp_path))
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            read_json(path, Note)


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ('{"category": "수학", "questions": ["가"]}', "id", "is missing"),
        ('{"id": 1.5, "category": "수학", "questions": ["가"]}', "id", "1.5"),
        ('{"id": 1, "category": 7, "questions": ["가"]}', "category", "found 7"),
        ('{"id": 1, "category": "수학", "questions": ["가", 3]}', "questions.1", "found 3"),
        ('{"id": 1, "category": "수학", "questions": "가"}', "questions", '"가"'),
        ('{"id": 1, "category": "수학", "questions": ["가"], "referenes": []}', "referenes", "known field"),
    ],
)
def test_a_faulty_field_is_named_with_file_and_line(tmp_path: Path, row: str, field: str, words: str) -> None:
    path = write(tmp_path / "q.jsonl", f'\n{{"id": 9, "category": "수학", "questions": ["가"]}}\n{row}\n'.encode())
    with pytest.raises(InputError) as caught:
        read_records(path, Question)
    error = caught.value
    assert (error.path, error.line) == (path, 3)
    assert error.field == field
    assert words in str(error)
    assert "\n" not in str(error)


def test_rows_keep_the_order_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b'{"id": 3, "text": ""}\n{"id": 1, "text": ""}\n{"id": 2, "text": ""}\n')
    assert [note.id for note in read_records(path, Note)] == [3, 1, 2]


# -- torn tails


def test_a_torn_tail_is_left_out_of_our_own_files_only(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b'{"id": 1}\n{"id": 2, "te')
    assert data_of(path, torn_tail=True) == [{"id": 1}]
    assert fault(path).line == 2


@pytest.mark.parametrize("tail", ['{"text": "가'.encode()[:-1], b"\x00\x00\x00", b'{"id": 2}\x00\x00'])
def test_half_a_character_and_zeroes_of_a_crashed_disk_are_a_torn_tail(tmp_path: Path, tail: bytes) -> None:
    path = write(tmp_path / "a", b'{"id": 1, "text": ""}\n' + tail)
    assert data_of(path, torn_tail=True) == [{"id": 1, "text": ""}]
    with Appender(path) as file:
        file.append(Note(id=3, text=""))
    assert [note.id for note in read_records(path, Note)] == [1, 3]


def test_a_broken_line_with_a_line_end_is_never_a_torn_tail(tmp_path: Path) -> None:
    assert fault(write(tmp_path / "a", b'{"id": 1}\n{"id": 2, "te\n'), torn_tail=True).line == 2


def test_a_whole_last_line_without_line_end_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b'{"id": 1, "text": ""}\n{"id": 2, "text": ""}')
    assert len(data_of(path, torn_tail=True)) == 2
    with Appender(path) as file:
        file.append(Note(id=3, text=""))
    assert [note.id for note in read_records(path, Note)] == [1, 2, 3]


def test_a_torn_tail_longer_than_one_read_is_cut_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b'{"id": 1, "text": ""}\n{"id": 2, "text": "' + b"x" * 200_000)
    with Appender(path):
        pass
    assert path.read_bytes() == b'{"id": 1, "text": ""}\n'


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.just(STRANGE)


@pytest.mark.proofs
@settings(max_examples=120, deadline=None)
@given(st.lists(TEXTS, max_size=5), st.lists(TEXTS, max_size=3), st.data())
def test_whatever_byte_a_file_ends_at_whole_records_and_new_ones_are_read_and_nothing_else(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    lines = [dump(Note(id=number, text=text)) for number, text in enumerate(old)]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    kept, end = 0, 0
    for line in lines:
        end += len(line)
        kept += end - 1 <= cut  # all but the line end is a whole record too
    with tempfile.TemporaryDirectory() as place:
        path = write(Path(place) / "a.jsonl", whole[:cut])
        assert [n.text for n in read_records(path, Note, torn_tail=True)] == old[:kept]
        with Appender(path) as file:
            for number, text in enumerate(new):
                file.append(Note(id=number, text=text))
        assert [n.text for n in read_records(path, Note)] == old[:kept] + new


# -- appending


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_the_file_stays_utf_8(
    tmp_path: Path,
) -> None:
    answer = Answer(id="\udc00", category="글", questions=("앞\ud800뒤",), outputs=("\ud83d\ude00",))
    with Appender(tmp_path / "a") as file:
        file.append(answer)
    (read,) = read_records(tmp_path / "a", Answer)
    assert (read.id, read.questions, read.outputs) == ("\ufffd", ("앞\ufffd뒤",), ("\U0001f600",))


def test_a_record_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    with Appender(tmp_path / "deep" / "er" / "a", sync_seconds=1e9) as file:
        file.append(Note(id=1, text="가"))
        assert data_of(tmp_path / "deep" / "er" / "a") == [{"id": 1, "text": "가"}]


def test_closing_twice_is_harmless_and_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    file = Appender(tmp_path / "a")
    file.close()
    file.close()
    with pytest.raises(StoreError, match=str(tmp_path)):
        Appender(tmp_path)
    with pytest.raises(StoreError, match="cannot be written"):
        Appender(tmp_path / "a" / "b")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.test_files import Note
from judge.runs.appender import Appender
from judge.errors import StoreError
from judge.files import read_records

path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
with Appender(path) as file:
    file.append(Note(id=1, text="a"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        file.append(Note(id=2, text="b" * 500))
    except StoreError as error:
        print(error)
    assert path.read_bytes().endswith(b"}\\n"), "the part that fitted was not taken back"
    file.append(Note(id=3, text="c"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    file.append(Note(id=4, text="d"))
print([note.id for note in read_records(path, Note)])
"""


@pytest.mark.proofs
def test_a_line_that_a_full_disk_takes_in_part_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    message, ids = done.stdout.splitlines()
    assert message.startswith(f"{path}: cannot be written (File too large); ")
    assert "saved" in message
    assert ids == "[1, 3, 4]"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_disk_without_room_is_a_store_error_even_where_nothing_can_be_taken_back() -> None:
    file = Appender(Path("/dev/full"))
    with pytest.raises(StoreError, match="No space left"):
        file.append(Note(id=1, text="a"))
    with pytest.raises(StoreError):  # nor can it be synced
        file.close()
    file.close()


# -- replacing


def test_replace_text_writes_the_whole_text_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    replace_text(path, "가\r\n나\n")
    assert path.read_bytes() == "가\r\n나\n".encode()


def test_a_replace_that_fails_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    replace_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        replace_text(path, "x" * 100_000 + "\ud800")
    assert path.read_text() == "old"
    (tmp_path / "folder" / "full").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be written"):
        replace_text(tmp_path / "folder", "text")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.json", "folder"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_a_file_keeps_its_permissions_and_a_new_one_has_those_of_the_umask(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "old", b"old")
    path.chmod(mode)
    replace_text(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o7777) == ("new", mode)
    before = os.umask(0o777 & ~mode)
    try:
        replace_text(tmp_path / "fresh", "new")
    finally:
        os.umask(before)
    assert (tmp_path / "fresh").stat().st_mode & 0o7777 == mode & 0o666


def test_a_read_only_file_is_replaced_only_by_who_may_write_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"old")
    path.chmod(0o444)
    if os.access(path, os.W_OK):  # the superuser
        replace_text(path, "new")
        assert path.read_text() == "new"
    else:
        with pytest.raises(StoreError, match="Permission denied"):
            replace_text(path, "new")
        assert path.read_text() == "old"
    assert path.stat().st_mode & 0o7777 == 0o444
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("old", ["file", "nothing", "nothing in a folder that is missing"])
@pytest.mark.parametrize("links", [1, 2])
def test_a_link_stays_and_the_file_it_leads_to_is_replaced(tmp_path: Path, old: str, links: int) -> None:
    target = tmp_path / "there" / "target"
    if "missing" not in old:
        target.parent.mkdir()
    if old == "file":
        write(target, b"old").chmod(0o640)
    path = tmp_path / "here"
    path.symlink_to(Path("there") / "target")
    for _ in range(links - 1):
        (tmp_path / "further").symlink_to(path)
        path = tmp_path / "further"
    replace_text(path, "new")
    assert path.is_symlink()
    assert not target.is_symlink()
    assert target.read_text() == "new"
    assert old != "file" or target.stat().st_mode & 0o7777 == 0o640
    assert [entry.name for entry in target.parent.iterdir()] == ["target"]


def test_links_in_a_circle_and_folders_are_refused_and_stay(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(StoreError, match="symbolic links"):
        replace_text(tmp_path / "a", "new")
    (tmp_path / "folder").mkdir()
    (tmp_path / "c").symlink_to("folder")
    for path in (tmp_path / "folder", tmp_path / "c"):
        with pytest.raises(StoreError, match=r"\(Is a directory\); give the name of a file"):
            replace_text(path, "new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b", "c", "folder"]
    assert (tmp_path / "c").is_dir()
    assert (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("linked", [False, True])
def test_a_named_pipe_is_written_to_and_stays_one(tmp_path: Path, linked: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "pipe"
    if linked:
        path = tmp_path / "link"
        path.symlink_to("pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        replace_text(path, "가\n나")
        assert os.read(reader, 100).decode() == "가\n나"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
    assert path.is_symlink() == linked


def test_a_device_is_written_to_and_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "null"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.stat(os.devnull).st_rdev)
        path.write_bytes(b"")
    except PermissionError:
        pytest.skip("only the superuser makes a device, and not everywhere")
    replace_text(path, "text")
    assert path.is_char_device()
    assert [entry.name for entry in tmp_path.iterdir()] == ["null"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_device_that_takes_nothing_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="No space left"):
        replace_text(Path("/dev/full"), "text")
    assert Path("/dev/full").is_char_device()


def test_a_file_with_the_longest_name_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    replace_text(path, "old")
    replace_text(path, "new")
    assert path.read_text() == "new"


SWAP = """
import sys
from pathlib import Path
from judge.files import replace_text
print("ready", flush=True)
for number in range(1_000_000):
    replace_text(Path(sys.argv[1]), str(number % 10) * 200_000)
"""


@pytest.mark.proofs
def test_a_reader_never_sees_a_part_even_when_the_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    replace_text(path, "0" * 200_000)
    with subprocess.Popen([sys.executable, "-c", SWAP, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            seen = [path.read_text() for _ in range(200)]
        finally:
            writer.kill()
    seen.append(path.read_text())
    assert {len(text) for text in seen} == {200_000}
    assert all(len(set(text)) == 1 for text in seen)


def test_read_json_names_the_line_of_a_fault_and_the_field(tmp_path: Path) -> None:
    broken = write(tmp_path / "a.json", BOM + b'{\n "id": 1,\n "text" "x"\n}')
    with pytest.raises(InputError) as caught:
        read_json(broken, Note)
    assert (caught.value.line, caught.value.column) == (3, 9)
    with pytest.raises(InputError) as caught:
        read_json(write(tmp_path / "b.json", json.dumps({"id": 1}).encode()), Note)
    assert caught.value.field == "text"

"""LogicKor's files: what is read off them, what is refused, and the published tables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError
from judge.packs.logickor_rows import category_name
from judge.records import Failure, Judgment
from judge.sources.completing import complete
from judge.sources.logickor import (
    identity,
    read_evaluated,
    read_generated,
)
from judge.sources.places import places, recognise
from judge.sources.results import load_results
from judge.tables.means import mean_rows


def answer(identifier: Any = 1, **changed: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "category": "수학(Math)",
        "questions": ["하나 더하기 둘은?", "그 답의 두 배는?"],
        "outputs": ["셋입니다.", "여섯입니다."],
        "references": ["3", None],
    } | changed


def query(score: Any = 8.0, message: Any = "맞습니다.") -> dict[str, Any]:
    return {"judge_message": message, "judge_score": score}


def verdicts(identifier: Any = 1, **changed: Any) -> dict[str, Any]:
    return answer(identifier) | {"query_single": query(8.0), "query_multi": query(5)} | changed


def write(path: Path, *lines: dict[str, Any], bom: bool = False, end: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + end for line in lines)
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "evaluated" / "org" / "Model-7B" / "default.jsonl"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("추론(Reasoning)", "추론"),
        ("글쓰기 (Creative Writing) ", "글쓰기"),
        ("수학", "수학"),
        ("수학(고등)", "수학(고등)"),
        ("Coding(Python)", "Coding(Python)"),
        ("이해(독해)(Understanding)", "이해(독해)"),
    ],
)
def test_only_a_latin_gloss_of_a_korean_category_is_cut(given: str, shown: str) -> None:
    assert category_name(given) == shown


def test_rows_are_told_apart_by_their_keys() -> None:
    ours = answer() | {"model": "m", "strategy": "0-shot"}
    question = {key: answer()[key] for key in ("id", "category", "questions", "references")}
    rows = (answer(), verdicts(), verdicts(query_multi=None), ours, question)
    told = [recognise(Path("any.jsonl"), row) for row in rows]
    assert [place and place.what for place in told] == [
        "LogicKor answers",
        "LogicKor verdicts",
        "LogicKor verdicts",
        "answers",
        None,
    ]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("generated/Org/M-1.5/default.jsonl", ("Org/M-1.5", "0-shot")),
        ("/data/evaluated/org/m/cot-1-shot.jsonl", ("org/m", "cot-1-shot")),
        ("evaluated/m/1-shot.jsonl", ("m", "1-shot")),
        ("old/evaluated/run3/org/m/1-shot.jsonl", ("org/m", "1-shot")),
        ("org/m/0-shot.jsonl", ("org/m", "0-shot")),
        ("m/default.jsonl", ("m", "0-shot")),
        ("./x/../org/m/default.jsonl", ("org/m", "0-shot")),
    ],
)
def test_identity_is_read_off_the_path(path: str, names: tuple[str, str]) -> None:
    assert identity(Path(path)) == names


def test_a_relative_path_inside_evaluated_says_as_much_as_one_from_above(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir(parents=True)
    monkeypatch.chdir(file.parent)
    assert identity(Path("default.jsonl")) == ("org/Model-7B", "0-shot")


def test_given_names_win_and_default_is_0_shot() -> None:
    path = Path("evaluated/org/m/weird.jsonl")
    assert identity(path, strategy="default") == ("org/m", "0-shot")
    assert identity(path, model_name="x/y", strategy="tot") == ("x/y", "tot")
    assert identity(Path("default.jsonl"), model_name="x") == ("x", "0-shot")


@pytest.mark.parametrize("path", ["evaluated/default.jsonl", "/default.jsonl", "../default.jsonl"])
def test_a_path_without_a_model_asks_for_its_name(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="does not tell the model; give it with --model-name"):
        identity(Path(path))


def test_a_strange_file_name_asks_for_the_strategy() -> None:
    with pytest.raises(InputError, match=r"did you mean 'cot-1-shot'\?.*--strategy"):
        identity(Path("evaluated/org/m/cot1-shot.jsonl"))


def test_generated_answers_with_bom_crlf_and_any_order(file: Path) -> None:
    write(file, answer(2), answer(1, references=None), bom=True, end="\r\n")
    second, first = read_generated(file)
    assert (second.id, first.id, first.category) == (2, 1, "수학")
    assert (first.model, first.strategy, first.references) == ("org/Model-7B", "0-shot", ())
    assert second.references == ("3", None)
    assert second.outputs == ("셋입니다.", "여섯입니다.")


def test_a_question_without_an_output_is_no_turn(file: Path) -> None:
    write(file, answer(questions=["가", "나", "다"]))
    [read] = read_generated(file)
    assert (len(read.questions), list(read.turns)) == (3, [1, 2])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (answer(outputs=None), "line 2, field 'outputs': has no answers"),
        (answer(outputs=[]), "line 2, field 'outputs': has no answers"),
        ({k: v for k, v in answer().items() if k != "outputs"}, "line 2, field 'outputs': has no answers"),
        (answer(outputs=["하나", None]), "line 2, field 'outputs.1': .* found null"),
        (answer(outputs="하나"), "line 2, field 'outputs'"),
        (answer(outputs=["1", "2", "3"]), "'outputs': 3 for 2 questions"),
        (answer(references=["3"]), "'references': 1 for 2 outputs"),
        (answer(category=3), "line 2, field 'category'"),
        (answer("7", id=True), "line 2, field 'id"),
        ({k: v for k, v in answer().items() if k != "id"}, "line 2, field 'id.*is missing"),
        (answer(9), "line 2, field 'id': 9 is already the id of line 1; keep one"),
    ],
)
def test_a_broken_answer_row_is_one_clear_line(file: Path, line: dict[str, Any], message: str) -> None:
    write(file, answer(9), line)
    with pytest.raises(InputError, match=message) as caught:
        read_generated(file)
    assert str(file) in str(caught.value)


def test_verdicts_become_judgments_in_id_order(file: Path) -> None:
    write(file, *(verdicts(i) for i in (10, 9, "b", "a10")), bom=True)
    series = read_evaluated(file, judge="gpt-4")
    assert (series.model, series.strategy, series.judge, series.offline) == (
        "org/Model-7B",
        "0-shot",
        "gpt-4",
        False,
    )
    assert list(series.expected) == [(i, turn) for i in (9, 10, "a10", "b") for turn in (1, 2)]
    assert set(series.expected.values()) == {"수학"}
    assert [o.key for o in series.outcomes] == [(*item, 1) for item in series.expected]
    assert [o.score for o in series.outcomes if isinstance(o, Judgment)] == [8, 5] * 4


def test_impossible_to_judge_is_a_failure_and_a_real_zero_is_not(file: Path) -> None:
    failed = query(0.0, "Impossible to judge due to repetition.")
    scored = query(2, "Impossible to judge by style alone, but the sum is wrong.")
    write(file, verdicts(1, query_single=failed, query_multi=scored), verdicts(2, query_single=query(0)))
    first, second, third, _ = read_evaluated(file).outcomes
    assert isinstance(first, Failure)
    assert (first.kind, first.detail) == ("upstream", "Impossible to judge due to repetition.")
    assert isinstance(second, Judgment)
    assert isinstance(third, Judgment)
    assert (second.score, third.score) == (2, 0)


def test_a_verdict_that_is_not_there_is_missing(file: Path) -> None:
    without = {k: v for k, v in verdicts(1).items() if k != "query_multi"}
    write(file, without, verdicts(2, query_multi=None), verdicts(3, query_single=None))
    [row] = mean_rows([read_evaluated(file)])
    assert (row.judged, row.failed, row.missing, row.expected) == (3, 0, 3, 6)


def test_a_row_with_one_output_owes_one_verdict(file: Path) -> None:
    write(file, verdicts(1, outputs=["셋"], query_multi=None))
    [row] = mean_rows([read_evaluated(file)])
    assert (row.judged, row.expected) == (1, 1)
    assert row.overall == 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query_single": query(11)}, r"line 1, field 'query_single.judge_score': is 11, a score is 0 to 10"),
        ({"query_multi": query(-0.5)}, r"'query_multi.judge_score': is -0.5, a score is 0 to 10"),
        ({"query_multi": query("8")}, r"'query_multi.judge_score': .*found \"8\""),
        ({"query_multi": query(True)}, r"'query_multi.judge_score': .*found true"),
        ({"query_multi": query(None)}, r"'query_multi.judge_score': .*found null"),
        ({"query_multi": query(float("nan"))}, r"'query_multi.judge_score'"),
        ({"query_single": {"judge_score": 3}}, r"'query_single.judge_message': is missing"),
        ({"query_single": query(3, None)}, r"'query_single.judge_message'"),
        ({"query_single": 8}, r"line 1, field 'query_single'"),
        ({"outputs": ["셋"]}, r"'query_multi': is a verdict on turn 2, but there is no output 2"),
        ({"outputs": None}, r"line 1, field 'outputs': has no answers"),
    ],
)
def test_a_broken_verdict_is_one_clear_line(file: Path, changed: dict[str, Any], message: str) -> None:
    write(file, verdicts(1, **changed))
    with pytest.raises(InputError, match=message) as caught:
        read_evaluated(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_a_file_without_rows_is_an_error(file: Path, content: bytes) -> None:
    write(file).write_bytes(content)
    for read in (read_generated, read_evaluated):
        with pytest.raises(InputError, match="holds no row"):
            read(file)
    with pytest.raises(InputError, match="holds no row"):
        places(file.parent)


def test_a_partial_file_owes_what_the_other_files_have(tmp_path: Path) -> None:
    full = write(tmp_path / "a" / "m" / "default.jsonl", *(verdicts(i) for i in (1, 2, 3)))
    part = write(tmp_path / "a" / "m" / "1-shot.jsonl", verdicts(3))
    late = write(tmp_path / "a" / "m" / "cot-1-shot.jsonl", verdicts(2), verdicts(4))
    given = [read_evaluated(path) for path in (part, full, late)]
    done = complete(given)
    assert [list(s.expected) for s in done] == [[(i, t) for i in (1, 2, 3, 4) for t in (1, 2)]] * 3
    assert [s.strategy for s in done] == ["1-shot", "0-shot", "cot-1-shot"]
    assert [s.notes for s in done] == [(f"{n} of 8 expected verdicts are not in the file",) for n in (6, 2, 4)]
    assert [row.missing for row in mean_rows(done)] == [6, 2, 4]
    assert complete(done) == done


def test_files_of_another_question_set_owe_nothing(tmp_path: Path) -> None:
    one = write(tmp_path / "a" / "m" / "default.jsonl", verdicts(1), verdicts(2))
    words = ["'봄'을 영어로 옮겨 줘.", "뜻도 알려 줘."]
    other = write(tmp_path / "b" / "m" / "default.jsonl", *(verdicts(i, questions=words) for i in (1, 2, 3)))
    strange = write(tmp_path / "c" / "m" / "default.jsonl", verdicts("x"))
    half = write(tmp_path / "d" / "m" / "default.jsonl", verdicts(1), verdicts(2, questions=words))
    given = [read_evaluated(path) for path in (one, other, strange, half)]
    assert complete(given) == given


def test_a_question_under_another_category_is_the_same_question_and_keeps_its_own(tmp_path: Path) -> None:
    one = write(tmp_path / "a" / "m" / "default.jsonl", verdicts(1), verdicts(2))
    other = write(tmp_path / "b" / "m" / "default.jsonl", verdicts(1, category="번역"))
    first, second = complete([read_evaluated(path) for path in (one, other)])
    assert (len(first.expected), len(second.expected)) == (4, 4)
    assert (first.expected[1, 1], second.expected[1, 1], second.expected[2, 1]) == ("수학", "번역", "수학")


def test_files_are_found_by_content_below_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "questions.jsonl", {"id": 1, "category": "수학", "questions": ["?"]})
    write(tmp_path / ".cache" / "default.jsonl", answer())
    write(tmp_path / "notes.txt").write_text("none of ours")
    b = write(tmp_path / "b" / "m" / "default.jsonl", answer())
    a = write(tmp_path / "a" / "m" / "1-shot.jsonl", verdicts(), bom=True)
    (tmp_path / "linked").symlink_to(tmp_path / "b", target_is_directory=True)
    assert [place.path for place in places(tmp_path)] == [a, b, tmp_path / "linked" / "m" / "default.jsonl"]
    with pytest.raises(InputError, match="no such file or folder"):
        places(tmp_path / "nowhere")


def test_the_ending_may_be_in_capitals_and_the_first_row_may_lack_its_verdict(tmp_path: Path) -> None:
    write(tmp_path / "evaluated" / "a" / "m" / "default.jsonl", verdicts(1), verdicts(2))
    write(tmp_path / "evaluated" / "b" / "m" / "DEFAULT.JSONL", verdicts(1), verdicts(2))
    late = write(tmp_path / "evaluated" / "c" / "m" / "default.jsonl", answer(1), verdicts(2))
    write(tmp_path / "generated" / "c" / "m" / "default.jsonl", answer(1, outputs=['{"query_single": {}}']), answer(2))
    for path, models in ((tmp_path, ["a/m", "b/m", "c/m"]), (late, ["c/m"])):
        found = load_results([path], strategies=["0-shot"], model_name=None)
        assert [one.model for one in found] == models
        assert len(found[-1].outcomes) == 2
        assert set(found[-1].expected) == {(1, 1), (1, 2), (2, 1), (2, 2)}


def test_links_that_go_round_are_errors(tmp_path: Path) -> None:
    write(tmp_path / "a" / "m" / "default.jsonl", answer())
    (tmp_path / "a" / "m" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    with pytest.raises(InputError, match="is a link to a folder it lies in; remove the link"):
        places(tmp_path)
    loop = tmp_path / "b" / "m" / "default.jsonl"
    loop.parent.mkdir(parents=True)
    os.symlink(loop, loop)
    for read in (read_generated, read_evaluated, lambda path: places(path.parent)):
        with pytest.raises(InputError, match="cannot be read"):
            read(loop)


def test_a_broken_file_below_a_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a" / "default.jsonl").write_text('{"id": 1,\n')
    with pytest.raises(InputError, match=r"default\.jsonl, line 1, column"):
        places(tmp_path)

"""One run on disk: where its files are, who may write, what may be continued."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from judge.config import BASELINES, GenerateConfig, JudgeConfig, Sampling
from judge.errors import ConfigError, InputError, RunLockedError, StoreError
from judge.records import Answer, AnswerFailure, Failure, Judgment, Usage
from judge.runs.appender import dump
from judge.runs.folder import MANIFEST, RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.runs.names import answers_part, model_folder, safe_part
from judge.sources.check import check_path

ASKED = [ExpectedQuestion(id=1, category="수학", turns=2), ExpectedQuestion(id="1", category="문법", turns=1)]


def config(**changes: Any) -> GenerateConfig:
    made: dict[str, Any] = {"model": "org/m", "questions": "q", "strategies": {"0-shot": "a"}} | changes
    return GenerateConfig(**made)


def answer(number: int | str = 1, text: str = "답", digest: str = "d") -> Answer:
    return Answer(id=number, category="수학", questions=("문",), outputs=(text,), strategy="0-shot", digest=digest)


def answer_failure(number: int = 1, digest: str = "d") -> AnswerFailure:
    return AnswerFailure(
        id=number,
        category="수학",
        turn=1,
        kind="timeout",
        detail="",
        attempts=3,
        model="m",
        strategy="0-shot",
        created="",
        digest=digest,
    )


def judgment(judge: str = "org/j", **changes: Any) -> Judgment:
    made: dict[str, Any] = {"id": 1, "turn": 1, "category": "수학", "model": "m", "strategy": "0-shot"} | changes
    return Judgment(judge=judge, score=7.5, comment="좋음", **made)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "org" / "m")


# -- names -> paths


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("org/model", ("org", "model")),
        ("Qwen/Qwen2.5-7B-Instruct", ("Qwen", "Qwen2.5-7B-Instruct")),
        ("gpt-4.1", ("gpt-4.1",)),
        ("baseline:echo", ("baseline_echo",)),
        ("조직/모델 1", ("조직", "모델 1")),
        ("..model/v..2", ("..model", "v..2")),
        ("a:b*c?", ("a_b_c_",)),
    ],
)
def test_a_model_has_a_folder_of_its_own_name_case_kept(model: str, parts: tuple[str, ...]) -> None:
    assert model_folder(Path("out"), model) == Path("out", *parts)


@pytest.mark.parametrize(
    "model",
    [
        *("", " ", ".", "..", "../x", "org/..", "org/../../x", "org/./m", "/etc/passwd", "/", "org//m", "org/"),
        *("org\\m", "..\\x", "C:\\x", "org/m\x00", "\x00"),
    ],
)
def test_an_id_that_could_leave_the_root_is_bad_input(model: str) -> None:
    with pytest.raises(InputError, match="--model-name"):
        model_folder(Path("out"), model)


@pytest.mark.parametrize("model", ["run.json", "org/answers", "Judgments/m", "m.jsonl", "org/run.lock"])
def test_a_name_of_a_runs_own_files_is_bad_input(model: str) -> None:
    with pytest.raises(InputError, match="named like a run's own files; give another name with --model-name"):
        model_folder(Path("out"), model)


def test_the_null_models_have_different_folders() -> None:
    assert len({model_folder(Path("out"), name) for name in BASELINES}) == len(BASELINES)


@settings(deadline=None)
@given(st.text(st.sampled_from("./\\~ :a\x00\n한\udc80")) | st.text())
@example("../x")
@example("...")
def test_no_model_id_leads_out_of_the_root(model: str) -> None:
    root = Path("/root-of-runs")
    try:
        folder = model_folder(root, model)
    except InputError:
        return
    assert folder.resolve().is_relative_to(root)
    assert folder != root
    assert len(folder.parts) == len(root.parts) + len(model.split("/"))


@given(st.text(st.sampled_from("./\\ :a한")) | st.text())
def test_a_judges_or_strategys_name_is_one_component(name: str) -> None:
    part = safe_part(name)
    assert Path("root", part).parts == ("root", part)
    assert part not in (".", "..")


@given(st.text(st.sampled_from("./\\ :a한%~"), min_size=1) | st.text(), st.text(st.sampled_from("./\\ :a한%~")))
@example("0-shot", "0-shot.turns")
@example("가" * 200, "가" * 201)
def test_two_names_never_share_a_component_and_none_is_too_long(one: str, other: str) -> None:
    for part_of in (safe_part, answers_part):
        assert (part_of(one) == part_of(other)) == (one == other)
        assert len(f"{part_of(one)}.failures.jsonl".encode()) <= 255


@pytest.mark.parametrize("ending", [".turns", ".failures", ".Turns"])
def test_a_strategy_named_like_a_file_beside_answers_has_files_of_its_own(run: RunFolder, ending: str) -> None:
    name = f"0-shot{ending}"
    beside = {run.answers_file("0-shot", kind) for kind in ("", ".turns", ".failures")}
    assert str(run.answers_file(name)).lower() not in {str(path).lower() for path in beside}
    with run.writing():
        run.add_answer(answer_failure(1))
        run.add_answer(answer(1).model_copy(update={"strategy": name}))
    assert list(run.answers(name)) == [1]
    assert list(run.answer_failures("0-shot")) == [1]


def test_an_older_run_of_a_strategy_of_such_a_name_keeps_its_file(run: RunFolder) -> None:
    old = run.path / "answers" / "mine.turns.jsonl"
    old.parent.mkdir(parents=True)
    old.write_bytes(dump(answer(1).model_copy(update={"strategy": "mine.turns"})))
    assert list(run.answers("mine.turns")) == [1]
    with run.writing():
        run.add_answer(answer(2).model_copy(update={"strategy": "mine.turns"}))
    assert list(run.answers("mine.turns")) == [1, 2]
    assert [path.name for path in old.parent.iterdir()] == [old.name]


def test_a_model_id_too_long_for_a_folder_is_told_with_the_mend() -> None:
    with pytest.raises(InputError, match=r"over 255 bytes.*--model-name"):
        model_folder(Path("out"), "org/" + "가" * 86)


# -- reading and writing


def test_the_last_answer_of_an_id_is_in_force_and_ids_keep_their_type(run: RunFolder) -> None:
    with run.writing():
        for one in (answer(1, "처음"), answer("1", "글자"), answer(1, "나중")):
            run.add_answer(one)
    found = RunFolder(run.path).answers("0-shot")
    assert {key: one.outputs for key, one in found.items()} == {1: ("나중",), "1": ("글자",)}


def test_a_failed_conversation_is_told_until_it_is_answered(run: RunFolder) -> None:
    with run.writing():
        run.add_answer(answer_failure(1))
        run.add_answer(answer_failure(2))
        run.add_answer(answer(2))
        run.add_answer(answer(3, digest="old"))
        run.add_answer(answer_failure(3, digest="new"))
    assert list(run.answers("0-shot")) == [2, 3]
    assert sorted(run.answer_failures("0-shot")) == [1, 3]


def test_judgments_and_failures_come_back_in_order_as_what_they_were(run: RunFolder) -> None:
    failed = Failure(
        id=1, turn=1, judge="org/j", category="수학", model="m", strategy="0-shot", kind="server", detail="500"
    )
    with run.writing():
        run.add_outcome(failed)
        run.add_outcome(judgment())
    assert run.outcomes("org/j", "0-shot") == [failed, judgment()]
    assert run.judges() == ["org/j"]
    assert [p.relative_to(run.path) for p in run.path.rglob("*.jsonl")] == [
        Path("judgments", "org%2Fj", "0-shot.jsonl")
    ]


def test_a_run_without_files_reads_as_empty(run: RunFolder) -> None:
    assert (run.answers("x"), run.answer_failures("x"), run.outcomes("j", "x"), run.judges()) == ({}, {}, [], [])


def test_a_torn_tail_is_owed_again_and_not_an_error(run: RunFolder) -> None:
    with run.writing():
        run.add_outcome(judgment())
    with run.judgments_file("org/j", "0-shot").open("ab") as file:
        file.write(b'{"id": 2, "tu')
    assert len(run.outcomes("org/j", "0-shot")) == 1
    with run.writing():
        run.add_outcome(judgment(id=2))
    assert [one.id for one in run.outcomes("org/j", "0-shot")] == [1, 2]


def test_nothing_is_written_outside_of_writing(run: RunFolder) -> None:
    with pytest.raises(StoreError, match="outside"):
        run.add_answer(answer())
    with run.writing():
        pass
    with pytest.raises(StoreError, match="outside"):
        run.add_outcome(judgment())


# -- one writer


HOLD = """
import sys, time
from pathlib import Path
from judge.runs.folder import RunFolder
with RunFolder(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.proofs
def test_a_second_process_is_refused_at_once_and_let_in_after_the_first_is_killed(run: RunFolder) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(run.path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(RunLockedError, match=str(run.path)), run.writing():
                raise AssertionError("two writers")
            assert run.answers("0-shot") == {}  # readers are not held up
        finally:
            holder.send_signal(signal.SIGKILL)
            holder.wait()
        with run.writing():
            run.add_answer(answer())
    assert len(run.answers("0-shot")) == 1


def test_a_second_writer_of_this_process_is_refused_and_a_fault_inside_releases_the_lock(
    run: RunFolder,
) -> None:
    def fault_inside() -> None:
        with run.writing():
            with pytest.raises(RunLockedError), RunFolder(run.path).writing():
                raise AssertionError("two writers")
            run.add_answer(answer())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fault_inside()
    with RunFolder(run.path).writing():
        pass
    assert len(run.answers("0-shot")) == 1


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"), RunFolder(tmp_path / "file" / "run").writing():
        raise AssertionError("written into a file")


# -- manifest


def test_a_run_is_continued_under_the_same_configuration_and_keeps_its_birth(run: RunFolder) -> None:
    assert not run.exists()
    first = run.begin(config(sampling=Sampling(seed=1)), ASKED, 42)
    assert run.exists()
    again = run.begin(config(sampling=Sampling(seed=1)), ASKED, 42)
    assert again.expected == first.expected == tuple(ASKED)
    assert run.manifest().created == first.created
    assert run.manifest().versions["kojudge"]


def test_another_strategy_and_more_questions_widen_the_run(run: RunFolder) -> None:
    run.begin(config(), ASKED, 42)
    more = ExpectedQuestion(id=2, category="추론", turns=2)
    run.begin(config(strategies={"1-shot": "b"}), [*ASKED, more], 42)
    manifest = run.manifest()
    assert manifest.config.strategies == {"0-shot": "a", "1-shot": "b"}
    assert manifest.expected == (*ASKED, more)
    run.begin(config(strategies={"0-shot": "a"}), [more], 42)  # of what is not answered, only what is asked now
    assert run.manifest().config.strategies == manifest.config.strategies
    assert run.manifest().expected == (more,)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model": "org/n"}, "model: org/m -> org/n"),
        ({"questions": "r"}, "questions: q -> r"),
        ({"source": "saved"}, "source: generated -> saved"),
        ({"sampling": Sampling(temperature=0.7)}, "temperature: 0.0 -> 0.7"),
        ({"sampling": Sampling(max_tokens=5)}, "max_tokens: None -> 5"),
        ({"engine": {"dtype": "bfloat16"}}, "dtype: None -> bfloat16"),
        ({"strategies": {"0-shot": "changed"}}, "strategy 0-shot: a -> changed"),
    ],
)
def test_another_configuration_is_refused_with_the_differing_field_and_the_way_out(
    run: RunFolder, changes: dict[str, Any], told: str
) -> None:
    run.begin(config(), ASKED, 42)
    with run.writing():
        run.add_answer(answer(1))
    before = (run.path / MANIFEST).read_bytes()
    with pytest.raises(ConfigError) as caught:
        run.begin(config(**changes), ASKED, 42)
    assert told in str(caught.value)
    assert "--fresh" in str(caught.value)
    assert ";" not in str(caught.value).split("(")[1].split(")")[0], "one field differs, one is told"
    assert (run.path / MANIFEST).read_bytes() == before


def test_several_differing_fields_are_all_told(run: RunFolder) -> None:
    run.begin(config(), ASKED, 42)
    with run.writing():
        run.add_answer(answer(1))
    with pytest.raises(ConfigError, match=r"questions: q -> r; temperature: 0\.0 -> 1\.0"):
        run.begin(config(questions="r", sampling=Sampling(temperature=1)), ASKED, 42)


def test_an_engine_setting_is_the_same_after_a_round_trip_through_the_file(run: RunFolder) -> None:
    engine = {"vllm_args": {"rope-scaling": None}, "lora": ("a", "b")}
    run.begin(config(engine=engine), ASKED, 42)
    run.begin(config(engine=engine), ASKED, 42)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"kojudge": "1",\n "config": }', "line 2, column 12"),
        ("{}", "field 'kojudge'"),
        ("", "line 1, column 1"),
    ],
)
def test_a_broken_manifest_is_named_and_not_written_over(run: RunFolder, text: str, place: str) -> None:
    run.path.mkdir(parents=True)
    (run.path / MANIFEST).write_text(text)
    with pytest.raises(InputError) as caught:
        run.begin(config(), ASKED, 42)
    assert str(caught.value).startswith(f"{run.path / MANIFEST}, {place}")
    assert (run.path / MANIFEST).read_text() == text


def test_a_mistyped_manifest_field_is_named(run: RunFolder) -> None:
    run.begin(config(), ASKED, 42)
    data = json.loads((run.path / MANIFEST).read_text())
    data["expected"][1]["turns"] = True
    (run.path / MANIFEST).write_text(json.dumps(data))
    with pytest.raises(InputError) as caught:
        run.manifest()
    assert caught.value.field == "expected.1.turns"


@pytest.mark.parametrize("indent", ["as written", None, 1, 2, 4])
@pytest.mark.parametrize("asked", [[], ASKED, [ExpectedQuestion(id='"\n  ]', category='],\n  "expected": [', turns=1)]])
def test_a_change_keeps_the_expected_questions_however_the_file_is_laid_out(
    run: RunFolder, asked: list[ExpectedQuestion], indent: int | str | None
) -> None:
    run.begin(config(), asked, 42)
    file = run.path / MANIFEST
    if indent != "as written":
        file.write_text(json.dumps(json.loads(file.read_text()), indent=indent), encoding="utf-8")
    run.open_round("digest", "all")
    assert run.manifest().expected == tuple(asked)
    assert run.manifest().open_rounds == {"digest": "all"}
    assert run.head() == run.manifest().model_copy(update={"expected": ()})


def test_tokens_add_up_a_stage_and_notes_stand_once(run: RunFolder) -> None:
    run.begin(config(), ASKED, 42)
    run.add_usage("generate", Usage(prompt_tokens=1, completion_tokens=2), ("시스템 메시지를 접음",))
    run.add_usage("generate", Usage(prompt_tokens=10, cached_tokens=3), ("시스템 메시지를 접음", "또"))
    run.add_usage("j", Usage(prompt_tokens=5))
    assert run.manifest().usage == {
        "generate": Usage(prompt_tokens=11, completion_tokens=2, cached_tokens=3),
        "j": Usage(prompt_tokens=5),
    }
    assert run.manifest().notes == ("시스템 메시지를 접음", "또")


def test_judges_stand_beside_each_other_by_their_digest(run: RunFolder) -> None:
    run.begin(config(), ASKED, 42)
    cool, warm = (JudgeConfig(judge="j", template="t", sampling=Sampling(temperature=t)) for t in (0.0, 1.0))
    for judge in (cool, warm, cool):
        run.note_judge(judge)
    assert run.manifest().judges == {cool.digest(): cool, warm.digest(): warm}


# -- left by a kill

KILLED = """
import os, sys
from pathlib import Path
from judge.files import replace_text
os.fsync = lambda file: os._exit(9)
replace_text(Path(sys.argv[1]), "new")
"""


@pytest.mark.proofs
def test_half_a_file_of_a_killed_process_is_named_by_check_and_gone_with_the_next_writing(run: RunFolder) -> None:
    run.begin(config(), ASKED, 2)
    batches = run.path / "judgments" / "j" / "batches"
    for path in (run.path / MANIFEST, batches / "b.json"):
        assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == 9
    left = sorted(run.path.rglob(".kojudge-*"))
    assert len(left) == 2
    told = [str(found) for found in check_path(run.path)]
    assert [line for line in told if "left by a kojudge" in line] == [
        f"{path}: left by a kojudge that was killed (unless one writes here now); it can be removed" for path in left
    ]
    assert run.manifest().config == config()
    with run.writing():
        assert sorted(run.path.rglob(".kojudge-*")) == []


# -- fresh


def test_a_run_moved_aside_is_whole_and_the_new_one_begins_empty(run: RunFolder) -> None:
    with run.writing():
        assert run.move_aside() is None
        run.begin(config(), ASKED, 42)
        run.add_answer(answer(1, "옛"))
        run.add_outcome(judgment())
    with run.writing():
        aside = run.move_aside()
        assert aside is not None
        assert not run.exists()
        run.begin(config(model="org/n"), ASKED, 42)
        run.add_answer(answer(1, "새"))
        with pytest.raises(RunLockedError), RunFolder(run.path).writing():
            raise AssertionError("the lock went aside with the files")
    old = RunFolder(aside)
    assert old.manifest().config == config()
    assert old.answers("0-shot")[1].outputs == ("옛",)
    assert len(old.outcomes("org/j", "0-shot")) == 1
    assert run.answers("0-shot")[1].outputs == ("새",)
    assert run.outcomes("org/j", "0-shot") == []
    assert aside.parent == run.path.parent


def test_two_runs_moved_aside_at_once_do_not_meet(run: RunFolder) -> None:
    places = []
    for _ in range(3):
        run.begin(config(), ASKED, 42)
        places.append(run.move_aside())
    assert len(set(places)) == 3

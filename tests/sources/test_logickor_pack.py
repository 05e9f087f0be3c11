"""`kojudge import logickor`: with the pack of a checkout, what is sent is what the checkout's own code sends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.errors import InputError
from judge.packs.folder import load_settings
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.questions import load_questions
from judge.packs.strategies import load_strategies
from judge.records import Answer
from judge.sources.logickor_pack import read_checkout
from tests.support import mini_checkout as mini
from tests.support.public import PUBLIC, needs_public
from tests.support.wire import Request, Wire, chat

CHECKOUT = os.environ.get("LOGICKOR_CHECKOUT")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    checkout = mini.write(tmp_path / "checkout")
    assert main(["import", "logickor", str(checkout), "-o", str(tmp_path / "pack"), "-q"]) == 0
    return tmp_path / "pack"


def rows() -> list[dict[str, Any]]:
    return [row | {"outputs": list(mini.ANSWERS[row["id"]])} for row in mini.QUESTIONS]


def answer(row: dict[str, Any]) -> Answer:
    return Answer.model_validate(row | {"answer_language": ["ko", "ko"]})


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["id"]))
@pytest.mark.parametrize("turn", [1, 2])
def test_the_judge_gets_the_messages_of_the_checkouts_own_code(pack: Path, row: dict[str, Any], turn: int) -> None:
    ours = load_judge_prompts(pack).render(answer(row), turn, ("ko", "ko"))
    assert list(ours) == mini.upstream_messages(row, multi=turn == 2)


def test_references_that_are_missing_altogether_read_as_none(pack: Path) -> None:
    row = rows()[0] | {"references": None}
    ours = load_judge_prompts(pack).render(answer(row | {"references": ()}), 2, ("ko", "ko"))
    assert list(ours) == mini.upstream_messages(row, multi=True)


def test_texts_of_ones_own_are_sent_as_they_are(tmp_path: Path) -> None:
    evaluator = mini.EVALUATOR.replace("[물음]", "{{{{ 물음 }}}} {{% {{# \\r\\n").replace("<<끝. {평가}>>", "{%끝{")
    assert evaluator != mini.EVALUATOR
    checkout = mini.write(tmp_path / "c", evaluator=evaluator)
    assert main(["import", "logickor", str(checkout), "-o", str(tmp_path / "p"), "-q"]) == 0
    prompts = load_judge_prompts(tmp_path / "p")
    for row in rows():
        for turn in (1, 2):
            ours = prompts.render(answer(row), turn, ("ko", "ko"))
            assert list(ours) == mini.upstream_messages(row, multi=turn == 2, evaluator=evaluator)


def test_strategies_keep_their_messages_and_default_is_0_shot(pack: Path) -> None:
    given: dict[str, Any] = {}
    exec(compile(mini.TEMPLATES, "templates.py", "exec"), given)
    found = {s.name: list(s.messages) for s in load_strategies(["default", "1-shot", "cot-1-shot"], pack)}
    theirs = given["PROMPT_STRATEGY"]
    assert found == {"0-shot": [], "1-shot": theirs["1-shot"], "cot-1-shot": theirs["cot-1-shot"]}


def test_of_question_3_two_turns_are_asked_and_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkout = mini.write(tmp_path / "c")
    main(["import", "logickor", str(checkout), "-o", str(tmp_path / "p")])
    assert "question 3: 3 texts in the file" in capsys.readouterr().err
    questions = load_questions(tmp_path / "p").questions
    assert [len(q.questions) for q in questions] == [2, 2, 2]
    assert [q.category for q in questions] == ["수학", "글쓰기", "추론"]
    assert questions[1].answer_language == ("ko", "en")


def test_questions_jsonl_itself_is_a_question_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkout = mini.write(tmp_path / "c")
    assert main(["check", str(checkout / "questions.jsonl")]) == 0
    assert "3 questions, 6 turns" in (said := capsys.readouterr().out)
    assert "the first 2 are asked" in said
    found = load_questions(questions=str(checkout / "questions.jsonl"))
    assert len(found.notes) == 1


def test_a_longer_row_of_ones_own_is_still_a_fault(tmp_path: Path) -> None:
    row = mini.QUESTIONS[2] | {"category": "추론"}
    (tmp_path / "q.jsonl").write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    with pytest.raises(InputError, match="2 for 3 turns"):
        load_questions(questions=str(tmp_path / "q.jsonl"))


def test_all_saved_answers_are_judged_as_the_checkout_judges_them(pack: Path, tmp_path: Path) -> None:
    replies = iter(["점수가 없다", *["**평가:** 인용 '점수 3' **점수:** 7점\n점수: 2"] * 99])

    def reply(request: Request) -> Any:
        return chat(next(replies))

    saved = tmp_path / "checkout" / "generated"
    with Wire(reply) as wire:
        words = ["judge", str(saved), "--judge", "j", "--judge-base-url", wire.url, "--pack", str(pack)]
        assert main([*words, "--out", str(tmp_path / "o"), "--judge-concurrency", "1", "-q"]) == 0
        sent = wire.requests
    theirs = [mini.upstream_messages(row, multi=multi) for row in rows() for multi in (False, True)] * 3
    again, *firsts = [request.body["messages"] for request in sent]
    assert again == firsts[0], "the reply without a score is asked for again with the same words"
    assert sorted(map(json.dumps, firsts)) == sorted(map(json.dumps, theirs))
    assert {request.body["temperature"] for request in sent} == {0.0}
    lines = (tmp_path / "o/org/model/judgments/j/0-shot.jsonl").read_text("utf-8").splitlines()
    verdicts = [json.loads(line) for line in lines]
    assert {(v["score"], v["comment"]) for v in verdicts} == {(7.0, "인용 '점수 3'")}
    assert len(verdicts) == 6, "empty answers are asked, too"


def test_a_model_is_asked_as_the_checkout_asks_it(pack: Path, tmp_path: Path) -> None:
    said = " \n<|im_end|>생각<think>이 아니다</think>\nUSER: 다음 "
    with Wire(lambda _: chat(said)) as wire:
        words = ["generate", "m", "--base-url", wire.url, "--pack", str(pack), "--out", str(tmp_path / "o"), "-q"]
        assert main(words) == 0
        sent = [r.body for r in wire.requests if r.body.get("max_tokens") != 1]
    theirs: dict[str, Any] = {}
    exec(compile(mini.TEMPLATES, "templates.py", "exec"), theirs)
    wanted = []
    for messages in theirs["PROMPT_STRATEGY"].values():
        for row in mini.QUESTIONS:
            first = [*messages, {"role": "user", "content": row["questions"][0]}]
            second = [{"role": "assistant", "content": said.strip()}, {"role": "user", "content": row["questions"][1]}]
            wanted += [first, [*first, *second]]
    assert sorted(json.dumps(body["messages"]) for body in sent) == sorted(map(json.dumps, wanted))
    assert {tuple(body["stop"]) for body in sent} == {("<|im_end|>", "[INST]")}
    assert {body["temperature"] for body in sent} == {0.0}


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("templates", '"default": []', '"default": load()', "PROMPT_STRATEGY is not a literal"),
        ("templates", "JUDGE_TEMPLATE =", "TEMPLATE =", "0 assignments to JUDGE_TEMPLATE"),
        ("templates", "JUDGE_TEMPLATE =", "JUDGE_TEMPLATE = {}\nJUDGE_TEMPLATE |=", "2 assignments to JUDGE_TEMPLATE"),
        ("templates", '"multi_turn": ', '"multi": ', "the texts single_turn and multi_turn"),
        ("templates", '"1-shot": [', '"../1-shot": [', "'../1-shot' cannot name a strategy"),
        ("templates", '"assistant", "content": "파란색입니다."', '"tool"', "a list of role and content"),
        ("templates", "PROMPT_STRATEGY = {", "PROMPT_STRATEGY = {{", "no Python"),
        ("evaluator", "def create_answers", "def judge_one", "has no function create_answers"),
        ("evaluator", "is_multi_turn: bool = False", "is_multi_turn", "builds the judge's prompt otherwise"),
        ("evaluator", "{model_outputs[0]}", "{model_outputs[0].strip()}", "builds the judge's prompt otherwise"),
        ("evaluator", "\\n{model_outputs[1]}", "\\n{model_outputs[0]}", "builds the judge's prompt otherwise"),
        ("evaluator", '["references"]', '["notes"]', "builds the judge's prompt otherwise"),
        (
            "evaluator",
            "        if model_references and model",
            "        if model",
            "builds the judge's prompt otherwise",
        ),
        ("evaluator", "    try:\n", "    try:\n        prompt += '끝'\n", "builds the judge's prompt otherwise"),
        ("evaluator", 'prompt += "', "prompt += " + "'가' + " * 1500 + '"', "builds the judge's prompt otherwise"),
        ("evaluator", "temperature=0.0", "temperature=0.7", "calls the judge otherwise"),
        ("evaluator", '{"role": "user", "content": prompt},', "", "calls the judge otherwise"),
        ("evaluator", "n=1,", "n=1, seed=7,", "calls the judge otherwise"),
        ("evaluator", "\\s*(\\d+(", "\\s*\\[(\\d+(", "reads the judge's reply otherwise"),
        ("generator", "question[1]", "question[2]", "asks a question otherwise"),
        ("generator", "add_generation_prompt=True", "add_generation_prompt=False", "asks a question otherwise"),
        ("generator", ".text.strip()", ".text", "reads an answer otherwise"),
        ("generator", "SamplingParams(t", "Parameters(t", "has no call of SamplingParams"),
        ("generator", 'stop=["<|im_end|>", "[INST]"]', 'stop="[INST]"', "stop is not a list of texts"),
    ],
)
def test_another_shape_is_refused_in_one_line_with_its_file(
    tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    text = {"templates": mini.TEMPLATES, "evaluator": mini.EVALUATOR, "generator": mini.GENERATOR}[name]
    assert old in text
    checkout = mini.write(tmp_path / "c", **{name: text.replace(old, new)})
    with pytest.raises(InputError) as caught:
        read_checkout(checkout)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.path == checkout / f"{name}.py"


def test_the_line_of_the_changed_code_is_named(tmp_path: Path) -> None:
    text = mini.EVALUATOR.replace("temperature=0.0", "temperature=0.7")
    line = next(n for n, one in enumerate(text.split("\n"), start=1) if "temperature" in one)
    with pytest.raises(InputError) as caught:
        read_checkout(mini.write(tmp_path / "c", evaluator=text))
    assert caught.value.line == line


def test_a_fork_with_other_files_is_told_what_is_missing_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = mini.write(tmp_path / "c")
    (checkout / "templates.py").unlink()
    (checkout / "evaluator.py").rename(checkout / "judgement.py")
    assert main(["import", "logickor", str(checkout), "-o", str(tmp_path / "p")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "has no templates.py, evaluator.py" in said
    assert "github.com/instructkr/LogicKor" in said
    assert not (tmp_path / "p").exists()


def test_nothing_of_a_checkout_is_run(tmp_path: Path) -> None:
    trap = f"\nopen({str(tmp_path / 'ran')!r}, 'w')\n"
    texts = {"templates": mini.TEMPLATES, "evaluator": mini.EVALUATOR, "generator": mini.GENERATOR}
    read_checkout(mini.write(tmp_path / "c", **{name: text + trap for name, text in texts.items()}))
    assert not (tmp_path / "ran").exists()


def test_an_import_never_writes_into_a_folder_that_holds_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = mini.write(tmp_path / "c")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine").write_text("내 것", "utf-8")
    assert main(["import", "logickor", str(checkout), "-o", str(tmp_path / "p")]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "p").iterdir()] == ["mine"]


KILLED = """
import os, sys
import judge.cli.exchange
from judge.cli.main import main

words, *files = sys.argv[1:]
replace = os.replace
for file in files:
    child = os.fork()
    if child == 0:
        os.replace = lambda old, new: os._exit(9) if os.path.basename(new) == file else replace(old, new)
        main([*words.split(), file])
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.proofs
def test_a_killed_import_leaves_no_pack_and_is_simply_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mini.write(tmp_path / "c")
    monkeypatch.chdir(tmp_path)
    words, files = "import logickor c -q -o", ["pack.yaml", "single.user.jinja", "logickor.jsonl"]
    done = subprocess.run([sys.executable, "-c", KILLED, words, *files], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["9"] * len(files)
    for file in files:
        assert not Path(file).exists()
        assert main([*words.split(), file]) == 0
        assert len(load_questions(Path(file)).questions) == len(mini.QUESTIONS)


def test_an_empty_folder_that_is_there_becomes_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = mini.write(tmp_path / "c")
    (tmp_path / "p").mkdir()
    monkeypatch.chdir(tmp_path / "p")
    assert main(["import", "logickor", str(checkout), "-o", ".", "-q"]) == 0
    assert sorted(path.name for path in Path().iterdir()) == ["pack.yaml", "questions", "templates"]


def test_an_imported_pack_passes_the_check(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(pack)]) == 0
    assert "replies as logickor" in capsys.readouterr().out
    assert load_settings(pack).judge.verbatim


@needs_public
@pytest.mark.skipif(
    CHECKOUT is None, reason="needs a clone of https://github.com/instructkr/LogicKor named by LOGICKOR_CHECKOUT"
)
def test_every_request_is_that_of_upstreams_unmodified_code() -> None:
    program = Path(__file__).parents[2] / "benchmarks" / "logickor_parity.py"
    words = [sys.executable, str(program), str(CHECKOUT), "--answers", str(PUBLIC / "generated")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""`import arena-hard`: a checkout's questions and judge prompts, byte for byte, and its way of reading a reply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.packs.folder import load_settings
from judge.packs.pair_prompts import Shown, load_pair_prompts
from judge.packs.questions import load_questions
from judge.records import Answer
from judge.text.pair_verdicts import FIVE_LEVELS, read_pair
from tests.support.wire import Request, Response, Wire, chat

SYSTEM = "Judge A and B.\n\nLabels: {{A}} [[A>>B]] {% x %}\n"
CREATIVE = "Judge the style. [[A=B]]"
USER = "<|User Prompt|>\n{QUESTION}\n\n<|A|>\n{ANSWER_A}\n<|end|>\n\n<|B|>\n{ANSWER_B}\n<|end|>"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    rows = [
        {"uid": "u1", "category": "hard_prompt", "subcategory": "math", "prompt": "1 + 1은? {{ x }}"},
        {"uid": "u2", "category": "creative_writing", "prompt": "시를 써 줘"},
    ]
    root = tmp_path / "arena"
    write(root / "data/arena-hard-v2.0/question.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write(root / "config/arena-hard-v2.0.yaml", "prompt_template: " + json.dumps(USER) + "\n")
    settings = f"""import os
OG = {SYSTEM!r}
JUDGE_SETTINGS = {{
    "hard_prompt": {{"baseline": "o3", "system_prompt": OG}},
    "creative_writing": {{"baseline": "gemini", "system_prompt": {CREATIVE!r}}},
}}
"""
    write(root / "utils/judge_utils.py", settings)
    return root


def messages(pack: Path, question: int, a: str, b: str) -> list[str]:
    settings = load_settings(pack).pairwise
    assert settings is not None
    asked = load_questions(pack).questions[question]
    one, two = (
        Answer(id=asked.id, category=asked.category, questions=asked.questions, outputs=(text,)) for text in (a, b)
    )
    shown = Shown(one, two, 1, asked.answer_language, "abcd")
    return [str(m["content"]) for m in load_pair_prompts(pack, "turn", settings).render(shown)]


def test_the_messages_are_arena_hard_s_byte_for_byte(v2: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    assert main(["import", "arena-hard", str(v2), "-o", str(pack), "-q"]) == 0
    a, b = " 둘입니다.\n<|im_end|>\n", "{{ 3 }}"
    prompt = USER.replace("{QUESTION}", "1 + 1은? {{ x }}").replace("{ANSWER_A}", a).replace("{ANSWER_B}", b)
    assert messages(pack, 0, a, b) == [SYSTEM, prompt]
    assert messages(pack, 1, "가", "나")[0] == CREATIVE


def test_v01_has_its_prompts_in_one_file(v2: Path, tmp_path: Path) -> None:
    for file in (v2 / "config/arena-hard-v2.0.yaml", v2 / "utils/judge_utils.py"):
        file.unlink()
    old = USER.replace("QUESTION", "question_1").replace("ANSWER_A", "answer_1").replace("ANSWER_B", "answer_2")
    config = f"system_prompt: {json.dumps(SYSTEM)}\nprompt_template: [{json.dumps(old)}]\nbaseline_model: b\n"
    write(v2 / "config/judge_config.yaml", config)
    assert main(["import", "arena-hard", str(v2), "-o", str(tmp_path / "pack"), "-q"]) == 0
    assert messages(tmp_path / "pack", 1, "가", "나") == [
        SYSTEM,
        USER.format(QUESTION="시를 써 줘", ANSWER_A="가", ANSWER_B="나"),
    ]


READ = [
    ("My final verdict is tie: [[A=B]].", 0),
    ("[[A>B]]\nno, rather [[b>>a]]", -2),
    ("the verdict is [A>B]", 1),
    ("[[A<B]]", -1),
]


@pytest.mark.parametrize(("reply", "level"), READ)
def test_a_reply_is_read_as_arena_hard_reads_it(reply: str, level: int) -> None:
    settings = FIVE_LEVELS.model_copy(update={"reply": "arena-hard"})
    assert read_pair(reply, settings, "abcd").verdict.score == level


@pytest.mark.proofs
def test_the_whole_way_with_the_pack_and_back(v2: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack, out = tmp_path / "pack", tmp_path / "out"
    assert main(["import", "arena-hard", str(v2), "-o", str(pack), "-q"]) == 0
    for model in ("baseline:echo", "baseline:boilerplate"):
        assert main(["generate", model, "--pack", str(pack), "--out", str(out), "-q"]) == 0

    def first(request: Request) -> Response:
        return chat("My final verdict is: [[A>>B]]")

    with Wire(first) as wire:
        words = ["pairwise", str(out), "--pack", str(pack), "--judge", "j", "--base-url", wire.url, "--out", str(out)]
        assert main([*words, "-q", "--draws", "200"]) == 0
        assert len(wire.requests) == 4
    assert main(["export", "arena-hard", str(out / "contests"), "-o", str(tmp_path / "data")]) == 0
    [file] = (tmp_path / "data/model_judgment/j").glob("*.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [[game["score"] for game in row["games"]] for row in rows] == [["A>>B", "A>>B"]] * 2
    capsys.readouterr()
    assert main(["pairwise", str(tmp_path / "data")]) == 0
    assert "2 of 2 (100 %)" in capsys.readouterr().out  # contradictions


BAD = {
    "no checkout": ("config", "has no data/*/question.jsonl"),
    "an unknown bench": (".", "has no data/other/question.jsonl"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_use_is_one_line(case: str, v2: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where, says = BAD[case]
    more = ["--variant", "other"] if case == "an unknown bench" else []
    assert main(["import", "arena-hard", str(v2 / where), "-o", str(tmp_path / "p"), *more]) == 2
    assert says in capsys.readouterr().err


def test_two_benches_are_told_apart(v2: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(v2 / "data/arena-hard-v0.1/question.jsonl", '{"uid": "x", "category": "c", "prompt": "?"}\n')
    assert main(["import", "arena-hard", str(v2), "-o", str(tmp_path / "p")]) == 2
    assert "choose one with --variant (arena-hard-v0.1, arena-hard-v2.0)" in capsys.readouterr().err

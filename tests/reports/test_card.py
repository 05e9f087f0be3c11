"""`kojudge card`: the section on a model's card, and that its every number is one of `kojudge table`."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.packs.questions import load_questions
from judge.reports.card import short_names
from judge.runs.folder import RunFolder
from tests.support.card_files import evaluated, level
from tests.support.public import public
from tests.support.wire import Wire, chat

NUMBER = re.compile(r"\d+\.\d\d")


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A model under three strategies and two to compare it with."""
    for strategy, base in (("default", 5.0), ("1-shot", 6.5), ("cot-1-shot", 6.0)):
        evaluated(tmp_path, "org/mine", strategy, level(base))
    evaluated(tmp_path, "other/near", "default", lambda n, t: 5.0 + (n * 11 + t * 5) % 4)
    evaluated(tmp_path, "other/far", "default", level(2.0))
    return tmp_path / "evaluated"


def card(*words: object, code: int = 0) -> list[str]:
    return ["card", *map(str, words), "--draws", "500"]


def shown(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    assert main(card(*words)) == code, capsys.readouterr().err
    return capsys.readouterr().out


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(text: str) -> list[list[list[str]]]:
    """Return every table as rows of cells, the header first, without bold and intervals."""
    found: list[list[list[str]]] = []
    for line, before in zip(text.splitlines(), ["", *text.splitlines()], strict=False):
        if not line.startswith("|"):
            continue
        if not before.startswith("|"):
            found.append([])
        row = [cell.replace("**", "").split(" ±")[0] for cell in cells(line)]
        found[-1] += [] if set("".join(row)) <= set("-:") else [row]
    return found


@pytest.mark.proofs
def test_the_main_table_has_the_best_strategy_of_every_model(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, board, "--model", "org/mine")
    main_table, strategies = tables(text)
    assert main_table[0] == [
        "Model (type)",
        *["추론", "수학", "글쓰기", "코딩", "이해", "문법", "싱글턴", "멀티턴", "Overall"],
    ]
    assert [row[0] for row in main_table[1:]] == ["mine (1-shot)", "near (0-shot)", "far (0-shot)"]
    names = ["mine (cot-1-shot)", "mine (1-shot)", "mine (0-shot)", "near (0-shot)", "far (0-shot)"]
    assert [row[0] for row in strategies[1:]] == names
    assert text.count("| **mine (1-shot)**") == 2
    assert "가장 높은 프롬프트 전략" in text


@pytest.mark.parametrize("rounding", ["half-up", "truncate"])
@pytest.mark.parametrize("failures", ["exclude", "zero"])
def test_every_number_is_one_of_the_table(
    rounding: str, failures: str, board: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluated(board.parent, "org/mine", "default", lambda n, t: None if n == 3 else 5.0 + (n + t) % 4)
    same = ["--rounding", rounding, "--failures", failures]
    text = shown(capsys, board, "--model", "mine", *same, code=1)
    assert main(["table", str(board), "--format", "csv", "--ci", "bootstrap", "--draws", "500", *same]) == 1
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    per_row = {(row["model"].rpartition("/")[2], row["strategy"]): row for row in lines}
    for table in tables(text):
        for line in table[1:]:
            found = re.fullmatch(r"(\S+) \((\S+)\)", line[0])
            assert found is not None
            row = per_row[found[1], found[2]]
            assert line[1:] == [row[name] for name in table[0][1:]]
    halves = {f"{(float(row['Overall_high']) - float(row['Overall_low'])) / 2:.1f}" for row in lines}
    assert {f"{float(half):.1f}" for half in re.findall(r"±(\d\.\d\d)", text)} <= halves
    assert set(NUMBER.findall(re.sub(r"±\d\.\d\d", "", text))) <= {cell for row in lines for cell in row.values()}


def test_a_row_that_cannot_be_told_apart_is_named(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, board, "--model", "mine", "--lang", "en")
    [line] = [line for line in text.splitlines() if "cannot be told apart" in line]
    assert line.startswith("- mine (1-shot)")
    assert "near (0-shot)" in line
    assert "far" not in line
    assert "±" not in shown(capsys, board, "--model", "mine", "--ci", "none")
    assert "clustered" in shown(capsys, board, "--model", "mine", "--lang", "en", "--ci", "analytic")


def test_what_failed_is_said_above_the_table_and_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evaluated(tmp_path, "org/mine", "default", lambda n, t: None if (n, t) == (1, 2) else 5.0)
    text = shown(capsys, path, code=1)
    assert text.index("mine (0-shot) 채점 실패 1건 / 36.") < text.index("| Model")
    assert "평균에서 뺐습니다" in text
    assert "0점으로 셌습니다" in shown(capsys, path, "--failures", "zero", code=1)


def test_one_strategy_makes_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, evaluated(tmp_path, "org/mine", "default", level(5)))
    assert len(tables(text)) == 1
    assert "가장 높은 프롬프트 전략" not in text


def test_english_has_english_headers_and_no_korean(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, board, "--model", "mine", "--lang", "en")
    assert not re.search("[가-힣]", text)
    assert tables(text)[0][0][1:] == (
        ["Reasoning", "Math", "Writing", "Coding", "Understanding", "Grammar", "Single-turn", "Multi-turn", "Overall"]
    )


def test_models_of_other_questions_are_left_out_by_name(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluated(board.parent, "other/else", "default", level(9), words="다른 물음")
    text = shown(capsys, board, "--model", "mine", "--lang", "en")
    assert not [row for table in tables(text) for row in table if row[0].startswith("else")]
    assert "other questions or another judge: else" in text


def test_two_models_of_one_name_keep_their_organisations() -> None:
    assert short_names(["Qwen/m", "qwen/M", "a/b", "c"]) == {
        "Qwen/m": "Qwen/m",
        "qwen/M": "qwen/M",
        "a/b": "b",
        "c": "c",
    }


def test_compared_rows_rounded_in_another_way_say_so(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = board / "other/near/default.jsonl"
    text = shown(capsys, board / "org", "--compare", path, "--compare-rounding", "truncate", "--lang", "en")
    assert "| near (0-shot, truncated)" in text
    assert "Rows marked “truncated”" in text
    assert "mine (1-shot, " not in text


@pytest.mark.proofs
def test_a_run_of_ours_tells_judge_date_versions_and_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--strategy", "0-shot", "--limit", "2", "--out", str(tmp_path), "-q"]
    assert main(["generate", "baseline:echo", *out]) == 0
    with Wire(lambda request: chat("평가: 좋음\n점수: 6")) as wire:
        run = str(tmp_path / "baseline_echo")
        judge = ["judge", run, "--judge", "my-judge", "--base-url", wire.url, "--repeats", "2", "-q"]
        assert main(judge) == 0
    capsys.readouterr()
    folder = RunFolder(tmp_path / "baseline_echo")
    [outcome, *_] = folder.outcomes("my-judge", "0-shot")
    text = shown(capsys, run, "--lang", "en", "--answers-url", "https://example.org/a (1)".replace(" ", "%20"))
    assert "- Judge: my-judge (the endpoint answered as wire-judge-2026)" in text
    assert f"- Judged on: {outcome.created[:10]}" in text
    assert f"judge prompt {outcome.template}" in text
    assert f"Versions: kojudge {folder.manifest().kojudge}, judge prompt" in text
    assert "vLLM" not in text
    assert "- 2 questions, 4 turns, mean of 2 verdicts a turn" in text
    assert "[all answers](https://example.org/a%20%281%29)" in text


def test_the_rule_judge_is_called_a_heuristic_and_stands_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--strategy", "0-shot", "--limit", "3", "--out", str(tmp_path), "-q"]
    assert main(["generate", "baseline:echo", *out]) == 0
    run = str(tmp_path / "baseline_echo")
    with Wire(lambda request: chat("평가: 좋음\n점수: 6")) as wire:
        assert main(["judge", run, "--judge", "j", "--base-url", wire.url, "-q"]) == 0
    assert main(["judge", run, "--judge", "rules", "-q"]) == 0
    capsys.readouterr()
    text = shown(capsys, run)
    llm, offline = text.split("### 심판 모델: rules (offline heuristic)")
    assert "오프라인 규칙 채점" not in llm
    assert offline.index("오프라인 규칙 채점") < offline.index("| Model")
    assert "rules" not in shown(capsys, run, "--judge", "j")
    assert "오프라인 규칙 채점" in shown(capsys, run, "--judge", "rules")
    assert main(card(run, "--judge", "rules", "--metadata")) == 2
    assert "no score of an LLM judge" in capsys.readouterr().err


BAD = {
    "several models": (["{board}"], "holds 3 models; say whose card it is with --model"),
    "unknown model": (["{board}", "--model", "org/mien"], "did you mean 'org/mine'"),
    "answers nowhere": (["{board}/org", "--answers-url", "javascript:alert(1)"], "no web address"),
    "missing README": (["{board}/org", "--into", "{board}/no.md"], "no.md: no such file"),
    "two goals": (["{board}/org", "--into", "a.md", "-o", "b.md"], "exclude each other"),
    "missing results": (["{board}/org", "--lm-eval", "{board}/no.json"], "no.json: no such file"),
    "no results": (["{board}/org", "--lm-eval", "{board}/bad.json"], "bad.json: is no result of lm-evaluation-harness"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_2(case: str, board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, message = BAD[case]
    (board / "bad.json").write_text('{"results": [1]}', encoding="utf-8")
    assert main(card(*(word.format(board=board) for word in words))) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_public_card_comes_out_digit_by_digit(capsys: pytest.CaptureFixture[str]) -> None:
    evaluated_at = public("evaluated")
    others = [evaluated_at / m / "default.jsonl" for m in ("nousresearch/nous-hermes-2-mistral-7b-dpo", "maywell/Synatra-7B-v0.3-dpo")]  # fmt: skip
    text = shown(
        capsys, evaluated_at / "HumanF-MarkrAI/Gukbap-Mistral-7B", "--compare", *others,
        "--rounding", "half-up", "--compare-rounding", "truncate", "--lang", "en",
    )  # fmt: skip
    readme = public("README.md").read_text(encoding="utf-8")
    [published] = [t for t in tables(readme) if t[0][0] == "Model (type)"]
    _, strategies = tables(text)
    assert len(published) == 6
    assert [row[1:] for row in strategies[1:]] == [row[1:] for row in published[1:]]
    assert [row[0] for row in strategies[1:4]] == [row[0] for row in published[1:4]]
    named = [row[0].replace("(0-shot, truncated)", "(truncated)").removesuffix(" (1)") for row in strategies[4:]]
    assert named == [row[0] for row in published[4:]]
    assert re.search(r"^- \(1\) \d+ of 84 answers are empty$", text, re.MULTILINE), "the mark on Synatra's answers"


def test_a_card_of_imported_answers_names_the_question_set_that_was_given(tmp_path: Path) -> None:
    row = {"id": 1, "category": "수학", "questions": ["2 더하기 3은?"]}
    questions, answers = tmp_path / "own.jsonl", tmp_path / "generated" / "org" / "m" / "default.jsonl"
    questions.write_text(json.dumps(row), "utf-8")
    answers.parent.mkdir(parents=True)
    answers.write_text(json.dumps(row | {"outputs": ["5입니다."], "references": [None]}), "utf-8")
    words = ["judge", str(answers), "--judge", "rules", "--out", str(tmp_path / "o"), "-q"]
    for more in (["--questions", str(questions)], []):  # what is known stays known
        assert main([*words, *more]) == 0
        path = tmp_path / f"card{len(more)}.md"
        assert main(["card", str(tmp_path / "o"), "-o", str(path)]) == 0
        assert f"; own.jsonl ({load_questions(None, str(questions)).digest})" in path.read_text("utf-8")
